"""Filters against tshark's, on every capture, for every field that both know and that occurs.

tshark answers all filters of a capture in one run: its frames are written a second apart, so that
the intervals of `-z io,stat,1,FILTER` are frames. That option takes no comma, and so no set.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest

from dissectors.profile import Profile
from dissectors.tree import decode
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.filter.catalogue import FRAMES, catalogue
from netmip6scope.filter.error import FilterError
from netmip6scope.filter.expression import Value
from netmip6scope.filter.fields import Field, Type
from netmip6scope.filter.match import occurrences, verdict
from netmip6scope.filter.parse import parse
from netmip6scope.filter.protocols import protocol_fields
from netmip6scope.filter.select import Filter
from tests import wire

DATA = Path(__file__).parents[1] / "data" / "netmip6"
CAPTURES = [
    DATA / f"{name}.pcap"
    for name in (
        "01_slaac_handoff",
        "03_dhcpv4_handoff",
        "05_ho_refused",
        "06_retransmissions",
        "16_net_hmipv6",
        "20b_vlan_be",
        "20c_sll",
        "20d_sll2",
        "20e_raw",
    )
]
TSHARK_LIMIT_S = 120
MOST_FRAMES = 400
VALUES = 2
"""Values of each field in a capture that filters are made of."""

# Fields that have another value in tshark than on the wire, or stand elsewhere there.
DIFFERENT = {
    "ipv6.opt": "tshark has it for every option, here it is what two of them are named after",
    "ip.version": "tshark has it for IPv6 as well",
    "tcp.hdr_len": "tshark gives octets",
    "ip.hdr_len": "tshark gives octets; other numbers that count fours it leaves alone",
    "mip6.auth.auth_data": "tshark leaves out the last two octets",
    "mip6.mseg_id.timestamp": "tshark takes it for a time, and 70 years late",
    "radius.eap_fragment": "tshark orders octets by their count first",
    "dhcp.server": "tshark has it only where it is given",
    "dhcp.file": "tshark has it only where it is given",
    "dhcp.option.type": "tshark gives the End option the number 0",
    "radius.MIP6_Feature_Vector": "tshark has it as octets",
    "dhcpv6.iaid": "tshark has it as text",
}
# tshark does not know the draft's two messages, and so not what options they hold.
UNKNOWN_TO_TSHARK = "netmip6.ho_request or netmip6.ho_response"

Found = dict[str, list[Value]]
"""Values of each field in a frame."""


def frames(path: Path) -> list[tuple[bytes, int]]:
    """Octets and link type of each frame; none of these captures has cut any."""
    return [
        (batch.frame(row), batch.interfaces[int(batch.interface[row])].link_type)
        for batch in CaptureFile(Source(str(path))).batches()
        for row in range(len(batch))
    ]


def kept(text: str, found: list[Found]) -> set[int]:
    """The frames, from 0, that our filter keeps."""
    expression = parse(text, catalogue(FRAMES))
    return {n for n, each in enumerate(found) if verdict(expression, each)}


def kept_by_tshark(filters: list[str], capture: Path) -> list[set[int]]:
    """The frames that each filter keeps; tshark prints the last filter first."""
    arguments = ["tshark", "-n", "-q", "-r", str(capture)]
    for text in filters:
        arguments += ["-z", f"io,stat,1,{text}"]
    run = subprocess.run(
        arguments, capture_output=True, text=True, check=False, timeout=TSHARK_LIMIT_S
    )
    assert run.returncode == 0, run.stderr
    blocks = run.stdout.split("| IO Statistics")[1:]
    assert len(blocks) == len(filters)
    full = re.compile(r"^\| +(\d+) <> +\S+ +\| +[1-9]", re.MULTILINE)
    return [set(map(int, full.findall(block))) for block in blocks][::-1]


def written(field: Field, value: Value) -> str:
    """A value as it is written in a filter."""
    if field.type in (Type.NUMBER, Type.FLAG):
        return str(int(value))
    if field.type in (Type.IPV4, Type.IPV6):
        version, number = value
        return str(IPv6Address(number) if version == 6 else IPv4Address(number))
    if field.type is Type.OCTETS:
        return value.hex(":")
    return f'"{value}"'


def filters_of(field: Field, values: list[Value]) -> Iterator[str]:
    """What can be asked of a field with these values."""
    name = field.name
    yield name
    for value in values:
        text = written(field, value)
        ordered = () if field.type is Type.FLAG else ("<", "<=", ">", ">=")
        yield from (f"{name} {relation} {text}" for relation in ("==", "!=", *ordered))
        yield f"not {name} == {text}"
        yield f"{name} in {{{text}}}"
        if field.type is Type.NUMBER:
            yield f"{name} in {{{max(0, value - 1)}..{value}}}"
            yield f"{name} >= {value:#x}"
        if field.type in (Type.IPV4, Type.IPV6):
            for length in (0, 25) if field.type is Type.IPV4 else (35, 64):
                yield from (f"{name} {relation} {text}/{length}" for relation in ("==", "!="))
        if field.type is Type.OCTETS and len(value) > 2:
            yield f"{name} contains {value[1:3].hex(':')}"
        if field.type is Type.TEXT:
            yield f'{name} contains "{value[1:4]}"'
            yield f'{name} matches "^{value[:2].upper()}[A-Z]*[0-9]+@(.*example|w)"'


def names_of_tshark() -> set[str]:
    done = subprocess.run(["tshark", "-G", "fields"], capture_output=True, check=True)
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    return {line.split("\t")[2] for line in lines if line[:2] in ("F\t", "P\t")}


def joined(filters: list[str]) -> Iterator[str]:
    """Each filter with the next ones by and, or and not."""
    for one, two, three in zip(filters[::9], filters[3::9], filters[7::9], strict=False):
        yield f"{one} and not {two} or {three}"
        yield f"not ({one} || {two}) && !({three})"


@pytest.mark.tshark
@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_filters_keep_what_tshark_keeps(path: Path, tmp_path: Path) -> None:
    captured = frames(path)[:MOST_FRAMES]
    (link_type,) = {link_type for _, link_type in captured}
    fields = list(protocol_fields().values())
    found = [
        occurrences(decode(octets, link_type, len(octets), Profile()), fields)
        for octets, _ in captured
    ]
    asked = list(filters(found))
    capture = tmp_path / "spread.pcap"
    # tshark does not count the last frame of all, which is therefore one more.
    spread = [*(octets for octets, _ in captured), bytes(60)]
    timed = [(n * 10**9, octets) for n, octets in enumerate(spread)]
    capture.write_bytes(wire.pcap(timed, link_type))
    unknown = kept(UNKNOWN_TO_TSHARK, found)
    theirs = kept_by_tshark(asked, capture)
    differences = {
        text: odd
        for text, others in zip(asked, theirs, strict=True)
        if (odd := (kept(text, found) ^ others) - unknown)
    }
    assert differences == {}
    assert len(asked) > 500


def filters(found: list[Found]) -> Iterator[str]:
    """Filters for all fields that both know and that occur, alone and joined."""
    alone: list[str] = []
    theirs = names_of_tshark()
    for name, field in protocol_fields().items():
        if name not in theirs or name in DIFFERENT:
            continue
        if field.type is Type.PRESENCE and any(each[name] for each in found):
            alone.append(name)
        seen = dict.fromkeys(v for each in found for v in each[name] if v is not None)
        some = [value for value in seen if "," not in written(field, value)]
        alone += filters_of(field, some[:: max(1, len(some) // VALUES)][:VALUES]) if some else ()
    yield from alone
    yield from joined(alone)


@pytest.mark.tshark
@pytest.mark.parametrize("name", DIFFERENT)
def test_every_exception_is_needed(name: str, tmp_path: Path) -> None:
    """In the capture with IPv4, with errors and echoes, or with DHCPv6, tshark has others."""
    field = protocol_fields()[name]
    for capture in ("03_dhcpv4_handoff", "06_retransmissions", "05_ho_refused"):
        path = DATA / f"{capture}.pcap"
        found = [
            occurrences(decode(octets, link_type, len(octets), Profile()), [field])
            for octets, link_type in frames(path)
        ]
        seen = dict.fromkeys(v for each in found for v in each[name] if v is not None)
        asked = list(filters_of(field, list(seen)[:VALUES]))
        if asked_of_tshark(asked[-1], path).returncode:
            return
        if kept_by_tshark(asked, path) != [kept(text, found) for text in asked]:
            return
    pytest.fail("tshark agrees")


SPELLINGS = [
    "mip6.mhtype in {5, 6}",
    "mip6.bu.seqnr in {1, 0x2, 50..50000}",
    "mip6.mhtype eq 5 && ! ipv6.src == ::1",
    "mip6.mhtype==5||mip6.mhtype==6",
    "not mipv6 and not icmpv6",
    "!(ipv6.nxt gt 59)",
    "icmpv6.type ge 133 and icmpv6.type le 136",
    "(((mip6.ba.status lt 128)))",
    "mip6.mhtype ne 5",
    "icmpv6 or mipv6 and ipv6.hlim == 255",
    "ipv6.addr == 2001:db8::/32 and eth.addr contains 00",
    "eth.src != 02:00:00:00:00:01 and ipv6.addr in {2001:db8::/33, fe80::/10}",
    'mip6.mhtype == "Binding Update"',
    "mip6.bu.a_flag == True",
    r'mip6.mnid.identifier matches "\\.net$"',
    r'mip6.mnid.identifier matches r"\.NET$"',
    r'mip6.mnid.identifier contains "\x65xample"',
]
"""Of the language itself, sets and labels included."""


@pytest.mark.tshark
def test_spellings() -> None:
    path = DATA / "06_retransmissions.pcap"
    trees = [decode(octets, kind, len(octets), Profile()) for octets, kind in frames(path)]
    for text in SPELLINGS:
        chosen = Filter.parsed(text, FRAMES)
        ours = [number for number, tree in enumerate(trees, 1) if chosen.keeps(tree)]
        run = asked_of_tshark(text, path)
        assert run.returncode == 0, (text, run.stderr)
        assert ours == list(map(int, run.stdout.split())), text
        assert 0 < len(ours) < len(trees), text


REFUSED = [
    "(",
    "mip6)",
    "== 5",
    "and mip6",
    "mip6.bu.seqnr ==",
    "mip6.bu.seqnr = 5",
    "mip6.bu.seqnr == 1 mip6",
    "mip6.bu.seqnr == 70000",
    "mip6.bu.seqnr == 1.5",
    "mip6.bu.seqnr in {1 2}",
    "mip6.bu.seqnr in {}",
    "mip6.bu.seqno == 1",
    "mip6.bu.seqnr contains 5",
    'mip6.bu.seqnr == "x"',
    "mip6.bu.a_flag == maybe",
    'mip6.mhtype == "Bindng Update"',
    "ipv6.src == 5",
    "ipv6.src == 10.0.0.1",
    "ipv6.src == 2001:db8::/129",
    'ipv6.src contains "a"',
    'ipv6.src matches "a"',
    "eth.src == aa:bb",
    'mip6.mnid.identifier == "a',
    r'mip6.mnid.identifier == "\q"',
    'mip6.mnid.identifier matches "(a"',
    "mip6 == 5",
]


@pytest.mark.tshark
@pytest.mark.parametrize("text", REFUSED)
def test_what_tshark_refuses_is_refused(text: str) -> None:
    assert asked_of_tshark(text, DATA / "20e_raw.pcap").returncode != 0
    with pytest.raises(FilterError):
        Filter.parsed(text, FRAMES)


def asked_of_tshark(text: str, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["tshark", "-n", "-r", str(path), "-Y", text, "-T", "fields", "-e", "frame.number"],
        capture_output=True,
        text=True,
        check=False,
        timeout=TSHARK_LIMIT_S,
    )
