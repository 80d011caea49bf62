"""The application: wires the reading to the screens, and keeps what all of them share."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from typing import ClassVar
from weakref import WeakKeyDictionary

from textual import events
from textual.app import App, SystemCommand
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from dissectors.authentication.keys import Keys
from dissectors.profile import Profile
from netmip6scope.capture.inputs import Source
from netmip6scope.errors import OutputError, ScopeError
from netmip6scope.tables.schema import TABLES
from netmip6scope.tui.bar_line import BarLine, Word
from netmip6scope.tui.bases import ScopeScreen
from netmip6scope.tui.dialogs import Help
from netmip6scope.tui.handoffs_screen import HandoffsScreen
from netmip6scope.tui.keys import ANYWHERE, LIST, bindings, keys_of
from netmip6scope.tui.list_screens import FindingsScreen, MessagesScreen
from netmip6scope.tui.loader import Failed, Loaded, Loader, News, Progress
from netmip6scope.tui.points_screen import PointsScreen
from netmip6scope.tui.replay_screen import ReplayScreen
from netmip6scope.tui.replayed import Wanted
from netmip6scope.tui.sessions_screen import SessionsScreen
from netmip6scope.tui.settings import Settings, load, save, settings_path
from netmip6scope.tui.spans import counted
from netmip6scope.tui.statistics_screen import StatisticsScreen
from netmip6scope.tui.themes import THEMES, following
from netmip6scope.tui.view import View

_DURATIONS = ("context", "binding", "preparation", "dl_gap", "ul_gap")
USUAL_COLUMNS: dict[str, tuple[str, ...]] = {
    "sessions": ("mn_id", "handoffs", "state", "findings", "hoa", "start", "ar_path"),
    "messages": ("frame", "time", "summary", "mn_id", "src", "dst", "session", "handoff", "kind"),
    "handoffs": (
        *("handoff", "mn_id", "outcome", "context_ms", "binding_ms", "dl_gap_ms", "ul_gap_ms"),
        *("kind", "sar", "tar", "start", "findings"),
    ),
    "findings": ("severity", "code", "frame", "text", "mn_id", "time", "session", "handoff", "ref"),
    "stats": (
        *("group", "handoffs", "complete", "success_percent"),
        *(f"{what}_{how}_ms" for what in _DURATIONS for how in ("median", "p95")),
        "by",
    ),
}
STYLE_SHEETS = (
    *("scope", "sessions_screen", "list_screens", "handoffs_screen", "statistics_screen"),
    "replay_screen",
)
_ASKS = (events.Key, events.MouseDown, events.MouseScrollDown, events.MouseScrollUp)
_STOP_LIMIT_S = 0.5
_LOOK_EVERY_S = 1.0


class ScopeApp(App[ScopeError]):
    """Returns the error where nothing could be read."""

    # All at once: a style sheet that comes with its screen would be read when a key asks for it.
    CSS_PATH: ClassVar = [f"{name}.tcss" for name in STYLE_SHEETS]
    TITLE = "netmip6scope"
    BINDINGS = bindings(ANYWHERE)
    MODES: ClassVar = {
        "sessions": SessionsScreen,
        "messages": MessagesScreen,
        "handoffs": HandoffsScreen,
        "findings": FindingsScreen,
        "points": PointsScreen,
        "stats": StatisticsScreen,
        "replay": ReplayScreen,
    }
    DEFAULT_MODE = "sessions"

    class Told(Message):
        """The reading has news."""

        def __init__(self, news: News) -> None:
            super().__init__()
            self.news = news

    def __init__(
        self,
        sources: Sequence[Source],
        clock_of: list[int] | None,
        profile: Profile,
        keys: Keys | None = None,
        keep_ns: int | None = None,
    ) -> None:
        """keep_ns: see `pipeline.Run`."""
        super().__init__()
        self.profile = profile
        self.view: View | None = None
        self.settings: Settings = load(settings_path())
        for theme in THEMES:
            self.register_theme(theme)
        known = self.settings.theme in [theme.name for theme in THEMES]
        self.theme = self.settings.theme if known else THEMES[0].name
        self.loader = Loader(list(sources), clock_of, profile, self._post, keys, keep_ns)
        self._keys = keys
        self._names = [source.path for source in sources]
        self._progress = Progress(0, None)
        self._said = ""
        self._marks: dict[str, set[int]] = {}
        self._styled: WeakKeyDictionary[Screen[object], dict[str, str]] = WeakKeyDictionary()
        """By screen, the theme's variables that it was drawn with."""

    def _post(self, news: News) -> None:
        self.post_message(self.Told(news))

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, _ASKS) and not event.is_forwarded:
            self.loader.give_way(asked=True)
            self.call_after_refresh(self.loader.give_way, asked=False)
        await super().on_event(event)

    def on_mount(self) -> None:
        self.loader.start()
        if sys.stdin is not None and sys.stdin.isatty():
            self.set_interval(_LOOK_EVERY_S, self._leave_with_the_terminal)

    def _leave_with_the_terminal(self) -> None:
        """End where the terminal is gone and SIGHUP is ignored: keys would be awaited forever."""
        keyboard = select.poll()
        keyboard.register(0, 0)
        if keyboard.poll(0):
            # There is no screen to restore, and what restores it would wait for it.
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGHUP)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """What our styles ask for, where a theme that is not ours lacks it."""
        return THEMES[0].variables

    def refresh_css(self, animate: bool = True) -> None:
        """Read the style sheets again only for another theme.

        It is asked for whenever a screen is shown first, and takes as long as a key may.
        """
        theme, shown = self.get_css_variables(), self.screen_stack
        if not shown or any(self._styled.setdefault(s, theme) != theme for s in shown):
            super().refresh_css(animate)
            self._styled.update(dict.fromkeys(shown, theme))

    def on_unmount(self) -> None:
        self.loader.close(_STOP_LIMIT_S)

    # What the reading tells

    def on_scope_app_told(self, event: Told) -> None:
        match event.news:
            case Failed(error):
                self.exit(error)
            case Loaded(result, frames, done):
                store, before = self.loader.store, self.view
                self.view = View(result, frames, done, store, self.profile, self._keys)
                if before is not None and before.result.left != result.left:
                    self._forget(before, self.view)
                if isinstance(self.screen, ScopeScreen):
                    self.screen.show(self.view)
            case Progress() as progress:
                self._progress = progress
        self.show_status()

    def _forget(self, before: View, now: View) -> None:
        """Rows left: marks are at other rows."""
        for table, marks in self._marks.items():
            if table in now.tables and marks:
                moved = now.moved_from(before, table)
                rows = {int(moved[row]) for row in marks}
                marks.clear()
                marks.update(rows - {-1})

    def say(self, text: str) -> None:
        """Say something in the status line, "" nothing."""
        self._said = text
        self.show_status()

    def show_status(self) -> None:
        """Draw the lines above and below the screen that is shown."""
        screen = self.screen
        if isinstance(screen, ScopeScreen):
            with suppress(LookupError):
                screen.query_one("#screens", BarLine).show(self._screen_words(), self._name_words())
                screen.query_one("#status", BarLine).show(self._status_words(), _hints(screen))

    def _screen_words(self) -> list[Word]:
        shown = self.screen.name_shown if isinstance(self.screen, ScopeScreen) else ""
        found: list[Word] = []
        for number, name in enumerate(self.MODES, 1):
            here = name == shown
            text = f"[{number} {name}]" if here else f" {number} {name} "
            found.append(Word(text, "active" if here else "soft", f"app.show('{name}')"))
        return found

    def _name_words(self) -> list[Word]:
        more = f" and {len(self._names) - 1} more" if len(self._names) > 1 else ""
        name = "standard input" if self._names[0] == "-" else self._names[0].rpartition("/")[2]
        return [Word(f" {name}{more} ", "soft")]

    def _status_words(self) -> list[Word]:
        view = self.view
        if self._said:
            return [Word(f" {self._said}", "accent")]
        if view is None:
            return [Word(f" {self._reading()}", "accent")]
        counts = ", ".join(counted(len(view.tables[f"{n}s"]), n) for n in ("session", "message"))
        if view.result.left:
            counts += f"; {counted(view.result.left, 'session')} over for long left memory"
        if not view.done:
            held = "held, p goes on" if self.loader.paused else self._reading()
            return [Word(f" {held}", "accent"), Word(f"  {counts}", "soft")]
        odd = len(view.result.warnings) + len(view.result.errors)
        more = [Word(f"  ! {odd} odd, see points", "warning", "app.show('points')")]
        return [Word(f" {counts}", "soft"), *(more if odd else [])]

    def _reading(self) -> str:
        octets, total = self._progress.octets, self._progress.total
        if not total:
            return f"read {octets:,} octets"
        return f"reading {min(100, 100 * octets // total)} %"

    # What screens share

    def marks_of(self, table: str) -> set[int]:
        """The marked rows of a table."""
        return self._marks.setdefault(table, set())

    def has_filter(self, table: str) -> bool:
        """Whether there are fields to filter a table by."""
        return table in TABLES

    def columns_of(self, table: str) -> Sequence[str]:
        """The columns that were chosen, or the usual ones."""
        return self.settings.columns.get(table) or USUAL_COLUMNS[table]

    def remember_columns(self, table: str, names: list[str]) -> None:
        self.settings.columns[table] = names
        self._remember()

    def _remember(self) -> None:
        try:
            save(self.settings, settings_path())
        except OutputError as error:
            self.notify(f"not remembered: {error}", severity="warning", markup=False)

    def go_to_message(self, number: int) -> None:
        """Show a message in its session."""
        self.run_worker(self._go_to_message(number))

    async def _go_to_message(self, number: int) -> None:
        await self.switch_mode("sessions")
        screen = self.screen
        assert isinstance(screen, SessionsScreen)
        # It is told to do so later than this.
        screen.show(self.view)
        row = -1 if screen.view is None else screen.view.row_of("messages", number)
        if row >= 0:
            screen.go_to_message(row)

    def go_to_handoff(self, number: int) -> None:
        """Show a handoff in the list of handoffs."""
        self.run_worker(self._go_to_handoff(number))

    async def _go_to_handoff(self, number: int) -> None:
        await self.switch_mode("handoffs")
        assert isinstance(self.screen, HandoffsScreen)
        self.screen.show(self.view)
        if self.view is not None:
            self.screen.rows.go_to(self.view.row_of("handoffs", number))

    def replay(self, wanted: Wanted) -> None:
        """Replay a session, and show it."""
        self.run_worker(self._replay(wanted))

    async def _replay(self, wanted: Wanted) -> None:
        await self.switch_mode("replay")
        assert isinstance(self.screen, ReplayScreen)
        self.screen.show(self.view)
        self.screen.replay(wanted)

    # Keys

    async def action_show(self, mode: str) -> None:
        if isinstance(self.screen, ScopeScreen):
            await self.switch_mode(mode)

    def action_help(self) -> None:
        if isinstance(self.screen, ScopeScreen):
            self.push_screen(Help(self.screen.places))

    def action_time_format(self) -> None:
        shown = self.settings.time_format.following
        self.settings.times = shown.name
        self._remember()
        if isinstance(self.screen, ScopeScreen):
            self.screen.show_times(shown)
        self.notify(f"times: seconds {shown.value}", timeout=2)

    def action_next_theme(self) -> None:
        self.theme = following(self.theme)

    def watch_theme(self, theme: str) -> None:
        if theme != self.settings.theme and self.is_running:
            self.settings.theme = theme
            self._remember()

    def action_pause(self) -> None:
        if self.view is None or not self.view.done:
            self.loader.pause(not self.loader.paused)
            self.show_status()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: what the keys of the screen do, but for moving about."""
        if isinstance(screen, ScopeScreen):
            for key in keys_of(*screen.places):
                if key.where != LIST and key.action != "app.command_palette":
                    shown = f"key {key.shown}"
                    yield SystemCommand(key.does, shown, self._runs(key.action, screen.focused))

    def _runs(self, action: str, focused: Widget | None) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            await self.run_action(action, focused or self)

        return run


def _hints(screen: ScopeScreen) -> list[Word]:
    return [
        Word(f" {key.shown.split()[0]} {key.hint} ", "soft", key.action)
        for key in keys_of(*screen.places)
        if key.hint
    ]
