"""Handoffs: the list, the timing of the chosen one, and how durations are spread."""

from __future__ import annotations

import numpy as np
from textual.app import ComposeResult
from textual.containers import Horizontal

from netmip6scope.tables.records import records
from netmip6scope.tui.bars import Timing
from netmip6scope.tui.bases import ScopeScreen
from netmip6scope.tui.lines_view import LinesView
from netmip6scope.tui.spread_view import SpreadView
from netmip6scope.tui.table_view import TableView
from netmip6scope.tui.timing_view import TimingView
from netmip6scope.tui.view import View


class HandoffsScreen(ScopeScreen):
    """Enter goes to the handoff's first message in its session."""

    name_shown = "handoffs"

    def body(self) -> ComposeResult:
        yield self.table("Handoffs", "handoffs", "rows")
        with Horizontal(id="lower"):
            yield TimingView("Timing", "timing")
            yield SpreadView("spread")

    def on_mount(self) -> None:
        self.rows.focus()

    @property
    def rows(self) -> TableView:
        return self.query_one("#rows", TableView)

    def update(self, view: View) -> None:
        self.rows.show(view.tables["handoffs"], view.begin_ns)
        self._show_row()

    def on_lines_view_moved(self, event: LinesView.Moved) -> None:
        if event.view is self.rows:
            self._show_row()

    def on_lines_view_opened(self, event: LinesView.Opened) -> None:
        if event.view is self.rows and self.view is not None and self.rows.row is not None:
            messages = self.view.messages_of("handoffs", np.array([self.rows.row]))
            if len(messages):
                self.go_to_message(int(messages[0]))

    def _show_row(self) -> None:
        view, row = self.view, self.rows.row
        if view is None:
            return
        chosen = np.array([] if row is None else [row], np.int64)
        self.query_one(TimingView).show(records(view.tables["handoffs"], chosen, Timing), {})
        self.query_one(SpreadView).show(view.tables["handoffs"], self.rows.rows)
