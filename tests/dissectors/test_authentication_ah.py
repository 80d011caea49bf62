"""AH's ICV over IPv6: each packet is written twice, on the wire and as the ICV covers it."""

from __future__ import annotations

import struct
from ipaddress import IPv6Address

import pytest

from dissectors.authentication.ah import check_ah
from dissectors.authentication.algorithms import INTEGRITIES
from dissectors.authentication.keys import AhKey, Keys
from dissectors.authentication.secret import Secret
from dissectors.authentication.verdict import State
from tests import wire
from tests.dissectors import secured

SAR, TAR, HOME, CARE_OF = "2001:db8:1::2", "2001:db8:3::4", "2001:db8:9::9", "2001:db8:5::5"
SPI = 4096
KEY = bytes(range(20))
PAYLOAD = b"an HO message, or anything else."
NAME = "hmac-sha1-96"
UPPER = 58


def keys(name: str = NAME, key: bytes = KEY, *destinations: str) -> Keys:
    places = map(IPv6Address, destinations or (TAR, HOME))
    return Keys(ah=[AhKey(SPI, place, INTEGRITIES[name], Secret(key)) for place in places])


def header(next_header: int, length: int, *, tos: int, flow: int, hops: int) -> bytes:
    return struct.pack("!IHBB", 6 << 28 | tos << 20 | flow, length, next_header, hops)


def plain(icv: bytes = b"", *, tos: int = 0, flow: int = 0, hops: int = 0) -> bytes:
    """SAR to TAR, AH right behind the IPv6 header."""
    body = secured.ah(UPPER, SPI, 7, icv or bytes(12)) + PAYLOAD
    head = header(51, len(body), tos=tos, flow=flow, hops=hops)
    return head + wire.ip6(SAR) + wire.ip6(TAR) + body


def routed(destination: str, segment: str, left: int, icv: bytes, hops: int) -> bytes:
    """A Type 2 Routing header in front of AH (RFC 6275 6.4)."""
    body = struct.pack("!BBBBI", 51, 2, 2, left, 0) + wire.ip6(segment)
    body += secured.ah(UPPER, SPI, 7, icv) + PAYLOAD
    head = header(43, len(body), tos=0, flow=0, hops=hops)
    return head + wire.ip6(SAR) + wire.ip6(destination) + body


def with_home(source: str, option: str, icv: bytes, hops: int) -> bytes:
    """A Home Address option in front of AH (RFC 6275 6.3)."""
    body = struct.pack("!BB", 51, 2) + bytes.fromhex("01020000") + b"\xc9\x10" + wire.ip6(option)
    body += secured.ah(UPPER, SPI, 7, icv) + PAYLOAD
    head = header(60, len(body), tos=0, flow=0, hops=hops)
    return head + wire.ip6(source) + wire.ip6(TAR) + body


def with_options(data: bytes, kind: int, number: int, icv: bytes) -> bytes:
    """A Hop-by-Hop (0) or Destination Options (60) header with one option of four octets."""
    body = struct.pack("!BBBB", 51, 0, number, 4) + data
    body += secured.ah(UPPER, SPI, 7, icv) + PAYLOAD
    head = header(kind, len(body), tos=0, flow=0, hops=0)
    return head + wire.ip6(SAR) + wire.ip6(TAR) + body


def verdict(packet: bytes, given: Keys, before: bytes = b"") -> State:
    """The ICV's state; AH stands `len(PAYLOAD)` octets and its own length before the end."""
    at = packet.index(struct.pack("!HIII", 0, SPI, 7, 0)[:10]) - 2
    return check_ah(before + packet, len(before), len(before) + at, given).verdict.state


ICV = secured.sha1_96(KEY, plain())
SENT = plain(ICV, tos=0xB8, flow=0x12345, hops=255)


def test_plain_packet() -> None:
    checked = check_ah(SENT, 0, 40, keys())
    assert (checked.begin, checked.end) == (52, 64)
    assert checked.verdict.state is State.GOOD
    assert verdict(SENT + b"frame trailer", keys(), b"link header") is State.GOOD


def test_every_flip_of_a_mutable_field_is_good_and_of_any_other_bad() -> None:
    """Traffic class and flow label are bits 4 to 31, the hop limit octet 7 (RFC 4302 3.3.3.1.2)."""
    mutable = {*range(4, 32), *range(56, 64)}
    named = {
        *range(24 * 8, 40 * 8),
        *range(44 * 8, 48 * 8),
    }  # destination, SPI: the key goes by them
    read = {*range(4), *range(32, 56), *range(41 * 8, 42 * 8)}  # version, lengths, next header
    for bit in range(len(SENT) * 8):
        checked = check_ah(secured.flipped(SENT, bit), 0, 40, keys())
        if bit in mutable:
            assert checked.verdict.state is State.GOOD, bit
        elif bit in named:
            assert checked.verdict.state is State.UNCHECKED, bit
        elif bit in read:
            assert checked.verdict.state is not State.GOOD, bit
        else:
            assert checked.verdict.state is State.BAD, bit


def test_destination_and_spi_are_covered() -> None:
    for bit in (*range(24 * 8, 40 * 8), *range(44 * 8, 48 * 8)):
        changed = secured.flipped(SENT, bit)
        place, spi = IPv6Address(changed[24:40]), int.from_bytes(changed[44:48], "big")
        given = Keys(ah=[AhKey(spi, place, INTEGRITIES[NAME], Secret(KEY))])
        assert check_ah(changed, 0, 40, given).verdict.state is State.BAD


@pytest.mark.parametrize("destination", [HOME, CARE_OF])
def test_type_2_routing_header_is_covered_as_received(destination: str) -> None:
    """RFC 6275 9.3.2: home address in the IPv6 header, care-of address in the other, none left.

    The association may be for either address.
    """
    icv = secured.sha1_96(KEY, routed(HOME, CARE_OF, 0, bytes(12), 0))
    sent = routed(CARE_OF, HOME, 1, icv, 61)
    assert verdict(sent, keys(NAME, KEY, destination)) is State.GOOD
    assert verdict(routed(HOME, CARE_OF, 0, icv, 61), keys(NAME, KEY, destination)) is State.GOOD
    as_sent = secured.sha1_96(KEY, routed(CARE_OF, HOME, 1, bytes(12), 0))
    assert verdict(routed(CARE_OF, HOME, 1, as_sent, 61), keys()) is State.BAD


def test_every_flip_of_a_home_address_in_a_routing_header_is_bad() -> None:
    icv = secured.sha1_96(KEY, routed(HOME, CARE_OF, 0, bytes(12), 0))
    sent = routed(CARE_OF, HOME, 1, icv, 61)
    for bit in range(48 * 8, 64 * 8):
        assert verdict(secured.flipped(sent, bit), keys(NAME, KEY, CARE_OF)) is State.BAD


def test_type_0_routing_header_is_covered_as_received() -> None:
    """RFC 2460 4.4, two segments left of three: D visits B, then C, and A stays first."""
    a, b, c, d = (f"2001:db8::{letter}" for letter in "abcd")

    def packet(destination: str, segments: tuple[str, ...], left: int, icv: bytes) -> bytes:
        body = struct.pack("!BBBBI", 51, 6, 0, left, 0) + b"".join(map(wire.ip6, segments))
        body += secured.ah(UPPER, SPI, 7, icv) + PAYLOAD
        head = header(43, len(body), tos=0, flow=0, hops=0)
        return head + wire.ip6(SAR) + wire.ip6(destination) + body

    icv = secured.sha1_96(KEY, packet(c, (a, d, b), 0, bytes(12)))
    assert verdict(packet(d, (a, b, c), 2, icv), keys(NAME, KEY, d)) is State.GOOD
    assert verdict(packet(b, (a, d, c), 1, icv), keys(NAME, KEY, b)) is State.GOOD
    assert verdict(packet(c, (a, d, b), 0, icv), keys(NAME, KEY, c)) is State.GOOD
    assert verdict(packet(d, (b, a, c), 2, icv), keys(NAME, KEY, d)) is State.BAD
    assert verdict(packet(d, (a, b, c), 4, icv), keys(NAME, KEY, d)) is State.UNCHECKED


def test_home_address_option_changes_places_with_the_source() -> None:
    """RFC 6275 9.3.1 and 11.3.2."""
    icv = secured.sha1_96(KEY, with_home(HOME, CARE_OF, bytes(12), 0))
    sent = with_home(CARE_OF, HOME, icv, 61)
    assert verdict(sent, keys()) is State.GOOD
    for bit in (*range(8 * 8, 24 * 8), *range(48 * 8, 64 * 8)):  # source, option
        assert verdict(secured.flipped(sent, bit), keys()) is State.BAD
    as_sent = secured.sha1_96(KEY, with_home(CARE_OF, HOME, bytes(12), 0))
    assert verdict(with_home(CARE_OF, HOME, as_sent, 61), keys()) is State.BAD


@pytest.mark.parametrize("kind", [0, 60])
def test_options_that_change_en_route_are_covered_as_zeros(kind: int) -> None:
    """The third bit of an option's type says so (RFC 8200 4.2); type and length stay covered."""
    mutable, fixed = 0x3E, 0x1E
    icv = secured.sha1_96(KEY, with_options(bytes(4), kind, mutable, bytes(12)))
    sent = with_options(b"\x01\x02\x03\x04", kind, mutable, icv)
    for bit in range(44 * 8, 48 * 8):
        assert verdict(secured.flipped(sent, bit), keys()) is State.GOOD
    assert verdict(with_options(b"\x01\x02\x03\x04", kind, mutable ^ 1, icv), keys()) is State.BAD
    icv = secured.sha1_96(KEY, with_options(b"\x01\x02\x03\x04", kind, fixed, bytes(12)))
    sent = with_options(b"\x01\x02\x03\x04", kind, fixed, icv)
    assert verdict(sent, keys()) is State.GOOD
    for bit in range(44 * 8, 48 * 8):
        assert verdict(secured.flipped(sent, bit), keys()) is State.BAD


def test_hmac_sha_256_128_and_the_padding_behind_its_icv() -> None:
    """16 octets of ICV need four of padding, which are covered (RFC 4302 2.6, 3.3.3.2.1)."""
    key, padding = bytes(range(32)), b"padd"
    icv = secured.sha256_128(key, plain(bytes(16) + padding))
    sent = plain(icv + padding, hops=3)
    given = keys("hmac-sha-256-128", key)
    assert check_ah(sent, 0, 40, given).verdict.state is State.GOOD
    assert (check_ah(sent, 0, 40, given).begin, check_ah(sent, 0, 40, given).end) == (52, 72)
    for bit in range(52 * 8, 72 * 8):
        assert check_ah(secured.flipped(sent, bit), 0, 40, given).verdict.state is State.BAD


@pytest.mark.parametrize(
    ("packet", "given", "state", "reason"),
    [
        (SENT, Keys(), State.UNCHECKED, f"no key for SPI 4096 to {TAR}"),
        (SENT, keys(NAME, bytes(20)), State.BAD, ""),
        (SENT[:-1], keys(), State.UNCHECKED, "not all of the packet is there"),
        (SENT[:63], keys(), State.UNCHECKED, "octets are missing"),
        (SENT[:41], keys(), State.UNCHECKED, "octets are missing"),
        (SENT[:4] + bytes(2) + SENT[6:], keys(), State.UNCHECKED, "not all of the packet is there"),
        (
            SENT,
            keys("hmac-sha-256-128", bytes(32)),
            State.BAD,
            "12 octets are there, 16 are expected",
        ),
    ],
    ids=["no key", "wrong key", "payload cut", "ICV cut", "AH cut", "jumbogram", "short ICV"],
)
def test_what_is_said(packet: bytes, given: Keys, state: State, reason: str) -> None:
    verdict = check_ah(packet, 0, 40, given).verdict
    assert (verdict.state, verdict.reason) == (state, reason)


def test_what_cannot_be_told() -> None:
    assert check_ah(SENT, None, 40, keys()).verdict.state is State.UNCHECKED
    four = wire.ipv4("10.0.0.1", "10.0.0.2", 51, SENT[40:])
    assert check_ah(four, 0, 20, keys()).verdict.state is State.UNCHECKED
    fragment = struct.pack("!BBHI", 51, 0, 0, 1)
    packet = wire.ipv6(SAR, TAR, 44, fragment + SENT[40:])
    found = check_ah(packet, 0, 48, keys()).verdict
    assert str(found) == "unchecked: header 44 stands in front of it"
    segments = struct.pack("!BBBBI", 51, 2, 4, 0, 0) + wire.ip6(TAR)
    packet = wire.ipv6(SAR, TAR, 43, segments + SENT[40:])
    assert check_ah(packet, 0, 64, keys()).verdict.reason.startswith("routing type 4")


def test_no_truncation_and_no_flip_raises() -> None:
    icv = secured.sha1_96(KEY, with_home(HOME, CARE_OF, bytes(12), 0))
    for sent, at in ((SENT, 40), (with_home(CARE_OF, HOME, icv, 61), 64)):
        for size in range(len(sent)):
            found = check_ah(sent[:size], 0, at, keys()).verdict
            assert found.state is State.UNCHECKED
        for bit in range(len(sent) * 8):
            check_ah(secured.flipped(sent, bit), 0, at, keys())
