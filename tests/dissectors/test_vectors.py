"""Messages and options from the RFCs' figures, octet by octet, run both ways."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest

from dissectors import handoff, mobility, mobility_options, neighbor
from dissectors.codec import build, build_icmpv6, parse, parse_icmpv6, parse_mobility_header
from dissectors.errors import BuildError, ParseError
from dissectors.layout import Anomaly, Message, Unknown
from dissectors.profile import Profile

A = IPv6Address("2001:db8::a")
A_HEX = "20010db800000000000000000000000a"
COOKIE = 0x0102030405060708

VECTORS: list[tuple[str, str, Message]] = [
    ("BRR", "0000", mobility.BindingRefreshRequest()),
    ("HoTI", "0000 0102030405060708", mobility.HomeTestInit(cookie=COOKIE)),
    ("CoTI", "0000 0102030405060708", mobility.CareofTestInit(cookie=COOKIE)),
    (
        "HoT",
        "0007 0102030405060708 1112131415161718",
        mobility.HomeTest(7, COOKIE, 0x1112131415161718),
    ),
    (
        "CoT",
        "0007 0102030405060708 1112131415161718",
        mobility.CareofTest(7, COOKIE, 0x1112131415161718),
    ),
    (
        "BU, all flags, PadN",
        "1234 fff0 0096 01020000",
        mobility.BindingUpdate(0x1234, *[True] * 12, 0, 150),
    ),
    (
        "BU with alternate care-of address at 8n+6",
        f"0001 c000 0001 0100 0310 {A_HEX}",
        mobility.BindingUpdate(
            sequence=1,
            ack=True,
            home=True,
            lifetime=1,
            options=(mobility_options.AlternateCareOfAddress(A),),
        ),
    ),
    (
        "BU with Mesg-ID at 8n+2 and authenticator at 4n+1",
        (
            "0001 8000 0001 0104 00000000 0a08 da00000000000001 00"
            "0911 01 00000100 000102030405060708090a0b"
        ),
        mobility.BindingUpdate(
            sequence=1,
            ack=True,
            lifetime=1,
            options=(
                mobility_options.MesgId(0xDA00000000000001),
                mobility_options.Authentication(1, 256, bytes(range(12))),
            ),
        ),
    ),
    (
        "BA, status 144, R and P",
        "90 60 0001 0000 01020000",
        mobility.BindingAcknowledgement(
            mobility.BindingStatus.MIPV6_ID_MISMATCH, router=True, proxy=True, sequence=1
        ),
    ),
    (
        "BA of a status without a name",
        "c8 80 0001 0000 01020000",
        mobility.BindingAcknowledgement(200, key_management=True, sequence=1),
    ),
    ("BE", f"02 00 {A_HEX}", mobility.BindingError(2, 0, A)),
    ("FBU", "0001 f000 0002 01020000", mobility.FastBindingUpdate(1, *[True] * 4, 0, 2)),
    (
        "FNA with the link-layer address",
        "0000 0707 02 021122334455 0105 0000000000",
        mobility.FastNeighborAdvertisement(
            options=(mobility_options.MhLinkLayerAddress(2, bytes.fromhex("021122334455")),)
        ),
    ),
    (
        "HI",
        "0001 c0 01 0104 00000000",
        mobility.HandoverInitiate(1, assigned=True, buffer=True, code=1),
    ),
    ("HO Request", "0102 c000", handoff.HoRequest(0x0102, context=True, handoff=True)),
    ("HO Response", "0102 03 00", handoff.HoResponse(0x0102, 3)),
    (
        "HO Response with contexts",
        (
            f"0001 0000 fd03 0104 {A_HEX} 00000000 fd02 0304 20000000 0a000001 00000000"
            "fd02 0404 0005 0096 0000024e 00000000 1e01 0103 61406200"
        ),
        handoff.HoResponse(
            1,
            options=(
                handoff.HomeAddressContext(A),
                handoff.Ipv4HomeAddressContext(32, 0, IPv4Address("10.0.0.1")),
                handoff.BindingContext(5, 150, 590),
                handoff.MobileNodeIdentifierOption(1, b"a@b"),
            ),
        ),
    ),
    (
        "context with a key",
        "0001 0000 fd02 0500 00000100 01000000 aabbccdd",
        handoff.HoResponse(
            1, options=(handoff.SecurityAssociationContext(256, 1, 0, b"\xaa\xbb\xcc\xdd"),)
        ),
    ),
    (
        "context of subtype 99",
        "0001 0000 fd01 6302 1122 0000",
        handoff.HoResponse(1, options=(handoff.ContextOption(99, b"\x11\x22"),)),
    ),
    (
        "RS",
        "00000000 0101 021122334455",
        neighbor.RouterSolicitation(
            options=(neighbor.SourceLinkLayerAddress(bytes.fromhex("021122334455")),)
        ),
    ),
    (
        "RA with a prefix",
        f"40 e0 0708 00000000 00000001 0304 40 e0 00001c20 00000e10 00000000 {A_HEX}",
        neighbor.RouterAdvertisement(
            64,
            managed=True,
            other=True,
            home_agent=True,
            router_lifetime=1800,
            retransmission=1,
            options=(
                neighbor.PrefixInformation(
                    64,
                    on_link=True,
                    autonomous=True,
                    router_address=True,
                    valid_lifetime=7200,
                    preferred_lifetime=3600,
                    prefix=A,
                ),
            ),
        ),
    ),
    ("NA", f"e0000000 {A_HEX}", neighbor.NeighborAdvertisement(*[True] * 3, 0, A)),
    (
        "RA with a MAP",
        f"40 00 0000 00000000 00000000 1703 1f 80 00000e10 {A_HEX}",
        neighbor.RouterAdvertisement(
            64,
            options=(neighbor.MapOption(1, 15, True, 0, 3600, A),),
        ),
    ),
    (
        "IPv4 home address",
        "80 00 0a000001",
        mobility_options.Ipv4HomeAddress(32, address=IPv4Address("10.0.0.1")),
    ),
    (
        "IPv4 prefix",
        "62 00 0a000000",
        mobility_options.Ipv4HomeAddress(24, True, 0, IPv4Address("10.0.0.0")),
    ),
    (
        "IPv4 acknowledgement",
        "84 80 00000000",
        mobility_options.Ipv4AddressAcknowledgement(132, 32),
    ),
    ("NAI", "01 61 40 62", mobility_options.MobileNodeIdentifier(1, b"a@b")),
    ("NAT detection", "8000 0000006e", mobility_options.NatDetection(True, 0, 110)),
]


@pytest.mark.parametrize(("name", "wire", "message"), VECTORS, ids=[v[0] for v in VECTORS])
def test_vector_both_ways(name: str, wire: str, message: Message) -> None:
    octets = bytes.fromhex(wire)
    assert build(message).hex(" ") == octets.hex(" ")
    assert parse(type(message), octets) == (message, ())


def body_of(options: str) -> bytes:
    return bytes.fromhex("0001 8000 0001" + options)


@pytest.mark.parametrize(
    ("options", "expected", "reason"),
    [
        ("05", "mobility option needs 2 octets", None),
        ("0310 00", "mobility option 3 needs 18 octets, 3 are there", None),
        ("0302 0000", "Alternate Care-of Address needs 16 octets, 2 are there", None),
        ("01020001", None, "padding is not zero"),
        ("00000000", None, "padding or alignment is not the canonical one"),
        ("0203 0001 02 010100", None, "1 octets stand behind the last field"),
    ],
)
def test_odd_options(options: str, expected: str | None, reason: str | None) -> None:
    octets = body_of(options)
    if expected is not None:
        with pytest.raises(ParseError, match=expected) as caught:
            parse(mobility.BindingUpdate, octets)
        assert caught.value.offset >= 6
        return
    _, anomalies = parse(mobility.BindingUpdate, octets)
    assert [anomaly.reason for anomaly in anomalies] == [reason]


def test_unknown_options_stay() -> None:
    octets = body_of("c8020a0b")
    message, anomalies = parse(mobility.BindingUpdate, octets)
    assert message.options == (Unknown(200, b"\x0a\x0b"),)
    assert anomalies == ()
    assert build(message) == octets


def test_reserved_bits_are_kept() -> None:
    message, anomalies = parse(mobility.BindingUpdate, bytes.fromhex("0001 8005 0001 01020000"))
    assert message.reserved == 5
    assert anomalies == (Anomaly("reserved bits are not zero", 3),)


def test_rfc_4068_link_layer_address() -> None:
    # Its length counts neither type, length nor option-code: 10 octets in all.
    octets = bytes.fromhex("0000 0707 0200 020000000002 010400000000")
    message, anomalies = parse(mobility.FastNeighborAdvertisement, octets)
    (option,) = message.options
    assert option == mobility_options.MhLinkLayerAddress(2, bytes.fromhex("00020000000002"))
    assert [a.reason for a in anomalies] == ["length leaves out 1 octets of the option"]


def test_fast_authorization_data_whose_length_leaves_out_the_spi() -> None:
    octets = body_of("0100 150c 00000100" + "0b" * 12)
    message, anomalies = parse(mobility.BindingUpdate, octets)
    assert message.options == (mobility_options.FastBindingAuthorizationData(256, b"\x0b" * 12),)
    assert [a.reason for a in anomalies] == ["length leaves out 4 octets of the option"]


def test_bare_ho_response_is_taken() -> None:
    message, anomalies = parse(handoff.HoResponse, bytes.fromhex("000102"))
    assert message == handoff.HoResponse(1, 2)
    assert [anomaly.reason for anomaly in anomalies] == ["1 octets of the fixed part are missing"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("1e00 0103 61406200", "has length 0"),
        ("1e03 0103 61406200", "needs 24 octets, 8 are there"),
        ("1e01 0105 61406200", "inner length runs out"),
        ("fd01 0109 61406200", "inner length runs out"),
        ("fd01 0100 61406200", "Home address needs 16 octets, 4 are there"),
    ],
)
def test_broken_handoff_options(options: str, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        parse(handoff.HoResponse, bytes.fromhex("00010000" + options))


@pytest.mark.parametrize(
    "message",
    [
        mobility.BindingUpdate(sequence=1 << 16),
        mobility.BindingUpdate(sequence=-1),
        mobility.BindingUpdate(options=(neighbor.Mtu(),)),
        mobility.BindingUpdate(options=(Unknown(1, b""),)),
        mobility.BindingUpdate(options=(Unknown(200, bytes(256)),)),
        mobility.BindingUpdate(options=(handoff.HomeAddressContext(A),)),
        mobility.BindingError(home_address=b"short"),  # type: ignore[arg-type]
        neighbor.RouterSolicitation(options=(neighbor.SourceLinkLayerAddress(b"1234"),)),
        neighbor.RouterSolicitation(options=(Unknown(99, b"1234"),)),
        mobility_options.Ipv4HomeAddress(64),
        handoff.MobileNodeIdentifierOption(1, bytes(256)),
    ],
)
def test_what_cannot_be_written_is_our_error(message: Message) -> None:
    with pytest.raises(BuildError):
        build(message)


def test_profile_numbers_the_handoff_messages() -> None:
    profile = Profile(ho_request_type=100, ho_response_type=101, ho_request_code=7)
    octets = build_icmpv6(handoff.HoRequest(5), A, A, profile=profile)
    assert octets[:2] == b"\x64\x07"
    assert parse_icmpv6(octets, 0, len(octets), A, A, profile).message == handoff.HoRequest(5)
    assert parse_icmpv6(octets, 0, len(octets)).message == Unknown(100, octets[4:])
    assert isinstance(parse_icmpv6(b"\xc8\0\0\0", 0, 4, None, None, profile).message, Unknown)


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        ("3b0005", "Mobility Header needs 8 octets"),
        ("3b0105000000 0001", "Mobility Header needs 16 octets"),
        ("3b0005000000 0001", "Binding Update needs 6 octets, 2 are there"),
    ],
)
def test_broken_mobility_headers(octets: str, reason: str) -> None:
    data = bytes.fromhex(octets)
    with pytest.raises(ParseError, match=reason):
        parse_mobility_header(data, 0, len(data))
