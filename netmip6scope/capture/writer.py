"""Frames to a pcapng file (draft-ietf-opsawg-pcapng): one section, times in nanoseconds."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import BinaryIO

from dissectors.frames import FrameBatch, Interface, Ints

_SECTION = 0x0A0D0D0A
_INTERFACE = 1
_STATISTICS = 5
_PACKET = 6
_MAGIC = 0x1A2B3C4D
_UNKNOWN_LENGTH = -1
_END, _COMMENT, _NAME, _RESOLUTION = 0, 1, 2, 9
_DROPPED = 5
_NANOSECONDS = b"\x09"
_PACKET_HEAD = 12 + 20
"""Octets of a packet's block besides the packet's own."""
_LONGEST_NAME = 255
_LONGEST_COMMENT = 0xFFFF
_LAST_TIME = (1 << 64) - 1


class Writer:
    """Writes frames as they come; an interface is described before its first frame."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._described = 0
        self._block(_SECTION, struct.pack("<IHHq", _MAGIC, 1, 0, _UNKNOWN_LENGTH))

    def write(self, batch: FrameBatch, count: int, first: int = 0) -> None:
        """`count` frames of a batch, from row `first` on."""
        self.introduce(batch.interfaces)
        for row in range(first, first + count):
            self.frame(
                batch.frame(row),
                int(batch.wirelen[row]),
                int(batch.time_ns[row]),
                int(batch.interface[row]),
            )

    def introduce(self, interfaces: Sequence[Interface]) -> None:
        """Describe those that are not described yet; a source's interfaces only become more."""
        for interface in interfaces[self._described :]:
            self.describe(interface)

    def describe(self, interface: Interface, comment: str = "") -> int:
        """One more interface, with what is to be said of it; its number, they count from 0."""
        options = _said(comment) + _option(_NAME, _utf8(interface.point, _LONGEST_NAME))
        options += _option(_RESOLUTION, _NANOSECONDS) + _option(_END, b"")
        self._block(_INTERFACE, struct.pack("<HHI", interface.link_type, 0, 0) + options)
        self._described += 1
        return self._described - 1

    def frame(
        self, octets: bytes, wirelen: int, time_ns: int, interface: int, comment: str = ""
    ) -> None:
        """One frame. The format knows no time before 1970: such a one is written as 1970."""
        time = min(max(time_ns, 0), _LAST_TIME)
        head = struct.pack("<IIIII", interface, time >> 32, time & 0xFFFFFFFF, len(octets), wirelen)
        options = _said(comment) + _option(_END, b"") if comment else b""
        self._block(_PACKET, head + _padded(octets) + options)

    def statistics(self, interface: int, time_ns: int, dropped: int) -> None:
        """How many frames of an interface the capturing system dropped (4.6, isb_ifdrop)."""
        body = struct.pack("<III", interface, time_ns >> 32, time_ns & 0xFFFFFFFF)
        options = _option(_DROPPED, struct.pack("<Q", dropped)) + _option(_END, b"")
        self._block(_STATISTICS, body + options)

    def _block(self, kind: int, body: bytes) -> None:
        length = 12 + len(body)
        self._stream.write(struct.pack("<II", kind, length) + body + struct.pack("<I", length))


def packet_octets(caplen: Ints) -> Ints:
    """How many octets of a file frames of these lengths take."""
    return _PACKET_HEAD + (caplen + 3) // 4 * 4


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _said(comment: str) -> bytes:
    return _option(_COMMENT, _utf8(comment, _LONGEST_COMMENT)) if comment else b""


def _utf8(text: str, longest: int) -> bytes:
    """As much of the text as so many octets hold whole characters of."""
    return text.encode("utf-8", "replace")[:longest].decode("utf-8", "ignore").encode()


def _padded(octets: bytes) -> bytes:
    """Octets up to a multiple of four."""
    return octets + bytes(-len(octets) % 4)
