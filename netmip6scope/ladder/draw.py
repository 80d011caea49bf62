"""In which form a ladder is drawn, and what that takes."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from netmip6scope.errors import UsageError
from netmip6scope.ladder.model import Ladder

if TYPE_CHECKING:
    from netmip6scope.tables.columns import Table

FORMATS = ("text", "svg", "mmd")
_BY_ENDING = {".txt": "text", ".svg": "svg", ".mmd": "mmd"}
_PIPE_WIDTH = 120
MOST_ENTRIES = 300
"""A longer ladder is no picture to be looked at beside others."""


def format_for(path: str | None, format_: str | None) -> str:
    """The format by the file's ending, or as it is named; text without either.

    Raises UsageError.
    """
    if path is None:
        return format_ or "text"
    ending = _BY_ENDING.get(os.path.splitext(path)[1].lower())
    if ending is None and format_ is None:
        endings = " ".join(_BY_ENDING)
        raise UsageError(f"{path}: no format for this name: end it in {endings} or use --format")
    if None not in (ending, format_) and ending != format_:
        raise UsageError(f"{path}: the name asks for {ending} and --format for {format_}")
    return ending or format_ or "text"


def width_for(path: str | None, width: int | None) -> int:
    """The width asked for, else the terminal's, else that for pipes and files."""
    if width is not None:
        return width
    if path is None and sys.stdout.isatty():
        return shutil.get_terminal_size((_PIPE_WIDTH, 0)).columns
    return _PIPE_WIDTH


def draw(ladder: Ladder, format_: str, width: int, *, absolute: bool) -> str:
    """The ladder in one of FORMATS; the width counts for text alone."""
    if format_ == "svg":
        from netmip6scope.ladder.svg import svg

        return svg(ladder, absolute=absolute)
    if format_ == "mmd":
        from netmip6scope.ladder.mermaid import mermaid

        return mermaid(ladder, absolute=absolute)
    from netmip6scope.ladder.text import text

    return text(ladder, width, absolute=absolute)


def session_pictures(tables: dict[str, Table]) -> Callable[[int], str | None]:
    """What draws a session by its number as SVG, None for one of more than MOST_ENTRIES.

    tables: those of `build.TABLES`.
    """
    from netmip6scope.ladder.build import build
    from netmip6scope.ladder.choice import Choice, choose
    from netmip6scope.ladder.svg import svg

    def picture(number: int) -> str | None:
        ladder = build(tables, choose(tables, Choice(session=number)))
        return svg(ladder) if len(ladder.entries) <= MOST_ENTRIES else None

    return picture
