"""Packets as nodes see them, and their octets.

A `Packet` is what stands above the link layer: addresses, the Home Address option, the Type 2
Routing header and AH where they are there, and one payload. Nodes exchange packets; octets are made
where somebody looks at them: an authenticator, a capture. Layouts come from `dissectors` alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address

from dissectors.checksum import ones_complement, transport_checksum
from dissectors.codec import (
    build,
    build_icmpv6,
    build_mobility_header,
    icmpv6_message,
    mobility_message,
    parse_only,
)
from dissectors.errors import ParseError
from dissectors.ipv6 import (
    AuthenticationHeader,
    DestinationOptions,
    HomeAddressOption,
    Ipv4Header,
    Ipv6Header,
    NextHeader,
    Routing,
    RoutingType2,
    UdpHeader,
)
from dissectors.layout import Message
from dissectors.profile import Profile
from dissectors.registries import MOBILITY_MESSAGES

Address = IPv4Address | IPv6Address

UNSPECIFIED = IPv6Address(0)
HOP_LIMIT = 64
NEIGHBOR_HOP_LIMIT = 255
"""RFC 2461 and draft 4.1: a packet with it cannot have come through a router."""
IPV6_OCTETS = Ipv6Header.layout.fixed
IPV4_OCTETS = Ipv4Header.layout.fixed
UDP_OCTETS = UdpHeader.layout.fixed
AH_OCTETS = AuthenticationHeader.layout.fixed
_NESTING = 4
_DEFAULT = Profile()


@dataclass(frozen=True, slots=True)
class Datagram:
    """UDP."""

    source_port: int
    destination_port: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Ah:
    """An Authentication Header; the ICV is filled in by `security.protect`."""

    spi: int
    sequence: int
    icv: bytes


@dataclass(frozen=True, slots=True)
class Packet:
    """One IP packet. `home_address`: of the Home Address option; `routed`: of Routing type 2."""

    source: Address
    destination: Address
    payload: Message | Datagram | Packet
    hop_limit: int = HOP_LIMIT
    home_address: IPv6Address | None = None
    routed: IPv6Address | None = None
    ah: Ah | None = None


def pseudo(packet: Packet) -> tuple[IPv6Address, IPv6Address]:
    """The addresses of the pseudo-header (RFC 6275 6.1.1)."""
    source, destination = packet.source, packet.destination
    if packet.home_address is not None:
        source = packet.home_address
    if packet.routed is not None:
        destination = packet.routed
    assert isinstance(source, IPv6Address)
    assert isinstance(destination, IPv6Address)
    return source, destination


def encode(packet: Packet, profile: Profile = _DEFAULT) -> bytes:
    """The packet's octets; BuildError if a value does not fit."""
    if isinstance(packet.source, IPv4Address):
        return _encode_ipv4(packet)
    number, octets = _upper(packet, profile)
    if packet.ah is not None:
        length = (AH_OCTETS + len(packet.ah.icv)) // 4 - 2
        ah = AuthenticationHeader(
            number, length, 0, packet.ah.spi, packet.ah.sequence, packet.ah.icv
        )
        number, octets = NextHeader.AH, build(ah) + octets
    if packet.home_address is not None:
        options = (HomeAddressOption(packet.home_address),)
        body = build(DestinationOptions(number, 2, options))
        number, octets = NextHeader.DESTINATION_OPTIONS, body + octets
    if packet.routed is not None:
        routing = build(Routing(number, 2, RoutingType2.layout.number, 1))
        octets = routing + build(RoutingType2(0, packet.routed)) + octets
        number = NextHeader.ROUTING
    assert isinstance(packet.source, IPv6Address)
    assert isinstance(packet.destination, IPv6Address)
    header = Ipv6Header(
        6, 0, 0, len(octets), number, packet.hop_limit, packet.source, packet.destination
    )
    return build(header) + octets


def _upper(packet: Packet, profile: Profile) -> tuple[int, bytes]:
    """Next header number and octets of an IPv6 packet's payload."""
    payload = packet.payload
    if isinstance(payload, Packet):
        inner = NextHeader.IPV4 if isinstance(payload.source, IPv4Address) else NextHeader.IPV6
        return inner, encode(payload, profile)
    source, destination = pseudo(packet)
    if isinstance(payload, Datagram):
        body = _udp(payload, 0)
        number = transport_checksum(source, destination, NextHeader.UDP, body) or 0xFFFF
        return NextHeader.UDP, _udp(payload, number)
    if payload.layout.registry is MOBILITY_MESSAGES:
        return NextHeader.MOBILITY, build_mobility_header(payload, source, destination)
    return NextHeader.ICMPV6, build_icmpv6(payload, source, destination, profile=profile)


def _udp(datagram: Datagram, checksum: int) -> bytes:
    length = UDP_OCTETS + len(datagram.data)
    header = UdpHeader(datagram.source_port, datagram.destination_port, length, checksum)
    return build(header) + datagram.data


def _encode_ipv4(packet: Packet) -> bytes:
    """IPv4 without options, UDP inside."""
    datagram = packet.payload
    assert isinstance(datagram, Datagram)
    assert isinstance(packet.source, IPv4Address)
    assert isinstance(packet.destination, IPv4Address)
    body = _udp(datagram, 0)
    pseudo_sum = ones_complement(
        packet.source.packed
        + packet.destination.packed
        + bytes((0, NextHeader.UDP))
        + len(body).to_bytes(2, "big")
    )
    body = _udp(datagram, 0xFFFF ^ ones_complement(body, pseudo_sum) or 0xFFFF)
    header = Ipv4Header(
        version=4,
        header_length=IPV4_OCTETS // 4,
        total_length=IPV4_OCTETS + len(body),
        dont_fragment=True,
        hop_limit=packet.hop_limit,
        protocol=NextHeader.UDP,
        source=packet.source,
        destination=packet.destination,
    )
    octets = build(header)
    checksum = (0xFFFF ^ ones_complement(octets)).to_bytes(2, "big")
    at = Ipv4Header.layout["checksum"].begin
    return octets[:at] + checksum + octets[at + 2 :] + body


def decode(data: bytes, profile: Profile = _DEFAULT) -> Packet:
    """The packet that the octets hold, all of them; ParseError for what nodes do not take."""
    return _decode(data, 0, profile, _NESTING)


def _decode(data: bytes, begin: int, profile: Profile, nesting: int) -> Packet:
    if begin >= len(data) or not nesting:
        raise ParseError("no packet", begin)
    if data[begin] >> 4 == 4:
        return _decode_ipv4(data, begin)
    header = parse_only(Ipv6Header, data, begin, begin + IPV6_OCTETS)
    end = begin + IPV6_OCTETS + header.payload_length
    if header.version != 6 or end > len(data):
        raise ParseError("no whole IPv6 packet", begin)
    packet = Packet(header.source, header.destination, header, header.hop_limit)
    number, at = header.next_header, begin + IPV6_OCTETS
    while number in _EXTENSIONS:
        packet, number, at = _EXTENSIONS[number](packet, data, at, end)
    if number in (NextHeader.IPV6, NextHeader.IPV4):
        return replace(packet, payload=_decode(data[:end], at, profile, nesting - 1))
    return replace(packet, payload=_payload(number, data, at, end, profile))


def _payload(number: int, data: bytes, at: int, end: int, profile: Profile) -> Message | Datagram:
    if number == NextHeader.MOBILITY:
        return mobility_message(data, at, end)
    if number == NextHeader.ICMPV6:
        return icmpv6_message(data, at, end, profile)
    if number == NextHeader.UDP:
        return _decode_udp(data, at, end)
    raise ParseError(f"next header {number} is not for these nodes", at)


def _decode_udp(data: bytes, at: int, end: int) -> Datagram:
    udp = parse_only(UdpHeader, data, at, min(end, at + UDP_OCTETS))
    return Datagram(udp.source_port, udp.destination_port, data[at + UDP_OCTETS : end])


def _decode_ipv4(data: bytes, begin: int) -> Packet:
    header = parse_only(Ipv4Header, data, begin, begin + IPV4_OCTETS)
    end = begin + header.total_length
    if header.header_length * 4 != IPV4_OCTETS or header.protocol != NextHeader.UDP:
        raise ParseError("not plain UDP over IPv4", begin)
    if end > len(data):
        raise ParseError("no whole IPv4 packet", begin)
    datagram = _decode_udp(data, begin + IPV4_OCTETS, end)
    return Packet(header.source, header.destination, datagram, header.hop_limit)


def _destination_options(packet: Packet, data: bytes, at: int, end: int) -> tuple[Packet, int, int]:
    size = _extension(data, at, end)
    header = parse_only(DestinationOptions, data, at, at + size)
    home = [each.address for each in header.options if isinstance(each, HomeAddressOption)]
    return replace(packet, home_address=home[0] if home else None), data[at], at + size


def _routing(packet: Packet, data: bytes, at: int, end: int) -> tuple[Packet, int, int]:
    size, head = _extension(data, at, end), Routing.layout.fixed
    common = parse_only(Routing, data, at, at + head)
    if common.routing_type != RoutingType2.layout.number:
        raise ParseError(f"routing type {common.routing_type} is not for these nodes", at)
    routing = parse_only(RoutingType2, data, at + head, at + size)
    left = routing.home_address if common.segments_left else None
    return replace(packet, routed=left), data[at], at + size


def _extension(data: bytes, at: int, end: int) -> int:
    if at + 2 > end or at + (data[at + 1] + 1) * 8 > end:
        raise ParseError("an extension header runs out of the packet", at)
    return (data[at + 1] + 1) * 8


def _authentication(packet: Packet, data: bytes, at: int, end: int) -> tuple[Packet, int, int]:
    if at + 2 > end or at + (data[at + 1] + 2) * 4 > end:
        raise ParseError("AH runs out of the packet", at)
    size = (data[at + 1] + 2) * 4
    header = parse_only(AuthenticationHeader, data, at, at + size)
    return replace(packet, ah=Ah(header.spi, header.sequence, header.icv)), data[at], at + size


_EXTENSIONS: dict[int, Callable[[Packet, bytes, int, int], tuple[Packet, int, int]]] = {
    NextHeader.DESTINATION_OPTIONS: _destination_options,
    NextHeader.ROUTING: _routing,
    NextHeader.AH: _authentication,
}
