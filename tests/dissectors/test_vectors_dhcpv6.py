"""DHCPv6 messages and options from the RFCs' figures, octet by octet, run both ways."""

from __future__ import annotations

from ipaddress import IPv6Address

import pytest

from dissectors import dhcpv6, dhcpv6_home, dhcpv6_options, duid
from dissectors.codec import build, parse
from dissectors.dhcpv6 import Dhcpv6Type
from dissectors.errors import BuildError, ParseError
from dissectors.layout import Message, Unknown

A = IPv6Address("2001:db8::a")
A_HEX = "20010db800000000000000000000000a"
MAC = bytes.fromhex("021122334455")
LL = duid.DuidLl(1, MAC)
LL_HEX = "0003 0001 021122334455"
HOME = b"\x04home\x07example\x03net\0"
HOME_HEX = HOME.hex()


def message(*options: Message) -> dhcpv6.Dhcpv6Message:
    return dhcpv6.Dhcpv6Message(Dhcpv6Type.REPLY, 0x010203, options)


VECTORS: list[tuple[str, str, Message]] = [
    (
        "Solicit: DUID-LL, IA_NA, ORO, elapsed time, rapid commit",
        (
            f"01 010203 0001 000a {LL_HEX} 0003 000c 00000001 00000000 00000000"
            "0006 0004 0017 0018 0008 0002 0064 000e 0000"
        ),
        dhcpv6.Dhcpv6Message(
            Dhcpv6Type.SOLICIT,
            0x010203,
            (
                dhcpv6_options.ClientIdentifier((LL,)),
                dhcpv6_options.IaNa(1),
                dhcpv6_options.OptionRequest((23, 24)),
                dhcpv6_options.ElapsedTime(100),
                dhcpv6_options.RapidCommit(),
            ),
        ),
    ),
    (
        "Reply: DUID-LLT, an address with a status, preference, DNS",
        (
            "07 010203 0002 000e 0001 0001 00000001 021122334455"
            f"0003 0030 00000001 00000e10 00001518 0005 0020 {A_HEX} 00001194 00001c20"
            "000d 0004 0000 6f6b 0007 0001 ff 0017 0010 " + A_HEX
        ),
        dhcpv6.Dhcpv6Message(
            Dhcpv6Type.REPLY,
            0x010203,
            (
                dhcpv6_options.ServerIdentifier((duid.DuidLlt(1, 1, MAC),)),
                dhcpv6_options.IaNa(
                    1,
                    3600,
                    5400,
                    (dhcpv6_options.IaAddress(A, 4500, 7200, (dhcpv6_options.Status(0, b"ok"),)),),
                ),
                dhcpv6_options.Preference(255),
                dhcpv6_options.DnsServers((A,)),
            ),
        ),
    ),
    (
        "prefix delegation",
        f"07 010203 0019 0029 00000001 00000e10 00001518 001a 0019 00001194 00001c20 38 {A_HEX}",
        message(dhcpv6_options.IaPd(1, 3600, 5400, (dhcpv6_options.IaPrefix(4500, 7200, 56, A),))),
    ),
    (
        "IA_TA without an address",
        "07 010203 0004 000a 00000007 000d 0002 0002",
        message(dhcpv6_options.IaTa(7, (dhcpv6_options.Status(2),))),
    ),
    (
        "Relay-forward with a Solicit, twice relayed",
        (
            f"0c 01 {A_HEX} {A_HEX} 0009 002a"
            f"0c 00 {A_HEX} {A_HEX} 0009 0004 01 010203 0012 0002 6731"
        ),
        dhcpv6.Dhcpv6Relay(
            Dhcpv6Type.RELAY_FORWARD,
            1,
            A,
            A,
            (
                dhcpv6_options.RelayMessage(
                    (
                        dhcpv6.Dhcpv6Relay(
                            Dhcpv6Type.RELAY_FORWARD,
                            0,
                            A,
                            A,
                            (
                                dhcpv6_options.RelayMessage(
                                    (dhcpv6.Dhcpv6Message(Dhcpv6Type.SOLICIT, 0x010203),)
                                ),
                            ),
                        ),
                    )
                ),
                dhcpv6_options.InterfaceId(b"g1"),
            ),
        ),
    ),
    (
        "authentication, unicast, reconfiguration",
        (
            "07 010203 000b 000f 03 01 00 0000000000000007 0201aabb"
            f"000c 0010 {A_HEX} 0013 0001 05 0014 0000"
        ),
        message(
            dhcpv6_options.Authentication(3, 1, 0, bytes(7) + b"\x07", b"\x02\x01\xaa\xbb"),
            dhcpv6_options.ServerUnicast(A),
            dhcpv6_options.ReconfigureMessage(Dhcpv6Type.RENEW),
            dhcpv6_options.ReconfigureAccept(),
        ),
    ),
    (
        "classes and a vendor's options",
        (
            "07 010203 000f 0007 0002 7531 0001 75 0010 0008 00000009 0002 7631"
            "0011 000a 00000009 0001 0002 abcd"
        ),
        message(
            dhcpv6_options.UserClass(
                (dhcpv6_options.ClassData(b"u1"), dhcpv6_options.ClassData(b"u"))
            ),
            dhcpv6_options.VendorClass(9, (dhcpv6_options.ClassData(b"v1"),)),
            dhcpv6_options.VendorInformation(9, (Unknown(1, b"\xab\xcd"),)),
        ),
    ),
    (
        "names and servers",
        (
            f"07 010203 0018 0012 {HOME_HEX} 0015 0012 {HOME_HEX} 0016 0010 {A_HEX}"
            f"001f 0010 {A_HEX} 0020 0004 00015180 0040 0012 {HOME_HEX}"
        ),
        message(
            dhcpv6_options.DomainSearchList(HOME),
            dhcpv6_options.SipDomains(HOME),
            dhcpv6_options.SipServers((A,)),
            dhcpv6_options.SntpServers((A,)),
            dhcpv6_options.InformationRefreshTime(86400),
            dhcpv6_options.AftrName(HOME),
        ),
    ),
    (
        "what relay agents add",
        (
            "07 010203 0025 0006 00000009 7231 0026 0002 7331 004f 0008 0001 021122334455"
            f"0027 0013 01 {HOME_HEX}"
        ),
        message(
            dhcpv6_options.RemoteId(9, b"r1"),
            dhcpv6_options.SubscriberId(b"s1"),
            dhcpv6_options.ClientLinkLayerAddress(1, MAC),
            dhcpv6_options.ClientFqdn(server_updates=True, name=HOME),
        ),
    ),
    (
        "home information (RFC 6610): visited, named and any network",
        (
            f"07 010203 0031 0012 {HOME_HEX}"
            "0032 0015 0047 0011 40 20010db8000000000000000000000000"
            f"0045 0014 0048 0010 {A_HEX} 0046 0016 0049 0012 {HOME_HEX}"
        ),
        message(
            dhcpv6_home.HomeNetworkIdentifier(HOME),
            dhcpv6_home.VisitedHomeNetwork(
                (dhcpv6_home.HomeNetworkPrefix(64, IPv6Address("2001:db8::").packed),)
            ),
            dhcpv6_home.IdentifiedHomeNetwork((dhcpv6_home.HomeAgentAddress(A),)),
            dhcpv6_home.UnrestrictedHomeNetwork((dhcpv6_home.HomeAgentFqdn(HOME),)),
        ),
    ),
    (
        "DUIDs of a vendor and of a UUID",
        f"07 010203 0001 0008 0002 00000009 ab12 0002 0012 0004 {'5a' * 16}",
        message(
            dhcpv6_options.ClientIdentifier((duid.DuidEn(9, b"\xab\x12"),)),
            dhcpv6_options.ServerIdentifier((duid.DuidUuid(b"\x5a" * 16),)),
        ),
    ),
    (
        "options and DUIDs that nobody declared",
        "07 010203 0001 0003 0009 aa 0052 0004 00000e10 ffff 0000",
        message(
            dhcpv6_options.ClientIdentifier((Unknown(9, b"\xaa"),)),
            Unknown(82, b"\0\0\x0e\x10"),
            Unknown(65535, b""),
        ),
    ),
    ("a message of type 36", "24 0102", dhcpv6.Dhcpv6Other(36, b"\x01\x02")),
]


@pytest.mark.parametrize(("name", "wire", "expected"), VECTORS, ids=[v[0] for v in VECTORS])
def test_vector_both_ways(name: str, wire: str, expected: Message) -> None:
    octets = bytes.fromhex(wire)
    assert build(expected).hex(" ") == octets.hex(" ")
    assert parse(type(expected), octets) == (expected, ())


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("0003", "DHCPv6 option needs 4 octets, 2 are there"),
        ("0003 000c 0000", "DHCPv6 option 3 needs 16 octets, 6 are there"),
        ("0003 0004 00000001", "IA for Non-temporary Addresses needs 12 octets, 4 are there"),
        ("0005 0004 00000001", "IA Address needs 24 octets, 4 are there"),
        ("0006 0003 001700", "Requested option: 1 octets are left over"),
        ("0017 0011 " + "00" * 17, "DNS server: 1 octets are left over"),
        ("0001 0001 00", "DUID type needs 2 octets, 1 is there"),
        ("000f 0003 0002 75", "DHCPv6 class 1 needs 4 octets, 3 are there"),
        ("0009 0002 0101", "DHCPv6 needs 4 octets, 2 are there"),
    ],
)
def test_broken_options(options: str, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        parse(dhcpv6.Dhcpv6Message, bytes.fromhex("07010203" + options))


def nested(depth: int) -> bytes:
    """Home information inside itself: an option's header for each level."""
    octets = b""
    for _ in range(depth):
        octets = bytes.fromhex("0032") + len(octets).to_bytes(2, "big") + octets
    return bytes.fromhex("07010203") + octets


def test_nesting_is_bounded() -> None:
    assert parse(dhcpv6.Dhcpv6Message, nested(16))[1] == ()
    with pytest.raises(ParseError, match="nested deeper than 16"):
        parse(dhcpv6.Dhcpv6Message, nested(2000))


@pytest.mark.parametrize(
    "wrong",
    [
        message(dhcpv6_options.ClientIdentifier((LL, LL))),
        message(dhcpv6_options.OptionRequest((65536,))),
        message(dhcpv6_options.DnsServers((1,))),  # type: ignore[arg-type]
        message(Unknown(65536, b"")),
        message(LL),
        dhcpv6.Dhcpv6Message(1, 1 << 24),
    ],
)
def test_what_cannot_be_written_is_our_error(wrong: Message) -> None:
    with pytest.raises(BuildError):
        build(wrong)
