"""What becomes of a packet that a model sends: somebody gets it, a capture shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address

from replay.events import Arrived
from replay.packets import Packet
from replay.trace import Step


@dataclass(frozen=True, slots=True)
class Delivery:
    """A packet comes to a node. `step`: the recorded message that it is."""

    time_ns: int
    node: IPv6Address
    arrived: Arrived
    step: Step | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A packet as a capture point would show it. `frame`: the recorded one that it is."""

    time_ns: int
    node: IPv6Address
    packet: Packet
    frame: int | None
    journey: int | None = None
    link: bytes | None = None
    """The mobile node's link that it goes out on."""


def in_order(shown: Iterable[Shown]) -> list[Shown]:
    """In order of time; those that the recording has in its order, others after them."""
    rows = [
        ((each.time_ns, each.frame is None, each.frame or at), each)
        for at, each in enumerate(shown)
    ]
    return [each for _, each in sorted(rows, key=lambda row: row[0])]
