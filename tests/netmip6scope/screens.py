"""Screens and lists kept as text in tests/data/tui; run as a module, it writes them, to be read."""

from __future__ import annotations

import asyncio
import os
import tempfile
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from netmip6scope.tui.lines_view import LinesView
from netmip6scope.tui.spans import Line
from tests.netmip6scope.pilot import NARROW, USUAL, WIDE, Driven, opened

TESTS = Path(__file__).parents[1]
CAPTURE = "tests/data/netmip6/11_stale_binding.pcap"
"""From the project's directory, since a screen shows it."""
KEPT = TESTS / "data" / "tui"


class Shot(NamedTuple):
    """A screen: its size, and the keys that lead to it; a word of several letters is a key."""

    name: str
    size: tuple[int, int]
    keys: tuple[str, ...] = ()
    typed: str = ""

    @property
    def path(self) -> Path:
        return KEPT / f"{self.name}-{self.size[0]}x{self.size[1]}.txt"


SHOTS = (
    Shot("sessions", NARROW, ("enter", "down")),
    Shot("sessions", USUAL),
    Shot("sessions", WIDE, ("enter", "down")),
    Shot("timing", NARROW, ("right_square_bracket", "right_square_bracket")),
    Shot("messages", USUAL, ("2", "m", "down")),
    Shot("mistake", NARROW, ("2", "slash"), "frame > 3 and seq = 1"),
    Shot("handoffs", USUAL, ("3", "down")),
    Shot("findings", NARROW, ("4",)),
    Shot("points", NARROW, ("5",)),
    Shot("statistics", WIDE, ("6",)),
    Shot("replay", NARROW, ("r",)),
    Shot("replay", USUAL, ("r", "tab")),
    Shot("replay", WIDE, ("3", "r", "down", "down")),
    Shot("comparison", USUAL, ("2", "down", "m", "down", "down", "down", "down", "c")),
    Shot("help", NARROW, ("question_mark",)),
)
LISTS = ("ladder", "tree", "hex", "timing")
"""Kept with the names of their styles."""


async def screen(shot: Shot) -> str:
    """What it shows."""
    async with opened(CAPTURE, size=shot.size) as driven:
        await driven.press(*shot.keys)
        if shot.typed:
            await driven.type(shot.typed)
        await driven.app.workers.wait_for_complete()
        await driven.pilot.pause()
        return driven.text


async def lists() -> dict[str, str]:
    """The lists of the first screen, when the handoff's Binding Update is chosen."""
    async with opened(CAPTURE, size=USUAL) as driven:
        await driven.press("enter")
        while "HO Response" not in driven.under_cursor("#ladder"):
            await driven.press("down")
        while "BU seq" not in driven.under_cursor("#ladder"):
            await driven.press("down")
        return {name: styled(driven, name) for name in LISTS}


def styled(driven: Driven, name: str) -> str:
    view = driven.one(f"#{name}", LinesView)
    return "".join(f"{_marked(view.line_at(at))}\n" for at in range(view.count))


def _marked(spans: Line) -> str:
    runs = [
        (style, "".join(text for text, _ in run))
        for style, run in groupby(spans, lambda span: span[1] if span[0].strip() else "")
    ]
    return "".join(f"«{style}:{text}»" if style else text for style, text in runs).rstrip()


def list_path(name: str) -> Path:
    return KEPT / f"{name}.txt"


async def _write() -> None:
    for shot in SHOTS:
        shot.path.write_text(await screen(shot), "utf-8")
    for name, text in (await lists()).items():
        list_path(name).write_text(text, "utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        os.environ["XDG_CONFIG_HOME"] = directory
        os.chdir(TESTS.parent)
        asyncio.run(_write())
