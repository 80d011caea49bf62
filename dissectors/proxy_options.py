"""Mobility options 22 to 28 and 33 to 39: Proxy Mobile IPv6 (RFC 5213, 5844) and its neighbours."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from dissectors.layout import (
    Message,
    declare,
    flag,
    ipv4_address,
    ipv6_address,
    octets,
    reserved,
    uint,
)
from dissectors.mobility_codes import AccessTechnology, HandoffIndicator
from dissectors.registries import MOBILITY_OPTIONS


@declare(MOBILITY_OPTIONS, 22, "netmip6.hnp", ref="RFC 5213 8.3", align=(8, 4))
class HomeNetworkPrefix(Message):
    """The mobile node's prefix."""

    reserved: int = reserved(8)
    prefix_length: int = uint(8, "Prefix Length", filter="mip6.nemo.mnp.pfl")
    prefix: IPv6Address = ipv6_address("Home Network Prefix", filter="mip6.nemo.mnp.mnp")


@declare(MOBILITY_OPTIONS, 23, "mip6.hi", ref="RFC 5213 8.4", label="Handoff Indicator")
class HandoffIndicatorOption(Message):
    """What kind of attachment this is."""

    reserved: int = reserved(8)
    indicator: int = uint(8, "Handoff Indicator", filter="mip6.hi", enum=HandoffIndicator)


@declare(MOBILITY_OPTIONS, 24, "mip6.att", ref="RFC 5213 8.5")
class AccessTechnologyType(Message):
    """The access network's kind."""

    reserved: int = reserved(8)
    technology: int = uint(8, "Access Technology Type", filter="mip6.att", enum=AccessTechnology)


@declare(MOBILITY_OPTIONS, 25, "mip6.mnlli", ref="RFC 5213 8.6")
class MobileNodeLinkLayerIdentifier(Message):
    """The mobile node's interface."""

    reserved: int = reserved(16)
    identifier: bytes = octets("Link-layer Identifier", filter="lli")


@declare(MOBILITY_OPTIONS, 26, "mip6.lila", ref="RFC 5213 8.7", align=(8, 6))
class LinkLocalAddress(Message):
    """The access gateway's link-local address."""

    address: IPv6Address = ipv6_address("Link-local Address", filter="mip6.lila_lla")


@declare(MOBILITY_OPTIONS, 27, "mip6.timestamp", ref="RFC 5213 8.8", align=(8, 2))
class Timestamp(Message):
    """Seconds since 1970 in 48 bits, then 16 bits of 1/65536 s: not NTP, unlike Mesg-ID."""

    timestamp: int = uint(64, "Timestamp", filter="mip6.timestamp_tmp", unit="s/65536")


@declare(MOBILITY_OPTIONS, 28, "mip6.restart", ref="RFC 5847 3.3", align=(4, 2))
class RestartCounter(Message):
    """How often the sender restarted."""

    counter: int = uint(32, "Restart Counter", filter="mip6.rc")


@declare(
    MOBILITY_OPTIONS, 33, "mip6.gre", ref="RFC 5845 6.1", align=(4, 0), least=2, label="GRE Key"
)
class GreKey(Message):
    """The key of a GRE tunnel; without one it only says that GRE is wanted."""

    reserved: int = reserved(16)
    key: int = uint(32, "GRE Key", filter="mip6.gre_key")


@declare(
    MOBILITY_OPTIONS,
    34,
    "mip6.mhipv6ap",
    ref="RFC 5568 6.4.2",
    align=(8, 4),
    label="Mobility Header IPv6 Address/Prefix",
)
class MobilityIpv6AddressPrefix(Message):
    """An address or prefix in HI and HAck."""

    option_code: int = uint(8, "Option-Code", filter="opt_code")
    prefix_length: int = uint(8, "Prefix Length", filter="len")
    address: IPv6Address = ipv6_address("IPv6 Address/Prefix", filter="ipv6_address")


@declare(MOBILITY_OPTIONS, 35, "mip6.bi", ref="RFC 5648 4.1", align=(2, 0))
class BindingIdentifier(Message):
    """One of several bindings of a home address; a care-of address may follow."""

    binding_id: int = uint(16, "Binding ID (BID)", filter="bid")
    status: int = uint(8, "Status", filter="status")
    simultaneous: bool = flag("Simultaneous Home and Foreign Binding (H)", filter="h_flag")
    reserved: int = reserved(7)
    careof: bytes = octets("Care-of address", filter="netmip6.bi.careof")


@declare(
    MOBILITY_OPTIONS,
    36,
    "netmip6.ipv4har",
    ref="RFC 5844 3.3.1",
    align=(4, 0),
    label="IPv4 Home Address Request",
)
class Ipv4HomeAddressRequest(Message):
    """An access gateway asks for an IPv4 home address."""

    prefix_length: int = uint(6, "Prefix-len", filter="mip6.ipv4ha.preflen")
    reserved: int = reserved(10)
    address: IPv4Address = ipv4_address("IPv4 Home Address", filter="mip6.ipv4ha.ha")


@declare(
    MOBILITY_OPTIONS,
    37,
    "netmip6.ipv4harep",
    ref="RFC 5844 3.3.2",
    align=(4, 0),
    label="IPv4 Home Address Reply",
)
class Ipv4HomeAddressReply(Message):
    """The anchor's answer."""

    status: int = uint(8, "Status", filter="mip6.ipv4aa.sts")
    prefix_length: int = uint(6, "Prefix-len", filter="mip6.ipv4ha.preflen")
    reserved: int = reserved(2)
    address: IPv4Address = ipv4_address("IPv4 Home Address", filter="mip6.ipv4ha.ha")


@declare(
    MOBILITY_OPTIONS,
    38,
    "mip6.ipv4dra",
    ref="RFC 5844 3.3.3",
    align=(4, 0),
    label="IPv4 Default-Router Address",
)
class Ipv4DefaultRouter(Message):
    """The mobile node's default router."""

    reserved: int = reserved(16)
    address: IPv4Address = ipv4_address("IPv4 Default-Router Address", filter="dra")


@declare(MOBILITY_OPTIONS, 39, "mip6.ipv4dsm", ref="RFC 5844 3.3.4", label="IPv4 DHCP Support Mode")
class DhcpSupportMode(Message):
    """Whether the access gateway is DHCP server or relay."""

    reserved: int = reserved(15)
    server: bool = flag("DHCP Support Mode (S)", filter="s_flag")
