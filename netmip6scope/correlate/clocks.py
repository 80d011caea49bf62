"""Puts the clocks of several capture points beside each other.

A message that is seen at two points gives their clocks' difference, plus or minus the time that it
was on its way between them: plus for one direction of a pair of nodes, minus for the other, so the
difference lies between the two. A request seen at one point and its reply at another bound it as
well, since no reply comes before its request. All bounds together give for every clock an interval;
its middle is the offset, half its width the error. Clocks that drift are bounded window by window.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dissectors.frames import Ints
from dissectors.scan.kinds import MessageKind
from netmip6scope.correlate.alike import alike
from netmip6scope.correlate.timeline import Timeline

UNBOUND = 1 << 61
"""A bound that nothing was seen for."""
MOST_WINDOWS = 256

_REQUESTS = (int(MessageKind.HO_REQUEST), int(MessageKind.BU))
_REPLIES = (int(MessageKind.HO_RESPONSE), int(MessageKind.BA))

SAME = (
    "kind",
    "src",
    "dst",
    "hoa",
    "coa",
    "hoa4",
    "mn_id",
    "prefix",
    "identifier",
    "seq",
    "status",
    "lifetime_s",
    "flags",
    "length",
    "detail",
)
"""Two observations of one message agree in these columns."""

Columns = dict[str, Ints]


@dataclass(frozen=True, slots=True)
class Clock:
    """How one clock differs from the reference: at `at_ns` of its own time by `offset_ns`.

    Between two such times the offset is interpolated. error_ns: what it can be wrong by, None where
    nothing ties it to the reference. samples: messages seen here and at another point.
    """

    at_ns: Ints
    offset_ns: Ints
    error_ns: int | None
    samples: int

    def aligned(self, time_ns: Ints) -> Ints:
        """Times of this clock as the reference would tell them."""
        first = int(self.offset_ns[0])
        if len(self.at_ns) == 1:
            return time_ns - first
        # Only what the offset varies by goes through floating point: microseconds, not epochs.
        begin = int(self.at_ns[0])
        varies = np.interp(time_ns - begin, self.at_ns - begin, self.offset_ns - first)
        return time_ns - first - np.rint(varies).astype(np.int64)


REFERENCE = Clock(np.zeros(1, np.int64), np.zeros(1, np.int64), 0, 0)
"""The clock that all others are put beside."""


def align(m: Columns, clock: Ints, clocks: int) -> list[Clock]:
    """The clocks 0 to `clocks` - 1 against clock 0; m: columns of all observations."""
    pairs = list(_bounds(m, clock))
    low, high = _tightest(pairs, clocks)
    if (low <= high).all():
        return [_steady(n, low, high, pairs) for n in range(clocks)]
    return _drifting(pairs, clocks)


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Bounds on how far clock `other` is ahead of clock `one`, each with its time in `other`."""

    one: int
    other: int
    at_ns: Ints
    low_ns: Ints
    high_ns: Ints
    samples: int


def _bounds(m: Columns, clock: Ints) -> Iterator[_Bounds]:
    yield from _twice_seen(m, clock)
    yield from _answered(m, clock)


def _twice_seen(m: Columns, clock: Ints) -> Iterator[_Bounds]:
    """From messages that two points saw once each."""
    same = alike(*[m[name] for name in SAME])
    seen = np.unique(clock)
    rows = {int(c): _once(same, np.flatnonzero(clock == c)) for c in seen}
    for one in rows:
        for other in rows:
            if one >= other:
                continue
            _, a, b = np.intersect1d(
                same[rows[one]], same[rows[other]], assume_unique=True, return_indices=True
            )
            a, b = rows[one][a], rows[other][b]
            if len(a):
                ahead = m["time_ns"][b] - m["time_ns"][a]
                src, dst = m["src"][a], m["dst"][a]
                yield from _both_ways(one, other, m["time_ns"][b], ahead, src, dst)


def _once(same: Ints, rows: Ints) -> Ints:
    """Those of the rows whose message occurs once among them."""
    _, first, counts = np.unique(same[rows], return_index=True, return_counts=True)
    once: Ints = rows[first[counts == 1]]
    return once


def _both_ways(
    one: int, other: int, at_ns: Ints, ahead: Ints, src: Ints, dst: Ints
) -> Iterator[_Bounds]:
    """Bounds from each pair of nodes whose messages were seen in both directions.

    In one direction travelling adds to the difference of the clocks, in the other it takes away; so
    the direction that shows more is the one that adds.
    """
    lower, upper = np.minimum(src, dst), np.maximum(src, dst)
    nodes = alike(lower, upper)
    for pair in np.unique(nodes).tolist():
        ways = [
            np.flatnonzero((nodes == pair) & (src == end))
            for end in _ends(lower, upper, nodes, pair)
        ]
        if not all(map(len, ways)):
            continue
        adds, takes = sorted(ways, key=lambda rows: -int(np.median(ahead[rows])))
        for rows, sign in ((adds, 1), (takes, -1)):
            bound = np.full(len(rows), UNBOUND)
            low, high = (-bound, ahead[rows]) if sign > 0 else (ahead[rows], bound)
            yield _Bounds(one, other, at_ns[rows], low, high, len(rows))


def _ends(lower: Ints, upper: Ints, nodes: Ints, pair: int) -> tuple[int, int]:
    at = int(np.flatnonzero(nodes == pair)[0])
    return int(lower[at]), int(upper[at])


def _answered(m: Columns, clock: Ints) -> Iterator[_Bounds]:
    """From requests at one point and their replies at another."""
    asks = np.flatnonzero(np.isin(m["kind"], _REQUESTS))
    tells = np.flatnonzero(np.isin(m["kind"], _REPLIES))
    rows = np.concatenate([asks, tells])
    answers = np.isin(m["kind"][rows], _REPLIES)
    binds = np.isin(m["kind"][rows], (int(MessageKind.BU), int(MessageKind.BA)))
    src, dst = m["src"][rows], m["dst"][rows]
    asker, other = np.where(answers, dst, src), np.where(answers, src, dst)
    number = np.where(binds, m["seq"][rows], m["identifier"][rows])
    asked, told = np.split(alike(binds.astype(np.int64), asker, other, number), [len(asks)])
    for one in np.unique(clock[asks]).tolist():
        mine = asks[clock[asks] == one]
        first = Timeline(asked[clock[asks] == one], m["time_ns"][mine])
        for there in np.unique(clock[tells]).tolist():
            if one == there:
                continue
            replies = tells[clock[tells] == there]
            keys = told[clock[tells] == there]
            found = first.next(keys, np.full(len(keys), -(1 << 62)))
            once = np.isin(keys, keys[_once(keys, np.arange(len(keys)))])
            found = np.where(once, found, -1)
            at = m["time_ns"][replies[found >= 0]]
            high = at - m["time_ns"][mine[found[found >= 0]]]
            if len(at):
                yield _Bounds(one, there, at, np.full(len(at), -UNBOUND), high, 0)


def _tightest(pairs: list[_Bounds], clocks: int) -> tuple[Ints, Ints]:
    """What all bounds together leave for every clock ahead of clock 0: lowest and highest."""
    most = np.full((clocks, clocks), UNBOUND)
    np.fill_diagonal(most, 0)
    for pair in pairs:
        if len(pair.at_ns):
            one, other = pair.one, pair.other
            most[one, other] = min(most[one, other], int(pair.high_ns.min()))
            most[other, one] = min(most[other, one], -int(pair.low_ns.max()))
    for via in range(clocks):
        most = np.minimum(most, np.minimum(most[:, via, None] + most[None, via, :], UNBOUND))
    return -most[:, 0], most[0]


def _steady(number: int, low: Ints, high: Ints, pairs: list[_Bounds]) -> Clock:
    samples = sum(pair.samples for pair in pairs if number in (pair.one, pair.other))
    bottom, top = int(low[number]), int(high[number])
    if bottom <= -UNBOUND and top >= UNBOUND:
        offset, error = 0, None
    elif bottom <= -UNBOUND or top >= UNBOUND:
        offset, error = (top if bottom <= -UNBOUND else bottom), None
    else:
        offset, error = (bottom + top) // 2, -((bottom - top) // 2)
    return Clock(np.zeros(1, np.int64), np.array([offset]), error, samples)


def _drifting(pairs: list[_Bounds], clocks: int) -> list[Clock]:
    """Halve the time until the bounds of every window agree; join the windows' middles."""
    begin = min(int(p.at_ns.min()) for p in pairs)
    end = max(int(p.at_ns.max()) for p in pairs) + 1
    count = 2
    while count < MOST_WINDOWS:
        edges = np.linspace(0, end - begin, count + 1).astype(np.int64) + begin
        windows = [
            _tightest([_within(p, int(a), int(b)) for p in pairs], clocks)
            for a, b in pairwise(edges)
        ]
        if all((low <= high).all() for low, high in windows):
            break
        count *= 2
    middles = (edges[:-1] + edges[1:]) // 2
    out = []
    for number in range(clocks):
        low = np.array([w[0][number] for w in windows])
        high = np.array([w[1][number] for w in windows])
        known = (low > -UNBOUND) & (high < UNBOUND) & (low <= high)
        samples = sum(p.samples for p in pairs if number in (p.one, p.other))
        if not known.any():
            out.append(Clock(np.zeros(1, np.int64), np.zeros(1, np.int64), None, samples))
            continue
        offset = (low[known] + high[known]) // 2
        error = int(((high[known] - low[known] + 1) // 2).max())
        steps = np.abs(np.diff(offset))
        error += int(steps.max(initial=0)) // 2
        out.append(Clock(middles[known], offset, error, samples))
    return out


def _within(pair: _Bounds, begin: int, end: int) -> _Bounds:
    rows = np.flatnonzero((pair.at_ns >= begin) & (pair.at_ns < end))
    return _Bounds(
        pair.one,
        pair.other,
        pair.at_ns[rows],
        pair.low_ns[rows],
        pair.high_ns[rows],
        len(rows),
    )


def observations(m: Columns, clock: Ints, aligned_ns: Ints, near_ns: int) -> Ints:
    """Rows of the earliest observation of every message, in time order.

    The k-th occurrence of a message at one point is the k-th at another, if they are near in time.
    """
    same = alike(*[m[name] for name in SAME])
    order = np.lexsort((aligned_ns, clock, same))
    run = np.flatnonzero(np.diff(same[order], prepend=-1) | np.diff(clock[order], prepend=-1))
    place = np.arange(len(order)) - np.repeat(run, np.diff(np.append(run, len(order))))
    rank = np.empty(len(order), np.int64)
    rank[order] = place
    order = np.lexsort((clock, aligned_ns, rank, same))
    follows = (np.diff(same[order], prepend=-1) == 0) & (np.diff(rank[order], prepend=-1) == 0)
    follows &= np.diff(aligned_ns[order], prepend=0) <= near_ns
    kept = order[~follows]
    ordered: Ints = kept[np.lexsort((kept, aligned_ns[kept]))]
    return ordered
