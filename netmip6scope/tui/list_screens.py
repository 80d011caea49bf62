"""Screens that are one list of rows, with what the row under the cursor tells."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal

from netmip6scope.errors import ScopeError
from netmip6scope.tui.bases import ScopeScreen
from netmip6scope.tui.hex_view import HexView
from netmip6scope.tui.keys import ANYWHERE, HEX, LIST, ROWS, TREE
from netmip6scope.tui.lines_view import LinesView
from netmip6scope.tui.table_view import TableView
from netmip6scope.tui.tree_view import TreeView
from netmip6scope.tui.view import Opened, View


class RowsScreen(ScopeScreen):
    """A list above, and the message that its row is about below."""

    places = (ANYWHERE, LIST, ROWS, TREE, HEX)
    table_name = ""
    title_shown = ""

    def __init__(self) -> None:
        super().__init__()
        self._opened: Opened | None = None

    def body(self) -> ComposeResult:
        yield self.table(self.title_shown, self.table_name, "rows")
        with Horizontal(id="lower"):
            yield TreeView("tree")
            yield HexView("hex")

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
            self._open(message)

    def on_lines_view_opened(self, event: LinesView.Opened) -> None:
        """To the message in its session."""
        if event.view is self.rows and self._opened is not None:
            self.scope.go_to_message(self._opened.row)

    def on_tree_view_picked(self, event: TreeView.Picked) -> None:
        opened = self._opened
        tree, octets = (None, b"") if opened is None else (opened.tree, opened.frame.octets)
        self.query_one(HexView).show(tree, octets, event.entry)

    def on_hex_view_picked(self, event: HexView.Picked) -> None:
        self.query_one(TreeView).go_to_octet(event.octets, event.at)

    def _open(self, row: int | None) -> None:
        if self.view is None or (self._opened is not None and self._opened.row == row):
            return
        tree = self.query_one(TreeView)
        if row is None:
            self._opened = None
            tree.show(None, b"", "no message shows it")
            return
        try:
            self._opened = opened = self.view.open(row)
        except ScopeError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        frame = self.view.number("messages", "frame", row)
        kind = self.view.text("messages", "kind", row)
        tree.show(opened.tree, opened.frame.octets, f"frame {frame}, {kind}")


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
