"""The frames of all messages, kept in a file without a name.

Captures may be compressed, or a pipe, so their frames cannot be found again; memory would grow with
signalling. One thread adds, others read what has been added.
"""

from __future__ import annotations

import os
import tempfile
from typing import NamedTuple

import numpy as np

from dissectors.frames import SLACK, FrameBatch, Interface, Ints
from dissectors.scan.batch import MessageBatch
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.capture.spool import is_read_once
from netmip6scope.correlate.growing import Growing
from netmip6scope.errors import OutputError

_COLUMNS = {
    "at": np.int64,
    "octets": np.int32,
    "wirelen": np.int32,
    "link_type": np.int32,
    "kind": np.int32,
}

_NO_KIND = -1


class Stored(NamedTuple):
    """One frame."""

    octets: bytes
    wirelen: int
    link_type: int
    kind: int
    """The message's `MessageKind`, -1 for a frame without one."""


class FrameStore:
    """Rows are those of the table of messages."""

    def __init__(self) -> None:
        # It lives as long as this object.
        self._file = tempfile.TemporaryFile(prefix="netmip6scope-", buffering=0)  # noqa: SIM115
        self._size = 0
        self._rows = Growing(_COLUMNS)
        self._order: Ints | None = None

    def __len__(self) -> int:
        return len(self._rows if self._order is None else self._order)

    def add(self, batch: FrameBatch, messages: MessageBatch) -> None:
        """Keep the frames of a batch's messages. Raises OutputError when there is no room."""
        row = messages.frame - batch.first_frame
        octets = batch.caplen[row]
        starts = batch.start[row].tolist()
        data = batch.data.data
        parts = [data[s : s + n] for s, n in zip(starts, octets.tolist(), strict=True)]
        self._write(b"".join(parts))
        ends = self._size + np.cumsum(octets)
        types = np.array([interface.link_type for interface in batch.interfaces], np.int32)
        self._rows.extend(
            {
                "at": ends - octets,
                "octets": octets,
                "wirelen": batch.wirelen[row],
                "link_type": types[batch.interface[row]],
                "kind": messages.kind,
            }
        )
        self._size = int(ends[-1]) if len(ends) else self._size

    def _write(self, octets: bytes) -> None:
        rest = memoryview(octets)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            directory = tempfile.gettempdir()
            raise OutputError(f"{directory}: {error.strerror or error}") from error

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def keep(self, which: Ints) -> None:
        """Let the rows be those of `which`, in its order."""
        self._order = which

    def frame(self, row: int) -> Stored:
        """The frame of a message. Raises OutputError if it cannot be read back."""
        stored = self._rows.row(row if self._order is None else int(self._order[row]))
        try:
            octets = os.pread(self._file.fileno(), stored["octets"], stored["at"])
        except OSError as error:
            raise OutputError(f"{tempfile.gettempdir()}: {error.strerror or error}") from error
        return Stored(octets, stored["wirelen"], stored["link_type"], stored["kind"])

    def batch(self, begin: int, end: int) -> tuple[MessageBatch, FrameBatch]:
        """Rows `begin` to `end` as a filter sees them: frames that count from `begin` + 1."""
        stored = [self.frame(row) for row in range(begin, end)]
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
            return Stored(batch.frame(row), int(batch.wirelen[row]), link_type, _NO_KIND)
    return None
