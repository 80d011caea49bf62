"""The fields of one frame."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from dissectors.node import Node
from netmip6scope.tui.details import LEAF, Entry, entries, entry_line, innermost
from netmip6scope.tui.keys import TREE, bindings
from netmip6scope.tui.lines_view import LinesView
from netmip6scope.tui.spans import Line, widest


class TreeView(LinesView):
    """A tree that stays folded as it was when another frame comes."""

    BINDINGS = bindings(TREE)

    class Picked(Message):
        """The cursor stands on another field."""

        def __init__(self, entry: Entry | None) -> None:
            super().__init__()
            self.entry = entry

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._tree: Node | None = None
        self._octets = b""
        self._folds: dict[str, bool] = {}
        self._entries: list[Entry] = []
        self._title = ""

    def show(self, tree: Node | None, octets: bytes, title: str) -> None:
        """Show a frame's tree; the cursor goes to the same field again, if it is there."""
        before = self.entry
        self._tree, self._octets, self._title = tree, octets, title
        self._fill()
        keys = [entry.key for entry in self._entries]
        if before is not None and before.key in keys:
            self.cursor = keys.index(before.key)
        elif self._entries:
            # The innermost layer is the message.
            self.cursor = max(at for at, entry in enumerate(self._entries) if not entry.depth)
        self._tell()

    @property
    def entry(self) -> Entry | None:
        """The line under the cursor."""
        return self._entries[self.cursor] if self.cursor < len(self._entries) else None

    def go_to_octet(self, octets: bytes, at: int) -> None:
        """The cursor to the field that has this octet."""
        found = innermost(self._entries, octets, at)
        if found is not None:
            self.cursor = found

    def _fill(self) -> None:
        if self._tree is None:
            self._entries = []
        else:
            self._entries = entries(self._tree, self._octets, self._folds)
        self.redraw()

    def _tell(self) -> None:
        self.post_message(self.Picked(self.entry))

    def watch_cursor(self, _before: int, _now: int) -> None:
        super().watch_cursor(_before, _now)
        self._tell()

    @property
    def count(self) -> int:
        return len(self._entries)

    @property
    def wide(self) -> int:
        return widest(map(entry_line, self._entries))

    def head(self) -> Sequence[Line]:
        return (self.titled("Fields", (f"  {self._title}", "soft")),)

    def line_at(self, at: int) -> Line:
        return entry_line(self._entries[at])

    # Folding

    def action_fold(self) -> None:
        if self.entry is not None and self.entry.node is not None and self.entry.node.children:
            self._set_fold(folded=not self.entry.folded)

    def action_unfold(self) -> None:
        entry = self.entry
        if entry is None or entry.node is None or not entry.node.children:
            self.action_sideways(1)
        elif entry.folded:
            self._set_fold(folded=False)
        else:
            self.cursor += 1

    def action_fold_up(self) -> None:
        entry = self.entry
        if self.scroll_offset.x:
            self.action_sideways(-1)
        elif entry is not None and entry.node is not None and entry.node.children:
            if not entry.folded:
                self._set_fold(folded=True)
                return
            self._to_outer()
        else:
            self._to_outer()

    def _to_outer(self) -> None:
        entry = self.entry
        for at in range(self.cursor - 1, -1, -1):
            if entry is not None and self._entries[at].depth < entry.depth:
                self.cursor = at
                return

    def _set_fold(self, *, folded: bool) -> None:
        entry = self.entry
        assert entry is not None
        self._folds[entry.key] = folded
        self._fill()

    def line_clicked(self, at: int, x: int) -> None:
        entry = self._entries[at]
        sign = 2 * entry.depth
        if sign <= x < sign + len(LEAF):
            self.action_fold()
