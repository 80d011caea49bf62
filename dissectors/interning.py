"""Fixed-width keys to small integers, by an exact hash table in numpy.

Addresses, identities and tunnel flows come by the million and repeat; everything behind the scan
lane works on small integers instead. Open addressing with linear probing, whole batches at once:
every step probes all rows that are not yet settled. Keys that a sender chose to collide end in a
dict, so that they cost no more than that.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, repeat

import numpy as np
from numpy.typing import NDArray

from dissectors.frames import Ints

Words = NDArray[np.uint64]

_GOLDEN = 0x9E3779B97F4A7C15
_ODD = np.array(
    [*accumulate(repeat(_GOLDEN | 1, 64), lambda one, _: one * 0xD1342543DE82EF95 % (1 << 64))],
    np.uint64,
)
"""Multipliers, one for each word of a key: powers of an odd number, so odd as well."""
_HALF = np.uint64(32)
_FIRST_BITS = 16
_MOST_PROBES = 48


class InternTable:
    """Keys of `width` 64-bit words, at most 64; the n-th new key gets the number n."""

    def __init__(self, width: int) -> None:
        self._width = width
        # Rows of 1, 2, 4 or 8 words are compared at once; zeros fill them up.
        self._padded = 1 << (width - 1).bit_length()
        self._odd = _ODD[: self._padded]
        self._count = 0
        self._keys = np.zeros((1024, self._padded), np.uint64)
        self._bits = _FIRST_BITS
        self._slots = np.full(1 << self._bits, -1, np.int32)
        self._crowded: dict[bytes, int] = {}

    def __len__(self) -> int:
        return self._count

    def keys(self, first: int = 0) -> Words:
        """The keys from number `first` on, (n, width) uint64."""
        return self._keys[first : self._count, : self._width]

    def intern(self, words: Sequence[Words]) -> Ints:
        """Numbers of the keys, one per row; words holds `width` columns of equal length."""
        rows = np.zeros((len(words[0]), self._padded), np.uint64)
        for n, column in enumerate(words):
            rows[:, n] = column
        return self._intern(rows)

    def intern_rows(self, keys: Words) -> Ints:
        """The same for (n, width) keys; quick when they are contiguous."""
        if self._padded == self._width:
            return self._intern(np.ascontiguousarray(keys))
        return self.intern([*keys.T])

    def _intern(self, keys: Words) -> Ints:
        if not len(keys):
            return np.zeros(0, np.int64)
        slot = self._slot(keys)
        held = self._slots[slot]
        same = self._same(held, keys)
        numbers = held.astype(np.int64)
        if not same.all():
            todo = np.flatnonzero(~same)
            numbers[todo] = self._probe(keys[todo], slot[todo])
        return numbers

    def _probe(self, keys: Words, slot: Ints) -> Ints:
        """Numbers of keys that are not in their first slot: further along, or new."""
        numbers = np.full(len(keys), -1, np.int64)
        todo = np.arange(len(keys))
        for _ in range(_MOST_PROBES):
            held = self._slots[slot]
            same = self._same(held, keys[todo])
            numbers[todo[same]] = held[same]
            free = held < 0
            grown = bool(free.any()) and self._insert(keys, todo[free], slot[free])
            todo, slot, free = todo[~same], slot[~same], free[~same]
            if not len(todo):
                return numbers
            if grown:
                slot = self._slot(keys[todo])
            else:
                # Who found a free slot looks at it again: it holds its key now, or another's.
                slot = np.where(free, slot, (slot + 1) & (len(self._slots) - 1))
        for row in todo.tolist():
            numbers[row] = self._crowd(keys[row])
        return numbers

    def _insert(self, keys: Words, rows: Ints, slots: Ints) -> bool:
        """Fill each free slot with one of the rows that want it; True if the table grew after."""
        # Written backwards, the first row of each slot wins, so numbers follow file order.
        self._slots[slots[::-1]] = -2 - rows[::-1]
        winner = self._slots[slots] == -2 - rows
        first = self._append(keys[rows[winner]])
        self._slots[slots[winner]] = np.arange(first, self._count)
        if 4 * self._count <= len(self._slots):
            return False
        self._rebuild()
        return True

    def _append(self, keys: Words) -> int:
        """The number of the first of these new keys."""
        first, self._count = self._count, self._count + len(keys)
        while self._count > len(self._keys):
            self._keys = np.concatenate([self._keys, np.zeros_like(self._keys)])
        self._keys[first : self._count] = keys
        return first

    def _crowd(self, key: Words) -> int:
        octets = key.tobytes()
        number = self._crowded.get(octets)
        if number is None:
            number = self._crowded[octets] = self._append(key[None, :])
        return number

    def _rebuild(self) -> None:
        """Double the slots until an eighth is taken, and place every key again."""
        while 1 << self._bits < 8 * self._count:
            self._bits += 1
        self._slots = np.full(1 << self._bits, -1, np.int32)
        todo = np.arange(self._count)
        slot = self._slot(self._keys[: self._count])
        for _ in range(_MOST_PROBES):
            free = self._slots[slot] < 0
            self._slots[slot[free][::-1]] = todo[free][::-1]
            rest = self._slots[slot] != todo
            todo, slot = todo[rest], (slot[rest] + 1) & (len(self._slots) - 1)
            if not len(todo):
                return
        self._crowded |= {self._keys[n].tobytes(): n for n in todo.tolist()}

    def _slot(self, keys: Words) -> Ints:
        """The slot where a key's search begins."""
        # Addresses vary in their last octets, the high ones of a word: folding brings them down.
        folded = keys >> _HALF
        folded ^= keys
        mixed: Words = folded @ self._odd
        mixed ^= mixed >> _HALF
        mixed *= self._odd[0]
        mixed >>= np.uint64(64 - self._bits)
        return mixed.view(np.int64)

    def _same(self, numbers: NDArray[np.int32], keys: Words) -> NDArray[np.bool_]:
        """Whether the key of each number is the one beside it; no number is no key."""
        width = self._padded
        held = self._keys.view(f"V{8 * width}")[:, 0][numbers].view(np.uint64).reshape(-1, width)
        equal = held == keys
        if width <= 8:
            # As many octets of one as the key has words.
            whole = int.from_bytes(b"\1" * width, "little")
            same = equal.view(f"u{width}")[:, 0] == np.array(whole, f"u{width}")
        else:
            same = equal.all(axis=1)
        out: NDArray[np.bool_] = same & (numbers >= 0)
        return out
