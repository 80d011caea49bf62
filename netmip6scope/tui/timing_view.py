"""The timing of a session's handoffs as a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netmip6scope.tui.bars import Timing, bar_lines
from netmip6scope.tui.lines_view import LinesView
from netmip6scope.tui.spans import Line, line, widest


class TimingView(LinesView):
    """Bars of handoffs on one time axis."""

    def __init__(self, title: str, id: str | None = None) -> None:
        super().__init__(id=id)
        self.title = title
        self._timings: Sequence[Timing] = ()
        self._names: Mapping[str | None, str] = {}
        self._lines: list[tuple[int | None, Line]] = []

    def show(self, timings: Sequence[Timing], names: Mapping[str | None, str]) -> None:
        """Show these handoffs; names: of addresses."""
        self._timings, self._names = timings, names
        self._draw()

    def on_resize(self) -> None:
        self._draw()
        self.show_cursor()

    def _draw(self) -> None:
        if self._timings:
            self._lines = bar_lines(
                self._timings, self.scrollable_content_region.width, self._names
            )
        else:
            self._lines = [(None, line(("  the session has no handoff", "soft")))]
        self.redraw()

    @property
    def handoff(self) -> int | None:
        """The number of the handoff under the cursor."""
        return self._lines[self.cursor][0] if self._lines else None

    @property
    def count(self) -> int:
        return len(self._lines)

    @property
    def wide(self) -> int:
        return widest(spans for _, spans in self._lines)

    def head(self) -> Sequence[Line]:
        return (self.titled(self.title),)

    def line_at(self, at: int) -> Line:
        return self._lines[at][1]
