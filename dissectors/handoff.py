"""The draft's handoff signalling: HO Request and HO Response (draft-chowdhury-netmip6-01, 4).

Two ICMPv6 messages between target and serving access router. Their numbers, the padding of the
response and the options that carry a mobile node's context are settled in WIRE.md.
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
    pad_length,
    reserved,
    tail_length,
    text,
    uint,
)
from dissectors.neighbor import ICMPV6_MESSAGES, ND_OPTIONS
from dissectors.registries import CONTEXTS


class HoStatus(IntEnum):
    """Status Code of an HO Response (draft 4.2)."""

    SUCCESS = 0
    POORLY_FORMATTED_REQUEST = 1
    AUTHENTICATION_FAILED = 2
    UNABLE_TO_LOCATE_CONTEXT = 3
    ADMINISTRATIVELY_PROHIBITED = 4


class SecurityAlgorithm(IntEnum):
    """Algorithm of a security association context (WIRE.md)."""

    HMAC_SHA1_96 = 1


class Access(IntEnum):
    """How the mobile node got its address (WIRE.md, context 7)."""

    UNKNOWN = 0
    SLAAC = 1
    DHCPV6 = 2
    IPV6CP = 3
    DHCPV4 = 4
    IPCP = 5


class LinkAuthentication(IntEnum):
    """How the mobile node was authenticated on its link (WIRE.md, context 7)."""

    NONE = 0
    PAP = 1
    CHAP = 2
    EAP = 3


class IdentifierCode(IntEnum):
    """Option-Code of the Mobile Node Identifier option (RFC 5271 4)."""

    NAI = 1
    IMSI = 2


@declare(
    ICMPV6_MESSAGES,
    200,
    "netmip6.ho_request",
    ref="draft-chowdhury-netmip6-01 4.1",
    label="HO Request",
)
class HoRequest(Message):
    """The target access router asks for a mobile node's context (C) or for its handoff (H)."""

    identifier: int = uint(16, "Identifier", filter="identifier")
    context: bool = flag("Context request (C)", filter="c_flag")
    handoff: bool = flag("Handoff request (H)", filter="h_flag")
    reserved: int = reserved(14)
    options: Options = option_list(ND_OPTIONS)


@declare(
    ICMPV6_MESSAGES,
    201,
    "netmip6.ho_response",
    ref="draft-chowdhury-netmip6-01 4.2",
    label="HO Response",
    least=3,
)
class HoResponse(Message):
    """The serving access router's answer, with the context. The draft's figure lacks Reserved."""

    identifier: int = uint(16, "Identifier", filter="identifier")
    status: int = uint(8, "Status Code", filter="status", enum=HoStatus)
    reserved: int = reserved(8)
    options: Options = option_list(ND_OPTIONS)


@declare(ND_OPTIONS, 30, "icmpv6.opt.mn", ref="RFC 5271 4")
class MobileNodeIdentifierOption(Message):
    """Who the mobile node is."""

    option_code: int = uint(8, "Option-Code", filter="option_code", enum=IdentifierCode)
    length = tail_length("MN-ID Length", filter="length")
    identifier: bytes = text("Identifier", filter="value")


@declare(ND_OPTIONS, 253, "netmip6.context", ref="WIRE.md, RFC 4727", label="NetMIPv6 context")
class ContextOption(Message):
    """Carries one context. Known subtypes parse to the classes below, others to this one."""

    subtype: int = uint(8, "Subtype", filter="subtype")
    pad = pad_length("Pad", filter="pad")
    value: bytes = octets("Value", filter="value", registry=CONTEXTS)


CONTEXTS.carrier = ContextOption


@declare(CONTEXTS, 1, "netmip6.context.home_address", ref="WIRE.md", label="Home address")
class HomeAddressContext(Message):
    """The mobile node's IPv6 home address."""

    address: IPv6Address = ipv6_address("Home address", filter="address")


@declare(CONTEXTS, 2, "netmip6.context.home_agent", ref="WIRE.md", label="Home agent")
class HomeAgentContext(Message):
    """The mobile node's home agent."""

    address: IPv6Address = ipv6_address("Home agent", filter="address")


@declare(CONTEXTS, 3, "netmip6.context.ipv4_home_address", ref="WIRE.md", label="IPv4 home address")
class Ipv4HomeAddressContext(Message):
    """The mobile node's IPv4 home address."""

    prefix_length: int = uint(8, "Prefix length", filter="prefix_length")
    reserved: int = reserved(24)
    address: IPv4Address = ipv4_address("IPv4 home address", filter="address")


@declare(CONTEXTS, 4, "netmip6.context.binding", ref="WIRE.md", label="Binding")
class BindingContext(Message):
    """The last Binding Update's sequence number and what is left of the binding's lifetime."""

    sequence: int = uint(16, "Last sequence number", filter="sequence")
    lifetime: int = uint(16, "Granted lifetime", filter="lifetime", unit="s", scale=4)
    remaining: int = uint(32, "Remaining lifetime", filter="remaining", unit="s")


@declare(CONTEXTS, 5, "netmip6.context.security", ref="WIRE.md", label="Security association")
class SecurityAssociationContext(Message):
    """The key that access router and home agent share for this mobile node."""

    spi: int = uint(32, "SPI", filter="spi")
    algorithm: int = uint(8, "Algorithm", filter="algorithm", enum=SecurityAlgorithm)
    reserved: int = reserved(24)
    key: bytes = octets("Key", filter="key", secret=True)


@declare(CONTEXTS, 6, "netmip6.context.map", ref="WIRE.md", label="MAP")
class MapContext(Message):
    """Net-HMIPv6: the mobility anchor point and the regional care-of address."""

    map: IPv6Address = ipv6_address("MAP address", filter="map")
    rcoa: IPv6Address = ipv6_address("Regional care-of address", filter="rcoa")


@declare(CONTEXTS, 7, "netmip6.context.link", ref="WIRE.md", label="Link session")
class LinkSessionContext(Message):
    """How the mobile node is attached; the session is a DUID, MAC or interface identifier."""

    access: int = uint(8, "Access", filter="access", enum=Access)
    authentication: int = uint(
        8, "Authentication", filter="authentication", enum=LinkAuthentication
    )
    reserved: int = reserved(16)
    session: bytes = octets("Session identifier", filter="session")


@declare(CONTEXTS, 8, "netmip6.context.replay", ref="WIRE.md", label="Replay state")
class ReplayStateContext(Message):
    """The last RFC 4285 timestamp sent."""

    timestamp: int = uint(64, "Timestamp", filter="timestamp", unit="NTP")
