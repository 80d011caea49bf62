"""How durations are spread: a bar of blocks for each of a few equal steps."""

from __future__ import annotations

import numpy as np

from dissectors.frames import Ints
from netmip6scope.tables.columns import NULL
from netmip6scope.tables.text import milliseconds
from netmip6scope.tui.spans import Line, line

_EIGHTHS = " ▏▎▍▌▋▊▉"
_COUNT = 9
_STEPS = (1, 2, 5)
_LEAST_STEP_NS = 1_000


def histogram(durations_ns: Ints, width: int, bins: int) -> list[Line]:
    """One line per step of a round length, at most `bins`; unknown durations are left out."""
    known = durations_ns[durations_ns != NULL]
    if not len(known):
        return [line(("no handoff tells it", "soft"))]
    first, step = _scale(int(known.min()), int(known.max()), bins)
    at = (known - first) // step
    counts = np.bincount(at).tolist()
    labels = [_range(first + n * step, step) for n in range(len(counts))]
    widest = max(map(len, labels))
    room = max(width - widest - _COUNT - 2, 8)
    return [
        line(
            (labels[n].rjust(widest) + " ", "soft"),
            (_bar(count, max(counts), room).ljust(room), "accent"),
            f"{count:>{_COUNT},}",
        )
        for n, count in enumerate(counts)
    ]


def _scale(least: int, most: int, bins: int) -> tuple[int, int]:
    """Where the first step begins and how long each is: a round number of nanoseconds."""
    power = _LEAST_STEP_NS
    while True:
        for factor in _STEPS:
            step = factor * power
            first = least // step * step
            if (most - first) // step < bins:
                return first, step
        power *= 10


def _range(begin_ns: int, step_ns: int) -> str:
    return f"{_short(begin_ns)} to {_short(begin_ns + step_ns)}"


def _short(duration_ns: int) -> str:
    """Milliseconds without zeros at the end."""
    said = milliseconds(duration_ns).rstrip("0").rstrip(".")
    return said or "0"


def _bar(count: int, most: int, room: int) -> str:
    eighths = count * room * 8 // most
    whole, rest = divmod(eighths, 8)
    # Something is never drawn as nothing.
    return "█" * whole + _EIGHTHS[rest].strip() or ("▏" if count else "")
