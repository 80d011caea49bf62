"""The first screen: sessions, the chosen one's ladder, messages and timing, fields and octets."""

from __future__ import annotations

import numpy as np
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import ContentSwitcher

from netmip6scope.tables.records import records
from netmip6scope.tui.bars import Timing
from netmip6scope.tui.keys import ANYWHERE, HEX, LIST, MAIN, ROWS, TREE, bindings
from netmip6scope.tui.ladder_view import LadderView
from netmip6scope.tui.lines_view import LinesView
from netmip6scope.tui.message_screen import MessageScreen
from netmip6scope.tui.table_view import TableView
from netmip6scope.tui.timing_view import TimingView
from netmip6scope.tui.tree_view import TreeView
from netmip6scope.tui.view import View

VIEWS = ("ladder", "session-messages", "timing")
_TITLES = ("Ladder", "Messages", "Timing")
_BEFORE_TITLE = 2


def _tabs(chosen: int) -> str:
    """The three titles, the chosen one in brackets."""
    return " ".join(f"[{t}]" if n == chosen else f" {t} " for n, t in enumerate(_TITLES))


class SessionsScreen(MessageScreen):
    """A session under the cursor is shown; a message under the cursor is opened."""

    BINDINGS = bindings(MAIN)
    name_shown = "sessions"
    places = (ANYWHERE, LIST, ROWS, MAIN, TREE, HEX)

    def __init__(self) -> None:
        super().__init__()
        self._session: int | None = None
        """The number of the session that is shown."""

    def body(self) -> ComposeResult:
        marks = self.scope.marks_of("messages")
        with Horizontal(id="upper"):
            yield self.table("Sessions", "sessions", "session-list")
            with ContentSwitcher(initial=VIEWS[0], id="about"):
                yield LadderView(_tabs(0), marks, VIEWS[0])
                yield self.table(_tabs(1), "messages", VIEWS[1], only_matches=False)
                yield TimingView(_tabs(2), VIEWS[2])
        yield from self.lower()

    def on_mount(self) -> None:
        self.sessions.focus()

    @property
    def sessions(self) -> TableView:
        return self.query_one("#session-list", TableView)

    @property
    def ladder(self) -> LadderView:
        return self.query_one(LadderView)

    @property
    def messages(self) -> TableView:
        return self.query_one("#session-messages", TableView)

    def update(self, view: View) -> None:
        self.sessions.show(view.tables["sessions"], view.begin_ns)
        self._show_session()

    # From session to message to fields to octets, and back

    def on_lines_view_moved(self, event: LinesView.Moved) -> None:
        if event.view is self.sessions:
            if self._chosen() is None or self._chosen() != self._session:
                self._show_session()
        elif event.view in (self.ladder, self.messages):
            row = event.view.row
            if row is not None and event.view is self._shown_view():
                self.open(row)

    def on_lines_view_opened(self, event: LinesView.Opened) -> None:
        """Into the session, then into the message."""
        if event.view is self.sessions:
            self._shown_view().focus()
        elif event.view in (self.ladder, self.messages):
            self.query_one(TreeView).focus()
        elif isinstance(event.view, TimingView) and event.view.handoff is not None:
            self.scope.go_to_handoff(event.view.handoff)

    def go_to_message(self, row: int) -> None:
        """Show a message in its session."""
        assert self.view is not None
        session = self.view.number("messages", "session", row)
        if session is None:
            self._session = None
            self._show_messages(np.array([row]))
        else:
            self._filters.pop("sessions", None)
            self.sessions.show_matches(None)
            self.sessions.go_to(self.view.row_of("sessions", session))
            self._show_session()
        self.ladder.go_to(row)
        self.messages.go_to(row)
        self._shown_view().focus()

    def _chosen(self) -> int | None:
        """The number of the session under the cursor."""
        row = self.sessions.row
        return (
            None
            if self.view is None or row is None
            else self.view.number("sessions", "session", row)
        )

    def _show_session(self) -> None:
        view, number = self.view, self._chosen()
        if view is None or number is None:
            self._session = None
            self.ladder.show(None)
            self.query_one(TimingView).show((), {})
            return
        kept = self.opened.row if self.opened is not None and number == self._session else None
        self._session = number
        ladder = view.ladder(number)
        self.ladder.show(ladder)
        rows = np.flatnonzero(view.numbers("messages", "session") == number)
        self._show_messages(rows)
        mine = np.flatnonzero(view.numbers("handoffs", "session") == number)
        self.query_one(TimingView).show(
            records(view.tables["handoffs"], mine, Timing),
            {} if ladder is None else {party.address: party.name for party in ladder.parties},
        )
        if kept is None and len(rows):
            self.open(int(rows[0]))
        target = self.opened.row if self.opened is not None else None
        if target is not None:
            self.ladder.go_to(target)
            self.messages.go_to(target)

    def _show_messages(self, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
        assert self.view is not None
        self.messages.show(self.view.tables["messages"], self.view.begin_ns, rows)

    # Ladder, messages, timing

    def _shown_view(self) -> LinesView:
        name = self.query_one(ContentSwitcher).current
        return self.query_one(f"#{name}", LinesView)

    def action_view(self, step: int) -> None:
        at = VIEWS.index(self._shown_view().id or VIEWS[0])
        self._turn_to((at + step) % len(VIEWS))

    def _turn_to(self, at: int) -> None:
        before = self._shown_view()
        focused = before.has_focus
        self.query_one(ContentSwitcher).current = VIEWS[at]
        shown = self._shown_view()
        if self.opened is not None and isinstance(shown, LadderView | TableView):
            shown.go_to(self.opened.row)
        if focused:
            shown.focus()

    def on_lines_view_title_clicked(self, event: LinesView.TitleClicked) -> None:
        if event.view.id not in VIEWS:
            return
        edge = _BEFORE_TITLE
        for at, title in enumerate(_TITLES):
            edge += len(title) + 3
            if event.x < edge:
                self._turn_to(at)
                return
