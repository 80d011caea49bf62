"""Tables of the contract written down row by row, for tests of what is made from tables."""

from __future__ import annotations

from typing import Any

import numpy as np

from netmip6scope.tables.columns import NULL, Coded, Kind, Table, Values
from netmip6scope.tables.schema import TABLES

Row = dict[str, Any]


def table(name: str, rows: list[Row]) -> Table:
    """A table with these cells; every other cell is unknown."""
    columns = TABLES[name]
    odd = {cell for row in rows for cell in row} - {column.name for column in columns}
    assert not odd, f"no columns of {name}: {odd}"
    values: dict[str, Values] = {}
    for column in columns:
        cells = [row.get(column.name) for row in rows]
        if column.kind is Kind.TEXT:
            values[column.name] = coded(cells)
        else:
            numbers = [NULL if cell is None else cell for cell in cells]
            values[column.name] = np.array(numbers, np.int64)
    return Table(name, columns, values)


def coded(texts: list[str | None]) -> Coded:
    vocabulary = list(dict.fromkeys(text for text in texts if text is not None))
    codes = [-1 if text is None else vocabulary.index(text) for text in texts]
    return Coded(np.array(codes, np.int64), vocabulary)


def cells(made: Table) -> list[Row]:
    """The rows of a table, None for what is unknown."""
    columns: dict[str, list[Any]] = {}
    for column in made.columns:
        if column.kind is Kind.TEXT:
            columns[column.name] = list(made.texts(column))
        else:
            numbers = made.numbers(column).tolist()
            columns[column.name] = [None if n == NULL else n for n in numbers]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
