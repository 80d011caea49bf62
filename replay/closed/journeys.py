"""User packets on their way through the network, by the frames that show them.

What is inside of the tunnels is never read: it is known again by its octets but for the hop limit,
which routers count down (RFC 2460 3, RFC 791 3.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

from dissectors.ipv6 import NextHeader
from replay.packets import Address, Datagram, Packet

LONGEST_NS = 1_000_000_000
"""What comes later is another packet with the same octets."""
_IPV6, _IPV4 = 40, 20
_TUNNELS = (NextHeader.IPV6, NextHeader.IPV4)
_DEEPEST = 4
_NUMBER_OCTETS = 8
_MOST_ADDRESSES = 1 << 14
Ends = tuple[IPv6Address, IPv6Address]
"""Source and destination of a tunnel's outer header."""


@dataclass(frozen=True, slots=True)
class IpFrame:
    """A captured IP packet: its octets, and the link-layer address that it came from, or b""."""

    number: int
    time_ns: int
    octets: bytes
    link: bytes = b""


@dataclass(frozen=True, slots=True)
class Peeled:
    """A packet without its tunnels. `tunnels`: the outermost first."""

    tunnels: tuple[Ends, ...]
    inner: bytes
    source: Address
    destination: Address
    upper: int
    """The inner packet's next header or protocol."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One sight of a user packet. `sender`: None where the link-layer address does not tell."""

    frame: IpFrame
    tunnels: tuple[Ends, ...]
    inner: bytes
    sender: IPv6Address | None


@dataclass(slots=True)
class Journey:
    """One user packet. `hops`: in order of time."""

    source: Address
    destination: Address
    hops: list[Hop] = field(default_factory=list)

    def after(self, hop: Hop, node: IPv6Address) -> Hop | None:
        """The first sight of what a node makes of it after this one."""
        at = self.hops.index(hop) + 1
        return next((h for h in self.hops[at:] if h.sender in (node, None)), None)


def peeled(octets: bytes) -> Peeled | None:
    """None for what is no whole IP packet."""
    tunnels: list[Ends] = []
    begin, end = 0, len(octets)
    while begin < end and octets[begin] >> 4 == 6:
        if end - begin < _IPV6:
            return None
        length = begin + _IPV6 + int.from_bytes(octets[begin + 4 : begin + 6], "big")
        source = _address6(octets[begin + 8 : begin + 24])
        destination = _address6(octets[begin + 24 : begin + 40])
        upper = octets[begin + 6]
        if length > end:
            return None
        end = length
        if upper not in _TUNNELS or len(tunnels) == _DEEPEST:
            return Peeled(tuple(tunnels), octets[begin:end], source, destination, upper)
        tunnels.append((source, destination))
        begin += _IPV6
    return _peeled4(tuple(tunnels), octets[begin:end])


def _peeled4(tunnels: tuple[Ends, ...], octets: bytes) -> Peeled | None:
    if len(octets) < _IPV4 or octets[0] >> 4 != 4:
        return None
    length = int.from_bytes(octets[2:4], "big")
    if not _IPV4 <= length <= len(octets):
        return None
    source, destination = _address4(octets[12:16]), _address4(octets[16:20])
    return Peeled(tunnels, octets[:length], source, destination, octets[9])


@lru_cache(maxsize=_MOST_ADDRESSES)
def _address6(octets: bytes) -> IPv6Address:
    """Few addresses stand in many packets."""
    return IPv6Address(octets)


@lru_cache(maxsize=_MOST_ADDRESSES)
def _address4(octets: bytes) -> IPv4Address:
    return IPv4Address(octets)


def joined(hops: Iterable[tuple[Hop, Peeled]]) -> list[Journey]:
    """The journeys that hops, in order of time, are parts of."""
    found: list[Journey] = []
    open_: dict[bytes, Journey] = {}
    for hop, what in hops:
        key = _known_by(what.inner)
        journey = open_.get(key)
        if journey is None or not _goes_on(journey, hop):
            journey = open_[key] = Journey(what.source, what.destination)
            found.append(journey)
        journey.hops.append(hop)
    return found


def _goes_on(journey: Journey, hop: Hop) -> bool:
    if hop.frame.time_ns - journey.hops[0].frame.time_ns > LONGEST_NS:
        return False
    return all(
        (each.tunnels, each.frame.link) != (hop.tunnels, hop.frame.link) for each in journey.hops
    )


def _known_by(inner: bytes) -> bytes:
    """The packet without its hop limit and, for IPv4, the checksum over that."""
    if inner[0] >> 4 == 6:
        return inner[:7] + inner[8:]
    return inner[:8] + inner[9:10] + inner[12:]


# Packets that stand for journeys, for models


def token(journey: Journey, number: int) -> Packet:
    """A packet that stands for the journey of this number; nothing in it but that."""
    data = Datagram(0, 0, number.to_bytes(_NUMBER_OCTETS, "big"))
    return Packet(journey.source, journey.destination, data)


def number_in(packet: Packet) -> int | None:
    """Of which journey a packet, in tunnels or not, is a token."""
    while isinstance(packet.payload, Packet):
        packet = packet.payload
    data = packet.payload
    is_token = isinstance(data, Datagram) and not (data.source_port or data.destination_port)
    return int.from_bytes(data.data, "big") if is_token and isinstance(data, Datagram) else None


def tunnels_of(packet: Packet) -> Iterator[Ends]:
    """The tunnels that a packet is in, the outermost first."""
    while isinstance(packet.payload, Packet):
        source, destination = packet.source, packet.destination
        assert isinstance(source, IPv6Address)
        assert isinstance(destination, IPv6Address)
        yield source, destination
        packet = packet.payload
