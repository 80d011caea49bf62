"""Whatever a trace holds, replay ends with a verdict."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from dissectors.errors import ParseError
from dissectors.profile import Profile
from netmip6scope.incident.walk_text import walk_text
from netmip6scope.simulation.run import ready
from replay.explain import explain
from replay.isolate import isolate
from replay.packets import Packet, decode, encode
from replay.roles import learned
from replay.trace import Observed, traced
from tests.netmip6scope.faulty import right_trace, verdict

SCENARIOS = sorted(set(ready()) & {"figure2-ipv4-dhcpv4", "net-hmipv6", "ping-pong"})


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_damaged_and_shuffled_traces_end_in_a_verdict(scenario: str) -> None:
    right, keys = right_trace(scenario)
    signalling = [seen for seen in right if seen.packet.payload.__class__.__name__ != "Packet"]
    dice = random.Random(7)
    for _ in range(8):
        observed = []
        for seen in signalling:
            octets = bytearray(encode(seen.packet))
            if dice.random() < 0.3:
                octets[dice.randrange(8, len(octets))] ^= 1 << dice.randrange(8)
            try:
                packet = decode(bytes(octets))
            except ParseError:
                continue
            late_ns = dice.choice((0, 0, 0, 10**7, 10**9))
            observed.append(replace(seen, packet=packet, time_ns=seen.time_ns + late_ns))
        found = verdict(observed, keys)
        assert len(found.digest) == 64


def damaged(right: tuple[Observed, ...], seed: int) -> list[Observed]:
    """Bits turned, messages lost and late, seals broken, user data in other tunnels."""
    dice, observed = random.Random(seed), []
    for seen in right:
        chance, packet = dice.random(), seen.packet
        if isinstance(packet.payload, Packet):
            other = dice.choice(right).packet
            if chance < 0.02:
                packet = replace(packet, source=other.source)
            elif chance < 0.04:
                packet = replace(packet, destination=other.destination)
            late_ns = dice.randrange(-3 * 10**9, 3 * 10**9) if chance > 0.99 else 0
            observed.append(replace(seen, packet=packet, time_ns=seen.time_ns + late_ns))
            continue
        octets = bytearray(encode(packet))
        if chance < 0.4:
            octets[dice.randrange(8, len(octets))] ^= 1 << dice.randrange(8)
        try:
            packet = decode(bytes(octets))
        except ParseError:
            continue
        late_ns = dice.choice((0, 0, 0, 10**7, 10**9, 10**10))
        sealed = dice.choice((seen.sealed, seen.sealed, False, None))
        if chance > 0.1:
            observed.append(Observed(seen.frame, seen.time_ns + late_ns, packet, sealed))
    return sorted(observed, key=lambda seen: seen.time_ns)


@pytest.mark.parametrize("scenario", ["aaa-decides", "access-dhcpv6", "access-ipcp", "net-hmipv6"])
def test_whatever_diverges_can_be_explained(scenario: str) -> None:
    right, keys = right_trace(scenario)
    walks = 0
    for seed in range(8):
        trace = traced(damaged(right, seed))
        roles = learned(trace, keys, Profile())
        found = isolate(trace, roles, keys)
        for walk in explain(trace, roles, keys, found.divergences):
            assert walk.rows[-1].diverges
            assert walk_text(walk)
            walks += 1
    assert walks > 8
