"""What a simulation is told: who there is, what happens when, and what is seen where.

Times in a scenario count from its start; names refer to nodes. `netmip6scope.scenario_file` reads
one from TOML and says what is wrong with it; here everything is in order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from dissectors.handoff import Access, LinkAuthentication
from dissectors.profile import Profile
from replay.links import Quality

START_NS = 1_700_000_000_000_000_000
CORRESPONDENT = "correspondent"
CORRESPONDENT_IPV6 = IPv6Address("2001:db8:c::99")
CORRESPONDENT_IPV4 = IPv4Address("198.51.100.99")


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """A home agent, or a MAP."""

    name: str
    address: IPv6Address
    pool: IPv6Network
    pool4: IPv4Network | None = None
    longest_s: int = 600
    bicast_ns: int = 0
    clock_ahead_ns: int = 0
    forbidden: tuple[str, ...] = ()
    """Identities that it does not serve (status 129)."""
    known: tuple[str, ...] | None = None
    """Identities that it serves alone (status 133 for others)."""
    full: bool = False
    answers: bool = True


@dataclass(frozen=True, slots=True)
class RouterSpec:
    """An access router. The last fields are mistakes that its operator may have made."""

    name: str
    address: IPv6Address
    home_agent: str
    map: str | None = None
    lifetime_s: int = 600
    clock_ahead_ns: int = 0
    ah: bool = True
    """It has associations with the other routers and insists on them."""
    authentication: bool = True
    """It authenticates towards home agent and MAP (RFC 4285)."""
    all_ones: bool = False
    """It asks for a home address with all ones instead of all zeros."""
    forbidden: tuple[str, ...] = ()
    """Identities whose context it keeps to itself (status 4)."""
    wrong_ah_key: bool = False
    wrong_key: bool = False
    timestamps: bool = True
    identity: bool = True
    """False: its HO Requests do not say whom they are about (status 1)."""
    advertised: IPv6Address | None = None
    clings: bool = False
    """It believes that mobile nodes which it has handed over are still there."""


@dataclass(frozen=True, slots=True)
class MobileSpec:
    """A mobile node. `own_key`: the key with the home agent is its own and travels in contexts."""

    name: str
    mn_id: str
    link: bytes
    own_key: bool = False
    access: Access = Access.SLAAC
    authentication: LinkAuthentication = LinkAuthentication.NONE
    key_from_aaa: bool = False
    """Its key with the home agent is its own, and the router has it from AAA."""
    wrong_secret: bool = False
    """It proves who it is with another secret than AAA knows."""
    refused: bool = False
    """AAA does not let it in."""
    home_agent: str | None = None
    """AAA assigns it this home agent."""
    home: IPv6Address | None = None
    """AAA assigns it this home address."""

    @property
    def has_ppp(self) -> bool:
        return self.access in (Access.IPV6CP, Access.IPCP)


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """The AAA server."""

    name: str
    address: IPv6Address


@dataclass(frozen=True, slots=True)
class Move:
    """A mobile node connects to a router, or with `to` None leaves the network.

    The target's base station tells its router `lead_ns` before the old link goes, later if that is
    below zero; the new link is there `gap_ns` after. `told` is the router that is told instead,
    `serving` the one that the word names as serving instead. With `trigger` or `detach` False the
    word is lost.
    """

    at_ns: int
    mobile: str
    to: str | None
    lead_ns: int = 50_000_000
    gap_ns: int = 30_000_000
    trigger: bool = True
    detach: bool = True
    told: str | None = None
    serving: str | None = None
    stays: bool = False
    """After all that the mobile node does not move."""


@dataclass(frozen=True, slots=True)
class Flow:
    """User data at a steady pace; sizes are octets of UDP payload."""

    mobile: str
    begin_ns: int
    end_ns: int
    interval_ns: int = 20_000_000
    octets: int = 160
    down: bool = True
    up: bool = True


@dataclass(frozen=True, slots=True)
class Fault:
    """A node stops and comes back empty, or a link is cut and mended."""

    at_ns: int
    until_ns: int
    node: str | None = None
    link: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class LinkSpec:
    """What the link from one node to another does to packets; "*" stands for every node."""

    source: str
    destination: str
    quality: Quality


@dataclass(frozen=True, slots=True)
class Point:
    """Where packets are captured, each once: at some nodes, or with none named everywhere."""

    name: str
    nodes: tuple[str, ...] = ()
    clock_offset_ns: int = 0


@dataclass(frozen=True, slots=True)
class Scenario:
    """All of it."""

    name: str
    title: str
    duration_ns: int
    agents: tuple[AgentSpec, ...]
    routers: tuple[RouterSpec, ...]
    mobiles: tuple[MobileSpec, ...]
    moves: tuple[Move, ...]
    maps: tuple[AgentSpec, ...] = ()
    aaa: ServerSpec | None = None
    flows: tuple[Flow, ...] = ()
    faults: tuple[Fault, ...] = ()
    links: tuple[LinkSpec, ...] = ()
    points: tuple[Point, ...] = (Point("net"),)
    correspondent: IPv6Address = CORRESPONDENT_IPV6
    correspondent4: IPv4Address | None = CORRESPONDENT_IPV4
    quiet_from_ns: int | None = None
    """From then on links only delay."""
    seed: int = 1
    start_ns: int = START_NS
    profile: Profile = field(default_factory=Profile)
