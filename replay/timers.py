"""Deadlines by key; the earliest is found without looking at all."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from heapq import heappop, heappush
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Timers(Generic[K]):
    """One deadline per key. Of equal deadlines the one that was set first comes first."""

    __slots__ = ("_deadlines", "_heap", "_serial")

    def __init__(self) -> None:
        self._deadlines: dict[K, tuple[int, int]] = {}
        self._heap: list[tuple[int, int, K]] = []
        self._serial = 0

    def set(self, key: K, deadline_ns: int | None) -> None:
        """Set, move, or with None take away the key's deadline."""
        known = self._deadlines.get(key)
        if deadline_ns is None:
            self._deadlines.pop(key, None)
        elif known is None or known[0] != deadline_ns:
            self._serial += 1
            self._deadlines[key] = deadline_ns, self._serial
            heappush(self._heap, (deadline_ns, self._serial, key))

    def next_ns(self) -> int | None:
        """The earliest deadline."""
        heap = self._heap
        while heap and self._deadlines.get(heap[0][2]) != heap[0][:2]:
            heappop(heap)
        return heap[0][0] if heap else None

    def due(self, now_ns: int) -> Iterator[K]:
        """Keys whose deadline has come, each taken away as it is given."""
        while (first_ns := self.next_ns()) is not None and first_ns <= now_ns:
            key = heappop(self._heap)[2]
            del self._deadlines[key]
            yield key
