"""Reads fields out of many frames at once: one move of octets per frame, whatever their size."""

from __future__ import annotations

import numpy as np

from dissectors.frames import Ints, Octets
from dissectors.interning import Words
from dissectors.layout import Field


def rows(data: Octets, at: Ints, width: int) -> Octets:
    """`width` octets from each offset, (n, width)."""
    window = np.ndarray((len(data) - width + 1,), f"V{width}", data, 0, (1,))
    taken: Octets = window[at].view(np.uint8).reshape(-1, width)
    return taken


def some(matrix: Octets, mine: Ints) -> Octets:
    """These rows of a matrix, each moved as a whole."""
    width = matrix.shape[1]
    if len(mine) == len(matrix):
        return matrix
    taken: Octets = matrix.view(f"V{width}")[:, 0][mine].view(np.uint8).reshape(-1, width)
    return taken


def number(data: Octets, at: Ints, octets: int) -> Ints:
    """Big-endian unsigned integers of `octets` octets (1 to 8) at each offset."""
    # Octet by octet: a gather of single octets is much faster than one of unaligned words.
    out = data.take(at).astype(np.int64)
    for k in range(1, octets):
        out <<= 8
        out |= data.take(at + k)
    return out


def field(data: Octets, at: Ints, spec: Field) -> Ints:
    """The field of every message; `at` is where each message's fixed part begins."""
    raw = number(data, at + spec.begin, spec.end - spec.begin)
    return (raw >> spec.shift) & ((1 << spec.width) - 1)


def words(data: Octets, at: Ints, count: int) -> Words:
    """`count` 64-bit words from each offset, (n, count), in the octets' order."""
    return rows(data, at, 8 * count).view(np.uint64)
