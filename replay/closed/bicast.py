"""How long home agents send downlink to the old care-of address too, as user data shows it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from ipaddress import IPv6Address

from dissectors.mobility import BindingAcknowledgement
from replay.binding_client import REJECTED
from replay.closed.recording import Recording
from replay.roles import Roles

FEWEST = 3
"""One or two packets in both tunnels may have been sent twice by their sender."""


def with_bicast(roles: Roles, recording: Recording) -> Roles:
    """The roles with what is not stated of bi-casting."""
    found = _longest(recording)
    agents = tuple(
        role if role.bicast_ns is not None else replace(role, bicast_ns=found.get(role.address, 0))
        for role in roles.agents
    )
    return replace(roles, agents=agents)


def _longest(recording: Recording) -> dict[IPv6Address, int]:
    """The longest time from a binding's move to a copy, by agent; copies end after that."""
    moves = _moves(recording)
    found: dict[IPv6Address, list[int]] = {}
    for journey in recording.journeys:
        sent: dict[IPv6Address, set[IPv6Address]] = {}
        for hop in journey.hops:
            if hop.tunnels and hop.sender in recording.trace.agents:
                sent.setdefault(hop.sender, set()).add(hop.tunnels[0][1])
        time_ns = next(hop.frame.time_ns for hop in journey.hops if hop.tunnels)
        for agent, receivers in sent.items():
            times = moves.get((agent, recording.homes.get(journey.destination)), [])
            at = bisect_right(times, time_ns)
            if len(receivers) > 1 and at:
                found.setdefault(agent, []).append(time_ns - times[at - 1] + 1)
    return {agent: max(times) for agent, times in found.items() if len(times) >= FEWEST}


def _moves(recording: Recording) -> dict[tuple[IPv6Address, bytes | None], list[int]]:
    """When each agent took another care-of address for a mobile node."""
    found: dict[tuple[IPv6Address, bytes | None], list[int]] = {}
    care_of: dict[tuple[IPv6Address, bytes | None], object] = {}
    for step in recording.trace.steps:
        ack = step.packet.payload
        if not isinstance(ack, BindingAcknowledgement) or step.sender is None:
            continue
        if ack.status >= REJECTED or not ack.lifetime:
            continue
        key = step.sender, step.mn_id
        if care_of.get(key) != step.packet.destination:
            care_of[key] = step.packet.destination
            found.setdefault(key, []).append(step.time_ns)
    return found
