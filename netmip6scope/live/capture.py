"""The capture command: frames of interfaces to files, until a limit, Ctrl-C or SIGTERM."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType

from netmip6scope.errors import INTERRUPTED, OK, OutputError
from netmip6scope.live import dumpcap
from netmip6scope.live.dumpcap import Dumpcap
from netmip6scope.live.recorder import Limits, Recorder
from netmip6scope.live.sockets import Sockets
from netmip6scope.live.source import LiveSource, Wanted

_SHOW_EVERY_S = 0.5
_ERASE = "\r\x1b[2K"


@dataclass(slots=True)
class _Ending:
    """The signal that asked for the end, if one did."""

    by: int | None = None
    before: dict[int, object] = field(default_factory=dict)

    def watch(self) -> None:
        """Take Ctrl-C and SIGTERM; a second one ends the program."""
        for number in (signal.SIGINT, signal.SIGTERM):
            self.before[number] = signal.signal(number, self._asked)

    def leave(self) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _asked(self, number: int, _frame: FrameType | None) -> None:
        if self.by is not None:
            raise KeyboardInterrupt
        self.by = number


def capture(
    wanted: Wanted,
    path: str,
    limits: Limits,
    method: str | None = None,
    opened: Callable[[str], None] | None = None,
) -> int:
    """Capture until the end; the exit code. Raises ScopeError.

    opened: told of every file begun; whoever is told listens on standard output, and the capture
    ends when they are gone.
    """
    _require_writable(path)
    source = _source(wanted, method)
    recorder = Recorder(path, limits, opened)
    ending, status = _Ending(), _Status(recorder)

    def look() -> None:
        if source.ready:
            recorder.look()
            status.show()
        if recorder.done or ending.by is not None or (opened is not None and _nobody_reads()):
            source.stop()

    ending.watch()
    try:
        for batch in source.batches(look):
            recorder.add(batch)
            look()
            if recorder.done:
                break
    finally:
        ending.leave()
        status.clear()
        recorder.close(source.dropped())
        if recorder.paths:
            _tell(recorder, source.dropped())
    return INTERRUPTED if ending.by == signal.SIGINT else OK


def _nobody_reads() -> bool:
    """Whether standard output is a pipe without a reader."""
    poll = select.poll()
    poll.register(1, 0)
    return bool(poll.poll(0))


def _source(wanted: Wanted, method: str | None) -> LiveSource:
    if method is None:
        method = "sockets" if dumpcap.program() is None else "dumpcap"
    return Dumpcap(wanted) if method == "dumpcap" else Sockets(wanted)


def _require_writable(path: str) -> None:
    """Before anything is captured; what goes wrong later is said then."""
    directory = os.path.dirname(path) or "."
    if os.path.isdir(path):
        raise OutputError(f"{path}: is a directory; name a file in it")
    if not os.path.isdir(directory):
        raise OutputError(f"{path}: there is no directory {directory}")
    if not os.access(path if os.path.exists(path) else directory, os.W_OK):
        raise OutputError(f"{path}: may not be written")


def _tell(recorder: Recorder, dropped: Sequence[int]) -> None:
    files = recorder.paths
    into = files[0] if len(files) == 1 else f"{files[0]} to {files[-1]}"
    lost = f"{sum(dropped)} dropped by the kernel" if dropped else "dropped ones are not known"
    _write(f"{recorder.frames} frames in {into}, {lost}\n")


def _write(text: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(text)
        sys.stderr.flush()


class _Status:
    """The line that is redrawn while a terminal looks on."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._live = sys.stderr is not None and sys.stderr.isatty()
        self._due_s = time.monotonic()

    def show(self) -> None:
        now_s = time.monotonic()
        if not self._live or now_s < self._due_s:
            return
        self._due_s = now_s + _SHOW_EVERY_S
        r = self._recorder
        _write(f"{_ERASE}{r.frames} frames, {r.octets} octets; Ctrl-C ends")

    def clear(self) -> None:
        if self._live:
            _write(_ERASE)
