"""Reads declared fields out of many frames at once."""

from __future__ import annotations

import numpy as np

from dissectors.frames import Ints, Octets
from dissectors.interning import Words
from dissectors.layout import Field


def number(data: Octets, at: Ints, octets: int) -> Ints:
    """Big-endian unsigned integers of `octets` octets (1 to 8) at each offset."""
    out: Ints = data[at].astype(np.int64)
    for k in range(1, octets):
        out = (out << 8) | data[at + k]
    return out


def field(data: Octets, at: Ints, spec: Field) -> Ints:
    """The field of every message; `at` is where each message's fixed part begins."""
    raw = number(data, at + spec.begin, spec.end - spec.begin)
    return (raw >> spec.shift) & ((1 << spec.width) - 1)


def words(data: Octets, at: Ints) -> tuple[Words, Words]:
    """The 16 octets at each offset as two 64-bit words, in the octets' order."""
    pair = rows(data, at, 16).view(np.uint64)
    return pair[:, 0], pair[:, 1]


def rows(data: Octets, at: Ints, width: int) -> Octets:
    """`width` octets from each offset as one (n, width) matrix, copied in one move per frame."""
    window = np.ndarray((len(data) - width + 1,), f"V{width}", data, 0, (1,))
    taken: Octets = window[at].view(np.uint8).reshape(-1, width)
    return taken
