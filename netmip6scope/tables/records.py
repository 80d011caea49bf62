"""Some rows of a table as typed tuples."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import numpy as np

from dissectors.frames import Ints
from netmip6scope.tables.columns import NULL, Coded, Column, Kind, Table

Record = TypeVar("Record", bound=NamedTuple)


def records(table: Table, rows: Ints, kind: type[Record]) -> list[Record]:
    """These rows; the fields of `kind` are names of columns, and None is what is not known."""
    by_name = {column.name: column for column in table.columns}
    cells = [_cells(table, by_name[name], rows) for name in kind._fields]
    return [kind._make(row) for row in zip(*cells, strict=True)]


def _cells(table: Table, column: Column, rows: Ints) -> list[Any]:
    if column.kind is not Kind.TEXT:
        return [None if n == NULL else n for n in table.numbers(column)[rows].tolist()]
    values = table.values[column.name]
    if isinstance(values, Coded):
        return Coded(values.codes[rows], values.vocabulary).texts()
    return list(np.asarray(values)[rows])
