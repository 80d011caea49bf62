"""What a closed replay sent, as a capture: in the frames that were recorded where there are any.

Frames that nobody regenerates (those of mobile nodes, AAA and whatever else there is) are copied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from dissectors.codec import build
from dissectors.ipv6 import Ipv6Header, NextHeader
from dissectors.link import LINKTYPE_ETHERNET, Ethernet, EtherType
from dissectors.profile import Profile
from netmip6scope.incident.frames import Capture, Captured
from replay.closed.journeys import Journey, peeled
from replay.closed.run import Closed
from replay.closed.sent import Shown
from replay.packets import IPV6_OCTETS, Packet, encode

_LENGTH_AT = 4
"""Of a PPPoE header (RFC 2516 4)."""
_NOBODY = bytes(6)


@dataclass(frozen=True, slots=True)
class Written:
    """A frame to write."""

    time_ns: int
    interface: int
    octets: bytes
    wirelen: int


class Writing:
    """Makes frames of what models sent."""

    def __init__(self, capture: Capture, done: Closed, profile: Profile) -> None:
        self._capture = capture
        self._done = done
        self._profile = profile
        self._recorded = {frame.number: frame for frame in capture.frames}
        self._like: dict[tuple[object, object, object], Captured] = {}
        """A frame of the same way, for what no frame shows."""

    def frames(self) -> Iterator[Written]:
        """In order of time; those that were recorded in their order."""
        gone, moved = self._done.remade, self._done.moved
        rows: list[tuple[int, int, int, Written]] = []
        for frame in self._capture.frames:
            time_ns = moved.get(frame.number, frame.time_ns)
            if frame.number in gone or time_ns is None:
                continue
            made = Written(time_ns, frame.interface, frame.octets, frame.wirelen)
            rows.append((time_ns, 0, frame.number, made))
        for at, shown in enumerate(self._done.shown):
            place = (0, shown.frame) if shown.frame is not None else (1, at)
            rows.append((shown.time_ns, *place, self._framed(shown)))
        rows.sort(key=lambda row: row[:3])
        return (row[3] for row in rows)

    def _framed(self, shown: Shown) -> Written:
        journeys = self._done.recording.journeys
        if shown.journey is None:
            octets = encode(shown.packet, self._profile)
        else:
            octets = carried(shown.packet, _inner(journeys[shown.journey], shown.frame))
        way = shown.node, shown.link or shown.packet.destination, _version(octets)
        if shown.frame is not None:
            frame = self._like[way] = self._recorded[shown.frame]
            made = in_frame(frame, octets, same=True, message=shown.journey is None)
            cut = frame.wirelen - len(frame.octets)
            return Written(shown.time_ns, frame.interface, made, len(made) + cut)
        like = self._like.get(way) or self._any(_version(octets))
        if like is None:
            made = self._anew(shown, octets)
            return Written(shown.time_ns, 0, made, len(made))
        made = in_frame(like, octets, same=False, message=False)
        return Written(shown.time_ns, like.interface, made, len(made))

    def _any(self, version: int) -> Captured | None:
        """On other links than Ethernet, whose addresses are known, any frame is a pattern."""
        if self._capture.interfaces[0].link_type == LINKTYPE_ETHERNET:
            return None
        found = (f for f in self._capture.frames if f.begin is not None)
        return next((f for f in found if _version(f.octets[f.begin :]) == version), None)

    def _anew(self, shown: Shown, octets: bytes) -> bytes:
        """An Ethernet frame with the addresses that are known."""
        recording, to = self._done.recording, shown.packet.destination
        source = recording.link_of(shown.node) or _NOBODY
        at_node = recording.link_of(to) if isinstance(to, IPv6Address) else None
        kind = EtherType.IPV4 if _version(octets) == 4 else EtherType.IPV6
        return build(Ethernet(shown.link or at_node or _NOBODY, source, kind)) + octets


def _version(octets: bytes) -> int:
    return octets[0] >> 4 if octets else 0


def _inner(journey: Journey, frame: int | None) -> bytes:
    hop = next((hop for hop in journey.hops if hop.frame.number == frame), None)
    return journey.hops[0].inner if hop is None else hop.inner


def carried(packet: Packet, inner: bytes) -> bytes:
    """User data in the tunnels of the packet that stands for it."""
    if not isinstance(packet.payload, Packet):
        return inner
    octets = carried(packet.payload, inner)
    number = NextHeader.IPV4 if octets[0] >> 4 == 4 else NextHeader.IPV6
    source, destination = packet.source, packet.destination
    assert not isinstance(source, IPv4Address)
    assert not isinstance(destination, IPv4Address)
    header = Ipv6Header(6, 0, 0, len(octets), number, packet.hop_limit, source, destination)
    return build(header) + octets


def in_frame(frame: Captured, octets: bytes, *, same: bool, message: bool) -> bytes:
    """A packet in the link layer of a frame.

    same: the frame shows this very packet; message: in whatever tunnel it is there.
    """
    assert frame.begin is not None
    head, old = frame.octets[: frame.begin], frame.octets[frame.begin :]
    deeper = _depth(old) - _depth(octets) if same and message else 0
    if deeper > 0:
        # The recorded node has put it into tunnels that the model knows nothing of.
        size = deeper * IPV6_OCTETS
        head, old = head + old[:size], old[size:]
    tail = _behind(old) if same and len(old) - len(_behind(old)) == len(octets) else b""
    if frame.pppoe is not None:
        at = frame.pppoe + _LENGTH_AT
        behind = frame.pppoe + 6
        length = len(head) - behind + len(octets)
        head = head[:at] + length.to_bytes(2, "big") + head[at + 2 :]
    return head + octets + tail


def _depth(octets: bytes) -> int:
    what = peeled(octets)
    return 0 if what is None else len(what.tunnels)


def _behind(octets: bytes) -> bytes:
    """What follows an IP packet in its frame: padding."""
    if octets[0] >> 4 == 6:
        return octets[IPV6_OCTETS + int.from_bytes(octets[4:6], "big") :]
    return octets[int.from_bytes(octets[2:4], "big") :]
