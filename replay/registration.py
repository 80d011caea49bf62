"""The bindings that an access router keeps for one mobile node: at the home agent, or MAP first.

In a MAP's domain (draft 5.1) the router binds its own address (LCoA) to the RCoA at the MAP, and at
attach and after a move between MAPs the RCoA to the home address at the home agent. After a move
inside the domain it takes over the home agent's binding as the context tells it, and renews it.
Sequence numbers go on from one binding to the next, so that they rise whoever sends them.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, replace
from functools import reduce
from ipaddress import IPv4Address, IPv6Address

from replay import binding_client as client
from replay.binding_client import UNIT_S, Binding, Given, Input, Settings, Signal, State
from replay.events import Effect, Violation, Why
from replay.ntp import SECOND_NS
from replay.packets import Packet
from replay.security import MnHaSecurity


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall be registered. Sequence number and timestamp: the last that others used."""

    mn_id: bytes
    why: Why
    home_agent: IPv6Address
    home: IPv6Address | None = None
    home4: IPv4Address | None = None
    association: MnHaSecurity | None = None
    sequence: int = 0
    timestamp: int = 0
    remaining_s: int = 0
    rcoa: IPv6Address | None = None
    """Of the domain's own MAP; None where another MAP or none had the binding."""


@dataclass(frozen=True, slots=True)
class Domain:
    """The MAP that a router registers at, and the association with it."""

    map: IPv6Address
    association: MnHaSecurity | None = None


def later(one: int, other: int) -> int:
    """The later of two sequence numbers, modulo 2**16 (RFC 6275 9.5.1)."""
    return one if one - other & 0xFFFF < 1 << 15 else other


class Client:
    """One binding with its state."""

    __slots__ = ("binding", "state")

    def __init__(self, state: State, binding: Binding) -> None:
        self.state = state
        self.binding = binding

    def give(self, given_input: Input, given: Given) -> tuple[Effect | Signal, ...]:
        """Let the table act; what is forbidden is a Violation and changes nothing."""
        entry = client.TABLE.transitions.get((self.state, given_input))
        if entry is None:
            reason = client.TABLE.forbidden[self.state, given_input]
            state, name = self.state.name, given_input.name
            return (Violation(client.TABLE.name, state, name, reason),)
        self.state, action = entry
        self.binding, effects = action(self.binding, given)
        return effects


class Registration:
    """One mobile node's bindings; `home` and `local` are None until they are needed."""

    __slots__ = ("_care_of", "_domain", "_wanted", "home", "local", "settings")

    def __init__(self, care_of: IPv6Address, domain: Domain | None, settings: Settings) -> None:
        self.settings = settings
        self.home: Client | None = None
        self.local: Client | None = None
        self._care_of = care_of
        self._domain = domain
        self._wanted: Wanted | None = None

    def copied(self) -> Registration:
        """One that can change without this."""
        made = copy(self)
        made.home = None if self.home is None else copy(self.home)
        made.local = None if self.local is None else copy(self.local)
        return made

    @property
    def idle(self) -> bool:
        return all(each.state is State.IDLE for each in self.clients())

    @property
    def busy(self) -> bool:
        """Something is registered, or about to be."""
        return any(each.state not in (State.IDLE, State.RELEASING) for each in self.clients())

    @property
    def bound(self) -> bool:
        """User data can go through the tunnel."""
        needed = [self.home] if self._domain is None else [self.home, self.local]
        return all(each is not None and each.binding.lifetime_units > 0 for each in needed) and (
            self.busy
        )

    @property
    def sequence(self) -> int:
        """The last number that any Binding Update had."""
        return reduce(later, (each.binding.sequence for each in self.clients()))

    @property
    def rcoa(self) -> IPv6Address | None:
        return None if self.local is None else self.local.binding.home

    def clients(self) -> Iterator[Client]:
        """The MAP's and the home agent's, those that there are."""
        if self.local is not None:
            yield self.local
        if self.home is not None:
            yield self.home

    def start(self, wanted: Wanted, now_ns: int) -> tuple[Effect | Signal, ...]:
        """Register the mobile node."""
        self._wanted = wanted
        if self._domain is None:
            return self._start_home(self._care_of, now_ns)
        timestamp = 0 if self.local is None else self.local.binding.timestamp
        binding = replace(
            self._map_binding(wanted, self._domain),
            sequence=wanted.sequence,
            timestamp=timestamp,
        )
        if self.local is None:
            self.local = Client(State.IDLE, binding)
        return self.local.give(Input.START, Given(now_ns, self.settings, wanted=binding))

    def _start_home(self, care_of: IPv6Address, now_ns: int) -> tuple[Effect | Signal, ...]:
        binding = self._home_binding(care_of)
        if self.home is None:
            self.home = Client(State.IDLE, binding)
        return self.home.give(Input.START, Given(now_ns, self.settings, wanted=binding))

    def _home_binding(self, care_of: IPv6Address) -> Binding:
        wanted = self._wanted
        assert wanted is not None
        return Binding(
            wanted.mn_id,
            care_of,
            wanted.home_agent,
            wanted.why,
            wanted.home,
            wanted.home4,
            association=wanted.association,
            sequence=wanted.sequence if self.local is None else self.local.binding.sequence,
            timestamp=wanted.timestamp,
        )

    def answered(self, packet: Packet, now_ns: int) -> list[Effect | Signal]:
        """A Binding Acknowledgement came."""
        for each in self.clients():
            if each.binding.peer == packet.source and each.binding.care_of == packet.destination:
                given = Given(now_ns, self.settings, packet)
                found = each.give(client.classify(each.binding, packet), given)
                return self._chained(each, found, now_ns)
        return []

    def due(self, now_ns: int, *, paused: bool = False) -> list[Effect | Signal]:
        """A deadline has come; paused: nothing is refreshed."""
        out: list[Effect | Signal] = []
        for each in list(self.clients()):
            deadline_ns = self._deadline_ns(each, paused=paused)
            if deadline_ns is not None and deadline_ns <= now_ns:
                what = client.due(each.state, each.binding, now_ns)
                found = each.give(what, Given(now_ns, self.settings))
                out += self._chained(each, found, now_ns)
        return out

    def _chained(
        self, each: Client, found: tuple[Effect | Signal, ...], now_ns: int
    ) -> list[Effect | Signal]:
        """What the MAP says is the first half of a registration: the home agent has the other."""
        if each is not self.local:
            return list(found)
        out: list[Effect | Signal] = [one for one in found if one is not Signal.BOUND]
        if Signal.BOUND not in found or (self.home is not None and self.busy_at_home):
            return out
        wanted, rcoa = self._wanted, each.binding.home
        assert wanted is not None
        assert rcoa is not None
        if wanted.why is Why.HANDOFF and wanted.rcoa == rcoa:
            self._take_over(rcoa, now_ns)
            return [*out, Signal.BOUND]
        return [*out, *self._start_home(rcoa, now_ns)]

    @property
    def busy_at_home(self) -> bool:
        """The home agent's binding is under way or there."""
        return self.home is not None and self.home.state not in (State.IDLE, State.RELEASING)

    def _take_over(self, rcoa: IPv6Address, now_ns: int) -> None:
        """Go on with the home agent's binding where the serving router left it."""
        wanted = self._wanted
        assert wanted is not None
        remaining_ns = wanted.remaining_s * SECOND_NS
        binding = replace(
            self._home_binding(rcoa),
            lifetime_units=max(1, wanted.remaining_s // UNIT_S),
            refresh_ns=now_ns + remaining_ns * 4 // 5,
            expires_ns=now_ns + remaining_ns,
        )
        self.home = Client(State.REGISTERED, binding)

    def _map_binding(self, wanted: Wanted, domain: Domain) -> Binding:
        return Binding(
            wanted.mn_id,
            self._care_of,
            domain.map,
            wanted.why,
            home=wanted.rcoa,
            local=True,
            association=domain.association,
        )

    def stand(self, wanted: Wanted, now_ns: int) -> None:
        """Be as after the MAP and the home agent have accepted (replay knows it of a trace)."""
        assert self._domain is not None
        self._wanted = wanted
        expires_ns = now_ns + self.settings.lifetime_units * UNIT_S * SECOND_NS
        binding = replace(
            self._map_binding(wanted, self._domain),
            lifetime_units=self.settings.lifetime_units,
            refresh_ns=expires_ns,
            expires_ns=expires_ns,
        )
        self.local = Client(State.REGISTERED, binding)
        if wanted.rcoa is not None:
            self._take_over(wanted.rcoa, now_ns)

    def renew(self, now_ns: int) -> list[Effect | Signal]:
        """Bring what is registered up again, before its time."""
        out: list[Effect | Signal] = []
        for each in self.clients():
            if each.state is State.REGISTERED:
                out += each.give(Input.REFRESH, Given(now_ns, self.settings))
        return out

    def stop(self, now_ns: int) -> list[Effect | Signal]:
        """End this router's tunnel: the MAP's binding where there is one, else the home agent's.

        Behind a MAP the home agent's binding is everybody's in the domain: it is left to expire.
        """
        out: list[Effect | Signal] = []
        if self.local is not None and self.home is not None:
            self.home.state = State.IDLE
        for each in self.clients():
            if each.state is not State.IDLE:
                stopping = client.stopping(each.binding)
                out += each.give(stopping, Given(now_ns, self.settings))
        return out

    @staticmethod
    def _deadline_ns(each: Client, *, paused: bool) -> int | None:
        if paused and each.state is State.REGISTERED:
            return None
        return client.deadline_ns(each.state, each.binding)

    def deadline_ns(self, *, paused: bool = False) -> int | None:
        """The earliest of the bindings'; paused: but for their refreshing."""
        found = [self._deadline_ns(each, paused=paused) for each in self.clients()]
        return min((each for each in found if each is not None), default=None)
