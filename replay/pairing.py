"""Which message of a model a trace shows: by mobile node, peer, time and what it says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dissectors.mobility import BindingUpdate
from replay.judged import CHOSEN, Field, Kind, fields
from replay.packets import Packet
from replay.trace import Step

_PATIENCE_NS = 10_000_000_000
"""What comes later than that is another message."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a model has sent, when, and the message that made it do so."""

    time_ns: int
    packet: Packet
    kind: Kind
    mn_id: bytes | None
    cause: Step
    certain: bool = True
    """False: it may stay away, as the trace does not show what led to it."""


def paired(pending: Iterable[Expected], step: Step, kind: Kind) -> Expected | None:
    """What was expected to this peer about this mobile node."""
    fitting = [
        each
        for each in pending
        if each.kind is kind
        and each.mn_id == step.mn_id
        and (each.packet.destination == step.packet.destination or step.link is not None)
        and step.time_ns - each.time_ns <= _PATIENCE_NS
        and releases(each.packet) == releases(step.packet)
    ]
    return _best(fitting, step)


def alike(
    pending: Iterable[Expected], step: Step, kind: Kind, tolerance_ns: int
) -> Expected | None:
    """What was expected just now and has most fields alike."""
    near = [
        each
        for each in pending
        if each.kind is kind and abs(each.time_ns - step.time_ns) <= tolerance_ns
    ]
    found = _best(near, step)
    if found is None:
        return None
    recorded = fields(step.packet)
    unlike = _differing(fields(found.packet), recorded)
    return found if len(unlike) * 2 < len(recorded) else None


def _best(fitting: Sequence[Expected], step: Step) -> Expected | None:
    """The one with the fewest other values; of several the nearest in time."""
    if len(fitting) < 2:
        return fitting[0] if fitting else None
    recorded = fields(step.packet)
    return min(
        fitting,
        key=lambda each: (
            len(_differing(fields(each.packet), recorded)),
            abs(each.time_ns - step.time_ns),
        ),
    )


def releases(packet: Packet) -> bool:
    """Whether it ends a binding."""
    return isinstance(packet.payload, BindingUpdate) and not packet.payload.lifetime


def _differing(one: tuple[Field, ...], other: tuple[Field, ...]) -> set[str]:
    return {each.name for each in {*one} ^ {*other} if each.name not in CHOSEN}
