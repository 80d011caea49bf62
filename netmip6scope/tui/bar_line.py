"""One line of words, some of which can be clicked: the screens above, the status below."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from netmip6scope.tables.text import printable
from netmip6scope.tui.spans import fitted
from netmip6scope.tui.themes import span_styles


@dataclass(frozen=True, slots=True)
class Word:
    """A text with a style of STYLES or "", and what a click on it does."""

    text: str
    style: str = ""
    action: str = ""


class BarLine(Widget):
    """Words from the left and words from the right.

    Where they do not fit, the right ones go, the last one first; `kept` of them stay.
    """

    DEFAULT_CSS = "BarLine { height: 1; }"

    def __init__(self, id: str, kept: int = 0) -> None:
        super().__init__(id=id)
        self._kept = kept
        self._left: list[Word] = []
        self._right: list[Word] = []

    def show(self, left: list[Word], right: list[Word]) -> None:
        """Draw these words."""
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.refresh()

    def _words(self) -> list[Word]:
        """All words with their blanks, as wide as the line."""
        right = self._right
        while len(right) > self._kept and _cells(self._left + right) > self.size.width:
            right = right[:-1]
        room = self.size.width - _cells(right)
        found: list[Word] = []
        for word in self._left:
            if room <= 0:
                break
            text = word.text if cell_len(word.text) <= room else fitted(word.text, room)
            found.append(Word(text, word.style, word.action))
            room -= cell_len(text)
        return [*found, Word(" " * max(room, 0)), *right]

    def render_line(self, y: int) -> Strip:
        base = self.rich_style
        if y:
            return Strip.blank(self.size.width, base)
        styles = span_styles(self.app.theme)
        segments = [
            Segment(printable(word.text), base + styles[word.style] if word.style else base)
            for word in self._words()
        ]
        return Strip(segments).adjust_cell_length(self.size.width, base)

    async def on_click(self, event: events.Click) -> None:
        edge = 0
        for word in self._words():
            edge += cell_len(word.text)
            if event.x < edge:
                if word.action:
                    await self.run_action(word.action)
                return


def _cells(words: list[Word]) -> int:
    return sum(cell_len(word.text) for word in words)
