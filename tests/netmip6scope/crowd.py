"""5,000 frames of many mobile nodes that go from one router to another, and talk all the time."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network

from netmip6scope.simulation.run import Run, run
from replay.scenario import AgentSpec, Flow, MobileSpec, Move, RouterSpec, Scenario

SECOND_NS = 10**9
MOBILES, FRAMES = 100, 5000
_FIRST_LINK = 0x02_00_00_00_00_10


def scenario() -> Scenario:
    agent = AgentSpec("ha", IPv6Address("2001:db8:f::1"), IPv6Network("2001:db8:100::/48"))
    routers = tuple(RouterSpec(f"ar{n}", IPv6Address(f"2001:db8:{n}::a{n}"), "ha") for n in (1, 2))
    numbers = range(MOBILES)
    mobiles = tuple(
        MobileSpec(f"mn{n}", f"mn{n}@example.net", (_FIRST_LINK + n).to_bytes(6, "big"))
        for n in numbers
    )
    moves = tuple(
        Move(at_s * SECOND_NS + n * SECOND_NS // 100, f"mn{n}", router)
        for at_s, router in ((0, "ar1"), (4, "ar2"))
        for n in numbers
    )
    flows = tuple(
        Flow(f"mn{n}", 3 * SECOND_NS, 7 * SECOND_NS, 600 * 10**6, octets=40) for n in numbers
    )
    return Scenario("crowd", "many", 8 * SECOND_NS, (agent,), routers, mobiles, moves, flows=flows)


def ran() -> Run:
    return run(scenario())
