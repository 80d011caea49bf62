"""JSON: one array of objects, or one object a line.

Times and durations are decimal literals with all their digits: a reader that parses numbers as
decimals (``json.loads(..., parse_float=Decimal)``) loses no nanosecond.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, BinaryIO

from netmip6scope.tables import text
from netmip6scope.tables.columns import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROWS_AT_ONCE = 4096
_NUMBERS = {
    Kind.INT: text.whole,
    Kind.TIME: text.seconds,
    Kind.DURATION: text.milliseconds,
    Kind.PERCENT: text.percent,
}


def write_json(table: Table, stream: BinaryIO) -> None:
    """Write an array of objects, one object a line, unknown values as null."""
    stream.write(b"[")
    before = "\n"
    for rows in _objects(table):
        stream.write(_encoded(before + ",\n".join(rows)))
        before = ",\n"
    stream.write(b"\n]\n" if len(table) else b"]\n")


def write_json_lines(table: Table, stream: BinaryIO) -> None:
    """Write one object a line, unknown values as null."""
    stream.writelines(_encoded("\n".join(rows) + "\n") for rows in _objects(table))


def _objects(table: Table) -> Iterator[list[str]]:
    """The rows as JSON objects, some thousand at a time."""
    names = [json.dumps(column.name) for column in table.columns]
    pattern = "{" + ", ".join(f"{name.replace('%', '%%')}: %s" for name in names) + "}"
    for start in range(0, len(table), _ROWS_AT_ONCE):
        stop = start + _ROWS_AT_ONCE
        literals = [_literals(table, column, start, stop) for column in table.columns]
        yield [pattern % row for row in zip(*literals, strict=True)]


def _literals(table: Table, column: Column, start: int, stop: int) -> list[str]:
    if column.kind is Kind.TEXT:
        texts = table.texts(column, start, stop)
        known = {value: json.dumps(value, ensure_ascii=False) for value in set(texts)}
        return [known[value] for value in texts]
    show = _NUMBERS[column.kind]
    return [show(value) or "null" for value in table.numbers(column)[start:stop].tolist()]


def _encoded(document: str) -> bytes:
    """UTF-8; the escape put for a lone surrogate is what JSON writes for it too."""
    return document.encode("utf-8", "backslashreplace")
