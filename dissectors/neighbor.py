"""Router and neighbor messages (RFC 2461 4, RFC 6275 6.5 to 6.8), errors and echo (RFC 4443).

A body begins behind Type, Code and Checksum. Their options are in `neighbor_options`.
"""

from __future__ import annotations

from ipaddress import IPv6Address

from dissectors.layout import (
    Message,
    Options,
    declare,
    flag,
    ipv6_address,
    octets,
    option_list,
    reserved,
    uint,
)
from dissectors.neighbor_options import (
    AdvertisementInterval,
    HomeAgentInformation,
    IpAddressPrefix,
    LinkLayerAddress,
    MapOption,
    Mtu,
    NeighborAdvertisementAcknowledgment,
    NewRouterPrefix,
    Nonce,
    PrefixInformation,
    RecursiveDnsServers,
    RedirectedHeader,
    RouteInformation,
    SourceLinkLayerAddress,
    TargetLinkLayerAddress,
)
from dissectors.registries import ICMPV6_MESSAGES, ND_OPTIONS

__all__ = [
    "ICMPV6_MESSAGES",
    "ND_OPTIONS",
    "AdvertisementInterval",
    "DestinationUnreachable",
    "EchoReply",
    "EchoRequest",
    "ExperimentalFastHandover",
    "FastHandover",
    "HomeAgentAddressDiscoveryReply",
    "HomeAgentAddressDiscoveryRequest",
    "HomeAgentInformation",
    "IpAddressPrefix",
    "LinkLayerAddress",
    "MapOption",
    "MobilePrefixAdvertisement",
    "MobilePrefixSolicitation",
    "Mtu",
    "NeighborAdvertisement",
    "NeighborAdvertisementAcknowledgment",
    "NeighborSolicitation",
    "NewRouterPrefix",
    "Nonce",
    "PacketTooBig",
    "ParameterProblem",
    "PrefixInformation",
    "RecursiveDnsServers",
    "Redirect",
    "RedirectedHeader",
    "RouteInformation",
    "RouterAdvertisement",
    "RouterSolicitation",
    "SourceLinkLayerAddress",
    "TargetLinkLayerAddress",
    "TimeExceeded",
]


@declare(ICMPV6_MESSAGES, 1, "icmpv6", ref="RFC 4443 3.1")
class DestinationUnreachable(Message):
    """The packet could not be delivered; the code says why."""

    reserved: int = reserved(32)
    packet: bytes = octets("Invoking packet", filter="netmip6.icmpv6.packet")


@declare(ICMPV6_MESSAGES, 2, "icmpv6", ref="RFC 4443 3.2")
class PacketTooBig(Message):
    """The packet is larger than the next link takes."""

    mtu: int = uint(32, "MTU", filter="mtu", unit="octets")
    packet: bytes = octets("Invoking packet", filter="netmip6.icmpv6.packet")


@declare(ICMPV6_MESSAGES, 3, "icmpv6", ref="RFC 4443 3.3")
class TimeExceeded(Message):
    """The hop limit ran out, or fragments were missing."""

    reserved: int = reserved(32)
    packet: bytes = octets("Invoking packet", filter="netmip6.icmpv6.packet")


@declare(ICMPV6_MESSAGES, 4, "icmpv6", ref="RFC 4443 3.4")
class ParameterProblem(Message):
    """A header that the receiver could not take, and where in the packet."""

    pointer: int = uint(32, "Pointer", filter="pointer", unit="octets")
    packet: bytes = octets("Invoking packet", filter="netmip6.icmpv6.packet")


@declare(ICMPV6_MESSAGES, 128, "icmpv6.echo", ref="RFC 4443 4.1")
class EchoRequest(Message):
    """A question whether the destination lives."""

    identifier: int = uint(16, "Identifier", filter="identifier")
    sequence: int = uint(16, "Sequence", filter="sequence_number")
    data: bytes = octets("Data", filter="netmip6.icmpv6.data")


@declare(ICMPV6_MESSAGES, 129, "icmpv6.echo", ref="RFC 4443 4.2")
class EchoReply(Message):
    """The answer."""

    identifier: int = uint(16, "Identifier", filter="identifier")
    sequence: int = uint(16, "Sequence", filter="sequence_number")
    data: bytes = octets("Data", filter="netmip6.icmpv6.data")


@declare(ICMPV6_MESSAGES, 133, "icmpv6.nd.rs", ref="RFC 2461 4.1")
class RouterSolicitation(Message):
    """A host asks routers to advertise now."""

    reserved: int = reserved(32)
    options: Options = option_list(ND_OPTIONS)


@declare(ICMPV6_MESSAGES, 134, "icmpv6.nd.ra", ref="RFC 2461 4.2, RFC 6275 7.1")
class RouterAdvertisement(Message):
    """A router announces itself, prefixes and parameters."""

    hop_limit: int = uint(8, "Cur hop limit", filter="cur_hop_limit")
    managed: bool = flag("Managed address configuration (M)", filter=".flag.m")
    other: bool = flag("Other configuration (O)", filter=".flag.o")
    home_agent: bool = flag("Home Agent (H)", filter=".flag.h")
    preference: int = uint(2, "Default Router Preference", filter=".flag.prf")
    proxy: bool = flag("Proxy (P)", filter=".flag.p")
    reserved: int = reserved(2)
    router_lifetime: int = uint(16, "Router lifetime", filter="router_lifetime", unit="s")
    reachable_time: int = uint(32, "Reachable time", filter="reachable_time", unit="ms")
    retransmission: int = uint(32, "Retrans timer", filter="retrans_timer", unit="ms")
    options: Options = option_list(ND_OPTIONS)


@declare(ICMPV6_MESSAGES, 135, "icmpv6.nd.ns", ref="RFC 2461 4.3")
class NeighborSolicitation(Message):
    """A question for the owner of the target address."""

    reserved: int = reserved(32)
    target: IPv6Address = ipv6_address("Target Address", filter="target_address")
    options: Options = option_list(ND_OPTIONS)


@declare(ICMPV6_MESSAGES, 136, "icmpv6.nd.na", ref="RFC 2461 4.4")
class NeighborAdvertisement(Message):
    """The answer, or an announcement."""

    router: bool = flag("Router (R)", filter=".flag.r")
    solicited: bool = flag("Solicited (S)", filter=".flag.s")
    override: bool = flag("Override (O)", filter=".flag.o")
    reserved: int = reserved(29)
    target: IPv6Address = ipv6_address("Target Address", filter="target_address")
    options: Options = option_list(ND_OPTIONS)


@declare(ICMPV6_MESSAGES, 137, "icmpv6.nd.rd", ref="RFC 2461 4.5")
class Redirect(Message):
    """There is a better first hop."""

    reserved: int = reserved(32)
    target: IPv6Address = ipv6_address("Target Address", filter="target_address")
    destination: IPv6Address = ipv6_address(
        "Destination Address", filter="icmpv6.rd.na.destination_address"
    )
    options: Options = option_list(ND_OPTIONS)


@declare(ICMPV6_MESSAGES, 144, "icmpv6.mip6", ref="RFC 6275 6.5")
class HomeAgentAddressDiscoveryRequest(Message):
    """A question for the home agents on the home link."""

    identifier: int = uint(16, "Identifier", filter="identifier")
    reserved: int = reserved(16)


@declare(ICMPV6_MESSAGES, 145, "icmpv6.mip6", ref="RFC 6275 6.6")
class HomeAgentAddressDiscoveryReply(Message):
    """Home agents' addresses, the preferred first, 16 octets each."""

    identifier: int = uint(16, "Identifier", filter="identifier")
    reserved: int = reserved(16)
    addresses: bytes = octets("Home Agent Addresses", filter="netmip6.home_agent_addresses")


@declare(ICMPV6_MESSAGES, 146, "icmpv6.mip6", ref="RFC 6275 6.7")
class MobilePrefixSolicitation(Message):
    """A mobile node away from home asks for its home prefixes."""

    identifier: int = uint(16, "Identifier", filter="identifier")
    reserved: int = reserved(16)
    options: Options = option_list(ND_OPTIONS)


@declare(ICMPV6_MESSAGES, 147, "icmpv6.mip6", ref="RFC 6275 6.8")
class MobilePrefixAdvertisement(Message):
    """The home agent's answer."""

    identifier: int = uint(16, "Identifier", filter="identifier")
    managed: bool = flag("Managed address configuration (M)", filter=".flag.m")
    other: bool = flag("Other configuration (O)", filter=".flag.o")
    reserved: int = reserved(14)
    options: Options = option_list(ND_OPTIONS)


@declare(ICMPV6_MESSAGES, 150, "icmpv6.fmip6", ref="RFC 4068 6.1, RFC 4065")
class ExperimentalFastHandover(Message):
    """RtSolPr, PrRtAdv, HI, HAck by subtype 2 to 5; in 4, S and U are the first two bits."""

    subtype: int = uint(8, "Subtype", filter="subtype")
    assigned: bool = flag("Assigned address configuration (S)", filter=".hi.flag.s")
    buffer: bool = flag("Buffer (U)", filter=".hi.flag.a")
    reserved: int = reserved(6)
    identifier: int = uint(16, "Identifier", filter="identifier")
    options: Options = option_list(ND_OPTIONS)


@declare(ICMPV6_MESSAGES, 154, "icmpv6.fmip6", ref="RFC 5568 6.1")
class FastHandover(Message):
    """RtSolPr and PrRtAdv by subtype 2 and 3."""

    subtype: int = uint(8, "Subtype", filter="subtype")
    reserved: int = reserved(8)
    identifier: int = uint(16, "Identifier", filter="identifier")
    options: Options = option_list(ND_OPTIONS)
