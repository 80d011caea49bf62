"""The scan lane: batches of frames in, signalling columns and the user plane out.

Almost every frame of a busy capture is a user packet in one tunnel right behind the link layer.
Those are recognised on one copied row per frame, as are those that nothing of ours can be in. The
rest is peeled header by header.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from dissectors.frames import FrameBatch, Interface, Ints, Octets, PickedFrames
from dissectors.ipv6 import NextHeader
from dissectors.profile import Profile
from dissectors.scan import gather, heads, link
from dissectors.scan.addresses import AddressBook
from dissectors.scan.backlog import Backlog, Opened
from dissectors.scan.batch import MessageBatch, Names, Scanned, TunnelBatch
from dissectors.scan.messages import messages
from dissectors.scan.peel import BESIDE, Cursor, peel
from dissectors.scan.signalling import Books
from dissectors.scan.tunnels import ROW, Tunnels

_CHUNK = 1 << 16
"""Frames looked at together: few enough for the cache, enough to make up for the calls."""
_FEW = 256
"""So many frames are looked into sooner than sorted by whether it can be of use."""
_MANY = 4096
"""So many rare frames of one batch are decoded where they stand."""


class Scanner:
    """Scans batch after batch; identities, addresses and flows keep their numbers throughout."""

    def __init__(self, profile: Profile, *, opens_esp: bool = False) -> None:
        """opens_esp: what is in ESP is set aside."""
        self.profile = profile
        self.tells_beside = True
        """Whether what tells nothing of mobility is set aside, for its rows."""
        self._opens_esp = opens_esp
        self.addresses = AddressBook()
        self.names = Names()
        self.tunnels = Tunnels(self.addresses)
        # Once a block of this size was freed, glibc's malloc keeps freed memory for the next batch.
        # Else it returns it each time, and the kernel hands out the same pages zeroed again.
        np.empty(16 << 20, np.uint8)

    def scan(self, batch: FrameBatch) -> Scanned:
        """Signalling and tunnelled packets of one batch, in file order."""
        return self._scanned(*self._split(batch), batch.interfaces, batch.file)

    def stream(self, batches: Iterable[FrameBatch]) -> Iterator[Scanned]:
        """The same of batch after batch; those with little to decode are put together."""
        backlog = Backlog()
        file = 0
        interfaces: tuple[Interface, ...] = ()
        for batch in batches:
            tunnels, rare = self._split(batch)
            many = sum(len(opened.at) for opened in rare) >= _MANY
            if backlog and (many or batch.file != file):
                yield self._scanned(*backlog.take(), interfaces, file)
            file, interfaces = batch.file, batch.interfaces
            if many:
                yield self._scanned(tunnels, rare, interfaces, file)
                continue
            backlog.add(tunnels, rare)
            if backlog.full:
                yield self._scanned(*backlog.take(), interfaces, file)
        if backlog:
            yield self._scanned(*backlog.take(), interfaces, file)

    def _split(self, batch: FrameBatch) -> tuple[list[TunnelBatch], list[Opened]]:
        """Tunnelled packets, and frames that must be looked into."""
        tunnels: list[TunnelBatch] = []
        rare: list[Opened] = []
        for first in range(0, len(batch), _CHUNK):
            chunk = slice(first, first + _CHUNK)
            at, proto = link.network(batch, chunk)
            kept = batch.start[chunk] + batch.caplen[chunk] - at
            candidates = heads.candidates(batch.data, at, proto, kept)
            rows = gather.rows(batch.data, at.take(candidates), ROW)
            plain = np.flatnonzero(heads.plain(rows))
            mine = candidates.take(plain)
            rows = gather.some(rows, plain)
            tunnels.append(self._tunnelled(batch, first + mine, rows, kept.take(mine)))
            rest = np.ones(len(at), np.bool_)
            rest[mine] = False
            others = np.flatnonzero(rest)
            head = gather.rows(batch.data, at.take(others), heads.HEAD)
            if len(others) > _FEW and not self._opens_esp:
                leads = heads.leads_on(head, proto.take(others), kept.take(others), self.profile)
                wanted = np.flatnonzero(leads)
                others, head = others.take(wanted), gather.some(head, wanted)
            frames = batch.pick(first + others)
            rare.append(Opened(frames, at.take(others), proto.take(others), head))
        return tunnels, rare

    def _tunnelled(self, batch: FrameBatch, row: Ints, head: Octets, kept: Ints) -> TunnelBatch:
        heads.blank(head, kept)
        found = self.tunnels.six(head)
        return TunnelBatch(batch.first_frame + row, batch.time_ns.take(row), *found)

    def _scanned(
        self,
        tunnels: list[TunnelBatch],
        rare: list[Opened],
        interfaces: tuple[Interface, ...],
        file: int,
    ) -> Scanned:
        found = [self.looked_into(opened) for opened in rare]
        aside = PickedFrames.join([frames for _, _, frames in found])
        return Scanned(
            MessageBatch.join([messages for messages, _, _ in found]),
            TunnelBatch.join([*tunnels, *(inside for _, inside, _ in found)]),
            aside.number,
            self.names,
            self.addresses,
            interfaces,
            aside,
            file,
        )

    def looked_into(self, opened: Opened) -> tuple[MessageBatch, TunnelBatch, PickedFrames]:
        """Messages, tunnelled packets, and the frames that need the object lane."""
        frames, at, proto, head = opened
        captured = frames.start + frames.caplen
        promised = np.maximum(captured, frames.start + frames.wirelen)
        cursor = Cursor.start(at, proto, promised, captured)
        peel(frames.data, cursor, head, self.profile.nesting)
        inside = np.flatnonzero(cursor.inner >= 0)
        packets = self.tunnels.other(
            frames.data, cursor.tunnel[inside], cursor.inner[inside], captured[inside]
        )
        tunnels = TunnelBatch(frames.number[inside], frames.time_ns[inside], *packets)
        found = messages(opened, cursor, Books(self.addresses, self.names), self.profile)
        if self._opens_esp:
            cursor.aside |= (cursor.proto == NextHeader.ESP) & (cursor.at < cursor.limit)
        if not self.tells_beside:
            cursor.aside &= cursor.proto != BESIDE
        aside = np.flatnonzero(cursor.aside | (proto == link.UNKNOWN))
        return found, tunnels, frames.pick(aside)
