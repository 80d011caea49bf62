"""Columns that grow in place, so that collecting a capture's signalling holds it only once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_FIRST = 1 << 12


class Growing:
    """Columns of equal length and fixed types."""

    def __init__(self, types: Mapping[str, DTypeLike]) -> None:
        self._columns: dict[str, NDArray[Any]] = {n: np.empty(_FIRST, t) for n, t in types.items()}
        self._count = 0

    def extend(self, rows: Mapping[str, NDArray[Any]]) -> None:
        """Append rows; every column is given, of one length."""
        begin, self._count = self._count, self._count + len(next(iter(rows.values())))
        for name, column in self._columns.items():
            if self._count > len(column):
                # A quarter more: the allocator moves pages of large arrays instead of copying.
                column.resize(max(self._count, len(column) * 5 // 4), refcheck=False)
            column[begin : self._count] = rows[name]

    def take(self) -> dict[str, NDArray[Any]]:
        """The columns; they leave this object."""
        taken, self._columns = self._columns, {}
        for column in taken.values():
            column.resize(self._count, refcheck=False)
        return taken
