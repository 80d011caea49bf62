"""What leaves memory of captures that do not end, and how the numbers of what stays go on.

A session leaves as a whole: its messages, handoffs, findings and packets. So the tables of what
stays are those of all, without the rows of what left. Addresses and identities that nothing names
any more leave with it, and the others get new numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from dissectors.frames import Flags, Ints
from netmip6scope.correlate.alike import distinct
from netmip6scope.correlate.model import State
from netmip6scope.correlate.moved import Moved
from netmip6scope.correlate.timeline import Timeline
from netmip6scope.correlate.user_plane import Segments

if TYPE_CHECKING:
    from netmip6scope.correlate.correlator import Correlation

LEAST_NS = 60_000_000_000
"""What comes before a binding may wait so long for it (`setups`)."""
_NONE = np.zeros(0, np.int64)
_HOMES = ("hoa", "hoa4")


@dataclass(slots=True)
class Left:
    """How many records left, and where among those that stay they stood.

    start_ns, order: of the last of `count` records that stood behind each other; order: how many of
    the messages that stay come before it.
    """

    start_ns: Ints = field(default_factory=lambda: _NONE)
    order: Ints = field(default_factory=lambda: _NONE)
    count: Ints = field(default_factory=lambda: _NONE)

    def numbers(self, records: dict[str, Ints]) -> Ints:
        """The number of each record, which all have counted since the first."""
        size = len(records["start_ns"])
        if not len(self.count):
            return np.arange(1, size + 1)
        earlier: Ints = np.append(0, np.cumsum(self.count))[self._before(records)]
        return np.arange(1, size + 1) + earlier

    def add(self, records: dict[str, Ints], gone: Flags, stay: Ints) -> None:
        """These records leave; stay: the messages that do not."""
        kept = {name: records[name][np.flatnonzero(~gone)] for name in ("start_ns", "order")}
        start_ns = np.append(self.start_ns, records["start_ns"][gone])
        order = np.append(self.order, records["order"][gone])
        count = np.append(self.count, np.ones(int(gone.sum()), np.int64))
        by_start = np.lexsort((order, start_ns))
        self.start_ns, self.order, count = start_ns[by_start], order[by_start], count[by_start]
        # Those without a record that stays between them are one.
        ends = np.unique(np.append(self._before(kept), len(count)))
        ends = ends[ends > 0]
        sums = np.append(0, np.cumsum(count))[ends]
        self.start_ns, self.order = self.start_ns[ends - 1], self.order[ends - 1]
        self.order = np.searchsorted(stay, self.order)
        self.count = np.diff(sums, prepend=0)

    def _before(self, records: dict[str, Ints]) -> Ints:
        """How many entries stand before each of the records, which are in order."""
        size = len(self.start_ns)
        start_ns = np.append(self.start_ns, records["start_ns"])
        order = np.append(self.order, records["order"])
        mine: Flags = np.arange(len(start_ns)) < size
        merged = mine.take(np.lexsort((~mine, order, start_ns)))
        before: Ints = np.cumsum(merged, dtype=np.int64)[~merged]
        return before


@dataclass(slots=True)
class Past:
    """What is still known of sessions that left. Columns of addresses."""

    sessions: Left = field(default_factory=Left)
    handoffs: Left = field(default_factory=Left)
    anchors: Ints = field(default_factory=lambda: _NONE)
    """Home agents and MAPs."""
    serving: Ints = field(default_factory=lambda: _NONE)
    """Routers that registered somebody."""
    held: Ints = field(default_factory=lambda: _NONE)
    """Home addresses, as long as something else names them."""

    def leave(self, found: Correlation, gone: Flags, stay: Ints) -> None:
        """Let sessions go; stay: the messages that do not."""
        self.held = distinct(
            np.concatenate([self.held, *(found.sessions[home][gone] for home in _HOMES)])
        )
        self.held = self.held[self.held >= 0]
        self.handoffs.add(found.handoffs, gone[found.handoffs["session"]], stay)
        self.sessions.add(found.sessions, gone, stay)

    def addresses(self) -> list[Ints]:
        """What it names."""
        return [self.anchors, self.serving]

    def renumber(self, moved: Moved) -> None:
        """Take the new numbers."""
        self.anchors, self.serving = moved.addresses[self.anchors], moved.addresses[self.serving]
        held = moved.addresses[self.held]
        self.held = held[held >= 0]


def holders(sessions: dict[str, Ints], address: Ints, since_ns: Ints) -> Ints:
    """The session that has the packets of an address from a moment on; -1 for none."""
    row = np.tile(np.arange(len(sessions["mn"])), 2)
    homes = np.concatenate([sessions[home] for home in _HOMES])
    begun_ns = np.concatenate([sessions[f"{home}_since_ns"] for home in _HOMES])
    known = np.flatnonzero(homes >= 0)
    held = Timeline(homes[known], begun_ns[known]).latest(address, since_ns)
    return np.where(held >= 0, row[known][held], -1) if len(known) else held


def over(
    found: Correlation, time_ns: Ints, segments: Segments, holder: Ints, before_ns: int
) -> Flags:
    """Which sessions were over at a moment, and silent since, and may leave.

    time_ns: of every message; holder: the session of each segment.
    """
    sessions = found.sessions
    last_ns = np.maximum(sessions["start_ns"], sessions["end_ns"])
    mine = np.flatnonzero(found.message_session >= 0)
    np.maximum.at(last_ns, found.message_session[mine], time_ns[mine])
    mine = np.flatnonzero(holder >= 0)
    np.maximum.at(last_ns, holder[mine], segments.last_ns[mine])
    gone = (sessions["state"] != State.ACTIVE) & (last_ns < before_ns)
    return _behind_nobody(sessions, gone)


def _behind_nobody(sessions: dict[str, Ints], gone: Flags) -> Flags:
    """Those of them that follow no session that stays, of the same node or the same addresses.

    What follows a session says how it ended.
    """
    count = len(gone)
    keys = [sessions["story"], *(sessions[name] for name in ("hoa", "hoa4", "rcoa"))]
    # Stories and addresses are numbers of different things.
    key = np.concatenate([2 * keys[0], *(np.where(k >= 0, 2 * k + 1, -1) for k in keys[1:])])
    row = np.tile(np.arange(count), len(keys))
    by_key = np.lexsort((row, key))
    by_key = by_key[key[by_key] >= 0]
    begins = np.flatnonzero(np.diff(key[by_key], prepend=-1))
    row = row[by_key]
    while True:
        stay = np.where(gone[row], 0, 1)
        earlier: Ints = np.cumsum(stay) - stay
        earlier -= np.repeat(earlier[begins], np.diff(begins, append=len(row)))
        held = np.zeros(count, np.bool_)
        held[row[earlier > 0]] = True
        if not (held & gone).any():
            return gone
        gone = gone & ~held


def staying(found: Correlation, time_ns: Ints, gone: Flags, before_ns: int) -> Ints:
    """The messages that stay: those of sessions that do, and young ones without a session."""
    session = found.message_session
    lone = session < 0
    kept = np.where(lone, time_ns >= before_ns, ~np.append(gone, False)[session])
    return np.flatnonzero(kept)


def staying_packets(holder: Ints, last_ns: Ints, gone: Flags, before_ns: int) -> Flags:
    """The same of packets, by the session that holds them."""
    out: Flags = np.where(holder < 0, last_ns >= before_ns, ~np.append(gone, False)[holder])
    return out
