"""Frames of one or several points written as one capture, with an interface for each point."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from dissectors.frames import Interface
from netmip6scope.capture.inputs import default_point
from netmip6scope.capture.writer import Writer
from netmip6scope.correlate.clocks import Clock
from netmip6scope.errors import UsageError
from netmip6scope.in_order import Frame
from netmip6scope.pipeline import Files
from netmip6scope.tables.output import replaced_file, standard_output
from netmip6scope.tables.text import milliseconds, seconds


class AlignedWriter:
    """Writes frames; what was done to a point's clock is said once, with its interface."""

    def __init__(self, writer: Writer, files: Files) -> None:
        self._writer = writer
        self._files = files
        self._numbers: dict[tuple[int, Interface], int] = {}

    def write(self, frame: Frame, comment: str = "") -> None:
        """The next frame."""
        key = frame.clock, frame.interface
        number = self._numbers.get(key)
        if number is None:
            said = clock_comment(self._files, frame.clock)
            number = self._numbers[key] = self._writer.describe(frame.interface, said)
        self._writer.frame(frame.octets, frame.wirelen, frame.time_ns, number, comment)


@contextmanager
def aligned_writer(path: str, files: Files) -> Iterator[AlignedWriter]:
    """A writer to a file, which appears when all is written, or to standard output for "-".

    Raises UsageError for a terminal, OutputError when the system refuses.
    """
    if path != "-":
        with replaced_file(path) as stream:
            yield AlignedWriter(Writer(stream), files)
        return
    if sys.stdout.isatty():
        raise UsageError("a capture is not for a terminal: name a file with -w")
    with standard_output() as stream:
        yield AlignedWriter(Writer(stream), files)


def clock_comment(files: Files, number: int) -> str:
    """How the times of a clock were moved; "" where there is one clock alone."""
    if len(files.clocks) < 2:
        return ""
    if number == 0:
        return "reference clock"
    clock = files.clocks[number]
    if clock.error_ns is None:
        return "times as they were: nothing ties this clock to the reference"
    first = files.sources[files.clock_of.index(0)]
    reference = first.point or default_point(first.path)
    bound = milliseconds(clock.error_ns)
    return f"times aligned to {reference}: {_moved(clock)}; wrong by at most {bound} ms"


def _moved(clock: Clock) -> str:
    least, most = int(clock.offset_ns.min()), int(clock.offset_ns.max())
    if least == most:
        return f"{seconds(-least)} s added"
    return f"{seconds(-most)} s to {seconds(-least)} s added, as the clock drifted"
