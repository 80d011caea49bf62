"""Watches a run from outside: what must hold at any time, whatever is lost or broken.

- One home address belongs to one mobile node at a home agent, and one RCoA at a MAP.
- A binding points to a router that knows the mobile node: it serves it, expects it, or has not yet
  heard that it is gone.
- No mobile node gets the same user data through two routers, but while a home agent bi-casts.
- No context leaves a router that insists on associations towards one that has none with it.
- No node is told what its tables forbid.

`breaches` says what did not hold. After faults have healed, `unserved` says who is on a link and
still has no service: liveness.
"""

from __future__ import annotations

from replay.access_router import AccessRouter
from replay.binding_cache import State
from replay.events import Event, Fact, Note, Violation, Why
from replay.home_agent import HomeAgent
from replay.host_node import MobileNode
from replay.packets import Packet
from replay.scenario import Scenario
from replay.simulator import NUMBER_OCTETS, Sent, Simulator

_MOST_NUMBERS = 10_000


class Monitor:
    """An observer; `watch` gives it the nodes to look at."""

    def __init__(self, scenario: Scenario) -> None:
        self.breaches: list[str] = []
        self._scenario = scenario
        self._secured = {r.address: r.name for r in scenario.routers if r.ah}
        self._simulator: Simulator | None = None
        self._delivered: dict[tuple[str, int], str] = {}
        self._copies = any(agent.bicast_ns for agent in scenario.agents)

    def watch(self, simulator: Simulator) -> None:
        """Look at these nodes from now on."""
        self._simulator = simulator

    def sent(self, sent: Sent) -> None:
        """Contexts go to routers with an association alone."""
        packet = sent.send.packet
        if sent.send.why is not Why.HO_RESPONSE or not isinstance(packet, Packet):
            return
        status = getattr(packet.payload, "status", 0)
        trusting = packet.source not in self._secured
        if status == 0 and packet.ah is None and not trusting:
            self._breach(sent.time_ns, f"{sent.sender} gives a context away without AH")
        stranger = packet.destination not in self._secured
        if status == 0 and stranger and not trusting:
            self._breach(sent.time_ns, f"{sent.sender} gives a context to a stranger")

    def received(self, time_ns: int, sent: Sent) -> None:
        """User data comes to a mobile node through one router."""
        packet = sent.send.packet
        if sent.send.why is not Why.USER or sent.send.link is None or self._copies:
            return
        assert isinstance(packet, Packet)
        data: bytes = getattr(packet.payload, "data", b"")
        key = (sent.receiver or "", int.from_bytes(data[:NUMBER_OCTETS], "big"))
        earlier = self._delivered.setdefault(key, sent.sender)
        if len(self._delivered) > _MOST_NUMBERS:
            del self._delivered[next(iter(self._delivered))]
        if earlier != sent.sender:
            self._breach(time_ns, f"{key[0]} gets packet {key[1]} from {earlier} and {sent.sender}")

    def noted(self, time_ns: int, node: str, note: Note) -> None:
        """A home agent's cache has changed: look at all of it that is about this home address."""
        if note.fact in (Fact.CACHE_CREATED, Fact.CACHE_MOVED, Fact.CACHE_REFRESHED):
            self._look_at(time_ns, node, note)

    def happened(self, time_ns: int, node: str, event: Event) -> None:
        """Nothing to hold."""

    def violated(self, time_ns: int, node: str, violation: Violation) -> None:
        """No node is told what must not come."""
        what = f"{violation.machine}: {violation.given} in {violation.state}: {violation.reason}"
        self._breach(time_ns, f"{node}: {what}")

    def _look_at(self, time_ns: int, name: str, note: Note) -> None:
        assert self._simulator is not None
        agent = self._simulator.nodes[name]
        if not isinstance(agent, HomeAgent):
            return
        holders = [
            bound.entry.mn_id
            for bound in agent.bindings.values()
            if note.address in (bound.entry.home, bound.entry.home4)
            and bound.state is not State.UNBOUND
        ]
        if any(holder != note.mn_id for holder in holders):
            self._breach(time_ns, f"{note.address} belongs to more than {note.mn_id.decode()}")
        router = self._router(note)
        if router is not None and note.mn_id not in router.mobiles:
            self._breach(time_ns, f"{name} binds {note.mn_id.decode()} to a router without it")

    def _router(self, note: Note) -> AccessRouter | None:
        """The router that a binding points to; None for an RCoA or a router that has stopped."""
        assert self._simulator is not None
        for router in self._scenario.routers:
            node = self._simulator.nodes[router.name]
            if router.address == note.other and isinstance(node, AccessRouter):
                return None if self._simulator.has_stopped(router.name) else node
        return None

    def _breach(self, time_ns: int, what: str) -> None:
        self.breaches.append(f"{(time_ns - self._scenario.start_ns) / 1e6:.3f} ms: {what}")


def unserved(simulator: Simulator) -> list[str]:
    """Mobile nodes on a link without service: no address, or no binding to where they are."""
    out = []
    scenario = simulator.scenario
    addresses = {router.name: router.address for router in scenario.routers}
    agents = [node for node in simulator.nodes.values() if isinstance(node, HomeAgent)]
    for mobile in scenario.mobiles:
        at = simulator.attached[mobile.name]
        host = simulator.nodes[mobile.name]
        assert isinstance(host, MobileNode)
        if at is None:
            continue
        if host.host.address is None:
            out.append(f"{mobile.name} is at {at} and has no address")
            continue
        bound = [(a, a.bindings.get(mobile.mn_id.encode())) for a in agents]
        care_of = [b.entry.care_of for _, b in bound if b is not None]
        at_home = [a for a, b in bound if b is not None and b.entry.care_of and not a.config.local]
        if addresses[at] not in care_of or not at_home:
            out.append(f"{mobile.name} is at {at}, bound to {', '.join(map(str, care_of)) or '-'}")
    return out
