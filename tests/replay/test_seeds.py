"""Random scenarios: safe at every moment, and live again when all faults have healed.

`python -m replay.random_scenario SEED` repeats one; `make seeds` runs two hundred.
"""

from __future__ import annotations

import os

import pytest

from netmip6scope.simulation.run import load
from replay.random_scenario import LIFETIME_S, MOVES_END_NS, checked, random_scenario
from replay.safety import Monitor
from replay.simulator import Simulator
from tests.replay.told import S, changed, told_by, with_agent

COUNT = int(os.environ.get("SEEDS", "16"))


@pytest.mark.parametrize("seed", range(COUNT))
def test_safe_and_live(seed: int) -> None:
    wrong = checked(random_scenario(seed))
    assert wrong == [], f"repeat with: python -m replay.random_scenario {seed}"


def test_scenarios_differ_and_do_what_they_say() -> None:
    scenarios = [random_scenario(seed) for seed in range(COUNT)]
    assert len({scenario.moves for scenario in scenarios}) == COUNT
    assert any(scenario.faults for scenario in scenarios)
    assert any(not move.trigger for scenario in scenarios for move in scenario.moves)
    assert any(not move.detach for scenario in scenarios for move in scenario.moves)
    quiet_ns = scenarios[0].duration_ns - MOVES_END_NS
    assert quiet_ns > LIFETIME_S * S


def test_monitor_sees_a_context_given_in_the_clear() -> None:
    # The rogue has no association, and the others are told not to insist on theirs.
    scenario = load("rogue-router")
    careless = tuple(changed(router, ah=False) for router in scenario.routers)
    trusting = changed(scenario, routers=careless)
    monitor = Monitor(scenario)  # the rules are those of the scenario as it was
    simulator = Simulator(trusting, (monitor,))
    monitor.watch(simulator)
    simulator.run()
    text = "\n".join(monitor.breaches)
    assert "ar1 gives a context to a stranger" in text
    assert "ar1 gives a context away without AH" in text


def test_monitor_sees_one_that_stays_unserved() -> None:
    scenario = with_agent("figure1-ipv6-setup", answers=False)
    wrong = checked(changed(scenario, moves=scenario.moves[:1]))
    assert wrong == ["at the end: alice is at ar1 and has no address"]


def test_monitor_sees_a_router_that_does_not_let_go() -> None:
    # The SAR takes the binding back, so downlink goes where the mobile node is not.
    wrong = checked(load("stale-binding"))
    assert wrong == ["at the end: alice is at ar2, bound to 2001:db8:1::a1"]


def test_a_run_is_the_same_again() -> None:
    scenario = random_scenario(3)
    assert told_by(scenario).notes == told_by(scenario).notes
    assert told_by(scenario).notes != told_by(random_scenario(4)).notes
