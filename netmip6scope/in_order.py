"""Frames of several files in one order of time, with their octets.

All clocks are aligned. A reader's octets are valid until its next batch, so those of frames that
wait for an earlier one of another file are copied; no more than a stretch of them waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from dissectors.frames import FrameBatch, Interface, Ints
from dissectors.scan.batch import TunnelBatch
from netmip6scope import points
from netmip6scope.correlate.clocks import Clock

_NO_FLOW = -1
_DISORDER_NS = 100_000_000
"""So much of every file waits, octets and all: capturing on several queues needs no more."""


class Picked(NamedTuple):
    """Frames of a batch: rows in it, a mark for each, and those that are tunnelled packets."""

    row: Ints
    mark: Ints
    tunnels: TunnelBatch


class Frame(NamedTuple):
    """One frame; `mark` is the picker's, time_ns the reference clock's."""

    file: int
    number: int
    clock: int
    time_ns: int
    wirelen: int
    interface: Interface
    mark: int
    octets: bytes


Batches = Iterator[FrameBatch]
Pick = Callable[[int, FrameBatch], Picked]
"""File and batch to what is wanted of it."""


def in_order(
    files: Sequence[Callable[[], Batches]],
    clock_of: Sequence[int],
    clocks: Sequence[Clock],
    pick: Pick,
) -> Iterator[Frame]:
    """The frames picked; a tunnelled packet that several points saw comes once."""
    kept = _Octets()
    streams = [
        _rows(file, batches(), clock_of[file], clocks[clock_of[file]], pick, kept)
        for file, batches in enumerate(files)
    ]
    once = points.Once() if len(clocks) > 1 else None
    for stretch in points.stretches(streams, _DISORDER_NS):
        again = np.zeros(stretch.shape[1], np.bool_)
        packets = np.flatnonzero(stretch[3] != _NO_FLOW)
        if once is not None and len(packets):
            again[packets] = ~once.fresh(stretch[:, packets])
        for row, drop in zip(stretch.T.tolist(), again.tolist(), strict=True):
            clock, number, time_ns, _, _, _, file, place, wirelen, mark = row
            octets, interface = kept.take(place)
            if not drop:
                yield Frame(file, number, clock, time_ns, wirelen, interface, mark, octets)


class _Octets:
    """What waits: octets and interface of each frame, by a number."""

    def __init__(self) -> None:
        self._waiting: dict[int, tuple[bytes, Interface]] = {}
        self._next = 0

    def keep(self, batch: FrameBatch, rows: Ints) -> Ints:
        """Copy these frames; (n,) their numbers."""
        first = self._next
        interfaces = batch.interface[rows].tolist()
        for row, interface in zip(rows.tolist(), interfaces, strict=True):
            self._waiting[self._next] = batch.frame(row), batch.interfaces[interface]
            self._next += 1
        return np.arange(first, self._next)

    def take(self, number: int) -> tuple[bytes, Interface]:
        return self._waiting.pop(number)


def _rows(
    file: int, batches: Batches, number: int, clock: Clock, pick: Pick, kept: _Octets
) -> Iterator[points.Packets]:
    """The picked frames of one file, as `points` has packets, with three rows of ours."""
    for batch in batches:
        row, mark, tunnels = pick(file, batch)
        n = len(row)
        flow, length, digest = np.full((3, n), _NO_FLOW)
        frame = batch.first_frame + row
        at = np.searchsorted(frame, tunnels.frame)
        flow[at], length[at] = tunnels.flow, tunnels.length
        digest[at] = tunnels.digest.view(np.int64)
        time_ns = clock.aligned(batch.time_ns[row])
        ours = np.full(n, file), kept.keep(batch, row), batch.wirelen[row], mark
        yield np.stack([np.full(n, number), frame, time_ns, flow, length, digest, *ours])
