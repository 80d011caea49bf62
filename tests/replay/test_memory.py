"""What the nodes keep: of each mobile node where it is now, not where it has been."""

from __future__ import annotations

import gc
import tracemalloc
from ipaddress import IPv6Address, IPv6Network

import pytest

from replay import context_exchange, security
from replay.events import Event, Fact, Note, Violation
from replay.scenario import AgentSpec, MobileSpec, Move, RouterSpec, Scenario
from replay.simulator import Sent, Simulator

SECOND_NS = 10**9
FEW, MANY = 10, 50
"""Handoffs of each mobile node."""
MOBILES = 5
REMEMBERED = 16
"""Answers to repeat, and seals, that are kept: so few that all runs have that many."""


class Counter:
    """Counts bindings that moved, so that a test knows that something happened."""

    def __init__(self) -> None:
        self.moved = 0

    def noted(self, _time_ns: int, _node: str, note: Note) -> None:
        self.moved += note.fact is Fact.CACHE_MOVED

    def sent(self, sent: Sent) -> None: ...
    def received(self, time_ns: int, sent: Sent) -> None: ...
    def happened(self, time_ns: int, node: str, event: Event) -> None: ...
    def violated(self, time_ns: int, node: str, violation: Violation) -> None: ...


def scenario(mobiles: int, handoffs: int) -> Scenario:
    """Mobile nodes that go to and fro every two seconds, and the last of them leave at the end."""
    agent = AgentSpec("ha", IPv6Address("2001:db8:f::1"), IPv6Network("2001:db8:8000::/36"))
    routers = tuple(
        RouterSpec(f"ar{n}", IPv6Address(f"2001:db8:{n}::a"), "ha", ah=False) for n in (1, 2)
    )
    names = [f"mn{n}" for n in range(mobiles)]
    specs = tuple(
        MobileSpec(name, f"{name}@example.net", (0x02_00_00_00_00_10 + n).to_bytes(6, "big"))
        for n, name in enumerate(names)
    )
    moves = tuple(
        Move((6 + 2 * count) * SECOND_NS * (count > 0) + n * 10**6, name, f"ar{count % 2 + 1}")
        for count in range(handoffs + 1)
        for n, name in enumerate(names)
    )
    length_ns = (10 + 2 * handoffs) * SECOND_NS
    return Scenario("to-and-fro", "", length_ns, (agent,), routers, specs, moves)


def kept(mobiles: int, handoffs: int) -> int:
    """Octets that the simulator holds after a run, its nodes and what still waits with it."""
    counter, told = Counter(), scenario(mobiles, handoffs)
    gc.collect()
    tracemalloc.start()
    try:
        simulator = Simulator(told, (counter,))
        simulator.run()
        gc.collect()
        octets = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert counter.moved == mobiles * handoffs
    assert simulator.steps > 0
    return octets


@pytest.fixture(autouse=True)
def _warm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "_MOST_SEALED", REMEMBERED)
    # Other tests of the same run may have left more in it.
    monkeypatch.setattr(security, "_SEALED", security._Sealed())
    monkeypatch.setattr(context_exchange, "MOST_ANSWERS", REMEMBERED)
    kept(2, 2)  # what is made once, at the first run


def test_memory_does_not_follow_the_number_of_handoffs() -> None:
    """Five times as many may differ by a twentieth."""
    assert kept(MOBILES, MANY) < kept(MOBILES, FEW) * 1.05


def test_memory_per_mobile_node_is_the_same_for_many() -> None:
    """Of four times as many nodes each takes no more than it did: within a quarter."""
    few, many = kept(MOBILES, 4), kept(4 * MOBILES, 4)
    assert many < 4 * few * 1.25
