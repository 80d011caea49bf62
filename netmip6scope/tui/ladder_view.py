"""The ladder of one session as a list: a step under the cursor is the message that is chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dissectors.frames import Ints
from netmip6scope.ladder.model import Entry, Heading, Ladder, Remark, Step, Traffic
from netmip6scope.ladder.text import drawn
from netmip6scope.tui.cells import TimeFormat
from netmip6scope.tui.rows_view import RowsView
from netmip6scope.tui.spans import Line, line, widest

_SIGNS = 2
_NOTE, _TITLE = "! ", "── "
_LEAST = 44
"""Cells that it is never folded to less than; keys go sideways then."""
_BOTH = 90
"""From so many cells on both columns of times have room."""


class LadderView(RowsView):
    """Draws what `ladder.text` writes, with marks and matches in front."""

    table_name = "messages"

    def __init__(self, title: str, marks: set[int], id: str | None = None) -> None:
        super().__init__(marks, id)
        self.title = title
        self.ladder: Ladder | None = None
        self._times = TimeFormat.RELATIVE
        self._heads = ""
        self._lines: list[tuple[Entry | None, str]] = []
        self._styles: list[str] = []
        self._target: int | None = None
        """The message that the cursor belongs to."""
        self._drawn_for: tuple[object, int, TimeFormat] | None = None

    def show(self, ladder: Ladder | None) -> None:
        """Draw another ladder; None: there is nothing to draw."""
        self.ladder = ladder
        self._fold()

    def forget(self, moved: Ints) -> None:
        super().forget(moved)
        target = -1 if self._target is None else int(moved[self._target])
        self._target = target if target >= 0 else None

    def show_times(self, shown: TimeFormat) -> None:
        self._times = shown
        self._fold()

    def on_resize(self) -> None:
        self._fold()
        self.show_cursor()

    def _fold(self) -> None:
        """Write the lines for the width there is."""
        key = self.ladder, self.size.width, self._times
        if key == self._drawn_for or not self.size.width:
            return
        self._drawn_for = key
        self._heads, self._lines = "", []
        if self.ladder is not None:
            every = list(self._drawn(self.ladder))
            above = sum(entry is None for entry, _ in every)
            self._heads = every[above - 1][1]
            # The column heads stay above, and so does the title.
            self._lines = [*every[2 : above - 1], *every[above:]]
        self._styles = _styles(self._lines)
        self.redraw()
        if self._target is not None:
            self.go_to(self._target)

    def _drawn(self, ladder: Ladder) -> Iterator[tuple[Entry | None, str]]:
        """Both columns of times where there is room, else the one that was asked for."""
        width = max(self.scrollable_content_region.width - _SIGNS, _LEAST)
        both = width >= _BOTH
        gaps = self._times is TimeFormat.DELTA
        absolute = self._times is TimeFormat.ABSOLUTE
        return drawn(ladder, width, absolute=absolute, times=both or not gaps, gaps=both or gaps)

    @property
    def count(self) -> int:
        return len(self._lines)

    @property
    def wide(self) -> int:
        return _SIGNS + widest(((text, ""),) for _, text in self._lines)

    def row_at(self, at: int) -> int | None:
        entry = self._lines[at][0] if 0 <= at < len(self._lines) else None
        return entry.row if isinstance(entry, Step) else None

    def go_to(self, row: int) -> bool:
        """The cursor to the step of a message; False if there is none."""
        self._target = row
        if self.row == row:
            return True
        for at in range(self.count):
            if self.row_at(at) == row:
                self.jump(at)
                return True
        return False

    def action_move(self, lines: int) -> None:
        """From step to step; above the first one from line to line."""
        step = 1 if lines > 0 else -1
        at = self.cursor + step
        while 0 <= at < self.count and not self._begins(at):
            at += step
        if 0 <= at < self.count:
            self.cursor = at

    def _begins(self, at: int) -> bool:
        """Whether a line is the first of its entry; above a heading is a blank one."""
        entry, text = self._lines[at]
        if isinstance(entry, Heading):
            return text.startswith(_TITLE)
        return entry is None or not at or self._lines[at - 1][0] is not entry

    def show_cursor(self) -> None:
        """Scroll so that what belongs to the cursor's line is seen with it, if there is room."""
        super().show_cursor()
        end = self.cursor + 1
        while end < self.count and not self._begins(end):
            end += 1
        top = min(end - self.rows_shown, self.cursor)
        if top > int(self.scroll_offset.y):
            self.scroll_to(y=top, animate=False, force=True)

    def watch_cursor(self, before: int, now: int) -> None:
        super().watch_cursor(before, now)
        self._target = self.row

    def head(self) -> Sequence[Line]:
        whose = "" if self.ladder is None else f"  {self.ladder.title}"
        title = self.titled(self.title, (whose, "soft"))
        return title, line((" " * _SIGNS + self._heads, "head"))

    def line_at(self, at: int) -> Line:
        entry, text = self._lines[at]
        signs = self.signs(at) if self._begins(at) and isinstance(entry, Step) else " " * _SIGNS
        return line((signs, "accent"), (text, "match" if self.is_match(at) else self._styles[at]))


def _styles(lines: list[tuple[Entry | None, str]]) -> list[str]:
    """The style of each line; what follows a note in its entry belongs to the note."""
    found: list[str] = []
    before: Entry | None = None
    for entry, text in lines:
        noted = entry is before and found[-1:] == ["warning"]
        if isinstance(entry, Heading):
            found.append("strong" if text.startswith(_TITLE) else "")
        elif isinstance(entry, Remark) or _NOTE in text or noted:
            found.append("warning")
        else:
            found.append("soft" if entry is None or isinstance(entry, Traffic) else "")
        before = entry
    return found
