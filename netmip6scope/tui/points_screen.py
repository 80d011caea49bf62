"""Capture points: what was read of them, and how their clocks differ."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from textual.app import ComposeResult

from netmip6scope.aligned import clock_comment
from netmip6scope.capture.inputs import default_point
from netmip6scope.tables.columns import NULL, Coded
from netmip6scope.tables.text import printable, seconds
from netmip6scope.tui.bases import ScopeScreen
from netmip6scope.tui.dialogs import FixedLines
from netmip6scope.tui.keys import ANYWHERE, LIST
from netmip6scope.tui.spans import Line, counted, line
from netmip6scope.tui.view import View

_INDENT = "  "


class PointsScreen(ScopeScreen):
    """Files, points and clocks, and what was odd about them."""

    name_shown = "points"
    places = (ANYWHERE, LIST)

    def body(self) -> ComposeResult:
        yield PointLines("Capture points and clocks", (), "points")

    def on_mount(self) -> None:
        self.query_one(PointLines).focus()

    def update(self, view: View) -> None:
        lines = self.query_one(PointLines)
        lines.lines = list(point_lines(view))
        lines.redraw()


class PointLines(FixedLines):
    """Lines that follow the reading."""

    def head(self) -> tuple[Line, ...]:
        return (self.titled(self.title),)


def point_lines(view: View) -> Iterator[Line]:
    """What is known of each file, of each point, and what was odd."""
    files = view.result.files
    yield line(("Files", "strong"))
    for number, (source, clock) in enumerate(zip(files.sources, files.clock_of, strict=True)):
        name = "standard input" if source.path == "-" else source.path
        messages = int((view.result.message_file == number).sum())
        yield line(_INDENT, printable(name), ("  " + counted(messages, "message"), "soft"))
        point = source.point or default_point(source.path)
        said = clock_comment(files, clock) or "one clock, times as they are"
        yield line(_INDENT * 2, (f"{printable(point)}: {said}", "soft"))
    yield ()
    yield line(("Points", "strong"))
    yield from _points(view)
    yield ()
    yield line(("What was odd", "strong"))
    odd = [*view.result.warnings, *map(str, view.result.errors)]
    for text in odd or ["nothing about the files; findings are on their screen"]:
        yield line(_INDENT, ("! " + text, "warning") if odd else (text, "soft"))


def _points(view: View) -> Iterator[Line]:
    values = view.tables["messages"].values["point"]
    assert isinstance(values, Coded)
    times = view.numbers("messages", "time")
    for code, name in enumerate(values.vocabulary):
        mine = times[values.codes == code]
        mine = mine[mine != NULL]
        if len(mine):
            first, last = int(np.min(mine)), int(np.max(mine))
            yield line(_INDENT, name, ("  " + counted(len(mine), "message"), "soft"))
            said = f"from {seconds(first)} s, for {seconds(last - first)} s"
            yield line(_INDENT * 2, (said, "soft"))
