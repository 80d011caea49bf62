"""What replay says: who diverged where, what could not be judged, and a digest of all of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv6Address

from replay.judged import Kind, Value

ISOLATE, CLOSED = "isolate", "closed"


class Fault(Enum):
    """How a node diverged."""

    FIELD = "field"
    MISSING = "missing"
    UNEXPECTED = "unexpected"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Divergence:
    """A message that is not what its node's model sends.

    frame: of the message, or of the one that it should have answered; time_ns: when it was due.
    """

    node: IPv6Address
    fault: Fault
    kind: Kind
    step: int
    frame: int
    time_ns: int
    field: str
    expected: Value
    recorded: Value
    section: str
    mn_id: bytes | None = None


@dataclass(frozen=True, slots=True)
class Unseen:
    """What the trace does not show: taken from what it shows later, or not judged."""

    node: IPv6Address
    frame: int
    what: str
    mn_id: bytes | None = None


@dataclass(frozen=True, slots=True)
class NodeVerdict:
    """One node: messages that were as expected, and not judged; flows of user data that were."""

    node: IPv6Address
    role: str
    agreed: int
    unjudged: int
    flows: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """All of it. `consequences`: divergences of a mobile node after its first one."""

    nodes: tuple[NodeVerdict, ...]
    divergences: tuple[Divergence, ...]
    unseen: tuple[Unseen, ...] = field(default=())
    consequences: int = 0
    digest: str = ""
    mode: str = ISOLATE
    user_packets: int = 0
    """In closed mode: how many took the tunnels that were recorded."""

    @property
    def clean(self) -> bool:
        return not self.divergences


class Journal:
    """The digest of everything that was compared, in order."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, *words: object) -> None:
        self._digest.update("\t".join(map(str, words)).encode("utf-8", "backslashreplace") + b"\n")

    @property
    def hexdigest(self) -> str:
        return self._digest.hexdigest()


def first_of_each(found: list[Divergence]) -> tuple[tuple[Divergence, ...], int]:
    """Per mobile node those of the first message that diverged; how many others follow from it.

    What comes after a message that was not right answers that message: it says nothing of its
    sender.
    """
    ordered = sorted(found, key=_order)
    first: dict[bytes | None, Divergence] = {}
    kept = []
    for each in ordered:
        origin = first.setdefault(each.mn_id, each)
        if (each.node, each.step, each.fault) == (origin.node, origin.step, origin.fault):
            kept.append(each)
    return tuple(kept), len(ordered) - len(kept)


def _order(each: Divergence) -> tuple[int, int, bool, IPv6Address, str]:
    """What is wrong with a message comes before what it should have been answered with."""
    return each.time_ns, each.step, each.fault is Fault.MISSING, each.node, each.field
