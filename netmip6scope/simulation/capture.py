"""What capture points see of a run, as Ethernet frames with times of their own clocks."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from dissectors.codec import build
from dissectors.link import Ethernet, EtherType
from dissectors.ppp import PppProtocol
from dissectors.profile import Profile
from replay.events import Event, Note, Violation
from replay.frames import link_octets, ppp_octets
from replay.network import Builder
from replay.packets import Address, Packet, encode
from replay.record import Seen
from replay.scenario import Point
from replay.simulator import Sent

_NOBODY = bytes.fromhex("02005e000000")
"""Where packets go that no node takes."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One captured frame; its time is the point's."""

    time_ns: int
    octets: bytes


class Camera:
    """Sees a run at capture points. The first point is the reference for `seen`.

    `seen` has each packet once, at its earliest observation.
    """

    def __init__(self, builder: Builder, points: tuple[Point, ...], profile: Profile) -> None:
        self.frames: dict[str, list[Frame]] = {point.name: [] for point in points}
        self.seen: list[Seen] = []
        self._points = points
        self._builder = builder
        self._profile = profile
        self._links: dict[str, bytes] = {}
        with_ppp = (m.name for m in builder.scenario.mobiles if m.has_ppp)
        self._sessions = {name: number for number, name in enumerate(with_ppp, 1)}
        self._known: set[int] = set()

    def sent(self, sent: Sent) -> None:
        """Points at the sender, and those that see everything."""
        for point in self._points:
            if not point.nodes or sent.sender in point.nodes:
                self._see(point, sent.time_ns, sent)

    def received(self, time_ns: int, sent: Sent) -> None:
        """Points at the receiver."""
        for point in self._points:
            if sent.receiver in point.nodes and sent.sender not in point.nodes:
                self._see(point, time_ns, sent)

    def noted(self, time_ns: int, node: str, note: Note) -> None:
        """Nothing to see."""

    def happened(self, time_ns: int, node: str, event: Event) -> None:
        """Nothing to see."""

    def violated(self, time_ns: int, node: str, violation: Violation) -> None:
        """Nothing to see."""

    def _see(self, point: Point, time_ns: int, sent: Sent) -> None:
        frames = self.frames[point.name]
        frames.append(Frame(time_ns + point.clock_offset_ns, self._framed(sent)))
        if sent.number not in self._known:
            self._known.add(sent.number)
            reference_ns = time_ns + self._points[0].clock_offset_ns
            self.seen.append(Seen(reference_ns, len(frames), sent))

    def _framed(self, sent: Sent) -> bytes:
        source = self._link(sent.sender)
        receiver = _NOBODY if sent.receiver is None else self._link(sent.receiver)
        packet = sent.send.packet
        session = self._sessions.get(sent.sender) or self._sessions.get(sent.receiver or "", 0)
        if not isinstance(packet, Packet):
            ethertype, octets = link_octets(packet, session)
            return build(Ethernet(receiver, source, ethertype)) + octets
        if session:
            number = (
                PppProtocol.IPV4 if isinstance(packet.source, IPv4Address) else PppProtocol.IPV6
            )
            octets = ppp_octets(number, encode(packet, self._profile), session)
            return build(Ethernet(receiver, source, EtherType.PPPOE_SESSION)) + octets
        is_ipv4 = isinstance(packet.source, IPv4Address)
        ethertype = EtherType.IPV4 if is_ipv4 else EtherType.IPV6
        destination = _multicast(packet.destination) or receiver
        return build(Ethernet(destination, source, ethertype)) + encode(packet, self._profile)

    def _link(self, name: str) -> bytes:
        if name not in self._links:
            self._links[name] = self._builder.link_of(name)
        return self._links[name]


def _multicast(address: Address) -> bytes | None:
    """RFC 2464 7: 33:33 and the last four octets; an IPv4 broadcast is one on the link too."""
    if isinstance(address, IPv4Address):
        return b"\xff" * 6 if int(address) == (1 << 32) - 1 else None
    if not address.is_multicast:
        return None
    return b"\x33\x33" + address.packed[12:]
