"""The table of `--clocks`: how the clock of each capture point differs from the reference."""

from __future__ import annotations

import numpy as np

from netmip6scope.correlate.clocks import Clock
from netmip6scope.correlate.rows import build
from netmip6scope.tables.columns import NULL, Table, Values
from netmip6scope.tables.schema import CLOCKS

_BILLION = 10**9


def clocks_table(points: list[str], clocks: list[Clock]) -> Table:
    """One row per point, the reference first."""
    values: dict[str, Values] = {
        "point": np.array(points, object),
        "state": np.array([_state(n, clock) for n, clock in enumerate(clocks)], object),
        "offset_ms": _ints([_offset_ns(clock) for clock in clocks]),
        "drift_ppb": _ints([_drift_ppb(clock) for clock in clocks]),
        "error_ms": _ints([clock.error_ns for clock in clocks]),
        "samples": _ints([clock.samples for clock in clocks]),
    }
    return build("clocks", CLOCKS, values, len(clocks))


def _state(number: int, clock: Clock) -> str:
    if number == 0:
        return "reference"
    return "nothing in common" if clock.error_ns is None else "aligned"


def _offset_ns(clock: Clock) -> int | None:
    return None if clock.error_ns is None else int(clock.offset_ns[0])


def _drift_ppb(clock: Clock) -> int | None:
    """By how much it runs faster, between the first and the last time that its offset is known."""
    if clock.error_ns is None:
        return None
    span_ns = int(clock.at_ns[-1] - clock.at_ns[0])
    gained_ns = int(clock.offset_ns[-1] - clock.offset_ns[0])
    return gained_ns * _BILLION // span_ns if span_ns else 0


def _ints(values: list[int | None]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([NULL if value is None else value for value in values], np.int64)
