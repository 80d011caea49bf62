"""The octets of one frame, those of the chosen field in brackets."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from dissectors.node import Node
from netmip6scope.tui.details import Entry, hex_line, secret_octets
from netmip6scope.tui.keys import HEX, bindings
from netmip6scope.tui.lines_view import LinesView
from netmip6scope.tui.spans import Line

_WIDE = 16
_NARROW = 8
_OFFSET = 5


def cells_for(per_line: int) -> int:
    """Cells that a line of so many octets takes."""
    return _OFFSET + 3 * per_line + 2 + per_line


class HexView(LinesView):
    """The cursor is an octet; `Picked` says when it moves by hand."""

    BINDINGS = bindings(HEX)

    class Picked(Message):
        """Another octet was chosen."""

        def __init__(self, octets: bytes, at: int) -> None:
            super().__init__()
            self.octets, self.at = octets, at

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._octets = b""
        self._secret: set[int] = set()
        self._picked = range(0)
        self._at = 0

    def show(self, tree: Node | None, frame: bytes, entry: Entry | None) -> None:
        """Show the octets in which a line of the tree stands, and pick those of the line."""
        octets = frame if entry is None else entry.octets
        if octets is not self._octets:
            self._octets = octets
            self._secret = set() if tree is None else secret_octets(tree, octets, frame)
        self._picked = range(0) if entry is None else range(entry.begin, entry.end)
        if self._at not in self._picked:
            self._at = self._picked.start
        self.redraw()
        with self.prevent(LinesView.Moved):
            self.jump(self._at // self._per_line)

    @property
    def _per_line(self) -> int:
        return _WIDE if self.size.width > cells_for(_WIDE) else _NARROW

    @property
    def count(self) -> int:
        return -(-len(self._octets) // self._per_line)

    @property
    def wide(self) -> int:
        return cells_for(self._per_line)

    def head(self) -> Sequence[Line]:
        size = len(self._picked)
        what = f"  {size} of {len(self._octets)}" if self._octets else ""
        return (self.titled("Octets", (what, "soft")),)

    def line_at(self, at: int) -> Line:
        begin = at * self._per_line
        return hex_line(self._octets, begin, self._per_line, self._picked, self._secret)

    # Keys: the cursor is an octet here

    def _pick(self, at: int) -> None:
        if not self._octets:
            return
        self._at = min(max(at, 0), len(self._octets) - 1)
        self.cursor = self._at // self._per_line
        self.post_message(self.Picked(self._octets, self._at))

    def action_step(self, octets: int) -> None:
        self._pick(self._at + octets)

    def action_move(self, lines: int) -> None:
        self._pick(self._at + lines * self._per_line)

    def action_page(self, pages: int) -> None:
        self.action_move(pages * self.rows_shown)

    def action_half_page(self, pages: int) -> None:
        self.action_move(pages * max(self.rows_shown // 2, 1))

    def action_to_first(self) -> None:
        self._pick(0)

    def action_to_last(self) -> None:
        self._pick(len(self._octets) - 1)

    def line_clicked(self, at: int, x: int) -> None:
        column = x - _OFFSET
        if 0 <= column < 3 * self._per_line:
            self._pick(at * self._per_line + column // 3)
        elif 0 <= column - 3 * self._per_line - 2 < self._per_line:
            self._pick(at * self._per_line + column - 3 * self._per_line - 2)
