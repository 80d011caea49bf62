"""The mistake in a filter."""

from __future__ import annotations

from dissectors.text import printable
from netmip6scope.errors import UsageError


class FilterError(UsageError):
    """A filter that makes no sense: why, and at which column, counting characters from 1."""

    def __init__(self, reason: str, column: int) -> None:
        shown = printable(reason.encode("utf-8", "surrogateescape"))
        # A filter's own backslashes stay single, or what is quoted of it would look unlike it.
        single = shown.replace("\\\\", "\\")
        super().__init__(f"filter at column {column}: {single}")
        self.column = column
