"""The user plane of every mobile node, kept as totals so that memory does not grow with traffic.

A *stay* is what one inner address sends or gets through the tunnels of one router: packets,
octets, first and last time. Most packets of a batch are added to their stays in bulk. Only packets
of a mobile node that is signalled for in the same batch are held back and added piecewise, up to
each Binding Update or Acknowledgement, so that the correlator reads totals as of that moment.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from dissectors.frames import Ints
from dissectors.scan.batch import MessageBatch, TunnelBatch
from dissectors.scan.tunnels import Tunnels
from netmip6scope.correlate.bicast import BicastPairs, Pair

NEVER = -(1 << 63)
DOWN, UP = 0, 1


class UserPlane:
    """Totals by stay. A stay's number is found by (direction, inner address, router)."""

    def __init__(self, tunnels: Tunnels) -> None:
        self._tunnels = tunnels
        self._numbers: dict[tuple[int, int, int], int] = {}
        self._of_address: dict[tuple[int, int], list[int]] = {}
        self.router: list[int] = []
        self._stay_of_flow = np.zeros((0, 2), np.int64)
        self.packets = np.zeros(256, np.int64)
        self.octets = np.zeros(256, np.int64)
        self.first_ns = np.full(256, NEVER, np.int64)
        self.last_ns = np.full(256, NEVER, np.int64)
        self._held: dict[tuple[int, int], list[tuple[int, int, int, int, int]]] = {}
        self._copies = BicastPairs()

    def stays(self, direction: int, address: int) -> list[int]:
        """Stays of an inner address, in order of appearance."""
        return self._of_address.get((direction, address), [])

    def load(self, batch: TunnelBatch, boundaries: Boundaries) -> list[Pair]:
        """Add a batch, but hold back what belongs between boundaries. Bi-cast pairs found."""
        if not len(batch):
            return []
        self._know_flows()
        ends = self._tunnels.ends
        inner = ends[batch.flow, 2:]
        for direction, column in ((DOWN, 1), (UP, 0)):
            address = inner[:, column]
            split = boundaries.concerns(address)
            rows = np.flatnonzero(split)
            if len(rows):
                self._hold(batch, rows, direction, address[rows], boundaries)
                rest = np.flatnonzero(~split)
                self._add(batch.flow[rest], batch.time_ns[rest], batch.length[rest], direction)
            else:
                self._add(batch.flow, batch.time_ns, batch.length, direction)
        return self._copies.find(batch, inner[:, 1], ends[batch.flow, 1])

    def release(self, address: int, boundary: int) -> None:
        """Add what was held back for this address before the boundary."""
        for stay, count, octets, first, last in self._held.pop((address, boundary), ()):
            self._touch(stay, count, octets, first, last)

    def release_all(self) -> None:
        for key in list(self._held):
            self.release(*key)

    def restart(self, address: int, router: int) -> None:
        """From now on `first_ns` of the stays with this router tells the first time after now."""
        for direction in (DOWN, UP):
            for stay in self.stays(direction, address):
                if self.router[stay] == router:
                    self.first_ns[stay] = NEVER

    def last(self, direction: int, addresses: Iterable[int], router: int) -> int:
        """Latest time in the router's tunnels so far, NEVER if there is none."""
        return max(
            (
                int(self.last_ns[s])
                for a in addresses
                for s in self.stays(direction, a)
                if self.router[s] == router
            ),
            default=NEVER,
        )

    def first(self, direction: int, addresses: Iterable[int], router: int) -> int:
        """Earliest time in the router's tunnels since `restart`."""
        times = [
            int(self.first_ns[s])
            for a in addresses
            for s in self.stays(direction, a)
            if self.router[s] == router
        ]
        return min((t for t in times if t != NEVER), default=NEVER)

    def count(self, direction: int, addresses: Iterable[int], router: int) -> int:
        """Packets in the router's tunnels so far."""
        return sum(
            int(self.packets[s])
            for a in addresses
            for s in self.stays(direction, a)
            if self.router[s] == router
        )

    def totals(self, direction: int, address: int, not_routers: set[int]) -> tuple[int, int]:
        """Packets and octets of an address in all tunnels but those that end at these routers."""
        mine = [s for s in self.stays(direction, address) if self.router[s] not in not_routers]
        return sum(int(self.packets[s]) for s in mine), sum(int(self.octets[s]) for s in mine)

    def knows(self, address: int) -> bool:
        """Whether the address was seen in any tunnel."""
        return (DOWN, address) in self._of_address or (UP, address) in self._of_address

    def forget(self, address: int) -> None:
        """Begin again at nothing: the address may serve another mobile node next."""
        for direction in (DOWN, UP):
            stays = self.stays(direction, address)
            self.packets[stays] = self.octets[stays] = 0
            self.first_ns[stays] = self.last_ns[stays] = NEVER

    @property
    def holds(self) -> bool:
        """Whether packets of the batch are held back for any address."""
        return bool(self._held)

    def _know_flows(self) -> None:
        """Give every new flow its two stays.

        It counts as downlink to its inner destination and as uplink from its inner source; which
        one is real shows when a binding names the address.
        """
        known = len(self._stay_of_flow)
        if known == len(self._tunnels):
            return
        fresh = self._tunnels.ends[known:].tolist()
        new = [
            (self._stay((DOWN, dst, ar)), self._stay((UP, src, other)))
            for other, ar, src, dst in fresh
        ]
        self._stay_of_flow = np.concatenate([self._stay_of_flow, np.array(new, np.int64)])
        while len(self.packets) < len(self.router):
            for name, blank in (
                ("packets", 0),
                ("octets", 0),
                ("first_ns", NEVER),
                ("last_ns", NEVER),
            ):
                old = getattr(self, name)
                setattr(self, name, np.concatenate([old, np.full_like(old, blank)]))

    def _stay(self, key: tuple[int, int, int]) -> int:
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.router)
            self.router.append(key[2])
            self._of_address.setdefault(key[:2], []).append(number)
        return number

    def _add(self, flow: Ints, time_ns: Ints, length: Ints, direction: int) -> None:
        if not len(flow):
            return
        stay = self._stay_of_flow[flow, direction]
        size = int(stay.max()) + 1
        self.packets[:size] += np.bincount(stay, minlength=size)
        # Sums of lengths below 2^53 are exact in the floats that bincount adds with.
        self.octets[:size] += np.bincount(stay, length, size).astype(np.int64)
        np.maximum.at(self.last_ns, stay, time_ns)
        # From the back, so that the first row of each stay is written last.
        fresh = self.first_ns[stay] == NEVER
        if fresh.any():
            self.first_ns[stay[fresh][::-1]] = time_ns[fresh][::-1]

    def _touch(self, stay: int, count: int, octets: int, first: int, last: int) -> None:
        self.packets[stay] += count
        self.octets[stay] += octets
        if self.first_ns[stay] == NEVER:
            self.first_ns[stay] = first
        self.last_ns[stay] = max(self.last_ns[stay], last)

    def _hold(
        self, batch: TunnelBatch, rows: Ints, direction: int, address: Ints, boundaries: Boundaries
    ) -> None:
        """Sum the rows by (boundary, stay) and keep the sums until they are asked for."""
        boundary = boundaries.following(address, batch.time_ns[rows])
        stay = self._stay_of_flow[batch.flow[rows], direction]
        order = np.lexsort((batch.time_ns[rows], stay, boundary, address))
        a, b, s = address[order], boundary[order], stay[order]
        t, length = batch.time_ns[rows][order], batch.length[rows][order]
        change = np.flatnonzero((np.diff(a) != 0) | (np.diff(b) != 0) | (np.diff(s) != 0)) + 1
        begin = np.concatenate([[0], change])
        last = np.concatenate([change, [len(a)]]) - 1
        sums = np.add.reduceat(length, begin)
        for at, end, octets in zip(begin.tolist(), last.tolist(), sums.tolist(), strict=True):
            entry = (int(s[at]), end - at + 1, octets, int(t[at]), int(t[end]))
            self._held.setdefault((int(a[at]), int(b[at])), []).append(entry)


class Boundaries:
    """Moments of one batch at which a mobile node's totals are read: its BUs and BAs."""

    def __init__(self, address: Ints, time_ns: Ints) -> None:
        order = np.lexsort((time_ns, address))
        self.address, self.time_ns = address[order], time_ns[order]
        self._concerned = np.zeros(int(address.max()) + 1 if len(address) else 0, np.bool_)
        self._concerned[address] = True
        self._sorted_times = np.sort(time_ns)
        rank = np.searchsorted(self._sorted_times, self.time_ns, "left") + 1
        self._keys = self.address * (len(address) + 1) + rank

    def concerns(self, address: Ints) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which of the addresses have a boundary in this batch."""
        if not len(self._concerned):
            return np.zeros(len(address), np.bool_)
        known = (address >= 0) & (address < len(self._concerned))
        out: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
            known & self._concerned[np.where(known, address, 0)]
        )
        return out

    def following(self, address: Ints, time_ns: Ints) -> Ints:
        """Time of the address's next boundary after each time; the largest int64 if none is."""
        passed = np.searchsorted(self._sorted_times, time_ns, "right")
        key = address * (len(self.address) + 1) + passed
        at = np.searchsorted(self._keys, key, "right")
        inside = at < len(self.address)
        at = np.where(inside, at, 0)
        mine = inside & (self.address[at] == address)
        return np.where(mine, self.time_ns[at], (1 << 63) - 1)


def boundaries_of(m: MessageBatch, rows: Ints) -> Boundaries:
    """Boundaries of a batch's binding messages, for the IPv6 and the IPv4 home address alike."""
    address = np.concatenate([m.hoa[rows], m.hoa4[rows]])
    time_ns = np.concatenate([m.time_ns[rows], m.time_ns[rows]])
    known = address >= 0
    return Boundaries(address[known], time_ns[known])
