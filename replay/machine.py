"""A state machine as a table: what is allowed, what must not happen, and nothing else.

The content of a message has become one of the inputs before the table is asked, so no entry needs a
condition. Allowed and forbidden pairs together are the whole product of states and inputs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

S = TypeVar("S", bound=Enum)
I = TypeVar("I", bound=Enum)  # noqa: E741 - states and inputs
A = TypeVar("A")


class Label(Enum):
    """A state or an input. Hashed by identity, which is what tables are looked up by."""

    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class Table(Generic[S, I, A]):
    """transitions: (state, input) to (next state, action); forbidden: the rest, and why not."""

    name: str
    states: type[S]
    inputs: type[I]
    transitions: Mapping[tuple[S, I], tuple[S, A]]
    forbidden: Mapping[tuple[S, I], str]

    def holes(self) -> list[tuple[S, I]]:
        """Pairs that are in neither table, or in both."""
        return [
            (state, given)
            for state in self.states
            for given in self.inputs
            if ((state, given) in self.transitions) == ((state, given) in self.forbidden)
        ]


def never(reason: str, states: Iterable[S], inputs: Iterable[I]) -> dict[tuple[S, I], str]:
    """Forbidden pairs that share a reason."""
    kept = list(inputs)
    return {(state, given): reason for state in states for given in kept}
