"""Both lanes as one: what the scan lane sets aside becomes rows of the same batches.

Frames set aside go through the object lane one by one. What only it reads (PPP, EAP, DHCP, AAA,
Fast Handover over ICMPv6) is written into the columns of messages. IP packets that it puts together
or unwraps go through the scan lane, so that their messages are like all others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from dissectors.aside.carried import Carried, carried
from dissectors.aside.row import Row
from dissectors.aside.rows import rows_of
from dissectors.aside.waiting import Waiting
from dissectors.authentication.checks import Checks
from dissectors.frames import SLACK, Flags, Ints, Octets, PickedFrames
from dissectors.scan import gather, heads, link
from dissectors.scan.backlog import Opened
from dissectors.scan.batch import MessageBatch, Scanned, TunnelBatch
from dissectors.scan.kinds import FIRST_WORD
from dissectors.scan.lane import Scanner
from dissectors.scan.names import Names
from dissectors.tree import decode

_LONG = 256
"""Octets of a text that has no number."""


class _Told(NamedTuple):
    """What frames hold, each with the row of its frame among those set aside."""

    rows: list[tuple[int, Row]]
    packets: list[tuple[int, Carried]]


class ObjectLane:
    """Takes scanned batches one after the other.

    words: where texts get their numbers; checks: keys, if any were given; apart: see Waiting.
    """

    def __init__(
        self, scanner: Scanner, words: Names, checks: Checks | None, *, apart: bool
    ) -> None:
        self._scanner = scanner
        self._words = words
        self._checks = checks
        self._kinds: dict[str, int] = {}
        self._waiting = Waiting(apart=apart)

    def read(self, scanned: Scanned, rows: Ints, proto: Ints) -> Scanned:
        """The batch with what these rows of its frames set aside hold; `aside` are then those.

        proto: the network header's protocol, where the scan lane knows it.
        """
        frames = scanned.aside_frames
        assert frames is not None
        told = self._told(scanned, frames, zip(rows.tolist(), proto.tolist(), strict=True))
        messages, tunnels = self._scanned(frames, told.packets)
        parts = [scanned.messages, messages, self._written(frames, told.rows)]
        aside = frames.pick(rows)
        return replace(
            scanned,
            messages=_by_frame([part for part in parts if len(part)]),
            tunnels=TunnelBatch.join([scanned.tunnels, tunnels]),
            aside=aside.number,
            aside_frames=aside,
            words=self._words,
        )

    def _told(
        self, scanned: Scanned, frames: PickedFrames, each: Iterable[tuple[int, int]]
    ) -> _Told:
        told = _Told([], [])
        for row, proto in each:
            number, octets = int(frames.interface[row]), frames.octets(row)
            interface = scanned.interfaces[number]
            tree = decode(
                octets,
                interface.link_type,
                int(frames.wirelen[row]),
                self._scanner.profile,
                self._checks,
                fragments=self._waiting.of(interface.point, number),
                time_ns=int(frames.time_ns[row]),
            )
            known = proto != link.UNKNOWN
            told.rows.extend((row, found) for found in rows_of(tree))
            told.packets.extend((row, packet) for packet in carried(tree, octets, known=known))
        return told

    def _scanned(
        self, frames: PickedFrames, packets: list[tuple[int, Carried]]
    ) -> tuple[MessageBatch, TunnelBatch]:
        """What the scan lane finds in these packets."""
        if not packets:
            return MessageBatch.blank(0), TunnelBatch.join([])
        data = np.frombuffer(b"".join(p.octets for _, p in packets) + bytes(SLACK), np.uint8)
        row = np.array([row for row, _ in packets])
        size = np.array([len(packet.octets) for _, packet in packets])
        cut = np.array([packet.cut for _, packet in packets])
        at = np.cumsum(size) - size
        missing = np.maximum(0, frames.wirelen[row] - frames.caplen[row])
        whole = size + np.where(cut, missing, 0)
        number = np.arange(len(row))
        picked = PickedFrames(
            data, at, size, whole, frames.time_ns[row], frames.interface[row], number
        )
        proto = np.where(data[at] >> 4 == link.IPV4, link.IPV4, link.IPV6)
        head = gather.rows(data, at, heads.HEAD)
        messages, tunnels, _ = self._scanner.looked_into(Opened(picked, at, proto, head))
        messages.inside += np.array([packet.inside for _, packet in packets])[messages.frame]
        marks = np.array([packet.marks for _, packet in packets])[messages.frame]
        messages.marks |= marks  # unknown ones have every bit set, and stay unknown
        messages.frame = frames.number[row[messages.frame]]
        counts = np.array([packet.counts for _, packet in packets])[tunnels.frame]
        tunnels.frame = frames.number[row[tunnels.frame]]
        return messages, _some(tunnels, counts)

    def _written(self, frames: PickedFrames, told: list[tuple[int, Row]]) -> MessageBatch:
        """Rows as columns of messages."""
        m = MessageBatch.blank(len(told))
        row = np.array([row for row, _ in told], np.int64)
        rows = [row for _, row in told]
        m.frame, m.time_ns = frames.number[row], frames.time_ns[row]
        m.interface = frames.interface[row]
        m.kind[:] = [self._kind(each.kind) for each in rows]
        m.detail = _named(self._words, [each.line.encode() for each in rows])
        m.mn_id = _named(self._scanner.names, [each.mn_id for each in rows])
        for name in ("src", "dst", "hoa", "coa"):
            column = [getattr(each, name) for each in rows]
            setattr(m, name, self._addresses(column))
        for name in ("identifier", "seq", "status", "lifetime_s", "length"):
            getattr(m, name)[:] = [
                -1 if (value := getattr(each, name)) is None else value for each in rows
            ]
        m.checksum[[each.wrong_sum for each in rows]] = 0
        m.cut[:] = m.ah[:] = m.inside[:] = 0
        m.marks[:] = [each.marks for each in rows]
        m.client = _named(self._scanner.names, [each.client for each in rows])
        return m

    def _kind(self, text: str) -> int:
        if text not in self._kinds:
            self._kinds[text] = FIRST_WORD + self._words.add(text.encode())
        return self._kinds[text]

    def _addresses(self, column: list[bytes | None]) -> Ints:
        """Numbers of addresses of 4 or 16 octets; others have none."""
        book = self._scanner.addresses
        numbers = np.full(len(column), -1)
        size = np.array([len(octets or b"") for octets in column], np.int64)
        data, at = _laid_out(column)
        for octets, intern in ((16, book.six), (4, book.four)):
            mine = np.flatnonzero(size == octets)
            if len(mine):
                numbers[mine] = intern(data, at[mine])
        return numbers


def _named(names: Names, column: list[bytes | None]) -> Ints:
    """Numbers of texts; none of those that are too long for an identity (RFC 4282 2.2)."""
    numbers = np.full(len(column), -1)
    kept = np.array([octets is not None and len(octets) < _LONG for octets in column], np.bool_)
    data, at = _laid_out(column)
    size = np.array([len(octets or b"") for octets in column], np.int64)
    mine = np.flatnonzero(kept)
    numbers[mine] = names.intern(data, at[mine], size[mine])
    return numbers


def _laid_out(column: list[bytes | None]) -> tuple[Octets, Ints]:
    """Octets behind each other, and where each begins."""
    size = np.array([len(octets or b"") for octets in column], np.int64)
    data = b"".join(octets or b"" for octets in column) + bytes(SLACK)
    return np.frombuffer(data, np.uint8), np.cumsum(size) - size


def _by_frame(parts: list[MessageBatch]) -> MessageBatch:
    joined = MessageBatch.join(parts)
    if len(parts) < 2:
        return joined
    order = np.argsort(joined.frame, kind="stable")
    return MessageBatch(*[getattr(joined, name)[order] for name in MessageBatch.__slots__])


def _some(tunnels: TunnelBatch, mask: Flags) -> TunnelBatch:
    return TunnelBatch(*[getattr(tunnels, name)[mask] for name in TunnelBatch.__slots__])
