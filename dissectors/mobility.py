"""The Mobility Header and the messages of Mobile IPv6 (RFC 6275 6.1).

A message's body begins behind the header's six octets. The messages of other RFCs that share the
header are in `fast_handover` and `mobility_extensions`; importing this module registers them all.
"""

from __future__ import annotations

from ipaddress import IPv6Address

from dissectors.fast_handover import (
    FastBindingAcknowledgment,
    FastBindingUpdate,
    FastNeighborAdvertisement,
    HandoverAcknowledge,
    HandoverInitiate,
)
from dissectors.layout import (
    Message,
    Options,
    declare,
    flag,
    ipv6_address,
    option_list,
    reserved,
    uint,
)
from dissectors.mobility_codes import BindingErrorStatus, BindingStatus, MhType
from dissectors.mobility_extensions import (
    BindingRevocation,
    ExperimentalMobility,
    FlowBinding,
    Heartbeat,
    HomeAgentSwitch,
    LocalizedRoutingAcknowledgment,
    LocalizedRoutingInitiation,
    SubscriptionQuery,
    SubscriptionResponse,
    UpdateNotification,
    UpdateNotificationAcknowledgement,
)
from dissectors.mobility_options import MOBILITY_OPTIONS
from dissectors.registries import HEADERS, MOBILITY_MESSAGES

__all__ = [
    "MOBILITY_MESSAGES",
    "BindingAcknowledgement",
    "BindingError",
    "BindingErrorStatus",
    "BindingRefreshRequest",
    "BindingRevocation",
    "BindingStatus",
    "BindingUpdate",
    "CareofTest",
    "CareofTestInit",
    "ExperimentalMobility",
    "FastBindingAcknowledgement",
    "FastBindingAcknowledgment",
    "FastBindingUpdate",
    "FastNeighborAdvertisement",
    "FlowBinding",
    "HandoverAcknowledge",
    "HandoverInitiate",
    "Heartbeat",
    "HomeAgentSwitch",
    "HomeTest",
    "HomeTestInit",
    "LocalizedRoutingAcknowledgment",
    "LocalizedRoutingInitiation",
    "MhType",
    "MobilityHeader",
    "SubscriptionQuery",
    "SubscriptionResponse",
    "UpdateNotification",
    "UpdateNotificationAcknowledgement",
]

FastBindingAcknowledgement = FastBindingAcknowledgment
"""RFC 4068 writes it without the e, RFC 6275 writes its own acknowledgement with it."""


@declare(HEADERS, 135, "mip6", ref="RFC 6275 6.1.1")
class MobilityHeader(Message):
    """The six octets before every mobility message; header_len counts 8 octets after the first."""

    payload_proto: int = uint(8, "Payload Proto", filter="proto")
    header_len: int = uint(8, "Header Len", filter="hlen")
    mh_type: int = uint(8, "MH Type", filter="mhtype", enum=MhType)
    reserved: int = uint(8, "Reserved", filter="reserved")
    checksum: int = uint(16, "Checksum", filter="csum")


@declare(MOBILITY_MESSAGES, 0, "mip6.brr", ref="RFC 6275 6.1.2")
class BindingRefreshRequest(Message):
    """A correspondent asks for a Binding Update."""

    reserved: int = reserved(16)
    options: Options = option_list(MOBILITY_OPTIONS)


@declare(MOBILITY_MESSAGES, 1, "mip6.hoti", ref="RFC 6275 6.1.3")
class HomeTestInit(Message):
    """Start of return routability by way of the home agent."""

    reserved: int = reserved(16)
    cookie: int = uint(64, "Home Init Cookie", filter="cookie")
    options: Options = option_list(MOBILITY_OPTIONS)


@declare(MOBILITY_MESSAGES, 2, "mip6.coti", ref="RFC 6275 6.1.4", label="Care-of Test Init")
class CareofTestInit(Message):
    """Start of return routability on the direct path."""

    reserved: int = reserved(16)
    cookie: int = uint(64, "Care-of Init Cookie", filter="cookie")
    options: Options = option_list(MOBILITY_OPTIONS)


@declare(MOBILITY_MESSAGES, 3, "mip6.hot", ref="RFC 6275 6.1.5")
class HomeTest(Message):
    """Answer to Home Test Init."""

    nonce_index: int = uint(16, "Home Nonce Index", filter="nindex")
    cookie: int = uint(64, "Home Init Cookie", filter="cookie")
    token: int = uint(64, "Home Keygen Token", filter="token")
    options: Options = option_list(MOBILITY_OPTIONS)


@declare(MOBILITY_MESSAGES, 4, "mip6.cot", ref="RFC 6275 6.1.6", label="Care-of Test")
class CareofTest(Message):
    """Answer to Care-of Test Init."""

    nonce_index: int = uint(16, "Care-of Nonce Index", filter="nindex")
    cookie: int = uint(64, "Care-of Init Cookie", filter="cookie")
    token: int = uint(64, "Care-of Keygen Token", filter="mip6.hot.token")
    options: Options = option_list(MOBILITY_OPTIONS)


@declare(MOBILITY_MESSAGES, 5, "mip6.bu", ref="RFC 6275 6.1.7")
class BindingUpdate(Message):
    """Ask for a binding to be created, refreshed or, with lifetime 0, removed."""

    sequence: int = uint(16, "Sequence number", filter="seqnr")
    ack: bool = flag("Acknowledge (A)", filter="a_flag")
    home: bool = flag("Home Registration (H)", filter="h_flag")
    link_local: bool = flag("Link-Local Address Compatibility (L)", filter="l_flag")
    key_management: bool = flag("Key Management Mobility Capability (K)", filter="k_flag")
    map_registration: bool = flag("MAP Registration (M), RFC 4140", filter="m_flag")
    router: bool = flag("Mobile Router (R), RFC 3963", filter="mip6.nemo.bu.r_flag")
    proxy: bool = flag("Proxy Registration (P), RFC 5213", filter="p_flag")
    force_udp: bool = flag("Force UDP encapsulation (F), RFC 5555", filter="f_flag")
    tlv: bool = flag("TLV-header format (T), RFC 5845", filter="t_flag")
    bulk: bool = flag("Bulk-Binding-Update (B), RFC 6602", filter="b_flag")
    multicast: bool = flag("Multicast Signaling (S), RFC 7161", filter="netmip6.bu.s_flag")
    distributed: bool = flag("Distributed Mobility (D), RFC 8885", filter="netmip6.bu.d_flag")
    reserved: int = reserved(4)
    lifetime: int = uint(16, "Lifetime", filter="lifetime", unit="s", scale=4)
    options: Options = option_list(MOBILITY_OPTIONS)


@declare(MOBILITY_MESSAGES, 6, "mip6.ba", ref="RFC 6275 6.1.8")
class BindingAcknowledgement(Message):
    """The answer to a Binding Update: below 128 accepted."""

    status: int = uint(8, "Status", filter="status", enum=BindingStatus)
    key_management: bool = flag("Key Management Mobility Capability (K)", filter="k_flag")
    router: bool = flag("Mobile Router (R), RFC 3963", filter="mip6.nemo.ba.r_flag")
    proxy: bool = flag("Proxy Registration (P), RFC 5213", filter="p_flag")
    tlv: bool = flag("TLV-header format (T), RFC 5845", filter="t_flag")
    bulk: bool = flag("Bulk-Binding-Update (B), RFC 6602", filter="b_flag")
    multicast: bool = flag("Multicast Signaling (S), RFC 7161", filter="netmip6.ba.s_flag")
    distributed: bool = flag("Distributed Mobility (D), RFC 8885", filter="netmip6.ba.d_flag")
    reserved: int = reserved(1)
    sequence: int = uint(16, "Sequence number", filter="seqnr")
    lifetime: int = uint(16, "Lifetime", filter="lifetime", unit="s", scale=4)
    options: Options = option_list(MOBILITY_OPTIONS)


@declare(MOBILITY_MESSAGES, 7, "mip6.be", ref="RFC 6275 6.1.9")
class BindingError(Message):
    """A mobility message or Home Address option that the receiver could not take."""

    status: int = uint(8, "Status", filter="status", enum=BindingErrorStatus)
    reserved: int = reserved(8)
    home_address: IPv6Address = ipv6_address("Home Address", filter="haddr")
    options: Options = option_list(MOBILITY_OPTIONS)
