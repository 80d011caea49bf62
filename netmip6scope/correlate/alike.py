"""Numbers for rows that agree in several columns, and membership by number."""

from __future__ import annotations

import numpy as np

from dissectors.frames import Ints
from dissectors.interning import InternTable

_WIDEST = 8
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]


def alike(*columns: Ints) -> Ints:
    """The same number for rows with equal values in all columns; columns: (n,) integers each."""
    words = [np.ascontiguousarray(c, np.int64).view(np.uint64) for c in columns]
    while len(words) > _WIDEST:
        folded = InternTable(_WIDEST).intern(words[:_WIDEST])
        words = [folded.view(np.uint64), *words[_WIDEST:]]
    return InternTable(len(words)).intern(words)


def distinct(numbers: Ints) -> Ints:
    """The numbers in ascending order, each once.

    So does np.unique, but it imports numpy.ma for that, which costs as much as a small capture.
    """
    ordered = np.sort(numbers)
    first = np.ones(len(ordered), np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    out: Ints = ordered[first]
    return out


def among(numbers: Ints, members: Ints) -> Flags:
    """Which of the numbers are members; both count things, so that -1 is nothing."""
    size = max(int(numbers.max(initial=0)), int(members.max(initial=0))) + 2
    table = np.zeros(size, np.bool_)
    table[members[members >= 0]] = True
    out: Flags = table[numbers]  # -1 takes the last entry, which nothing sets
    return out
