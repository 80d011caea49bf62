"""Columns that grow in place, so that collecting a capture's signalling holds it only once.

They are mapped rather than allocated: the heap would keep what they outgrow as holes between what
stays.
"""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_FIRST = 1 << 12


class Growing:
    """Columns of equal length and fixed types."""

    def __init__(self, types: Mapping[str, DTypeLike]) -> None:
        self._types = dict(types)
        self._begin()

    def _begin(self) -> None:
        types = self._types
        self._rooms = {name: _room(_FIRST * np.dtype(t).itemsize) for name, t in types.items()}
        self._columns: dict[str, NDArray[Any]] = {
            name: np.frombuffer(self._rooms[name], t) for name, t in types.items()
        }
        self._count = 0

    def extend(self, rows: Mapping[str, NDArray[Any]]) -> None:
        """Append rows; every column is given, of one length."""
        begin, self._count = self._count, self._count + len(next(iter(rows.values())))
        for name in self._columns:
            if self._count > len(self._columns[name]):
                self._grow(name)
            self._columns[name][begin : self._count] = rows[name]

    def _grow(self, name: str) -> None:
        """Pages that are not written to yet cost no memory, and the others move without a copy."""
        kind, size = self._columns[name].dtype, max(self._count, 2 * len(self._columns[name]))
        # Nothing may look at what moves.
        self._columns[name] = np.empty(0, kind)
        self._rooms[name].resize(size * kind.itemsize)
        self._columns[name] = np.frombuffer(self._rooms[name], kind)

    def __len__(self) -> int:
        return self._count

    def row(self, at: int) -> dict[str, int]:
        """One row."""
        return {name: int(column[at]) for name, column in self._columns.items()}

    def column(self, name: str) -> NDArray[Any]:
        """One column; to be let go before more rows come."""
        return self._columns[name][: self._count]

    def keep(self, rows: NDArray[np.int64]) -> None:
        """Only these rows; the room of the others is given back."""
        kept = {name: self.column(name)[rows] for name in self._columns}
        self._begin()
        self.extend(kept)

    def renumber(self, names: AbstractSet[str], moved: NDArray[np.int64]) -> None:
        """Put moved[n] for every number n of these columns; -1 stays as the last entry says."""
        for name in names:
            self.column(name)[:] = moved[self.column(name)]

    def so_far(self) -> dict[str, NDArray[Any]]:
        """Copies of the columns until now; more rows may follow."""
        return {name: column[: self._count].copy() for name, column in self._columns.items()}

    def take(self) -> dict[str, NDArray[Any]]:
        """The columns; they leave this object."""
        taken, self._columns, self._rooms = self._columns, {}, {}
        return {name: column[: self._count] for name, column in taken.items()}


def _room(octets: int) -> mmap.mmap:
    # What is shared could not grow.
    return mmap.mmap(-1, octets, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
