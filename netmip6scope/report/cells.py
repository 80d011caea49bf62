"""Chosen rows of a table as texts for the page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from netmip6scope.tables import text
from netmip6scope.tables.columns import NULL, Coded, Column, Kind, Table

Rows = NDArray[np.int64]
"""Places of rows in a table."""
Cells = dict[str, str]

LONGEST = 256
"""Characters of a text; a hostile one must not blow up the page."""
_SHOW = {
    Kind.INT: text.whole,
    Kind.TIME: text.seconds,
    Kind.DURATION: text.milliseconds,
    Kind.PERCENT: text.percent,
}


def rows_of(table: Table, rows: Rows) -> list[Cells]:
    """These rows, every cell as text; '' is what is not known."""
    columns = [_texts(table, column, rows) for column in table.columns]
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def numbers_of(table: Table, name: str) -> Rows:
    """A column of whole numbers, times or durations."""
    return table.numbers(next(column for column in table.columns if column.name == name))


def clipped(value: str) -> str:
    """The text in one line that is safe to show, cut where it is too long."""
    shown = text.printable(value)
    return shown if len(shown) <= LONGEST else shown[:LONGEST] + " …"


def utc(time_ns: int) -> str:
    """The time of day in UTC with all its nanoseconds; '' if unknown."""
    if time_ns == NULL:
        return ""
    seconds, rest_ns = divmod(time_ns, 10**9)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return f"{moment.replace(tzinfo=None).isoformat(sep=' ')}.{rest_ns:09d} UTC"


def _texts(table: Table, column: Column, rows: Rows) -> list[str]:
    if column.kind is not Kind.TEXT:
        show = _SHOW[column.kind]
        return [show(number) for number in table.numbers(column)[rows].tolist()]
    values = table.values[column.name]
    found = (
        Coded(values.codes[rows], values.vocabulary).texts()
        if isinstance(values, Coded)
        else (values[rows].tolist())
    )
    return [clipped(cell or "") for cell in found]
