"""Rows for what the scan lane sets aside: against tshark, and in fragments as if whole."""

from __future__ import annotations

import bz2
import lzma
import struct
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from dissectors.link import LINKTYPE_ETHERNET
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.filter.select import Filter, Selection
from netmip6scope.pipeline import analyse
from netmip6scope.tables.columns import Table
from tests import wire
from tests.dissectors.test_both_lanes import fragments

DATA = Path(__file__).parents[1] / "data" / "netmip6"
CAPTURES = sorted(p for p in DATA.iterdir() if ".pcap" in p.name)
UNPACK: dict[str, Callable[[bytes], bytes]] = {".xz": lzma.decompress, ".bz2": bz2.decompress}
TSHARK_LIMIT_S = 120

# What the numbers mean: RFC 8415 7.3, RFC 2132 9.6, RFC 2865 4, RFC 3748 4, RFC 1661 5, RFC 1994 4.
NAMES: dict[str, tuple[str, dict[int, str]]] = {
    "dhcpv6.msgtype": (
        "dhcp6",
        {1: "solicit", 2: "advertise", 3: "request", 4: "confirm", 5: "renew", 7: "reply"}
        | {8: "release", 12: "relay-forward", 13: "relay-reply"},
    ),
    "dhcp.option.dhcp": (
        "dhcp4",
        {1: "discover", 2: "offer", 3: "request", 5: "ack", 6: "nak", 7: "release"},
    ),
    "radius.code": (
        "radius",
        {1: "access-request", 2: "access-accept", 3: "access-reject", 11: "access-challenge"}
        | {4: "accounting-request", 5: "accounting-response"},
    ),
    "eap.code": ("eap", {1: "request", 2: "response", 3: "success", 4: "failure"}),
}


def test_every_kind_is_there_as_often_as_in_the_captures_together() -> None:
    """Else the comparison below would prove nothing."""
    kinds = Counter(kind for path in CAPTURES for kind in kinds_of(path))
    assert {"dhcp6-solicit", "dhcp4-ack", "radius-access-accept"} <= kinds.keys()


def kinds_of(path: Path) -> list[str]:
    """The kinds of our rows that have one of the protocols above."""
    table = analyse([str(path)], "messages").table
    of = tuple(f"{protocol}-" for protocol, _ in NAMES.values())
    return [kind for kind in texts(table, "kind") if kind.startswith(of)]


def texts(table: Table, name: str) -> list[str]:
    (column,) = (column for column in table.columns if column.name == name)
    return [text or "" for text in table.texts(column)]


@pytest.mark.tshark
@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_tshark_counts_as_many_of_each_kind(path: Path, tmp_path: Path) -> None:
    assert Counter(kinds_of(path)) == tshark_kinds(path, tmp_path)


def tshark_kinds(path: Path, directory: Path) -> Counter[str]:
    """One of each frame: EAP inside of RADIUS is RADIUS's, a relayed message is the relay's."""
    if unpack := UNPACK.get(path.suffix):
        plain = directory / path.stem
        plain.write_bytes(unpack(path.read_bytes()))
        path = plain
    arguments = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "occurrence=f"]
    for name in NAMES:
        arguments += ["-e", name]
    done = subprocess.run(
        arguments, capture_output=True, text=True, check=True, timeout=TSHARK_LIMIT_S
    )
    found: Counter[str] = Counter()
    for line in done.stdout.splitlines():
        numbers = line.split("\t")
        for (protocol, kinds), number in zip(NAMES.values(), numbers, strict=True):
            if number:
                found[f"{protocol}-{kinds[int(number)]}"] += 1
                break
    return found


def frames(path: Path) -> list[tuple[int, bytes]]:
    """Times and octets of the frames of an Ethernet capture."""
    found = []
    for batch in CaptureFile(Source(str(path))).batches():
        assert {each.link_type for each in batch.interfaces} == {LINKTYPE_ETHERNET}
        times = batch.time_ns.tolist()
        found += [(times[row], batch.frame(row)) for row in range(len(batch))]
    return found


def is_signalling(frame: bytes) -> bool:
    """A Mobility Header behind IPv6, or behind a Home Address option or routing header there."""
    if frame[12:14] != b"\x86\xdd":
        return False
    return frame[20] == 135 or (frame[20] in (43, 60) and frame[54] == 135)


def tunnelled(packet: bytes) -> bytes:
    return wire.tunnel("2001:db8:ffff::1", "2001:db8:ffff::2", packet)


HOW: dict[str, Callable[[bytes, int], list[bytes]]] = {
    "fragments": lambda packet, number: fragments(packet, number, 32),
    "fragments in a tunnel": lambda packet, number: [
        tunnelled(part) for part in fragments(packet, number, 32)
    ],
    "fragments of a tunnel packet": lambda packet, number: fragments(tunnelled(packet), number, 32),
}


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("name", ["01_slaac_handoff", "06_retransmissions", "16_net_hmipv6"])
def test_signalling_in_fragments_tells_the_same(name: str, how: str, tmp_path: Path) -> None:
    """Sessions and handoffs equal those of the capture whose signalling is whole.

    The fragments of a message have its time, so every measured time stays.
    """
    whole, parts = [], []
    for number, (time_ns, frame) in enumerate(frames(DATA / f"{name}.pcap")):
        if not is_signalling(frame):
            whole.append((time_ns, frame))
            parts.append((time_ns, frame))
            continue
        link, packet = frame[:14], frame[14:]
        whole.append((time_ns, link + (packet if how == "fragments" else tunnelled(packet))))
        parts += [(time_ns, link + part) for part in HOW[how](packet, number)]
    assert len(parts) > len(whole) + 10
    tables = {}
    for side, captured in (("whole", whole), ("parts", parts)):
        path = tmp_path / f"{side}.pcap"
        path.write_bytes(wire.pcap(captured, nano=True))
        tables[side] = analyse([str(path)], ["sessions", "handoffs", "messages"]).tables
    for table in ("sessions", "handoffs"):
        assert len(tables["whole"][table]) > 0
        assert cells(tables["parts"][table]) == cells(tables["whole"][table])
    assert cells(tables["parts"]["messages"]) == cells(tables["whole"]["messages"])


def cells(table: Table) -> dict[str, list[object]]:
    """All columns but the file's name and numbers of frames."""
    found: dict[str, list[object]] = {}
    for name, values in table.values.items():
        if name != "point" and not name.endswith("frame"):
            found[name] = values.texts() if hasattr(values, "texts") else values.tolist()
    return found


def test_a_filter_looks_into_what_is_put_together(tmp_path: Path) -> None:
    """Also where the fragments came in another batch of frames than the last one."""
    update = wire.binding_update("2001:db8::1", "2001:db8::2", "2001:db8::3", "a@b", 77, 600)
    first, *rest = fragments(update, 5, 32)
    padding = [wire.eth(bytes(40), 0x0806)] * 3
    captured = [wire.eth(first), *padding, *map(wire.eth, rest)]
    path = tmp_path / "parts.pcap"
    path.write_bytes(wire.pcap(list(enumerate(captured))))
    for text, rows in (("mip6.bu.seqnr == 77", 1), ("mip6.bu.seqnr == 78", 0)):
        selection = Selection(Filter.parsed(text, "messages"))
        assert len(analyse([str(path)], "messages", selection=selection).table) == rows


@pytest.mark.parametrize("named", [False, True])
def test_a_capture_may_be_cut_between_fragments(tmp_path: Path, named: bool) -> None:
    """Files read one after another are one capture; named points see each packet for themselves."""
    update = wire.binding_update("2001:db8::1", "2001:db8::2", "2001:db8::3", "a@b", 77, 600)
    captured = [wire.eth(part) for part in fragments(update, 5, 32)]
    paths = [tmp_path / "one.pcap", tmp_path / "two.pcap"]
    paths[0].write_bytes(wire.pcap(list(enumerate(captured[:1]))))
    paths[1].write_bytes(wire.pcap(list(enumerate(captured[1:], 1))))
    captures = [f"{path.stem}={path}" if named else str(path) for path in paths]
    for selection in (None, Selection(Filter.parsed("mip6.bu.seqnr == 77", "messages"))):
        assert len(analyse(captures, "messages", selection=selection).table) == (not named)


def test_many_rows_of_their_own_text(tmp_path: Path) -> None:
    """Transaction identifiers differ, and so do summaries; each row has its own."""
    solicit = [
        wire.eth(
            wire.ipv6(
                "fe80::1",
                "ff02::1:2",
                17,
                wire.udp("fe80::1", "ff02::1:2", 546, 547, struct.pack("!I", 1 << 24 | n)),
            )
        )
        for n in range(3000)
    ]
    path = tmp_path / "solicits.pcap"
    path.write_bytes(wire.pcap(list(enumerate(solicit))))
    table = analyse([str(path)], "messages").table
    assert texts(table, "summary") == [f"DHCPv6 Solicit {n}" for n in range(3000)]
    assert set(texts(table, "kind")) == {"dhcp6-solicit"}
