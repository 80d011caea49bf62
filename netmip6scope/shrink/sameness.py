"""What has to stay the same of a verdict: who diverged, how, in what, at which message.

What is not here may change: numbers of frames and steps, when a message was due, how many messages
agreed, what was taken for granted, and how many divergences follow from the first.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv6Address
from typing import NamedTuple

from replay.judged import Kind, Value
from replay.verdict import Fault, Verdict

Origin = Callable[[int], int]
"""The number of a frame to the number that it has in the whole capture."""


class Told(NamedTuple):
    """A divergence.

    frame: in the whole capture. Without it a message that was taken away could stand for one that
    was never sent.
    """

    frame: int
    node: IPv6Address
    fault: Fault
    kind: Kind
    field: str
    expected: Value
    recorded: Value
    section: str
    mn_id: bytes | None


def told(verdict: Verdict, origin: Origin = lambda frame: frame) -> tuple[Told, ...]:
    """The divergences of a verdict, in their order."""
    return tuple(
        Told(
            origin(each.frame),
            each.node,
            each.fault,
            each.kind,
            each.field,
            each.expected,
            each.recorded,
            each.section,
            each.mn_id,
        )
        for each in verdict.divergences
    )
