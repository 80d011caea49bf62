"""The scan lane: a batch of frames in, signalling columns and the user plane out.

Almost every frame of a busy capture is a user packet in one tunnel right behind the link layer.
Those are recognised on one copied row per frame; the rest are peeled header by header.
"""

from __future__ import annotations

import numpy as np

from dissectors.frames import FrameBatch, Ints, Octets
from dissectors.interning import Words
from dissectors.profile import Profile
from dissectors.scan import gather, peel, signalling
from dissectors.scan.addresses import AddressBook
from dissectors.scan.batch import MessageBatch, Names, Scanned, TunnelBatch
from dissectors.scan.kinds import MessageKind
from dissectors.scan.tunnels import ROW, Tunnels

# Inner protocols that end the peeling: nothing of ours can be behind them.
_PLAIN_INNER = np.zeros(256, np.bool_)
_PLAIN_INNER[[peel.TCP, 1, 132, 33]] = True


class Scanner:
    """Scans batch after batch; identities, addresses and flows keep their numbers throughout."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.addresses = AddressBook()
        self.names = Names()
        self.tunnels = Tunnels(self.addresses)

    def scan(self, batch: FrameBatch) -> Scanned:
        """Signalling and tunnelled packets of one batch, in file order."""
        data, start = batch.data, batch.start
        end = start + batch.caplen
        at, proto = self._link(batch, end)
        plain, rows = self._plain(data, at, proto, end)
        rest = np.flatnonzero((proto >= 0) & ~plain)
        cursor = peel.peel(
            data, peel.Cursor.start(rest, at[rest], proto[rest], end[rest]), self.profile.nesting
        )
        tunnels = self._user_plane(batch, np.flatnonzero(plain), rows, cursor)
        messages = self._messages(batch, cursor)
        unknown = np.flatnonzero(proto < 0)
        aside = np.sort(np.concatenate([cursor.row[cursor.aside], unknown]))
        return Scanned(messages, tunnels, aside, self.names, self.addresses)

    def _link(self, batch: FrameBatch, end: Ints) -> tuple[Ints, Ints]:
        kinds = [i.link_type for i in batch.interfaces]
        if len(set(kinds)) == 1:
            return peel.link_layer(batch.data, batch.start, end, kinds[0])
        at, proto = batch.start.copy(), np.full(len(batch), -1, np.int64)
        of_frame = np.array(kinds, np.int64)[batch.interface]
        for kind in sorted(set(kinds)):
            rows = np.flatnonzero(of_frame == kind)
            at[rows], proto[rows] = peel.link_layer(batch.data, batch.start[rows], end[rows], kind)
        return at, proto

    def _plain(
        self, data: Octets, at: Ints, proto: Ints, end: Ints
    ) -> tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], Octets]:
        """Frames that are one tunnelled packet and nothing else, and their copied octets."""
        fits = (proto == peel.IPV6) & (at + 84 <= end)
        rows = gather.rows(data, np.where(fits, at, 0), ROW)
        inner6 = (rows[:, 6] == peel.IPV6) & (rows[:, 40] >> 4 == 6)
        last = rows[:, 46]
        plain = fits & inner6 & (rows[:, 0] >> 4 == 6)
        user = _PLAIN_INNER[last]
        udp = last == peel.UDP
        ports = rows[:, 80:84]
        dsmip = udp & (
            ((ports[:, 0] == 0x10) & (ports[:, 1] == 0x5F))
            | ((ports[:, 2] == 0x10) & (ports[:, 3] == 0x5F))
        )
        plain &= user | (udp & ~dsmip)
        # The inner packet must lie inside the outer one, else it is looked at step by step.
        outer_length = (rows[:, 4].astype(np.int64) << 8) | rows[:, 5]
        inner_length = (rows[:, 44].astype(np.int64) << 8) | rows[:, 45]
        plain &= inner_length + 40 == outer_length
        # The digest must not see octets behind the inner packet or behind the snap length.
        kept = np.minimum(end - at, outer_length + 40)
        short = np.flatnonzero(plain & (kept < ROW))
        rows[short] *= np.arange(ROW) < kept[short, None]
        return plain, rows

    def _user_plane(
        self, batch: FrameBatch, plain: Ints, rows: Octets, cursor: peel.Cursor
    ) -> TunnelBatch:
        rows = rows if len(plain) == len(rows) else rows[plain]
        flow, length, digest = self.tunnels.six(rows)
        found = np.flatnonzero((cursor.inner >= 0) & (cursor.tunnel >= 0))
        if len(found):
            more = self.tunnels.other(
                batch.data,
                cursor.tunnel[found],
                cursor.inner[found],
                batch.start[cursor.row[found]] + batch.caplen[cursor.row[found]],
            )
            row = np.concatenate([plain, cursor.row[found]])
            order = np.argsort(row, kind="stable")
            row = row[order]
            flow, length = (np.concatenate(p)[order] for p in ((flow, more[0]), (length, more[1])))
            digest = np.concatenate([digest, more[2]])[order]
        else:
            row = plain
        return TunnelBatch(batch.first_frame + row, batch.time_ns[row], flow, length, digest)

    def _messages(self, batch: FrameBatch, c: peel.Cursor) -> MessageBatch:
        is_mh = (c.proto == peel.MOBILITY) | (c.proto == peel.MOBILITY_OLD)
        is_icmp = c.proto == peel.ICMPV6
        picked = np.flatnonzero((is_mh | is_icmp) & (c.outer >= 0))
        m = MessageBatch.blank(len(picked))
        row = c.row[picked]
        m.frame, m.time_ns = batch.first_frame + row, batch.time_ns[row]
        m.interface = batch.interface[row]
        for name in ("home", "routed", "outer", "at", "end"):
            setattr(m, name, getattr(c, name)[picked])
        m.inside, m.ah = c.depth[picked], c.ah[picked].astype(np.int64)
        m.hop_limit = batch.data[m.outer + 7].astype(np.int64)
        mh = np.flatnonzero(is_mh[picked])
        m.kind[mh] = MessageKind.OTHER_MH
        signalling.mobility_headers(batch.data, m, mh, self.addresses, self.names)
        icmp = np.flatnonzero(is_icmp[picked])
        signalling.icmpv6(batch.data, m, icmp, self.addresses, self.names, self.profile)
        m = _kept(m, np.flatnonzero(m.kind >= 0))
        m.src = self.addresses.six(batch.data, m.outer + 8)
        m.dst = self.addresses.six(batch.data, m.outer + 24)
        return m


def _kept(m: MessageBatch, rows: Ints) -> MessageBatch:
    if len(rows) == len(m):
        return m
    return MessageBatch(*[getattr(m, name)[rows] for name in MessageBatch.__slots__])


__all__ = ["Scanner", "Words"]
