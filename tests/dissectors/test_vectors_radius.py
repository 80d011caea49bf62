"""RADIUS: the examples of RFC 2865 7, and attributes from the RFCs' figures, run both ways."""

from __future__ import annotations

import re
import subprocess
from functools import partial
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest

from dissectors import radius_attributes, radius_vendors
from dissectors.attributes import attribute
from dissectors.codec import build, parse
from dissectors.errors import BuildError, ParseError
from dissectors.layout import Kind, Message, Registry, Unknown
from dissectors.radius import Radius, RadiusCode
from dissectors.registries import (
    MICROSOFT_ATTRIBUTES,
    RADIUS_ATTRIBUTES,
    STARENT_ATTRIBUTES,
    THREEGPP2_ATTRIBUTES,
    WIMAX_ATTRIBUTES,
)

A = IPv6Address("2001:db8::a")
A_HEX = "20010db800000000000000000000000a"
NAS = IPv4Address("192.168.1.16")
ZERO = bytes(16)
HEAD = "02 01 {:04x}" + "00" * 16
standard = partial(attribute, RADIUS_ATTRIBUTES)


def value(name: str, what: object) -> Message:
    return standard(name, value=what)


def accept(*attributes: Message) -> Radius:
    return Radius(RadiusCode.ACCESS_ACCEPT, 1, ZERO, attributes)


def vendor(which: type[Message], *attributes: Message) -> Message:
    return radius_attributes.VendorSpecific((which(attributes),))


def packet(attributes: str) -> str:
    size = 20 + len(bytes.fromhex(attributes))
    return HEAD.format(size) + attributes


VECTORS: list[tuple[str, str, Message]] = [
    (
        "RFC 2865 7.1, request",
        (
            "01 00 00 38 0f 40 3f 94 73 97 80 57 bd 83 d5 cb"
            "98 f4 22 7a 01 06 6e 65 6d 6f 02 12 0d be 70 8d"
            "93 d4 13 ce 31 96 e4 3f 78 2a 0a ee 04 06 c0 a8"
            "01 10 05 06 00 00 00 03"
        ),
        Radius(
            RadiusCode.ACCESS_REQUEST,
            0,
            bytes.fromhex("0f403f9473978057bd83d5cb98f4227a"),
            (
                value("User-Name", b"nemo"),
                value("User-Password", bytes.fromhex("0dbe708d93d413ce3196e43f782a0aee")),
                value("NAS-IP-Address", NAS),
                value("NAS-Port", 3),
            ),
        ),
    ),
    (
        "RFC 2865 7.1, accept",
        (
            "02 00 00 26 86 fe 22 0e 76 24 ba 2a 10 05 f6 bf"
            "9b 55 e0 b2 06 06 00 00 00 01 0f 06 00 00 00 00"
            "0e 06 c0 a8 01 03"
        ),
        Radius(
            RadiusCode.ACCESS_ACCEPT,
            0,
            bytes.fromhex("86fe220e7624ba2a1005f6bf9b55e0b2"),
            (
                value("Service-Type", 1),
                value("Login-Service", 0),
                value("Login-IP-Host", IPv4Address("192.168.1.3")),
            ),
        ),
    ),
    (
        "RFC 2865 7.2, request with CHAP",
        (
            "01 01 00 47 2a ee 86 f0 8d 0d 55 96 9c a5 97 8e"
            "0d 33 67 a2 01 08 66 6c 6f 70 73 79 03 13 16 e9"
            "75 57 c3 16 18 58 95 f2 93 ff 63 44 07 72 75 04"
            "06 c0 a8 01 10 05 06 00 00 00 14 06 06 00 00 00"
            "02 07 06 00 00 00 01"
        ),
        Radius(
            RadiusCode.ACCESS_REQUEST,
            1,
            bytes.fromhex("2aee86f08d0d55969ca5978e0d3367a2"),
            (
                value("User-Name", b"flopsy"),
                value("CHAP-Password", bytes.fromhex("16e97557c316185895f293ff6344077275")),
                value("NAS-IP-Address", NAS),
                value("NAS-Port", 20),
                value("Service-Type", 2),
                value("Framed-Protocol", 1),
            ),
        ),
    ),
    (
        "RFC 2865 7.2, accept",
        (
            "02 01 00 38 15 ef bc 7d ab 26 cf a3 dc 34 d9 c0"
            "3c 86 01 a4 06 06 00 00 00 02 07 06 00 00 00 01"
            "08 06 ff ff ff fe 0a 06 00 00 00 02 0d 06 00 00"
            "00 01 0c 06 00 00 05 dc"
        ),
        Radius(
            RadiusCode.ACCESS_ACCEPT,
            1,
            bytes.fromhex("15efbc7dab26cfa3dc34d9c03c8601a4"),
            (
                value("Service-Type", 2),
                value("Framed-Protocol", 1),
                value("Framed-IP-Address", IPv4Address("255.255.255.254")),
                value("Framed-Routing", 2),
                value("Framed-Compression", 1),
                value("Framed-MTU", 1500),
            ),
        ),
    ),
    (
        "RFC 2865 7.3, challenge",
        (
            "0b 02 00 4e 36 f3 c8 76 4a e8 c7 11 57 40 3c 0c"
            "71 ff 9c 45 12 30 43 68 61 6c 6c 65 6e 67 65 20"
            "33 32 37 36 39 34 33 30 2e 20 20 45 6e 74 65 72"
            "20 72 65 73 70 6f 6e 73 65 20 61 74 20 70 72 6f"
            "6d 70 74 2e 18 0a 33 32 37 36 39 34 33 30"
        ),
        Radius(
            RadiusCode.ACCESS_CHALLENGE,
            2,
            bytes.fromhex("36f3c8764ae8c71157403c0c71ff9c45"),
            (
                value("Reply-Message", b"Challenge 32769430.  Enter response at prompt."),
                value("State", b"32769430"),
            ),
        ),
    ),
    (
        "EAP in two attributes, and the proof",
        packet(f"4f 04 0301 4f 04 0004 50 12 {'5a' * 16} 1b 06 00000e10 37 06 00000001"),
        accept(
            value("EAP-Message", b"\x03\x01"),
            value("EAP-Message", b"\0\x04"),
            value("Message-Authenticator", b"\x5a" * 16),
            value("Session-Timeout", 3600),
            value("Event-Timestamp", 1),
        ),
    ),
    (
        "IPv6 (RFC 3162, RFC 4818, RFC 6911)",
        packet(
            f"5f 12 {A_HEX} 60 0a 02005efffe100001 61 0c 00 40 20010db800000001"
            f"7b 04 00 00 aa 0c 00 40 20010db800000001 a8 12 {A_HEX}"
        ),
        accept(
            value("NAS-IPv6-Address", A),
            value("Framed-Interface-Id", bytes.fromhex("02005efffe100001")),
            radius_attributes.FramedIpv6Prefix(0, 64, bytes.fromhex("20010db800000001")),
            radius_attributes.DelegatedIpv6Prefix(),
            radius_attributes.RouteIpv6Information(0, 64, bytes.fromhex("20010db800000001")),
            value("Framed-IPv6-Address", A),
        ),
    ),
    (
        "tunnels (RFC 2868)",
        packet("40 06 01 000003 41 06 01 000002 53 06 01 00000a 45 06 01 8001ab"),
        accept(
            radius_attributes.TunnelType(1, 3),
            radius_attributes.TunnelMediumType(1, 2),
            radius_attributes.TunnelPreference(1, 10),
            value("Tunnel-Password", bytes.fromhex("018001ab")),
        ),
    ),
    (
        "mobility (RFC 5447)",
        packet(f"7c 0a 0000060000000001 7d 13 20 {'20010db8' + '00' * 12}"),
        accept(
            value("MIP6-Feature-Vector", 0x60000000001),
            radius_attributes.Mip6HomeLinkPrefix(32, IPv6Address("2001:db8::").packed),
        ),
    ),
    (
        "mobility (RFC 6572)",
        packet(
            f"91 05 61 40 62 92 04 7331 93 12 {A_HEX} 95 06 0a000001"
            "97 0c 00 40 20010db800000001 98 04 00 00 99 0a 02005efffe100001"
            "9b 08 00 20 0a000001 9c 08 00 20 00000000 a1 06 0a000001"
        ),
        accept(
            value("Mobile-Node-Identifier", b"a@b"),
            value("Service-Selection", b"s1"),
            value("PMIP6-Home-LMA-IPv6-Address", A),
            value("PMIP6-Home-LMA-IPv4-Address", IPv4Address("10.0.0.1")),
            radius_attributes.Pmip6HomePrefix(0, 64, bytes.fromhex("20010db800000001")),
            radius_attributes.Pmip6VisitedPrefix(),
            value("PMIP6-Home-Interface-ID", bytes.fromhex("02005efffe100001")),
            radius_attributes.Pmip6HomeIpv4Address(0, 32, IPv4Address("10.0.0.1")),
            radius_attributes.Pmip6VisitedIpv4Address(0, 32),
            value("PMIP6-Home-IPv4-Gateway", IPv4Address("10.0.0.1")),
        ),
    ),
    (
        "3GPP2 (vendor 5535): home agent, SPI, key",
        packet(
            "1a 1c 0000159f 39 06 00000100 3a 04 abcd 07 06 0a000001 ff 06 01020304"
            f"1a 18 0000159f 8c 12 {A_HEX}"
        ),
        accept(
            vendor(
                radius_vendors.ThreeGpp2,
                attribute(THREEGPP2_ATTRIBUTES, "3GPP2-MN-HA-SPI", value=256),
                attribute(THREEGPP2_ATTRIBUTES, "3GPP2-MN-HA-Shared-Key", value=b"\xab\xcd"),
                attribute(
                    THREEGPP2_ATTRIBUTES,
                    "3GPP2-Home-Agent-IP-Address",
                    value=IPv4Address("10.0.0.1"),
                ),
                Unknown(255, b"\x01\x02\x03\x04"),
            ),
            vendor(
                radius_vendors.ThreeGpp2,
                attribute(THREEGPP2_ATTRIBUTES, "3GPP2-MIP6-Home-Agent-Address-Attr-B", value=A),
            ),
        ),
    ),
    (
        "WiMAX (vendor 24757): a continuation octet before each value",
        packet(
            f"1a 32 000060b5 07 13 00 {A_HEX} 0d 07 00 00000100 0c 05 80 abcd"
            "85 09 00 00 20 20010db8 3f 04 00 01"
        ),
        accept(
            vendor(
                radius_vendors.Wimax,
                attribute(WIMAX_ATTRIBUTES, "WiMAX-hHA-IP-MIP6", value=A),
                attribute(WIMAX_ATTRIBUTES, "WiMAX-MN-hHA-MIP6-SPI", value=256),
                attribute(
                    WIMAX_ATTRIBUTES, "WiMAX-MN-hHA-MIP6-Key", continued=True, value=b"\xab\xcd"
                ),
                attribute(
                    WIMAX_ATTRIBUTES,
                    "WiMAX-Home-HNP-PMIP6",
                    prefix_length=32,
                    value=bytes.fromhex("20010db8"),
                ),
                Unknown(63, b"\0\x01"),
            ),
        ),
    ),
    (
        "Starent (vendor 8164): types and lengths of two octets",
        packet("1a 16 00001fe4 0034 0008 00000001 fffa 0008 00000001"),
        accept(
            vendor(
                radius_vendors.Starent,
                attribute(STARENT_ATTRIBUTES, "SN-Proxy-MIP", value=1),
                attribute(STARENT_ATTRIBUTES, "SN-Proxy-MIPV6", value=1),
            ),
        ),
    ),
    (
        "Microsoft (RFC 2548): keys",
        packet("1a 0e 00000137 10 04 abcd 11 04 abcd"),
        accept(
            vendor(
                radius_vendors.Microsoft,
                attribute(MICROSOFT_ATTRIBUTES, "MS-MPPE-Send-Key", value=b"\xab\xcd"),
                attribute(MICROSOFT_ATTRIBUTES, "MS-MPPE-Recv-Key", value=b"\xab\xcd"),
            ),
        ),
    ),
    (
        "another vendor and an attribute without a name",
        packet("1a 09 00000009 010203 fc 03 aa"),
        accept(
            radius_attributes.VendorSpecific((Unknown(9, b"\x01\x02\x03"),)),
            Unknown(252, b"\xaa"),
        ),
    ),
]


PARTS: list[tuple[str, str, Message]] = [
    ("WiMAX, how an unknown one is shown", "80 01", radius_vendors.WimaxOther(True, 0, b"\x01")),
]
"""What is no packet of its own."""


@pytest.mark.parametrize(
    ("name", "wire", "expected"), VECTORS + PARTS, ids=[v[0] for v in VECTORS + PARTS]
)
def test_vector_both_ways(name: str, wire: str, expected: Message) -> None:
    octets = bytes.fromhex(wire)
    assert build(expected).hex(" ") == octets.hex(" ")
    assert parse(type(expected), octets) == (expected, ())


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ("01", "RADIUS attribute needs 2 octets, 1 is there"),
        ("01 01", "RADIUS attribute 1 has length 1"),
        ("01 05 61", "RADIUS attribute 1 needs 5 octets, 3 are there"),
        ("04 05 0a0000", "NAS-IP-Address needs 4 octets, 3 are there"),
        ("1a 05 000000", "RADIUS vendor needs 4 octets, 3 are there"),
        ("1a 08 0000159f 39 06", "3GPP2 attribute 57 needs 6 octets, 2 are there"),
        ("1a 09 000060b5 0d 03 00", "WiMAX-MN-hHA-MIP6-SPI needs 5 octets, 1 are there"),
        ("1a 09 00001fe4 0034 00", "Starent attribute needs 4 octets, 3 are there"),
    ],
)
def test_broken_attributes(attributes: str, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        parse(Radius, bytes.fromhex(packet(attributes)))


def test_octets_behind_the_length_are_padding() -> None:
    message, anomalies = parse(Radius, bytes.fromhex(packet("05 06 00000001") + "0000"))
    assert message == accept(value("NAS-Port", 1))
    assert [a.reason for a in anomalies] == ["2 octets stand behind the message"]


@pytest.mark.parametrize(
    "wrong",
    [
        accept(value("User-Name", bytes(254))),
        accept(value("NAS-Port", 1 << 32)),
        accept(value("NAS-IP-Address", A)),
        accept(Unknown(256, b"")),
        accept(attribute(WIMAX_ATTRIBUTES, "WiMAX-hHA-IP-MIP6", value=A)),
        Radius(1, 1, bytes(15)),
    ],
)
def test_what_cannot_be_written_is_our_error(wrong: Message) -> None:
    with pytest.raises(BuildError):
        build(wrong)


def test_attributes_go_by_their_names() -> None:
    with pytest.raises(BuildError, match="No-Such-Attribute is not declared"):
        standard("No-Such-Attribute")


# Wireshark's dictionaries give each attribute's number, name and type.
KINDS = {
    "string": (Kind.TEXT, Kind.OCTETS),
    "octets": (Kind.OCTETS, Kind.TEXT, Kind.PREFIX, Kind.OPTIONS, Kind.IPV4),
    "ipaddr": (Kind.IPV4,),
    "ipv6addr": (Kind.IPV6,),
    "combo-ip": (Kind.ADDRESS,),
    "ipv6prefix": (Kind.PREFIX,),
    "ipv4prefix": (Kind.IPV4,),
    "ifid": (Kind.LINK,),
    "integer": (Kind.UINT,),
    "signed": (Kind.UINT,),
    "integer64": (Kind.UINT,),
    "short": (Kind.UINT,),
    "byte": (Kind.UINT,),
    "date": (Kind.UINT,),
    "tlv": (Kind.OCTETS,),
    "extended": (Kind.OCTETS,),
    "long-extended": (Kind.OCTETS,),
}
WIDTHS = {"integer": (24, 32), "integer64": (64,), "short": (16,), "byte": (8,), "date": (32,)}


def dictionary(directory: Path, *files: str) -> dict[int, dict[str, str]]:
    """Types by name by number; a number may have two names."""
    found: dict[int, dict[str, str]] = {}
    inside = 0
    for file in files:
        for line in (directory / file).read_text("utf-8", "replace").splitlines():
            inside += line.startswith("BEGIN-TLV") - line.startswith("END-TLV")
            match = re.match(r"ATTRIBUTE\s+(\S+)\s+(\d+)\s+([\w-]+)", line)
            if match and not inside:
                found.setdefault(int(match[2]), {})[match[1]] = match[3]
    return found


@pytest.mark.tshark
@pytest.mark.parametrize(
    ("registry", "files", "beside"),
    [
        (RADIUS_ATTRIBUTES, (), ()),
        (THREEGPP2_ATTRIBUTES, ("dictionary.3gpp2",), ()),
        (MICROSOFT_ATTRIBUTES, ("dictionary.microsoft",), ()),
        (STARENT_ATTRIBUTES, ("dictionary.starent",), ()),
        # 78 and above are younger than Wireshark's file.
        (WIMAX_ATTRIBUTES, ("dictionary.wimax",), range(78, 139)),
    ],
    ids=lambda value: value.name if isinstance(value, Registry) else "",
)
def test_attributes_are_those_of_wiresharks_dictionary(
    registry: Registry, files: tuple[str, ...], beside: tuple[int, ...] | range
) -> None:
    run = subprocess.run(["tshark", "-G", "folders"], capture_output=True, text=True, check=True)
    (folder,) = re.findall(r"^Global configuration:\s*(.*)$", run.stdout, re.MULTILINE)
    directory = Path(folder) / "radius"
    # RFC 4679's attributes are a vendor's.
    standard_files = [p.name for p in directory.glob("dictionary.rfc*") if "4679" not in p.name]
    theirs = dictionary(directory, *(files or sorted(standard_files)))
    for number, message in registry.types.items():
        if number in beside:
            continue
        name = message.layout.label
        kind = theirs[number][name]
        field = message.layout.fields[-1]
        assert field.kind in KINDS[kind], name
        assert field.width in WIDTHS.get(kind, (field.width,)), name
    if not files:
        assert sorted(registry.types) == sorted(theirs)
