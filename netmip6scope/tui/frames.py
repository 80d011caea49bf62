"""The frames of all messages, kept in a file without a name.

Captures may be compressed, or a pipe, so their frames cannot be found again; memory would grow with
signalling. One thread adds, others read what has been added. Where frames are let go, the others
are copied to another file as soon as half of the file is of no use.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Mapping
from typing import BinaryIO

import numpy as np

from dissectors.frames import SLACK, FrameBatch, Interface, Ints
from dissectors.scan.batch import MessageBatch
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.capture.spool import is_read_once
from netmip6scope.correlate.growing import Growing
from netmip6scope.errors import OutputError
from netmip6scope.tui.parts import NO_KIND, Stored

_COLUMNS = {
    "number": np.int64,
    "at": np.int64,
    "octets": np.int32,
    "wirelen": np.int32,
    "link_type": np.int32,
    "kind": np.int32,
    "time_ns": np.int64,
}


class FrameStore:
    """Messages have the numbers of `Result.message_number`.

    Rows of a number: the frames that hold fragments of the message, and its own frame, the last.
    """

    def __init__(self) -> None:
        self._file = _file()
        self._size = 0
        self._rows = Growing(_COLUMNS)
        self._order: Ints | None = None
        self._seen = 0
        self._lock = threading.Lock()
        """Held while rows or the file become others, and while one is read."""

    def __len__(self) -> int:
        if self._order is not None:
            return len(self._order)
        return int(np.count_nonzero(np.diff(self._rows.column("number"), prepend=-1)))

    @property
    def octets(self) -> int:
        """The size of the file."""
        return self._size

    def add(
        self,
        batch: FrameBatch,
        messages: MessageBatch,
        earlier: Mapping[int, list[Stored]] | None = None,
    ) -> None:
        """Keep the frames of a batch's messages. Raises OutputError when there is no room.

        earlier: by number of a message's frame, those with fragments of it.
        """
        if earlier:
            self._add_parts(messages.frame.tolist(), earlier)
        row = messages.frame - batch.first_frame
        octets = batch.caplen[row]
        starts = batch.start[row].tolist()
        data = batch.data.data
        parts = [data[s : s + n] for s, n in zip(starts, octets.tolist(), strict=True)]
        _write_all(self._file, b"".join(parts))
        ends = self._size + np.cumsum(octets)
        types = np.array([interface.link_type for interface in batch.interfaces], np.int32)
        rows = {
            "number": self._seen + np.arange(len(row)),
            "at": ends - octets,
            "octets": octets,
            "wirelen": batch.wirelen[row],
            "link_type": types[batch.interface[row]],
            "kind": messages.kind,
            "time_ns": batch.time_ns[row],
        }
        with self._lock:
            self._rows.extend(rows)
            if earlier:
                by_number = np.argsort(self._rows.column("number"), kind="stable")
                self._rows.keep(by_number)
        self._seen += len(row)
        self._size = int(ends[-1]) if len(ends) else self._size

    def _add_parts(self, frames: list[int], earlier: Mapping[int, list[Stored]]) -> None:
        parts = [
            (self._seen + n, part) for n, f in enumerate(frames) for part in earlier.get(f, ())
        ]
        octets = np.array([len(part.octets) for _, part in parts], np.int64)
        rows = {
            "number": np.array([number for number, _ in parts], np.int64),
            "at": self._size + np.cumsum(octets) - octets,
            "octets": octets,
        }
        for name in ("wirelen", "link_type", "kind", "time_ns"):
            rows[name] = np.array([getattr(part, name) for _, part in parts], np.int64)
        self._size += _write_all(self._file, b"".join(part.octets for _, part in parts))
        with self._lock:
            self._rows.extend(rows)

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def keep(self, which: Ints) -> None:
        """Let the rows be those of `which`, in its order."""
        self._order = which

    def forget(self, numbers: Ints) -> None:
        """Let go of all messages but these, ascending. Raises OutputError without room."""
        rows = np.flatnonzero(np.isin(self._rows.column("number"), numbers))
        used = int(self._rows.column("octets")[rows].sum())
        if 2 * used < self._size:
            self._copy(rows)
        with self._lock:
            self._rows.keep(rows)

    def _copy(self, rows: Ints) -> None:
        """The frames of these rows to a file of their own."""
        before, at = self._file, self._rows.column("at").copy()
        octets = self._rows.column("octets")
        after, size = _file(), 0
        for row in rows.tolist():
            size += _write_all(after, os.pread(before.fileno(), int(octets[row]), int(at[row])))
        sizes = octets[rows].astype(np.int64)
        with self._lock:
            self._rows.column("at")[rows] = np.cumsum(sizes) - sizes
            self._file, self._size = after, size
        before.close()

    def frame(self, number: int) -> Stored:
        """The frame of a message. Raises OutputError if it cannot be read back."""
        return self.frames(number)[-1]

    def frames(self, number: int) -> list[Stored]:
        """The same behind the frames with fragments of it."""
        number = number if self._order is None else int(self._order[number])
        with self._lock:
            numbers = self._rows.column("number")
            first, end = (int(np.searchsorted(numbers, number, side)) for side in ("left", "right"))
            if first == end:
                raise OutputError("its session was over for long, and its frame has left memory")
            return [self._read(self._rows.row(row)) for row in range(first, end)]

    def _read(self, row: dict[str, int]) -> Stored:
        try:
            octets = os.pread(self._file.fileno(), row["octets"], row["at"])
        except OSError as error:
            raise OutputError(f"{tempfile.gettempdir()}: {error.strerror or error}") from error
        return Stored(octets, row["wirelen"], row["link_type"], row["kind"], row["time_ns"])

    def batch(self, numbers: Ints, begin: int) -> tuple[MessageBatch, FrameBatch]:
        """Messages as a filter sees them: frames that count from `begin` + 1.

        Raises OutputError if one cannot be read back.
        """
        stored = [self.frame(number) for number in numbers.tolist()]
        end = begin + len(stored)
        sizes = np.array([len(frame.octets) for frame in stored], np.int64)
        data = b"".join([*(frame.octets for frame in stored), bytes(SLACK)])
        types = sorted({frame.link_type for frame in stored})
        messages = MessageBatch.blank(len(stored))
        messages.frame = np.arange(begin + 1, end + 1)
        messages.kind = np.array([frame.kind for frame in stored], np.int64)
        none = np.zeros(len(stored), np.int64)
        return messages, FrameBatch(
            np.frombuffer(data, np.uint8),
            np.cumsum(sizes) - sizes,
            sizes,
            np.array([frame.wirelen for frame in stored], np.int64),
            none,
            np.array([types.index(frame.link_type) for frame in stored], np.int64),
            tuple(Interface(link_type, "") for link_type in types),
            begin + 1,
        )


def _file() -> BinaryIO:
    """It lives as long as somebody has it."""
    return tempfile.TemporaryFile(prefix="netmip6scope-", buffering=0)


def _write_all(file: BinaryIO, octets: bytes) -> int:
    rest = memoryview(octets)
    try:
        while rest:
            rest = rest[file.write(rest) :]
    except OSError as error:
        raise OutputError(f"{tempfile.gettempdir()}: {error.strerror or error}") from error
    return len(octets)


def read_frame(source: Source, number: int) -> Stored | None:
    """A frame that need be no message, found by reading the capture from its begin.

    None if the capture cannot be read again, or has no such frame. Raises InputError.
    """
    if is_read_once(source):
        return None
    for batch in CaptureFile(source).batches():
        row = number - batch.first_frame
        if row < len(batch):
            link_type = batch.interfaces[int(batch.interface[row])].link_type
            wirelen, time_ns = int(batch.wirelen[row]), int(batch.time_ns[row])
            return Stored(batch.frame(row), wirelen, link_type, NO_KIND, time_ns)
    return None
