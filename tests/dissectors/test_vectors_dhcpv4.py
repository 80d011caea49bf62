"""DHCPv4 from the figures of RFC 2131 and RFC 2132, octet by octet, run both ways."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from dissectors import dhcpv4, dhcpv4_options
from dissectors.codec import build, parse
from dissectors.dhcpv4_options import Dhcpv4Type
from dissectors.errors import BuildError, ParseError
from dissectors.layout import Message, Unknown

MAC = bytes.fromhex("021122334455")
A4 = IPv4Address("10.0.0.1")

# RFC 2131 2: op, htype, hlen, hops, xid, secs, flags, four addresses, chaddr, sname, file, cookie.
HEAD = f"01 01 06 00 11223344 0005 8000 {'00' * 16} {MAC.hex()}{'00' * 10} {'00' * 192} 63825363"
LEAST = 300
"""RFC 1542 2.1: BOOTP messages have at least so many octets; zeros fill them up."""


def message(*options: Message, **fields: object) -> dhcpv4.Dhcpv4Message:
    return dhcpv4.Dhcpv4Message(
        **{
            "operation": dhcpv4.BootpOperation.BOOT_REQUEST,
            "hardware": 1,
            "hardware_length": 6,
            "transaction_id": 0x11223344,
            "seconds": 5,
            "broadcast": True,
            "client_hardware": MAC + bytes(10),
            "cookie": dhcpv4.MAGIC_COOKIE,
            "options": options,
        }
        | fields
    )


def filled(octets: str, head: str = HEAD) -> str:
    whole = bytes.fromhex(head + octets + "ff")
    return (whole + bytes(max(0, LEAST - len(whole)))).hex()


VECTORS: list[tuple[str, str, Message]] = [
    ("nothing but the end", filled(""), message()),
    (
        "Discover",
        filled("35 01 01 3d 07 01 021122334455 37 04 01 03 06 fc 0c 02 6831 39 02 0240 50 00"),
        message(
            dhcpv4_options.MessageType(Dhcpv4Type.DISCOVER),
            dhcpv4_options.ClientIdentifier(1, MAC),
            dhcpv4_options.ParameterRequestList((1, 3, 6, 252)),
            dhcpv4_options.HostName(b"h1"),
            dhcpv4_options.MaximumMessageSize(576),
            dhcpv4_options.RapidCommit(),
        ),
    ),
    (
        "Ack",
        filled(
            "35 01 05 36 04 0a000001 33 04 00000e10 3a 04 00000708 3b 04 00000c4e"
            "01 04 ffffff00 03 08 0a000001 0a000001 06 04 0a000001 1c 04 0a0000ff 0f 03 612e62"
        ),
        message(
            dhcpv4_options.MessageType(Dhcpv4Type.ACK),
            dhcpv4_options.ServerIdentifier(A4),
            dhcpv4_options.LeaseTime(3600),
            dhcpv4_options.RenewalTime(1800),
            dhcpv4_options.RebindingTime(3150),
            dhcpv4_options.SubnetMask(IPv4Address("255.255.255.0")),
            dhcpv4_options.Routers((A4, A4)),
            dhcpv4_options.DomainNameServers((A4,)),
            dhcpv4_options.BroadcastAddress(IPv4Address("10.0.0.255")),
            dhcpv4_options.DomainName(b"a.b"),
        ),
    ),
    (
        "Request through a relay agent",
        filled(
            "35 01 03 32 04 0a000001 3c 02 7631 4d 03 02 7531 76 04 0a000000"
            "52 1c 01 02 6331 02 02 7231 05 04 0a000000 06 02 7331 0b 04 0a000001 63 02 abcd"
            "44 08 0a000001 0a000001"
        ),
        message(
            dhcpv4_options.MessageType(Dhcpv4Type.REQUEST),
            dhcpv4_options.RequestedAddress(A4),
            dhcpv4_options.VendorClassIdentifier(b"v1"),
            dhcpv4_options.UserClass(b"\x02u1"),
            dhcpv4_options.SubnetSelection(IPv4Address("10.0.0.0")),
            dhcpv4_options.RelayAgentInformation(
                (
                    dhcpv4_options.AgentCircuitId(b"c1"),
                    dhcpv4_options.AgentRemoteId(b"r1"),
                    dhcpv4_options.LinkSelection(IPv4Address("10.0.0.0")),
                    dhcpv4_options.SubscriberId(b"s1"),
                    dhcpv4_options.ServerIdOverride(A4),
                    Unknown(99, b"\xab\xcd"),
                )
            ),
            dhcpv4_options.MobileIpHomeAgents((A4, A4)),
        ),
    ),
    (
        "no home agent, which is allowed (RFC 2132 8.13)",
        filled("44 00"),
        message(dhcpv4_options.MobileIpHomeAgents()),
    ),
    (
        "Nak with words, vendor information, boot names, MTU, NTP, authentication",
        filled(
            "35 01 06 38 02 6e6f 2b 02 0102 42 02 7431 43 02 6631 1a 02 05dc 2a 04 0a000001"
            "5a 0d 00 00 00 0000000000000001 746b 34 01 03 fa 01 aa"
        ),
        message(
            dhcpv4_options.MessageType(Dhcpv4Type.NAK),
            dhcpv4_options.ErrorMessage(b"no"),
            dhcpv4_options.VendorInformation(b"\x01\x02"),
            dhcpv4_options.TftpServerName(b"t1"),
            dhcpv4_options.BootfileName(b"f1"),
            dhcpv4_options.InterfaceMtu(1500),
            dhcpv4_options.NtpServers((A4,)),
            dhcpv4_options.Authentication(0, 0, 0, bytes(7) + b"\x01", b"tk"),
            dhcpv4_options.OptionOverload(3),
            Unknown(250, b"\xaa"),
        ),
    ),
    ("an operation that there is not", "03 0102", dhcpv4.BootpOther(3, b"\x01\x02")),
]


@pytest.mark.parametrize(("name", "wire", "expected"), VECTORS, ids=[v[0] for v in VECTORS])
def test_vector_both_ways(name: str, wire: str, expected: Message) -> None:
    octets = bytes.fromhex(wire)
    assert build(expected).hex(" ") == octets.hex(" ")
    assert parse(type(expected), octets) == (expected, ())


def test_short_messages_are_filled_up() -> None:
    assert len(build(message())) == LEAST
    long = message(dhcpv4_options.HostName(bytes(200)))
    assert len(build(long)) == 240 + 2 + 200 + 1


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("35 01 01", "padding or alignment is not the canonical one"),
        ("00 35 01 01 ff", "padding or alignment is not the canonical one"),
        ("35 01 01 ff 01", "padding is not zero"),
        ("35 02 01 00 ff" + "00" * 55, "1 octets stand behind the last field"),
    ],
)
def test_odd_options_are_told(options: str, reason: str) -> None:
    octets = bytes.fromhex(HEAD + options)
    parsed, anomalies = parse(dhcpv4.Dhcpv4Message, octets)
    assert parsed.options == (dhcpv4_options.MessageType(Dhcpv4Type.DISCOVER),)
    assert [anomaly.reason for anomaly in anomalies] == [reason]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("35", "DHCPv4 option needs 2 octets, 1 is there"),
        ("35 04 01", "DHCPv4 option 53 needs 6 octets, 3 are there"),
        ("33 02 0001", "IP Address Lease Time needs 4 octets, 2 are there"),
        ("06 06 0a000001 0a00", "DNS server: 2 octets are left over"),
        ("52 03 01 04 61", "DHCPv4 agent sub-option 1 needs 6 octets, 3 are there"),
    ],
)
def test_broken_options(options: str, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        parse(dhcpv4.Dhcpv4Message, bytes.fromhex(HEAD + options))


@pytest.mark.parametrize(
    "wrong",
    [
        message(Unknown(0, b"")),
        message(Unknown(255, b"")),
        message(Unknown(256, b"")),
        message(Unknown(250, bytes(256))),
        message(client_hardware=MAC),
        message(server_name=b"short"),
    ],
)
def test_what_cannot_be_written_is_our_error(wrong: Message) -> None:
    with pytest.raises(BuildError):
        build(wrong)
