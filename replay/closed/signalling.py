"""Messages from model to model: matched with the recorded ones, and as long on their way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import IPv6Address

from replay.access_router import AccessRouter
from replay.closed.conduct import Conduct
from replay.closed.delays import Delays
from replay.closed.journeys import tunnels_of
from replay.closed.matching import Made, Recorded
from replay.closed.numbers import as_recorded, sealed_as_recorded
from replay.closed.owners import Owners
from replay.closed.recording import Recording, Sight
from replay.closed.sent import Delivery, Shown
from replay.events import Arrived, Node, Send
from replay.judged import ANSWERS_TO_HOST, kind_of, who
from replay.packets import Packet
from replay.trace import Step

Seen = tuple[Shown | None, Delivery | None]


class Signalling:
    """What nodes tell each other. `made`: all of it, with the recorded messages that it is."""

    def __init__(
        self,
        recording: Recording,
        recorded: Recorded,
        delays: Delays,
        owners: Owners,
        conduct: Conduct,
        odd: frozenset[int],
    ) -> None:
        self.made: list[tuple[Made, Step | None]] = []
        self._recording = recording
        self._recorded = recorded
        self._delays = delays
        self._owners = owners
        self._conduct = conduct
        self._odd = odd
        """Steps whose numbers are not to be taken over."""
        self._linked = {s.mn_id for s in recording.trace.steps if s.link is not None}
        """Mobile nodes whose access link the trace shows."""

    def sent(
        self, now_ns: int, node: Node, address: IPv6Address, send: Send, cause: Step | None
    ) -> Seen:
        """A node sends a message: what is seen of that, and where it goes."""
        packet = send.packet
        assert isinstance(packet, Packet)
        inner = unwrapped(packet)
        mn_id = who(inner) or send.mn_id or (None if cause is None else cause.mn_id)
        if inner is not packet:
            return self._sent_on(now_ns, address, packet, mn_id, cause)
        kind = kind_of(packet)
        assert kind is not None
        hidden = kind in ANSWERS_TO_HOST and mn_id not in self._linked
        made = Made(now_ns, address, packet, kind, mn_id, cause, hidden)
        step = self._recorded.take(made)
        if step is not None and isinstance(node, AccessRouter) and self._fits(step, mn_id):
            packet = as_recorded(node, packet, step, mn_id or b"")
            made = replace(made, packet=packet)
        self.made.append((made, step))
        time_ns = now_ns
        if step is not None and mn_id not in self._conduct.departed:
            time_ns = step.time_ns
        sights = self._sights(step)
        sight = next((s for s in sights if not s.tunnels), sights[0] if sights else None)
        # What a MAP sends on in its tunnel is not shown where only the tunnel is.
        onward = send.link is None and self._owners.of(packet.destination) != packet.destination
        shown = None
        if not hidden and not (onward and sight is not None and sight.tunnels):
            sealed = packet if step is None else sealed_as_recorded(packet, step)
            frame = None if sight is None else sight.frame.number
            shown = Shown(time_ns, address, sealed, frame, link=send.link)
        if send.link is not None:
            return shown, None
        return shown, self._delivery(now_ns, time_ns, address, packet, mn_id, step)

    def _sent_on(
        self,
        now_ns: int,
        address: IPv6Address,
        packet: Packet,
        mn_id: bytes | None,
        step: Step | None,
    ) -> Seen:
        """A MAP sends a message on in its tunnel."""
        ways = tuple(tunnels_of(packet))
        sight = next((s for s in self._sights(step) if s.tunnels == ways), None)
        time_ns, shown = now_ns, None
        if sight is not None and step is not None:
            if mn_id not in self._conduct.departed:
                time_ns = sight.frame.time_ns
            sealed = _with_inner(packet, sealed_as_recorded(unwrapped(packet), step))
            shown = Shown(time_ns, address, sealed, sight.frame.number)
        return shown, self._delivery(now_ns, time_ns, address, packet, mn_id, step)

    def _fits(self, step: Step, mn_id: bytes | None) -> bool:
        """Whether recorded numbers are those that a node may choose now."""
        departed = mn_id is None or mn_id in self._conduct.departed
        return not departed and step.number not in self._odd

    def _sights(self, step: Step | None) -> Sequence[Sight]:
        return () if step is None else self._recording.sights(step)

    def _delivery(
        self,
        now_ns: int,
        time_ns: int,
        address: IPv6Address,
        packet: Packet,
        mn_id: bytes | None,
        step: Step | None,
    ) -> Delivery | None:
        receiver = self._owners.of(packet.destination)
        if receiver is None:
            return None
        usual_ns = self._took(address, receiver, packet, step)
        way = address, receiver
        took_ns = self._conduct.travel_ns(time_ns, way, step, usual_ns)
        if took_ns != usual_ns:
            self._conduct.departed.add(mn_id)
        if took_ns is None:
            return None
        return Delivery(max(now_ns, time_ns + took_ns), receiver, Arrived(packet), step)

    def _took(
        self, address: IPv6Address, receiver: IPv6Address, packet: Packet, step: Step | None
    ) -> int | None:
        """How long this took in the trace, None if it was lost; what is not seen takes no time."""
        if step is None:
            return self._delays.usual(address, receiver)
        if step.lost:
            return None
        sights = self._recording.sights(step)
        ways = tuple(tunnels_of(packet))
        if packet.destination != receiver:
            onward = next((s for s in sights if len(s.tunnels) > len(ways)), None)
            return 0 if onward is None else onward.frame.time_ns - step.time_ns
        own = next((s for s in sights if s.tunnels == ways), None)
        before_ns = 0 if own is None else own.frame.time_ns - step.time_ns
        took_ns = self._delays.of_step(step.number)
        if took_ns is None:
            return self._delays.usual(step.sender, step.receiver)
        return max(0, took_ns - before_ns)


def unwrapped(packet: Packet) -> Packet:
    """What stands inside of tunnels."""
    while isinstance(packet.payload, Packet):
        packet = packet.payload
    return packet


def _with_inner(packet: Packet, inner: Packet) -> Packet:
    if not isinstance(packet.payload, Packet):
        return inner
    return replace(packet, payload=_with_inner(packet.payload, inner))
