"""User data through the models: each packet by a token, matched with the frames that show it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address

from replay.closed.conduct import Conduct
from replay.closed.delays import Delays
from replay.closed.journeys import Ends, Hop, Journey, tunnels_of
from replay.closed.owners import Owners
from replay.closed.recording import Recording
from replay.closed.sent import Delivery, Shown
from replay.events import Arrived, Send
from replay.packets import Packet


@dataclass(frozen=True, slots=True)
class Astray:
    """A user packet that a model has put into a tunnel which the recording does not show it in."""

    node: IPv6Address
    journey: int
    tunnel: Ends


class UserPlane:
    """What nodes do with user data. `carried`: packets in tunnels that the recording shows."""

    def __init__(
        self, recording: Recording, delays: Delays, owners: Owners, conduct: Conduct
    ) -> None:
        self.carried = 0
        self.astray: list[Astray] = []
        self.entered: set[int] = set()
        """Numbers of the journeys that the models were told of."""
        self.used: set[int] = set()
        """Frames that were made again."""
        self._recording = recording
        self._delays = delays
        self._owners = owners
        self._conduct = conduct
        self._shows = {
            (hop.sender, self._way(hop.tunnels)) for j in recording.journeys for hop in j.hops
        }
        self._forwards = {
            receiver
            for journey in recording.journeys
            for hop in journey.hops
            if hop.tunnels and journey.after(hop, receiver := hop.tunnels[0][1]) is not None
        }

    def sent(
        self, now_ns: int, address: IPv6Address, send: Send, number: int
    ) -> tuple[Shown | None, Delivery | None]:
        """A node sends a token: what is seen of that, and where it goes."""
        packet, mn_id = send.packet, send.mn_id
        assert isinstance(packet, Packet)
        ways = tuple(tunnels_of(packet))
        journey = self._recording.journeys[number]
        hop = self._hop(address, journey, ways)
        time_ns = now_ns
        if hop is not None:
            self.used.add(hop.frame.number)
            self.carried += bool(ways)
            if mn_id not in self._conduct.departed:
                time_ns = hop.frame.time_ns
        shown = None
        if hop is not None or (address, self._way(ways)) in self._shows:
            frame = None if hop is None else hop.frame.number
            shown = Shown(time_ns, address, packet, frame, number, send.link)
        if hop is None and ways and shown is not None:
            self.astray.append(Astray(address, number, ways[0]))
        receiver = None if send.link is not None else self._owners.of(packet.destination)
        if receiver is None:
            return shown, None
        usual_ns = 0 if shown is None else self._took(hop, journey, address, receiver)
        way = address, receiver
        took_ns = self._conduct.travel_ns(time_ns, way, None, usual_ns)
        if took_ns is None:
            return shown, None
        if took_ns != usual_ns:
            self._conduct.departed.add(mn_id)
        arrives_ns = max(now_ns, time_ns + took_ns)
        return shown, Delivery(arrives_ns, receiver, Arrived(packet), None)

    def _hop(self, address: IPv6Address, journey: Journey, ways: tuple[Ends, ...]) -> Hop | None:
        """The frame that shows it; nodes may nest their tunnels otherwise than models do."""
        first = next(at for at, hop in enumerate(journey.hops) if hop.tunnels)
        left = [
            hop
            for hop in journey.hops[first:]
            if hop.sender in (address, None) and hop.frame.number not in self.used
        ]
        same = (hop for hop in left if hop.tunnels == ways)
        alike = (hop for hop in left if ways and hop.tunnels[:1] == ways[:1])
        return next(same, None) or next(alike, None)

    def _took(
        self, hop: Hop | None, journey: Journey, address: IPv6Address, receiver: IPv6Address
    ) -> int | None:
        """How long it took in the trace; None if it never came out again where others did."""
        if hop is None:
            return self._delays.usual(address, receiver)
        onward = journey.after(hop, receiver)
        if onward is not None:
            return onward.frame.time_ns - hop.frame.time_ns
        return None if receiver in self._forwards else self._delays.usual(address, receiver)

    def _way(self, ways: tuple[Ends, ...]) -> bool | None:
        """Whether a tunnel goes towards the home network; None outside of tunnels."""
        return ways[0][1] in self._recording.trace.agents if ways else None
