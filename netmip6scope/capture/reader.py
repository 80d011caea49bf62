"""A capture file as batches of frames.

One buffer is filled, its frames are handed out, and what is left of an incomplete record is moved
to its front. Memory does not grow with the file: a buffer grows only for a longer record, and
those are bounded (`MAX_RECORD`).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

from dissectors.frames import SLACK, FrameBatch
from dissectors.text import printable
from netmip6scope.capture import pcap, pcapng
from netmip6scope.capture.compression import Stream, open_stream
from netmip6scope.capture.inputs import Source, default_point
from netmip6scope.capture.window import Format, Note, Part, Window
from netmip6scope.errors import InputError

BLOCK = 4 << 20
"""Octets of a buffer."""


Idle: TypeAlias = "Callable[[], float | None]"
"""Called when there is nothing to read; how many seconds to wait until it is called again."""


class CaptureFile:
    """One capture: its frames, and what was odd about it."""

    def __init__(
        self, source: Source, file: int = 0, *, block: int = BLOCK, idle: Idle | None = None
    ) -> None:
        """`file` is the number given to the batches; `block` the octets of a buffer.

        idle: frames are given as soon as they are there, in buffers that may not be full.
        """
        self.source = source
        self.file = file
        self.notes: list[Note] = []
        self.dropped: dict[str, int] = {}
        """Packets that the file says were dropped, by capture point."""
        self.size = _size(source.place)
        self._block = max(block, 64)
        self._idle = idle
        self._stream: Stream | None = None
        self._position = 0

    @property
    def position(self) -> int:
        """Octets of the file on disk, compressed or not, that were read so far."""
        return self._position if self._stream is None else self._stream.position

    def batches(self) -> Iterator[FrameBatch]:
        """All frames. Raises InputError, after the frames that come before the fault."""
        self._stream = stream = open_stream(self.source.place)
        try:
            yield from self._read(stream)
        finally:
            self._position = stream.position
            self._stream = None
            stream.close()

    def _read(self, stream: Stream) -> Iterator[FrameBatch]:
        octets = bytearray(self._block + SLACK)
        base, have, frame = 0, 0, 1
        capture: Format | None = None
        while True:
            have, final, failure = _fill(stream, octets, have, self._idle)
            if capture is None:
                if failure is not None and have < pcap.FILE_HEADER:
                    raise failure
                capture = _recognise(bytes(octets[: min(have, pcap.FILE_HEADER)]), self.source)
            part = capture.parse(Window(octets, have, base, final))
            self.notes += part.notes
            self.dropped = capture.dropped
            if len(part.frames.start):
                yield self._batch(part, capture, octets, have, frame)
                frame += len(part.frames.start)
            if part.fault is not None:
                raise InputError(self.source.path, part.fault.reason, part.fault.offset)
            if failure is not None:
                raise failure
            if final:
                return
            octets, have = _rest(octets, part, have)
            base += part.consumed

    def _batch(
        self, part: Part, capture: Format, octets: bytearray, have: int, frame: int
    ) -> FrameBatch:
        frames = part.frames
        return FrameBatch(
            np.frombuffer(octets, np.uint8, have + SLACK),
            frames.start,
            frames.caplen,
            frames.wirelen,
            frames.time_ns,
            frames.interface,
            capture.interfaces,
            frame,
            self.file,
        )


def read_batches(
    source: Source, file: int = 0, *, on_end: Callable[[str], None] | None = None
) -> Iterator[FrameBatch]:
    """All frames of a capture; at its end `on_end` gets each note about it as one line."""
    capture = CaptureFile(source, file)
    yield from capture.batches()
    if on_end is not None:
        for note in capture.notes:
            on_end(f"{source.path}: {note.text} (at octet {note.offset})")


def _fill(
    stream: Stream, octets: bytearray, have: int, idle: Idle | None
) -> tuple[int, bool, InputError | None]:
    """Fill the buffer: octets in it, whether these are the last, what stopped the reading.

    With idle, it does not wait for more than a file header and something new.
    """
    enough = len(octets) if idle is None else max(have + 1, pcap.FILE_HEADER)
    room = len(octets) - SLACK
    failure = None
    final = False
    with memoryview(octets) as view:
        while have < room and not final and not (have >= enough and stream.waits(0)):
            try:
                _wait(stream, idle)
                count = stream.readinto(view[have:room])
            except InputError as error:
                failure, count = error, 0
            have += count
            final = count == 0
        view[have : have + SLACK] = bytes(SLACK)
    return have, final, failure


def _wait(stream: Stream, idle: Idle | None) -> None:
    if idle is not None and stream.waits(0):
        while stream.waits(idle()):
            pass


def _rest(octets: bytearray, part: Part, have: int) -> tuple[bytearray, int]:
    """Move what was not consumed to the front of a buffer that can hold the next record."""
    left = have - part.consumed
    room = len(octets) - SLACK
    target = bytearray(max(part.need, 2 * room) + SLACK) if part.need > room else octets
    target[:left] = octets[part.consumed : have]
    return target, left


def _recognise(head: bytes, source: Source) -> Format:
    if not head:
        raise InputError(source.path, "empty file; a capture has at least a file header")
    point = default_point(source.path) if source.point is None else source.point
    point = printable(os.fsencode(point))
    if pcapng.recognise(head):
        return pcapng.Pcapng(point, fixed=source.point is not None)
    order = pcap.recognise(head)
    if order is None:
        text = f"not a capture: begins with {head[:4].hex(' ')}; pcap or pcapng expected"
        raise InputError(source.path, text, 0)
    if len(head) < pcap.FILE_HEADER:
        raise InputError(source.path, "pcap file header is cut; no frame can be read", len(head))
    return pcap.Pcap(order, head, point)


def _size(path: str) -> int | None:
    if path == "-":
        return None
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
