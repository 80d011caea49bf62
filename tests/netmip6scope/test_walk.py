"""The walk from many places at once finds what a walk record by record finds, nothing else."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator

import pytest

from dissectors.frames import SLACK
from netmip6scope.capture import walk

SIZE = 40 * walk._SEGMENT
"""Octets of a window: enough for many walkers."""
BEGIN_S = 1_700_000_000


def record(order: str, header: int, seconds: int, frame: bytes) -> bytes:
    head = struct.pack(order + "IIII", seconds & 0xFFFFFFFF, 5, len(frame), len(frame))
    return head.ljust(header, b"\7") + frame


def file_of(order: str, header: int, frames: Iterator[tuple[int, bytes]], size: int) -> bytearray:
    """Records until `size` octets are full; the last one may be cut."""
    out = bytearray()
    while len(out) < size:
        out += record(order, header, *next(frames))
    return out[:size]


def plainly(octets: bytearray, begin: int, last: int, header: int, order: str) -> list[int]:
    places, position = [], begin
    while position <= last:
        places.append(position)
        position += header + struct.unpack_from(order + "I", octets, position + 8)[0]
    return places


def same(octets: bytearray, order: str, header: int, begin: int = 0) -> int:
    """How many records both walks find."""
    last = len(octets) - header
    window = octets + bytes(SLACK)
    found = walk.walk(window, begin, last, header, order).tolist()
    assert found == plainly(window, begin, last, header, order)
    return len(found)


def user_traffic(dice: random.Random) -> Iterator[tuple[int, bytes]]:
    seconds = BEGIN_S
    while True:
        seconds += dice.random() < 0.01
        yield seconds, dice.randbytes(dice.choice((0, 60, 120, 1400, 1500)))


def slow_traffic(dice: random.Random) -> Iterator[tuple[int, bytes]]:
    """The upper octets of the time change between any two records."""
    seconds = BEGIN_S
    while True:
        seconds += dice.choice((200, 300, 5000, 10**7))
        yield seconds, dice.randbytes(dice.randrange(400))


def captures_inside(dice: random.Random) -> Iterator[tuple[int, bytes]]:
    """Frames that hold records of a capture, with the right times, behind odd lengths."""
    while True:
        inner = b"".join(
            record(order, dice.choice((16, 24)), BEGIN_S, bytes(dice.randrange(50)))
            for order in "<>" * dice.randrange(1, 300)
        )
        yield BEGIN_S, dice.randbytes(dice.randrange(9)) + inner


def times_everywhere(_: random.Random) -> Iterator[tuple[int, bytes]]:
    """Every octet of a frame looks like the beginning of a record."""
    while True:
        yield 0x65656565, b"\x65" * 5000


def tiny_records(_: random.Random) -> Iterator[tuple[int, bytes]]:
    while True:
        yield BEGIN_S, b""


def one_burst(dice: random.Random) -> Iterator[tuple[int, bytes]]:
    """A stretch of tiny records among long ones, which walkers do not finish."""
    for _ in range(12):
        yield BEGIN_S, bytes(16000)
    for _ in range(3000):
        yield BEGIN_S, b""
    yield from user_traffic(dice)


TRAFFIC = [user_traffic, slow_traffic, captures_inside, times_everywhere, tiny_records, one_burst]


@pytest.mark.parametrize("frames", TRAFFIC, ids=lambda frames: frames.__name__)
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("header", [16, 24])
def test_records_are_those_of_the_plain_walk(frames, order: str, header: int) -> None:
    dice = random.Random(7)
    octets = file_of(order, header, frames(dice), SIZE)
    assert same(octets, order, header) > 40
    # A window begins at any record, and behind a file header.
    assert same(octets, order, header, plainly(octets, 0, SIZE - header, header, order)[3]) > 40


@pytest.mark.parametrize("seed", range(40))
def test_corrupt_lengths_are_followed_alike(seed: int) -> None:
    dice = random.Random(seed)
    octets = file_of("<", 16, user_traffic(dice), SIZE)
    for place in dice.sample(plainly(octets, 0, SIZE - 16, 16, "<"), 3):
        if place > SIZE // 2:
            struct.pack_into(
                "<I", octets, place + 8, dice.choice((0, 7, 70000, 1 << 31, 2**32 - 1))
            )
    assert same(octets, "<", 16) > 100


@pytest.mark.parametrize("seed", range(20))
def test_octets_that_are_no_records_are_followed_alike(seed: int) -> None:
    octets = bytearray(random.Random(seed).randbytes(SIZE))
    octets[:16] = struct.pack("<IIII", BEGIN_S, 0, 3, 3)
    same(octets, "<", 16)


@pytest.mark.parametrize(
    "size", [*range(16, 80), *range(9 * walk._SEGMENT, 9 * walk._SEGMENT + 40)]
)
def test_the_end_of_a_window_may_cut_anything(size: int) -> None:
    octets = file_of(">", 16, user_traffic(random.Random(size)), size)
    assert same(octets, ">", 16) >= 1


def test_walkers_do_most_of_the_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the tests above would compare the plain walk with itself."""
    by_hand = []
    plain = walk._one_by_one

    def counted(*arguments):
        part = plain(*arguments)
        by_hand.append(len(part[0]))
        return part

    monkeypatch.setattr(walk, "_one_by_one", counted)
    octets = file_of("<", 16, user_traffic(random.Random(1)), SIZE)
    assert sum(by_hand) < same(octets, "<", 16) // 4
