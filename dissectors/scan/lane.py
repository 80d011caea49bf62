"""The scan lane: batches of frames in, signalling columns and the user plane out.

Almost every frame of a busy capture is a user packet in one tunnel right behind the link layer.
Those are recognised on one copied row per frame, as are those that nothing of ours can be in. The
rest is peeled header by header.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from dissectors.frames import Flags, FrameBatch, Interface, Ints, Octets
from dissectors.profile import Profile
from dissectors.scan import gather, heads, link
from dissectors.scan.addresses import AddressBook
from dissectors.scan.backlog import Backlog, Opened
from dissectors.scan.batch import MessageBatch, Names, Scanned, TunnelBatch
from dissectors.scan.messages import messages
from dissectors.scan.peel import Cursor, peel
from dissectors.scan.signalling import Books
from dissectors.scan.tunnels import ROW, Tunnels

_CHUNK = 1 << 13
"""Frames looked at together: their rows stay in the processor's cache."""
_DECODED = 1 << 15
"""Frames decoded together: few enough for the cache, enough to make up for the calls."""
_MANY = 4096
"""So many rare frames of one batch are decoded where they stand."""


class Scanner:
    """Scans batch after batch; identities, addresses and flows keep their numbers throughout."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.addresses = AddressBook()
        self.names = Names()
        self.tunnels = Tunnels(self.addresses)

    def scan(self, batch: FrameBatch) -> Scanned:
        """Signalling and tunnelled packets of one batch, in file order."""
        return self._scanned(*self._split(batch), batch.interfaces)

    def stream(self, batches: Iterable[FrameBatch]) -> Iterator[Scanned]:
        """The same of batch after batch; those with little to decode are put together."""
        backlog = Backlog()
        file = 0
        interfaces: tuple[Interface, ...] = ()
        for batch in batches:
            tunnels, rare = self._split(batch)
            many = len(rare.at) >= _MANY
            if backlog and (many or batch.file != file):
                yield self._scanned(*backlog.take(), interfaces)
            file, interfaces = batch.file, batch.interfaces
            if many:
                yield self._scanned(tunnels, rare, interfaces)
                continue
            backlog.add(tunnels, rare)
            if backlog.full:
                yield self._scanned(*backlog.take(), interfaces)
        if backlog:
            yield self._scanned(*backlog.take(), interfaces)

    def _split(self, batch: FrameBatch) -> tuple[list[TunnelBatch], Opened]:
        """Tunnelled packets, and frames that must be looked into."""
        tunnels: list[TunnelBatch] = []
        rare = [(np.zeros(0, np.int64),) * 3]
        for first in range(0, len(batch), _CHUNK):
            chunk = slice(first, first + _CHUNK)
            at, proto = link.network(batch, chunk)
            kept = batch.start[chunk] + batch.caplen[chunk] - at
            rows = gather.rows(batch.data, at, ROW)
            plain = heads.plain(rows, np.where(proto == link.IPV6, kept, 0))
            mine = np.flatnonzero(plain)
            if len(mine):
                inner = gather.some(rows, mine)
                tunnels.append(self._tunnelled(batch, first + mine, inner, kept[mine]))
            others = np.flatnonzero(~plain)
            if len(others):
                head = gather.some(rows, others)
                dull = heads.dull(head, proto[others], kept[others], self.profile)
                others = others[~dull]
                rare.append((first + others, at[others], proto[others]))
        row, at, proto = map(np.concatenate, zip(*rare, strict=True))
        return tunnels, Opened(batch.pick(row), at, proto)

    def _tunnelled(self, batch: FrameBatch, row: Ints, head: Octets, kept: Ints) -> TunnelBatch:
        heads.blank(head, kept)
        found = self.tunnels.six(head)
        return TunnelBatch(batch.first_frame + row, batch.time_ns[row], *found)

    def _scanned(
        self, tunnels: list[TunnelBatch], rare: Opened, interfaces: tuple[Interface, ...]
    ) -> Scanned:
        parts: list[MessageBatch] = []
        aside = np.zeros(len(rare.at), np.bool_)
        for first in range(0, len(rare.at), _DECODED):
            rows = slice(first, first + _DECODED)
            chunk = Opened(rare.frames.pick(rows), rare.at[rows], rare.proto[rows])
            found, inside, aside[rows] = self._looked_into(chunk)
            parts.append(found)
            tunnels = [*tunnels, inside]
        frames = rare.frames.pick(np.flatnonzero(aside))
        return Scanned(
            MessageBatch.join(parts),
            TunnelBatch.join(tunnels),
            frames.number,
            self.names,
            self.addresses,
            interfaces,
            frames,
        )

    def _looked_into(self, rare: Opened) -> tuple[MessageBatch, TunnelBatch, Flags]:
        """Messages, tunnelled packets, and which frames need the object lane."""
        frames, at, proto = rare
        captured = frames.start + frames.caplen
        promised = np.maximum(captured, frames.start + frames.wirelen)
        cursor = Cursor.start(at, proto, promised, captured)
        peel(frames.data, cursor, self.profile.nesting)
        inside = np.flatnonzero(cursor.inner >= 0)
        packets = self.tunnels.other(
            frames.data, cursor.tunnel[inside], cursor.inner[inside], captured[inside]
        )
        tunnels = TunnelBatch(frames.number[inside], frames.time_ns[inside], *packets)
        found = messages(frames, cursor, Books(self.addresses, self.names), self.profile)
        return found, tunnels, cursor.aside | (proto == link.UNKNOWN)
