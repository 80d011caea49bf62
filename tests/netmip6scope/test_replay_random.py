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
from replay.trace import traced


@pytest.mark.parametrize("seed", [1, 4, 9, 12, 21, 28])
def test_a_network_without_faults_is_clean(seed: int, tmp_path: Path) -> None:
    done = run(replace(random_scenario(seed), faults=(), links=()))
    shared = done.simulator.builder.keys()
    keys = Keys(mn_ha=shared.mn_ha, ah=shared.ah, radius=shared.radius)
    ((point, frames),) = done.camera.frames.items()
    path = tmp_path / "random.pcapng"
    path.write_bytes(capture_octets(point, frames))
    trace = traced(*read_trace([str(path)], Profile(), keys))
    found = isolate(trace, learned(trace, keys, Profile()), keys)
    assert found.divergences == ()
    assert sum(node.agreed for node in found.nodes) > 50
    assert sum(node.flows for node in found.nodes) > 5
