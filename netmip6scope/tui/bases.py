"""What every screen has: the line of screens, its lists, a prompt, the status."""

from __future__ import annotations

import os
import tempfile
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from textual import work
from textual.app import ComposeResult
from textual.screen import Screen
from textual.worker import get_current_worker

from netmip6scope.errors import ScopeError, UsageError
from netmip6scope.filter.select import Filter
from netmip6scope.tui.bar_line import BarLine
from netmip6scope.tui.cells import TimeFormat
from netmip6scope.tui.compare import pairs
from netmip6scope.tui.dialogs import Columns, Comparison
from netmip6scope.tui.export import export_ladder, export_table, write_capture
from netmip6scope.tui.filtering import Filtering
from netmip6scope.tui.keys import ANYWHERE, LIST, ROWS
from netmip6scope.tui.ladder_view import LadderView
from netmip6scope.tui.lines_view import LinesView
from netmip6scope.tui.prompt import Prompt
from netmip6scope.tui.replayed import Wanted
from netmip6scope.tui.rows_view import Mask, RowsView
from netmip6scope.tui.table_view import TableView
from netmip6scope.tui.view import View

if TYPE_CHECKING:
    from netmip6scope.tui.app import ScopeApp

_REPLAYED = ("sessions", "messages", "handoffs", "findings")
_FILTER, _EXPORT, _WRITE = "Filter", "Export to", "Write frames to"


class ScopeScreen(Screen[None]):
    """Subclasses give `body` and `update`; `view` is None until something was read."""

    name_shown = ""
    places: tuple[str, ...] = (ANYWHERE, LIST, ROWS)
    """Whose keys help lists."""

    def __init__(self) -> None:
        super().__init__()
        self.view: View | None = None
        self._filters: dict[str, Filtering] = {}
        """By table."""
        self._asked: RowsView | None = None

    @property
    def scope(self) -> ScopeApp:
        return cast("ScopeApp", self.app)

    def compose(self) -> ComposeResult:
        yield BarLine("screens")
        yield from self.body()
        yield Prompt("prompt")
        yield BarLine("status", kept=1)

    def body(self) -> ComposeResult:
        """The screen's own widgets."""
        raise NotImplementedError

    def update(self, view: View) -> None:
        """Show other tables."""
        raise NotImplementedError

    def show(self, view: View | None) -> None:
        """Show what is known now."""
        if view is not None and view is not self.view:
            before, self.view = self.view, view
            if before is not None and before.result.left != view.result.left:
                self.forget(before, view)
            self.update(view)
            self._ask_filters()

    def forget(self, before: View, now: View) -> None:
        """Rows left: what is shown and asked of the others is at other rows."""
        for widget in self.query(RowsView):
            if widget.table_name in now.tables:
                widget.forget(now.moved_from(before, widget.table_name))
        for name, chosen in self._filters.items():
            if chosen.needs_frames:
                self._filters[name] = Filtering(chosen.text, name, self.scope.profile)

    def show_times(self, shown: TimeFormat) -> None:
        for widget in self.query(LinesView):
            if isinstance(widget, TableView | LadderView):
                widget.show_times(shown)

    def on_screen_resume(self) -> None:
        self.show(self.scope.view)
        self.show_times(self.scope.settings.time_format)
        self.scope.show_status()

    def table(self, title: str, name: str, id: str, *, only_matches: bool = True) -> TableView:
        """A list of a table, with the columns that were chosen."""
        columns = self.scope.columns_of(name)
        marks = self.scope.marks_of(name)
        return TableView(title, marks, columns, id, only_matches=only_matches)

    def go_to_message(self, row: int) -> None:
        """Show a message in its session."""
        if self.view is not None and 0 <= row < len(self.view.result.message_number):
            self.scope.go_to_message(int(self.view.result.message_number[row]))

    @property
    def rows_view(self) -> RowsView | None:
        """The list that keys are for."""
        return self.focused if isinstance(self.focused, RowsView) else None

    # Filters

    def action_filter(self) -> None:
        view = self.rows_view
        if view is None or not view.table_name:
            return
        name = view.table_name
        if not self.scope.has_filter(name):
            self.notify("these rows take no filter")
            return
        self._asked = view
        before = self._filters.get(name)
        self.query_one(Prompt).ask(
            _FILTER, before.text if before else "", name, partial(Filter.parsed, table=name)
        )

    def action_clear_filter(self) -> None:
        view = self.rows_view
        if view is not None and self._filters.pop(view.table_name, None) is not None:
            self._show_mask(view.table_name, None)

    def _ask_filters(self) -> None:
        """Ask every filter again, those of frames in another thread."""
        for chosen in self._filters.values():
            if chosen.needs_frames:
                self._look_into_frames(chosen)
            else:
                self._show_answer(chosen)

    def _show_answer(self, chosen: Filtering) -> None:
        if self.view is not None and self._filters.get(chosen.table) is chosen:
            mask = chosen.mask(self.view.tables)
            if mask is not None:
                self._show_mask(chosen.table, mask)

    def _show_mask(self, table: str, mask: Mask | None) -> None:
        for view in self.query(RowsView):
            if view.table_name == table:
                view.matches = mask
                if isinstance(view, TableView):
                    view.show_matches(mask)
                view.refresh()
        self.scope.show_status()

    @work(thread=True, exclusive=True, group="filter")
    def _look_into_frames(self, chosen: Filtering) -> None:
        worker, view = get_current_worker(), self.view
        assert view is not None
        numbers = view.result.message_number
        try:
            while not worker.is_cancelled and chosen.see_more(view.store, numbers):
                self.app.call_from_thread(
                    self.scope.say, f"filter: {chosen.seen:,} of {len(numbers):,} frames"
                )
        except ScopeError:
            return  # it left memory; the filter is asked again of what is left
        if not worker.is_cancelled:
            self.app.call_from_thread(self.scope.say, "")
            self.app.call_from_thread(self._show_answer, chosen)

    # Answers of the prompt

    def on_prompt_left(self) -> None:
        if self._asked is not None:
            self._asked.focus()

    def on_prompt_answered(self, event: Prompt.Answered) -> None:
        if self._asked is not None:
            self._asked.focus()
        if event.purpose == _FILTER:
            self._set_filter(event.text)
            return
        try:
            name = self._written(event.purpose, event.text.strip())
        except ScopeError as error:
            self.notify(str(error), severity="error", markup=False)
        else:
            self.notify(f"written: {name}", markup=False)

    def _written(self, purpose: str, path: str) -> str:
        """Write a file, or hand it to the browser that shows us; its name. Raises ScopeError."""
        if not self.app.is_web:
            self._to_file(purpose, path)
            return path
        name = os.path.basename(path)
        with tempfile.TemporaryDirectory(prefix="netmip6scope-") as directory:
            place = Path(directory, name)
            self._to_file(purpose, str(place) if name else "")
            self.app.deliver_binary(BytesIO(place.read_bytes()), save_filename=name)
        return name

    def _set_filter(self, text: str) -> None:
        assert self._asked is not None
        name = self._asked.table_name
        if not text.strip():
            self.action_clear_filter()
            return
        self._filters[name] = Filtering(text, name, self.scope.profile)
        self._ask_filters()

    def _to_file(self, purpose: str, path: str) -> None:
        view, asked = self.view, self._asked
        assert view is not None
        if purpose == _WRITE:
            assert asked is not None
            write_capture(view, view.messages_of(asked.table_name, _chosen(asked)), path)
        elif isinstance(asked, LadderView):
            assert asked.ladder is not None
            absolute = self.scope.settings.time_format is TimeFormat.ABSOLUTE
            export_ladder(asked.ladder, path, absolute=absolute)
        elif not isinstance(asked, TableView):
            raise UsageError("netmip6scope replay writes replays, with --json and --explain")
        else:
            assert asked.table is not None
            export_table(asked.table, asked.rows, asked.columns, path)

    def action_export(self) -> None:
        self._ask_name(_EXPORT)

    def action_write(self) -> None:
        view = self.rows_view
        if view is not None and self.scope.has_filter(view.table_name):
            self._ask_name(_WRITE)

    def _ask_name(self, purpose: str) -> None:
        view = self.rows_view
        if view is not None and view.count:
            self._asked = view
            self.query_one(Prompt).ask(purpose)

    # Two messages, columns

    def action_compare(self) -> None:
        view = self.rows_view
        if view is None or self.view is None or view.table_name != "messages":
            self.notify("messages are compared: mark one with m, go to another and press c")
            return
        here = set() if view.row is None or len(view.marks) == 2 else {view.row}
        rows = sorted(view.marks | here)
        if len(rows) != 2:
            self.notify("mark one message with m and go to another, or mark two")
            return
        left, right = (self.view.open(row) for row in rows)
        frames = [self.view.number("messages", "frame", row) for row in rows]
        title = f"Frame {frames[0]} and frame {frames[1]}"
        self.app.push_screen(Comparison(title, pairs(left.tree, right.tree)))

    # Replay

    def action_replay(self) -> None:
        """Of the session that the row under the cursor is about, of its handoff if it is one."""
        asked, view = self.rows_view, self.view
        table = "" if asked is None else asked.table_name
        row = None if asked is None else asked.row
        if view is None or row is None or table not in _REPLAYED:
            self.notify("r replays a session, a handoff, or the session of a message or finding")
            return
        session = view.number(table, "session", row)
        if session is None:
            self.notify("it belongs to no session: there is nothing to replay")
            return
        handoff = view.number(table, "handoff", row) if table == "handoffs" else None
        self.scope.replay(Wanted(session, handoff))

    def action_columns(self) -> None:
        view = self.rows_view
        if not isinstance(view, TableView) or view.table is None:
            return

        def take(names: list[str] | None) -> None:
            if names:
                view.choose_columns(names)
                self.scope.remember_columns(view.table_name, names)

        self.app.push_screen(Columns(view.table.columns, view.columns), take)


def _chosen(view: RowsView) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The rows with marks, or else the one under the cursor."""
    rows = view.marks or ({view.row} if view.row is not None else set())
    return np.array(sorted(rows), np.int64)
