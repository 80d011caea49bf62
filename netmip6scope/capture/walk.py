"""Follows the record lengths of a pcap file through a window.

Only a record tells where the next one begins, but a window can be followed from many places at
once. Walkers begin where a record seems to begin and move in lockstep; each is believed only when
the one before it arrives exactly where it began. What is not believed, and what a walker did not
finish, is followed record by record. So the outcome is that of the plain walk, whatever the frames
hold.
"""

from __future__ import annotations

import struct
from array import array

import numpy as np

from dissectors.frames import Ints

_SEGMENT = 32 << 10
"""Octets between two walkers."""
_LENGTH = 8
"""Offset of the captured length in a record header."""
_FEWEST = 8
_STEPS_AT_ONCE = 8
_MOST_STEPS = _SEGMENT // 16
_EPOCH_S = 256
"""Times that share the upper three octets of their seconds."""


def walk(octets: bytearray, begin: int, last: int, header: int, order: str) -> Ints:
    """Offsets of the records from `begin` on whose headers begin at `last` or before.

    octets reaches two record headers behind `last`. Lengths are followed however wrong they are.
    """
    places = _likely(octets, begin, last, order)
    goals = [*places[1:], last + 1]
    if len(places) < _FEWEST:
        return _one_by_one(octets, begin, last + 1, header, order)[0]
    ends = np.array(goals, np.int64)
    tracks = _lockstep(octets, np.array(places, np.int64), ends, header, order)
    inside = tracks < ends[:, None]
    steps = inside.sum(axis=1)
    found = tracks[inside]
    reached = tracks[np.arange(len(ends)), np.minimum(steps, tracks.shape[1] - 1)]
    cuts = [0, *np.cumsum(steps).tolist()]
    parts: list[Ints] = []
    believed = 0
    for row in np.flatnonzero(reached != ends).tolist():
        if row < believed:
            continue
        # The walker is right as far as it came: its last record is followed from here.
        stop = cuts[row + 1] - 1
        parts.append(found[cuts[believed] : stop])
        position = int(found[stop])
        for believed in range(row + 1, len(goals) + 1):
            goal = goals[believed - 1]
            part, position = _one_by_one(octets, position, goal, header, order)
            parts.append(part)
            if position == goal:
                break
    parts.append(found[cuts[believed] :])
    return np.concatenate(parts)


def _likely(octets: bytearray, begin: int, last: int, order: str) -> list[int]:
    """`begin`, and in each segment behind it the first place that looks like a record.

    It looks like one if the upper octets of its time are those of the first record, or one more.
    """
    (seconds,) = struct.unpack_from(order + "I", octets, begin)
    shift = 1 if order == "<" else 0

    def mark(seconds: int) -> bytes:
        return struct.pack(order + "I", seconds & 0xFFFFFFFF)[shift : shift + 3]

    now, later = mark(seconds), mark(seconds + _EPOCH_S)
    places = [begin]
    for at in range(begin + _SEGMENT, last, _SEGMENT):
        end = min(at + _SEGMENT, last + shift + 3)
        place = octets.find(now, at, end)
        if place < 0:
            place = octets.find(later, at, end)
            if place < 0:
                continue
            seconds += _EPOCH_S
            now, later = later, mark(seconds + _EPOCH_S)
        places.append(place - shift)
    return places


def _lockstep(octets: bytearray, start: Ints, end: Ints, header: int, order: str) -> Ints:
    """Positions of each walker, (walkers, steps), until most are at their end or past it."""
    lengths = np.ndarray((int(end[-1]) + 1,), order + "u4", octets, _LENGTH, (1,))
    position, tracks = start, [start]
    unfinished = len(start) // 8
    while np.count_nonzero(position < end) > unfinished and len(tracks) < _MOST_STEPS:
        for _ in range(_STEPS_AT_ONCE):
            position = position + lengths[position]
            position += header
            np.minimum(position, end[-1], out=position)
            tracks.append(position)
    return np.stack(tracks, axis=1)


def _one_by_one(
    octets: bytearray, position: int, end: int, header: int, order: str
) -> tuple[Ints, int]:
    """Offsets of the records before `end`, and where the one behind them begins."""
    unpack_from = struct.Struct(order + "I").unpack_from
    places: list[int] = []
    append = places.append
    while position < end:
        append(position)
        position += header + unpack_from(octets, position + _LENGTH)[0]
    return np.array(array("q", places)), position
