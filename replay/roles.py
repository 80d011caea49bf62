"""What the nodes of a trace are set up with, as far as the trace shows it.

Learned by what most messages say, so that a single wrong one stands out. An operator's decision
(whom a node serves, how long a binding lasts, which addresses it gives) is no misbehaviour:
a refusal that a mobile node always gets is taken for one, a refusal now and then is not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TypeVar

from dissectors.authentication.keys import Keys
from dissectors.handoff import HoRequest, HoResponse, HoStatus
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from dissectors.mobility_codes import BindingStatus
from dissectors.mobility_options import Ipv4AddressAcknowledgement, MesgId
from dissectors.profile import Profile
from replay import ntp
from replay.binding_client import REJECTED, UNIT_S
from replay.packets import UNSPECIFIED, Packet
from replay.trace import Step, Trace
from replay.update_checks import ALL_ONES, WINDOW_NS, timestamp_of

T = TypeVar("T")
Exchange = tuple[Step, Step]
"""A Binding Update and the acknowledgement that answers it."""
_LONGEST_S = 0xFFFF * UNIT_S
_WIDEST, _USUAL, _SHARED = 16, 48, 64
_USUAL4 = 24
_USUAL_S = 600


@dataclass(frozen=True, slots=True)
class AgentRole:
    """A home agent or MAP."""

    address: IPv6Address
    local: bool = False
    pool: IPv6Network | None = None
    pool4: IPv4Network | None = None
    longest_s: int = _LONGEST_S
    forbidden: frozenset[bytes] = frozenset()
    known: frozenset[bytes] | None = None
    full: bool = False
    timestamps: bool = True
    """It insists on them."""
    clock_ahead_ns: int = 0
    bicast_ns: int | None = None
    """How long it sends downlink both ways; None: as user data shows it, in closed replay."""


@dataclass(frozen=True, slots=True)
class RouterRole:
    """An access router."""

    address: IPv6Address
    home_agent: IPv6Address
    map: IPv6Address | None = None
    lifetime_s: int = _USUAL_S
    timestamps: bool = True
    all_ones: bool = False
    forbidden: frozenset[bytes] = frozenset()
    require_ah: bool = False
    clock_ahead_ns: int = 0


@dataclass(frozen=True, slots=True)
class Roles:
    """All nodes. `tolerance_ns`: how far times may lie apart."""

    agents: tuple[AgentRole, ...]
    routers: tuple[RouterRole, ...]
    tolerance_ns: int = 500_000_000
    profile: Profile = field(default_factory=Profile)


def learned(trace: Trace, keys: Keys, profile: Profile) -> Roles:
    """The roles that a trace shows."""
    exchanges = answered(trace.steps)
    by_agent: dict[IPv6Address | None, list[Exchange]] = {}
    for pair in exchanges:
        by_agent.setdefault(pair[1].sender, []).append(pair)
    agents = tuple(_agent(trace, each, by_agent.get(each, [])) for each in trace.agents)
    around = _Around.of(trace, exchanges)
    routers = tuple(
        role for each in trace.routers if (role := _router(trace, each, around, keys)) is not None
    )
    return Roles(agents, routers, profile=profile)


# Home agents


def _agent(trace: Trace, address: IPv6Address, exchanges: list[Exchange]) -> AgentRole:
    granted = [
        (_update(asked), _ack(answer), answer)
        for asked, answer in exchanges
        if _ack(answer).status < REJECTED and _update(asked).lifetime
    ]
    told = [pair[1] for pair in exchanges if _ack(pair[1]).status < REJECTED]
    asked_most = max((bu.lifetime for bu, _, _ in granted), default=0)
    granted_most = max((ba.lifetime for _, ba, _ in granted), default=0)
    always = _always_refused(exchanges)
    served = frozenset(a.mn_id for _, _, a in granted if a.mn_id is not None)
    stamped = [_has_timestamp(bu) for bu, _, _ in granted]
    return AgentRole(
        address,
        trace.agents[address],
        _pool([each.packet.routed for each in told if each.packet.routed is not None]),
        _pool4([home4 for each in told if (home4 := _home4(_ack(each))) is not None]),
        granted_most * UNIT_S if 0 < granted_most < asked_most else _LONGEST_S,
        frozenset(m for m, s in always if s == BindingStatus.ADMINISTRATIVELY_PROHIBITED),
        served
        if any(s == BindingStatus.NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE for _, s in always)
        else None,
        not granted and any(s == BindingStatus.INSUFFICIENT_RESOURCES for _, s in always),
        all(stamped),
        _clock(exchanges),
    )


def answered(steps: Iterable[Step]) -> list[Exchange]:
    """Binding Updates with the acknowledgements that answer them."""
    waiting: dict[object, Step] = {}
    found = []
    for step in steps:
        payload = step.packet.payload
        if isinstance(payload, BindingUpdate):
            waiting[step.sender, step.receiver, step.mn_id] = step
        elif isinstance(payload, BindingAcknowledgement):
            asked = waiting.get((step.receiver, step.sender, step.mn_id))
            if asked is not None:
                found.append((asked, step))
    return found


def _always_refused(exchanges: list[Exchange]) -> list[tuple[bytes, int]]:
    """Mobile nodes that got one refusal and nothing else."""
    got: dict[bytes, set[int]] = {}
    for _, answer in exchanges:
        if answer.mn_id is not None:
            got.setdefault(answer.mn_id, set()).add(_ack(answer).status)
    return [(mn_id, min(statuses)) for mn_id, statuses in got.items() if len(statuses) == 1]


def _clock(exchanges: list[Exchange]) -> int:
    """How far the agent's clock is ahead: told by a refusal, or by the timestamps that it takes."""
    accepted = []
    for asked, answer in exchanges:
        stamp = next((o.timestamp for o in _ack(answer).options if isinstance(o, MesgId)), None)
        if stamp is None:
            continue
        ahead_ns = ntp.difference_ns(stamp, ntp.timestamp(asked.time_ns))
        if _ack(answer).status == BindingStatus.MIPV6_ID_MISMATCH:
            return 0 if abs(ahead_ns) <= WINDOW_NS else ahead_ns
        if _ack(answer).status < REJECTED:
            accepted.append(ahead_ns)
    middle = sorted(accepted)[len(accepted) // 2] if accepted else 0
    return middle if abs(middle) > WINDOW_NS else 0


def _pool(homes: list[IPv6Address]) -> IPv6Network | None:
    """The smallest usual network with all of them."""
    if not homes:
        return None
    low, high = int(min(homes)), int(max(homes))
    length = 128 - (low ^ high).bit_length()
    several = len(set(homes)) > 1
    length = _SHARED if length >= _SHARED and several else max(_WIDEST, min(length, _USUAL))
    return IPv6Network((low, length), strict=False)


def _pool4(homes: list[IPv4Address]) -> IPv4Network | None:
    if not homes:
        return None
    low, high = int(min(homes)), int(max(homes))
    length = max(8, min(32 - (low ^ high).bit_length(), _USUAL4))
    return IPv4Network((low, length), strict=False)


# Access routers


@dataclass(frozen=True, slots=True)
class _Around:
    """What the trace shows of all routers, sorted out once.

    common: the lifetime that most updates ask for; ahead_ns: how far most clocks are ahead; told:
    updates that were answered with the time.
    """

    updates: dict[IPv6Address | None, list[Step]]
    exchanges: dict[IPv6Address | None, list[Step]]
    """HO Requests and Responses by the router that is asked."""
    common: int
    ahead_ns: int
    told: frozenset[int]

    @classmethod
    def of(cls, trace: Trace, exchanges: list[Exchange]) -> _Around:
        updates: dict[IPv6Address | None, list[Step]] = {}
        asked: dict[IPv6Address | None, list[Step]] = {}
        for step in trace.steps:
            payload = step.packet.payload
            if isinstance(payload, BindingUpdate):
                updates.setdefault(step.sender, []).append(step)
            elif isinstance(payload, HoRequest | HoResponse):
                serving = step.receiver if isinstance(payload, HoRequest) else step.sender
                asked.setdefault(serving, []).append(step)
        told = (
            asked.number
            for asked, answer in exchanges
            if _ack(answer).status == BindingStatus.MIPV6_ID_MISMATCH
        )
        return cls(
            updates,
            asked,
            _most([*_lifetimes(trace.steps), *_granted(trace.steps)]) or _USUAL_S,
            _ahead(step for step in trace.steps if _is_update(step)),
            frozenset(told),
        )


def _router(trace: Trace, address: IPv6Address, around: _Around, keys: Keys) -> RouterRole | None:
    updates = around.updates.get(address, [])
    agents = [s.receiver for s in updates if trace.agents.get(s.receiver or UNSPECIFIED) is False]
    maps = [s.receiver for s in updates if trace.agents.get(s.receiver or UNSPECIFIED)]
    fallback = next((a for a, local in trace.agents.items() if not local), None)
    agent = _most(agents) or fallback
    if agent is None:
        return None
    own = set(_lifetimes(updates))
    many = len([s for s in updates if _update(s).lifetime]) > 1
    stamps = Counter(_has_timestamp(_update(s)) for s in updates)
    wanted = [s.packet.home_address for s in updates]
    exchanges = around.exchanges.get(address, [])
    # As far ahead as all others', but for a clock that a home agent has set.
    was_told = any(step.number in around.told for step in updates)
    return RouterRole(
        address,
        agent,
        _most(maps),
        own.pop() if many and len(own) == 1 else around.common,
        stamps[True] >= stamps[False],
        wanted.count(ALL_ONES) > wanted.count(UNSPECIFIED),
        frozenset(_kept_secret(exchanges)),
        _insists(exchanges, address, keys),
        _ahead(updates) if was_told else around.ahead_ns,
    )


def _ahead(updates: Iterable[Step]) -> int:
    """How far ahead of the capture's clock their timestamps are: the middle one."""
    stamps = ((s.time_ns, timestamp_of(_update(s))) for s in updates)
    found = sorted(
        ntp.difference_ns(stamp, ntp.timestamp(time_ns))
        for time_ns, stamp in stamps
        if stamp is not None
    )
    return found[len(found) // 2] if found else 0


def _kept_secret(exchanges: Iterable[Step]) -> Iterator[bytes]:
    """Mobile nodes whose context it never gives, and says that it may not."""
    got: dict[bytes, set[int]] = {}
    for step in exchanges:
        payload = step.packet.payload
        if isinstance(payload, HoResponse) and step.mn_id is not None:
            got.setdefault(step.mn_id, set()).add(payload.status)
    prohibited = {int(HoStatus.ADMINISTRATIVELY_PROHIBITED)}
    return (mn_id for mn_id, statuses in got.items() if statuses == prohibited)


def _insists(exchanges: Iterable[Step], router: IPv6Address, keys: Keys) -> bool:
    """It has associations, and no request without AH got a context from it."""
    if not any(key.destination == router for key in keys.entries.ah):
        return False
    open_: dict[object, Packet] = {}
    for step in exchanges:
        payload = step.packet.payload
        if isinstance(payload, HoRequest):
            open_[step.sender, payload.identifier] = step.packet
        elif isinstance(payload, HoResponse) and not payload.status:
            asked = open_.get((step.receiver, payload.identifier))
            if asked is not None and asked.ah is None:
                return False
    return True


# Reading messages


def _is_update(step: Step) -> bool:
    return isinstance(step.packet.payload, BindingUpdate)


def _update(step: Step) -> BindingUpdate:
    payload = step.packet.payload
    assert isinstance(payload, BindingUpdate)
    return payload


def _ack(step: Step) -> BindingAcknowledgement:
    payload = step.packet.payload
    assert isinstance(payload, BindingAcknowledgement)
    return payload


def _has_timestamp(update: BindingUpdate) -> bool:
    return any(isinstance(option, MesgId) for option in update.options)


def _home4(ack: BindingAcknowledgement) -> IPv4Address | None:
    found = (o.address for o in ack.options if isinstance(o, Ipv4AddressAcknowledgement))
    return next(found, None)


def _lifetimes(steps: Iterable[Step]) -> list[int]:
    return [_update(s).lifetime * UNIT_S for s in steps if _is_update(s) and _update(s).lifetime]


def _granted(steps: Sequence[Step]) -> list[int]:
    """Lifetimes that were accepted, in s, where somebody asks for as much."""
    acks = (s.packet.payload for s in steps)
    asked = set(_lifetimes(steps))
    lifetimes = (a.lifetime * UNIT_S for a in acks if isinstance(a, BindingAcknowledgement))
    return [lifetime_s for lifetime_s in lifetimes if lifetime_s in asked]


def _most(values: Iterable[T | None]) -> T | None:
    """The most frequent one; of several the first."""
    counted = Counter(value for value in values if value is not None)
    return max(counted, key=lambda value: counted[value]) if counted else None
