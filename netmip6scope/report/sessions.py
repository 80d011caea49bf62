"""The blocks that open on a click: what a mobile node went through, with its messages."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from netmip6scope.report.cells import Cells, Rows, numbers_of, rows_of, utc
from netmip6scope.report.selection import by_session
from netmip6scope.tables.columns import NULL, Table
from netmip6scope.tables.stats import coded
from netmip6scope.tables.text import milliseconds

if TYPE_CHECKING:
    from jinja2 import Template

Ladder: TypeAlias = Callable[[int], str | None]
"""From a session's number (CONTRACT 2.2) to its message ladder: an SVG document that needs
nothing from elsewhere and suits white where it has no ground of its own; None: nothing to draw."""

OCTETS = 2_500_000
"""Blocks are added until they fill this."""
MESSAGES = 150
HANDOFFS = 30
"""Of one session."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Where the blocks come from."""

    sessions: Table
    handoffs: Table
    messages: Table
    ladder: Ladder | None


def session_blocks(template: Template, parts: Parts, rows: Rows) -> dict[str, str]:
    """HTML by session number for these rows, as many as there is room for."""
    numbers = numbers_of(parts.sessions, "session")[rows]
    handoffs = by_session(parts.handoffs, numbers)
    messages = by_session(parts.messages, numbers)
    starts = numbers_of(parts.sessions, "start")[rows].tolist()
    several_points = len(np.unique(coded(parts.messages, "point").codes)) > 1
    none = np.zeros(0, np.int64)
    blocks: dict[str, str] = {}
    free = OCTETS
    listed = zip(numbers.tolist(), rows_of(parts.sessions, rows), starts, strict=True)
    for number, session, start_ns in listed:
        own_handoffs, own_messages = handoffs.get(number, none), messages.get(number, none)
        block = template.render(
            session=session,
            start_utc=utc(start_ns),
            handoffs=rows_of(parts.handoffs, own_handoffs[:HANDOFFS]),
            handoffs_of=len(own_handoffs),
            messages=_messages(parts.messages, own_messages[:MESSAGES], start_ns),
            messages_of=len(own_messages),
            several_points=several_points,
            ladder=_picture(parts.ladder, number),
        )
        free -= len(block.encode())
        if free < 0:
            break
        blocks[session["session"]] = block
    return blocks


def _messages(messages: Table, rows: Rows, start_ns: int) -> list[Cells]:
    """Message rows with `after_ms`, the time since the session's start."""
    times = numbers_of(messages, "time")[rows]
    after = np.where((times == NULL) | (start_ns == NULL), NULL, times - start_ns).tolist()
    cells = rows_of(messages, rows)
    return [{**row, "after_ms": milliseconds(gap)} for row, gap in zip(cells, after, strict=True)]


def _picture(ladder: Ladder | None, number: int) -> str | None:
    """The ladder as the address of an image.

    A browser runs nothing inside an image and keeps its styles there, whatever a ladder holds.
    """
    drawn = None if ladder is None else ladder(number)
    if drawn is None:
        return None
    octets = drawn.encode("utf-8", "backslashreplace")
    return f"data:image/svg+xml;base64,{base64.b64encode(octets).decode('ascii')}"
