"""A trace: the messages that somebody saw, with who sent each and who it is for.

Nodes are known by the address that others use for them. A regional care-of address stands for the
access router that the MAP last bound it to (draft 5.1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv6Address

import numpy as np

from dissectors.frames import Ints
from dissectors.handoff import HoRequest, HoResponse
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from dissectors.mobility_options import Ipv4HomeAddress
from replay.binding_client import ANY_IPV4, REJECTED
from replay.judged import who
from replay.packets import UNSPECIFIED, Address, Packet
from replay.security import care_of
from replay.update_checks import ALL_ONES
from replay.user_data import NO_USER_DATA, Flow, UserData, thinned

SAME_NS = 1_000_000_000
"""How long a message may be on its way inside the network."""
LOST_NS = 500_000_000
"""What is sent again sooner than that was doubled, not lost."""
LONGEST_NS = 32_000_000_000
"""RFC 6275 12, MAX_BINDACK_TIMEOUT: what is asked again later than that is asked anew."""
SAMPLE_NS = 250_000_000
"""So often user data tells that somebody is there."""


@dataclass(frozen=True, slots=True)
class Observed:
    """A packet as it was captured; `frame` counts from 1 in its file."""

    frame: int
    time_ns: int
    packet: Packet
    sealed: bool | None = None
    """Whether its authenticator or ICV is right as it was sent; None where no key tells."""


@dataclass(slots=True)
class Step:
    """A message with its ends; None is who is not a node of the network's (a mobile node)."""

    number: int
    seen: Observed
    sender: IPv6Address | None
    receiver: IPv6Address | None
    mn_id: bytes | None
    link: bytes | None = None
    lost: bool = False
    """Nobody answered it and it was sent again: it may not have arrived."""

    @property
    def packet(self) -> Packet:
        return self.seen.packet

    @property
    def time_ns(self) -> int:
        return self.seen.time_ns


@dataclass(slots=True)
class Trace:
    """Steps in order; `heard`: per router and home address, when its user data came by."""

    steps: list[Step]
    agents: dict[IPv6Address, bool]
    """Home agents, and with True MAPs."""
    routers: list[IPv6Address]
    heard: dict[tuple[IPv6Address, Address], list[int]] = field(default_factory=dict)
    user_data: UserData = NO_USER_DATA
    end_ns: int = 0
    _firsts: dict[bytes | None, Step] = field(default_factory=dict)

    @property
    def nodes(self) -> list[IPv6Address]:
        return [*self.agents, *self.routers]

    def begins_with(self, step: Step) -> bool:
        """Whether nothing before it is about its mobile node. To be asked when steps are named."""
        if not self._firsts:
            self._firsts.update((each.mn_id, each) for each in reversed(self.steps))
        return step.mn_id is not None and self._firsts[step.mn_id] is step


_SIGNALS = BindingUpdate | BindingAcknowledgement | HoRequest | HoResponse


def traced(observed: Sequence[Observed], user_data: UserData = NO_USER_DATA) -> Trace:
    """The trace of what was observed, in order of time.

    User packets come as columns; those among `observed` are put with them.
    """
    agents = _agents([_unwrapped(seen) for seen in observed])
    regional = _Regional(agents)
    routers: dict[IPv6Address, None] = {}
    trace = Trace([], agents, [])
    known: dict[Packet, int] = {}
    tunnelled: list[tuple[int, int, Flow]] = []
    for outer in observed:
        seen = _unwrapped(outer)
        packet = seen.packet
        if isinstance(packet.payload, Packet):
            tunnelled.append((seen.frame, seen.time_ns, _flow(packet)))
            continue
        # A message for a regional care-of address goes on in the MAP's tunnel.
        if seen is not outer and seen.time_ns - known.get(packet, -SAME_NS) < SAME_NS:
            continue
        if isinstance(packet.payload, _SIGNALS):
            known[packet] = seen.time_ns
        sender, receiver = regional.ends(packet, seen.time_ns)
        if isinstance(packet.payload, _SIGNALS):
            regional.learn(packet, seen.time_ns)
            for each in (sender, receiver):
                if each is not None and each not in agents:
                    routers.setdefault(each)
            step = Step(len(trace.steps), seen, sender, receiver, who(packet))
        else:
            step = Step(len(trace.steps), seen, None, None, None)
        trace.steps.append(step)
    trace.routers = list(routers)
    trace.user_data = UserData.of(tunnelled).joined(user_data)
    ends_ns = trace.user_data.time_ns[-1:].tolist()
    trace.end_ns = max((*(seen.time_ns for seen in observed), *ends_ns), default=0)
    trace.heard = _heard(trace, regional)
    _name_by_exchange(trace.steps)
    _mark_lost(trace.steps)
    return trace


def _unwrapped(seen: Observed) -> Observed:
    """What stands inside of tunnels, where that is signalling."""
    inner = seen.packet
    while isinstance(inner.payload, Packet):
        inner = inner.payload
    signals = isinstance(inner.payload, _SIGNALS) and inner is not seen.packet
    return replace(seen, packet=inner) if signals else seen


def _agents(observed: Iterable[Observed]) -> dict[IPv6Address, bool]:
    """Binding Updates go to them; with M to a MAP."""
    votes: dict[IPv6Address, list[bool]] = {}
    for seen in observed:
        update, to = seen.packet.payload, seen.packet.destination
        if isinstance(update, BindingUpdate) and isinstance(to, IPv6Address):
            votes.setdefault(to, []).append(update.map_registration)
    return {agent: sum(said) * 2 > len(said) for agent, said in votes.items()}


class _Regional:
    """Which router a regional care-of address stands for, as the trace goes on."""

    def __init__(self, agents: dict[IPv6Address, bool]) -> None:
        self._maps = {agent for agent, local in agents.items() if local}
        self._router: dict[Address, IPv6Address] = {}
        self._since: dict[Address, list[tuple[int, IPv6Address]]] = {}
        self._holders: dict[Address, list[IPv6Address]] = {}
        self._asked: dict[Address, tuple[int, IPv6Address]] = {}
        """Who has just asked for it at its MAP, and when."""

    def learn(self, packet: Packet, time_ns: int) -> None:
        if isinstance(packet.payload, BindingUpdate) and packet.destination in self._maps:
            rcoa, router = packet.home_address, packet.source
            if packet.payload.lifetime and rcoa is not None and isinstance(router, IPv6Address):
                self._asked[rcoa] = time_ns, router
        ack, to, rcoa = packet.payload, packet.destination, packet.routed
        is_ack = isinstance(ack, BindingAcknowledgement) and packet.source in self._maps
        if is_ack and rcoa is not None and isinstance(to, IPv6Address):
            assert isinstance(ack, BindingAcknowledgement)
            if ack.status < REJECTED:
                self._hold(rcoa, to, time_ns, bound=ack.lifetime > 0)

    def _hold(self, rcoa: Address, router: IPv6Address, time_ns: int, *, bound: bool) -> None:
        """It stands for who was bound last, of those that have not taken their bindings away."""
        holders = self._holders.setdefault(rcoa, [])
        if router in holders:
            holders.remove(router)
        if bound:
            holders.append(router)
        if holders and self._router.get(rcoa) != holders[-1]:
            self._router[rcoa] = holders[-1]
            self._since.setdefault(rcoa, []).append((time_ns, holders[-1]))

    def ends(self, packet: Packet, time_ns: int) -> tuple[IPv6Address | None, IPv6Address | None]:
        """Sender and receiver; whoever asks a MAP may register at home in the same moment."""
        asked_ns, router = self._asked.get(packet.source, (0, None))
        if not isinstance(packet.payload, BindingUpdate) or time_ns - asked_ns > SAME_NS:
            router = self.router(packet.source)
        return router, self.router(packet.destination)

    def router(self, address: Address) -> IPv6Address | None:
        found = self._router.get(address, address)
        return found if isinstance(found, IPv6Address) else None

    def stays(self, address: Address, rows: Ints, time_ns: Ints) -> Iterator[tuple[Address, Ints]]:
        """Rows of packets with this address, apart for each router that it has stood for."""
        since = self._since.get(address)
        if since is None:
            yield address, rows
            return
        cuts = np.searchsorted(time_ns[rows], [ns for ns, _ in since], "right")
        routers = [address, *(router for _, router in since)]
        yield from zip(routers, np.split(rows, cuts), strict=True)


def _flow(packet: Packet) -> Flow:
    """Of nested tunnels the outermost, and the packet inside of all."""
    inner = packet
    while isinstance(inner.payload, Packet):
        inner = inner.payload
    return Flow(packet.source, packet.destination, inner.source, inner.destination)


def _heard(trace: Trace, regional: _Regional) -> dict[tuple[IPv6Address, Address], list[int]]:
    """Tunnels towards a home agent or MAP: their routers hear the mobile nodes."""
    user = trace.user_data
    rows_of: dict[tuple[IPv6Address, Address], list[Ints]] = {}
    for flow, all_rows in user.by_flow():
        if flow.destination not in trace.agents:
            continue
        for router, rows in regional.stays(flow.source, all_rows, user.time_ns):
            if isinstance(router, IPv6Address) and router not in trace.agents and len(rows):
                rows_of.setdefault((router, flow.inner_source), []).append(rows)
    return {
        who: thinned(user.time_ns[np.sort(np.concatenate(rows))], SAMPLE_NS)
        for who, rows in rows_of.items()
    }


def _name_by_exchange(steps: Sequence[Step]) -> None:
    """Both halves of an exchange are about one mobile node.

    A request and an answer that fit but for the identity belong together if nothing else fits.
    Where one names nobody it is the other's; where they name two, whom the trace names more often.
    """
    counts = Counter(step.mn_id for step in steps if step.mn_id is not None)
    open_: dict[object, dict[bytes | None, Step]] = {}
    odd: list[tuple[dict[bytes | None, Step], Step]] = []
    for step in steps:
        if isinstance(step.packet.payload, HoRequest | BindingUpdate):
            open_.setdefault(_numbered(step), {})[step.mn_id] = step
        elif isinstance(step.packet.payload, HoResponse | BindingAcknowledgement):
            asked = open_.get(_numbered(step), {})
            if asked.pop(step.mn_id, None) is None:
                odd.append((asked, step))
    for asked, answer in odd:
        earlier = [one for one in asked.values() if one.number < answer.number]
        if len(earlier) == 1:
            _share(earlier[0], answer, counts)


def _numbered(step: Step) -> object:
    """What a request and its answer have in common, but for the identity."""
    packet = step.packet
    payload = packet.payload
    if isinstance(payload, HoRequest):
        return packet.source, packet.destination, payload.identifier
    if isinstance(payload, HoResponse):
        return packet.destination, packet.source, payload.identifier
    if isinstance(payload, BindingUpdate):
        return care_of(packet), packet.destination, payload.sequence
    assert isinstance(payload, BindingAcknowledgement)
    return packet.destination, packet.source, payload.sequence


def _share(asked: Step, answer: Step, counts: Counter[bytes]) -> None:
    named = [mn_id for mn_id in (asked.mn_id, answer.mn_id) if mn_id is not None]
    if named:
        asked.mn_id = answer.mn_id = max(named, key=lambda mn_id: counts[mn_id])


# What may not have arrived


def _mark_lost(steps: Sequence[Step]) -> None:
    """Requests that are asked again without an answer between, and answers followed by that."""
    open_: dict[object, tuple[Step, Step | None]] = {}
    for step in steps:
        payload = step.packet.payload
        if isinstance(payload, BindingUpdate | HoRequest):
            key = _question(step)
            earlier = open_.get(key)
            if earlier is not None and _repeats(earlier[0], step):
                asked, answer = earlier
                if answer is None:
                    asked.lost = step.lost = True
                elif _wants_again(asked, answer, step):
                    answer.lost = True
            open_[key] = step, None
        elif isinstance(payload, BindingAcknowledgement | HoResponse):
            key = _answered(step)
            if key in open_:
                open_[key][0].lost = False
                open_[key] = open_[key][0], step


def _question(step: Step) -> object:
    packet = step.packet
    if isinstance(packet.payload, HoRequest):
        return packet.source, packet.destination, packet.payload.identifier
    return care_of(packet), packet.destination, step.mn_id


def _answered(step: Step) -> object:
    packet = step.packet
    if isinstance(packet.payload, HoResponse):
        return packet.destination, packet.source, packet.payload.identifier
    return packet.destination, packet.source, step.mn_id


def _repeats(earlier: Step, later: Step) -> bool:
    """The same question, no sooner than one that was lost is asked again."""
    one, other = earlier.packet.payload, later.packet.payload
    if not LOST_NS * 4 // 5 <= later.time_ns - earlier.time_ns <= LONGEST_NS * 5 // 4:
        return False
    if isinstance(one, BindingUpdate) and isinstance(other, BindingUpdate):
        same = _named_homes(earlier.packet) == _named_homes(later.packet)
        return same and (one.lifetime == 0) == (other.lifetime == 0)
    return isinstance(one, HoRequest) and isinstance(other, HoRequest)


def _wants_again(asked: Step, answer: Step, later: Step) -> bool:
    """Whether the answer between did not arrive: else the question would not come as it was."""
    if isinstance(asked.packet.payload, HoRequest):
        return True
    ack = answer.packet.payload
    if isinstance(ack, BindingAcknowledgement) and ack.status >= REJECTED:
        return False
    home, home4 = _named_homes(later.packet)
    asks = home4 == ANY_IPV4 if home4 is not None else home in (None, UNSPECIFIED, ALL_ONES)
    return asks and asked.mn_id == later.mn_id


def _named_homes(packet: Packet) -> tuple[IPv6Address | None, IPv4Address | None]:
    """The home addresses that a Binding Update is about."""
    update = packet.payload
    assert isinstance(update, BindingUpdate)
    home4 = (each.address for each in update.options if isinstance(each, Ipv4HomeAddress))
    return packet.home_address, next(home4, None)
