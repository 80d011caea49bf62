"""Reads the checksums of many messages above IPv6 at once (RFC 1071, RFC 8200 8.1).

The one's complement sum does not depend on the order of octets in a word, nor on the word's width,
so 64-bit words are added as they lie in memory. Messages of equal length are added together.
"""

from __future__ import annotations

import sys

import numpy as np

from dissectors.frames import Flags, Ints, Octets
from dissectors.interning import Words
from dissectors.scan import gather

_HALF = np.uint64(32)
_SIXTEEN = np.uint64(0xFFFF)


def right(
    data: Octets, at: Ints, length: Ints, source: Ints, destination: Ints, next_header: Ints
) -> Flags:
    """Whether the checksums of the messages at these offsets, of these lengths, are right.

    source, destination: offsets of the pseudo-header's addresses. All octets are there.
    """
    total = _sum(gather.words(data, source, 2)) + _sum(gather.words(data, destination, 2))
    total += _swapped(length) + _swapped(next_header)
    for size in np.flatnonzero(np.bincount(length)).tolist():
        rows = np.flatnonzero(length == size)
        words = gather.words(data, at[rows], -(-size // 8))
        if size % 8:
            words[:, -1] &= _first(size % 8)
        total[rows] += _sum(words)
    # Two words of zeros are equal in one's complement; of all ones is the sum that is right.
    out: Flags = total % _SIXTEEN == 0
    return out


def _sum(words: Words) -> Words:
    """Sums of rows below 2^64, equal to theirs modulo 2^16 - 1."""
    ones = np.ones(words.shape[1], np.uint64)
    high = (words >> _HALF) @ ones
    # What the sum modulo 2^64 lacks of the high halves' share is the low halves'.
    low = words @ ones - (high << _HALF)
    return high + low


def _swapped(number: Ints) -> Words:
    """Big-endian numbers below 2^32 as the sum of their 16-bit words, lying in memory."""
    return number.astype(">u4").view(np.uint32).astype(np.uint64)


def _first(octets: int) -> np.uint64:
    """A mask for the first octets of a word in memory."""
    return np.uint64(int.from_bytes(b"\xff" * octets + bytes(8 - octets), sys.byteorder))
