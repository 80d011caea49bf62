"""The fields that a filter for one table may use: its columns, and those of every protocol."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache

from netmip6scope.filter.fields import Field, Type
from netmip6scope.filter.protocols import protocol_fields
from netmip6scope.tables import schema
from netmip6scope.tables.columns import Column, Kind

FRAMES = "frames"
"""What `decode` lists: no table, but every frame has a few of the columns of messages."""

_FRAME_COLUMNS = ("frame", "time", "point")
_ADDRESSES = frozenset(("src", "dst", "hoa", "hoa4", "coa", "sar", "tar", "ha", "map", "rcoa"))
"""Text columns that hold one address."""

_TYPES = {
    Kind.INT: Type.NUMBER,
    Kind.TIME: Type.TIME,
    Kind.DURATION: Type.DURATION,
    Kind.TEXT: Type.TEXT,
}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The fields of one table by name. A column hides a layer: bare, `frame` is there anyway."""

    table: str
    fields: dict[str, Field]

    def complete(self, prefix: str) -> list[str]:
        """Names that begin with the prefix, in order."""
        return sorted(name for name in self.fields if name.startswith(prefix))

    def unknown(self, name: str) -> str:
        """What to say of a name that is none."""
        others = [table for table, fields in table_fields().items() if name in fields]
        if others:
            return f"{name} is a column of {' and '.join(others)}, not of {self.table}"
        close = difflib.get_close_matches(name, self.fields)
        hint = f"; did you mean {', '.join(close)}?" if close else ""
        return f"unknown field {name}{hint}"


@cache
def catalogue(table: str) -> Catalogue:
    """The fields for a table of `tables.schema`, or for FRAMES."""
    if table == FRAMES:
        messages = table_fields()["messages"]
        own = {name: messages[name] for name in _FRAME_COLUMNS}
    else:
        own = table_fields()[table]
    return Catalogue(table, protocol_fields() | own)


@cache
def table_fields() -> dict[str, dict[str, Field]]:
    """The columns of each table."""
    return {
        table: {column.name: _field(table, column) for column in listed}
        for table, listed in schema.TABLES.items()
    }


def _field(table: str, column: Column) -> Field:
    kind = Type.ADDRESS if column.name in _ADDRESSES else _TYPES[column.kind]
    return Field(column.name, kind, column.doc, f"column of {table}")
