"""Statistics: handoffs in groups, and counts of everything."""

from __future__ import annotations

from collections.abc import Iterator

from textual.app import ComposeResult

from netmip6scope.tables.columns import Coded
from netmip6scope.tables.stats import handoff_stats
from netmip6scope.tui.bases import ScopeScreen
from netmip6scope.tui.points_screen import PointLines
from netmip6scope.tui.spans import Line, counted, line
from netmip6scope.tui.table_view import TableView
from netmip6scope.tui.view import View

_COUNTED = (
    ("Messages by kind", "messages", "kind"),
    ("Sessions by state", "sessions", "state"),
    ("Handoffs by outcome", "handoffs", "outcome"),
    ("Findings by code", "findings", "code"),
)
_BAR = 24


class StatisticsScreen(ScopeScreen):
    """The table of `handoffs --stats` above, counts below."""

    name_shown = "stats"

    def body(self) -> ComposeResult:
        yield self.table("Handoffs in groups", "stats", "rows")
        yield PointLines("Counts", (), "counts")

    def on_mount(self) -> None:
        self.query_one("#rows").focus()

    def update(self, view: View) -> None:
        table = handoff_stats(view.tables["handoffs"])
        self.query_one("#rows", TableView).show(table, view.begin_ns)
        counts = self.query_one(PointLines)
        counts.lines = list(count_lines(view))
        counts.redraw()


def count_lines(view: View) -> Iterator[Line]:
    """How often each kind, state, outcome and code is there."""
    yield line(counted(view.frames, "frame") + ", ", *_totals(view))
    for title, table, column in _COUNTED:
        values = view.tables[table].values[column]
        assert isinstance(values, Coded)
        counts = [(int((values.codes == n).sum()), t) for n, t in enumerate(values.vocabulary)]
        found = sorted(((count, text) for count, text in counts if count), reverse=True)
        if found:
            yield ()
            yield line((title, "strong"))
        for count, text in found:
            bar = "█" * -(-count * _BAR // found[0][0])
            yield line("  ", text.ljust(28), f"{count:>12,}  ", (bar, "accent"))


def _totals(view: View) -> Iterator[str]:
    names = ("message", "session", "handoff", "finding")
    yield ", ".join(counted(len(view.tables[f"{name}s"]), name) for name in names)
