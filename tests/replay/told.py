"""Runs ready scenarios and keeps what their nodes sent and noted, for tests that ask about it."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from dataclasses import replace as changed
from typing import Any

from netmip6scope.simulation.run import load
from replay.events import Event, Fact, Note, Violation, Why
from replay.packets import Packet
from replay.scenario import Scenario
from replay.simulator import Sent, Simulator

S = 1_000_000_000
MS = 1_000_000


@dataclass
class Told:
    """Everything that happened in a run, in order; times count from its start."""

    start_ns: int
    sends: list[Sent] = field(default_factory=list)
    notes: list[tuple[int, str, Note]] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)

    def sent(self, sent: Sent) -> None:
        self.sends.append(sent)

    def received(self, time_ns: int, sent: Sent) -> None:
        pass

    def noted(self, time_ns: int, node: str, note: Note) -> None:
        self.notes.append((time_ns - self.start_ns, node, note))

    def happened(self, time_ns: int, node: str, event: Event) -> None:
        pass

    def violated(self, time_ns: int, node: str, violation: Violation) -> None:
        self.violations.append(violation)

    def of(self, *kinds: type, sender: str | None = None, why: Why | None = None) -> list[Sent]:
        """Packets whose payload is one of these."""
        return [
            one
            for one in self.sends
            if isinstance(payload(one), kinds)
            and sender in (None, one.sender)
            and why in (None, one.send.why)
        ]

    def facts(self, fact: Fact, node: str | None = None) -> list[tuple[int, Note]]:
        return [(t, n) for t, who, n in self.notes if n.fact is fact and node in (None, who)]

    def since(self, one: Sent) -> int:
        """When it was sent."""
        return one.time_ns - self.start_ns


def packet(one: Sent) -> Packet:
    found = one.send.packet
    assert isinstance(found, Packet)
    return found


def payload(one: Sent) -> Any:
    found = one.send.packet
    return found.payload if isinstance(found, Packet) else found


def told_by(scenario: Scenario) -> Told:
    told = Told(scenario.start_ns)
    Simulator(scenario, (told,)).run()
    return told


@functools.cache
def told(name: str) -> Told:
    """A ready scenario, run once."""
    return told_by(load(name))


def with_router(name: str, router: str, **fields: Any) -> Scenario:
    """A ready scenario with another set-up of one access router."""
    scenario = load(name)
    routers = tuple(changed(r, **fields) if r.name == router else r for r in scenario.routers)
    return changed(scenario, routers=routers)


def with_agent(name: str, **fields: Any) -> Scenario:
    """A ready scenario with another set-up of its home agent."""
    scenario = load(name)
    return changed(scenario, agents=(changed(scenario.agents[0], **fields),))
