"""What nodes of a trace are called by what they do in it; several may have one name."""

from __future__ import annotations

from ipaddress import IPv6Address

from dissectors.handoff import HoRequest
from dissectors.mobility import BindingUpdate
from replay.trace import Trace

HOME_AGENT, MAP, ROUTER, SERVING, TARGET = "ha", "map", "ar", "sar", "tar"


def node_names(trace: Trace) -> dict[str, tuple[IPv6Address, ...]]:
    """Nodes by role, where somebody has it, and by address.

    A router that mobile nodes came to from another is a target router, the other a serving one.
    """
    found: dict[str, dict[IPv6Address, None]] = {
        HOME_AGENT: dict.fromkeys(a for a, local in trace.agents.items() if not local),
        MAP: dict.fromkeys(a for a, local in trace.agents.items() if local),
        ROUTER: dict.fromkeys(trace.routers),
        SERVING: {},
        TARGET: {},
    }
    last: dict[bytes | None, IPv6Address] = {}
    for step in trace.steps:
        message, sender, receiver = step.packet.payload, step.sender, step.receiver
        if sender is None or sender in trace.agents:
            continue
        if isinstance(message, HoRequest) and receiver is not None:
            found[SERVING].setdefault(receiver)
            found[TARGET].setdefault(sender)
        elif isinstance(message, BindingUpdate) and message.lifetime:
            before = last.setdefault(step.mn_id, sender)
            if before != sender:
                found[SERVING].setdefault(before)
                found[TARGET].setdefault(sender)
            last[step.mn_id] = sender
    named = {name: tuple(nodes) for name, nodes in found.items() if nodes}
    return named | {str(node): (node,) for node in trace.nodes}
