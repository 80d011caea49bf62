"""The timing of handoffs as bars on one time axis that begins where each handoff does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from netmip6scope.ladder.words import short
from netmip6scope.tables.text import milliseconds
from netmip6scope.tui.spans import Line, fitted, line

LEAST_WIDTH = 48
_LABEL = 13
_VALUE = 14
"""Room for a label and for a duration."""
_BEGIN, _SHAFT, _END, _POINT = "├", "─", "┤", "┼"
_OVERLAP = "═"


class Timing(NamedTuple):
    """What is needed of a row of CONTRACT 2.3; times in nanoseconds, None where unknown."""

    handoff: int
    kind: str
    sar: str | None
    tar: str | None
    outcome: str
    start: int
    ho_request_time: int | None
    ho_response_time: int | None
    bu_time: int | None
    ba_time: int | None
    last_dl_sar_time: int | None
    first_dl_tar_time: int | None
    last_ul_sar_time: int | None
    first_ul_tar_time: int | None
    teardown_time: int | None


class _Bar(NamedTuple):
    """From `begin_ns` to `end_ns`; they stand the other way round where tunnels overlap."""

    label: str
    begin_ns: int
    end_ns: int


def bar_lines(
    timings: Sequence[Timing], width: int, names: Mapping[str | None, str]
) -> list[tuple[int | None, Line]]:
    """The lines, each with the number of its handoff; None for the axis. names: of addresses."""
    bars = {timing.handoff: list(_bars(timing)) for timing in timings}
    ends = [end for each in bars.values() for bar in each for end in bar[1:]]
    first, last = min([0, *ends]), max([1, *ends])
    room = max(width, LEAST_WIDTH) - _LABEL - _VALUE - 4

    def cell(time_ns: int) -> int:
        return (time_ns - first) * (room - 1) // (last - first)

    found: list[tuple[int | None, Line]] = []
    for timing in timings:
        number = timing.handoff
        found += [(number, heading) for heading in _heading(timing, names)]
        found += [(number, _line(bar, room, cell)) for bar in bars[number]]
        if not bars[number]:
            found.append((number, line((" " * 4 + "no message answers another", "soft"))))
        found.append((number, ()))
    if ends:
        found += [(None, axis) for axis in _axis(first, last, room, cell)]
    return found


def _heading(timing: Timing, names: Mapping[str | None, str]) -> Iterator[Line]:
    ends = [names.get(end) or short(end or "?") for end in (timing.sar, timing.tar)]
    what = f"handoff {timing.handoff}: {' to '.join(ends)}"
    yield line((what, "strong"), f", {timing.kind}, {timing.outcome}")


def _bars(t: Timing) -> Iterator[_Bar]:
    for label, begin, end in (
        ("context", t.ho_request_time, t.ho_response_time),
        ("binding", t.bu_time, t.ba_time),
        ("downlink gap", t.last_dl_sar_time, t.first_dl_tar_time),
        ("uplink gap", t.last_ul_sar_time, t.first_ul_tar_time),
        ("tear-down", t.teardown_time, t.teardown_time),
    ):
        if begin is not None and end is not None:
            yield _Bar(label, begin - t.start, end - t.start)


def _line(bar: _Bar, room: int, cell: Callable[[int], int]) -> Line:
    begin, end = sorted((cell(bar.begin_ns), cell(bar.end_ns)))
    if begin == end:
        drawn = _POINT
    else:
        shaft = _SHAFT if bar.begin_ns <= bar.end_ns else _OVERLAP
        drawn = _BEGIN + shaft * (end - begin - 1) + _END
    lasted = bar.begin_ns if bar.label == "tear-down" else bar.end_ns - bar.begin_ns
    said = f"{'at ' if bar.label == 'tear-down' else ''}{milliseconds(lasted)}"
    return line(
        (" " * 2 + bar.label.ljust(_LABEL), "soft"),
        (" " * begin + drawn.ljust(room - begin), "accent"),
        " " + fitted(said, _VALUE, right=True),
    )


def _axis(first: int, last: int, room: int, cell: Callable[[int], int]) -> Iterator[Line]:
    """The axis, with the start of the handoffs as 0."""
    marks = [_SHAFT] * room
    marks[cell(first)], marks[cell(0)], marks[cell(last)] = _BEGIN, _POINT, _END
    yield line((" " * (2 + _LABEL) + "".join(marks) + " ms", "soft"))
    texts = [" "] * room
    for time_ns in (0, last, first):
        said = _rounded(time_ns)
        at = min(max(cell(time_ns) - len(said) // 2, 0), room - len(said))
        if not "".join(texts[max(at - 1, 0) : at + len(said) + 1]).strip():
            texts[at : at + len(said)] = said
    yield line((" " * (2 + _LABEL) + "".join(texts), "soft"))


def _rounded(time_ns: int) -> str:
    """Milliseconds with three decimals, which an axis has room for."""
    return milliseconds(time_ns)[:-3]
