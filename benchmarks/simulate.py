"""How many handoffs a second the simulator does on one core, and what it keeps of them.

Mobile nodes go to and fro between two access routers, each handoff prepared in time: HO Request and
Response, Binding Update and Acknowledgement, and the tear-down. Nothing is captured. Processor time
is measured, so that what else the machine does matters little.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from replay.events import Event, Fact, Note, Violation
from replay.scenario import AgentSpec, MobileSpec, Move, RouterSpec, Scenario
from replay.simulator import Sent, Simulator

SECOND_NS = 10**9
MOBILES, MOVES, ROUNDS = 200, 10, 3
TARGET = 2000
FIRST_LINK = 0x02_00_00_00_00_10


@dataclass
class Count:
    """An observer that counts bindings that moved."""

    handoffs: int = 0

    def noted(self, time_ns: int, node: str, note: Note) -> None:  # noqa: ARG002
        self.handoffs += note.fact is Fact.CACHE_MOVED

    def sent(self, sent: Sent) -> None: ...
    def received(self, time_ns: int, sent: Sent) -> None: ...
    def happened(self, time_ns: int, node: str, event: Event) -> None: ...
    def violated(self, time_ns: int, node: str, violation: Violation) -> None: ...


def scenario(*, secured: bool) -> Scenario:
    agent = AgentSpec("ha", IPv6Address("2001:db8:f::1"), IPv6Network("2001:db8:8000::/36"))
    routers = tuple(
        RouterSpec(f"ar{n}", IPv6Address(f"2001:db8:{n}::a"), "ha", ah=secured) for n in (1, 2)
    )
    if not secured:
        routers = tuple(
            RouterSpec(r.name, r.address, r.home_agent, ah=False, authentication=False)
            for r in routers
        )
    mobiles = tuple(
        MobileSpec(f"mn{n}", f"mn{n}@example.net", (FIRST_LINK + n).to_bytes(6, "big"))
        for n in range(MOBILES)
    )
    moves = [
        Move((6 + 2 * count) * SECOND_NS * (count > 0) + n * 10**6, f"mn{n}", f"ar{count % 2 + 1}")
        for n in range(MOBILES)
        for count in range(MOVES + 1)
    ]
    duration_ns = (10 + 2 * MOVES) * SECOND_NS
    return Scenario("bench", "to and fro", duration_ns, (agent,), routers, mobiles, tuple(moves))


def per_second(*, secured: bool) -> float:
    """Handoffs for each second of processor time, the best of some rounds."""
    best = 0.0
    for _ in range(ROUNDS):
        count = Count()
        simulator = Simulator(scenario(secured=secured), (count,))
        begin = time.process_time()
        simulator.run()
        taken = time.process_time() - begin
        assert count.handoffs == MOBILES * MOVES, count.handoffs
        best = max(best, count.handoffs / taken)
    return best


def main() -> None:
    plain = per_second(secured=False)
    verdict = "met" if plain >= TARGET else "MISSED"
    print(f"simulate: {plain:.0f} handoffs/s, target >= {TARGET}: {verdict}")
    print(f"simulate, RFC 4285 and AH on every message: {per_second(secured=True):.0f} handoffs/s")


if __name__ == "__main__":
    main()
