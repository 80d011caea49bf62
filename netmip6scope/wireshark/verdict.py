"""What a comparison with Wireshark found, as rows of a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from netmip6scope.errors import ScopeError
from netmip6scope.tables.columns import Column, Kind, Table

COLUMNS = (
    Column("capture", Kind.TEXT, "The capture's path."),
    Column("frame", Kind.INT, "Number of the frame, from 1."),
    Column("field", Kind.TEXT, "Filter name."),
    Column("ours", Kind.TEXT, "What we show; empty: nothing."),
    Column("wireshark", Kind.TEXT, "What Wireshark shows; empty: nothing."),
    Column("offset", Kind.INT, "Where in the frame the field begins, in octets."),
    Column("count", Kind.INT, "How often; a known answer stands once for each capture."),
    Column("reason", Kind.TEXT, "Why, where it is known that Wireshark is the one who is wrong."),
)


@dataclass(slots=True)
class Row:
    """One disagreement, or a known one with all that are like it."""

    capture: str
    frame: int
    field: str
    ours: str | None
    wireshark: str | None
    offset: int
    count: int
    reason: str | None


@dataclass(slots=True)
class Verdict:
    """What came of a run. disagreements: the rows without a reason."""

    rows: list[Row] = field(default_factory=list)
    frames: int = 0
    values: int = 0
    warnings: list[str] = field(default_factory=list)
    errors: list[ScopeError] = field(default_factory=list)

    @property
    def disagreements(self) -> int:
        return sum(row.reason is None for row in self.rows)

    @property
    def summary(self) -> str:
        """One line: how much was compared, and what came of it."""
        known = sum(row.count for row in self.rows if row.reason is not None)
        return (
            f"{self.frames:,} frames, {self.values:,} values compared: "
            f"{self.disagreements:,} disagreements, {known:,} known answers of Wireshark"
        )

    @property
    def table(self) -> Table:
        """The rows in the order of captures and frames."""
        values: dict[str, Any] = {}
        for column in COLUMNS:
            cells = [getattr(row, column.name) for row in self.rows]
            kind: Any = object if column.kind is Kind.TEXT else np.int64
            values[column.name] = np.array(cells, kind)
        return Table("disagreements", COLUMNS, values)
