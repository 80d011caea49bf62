"""The line where a filter or the name of a file is typed, and what is said about it."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Label, Static

from netmip6scope.filter.error import FilterError
from netmip6scope.tui.filtering import common_start, completions

CARET = "▲"


class Prompt(Vertical):
    """Hidden until `ask` is called; `Answered` has what was typed."""

    class Answered(Message):
        """Enter was pressed on a text without a mistake."""

        def __init__(self, purpose: str, text: str) -> None:
            super().__init__()
            self.purpose, self.text = purpose, text

    class Left(Message):
        """Escape was pressed."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._purpose = ""
        self._table: str | None = None
        self._check: Callable[[str], object] | None = None

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Label("", id="prompt-label", markup=False)
            yield Input(id="prompt-input", compact=True, select_on_focus=False)
        yield Static("", id="prompt-note", markup=False)

    def ask(
        self,
        purpose: str,
        text: str = "",
        table: str | None = None,
        check: Callable[[str], object] | None = None,
    ) -> None:
        """Ask for a text. table: fields of its filters are completed; check raises FilterError."""
        self._purpose, self._table, self._check = purpose, table, check
        self.query_one("#prompt-label", Label).update(f"{purpose}: ")
        self.display = True
        field = self.query_one(Input)
        field.value = text
        field.cursor_position = len(text)
        # At once, so that what has been typed already goes there.
        self.screen.set_focus(field)
        self._remark(text)

    def _close(self) -> None:
        self.display = False

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._remark(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._mistake(event.value) is None:
            self._close()
            self.post_message(self.Answered(self._purpose, event.value))

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            self._close()
            self.post_message(self.Left())
        elif event.key == "tab":
            event.stop()
            event.prevent_default()
            self._complete()

    def _mistake(self, text: str) -> FilterError | None:
        if self._check is None or not text.strip():
            return None
        try:
            self._check(text)
        except FilterError as error:
            return error
        return None

    def _remark(self, text: str) -> None:
        """Show the mistake under its place, or the names that can follow."""
        note = self.query_one("#prompt-note", Static)
        field = self.query_one(Input)
        begun, names = self._names(text)
        mistake = self._mistake(text)
        told = "\n" + "  ".join(names) if names else ""
        if mistake is None:
            note.update(told or "\n")
            return
        label = len(self._purpose) + 2
        at = max(label + mistake.column - 1 - int(field.scroll_offset.x), 0)
        # A name that is still being typed is no mistake yet.
        said = "" if begun and names else str(mistake)
        note.update(" " * at + CARET + "\n" + (said or told.strip()))

    def _names(self, text: str) -> tuple[str, list[str]]:
        return completions(text, self._table) if self._table is not None else ("", [])

    def _complete(self) -> None:
        field = self.query_one(Input)
        begun, names = self._names(field.value)
        if names:
            more = common_start(names)[len(begun) :]
            field.value += more + (" " if len(names) == 1 else "")
            field.cursor_position = len(field.value)
