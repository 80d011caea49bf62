"""The messages table against tshark, for every field that both know.

tshark lists a field once per header that has it. The message compared is the first Mobility
Header or ICMPv6 of a frame; `frame.protocols` tells how many IPv6 headers stand before it, so that
tunnels, and packets quoted in ICMPv6 errors, do not mix.
"""

from __future__ import annotations

import bz2
import lzma
import struct
import subprocess
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from netmip6scope.pipeline import analyse
from netmip6scope.tables.columns import NULL, Coded
from tests import wire
from tests.conftest import find_public_captures

DATA = Path(__file__).parents[1] / "data" / "netmip6"
CAPTURES = sorted(p for p in DATA.iterdir() if ".pcap" in p.name)
TSHARK_LIMIT_S = 120

# tshark reads gzip by itself.
UNPACK: dict[str, Callable[[bytes], bytes]] = {".xz": lzma.decompress, ".bz2": bz2.decompress}

BU_FLAGS = {c: f"mip6.{'nemo.' if c == 'R' else ''}bu.{c.lower()}_flag" for c in "AHLKMRPFTB"}
BA_FLAGS = {c: f"mip6.{'nemo.' if c == 'R' else ''}ba.{c.lower()}_flag" for c in "KRPTB"}
FIELDS = [
    "frame.number",
    "frame.time_epoch",
    "frame.protocols",
    "ipv6.src",
    "ipv6.dst",
    "ipv6.plen",
    "mip6.mhtype",
    "mip6.hlen",
    "mip6.bu.seqnr",
    "mip6.ba.seqnr",
    "mip6.ba.status",
    "mip6.be.status",
    "mip6.fbu.seqnr",
    "mip6.fback.seqnr",
    "mip6.fback.status",
    "mip6.fbu.lifetime",
    "mip6.fback.lifetime",
    "mip6.bu.lifetime",
    "mip6.ba.lifetime",
    "mip6.mnid.identifier",
    "ipv6.opt.mipv6.home_address",
    "ipv6.routing.mipv6.home_address",
    "mip6.acoa.acoa",
    "icmpv6.type",
    "icmpv6.code",
    *BU_FLAGS.values(),
    *BA_FLAGS.values(),
]

MH_KINDS = {0: "brr", 1: "hoti", 2: "coti", 3: "hot", 4: "cot", 5: "bu", 6: "ba", 7: "be"}
MH_KINDS |= {8: "fmip-fbu", 9: "fmip-fback", 10: "fmip-fna"}
ICMP_KINDS = {
    **dict.fromkeys((1, 2, 3, 4), "icmp6-error"),
    133: "rs",
    134: "ra",
    135: "ns",
    136: "na",
    200: "ho-request",
    201: "ho-response",
}
# After a Binding Update with the R flag tshark names the protocol "nemo" (FACTS.md 8-4).
SIGNALLING = ("mipv6", "nemo", "icmpv6")

# "Assign one" (WIRE.md's ALL-ZERO-ONES-ADDRESS) is no home address yet: an empty cell of ours.
UNASSIGNED = ("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")

BESIDE = ("dhcp", "ppp", "eap", "radius", "diameter")

# (file, frame, column) -> why the two may differ. An entry that is not needed fails its test.
EXCEPTIONS: dict[tuple[str, int, str], str] = {}

Row = dict[str, Any]


def tshark(path: Path, directory: Path) -> list[Row]:
    """What tshark finds: one row per frame whose message our table has, by our columns' names."""
    if unpack := UNPACK.get(path.suffix):
        plain = directory / path.stem
        plain.write_bytes(unpack(path.read_bytes()))
        path = plain
    arguments = [
        "tshark",
        "-n",
        "-r",
        str(path),
        "-T",
        "fields",
        "-E",
        "separator=/t",
        "-E",
        "aggregator=;",
        "-E",
        "occurrence=a",
    ]
    for name in FIELDS:
        arguments += ["-e", name]
    run = subprocess.run(
        arguments, capture_output=True, text=True, check=False, timeout=TSHARK_LIMIT_S
    )
    assert run.returncode == 0, run.stderr
    lines = run.stdout.split("\n")[:-1]
    found = (message(dict(zip(FIELDS, line.split("\t"), strict=True))) for line in lines)
    return [row for row in found if row is not None]


def message(fields: dict[str, str]) -> Row | None:
    """One line of tshark's as a row of ours; None when the frame's message is none of ours."""
    layers = fields["frame.protocols"].split(":")
    at = next((n for n, layer in enumerate(layers) if layer in SIGNALLING), None)
    if at is None:
        return None

    def first(name: str) -> str | None:
        return fields[name].split(";")[0] or None

    header = layers[:at].count("ipv6") - 1
    row: Row = {
        "frame": int(fields["frame.number"]),
        "time": int(Decimal(fields["frame.time_epoch"]) * 10**9),
        "src": fields["ipv6.src"].split(";")[header],
        "dst": fields["ipv6.dst"].split(";")[header],
    }
    if layers[at] == "icmpv6":
        kind = first("icmpv6.type")
        row["kind"] = None if kind is None else ICMP_KINDS.get(int(kind))
        if row["kind"] in ("ho-request", "ho-response") and first("icmpv6.code") != "0":
            return None
        if layers[at - 1] == "ipv6":
            row["length"] = int(fields["ipv6.plen"].split(";")[header])
        return row if row["kind"] else None
    return row | mobility(first)


def mobility(first: Callable[[str], str | None]) -> Row:
    """The columns of a Mobility Header; what tshark does not give is None."""

    def number(*names: str, scale: int = 1) -> int | None:
        values = [v for v in map(first, names) if v is not None]
        return int(values[0]) * scale if values else None

    hlen = number("mip6.hlen")
    seconds = number("mip6.fback.lifetime")
    row: Row = {
        "kind": MH_KINDS.get(number("mip6.mhtype") or 0, "other-mh"),
        "length": None if hlen is None else (hlen + 1) * 8,
        "seq": number(*(f"mip6.{name}.seqnr" for name in ("bu", "ba", "fbu", "fback"))),
        "status": number("mip6.ba.status", "mip6.be.status", "mip6.fback.status"),
        "lifetime_s": number("mip6.bu.lifetime", "mip6.ba.lifetime", "mip6.fbu.lifetime", scale=4),
        "mn_id": first("mip6.mnid.identifier"),
        "coa": first("mip6.acoa.acoa"),
    }
    if seconds is not None:  # RFC 5568 6.2.3: not in units of four
        row["lifetime_s"] = seconds
    # Where both are: a mobile node's own address is the option's when it sends (RFC 6275 6.3), the
    # routing header's when it is sent to (6.4). Only an acknowledgement is sent to it.
    homes = [first("ipv6.opt.mipv6.home_address"), first("ipv6.routing.mipv6.home_address")]
    if row["kind"] == "ba":
        homes.reverse()
    hoa = homes[0] or homes[1]
    row["hoa"] = None if hoa in UNASSIGNED else hoa
    flags = {"bu": BU_FLAGS, "ba": BA_FLAGS}.get(row["kind"], {})
    letters = "".join(c for c, name in flags.items() if first(name) in ("1", "True"))
    row["flags"] = letters or None
    if "P" in letters:
        row["kind"] = "p" + row["kind"]
    return row


def ours(path: Path) -> list[Row]:
    """Our rows of mobility and ICMPv6, with the flags that tshark knows."""
    result = analyse([str(path)], "messages")
    assert not result.errors
    columns = {}
    for name, values in result.table.values.items():
        listed = values.texts() if isinstance(values, Coded) else values.tolist()
        columns[name] = [None if v == NULL else v for v in listed]
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    rows = [row for row in rows if not row["kind"].startswith(BESIDE)]
    for row in rows:
        known = BA_FLAGS if row["kind"] in ("ba", "pba") else BU_FLAGS
        row["flags"] = "".join(c for c in row["flags"] or "" if c in known) or None
    return rows


def compare(path: Path, tmp_path: Path) -> list[Row]:
    """Both tables frame by frame; every difference is in EXCEPTIONS, and nothing else is."""
    mine = {row["frame"]: row for row in ours(path)}
    theirs = {row["frame"]: row for row in tshark(path, tmp_path)}
    assert len(mine) == len(ours(path)), "a frame with two messages"
    differences = {}
    for frame in sorted(mine.keys() | theirs.keys()):
        if frame not in mine or frame not in theirs:
            differences[path.name, frame, "frame"] = (frame in mine, frame in theirs)
            continue
        for column, value in theirs[frame].items():
            if mine[frame][column] != value:
                differences[path.name, frame, column] = (mine[frame][column], value)
    excepted = {key for key in EXCEPTIONS if key[0] == path.name}
    odd = {key: differences.get(key) for key in differences.keys() ^ excepted}
    assert not odd, "(ours, tshark's); None: an exception that is not needed"
    return list(theirs.values())


@pytest.mark.tshark
@pytest.mark.parametrize("path", CAPTURES, ids=lambda p: p.name)
def test_netmip6_capture(path: Path, tmp_path: Path) -> None:
    rows = compare(path, tmp_path)
    counts = Counter(row["kind"] for row in rows)
    assert counts["bu"]
    assert counts["ba"]


def _public() -> list[Path]:
    directory = find_public_captures()
    return [] if directory is None else sorted(directory.rglob("*.pcap*"))


@pytest.mark.public
@pytest.mark.tshark
@pytest.mark.parametrize("path", _public() or [Path("none")], ids=lambda p: p.name)
def test_public_capture(path: Path, tmp_path: Path) -> None:
    compare(path, tmp_path)


COA, HA, HOA = "2001:db8:1::a", "2001:db8:2::1", "2001:db8:3::5"
NAI = "alice@example.net"


def _mh(kind: int, body: bytes, options: list[tuple[bytes, int, int]] | None = None) -> bytes:
    return wire.ipv6(COA, HA, 135, wire.mh(COA, HA, kind, body, options or []))


def _made() -> list[bytes]:
    """Packets for what the captures lack: each flag, other types, tunnels, two headers."""
    update = wire.binding_update(COA, HA, HOA, NAI, 7, 600)
    packets = [
        wire.binding_update(COA, HA, HOA, NAI, n, 4 * n, flags=0x8000 >> n)
        for n in range(len("AHLKMRPFTB"))
    ]
    packets += [
        _mh(6, struct.pack("!BBHH", 128 + n, 0x80 >> n, 65535 - n, 65535)) for n in (0, 2, 3, 4, 5)
    ]
    # HoTI, CoTI, HoT and CoT: reserved or nonce index, and cookies; then a Binding Error.
    packets += [_mh(n, bytes(10)) for n in (1, 2)] + [_mh(n, bytes(18)) for n in (3, 4)]
    packets += [_mh(0, bytes(2)), _mh(7, struct.pack("!BB", 2, 0) + wire.ip6(HOA))]
    packets += [_mh(kind, bytes(10)) for kind in (8, 9, 10, 12, 13, 19, 200)]
    # A Home Address option or Type 2 header alone, and both.
    plain = wire.mh(HOA, HA, 5, struct.pack("!HHH", 1, 0xC000, 150), [wire.mn_id(NAI)])
    packets += [
        wire.ipv6(COA, HA, 43, wire.routing_type2(HOA, plain)),
        wire.ipv6(
            COA,
            HA,
            43,
            wire.routing_type2("2001:db8:4::1", wire.home_address_header(HOA, plain), 60),
        ),
        wire.ipv6(
            HA,
            COA,
            43,
            wire.routing_type2(
                HOA,
                wire.home_address_header(
                    "2001:db8:4::1", wire.mh("2001:db8:4::1", HOA, 6, bytes(6), [])
                ),
                60,
            ),
        ),
        wire.ipv6(COA, HA, 0, struct.pack("!BBBBI", 135, 0, 1, 4, 0) + plain),
        wire.tunnel("2001:db8:9::1", "2001:db8:9::2", update),
        wire.tunnel(
            "2001:db8:8::1", "2001:db8:8::2", wire.tunnel("2001:db8:9::1", "2001:db8:9::2", update)
        ),
        wire.ipv4("192.0.2.1", "192.0.2.2", 41, update),
        wire.binding_update(COA, HA, "ffff:" * 7 + "ffff", NAI, 8, 600),
        wire.binding_ack(HA, COA, None, NAI, 8, 600, status=144),
    ]
    # An error that quotes a Binding Update is one message, and the quoted one is none.
    packets.append(wire.ipv6(HA, COA, 58, wire.icmp6(HA, COA, 1, 3, bytes(4) + update)))
    packets += [
        wire.ipv6(HA, COA, 58, wire.icmp6(HA, COA, n, 0, bytes(4) + update[:48])) for n in (2, 3, 4)
    ]
    packets += [
        wire.tunnel(
            "2001:db8:9::1",
            "2001:db8:9::2",
            wire.router_advertisement("fe80::1", "fe80::2", "2001:db8:5::"),
        )
    ]
    return packets


@pytest.mark.tshark
@pytest.mark.parametrize("nano", [True, False])
def test_made_packets(nano: bool, tmp_path: Path) -> None:
    frames = [
        (
            1_700_000_000_123_456_789 + n * 1_000_000_007,
            wire.eth(packet, 0x86DD if packet[0] >> 4 == 6 else 0x0800),
        )
        for n, packet in enumerate(_made())
    ]
    path = tmp_path / "made.pcap"
    path.write_bytes(wire.pcap(frames, nano=nano))
    rows = compare(path, tmp_path)
    assert len(rows) == len(frames)
