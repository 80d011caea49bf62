"""What nodes are told, and what they do about it.

A node is sans-IO: `handle(event, now_ns)` gives effects and `next_deadline_ns()` says when to come
back with `Deadline`. Times are nanoseconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv6Address
from typing import Protocol

from dissectors.handoff import LinkAuthentication
from replay.frames import LinkFrame
from replay.packets import Address, Packet


@dataclass(frozen=True, slots=True)
class Arrived:
    """A packet came in; `link` is the mobile node's link-layer address on an access link."""

    packet: Packet | LinkFrame
    link: bytes | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """The time that `next_deadline_ns` named has come."""


@dataclass(frozen=True, slots=True)
class LinkUp:
    """A base station says: this mobile node has connected."""

    mn_id: bytes
    link: bytes
    authentication: LinkAuthentication = LinkAuthentication.NONE
    """How it must prove who it is."""
    has_ppp: bool = False


@dataclass(frozen=True, slots=True)
class LinkDown:
    """A base station says: this mobile node has gone."""

    link: bytes


@dataclass(frozen=True, slots=True)
class HandoverIndication:
    """The target base station's word (draft 3.3 step 2): who comes, from which router."""

    mn_id: bytes
    link: bytes
    serving_router: IPv6Address


@dataclass(frozen=True, slots=True)
class Spoken:
    """Somebody on this node has user data to send to an address."""

    destination: Address
    data: bytes


@dataclass(frozen=True, slots=True)
class AssociationRenewed:
    """Another router has started anew, and with it the associations with it (RFC 4302 3.3.2)."""

    router: IPv6Address


Event = AssociationRenewed | Arrived | Deadline | LinkUp | LinkDown | HandoverIndication | Spoken


class Why(Enum):
    """What a packet is for, as its sender knows it."""

    ATTACH = "attach"
    HANDOFF = "handoff"
    RENEWAL = "renewal"
    TEARDOWN = "tear-down"
    ANSWER = "answer"
    HO_REQUEST = "HO Request"
    HO_RESPONSE = "HO Response"
    SOLICIT = "address asked for"
    ADVERTISE = "address given"
    NEIGHBOR = "neighbor discovery"
    LINK = "link establishment"
    AAA = "authentication"
    TUNNELLED = "user data in a tunnel"
    USER = "user data"


@dataclass(frozen=True, slots=True)
class Send:
    """Put a packet on the wire: on the access link of `link`, else towards its destination."""

    packet: Packet | LinkFrame
    why: Why
    mn_id: bytes = b""
    link: bytes | None = None


class Fact(Enum):
    """What a node knows to have happened."""

    TRIGGERED = "handover indicated"
    LINK_UP = "mobile node attached"
    LINK_DOWN = "mobile node detached"
    LET_IN = "authenticated"
    KEPT_OUT = "not authenticated"
    HAS_ADDRESS = "mobile node has its address"
    CONTEXT_REQUESTED = "context asked for"
    CONTEXT_GIVEN = "context given"
    CONTEXT_TAKEN = "context received"
    CONTEXT_REFUSED = "context refused"
    CONTEXT_UNANSWERED = "context never came"
    BOUND = "binding accepted"
    BINDING_REFUSED = "binding refused"
    BINDING_SENT_AGAIN = "no answer yet, sent again"
    BINDING_EXPIRED = "binding ran out"
    UNBOUND = "binding ended"
    HANDOFF_CANCELLED = "mobile node never came or never left"
    CACHE_CREATED = "binding cache entry created"
    CACHE_MOVED = "binding cache entry moved"
    CACHE_REFRESHED = "binding cache entry refreshed"
    CACHE_REMOVED = "binding cache entry removed"
    CACHE_EXPIRED = "binding cache entry expired"
    OLD_TUNNEL_ENDED = "tunnel to the old care-of address ended"
    UPDATE_REFUSED = "Binding Update refused"
    DROPPED = "packet dropped"
    RECEIVED = "user data received"


@dataclass(frozen=True, slots=True)
class Note:
    """A fact; the addresses and the number are what the fact is about."""

    fact: Fact
    mn_id: bytes = b""
    address: Address | None = None
    other: Address | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """An input that must not come in this state."""

    machine: str
    state: str
    given: str
    reason: str


Effect = Send | Note | Violation
Effects = tuple[Effect, ...]


class Node(Protocol):
    """What the simulator, replay and the lab run."""

    def handle(self, event: Event, now_ns: int) -> Effects:
        """Take an event; what follows from it."""
        ...

    def next_deadline_ns(self) -> int | None:
        """When `Deadline` is due; None if nothing is waited for."""
        ...

    def addresses(self) -> tuple[IPv4Address | IPv6Address, ...]:
        """The addresses that packets find the node by."""
        ...
