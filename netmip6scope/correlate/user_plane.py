"""The user plane of every mobile node, kept as totals so that memory does not grow with traffic.

A *stay* is what one inner address sends or gets through the tunnels of one router. Its packets are
summed from one Binding Update or Acknowledgement of that address to the next: such a sum is a
*segment*. Whatever a table asks of the user plane begins and ends at binding messages, so segments
answer it, and there are no more of them than signalling makes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from dissectors.frames import Flags, Ints
from dissectors.scan.batch import MessageBatch, TunnelBatch
from dissectors.scan.kinds import MessageKind
from dissectors.scan.tunnels import Tunnels
from netmip6scope.correlate.alike import distinct
from netmip6scope.correlate.bicast import BicastPairs, Copies
from netmip6scope.correlate.moved import Moved
from netmip6scope.correlate.timeline import Timeline
from netmip6scope.tables.columns import NULL

DOWN, UP = 0, 1
_BLANK = np.array([[0], [0], [(1 << 63) - 1], [NULL]])
"""Packets, octets, first and last time of a segment without packets."""
MAP_FLAG = 0x0800
"""M in the flags of a Binding Update (RFC 4140 4.1)."""


@dataclass(frozen=True, slots=True)
class Segments:
    """All (n,) int64. since_ns: the binding message that it begins at, NULL before the first."""

    direction: Ints
    address: Ints
    router: Ints
    since_ns: Ints
    packets: Ints
    octets: Ints
    first_ns: Ints
    last_ns: Ints

    def of_sessions(self, session: Ints) -> dict[str, Ints]:
        """The columns of segments whose `session`, (n,), is not below 0, and that one."""
        rows = np.flatnonzero(session >= 0)
        columns = {name: getattr(self, name)[rows] for name in self.__slots__}
        return {"session": session[rows], **columns}


class UserPlane:
    """Feed it batches in time order; `so_far` gives the segments."""

    def __init__(self, tunnels: Tunnels) -> None:
        self._tunnels = tunnels
        self._numbers: dict[tuple[int, int, int], int] = {}
        self._stays = np.zeros((0, 3), np.int64)
        """Direction, inner address, router."""
        self._stay_of_flow = np.zeros((2, 0), np.int64)
        """(2, flows): the stay that it is downlink to, and the one that it is uplink of."""
        self._open = np.zeros((4, 0), np.int64)
        """Of every stay's open segment: packets, octets, first and last time."""
        self._since_ns = np.full(1024, NULL, np.int64)
        """By address: its latest binding message."""
        self._homes = np.zeros((2, 0), np.int64)
        self._maps = np.zeros(0, np.int64)
        self._closed: list[Ints] = []
        self._copies = {way: BicastPairs() for way in (DOWN, UP)}

    def load(self, batch: TunnelBatch, messages: MessageBatch) -> None:
        """Add a batch: its tunnelled packets, cut where its binding messages stand."""
        self._know_flows()
        address, time_ns = self._bindings(messages)
        if not len(batch):
            if len(address):
                self._since(address)
                self._cut(address, time_ns)
            return
        ends = self._tunnels.ends.take(batch.flow, 0)
        inner = {DOWN: ends[:, 3], UP: ends[:, 2]}
        since = {way: self._since(inner[way]) for way in inner}
        behind = {way: np.zeros(0, np.int64) for way in inner}
        if len(address):
            self._since(address)
            cuts = Timeline(address, time_ns)
            first_ns = _first(address, time_ns, len(self._since_ns))
            for way, mine in inner.items():
                rows = np.flatnonzero(first_ns.take(mine) <= batch.time_ns)
                found = cuts.latest(mine.take(rows), batch.time_ns.take(rows))
                since[way][rows] = time_ns[found]
                behind[way] = rows
                before = np.ones(len(batch), np.bool_)
                before[rows] = False
                self._add(batch, np.flatnonzero(before), way)
            self._cut(address, time_ns)
            for way, rows in behind.items():
                latest = self._since(inner[way][rows]) == since[way][rows]
                self._add(batch, rows[latest], way)
                self._pieces(batch, rows[~latest], way, since[way])
        else:
            for way in inner:
                self._add(batch, np.arange(len(batch)), way)
        flows = self._tunnels.ends.take(np.flatnonzero(np.bincount(batch.flow)), 0)
        # Copies come through tunnels to two ends: uplink those are a MAP and a home agent.
        for way, outside, inside in ((DOWN, 1, 3), (UP, 0, 2)):
            far = flows[:, inside], flows[:, 1]
            self._copies[way].find(batch, inner[way], ends[:, outside], since[way], far)

    def so_far(self) -> tuple[Segments, dict[int, Copies]]:
        """The segments until now, open ones as if they ended here."""
        open_ones = self._closing(np.flatnonzero(self._open[0]))
        rows = np.concatenate([*self._closed, open_ones], axis=1)
        stay = self._stays[rows[0]]
        columns = stay[:, 0], stay[:, 1], stay[:, 2], *rows[1:]
        return Segments(*columns), {way: pairs.so_far() for way, pairs in self._copies.items()}

    def keep(self, segments: Flags, copies: Mapping[int, Flags]) -> None:
        """Let go of the other segments and copies of `so_far`; flows get their numbers anew."""
        closed = np.concatenate([np.zeros((6, 0), np.int64), *self._closed], axis=1)
        count = closed.shape[1]
        closed = closed[:, segments[:count]]
        self._open[:, np.flatnonzero(self._open[0])[~segments[count:]]] = _BLANK
        used = distinct(np.concatenate([closed[0], np.flatnonzero(self._open[0])]))
        closed[0] = np.searchsorted(used, closed[0])
        self._closed = [closed]
        self._stays, self._open = self._stays[used], self._open[:, used]
        self._number_stays()
        self._stay_of_flow = np.zeros((2, 0), np.int64)
        self._tunnels.forget()
        for way, pairs in self._copies.items():
            pairs.keep(copies[way])

    def _number_stays(self) -> None:
        self._numbers = {(w, a, r): n for n, (w, a, r) in enumerate(self._stays.tolist())}

    def addresses(self) -> Iterator[Ints]:
        """Columns of addresses that are still named."""
        yield self._stays[:, 1]
        yield self._stays[:, 2]
        yield self._maps
        for pairs in self._copies.values():
            yield from pairs.addresses()

    def renumber(self, moved: Moved) -> None:
        """Addresses and identities have other numbers."""
        self._stays[:, 1:] = moved.addresses[self._stays[:, 1:]]
        self._number_stays()
        self._maps = moved.addresses[self._maps]
        self._since_ns = moved.by_address(self._since_ns, NULL)
        homes = moved.by_name(self._homes, -1)
        self._homes = np.where(homes >= 0, moved.addresses[homes], -1)
        for pairs in self._copies.values():
            pairs.renumber(moved)

    def _know_flows(self) -> None:
        """Give every new flow its two stays.

        It counts as downlink to its inner destination and as uplink from its inner source; which
        one is real shows when a binding names the address.
        """
        known = self._stay_of_flow.shape[1]
        if known == len(self._tunnels):
            return
        numbers = self._numbers
        number = numbers.setdefault
        new = [
            (number((DOWN, dst, ar), len(numbers)), number((UP, src, other), len(numbers)))
            for other, ar, src, dst in self._tunnels.ends[known:].tolist()
        ]
        grown = np.concatenate([self._stay_of_flow, np.array(new, np.int64).T], axis=1)
        self._stay_of_flow = np.ascontiguousarray(grown)
        fresh = list(self._numbers)[len(self._stays) :]
        if fresh:
            self._stays = np.concatenate([self._stays, np.array(fresh, np.int64)])
            blank = np.tile(_BLANK, len(fresh))
            self._open = np.concatenate([self._open, blank], axis=1)

    def _add(self, batch: TunnelBatch, rows: Ints, way: int) -> None:
        """Add packets to open segments."""
        if not len(rows):
            return
        whole = len(rows) == len(batch)
        flow, time_ns, length = (
            c if whole else c.take(rows) for c in (batch.flow, batch.time_ns, batch.length)
        )
        stay = self._stay_of_flow[way].take(flow)
        packets, octets, first_ns, last_ns = self._open
        size = int(stay.max()) + 1
        packets[:size] += np.bincount(stay, minlength=size)
        # Sums of lengths below 2^53 are exact in the floats that bincount adds with.
        octets[:size] += np.bincount(stay, length, size).astype(np.int64)
        np.maximum.at(last_ns, stay, time_ns)
        np.minimum.at(first_ns, stay, time_ns)

    def _cut(self, address: Ints, time_ns: Ints) -> None:
        """Close the open segments of these addresses; the next begin at their latest message."""
        concerned = np.zeros(len(self._since_ns), np.bool_)
        concerned[address] = True
        self._close(np.flatnonzero(concerned[self._stays[:, 1]] & (self._open[0] > 0)))
        np.maximum.at(self._since_ns, address, time_ns)

    def _close(self, stay: Ints) -> None:
        if len(stay):
            self._closed.append(self._closing(stay))
            self._open[:, stay] = _BLANK

    def _closing(self, stay: Ints) -> Ints:
        """(6, n): the open segments of these stays, as they are kept."""
        return np.stack([stay, self._since(self._stays[stay, 1]), *self._open[:, stay]])

    def _pieces(self, batch: TunnelBatch, rows: Ints, way: int, since_ns: Ints) -> None:
        """Packets between two binding messages of this batch: segments that are closed already."""
        if not len(rows):
            return
        stay, since = self._stay_of_flow[way].take(batch.flow[rows]), since_ns[rows]
        time_ns, length = batch.time_ns[rows], batch.length[rows]
        order = np.lexsort((time_ns, since, stay))
        stay, since, time_ns, length = stay[order], since[order], time_ns[order], length[order]
        differs = (np.diff(stay) != 0) | (np.diff(since) != 0)
        first = np.concatenate([[0], np.flatnonzero(differs) + 1])
        last = np.append(first[1:], len(stay)) - 1
        octets = np.add.reduceat(length, first)
        packets = last - first + 1
        self._closed.append(
            np.stack([stay[first], since[first], packets, octets, time_ns[first], time_ns[last]])
        )

    def _since(self, address: Ints) -> Ints:
        """The latest binding message of each address before this batch."""
        size = int(address.max(initial=0)) + 1
        if size > len(self._since_ns):
            more = np.full(max(size, 2 * len(self._since_ns)) - len(self._since_ns), NULL)
            self._since_ns = np.concatenate([self._since_ns, more])
        return self._since_ns[address]

    def _bindings(self, m: MessageBatch) -> tuple[Ints, Ints]:
        """Home addresses, IPv6 and IPv4, of a batch's binding messages, and their times.

        What a message to or from a MAP calls home address is the RCoA. So the home addresses that
        an identity was seen with count for all its messages; a cut too many does no harm.
        """
        self._know_homes(m)
        rows = np.flatnonzero((m.kind == MessageKind.BU) | (m.kind == MessageKind.BA))
        address, time_ns = [m.hoa[rows], m.hoa4[rows]], m.time_ns[rows]
        if self._homes.shape[1]:
            named = m.mn_id[rows] >= 0
            address += list(np.where(named, self._homes[:, m.mn_id[rows]], -1))
        every = np.concatenate(address)
        return every[every >= 0], np.tile(time_ns, len(address))[every >= 0]

    def _know_homes(self, m: MessageBatch) -> None:
        """Remember the latest home addresses, IPv6 and IPv4, that each identity was seen with."""
        local = (m.kind == MessageKind.BU) & (m.flags & MAP_FLAG != 0)
        self._maps = distinct(np.concatenate([self._maps, m.dst[local]]))
        local |= (m.kind == MessageKind.BA) & np.isin(m.src, self._maps)
        named = ~local & (m.mn_id >= 0)
        size = int(m.mn_id.max(initial=-1)) + 1
        if size > self._homes.shape[1]:
            blank = np.full((2, 2 * size), -1, np.int64)
            blank[:, : self._homes.shape[1]] = self._homes
            self._homes = blank
        for homes, home in zip(self._homes, (m.hoa, m.hoa4), strict=True):
            rows = named & (home >= 0)
            homes[m.mn_id[rows]] = home[rows]


def _first(key: Ints, time_ns: Ints, size: int) -> Ints:
    """(size,): the first moment of each key; never for those that have none."""
    out = np.full(size, _BLANK[2, 0])
    np.minimum.at(out, key, time_ns)
    return out
