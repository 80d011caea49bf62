"""A ladder as plain text of a given width.

Times stand on the left, the columns in the middle, and what is said on the right, folded as the
width demands. Where there are too many columns for the width, "AR1 > HA" stands in their place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netmip6scope.ladder.labels import (
    GAP_HEAD,
    INDENT,
    folded,
    gap_of,
    packets,
    said,
    time_head,
    time_of,
)
from netmip6scope.ladder.model import Entry, Heading, Ladder, Remark, Step, Traffic

LEAST_WIDTH = 60
_LEAST_TEXT = 24
"""Characters that what is said must have beside the columns."""
_FAIR_TEXT = 56
"""More than this goes to the columns, as long as they are not far apart."""
_FAR = 16
_UNDER = "   "

_LINE, _SHAFT, _CROSSING, _FLOW, _FLOW_CROSSING = "│", "─", "┼", "═", "╪"
_TURNED = {"<": ">", ">": "<"}


def text(ladder: Ladder, width: int, *, absolute: bool = False) -> str:
    """Lines of `width` characters at most, but for a long identifier. LEAST_WIDTH is the least."""
    lines = drawn(ladder, max(width, LEAST_WIDTH), absolute=absolute)
    return "".join(f"{line}\n" for _, line in lines)


def drawn(
    ladder: Ladder,
    width: int,
    *,
    absolute: bool = False,
    times: bool = True,
    gaps: bool = True,
) -> Iterator[tuple[Entry | None, str]]:
    """The lines of `text`, each with the entry that it is part of; None above the entries.

    times, gaps: whether these columns are there; a width below LEAST_WIDTH has room for one.
    """
    for entry, line in _Drawing(ladder, width, absolute, times=times, gaps=gaps).lines():
        yield entry, line.rstrip()


@dataclass(frozen=True, slots=True)
class _Layout:
    """Widths in characters; `apart` is from one column to the next, 0 where none are drawn."""

    time: int
    gap: int
    apart: int
    middle: int
    words: int


class _Drawing:
    def __init__(
        self, ladder: Ladder, width: int, absolute: bool, *, times: bool, gaps: bool
    ) -> None:
        self._ladder = ladder
        self._shown = times, gaps
        self._absolute = absolute
        self._width = width
        self._layout = self._lay_out()
        self._blank = self._row({}) if self._layout.apart else ""

    def _lay_out(self) -> _Layout:
        timed = [entry for entry in self._ladder.entries if not isinstance(entry, Heading)]
        time = max(len(self._time_head), *(len(self._time(entry)) for entry in timed))
        gap = max(len(GAP_HEAD), *(len(gap_of(entry)) for entry in timed))
        names = [len(party.name) for party in self._ladder.parties]
        spaces = max(len(names) - 1, 1)
        left = sum(
            wide + len(INDENT)
            for wide, there in zip((time, gap), self._shown, strict=True)
            if there
        )
        room = self._width - left - names[-1] - len(INDENT)
        least = max(names) + 1
        most = (room - _LEAST_TEXT) // spaces
        if most < least:
            apart, middle = 0, 2 * max(names) + len(" <> ")
        else:
            apart = max(min(least + 1, most), min((room - _FAIR_TEXT) // spaces, _FAR))
            middle = apart * (len(names) - 1) + names[-1]
        words = max(self._width - left - middle - len(INDENT), _LEAST_TEXT)
        return _Layout(time, gap, apart, middle, words)

    @property
    def _time_head(self) -> str:
        return time_head(absolute=self._absolute)

    def _time(self, entry: Step | Traffic | Remark) -> str:
        return time_of(self._ladder, entry.time_ns, absolute=self._absolute)

    def lines(self) -> Iterator[tuple[Entry | None, str]]:
        """All lines with their entries; some end in blanks."""
        yield from ((None, line) for line in self._head())
        for entry in self._ladder.entries:
            yield from ((entry, line) for line in self._entry(entry))

    def _head(self) -> Iterator[str]:
        parties = self._ladder.parties
        yield self._ladder.title
        yield ""
        width = max(len(party.name) for party in parties)
        for party in parties:
            if party.address is not None:
                yield f"{party.name.ljust(width)}  {party.address}"
        yield ""
        apart = self._layout.apart
        names = "".join(party.name.ljust(apart) for party in parties) if apart else ""
        yield self._beside(self._time_head, GAP_HEAD, names, "")

    def _entry(self, entry: Entry) -> Iterator[str]:
        if isinstance(entry, Heading):
            yield from self._heading(entry)
        elif isinstance(entry, Step):
            yield from self._step(entry)
        elif isinstance(entry, Traffic):
            yield from self._traffic(entry)
        else:
            note = folded(entry.text, self._layout.words, "! ", INDENT)
            yield from self._rows(self._time(entry), "", self._blank, note)

    def _beside(self, time: str, gap: str, middle: str, words: str) -> str:
        layout = self._layout
        stamps = time.rjust(layout.time), gap.rjust(layout.gap)
        kept = [stamp for stamp, there in zip(stamps, self._shown, strict=True) if there]
        return INDENT.join((*kept, middle.ljust(layout.middle), words))

    def _heading(self, heading: Heading) -> Iterator[str]:
        yield ""
        yield from folded(heading.title, self._width, "── ", _UNDER)
        yield from folded(", ".join(heading.facts), self._width, _UNDER, _UNDER)
        yield self._beside("", "", self._blank, "")

    def _step(self, step: Step) -> Iterator[str]:
        arrow = self._arrow(step.source, step.target, "", ">" if step.directed else "")
        words = folded(said(step), self._layout.words, rest=INDENT)
        for note in step.notes:
            words += folded(note, self._layout.words, "! ", INDENT)
        yield from self._rows(self._time(step), gap_of(step), arrow, words)

    def _traffic(self, traffic: Traffic) -> Iterator[str]:
        heads = "<" if traffic.down else "", ">" if traffic.up else ""
        arrow = self._arrow(traffic.router, traffic.anchor, *heads, _FLOW, _FLOW_CROSSING)
        said_of = packets(self._ladder, traffic, absolute=self._absolute)
        words = folded(said_of, self._layout.words, "… ", INDENT)
        yield from self._rows(self._time(traffic), "", arrow, words)

    def _rows(self, time: str, gap: str, arrow: str, words: list[str]) -> Iterator[str]:
        yield self._beside(time, gap, arrow, words[0])
        for line in words[1:]:
            yield self._beside("", "", self._blank, line)

    def _row(self, marks: dict[int, str]) -> str:
        """The columns' lines, with other characters at some places."""
        apart, count = self._layout.apart, len(self._ladder.parties)
        row = [" "] * (apart * (count - 1) + 1)
        row[::apart] = _LINE * count
        for at, mark in marks.items():
            row[at] = mark
        return "".join(row)

    def _arrow(
        self,
        source: int,
        target: int,
        near: str,
        far: str,
        shaft: str = _SHAFT,
        crossing: str = _CROSSING,
    ) -> str:
        """From column to column; near, far: "<", ">" or "" at the source's and target's end."""
        apart = self._layout.apart
        if not apart:
            names = [self._ladder.parties[at].name for at in (source, target)]
            return f"{names[0]} {near + far or shaft} {names[1]}"
        if source == target:
            return self._row({source * apart: "*"})
        begin, end = sorted((source * apart, target * apart))
        marks = {at: shaft if at % apart else crossing for at in range(begin + 1, end)}
        if source > target:
            near, far = _TURNED.get(far, ""), _TURNED.get(near, "")
        marks[begin + 1] = near or shaft
        marks[end - 1] = far or shaft
        return self._row(marks)
