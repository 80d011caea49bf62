"""A trace: the messages that somebody saw, with who sent each and who it is for.

Nodes are known by the address that others use for them. A regional care-of address stands for the
access router that the MAP last bound it to (draft 5.1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv6Address

import numpy as np

from dissectors.frames import Ints
from dissectors.handoff import HoRequest, HoResponse
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from replay.judged import who
from replay.lost import mark_lost
from replay.packets import Address, Packet
from replay.regional import SAME_NS, Regional
from replay.security import care_of
from replay.user_data import NO_USER_DATA, Flow, UserData, thinned

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
    begin_ns: int = 0
    end_ns: int = 0
    _firsts: dict[object, Step] = field(default_factory=dict)
    """The first steps between two nodes about a mobile node."""

    @property
    def nodes(self) -> list[IPv6Address]:
        return [*self.agents, *self.routers]

    def may_answer_before(self, step: Step) -> bool:
        """Whether what an answer answers may lie before the trace. To be asked once all is named.

        It is the first of its sender and receiver about the mobile node and comes soon enough, and
        what it answers does not come after it.
        """
        if not self._firsts:
            self._firsts.update((_exchange(each), each) for each in reversed(self.steps))
        is_soon = step.time_ns - self.begin_ns < SAME_NS
        if not is_soon or self._firsts[_exchange(step)] is not step:
            return False
        return all(
            later.time_ns - step.time_ns > SAME_NS
            or not isinstance(later.packet.payload, HoRequest | BindingUpdate)
            or (later.mn_id, _numbered(later)) != (step.mn_id, _numbered(step))
            for later in self.steps[step.number + 1 :]
        )


_SIGNALS = BindingUpdate | BindingAcknowledgement | HoRequest | HoResponse


def _exchange(step: Step) -> object:
    return frozenset((step.sender, step.receiver)), step.mn_id


def traced(observed: Sequence[Observed], user_data: UserData = NO_USER_DATA) -> Trace:
    """The trace of what was observed, in order of time.

    User packets come as columns; those among `observed` are put with them.
    """
    agents = _agents([_unwrapped(seen) for seen in observed])
    regional = Regional(agents)
    routers: dict[IPv6Address, None] = {}
    trace = Trace([], agents, [])
    known: dict[Packet, Step] = {}
    tunnelled: list[tuple[int, int, Flow]] = []
    for outer in observed:
        seen = _unwrapped(outer)
        packet = seen.packet
        if isinstance(packet.payload, Packet):
            tunnelled.append((seen.frame, seen.time_ns, _flow(packet)))
            continue
        # A message for a regional care-of address goes on in the MAP's tunnel.
        went_on = known.get(packet) if seen is not outer else None
        if went_on is not None and seen.time_ns - went_on.time_ns < SAME_NS:
            went_on.receiver = regional.router_at_end(outer.packet) or went_on.receiver
            continue
        sender, receiver = regional.ends(packet, seen.time_ns)
        if isinstance(packet.payload, _SIGNALS):
            regional.learn(packet, seen.time_ns, sender)
            # Who only answers is an agent that nobody asks within the trace.
            is_answer = isinstance(packet.payload, BindingAcknowledgement)
            for each in (receiver,) if is_answer else (sender, receiver):
                if each is not None and each not in agents:
                    routers.setdefault(each)
            step = Step(len(trace.steps), seen, sender, receiver, who(packet))
            known[packet] = step
        else:
            step = Step(len(trace.steps), seen, None, None, None)
        trace.steps.append(step)
    trace.routers = list(routers)
    trace.user_data = UserData.of(tunnelled).joined(user_data)
    user_ns = trace.user_data.time_ns[[0, -1]].tolist() if len(trace.user_data.time_ns) else []
    times_ns = [*(seen.time_ns for seen in observed), *user_ns]
    trace.begin_ns, trace.end_ns = min(times_ns, default=0), max(times_ns, default=0)
    trace.heard = _heard(trace, regional)
    _name_by_exchange(trace.steps)
    mark_lost(trace.steps)
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


def _flow(packet: Packet) -> Flow:
    """Of nested tunnels the outermost, and the packet inside of all."""
    inner = packet
    while isinstance(inner.payload, Packet):
        inner = inner.payload
    return Flow(packet.source, packet.destination, inner.source, inner.destination)


def _heard(trace: Trace, regional: Regional) -> dict[tuple[IPv6Address, Address], list[int]]:
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
