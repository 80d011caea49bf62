"""A plain pcapng copy of a capture, for Wireshark to read.

Wireshark does not read every compression, cannot read standard input twice, stops at other places
of a broken file, and takes a name that begins with a dash for an option. So it gets the frames that
our reader read, under a name of ours.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.capture.writer import Writer
from netmip6scope.errors import OutputError, ScopeError

NAME = "frames.pcapng"


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy; what was odd about its source, and what kept that from being read to its end."""

    path: str
    frames: int
    notes: list[str]
    failure: ScopeError | None


def copy(source: Source, directory: str, most: int | None = None) -> Copy:
    """Copy a capture, or its first `most` frames, into a directory.

    Raises OutputError when the directory cannot hold it.
    """
    path = os.path.join(directory, NAME)
    capture = CaptureFile(source)
    failure: ScopeError | None = None
    frames = 0
    try:
        with open(path, "wb") as stream:
            writer = Writer(stream)
            try:
                for batch in capture.batches():
                    count = len(batch) if most is None else min(len(batch), most - frames)
                    writer.write(batch, count)
                    frames += count
                    if frames == most:
                        break
            except ScopeError as error:
                failure = error
    except OSError as error:
        raise OutputError(f"temporary copy: {error.strerror or error}") from error
    notes = [f"{source.path}: {note.text} (at octet {note.offset})" for note in capture.notes]
    return Copy(path, frames, notes, failure)
