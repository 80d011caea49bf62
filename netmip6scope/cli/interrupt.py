"""Ctrl-C while captures are read: the reading ends, and a table of what was read is still written.

A signal can arrive anywhere, and an exception out of the middle of the correlator would leave it
with half of a message. So the first Ctrl-C only ends the reading: at once where the program waits
for octets, which the reader takes for an input that fails there, else when the batch at hand is
done. The second Ctrl-C ends the program.
"""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Self

from netmip6scope.errors import Interrupted
from netmip6scope.tables.progress import Progress

if TYPE_CHECKING:
    from types import FrameType, TracebackType

_WAITS_FOR_OCTETS = "netmip6scope.capture.compression"


class Reading(Progress):
    """The progress of reading captures; in its ``with`` block Ctrl-C raises Interrupted."""

    interrupted = False
    _before: object = None

    def __enter__(self) -> Self:
        # A signal that the caller ignores (nohup) or handles stays the caller's.
        before = signal.getsignal(signal.SIGINT)
        mine = threading.current_thread() is threading.main_thread()
        if mine and before is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._interrupt)
            self._before = before
        return super().__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        super().__exit__(kind, error, trace)

    def update(self, octets: int) -> None:
        """Show what has been read; raises Interrupted after a Ctrl-C."""
        super().update(octets)
        if self.interrupted:
            raise Interrupted

    def _interrupt(self, _signal: int, frame: FrameType | None) -> None:
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = True
        if frame is not None and frame.f_globals.get("__name__") == _WAITS_FOR_OCTETS:
            raise Interrupted
