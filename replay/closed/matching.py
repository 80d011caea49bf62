"""Which recorded message a regenerated one is: of its sender, about its mobile node, at its time.

While the nodes run only what is there at the right time counts. Afterwards what is left over on
both sides is brought together where it is late or much alike, so that it can be told apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address

from dissectors.mobility import BindingUpdate
from replay.judged import CHOSEN, Kind, fields, kind_of
from replay.packets import Packet
from replay.trace import Step

_PATIENCE_NS = 10_000_000_000
"""What comes later than that is another message."""


@dataclass(frozen=True, slots=True)
class Made:
    """A message that a model has sent, at the time when it did. `cause`: what made it do so."""

    time_ns: int
    node: IPv6Address
    packet: Packet
    kind: Kind
    mn_id: bytes | None
    cause: Step | None
    hidden: bool = False
    """Nobody can tell from the trace whether it was sent."""


class Recorded:
    """The messages of a trace that are judged, each to be found once."""

    def __init__(self, steps: Iterable[Step], tolerance_ns: int) -> None:
        self._tolerance_ns = tolerance_ns
        self._left: dict[tuple[Kind, IPv6Address, bytes | None], list[Step]] = {}
        for step in steps:
            kind = kind_of(step.packet)
            if kind is not None and step.sender is not None:
                self._left.setdefault((kind, step.sender, step.mn_id), []).append(step)

    def take(self, made: Made) -> Step | None:
        """The message that this is, if the trace has it at its time."""
        left = self._left.get((made.kind, made.node, made.mn_id), [])
        near = [step for step in left if self._is_near(made, step) and _is_kin(made, step)]
        found = min(near, key=lambda step: _distance(made, step), default=None)
        if found is not None:
            left.remove(found)
        return found

    def take_late(self, made: Made) -> Step | None:
        """The same message, later than it should be."""
        left = self._left.get((made.kind, made.node, made.mn_id), [])
        for step in left:
            late_ns = step.time_ns - made.time_ns
            if 0 < late_ns <= _PATIENCE_NS and _is_kin(made, step) and not _unlike(made, step):
                left.remove(step)
                return step
        return None

    def take_alike(self, made: Made) -> Step | None:
        """What was sent just then, by whomever and to whomever, and has most values alike."""
        near = [
            step
            for (kind, _, _), left in self._left.items()
            if kind is made.kind
            for step in left
            if self._is_near(made, step) and len(_unlike(made, step)) * 2 < len(fields(step.packet))
        ]
        found = min(near, key=lambda step: _distance(made, step), default=None)
        if found is not None:
            assert found.sender is not None
            self._left[made.kind, found.sender, found.mn_id].remove(found)
        return found

    def _is_near(self, made: Made, step: Step) -> bool:
        """At its time, and not before what it answers."""
        caused = made.cause is None or step.time_ns >= made.cause.time_ns
        return caused and abs(step.time_ns - made.time_ns) <= self._tolerance_ns

    def rest(self) -> Sequence[Step]:
        """What nobody has sent."""
        return sorted((s for left in self._left.values() for s in left), key=lambda s: s.number)


def _is_kin(made: Made, step: Step) -> bool:
    same = made.packet.destination == step.packet.destination or step.link is not None
    return same and _releases(made.packet) == _releases(step.packet)


def _releases(packet: Packet) -> bool:
    return isinstance(packet.payload, BindingUpdate) and not packet.payload.lifetime


def _unlike(made: Made, step: Step) -> set[str]:
    both = {*fields(made.packet)} ^ {*fields(step.packet)}
    return {each.name for each in both if each.name not in CHOSEN}


def _distance(made: Made, step: Step) -> tuple[int, int, int]:
    return len(_unlike(made, step)), abs(step.time_ns - made.time_ns), step.number
