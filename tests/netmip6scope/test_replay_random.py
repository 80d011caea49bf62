"""Networks that make no mistakes replay clean, though base stations' words are lost.

Each seed has what once was taken for a fault: IPv4 bindings refreshed, nodes that show up
unannounced in a MAP's domain, bindings at MAP and home agent refreshed apart or in one moment,
numbers that a home agent puts right, a target that is told twice.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dissectors.authentication.keys import Keys
from dissectors.profile import Profile
from netmip6scope.incident.reading import read_trace
from netmip6scope.simulation.run import capture_octets, run
from replay.isolate import isolate
from replay.random_scenario import random_scenario
from replay.roles import learned
from replay.scenario import Scenario
from replay.trace import traced
from replay.verdict import Verdict


@pytest.mark.parametrize("seed", [1, 4, 9, 12, 21, 28])
def test_a_network_without_faults_is_clean(seed: int, tmp_path: Path) -> None:
    found = replayed(replace(random_scenario(seed), faults=(), links=()), tmp_path)
    assert found.divergences == ()
    assert sum(node.agreed for node in found.nodes) > 50
    assert sum(node.flows for node in found.nodes) > 5


# Links lose, double and reorder packets here.
LOSSY = {
    14: "what a MAP sends on goes to whom the RCoA stands for then, as its tunnel shows",
    18: "a refusal for a number out of window does not arrive, so the update is sent again later",
    39: "a MAP asks for another number before the home address shows",
    43: "a router that was left renews from the RCoA, and its security association tells who it is",
    49: "a lifetime was over before the update was sent; timestamps are apart by less than 1 ns",
    100: "a home address from a context is heard at its router",
    69: "a refusal does not arrive, and the mobile node goes before the update is sent again",
}


@pytest.mark.parametrize("seed", LOSSY)
def test_losses_are_nobody_s_fault(seed: int, tmp_path: Path) -> None:
    found = replayed(replace(random_scenario(seed), faults=()), tmp_path)
    assert found.divergences == ()
    assert sum(node.agreed for node in found.nodes) > 50


def replayed(scenario: Scenario, tmp_path: Path) -> Verdict:
    done = run(scenario)
    shared = done.simulator.builder.keys()
    keys = Keys(mn_ha=shared.mn_ha, ah=shared.ah, radius=shared.radius)
    ((point, frames),) = done.camera.frames.items()
    path = tmp_path / "random.pcapng"
    path.write_bytes(capture_octets(point, frames))
    trace = traced(*read_trace([str(path)], Profile(), keys))
    return isolate(trace, learned(trace, keys, Profile()), keys)
