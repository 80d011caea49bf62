"""What a result table is: named columns of whole numbers, times, durations and text.

Numbers, times and durations are int64 arrays; times and durations count nanoseconds. numpy is only
named in annotations here, so that describing tables costs nothing when the program starts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.int64]
    Objects: TypeAlias = NDArray[np.object_]

NULL = -(1 << 63)
"""An unknown number, time or duration: the least int64, which none of them ever takes."""


class Kind(Enum):
    """How the values of a column are stored and printed."""

    INT = "int"
    """A whole number."""
    TIME = "time"
    """Nanoseconds since 1970-01-01 UTC; text shows seconds with nine decimals."""
    DURATION = "duration"
    """Nanoseconds, perhaps negative; text shows milliseconds with six decimals."""
    PERCENT = "percent"
    """Millionths of a whole; text shows percent with four decimals."""
    TEXT = "text"
    """Text, or nothing."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in every output format, its kind, and one line on what it means."""

    name: str
    kind: Kind
    doc: str


@dataclass(frozen=True, slots=True)
class Coded:
    """A text column of few distinct texts: an index into the vocabulary per row, -1 if unknown."""

    codes: Numbers
    vocabulary: list[str]

    def __len__(self) -> int:
        return len(self.codes)

    def texts(self) -> list[str | None]:
        """The text of every row."""
        lookup = [*self.vocabulary, None]
        return [lookup[code] for code in self.codes.tolist()]


Values: TypeAlias = "Numbers | Objects | Coded"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns.

    ``values`` holds one entry per column, all of one length: an int64 array, or for text either an
    object array of ``str | None`` or a `Coded`. Raises ValueError when it does not fit ``columns``.
    """

    name: str
    columns: tuple[Column, ...]
    values: dict[str, Values] = field(repr=False)

    def __post_init__(self) -> None:
        names = {column.name for column in self.columns}
        if names != self.values.keys():
            odd = ", ".join(sorted(names ^ self.values.keys()))
            raise ValueError(f"table {self.name}: columns and values differ in {odd}")
        if len({len(values) for values in self.values.values()}) > 1:
            raise ValueError(f"table {self.name}: columns of different lengths")

    def __len__(self) -> int:
        return len(next(iter(self.values.values()))) if self.values else 0

    def numbers(self, column: Column) -> Numbers:
        """The int64 array of a column that is not text."""
        values = self.values[column.name]
        if isinstance(values, Coded) or values.dtype.kind != "i":
            raise TypeError(f"column {column.name} does not hold whole numbers")
        return values  # type: ignore[return-value]

    def texts(self, column: Column, start: int = 0, stop: int | None = None) -> list[str | None]:
        """The texts of rows ``start`` to ``stop`` of a text column."""
        values = self.values[column.name]
        if isinstance(values, Coded):
            return Coded(values.codes[start:stop], values.vocabulary).texts()
        texts: list[str | None] = values[start:stop].tolist()
        return texts
