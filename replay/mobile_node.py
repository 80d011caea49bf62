"""A mobile node: a plain IPv6 host that knows nothing of all this (draft 6.1).

Stateless address configuration (RFC 2462): duplicate address detection for the link-local address,
Router Solicitation, an address in the prefix that is advertised, duplicate address detection for
that. It keeps the address when the link goes and comes back: the network sees to the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from ipaddress import IPv4Address, IPv6Address

from dissectors.neighbor import NeighborAdvertisement, NeighborSolicitation, RouterAdvertisement
from replay import slaac
from replay.events import (
    Arrived,
    Deadline,
    Effect,
    Effects,
    Event,
    Fact,
    LinkDown,
    LinkUp,
    Note,
    Send,
    Spoken,
    Violation,
    Why,
)
from replay.machine import Table, never
from replay.packets import UNSPECIFIED, Datagram, Packet

PROBE_NS = 1_000_000_000
"""RFC 2462 5.4: one Neighbor Solicitation, then RETRANS_TIMER."""
SOLICIT_NS = 4_000_000_000
"""RFC 2461 10: RTR_SOLICITATION_INTERVAL."""
PORT = 40000
PEER_PORT = 40001


@dataclass(frozen=True, slots=True)
class Host:
    """A mobile node's interface. `probe_ns`: how long it waits for somebody who has its address."""

    mn_id: bytes
    link: bytes
    address: IPv6Address | None = None
    deadline_ns: int | None = None
    probe_ns: int = PROBE_NS


class State(Enum):
    """How far the host is."""

    DOWN = "no link"
    PROBING_LINK = "probing its link-local address"
    SOLICITING = "looking for a router"
    PROBING = "probing its address"
    READY = "has an address"
    PAUSED = "has an address, no link"
    STUCK = "address taken by another"


class Input(Enum):
    """What can happen to it."""

    LINK_UP = "link up"
    LINK_DOWN = "link down"
    TIMER = "time over"
    ADVERTISED = "prefix advertised"
    CONFLICT = "address is another's"


@dataclass(frozen=True, slots=True)
class Given:
    """What comes with an input."""

    now_ns: int
    prefix: IPv6Address | None = None


Outcome = tuple[Host, Effects]
Action = Callable[[Host, Given], Outcome]


def probe_link(host: Host, given: Given) -> Outcome:
    probe = Send(slaac.duplicate_probe(slaac.link_local(host.link)), Why.NEIGHBOR, host.mn_id)
    return replace(host, deadline_ns=given.now_ns + host.probe_ns), (probe,)


def solicit(host: Host, given: Given) -> Outcome:
    solicitation = Send(slaac.solicitation(host.link), Why.SOLICIT, host.mn_id)
    return replace(host, deadline_ns=given.now_ns + SOLICIT_NS), (solicitation,)


def probe(host: Host, given: Given) -> Outcome:
    assert given.prefix is not None
    address = slaac.address_in(given.prefix, host.link)
    send = Send(slaac.duplicate_probe(address), Why.NEIGHBOR, host.mn_id)
    return replace(host, address=address, deadline_ns=given.now_ns + host.probe_ns), (send,)


def configured(host: Host, _: Given) -> Outcome:
    note = Note(Fact.HAS_ADDRESS, host.mn_id, host.address)
    return replace(host, deadline_ns=None), (note,)


def rest(host: Host, _: Given) -> Outcome:
    return replace(host, deadline_ns=None), ()


def forget(host: Host, _: Given) -> Outcome:
    return replace(host, address=None, deadline_ns=None), ()


def nothing(host: Host, _: Given) -> Outcome:
    return host, ()


_S, _I = State, Input
_HAS_LINK = (
    _S.PROBING_LINK,
    _S.SOLICITING,
    _S.PROBING,
    _S.READY,
    _S.STUCK,
)

TABLE: Table[State, Input, Action] = Table(
    "mobile node",
    State,
    Input,
    {
        (_S.DOWN, _I.LINK_UP): (_S.PROBING_LINK, probe_link),
        (_S.PROBING_LINK, _I.LINK_DOWN): (_S.DOWN, rest),
        (_S.PROBING_LINK, _I.TIMER): (_S.SOLICITING, solicit),
        (_S.PROBING_LINK, _I.ADVERTISED): (_S.PROBING_LINK, nothing),
        (_S.PROBING_LINK, _I.CONFLICT): (_S.STUCK, rest),
        (_S.SOLICITING, _I.LINK_DOWN): (_S.DOWN, rest),
        (_S.SOLICITING, _I.TIMER): (_S.SOLICITING, solicit),
        (_S.SOLICITING, _I.ADVERTISED): (_S.PROBING, probe),
        (_S.SOLICITING, _I.CONFLICT): (_S.SOLICITING, nothing),
        (_S.PROBING, _I.LINK_DOWN): (_S.DOWN, forget),
        (_S.PROBING, _I.TIMER): (_S.READY, configured),
        (_S.PROBING, _I.ADVERTISED): (_S.PROBING, nothing),
        (_S.PROBING, _I.CONFLICT): (_S.STUCK, forget),
        (_S.READY, _I.LINK_DOWN): (_S.PAUSED, rest),
        (_S.READY, _I.ADVERTISED): (_S.READY, nothing),
        (_S.READY, _I.CONFLICT): (_S.READY, nothing),
        (_S.PAUSED, _I.LINK_UP): (_S.READY, nothing),
        (_S.STUCK, _I.LINK_DOWN): (_S.DOWN, forget),
        (_S.STUCK, _I.ADVERTISED): (_S.STUCK, nothing),
        (_S.STUCK, _I.CONFLICT): (_S.STUCK, nothing),
    },
    {
        **never("the link is up already", _HAS_LINK, [_I.LINK_UP]),
        **never(
            "the link is down already",
            [_S.DOWN, _S.PAUSED],
            [_I.LINK_DOWN, _I.ADVERTISED, _I.CONFLICT],
        ),
        **never("no timer runs", [_S.DOWN, _S.READY, _S.PAUSED, _S.STUCK], [_I.TIMER]),
    },
)


class MobileNode:
    """The host with its state, and the user behind it."""

    def __init__(self, host: Host) -> None:
        self.state = State.DOWN
        self.host = host

    def addresses(self) -> tuple[IPv4Address | IPv6Address, ...]:
        """None that the core network finds it by."""
        return ()

    def next_deadline_ns(self) -> int | None:
        """Of probing and soliciting."""
        return self.host.deadline_ns

    def handle(self, event: Event, now_ns: int) -> Effects:
        """Take an event."""
        match event:
            case LinkUp():
                return self._give(Input.LINK_UP, Given(now_ns))
            case LinkDown():
                return self._give(Input.LINK_DOWN, Given(now_ns))
            case Deadline():
                return self._give(Input.TIMER, Given(now_ns))
            case Spoken():
                return self._speak(event)
            case Arrived(packet=Packet() as packet):
                return self._arrived(packet, now_ns)
            case _:
                return ()

    def _give(self, given_input: Input, given: Given) -> Effects:
        entry = TABLE.transitions.get((self.state, given_input))
        if entry is None:
            reason = TABLE.forbidden[self.state, given_input]
            return (Violation(TABLE.name, self.state.name, given_input.name, reason),)
        self.state, action = entry
        self.host, effects = action(self.host, given)
        return effects

    def _arrived(self, packet: Packet, now_ns: int) -> Effects:
        payload = packet.payload
        if isinstance(payload, RouterAdvertisement):
            prefix = slaac.prefix_told(payload)
            return () if prefix is None else self._give(Input.ADVERTISED, Given(now_ns, prefix))
        if isinstance(payload, NeighborAdvertisement | NeighborSolicitation):
            return self._neighbor(packet, payload, now_ns)
        if isinstance(payload, Datagram) and packet.destination == self.host.address:
            number = int.from_bytes(payload.data[:8], "big")
            return (Note(Fact.RECEIVED, self.host.mn_id, packet.destination, number=number),)
        return ()

    def _neighbor(
        self, packet: Packet, message: NeighborAdvertisement | NeighborSolicitation, now_ns: int
    ) -> Effects:
        """Somebody has one of the host's addresses, probes for it, or wants to know it is there."""
        if message.target not in (self.host.address, slaac.link_local(self.host.link)):
            return ()
        if isinstance(message, NeighborAdvertisement) or packet.source == UNSPECIFIED:
            return self._give(Input.CONFLICT, Given(now_ns))
        assert isinstance(packet.source, IPv6Address)
        answer = slaac.answer(message.target, packet.source, self.host.link)
        return (Send(answer, Why.NEIGHBOR, self.host.mn_id),)

    def _speak(self, event: Spoken) -> tuple[Effect, ...]:
        if self.state is not State.READY or self.host.address is None:
            return ()
        data = Datagram(PORT, PEER_PORT, event.data)
        packet = Packet(self.host.address, event.destination, data)
        return (Send(packet, Why.USER, self.host.mn_id),)
