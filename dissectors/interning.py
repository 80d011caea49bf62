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
_AT_ONCE = 1 << 17
"""Rows looked up together, so that what a million need for it is not there at once."""


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
        numbers = np.empty(len(words[0]), np.int64)
        for first in range(0, len(numbers), _AT_ONCE):
            some = slice(first, first + _AT_ONCE)
            rows = np.zeros((len(numbers[some]), self._padded), np.uint64)
            for n, column in enumerate(words):
                rows[:, n] = column[some]
            numbers[some] = self._intern(rows)
        return numbers

    def intern_rows(self, keys: Words) -> Ints:
        """The same for (n, width) keys; quick when they are contiguous."""
        if self._padded != self._width or len(keys) > _AT_ONCE:
            return self.intern([*keys.T])
        return self._intern(np.ascontiguousarray(keys))

    def _intern(self, keys: Words) -> Ints:
        if not len(keys):
            return np.zeros(0, np.int64)
        slot = self._slot(keys)
        held = self._slots.take(slot)
        same = self._same(held, keys)
        numbers = held.astype(np.int64)
        if not same.all():
            todo = np.flatnonzero(~same)
            rest = keys.take(todo, 0), slot.take(todo), held.take(todo)
            numbers[todo] = self._probe(*rest)
        return numbers

    def _probe(self, keys: Words, slot: Ints, held: NDArray[np.int32]) -> Ints:
        """Numbers of keys that are not in their first slot, which holds `held`."""
        numbers = np.empty(len(keys), np.int64)
        todo = np.arange(len(keys))
        for _ in range(_MOST_PROBES):
            # Who lost a free slot looks at it again: it may hold the same key now.
            slot = np.where(held < 0, slot, (slot + 1) & (len(self._slots) - 1))
            held = self._slots.take(slot)
            same = self._same(held, keys)
            free = np.flatnonzero(held < 0)
            if len(free):
                won = free.take(self._claim(slot.take(free)))
                held[won] = self._slots[slot.take(won)] = self._append(keys.take(won, 0))
                same[won] = True
            numbers[todo] = held
            left = np.flatnonzero(~same)
            todo, keys = todo.take(left), keys.take(left, 0)
            slot, held = slot.take(left), held.take(left)
            if 4 * self._count > len(self._slots):
                self._rebuild()
                slot, held = self._slot(keys), np.full(len(keys), -1, np.int32)
            if not len(todo):
                return numbers
        for row, key in zip(todo.tolist(), keys, strict=True):
            numbers[row] = self._crowd(key)
        return numbers

    def _claim(self, slots: Ints) -> Ints:
        """Which of those who want a free slot get it: of several the first."""
        self._slots[slots[::-1]] = np.arange(-1 - len(slots), -1)
        return np.flatnonzero(self._slots.take(slots) == np.arange(-2, -2 - len(slots), -1))

    def _append(self, keys: Words) -> Ints:
        """Numbers for new keys."""
        first, self._count = self._count, self._count + len(keys)
        while self._count > len(self._keys):
            self._keys = np.concatenate([self._keys, np.zeros_like(self._keys)])
        self._keys[first : self._count] = keys
        return np.arange(first, self._count)

    def _crowd(self, key: Words) -> int:
        octets = key.tobytes()
        number = self._crowded.get(octets)
        if number is None:
            number = self._crowded[octets] = int(self._append(key[None, :])[0])
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
        equal = self._keys.take(numbers, 0) == keys
        if width <= 8:
            # As many octets of one as the key has words.
            whole = int.from_bytes(b"\1" * width, "little")
            same = equal.view(f"u{width}")[:, 0] == np.array(whole, f"u{width}")
        else:
            same = equal.all(axis=1)
        out: NDArray[np.bool_] = same & (numbers >= 0)
        return out
