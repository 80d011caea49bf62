"""Screens that are one list of rows, with what the row under the cursor tells."""

from __future__ import annotations

from textual.app import ComposeResult

from netmip6scope.tui.keys import ANYWHERE, HEX, LIST, ROWS, TREE
from netmip6scope.tui.lines_view import LinesView
from netmip6scope.tui.message_screen import MessageScreen
from netmip6scope.tui.table_view import TableView
from netmip6scope.tui.view import View


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
        if event.view is self.rows and self.opened is not None:
            self.scope.go_to_message(self.opened.row)


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
