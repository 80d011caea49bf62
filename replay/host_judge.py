"""What mobile nodes ask on access links, held against the rules of their kind of access.

Nobody models a mobile node here: what it does on its own is its own affair (draft 3.3-9). But what
it answers must fit what it was offered. It goes by its link-local address.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address
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

    six: list[Dhcpv6Message] = field(default_factory=list)
    four: list[Dhcpv4Message] = field(default_factory=list)
    asked: bool = False

    def ask(self) -> None:
        self.six, self.four, self.asked = [], [], True


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
    """RFC 3315 18.1.1: a Request names its server; the addresses in it are but hints."""
    if message.msg_type == Dhcpv6Type.SOLICIT:
        client.ask()
    elif message.msg_type == Dhcpv6Type.ADVERTISE:
        client.six.append(message)
    elif message.msg_type == Dhcpv6Type.REQUEST and client.asked:
        server = _first(ServerIdentifier, message.options)
        offering = [_first(ServerIdentifier, each.options) for each in client.six]
        yield from _taken(Kind.DHCPV6_REQUEST, server, offering, "RFC 3315 18.1.1")


def _four(message: Dhcpv4Message, client: _Client) -> Iterator[Problem]:
    """RFC 2131 4.3.2: a Request that names a server takes what that has offered."""
    section, kind = "RFC 2131 4.3.2", dhcp.type4(message)
    server = _first(Dhcpv4ServerIdentifier, message.options)
    if kind == Dhcpv4Type.DISCOVER:
        client.ask()
    elif kind == Dhcpv4Type.OFFER:
        client.four.append(message)
    elif kind == Dhcpv4Type.REQUEST and server is not None and client.asked:
        offering = [_first(Dhcpv4ServerIdentifier, each.options) for each in client.four]
        yield from _taken(Kind.DHCPV4_REQUEST, server, offering, section)
        if server not in offering:
            return
        offer = client.four[offering.index(server)]
        wanted = _first(RequestedAddress, message.options)
        taken = None if wanted is None else wanted.address
        if taken != offer.your_address:
            yield Fault.FIELD, "address", str(offer.your_address), _text(taken), section
        if message.transaction_id != offer.transaction_id:
            told = offer.transaction_id, message.transaction_id
            yield Fault.FIELD, "transaction", *told, "RFC 2131 3.1, 4.4.1"


def _taken(
    kind: Kind, server: Message | None, offering: Sequence[Message | None], section: str
) -> Iterator[Problem]:
    """Somebody must have offered something, and it must be one of those."""
    if not offering:
        yield Fault.UNEXPECTED, "message", None, kind.value, section
    elif server not in offering:
        yield Fault.FIELD, "server", "one that has offered", "another", section


def _first(kind: type[M], options: Options) -> M | None:
    return next((each for each in options if isinstance(each, kind)), None)


def _text(address: IPv4Address | None) -> str | None:
    return None if address is None else str(address)
