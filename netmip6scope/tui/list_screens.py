"""Screens that are one list of rows, with what the row under the cursor tells."""

from __future__ import annotations

from textual import work
from textual.app import ComposeResult
from textual.worker import get_current_worker

from netmip6scope.errors import ScopeError
from netmip6scope.tui.keys import ANYWHERE, HEX, LIST, ROWS, TREE
from netmip6scope.tui.lines_view import LinesView
from netmip6scope.tui.message_screen import MessageScreen
from netmip6scope.tui.table_view import TableView
from netmip6scope.tui.tree_view import TreeView
from netmip6scope.tui.view import Opened, View


class RowsScreen(MessageScreen):
    """A list above, and the message that its row is about below."""

    places = (ANYWHERE, LIST, ROWS, TREE, HEX)
    table_name = ""
    title_shown = ""

    def body(self) -> ComposeResult:
        yield self.table(self.title_shown, self.table_name, "rows")
        yield from self.lower()

    def on_mount(self) -> None:
        self.rows.focus()

    @property
    def rows(self) -> TableView:
        return self.query_one("#rows", TableView)

    def update(self, view: View) -> None:
        self.rows.show(view.tables[self.table_name], view.begin_ns)

    def message_of(self, row: int) -> int | None:
        """The message that a row is about."""
        return row

    def on_lines_view_moved(self, event: LinesView.Moved) -> None:
        if event.view is self.rows:
            row = self.rows.row
            message = None if row is None else self.message_of(row)
            self.open(message)

    def on_lines_view_opened(self, event: LinesView.Opened) -> None:
        """To the message in its session."""
        if event.view is self.rows and self.opened is not None and self.opened.row >= 0:
            self.go_to_message(self.opened.row)


class MessagesScreen(RowsScreen):
    """All messages."""

    name_shown = table_name = "messages"
    title_shown = "Messages"


class FindingsScreen(RowsScreen):
    """All findings; Enter jumps to the frame."""

    name_shown = table_name = "findings"
    title_shown = "Findings"

    def message_of(self, row: int) -> int | None:
        return None if self.view is None else self.view.message_of_finding(row)

    def open(self, row: int | None) -> None:
        """The finding's message, or else its frame, which is read from the capture."""
        super().open(row)
        at = self.rows.row
        if row is None and self.view is not None and at is not None:
            number = self.view.number("findings", "frame", at)
            if number is not None:
                self._read(self.view, at, number)

    @work(thread=True, exclusive=True, group="frame")
    def _read(self, view: View, at: int, number: int) -> None:
        try:
            opened = view.open_frame(number, view.text("findings", "point", at))
        except ScopeError:
            return  # what cannot be read is said on the screen of points
        if opened is not None and not get_current_worker().is_cancelled:
            self.app.call_from_thread(self._show_frame, opened, at, number)

    def _show_frame(self, opened: Opened, at: int, number: int) -> None:
        if self.rows.row == at:
            self.opened = opened
            self.query_one(TreeView).show(opened.tree, opened.frame.octets, f"frame {number}")
