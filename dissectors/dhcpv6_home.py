"""DHCPv6 options that tell a mobile node its home network, prefix and agent (RFC 6610)."""

from __future__ import annotations

from ipaddress import IPv6Address

from dissectors.layout import (
    Message,
    Options,
    declare,
    domain_names,
    ipv6_address,
    option_list,
    prefix_octets,
    uint,
)
from dissectors.registries import DHCPV6_OPTIONS


@declare(
    DHCPV6_OPTIONS,
    49,
    "netmip6.dhcpv6.home_network_identifier",
    ref="RFC 6610 3.1",
    label="Home Network Identifier FQDN",
)
class HomeNetworkIdentifier(Message):
    """The home network that the mobile node asks about."""

    name: bytes = domain_names("Home network identifier", filter="name")


@declare(
    DHCPV6_OPTIONS,
    50,
    "netmip6.dhcpv6.visited_home_network",
    ref="RFC 6610 3.1",
    label="Visited Home Network Information",
)
class VisitedHomeNetwork(Message):
    """What the visited network offers as home."""

    options: Options = option_list(DHCPV6_OPTIONS)


@declare(
    DHCPV6_OPTIONS,
    69,
    "netmip6.dhcpv6.identified_home_network",
    ref="RFC 6610 3.1",
    label="Identified Home Network Information",
)
class IdentifiedHomeNetwork(Message):
    """What the home network that was named offers."""

    options: Options = option_list(DHCPV6_OPTIONS)


@declare(
    DHCPV6_OPTIONS,
    70,
    "netmip6.dhcpv6.unrestricted_home_network",
    ref="RFC 6610 3.1",
    label="Unrestricted Home Network Information",
)
class UnrestrictedHomeNetwork(Message):
    """What any home network offers."""

    options: Options = option_list(DHCPV6_OPTIONS)


@declare(
    DHCPV6_OPTIONS,
    71,
    "netmip6.dhcpv6.home_network_prefix",
    ref="RFC 6610 3.2",
    label="Home Network Prefix",
)
class HomeNetworkPrefix(Message):
    """A prefix for home addresses."""

    prefix_length: int = uint(8, "Prefix length", filter="prefix_length")
    prefix: bytes = prefix_octets("Home network prefix", filter="prefix")


@declare(
    DHCPV6_OPTIONS,
    72,
    "netmip6.dhcpv6.home_agent_address",
    ref="RFC 6610 3.3",
    label="Home Agent Address",
)
class HomeAgentAddress(Message):
    """A home agent."""

    address: IPv6Address = ipv6_address("Home agent address", filter="address")


@declare(
    DHCPV6_OPTIONS,
    73,
    "netmip6.dhcpv6.home_agent_fqdn",
    ref="RFC 6610 3.4",
    label="Home Agent FQDN",
)
class HomeAgentFqdn(Message):
    """A home agent's name."""

    name: bytes = domain_names("Home agent name", filter="name")
