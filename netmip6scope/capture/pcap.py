"""The pcap file format (draft-ietf-opsawg-pcap): a file header, then records.

A first pass only follows the record lengths; every field is then gathered for all records of the
window at once.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from dissectors.frames import Interface, Ints
from netmip6scope.capture.walk import walk
from netmip6scope.capture.window import (
    MAX_RECORD,
    Fault,
    Format,
    Frames,
    Note,
    Part,
    Window,
    words,
)

FILE_HEADER = 24
MIN_LIMIT = 256 << 10
"""Records up to this length are believed whatever the snap length of the file says."""

# magic: (octets of a record header, nanoseconds of a fraction unit)
MAGICS = {
    0xA1B2C3D4: (16, 1000),
    0xA1B23C4D: (16, 1),
    0xA1B2CD34: (24, 1000),  # A. Kuznetzov's: interface, protocol and packet type follow
}


def recognise(head: bytes) -> str | None:
    """The byte order "<" or ">" of a pcap file, None for another file."""
    for order in "<>":
        if len(head) >= 4 and struct.unpack_from(order + "I", head)[0] in MAGICS:
            return order
    return None


class Pcap(Format):
    """The records of one pcap file."""

    def __init__(self, order: str, head: bytes, point: str) -> None:
        """`head` is the file header, complete."""
        magic, _, _, _, _, snaplen, network = struct.unpack(order + "IHHiIII", head)
        self._order = order
        self._header, self._unit_ns = MAGICS[magic]
        self._limit = min(max(snaplen, MIN_LIMIT), MAX_RECORD)
        # The upper bits of the network field tell the FCS length.
        self._interfaces = (Interface(network & 0xFFFF, point),)
        self._begin = FILE_HEADER

    @property
    def interfaces(self) -> tuple[Interface, ...]:
        """The one interface of the file."""
        return self._interfaces

    @property
    def dropped(self) -> dict[str, int]:
        """A pcap file cannot say."""
        return {}

    def parse(self, window: Window) -> Part:
        """See `Format`."""
        header = self._header
        starts = walk(window.octets, self._begin, window.end - header, header, self._order)
        head = words(window.octets, starts, 4, self._order)
        caplen = head[:, 2].astype(np.int64)
        count, fault = len(starts), None
        if count and int(caplen.max()) > self._limit:
            count = int(np.argmax(caplen > self._limit))
            fault = self._fault(int(caplen[count]), window.base + int(starts[count]))
        consumed = self._begin if not count else int(starts[count - 1] + caplen[count - 1]) + header
        need, notes = header, []
        if fault is None and consumed > window.end:
            consumed = int(starts[-1])
            need = header + int(caplen[-1])
            if window.final:
                caplen[-1] = window.end - consumed - header
            else:
                count -= 1
        if fault is None and window.final and consumed < window.end:
            text = "CAP-CUT: the last record is cut; its octets up to there are used"
            notes.append(Note(text, window.base + consumed, cut=True))
        self._begin = 0
        frames = self._frames(starts[:count] + header, caplen[:count], head[:count])
        return Part(frames, consumed, need, fault, notes)

    def _frames(self, start: Ints, caplen: Ints, head: NDArray[np.uint32]) -> Frames:
        seconds, fraction = head[:, 0].astype(np.int64), head[:, 1].astype(np.int64)
        time_ns = seconds * 1_000_000_000 + fraction * self._unit_ns
        wirelen = head[:, 3].astype(np.int64)
        return Frames(start, caplen, wirelen, time_ns, np.zeros(len(start), np.int64))

    def _fault(self, caplen: int, offset: int) -> Fault:
        text = f"corrupt record: captured length {caplen} is above {self._limit}"
        return Fault(f"{text}; only the frames before it are read", offset)
