"""Finds copies: one inner packet in two tunnels, at most 500 ms apart.

Downlink those are bi-cast's. Both ways a packet passes twice where a MAP is: in the tunnel between
it and the router, and in that between the home agent and the regional care-of address.

Packets are looked at closely only for a mobile node that gets some through more than one router
just then. Of the others the last 500 ms are kept, since the second router may come next. Pairs are
counted by the segments (see `user_plane`) that their two packets fall into.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dissectors.frames import Flags, Ints
from dissectors.scan.batch import TunnelBatch
from netmip6scope.correlate.alike import alike
from netmip6scope.correlate.moved import Moved

BICAST_NS = 500_000_000
_MAX_WAITING = 64
_LONG_AGO = -(1 << 63)


@dataclass(frozen=True, slots=True)
class Copies:
    """Counts of pairs, (n,) int64: the address, both routers, when the segments of both began."""

    address: Ints
    routers: tuple[Ints, Ints]
    since_ns: tuple[Ints, Ints]
    packets: Ints
    octets: Ints


class BicastPairs:
    """Pairs copies batch by batch."""

    def __init__(self) -> None:
        self._end = np.full(1024, -1, np.int64)
        self._mixed_until_ns = np.full(1024, _LONG_AGO, np.int64)
        self._recent: deque[list[Ints]] = deque()
        self._pairs: dict[tuple[int, ...], list[int]] = {}

    def find(
        self,
        batch: TunnelBatch,
        address: Ints,
        router: Ints,
        since_ns: Ints,
        far: tuple[Ints, Ints],
    ) -> None:
        """Take a batch; address, router: inner and outer destinations (uplink: sources).

        since_ns: when their segments began. far: every pair of address and tunnel's far end that
        is in the batch, (m,) each.
        """
        columns = [address, router, batch.time_ns, batch.length, batch.digest.view(np.int64)]
        columns.append(since_ns)
        suspects = self._suspects(*far, batch.time_ns)
        if suspects is not None:
            chunks = [*self._recent, columns]
            picked = _again(chunks, suspects)
            if any(map(len, picked)):
                merged = [
                    np.concatenate([c[n].take(p) for c, p in zip(chunks, picked, strict=True)])
                    for n in range(6)
                ]
                paired = self._match(merged)
                columns = self._without(chunks, picked, paired)
        self._keep(columns)

    def so_far(self) -> Copies:
        """All pairs that were found."""
        rows = np.array([[*k, *v] for k, v in self._pairs.items()], np.int64).reshape(-1, 7).T
        return Copies(rows[0], (rows[1], rows[2]), (rows[3], rows[4]), rows[5], rows[6])

    def keep(self, pairs: Flags) -> None:
        """Let go of the other pairs of `so_far`."""
        each = zip(self._pairs.items(), pairs.tolist(), strict=True)
        self._pairs = {key: sums for (key, sums), stays in each if stays}

    def addresses(self) -> Iterator[Ints]:
        """Columns of addresses that are still named."""
        yield np.array([key[:3] for key in self._pairs], np.int64).ravel()
        for address, router, *_ in self._recent:
            yield address
            yield router

    def renumber(self, moved: Moved) -> None:
        """Addresses have other numbers."""
        new = moved.addresses
        self._pairs = {
            (*(int(new[number]) for number in key[:3]), *key[3:]): sums
            for key, sums in self._pairs.items()
        }
        self._recent = deque([new[c[0]], new[c[1]], *c[2:]] for c in self._recent)
        self._end = new[moved.by_address(self._end, -1)]
        self._mixed_until_ns = moved.by_address(self._mixed_until_ns, _LONG_AGO)

    def _suspects(self, address: Ints, end: Ints, time_ns: Ints) -> NDArray[np.bool_] | None:
        """By address: has packets to a second far end now or had 500 ms ago; None: nobody.

        Who is suspected in vain costs time and changes nothing.
        """
        size = int(address.max()) + 1
        while len(self._end) < size:
            self._end = np.concatenate([self._end, np.full_like(self._end, -1)])
            self._mixed_until_ns = np.concatenate(
                [self._mixed_until_ns, np.full_like(self._mixed_until_ns, _LONG_AGO)]
            )
        before = self._end[address]
        self._end[address] = end
        differs = ((before != end) & (before >= 0)) | (end != self._end[address])
        if differs.any():
            self._mixed_until_ns[address[differs]] = int(time_ns.max()) + BICAST_NS
        mixed = self._mixed_until_ns[address] >= time_ns.min()
        if not mixed.any():
            return None
        suspects = np.zeros(len(self._end), np.bool_)
        suspects[address[mixed]] = True
        return suspects

    def _without(
        self, chunks: list[list[Ints]], picked: list[Ints], paired: NDArray[np.bool_]
    ) -> list[Ints]:
        """Take paired rows out of what is kept; the last chunk, this batch's, is returned."""
        at = 0
        for n, (chunk, rows) in enumerate(zip(chunks, picked, strict=True)):
            done = rows[paired[at : at + len(rows)]]
            at += len(rows)
            if len(done):
                keep = np.ones(len(chunk[0]), np.bool_)
                keep[done] = False
                chunks[n] = [c[keep] for c in chunk]
        self._recent = deque(chunks[:-1])
        return chunks[-1]

    def _keep(self, columns: list[Ints]) -> None:
        if not len(columns[0]):
            return
        horizon = int(columns[2].max()) - BICAST_NS
        while self._recent and (
            not len(self._recent[0][2]) or int(self._recent[0][2].max()) < horizon
        ):
            self._recent.popleft()
        near = np.flatnonzero(columns[2] >= horizon)
        self._recent.append([c.take(near) for c in columns])

    def _match(self, columns: list[Ints]) -> NDArray[np.bool_]:
        """Pair packets of equal address and digest in different tunnels, earliest first."""
        address, router, time_ns, length, digest, since_ns = columns
        paired = np.zeros(len(address), np.bool_)
        order = np.lexsort((time_ns, digest, address))
        a, d = address[order], digest[order]
        same = np.flatnonzero((a[1:] == a[:-1]) & (d[1:] == d[:-1]))
        # Runs of equal packets: where each begins in `order`, and its last.
        first = same[np.diff(same, prepend=-2) > 1]
        last = same[np.diff(same, append=len(order) + 1) > 1] + 1
        one, other = order[first], order[last]
        # Most runs are two packets; in others each is paired with the earliest that is left.
        pairs = [(one[last == first + 1], other[last == first + 1])]
        for begin, end in zip(first[last > first + 1], last[last > first + 1], strict=True):
            pairs.append(self._of_run(order[begin : end + 1], router, time_ns, length))
        one, other = (np.concatenate(side) for side in zip(*pairs, strict=True))
        copies = time_ns[other] - time_ns[one] <= BICAST_NS
        copies &= (router[other] != router[one]) & (length[other] == length[one])
        one, other = one[copies], other[copies]
        self._count(
            (address[one], router[one], router[other], since_ns[one], since_ns[other]), length[one]
        )
        paired[one] = paired[other] = True
        return paired

    def _of_run(self, rows: Ints, router: Ints, time_ns: Ints, length: Ints) -> tuple[Ints, Ints]:
        """Pairs among equal packets, in time order."""
        pairs: list[tuple[int, int]] = []
        waiting: list[int] = []
        for row in rows.tolist():
            for other in waiting:
                near = time_ns[row] - time_ns[other] <= BICAST_NS
                if near and router[other] != router[row] and length[other] == length[row]:
                    waiting.remove(other)
                    pairs.append((other, row))
                    break
            else:
                waiting.append(row)
                del waiting[:-_MAX_WAITING]
        columns = np.array(pairs, np.int64).reshape(-1, 2)
        return columns[:, 0], columns[:, 1]

    def _count(self, key: tuple[Ints, ...], length: Ints) -> None:
        """Add pairs, (n,) each: what they are counted by, and their octets."""
        number = alike(*key)
        first = np.unique(number, return_index=True)[1]
        packets = np.bincount(number)
        octets = np.zeros(len(packets), np.int64)
        np.add.at(octets, number, length)
        for row, *counted in zip(
            zip(*(column[first].tolist() for column in key), strict=True),
            packets.tolist(),
            octets.tolist(),
            strict=True,
        ):
            sums = self._pairs.setdefault(row, [0, 0])
            sums[0] += counted[0]
            sums[1] += counted[1]


def _again(chunks: list[list[Ints]], suspects: Flags) -> list[Ints]:
    """By chunk: its rows that suspects have and whose digest another such row has too."""
    rows = [np.flatnonzero(suspects.take(chunk[0])) for chunk in chunks]
    digests = (chunk[4].take(mine) for chunk, mine in zip(chunks, rows, strict=True))
    again = _repeated(np.concatenate([*digests]))
    ends = np.cumsum([len(mine) for mine in rows])
    parts = np.split(again, np.searchsorted(again, ends[:-1]))
    return [
        mine.take(part - (end - len(mine)))
        for mine, part, end in zip(rows, parts, ends.tolist(), strict=True)
    ]


def _repeated(digest: Ints) -> Ints:
    """Rows whose digest another row has too, in order; in most captures there are none."""
    ordered = np.sort(digest)
    twice: Ints = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return twice
    place = np.minimum(np.searchsorted(twice, digest), len(twice) - 1)
    rows: Ints = np.flatnonzero(twice[place] == digest)
    return rows
