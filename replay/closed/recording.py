"""What a capture shows of each message and of each user packet, frame by frame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address

from dissectors.errors import ParseError
from dissectors.ipv6 import NextHeader
from dissectors.mobility import BindingAcknowledgement
from dissectors.mobility_options import Ipv4AddressAcknowledgement, Ipv4HomeAddress
from replay import dhcp, radius
from replay.binding_client import ANY_IPV4, REJECTED
from replay.closed.journeys import Ends, Hop, IpFrame, Journey, Peeled, joined, peeled
from replay.packets import Address, Datagram, Packet, decode
from replay.regional import SAME_NS
from replay.trace import Step, Trace

_SIGNALLING = frozenset(
    (NextHeader.MOBILITY, NextHeader.ROUTING, NextHeader.DESTINATION_OPTIONS, NextHeader.AH)
)


@dataclass(frozen=True, slots=True)
class Sight:
    """A frame that shows a message, in the tunnels that it is in there."""

    frame: IpFrame
    tunnels: tuple[Ends, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A user packet comes in from outside: at an access router from a link, or at an agent."""

    time_ns: int
    node: IPv6Address
    journey: int
    mn_id: bytes
    uplink: bool


class Recording:
    """Made of all IP packets of a capture in order of time, and its trace.

    judged: the messages that are not about something from before the trace.
    """

    def __init__(self, frames: Sequence[IpFrame], trace: Trace, judged: Sequence[Step]) -> None:
        self.trace = trace
        self.homes: dict[Address, bytes] = {}
        """Whose home addresses they are."""
        self.granted: dict[Address, IPv6Address] = {}
        """Which home agent or MAP has given an address."""
        self._routers = frozenset(trace.routers)
        self._bound_ns: dict[tuple[bytes, IPv6Address | None], int] = {}
        """When the trace first shows that a router has a binding; with None, that any has."""
        self.begins_ns: dict[bytes | None, int] = {}
        """When it first shows a mobile node's messages."""
        numbers = {step.number for step in judged}
        for step in judged:
            self.begins_ns.setdefault(step.mn_id, step.time_ns)
        self._learn_homes(numbers)
        steps = {step.seen.frame: step for step in trace.steps if not _is_user_data(step)}
        self.end_ns = max((frame.time_ns for frame in frames), default=trace.end_ns)
        self._by_frame = {frame.number: frame for frame in frames}
        self._nodes = _nodes_by_link(frames, steps, set(trace.nodes))
        self._sights: dict[int, list[Sight]] = {
            step.number: [Sight(self._by_frame[number], _tunnels(self._by_frame[number]))]
            for number, step in steps.items()
            if number in self._by_frame
        }
        rest = [frame for frame in frames if frame.number not in steps]
        tunnelled = [
            journey
            for journey in joined(self._user_hops(rest))
            if any(hop.tunnels for hop in journey.hops)
        ]
        self.journeys = [journey for journey in tunnelled if self._is_in_sight(journey)]
        self.before = [journey for journey in tunnelled if not self._is_in_sight(journey)]
        """User packets in tunnels of bindings that the trace does not show."""

    def sights(self, step: Step) -> Sequence[Sight]:
        """The frames that show a message, in order of time."""
        return self._sights.get(step.number, ())

    def link_of(self, node: IPv6Address) -> bytes | None:
        """A node's link-layer address, where its frames have one of its own."""
        return next((link for link, each in self._nodes.items() if each == node), None)

    def links(self) -> dict[bytes, bytes]:
        """Link-layer addresses that mobile nodes' packets come from."""
        found: dict[bytes, bytes] = {}
        for journey in self.journeys:
            mn_id, first = self.homes.get(journey.source), journey.hops[0]
            if mn_id is not None and not first.tunnels and first.frame.link:
                found.setdefault(mn_id, first.frame.link)
        return found

    def entries(self) -> Iterator[Entry]:
        """Where user packets come into the tunnels."""
        for number, journey in enumerate(self.journeys):
            first = next(hop for hop in journey.hops if hop.tunnels)
            node, time_ns = first.sender, first.frame.time_ns
            if node is None:
                continue
            uplink = node not in self.trace.agents
            home = journey.source if uplink else journey.destination
            if home in self.homes:
                # Downlink comes to the home agent, whatever the capture begins to show it at.
                at = node if uplink else self.granted[home]
                yield Entry(time_ns, at, number, self.homes[home], uplink)

    def _learn_homes(self, judged: set[int]) -> None:
        for step in self.trace.steps:
            ack = step.packet.payload
            if not isinstance(ack, BindingAcknowledgement) or ack.status >= REJECTED:
                continue
            four = (o.address for o in ack.options if isinstance(o, _HOME4))
            for home in (step.packet.routed, next(four, None)):
                if home is None or home == ANY_IPV4 or step.sender is None or step.mn_id is None:
                    continue
                self.homes.setdefault(home, step.mn_id)
                if step.number in judged and ack.lifetime:
                    for router in (step.receiver, None):
                        self._bound_ns.setdefault((step.mn_id, router), step.time_ns)
                self.granted.setdefault(home, step.sender)

    def _is_in_sight(self, journey: Journey) -> bool:
        """Whether the trace shows that the tunnel's router had a binding before."""
        first = next(hop for hop in journey.hops if hop.tunnels)
        router = next((end for end in first.tunnels[0] if end in self._routers), None)
        homes = (journey.source, journey.destination)
        bound_ns = [
            self._bound_ns.get((self.homes[home], router), self.end_ns + 1)
            for home in homes
            if home in self.homes
        ]
        return first.frame.time_ns >= min(bound_ns, default=0)

    def _user_hops(self, frames: Iterable[IpFrame]) -> Iterator[tuple[Hop, Peeled]]:
        """Frames with user data; those that show a message once more are kept with it."""
        recent: dict[Packet, Step] = {}
        upcoming = iter(self.trace.steps)
        step = next(upcoming, None)
        for frame in frames:
            what = peeled(frame.octets)
            if what is None:
                continue
            if what.upper not in _SIGNALLING:
                if what.source in self.homes or what.destination in self.homes:
                    yield Hop(frame, what.tunnels, what.inner, self._sender(frame, what)), what
                continue
            while step is not None and step.time_ns <= frame.time_ns:
                recent[step.packet] = step
                step = next(upcoming, None)
            try:
                again = recent.get(decode(what.inner))
            except ParseError:
                continue
            if again is not None and frame.time_ns - again.time_ns < SAME_NS:
                self._sights[again.number].append(Sight(frame, what.tunnels))

    def _sender(self, frame: IpFrame, what: Peeled) -> IPv6Address | None:
        if not what.tunnels:
            return self._nodes.get(frame.link)
        source = what.tunnels[0][0]
        return self.granted.get(source, source)


_HOME4 = (Ipv4AddressAcknowledgement, Ipv4HomeAddress)


def _is_user_data(step: Step) -> bool:
    data = step.packet.payload
    ports = (data.source_port, data.destination_port) if isinstance(data, Datagram) else ()
    return bool(ports) and step.link is None and _SERVICES.isdisjoint(ports)


_SERVICES = frozenset(
    (dhcp.CLIENT4, dhcp.SERVER4, dhcp.CLIENT6, dhcp.SERVER6, radius.PORT, radius.CLIENT_PORT)
)


def _tunnels(frame: IpFrame) -> tuple[Ends, ...]:
    what = peeled(frame.octets)
    return () if what is None else what.tunnels


def _nodes_by_link(
    frames: Iterable[IpFrame], steps: dict[int, Step], nodes: set[IPv6Address]
) -> dict[bytes, IPv6Address]:
    """Link-layer addresses that one node alone sends from."""
    users: dict[bytes, Counter[IPv6Address]] = {}
    for frame in frames:
        if not frame.link or len(frame.octets) < 40 or frame.octets[0] >> 4 != 6:
            continue
        source = IPv6Address(frame.octets[8:24])
        step = steps.get(frame.number)
        if step is not None and step.link is not None and step.sender is not None:
            source = step.sender
        if source in nodes:
            users.setdefault(frame.link, Counter())[source] += 1
    return {link: next(iter(of)) for link, of in users.items() if len(of) == 1}
