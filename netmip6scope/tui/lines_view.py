"""The base of all lists: styled lines made when they are drawn, a fixed head and a cursor."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from netmip6scope.tables.text import printable
from netmip6scope.tui.keys import LIST, bindings
from netmip6scope.tui.spans import Line, line
from netmip6scope.tui.themes import span_styles

_SIDEWAYS = 8
"""Cells that one key scrolls to the side."""


class LinesView(ScrollView, can_focus=True):
    """Subclasses give `count`, `line_at` and `head`; `redraw` is called when these change."""

    BINDINGS = bindings(LIST)
    DEFAULT_CSS = "LinesView { scrollbar-size: 0 1; scrollbar-gutter: stable; }"

    cursor = reactive(0)

    class Moved(Message):
        """The cursor stands on another line."""

        def __init__(self, view: LinesView) -> None:
            super().__init__()
            self.view = view

    class Opened(Message):
        """Enter, or a second click on a line."""

        def __init__(self, view: LinesView) -> None:
            super().__init__()
            self.view = view

    class TitleClicked(Message):
        """The title was clicked at a cell."""

        def __init__(self, view: LinesView, x: int) -> None:
            super().__init__()
            self.view, self.x = view, x

    @property
    def count(self) -> int:
        """How many lines there are."""
        return 0

    @property
    def wide(self) -> int:
        """Cells of the longest line, as far as it is known."""
        return 0

    def line_at(self, at: int) -> Line:
        """One line."""
        raise NotImplementedError

    def head(self) -> Sequence[Line]:
        """Lines above the list that do not scroll."""
        return ()

    def titled(self, title: str, *more: str | tuple[str, str]) -> Line:
        """The head's first line: which list it is, and whether keys go there."""
        if self.has_focus:
            return line(("▸ " + title, "active"), *more)
        return line(("  " + title, "title"), *more)

    # Drawing

    def redraw(self) -> None:
        """Draw again, with as many lines as there are now."""
        self.virtual_size = Size(self.wide, self.count + len(self.head()))
        if self.cursor >= self.count:
            self.cursor = max(self.count - 1, 0)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        head = self.head()
        base = self.rich_style
        if y < len(head):
            # A title stays where it is; the heads of columns go sideways with them.
            shift = self.scroll_offset.x if y else 0
            return self._strip(head[y], base, shift)
        at = y - len(head) + self.scroll_offset.y
        if at >= self.count:
            return Strip.blank(self.size.width, base)
        if at == self.cursor:
            base += self._style("cursor" if self.has_focus else "cursor-idle")
        return self._strip(self.line_at(at), base, self.scroll_offset.x)

    def _strip(self, spans: Line, base: Style, shift: int) -> Strip:
        segments = [Segment(printable(text), base + self._style(name)) for text, name in spans]
        width = self.size.width
        return Strip(segments).extend_cell_length(shift + width, base).crop(shift, shift + width)

    def _style(self, name: str) -> Style:
        return span_styles(self.app.theme)[name] if name else Style.null()

    # The cursor

    def watch_cursor(self, _before: int, _now: int) -> None:
        self.show_cursor()
        self.refresh()
        self.post_message(self.Moved(self))

    def validate_cursor(self, cursor: int) -> int:
        return max(0, min(cursor, self.count - 1))

    @property
    def rows_shown(self) -> int:
        """Lines that have room under the head."""
        return max(self.scrollable_content_region.height - len(self.head()), 1)

    def show_cursor(self) -> None:
        """Scroll as little as brings the cursor into view."""
        top = int(self.scroll_offset.y)
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, force=True)
        elif self.cursor >= top + self.rows_shown:
            self.scroll_to(y=self.cursor - self.rows_shown + 1, animate=False, force=True)

    def jump(self, at: int) -> None:
        """The cursor to a line, with lines above and below it to be seen."""
        top, third = int(self.scroll_offset.y), self.rows_shown // 3
        self.cursor = at
        if not top <= at < top + self.rows_shown - third:
            above = max(at - third, 0)
            most = max(self.count - self.rows_shown, 0)
            self.scroll_to(y=min(above, most), animate=False, force=True)

    def on_resize(self) -> None:
        self.redraw()
        self.show_cursor()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def action_move(self, lines: int) -> None:
        self.cursor += lines

    def action_page(self, pages: int) -> None:
        self.cursor += pages * self.rows_shown

    def action_half_page(self, pages: int) -> None:
        self.cursor += pages * max(self.rows_shown // 2, 1)

    def action_to_first(self) -> None:
        self.cursor = 0

    def action_to_last(self) -> None:
        self.cursor = self.count - 1

    def action_sideways(self, steps: int) -> None:
        x = int(self.scroll_offset.x) + steps * _SIDEWAYS
        most = max(self.wide - self.size.width, 0)
        self.scroll_to(x=min(max(x, 0), most), animate=False, force=True)

    def action_open(self) -> None:
        if self.count:
            self.post_message(self.Opened(self))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        row = offset.y - len(self.head())
        if row < 0:
            self.head_clicked(offset.y, offset.x + (int(self.scroll_offset.x) if offset.y else 0))
            return
        at = row + int(self.scroll_offset.y)
        if at >= self.count:
            return
        self.cursor = at
        self.line_clicked(at, offset.x + int(self.scroll_offset.x))
        if event.chain == 2:
            self.action_open()

    def head_clicked(self, row: int, x: int) -> None:
        """A line of the head was clicked at a cell."""
        if row == 0:
            self.post_message(self.TitleClicked(self, x))

    def line_clicked(self, at: int, x: int) -> None:
        """A line was clicked at a cell, and has the cursor now."""
