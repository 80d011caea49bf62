"""Screens with the fields and octets of a chosen message in their lower part."""

from __future__ import annotations

from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Horizontal

from netmip6scope.errors import ScopeError
from netmip6scope.tui.bases import ScopeScreen
from netmip6scope.tui.hex_view import HexView
from netmip6scope.tui.tree_view import TreeView
from netmip6scope.tui.view import Opened, View

_NO_MESSAGE = "no message shows it"
_ROOM_FOR_WIDE = 150
"""From so many cells on lines of twice as many octets have room beside the fields."""


class MessageScreen(ScopeScreen):
    """`lower` is to be part of the body; `open` shows a message there."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: Opened | None = None

    def forget(self, before: View, now: View) -> None:
        super().forget(before, now)
        if self.opened is not None and self.opened.row >= 0:
            row = int(now.moved_from(before, "messages")[self.opened.row])
            self.opened = replace(self.opened, row=row)

    def lower(self) -> ComposeResult:
        """Fields and octets, each following the other."""
        with Horizontal(id="lower"):
            yield TreeView("tree")
            yield HexView("hex")

    def on_resize(self) -> None:
        wide = self.size.width >= _ROOM_FOR_WIDE
        self.query_one(HexView).set_class(wide, "wide")

    def open(self, row: int | None) -> None:
        """Decode a message's frame and show it; None: there is none to show."""
        if self.view is None or (self.opened is not None and self.opened.row == row):
            return
        tree = self.query_one(TreeView)
        if row is None:
            self.opened = None
            tree.show(None, b"", _NO_MESSAGE)
            return
        try:
            self.opened = self.view.open(row)
        except ScopeError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        frame = self.view.number("messages", "frame", row)
        kind = self.view.text("messages", "kind", row)
        tree.show(self.opened.tree, self.opened.frame.octets, f"frame {frame}, {kind}")

    def on_tree_view_picked(self, event: TreeView.Picked) -> None:
        opened = self.opened
        tree, octets = (None, b"") if opened is None else (opened.tree, opened.frame.octets)
        self.query_one(HexView).show(tree, octets, event.entry)

    def on_hex_view_picked(self, event: HexView.Picked) -> None:
        self.query_one(TreeView).go_to_octet(event.octets, event.at)
