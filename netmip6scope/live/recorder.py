"""Frames to pcapng files as they come: one file or a ring of them, until a limit is reached.

Files are written in place, in whole blocks, so that they can be read at any time, also after this
program was killed. Where the disk is full, a file ends with the last block that went in.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np

from dissectors.frames import FrameBatch, Interface
from netmip6scope.capture.writer import Writer, packet_octets
from netmip6scope.errors import OutputError


@dataclass(frozen=True, slots=True)
class Limits:
    """When a capture ends, and when a file does; None: never. files: how many are kept."""

    octets: int | None = None
    seconds: float | None = None
    frames: int | None = None
    file_octets: int | None = None
    file_seconds: float | None = None
    files: int | None = None

    @property
    def ring(self) -> bool:
        """Whether there are several files."""
        return self.file_octets is not None or self.file_seconds is not None


class Recorder:
    """Writes batches; `done` when a limit is reached."""

    def __init__(
        self,
        path: str,
        limits: Limits,
        opened: Callable[[str], None] | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """opened: told of every file that is begun. Raises OutputError."""
        self.frames = 0
        self.octets = 0
        self.done = False
        self.paths: list[str] = []
        self._path = path
        self._limits = limits
        self._opened = opened
        self._clock_s = clock_s
        self._begin_s = clock_s()
        self._begun = 0
        self._last: _File | None = None

    @property
    def _file(self) -> _File:
        """The file at hand; the first is begun when it is needed."""
        if self._last is None:
            self._last = self._new_file()
        return self._last

    def add(self, batch: FrameBatch) -> None:
        """Write frames, as many as the limits leave room for."""
        self.look()
        sizes = np.cumsum(packet_octets(batch.caplen))
        row = 0
        while row < len(batch) and not self.done:
            self.octets += self._file.describe(batch.interfaces)
            count = self._fitting(sizes[row:] - (sizes[row - 1] if row else 0))
            if count:
                self.octets += self._file.write(batch, row, count)
                self.frames += count
                row += count
            if row < len(batch):
                self._no_room()
        self.look()

    def look(self) -> None:
        """Begin a file if there is none; see whether time is up, for the capture or for a file."""
        file = self._file
        now_s = self._clock_s()
        limits = self._limits
        counted = limits.frames is not None and self.frames >= limits.frames
        if counted or _over(now_s - self._begin_s, limits.seconds):
            self.done = True
        elif file.frames and _over(now_s - file.begin_s, limits.file_seconds):
            self._next_file()

    def close(self, dropped: Sequence[int]) -> None:
        """End the last file, with what the kernel said about each interface."""
        if self._last is not None:
            self._last.end(dropped)

    def _fitting(self, sizes: np.ndarray[tuple[int], np.dtype[np.int64]]) -> int:
        limits, count = self._limits, len(sizes)
        if limits.frames is not None:
            count = min(count, limits.frames - self.frames)
        for room, used in ((limits.octets, self.octets), (limits.file_octets, self._file.octets)):
            if room is not None:
                count = min(count, int(np.searchsorted(sizes, room - used, "right")))
        # A frame that is larger than a file may be gets one of its own.
        alone = not self._file.frames and limits.file_octets is not None
        return max(count, 1) if alone and not self._all_used(int(sizes[0])) else count

    def _all_used(self, size: int) -> bool:
        limit = self._limits.octets
        return limit is not None and self.octets + size > limit

    def _no_room(self) -> None:
        limits = self._limits
        counted = limits.frames is not None and self.frames >= limits.frames
        if counted or limits.file_octets is None or not self._file.frames:
            self.done = True
        else:
            self._next_file()

    def _next_file(self) -> None:
        self._file.end(())
        self._last = self._new_file()
        keep = self._limits.files
        while keep is not None and len(self.paths) > keep:
            os.unlink(self.paths.pop(0))

    def _new_file(self) -> _File:
        self._begun += 1
        path = self._path
        if self._limits.ring:
            stem, suffix = os.path.splitext(path)
            path = f"{stem}-{self._begun:05}{suffix}"
        file = _File(path, self._clock_s())
        self.octets += file.octets
        self.paths.append(path)
        if self._opened is not None:
            self._opened(path)
        return file


def _over(passed_s: float, limit_s: float | None) -> bool:
    return limit_s is not None and passed_s >= limit_s


class _File:
    """A pcapng file that is complete after every call."""

    def __init__(self, path: str, begin_s: float) -> None:
        self.path = path
        self.begin_s = begin_s
        self.frames = 0
        self.octets = 0
        self._latest_ns = 0
        self._interfaces = 0
        self._buffer = BytesIO()
        try:
            self._number = os.open(
                path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666
            )
        except OSError as error:
            raise OutputError(f"{path}: {error.strerror}") from error
        self._writer = Writer(self._buffer)
        try:
            self._flush()
        except OutputError:
            os.close(self._number)
            os.unlink(path)
            raise

    def describe(self, interfaces: Sequence[Interface]) -> int:
        """Describe those that are not yet; the octets that took."""
        self._writer.introduce(interfaces)
        self._interfaces = len(interfaces)
        return self._flush()

    def write(self, batch: FrameBatch, first: int, count: int) -> int:
        """Write so many frames; the octets that took."""
        self._writer.write(batch, count, first)
        self._latest_ns = int(batch.time_ns[first + count - 1])
        written = self._flush()
        self.frames += count
        return written

    def end(self, dropped: Sequence[int]) -> None:
        """Say what was dropped, and close."""
        for number, count in enumerate(dropped[: self._interfaces]):
            self._writer.statistics(number, self._latest_ns, count)
        try:
            self._flush()
        finally:
            os.close(self._number)

    def _flush(self) -> int:
        blocks = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        done = 0
        try:
            while done < len(blocks):
                done += os.write(self._number, blocks[done:])
        except OSError as error:
            self.octets += _whole(blocks, done)
            os.ftruncate(self._number, self.octets)
            os.lseek(self._number, self.octets, os.SEEK_SET)
            text = f"{self.path}: {error.strerror}; what came before is in it"
            raise OutputError(text) from error
        self.octets += len(blocks)
        return len(blocks)


def _whole(blocks: bytes, end: int) -> int:
    """Where the last of these blocks ends that does so before `end`."""
    at = following = 0
    while following <= end:
        at = following
        if at == len(blocks):
            break
        following += int.from_bytes(blocks[at + 4 : at + 8], "little")
    return at
