"""Several capture points as one capture: clocks aligned, what was seen twice kept once.

Captures are read twice. The first time only signalling is kept: it shows how the clocks differ
(`correlate.clocks`), and its earliest observations are the messages. The second time tunnelled
packets pass by in aligned time, a bounded stretch of it at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dissectors.frames import FrameBatch, Ints
from dissectors.scan.batch import MessageBatch, Scanned, TunnelBatch
from dissectors.scan.lane import Scanner
from netmip6scope.correlate import clocks
from netmip6scope.correlate.alike import alike
from netmip6scope.correlate.clocks import Clock

NEAR_NS = 1_000_000_000
"""How long a message or packet may be on its way between two points."""

Batches = Iterator[FrameBatch]


@dataclass(frozen=True, slots=True)
class Seen:
    """All messages of all points, each once, in time order, times being the reference clock's."""

    messages: MessageBatch
    points: list[str]
    point: Ints
    """(n,) index into `points`."""
    clock: Ints
    """(n,) number of the clock that told the time."""
    file: Ints
    """(n,) which of the files it was read from."""
    clocks: list[Clock]
    end_ns: int
    kept: Ints
    """(n,) which observation each message is, counted over all files in their order."""


def signalling(
    files: Sequence[Callable[[], Batches]],
    clock_of: list[int],
    scan: Callable[[FrameBatch], Scanned],
) -> Seen:
    """Read all files for their messages; clock_of: each file's clock, 0 the reference."""
    none = np.zeros(0, np.int64)
    parts = [MessageBatch.blank(0)]
    points: list[str] = []
    point, file = [none], [none]
    ends: list[tuple[int, int]] = []
    for place, (number, batches) in enumerate(zip(clock_of, files, strict=True)):
        for batch in batches():
            m = scan(batch).messages
            codes = [_code(points, i.point) for i in batch.interfaces]
            parts.append(m)
            point.append(np.array(codes, np.int64)[m.interface])
            file.append(np.full(len(m), place))
            ends.append((number, int(batch.time_ns.max())))
    columns = {name: np.concatenate([getattr(m, name) for m in parts]) for name in _NAMES}
    where, from_file = np.concatenate(point), np.concatenate(file)
    by = np.array(clock_of, np.int64)[from_file]
    found = clocks.align(columns, by, max(clock_of) + 1)
    columns["time_ns"] = _aligned(columns["time_ns"], by, found)
    kept = clocks.observations(columns, by, columns["time_ns"], nearness_ns(found))
    messages = MessageBatch(*[columns[name][kept] for name in _NAMES])
    last = [int(found[n].aligned(np.array([t]))[0]) for n, t in ends]
    end_ns = max(last, default=0)
    return Seen(messages, points, where[kept], by[kept], from_file[kept], found, end_ns, kept)


def nearness_ns(found: Sequence[Clock]) -> int:
    """How far apart two points may see one message, by these clocks."""
    return NEAR_NS + 2 * max((c.error_ns or 0) for c in found)


_NAMES = MessageBatch.__slots__


def _code(points: list[str], name: str) -> int:
    if name not in points:
        points.append(name)
    return points.index(name)


def _aligned(time_ns: Ints, clock: Ints, found: list[Clock]) -> Ints:
    out = time_ns.copy()
    for number, each in enumerate(found):
        out[clock == number] = each.aligned(time_ns[clock == number])
    return out


def user_plane(
    files: Sequence[Callable[[], Batches]], clock_of: list[int], scanner: Scanner, seen: Seen
) -> Iterator[Scanned]:
    """Read all files again: stretches of aligned time with their messages and their packets."""
    streams = [
        _tunnels(batches(), number, scanner, seen.clocks[number])
        for batches, number in zip(files, clock_of, strict=True)
    ]
    at = 0
    once = Once()
    for packets in stretches(streams):
        tunnels = _batch(packets[:, once.fresh(packets)])
        upto = int(tunnels.time_ns[-1]) if len(tunnels) else None
        end = at if upto is None else int(np.searchsorted(seen.messages.time_ns, upto, "right"))
        yield Scanned(
            _slice(seen.messages, at, end),
            tunnels,
            np.zeros(0, np.int64),
            scanner.names,
            scanner.addresses,
        )
        at = end
    none = _batch(np.zeros((6, 0), np.int64))
    rest = _slice(seen.messages, at, len(seen.messages))
    yield Scanned(rest, none, np.zeros(0, np.int64), scanner.names, scanner.addresses)


def _slice(m: MessageBatch, begin: int, end: int) -> MessageBatch:
    return MessageBatch(*[getattr(m, name)[begin:end] for name in _NAMES])


Packets = Ints
"""(6, n): clock, frame, time_ns, flow, length, digest. Rows of the caller's may follow."""


def _tunnels(batches: Batches, number: int, scanner: Scanner, clock: Clock) -> Iterator[Packets]:
    for batch in batches:
        t = scanner.scan(batch).tunnels
        times = clock.aligned(t.time_ns)
        digest = t.digest.view(np.int64)
        yield np.stack([np.full(len(t), number), t.frame, times, t.flow, t.length, digest])


def stretches(streams: list[Iterator[Packets]], disorder_ns: int = NEAR_NS) -> Iterator[Packets]:
    """Packets of all streams in time order, as far as every stream has been read.

    disorder_ns: how long one may stand behind a later one of its stream and still find its place.
    """
    held: dict[int, Packets] = {}
    read_ns = [-(1 << 63)] * len(streams)
    open_streams = set(range(len(streams)))
    while open_streams:
        behind = min(open_streams, key=lambda n: (read_ns[n], n))
        more = next(streams[behind], None)
        if more is None:
            open_streams.discard(behind)
        elif more.shape[1]:
            earlier = held.get(behind)
            held[behind] = more if earlier is None else np.concatenate([earlier, more], axis=1)
            read_ns[behind] = max(read_ns[behind], int(more[2].max()))
        horizon = min((read_ns[n] for n in open_streams), default=1 << 62) - disorder_ns
        ready = []
        for n, packets in sorted(held.items()):
            early = packets[2] <= horizon
            if early.any():
                ready.append(packets[:, early])
                held[n] = packets[:, ~early]
        if ready:
            stretch = np.concatenate(ready, axis=1)
            yield stretch[:, np.lexsort((stretch[1], stretch[0], stretch[2]))]


class Once:
    """Tells packets that another point saw before."""

    def __init__(self) -> None:
        self._before = np.zeros((6, 0), np.int64)

    def fresh(self, packets: Packets) -> NDArray[np.bool_]:
        """Which of a stretch's packets are new; what the last second held counts as seen."""
        known = self._before.shape[1]
        every = np.concatenate([self._before, packets[:6]], axis=1)
        clock, _, time_ns, flow, length, digest = every
        same = alike(flow, length, digest)
        order = np.lexsort((time_ns, clock, same))
        edge = np.diff(same[order], prepend=-1) | np.diff(clock[order], prepend=-1)
        run = np.flatnonzero(edge)
        rank = np.empty(len(order), np.int64)
        sizes = np.diff(np.append(run, len(order)))
        rank[order] = np.arange(len(order)) - np.repeat(run, sizes)
        order = np.lexsort((time_ns, rank, same))
        again = (np.diff(same[order], prepend=-1) == 0) & (np.diff(rank[order], prepend=-1) == 0)
        again &= np.diff(time_ns[order], prepend=0) <= NEAR_NS
        fresh = np.ones(len(order), np.bool_)
        fresh[order[again]] = False
        # Observations of one packet are forgotten together, else the ranks of those that are alike
        # would no longer agree.
        first = np.flatnonzero(np.diff(same[order], prepend=-1) | np.diff(rank[order], prepend=-1))
        latest = np.maximum.reduceat(time_ns[order], first)
        size = np.diff(np.append(first, len(order)))
        recent = np.empty(len(order), np.bool_)
        recent[order] = np.repeat(latest >= int(time_ns[-1]) - NEAR_NS, size)
        self._before = every[:, recent]
        return fresh[known:]


def _batch(packets: Packets) -> TunnelBatch:
    _, frame, time_ns, flow, length, digest = packets
    return TunnelBatch(frame, time_ns, flow, length, digest.view(np.uint64))
