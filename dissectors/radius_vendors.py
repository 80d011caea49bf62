"""Vendors' RADIUS attributes with keys, home agents and addresses of mobile nodes.

3GPP2 X.S0011, WiMAX Forum NWG stage 3, Starent's dictionary, and Microsoft's keys (RFC 2548).
Attributes that are not declared keep their octets.
"""

from __future__ import annotations

from typing import Any

from dissectors.attributes import (
    ADDRESS,
    BYTE,
    INTERFACE,
    IPV4,
    IPV6,
    NUMBER,
    OCTETS,
    SECONDS,
    SECRET,
    SHORT,
    TEXT,
    Line,
    attributes,
)
from dissectors.layout import (
    Message,
    Options,
    declare,
    flag,
    octets,
    option_list,
    prefix_octets,
    reserved,
    uint,
)
from dissectors.radius_attributes import filter_of, own_filter_of
from dissectors.registries import (
    MICROSOFT_ATTRIBUTES,
    OTHERS,
    RADIUS_VENDORS,
    STARENT_ATTRIBUTES,
    THREEGPP2_ATTRIBUTES,
    WIMAX_ATTRIBUTES,
)

RADIUS_VENDORS.names = {
    9: "Cisco",
    2636: "Juniper",
    4874: "Juniper ERX",
    10415: "3GPP",
    14122: "WISPr",
}


@declare(RADIUS_VENDORS, 311, "netmip6.radius.microsoft", ref="RFC 2548 2", label="Microsoft")
class Microsoft(Message):
    """Microsoft's attributes."""

    attributes: Options = option_list(MICROSOFT_ATTRIBUTES)


@declare(RADIUS_VENDORS, 5535, "netmip6.radius.3gpp2", ref="3GPP2 X.S0011", label="3GPP2")
class ThreeGpp2(Message):
    """3GPP2's attributes."""

    attributes: Options = option_list(THREEGPP2_ATTRIBUTES)


@declare(RADIUS_VENDORS, 8164, "netmip6.radius.starent", ref="Starent", label="Starent")
class Starent(Message):
    """Starent's attributes."""

    attributes: Options = option_list(STARENT_ATTRIBUTES)


@declare(RADIUS_VENDORS, 24757, "netmip6.radius.wimax", ref="WiMAX Forum NWG", label="WiMAX")
class Wimax(Message):
    """WiMAX's attributes."""

    attributes: Options = option_list(WIMAX_ATTRIBUTES)


_MICROSOFT: tuple[Line, ...] = (
    (1, "MS-CHAP-Response", OCTETS),
    (2, "MS-CHAP-Error", TEXT),
    (3, "MS-CHAP-CPW-1", SECRET),
    (4, "MS-CHAP-CPW-2", SECRET),
    (5, "MS-CHAP-LM-Enc-PW", SECRET),
    (6, "MS-CHAP-NT-Enc-PW", SECRET),
    (7, "MS-MPPE-Encryption-Policy", NUMBER),
    (8, "MS-MPPE-Encryption-Types", NUMBER),
    (10, "MS-CHAP-Domain", TEXT),
    (11, "MS-CHAP-Challenge", OCTETS),
    (12, "MS-CHAP-MPPE-Keys", SECRET),
    (16, "MS-MPPE-Send-Key", SECRET),
    (17, "MS-MPPE-Recv-Key", SECRET),
    (19, "MS-Old-ARAP-Password", SECRET),
    (20, "MS-New-ARAP-Password", SECRET),
    (25, "MS-CHAP2-Response", OCTETS),
    (26, "MS-CHAP2-Success", OCTETS),
    (27, "MS-CHAP2-CPW", SECRET),
    (28, "MS-Primary-DNS-Server", IPV4),
    (29, "MS-Secondary-DNS-Server", IPV4),
    (30, "MS-Primary-NBNS-Server", IPV4),
    (31, "MS-Secondary-NBNS-Server", IPV4),
)

_THREEGPP2: tuple[Line, ...] = (
    (3, "3GPP2-Pre-Shared-Secret", SECRET),
    (4, "3GPP2-Reverse-Tunnel-Spec", NUMBER),
    (7, "3GPP2-Home-Agent-IP-Address", IPV4),
    (8, "3GPP2-KeyID", OCTETS),
    (9, "3GPP2-PCF-IP-Address", IPV4),
    (10, "3GPP2-BSID", TEXT),
    (16, "3GPP2-Service-Option", NUMBER),
    (22, "3GPP2-IP-Technology", NUMBER),
    (24, "3GPP2-Release-Indicator", NUMBER),
    (44, "3GPP2-Correlation-Id", TEXT),
    (48, "3GPP2-Session-Continue", NUMBER),
    (51, "3GPP2-Begin-Session", NUMBER),
    (52, "3GPP2-ESN", TEXT),
    (54, "3GPP2-S-Key", SECRET),
    (57, "3GPP2-MN-HA-SPI", NUMBER),
    (58, "3GPP2-MN-HA-Shared-Key", SECRET),
    (75, "3GPP2-DNS-Update-Required", NUMBER),
    (79, "3GPP2-Foreign-Agent-Address", IPV4),
    (81, "3GPP2-MN-AAA-Removal-Indication", NUMBER),
    (92, "3GPP2-MIP-Lifetime", OCTETS),
    (116, "3GPP2-MEID", TEXT),
    (118, "3GPP2-MIP6-Home-Agent-Address-From-BU", IPV6),
    (119, "3GPP2-MIP6-Care-of-Address", IPV6),
    (120, "3GPP2-Home-Agent-Not-Authorized", NUMBER),
    (121, "3GPP2-MIP6-Session-Key", SECRET),
    (123, "3GPP2-MIP6-Mesg-ID", OCTETS),
    (128, "3GPP2-MIP6-Home-Link-Prefix-Attr-A", OCTETS),
    (134, "3GPP2-MIP6-Authenticator", OCTETS),
    (138, "3GPP2-MIP6-MAC-Mobility-Data", OCTETS),
    (140, "3GPP2-MIP6-Home-Agent-Address-Attr-B", IPV6),
    (141, "3GPP2-MIP6-HOA-Received-From-BU", IPV6),
    (168, "3GPP2-HA-Request", NUMBER),
    (169, "3GPP2-HA-Authorised", NUMBER),
    (172, "3GPP2-IP-Ver-Authorised", NUMBER),
    (173, "3GPP2-MIPv4-Mesg-Id", OCTETS),
    (192, "3GPP2-Network-PMIP-NAI", TEXT),
    (193, "3GPP2-PMIP-Based-Mobility-Capability", NUMBER),
    (205, "3GPP2-VAAA-Assigned-MIP6-HA", IPV6),
    (206, "3GPP2-VAAA-Assigned-MIP6-HL", OCTETS),
)

_THREEGPP2_BESIDE: tuple[Line, ...] = (
    (1, "3GPP2-Ike-Preshared-Secret-Request", NUMBER),
    (2, "3GPP2-Security-Level", NUMBER),
)

_STARENT: tuple[Line, ...] = (
    (1, "SN-VPN-ID", NUMBER),
    (2, "SN-VPN-Name", TEXT),
    (22, "SN-Simultaneous-SIP-MIP", NUMBER),
    (30, "SN-MN-HA-Timestamp-Tolerance", SECONDS),
    (48, "SN-MIP-Send-Term-Verification", NUMBER),
    (50, "SN-MIP-AAA-Assign-Addr", NUMBER),
    (51, "SN-MIP-Match-AAA-Assign-Addr", NUMBER),
    (52, "SN-Proxy-MIP", NUMBER),
    (68, "SN-GGSN-MIP-Required", NUMBER),
    (99, "SN-MN-HA-Hash-Algorithm", NUMBER),
    (65530, "SN-Proxy-MIPV6", NUMBER),
)

_WIMAX: tuple[Line, ...] = (
    (1, "WiMAX-Capability", OCTETS),
    (2, "WiMAX-Device-Authentication-Indicator", BYTE),
    (3, "WiMAX-GMT-Timezone-offset", NUMBER),
    (4, "WiMAX-AAA-Session-Id", OCTETS),
    (5, "WiMAX-MSK", SECRET),
    (6, "WiMAX-hHA-IP-MIP4", IPV4),
    (7, "WiMAX-hHA-IP-MIP6", IPV6),
    (8, "WiMAX-DHCPv4-Server", ADDRESS),
    (9, "WiMAX-DHCPv6-Server", ADDRESS),
    (10, "WiMAX-MN-hHA-MIP4-Key", SECRET),
    (11, "WiMAX-MN-hHA-MIP4-SPI", NUMBER),
    (12, "WiMAX-MN-hHA-MIP6-Key", SECRET),
    (13, "WiMAX-MN-hHA-MIP6-SPI", NUMBER),
    (14, "WiMAX-FA-RK-Key", SECRET),
    (15, "WiMAX-HA-RK-Key", SECRET),
    (16, "WiMAX-HA-RK-SPI", NUMBER),
    (17, "WiMAX-HA-RK-Lifetime", SECONDS),
    (18, "WiMAX-RRQ-HA-IP", ADDRESS),
    (19, "WiMAX-RRQ-MN-HA-Key", SECRET),
    (20, "WiMAX-RRQ-MN-HA-SPI", NUMBER),
    (21, "WiMAX-Session-Continue", NUMBER),
    (22, "WiMAX-Beginning-Of-Session", NUMBER),
    (23, "WiMAX-IP-Technology", NUMBER),
    (26, "WiMAX-PDFID", SHORT),
    (27, "WiMAX-SDFID", SHORT),
    (40, "WiMAX-DHCP-RK", SECRET),
    (41, "WiMAX-DHCP-RK-Key-Id", NUMBER),
    (42, "WiMAX-DHCP-RK-Lifetime", SECONDS),
    (43, "WiMAX-DHCP-Msg-Server-IP", IPV4),
    (44, "WiMAX-Idle-Mode-Transition", BYTE),
    (45, "WiMAX-NAP-Id", OCTETS),
    (46, "WiMAX-BS-Id", OCTETS),
    (51, "WiMAX-Blu-Coa-IPv6", IPV6),
    (57, "WiMAX-NSP-Id", OCTETS),
    (58, "WiMAX-HA-RK-Key-Requested", NUMBER),
    (60, "WiMAX-DM-Action-Code", NUMBER),
    (61, "WiMAX-FA-RK-SPI", NUMBER),
    (64, "WiMAX-vHA-IP-MIP4", IPV4),
    (65, "WiMAX-vHA-IP-MIP6", IPV6),
    (66, "WiMAX-vHA-MIP4-Key", SECRET),
    (67, "WiMAX-vHA-RK-Key", SECRET),
    (68, "WiMAX-vHA-RK-SPI", NUMBER),
    (69, "WiMAX-vHA-RK-Lifetime", SECONDS),
    (70, "WiMAX-MN-vHA-MIP6-Key", SECRET),
    (71, "WiMAX-MN-vHA-MIP4-SPI", NUMBER),
    (72, "WiMAX-MN-vHA-MIP6-SPI", NUMBER),
    (73, "WiMAX-vDHCPv4-Server", IPV4),
    (74, "WiMAX-vDHCPv6-Server", IPV6),
    (75, "WiMAX-vDHCP-RK", SECRET),
    (76, "WiMAX-vDHCP-RK-Key-ID", NUMBER),
    (77, "WiMAX-vDHCP-RK-Lifetime", SECONDS),
)

_WIMAX_BESIDE: tuple[Line, ...] = (
    (78, "WiMAX-PMIP-Authenticated-Network-Identity", TEXT),
    (79, "WiMAX-Visited-Framed-IP-Address", IPV4),
    (81, "WiMAX-Visited-Framed-Interface-Id", INTERFACE),
    (82, "WiMAX-MIP-Authorization-Status", NUMBER),
    (126, "WiMAX-PMIP6-Service-Info", SHORT),
    (127, "WiMAX-hLMA-IPv6-PMIP6", IPV6),
    (128, "WiMAX-hLMA-IPv4-PMIP6", IPV4),
    (129, "WiMAX-vLMA-IPv6-PMIP6", IPV6),
    (130, "WiMAX-vLMA-IPv4-PMIP6", IPV4),
    (131, "WiMAX-PMIP6-RK-Key", SECRET),
    (132, "WiMAX-PMIP6-RK-SPI", NUMBER),
    (134, "WiMAX-Home-Interface-Id-PMIP6", INTERFACE),
    (135, "WiMAX-Home-IPv4-HoA-PMIP6", IPV4),
    (137, "WiMAX-Visited-Interface-Id-PMIP6", INTERFACE),
    (138, "WiMAX-Visited-IPv4-HoA-PMIP6", IPV4),
)
"""Attributes that Wireshark's dictionary does not have."""

_CONTINUATION: dict[str, Any] = {
    "continued": flag("Continued (C)", filter="netmip6.radius.wimax.continued"),
    "reserved": reserved(7),
}

attributes(MICROSOFT_ATTRIBUTES, _MICROSOFT, prefix="radius", ref="RFC 2548 2", filter_of=filter_of)
attributes(
    THREEGPP2_ATTRIBUTES, _THREEGPP2, prefix="radius", ref="3GPP2 X.S0011", filter_of=filter_of
)
attributes(
    THREEGPP2_ATTRIBUTES,
    _THREEGPP2_BESIDE,
    prefix="radius",
    ref="3GPP2 X.S0011",
    filter_of=own_filter_of,
)
attributes(STARENT_ATTRIBUTES, _STARENT, prefix="radius", ref="Starent", filter_of=own_filter_of)
attributes(
    WIMAX_ATTRIBUTES,
    _WIMAX,
    prefix="radius",
    ref="WiMAX Forum NWG",
    filter_of=filter_of,
    head=_CONTINUATION,
)
attributes(
    WIMAX_ATTRIBUTES,
    _WIMAX_BESIDE,
    prefix="radius",
    ref="WiMAX Forum NWG",
    filter_of=own_filter_of,
    head=_CONTINUATION,
)


def _wimax_prefix(number: int, name: str) -> None:
    """As Framed-IPv6-Prefix, behind the continuation octet."""
    fields = {
        **_CONTINUATION,
        "prefix_reserved": reserved(8),
        "prefix_length": uint(8, "Prefix-Length", filter="netmip6.radius.prefix_length"),
    }
    attributes(
        WIMAX_ATTRIBUTES,
        ((number, name, prefix_octets),),
        prefix="radius",
        ref="WiMAX Forum NWG",
        filter_of=own_filter_of,
        head=fields,
    )


for _number, _name in (
    (80, "WiMAX-Visited-Framed-IPv6-Prefix"),
    (133, "WiMAX-Home-HNP-PMIP6"),
    (136, "WiMAX-Visited-HNP-PMIP6"),
):
    _wimax_prefix(_number, _name)


@declare(OTHERS, 4, "netmip6.radius.wimax", ref="WiMAX Forum NWG", label="WiMAX other")
class WimaxOther(Message):
    """An attribute that nobody declared: the continuation octet, and the value."""

    continued: bool = flag("Continued (C)", filter="continued")
    reserved: int = reserved(7)
    value: bytes = octets("Value")


WIMAX_ATTRIBUTES.other = lambda _: WimaxOther
