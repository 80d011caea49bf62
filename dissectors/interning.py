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
    [
        0x9E3779B97F4A7C15,
        0xBF58476D1CE4E5B9,
        0x94D049BB133111EB,
        0xD6E8FEB86659FD93,
        0xA0761D6478BD642F,
        0xE7037ED1A0B428DB,
        0x8EBC6AF09C88C6E3,
        0x589965CC75374CC3,
    ],
    np.uint64,
)
_HALF = np.uint64(32)


class InternTable:
    """Keys of `width` 64-bit words; the n-th new key gets the number n."""

    def __init__(self, width: int, capacity: int = 1024) -> None:
        self.width = width
        self._count = 0
        self._columns = [np.zeros(capacity, np.uint64) for _ in range(width)]
        self._slots = np.full(4 * capacity, -1, np.int64)

    def __len__(self) -> int:
        return self._count

    def keys(self, first: int = 0) -> Words:
        """The keys from number `first` on, (n, width) uint64."""
        return np.stack([c[first : self._count] for c in self._columns], axis=1)

    def column(self, word: int) -> Words:
        """One word of every key, by number."""
        return self._columns[word]

    def key(self, number: int) -> tuple[int, ...]:
        """The words of one key."""
        return tuple(int(c[number]) for c in self._columns)

    def intern(self, words: Sequence[Words]) -> Ints:
        """Numbers of the keys, one per row; words holds `width` columns of equal length."""
        if not len(words[0]):
            return np.zeros(0, np.int64)
        hashed = self._hash(words)
        out = self._slots[(hashed & np.uint64(len(self._slots) - 1)).view(np.int64)]
        same = out >= 0
        for mine, column in zip(self._columns, words, strict=True):
            same &= mine.take(out, mode="wrap") == column
        if not same.all():
            self._probe(words, hashed, np.flatnonzero(~same), out)
        return out

    def _probe(self, words: Sequence[Words], hashed: Words, todo: Ints, out: Ints) -> None:
        """Settle the rows that their first slot did not: new keys, and keys further along."""
        slot = (hashed[todo] & np.uint64(len(self._slots) - 1)).view(np.int64)
        while len(todo):
            held = self._slots[slot]
            free = held < 0
            same = ~free
            for mine, column in zip(self._columns, words, strict=True):
                same &= mine.take(held, mode="wrap") == column[todo]
            out[todo[same]] = held[same]
            if free.any() and self._insert(words, todo[free], slot[free]):
                todo = todo[~same]
                slot = (hashed[todo] & np.uint64(len(self._slots) - 1)).view(np.int64)
                continue
            # Who found a free slot looks at it again: it holds its key now, or another's.
            slot = np.where(free, slot, (slot + 1) & (len(self._slots) - 1))
            todo, slot = todo[~same], slot[~same]

    def _insert(self, words: Sequence[Words], rows: Ints, slots: Ints) -> bool:
        """Fill each free slot with one of the rows that want it; True if the table grew after."""
        # Written backwards, the first row of each slot wins, so numbers follow file order.
        self._slots[slots[::-1]] = -2 - rows[::-1]
        winner = self._slots[slots] == -2 - rows
        rows, slots = rows[winner], slots[winner]
        first, self._count = self._count, self._count + len(rows)
        while self._count > len(self._columns[0]):
            self._columns = [np.concatenate([c, np.zeros_like(c)]) for c in self._columns]
        for mine, column in zip(self._columns, words, strict=True):
            mine[first : self._count] = column[rows]
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
        hashed = self._hash([c[: self._count] for c in self._columns])
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
        folded: Words = mixed ^ (mixed >> _HALF)
        return folded
