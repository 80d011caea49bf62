"""The pcapng file format (draft-ietf-opsawg-pcapng): blocks in sections.

As in pcap, a first pass only follows the block lengths; the fields of all packet blocks of a
section's run are then gathered at once. A new section ends a run, since it may change the byte
order; interface descriptions are few and are read one by one.
"""

from __future__ import annotations

import struct
from array import array

import numpy as np

from dissectors.frames import Interface, Ints
from netmip6scope.capture.packets import EPB, IDB, ISB, ONLY, PACKET, SPB, Run, packets
from netmip6scope.capture.section import BadBlock, Interfaces, Section, describe, drops
from netmip6scope.capture.window import (
    MAX_RECORD,
    Fault,
    Format,
    Frames,
    Note,
    Part,
    Window,
    join,
    words,
)

SHB = 0x0A0D0D0A
_BYTE_ORDER = 0x1A2B3C4D
_MIN_BLOCK, _MIN_SECTION = 12, 28
_CUT = "CAP-CUT: the last block is cut; its octets up to there are used"


def recognise(head: bytes | bytearray) -> bool:
    """Whether a file begins with a Section Header Block."""
    return head[:4] == b"\n\r\r\n"


class Pcapng(Format):
    """The blocks of one pcapng file."""

    def __init__(self, point: str, fixed: bool) -> None:
        """`point` names interfaces without a name, and all of them when `fixed`."""
        self._known = Interfaces(point, fixed)
        self._section: Section | None = None
        self._dropped: dict[str, int] = {}
        self._lost: dict[str, int] = {}

    @property
    def interfaces(self) -> tuple[Interface, ...]:
        """All different interfaces met so far."""
        return self._known.all

    @property
    def dropped(self) -> dict[str, int]:
        """As Interface Statistics Blocks say, or packets do: both count the same losses."""
        return {
            point: max(counts.get(point, 0) for counts in (self._dropped, self._lost))
            for point in self._dropped | self._lost
            if self._dropped.get(point) or self._lost.get(point)
        }

    def parse(self, window: Window) -> Part:
        """See `Format`."""
        found: list[Frames] = []
        part = Part(join([]), 0, _MIN_BLOCK)
        while part.fault is None and part.consumed + _MIN_BLOCK <= window.end:
            begin = part.consumed
            kind = int.from_bytes(window.octets[begin : begin + 4], "little")
            try:
                if kind == SHB or self._section is None:
                    part.consumed = self._open(window, begin, part)
                else:
                    found.append(self._run(window, begin, self._section, part))
            except BadBlock as bad:
                part.fault = Fault(f"corrupt block: {bad}; {ONLY}", window.base + begin)
            if part.consumed == begin or part.consumed + part.need > window.end:
                break
        if window.final and part.fault is None and part.consumed < window.end:
            self._end(window, part)
        self._known.publish()
        part.frames = join(found)
        return part

    def _end(self, window: Window, part: Part) -> None:
        offset = window.base + part.consumed
        if self._section is None:
            part.fault = Fault("pcapng section header is cut; no frame can be read", offset)
        elif not part.notes:
            part.notes.append(Note(_CUT, offset, cut=True))

    def _open(self, window: Window, begin: int, part: Part) -> int:
        """Begin a section at its header; the offset behind it, or of it when it is incomplete."""
        magic = bytes(window.octets[begin + 8 : begin + 12])
        order = "<" if magic == struct.pack("<I", _BYTE_ORDER) else ">"
        if magic != struct.pack(order + "I", _BYTE_ORDER):
            raise BadBlock(f"section header with byte-order magic {magic.hex()}")
        length = int(struct.unpack_from(order + "I", window.octets, begin + 4)[0])
        if length < _MIN_SECTION or length % 4 or length > MAX_RECORD:
            raise BadBlock(f"section header with length {length}")
        part.need = length
        if begin + length > window.end:
            return begin
        (major,) = struct.unpack_from(order + "H", window.octets, begin + 12)
        (again,) = struct.unpack_from(order + "I", window.octets, begin + length - 4)
        if again != length:
            raise BadBlock(f"length {length} in front, {again} behind")
        if major != 1:
            raise BadBlock(f"section of major version {major}, 1 is known")
        self._section = Section(order)
        return begin + length

    def _run(self, window: Window, begin: int, section: Section, part: Part) -> Frames:
        """The frames of the blocks up to the next section."""
        run = _blocks(window, begin, section.order, part)
        stop, fault = self._describe(window, run, section)
        count = stop if fault is not None else len(run.start)
        part.fault = run.fault if fault is None else fault
        found = packets(window, run, count, section, part)
        self._count_drops(window, run, section)
        return found

    def _describe(self, window: Window, run: Run, section: Section) -> tuple[int, Fault | None]:
        """Add the interfaces of a run; where and why that failed."""
        for row in np.flatnonzero(run.kind == IDB).tolist():
            begin, length = int(run.start[row]), int(run.length[row])
            try:
                block = describe(bytes(window.octets[begin : begin + length]), section.order)
                section.add(block, self._known.number(block))
            except BadBlock as bad:
                return row, Fault(f"corrupt block: {bad}; {ONLY}", window.base + begin)
        return 0, None

    def _count_drops(self, window: Window, run: Run, section: Section) -> None:
        """Take what a run's statistics say; the latest block of an interface counts from begin."""
        for row in np.flatnonzero(run.kind == ISB).tolist():
            begin, length = int(run.start[row]), int(run.length[row])
            told = drops(bytes(window.octets[begin : begin + length]), section.order)
            if told is None or told[0] >= len(section.index):
                continue
            interface, count = told
            point = self._known.point(section.index[interface])
            more = count - section.dropped.get(interface, 0)
            section.dropped[interface] = count
            self._dropped[point] = self._dropped.get(point, 0) + more
        for interface, count in section.lost.items():
            point = self._known.point(section.index[interface])
            self._lost[point] = self._lost.get(point, 0) + count
        section.lost.clear()


def _walk(octets: bytearray, position: int, last: int, order: str) -> tuple[Ints, int]:
    """Offsets of blocks whose first 8 octets are there, and where the walk stopped."""
    unpack_from = struct.Struct(order + "II").unpack_from
    places: list[int] = []
    append = places.append
    while position <= last:
        kind, length = unpack_from(octets, position)
        if kind == SHB:
            break
        append(position)
        if length < _MIN_BLOCK:
            break
        position += length
    return np.frombuffer(array("q", places), np.int64), position


def _blocks(window: Window, begin: int, order: str, part: Part) -> Run:
    """Walk a run, check the block lengths, set how far `part` got."""
    octets = window.octets
    start, stop = _walk(octets, begin, window.end - _MIN_BLOCK, order)
    head = words(octets, start, 2, order)
    kind, length = head[:, 0].astype(np.int64), head[:, 1].astype(np.int64)
    end = start + length
    whole = end <= window.end
    wrong = (length < _MIN_BLOCK) | (length > MAX_RECORD) | (length % 4 != 0)
    # A block without its end has no second length to compare.
    tail = words(octets, np.where(whole & ~wrong, end - 4, start + 4), 1, order)[:, 0]
    wrong |= tail.astype(np.int64) != length
    run = Run(start, length, kind, None)
    part.consumed, part.need = stop, _MIN_BLOCK
    if wrong.any():
        row = int(np.argmax(wrong))
        text = f"corrupt block: length {length[row]} in front, {tail[row]} behind; {ONLY}"
        fault = Fault(text, window.base + int(start[row]))
        run = Run(start[:row], length[:row], kind[:row], fault)
        part.consumed = int(start[row])
    elif stop > window.end:
        part.consumed, part.need = int(start[-1]), int(length[-1])
        run = Run(start, length, kind, None, cut=True)
        if not window.final or kind[-1] not in (EPB, PACKET, SPB):
            run = Run(start[:-1], length[:-1], kind[:-1], None)
    return run
