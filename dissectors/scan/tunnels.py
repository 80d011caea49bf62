"""Tunnelled user packets: which flow, how long, and a digest that bi-cast copies share.

A flow is the tunnel's two ends and the inner packet's two ends, 64 octets that repeat from packet
to packet; each distinct one gets a number, and what is known of it stands in the table's columns.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dissectors.frames import Ints, Octets
from dissectors.interning import InternTable, Words
from dissectors.scan import gather
from dissectors.scan.addresses import AddressBook

ROW = 104
"""Octets looked at from the outer IPv6 header on: two headers and 24 octets of the inner payload.

The inner packet's first 64 octets hold a transport checksum or a sequence number of everything
that travels, so two packets that agree in them and in length are copies of one.
"""

_ODD = np.array(
    [
        0x9E3779B97F4A7C15,
        0xC2B2AE3D27D4EB4F,
        0x165667B19E3779F9,
        0xD6E8FEB86659FD93,
        0xFF51AFD7ED558CCD,
        0xC4CEB9FE1A85EC53,
        0x94D049BB133111EB,
        0xBF58476D1CE4E5B9,
    ],
    np.uint64,
)
_HALF = np.uint64(32)


class Tunnels:
    """Numbers flows and knows the AddressBook numbers of their four ends."""

    def __init__(self, addresses: AddressBook) -> None:
        self._addresses = addresses
        self.forget()

    def forget(self) -> None:
        """Begin to number flows anew."""
        self._plain = _Flows(8)
        self._other = _Flows(4)
        self._ends = np.full((1024, 4), -1, np.int64)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def ends(self) -> Ints:
        """(flows, 4): outer source, outer destination, inner source, inner destination."""
        return self._ends[: self._count]

    def six(self, rows: Octets) -> tuple[Ints, Ints, Words]:
        """Flow, inner length and digest of IPv6-in-IPv6; rows: (n, ROW), outer header on."""
        wide = rows.view(np.uint64)
        keys = np.empty((len(rows), 8), np.uint64)
        keys[:, :4], keys[:, 4:] = wide[:, 1:5], wide[:, 6:10]
        flow = self._plain.number(keys, self._addressed, self._new)
        length = rows.view(">u2")[:, 22].astype(np.int64) + 40
        return flow, length, _digest(wide[:, 5:], length)

    def other(
        self, data: Octets, tunnel: Ints, inner: Ints, limit: Ints
    ) -> tuple[Ints, Ints, Words]:
        """The same for any tunnel: `tunnel` and `inner` are offsets of the IP headers."""
        n = len(tunnel)
        ends = np.zeros((n, 4), np.int64)
        length = np.zeros(n, np.int64)
        for which, at in ((0, tunnel), (2, inner)):
            six = data[at] >> 4 == 6
            for version, rows in ((6, np.flatnonzero(six)), (4, np.flatnonzero(~six))):
                where = at[rows]
                if version == 6:
                    source, destination = self._addresses.six_pairs(data, where + 8)
                    length[rows] = gather.number(data, where + 4, 2) + 40
                else:
                    source, destination = self._addresses.four_pairs(data, where + 12)
                    length[rows] = gather.number(data, where + 2, 2)
                ends[rows, which], ends[rows, which + 1] = source, destination
        # Address numbers are shorter than addresses, and as exact.
        flow = self._other.number(ends.view(np.uint64), _as_numbers, self._new)
        # Only what was captured and is the inner packet's own enters the digest.
        head = gather.rows(data, inner, 64)
        kept = np.minimum(limit - inner, length)
        head[np.arange(64) >= kept[:, None]] = 0
        return flow, length, _digest(head.view(np.uint64), length)

    def _new(self, ends: Ints) -> Ints:
        """Numbers for new flows with these ends."""
        first, self._count = self._count, self._count + len(ends)
        while len(self._ends) < self._count:
            self._ends = np.concatenate([self._ends, np.full_like(self._ends, -1)])
        self._ends[first : self._count] = ends
        return np.arange(first, self._count)

    def _addressed(self, keys: Words) -> Ints:
        data = np.ascontiguousarray(keys).view(np.uint8).reshape(-1)
        pairs = (self._addresses.six_pairs(data, np.arange(len(keys)) * 64 + n) for n in (0, 32))
        return np.stack([number for pair in pairs for number in pair], axis=1)


class _Flows:
    """One way to write flows as keys, and the flow number of each key."""

    def __init__(self, width: int) -> None:
        self._table = InternTable(width)
        self._numbers = np.zeros(0, np.int64)

    def number(
        self, keys: Words, ends: Callable[[Words], Ints], new: Callable[[Ints], Ints]
    ) -> Ints:
        row = self._table.intern_rows(keys)
        known = len(self._numbers)
        if len(self._table) > known:
            fresh = new(ends(self._table.keys(known)))
            self._numbers = np.concatenate([self._numbers, fresh])
        return self._numbers[row]


def _as_numbers(keys: Words) -> Ints:
    return keys.astype(np.int64)


def _digest(words: Words, length: Ints) -> Words:
    """words: (n, 8)."""
    mixed = length.astype(np.uint64)
    for n, column in enumerate(words.T):
        mixed ^= mixed >> _HALF
        mixed ^= column
        mixed *= _ODD[n]
    mixed ^= mixed >> _HALF
    return mixed
