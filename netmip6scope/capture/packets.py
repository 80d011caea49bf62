"""The packet blocks of a pcapng section, gathered for a whole run of blocks at once.

Three kinds hold a packet: the Enhanced Packet Block, the obsolete Packet Block with the same
layout but a 16-bit interface number, and the Simple Packet Block without interface and time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dissectors.frames import Ints
from netmip6scope.capture import ticks
from netmip6scope.capture.section import Section
from netmip6scope.capture.window import MAX_RECORD, Fault, Frames, Part, Window, no_frames, words

IDB, PACKET, SPB, ISB, EPB = 1, 2, 3, 5, 6
ONLY = "only the frames before it are read"
_MIN_SIMPLE, _MIN_PACKET = 16, 32
_SIMPLE_DATA, _PACKET_DATA = 12, 28
_END, _DROPCOUNT = 0, 4
_MOST_OPTIONS = 32
"""Of a packet; what is behind more of them is not looked at."""


class Run(NamedTuple):
    """Blocks of one section: offset, length and type of each, (n,) int64.

    `fault` lies behind them; with `cut` the file ends inside the last of them.
    """

    start: Ints
    length: Ints
    kind: Ints
    fault: Fault | None
    cut: bool = False


class _Heads(NamedTuple):
    """Packet blocks: offset, whether simple, interface, room for data, first seven words."""

    start: Ints
    simple: NDArray[np.bool_]
    interface: Ints
    room: Ints
    words: NDArray[np.uint32]

    def first(self, count: int) -> _Heads:
        return _Heads(
            self.start[:count],
            self.simple[:count],
            self.interface[:count],
            self.room[:count],
            self.words[:count],
        )


def packets(window: Window, run: Run, count: int, section: Section, part: Part) -> Frames:
    """The frames of the first `count` blocks; the first wrong one becomes the part's fault.

    The interfaces of these blocks are in `section` already.
    """
    kind = run.kind[:count]
    described = np.cumsum(kind == IDB)
    earlier = len(section.index) - (int(described[-1]) if count else 0)
    rows = np.flatnonzero((kind == EPB) | (kind == PACKET) | (kind == SPB))
    heads = _heads(window, run, rows, section.order)
    good = _check(heads, earlier + described[rows], part, window.base)
    if not good:
        return no_frames()
    heads = heads.first(good)
    _count_lost(window, heads, section)
    frames = _frames(heads, section)
    last_is_cut = run.cut and good == len(rows) and count == len(run.kind)
    return _cut_last(frames, window.end) if last_is_cut else frames


def _heads(window: Window, run: Run, rows: Ints, order: str) -> _Heads:
    start, kind = run.start[rows], run.kind[rows]
    head = words(window.octets, start, 7, order)
    simple = kind == SPB
    word = head[:, 2].astype(np.int64)
    half = word & 0xFFFF if order == "<" else word >> 16
    interface = np.where(simple, 0, np.where(kind == PACKET, half, word))
    room = run.length[rows] - np.where(simple, _MIN_SIMPLE, _MIN_PACKET)
    return _Heads(start, simple, interface, room, head)


def _check(heads: _Heads, described: Ints, part: Part, base: int) -> int:
    """How many packets are good; the first that is not becomes the part's fault."""
    caplen = np.where(heads.simple, 0, heads.words[:, 5]).astype(np.int64)
    unknown = heads.interface >= described
    wrong = unknown | (caplen > heads.room)
    if not wrong.any():
        return len(wrong)
    row = int(np.argmax(wrong))
    text = f"captured length {caplen[row]} in a block with room for {max(0, heads.room[row])}"
    if unknown[row]:
        text = f"interface {heads.interface[row]} is not described"
    part.fault = Fault(f"corrupt block: {text}; {ONLY}", base + int(heads.start[row]))
    return row


def _frames(heads: _Heads, section: Section) -> Frames:
    table, simple, head = section.table(), heads.simple, heads.words
    caplen, wirelen = head[:, 5].astype(np.int64), head[:, 6].astype(np.int64)
    if simple.any():
        wirelen = np.where(simple, head[:, 2], wirelen)
        snaplen = int(table.snaplen[0]) or MAX_RECORD
        fits = np.minimum(np.minimum(wirelen, snaplen), heads.room)
        caplen = np.where(simple, fits, caplen)
    start = heads.start + np.where(simple, _SIMPLE_DATA, _PACKET_DATA)
    return Frames(start, caplen, wirelen, _times(heads, section), table.index[heads.interface])


def _count_lost(window: Window, heads: _Heads, section: Section) -> None:
    """Add up epb_dropcount: packets lost between this one and the interface's one before."""
    begin = heads.start + _PACKET_DATA
    at, stop = begin + (heads.words[:, 5].astype(np.int64) + 3 & ~3), begin + heads.room
    rows = np.flatnonzero(~heads.simple & (at + 4 <= np.minimum(stop, window.end)))
    at, stop = at[rows], stop[rows]
    little = section.order == "<"
    for _ in range(_MOST_OPTIONS):
        if not len(rows):
            return
        head = words(window.octets, at, 1, section.order)[:, 0].astype(np.int64)
        code, length = (head & 0xFFFF, head >> 16) if little else (head >> 16, head & 0xFFFF)
        told = (code == _DROPCOUNT) & (length == 8) & (at + 12 <= stop)
        for interface, place in zip(heads.interface[rows[told]], at[told].tolist(), strict=True):
            value = bytes(window.octets[place + 4 : place + 12])
            count = int.from_bytes(value, "little" if little else "big")
            section.lost[int(interface)] = section.lost.get(int(interface), 0) + count
        at = at + 4 + (length + 3 & ~3)
        more = np.flatnonzero((code != _END) & (at + 4 <= stop))
        rows, at, stop = rows[more], at[more], stop[more]


def _times(heads: _Heads, section: Section) -> Ints:
    """Nanoseconds since the epoch; 0 for a simple packet, which has no time."""
    table, head = section.table(), heads.words
    count = (head[:, 3].astype(np.uint64) << np.uint64(32)) | head[:, 4]
    count[heads.simple] = 0
    tsresol = table.tsresol[heads.interface]
    first = int(tsresol[0])
    if (tsresol == first).all():
        time_ns = ticks.nanoseconds(count, first)
    else:
        time_ns = np.empty(len(count), np.int64)
        for one in np.unique(tsresol).tolist():
            rows = tsresol == one
            time_ns[rows] = ticks.nanoseconds(count[rows], one)
    time_ns = ticks.shifted(time_ns, table.tsoffset_s[heads.interface])
    time_ns[heads.simple] = 0
    return time_ns


def _cut_last(frames: Frames, end: int) -> Frames:
    """Shorten the frame of a block that the file's end cuts; drop it if its header is cut."""
    begin = int(frames.start[-1])
    if begin <= end:
        frames.caplen[-1] = min(int(frames.caplen[-1]), end - begin)
        return frames
    return Frames(*(column[:-1] for column in frames))
