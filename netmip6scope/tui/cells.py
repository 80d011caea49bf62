"""What a cell of a table reads as on a screen."""

from __future__ import annotations

from enum import Enum

from netmip6scope.tables import text
from netmip6scope.tables.columns import NULL, Kind


class TimeFormat(Enum):
    """How times are shown."""

    RELATIVE = "since the first message"
    DELTA = "since the row above"
    ABSOLUTE = "since 1970"

    @property
    def following(self) -> TimeFormat:
        every = list(TimeFormat)
        return every[(every.index(self) + 1) % len(every)]


def moment(time_ns: int, shown: TimeFormat, begin_ns: int, before_ns: int) -> str:
    """A time as seconds; before_ns: that of the row above, NULL for the first row."""
    if time_ns == NULL:
        return ""
    if shown is TimeFormat.ABSOLUTE:
        return text.seconds(time_ns)
    if shown is TimeFormat.DELTA and before_ns != NULL:
        return text.seconds(time_ns - before_ns)
    return text.seconds(time_ns - begin_ns)


def number(kind: Kind, value: int) -> str:
    """A number, duration or share."""
    show = {Kind.INT: text.whole, Kind.DURATION: text.milliseconds, Kind.PERCENT: text.percent}
    return show[kind](value)
