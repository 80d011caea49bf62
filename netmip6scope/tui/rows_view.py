"""Lists whose lines stand for rows of a table: matches of a filter, and marks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from textual.message import Message

from dissectors.frames import Ints
from netmip6scope.tui.keys import ROWS, bindings
from netmip6scope.tui.lines_view import LinesView

Mask = NDArray[np.bool_]

MARKED, MATCHING = "*", "»"


class RowsView(LinesView):
    """Subclasses give `row_at`; `matches` has an entry for every row of the table."""

    BINDINGS = bindings(ROWS)
    table_name = ""
    """Which table the rows are of."""

    class Marked(Message):
        """A mark came or went."""

    def __init__(self, marks: set[int], id: str | None = None) -> None:
        """`marks`: rows, shared by all lists of one table."""
        super().__init__(id=id)
        self.marks = marks
        self.matches: Mask | None = None

    def row_at(self, at: int) -> int | None:
        """The table's row that a line stands for; None where it stands for none."""
        raise NotImplementedError

    @property
    def row(self) -> int | None:
        """The row under the cursor."""
        return self.row_at(self.cursor) if self.cursor < self.count else None

    def forget(self, moved: Ints) -> None:
        """Rows left the table; moved: the new row of every old one, -1 of those that left."""
        if self.matches is not None:
            rows = moved[np.flatnonzero(self.matches)]
            self.matches = np.zeros(int(moved.max(initial=-1)) + 1, np.bool_)
            self.matches[rows[rows >= 0]] = True

    def is_match(self, at: int) -> bool:
        """Whether a line's row matches the filter; no line does without one."""
        row = self.row_at(at)
        known = self.matches is not None and row is not None and row < len(self.matches)
        return known and bool(self.matches[row])  # type: ignore[index]

    def signs(self, at: int) -> str:
        """Two cells that tell marks and matches without colour."""
        row = self.row_at(at)
        marked = row is not None and row in self.marks
        return (MARKED if marked else " ") + (MATCHING if self.is_match(at) else " ")

    def action_next_match(self, step: int) -> None:
        """To the next match, from the end on to the begin."""
        for distance in range(1, self.count + 1):
            at = (self.cursor + step * distance) % self.count
            if self.is_match(at) and self.row_at(at) != self.row:
                self.cursor = at
                return

    def action_mark(self) -> None:
        if self.row is not None:
            self.marks ^= {self.row}
            self.refresh()
            self.post_message(self.Marked())
            self.cursor += 1
