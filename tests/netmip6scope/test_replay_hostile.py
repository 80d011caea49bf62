"""Whatever a trace holds, replay ends with a verdict."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from dissectors.errors import ParseError
from netmip6scope.simulation.run import ready
from replay.packets import decode, encode
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
