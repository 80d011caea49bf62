"""Tables as pandas data frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from netmip6scope.tables.columns import NULL, Coded, Column, Kind, Table

if TYPE_CHECKING:
    import pandas as pd


def to_pandas(table: Table) -> pd.DataFrame:
    """A data frame with the table's columns.

    Whole numbers and times (nanoseconds since the epoch) are nullable ``Int64``, durations
    ``timedelta64[ns]``, percentages nullable ``Float64``, texts pandas ``string``.
    """
    import pandas as pd

    return pd.DataFrame({column.name: _series(table, column) for column in table.columns})


def _series(table: Table, column: Column) -> Any:  # noqa: ANN401 - a series or one of three array types
    import pandas as pd

    if column.kind is Kind.TEXT:
        values = table.values[column.name]  # noqa: PD011 - not a data frame
        if not isinstance(values, Coded):
            return pd.array(values, dtype="string")
        lookup = np.array([*values.vocabulary, None], dtype=object)
        return pd.array(lookup[values.codes], dtype="string")
    numbers = table.numbers(column)
    if column.kind is Kind.PERCENT:
        return pd.arrays.FloatingArray(numbers / 10_000, numbers == NULL)
    if column.kind is Kind.DURATION:
        # The least int64 is numpy's "not a time" as well, so unknown stays unknown.
        return pd.Series(numbers.view("timedelta64[ns]"))
    return pd.arrays.IntegerArray(numbers.copy(), numbers == NULL)
