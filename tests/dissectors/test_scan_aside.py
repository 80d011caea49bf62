"""Frames that need the object lane are set aside, whole and by number; others are not."""

from __future__ import annotations

import struct

import pytest

from dissectors.profile import Profile
from dissectors.scan.batch import Scanned
from dissectors.scan.lane import Scanner
from tests import wire
from tests.dissectors.seen import batch_of

AR, HA, HOA = "2001:db8:a::1", "2001:db8:f::1", "2001:db8:1::77"
BU = wire.binding_update(AR, HA, HOA, "a@b", 1, 600)
MESSAGE = BU[40:]
ETHERNET, RAW, PPP = 1, 101, 9


def scan(*frames: bytes, link_type: int = RAW, profile: Profile | None = None) -> Scanned:
    scanner = Scanner(profile or Profile())
    return scanner.scan(batch_of([(frame, len(frame)) for frame in frames], link_type))


def fragment(offset: int, more: bool, inside: bytes, following: int = 60) -> bytes:
    """RFC 8200 4.5: offset counts 8 octets."""
    head = struct.pack("!BBHI", following, 0, offset << 3 | more, 99)
    return wire.ipv6(AR, HA, 44, head + inside)


def nested(times: int, innermost: bytes = BU) -> bytes:
    for _ in range(times):
        innermost = wire.tunnel(AR, HA, innermost)
    return innermost


def gre(protocol: int, inside: bytes, flags: int = 0) -> bytes:
    return wire.ipv6(AR, HA, 47, struct.pack("!HH", flags, protocol) + inside)


def four_fragment(word: int) -> bytes:
    packet = wire.ipv4("10.0.0.1", "10.0.0.2", 41, BU)
    return packet[:6] + struct.pack("!H", word) + packet[8:]


def chain(headers: int) -> bytes:
    """Hop-by-Hop headers of 8 octets, each with a PadN of 4, in front of a Binding Update."""
    last = bytes((60, 0, 1, 4, 0, 0, 0, 0))
    return wire.ipv6(AR, HA, 0, bytes((0, 0, 1, 4, 0, 0, 0, 0)) * (headers - 1) + last + MESSAGE)


def vlan_tags(count: int) -> bytes:
    return wire.eth(BU, tags=tuple((0x8100, n) for n in range(count)))


FNA = wire.ipv6(AR, HA, 135, b"\x29" + wire.mh(AR, HA, 10, bytes(2), [])[1:] + BU)
"""RFC 4068 6.3.3: a Fast Neighbor Advertisement with a packet behind it."""

ASIDE = {
    "first fragment": (fragment(0, True, MESSAGE[:40]), RAW, 0),
    "later fragment": (fragment(5, True, MESSAGE[40:]), RAW, 0),
    "last fragment": (fragment(5, False, MESSAGE[40:]), RAW, 0),
    "fragment in a tunnel": (wire.tunnel(AR, HA, fragment(0, True, MESSAGE[:40])), RAW, 0),
    "first fragment over ipv4": (four_fragment(0x2000), RAW, 0),
    "later fragment over ipv4": (four_fragment(0x0004), RAW, 0),
    "nested too deep": (nested(9), RAW, 0),
    "too many headers": (chain(48), RAW, 0),
    "tags inside gre": (gre(0x8100, struct.pack("!HH", 5, 0x86DD) + BU), RAW, 0),
    "pppoe": (wire.eth(bytes(6) + b"\0\x57" + BU, 0x8864), ETHERNET, 0),
    "eapol": (wire.eth(bytes(4), 0x888E), ETHERNET, 0),
    "five tags": (vlan_tags(5), ETHERNET, 0),
    "a link type of its own": (b"\0\x57" + BU, PPP, 0),
    "a packet behind a mobility header": (FNA, RAW, 1),
}
NOT_ASIDE = {
    "binding update": (BU, RAW, 1),
    "a fragment that is all": (fragment(0, False, MESSAGE), RAW, 1),
    "don't fragment": (four_fragment(0x4000), RAW, 1),
    "nested as deep as allowed": (nested(8), RAW, 1),
    "as many headers as are followed": (chain(46), RAW, 1),
    "four tags": (vlan_tags(4), ETHERNET, 1),
    "gre": (gre(0x86DD, BU), RAW, 1),
    "gre with something else": (gre(0x0806, BU), RAW, 0),
    "tcp": (wire.ipv6(AR, HA, 6, bytes(20)), RAW, 0),
    "esp": (wire.ipv6(AR, HA, 50, bytes(20)), RAW, 0),
    "echo": (wire.ipv6(AR, HA, 58, wire.icmp6(AR, HA, 128, 0, bytes(8))), RAW, 0),
    "ipv4": (wire.ipv4("10.0.0.1", "10.0.0.2", 6, bytes(20)), RAW, 0),
    "wrong version": (b"\x50" + BU[1:], RAW, 0),
}


@pytest.mark.parametrize("name", ASIDE)
def test_frames_that_need_the_object_lane_are_set_aside(name: str) -> None:
    frame, link_type, messages = ASIDE[name]
    before = nested(1, wire.ipv6(HOA, AR, 6, bytes(40))) if link_type == RAW else wire.eth(BU)
    scanned = scan(before, frame, link_type=link_type)
    assert scanned.aside.tolist()[-1] == 2
    assert scanned.aside_frames is not None
    assert scanned.aside_frames.octets(len(scanned.aside) - 1) == frame
    assert (scanned.messages.frame == 2).sum() == messages


@pytest.mark.parametrize("name", NOT_ASIDE)
def test_others_are_not(name: str) -> None:
    frame, link_type, messages = NOT_ASIDE[name]
    scanned = scan(frame, link_type=link_type)
    assert scanned.aside.tolist() == []
    assert len(scanned.messages) == messages


@pytest.mark.parametrize("most", range(5))
def test_the_profile_bounds_the_nesting(most: int) -> None:
    """`nesting` counts the IP headers inside the first."""
    scanned = scan(nested(most), nested(most + 1), profile=Profile(nesting=most))
    assert scanned.messages.frame.tolist() == [1]
    assert scanned.messages.inside.tolist() == [most]
    assert scanned.aside.tolist() == [2]
    # What is nested too deep is a tunnelled packet all the same.
    assert scanned.tunnels.frame.tolist() == ([1, 2] if most else [])


def test_every_frame_of_an_unknown_link_type_is_set_aside() -> None:
    frames = [bytes([n]) * n for n in range(20)]
    scanned = scan(*frames, link_type=147)
    assert scanned.aside.tolist() == list(range(1, 21))
    assert scanned.aside_frames is not None
    assert [scanned.aside_frames.octets(n) for n in range(20)] == frames
