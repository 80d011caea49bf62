"""What came of checking an authenticator."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class State(Enum):
    """The three things that can be said of an authenticator."""

    GOOD = "good"
    BAD = "bad"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A state, and why where that is not obvious."""

    state: State
    reason: str = ""
    expected: bytes | None = field(default=None, repr=False, compare=False)
    """What the key gives, where as many octets were found."""

    def __str__(self) -> str:
        return f"{self.state.value}: {self.reason}" if self.reason else self.state.value


@dataclass(frozen=True, slots=True)
class Checked:
    """An authenticator's octets, from begin to end of what it was found in, and its verdict."""

    begin: int
    end: int
    verdict: Verdict


GOOD = Verdict(State.GOOD)


def bad(reason: str = "") -> Verdict:
    """The key is known and the octets do not fit it."""
    return Verdict(State.BAD, reason)


def unchecked(reason: str) -> Verdict:
    """It could not be told."""
    return Verdict(State.UNCHECKED, reason)


def compared(found: bytes, expected: bytes) -> Verdict:
    """GOOD if the authenticator found is the one expected, all of it."""
    if len(found) != len(expected):
        return bad(f"{len(found)} octets are there, {len(expected)} are expected")
    return Verdict(State.GOOD if found == expected else State.BAD, expected=expected)
