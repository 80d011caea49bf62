"""MN-HA and MN-AAA authenticators (RFC 4285 5), computed here with hashlib and hmac alone."""

from __future__ import annotations

import hashlib
import hmac
import struct
from ipaddress import IPv6Address

import pytest

from dissectors.authentication.carrier import carrier_of
from dissectors.authentication.checks import Checks
from dissectors.authentication.keys import Keys, MnAaaKey, MnHaKey
from dissectors.authentication.secret import Secret
from dissectors.authentication.verdict import Checked, State
from tests import wire
from tests.dissectors import secured

AR, ALTERNATE, HA, HOA = "2001:db8:1::2", "2001:db8:4::4", "2001:db8::1", "2001:db8:2::3"
NAI = b"alice@example.net"
SPI, AAA_SPI = 256, 3
KEY, AAA_KEY = bytes(range(16)), b"a key that AAA and the node share"
BODY = struct.pack("!HHH", 7, 0xC000, 150)
MH = 40 + 24
"""Where the Mobility Header begins: behind IPv6 and an extension header of 24 octets."""
Option = tuple[bytes, int, int]
MN_ID: Option = (wire.option(8, b"\x01" + NAI), 1, 0)
MN_HA, MN_AAA = (1, SPI, 12), (2, AAA_SPI, 20)
"""Subtype, SPI, octets of Authentication Data."""


def node_key(mn_id: bytes = NAI, ha: str = HA, spi: int = SPI, key: bytes = KEY) -> MnHaKey:
    return MnHaKey(IPv6Address(ha), spi, Secret(key), mn_id=mn_id)


def router_key(ar: str = AR, ha: str = HA, spi: int = SPI, key: bytes = KEY) -> MnHaKey:
    return MnHaKey(IPv6Address(ha), spi, Secret(key), ar=IPv6Address(ar))


def mac(subtype: int, care_of: str, home: str, data: bytes) -> bytes:
    """RFC 4285 5.1, and 5.2 with HMAC_SHA1_SPI; data is the header up to and with the SPI."""
    covered = wire.ip6(care_of) + wire.ip6(home) + data
    if subtype == 1:
        return hmac.new(KEY, covered, hashlib.sha1).digest()[:12]
    return hmac.new(AAA_KEY, hashlib.sha1(covered).digest(), hashlib.sha1).digest()


def message(
    kind: int,
    care_of: str,
    home: str,
    options: list[Option],
    authenticators: tuple[tuple[int, int, int], ...] = (MN_HA,),
    peer: str = HA,
) -> bytes:
    """A Mobility Header whose authenticators are for this care-of and home address."""
    heads = [
        wire.option(9, struct.pack("!BI", *auth[:2]) + bytes(auth[2])) for auth in authenticators
    ]
    whole = wire.mh(home, peer, kind, BODY, [*options, *((head, 4, 1) for head in heads)])
    whole = whole[:4] + bytes(2) + whole[6:]
    for (subtype, _, size), head in zip(authenticators, heads, strict=True):
        at = whole.index(head[:7]) + 7
        found = mac(subtype, care_of, home, whole[:at])[:size]
        whole = whole[:at] + found + whole[at + len(found) :]
    return secured.summed(whole, home, peer)


def update(mh: bytes, source: str = AR, home: str = HOA, destination: str = HA) -> bytes:
    return wire.ipv6(source, destination, 60, wire.home_address_header(home, mh))


def checked(packet: bytes, *given: MnHaKey, aaa: tuple[MnAaaKey, ...] = ()) -> list[Checked]:
    at = MH if packet[6] in (43, 60) else 40
    checks = Checks(Keys(mn_ha=given, mn_aaa=aaa))
    return checks.mobility(packet, at, len(packet), carrier_of(packet, 0, at))


def states(packet: bytes, *given: MnHaKey, aaa: tuple[MnAaaKey, ...] = ()) -> list[State]:
    return [each.verdict.state for each in checked(packet, *given, aaa=aaa)]


GOOD, BAD, UNCHECKED = [State.GOOD], [State.BAD], [State.UNCHECKED]
AAA = (MnAaaKey(NAI, AAA_SPI, Secret(AAA_KEY)),)
PLAIN = update(message(5, AR, HOA, [MN_ID]))
WITH_ALTERNATE = update(message(5, ALTERNATE, HOA, [wire.alternate_coa(ALTERNATE), MN_ID]))


def test_a_vector_written_out() -> None:
    """The form of WIRE.md; the MAC is over two addresses and 40 octets of header."""
    data = bytes.fromhex(
        "3b06050000000007c0000096"  # header without its checksum, BU
        "081201616c696365406578616d706c652e6e6574"  # MN-ID
        "00"  # Pad1, so that the next begins at 4n + 1
        "09110100000100"  # Authentication, MN-HA, SPI 256
    )
    icv = hmac.new(KEY, wire.ip6(AR) + wire.ip6(HOA) + data, hashlib.sha1).digest()[:12]
    packet = update(data + icv + bytes(4))
    (found,) = checked(packet, node_key())
    assert (found.begin, found.end) == (MH + len(data), MH + len(data) + 12)
    assert found.verdict.state is State.GOOD


@pytest.mark.parametrize("key", [node_key(), router_key()], ids=["of the node", "of the router"])
def test_binding_update(key: MnHaKey) -> None:
    assert states(PLAIN, key) == GOOD
    assert states(update(message(5, HOA, AR, [MN_ID])), key) == BAD


def test_alternate_care_of_address_is_the_care_of_address() -> None:
    assert states(WITH_ALTERNATE, node_key()) == GOOD
    assert states(WITH_ALTERNATE, router_key()) == GOOD
    assert states(WITH_ALTERNATE, router_key(ALTERNATE)) == GOOD
    source = update(message(5, AR, HOA, [wire.alternate_coa(ALTERNATE), MN_ID]))
    assert states(source, node_key()) == BAD


def test_home_address_is_unspecified_without_the_option() -> None:
    packet = wire.ipv6(AR, HA, 135, message(5, AR, "::", [MN_ID]))
    assert states(packet, node_key()) == GOOD
    packet = wire.ipv6(AR, HA, 135, message(5, AR, AR, [MN_ID]))
    assert states(packet, node_key()) == BAD


@pytest.mark.parametrize("home", [HOA, None])
def test_binding_acknowledgement(home: str | None) -> None:
    """Care-of address is the destination, home the Type 2 Routing header's or `::` (WIRE.md)."""
    mh = message(6, AR, home or "::", [MN_ID])
    packet = wire.ipv6(HA, AR, 135, mh)
    if home is not None:
        packet = wire.ipv6(HA, AR, 43, wire.routing_type2(home, mh))
    assert states(packet, node_key()) == GOOD
    assert states(packet, router_key()) == GOOD
    other = wire.ipv6(HA, ALTERNATE, *((43, packet[40:]) if home else (135, mh)))
    assert states(other, node_key()) == BAD


def test_binding_acknowledgement_whose_routing_header_was_processed() -> None:
    """As it is in the mobile node: addresses swapped, no segment left (RFC 6275 6.4)."""
    routing = struct.pack("!BBBBI", 135, 2, 2, 0, 0) + wire.ip6(AR)
    packet = wire.ipv6(HA, HOA, 43, routing + message(6, AR, HOA, [MN_ID]))
    assert states(packet, router_key()) == GOOD


def test_every_flip_of_the_message_is_not_good_but_for_the_checksum() -> None:
    end = checked(PLAIN, node_key())[0].end
    for bit in range(MH * 8, end * 8):
        found = states(secured.flipped(PLAIN, bit), node_key(), router_key())
        if (MH + 4) * 8 <= bit < (MH + 6) * 8:
            assert found == GOOD
        else:
            assert State.GOOD not in found


def test_every_flip_of_what_is_read_as_a_value_is_bad() -> None:
    """Sequence number, flags, lifetime, NAI and MAC; keys go by the router and by other NAIs."""
    at = PLAIN.index(NAI)
    end = checked(PLAIN, node_key())[0].end
    for begin, stop in ((MH + 6, MH + 12), (at, at + len(NAI)), (end - 12, end)):
        for bit in range(begin * 8, stop * 8):
            assert states(secured.flipped(PLAIN, bit), router_key()) == BAD


def test_addresses_are_covered_and_what_changes_en_route_is_not() -> None:
    given = node_key()
    for bit in range(8 * 8, 24 * 8):  # source: the care-of address, where no option says otherwise
        assert states(secured.flipped(PLAIN, bit), given) == BAD
        assert states(secured.flipped(WITH_ALTERNATE, bit), given) == GOOD
    for bit in range((MH - 16) * 8, MH * 8):  # Home Address option
        assert states(secured.flipped(PLAIN, bit), given) == BAD
    at = WITH_ALTERNATE.index(wire.ip6(ALTERNATE))
    for bit in range(at * 8, (at + 16) * 8):
        assert states(secured.flipped(WITH_ALTERNATE, bit), given) == BAD
    for bit in (*range(4, 32), *range(56, 64)):  # traffic class, flow label, hop limit
        assert states(secured.flipped(PLAIN, bit), given) == GOOD


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([], UNCHECKED),
        ([node_key(mn_id=b"bob@example.net")], UNCHECKED),
        ([node_key(ha=AR)], UNCHECKED),
        ([node_key(spi=257)], UNCHECKED),
        ([node_key(key=bytes(16))], BAD),
        ([node_key(), router_key(key=bytes(16))], GOOD),
        ([node_key(key=bytes(16)), router_key()], BAD),
        ([router_key(), router_key(ALTERNATE, key=bytes(16))], GOOD),
        ([router_key(key=bytes(16)), router_key(ALTERNATE)], BAD),
        ([router_key(ALTERNATE)], GOOD),
        ([router_key(ALTERNATE, key=bytes(16)), router_key(HOA)], GOOD),
        ([router_key(ALTERNATE, key=bytes(16)), router_key(HOA, key=bytes(16))], UNCHECKED),
    ],
    ids=[
        "none",
        "other node",
        "other home agent",
        "other SPI",
        "wrong",
        "the node's before the router's",
        "the node's alone counts",
        "the router's before another's",
        "the router's alone counts",
        "another router's, behind a regional care-of address",
        "one of two others'",
        "none of two others', which proves nothing",
    ],
)
def test_which_key_counts(keys: list[MnHaKey], expected: list[State]) -> None:
    assert states(PLAIN, *keys) == expected


def test_without_identifier_the_router_is_known_all_the_same() -> None:
    packet = update(message(5, AR, HOA, []))
    assert states(packet, router_key()) == GOOD
    assert states(packet, node_key()) == UNCHECKED


def test_mn_aaa_alone_and_behind_mn_ha() -> None:
    alone = update(message(5, AR, HOA, [MN_ID], (MN_AAA,)))
    assert states(alone, aaa=AAA) == GOOD
    assert states(alone, node_key()) == UNCHECKED
    both = update(message(5, AR, HOA, [MN_ID], (MN_HA, MN_AAA)))
    assert states(both, node_key(), aaa=AAA) == [State.GOOD, State.GOOD]
    first, second = checked(both, node_key(), aaa=AAA)
    for bit in range(first.begin * 8, first.end * 8):  # the second covers the first
        assert states(secured.flipped(both, bit), node_key(), aaa=AAA) == [State.BAD, State.BAD]
    for bit in range(second.begin * 8, second.end * 8):
        assert states(secured.flipped(both, bit), node_key(), aaa=AAA) == [State.GOOD, State.BAD]


def test_mn_aaa_is_not_truncated() -> None:
    """RFC 4285 5.2 takes the first 96 bits for MN-HA only."""
    (found,) = checked(update(message(5, AR, HOA, [MN_ID], ((2, AAA_SPI, 12),))), aaa=AAA)
    assert str(found.verdict) == "bad: 12 octets are there, 20 are expected"


def test_other_subtypes_and_reserved_spis() -> None:
    (found,) = checked(update(message(5, AR, HOA, [MN_ID], ((7, SPI, 12),))), node_key())
    assert str(found.verdict) == "unchecked: subtype 7 is not known"
    three_gpp2 = (MnAaaKey(NAI, 5, Secret(AAA_KEY)),)
    (found,) = checked(update(message(5, AR, HOA, [MN_ID], ((2, 5, 20),))), aaa=three_gpp2)
    assert str(found.verdict) == "unchecked: SPI 5 stands for an algorithm that is not known"


def test_a_shorter_mn_ha_authenticator_is_bad() -> None:
    (found,) = checked(update(message(5, AR, HOA, [MN_ID], ((1, SPI, 8),))), node_key())
    assert str(found.verdict) == "bad: 8 octets are there, 12 are expected"


def test_only_ipv6_carries_it() -> None:
    mh = message(5, AR, HOA, [MN_ID])
    packet = wire.ipv4("10.0.0.1", "10.0.0.2", 135, mh)
    checks = Checks(Keys([router_key()]))
    for carrier in (carrier_of(packet, 0, 20), None):
        (found,) = checks.mobility(packet, 20, len(packet), carrier)
        assert str(found.verdict) == "unchecked: not carried by IPv6"


def test_no_truncation_is_good_and_none_raises() -> None:
    end = checked(PLAIN, node_key())[0].end
    for size in range(MH, end):
        assert State.GOOD not in states(PLAIN[:size], node_key())
    assert states(PLAIN[:end], node_key()) == GOOD
