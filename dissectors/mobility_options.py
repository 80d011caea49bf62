"""Mobility options that NetMIPv6 uses (RFC 6275 6.2, RFC 4283, RFC 4285, RFC 5555).

A body begins behind Type and Length; the alignment is that of the Type octet. The options of other
extensions are in `proxy_options` and `security_options`; importing this module registers them all.
"""

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
    text,
    uint,
)
from dissectors.mobility_codes import AuthenticationSubtype, Ipv4AddressStatus, MnIdSubtype
from dissectors.proxy_options import (
    AccessTechnologyType,
    BindingIdentifier,
    DhcpSupportMode,
    GreKey,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    Ipv4DefaultRouter,
    Ipv4HomeAddressReply,
    Ipv4HomeAddressRequest,
    LinkLocalAddress,
    MobileNodeLinkLayerIdentifier,
    MobilityIpv6AddressPrefix,
    RestartCounter,
    Timestamp,
)
from dissectors.registries import MOBILITY_OPTIONS
from dissectors.security_options import (
    CareofTestInitOption,
    CareofTestOption,
    CgaParameters,
    CgaParametersRequest,
    DnsUpdate,
    ExperimentalOption,
    FastBindingAuthorizationData,
    PermanentHomeKeygenToken,
    ServiceSelection,
    Signature,
    VendorSpecific,
)

__all__ = [
    "MOBILITY_OPTIONS",
    "AccessTechnologyType",
    "AlternateCareOfAddress",
    "Authentication",
    "AuthenticationSubtype",
    "BindingAuthorizationData",
    "BindingIdentifier",
    "BindingRefreshAdvice",
    "CareofTestInitOption",
    "CareofTestOption",
    "CgaParameters",
    "CgaParametersRequest",
    "DhcpSupportMode",
    "DnsUpdate",
    "ExperimentalOption",
    "FastBindingAuthorizationData",
    "GreKey",
    "HandoffIndicatorOption",
    "HomeNetworkPrefix",
    "Ipv4AddressAcknowledgement",
    "Ipv4AddressStatus",
    "Ipv4CareOfAddress",
    "Ipv4DefaultRouter",
    "Ipv4HomeAddress",
    "Ipv4HomeAddressReply",
    "Ipv4HomeAddressRequest",
    "LinkLocalAddress",
    "MesgId",
    "MhLinkLayerAddress",
    "MnIdSubtype",
    "MobileNetworkPrefix",
    "MobileNodeIdentifier",
    "MobileNodeLinkLayerIdentifier",
    "MobilityIpv6AddressPrefix",
    "NatDetection",
    "NonceIndices",
    "PermanentHomeKeygenToken",
    "RestartCounter",
    "ServiceSelection",
    "Signature",
    "Timestamp",
    "VendorSpecific",
]


@declare(MOBILITY_OPTIONS, 2, "mip6.bra", ref="RFC 6275 6.2.4", align=(2, 0))
class BindingRefreshAdvice(Message):
    """When the home agent would like the next Binding Update."""

    interval: int = uint(16, "Refresh interval", filter="interval", unit="s", scale=4)


@declare(
    MOBILITY_OPTIONS,
    3,
    "mip6.acoa",
    ref="RFC 6275 6.2.5",
    align=(8, 6),
    label="Alternate Care-of Address",
)
class AlternateCareOfAddress(Message):
    """The care-of address to register, where it is not the packet's source."""

    address: IPv6Address = ipv6_address("Alternate care-of address", filter="acoa")


@declare(MOBILITY_OPTIONS, 4, "mip6.ni", ref="RFC 6275 6.2.6", align=(2, 0))
class NonceIndices(Message):
    """Which nonces the tokens of a Binding Update to a correspondent came from."""

    home: int = uint(16, "Home nonce index", filter="hni")
    careof: int = uint(16, "Care-of nonce index", filter="cni")


@declare(MOBILITY_OPTIONS, 5, "mip6.bad", ref="RFC 6275 6.2.7", align=(8, 2))
class BindingAuthorizationData(Message):
    """Return routability's authenticator; the last option."""

    authenticator: bytes = octets("Authenticator", filter="auth")


@declare(MOBILITY_OPTIONS, 6, "mip6.nemo.mnp", ref="RFC 3963 4.3", align=(8, 4))
class MobileNetworkPrefix(Message):
    """A prefix behind a mobile router."""

    reserved: int = reserved(8)
    prefix_length: int = uint(8, "Mobile Network Prefix Length", filter="pfl")
    prefix: IPv6Address = ipv6_address("Mobile Network Prefix", filter="mnp")


@declare(
    MOBILITY_OPTIONS,
    7,
    "mip6.lla",
    ref="RFC 5568 6.4.4",
    label="Mobility Header Link-Layer Address",
)
class MhLinkLayerAddress(Message):
    """The mobile node's link-layer address. RFC 4068's form, one octet longer, is taken too."""

    option_code: int = uint(8, "Option-Code", filter="optcode")
    address: bytes = octets("Link-layer address", filter="mip6.lla")


@declare(MOBILITY_OPTIONS, 8, "mip6.mnid", ref="RFC 4283 3")
class MobileNodeIdentifier(Message):
    """Who the mobile node is; subtype 1 is a NAI. Stands before any authentication option."""

    subtype: int = uint(8, "Subtype", filter="subtype", enum=MnIdSubtype)
    identifier: bytes = text("Identifier", filter="identifier")


@declare(MOBILITY_OPTIONS, 9, "mip6.auth", ref="RFC 4285 5", align=(4, 1))
class Authentication(Message):
    """MN-HA or MN-AAA authenticator."""

    subtype: int = uint(8, "Subtype", filter="subtype", enum=AuthenticationSubtype)
    spi: int = uint(32, "Mobility SPI", filter="mobility_spi")
    data: bytes = octets("Authentication Data", filter="auth_data")


@declare(MOBILITY_OPTIONS, 10, "mip6.mseg_id", ref="RFC 4285 6", align=(8, 2), label="Mesg-ID")
class MesgId(Message):
    """Replay protection: a 64-bit NTP timestamp."""

    timestamp: int = uint(64, "Timestamp", filter="timestamp", unit="NTP")


@declare(
    MOBILITY_OPTIONS,
    29,
    "mip6.ipv4ha",
    ref="RFC 5555 3.1.1",
    align=(4, 0),
    label="IPv4 Home Address",
)
class Ipv4HomeAddress(Message):
    """The IPv4 home address; 0.0.0.0 asks for one. P with it asks for a prefix."""

    prefix_length: int = uint(6, "Prefix-len", filter="preflen")
    prefix: bool = flag("Mobile network prefix (P)", filter="p_flag")
    reserved: int = reserved(9)
    address: IPv4Address = ipv4_address("IPv4 Home Address", filter="ha")


@declare(
    MOBILITY_OPTIONS,
    30,
    "mip6.ipv4aa",
    ref="RFC 5555 3.2.1",
    align=(4, 0),
    label="IPv4 Address Acknowledgement",
)
class Ipv4AddressAcknowledgement(Message):
    """The answer to an IPv4 Home Address option. RFC 5555 8 misprints its number as 29."""

    status: int = uint(8, "Status", filter="sts", enum=Ipv4AddressStatus)
    prefix_length: int = uint(6, "Prefix-len", filter="mip6.ipv4ha.preflen")
    reserved: int = reserved(2)
    address: IPv4Address = ipv4_address("IPv4 Home Address", filter="mip6.ipv4ha.ha")


@declare(
    MOBILITY_OPTIONS, 31, "mip6.natd", ref="RFC 5555 3.2.2", align=(4, 0), label="NAT Detection"
)
class NatDetection(Message):
    """A NAT stands between; how often to keep its state alive (0: ignore)."""

    force: bool = flag("Force UDP encapsulation (F)", filter="f_flag")
    reserved: int = reserved(15)
    refresh_time: int = uint(32, "Refresh time", filter="refresh_t", unit="s")


@declare(
    MOBILITY_OPTIONS,
    32,
    "mip6.ipv4coa",
    ref="RFC 5555 3.1.2",
    align=(4, 0),
    label="IPv4 Care-of Address",
)
class Ipv4CareOfAddress(Message):
    """The care-of address of a mobile node in an IPv4-only network."""

    reserved: int = reserved(16)
    address: IPv4Address = ipv4_address("IPv4 Care-of address", filter="addr")
