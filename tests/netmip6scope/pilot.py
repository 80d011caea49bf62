"""The interface driven by keys, and what its screen shows as text."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input

from dissectors.profile import Profile
from netmip6scope.keys import load_keys
from netmip6scope.pipeline import arranged
from netmip6scope.tui.app import ScopeApp
from netmip6scope.tui.hex_view import HexView
from netmip6scope.tui.lines_view import LinesView
from netmip6scope.tui.spans import plain
from netmip6scope.tui.tree_view import TreeView

LIMIT_S = 20.0
NARROW, USUAL, WIDE = (80, 24), (120, 40), (200, 60)
Kind = TypeVar("Kind", bound=Widget)


class Driven:
    """An application that has read all of its captures."""

    def __init__(self, app: ScopeApp, pilot: Pilot[object]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        field = self.app.focused
        assert isinstance(field, Input)
        field.insert_text_at_cursor(text)
        await self.pilot.pause()

    async def until(self, holds: Callable[[], object]) -> None:
        deadline_s = time.monotonic() + LIMIT_S
        while not holds():
            assert time.monotonic() < deadline_s, self.text
            await self.pilot.pause(0.01)

    @property
    def lines(self) -> list[str]:
        """The screen, line by line, without blanks at their ends."""
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips]

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)

    def one(self, selector: str, kind: type[Kind]) -> Kind:
        return self.app.screen.query_one(selector, kind)

    def shown(self, selector: str) -> list[str]:
        """All lines of a list, those out of view too."""
        view = self.one(selector, LinesView)
        return [plain(view.line_at(at)).rstrip() for at in range(view.count)]

    def under_cursor(self, selector: str) -> str:
        view = self.one(selector, LinesView)
        return plain(view.line_at(view.cursor)).strip()

    @property
    def focus(self) -> str | None:
        return None if self.app.focused is None else self.app.focused.id

    @property
    def tree(self) -> TreeView:
        return self.one("#tree", TreeView)

    @property
    def hex(self) -> HexView:
        return self.one("#hex", HexView)


@asynccontextmanager
async def opened(
    *captures: object, size: tuple[int, int] = USUAL, keys: object = None
) -> AsyncIterator[Driven]:
    """The interface on captures that have been read; keys: a file of them."""
    sources, clock_of = arranged([str(capture) for capture in captures])
    app = ScopeApp(sources, clock_of, Profile(), load_keys(str(keys)) if keys else None)
    async with app.run_test(size=size) as pilot:
        driven = Driven(app, pilot)
        await driven.until(lambda: app.view is not None and app.view.done)
        await pilot.pause()
        yield driven
