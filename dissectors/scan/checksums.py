"""Reads the checksums of many messages above IPv6 at once (RFC 1071, RFC 8200 8.1).

The one's complement sum does not depend on the order of octets in a word, nor on the word's width,
so 32-bit words are added as they lie in memory. Messages of equal length are added together.
"""

from __future__ import annotations

import sys

import numpy as np

from dissectors.frames import Flags, Ints, Octets
from dissectors.interning import Words
from dissectors.scan import gather

_SIXTEEN = np.uint64(0xFFFF)


def sums(data: Octets, at: Ints, length: Ints) -> Words:
    """Sums of the octets at these offsets, of these lengths; all of them are there."""
    total = np.zeros(len(at), np.uint64)
    for size in np.flatnonzero(np.bincount(length)).tolist():
        rows = np.flatnonzero(length == size)
        words = gather.words(data, at.take(rows), -(-size // 8))
        if size % 8:
            words[:, -1] &= _first(size % 8)
        total[rows] = of_words(words)
    return total


def right(message: Words, addresses: Words, length: Ints, next_header: Ints) -> Flags:
    """Whether messages with these sums, between addresses with these, have a right checksum."""
    total = message + addresses + _swapped(length) + _swapped(next_header)
    # Right is a sum of all ones, which is zero in this arithmetic; all zeros it cannot be.
    out: Flags = total % _SIXTEEN == 0
    return out


def left_out(field: Ints, addresses: Words, length: Ints, next_header: Ints) -> Flags:
    """Whether only the pseudo-header's sum stands in these fields.

    So a host leaves a packet to its network card, which adds up the rest; a capture on that host
    shows the packet before it does.
    """
    pseudo = addresses + _swapped(length) + _swapped(next_header)
    out: Flags = pseudo % _SIXTEEN == _swapped(field) % _SIXTEEN
    return out


def of_words(words: Words) -> Words:
    """Sums of rows of words: below 2^49, and equal to theirs modulo 2^16 - 1."""
    halves = words.view(np.uint32).astype(np.uint64)
    total: Words = np.einsum("ij->i", halves)
    return total


def _swapped(number: Ints) -> Words:
    """Big-endian numbers below 2^32 as the sum of their 16-bit words, lying in memory."""
    return number.astype(">u4").view(np.uint32).astype(np.uint64)


def _first(octets: int) -> np.uint64:
    """A mask for the first octets of a word in memory."""
    return np.uint64(int.from_bytes(b"\xff" * octets + bytes(8 - octets), sys.byteorder))
