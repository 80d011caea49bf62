"""Searches texts for a pattern in time linear in the text, whatever pattern and text are.

Whoever holds a mobile node chooses its NAI, and a matcher that backtracks can be made to run for
ever by it. So the states that a pattern can be in are followed all at once (Thompson, CACM 11(6),
1968), and each set of them remembers where it went.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_STATES = 1_000
MOST_REMEMBERED = 1 << 18
"""Steps and states of sets that are remembered, so that memory is bounded too: some 20 MB."""
_LAST = 0x10FFFF

Ranges = tuple[tuple[int, int], ...]
"""Code points: first and last of each run."""


@dataclass(frozen=True, slots=True)
class Characters:
    """One character out of some."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Edge:
    """The beginning or the end of the text."""

    end: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    """All, one behind the other."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of them."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Repetition:
    """`least` times to `most`, which None leaves open."""

    part: Part
    least: int
    most: int | None


Part = Characters | Edge | Sequence | Either | Repetition


class TooLargeError(ValueError):
    """The pattern needs more than MOST_STATES."""


@dataclass(slots=True, eq=False)
class _State:
    """What is needed to go on, None for nothing, and where to."""

    following: list[int]
    needs: Characters | Edge | None = None

    def takes(self, code: int) -> bool:
        """Whether it goes on by this character."""
        return isinstance(self.needs, Characters) and any(
            first <= code <= last for first, last in self.needs.ranges
        )

    def passes(self, *, begin: bool, end: bool) -> bool:
        """Whether it goes on without a character."""
        if isinstance(self.needs, Edge):
            return end if self.needs.end else begin
        return self.needs is None


@dataclass(slots=True, eq=False)
class _States:
    """States that the search is in at once; `steps` leads on from them by character."""

    members: frozenset[int]
    steps: dict[str, _States] = field(default_factory=dict)


_FOUND = 0


class Automaton:
    """A pattern ready for search. Raises TooLargeError."""

    def __init__(self, part: Part) -> None:
        self._states = [_State([])]
        start = self._add(part, _FOUND)
        self._again = self._reached({start}, begin=False, end=False)
        self._first = _States(self._reached({start}, begin=True, end=False))
        self._known: dict[frozenset[int], _States] = {}
        self._remembered = 0

    def search(self, text: str) -> bool:
        """Whether some part of the text matches."""
        here = self._first
        for character in text:
            if _FOUND in here.members:
                return True
            following = here.steps.get(character)
            here = self._step(here, character) if following is None else following
        return _FOUND in self._reached(here.members, begin=not text, end=True)

    def _step(self, here: _States, character: str) -> _States:
        code = ord(character)
        taken = (self._states[n] for n in here.members)
        moved = {n for state in taken if state.takes(code) for n in state.following}
        members = self._reached(moved, begin=False, end=False) | self._again
        if self._remembered >= MOST_REMEMBERED:
            self._forget()
        there = self._known.setdefault(members, _States(members))
        here.steps[character] = there
        self._remembered += 1 + len(members)
        return there

    def _forget(self) -> None:
        """Sets lead to each other in circles, which would live on without a collector."""
        for each in (self._first, *self._known.values()):
            each.steps.clear()
        self._known.clear()
        self._remembered = 0

    def _reached(
        self, begun: set[int] | frozenset[int], *, begin: bool, end: bool
    ) -> frozenset[int]:
        """The states, and those that are reached from them without a character."""
        seen, left = set(begun), list(begun)
        while left:
            state = self._states[left.pop()]
            if state.passes(begin=begin, end=end):
                new = [n for n in state.following if n not in seen]
                seen.update(new)
                left += new
        return frozenset(seen)

    def _new(self, state: _State) -> int:
        if len(self._states) >= MOST_STATES:
            raise TooLargeError(f"the pattern needs more than {MOST_STATES} states")
        self._states.append(state)
        return len(self._states) - 1

    def _add(self, part: Part, following: int) -> int:
        """States for a part that goes on to `following`; the one where it begins."""
        match part:
            case Characters() | Edge():
                return self._new(_State([following], part))
            case Sequence(parts):
                for each in reversed(parts):
                    following = self._add(each, following)
                return following
            case Either(parts):
                return self._new(_State([self._add(each, following) for each in parts]))
            case Repetition(inner, least, most):
                return self._repeated(inner, least, most, following)

    def _repeated(self, part: Part, least: int, most: int | None, following: int) -> int:
        if most is None:
            again = self._new(_State([following]))
            self._states[again].following.append(self._add(part, again))
            following = again
        else:
            behind = following
            for _ in range(most - least):
                following = self._new(_State([behind, self._add(part, following)]))
        for _ in range(least):
            following = self._add(part, following)
        return following


def without(ranges: Ranges) -> Ranges:
    """All other characters."""
    out, free = [], 0
    for first, last in sorted(ranges):
        if first > free:
            out.append((free, first - 1))
        free = max(free, last + 1)
    if free <= _LAST:
        out.append((free, _LAST))
    return tuple(out)


def any_case(ranges: Ranges) -> Ranges:
    """The characters, and ASCII letters in their other case."""
    other = []
    for first, last in ranges:
        for low, high, shift in ((65, 90, 32), (97, 122, -32)):
            if first <= high and last >= low:
                other.append((max(first, low) + shift, min(last, high) + shift))
    return (*ranges, *other)
