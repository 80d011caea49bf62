"""A home agent, and with `local` a MAP: binding cache, home addresses, tunnels (draft 3, 5, 6.3).

A Binding Update is judged first (`update_checks`): refused with a status, or an input of its
entry's table. The MAP's home addresses are RCoAs; what it takes out of a tunnel it sends on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from dissectors.layout import Message
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from dissectors.mobility_codes import BindingStatus, Ipv4AddressStatus, MnIdSubtype
from dissectors.mobility_options import (
    Ipv4AddressAcknowledgement,
    Ipv4HomeAddress,
    MesgId,
    MobileNodeIdentifier,
)
from replay import binding_cache
from replay.binding_cache import Entry, Given, State
from replay.binding_client import ANY_IPV4, REJECTED, UNIT_S, named
from replay.events import (
    Arrived,
    Deadline,
    Effect,
    Effects,
    Event,
    Fact,
    Note,
    Send,
    Violation,
    Why,
)
from replay.home_pool import HomePool, Homes, PoolConfig
from replay.ntp import SECOND_NS
from replay.packets import UNSPECIFIED, Address, Packet
from replay.security import care_of, signed
from replay.timers import Timers
from replay.update_checks import ALL_ONES, Checks, Refusal, judged, timestamp_of

_ONE_ADDRESS = 32


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """One home agent or MAP."""

    name: str
    address: IPv6Address
    pool: PoolConfig
    local: bool = False
    """It is a MAP."""
    longest_units: int = 150
    """The longest lifetime granted, in units of 4 s."""
    bicast_ns: int = 0
    """How long downlink goes to the old care-of address too; 0: never."""
    checks: Checks = field(default_factory=Checks)
    clock_ahead_ns: int = 0
    answers: bool = True
    """False: a fault, Binding Updates stay without answer."""


class Bound:
    """An entry with its state."""

    __slots__ = ("entry", "state")

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.state = State.UNBOUND


class HomeAgent:
    """The home network's end of all tunnels."""

    def __init__(self, config: AgentConfig) -> None:
        self.config = config
        self.bindings: dict[bytes, Bound] = {}
        self.by_home: dict[Address, Bound] = {}
        self._pool = HomePool(config.pool)
        self._timers: Timers[bytes] = Timers()

    def addresses(self) -> tuple[IPv4Address | IPv6Address, ...]:
        """Its own."""
        return (self.config.address,)

    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Those of home addresses."""
        pool = self.config.pool
        return (pool.network,) if pool.network4 is None else (pool.network, pool.network4)

    def reserve(self, mn_id: bytes, home: IPv6Address | IPv4Address) -> bool:
        """Have this home address ready for an identity; False if it is another's."""
        return self._pool.assigned(mn_id, self._in_use, home) is not None

    def next_deadline_ns(self) -> int | None:
        """The earliest of any entry."""
        return self._timers.next_ns()

    def handle(self, event: Event, now_ns: int) -> Effects:
        """Take an event."""
        match event:
            case Arrived(packet=Packet(payload=BindingUpdate()) as packet):
                return self._updated(packet, now_ns)
            case Arrived(packet=Packet() as packet) if packet.destination == self.config.address:
                return self._from_tunnel(packet)
            case Arrived(packet=Packet() as packet):
                return self._to_tunnel(packet)
            case Deadline():
                return self._due(now_ns)
            case _:
                return ()

    # Binding Updates

    def _updated(self, packet: Packet, now_ns: int) -> Effects:
        if not self.config.answers or packet.destination != self.config.address:
            return ()
        update = packet.payload
        assert isinstance(update, BindingUpdate)
        mn_id = named(update.options) or b""
        bound = self.bindings.get(mn_id)
        entry = None if bound is None else bound.entry
        verdict = judged(packet, entry, self._holder(packet), self.config, now_ns)
        if verdict is None:
            return ()
        homes = None
        if verdict.status < REJECTED:
            wanted = _named_home(packet) or _named_home4(update)
            homes = self._pool.assigned(mn_id, self._in_use, wanted)
            if homes is None:
                status = BindingStatus.INSUFFICIENT_RESOURCES
                verdict = Refusal(status, update.sequence, timestamp_of(update))
        if homes is None:
            note = Note(
                Fact.UPDATE_REFUSED, mn_id, care_of(packet), self.config.address, verdict.status
            )
            return note, self._answer(packet, verdict, None, 0)
        if bound is None:
            bound = self._new(mn_id, homes, packet)
        return self._entered(bound, packet, verdict, now_ns)

    def _entered(self, bound: Bound, packet: Packet, verdict: Refusal, now_ns: int) -> Effects:
        update = packet.payload
        assert isinstance(update, BindingUpdate)
        units = min(update.lifetime, self.config.longest_units)
        coa = care_of(packet)
        given = Given(
            now_ns,
            self.config.address,
            coa,
            update.sequence,
            timestamp_of(update) or 0,
            units * UNIT_S * SECOND_NS,
            self.config.bicast_ns,
        )
        what = binding_cache.classify(bound.entry, coa, update.lifetime, self.config.bicast_ns)
        effects = self._give(bound, what, given)
        return (*effects, self._answer(packet, verdict, bound.entry, units))

    def _give(self, bound: Bound, what: binding_cache.Input, given: Given) -> Effects:
        table = binding_cache.TABLE
        entry = table.transitions.get((bound.state, what))
        if entry is None:
            reason = table.forbidden[bound.state, what]
            return (Violation(table.name, bound.state.name, what.name, reason),)
        bound.state, action = entry
        bound.entry, notes = action(bound.entry, given)
        deadline_ns = binding_cache.deadline_ns(bound.state, bound.entry)
        self._timers.set(bound.entry.mn_id, deadline_ns)
        return notes

    def _new(self, mn_id: bytes, homes: Homes, packet: Packet) -> Bound:
        """A new entry has an IPv6 or an IPv4 home address, as it was asked for."""
        update = packet.payload
        assert isinstance(update, BindingUpdate)
        wants_ipv4 = any(isinstance(option, Ipv4HomeAddress) for option in update.options)
        home, home4 = (None, homes.home4) if wants_ipv4 else (homes.home, None)
        bound = self.bindings[mn_id] = Bound(Entry(mn_id, home, home4))
        for each in (home, home4):
            if each is not None:
                stale = self.by_home.get(each)
                if stale is not None:
                    self.bindings.pop(stale.entry.mn_id, None)
                self.by_home[each] = bound
        return bound

    def _in_use(self, mn_id: bytes) -> bool:
        bound = self.bindings.get(mn_id)
        return bound is not None and bound.state is not State.UNBOUND

    def _holder(self, packet: Packet) -> bytes | None:
        """Who has the home address that the update names."""
        home = packet.home_address
        bound = None if home is None else self.by_home.get(home)
        return None if bound is None else bound.entry.mn_id

    def _answer(self, packet: Packet, verdict: Refusal, entry: Entry | None, units: int) -> Effect:
        update = packet.payload
        assert isinstance(update, BindingUpdate)
        mn_id = named(update.options)
        options: list[Message] = []
        if mn_id is not None:
            options.append(MobileNodeIdentifier(MnIdSubtype.NAI, mn_id))
        wanted4 = next((o for o in update.options if isinstance(o, Ipv4HomeAddress)), None)
        if wanted4 is not None:
            home4 = entry.home4 if entry is not None and entry.home4 is not None else None
            status = Ipv4AddressStatus.SUCCESS if home4 else Ipv4AddressStatus.REASON_UNSPECIFIED
            options.append(
                Ipv4AddressAcknowledgement(status, _ONE_ADDRESS, address=home4 or wanted4.address)
            )
        if verdict.timestamp is not None:
            options.append(MesgId(verdict.timestamp))
        ack = BindingAcknowledgement(
            status=verdict.status, sequence=verdict.sequence, lifetime=units, options=tuple(options)
        )
        routed = entry.home if entry is not None else _named_home(packet)
        answer = Packet(self.config.address, care_of(packet), ack, routed=routed)
        association = self.config.checks.association(packet)
        if association is not None:
            answer = signed(answer, association)
        return Send(answer, Why.ANSWER, mn_id or b"")

    # Time

    def _due(self, now_ns: int) -> Effects:
        out: list[Effect] = []
        for mn_id in list(self._timers.due(now_ns)):
            bound = self.bindings.get(mn_id)
            if bound is not None:
                what = binding_cache.due(bound.entry, now_ns)
                out += self._give(bound, what, Given(now_ns, self.config.address))
        return tuple(out)

    # Tunnels

    def _to_tunnel(self, packet: Packet) -> Effects:
        bound = self.by_home.get(packet.destination)
        if bound is None or bound.entry.care_of is None:
            mn_id = b"" if bound is None else bound.entry.mn_id
            return (Note(Fact.DROPPED, mn_id, packet.destination, self.config.address),)
        entry = bound.entry
        assert entry.care_of is not None
        mn_id = entry.mn_id
        tunnel = Packet(self.config.address, entry.care_of, packet)
        if bound.state is not State.BICASTING or entry.copy_to is None:
            return (Send(tunnel, Why.TUNNELLED, mn_id),)
        copy = Packet(self.config.address, entry.copy_to, packet)
        return Send(copy, Why.TUNNELLED, mn_id), Send(tunnel, Why.TUNNELLED, mn_id)

    def _from_tunnel(self, packet: Packet) -> Effects:
        inner = packet.payload
        if not isinstance(inner, Packet):
            return ()
        bound = self.by_home.get(inner.source)
        if bound is None or not self._has_tunnel(bound.entry, packet.source):
            return (Note(Fact.DROPPED, b"", inner.source, self.config.address),)
        nested = isinstance(inner.payload, Packet)
        return (Send(inner, Why.TUNNELLED if nested else Why.USER, bound.entry.mn_id),)

    def _has_tunnel(self, entry: Entry, source: Address) -> bool:
        return source == entry.care_of or source in entry.tunnels


def _named_home4(update: BindingUpdate) -> IPv4Address | None:
    """The IPv4 home address that the update names, where it names one."""
    found = (o.address for o in update.options if isinstance(o, Ipv4HomeAddress))
    home4 = next(found, None)
    return None if home4 == ANY_IPV4 else home4


def _named_home(packet: Packet) -> IPv6Address | None:
    """The home address that the update names, where it names one."""
    return None if packet.home_address in (UNSPECIFIED, ALL_ONES) else packet.home_address
