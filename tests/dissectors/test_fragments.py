"""Fragments: what they make together, what is refused, and how much may wait."""

from __future__ import annotations

import struct
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dissectors.fragments import Fragment, Fragments, Limits, Refused, Whole
from dissectors.profile import Profile
from dissectors.tree import decode
from tests import wire
from tests.dissectors.test_tree import AR, HA, HOA, every_frame, names, nodes, reasons, texts

KEY = (b"addresses", 7)
UDP = 17
SECOND = 10**9
OCTETS = bytes(range(40))


def part(begin: int, end: int, *, last: bool = False, following: int = UDP) -> Fragment:
    return Fragment(begin, not last, following, OCTETS[begin:end])


THREE = (part(0, 16), part(16, 32, following=0), part(32, 40, last=True, following=0))


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_any_order_gives_the_packet(order: tuple[int, ...]) -> None:
    waiting = Fragments()
    found = [waiting.add(KEY, THREE[n], 0) for n in order]
    # RFC 8200 4.5: the Next Header of the first fragment counts.
    assert found == [None, None, Whole(UDP, OCTETS, 3)]
    assert len(waiting) == 0


def test_packets_are_told_apart() -> None:
    waiting = Fragments()
    other = (b"addresses", 8)
    assert waiting.add(KEY, THREE[0], 0) is None
    assert waiting.add(other, THREE[1], 0) is None
    assert waiting.add(KEY, THREE[2], 0) is None
    assert len(waiting) == 2
    assert waiting.addresses() == {b"addresses"}


def test_duplicates_are_ignored() -> None:
    waiting = Fragments()
    for each in (THREE[0], THREE[0], THREE[2], THREE[2], THREE[0]):
        assert waiting.add(KEY, each, 0) is None
    assert waiting.add(KEY, THREE[1], 0) == Whole(UDP, OCTETS, 3)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([part(0, 16), part(8, 24)], "overlaps another one"),
        ([part(8, 24), part(0, 16)], "overlaps another one"),
        ([part(0, 24), part(8, 16)], "overlaps another one"),
        ([part(8, 16), part(0, 24)], "overlaps another one"),
        ([part(0, 16), Fragment(0, True, UDP, bytes(16))], "overlaps another one"),
        ([part(0, 8), part(0, 8, last=True)], "overlaps another one"),
        ([part(16, 24, last=True), part(32, 40, last=True)], "not the only last one"),
        ([part(32, 40), part(16, 24, last=True)], "others reach beyond it"),
        ([part(16, 24, last=True), part(24, 32)], "stands behind the last one"),
    ],
)
def test_what_does_not_fit_refuses_the_packet(parts: list[Fragment], reason: str) -> None:
    waiting = Fragments()
    assert waiting.add(KEY, parts[0], 0) is None
    refused = waiting.add(KEY, parts[1], 0)
    assert isinstance(refused, Refused)
    assert reason in refused.reason
    # RFC 5722 4: all that still comes of it is refused too.
    for late in THREE:
        assert waiting.add(KEY, late, 0) == refused
    assert waiting.add((b"other", 7), THREE[0], 0) is None


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (Fragment(0, True, UDP, b""), "is empty"),
        (Fragment(0, True, UDP, bytes(12)), "12 octets, no multiple of 8, is not the last one"),
        (Fragment(65528, False, UDP, bytes(8)), "ends behind octet 65535"),
    ],
)
def test_a_fragment_that_can_be_no_part_is_refused_alone(wrong: Fragment, reason: str) -> None:
    waiting = Fragments()
    refused = waiting.add(KEY, wrong, 0)
    assert isinstance(refused, Refused)
    assert reason in refused.reason
    assert len(waiting) == 0


def test_the_longest_packet_is_taken() -> None:
    waiting = Fragments()
    assert waiting.add(KEY, Fragment(0, True, UDP, bytes(65528)), 0) is None
    whole = waiting.add(KEY, Fragment(65528, False, 0, bytes(7)), 0)
    assert whole == Whole(UDP, bytes(65535), 2)


def test_old_fragments_are_forgotten() -> None:
    waiting = Fragments()
    waiting.add(KEY, THREE[0], 0)
    waiting.add((b"other", 1), THREE[0], 30 * SECOND)
    waiting.add((b"other", 2), THREE[0], 60 * SECOND)
    assert (len(waiting), waiting.dropped) == (3, 0)
    waiting.add((b"other", 3), THREE[0], 60 * SECOND + 1)
    assert (len(waiting), waiting.dropped) == (3, 1)
    # Clocks of captures go back; ours does not.
    waiting.add((b"other", 4), THREE[0], 0)
    assert (len(waiting), waiting.dropped) == (4, 1)


def test_room_is_bounded() -> None:
    waiting = Fragments(Limits(octets=100_000, datagrams=10))
    for number in range(1000):
        waiting.add((b"many", number), THREE[0], 0)
        assert len(waiting) <= 10
    assert waiting.dropped == 990
    for number in range(1000):
        waiting.add((b"large", number), Fragment(0, True, UDP, bytes(40_000)), 0)
        assert len(waiting) <= 10
    # 40,000 octets and their cost go twice into 100,000.
    assert len(waiting) == 2
    # One packet alone is too much, also in the smallest fragments.
    tiny = Fragments(Limits(octets=10_000, datagrams=10))
    for offset in range(0, 65528, 8):
        tiny.add(KEY, Fragment(offset, True, UDP, bytes(8)), 0)
        assert len(tiny) <= 1
    assert tiny.dropped >= 65528 // 8 // (10_000 // (256 + 8)) - 1


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 4), st.booleans()), max_size=30))
def test_any_fragments_end_in_rows(parts: list[tuple[int, int, bool]]) -> None:
    waiting = Fragments()
    for begin, size, last in parts:
        octets = bytes(begin * 8 + k & 255 for k in range(size * 8))
        found = waiting.add(KEY, Fragment(begin * 8, not last, UDP, octets), 0)
        if isinstance(found, Whole):
            assert found.payload == bytes(k & 255 for k in range(len(found.payload)))


def fragment6(offset: int, more: int, payload: bytes, ident: int = 9, following: int = 58) -> bytes:
    head = struct.pack("!BBHI", following, 0, offset | more, ident)
    return wire.ipv6(AR, HA, 44, head + payload)


def fragment4(offset: int, more: int, payload: bytes, ident: int = 9) -> bytes:
    packet = wire.ipv4("192.0.2.1", "192.0.2.2", UDP, payload)
    head = struct.pack("!HH", ident, more << 13 | offset // 8)
    return packet[:4] + head + packet[8:]


def decoded(frames: list[bytes], waiting: Fragments | None = None) -> list:
    waiting = waiting or Fragments()
    return [
        decode(frame, 101, len(frame), Profile(), fragments=waiting, time_ns=n)
        for n, frame in enumerate(frames)
    ]


def test_icmpv6_over_three_fragments() -> None:
    echo = wire.icmp6(AR, HA, 128, 0, bytes(4) + bytes(range(100)))
    trees = decoded([fragment6(n, int(n < 96), echo[n : n + 48]) for n in (0, 48, 96)])
    assert names(trees[0]) == ["raw", "ipv6", "fraghdr", "data"]
    assert names(trees[2]) == ["raw", "ipv6", "fraghdr", "reassembled"]
    whole = trees[2].children[3]
    assert whole.octets == echo
    assert names(whole) == ["icmpv6"]
    assert [reasons(tree) for tree in trees] == [[], [], []]
    assert texts(trees[2])["icmpv6.echo.identifier"] == "0"


def test_ipv4_fragments_with_a_trailer() -> None:
    datagram = struct.pack("!HHHH", 1, 2, 48, 0) + bytes(40)
    frames = [wire.eth(fragment4(0, 1, datagram[:24]), 0x0800)]
    frames.append(wire.eth(fragment4(24, 0, datagram[24:]), 0x0800) + bytes(6))
    waiting = Fragments()
    trees = [decode(f, 1, len(f), Profile(), fragments=waiting) for f in frames]
    assert names(trees[0]) == ["eth", "ipv4", "data"]
    assert names(trees[1]) == ["eth", "ipv4", "reassembled", "trailer"]
    assert names(trees[1].children[2]) == ["udp", "data"]
    assert [reasons(tree) for tree in trees] == [[], []]


def test_overlapping_fragments_are_reported() -> None:
    trees = decoded([fragment6(0, 1, bytes(16)), fragment6(8, 1, bytes(16))])
    assert reasons(trees[1]) == [
        "the fragment overlaps another one: none of its packet is taken",
    ]


def test_a_packet_in_one_fragment_needs_no_other() -> None:
    echo = wire.icmp6(AR, HA, 128, 0, bytes(8))
    waiting = Fragments()
    (tree,) = decoded([fragment6(0, 0, echo)], waiting)
    assert names(tree) == ["raw", "ipv6", "fraghdr", "icmpv6"]
    assert len(waiting) == 0


def test_the_same_packet_in_two_tunnels_is_two() -> None:
    echo = wire.icmp6(HA, HOA, 128, 0, bytes(100))
    inner = []
    for offset in (0, 56):
        payload = echo[offset : offset + 56]
        head = struct.pack("!BBHI", 58, 0, offset | int(offset == 0), 9)
        inner.append(wire.ipv6(HA, HOA, 44, head + payload))
    frames = [wire.tunnel(HA, coa, packet) for packet in inner for coa in (AR, "2001:db8:3::4")]
    trees = decoded(frames)
    assert [any(node.name == "reassembled" for node in nodes(tree)) for tree in trees] == [
        False,
        False,
        True,
        True,
    ]
    assert all(reasons(tree) == [] for tree in trees)


def test_binding_update_in_fragments_of_its_tunnel() -> None:
    update = wire.binding_update(AR, HA, HOA, "a@b", 7, 600)
    frames = [
        fragment6(n, int(n + 64 < len(update)), update[n : n + 64], following=41)
        for n in range(0, len(update), 64)
    ]
    trees = decoded(frames)
    assert names(trees[-1].children[-1]) == ["ipv6", "dstopts", "mh"]
    assert texts(trees[-1])["mip6.bu.seqnr"] == "7"
    assert all(reasons(tree) == [] for tree in trees)


def test_cut_and_quoted_fragments_are_no_parts() -> None:
    waiting = Fragments()
    frame = fragment6(0, 1, bytes(64))
    decode(frame[:80], 101, len(frame), Profile(), fragments=waiting)
    quoted = wire.ipv6(HA, AR, 58, wire.icmp6(HA, AR, 3, 1, bytes(4) + frame))
    decode(quoted, 101, len(quoted), Profile(), fragments=waiting)
    assert len(waiting) == 0


def test_fragments_in_fragments_end() -> None:
    """Each packet put together counts as one nested more."""
    profile = Profile(nesting=3)
    waiting = Fragments()
    payload = b"x" * 16
    for ident in range(20):
        halves = payload[:8], payload[8:] or b"y" * 8
        head = struct.pack("!BBHI", 44 if ident else 59, 0, 8, ident)
        frame = wire.ipv6(AR, HA, 44, head + halves[1])
        decode(frame, 101, len(frame), profile, fragments=waiting)
        payload = struct.pack("!BBHI", 44 if ident else 59, 0, 1, ident) + halves[0]
    frame = wire.ipv6(AR, HA, 44, payload)
    tree = decode(frame, 101, len(frame), profile, fragments=waiting)
    assert sum(1 for _ in nodes(tree)) < 200


@pytest.mark.public
def test_a_public_capture_with_fragmented_dns(public_captures: Path) -> None:
    waiting = Fragments()
    answers = []
    for frame, link_type, wire_length in every_frame(public_captures / "zeek"):
        tree = decode(frame, link_type, wire_length, Profile(), fragments=waiting)
        answers += [node for node in nodes(tree) if node.name == "reassembled"]
    # ipv6-fragmented-dns.pcap: frames 6 to 8 carry 1432, 1432 and 374 octets of one answer.
    assert [len(answer.octets or b"") for answer in answers] == [1432 + 1432 + 374]
    assert names(answers[0]) == ["udp", "dns", "data"]
    assert reasons(answers[0]) == []
