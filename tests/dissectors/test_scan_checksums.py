"""Checksums of messages in the scan lane, against frames whose checksums were made by hand.

`wire` sums by RFC 1071; FACTS.md 1 says which addresses count: the Home Address option's as the
source, the Type 2 Routing header's as the destination.
"""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from dissectors.profile import Profile
from dissectors.scan.lane import Scanner
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import CaptureFile
from tests import wire
from tests.conftest import TESTS
from tests.dissectors.seen import batch_of

AR, HA, HOA = "2001:db8:a::1", "2001:db8:f::1", "2001:db8:1::77"
ALL_ONES = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
RAW = 101


def verdicts(*frames: bytes, wirelen: int | None = None) -> list[int]:
    """1 right, 0 wrong, -1 unchecked, of the message of each frame."""
    captured = [(frame, wirelen or len(frame)) for frame in frames]
    messages = Scanner(Profile()).scan(batch_of(captured, RAW)).messages
    assert messages.frame.tolist() == list(range(1, len(frames) + 1))
    return messages.checksum.tolist()


RIGHT = {
    "bu": wire.binding_update(AR, HA, HOA, "a@b", 1, 600),
    "bu, home address all zeros": wire.binding_update(AR, HA, "::", "a@b", 1, 600),
    "bu, home address all ones": wire.binding_update(AR, HA, ALL_ONES, "a@b", 1, 600),
    "ba": wire.binding_ack(HA, AR, HOA, "a@b", 1, 600),
    "ba without home address": wire.binding_ack(HA, AR, None, "a@b", 1, 600, status=144),
    "ho request": wire.ho_request(AR, HA, 7, "a@b"),
    "ho response": wire.ho_response(HA, AR, 7, "a@b", hoa=HOA, ha=HA),
    "ra": wire.router_advertisement(AR, "ff02::1", "2001:db8:1::"),
    "ho response of 7 octets": wire.ipv6(
        HA, AR, 58, wire.icmp6(HA, AR, 201, 0, struct.pack("!HB", 9, 3))
    ),
    "icmpv6 error of 9 octets": wire.ipv6(HA, AR, 58, wire.icmp6(HA, AR, 1, 0, bytes(4) + b"x")),
    "in a tunnel": wire.tunnel(AR, HA, wire.binding_update(AR, HA, HOA, "a@b", 1, 600)),
    "icmpv6 behind a home address": wire.ipv6(
        AR, HA, 60, wire.home_address_header(HOA, wire.icmp6(HOA, HA, 133, 0, bytes(4)), 58)
    ),
    "icmpv6 behind a type 2 routing header": wire.ipv6(
        HA, AR, 43, wire.routing_type2(HOA, wire.icmp6(HA, HOA, 133, 0, bytes(4)), 58)
    ),
    "icmpv6 behind a type 0 routing header": wire.ipv6(
        HA,
        AR,
        43,
        struct.pack("!BBBBI", 58, 4, 0, 2, 0)
        + wire.ip6(AR)
        + wire.ip6(HOA)
        + wire.icmp6(HA, HOA, 133, 0, bytes(4)),
    ),
    "no segments left": wire.ipv6(
        HA,
        AR,
        43,
        struct.pack("!BBBBI", 58, 2, 2, 0, 0)
        + wire.ip6(HOA)
        + wire.icmp6(HA, AR, 133, 0, bytes(4)),
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_ones_are_right_and_every_flipped_bit_is_seen(name: str) -> None:
    """RFC 1071: a sum of words changes with any one bit of them."""
    frame = RIGHT[name]
    # The first two octets say how long a Mobility Header and what an ICMPv6 message is.
    begin = len(frame) - _octets_of_message(frame) + 2
    flipped = []
    for bit in range(8 * begin, 8 * len(frame)):
        changed = bytearray(frame)
        changed[bit // 8] ^= 0x80 >> bit % 8
        flipped.append(bytes(changed))
    assert verdicts(frame) == [1]
    assert verdicts(*flipped) == [0] * len(flipped)


def _octets_of_message(frame: bytes) -> int:
    """What stands behind the headers of the frames above."""
    at, following = 0, 41
    while following not in (58, 135):
        if following == 41:
            at, following = at + 40, frame[at + 6]
        else:
            at, following = at + (frame[at + 1] + 1) * 8, frame[at]
    return len(frame) - at


def test_all_lengths_are_summed_to_their_last_octet() -> None:
    frames, wrong = [], []
    for size in range(4, 300):
        body = bytes(4) + bytes(range(1, 250))[: size % 250] * (1 + size // 250)
        message = wire.icmp6(HA, AR, 1, 0, body)
        frames.append(wire.ipv6(HA, AR, 58, message))
        last = message[:-1] + bytes([message[-1] ^ 1])
        wrong.append(wire.ipv6(HA, AR, 58, last))
    assert verdicts(*frames) == [1] * len(frames)
    assert verdicts(*wrong) == [0] * len(wrong)


def test_octets_behind_the_message_are_not_summed() -> None:
    for name in ("bu", "ho response of 7 octets", "icmpv6 error of 9 octets"):
        assert verdicts(RIGHT[name] + b"\xa5\x5a\x17") == [1]


def test_a_mobility_header_is_summed_to_its_own_end() -> None:
    """Payload Proto may say that more follows (RFC 6275 6.1.1); the checksum does not cover it."""
    message = wire.mh(AR, HA, 0, bytes(2), [])
    packet = wire.ipv6(AR, HA, 135, message + b"more")
    assert verdicts(packet) == [1]


@pytest.mark.parametrize("name", ["bu", "ho request"])
def test_what_the_snap_length_cut_is_unchecked(name: str) -> None:
    frame = RIGHT[name]
    for kept in range(len(frame) - 12, len(frame)):
        assert verdicts(frame[:kept], wirelen=len(frame)) == [-1]


def test_what_its_length_leads_out_of_the_packet_is_unchecked() -> None:
    message = wire.mh(AR, HA, 5, bytes(6), [wire.mn_id("a@b")])
    longer = message[:1] + bytes([message[1] + 1]) + message[2:]
    assert verdicts(wire.ipv6(AR, HA, 135, longer)) == [-1]


def test_mobility_in_udp_is_unchecked() -> None:
    """RFC 5844 4.1.3: the Mobility Header's checksum is zero, UDP's is used."""
    message = wire.mh(AR, HA, 0, bytes(2), [])[:4] + bytes(2) + bytes(2)
    udp = struct.pack("!HHHH", 5436, 5436, 8 + len(message), 0) + message
    assert verdicts(wire.ipv4("10.0.0.1", "10.0.0.2", 17, udp)) == [-1]
    assert verdicts(wire.ipv6(AR, HA, 17, wire.udp(AR, HA, 5436, 5436, message))) == [-1]


def of_capture(path: Path) -> list[int]:
    scanner, found = Scanner(Profile()), []
    for batch in CaptureFile(Source(str(path))).batches():
        found += scanner.scan(batch).messages.checksum.tolist()
    return found


@pytest.mark.parametrize(
    "path", sorted((TESTS / "data" / "netmip6").glob("*.pcap*")), ids=lambda path: path.name
)
def test_captures_with_truth_have_right_checksums(path: Path) -> None:
    """Their truth forbids the finding CKSUM, and no message of theirs is cut."""
    found = of_capture(path)
    assert found
    assert set(found) == {1}


@pytest.mark.public
def test_tcpdumps_mobility_capture_has_wrong_checksums(public_captures: Path) -> None:
    """Its checksums are all zero (README.md of the public captures)."""
    found = of_capture(public_captures / "tcpdump" / "ipv6_mobility_1.pcap")
    assert len(found) >= 8
    assert set(found) == {0}
