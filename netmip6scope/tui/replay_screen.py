"""A replay: what was recorded beside what nodes should have sent, and their models' states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.worker import get_current_worker

from dissectors.frames import Ints
from netmip6scope.errors import ScopeError
from netmip6scope.tui.bases import ScopeScreen
from netmip6scope.tui.dialogs import FixedLines
from netmip6scope.tui.keys import ANYWHERE, LIST, ROWS
from netmip6scope.tui.lines_view import LinesView
from netmip6scope.tui.replayed import Replayed, Shown, Wanted, head_line, step_line
from netmip6scope.tui.rows_view import RowsView
from netmip6scope.tui.spans import Line, folded, line
from netmip6scope.tui.view import View

_SIGNS = 2
_NOTHING = "nothing yet: r on a session, a handoff or a message"


class CourseView(RowsView):
    """The messages of a replay, one a line."""

    table_name = "messages"

    def __init__(self, marks: set[int], id: str) -> None:
        super().__init__(marks, id)
        self.replayed = Replayed(_NOTHING)

    def show(self, replayed: Replayed) -> None:
        """Show another replay."""
        self.replayed = replayed
        self.cursor = 0
        self.redraw()

    def forget(self, moved: Ints) -> None:
        super().forget(moved)
        self.replayed = forgotten(self.replayed, moved)

    @property
    def step(self) -> Shown | None:
        """The step under the cursor."""
        return self.replayed.steps[self.cursor] if self.cursor < self.count else None

    @property
    def count(self) -> int:
        return len(self.replayed.steps)

    def row_at(self, at: int) -> int | None:
        row = self.replayed.steps[at].row if 0 <= at < self.count else -1
        return row if row >= 0 else None

    def go_to_first(self, rows: Sequence[int]) -> None:
        """The cursor to the first step that is one of these messages, or else that diverges."""
        steps = list(enumerate(self.replayed.steps))
        found = [at for at, step in steps if (step.row in rows if rows else step.wrong)]
        if found:
            self.jump(found[0])

    def head(self) -> Sequence[Line]:
        title = self.titled("Replay", (f"  {self.replayed.said}", "soft"))
        return title, line(" " * _SIGNS, *head_line(self.replayed, self._width))

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width - _SIGNS

    def line_at(self, at: int) -> Line:
        return line((self.signs(at), "accent"), *step_line(self.replayed, at, self._width))


def forgotten(replayed: Replayed, moved: Ints) -> Replayed:
    """The same where messages are in other rows of their table."""
    steps = [
        replace(step, row=int(moved[step.row])) if step.row >= 0 else step
        for step in replayed.steps
    ]
    return replace(replayed, steps=steps)


class PanelLines(FixedLines):
    """Lines about the step under the cursor."""

    def __init__(self, title: str, id: str) -> None:
        super().__init__(title, (), id)
        self._about: Sequence[Line] = ()

    def show(self, lines: Sequence[Line]) -> None:
        self._about = lines
        self.cursor = 0
        self._fold()

    def _fold(self) -> None:
        width = self.scrollable_content_region.width
        self.lines = [part for each in self._about for part in folded(each, width)]
        self.redraw()

    def on_resize(self) -> None:
        self._fold()
        super().on_resize()

    def head(self) -> Sequence[Line]:
        return (self.titled(self.title),)


class ReplayScreen(ScopeScreen):
    """Enter goes to the message in its session."""

    name_shown = "replay"
    places = (ANYWHERE, LIST, ROWS)

    def __init__(self) -> None:
        super().__init__()
        self._wanted: Wanted | None = None

    def body(self) -> ComposeResult:
        yield CourseView(self.scope.marks_of("messages"), "course")
        with Horizontal(id="lower"):
            yield PanelLines("Step", "step")
            yield PanelLines("States", "states")

    def on_mount(self) -> None:
        self.course.focus()

    @property
    def course(self) -> CourseView:
        return self.query_one(CourseView)

    def update(self, view: View) -> None:
        """What was replayed stays until another replay is asked for."""

    def replay(self, wanted: Wanted) -> None:
        """Replay a session; the cursor goes to the handoff that is meant, or to what diverges."""
        if self.view is not None:
            self._wanted = wanted
            self.course.focus()
            self._show(Replayed(f"session {wanted.session} is replayed"))
            self._replay(self.view, wanted)

    @work(thread=True, exclusive=True, group="replay")
    def _replay(self, view: View, wanted: Wanted) -> None:
        # What models nodes takes a moment to load.
        from netmip6scope.tui.replaying import replay

        try:
            found = replay(view, wanted)
        except ScopeError as error:
            found = Replayed(f"session {wanted.session}: {error}")
        if not get_current_worker().is_cancelled:
            self.app.call_from_thread(self._take, view, wanted, found)

    def _take(self, view: View, wanted: Wanted, found: Replayed) -> None:
        if wanted is not self._wanted:
            return
        rows: list[int] = []
        if wanted.handoff is not None:
            row = view.row_of("handoffs", wanted.handoff)
            rows = view.messages_of("handoffs", np.array([row])).tolist()
        if self.view is not None and self.view.result.left != view.result.left:
            # What stays is at other rows since it was asked for.
            moved = self.view.moved_from(view, "messages")
            found, rows = forgotten(found, moved), [int(moved[row]) for row in rows]
        self._show(found)
        self.course.go_to_first(rows)

    def _show(self, replayed: Replayed) -> None:
        self.course.show(replayed)
        self._show_step()

    def _show_step(self) -> None:
        step = self.course.step
        self.query_one("#step", PanelLines).show(() if step is None else step.about)
        self.query_one("#states", PanelLines).show(() if step is None else step.states)

    def on_lines_view_moved(self, event: LinesView.Moved) -> None:
        if event.view is self.course:
            self._show_step()

    def on_lines_view_opened(self, event: LinesView.Opened) -> None:
        """To the message in its session."""
        if event.view is self.course and self.course.row is not None:
            self.go_to_message(self.course.row)
