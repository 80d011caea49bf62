"""The progress line on standard error: only on a terminal, and only in runs that take a while."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import TextIO

SHOW_AFTER_S = 0.5
REDRAW_AFTER_S = 0.1
_ERASE_LINE = "\r\x1b[2K"


class Progress:
    """Shows how many octets have been read; use it in a ``with`` block, which clears the line.

    ``total_octets`` may be set later, when it is known; None shows no percentage.
    """

    def __init__(
        self,
        total_octets: int | None = None,
        stream: TextIO | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total_octets = total_octets
        self.read_octets = 0
        self._stream = sys.stderr if stream is None else stream
        self._clock_s = clock_s
        self._due_s = clock_s() + SHOW_AFTER_S
        self._shown = False
        self._live = self._stream.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.clear()

    def update(self, octets: int) -> None:
        """Show that this many octets have been read so far, in all inputs together."""
        self.read_octets = octets
        if not self._live:
            return
        now_s = self._clock_s()
        if now_s >= self._due_s:
            self._due_s = now_s + REDRAW_AFTER_S
            self._shown = True
            self._draw(_ERASE_LINE + progress_text(self.read_octets, self.total_octets))

    def clear(self) -> None:
        """Take the line off the terminal."""
        if self._shown:
            self._shown = False
            self._draw(_ERASE_LINE)

    def _draw(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:  # the terminal went away: the run matters, its progress does not
            self._live = False


def progress_text(read_octets: int, total_octets: int | None) -> str:
    """The line itself."""
    if not total_octets:
        return f"read {read_octets:,} octets"
    percent = min(100, 100 * read_octets // total_octets)
    return f"read {read_octets:,} of {total_octets:,} octets ({percent} %)"
