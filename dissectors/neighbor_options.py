"""Neighbor discovery options (RFC 2461 4.6, RFC 6275 7, RFC 5568 6.4, RFC 4140 5).

A body begins behind Type and Length. Where an option has a tail, whole units of 8 octets bound it:
padding, if there is any, is part of the tail.
"""

from __future__ import annotations

from ipaddress import IPv6Address

from dissectors.layout import (
    Message,
    declare,
    flag,
    ipv6_address,
    octets,
    prefix_octets,
    reserved,
    uint,
)
from dissectors.registries import ND_OPTIONS


@declare(ND_OPTIONS, 1, "icmpv6.opt", ref="RFC 2461 4.6.1", label="Source Link-Layer Address")
class SourceLinkLayerAddress(Message):
    """The sender's interface."""

    address: bytes = octets("Source Link-layer address", filter="src_linkaddr")


@declare(ND_OPTIONS, 2, "icmpv6.opt", ref="RFC 2461 4.6.1", label="Target Link-Layer Address")
class TargetLinkLayerAddress(Message):
    """The target's interface."""

    address: bytes = octets("Target Link-layer address", filter="target_linkaddr")


@declare(ND_OPTIONS, 3, "icmpv6.opt.prefix", ref="RFC 2461 4.6.2, RFC 6275 7.2")
class PrefixInformation(Message):
    """A prefix of the link; with R the field holds the router's whole address."""

    prefix_length: int = uint(8, "Prefix Length", filter="length")
    on_link: bool = flag("On-link (L)", filter=".flag.l")
    autonomous: bool = flag("Autonomous address-configuration (A)", filter=".flag.a")
    router_address: bool = flag("Router address (R)", filter=".flag.r")
    flags_reserved: int = reserved(5)
    valid_lifetime: int = uint(32, "Valid Lifetime", filter="valid_lifetime", unit="s")
    preferred_lifetime: int = uint(32, "Preferred Lifetime", filter="preferred_lifetime", unit="s")
    reserved: int = reserved(32)
    prefix: IPv6Address = ipv6_address("Prefix", filter="icmpv6.opt.prefix")


@declare(ND_OPTIONS, 4, "icmpv6.opt", ref="RFC 2461 4.6.3")
class RedirectedHeader(Message):
    """The packet that caused the redirect."""

    reserved: int = reserved(48)
    packet: bytes = octets("Redirected Packet", filter="redirected_packet")


@declare(ND_OPTIONS, 5, "icmpv6.opt", ref="RFC 2461 4.6.4", label="MTU")
class Mtu(Message):
    """The link's MTU."""

    reserved: int = reserved(16)
    mtu: int = uint(32, "MTU", filter="mtu", unit="octets")


@declare(ND_OPTIONS, 7, "icmpv6.opt", ref="RFC 6275 7.3")
class AdvertisementInterval(Message):
    """The longest time between two advertisements."""

    reserved: int = reserved(16)
    interval: int = uint(32, "Advertisement Interval", filter="advertisement_interval", unit="ms")


@declare(ND_OPTIONS, 8, "icmpv6.opt", ref="RFC 6275 7.4")
class HomeAgentInformation(Message):
    """A home agent's preference and lifetime."""

    reserved: int = reserved(16)
    preference: int = uint(16, "Home Agent Preference", filter="home_agent_preference")
    lifetime: int = uint(16, "Home Agent Lifetime", filter="home_agent_lifetime", unit="s")


@declare(ND_OPTIONS, 14, "icmpv6.opt", ref="RFC 3971 5.3.2")
class Nonce(Message):
    """An answer's proof that it answers."""

    nonce: bytes = octets("Nonce", filter="nonce")


@declare(ND_OPTIONS, 17, "icmpv6.opt.ipa", ref="RFC 5568 6.4.1", label="IP Address/Prefix")
class IpAddressPrefix(Message):
    """Code 1 old care-of address, 2 new care-of address, 3 new access router, 4 its prefix."""

    option_code: int = uint(8, "Option-Code", filter="option_code")
    prefix_length: int = uint(8, "Prefix Length", filter="prefix_len")
    reserved: int = reserved(32)
    address: IPv6Address = ipv6_address("IPv6 Address", filter="ipv6_address")


@declare(ND_OPTIONS, 18, "icmpv6.opt.nrpi", ref="RFC 4068 6.4.2")
class NewRouterPrefix(Message):
    """A prefix of the new access router."""

    option_code: int = uint(8, "Option-Code", filter="option_code")
    prefix_length: int = uint(8, "Prefix Length", filter="prefix_len")
    reserved: int = reserved(32)
    prefix: IPv6Address = ipv6_address("Prefix", filter="prefix")


@declare(ND_OPTIONS, 19, "icmpv6.opt.lla", ref="RFC 5568 6.4.3", label="Link-Layer Address")
class LinkLayerAddress(Message):
    """Whose interface it is, is in the code; zero octets up to 8 belong to the address here."""

    option_code: int = uint(8, "Option-Code", filter="option_code")
    address: bytes = octets("Link-Layer Address", filter="bytes")


@declare(ND_OPTIONS, 20, "icmpv6.opt.naack", ref="RFC 5568 6.4.6")
class NeighborAdvertisementAcknowledgment(Message):
    """The access router's word on the new care-of address; another address may follow."""

    option_code: int = uint(8, "Option-Code", filter="option_code")
    status: int = uint(8, "Status", filter="status")
    reserved: int = reserved(32)
    careof: bytes = octets("Supplied care-of address", filter="netmip6.naack.careof")


@declare(ND_OPTIONS, 23, "icmpv6.opt.map", ref="RFC 4140 5", label="MAP")
class MapOption(Message):
    """A mobility anchor point; distance 0 is invalid."""

    distance: int = uint(4, "Distance", filter="distance")
    preference: int = uint(4, "Preference", filter="preference")
    rcoa: bool = flag("RCoA (R)", filter=".flag.r")
    reserved: int = reserved(7)
    valid_lifetime: int = uint(32, "Valid Lifetime", filter="valid_lifetime", unit="s")
    address: IPv6Address = ipv6_address("Global Address", filter="global_address")


@declare(ND_OPTIONS, 24, "icmpv6.opt.route_info", ref="RFC 4191 2.3")
class RouteInformation(Message):
    """A more specific route; the prefix has 0, 8 or 16 octets."""

    prefix_length: int = uint(8, "Prefix Length", filter="icmpv6.opt.prefix.length")
    flags: int = uint(8, "Flags", filter="flag")
    lifetime: int = uint(32, "Route Lifetime", filter="icmpv6.opt.route_lifetime", unit="s")
    prefix: bytes = prefix_octets("Prefix", filter="icmpv6.opt.prefix")


@declare(ND_OPTIONS, 25, "icmpv6.opt.rdnss", ref="RFC 8106 5.1", label="Recursive DNS Servers")
class RecursiveDnsServers(Message):
    """Addresses of DNS servers, 16 octets each."""

    reserved: int = reserved(16)
    lifetime: int = uint(32, "Lifetime", filter="lifetime", unit="s")
    addresses: bytes = octets("Addresses", filter="netmip6.rdnss.addresses")
