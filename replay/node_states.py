"""The states of a node's machines about one mobile node, by the names of `docs/states.md`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from replay import binding_cache, binding_client, context_target, link_session, nas_port
from replay.access_router import AccessRouter
from replay.context_target import State as Transfer
from replay.events import Node
from replay.home_agent import HomeAgent
from replay.link_session import LETS_GO
from replay.link_session import State as Session
from replay.machine import Label
from replay.mobile import Mobile
from replay.registration import Client


@dataclass(frozen=True, slots=True)
class MachineState:
    """A machine and where it stands, in words."""

    machine: str
    state: str


States = tuple[MachineState, ...]
_UNDER_WAY = LETS_GO | {Session.FETCHING, Session.CONFIGURING, Session.EXPECTED, Session.HELD}
_DONE = (binding_client.State.IDLE, binding_client.State.REGISTERED)


def states_of(node: Node, mn_id: bytes | None) -> States:
    """All machines that the node has for a mobile node; none for who is not named."""
    if mn_id is None:
        return ()
    if isinstance(node, AccessRouter):
        return tuple(_router(node, node.mobiles.get(mn_id)))
    if isinstance(node, HomeAgent):
        bound = node.bindings.get(mn_id)
        state = binding_cache.State.UNBOUND if bound is None else bound.state
        return (_named(binding_cache.TABLE.name, state),)
    return ()


def is_settled(node: Node, mn_id: bytes | None) -> bool:
    """Whether the node waits for nothing about the mobile node but its next move."""
    if mn_id is None:
        return False
    if isinstance(node, HomeAgent):
        bound = node.bindings.get(mn_id)
        return bound is None or bound.state is not binding_cache.State.BICASTING
    mobile = node.mobiles.get(mn_id) if isinstance(node, AccessRouter) else None
    if mobile is None:
        return True
    return (
        mobile.session not in _UNDER_WAY
        and mobile.transfer_state is not Transfer.REQUESTED
        and all(each is None or each.state in _DONE for each in _clients(mobile))
    )


def _router(router: AccessRouter, mobile: Mobile | None) -> Iterator[MachineState]:
    session = Session.AWAY if mobile is None else mobile.session
    yield _named(link_session.TABLE.name, session)
    local, home = (None, None) if mobile is None else _clients(mobile)
    if router.config.domain is None:
        yield _client(binding_client.TABLE.name, home)
    else:
        yield _client(f"{binding_client.TABLE.name}, MAP", local)
        yield _client(f"{binding_client.TABLE.name}, home agent", home)
    transfer = Transfer.NONE if mobile is None else mobile.transfer_state
    yield _named(context_target.TABLE.name, transfer)
    port = nas_port.State.CLOSED if mobile is None else mobile.port.state
    yield _named(nas_port.TABLE.name, port)


def _clients(mobile: Mobile) -> tuple[Client | None, Client | None]:
    return mobile.registration.local, mobile.registration.home


def _client(machine: str, client: Client | None) -> MachineState:
    return _named(machine, binding_client.State.IDLE if client is None else client.state)


def _named(machine: str, state: Label) -> MachineState:
    return MachineState(machine, str(state.value))
