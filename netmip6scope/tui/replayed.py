"""A replay as the interface shows it; what makes one (`replaying`) is loaded when it is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netmip6scope.tables.text import milliseconds
from netmip6scope.tui.compare import DIFFERENT
from netmip6scope.tui.spans import Line, fitted, line

_TIME = 10
_GAP = "  "
_LEAST = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """The session, and the handoff where one is meant, by their numbers."""

    session: int
    handoff: int | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """One message. row: of the table of messages, -1 for what was not recorded.

    wrong: it diverges; plain: nothing is to be said of it. about: what it is compared by; states:
    of the models of its sender and its receiver.
    """

    time_ns: int
    row: int
    frame: int | None
    recorded: str
    expected: str
    wrong: bool
    plain: bool
    about: Sequence[Line]
    states: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Replayed:
    """Steps in order of time, and what came of it in one line."""

    said: str
    steps: Sequence[Shown] = ()

    @property
    def frame_cells(self) -> int:
        """Cells of the longest frame number, and of the column's head."""
        return max([len("frame"), *(len(str(step.frame)) for step in self.steps if step.frame)])


def head_line(replayed: Replayed, width: int) -> Line:
    """The heads of `step_line`'s columns."""
    room = _room(replayed, width)
    heads = [fitted("ms", _TIME, right=True), fitted("frame", replayed.frame_cells, right=True)]
    heads += [fitted(text, room) for text in ("  recorded", "expected")]
    return line((_GAP.join(heads), "head"))


def step_line(replayed: Replayed, at: int, width: int) -> Line:
    """One step; its time counts from the first one's."""
    step, room = replayed.steps[at], _room(replayed, width)
    duration = milliseconds(step.time_ns - replayed.steps[0].time_ns)
    time = fitted(duration[:-3], _TIME, right=True)
    frame = fitted("" if step.frame is None else str(step.frame), replayed.frame_cells, right=True)
    style = "warning" if step.wrong else ""
    sign = DIFFERENT if step.wrong else " "
    return line(
        (f"{time}{_GAP}{frame}{_GAP}", "soft"),
        (fitted(f"{sign} {step.recorded}", room) + _GAP, style),
        (fitted(step.expected, room), "soft" if step.plain else style),
    )


def _room(replayed: Replayed, width: int) -> int:
    return max((width - _TIME - replayed.frame_cells - 3 * len(_GAP)) // 2, _LEAST)
