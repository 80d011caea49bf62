"""Fixed-width keys to small integers, by an exact hash table in numpy.

Addresses and tunnel flows come by the million and repeat; everything behind the scan lane works on
small integers instead. Open addressing with linear probing, whole batches at once: every step
probes all rows that are not yet settled.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dissectors.frames import Ints

Words = NDArray[np.uint64]

_ODD = np.array(
    [0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93,
     0xA0761D6478BD642F, 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3, 0x589965CC75374CC3],
    np.uint64,
)
_HALF = np.uint64(32)


class InternTable:
    """Keys of `width` 64-bit words; the n-th new key gets the number n.

    `keys` (capacity, width) uint64 holds them in that order; `len(table)` of its rows are filled.
    """

    def __init__(self, width: int, capacity: int = 1024) -> None:
        self.width = width
        self._count = 0
        self.keys = np.zeros((capacity, width), np.uint64)
        self._slots = np.full(4 * capacity, -1, np.int64)

    def __len__(self) -> int:
        return self._count

    def intern(self, words: Sequence[Words]) -> Ints:
        """Numbers of the keys, one per row; words holds `width` columns of equal length."""
        out = np.full(len(words[0]), -1, np.int64)
        if not len(out):
            return out
        hashed = self._hash(words)
        todo = np.arange(len(out))
        slot = (hashed & np.uint64(len(self._slots) - 1)).astype(np.int64)
        while len(todo):
            held = self._slots[slot]
            free = held < 0
            same = ~free
            for n, column in enumerate(words):
                same &= self.keys[held, n] == column[todo]
            out[todo[same]] = held[same]
            if free.any():
                grown = self._insert(words, todo[free], slot[free])
                if grown:
                    slot = (hashed[todo] & np.uint64(len(self._slots) - 1)).astype(np.int64)
                    free[:] = True
                rest = ~same
                # Who lost the race for a free slot looks at it again; others move on.
                step = rest & ~free
                slot[step] = (slot[step] + 1) & (len(self._slots) - 1)
            else:
                rest = ~same
                slot[rest] = (slot[rest] + 1) & (len(self._slots) - 1)
            todo, slot = todo[rest], slot[rest]
        return out

    def _insert(self, words: Sequence[Words], rows: Ints, slots: Ints) -> bool:
        """Fill each free slot with one of the rows that want it; True if the table grew after."""
        # Written backwards, the first row of each slot wins, so numbers follow file order.
        self._slots[slots[::-1]] = -2 - rows[::-1]
        winner = self._slots[slots] == -2 - rows
        rows, slots = rows[winner], slots[winner]
        first, self._count = self._count, self._count + len(rows)
        while self._count > len(self.keys):
            self.keys = np.concatenate([self.keys, np.zeros_like(self.keys)])
        for n, column in enumerate(words):
            self.keys[first : self._count, n] = column[rows]
        self._slots[slots] = np.arange(first, self._count)
        if 2 * self._count <= len(self._slots):
            return False
        self._rebuild()
        return True

    def _rebuild(self) -> None:
        """Double the slots until less than a quarter are taken, and place every key again."""
        size = len(self._slots)
        while size < 4 * self._count:
            size *= 2
        self._slots = np.full(size, -1, np.int64)
        todo = np.arange(self._count)
        hashed = self._hash([self.keys[: self._count, n] for n in range(self.width)])
        slot = (hashed & np.uint64(size - 1)).astype(np.int64)
        while len(todo):
            free = self._slots[slot] < 0
            self._slots[slot[free][::-1]] = todo[free][::-1]
            rest = self._slots[slot] != todo
            todo, slot = todo[rest], (slot[rest] + 1) & (size - 1)

    def _hash(self, words: Sequence[Words]) -> Words:
        mixed = words[0] * _ODD[0]
        for n in range(1, self.width):
            mixed = (mixed ^ (mixed >> _HALF) ^ words[n]) * _ODD[n]
        # Network order puts what varies into the high octets; two folds bring it down.
        mixed = (mixed ^ (mixed >> _HALF)) * _ODD[0]
        return mixed ^ (mixed >> _HALF)
