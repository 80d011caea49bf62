"""Packets against octets written out by hand in `tests.wire`, both ways; seals against theirs."""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dissectors.authentication.secret import Secret
from dissectors.errors import ParseError
from dissectors.handoff import HoRequest
from dissectors.layout import Message
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from dissectors.mobility_options import (
    AlternateCareOfAddress,
    Authentication,
    MesgId,
    MobileNodeIdentifier,
)
from dissectors.profile import Profile
from replay.context import identity
from replay.packets import Ah, Datagram, Packet, decode, encode
from replay.security import (
    AhSecurity,
    MnHaSecurity,
    ReplayWindow,
    is_protected_with,
    is_signed_with,
    protected,
    signed,
)
from tests import wire

COA, HA, HOA = "2001:db8:2::a2", "2001:db8:f::1", "2001:db8:100:1::5"
NAI = "alice@example.net"
A, B = "2001:db8:9::1", "2001:db8:9::2"


def a(text: str) -> IPv6Address:
    return IPv6Address(text)


USER = Packet(a(HOA), a(A), Datagram(40000, 40001, b"hello"))
USER_OCTETS = wire.ipv6(HOA, A, 17, wire.udp(HOA, A, 40000, 40001, b"hello"))
UPDATE = BindingUpdate(
    7,
    ack=True,
    home=True,
    lifetime=150,
    options=(AlternateCareOfAddress(a(COA)), MobileNodeIdentifier(1, NAI.encode())),
)
REQUEST = HoRequest(9, context=True, handoff=True, options=(identity(NAI.encode()),))

NTP = 0xDA00000000000000


def with_seal(message: BindingUpdate | BindingAcknowledgement) -> Message:
    """With the last two options that `tests.wire` gives its binding messages."""
    last = (MesgId(NTP), Authentication(1, 256, bytes(range(12))))
    return replace(message, options=(*message.options, *last))


VECTORS = [
    ("user data", USER_OCTETS, USER),
    (
        "user data in a tunnel",
        wire.tunnel(HA, COA, USER_OCTETS),
        Packet(a(HA), a(COA), USER),
    ),
    (
        "Binding Update",
        wire.binding_update(COA, HA, HOA, NAI, 7, 600),
        Packet(a(COA), a(HA), with_seal(UPDATE), home_address=a(HOA)),
    ),
    (
        "Binding Acknowledgement",
        wire.binding_ack(HA, COA, HOA, NAI, 7, 600),
        Packet(
            a(HA),
            a(COA),
            with_seal(
                BindingAcknowledgement(
                    sequence=7, lifetime=150, options=(MobileNodeIdentifier(1, NAI.encode()),)
                )
            ),
            routed=a(HOA),
        ),
    ),
    (
        "HO Request",
        wire.ho_request(A, B, 9, NAI),
        Packet(a(A), a(B), REQUEST, 255),
    ),
]


@pytest.mark.parametrize(("name", "octets", "packet"), VECTORS, ids=[v[0] for v in VECTORS])
def test_packet_is_written_and_read(name: str, octets: bytes, packet: Packet) -> None:
    assert encode(packet).hex() == octets.hex()
    assert decode(octets) == packet


@pytest.mark.parametrize(("name", "octets", "packet"), VECTORS, ids=[v[0] for v in VECTORS])
def test_every_truncation_is_refused(name: str, octets: bytes, packet: Packet) -> None:
    for size in range(len(octets)):
        with pytest.raises(ParseError):
            decode(octets[:size])


@pytest.mark.parametrize(("name", "octets", "packet"), VECTORS, ids=[v[0] for v in VECTORS])
def test_a_flipped_bit_gives_another_packet_or_an_error(
    name: str, octets: bytes, packet: Packet
) -> None:
    for bit in range(len(octets) * 8):
        damaged = bytearray(octets)
        damaged[bit // 8] ^= 0x80 >> bit % 8
        try:
            decode(bytes(damaged))
        except ParseError:
            continue


def test_ipv4_in_a_tunnel() -> None:
    inner = Packet(IPv4Address("192.0.2.1"), IPv4Address("198.51.100.9"), Datagram(1, 2, b"abc"))
    octets = encode(inner)
    # RFC 791 and RFC 768: both sums over their headers come to all ones, pseudo-header included.
    assert wire.ones_sum(octets[:20]) == 0xFFFF
    pseudo = octets[12:20] + struct.pack("!BBH", 0, 17, 11)
    assert wire.ones_sum(pseudo + octets[20:]) == 0xFFFF
    outer = Packet(a(HA), a(COA), inner)
    assert encode(outer)[6] == 4  # next header: IPv4
    assert decode(encode(outer)) == outer


def test_profile_numbers_the_drafts_messages() -> None:
    profile = Profile(ho_request_type=100, ho_response_type=101)
    octets = encode(Packet(a(A), a(B), REQUEST, 255), profile)
    assert octets[40] == 100
    assert decode(octets, profile).payload == REQUEST
    assert decode(octets).payload != REQUEST


KEY = bytes(range(16))
ASSOCIATION = MnHaSecurity(256, Secret(KEY))


@pytest.mark.requirement("R3.1-3", "R7-2")
def test_mn_ha_authenticator_is_that_of_rfc_4285() -> None:
    timed = (*UPDATE.options, MesgId(0xDA00000080000000))
    update = BindingUpdate(7, ack=True, home=True, lifetime=150, options=timed)
    packet = signed(Packet(a(COA), a(HA), update, home_address=a(HOA)), ASSOCIATION)
    # By hand: the Mobility Header behind IPv6 (40) and Destination Options (24), its checksum
    # zero, up to the SPI; the data is the last 12 octets.
    header = encode(packet)[64:]
    covered = header[:4] + bytes(2) + header[6:-12]
    data = hmac.new(KEY, wire.ip6(COA) + wire.ip6(HOA) + covered, hashlib.sha1).digest()[:12]
    assert header[-12:] == data
    assert is_signed_with(packet, ASSOCIATION)


@pytest.mark.requirement("R7-2")
def test_authenticator_covers_all_that_it_should() -> None:
    packet = signed(Packet(a(COA), a(HA), UPDATE, home_address=a(HOA)), ASSOCIATION)
    assert is_signed_with(packet, ASSOCIATION)
    for other in (
        MnHaSecurity(256, Secret(bytes(16))),
        MnHaSecurity(257, Secret(KEY)),
    ):
        assert not is_signed_with(packet, other)
    good = packet.payload
    assert isinstance(good, BindingUpdate)
    option = good.options[-1]
    assert isinstance(option, Authentication)
    for sequence, lifetime, home, coa in (
        (8, 150, HOA, COA),
        (7, 151, HOA, COA),
        (7, 150, A, COA),
        (7, 150, HOA, A),
    ):
        options = (AlternateCareOfAddress(a(coa)), *good.options[1:])
        forged = BindingUpdate(sequence, ack=True, home=True, lifetime=lifetime, options=options)
        assert not is_signed_with(Packet(a(coa), a(HA), forged, home_address=a(home)), ASSOCIATION)


AH_KEY = bytes(range(20))
AH = AhSecurity(4096, Secret(AH_KEY))


@pytest.mark.requirement("R4.1-ip", "R7-1")
def test_ah_is_that_of_rfc_4302() -> None:
    plain = Packet(a(A), a(B), REQUEST, 255)
    packet = protected(plain, AH, 5, Profile())
    octets = encode(packet)
    # 40 octets of IPv6, then AH: next header, length, reserved, SPI, sequence, 12 octets of ICV.
    assert octets[40:52] == struct.pack("!BBHII", 58, 4, 0, 4096, 5)
    covered = bytearray(octets)
    covered[0:4] = bytes((0x60, 0, 0, 0))
    covered[7] = 0
    covered[52:64] = bytes(12)
    assert octets[52:64] == hmac.new(AH_KEY, covered, hashlib.sha1).digest()[:12]
    assert is_protected_with(decode(octets), AH, Profile())


def test_ah_fails_for_another_key_packet_or_none() -> None:
    plain = Packet(a(A), a(B), REQUEST, 255)
    packet = protected(plain, AH, 5, Profile())
    assert packet.ah is not None
    assert not is_protected_with(plain, AH, Profile())
    assert not is_protected_with(packet, AhSecurity(4096, Secret(bytes(20))), Profile())
    forged = Packet(a(A), a(B), HoRequest(10, options=REQUEST.options), 255, ah=packet.ah)
    assert not is_protected_with(forged, AH, Profile())
    short = Packet(a(A), a(B), REQUEST, 255, ah=Ah(4096, 5, packet.ah.icv[:8]))
    assert not is_protected_with(short, AH, Profile())


@given(st.lists(st.integers(1, 200), max_size=80))
def test_replay_window_takes_each_number_once(numbers: list[int]) -> None:
    window, taken = ReplayWindow(), set()
    for number in numbers:
        highest = max(taken, default=0)
        # RFC 4302 3.4.3: 64 numbers up to the highest one are remembered.
        expected = number > highest or (highest - number < 64 and number not in taken)
        assert window.admits(number) is expected
        if expected:
            window = window.after(number)
            taken.add(number)
