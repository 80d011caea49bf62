"""How the durations of the handoffs in a list are spread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dissectors.frames import Ints
from netmip6scope.tables.columns import Table
from netmip6scope.tui.histogram import histogram
from netmip6scope.tui.lines_view import LinesView
from netmip6scope.tui.spans import Line, counted, line, widest

DURATIONS = ("context_ms", "binding_ms", "preparation_ms", "dl_gap_ms", "ul_gap_ms")
_BINS = 8


class SpreadView(LinesView):
    """A histogram for each duration."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._table: Table | None = None
        self._rows: Ints = np.zeros(0, np.int64)
        self._lines: list[Line] = []

    def show(self, table: Table, rows: Ints) -> None:
        """Show the durations of these rows."""
        if table is not self._table or not np.array_equal(rows, self._rows):
            self._table, self._rows = table, rows
            self._draw()

    def on_resize(self) -> None:
        self._draw()
        self.show_cursor()

    def _draw(self) -> None:
        self._lines = []
        if self._table is not None:
            for column in self._table.columns:
                if column.name in DURATIONS:
                    durations = self._table.numbers(column)[self._rows]
                    self._lines.append(line((column.name, "strong"), (f"  {column.doc}", "soft")))
                    self._lines += histogram(durations, self.size.width, _BINS)
                    self._lines.append(())
        self.redraw()

    @property
    def count(self) -> int:
        return len(self._lines)

    @property
    def wide(self) -> int:
        return widest(self._lines)

    def head(self) -> Sequence[Line]:
        return (self.titled("Durations", ("  of " + counted(len(self._rows), "handoff"), "soft")),)

    def line_at(self, at: int) -> Line:
        return self._lines[at]
