"""Bindings from before a capture begins: user data in a tunnel shows them to the home agent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from dissectors.mobility import BindingUpdate
from replay import ntp
from replay.access_router import AccessRouter
from replay.binding_client import Binding, update_packet
from replay.closed.recording import Recording
from replay.events import Arrived, Node, Why
from replay.home_agent import HomeAgent
from replay.packets import Address


@dataclass(frozen=True, slots=True)
class Earlier:
    """A binding that stands when the capture begins."""

    time_ns: int
    mn_id: bytes
    home: Address
    router: IPv6Address
    agent: IPv6Address


def bind_before(nodes: Mapping[IPv6Address, Node], recording: Recording) -> None:
    """Let home agents know what they must have known."""
    for each in _earlier(recording):
        router, agent = nodes.get(each.router), nodes.get(each.agent)
        if not isinstance(router, AccessRouter) or not isinstance(agent, HomeAgent):
            continue
        agent.reserve(each.mn_id, each.home)
        config = router.config
        is_ipv4 = isinstance(each.home, IPv4Address)
        binding = Binding(
            each.mn_id,
            each.router,
            each.agent,
            Why.RENEWAL,
            each.home if isinstance(each.home, IPv6Address) else None,
            each.home if is_ipv4 and isinstance(each.home, IPv4Address) else None,
            association=config.association(each.agent, each.mn_id),
            sequence=_number_before(recording, each),
            timestamp=ntp.timestamp(each.time_ns + config.settings.clock_ahead_ns),
        )
        agent.handle(Arrived(update_packet(binding, config.settings)), each.time_ns)


def _earlier(recording: Recording) -> Iterator[Earlier]:
    known: set[bytes] = set()
    for journey in recording.before:
        hop = next(hop for hop in journey.hops if hop.tunnels)
        for home, ends in (
            (journey.source, hop.tunnels[0]),
            (journey.destination, hop.tunnels[0][::-1]),
        ):
            mn_id, agent = recording.homes.get(home), recording.granted.get(home)
            if mn_id is None or mn_id in known or agent != ends[1]:
                continue
            known.add(mn_id)
            if hop.frame.time_ns < recording.begins_ns.get(mn_id, recording.end_ns):
                yield Earlier(hop.frame.time_ns, mn_id, home, ends[0], ends[1])


def _number_before(recording: Recording, earlier: Earlier) -> int:
    """One less than the router's first number in the trace."""
    for step in recording.trace.steps:
        update = step.packet.payload
        if step.sender != earlier.router or step.mn_id != earlier.mn_id:
            continue
        if isinstance(update, BindingUpdate):
            return update.sequence - 1 & 0xFFFF
    return 0
