"""A table as a list: cells become text when they are drawn, so its length costs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len

from dissectors.frames import Ints
from netmip6scope.tables.columns import NULL, Coded, Column, Kind, Table
from netmip6scope.tui.cells import TimeFormat, moment, number
from netmip6scope.tui.rows_view import Mask, RowsView
from netmip6scope.tui.spans import Line, Span, fitted

_WIDEST, _NARROWEST, _BESIDE = 40, 16, 14
"""Of columns of text; so much of the list's width is left to others where there is room."""
_SENTENCES, _LONGEST = ("text", "summary", "group"), 120
_SAMPLE = 2000
"""So many texts are measured for a column's width."""
_GAP = 2
_SEVERITIES = {"error": "error", "warning": "warning", "note": "note"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A column as it is drawn."""

    column: Column
    width: int
    right: bool


class TableView(RowsView):
    """Shows the rows of a table, or some of them, in its order or by a column."""

    def __init__(
        self,
        title: str,
        marks: set[int],
        columns: Sequence[str],
        id: str | None = None,
        *,
        only_matches: bool = True,
    ) -> None:
        super().__init__(marks, id)
        self.title = title
        self.table: Table | None = None
        self.only_matches = only_matches
        self.time_format = TimeFormat.RELATIVE
        self.begin_ns = 0
        self._names = list(columns)
        self._subset: Ints | None = None
        self._rows: Ints = np.zeros(0, np.int64)
        self._shown: list[Shown] = []
        self._sorted_by = ""
        self._reversed = False

    # What is shown

    def show(self, table: Table, begin_ns: int, subset: Ints | None = None) -> None:
        """Show a table, or the rows of `subset`; the cursor stays on its row."""
        self.table, self.begin_ns, self._subset = table, begin_ns, subset
        self.table_name = table.name
        self._lay_out()
        self._arrange()

    def forget(self, moved: Ints) -> None:
        super().forget(moved)
        self._rows = moved[self._rows]

    def choose_columns(self, names: Sequence[str]) -> None:
        """Show these columns."""
        self._names = list(names)
        self._lay_out()
        self.redraw()

    def show_times(self, shown: TimeFormat) -> None:
        changed, self.time_format = shown is not self.time_format, shown
        if changed and self.table is not None:
            self._lay_out()
            self.redraw()

    def show_matches(self, matches: Mask | None) -> None:
        """What a filter holds for: a mask of the table's rows, None without a filter."""
        self.matches = matches
        self._arrange()

    @property
    def columns(self) -> list[str]:
        """The names of the columns that are shown."""
        return [shown.column.name for shown in self._shown]

    @property
    def rows(self) -> Ints:
        """The table's rows in the order in which they are shown."""
        return self._rows

    def go_to(self, row: int) -> bool:
        """The cursor to a row; False if it is not shown."""
        found = np.flatnonzero(self._rows == row)
        if len(found):
            self.jump(int(found[0]))
        return bool(len(found))

    @property
    def count(self) -> int:
        return len(self._rows)

    @property
    def wide(self) -> int:
        return 2 + sum(shown.width + _GAP for shown in self._shown)

    def row_at(self, at: int) -> int | None:
        return int(self._rows[at]) if 0 <= at < len(self._rows) else None

    def _lay_out(self) -> None:
        assert self.table is not None
        known = {column.name: column for column in self.table.columns}
        kept = [known[name] for name in self._names if name in known]
        self._shown = [self._measured(column) for column in kept]

    def _measured(self, column: Column) -> Shown:
        assert self.table is not None
        if column.kind is Kind.TIME:
            latest = int(self.table.numbers(column).max(initial=NULL))
            longest = len(moment(latest, self.time_format, self.begin_ns, NULL))
            return Shown(column, max(longest, len(column.name) + 2), right=True)
        if column.kind is Kind.TEXT:
            values = self.table.values[column.name]
            texts = values.vocabulary if isinstance(values, Coded) else []
            longest = max(map(cell_len, texts[:_SAMPLE]), default=0)
            most = min(max(_NARROWEST, self.size.width - _BESIDE), _WIDEST)
            if column.name in _SENTENCES:
                most = _LONGEST
            return Shown(column, min(max(longest, len(column.name) + 2), most), right=False)
        values = self.table.numbers(column)
        known = values[values != NULL]
        ends = [int(known.min()), int(known.max())] if len(known) else []
        longest = max((len(number(column.kind, end)) for end in ends), default=0)
        return Shown(column, max(longest, len(column.name) + 2), right=True)

    def _arrange(self) -> None:
        """Find the rows to show and their order."""
        if self.table is None:
            return
        row = self.row
        rows = np.arange(len(self.table)) if self._subset is None else self._subset
        if self.matches is not None and self.only_matches:
            known = rows[rows < len(self.matches)]
            rows = known[self.matches[known]]
        if self._sorted_by:
            rows = rows[np.argsort(self._sort_keys()[rows], kind="stable")]
        self._rows = rows[::-1] if self._reversed else rows
        self.redraw()
        if row is None or row != self.row:
            self.go_to(row if row is not None else -1)
        self.post_message(self.Moved(self))

    def _sort_keys(self) -> Ints:
        """(rows,) numbers in the column's order; what is unknown comes last."""
        assert self.table is not None
        column = next(c for c in self.table.columns if c.name == self._sorted_by)
        if column.kind is not Kind.TEXT:
            numbers = self.table.numbers(column)
            return np.where(numbers == NULL, np.iinfo(np.int64).max, numbers)
        values = self.table.values[column.name]
        texts = values if isinstance(values, Coded) else _coded(values.tolist())
        rank = np.zeros(len(texts.vocabulary) + 1, np.int64)
        by_text = np.argsort(np.array([*texts.vocabulary, ""], object)[:-1], kind="stable")
        rank[by_text] = np.arange(len(by_text))
        rank[-1] = len(by_text)
        return rank[texts.codes]

    def on_resize(self) -> None:
        if self.table is not None:
            self._lay_out()
        super().on_resize()

    # Drawing

    def head(self) -> Sequence[Line]:
        counted = f"{self.count:,}"
        whole = 0 if self.table is None else len(self.table)
        if self._subset is None and self.count != whole:
            counted += f" of {whole:,}"
        return self.titled(self.title, (f"  {counted}", "soft")), self._column_heads()

    def _column_heads(self) -> Line:
        spans: list[Span] = [("  ", "head")]
        for shown in self._shown:
            name = shown.column.name
            if name == self._sorted_by:
                name += " ▼" if self._reversed else " ▲"
            spans.append((fitted(name, shown.width, right=shown.right) + " " * _GAP, "head"))
        return tuple(spans)

    def line_at(self, at: int) -> Line:
        row = int(self._rows[at])
        style = "match" if self.is_match(at) and not self.only_matches else ""
        spans: list[Span] = [(self.signs(at), "accent")]
        for shown in self._shown:
            text = self._cell(shown.column, row, at)
            cell = fitted(text, shown.width, right=shown.right) + " " * _GAP
            severity = shown.column.name == "severity"
            spans.append((cell, _SEVERITIES.get(text, style) if severity else style))
        return tuple(spans)

    def _cell(self, column: Column, row: int, at: int) -> str:
        assert self.table is not None
        if column.kind is Kind.TEXT:
            return self.table.texts(column, row, row + 1)[0] or ""
        numbers = self.table.numbers(column)
        if column.kind is not Kind.TIME:
            return number(column.kind, int(numbers[row]))
        before = int(numbers[self._rows[at - 1]]) if at else NULL
        return moment(int(numbers[row]), self.time_format, self.begin_ns, before)

    # Keys

    def action_only_matches(self) -> None:
        self.only_matches = not self.only_matches
        self._arrange()

    def action_sort(self, step: int) -> None:
        """By the next of the columns; behind the last one, in the table's order."""
        names = ["", *self.columns]
        at = names.index(self._sorted_by) if self._sorted_by in names else 0
        self._sort_by(names[(at + step) % len(names)], turned=False)

    def action_reverse(self) -> None:
        self._sort_by(self._sorted_by, turned=not self._reversed)

    def _sort_by(self, name: str, *, turned: bool) -> None:
        self._sorted_by, self._reversed = name, turned
        self._arrange()

    def head_clicked(self, row: int, x: int) -> None:
        if row == 0:
            super().head_clicked(row, x)
            return
        edge = 2
        for shown in self._shown:
            edge += shown.width + _GAP
            if x < edge:
                name = shown.column.name
                again = name == self._sorted_by
                self._sort_by(name, turned=again and not self._reversed)
                return


def _coded(texts: list[str | None]) -> Coded:
    vocabulary = sorted({text for text in texts if text is not None})
    numbers = {text: n for n, text in enumerate(vocabulary)}
    codes = [-1 if text is None else numbers[text] for text in texts]
    return Coded(np.array(codes, np.int64), vocabulary)
