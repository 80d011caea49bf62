"""Parquet, by way of pyarrow, which is an optional part of the installation.

Whole numbers and times (nanoseconds since the epoch) are int64, durations ``duration[ns]``,
percentages ``decimal(7, 4)``, texts strings. Each field carries the description of its column.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, BinaryIO

from netmip6scope.errors import MissingProgram
from netmip6scope.tables.columns import NULL, Coded, Column, Kind, Table


def require_pyarrow() -> None:
    """Raise MissingProgram, which says how to get it, where pyarrow is not installed."""
    try:
        import pyarrow as pa  # noqa: F401
    except ImportError as error:
        raise MissingProgram("Parquet needs pyarrow: pip install netmip6scope[parquet]") from error


def write_parquet(table: Table, stream: BinaryIO) -> None:
    """Write the table as one Parquet file; raises MissingProgram without pyarrow."""
    require_pyarrow()
    import pyarrow as pa
    from pyarrow import parquet

    arrays = [_array(table, column) for column in table.columns]
    fields = [
        pa.field(column.name, array.type, metadata={"doc": column.doc})
        for column, array in zip(table.columns, arrays, strict=True)
    ]
    result = pa.Table.from_arrays(arrays, schema=pa.schema(fields))
    parquet.write_table(result, stream)


def _array(table: Table, column: Column) -> Any:  # noqa: ANN401 - pyarrow has no types
    import pyarrow as pa

    if column.kind is not Kind.TEXT:
        numbers = table.numbers(column)
        if column.kind is Kind.PERCENT:
            parts = [None if n == NULL else Decimal(n).scaleb(-4) for n in numbers.tolist()]
            return pa.array(parts, pa.decimal128(7, 4))
        array = pa.array(numbers, mask=numbers == NULL)
        return array.cast(pa.duration("ns")) if column.kind is Kind.DURATION else array
    values = table.values[column.name]
    if not isinstance(values, Coded):
        return pa.array([_clean(text) for text in values], pa.string())
    vocabulary = pa.array([_clean(text) for text in values.vocabulary], pa.string())
    return vocabulary.take(pa.array(values.codes, mask=values.codes < 0))


def _clean(text: str | None) -> str | None:
    """The text with lone surrogates, which UTF-8 cannot hold, as escapes."""
    return text and text.encode("utf-8", "backslashreplace").decode()
