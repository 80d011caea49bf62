"""A scenario made of chance: moves, lost words, lost packets, stopped nodes; then quiet at the end.

Everything is a seed's doing. Faults are over by half of the time, moves and losses by two thirds,
so that a network that works has healed at the end.
"""

from __future__ import annotations

import sys
from ipaddress import IPv4Network, IPv6Address, IPv6Network

from dissectors.handoff import Access, LinkAuthentication
from replay.dice import MILLION, Dice
from replay.links import Quality
from replay.safety import Monitor, unserved
from replay.scenario import (
    AgentSpec,
    Fault,
    Flow,
    LinkSpec,
    MobileSpec,
    Move,
    RouterSpec,
    Scenario,
    ServerSpec,
)
from replay.simulator import Simulator

SECOND_NS = 1_000_000_000
MS = 1_000_000
DURATION_NS = 75 * SECOND_NS
FAULTS_END_NS = 30 * SECOND_NS
MOVES_END_NS = 40 * SECOND_NS
LIFETIME_S = 20
"""Short, so that what nobody can know of is refreshed in the quiet time."""
_MAPS = tuple(
    AgentSpec(f"map{n}", IPv6Address(f"2001:db8:e{n}::1"), IPv6Network(f"2001:db8:e{n}::/64"))
    for n in (1, 2)
)
_ETHERNET = (LinkAuthentication.NONE, LinkAuthentication.EAP)
_PPP = (LinkAuthentication.PAP, LinkAuthentication.CHAP, LinkAuthentication.EAP)
_KINDS = (
    (Access.SLAAC, _ETHERNET),
    (Access.DHCPV6, _ETHERNET),
    (Access.DHCPV4, _ETHERNET),
    (Access.IPV6CP, _PPP),
    (Access.IPCP, _PPP),
)
_FIRST_LINK = 0x02_00_00_00_00_10


def random_scenario(seed: int, routers: int = 3, mobiles: int = 3) -> Scenario:
    """The scenario that a seed gives."""
    dice = Dice.named(seed, "random scenario")
    agent = AgentSpec(
        "ha",
        IPv6Address("2001:db8:f::1"),
        IPv6Network("2001:db8:100::/48"),
        IPv4Network("192.0.2.0/24"),
        longest_s=LIFETIME_S,
        bicast_ns=500 * MS if dice.hits(MILLION // 3) else 0,
    )
    names = [f"ar{n}" for n in range(1, routers + 1)]
    maps = _MAPS if dice.hits(MILLION // 4) else ()
    domains = [maps[n // routers].name if maps else None for n in range(1, routers + 1)]
    specs = tuple(
        RouterSpec(name, IPv6Address(f"2001:db8:{n}::a"), "ha", domain)
        for n, (name, domain) in enumerate(zip(names, domains, strict=True), 1)
    )
    nodes = tuple(_mobile(n, dice) for n in range(1, mobiles + 1))
    moves = [move for node in nodes for move in _journey(node.name, names, dice)]
    flows = tuple(Flow(node.name, 5 * SECOND_NS, DURATION_NS, 500 * MS, 40) for node in nodes)
    return Scenario(
        "random",
        f"random scenario of seed {seed}",
        DURATION_NS,
        (agent,),
        specs,
        nodes,
        tuple(moves),
        maps,
        aaa=ServerSpec("aaa", IPv6Address("2001:db8:a::3")),
        flows=flows,
        faults=tuple(_faults(names, dice)),
        links=tuple(_links(dice)),
        quiet_from_ns=MOVES_END_NS,
        seed=seed,
    )


def _mobile(number: int, dice: Dice) -> MobileSpec:
    """Of any kind of access, proving who it is in one of the ways that fit."""
    access, ways = _KINDS[dice.below(len(_KINDS))]
    link = (_FIRST_LINK + number).to_bytes(6, "big")
    way = ways[dice.below(len(ways))]
    name = f"mn{number}"
    return MobileSpec(name, f"{name}@example.net", link, access=access, authentication=way)


def _journey(mobile: str, routers: list[str], dice: Dice) -> list[Move]:
    """From router to router, with words that come early, late, at the wrong place or not at all."""
    at_ns = dice.below(2 * SECOND_NS)
    here = routers[dice.below(len(routers))]
    moves = [Move(at_ns, mobile, here)]
    at_ns += (6 + dice.below(4)) * SECOND_NS
    while at_ns < MOVES_END_NS:
        others = [router for router in routers if router != here]
        there = others[dice.below(len(others))]
        wrong = [router for router in others if router != there]
        moves.append(
            Move(
                at_ns,
                mobile,
                there,
                lead_ns=dice.below(300) * MS - 50 * MS,
                gap_ns=dice.below(80) * MS,
                trigger=not dice.hits(MILLION // 5),
                detach=not dice.hits(MILLION // 8),
                told=wrong[dice.below(len(wrong))] if wrong and dice.hits(MILLION // 10) else None,
            )
        )
        here = there
        at_ns += (1 + dice.below(8)) * SECOND_NS + dice.below(1000) * MS
    return moves


def _faults(routers: list[str], dice: Dice) -> list[Fault]:
    faults = []
    for _ in range(dice.below(4)):
        at_ns = 3 * SECOND_NS + dice.below(20) * SECOND_NS
        until_ns = min(at_ns + dice.below(5000) * MS, FAULTS_END_NS)
        one = [*routers, "aaa", "ha"][dice.below(len(routers) + 2)]
        if dice.hits(MILLION // 2):
            faults.append(Fault(at_ns, until_ns, link=(one, "ha")))
        else:
            faults.append(Fault(at_ns, until_ns, node=one))
    return faults


def _links(dice: Dice) -> list[LinkSpec]:
    """All links are as bad as each other."""
    quality = Quality(
        delay_ns=(1 + dice.below(20)) * MS,
        jitter_ns=dice.below(5) * MS,
        loss_ppm=dice.below(MILLION // 20),
        duplicate_ppm=dice.below(MILLION // 50),
        reorder_ppm=dice.below(MILLION // 50),
    )
    return [LinkSpec("*", "*", quality)]


def checked(scenario: Scenario) -> list[str]:
    """What was not safe in a run of the scenario, and who is not served at its end."""
    monitor = Monitor(scenario)
    simulator = Simulator(scenario, (monitor,))
    monitor.watch(simulator)
    simulator.run()
    return [*monitor.breaches, *(f"at the end: {each}" for each in unserved(simulator))]


if __name__ == "__main__":
    for each in checked(random_scenario(int(sys.argv[1]))):
        print(each)  # noqa: T201 - what the module is run for
