"""What is left out of a trace first: mobile nodes, then kinds of traffic, phases, single messages.

What counts as what needs to be only roughly right: it decides what is tried, never what holds.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import NamedTuple

from dissectors.handoff import HoRequest, HoResponse
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from replay.packets import Address, Packet
from replay.trace import Observed, Step

_BINDING = BindingUpdate | BindingAcknowledgement | HoRequest | HoResponse


class Label(NamedTuple):
    """Where a packet belongs; `phase` counts the exchanges of its mobile node."""

    mn_id: bytes | None
    sort: str
    phase: int
    frame: int


Level = Callable[[Label], Hashable]
LEVELS: tuple[Level, ...] = (
    lambda label: label.mn_id,
    lambda label: (label.mn_id, label.sort),
    lambda label: (label.mn_id, label.sort, label.phase),
    lambda label: label.frame,
)
"""From coarse to fine; what gives the same value stays or goes together."""


def grouped(labels: Iterable[Label], level: Level) -> list[list[Label]]:
    """Groups in the order of their first packets."""
    found: dict[Hashable, list[Label]] = {}
    for label in labels:
        found.setdefault(level(label), []).append(label)
    return list(found.values())


def labelled(observed: Sequence[Observed], steps: Sequence[Step]) -> list[Label]:
    """A label for each packet; `steps` are those of a trace that was replayed."""
    by_frame = {step.seen.frame: step for step in steps}
    homes = _homes(steps)
    phases: dict[bytes | None, _Phase] = {}
    found = []
    for seen in observed:
        step = by_frame.get(seen.frame)
        if step is None:
            inner = _innermost(seen.packet)
            mn_id = homes.get(inner.source) or homes.get(inner.destination)
            phase = phases[mn_id].number if mn_id in phases else 0
            found.append(Label(mn_id, "user data", phase, seen.frame))
            continue
        phase = phases.setdefault(step.mn_id, _Phase()).of(step)
        found.append(Label(step.mn_id, _sort(step), phase, seen.frame))
    return found


def _sort(step: Step) -> str:
    if isinstance(step.packet.payload, _BINDING):
        return "bindings and handoffs"
    return "access" if step.mn_id is not None else "everything else"


class _Phase:
    """Where a mobile node is: attach, a handoff, a refresh, a tear-down; each begins another."""

    def __init__(self) -> None:
        self.number = 0
        self._identifier: int | None = None
        self._answered = False

    def of(self, step: Step) -> int:
        payload = step.packet.payload
        if isinstance(payload, HoRequest) and payload.identifier != self._identifier:
            self._begin()
            self._identifier = payload.identifier
        elif isinstance(payload, BindingUpdate) and self._answered:
            self._begin()
        elif isinstance(payload, BindingAcknowledgement):
            self._answered = True
        return self.number

    def _begin(self) -> None:
        self.number += 1
        self._answered = False


def _homes(steps: Sequence[Step]) -> dict[Address, bytes]:
    """Whose home addresses they are, as bindings tell."""
    found: dict[Address, bytes] = {}
    for step in steps:
        payload, mn_id = step.packet.payload, step.mn_id
        if mn_id is None or not isinstance(payload, BindingUpdate | BindingAcknowledgement):
            continue
        told = [step.packet.home_address, step.packet.routed]
        told += [getattr(option, "address", None) for option in payload.options]
        found.update((home, mn_id) for home in told if home is not None)
    return found


def _innermost(packet: Packet) -> Packet:
    while isinstance(packet.payload, Packet):
        packet = packet.payload
    return packet
