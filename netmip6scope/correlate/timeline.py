"""Rows under keys in time order, and where a moment falls among them."""

from __future__ import annotations

import numpy as np

from dissectors.frames import Ints


class Timeline:
    """Rows sorted by key, then time. Keys are 0 or more and small enough to be numbers of things.

    key, time_ns: (n,) int64. `order` sorts the caller's columns alike.
    """

    def __init__(self, key: Ints, time_ns: Ints) -> None:
        self.order: Ints = np.lexsort((time_ns, key))
        self.key: Ints = key[self.order]
        self._times = np.sort(time_ns)
        self._rank = np.searchsorted(self._times, time_ns[self.order], "left")
        # Rows of key k stand from _first[k + 1] to _first[k + 2], so that -1 is no key.
        self._most = int(key.max(initial=-1)) + 1
        counts = np.bincount(key, minlength=self._most + 1)
        self._first = np.concatenate([[0, 0], np.cumsum(counts)])
        self._bits = int(counts.max(initial=0)).bit_length()

    def before(self, key: Ints, time_ns: Ints, *, now: bool = False) -> Ints:
        """How many rows stand before each moment of its key, those of other keys counted in.

        now: rows of that very moment stand before it.
        """
        passed = np.searchsorted(self._times, time_ns, "right" if now else "left")
        place = np.minimum(key, self._most) + 1
        at, end = self._first.take(place), self._first.take(place + 1)
        # A binary search among the rows of each key, all keys at once.
        for bit in reversed(range(self._bits)):
            probe = at + (1 << bit)
            earlier = self._rank.take(np.minimum(probe, len(self._rank)) - 1) < passed
            at = np.where((probe <= end) & earlier, probe, at)
        return at

    def latest(self, key: Ints, time_ns: Ints, *, now: bool = True) -> Ints:
        """The caller's row of the same key that came last before each moment; -1 for none."""
        return self._row(self.before(key, time_ns, now=now) - 1, key)

    def next(self, key: Ints, time_ns: Ints) -> Ints:
        """The caller's row of the same key that comes first after each moment; -1 for none."""
        return self._row(self.before(key, time_ns, now=True), key)

    def _row(self, at: Ints, key: Ints) -> Ints:
        inside = (at >= 0) & (at < len(self.key))
        if not len(self.key):
            return np.full(len(key), -1, np.int64)
        at = np.where(inside, at, 0)
        return np.where(inside & (self.key.take(at) == key), self.order.take(at), -1)
