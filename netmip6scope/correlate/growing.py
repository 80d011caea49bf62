"""Columns that grow in place, so that collecting a capture's signalling holds it only once.

They are mapped rather than allocated: what they outgrow goes back to the system at once, where the
heap would keep it as holes between what stays.
"""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_FIRST = 1 << 12


class Growing:
    """Columns of equal length and fixed types."""

    def __init__(self, types: Mapping[str, DTypeLike]) -> None:
        self._columns: dict[str, NDArray[Any]] = {n: _room(_FIRST, t) for n, t in types.items()}
        self._count = 0

    def extend(self, rows: Mapping[str, NDArray[Any]]) -> None:
        """Append rows; every column is given, of one length."""
        begin, self._count = self._count, self._count + len(next(iter(rows.values())))
        for name, column in self._columns.items():
            room = column
            if self._count > len(column):
                # Room that is not written to yet costs no memory.
                room = _room(max(self._count, 2 * len(column)), column.dtype)
                room[:begin] = column[:begin]
                self._columns[name] = room
            room[begin : self._count] = rows[name]

    def __len__(self) -> int:
        return self._count

    def row(self, at: int) -> dict[str, int]:
        """One row."""
        return {name: int(column[at]) for name, column in self._columns.items()}

    def so_far(self) -> dict[str, NDArray[Any]]:
        """Copies of the columns until now; more rows may follow."""
        return {name: column[: self._count].copy() for name, column in self._columns.items()}

    def take(self) -> dict[str, NDArray[Any]]:
        """The columns; they leave this object."""
        taken, self._columns = self._columns, {}
        return {name: column[: self._count] for name, column in taken.items()}


def _room(count: int, kind: DTypeLike) -> NDArray[Any]:
    kind = np.dtype(kind)
    return np.frombuffer(mmap.mmap(-1, count * kind.itemsize), kind)
