"""Diameter, TCP and SCTP headers from the RFCs' figures, octet by octet, run both ways."""

from __future__ import annotations

import re
import struct
import subprocess
from functools import partial
from ipaddress import IPv6Address
from pathlib import Path

import pytest

from dissectors import diameter_avps, transport
from dissectors.attributes import attribute
from dissectors.codec import build, parse
from dissectors.diameter import Diameter, DiameterCommand
from dissectors.errors import BuildError, ParseError
from dissectors.layout import Kind, Message, Unknown
from dissectors.options import VENDOR
from dissectors.registries import DIAMETER_AVPS

LOADED = (diameter_avps,)
"""Importing it fills the registry."""

A = IPv6Address("2001:db8::a")
A_HEX = "20010db800000000000000000000000a"
avp = partial(attribute, DIAMETER_AVPS, mandatory=True)


def header(size: int, flags: int = 0xC0, command: int = 325, application: int = 8) -> str:
    """RFC 6733 3: version and length, flags and command, application, two identifiers."""
    head = struct.pack("!IIIII", 1 << 24 | size, flags << 24 | command, application, 0x0A, 0x0B)
    return head.hex()


def request(*avps: Message) -> Diameter:
    return Diameter(
        1,
        request=True,
        proxiable=True,
        command=DiameterCommand.MIP6,
        application=8,
        hop_by_hop=0x0A,
        end_to_end=0x0B,
        avps=avps,
    )


def message(octets: str) -> str:
    return header(20 + len(bytes.fromhex(octets))) + octets


VECTORS: list[tuple[str, str, Message]] = [
    # Behind the code of four octets, and the chunk type of one: lengths count them.
    ("an unknown AVP", "40 000009 aa", diameter_avps.OtherAvp(mandatory=True, data=b"\xaa")),
    (
        "a vendor's unknown AVP",
        "c0 00000d 000028af aa",
        diameter_avps.VendorAvp(True, True, False, 0, 10415, b"\xaa"),
    ),
    ("an unknown chunk", "05 0006 abcd", transport.SctpOther(5, b"\xab\xcd")),
    (
        "MIR (RFC 5778 5.1) with text that is filled up to four octets",
        message(
            "00000107 4000000d 613b313b32 000000 00000108 4000000c 68612e31"
            "00000001 4000000b 614062 00"
        ),
        request(
            avp("Session-Id", value=b"a;1;2"),
            avp("Origin-Host", value=b"ha.1"),
            avp("User-Name", value=b"a@b"),
        ),
    ),
    (
        "addresses (RFC 6733 4.3.1), IPv6 and IPv4",
        message(f"000001e7 4000001a 0002 {A_HEX} 0000 0000014d 4000000e 0001 0a000001 0000"),
        request(
            avp("MIP-Careof-Address", family=2, value=A.packed),
            avp("MIP-Mobile-Node-Address", family=1, value=b"\x0a\0\0\x01"),
        ),
    ),
    (
        "MIP6-Agent-Info (RFC 5447 4.2.1) with AVPs inside",
        message(
            f"000001e6 40000054 0000014e 4000001a 0002 {A_HEX} 0000"
            "0000015c 40000014 00000125 4000000b 68612e 00"
            "0000007d 40000019 40 20010db8000000000000000000000000 000000"
        ),
        request(
            avp(
                "MIP6-Agent-Info",
                value=(
                    avp("MIP-Home-Agent-Address", family=2, value=A.packed),
                    avp("MIP-Home-Agent-Host", value=(avp("Destination-Host", value=b"ha."),)),
                    avp(
                        "MIP6-Home-Link-Prefix",
                        prefix_length=64,
                        value=IPv6Address("2001:db8::").packed,
                    ),
                ),
            ),
        ),
    ),
    (
        "MIP-MN-HA-MSA (RFC 5778 6.13) with its key",
        message(
            "000001ec 40000038 000001eb 4000000c 00000100 00000157 4000000c aabbccdd"
            "0000016f 4000000c 00000e10 00000159 4000000c 00000002"
        ),
        request(
            avp(
                "MIP-MN-HA-MSA",
                value=(
                    avp("MIP-MN-HA-SPI", value=256),
                    avp("MIP-Session-Key", value=b"\xaa\xbb\xcc\xdd"),
                    avp("MIP-MSA-Lifetime", value=3600),
                    avp("MIP-Algorithm-Type", value=2),
                ),
            ),
        ),
    ),
    (
        "feature vector, authentication mode, result",
        message(
            "0000007c 40000010 0000060000000001 000001ee 4000000c 00000001"
            "0000010c 4000000c 000007d1 0000010c 0000000c 000013b1"
        ),
        request(
            avp("MIP6-Feature-Vector", value=0x60000000001),
            avp("MIP6-Auth-Mode", value=1),
            avp("Result-Code", value=2001),
            attribute(DIAMETER_AVPS, "Result-Code", value=5041),
        ),
    ),
    (
        "Framed-IPv6-Prefix (RFC 3162 2.3)",
        message("00000061 40000012 00 40 20010db800000001 0000"),
        request(
            avp("Framed-IPv6-Prefix", prefix_length=64, value=bytes.fromhex("20010db800000001"))
        ),
    ),
    (
        "a vendor's AVP (3GPP, 10415), and one that nobody declared, with P",
        message("00000001 c0000013 000028af 32363230310000 00 00000fff 20000009 aa 000000"),
        request(
            Unknown(
                VENDOR + (10415 << 32) + 1,
                bytes.fromhex("c0000013 000028af 32363230310000"),
            ),
            Unknown(0xFFF, bytes.fromhex("20000009 aa")),
        ),
    ),
    (
        "answer with an error",
        header(20, 0x20, 257, 0),
        Diameter(1, error=True, command=257, hop_by_hop=0x0A, end_to_end=0x0B),
    ),
    (
        "TCP header with an option",
        "0f1c 8000 00000001 00000002 60 18 ffff 0000 0000 020405b4",
        transport.TcpHeader(
            3868,
            32768,
            1,
            2,
            6,
            ack=True,
            push=True,
            window=65535,
            options=bytes.fromhex("020405b4"),
        ),
    ),
    (
        "SCTP: SACK and DATA, filled up to four octets",
        (
            "0f1c 8000 00000005 00000000 03 00 0010 00000001 00010000 00000000"
            "00 03 0013 00000001 0002 0003 0000002e 616263 00"
        ),
        transport.SctpHeader(
            3868,
            32768,
            5,
            0,
            (
                Unknown(3, bytes.fromhex("00 0010 00000001 00010000 00000000")),
                transport.SctpData(
                    beginning=True,
                    ending=True,
                    tsn=1,
                    stream=2,
                    sequence=3,
                    protocol=46,
                    data=b"abc",
                ),
            ),
        ),
    ),
]


@pytest.mark.parametrize(("name", "wire", "expected"), VECTORS, ids=[v[0] for v in VECTORS])
def test_vector_both_ways(name: str, wire: str, expected: Message) -> None:
    octets = bytes.fromhex(wire)
    assert build(expected).hex(" ") == octets.hex(" ")
    assert parse(type(expected), octets) == (expected, ())


@pytest.mark.parametrize(
    ("avps", "reason"),
    [
        ("00000001", "AVP needs 8 octets, 4 are there"),
        ("00000001 40000007", "AVP 1 has length 7"),
        ("00000001 4000000c 6162", "AVP 1 needs 12 octets, 10 are there"),
        ("00000001 c0000008", "AVP 1 has length 8 and a vendor"),
        ("0000010c 4000000b 0007d1 00", "Result-Code needs 8 octets, 7 are there"),
        ("000001e6 4000000c 00000001", "AVP needs 8 octets, 4 are there"),
    ],
)
def test_broken_avps(avps: str, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        parse(Diameter, bytes.fromhex(message(avps)))


def test_padding_that_is_not_zero_is_told() -> None:
    octets = bytes.fromhex(message("00000001 4000000b 614062 ff"))
    parsed, anomalies = parse(Diameter, octets)
    assert parsed == request(avp("User-Name", value=b"a@b"))
    assert [a.reason for a in anomalies] == ["padding is not zero"]


def test_padding_that_is_missing_is_told() -> None:
    octets = bytes.fromhex(message("00000001 4000000b 614062"))
    parsed, anomalies = parse(Diameter, octets)
    assert parsed == request(avp("User-Name", value=b"a@b"))
    assert [a.reason for a in anomalies] == ["padding or alignment is not the canonical one"]


def test_nesting_is_bounded() -> None:
    octets = b""
    for _ in range(30):
        octets = struct.pack("!II", 486, 0x40 << 24 | 8 + len(octets)) + octets
    with pytest.raises(ParseError, match="nested deeper than 16"):
        parse(Diameter, bytes.fromhex(message(octets.hex())))


@pytest.mark.parametrize(
    "wrong",
    [
        request(Unknown(0xFFF, b"")),
        request(Unknown(0xFFF, bytes.fromhex("20000008 aa"))),
        request(Unknown(0xFFF, bytes.fromhex("a000000c 00000001"))),
        request(Unknown(VENDOR + (1 << 32) + 1, bytes.fromhex("c000000c 00000002"))),
        request(Unknown(1 << 33, bytes.fromhex("20000008"))),
        request(avp("Result-Code", value=1 << 32)),
        request(avp("Result-Code", vendor_specific=True)),
    ],
)
def test_what_cannot_be_written_is_our_error(wrong: Message) -> None:
    with pytest.raises(BuildError):
        build(wrong)


# Wireshark's dictionary gives each AVP's number, name and type.
KINDS = {
    "OctetString": (Kind.OCTETS, Kind.PREFIX, Kind.IPV4, Kind.IPV6),
    "UTF8String": (Kind.TEXT,),
    "DiameterIdentity": (Kind.TEXT,),
    "DiameterURI": (Kind.TEXT,),
    "IPFilterRule": (Kind.TEXT,),
    # RFC 7155 4.4.10 makes the RADIUS ones of these octets without a family.
    "IPAddress": (Kind.ADDRESS, Kind.IPV4),
    "Unsigned32": (Kind.UINT,),
    "Integer32": (Kind.UINT,),
    "Enumerated": (Kind.UINT,),
    "AppId": (Kind.UINT,),
    "VendorId": (Kind.UINT,),
    "Time": (Kind.UINT,),
    "Unsigned64": (Kind.UINT,),
    "Grouped": (Kind.OPTIONS,),
}
WIDTHS = {name: 64 if name.endswith("64") else 32 for name, k in KINDS.items() if k == (Kind.UINT,)}


@pytest.mark.tshark
def test_avps_are_those_of_wiresharks_dictionary() -> None:
    run = subprocess.run(["tshark", "-G", "folders"], capture_output=True, text=True, check=True)
    (folder,) = re.findall(r"^Global configuration:\s*(.*)$", run.stdout, re.MULTILINE)
    theirs: dict[int, dict[str, str]] = {}
    for name in ("dictionary", "nasreq", "mobileipv4", "mobileipv6", "eap"):
        text = (Path(folder) / "diameter" / f"{name}.xml").read_text("utf-8", "replace")
        for match in re.finditer(r"<avp\s([^>]*)>(.*?)</avp>", text, re.DOTALL):
            named = dict(re.findall(r'([\w-]+)="([^"]*)"', match[1]))
            if "vendor-id" in named:
                continue
            kind = re.search(r'type-name="(\w+)"', match[2])
            theirs.setdefault(int(named["code"]), {})[named["name"]] = (
                kind[1] if kind else "Grouped"
            )
    checked = 0
    for number, avp_class in DIAMETER_AVPS.types.items():
        field = avp_class.layout.fields[-1]
        kind = theirs[number][avp_class.layout.label]
        assert field.kind in KINDS[kind], avp_class.layout.label
        if field.kind is Kind.UINT:
            assert field.width == WIDTHS[kind], avp_class.layout.label
        checked += 1
    assert checked > 100
