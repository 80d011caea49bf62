"""Frames made to hurt: they are read in bounded steps, and nothing beside their octets is."""

from __future__ import annotations

import random
import struct

import numpy as np
import pytest

from dissectors import options
from dissectors.profile import Profile
from dissectors.scan.batch import Scanned
from dissectors.scan.lane import Scanner
from tests import wire
from tests.dissectors.seen import batch_of
from tests.dissectors.test_lanes import compare

A, B = "2001:db8::1", "2001:db8::2"
RAW = 101


def scan(*frames: bytes, link_type: int = RAW) -> Scanned:
    return Scanner(Profile()).scan(batch_of([(f, len(f)) for f in frames], link_type))


def six(following: int, inside: bytes) -> bytes:
    return wire.ipv6(A, B, following, inside)


def four(inside: bytes) -> bytes:
    return wire.ipv4("10.0.0.1", "10.0.0.2", 41, inside)


def with_length(packet: bytes, length: int) -> bytes:
    """An IPv6 packet that says another Payload Length."""
    return packet[:4] + struct.pack("!H", length) + packet[6:]


def icmp(kind: int, body: bytes) -> bytes:
    return six(58, wire.icmp6(A, B, kind, 0, body))


def header(kind: int, body: bytes, units: int | None = None) -> bytes:
    """A Mobility Header; `units`: a Header Len of its own."""
    whole = bytes((59, 0, kind, 0, 0, 0)) + body
    whole += bytes(-len(whole) % 8)
    count = len(whole) // 8 - 1 if units is None else units
    return whole[:1] + bytes([count]) + whole[2:]


def mobility(kind: int, body: bytes, units: int | None = None) -> bytes:
    return six(135, header(kind, body, units))


def udp(length: int, inside: bytes) -> bytes:
    return six(17, struct.pack("!HHHH", 4191, 4191, length, 0) + inside)


EIGHT = bytes(8)
BRR = header(0, bytes(2))
BU = wire.binding_update(A, B, "::", "a@b", 1, 600)
TWO_HOMES = bytes((135, 4, 1, 0)) + wire.option(201, wire.ip6(A)) + wire.option(201, wire.ip6(B))
CASES = {
    "a chain of the smallest headers": six(0, EIGHT * 180),
    "a chain that ends in nothing": six(60, bytes((60, 0, 1, 4, 0, 0, 0, 0)) * 180),
    "tunnels without end": six(41, six(41, b"") * 30),
    "authentication headers of no length": six(
        51, bytes((51, 0)) + bytes(10) + bytes((135, 0)) + bytes(10) + BRR
    ),
    "routing headers longer than the packet": six(43, bytes((135, 255, 2, 1)) + bytes(60)),
    "an nd option of length 0": icmp(133, bytes(4) + EIGHT),
    "an nd option of length 0 behind another": icmp(133, bytes(4) + b"\1\1maclla" + EIGHT),
    "an nd option that runs out": icmp(201, bytes(4) + b"\x1e\xff" + bytes(30)),
    "an identifier that runs out": icmp(200, bytes(4) + b"\x1e\x01\x01\xff" + bytes(4)),
    "a context with more padding than it has": icmp(201, bytes(4) + b"\xfd\1\1\xff" + bytes(4)),
    "a context too short for its address": icmp(201, bytes(4) + b"\xfd\1\1\0" + bytes(4)),
    "mobility options of length 0": mobility(5, bytes(6) + b"\x09\x00" * 200),
    "pad1 to the end": mobility(5, bytes(6 + 2000)),
    "an option behind the end": mobility(5, bytes(6) + b"\x08\xff" + bytes(20)),
    "half an option": mobility(5, bytes(6 + 3) + b"\x08"),
    "the longest mobility header": mobility(5, bytes(6), 255),
    "a mobility header without message": mobility(5, b""),
    "half a mobility header": six(135, b"\x3b\x00\x05"),
    "no mobility header": six(135, b""),
    "payload length 0": with_length(BU, 0),
    "payload length 0 before hop-by-hop": with_length(six(0, bytes((135, 0)) + bytes(6) + BRR), 0),
    "payload length beyond the frame": with_length(BU, 65535),
    "payload length one short": with_length(BU, len(BU) - 41),
    "ipv4 header length beyond the frame": b"\x4f" + four(BU[:20])[1:],
    "ipv4 total length 0": four(BU)[:2] + bytes(2) + four(BU)[4:],
    "udp length 0 on the tunnel port": udp(0, BU),
    "udp length beyond the packet": udp(65535, BU),
    "gre with all parts and none of them": six(47, struct.pack("!HH", 0xB000, 0x86DD)),
    "a home address option of another length": six(60, b"\x87\2\xc9\x14" + bytes(20) + BRR),
    "a home address option that runs out": six(60, b"\x87\0\1\2\0\0\xc9\x10" + BRR),
    "two home address options": six(60, TWO_HOMES + BRR),
    "no octet at all": b"",
    "one octet": b"\x60",
}


@pytest.mark.parametrize("name", CASES)
def test_both_lanes_tell_the_same_of_every_cut(name: str) -> None:
    """Cut by the snap length, and cut as if the rest had never been."""
    frame = CASES[name]
    cuts = [(frame[:n], length) for n in range(len(frame) + 1) for length in (n, len(frame))]
    compare([(frame, len(frame)), *cuts[-400:], *cuts[:400]], RAW)


def test_what_is_malformed_says_where() -> None:
    """Offsets from the message's first octet, by the figures."""
    wanted = {
        "an nd option of length 0": 8,
        "an nd option of length 0 behind another": 16,
        "an nd option that runs out": 8,
        "an identifier that runs out": 8,
        "a context with more padding than it has": 8,
        "a context too short for its address": 8,
        "mobility options of length 0": 12,
        "an option behind the end": 12,
        "half an option": 15,
        "the longest mobility header": 16,
        "a mobility header without message": 6,
        "half a mobility header": 0,
    }
    found = scan(*(CASES[name] for name in wanted)).messages.malformed.tolist()
    assert dict(zip(wanted, found, strict=True)) == wanted


@pytest.mark.parametrize("name", ["payload length 0", "no mobility header", "no octet at all"])
def test_what_is_not_there_is_no_message(name: str) -> None:
    assert len(scan(CASES[name]).messages) == 0


def test_an_authentication_header_has_its_fields_whatever_its_length_says() -> None:
    """RFC 4302 2: twelve octets stand before the ICV."""
    found = scan(CASES["authentication headers of no length"]).messages
    assert (found.detail.tolist(), found.ah.tolist()) == ([0], [1])


def test_a_jumbograms_message_is_found() -> None:
    """RFC 2675: Payload Length 0 before a Hop-by-Hop header means a longer packet."""
    found = scan(CASES["payload length 0 before hop-by-hop"]).messages
    assert found.length.tolist() == [8]


def test_options_that_may_outrun_their_length_are_looked_through_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each MH-LLA option asks whether the rest reads well; answers are kept, else it is squared."""
    looks = []
    look = options._next
    monkeypatch.setattr(options, "_next", lambda *a: looks.append(1) or look(*a))
    count = 1000
    packet = mobility(5, bytes(6) + b"\x07\x00" * count)
    assert len(scan(packet).messages) == 1
    assert count < len(looks) < 4 * count


def test_a_batch_of_noise_is_read_to_the_end() -> None:
    dice = random.Random(3)
    for link_type in (0, 1, 101, 108, 113, 228, 229, 276):
        frames = [dice.randbytes(dice.randrange(300)) for _ in range(3000)]
        # Half of them begin as a packet would.
        frames = [bytes([0x60, 0, 0, 0]) + f if n % 2 else f for n, f in enumerate(frames)]
        scanned = scan(*frames, link_type=link_type)
        for name in scanned.messages.__slots__:
            assert len(getattr(scanned.messages, name)) == len(scanned.messages)
        assert (np.diff(scanned.tunnels.frame) > 0).all()
        assert (np.diff(scanned.messages.frame) > 0).all()
