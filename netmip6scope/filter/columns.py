"""Asks a filter of a whole table at once: a mask of its rows.

A text column is asked through its distinct texts, a column of numbers by a few comparisons. Tests
of protocol fields are masks that the caller brings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from netmip6scope.filter.expression import (
    AllOf,
    AnyOf,
    Expression,
    Not,
    Present,
    Range,
    Test,
    Within,
)
from netmip6scope.filter.fields import Type
from netmip6scope.filter.match import address, holds
from netmip6scope.tables.columns import NULL, Coded, Kind, Table

if TYPE_CHECKING:
    from netmip6scope.tables.columns import Numbers

Mask = NDArray[np.bool_]
"""(rows,)"""


def mask(expression: Expression, table: Table, elsewhere: Callable[[Test], Mask]) -> Mask:
    """The rows for which it holds; `elsewhere` gives the rows for tests of no column."""
    match expression:
        case Not(inner):
            return ~mask(inner, table, elsewhere)
        case AllOf(parts):
            return reduce(np.logical_and, (mask(part, table, elsewhere) for part in parts))
        case AnyOf(parts):
            return reduce(np.logical_or, (mask(part, table, elsewhere) for part in parts))
        case _ if expression.field.is_column:
            return _column_mask(expression, table)
        case _:
            return elsewhere(expression)


def _column_mask(test: Test, table: Table) -> Mask:
    column = next(each for each in table.columns if each.name == test.field.name)
    if column.kind is not Kind.TEXT:
        return _number_mask(test, table.numbers(column))
    values = table.values[column.name]
    if isinstance(values, Coded):
        return _text_mask(test, values.vocabulary, values.codes)
    places: dict[str | None, int] = {}
    codes = [places.setdefault(text, len(places)) for text in table.texts(column)]
    return _text_mask(test, list(places), np.array(codes, np.int64))


def _text_mask(test: Test, texts: Sequence[str | None], codes: Numbers) -> Mask:
    """The test on each text, then looked up; the code -1 takes the last entry, for no text."""
    verdicts = [_text_holds(test, text) for text in texts]
    return np.array([*verdicts, False], np.bool_)[codes]


def _text_holds(test: Test, text: str | None) -> bool:
    if text is None:
        return False
    return holds(test, [address(text) if test.field.type is Type.ADDRESS else text])


def _number_mask(test: Test, numbers: Numbers) -> Mask:
    known: Mask = numbers != NULL
    if isinstance(test, Present):
        return known
    assert isinstance(test, Within)
    inside = _inside(test.ranges, numbers)
    return known & ~inside if test.none else known & inside


def _inside(ranges: tuple[Range, ...], numbers: Numbers) -> Mask:
    found = np.zeros(len(numbers), np.bool_)
    single = [r.begin for r in ranges if r.begin is not None and r.end == r.begin + 1]
    if len(single) > 1:
        found |= np.isin(numbers, np.array(single, np.int64))
        ranges = tuple(r for r in ranges if r.begin is None or r.end != r.begin + 1)
    for each in ranges:
        above = True if each.begin is None else numbers >= each.begin
        below = True if each.end is None else numbers < each.end
        found |= above & below
    return found
