"""Reads the user plane around handoffs and within sessions from its segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from dissectors.frames import Ints
from dissectors.interning import InternTable
from dissectors.scan.kinds import MessageKind
from netmip6scope.correlate.alike import among
from netmip6scope.correlate.bicast import Copies
from netmip6scope.correlate.model import Outcome
from netmip6scope.correlate.timeline import Timeline
from netmip6scope.correlate.user_plane import DOWN, UP, Segments
from netmip6scope.tables.columns import NULL

if TYPE_CHECKING:
    from netmip6scope.correlate.correlator import Correlation

_EVER = (1 << 63) - 1
_MOMENTS = ("last_dl_sar_ns", "first_dl_tar_ns", "last_ul_sar_ns", "first_ul_tar_ns")


def seen_elsewhere(m: dict[str, Ints], segments: Segments, anchors: Ints) -> Ints:
    """By message: the router through which its home address was seen to travel, -1 for none.

    Only for a Binding Update that is the first binding message of its home address, and only a
    router other than the one that it registers.
    """
    via = np.full(len(m["kind"]), -1, np.int64)
    early = np.flatnonzero((segments.since_ns == NULL) & ~np.isin(segments.router, anchors))
    updates = np.flatnonzero(m["kind"] == MessageKind.BU)
    if not len(early) or not len(updates):
        return via
    line = Timeline(segments.address[early], segments.last_ns[early])
    for home in (m["hoa4"], m["hoa"]):
        rows = updates[home[updates] >= 0]
        rows = rows[np.unique(home[rows], return_index=True)[1]]
        key = home[rows].astype(np.int64)
        at = line.before(key, np.full(len(rows), _EVER), now=True) - 1
        # A handful of routers at most: step back over the one that is registered.
        for _ in range(4):
            fits = (at >= 0) & (line.key[at] == key)
            rows, key, at = rows[fits], key[fits], at[fits]
            router = segments.router[early[line.order[at]]]
            other = router != m["coa"][rows]
            via[rows[other]] = router[other]
            rows, key, at = rows[~other], key[~other], at[~other] - 1
    return via


def sessions(
    found: dict[str, Ints],
    segments: Segments,
    copies: Mapping[int, Copies],
    anchors: Ints,
    held_before: Ints,
) -> Ints:
    """Add dl_packets, dl_bytes, ul_packets, ul_bytes: each inner packet once.

    Also hoa_since_ns and hoa4_since_ns, from when on the home addresses' packets are the session's.
    The session that each segment belongs to is returned, -1 for none. held_before: home
    addresses of sessions that left memory.
    """
    count = len(found["mn"])
    since = np.where(found["accepted_ba_ns"] == NULL, found["start_ns"], found["accepted_ba_ns"])
    row = np.tile(np.arange(count), 2)
    address = np.concatenate([found["hoa"], found["hoa4"]])
    known = np.flatnonzero(address >= 0)
    row, address, since = row[known], address[known], np.tile(since, 2)[known]
    line = Timeline(address, since)
    # The first to hold an address has what came before as well.
    first = np.flatnonzero(np.diff(line.key, prepend=-1))
    first = first[~among(line.key[first], held_before)]
    since[line.order[first]] = NULL
    line = Timeline(address, since)
    held_since = np.full(2 * count, NULL)
    held_since[known] = since
    found["hoa_since_ns"], found["hoa4_since_ns"] = np.split(held_since, 2)
    holder = np.full(len(segments.address), -1)
    for way, name in ((DOWN, "dl"), (UP, "ul")):
        mine = np.flatnonzero((segments.direction == way) & ~np.isin(segments.router, anchors))
        held = line.latest(segments.address[mine], segments.since_ns[mine])
        mine, held = mine[held >= 0], held[held >= 0]
        holder[mine] = row[held]
        for column, values in (("packets", segments.packets), ("bytes", segments.octets)):
            found[f"{name}_{column}"] = _sums(row[held], values[mine], count)
        twice = copies[way]
        real = ~np.isin(twice.routers[0], anchors) & ~np.isin(twice.routers[1], anchors)
        held = np.where(real, line.latest(twice.address, twice.since_ns[1]), -1)
        for column, values in (("packets", twice.packets), ("bytes", twice.octets)):
            found[f"{name}_{column}"] -= _sums(row[held[held >= 0]], values[held >= 0], count)
    return holder


def _sums(row: Ints, values: Ints, count: int) -> Ints:
    out = np.zeros(count, np.int64)
    np.add.at(out, row, values)
    return out


class _Stays:
    """Segments by direction, address and router, in time order."""

    def __init__(self, segments: Segments) -> None:
        self._keys = InternTable(3)
        stay = self._number(segments.direction, segments.address, segments.router)
        self._line = Timeline(stay, segments.since_ns)
        self._first_ns = segments.first_ns[self._line.order]
        self._last_ns = segments.last_ns[self._line.order]
        self._packets = np.concatenate([[0], np.cumsum(segments.packets[self._line.order])])

    def _number(self, way: Ints, address: Ints, router: Ints) -> Ints:
        words = [np.asarray(c, np.int64).view(np.uint64) for c in (way, address, router)]
        return self._keys.intern(words)

    def key(self, way: int, address: Ints, router: Ints) -> Ints:
        return self._number(np.full(len(address), way), address, router)

    def first(self, key: Ints, since_ns: Ints, until_ns: Ints) -> Ints:
        """The first packet's time of the segments that begin in [since, until); NULL for none."""
        at, end = self._span(key, since_ns, until_ns)
        return np.where(at < end, self._first_ns[np.minimum(at, len(self._first_ns) - 1)], NULL)

    def last(self, key: Ints, since_ns: Ints, until_ns: Ints) -> Ints:
        """The last packet's time of the segments that begin in [since, until)."""
        at, end = self._span(key, since_ns, until_ns)
        return np.where(at < end, self._last_ns[end - 1], NULL)

    def packets(self, key: Ints, since_ns: Ints, until_ns: Ints) -> Ints:
        """Packets of the segments that begin in [since, until)."""
        at, end = self._span(key, since_ns, until_ns)
        count: Ints = self._packets[np.maximum(at, end)] - self._packets[at]
        return count

    def _span(self, key: Ints, since_ns: Ints, until_ns: Ints) -> tuple[Ints, Ints]:
        return self._line.before(key, since_ns), self._line.before(key, until_ns)


def handoffs(
    found: dict[str, Ints], sessions: dict[str, Ints], segments: Segments, copies: Copies
) -> None:
    """Add what packets did around each complete or reactive handoff; NULL for the others."""
    names = _MOMENTS
    counts = ("bicast_packets", "late_sar_packets")
    for name in (*names, *counts):
        found[name] = np.full(len(found["outcome"]), NULL)
    outcome = found["outcome"]
    rows = np.flatnonzero((outcome == Outcome.COMPLETE) | (outcome == Outcome.REACTIVE))
    for name in counts:
        found[name][rows] = 0
    if not len(rows) or not len(segments.address):
        return
    stays = _Stays(segments)
    bu_ns, ba_ns = found["bu_ns"][rows], found["ba_ns"][rows]
    window_ns = _or(found["window_end_ns"][rows], _EVER)
    torn_ns = _or(found["teardown_ns"][rows], window_ns)
    sar, tar = found["sar"][rows], found["tar"][rows]
    for home in ("hoa", "hoa4"):
        address = sessions[home][found["session"][rows]]
        since_ns = sessions[f"{home}_since_ns"][found["session"][rows]]
        mine = np.flatnonzero(address >= 0)
        if not len(mine):
            continue
        at, address = rows[mine], address[mine]
        for way, last, first in ((DOWN, names[0], names[1]), (UP, names[2], names[3])):
            from_sar = stays.key(way, address, sar[mine])
            from_tar = stays.key(way, address, tar[mine])
            ended = stays.last(from_sar, since_ns[mine], torn_ns[mine])
            began = stays.first(from_tar, bu_ns[mine], window_ns[mine])
            found[last][at] = np.maximum(found[last][at], ended)
            found[first][at] = _earliest(found[first][at], began)
            if way == DOWN:
                late = stays.packets(from_sar, ba_ns[mine], window_ns[mine])
                found["late_sar_packets"][at] += late
    _bicast(found, sessions, rows, window_ns, copies)


def _bicast(
    found: dict[str, Ints],
    sessions: dict[str, Ints],
    rows: Ints,
    window_ns: Ints,
    copies: Copies,
) -> None:
    """Count copies by the latest handoff between the two routers, and take them off the late."""
    if not len(copies.address):
        return
    keys = InternTable(3)

    def key(address: Ints, one: Ints, other: Ints) -> Ints:
        words = (address, np.minimum(one, other), np.maximum(one, other))
        return keys.intern([w.view(np.uint64) for w in words])

    for home in ("hoa", "hoa4"):
        address = sessions[home][found["session"][rows]]
        mine = np.flatnonzero(address >= 0)
        if not len(mine):
            continue
        at = rows[mine]
        pair = key(address[mine], found["sar"][at], found["tar"][at])
        line = Timeline(pair, found["bu_ns"][at])
        since_ns = np.maximum(*copies.since_ns)
        held = line.latest(key(copies.address, *copies.routers), since_ns)
        inside = np.flatnonzero((held >= 0) & (since_ns < window_ns[mine[held]]))
        handoff = at[held[inside]]
        np.add.at(found["bicast_packets"], handoff, copies.packets[inside])
        by_sar = np.where(
            copies.routers[0][inside] == found["sar"][handoff],
            copies.since_ns[0][inside],
            copies.since_ns[1][inside],
        )
        late = by_sar >= found["ba_ns"][handoff]
        np.subtract.at(found["late_sar_packets"], handoff[late], copies.packets[inside[late]])


def clock_errors(found: Correlation, clock: Ints, errors_ns: Sequence[int | None]) -> None:
    """Add clock_error_ns to handoffs: what their times can be wrong by; NULL where unbounded.

    clock: (n,) by message, the clock that told its time; errors_ns: by clock.
    """
    handoffs = found.handoffs
    by_clock = np.array([_EVER if e is None else e for e in errors_ns], np.int64)
    known = np.flatnonzero(found.message_handoff >= 0)
    error = np.zeros(len(handoffs["outcome"]), np.int64)
    np.maximum.at(error, found.message_handoff[known], by_clock[clock[known]])
    # Packets are seen at any point.
    measured = np.zeros(len(error), np.bool_)
    for name in _MOMENTS:
        measured |= handoffs[name] != NULL
    error[measured] = by_clock.max()
    handoffs["clock_error_ns"] = np.where(error == _EVER, NULL, error)


def _or(values: Ints, other: Ints | int) -> Ints:
    return np.where(values == NULL, other, values)


def _earliest(one: Ints, other: Ints) -> Ints:
    return np.where(one == NULL, other, np.where(other == NULL, one, np.minimum(one, other)))
