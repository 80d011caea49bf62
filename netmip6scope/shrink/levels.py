"""What is left out of a trace first: mobile nodes, then kinds of traffic, phases, single messages.

What counts as what needs to be only roughly right: it decides what is tried, never what holds.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from dissectors.frames import Ints
from dissectors.handoff import HoRequest, HoResponse
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from replay.packets import Address
from replay.trace import Observed, Step
from replay.user_data import UserData

_BINDING = BindingUpdate | BindingAcknowledgement | HoRequest | HoResponse


class Label(NamedTuple):
    """Where packets belong: one message, or a flow of user data.

    frames: (n,) their numbers. phase: counts the exchanges of its mobile node.
    """

    mn_id: bytes | None
    sort: str
    phase: int
    frames: Ints


Level = Callable[[Label], Hashable]
LEVELS: tuple[Level, ...] = (
    lambda label: label.mn_id,
    lambda label: (label.mn_id, label.sort),
    lambda label: (label.mn_id, label.sort, label.phase),
    lambda label: int(label.frames[0]),
)
"""From coarse to fine; what gives the same value stays or goes together."""


def grouped(labels: Iterable[Label], level: Level) -> list[list[Label]]:
    """Groups in the order of their first packets."""
    found: dict[Hashable, list[Label]] = {}
    for label in labels:
        found.setdefault(level(label), []).append(label)
    return list(found.values())


def apart(labels: Iterable[Label]) -> list[Label]:
    """A label for every single packet."""
    return [label._replace(frames=one) for label in labels for one in label.frames[:, np.newaxis]]


def labelled(
    signalling: Sequence[Observed], user_data: UserData, steps: Sequence[Step]
) -> list[Label]:
    """Labels for all packets; `steps` are those of their trace, after its replay."""
    by_frame = {step.seen.frame: step for step in steps}
    phases: dict[bytes | None, _Phase] = {}
    found = []
    for seen in signalling:
        step, frames = by_frame.get(seen.frame), np.array([seen.frame])
        if step is None:
            # What a MAP's tunnel shows once more, and user data that came in fragments.
            found.append(Label(None, "tunnelled", 0, frames))
            continue
        phase = phases.setdefault(step.mn_id, _Phase()).of(step)
        found.append(Label(step.mn_id, _sort(step), phase, frames))
    homes = _homes(steps)
    for flow, rows in user_data.by_flow():
        mn_id = homes.get(flow.inner_source) or homes.get(flow.inner_destination)
        found.append(Label(mn_id, "user data", 0, user_data.frame[rows]))
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
