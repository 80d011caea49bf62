"""Every machine over the whole product of its states and inputs."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest

from replay import (
    aaa,
    binding_cache,
    binding_client,
    context_serving,
    context_target,
    link_session,
    mobile_node,
    nas_port,
)
from replay.machine import Table

Machine = Table[Any, Any, Any]

# Each machine with the state that it begins in.
MACHINES: list[tuple[Machine, Enum]] = [
    (binding_client.TABLE, binding_client.State.IDLE),
    (binding_cache.TABLE, binding_cache.State.UNBOUND),
    (context_serving.TABLE, context_serving.State.ABSENT),
    (context_target.TABLE, context_target.State.NONE),
    (link_session.TABLE, link_session.State.AWAY),
    (mobile_node.TABLE, mobile_node.State.DOWN),
    (nas_port.TABLE, nas_port.State.CLOSED),
    (aaa.TABLE, aaa.State.IDLE),
]
IDS = [table.name for table, _ in MACHINES]

# A context is given or refused and nothing else is remembered; a transfer is dropped when it is
# over; a host keeps the address that it has. These do not come back by themselves.
NO_WAY_BACK = {context_serving.TABLE.name, context_target.TABLE.name, mobile_node.TABLE.name}


def reached(table: Machine, begin: Enum) -> set[Enum]:
    """All states that inputs lead to from one."""
    found, open_states = {begin}, [begin]
    while open_states:
        state = open_states.pop()
        for (source, _), (target, _) in table.transitions.items():
            if source is state and target not in found:
                found.add(target)
                open_states.append(target)
    return found


@pytest.mark.parametrize(("table", "begin"), MACHINES, ids=IDS)
def test_allowed_and_forbidden_are_the_whole_product(table: Machine, begin: Enum) -> None:
    product = {(state, given) for state in table.states for given in table.inputs}
    assert set(table.transitions) | set(table.forbidden) == product
    assert not set(table.transitions) & set(table.forbidden)
    assert table.holes() == []


@pytest.mark.parametrize(("table", "begin"), MACHINES, ids=IDS)
def test_transitions_lead_to_states_of_the_machine(table: Machine, begin: Enum) -> None:
    for target, action in table.transitions.values():
        assert target in table.states
        assert callable(action) or isinstance(action, Enum)


@pytest.mark.parametrize(("table", "begin"), MACHINES, ids=IDS)
def test_every_state_is_reached_and_every_input_is_of_use(table: Machine, begin: Enum) -> None:
    if table is not context_serving.TABLE:  # its state is the link session's
        assert reached(table, begin) == set(table.states)
    assert {given for _, given in table.transitions} == set(table.inputs)


@pytest.mark.parametrize(("table", "begin"), MACHINES, ids=IDS)
def test_there_is_a_way_back_from_every_state(table: Machine, begin: Enum) -> None:
    if table.name in NO_WAY_BACK:
        return
    for state in table.states:
        assert begin in reached(table, state), state


@pytest.mark.parametrize(("table", "begin"), MACHINES, ids=IDS)
def test_forbidden_pairs_say_why(table: Machine, begin: Enum) -> None:
    assert all(reason.strip() for reason in table.forbidden.values())


def test_a_hole_is_found() -> None:
    whole = context_serving.TABLE
    pair = next(iter(whole.transitions))
    rest = {key: value for key, value in whole.transitions.items() if key != pair}
    holed = Table("holed", whole.states, whole.inputs, rest, {})
    assert holed.holes() == [pair]
