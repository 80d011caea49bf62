"""Python use: captures in, pandas frames out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from netmip6scope.pipeline import Result, analyse
from netmip6scope.tables.frame import to_pandas

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Trace:
    """What captures held. Times are Int64 nanoseconds since the epoch, durations timedelta64[ns].

    `warnings` tells what was odd about the inputs, one line each.
    """

    _result: Result

    @cached_property
    def handoffs(self) -> pd.DataFrame:
        """One row per handoff attempt (CONTRACT 2.3)."""
        return to_pandas(self._result.tables["handoffs"])

    @cached_property
    def sessions(self) -> pd.DataFrame:
        """One row per mobile node's session (CONTRACT 2.2)."""
        return to_pandas(self._result.tables["sessions"])

    @cached_property
    def messages(self) -> pd.DataFrame:
        """One row per signalling message (CONTRACT 2.1)."""
        return to_pandas(self._result.tables["messages"])

    @property
    def warnings(self) -> list[str]:
        """What was odd about the inputs, one line each."""
        return list(self._result.warnings)


def read(*captures: str, profile: str | None = None, keys: str | None = None) -> Trace:
    """Read captures: files, directories, globs, `-`, `POINT=FILE`. Raises errors.ScopeError."""
    wanted = ("handoffs", "sessions", "messages")
    result = analyse(captures, wanted, None, profile, keys_path=keys)
    if result.errors:
        raise result.errors[0]
    return Trace(result)
