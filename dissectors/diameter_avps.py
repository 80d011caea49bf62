"""Diameter AVPs: the base protocol's (RFC 6733 4.5), and those of access and Mobile IPv6.

Sources beside it: RFC 4004 (Mobile IPv4), RFC 4005 (network access), RFC 4072 (EAP), RFC 5447,
RFC 5778 and RFC 5779 (Mobile IPv6). Each is one value behind flags and length, or a list of AVPs.
AVPs of vendors have numbers of their own (`options.VENDOR`) and keep their octets.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from dissectors.attributes import (
    ADDRESS,
    IPV4,
    IPV6,
    NUMBER,
    NUMBER64,
    OCTETS,
    SECONDS,
    SECRET,
    SIZE,
    TEXT,
    Line,
    Made,
    attributes,
    named,
)
from dissectors.diameter import DiameterApplication
from dissectors.diameter_names import NAMES, ResultCode
from dissectors.layout import (
    Message,
    declare,
    flag,
    octets,
    option_list,
    own_length,
    prefix_octets,
    reserved,
    uint,
)
from dissectors.options import VENDOR
from dissectors.radius_codes import FramedProtocol, NasPortType, ServiceType
from dissectors.registries import DIAMETER_AVPS, OTHER_AVPS, RADIUS_ATTRIBUTES


class AuthRequestType(IntEnum):
    """RFC 6733 8.7."""

    AUTHENTICATE_ONLY = 1
    AUTHORIZE_ONLY = 2
    AUTHORIZE_AUTHENTICATE = 3


class TerminationCause(IntEnum):
    """RFC 6733 8.15."""

    LOGOUT = 1
    SERVICE_NOT_PROVIDED = 2
    BAD_ANSWER = 3
    ADMINISTRATIVE = 4
    LINK_BROKEN = 5
    AUTH_EXPIRED = 6
    USER_MOVED = 7
    SESSION_TIMEOUT = 8


class Mip6AuthMode(IntEnum):
    """RFC 5778 6.16."""

    IP6_AUTH_MN_AAA = 1


def _grouped(label: str, *, filter: str) -> Any:  # noqa: ANN401, ARG001
    return option_list(DIAMETER_AVPS)


GROUPED: Made = _grouped
"""A list of AVPs."""

APPLICATION: Made = named(DiameterApplication)


def _time(label: str, *, filter: str) -> Any:  # noqa: ANN401
    return uint(32, label, filter=filter, unit="s since 1900")


_HEAD: dict[str, Any] = {
    "vendor_specific": flag("Vendor-Specific (V)", filter="diameter.flags.vendorspecific"),
    "mandatory": flag("Mandatory (M)", filter="diameter.flags.mandatory"),
    "protected": flag("Protected (P)", filter="diameter.avp.flags.protected"),
    "flags_reserved": reserved(5),
    "length": own_length(24, "AVP Length", filter="diameter.avp.len"),
}
"""RFC 6733 4.1. With the V bit there is a vendor, and it is another AVP."""

_ADDRESS_HEAD = {
    **_HEAD,
    "family": uint(16, "Address Family", filter="netmip6.diameter.address_family"),
}
"""RFC 6733 4.3.1, Address: family 1 is IPv4, 2 is IPv6."""

_LINES: tuple[Line, ...] = (
    (1, "User-Name", TEXT),
    (2, "User-Password", SECRET),
    (4, "NAS-IP-Address", IPV4),
    (5, "NAS-Port", NUMBER),
    (6, "Service-Type", named(ServiceType)),
    (7, "Framed-Protocol", named(FramedProtocol)),
    (8, "Framed-IP-Address", IPV4),
    (9, "Framed-IP-Netmask", IPV4),
    (11, "Filter-Id", TEXT),
    (12, "Framed-MTU", SIZE),
    (18, "Reply-Message", TEXT),
    (24, "State", OCTETS),
    (25, "Class", OCTETS),
    (27, "Session-Timeout", SECONDS),
    (28, "Idle-Timeout", SECONDS),
    (30, "Called-Station-Id", TEXT),
    (31, "Calling-Station-Id", TEXT),
    (32, "NAS-Identifier", TEXT),
    (33, "Proxy-State", OCTETS),
    (44, "Acct-Session-Id", OCTETS),
    (55, "Event-Timestamp", _time),
    (61, "NAS-Port-Type", named(NasPortType)),
    (69, "Tunnel-Password", SECRET),
    (85, "Acct-Interim-Interval", SECONDS),
    (87, "NAS-Port-Id", TEXT),
    (95, "NAS-IPv6-Address", IPV6),
    (96, "Framed-Interface-Id", NUMBER64),
    (98, "Login-IPv6-Host", IPV6),
    (124, "MIP6-Feature-Vector", NUMBER64),
    (258, "Auth-Application-Id", APPLICATION),
    (259, "Acct-Application-Id", APPLICATION),
    (260, "Vendor-Specific-Application-Id", GROUPED),
    (261, "Redirect-Host-Usage", NUMBER),
    (262, "Redirect-Max-Cache-Time", SECONDS),
    (263, "Session-Id", TEXT),
    (264, "Origin-Host", TEXT),
    (265, "Supported-Vendor-Id", NUMBER),
    (266, "Vendor-Id", NUMBER),
    (267, "Firmware-Revision", NUMBER),
    (268, "Result-Code", named(ResultCode)),
    (269, "Product-Name", TEXT),
    (270, "Session-Binding", NUMBER),
    (271, "Session-Server-Failover", NUMBER),
    (272, "Multi-Round-Time-Out", SECONDS),
    (273, "Disconnect-Cause", NUMBER),
    (274, "Auth-Request-Type", named(AuthRequestType)),
    (276, "Auth-Grace-Period", SECONDS),
    (277, "Auth-Session-State", NUMBER),
    (278, "Origin-State-Id", NUMBER),
    (279, "Failed-AVP", GROUPED),
    (280, "Proxy-Host", TEXT),
    (281, "Error-Message", TEXT),
    (282, "Route-Record", TEXT),
    (283, "Destination-Realm", TEXT),
    (284, "Proxy-Info", GROUPED),
    (285, "Re-Auth-Request-Type", NUMBER),
    (287, "Accounting-Sub-Session-Id", NUMBER64),
    (291, "Authorization-Lifetime", SECONDS),
    (292, "Redirect-Host", TEXT),
    (293, "Destination-Host", TEXT),
    (294, "Error-Reporting-Host", TEXT),
    (295, "Termination-Cause", named(TerminationCause)),
    (296, "Origin-Realm", TEXT),
    (297, "Experimental-Result", GROUPED),
    (298, "Experimental-Result-Code", NUMBER),
    (299, "Inband-Security-Id", NUMBER),
    (318, "MIP-FA-to-HA-SPI", NUMBER),
    (319, "MIP-FA-to-MN-SPI", NUMBER),
    (320, "MIP-Reg-Request", OCTETS),
    (321, "MIP-Reg-Reply", OCTETS),
    (322, "MIP-MN-AAA-Auth", GROUPED),
    (323, "MIP-HA-to-FA-SPI", NUMBER),
    (325, "MIP-MN-to-FA-MSA", GROUPED),
    (326, "MIP-FA-to-MN-MSA", GROUPED),
    (328, "MIP-FA-to-HA-MSA", GROUPED),
    (329, "MIP-HA-to-FA-MSA", GROUPED),
    (331, "MIP-MN-to-HA-MSA", GROUPED),
    (332, "MIP-HA-to-MN-MSA", GROUPED),
    (335, "MIP-Nonce", OCTETS),
    (336, "MIP-Candidate-Home-Agent-Host", TEXT),
    (337, "MIP-Feature-Vector", NUMBER),
    (338, "MIP-Auth-Input-Data-Length", NUMBER),
    (339, "MIP-Authenticator-Length", NUMBER),
    (340, "MIP-Authenticator-Offset", NUMBER),
    (341, "MIP-MN-AAA-SPI", NUMBER),
    (342, "MIP-Filter-Rule", TEXT),
    (343, "MIP-Session-Key", SECRET),
    (344, "MIP-FA-Challenge", OCTETS),
    (345, "MIP-Algorithm-Type", NUMBER),
    (346, "MIP-Replay-Mode", NUMBER),
    (347, "MIP-Originating-Foreign-AAA", GROUPED),
    (348, "MIP-Home-Agent-Host", GROUPED),
    (363, "Accounting-Input-Octets", NUMBER64),
    (364, "Accounting-Output-Octets", NUMBER64),
    (365, "Accounting-Input-Packets", NUMBER64),
    (366, "Accounting-Output-Packets", NUMBER64),
    (367, "MIP-MSA-Lifetime", SECONDS),
    (402, "CHAP-Auth", GROUPED),
    (403, "CHAP-Algorithm", NUMBER),
    (404, "CHAP-Ident", OCTETS),
    (405, "CHAP-Response", OCTETS),
    (406, "Accounting-Auth-Method", NUMBER),
    (408, "Origin-AAA-Protocol", NUMBER),
    (462, "EAP-Payload", OCTETS),
    (463, "EAP-Reissued-Payload", OCTETS),
    (464, "EAP-Master-Session-Key", SECRET),
    (465, "Accounting-EAP-Auth-Method", NUMBER64),
    (480, "Accounting-Record-Type", NUMBER),
    (483, "Accounting-Realtime-Required", NUMBER),
    (485, "Accounting-Record-Number", NUMBER),
    (486, "MIP6-Agent-Info", GROUPED),
    (488, "MIP-Authenticator", OCTETS),
    (489, "MIP-MAC-Mobility-Data", OCTETS),
    (490, "MIP-Timestamp", OCTETS),
    (491, "MIP-MN-HA-SPI", NUMBER),
    (492, "MIP-MN-HA-MSA", GROUPED),
    (493, "Service-Selection", TEXT),
    (494, "MIP6-Auth-Mode", named(Mip6AuthMode)),
    (506, "Mobile-Node-Identifier", TEXT),
    (507, "Service-Configuration", GROUPED),
)

_ADDRESSES = (
    (257, "Host-IP-Address"),
    (333, "MIP-Mobile-Node-Address"),
    (334, "MIP-Home-Agent-Address"),
    (487, "MIP-Careof-Address"),
    (504, "PMIP6-DHCP-Server-Address"),
    (505, "PMIP6-IPv4-Home-Address"),
)


def _prefix_head(**before: Any) -> dict[str, Any]:  # noqa: ANN401
    """RFC 3162 2.3, RFC 5447 4.2.4: a prefix behind its length."""
    length = uint(8, "Prefix-Length", filter="netmip6.diameter.prefix_length")
    return {**_HEAD, **before, "prefix_length": length}


_TABLES: tuple[tuple[tuple[Line, ...], dict[str, Any]], ...] = (
    (_LINES, _HEAD),
    (tuple((number, name, ADDRESS) for number, name in _ADDRESSES), _ADDRESS_HEAD),
    (((97, "Framed-IPv6-Prefix", prefix_octets),), _prefix_head(prefix_reserved=reserved(8))),
    (((125, "MIP6-Home-Link-Prefix", prefix_octets),), _prefix_head()),
)

for _lines, _head in _TABLES:
    attributes(
        DIAMETER_AVPS,
        _lines,
        prefix="diameter",
        ref="RFC 6733 4.5 and IANA's registry",
        filter_of=lambda name: f"diameter.{name}",
        head=_head,
    )


@declare(OTHER_AVPS, 1, "diameter.avp", ref="RFC 6733 4.1", label="AVP")
class OtherAvp(Message):
    """An AVP that nobody declared."""

    vendor_specific: bool = flag("Vendor-Specific (V)", filter="diameter.flags.vendorspecific")
    mandatory: bool = flag("Mandatory (M)", filter="diameter.flags.mandatory")
    protected: bool = flag("Protected (P)", filter=".flags.protected")
    reserved: int = reserved(5)
    length = own_length(24, "AVP Length", filter="len")
    data: bytes = octets("Data", filter="unknown")


@declare(OTHER_AVPS, 2, "diameter.avp", ref="RFC 6733 4.1", label="Vendor's AVP")
class VendorAvp(Message):
    """A vendor's AVP."""

    vendor_specific: bool = flag("Vendor-Specific (V)", filter="diameter.flags.vendorspecific")
    mandatory: bool = flag("Mandatory (M)", filter="diameter.flags.mandatory")
    protected: bool = flag("Protected (P)", filter=".flags.protected")
    reserved: int = reserved(5)
    length = own_length(24, "AVP Length", filter="len")
    vendor: int = uint(32, "Vendor-ID", filter="vendorId")
    data: bytes = octets("Data", filter="unknown")


def _other(number: int) -> type[Message]:
    return VendorAvp if number >= VENDOR else OtherAvp


DIAMETER_AVPS.other = _other
# RFC 6733 4.1: codes 1 to 255 are RADIUS's.
DIAMETER_AVPS.names = {
    **{number: each.layout.label for number, each in RADIUS_ATTRIBUTES.types.items()},
    **NAMES,
}
