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
        self._step = len(key) + 1
        rank = np.searchsorted(self._times, time_ns[self.order], "left")
        self._placed = self.key * self._step + rank

    def before(self, key: Ints, time_ns: Ints, *, now: bool = False) -> Ints:
        """How many rows stand before each moment of its key, those of other keys counted in.

        now: rows of that very moment stand before it.
        """
        passed = np.searchsorted(self._times, time_ns, "right" if now else "left")
        return np.searchsorted(self._placed, key * self._step + passed, "left")

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
        return np.where(inside & (self.key[at] == key), self.order[at], -1)
