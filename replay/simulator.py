"""Runs nodes in virtual time: one clock, one queue, links and base stations between the nodes.

Events wait in a heap by (time, serial), so that what was put in first comes first. Observers are
told everything that happens and change nothing. The journal is a digest of all events in order: two
runs are the same if their digests are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from typing import Protocol

from replay.dice import Dice
from replay.events import (
    Arrived,
    AssociationRenewed,
    Deadline,
    Effects,
    Event,
    HandoverIndication,
    LinkDown,
    LinkUp,
    Node,
    Note,
    Send,
    Spoken,
    Violation,
)
from replay.frames import label
from replay.home_agent import HomeAgent
from replay.host_node import MobileNode
from replay.links import Direction, Quality
from replay.network import Builder
from replay.packets import Address, Packet
from replay.scenario import CORRESPONDENT, Fault, Flow, MobileSpec, Move, Scenario

WIRED = Quality(delay_ns=5_000_000, jitter_ns=500_000)
RADIO = Quality(delay_ns=2_000_000, jitter_ns=200_000)
NUMBER_OCTETS = 8
"""User data begins with a number that no other packet of the run has."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A packet on its way: when it leaves, from whom, to whom, and when it arrives (if it does)."""

    time_ns: int
    sender: str
    receiver: str | None
    send: Send
    arrivals_ns: tuple[int, ...]
    number: int


What = Event | Sent | Callable[[], None]
"""What waits in the queue: a deadline, a packet on its way, or something that the scenario does."""


class Observer(Protocol):
    """Sees all that happens."""

    def sent(self, sent: Sent) -> None:
        """A packet leaves a node."""
        ...

    def received(self, time_ns: int, sent: Sent) -> None:
        """A packet comes to its receiver."""
        ...

    def noted(self, time_ns: int, node: str, note: Note) -> None:
        """A node knows something."""
        ...

    def happened(self, time_ns: int, node: str, event: Event) -> None:
        """A node is about to be told something."""
        ...

    def violated(self, time_ns: int, node: str, violation: Violation) -> None:
        """A node was told what must not come."""
        ...


class Simulator:
    """One run of a scenario. Make it, add observers, `run`."""

    def __init__(self, scenario: Scenario, observers: Sequence[Observer] = ()) -> None:
        self.scenario = scenario
        self.builder = Builder(scenario)
        self.nodes: dict[str, Node] = {n: self.builder.node(n) for n in self.builder.names()}
        self.attached: dict[str, str | None] = {m.name: None for m in scenario.mobiles}
        self.now_ns = scenario.start_ns
        self.steps = 0
        self._observers = tuple(observers)
        self._queue: list[tuple[int, int, str | None, What]] = []
        self._serial = 0
        self._number = 0
        self._wakes: dict[str, int] = {}
        self._stopped: set[str] = set()
        self._directions: dict[tuple[str, str], Direction] = {}
        self._owners: dict[Address, str | None] = {}
        self._networks: list[tuple[IPv4Network | IPv6Network, str]] = []
        self._before: dict[str, str] = {}
        self._mobiles = {m.name: m for m in scenario.mobiles}
        self._by_link = {m.link: m.name for m in scenario.mobiles}
        self._journal = hashlib.sha256()
        self._index()
        self._plan()

    @property
    def digest(self) -> str:
        """Of all events so far, in order."""
        return self._journal.hexdigest()

    def has_stopped(self, name: str) -> bool:
        """A fault keeps the node from doing anything."""
        return name in self._stopped

    def run(self) -> None:
        """Until the scenario's end."""
        end_ns = self.scenario.start_ns + self.scenario.duration_ns
        queue = self._queue
        while queue and queue[0][0] <= end_ns:
            time_ns, _, name, what = heappop(queue)
            self.now_ns = time_ns
            if isinstance(what, Sent):
                self._arrive(what)
            elif name is not None:
                assert not callable(what)
                self._tell(name, what)
            elif callable(what):
                what()
        self.now_ns = end_ns

    # Putting together

    def _index(self) -> None:
        for name, node in self.nodes.items():
            for address in node.addresses():
                self._owners[address] = name
            if isinstance(node, HomeAgent):
                self._networks += [(network, name) for network in node.networks()]

    def _owner(self, address: Address) -> str | None:
        """Who takes packets to this address."""
        if address not in self._owners:
            found = (name for network, name in self._networks if address in network)
            self._owners[address] = next(found, None)
        return self._owners[address]

    def _direction(self, source: str, destination: str) -> Direction:
        known = self._directions.get((source, destination))
        if known is None:
            radio = source in self._mobiles or destination in self._mobiles
            quality = RADIO if radio else WIRED
            for link in self.scenario.links:
                if link.source in ("*", source) and link.destination in ("*", destination):
                    quality = link.quality
            dice = Dice.named(self.scenario.seed, "link", source, destination)
            known = Direction(quality, dice, self.scenario.quiet_from_ns)
            self._directions[source, destination] = known
        return known

    def _plan(self) -> None:
        for move in self.scenario.moves:
            self._plan_move(move)
        for flow in self.scenario.flows:
            self._at(flow.begin_ns, self._flowing(flow, 0))
        for fault in self.scenario.faults:
            self._at(fault.at_ns, partial(self._break, fault))
            self._at(fault.until_ns, partial(self._mend, fault))

    def _at(self, since_start_ns: int, what: Callable[[], None]) -> None:
        self._push(self.scenario.start_ns + since_start_ns, None, what)

    def _push(self, time_ns: int, name: str | None, what: What) -> None:
        self._serial += 1
        heappush(self._queue, (time_ns, self._serial, name, what))

    # Nodes

    def _tell(self, name: str, event: Event) -> None:
        if name in self._stopped:
            return
        node = self.nodes[name]
        if isinstance(event, Deadline) and not self._is_due(name, node):
            return
        self.steps += 1
        self._journal.update(b"%d %b %b\n" % (self.now_ns, name.encode(), _briefly(event)))
        for observer in self._observers:
            observer.happened(self.now_ns, name, event)
        self._do(name, node.handle(event, self.now_ns))
        self._wake(name, node)

    def _is_due(self, name: str, node: Node) -> bool:
        """Whether a deadline that waited is still the node's; else it is put off."""
        if self._wakes.get(name) != self.now_ns:
            return False
        del self._wakes[name]
        deadline_ns = node.next_deadline_ns()
        if deadline_ns is not None and deadline_ns <= self.now_ns:
            return True
        self._wake(name, node)
        return False

    def _wake(self, name: str, node: Node) -> None:
        """One deadline waits for each node, never later than its next."""
        deadline_ns = node.next_deadline_ns()
        if deadline_ns is None:
            return
        deadline_ns = max(deadline_ns, self.now_ns)
        waiting_ns = self._wakes.get(name)
        if waiting_ns is None or deadline_ns < waiting_ns:
            self._wakes[name] = deadline_ns
            self._push(deadline_ns, name, Deadline())

    def _do(self, name: str, effects: Effects) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                self._send(name, effect)
            elif isinstance(effect, Note):
                for observer in self._observers:
                    observer.noted(self.now_ns, name, effect)
            else:
                for observer in self._observers:
                    observer.violated(self.now_ns, name, effect)

    def _send(self, name: str, send: Send) -> None:
        receiver = self._receiver(name, send)
        arrivals: tuple[int, ...] = ()
        if receiver is not None:
            arrivals = self._direction(name, receiver).arrivals(self.now_ns)
        self._number += 1
        sent = Sent(self.now_ns, name, receiver, send, arrivals, self._number)
        for observer in self._observers:
            observer.sent(sent)
        for time_ns in arrivals:
            self._push(time_ns, receiver, sent)

    def _receiver(self, name: str, send: Send) -> str | None:
        if name in self._mobiles:
            return self.attached[name]
        if send.link is not None:
            return self._by_link.get(send.link)
        assert isinstance(send.packet, Packet)
        return self._owner(send.packet.destination)

    def _arrive(self, sent: Sent) -> None:
        """Give a packet to its receiver; what was in the air when a link went is lost."""
        receiver, sender = sent.receiver, sent.sender
        assert receiver is not None
        link = None
        if sender in self._mobiles:
            if self.attached[sender] != receiver:
                return
            link = self._mobiles[sender].link
        elif sent.send.link is not None and self.attached[receiver] != sender:
            return
        if receiver in self._stopped:
            return
        for observer in self._observers:
            observer.received(self.now_ns, sent)
        self._tell(receiver, Arrived(sent.send.packet, link))

    # Base stations

    def _plan_move(self, move: Move) -> None:
        if move.trigger and move.to is not None:
            self._at(move.at_ns - move.lead_ns, partial(self._indicate, move))
        if not move.stays:
            self._at(move.at_ns, partial(self._leave, move))
            if move.to is not None:
                self._at(move.at_ns + move.gap_ns, partial(self._join, move))

    def _indicate(self, move: Move) -> None:
        """The target base station's word; there is none for a mobile node that is nowhere yet."""
        serving = move.serving or self._left(move)
        told = move.told or move.to
        if serving is None or told is None or serving == told:
            return
        mobile = self._mobiles[move.mobile]
        router = next(r for r in self.scenario.routers if r.name == serving)
        event = HandoverIndication(mobile.mn_id.encode(), mobile.link, router.address)
        self._tell(told, event)

    def _left(self, move: Move) -> str | None:
        """Where the mobile node is, or was before this move took it away."""
        here = self.attached[move.mobile]
        return self._before.get(move.mobile) if here is None or here == move.to else here

    def _leave(self, move: Move) -> None:
        router = self.attached[move.mobile]
        if router is None:
            return
        self._before[move.mobile] = router
        self.attached[move.mobile] = None
        link = self._mobiles[move.mobile].link
        self._tell(move.mobile, LinkDown(link))
        if move.detach:
            self._tell(router, LinkDown(link))

    def _join(self, move: Move) -> None:
        assert move.to is not None
        if self.attached[move.mobile] is not None:
            return
        mobile = self._mobiles[move.mobile]
        self.attached[move.mobile] = move.to
        event = _link_up(mobile)
        self._tell(move.to, event)
        self._tell(move.mobile, event)

    # User data and faults

    def _flowing(self, flow: Flow, count: int) -> Callable[[], None]:
        def speak() -> None:
            node = self.nodes[flow.mobile]
            assert isinstance(node, MobileNode)
            address = node.host.address
            if address is not None and flow.down:
                self._tell(CORRESPONDENT, Spoken(address, self._data(flow)))
            if address is not None and flow.up:
                self._tell(flow.mobile, Spoken(self._other_end(address), self._data(flow)))
            next_ns = flow.begin_ns + (count + 1) * flow.interval_ns
            if next_ns < flow.end_ns:
                self._at(next_ns, self._flowing(flow, count + 1))

        return speak

    def _other_end(self, address: Address) -> Address:
        """The correspondent's address of the same version."""
        other4 = self.scenario.correspondent4
        is_ipv4 = isinstance(address, IPv4Address) and other4 is not None
        return other4 if is_ipv4 and other4 is not None else self.scenario.correspondent

    def _data(self, flow: Flow) -> bytes:
        self._number += 1
        return self._number.to_bytes(NUMBER_OCTETS, "big").ljust(flow.octets, b"\0")

    def _break(self, fault: Fault) -> None:
        if fault.node is not None:
            self._stopped.add(fault.node)
            self._wakes.pop(fault.node, None)
        if fault.link is not None:
            self._cut(fault.link, cut=True)

    def _mend(self, fault: Fault) -> None:
        if fault.node is not None:
            self._stopped.discard(fault.node)
            self.nodes[fault.node] = self.builder.node(fault.node)
            self._renew_associations(fault.node)
            self._reconnect(fault.node)
        if fault.link is not None:
            self._cut(fault.link, cut=False)

    def _renew_associations(self, name: str) -> None:
        """What IKE would do: a router that is back has new associations with the others."""
        addresses = {router.name: router.address for router in self.scenario.routers}
        for other in addresses:
            if name in addresses and other != name:
                self._tell(other, AssociationRenewed(addresses[name]))

    def _reconnect(self, router: str) -> None:
        """The base stations of a router that is back tell it who is there."""
        for name, at in self.attached.items():
            if at == router:
                mobile = self._mobiles[name]
                self._tell(router, _link_up(mobile))

    def _cut(self, link: tuple[str, str], *, cut: bool) -> None:
        for source, destination in (link, link[::-1]):
            self._direction(source, destination).cut = cut


def _link_up(mobile: MobileSpec) -> LinkUp:
    return LinkUp(mobile.mn_id.encode(), mobile.link, mobile.authentication, mobile.has_ppp)


def _briefly(event: Event) -> bytes:
    """What tells one event from another in the journal."""
    if isinstance(event, Arrived):
        packet = event.packet
        if isinstance(packet, Packet):
            kind = type(packet.payload).__name__.encode()
            return b"%b>%b %b" % (packet.source.packed, packet.destination.packed, kind)
        return label(packet).encode()
    return type(event).__name__.encode()
