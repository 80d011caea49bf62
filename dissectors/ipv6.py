"""IPv6 with its extension headers, and the headers that carry or follow it.

Layouts are whole headers, from their first octet; lengths and checksums stand in them for reading.
Sources: RFC 8200, RFC 2473 (tunnels), RFC 6275 6.3 and 6.4, RFC 4302, RFC 4303, RFC 2784, RFC 791.
"""

from __future__ import annotations

from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address

from dissectors.layout import (
    Message,
    Options,
    declare,
    flag,
    ipv4_address,
    ipv6_address,
    octets,
    option_list,
    reserved,
    uint,
)
from dissectors.registries import GRE_PARTS, HEADERS, IPV6_OPTIONS, ROUTING_HEADERS

DSMIPV6_PORT = 4191
"""RFC 5555 4: IPv6 or IPv4 in UDP."""
PMIPV6_PORT = 5436
"""RFC 5844 4.1.3: the Mobility Header in UDP."""


class NextHeader(IntEnum):
    """IP protocol numbers that are told apart here."""

    HOP_BY_HOP = 0
    ICMP = 1
    IPV4 = 4
    TCP = 6
    UDP = 17
    IPV6 = 41
    ROUTING = 43
    FRAGMENT = 44
    GRE = 47
    ESP = 50
    AH = 51
    ICMPV6 = 58
    NO_NEXT_HEADER = 59
    DESTINATION_OPTIONS = 60
    MOBILITY_OLD = 62
    SCTP = 132
    MOBILITY = 135


@declare(HEADERS, 41, "ipv6", ref="RFC 8200 3", label="IPv6")
class Ipv6Header(Message):
    """40 octets."""

    version: int = uint(4, "Version", filter="version")
    traffic_class: int = uint(8, "Traffic Class", filter="tclass")
    flow_label: int = uint(20, "Flow Label", filter="flow")
    payload_length: int = uint(16, "Payload Length", filter="plen", unit="octets")
    next_header: int = uint(8, "Next Header", filter="nxt", enum=NextHeader)
    hop_limit: int = uint(8, "Hop Limit", filter="hlim")
    source: IPv6Address = ipv6_address("Source Address", filter="src")
    destination: IPv6Address = ipv6_address("Destination Address", filter="dst")


@declare(HEADERS, 0, "ipv6.hopopts", ref="RFC 8200 4.3", label="Hop-by-Hop Options")
class HopByHop(Message):
    """Options for every hop; length counts 8 octets after the first."""

    next_header: int = uint(8, "Next Header", filter="nxt", enum=NextHeader)
    length: int = uint(8, "Hdr Ext Len", filter="len")
    options: Options = option_list(IPV6_OPTIONS)


@declare(HEADERS, 60, "ipv6.dstopts", ref="RFC 8200 4.6", label="Destination Options")
class DestinationOptions(Message):
    """Options for the destination, the Home Address option among them."""

    next_header: int = uint(8, "Next Header", filter="nxt", enum=NextHeader)
    length: int = uint(8, "Hdr Ext Len", filter="len")
    options: Options = option_list(IPV6_OPTIONS)


@declare(HEADERS, 43, "ipv6.routing", ref="RFC 8200 4.4", label="Routing header")
class Routing(Message):
    """The part common to all routing types."""

    next_header: int = uint(8, "Next Header", filter="nxt", enum=NextHeader)
    length: int = uint(8, "Hdr Ext Len", filter="len")
    routing_type: int = uint(8, "Routing Type", filter="type")
    segments_left: int = uint(8, "Segments Left", filter="segleft")


@declare(ROUTING_HEADERS, 2, "ipv6.routing.mipv6", ref="RFC 6275 6.4", label="Type 2")
class RoutingType2(Message):
    """The home address that the packet is for."""

    reserved: int = reserved(32)
    home_address: IPv6Address = ipv6_address("Home Address", filter="home_address")


@declare(ROUTING_HEADERS, 0, "ipv6.routing.src", ref="RFC 2460 4.4", label="Type 0")
class RoutingType0(Message):
    """Addresses still to visit, 16 octets each (deprecated by RFC 5095)."""

    reserved: int = reserved(32)
    addresses: bytes = octets("Addresses", filter="netmip6.routing.addresses")


@declare(HEADERS, 44, "ipv6.fraghdr", ref="RFC 8200 4.5", label="Fragment header")
class FragmentHeader(Message):
    """A part of a packet; offset counts 8 octets."""

    next_header: int = uint(8, "Next Header", filter="nxt", enum=NextHeader)
    reserved: int = reserved(8)
    offset: int = uint(13, "Fragment Offset", filter="offset", unit="octets", scale=8)
    unused: int = uint(2, "Reserved", filter="netmip6.fraghdr.unused")
    more: bool = flag("More fragments (M)", filter="more")
    identification: int = uint(32, "Identification", filter="ident")


@declare(HEADERS, 51, "ah", ref="RFC 4302 2", label="Authentication Header")
class AuthenticationHeader(Message):
    """Length counts 4 octets, less two."""

    next_header: int = uint(8, "Next Header", filter="next_header", enum=NextHeader)
    length: int = uint(8, "Payload Len", filter="length")
    reserved: int = reserved(16)
    spi: int = uint(32, "SPI", filter="spi")
    sequence: int = uint(32, "Sequence number", filter="sequence")
    icv: bytes = octets("ICV", filter="icv")


@declare(HEADERS, 50, "esp", ref="RFC 4303 2", label="Encapsulating Security Payload")
class EspHeader(Message):
    """What is not encrypted, and the rest."""

    spi: int = uint(32, "SPI", filter="spi")
    sequence: int = uint(32, "Sequence number", filter="sequence")
    data: bytes = octets("Encrypted data", filter="encrypted_data")


@declare(HEADERS, 47, "gre", ref="RFC 2784 2, RFC 2890 2", label="GRE")
class Gre(Message):
    """The part that is always there; checksum, key and sequence number follow by flag."""

    has_checksum: bool = flag("Checksum (C)", filter=".flags.checksum")
    has_routing: bool = flag("Routing (R)", filter=".flags.routing")
    has_key: bool = flag("Key (K)", filter=".flags.key")
    has_sequence: bool = flag("Sequence number (S)", filter=".flags.sequence_number")
    reserved: int = reserved(9)
    version: int = uint(3, "Version", filter=".flags.version")
    protocol: int = uint(16, "Protocol Type", filter="proto")


@declare(GRE_PARTS, 1, "gre", ref="RFC 2784 2.5", label="GRE checksum")
class GreChecksum(Message):
    """There with the C or R flag."""

    checksum: int = uint(16, "Checksum", filter="checksum")
    offset: int = uint(16, "Offset", filter="offset")


@declare(GRE_PARTS, 2, "gre", ref="RFC 2890 2.1", label="GRE key")
class GreKeyField(Message):
    """There with the K flag."""

    key: int = uint(32, "Key", filter="key")


@declare(GRE_PARTS, 3, "gre", ref="RFC 2890 2.2", label="GRE sequence number")
class GreSequence(Message):
    """There with the S flag."""

    sequence: int = uint(32, "Sequence Number", filter="sequence_number")


@declare(HEADERS, 4, "ip", ref="RFC 791 3.1", label="IPv4")
class Ipv4Header(Message):
    """20 octets; options may follow. header_length counts 4 octets, offset 8."""

    version: int = uint(4, "Version", filter="version")
    header_length: int = uint(4, "Header Length", filter="hdr_len", unit="octets", scale=4)
    traffic_class: int = uint(8, "Differentiated Services Field", filter="dsfield")
    total_length: int = uint(16, "Total Length", filter="len", unit="octets")
    identification: int = uint(16, "Identification", filter="id")
    reserved: int = reserved(1)
    dont_fragment: bool = flag("Don't fragment", filter=".flags.df")
    more: bool = flag("More fragments", filter=".flags.mf")
    offset: int = uint(13, "Fragment Offset", filter="frag_offset", unit="octets", scale=8)
    hop_limit: int = uint(8, "Time to Live", filter="ttl")
    protocol: int = uint(8, "Protocol", filter="proto", enum=NextHeader)
    checksum: int = uint(16, "Header Checksum", filter="checksum")
    source: IPv4Address = ipv4_address("Source Address", filter="src")
    destination: IPv4Address = ipv4_address("Destination Address", filter="dst")


@declare(HEADERS, 17, "udp", ref="RFC 768", label="UDP")
class UdpHeader(Message):
    """Eight octets."""

    source_port: int = uint(16, "Source Port", filter="srcport")
    destination_port: int = uint(16, "Destination Port", filter="dstport")
    length: int = uint(16, "Length", filter="length", unit="octets")
    checksum: int = uint(16, "Checksum", filter="checksum")


@declare(
    IPV6_OPTIONS, 201, "ipv6.opt.mipv6", ref="RFC 6275 6.3", align=(8, 6), label="Home Address"
)
class HomeAddressOption(Message):
    """The sender's home address, where the packet's source is its care-of address."""

    address: IPv6Address = ipv6_address("Home Address", filter="home_address")


@declare(IPV6_OPTIONS, 4, "ipv6.opt", ref="RFC 2473 4.1.1")
class TunnelEncapsulationLimit(Message):
    """How many tunnels more."""

    limit: int = uint(8, "Tunnel Encapsulation Limit", filter="tel")


@declare(IPV6_OPTIONS, 5, "ipv6.opt", ref="RFC 2711 2.1", align=(2, 0))
class RouterAlert(Message):
    """Routers shall look at this packet."""

    value: int = uint(16, "Router Alert", filter="router_alert")
