"""What mobile nodes ask on access links, held against the rules of their kind of access.

Nobody models a mobile node here: what it does on its own is its own affair (draft 3.3-9). But what
it answers must fit what it was offered. It goes by its link-local address.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TypeVar

from dissectors.dhcpv4 import Dhcpv4Message
from dissectors.dhcpv4_options import Dhcpv4Type, RequestedAddress
from dissectors.dhcpv4_options import ServerIdentifier as Dhcpv4ServerIdentifier
from dissectors.dhcpv6 import Dhcpv6Message, Dhcpv6Type
from dissectors.dhcpv6_options import ServerIdentifier
from dissectors.layout import Message, Options
from dissectors.neighbor import RouterSolicitation
from replay import dhcp
from replay.judged import Kind, Value
from replay.packets import NEIGHBOR_HOP_LIMIT, Datagram
from replay.slaac import link_local
from replay.trace import Step, Trace
from replay.verdict import Divergence, Fault

M = TypeVar("M", bound=Message)
Problem = tuple[Fault, str, Value, Value, str]
"""How it is wrong, field, what would be right, what is there, where that is written."""


@dataclass(slots=True)
class _Client:
    """What a mobile node was offered since it asked who gives addresses."""

    six: Dhcpv6Message | None = None
    four: Dhcpv4Message | None = None
    asked: bool = False


def judge_hosts(trace: Trace) -> list[Divergence]:
    """All that mobile nodes ask for; steps of access links have been joined."""
    clients: dict[bytes, _Client] = {}
    found = []
    for step in trace.steps:
        if step.link is None:
            continue
        client = clients.setdefault(step.link, _Client())
        kind, problems = _judged(step, client)
        for fault, name, expected, recorded, section in problems:
            found.append(
                Divergence(
                    link_local(step.link),
                    fault,
                    kind,
                    step.number,
                    step.seen.frame,
                    step.time_ns,
                    name,
                    expected,
                    recorded,
                    section,
                    step.mn_id,
                )
            )
    return found


def _judged(step: Step, client: _Client) -> tuple[Kind, list[Problem]]:
    packet, payload = step.packet, step.packet.payload
    if isinstance(payload, RouterSolicitation):
        limit = packet.hop_limit
        wrong = limit != NEIGHBOR_HOP_LIMIT
        problem = Fault.FIELD, "hop limit", NEIGHBOR_HOP_LIMIT, limit, "RFC 2461 6.1.1"
        return Kind.ROUTER_SOLICITATION, [problem] if wrong else []
    six = dhcp.dhcpv6(payload) if isinstance(payload, Datagram) else None
    if six is not None:
        return Kind.DHCPV6_REQUEST, list(_six(six, client))
    four = dhcp.dhcpv4(payload) if isinstance(payload, Datagram) else None
    return Kind.DHCPV4_REQUEST, [] if four is None else list(_four(four, client))


def _six(message: Dhcpv6Message, client: _Client) -> Iterator[Problem]:
    """RFC 3315 18.1.1: a Request takes what one server has advertised."""
    section = "RFC 3315 18.1.1"
    if message.msg_type == Dhcpv6Type.SOLICIT:
        client.six, client.asked = None, True
    elif message.msg_type == Dhcpv6Type.ADVERTISE:
        client.six = message
    elif message.msg_type == Dhcpv6Type.REQUEST and client.six is not None:
        offered, taken = dhcp.offered6(client.six), dhcp.offered6(message)
        if taken is not None and taken != offered:
            yield Fault.FIELD, "address", _text(offered), str(taken), section
        offering = _first(ServerIdentifier, client.six.options)
        server = _first(ServerIdentifier, message.options)
        if server is None or server != offering:
            yield Fault.FIELD, "server", "the one that offered", "another", section
    elif message.msg_type == Dhcpv6Type.REQUEST and client.asked:
        yield Fault.UNEXPECTED, "message", None, Kind.DHCPV6_REQUEST.value, section


def _four(message: Dhcpv4Message, client: _Client) -> Iterator[Problem]:
    """RFC 2131 4.3.2: a Request that names a server takes what that has offered."""
    section, kind = "RFC 2131 4.3.2", dhcp.type4(message)
    server = _first(Dhcpv4ServerIdentifier, message.options)
    if kind == Dhcpv4Type.DISCOVER:
        client.four, client.asked = None, True
    elif kind == Dhcpv4Type.OFFER:
        client.four = message
    elif kind == Dhcpv4Type.REQUEST and server is not None and client.four is not None:
        offer, wanted = client.four, _first(RequestedAddress, message.options)
        taken = None if wanted is None else wanted.address
        if taken != offer.your_address:
            yield Fault.FIELD, "address", str(offer.your_address), _text(taken), section
        if server != _first(Dhcpv4ServerIdentifier, offer.options):
            yield Fault.FIELD, "server", "the one that offered", "another", section
        if message.transaction_id != offer.transaction_id:
            told = offer.transaction_id, message.transaction_id
            yield Fault.FIELD, "transaction", *told, "RFC 2131 4.4.1"
    elif kind == Dhcpv4Type.REQUEST and server is not None and client.asked:
        yield Fault.UNEXPECTED, "message", None, Kind.DHCPV4_REQUEST.value, section


def _first(kind: type[M], options: Options) -> M | None:
    return next((each for each in options if isinstance(each, kind)), None)


def _text(address: IPv4Address | IPv6Address | None) -> str | None:
    return None if address is None else str(address)
