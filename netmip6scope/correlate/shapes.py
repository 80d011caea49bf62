"""Runs the story of many mobile nodes at once: once for every shape that stories have.

Most mobile nodes live alike: the same messages in the same order, and whatever `Story` compares
compares alike. So it is run for one of them on `Probe`s instead of numbers. A probe knows where its
number came from and writes down every comparison that is made with it; it can be used for nothing
else. All comparisons are then made for all stories with the same kinds of messages, by columns.
Those that answer every one alike would have taken the same way through the code, so what came out
of it, expressed in probes, is theirs too. The rest goes round again with another representative.
Stories that are alone with their shape are simply told.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from dissectors.frames import Ints
from netmip6scope.correlate.alike import distinct
from netmip6scope.correlate.catalogue import RULES
from netmip6scope.correlate.event import Event
from netmip6scope.correlate.model import Finding, Handoff, Session
from netmip6scope.correlate.story import Story
from netmip6scope.tables.columns import NULL

FEW = 12
"""Below this many stories, telling each costs less than comparing columns."""
MOST_SHAPES = 64
"""Representatives tried for one sequence of kinds before the rest is told one by one."""
LONGEST = 96
"""Messages of a story beyond which it is told by itself."""
AT_ONCE = 1 << 14
"""Stories looked at together; their columns stay in the cache."""
MOST_ALONE = 1 << 10
"""Stories told one by one whose records wait to become columns."""

Term = tuple[int, str, int]
"""Coefficient, column and place in the story of one event's number."""
Question = tuple[str, tuple[Term, ...], int]
"""Comparison with zero of the sum of terms and a constant."""

Places = NDArray[np.int32]

_COMPARE: dict[str, Callable[[Any, int], Any]] = {
    "eq": operator.eq,
    "lt": operator.lt,
    "le": operator.le,
}


class Probe:
    """A number of the representative story: a sum of event columns and a constant."""

    __slots__ = ("asked", "constant", "terms", "value")

    def __init__(
        self, value: int, terms: tuple[Term, ...], constant: int, asked: dict[Question, bool]
    ) -> None:
        self.value = value
        self.terms = terms
        self.constant = constant
        self.asked = asked

    def __add__(self, other: Probe | int) -> Probe:
        if isinstance(other, int):
            return Probe(self.value + other, self.terms, self.constant + other, self.asked)
        sums: dict[tuple[str, int], int] = {}
        for factor, column, place in (*self.terms, *other.terms):
            sums[column, place] = sums.get((column, place), 0) + factor
        terms = tuple((f, c, p) for (c, p), f in sorted(sums.items()) if f)
        constant = self.constant + other.constant
        return Probe(self.value + other.value, terms, constant, self.asked)

    __radd__ = __add__

    def __mul__(self, factor: int) -> Probe:
        terms = tuple((f * factor, c, p) for f, c, p in self.terms)
        return Probe(self.value * factor, terms, self.constant * factor, self.asked)

    __rmul__ = __mul__

    def __sub__(self, other: Probe | int) -> Probe:
        return self + (-other if isinstance(other, int) else other * -1)

    def __rsub__(self, other: int) -> Probe:
        return self * -1 + other

    def _ask(self, comparison: str, other: Probe | int) -> bool:
        difference = self - other
        answer = bool(_COMPARE[comparison](difference.value, 0))
        if difference.terms:
            self.asked[comparison, difference.terms, difference.constant] = answer
        return answer

    def __eq__(self, other: object) -> bool:
        return other is not None and self._ask("eq", cast("Probe | int", other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: Probe | int) -> bool:
        return self._ask("lt", other)

    def __le__(self, other: Probe | int) -> bool:
        return self._ask("le", other)

    def __gt__(self, other: Probe | int) -> bool:
        return not self._ask("le", other)

    def __ge__(self, other: Probe | int) -> bool:
        return not self._ask("lt", other)

    def __bool__(self) -> bool:
        raise TypeError("a story may only compare what it is told")

    __hash__ = None  # type: ignore[assignment]


SESSION_FIELDS = (
    "place",
    "order",
    "start_ns",
    "end_ns",
    "state",
    "ar",
    "hoa",
    "hoa4",
    "ha",
    "map",
    "rcoa",
    "access",
    "first_bu_ns",
    "accepted_ba_ns",
    "solicited_ns",
    "answered_ns",
)
HANDOFF_FIELDS = (
    "place",
    "order",
    "start_ns",
    "kind",
    "outcome",
    "status",
    "sar",
    "tar",
    "ha",
    "map",
    "ho_requests",
    "ho_request_ns",
    "ho_request_frame",
    "ho_response_ns",
    "ho_response_frame",
    "bus",
    "bu_ns",
    "bu_frame",
    "ba_ns",
    "ba_frame",
    "teardown_ns",
    "window_end_ns",
)


FINDING_FIELDS = ("order", "time_ns", "frame")
MOST_KEPT = 4
"""Numbers that a finding keeps for its text."""


@dataclass(slots=True)
class Told:
    """What all stories told, as columns; a row's `story` is the number of its story.

    A handoff's `session` is its session's place in the story, until `Records` numbers rows.
    """

    sessions: dict[str, list[Ints]] = field(default_factory=dict)
    handoffs: dict[str, list[Ints]] = field(default_factory=dict)
    paths: list[Ints] = field(default_factory=list)
    """Routers of accepted bindings, session by session; `path` of sessions counts them."""
    findings: dict[str, list[Ints]] = field(default_factory=dict)
    """`code`, `times`; of the message `order`, `time_ns`, `frame`; `session`, `handoff`; `kept0`"""
    event_story: Places = field(default_factory=lambda: np.zeros(0, np.int32))
    """By event."""
    event_session: Places = field(default_factory=lambda: np.zeros(0, np.int32))
    """By event: its session's place in the story, or -1."""
    event_handoff: Places = field(default_factory=lambda: np.zeros(0, np.int32))


def tell(columns: dict[str, Ints], starts: Ints, end_ns: int, patience_ns: int) -> Told:
    """Tell every story; the events of story n are rows starts[n] to starts[n + 1] of columns."""
    told = Told()
    count = int(starts[-1])
    told.event_story = np.repeat(np.arange(len(starts) - 1, dtype=np.int32), np.diff(starts))
    told.event_session = np.full(count, -1, np.int32)
    told.event_handoff = np.full(count, -1, np.int32)
    teller = _Teller(columns, starts, end_ns, patience_ns, told)
    for alike in _alike(columns["kind"], starts):
        teller.group(alike)
    teller.alone()
    return told


def _alike(kind: Ints, starts: Ints) -> Iterator[Ints]:
    """Stories in groups that have the same kinds of messages in the same order."""
    sizes = np.diff(starts)
    octets = kind.astype(np.uint8)
    for size in distinct(sizes).tolist():
        stories = np.flatnonzero(sizes == size)
        if len(stories) < FEW or size > LONGEST:
            yield from np.split(stories, len(stories))
            continue
        matrix = octets[starts[stories][:, None] + np.arange(size)]
        order = np.lexsort(matrix.T[::-1])
        matrix = matrix[order]
        differs = (matrix[1:] != matrix[:-1]).any(axis=1)
        for alike in np.split(stories[order], np.flatnonzero(differs) + 1):
            yield from np.split(alike, range(AT_ONCE, len(alike), AT_ONCE))


class _Teller:
    def __init__(
        self,
        columns: dict[str, Ints],
        starts: Ints,
        end_ns: int,
        patience_ns: int,
        told: Told,
    ) -> None:
        self._columns = columns
        self._starts = starts
        self._end_ns = end_ns
        self._patience_ns = patience_ns
        self._told = told
        self._singles: list[int] = []

    def group(self, stories: Ints) -> None:
        """Stories of equal kinds: shape by shape, the rare ones kept for `alone`."""
        if int(self._starts[stories[0] + 1] - self._starts[stories[0]]) > LONGEST:
            self._singles += stories.tolist()
            return
        for _ in range(MOST_SHAPES):
            if len(stories) < FEW:
                break
            story, asked = self._probe(int(stories[0]))
            columns = _Gather(self._columns, self._starts[stories])
            same = np.ones(len(stories), np.bool_)
            for (comparison, terms, constant), answer in asked.items():
                same &= _COMPARE[comparison](columns.sum(terms, constant), 0) == answer
            self._keep(story, stories[same])
            stories = stories[~same]
        self._singles += stories.tolist()

    def _probe(self, number: int) -> tuple[Story, dict[Question, bool]]:
        """Run the story of one mobile node on probes."""
        asked: dict[Question, bool] = {}
        first, last = int(self._starts[number]), int(self._starts[number + 1])
        events = []
        for place, row in enumerate(range(first, last)):
            cells: list[Any] = [
                Probe(int(self._columns[name][row]), ((1, name, place),), 0, asked)
                for name in Event._fields[1:]
            ]
            events.append(Event(int(self._columns["kind"][row]), *cells))
        story = Story(self._patience_ns)
        story.tell(events)
        story.finish(self._end_ns)
        return story, asked

    def _keep(self, story: Story, stories: Ints) -> None:
        """What one story told in probes, for all stories of its shape."""
        gather = _Gather(self._columns, self._starts[stories])
        told = self._told
        for session in story.sessions:
            _append(told.sessions, "story", stories)
            _append(told.sessions, "path", np.full(len(stories), len(session.path)))
            for name in SESSION_FIELDS:
                _append(told.sessions, name, gather.cell(getattr(session, name)))
            if session.path:
                told.paths.append(np.stack([gather.cell(a) for a in session.path], 1).ravel())
        for handoff in story.handoffs:
            _append(told.handoffs, "story", stories)
            _append(told.handoffs, "session", np.full(len(stories), handoff.session.place))
            for name in HANDOFF_FIELDS:
                _append(told.handoffs, name, gather.cell(getattr(handoff, name)))
        for finding in story.findings:
            for name, value in _flat(finding).items():
                _append(told.findings, name, gather.cell(value))
            _append(told.findings, "story", stories)
        for place, (session_of, handoff_of) in enumerate(story.joined):
            rows = self._starts[stories] + place
            told.event_session[rows] = _place(session_of)
            told.event_handoff[rows] = _place(handoff_of)
        for session in story.sessions:
            session.release()

    def alone(self) -> None:
        """Tell the stories that have no group."""
        # At least once: columns without rows are columns too.
        for first in range(0, max(len(self._singles), 1), MOST_ALONE):
            self._one_by_one(self._singles[first : first + MOST_ALONE])

    def _one_by_one(self, stories: list[int]) -> None:
        sessions: list[Session] = []
        handoffs: list[Handoff] = []
        findings: list[dict[str, int | None]] = []
        of_session: list[int] = []
        of_handoff: list[int] = []
        for number in stories:
            rows = slice(int(self._starts[number]), int(self._starts[number + 1]))
            columns = [self._columns[name][rows].tolist() for name in Event._fields]
            story = Story(self._patience_ns)
            story.tell(map(Event._make, zip(*columns, strict=True)))
            story.finish(self._end_ns)
            sessions += story.sessions
            handoffs += story.handoffs
            findings += [_flat(finding) | {"story": number} for finding in story.findings]
            of_session += [number] * len(story.sessions)
            of_handoff += [number] * len(story.handoffs)
            self._told.event_session[rows] = [_place(session) for session, _ in story.joined]
            self._told.event_handoff[rows] = [_place(handoff) for _, handoff in story.joined]
        told = self._told
        for name in _FLAT:
            _append(told.findings, name, _known([finding[name] for finding in findings]))
        _append(told.sessions, "story", _ints(of_session))
        _append(told.sessions, "path", _ints([len(s.path) for s in sessions]))
        for name in SESSION_FIELDS:
            _append(told.sessions, name, _known([getattr(s, name) for s in sessions]))
        told.paths.append(_ints([router for s in sessions for router in s.path]))
        _append(told.handoffs, "story", _ints(of_handoff))
        _append(told.handoffs, "session", _ints([h.session.place for h in handoffs]))
        for name in HANDOFF_FIELDS:
            _append(told.handoffs, name, _known([getattr(h, name) for h in handoffs]))
        for session in sessions:
            session.release()


class _Gather:
    """Columns of a group of stories by place in the story."""

    def __init__(self, columns: dict[str, Ints], starts: Ints) -> None:
        self._columns = columns
        self._starts = starts
        self._cache: dict[tuple[str, int], Ints] = {}

    def at(self, column: str, place: int) -> Ints:
        found = self._cache.get((column, place))
        if found is None:
            found = self._columns[column][self._starts + place].astype(np.int64)
            self._cache[column, place] = found
        return found

    def sum(self, terms: tuple[Term, ...], constant: int) -> Ints:
        total = np.full(len(self._starts), constant, np.int64)
        for factor, column, place in terms:
            total += factor * self.at(column, place)
        return total

    def cell(self, value: object) -> Ints:
        """A field of a session or handoff for every story."""
        if isinstance(value, Probe):
            return self.sum(value.terms, value.constant)
        assert value is None or isinstance(value, int)
        return np.full(len(self._starts), NULL if value is None else int(value), np.int64)


_KEPT = tuple(f"kept{n}" for n in range(MOST_KEPT))
_FLAT = ("code", *FINDING_FIELDS, "session", "handoff", "times", *_KEPT, "story")


def _flat(finding: Finding) -> dict[str, int | None]:
    """A finding as the values of its columns; what it keeps is in the order of its rule."""
    event = finding.event
    out: dict[str, int | None] = {name: getattr(event, name) for name in FINDING_FIELDS}
    out |= {"code": int(finding.code), "times": finding.times}
    out |= {"session": _place(finding.session), "handoff": _place(finding.handoff)}
    keeps = RULES[finding.code].keeps
    values = [finding.kept.get(name) for name in keeps]
    return out | dict(zip(_KEPT, [*values, *[None] * (MOST_KEPT - len(values))], strict=True))


def _append(columns: dict[str, list[Ints]], name: str, values: Ints) -> None:
    columns.setdefault(name, []).append(values)


def _place(record: Session | Handoff | None) -> int:
    return -1 if record is None else record.place


def _ints(values: list[int]) -> Ints:
    return np.array(values, np.int64)


def _known(values: list[int | None]) -> Ints:
    return np.array([NULL if v is None else v for v in values], np.int64)
