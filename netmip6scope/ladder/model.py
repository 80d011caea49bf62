"""What a ladder holds, whichever way it is drawn. Times are nanoseconds, texts are printable."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias


class Role(IntEnum):
    """What a column's node is; columns stand in this order."""

    MN = 0
    AR = 1
    NODE = 2
    """Neither of the others, as far as the messages tell."""
    MAP = 3
    AAA = 4
    HA = 5


@dataclass(frozen=True, slots=True)
class Party:
    """One column: its role, short name such as "AR2", and address, where one is known."""

    role: Role
    name: str
    address: str | None


@dataclass(frozen=True, slots=True)
class Heading:
    """Where a session or handoff begins: its title, and what is known of it."""

    title: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A message from one column to another; `directed` is False where who sent it is not known.

    row: its place in the table of messages. gap_ns: since the step before. notes: what is to be
    remarked about it, one each: that it was sent before, and findings.
    """

    row: int
    time_ns: int
    gap_ns: int | None
    source: int
    target: int
    directed: bool
    title: str
    details: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Traffic:
    """Packets in the tunnels between two columns, from one binding message to the next.

    time_ns, until_ns: of the first and of the last one.
    """

    time_ns: int
    until_ns: int
    router: int
    anchor: int
    down: int
    up: int


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding that no step shows, such as one about packets in tunnels."""

    time_ns: int
    text: str


Entry: TypeAlias = Heading | Step | Traffic | Remark


@dataclass(frozen=True, slots=True)
class Ladder:
    """One mobile node's messages, in time order. begin_ns: what relative times count from."""

    title: str
    parties: tuple[Party, ...]
    entries: tuple[Entry, ...]
    begin_ns: int
