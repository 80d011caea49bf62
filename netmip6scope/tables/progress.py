"""The progress line on standard error: only on a terminal, and only in runs that take a while.

A thread redraws it, since a program that waits for a slow pipe has nothing to say otherwise.
"""

from __future__ import annotations

import sys
import threading
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
        self._begin_s = clock_s()
        self._due_s = self._begin_s + SHOW_AFTER_S
        self._shown = False
        # Without standard error (`2>&-`) there is no stream at all.
        self._live = self._stream is not None and self._stream.isatty()
        self._drawing = threading.Lock()
        self._over = threading.Event()
        self._redrawer = threading.Thread(target=self._redraw, daemon=True)

    def __enter__(self) -> Self:
        if self._live:
            self._redrawer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        if self._redrawer.is_alive():
            self._redrawer.join()
        self.clear()

    def update(self, octets: int) -> None:
        """Show that this many octets have been read so far, in all inputs together."""
        self.read_octets = octets
        self._show()

    def clear(self) -> None:
        """Take the line off the terminal."""
        if self._shown:
            self._shown = False
            self._draw(_ERASE_LINE)

    def _redraw(self) -> None:
        while not self._over.wait(REDRAW_AFTER_S):
            self._show()

    def _show(self) -> None:
        with self._drawing:
            now_s = self._clock_s()
            if self._live and now_s >= self._due_s:
                self._due_s = now_s + REDRAW_AFTER_S
                self._shown = True
                self._draw(_ERASE_LINE + self._text(now_s - self._begin_s))

    def _text(self, since_s: float) -> str:
        """The line, so many seconds after the beginning."""
        text = progress_text(self.read_octets, self.total_octets)
        return text if self.total_octets else f"{text}, {since_s:.0f} s"

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
