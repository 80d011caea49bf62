"""What opens above a screen: help, the choice of columns, two messages side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from netmip6scope.tables.columns import Column
from netmip6scope.tui.compare import Pair, pair_lines
from netmip6scope.tui.keys import WHERE, keys_of
from netmip6scope.tui.lines_view import LinesView
from netmip6scope.tui.spans import Line, line, widest

_CLOSE: list[BindingType] = [Binding("escape,q,question_mark", "dismiss", show=False)]
_CHECKED, _UNCHECKED = "[x] ", "[ ] "


class FixedLines(LinesView):
    """Lines that do not change."""

    def __init__(self, title: str, lines: Sequence[Line], id: str | None = None) -> None:
        super().__init__(id=id)
        self.title = title
        self.lines = list(lines)

    @property
    def count(self) -> int:
        return len(self.lines)

    @property
    def wide(self) -> int:
        return widest(self.lines)

    def head(self) -> Sequence[Line]:
        return (self.titled(self.title, ("  Esc closes", "soft")),)

    def line_at(self, at: int) -> Line:
        return self.lines[at]


class Help(ModalScreen[None]):
    """The keys of a screen."""

    BINDINGS: ClassVar[list[BindingType]] = [*_CLOSE]

    def __init__(self, places: Sequence[str]) -> None:
        super().__init__()
        self._places = places

    def compose(self) -> ComposeResult:
        yield FixedLines("Keys", list(help_lines(self._places)), id="dialog")


def help_lines(places: Sequence[str]) -> Iterator[Line]:
    """A heading for each place and a line for each of its keys."""
    for place in places:
        yield line((WHERE[place], "strong"))
        for key in keys_of(place):
            yield line("  ", (key.shown.ljust(14), "accent"), key.does)
        yield ()


class Columns(ModalScreen[list[str] | None]):
    """Which columns a table shows: Space takes one in or out, Enter ends the choice."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", show=False),
        Binding("space", "turn", show=False),
        Binding("enter", "done", show=False, priority=True),
    ]

    def __init__(self, columns: Sequence[Column], chosen: Sequence[str]) -> None:
        super().__init__()
        self._columns = columns
        self._chosen = list(chosen)

    def compose(self) -> ComposeResult:
        yield FixedLines("Columns: Space chooses, Enter takes them,", self._lines(), id="dialog")

    def _lines(self) -> list[Line]:
        widest_name = max(len(column.name) for column in self._columns)
        return [
            line(
                (_CHECKED if column.name in self._chosen else _UNCHECKED, "accent"),
                (column.name.ljust(widest_name + 2), "strong"),
                (column.doc, "soft"),
            )
            for column in self._columns
        ]

    def action_turn(self) -> None:
        view = self.query_one(FixedLines)
        name = self._columns[view.cursor].name
        if name in self._chosen:
            self._chosen.remove(name)
        else:
            self._chosen.append(name)
        view.lines = self._lines()
        view.redraw()

    def action_done(self) -> None:
        # What is added comes last; a table without columns would show nothing.
        self.dismiss(self._chosen or None)


class Comparison(ModalScreen[None]):
    """Two messages field by field."""

    BINDINGS: ClassVar[list[BindingType]] = [*_CLOSE]

    def __init__(self, title: str, pairs: Sequence[Pair]) -> None:
        super().__init__()
        self._title = title
        self._pairs = pairs

    def compose(self) -> ComposeResult:
        yield _Pairs(self._title, self._pairs, id="dialog")


class _Pairs(FixedLines):
    def __init__(self, title: str, pairs: Sequence[Pair], id: str) -> None:
        super().__init__(title, (), id)
        self._pairs = pairs

    def on_resize(self) -> None:
        self.lines = pair_lines(self._pairs, self.scrollable_content_region.width)
        super().on_resize()
