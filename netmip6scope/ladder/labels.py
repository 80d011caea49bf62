"""Short texts that every drawing of a ladder shows alike."""

from __future__ import annotations

import textwrap

from netmip6scope.ladder.model import Ladder, Remark, Step, Traffic
from netmip6scope.tables.text import milliseconds, seconds

INDENT = "  "
_GLUE = "\xa0"
"""Stands for a space at which a line must not break."""

GAP_HEAD = "gap ms"


def unit(*, absolute: bool) -> str:
    """Of the times."""
    return "s" if absolute else "ms"


def time_head(*, absolute: bool) -> str:
    """What stands above the times."""
    return f"time {unit(absolute=absolute)}"


def time_of(ladder: Ladder, time_ns: int, *, absolute: bool) -> str:
    """Seconds since the epoch if absolute, else milliseconds since the ladder's first step."""
    return seconds(time_ns) if absolute else milliseconds(time_ns - ladder.begin_ns)


def gap_of(entry: Step | Traffic | Remark) -> str:
    """Milliseconds since the step before; "" for the first one and for what is no step."""
    if not isinstance(entry, Step) or entry.gap_ns is None:
        return ""
    return milliseconds(entry.gap_ns)


def said(step: Step) -> str:
    """The title and the fields, in one line."""
    return " ".join((step.title, ", ".join(step.details))).rstrip()


def packets(ladder: Ladder, traffic: Traffic, *, absolute: bool) -> str:
    """How many went each way, and when the last one did."""
    ways = ((traffic.down, "down"), (traffic.up, "up"))
    counts = ", ".join(f"{count} {way}" for count, way in ways if count)
    if traffic.time_ns == traffic.until_ns:
        return counts
    until = time_of(ladder, traffic.until_ns, absolute=absolute)
    return f"{counts}, until {until} {unit(absolute=absolute)}"


def folded(phrases: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """Lines of at most this width; phrases between commas stay whole where they fit.

    first, rest: what the first line and the others begin with.
    """
    room = width - max(len(first), len(rest)) - 1
    kept = [
        phrase.replace(" ", _GLUE) if len(phrase) <= room else phrase
        for phrase in phrases.split(", ")
    ]
    lines = textwrap.wrap(
        ", ".join(kept), width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )
    return [line.replace(_GLUE, " ") for line in lines]
