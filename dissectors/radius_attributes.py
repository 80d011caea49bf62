"""RADIUS attributes, all standard ones (RFC 2865 5, RFC 2866, RFC 2869, RFC 3162, RFC 6572, …).

Those that are one value are lines of a table; the rest are classes below it.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from dissectors.attributes import (
    DATE,
    INTERFACE,
    IPV4,
    IPV6,
    NUMBER,
    NUMBER64,
    OCTETS,
    SECONDS,
    SECRET,
    SHORT,
    SIZE,
    TEXT,
    Line,
    attributes,
    named,
)
from dissectors.layout import (
    Message,
    Options,
    declare,
    ipv4_address,
    option_list,
    prefix_octets,
    reserved,
    uint,
)
from dissectors.radius_codes import (
    AcctStatusType,
    AcctTerminateCause,
    ErrorCause,
    FramedProtocol,
    NasPortType,
    ServiceType,
)
from dissectors.registries import RADIUS_ATTRIBUTES, RADIUS_VENDORS

_LINES: tuple[Line, ...] = (
    (1, "User-Name", TEXT),
    (2, "User-Password", SECRET),
    (3, "CHAP-Password", SECRET),
    (4, "NAS-IP-Address", IPV4),
    (5, "NAS-Port", NUMBER),
    (6, "Service-Type", named(ServiceType)),
    (7, "Framed-Protocol", named(FramedProtocol)),
    (8, "Framed-IP-Address", IPV4),
    (9, "Framed-IP-Netmask", IPV4),
    (10, "Framed-Routing", NUMBER),
    (11, "Filter-Id", TEXT),
    (12, "Framed-MTU", SIZE),
    (13, "Framed-Compression", NUMBER),
    (14, "Login-IP-Host", IPV4),
    (15, "Login-Service", NUMBER),
    (16, "Login-TCP-Port", NUMBER),
    (18, "Reply-Message", TEXT),
    (19, "Callback-Number", TEXT),
    (20, "Callback-Id", TEXT),
    (22, "Framed-Route", TEXT),
    (23, "Framed-IPX-Network", IPV4),
    (24, "State", OCTETS),
    (25, "Class", OCTETS),
    (27, "Session-Timeout", SECONDS),
    (28, "Idle-Timeout", SECONDS),
    (29, "Termination-Action", NUMBER),
    (30, "Called-Station-Id", TEXT),
    (31, "Calling-Station-Id", TEXT),
    (32, "NAS-Identifier", TEXT),
    (33, "Proxy-State", OCTETS),
    (34, "Login-LAT-Service", TEXT),
    (35, "Login-LAT-Node", TEXT),
    (36, "Login-LAT-Group", OCTETS),
    (37, "Framed-AppleTalk-Link", NUMBER),
    (38, "Framed-AppleTalk-Network", NUMBER),
    (39, "Framed-AppleTalk-Zone", TEXT),
    (40, "Acct-Status-Type", named(AcctStatusType)),
    (41, "Acct-Delay-Time", SECONDS),
    (42, "Acct-Input-Octets", NUMBER),
    (43, "Acct-Output-Octets", NUMBER),
    (44, "Acct-Session-Id", TEXT),
    (45, "Acct-Authentic", NUMBER),
    (46, "Acct-Session-Time", SECONDS),
    (47, "Acct-Input-Packets", NUMBER),
    (48, "Acct-Output-Packets", NUMBER),
    (49, "Acct-Terminate-Cause", named(AcctTerminateCause)),
    (50, "Acct-Multi-Session-Id", TEXT),
    (51, "Acct-Link-Count", NUMBER),
    (52, "Acct-Input-Gigawords", NUMBER),
    (53, "Acct-Output-Gigawords", NUMBER),
    (55, "Event-Timestamp", DATE),
    (56, "Egress-VLANID", NUMBER),
    (57, "Ingress-Filters", NUMBER),
    (58, "Egress-VLAN-Name", TEXT),
    (59, "User-Priority-Table", OCTETS),
    (60, "CHAP-Challenge", OCTETS),
    (61, "NAS-Port-Type", named(NasPortType)),
    (62, "Port-Limit", NUMBER),
    (63, "Login-LAT-Port", TEXT),
    (66, "Tunnel-Client-Endpoint", TEXT),
    (67, "Tunnel-Server-Endpoint", TEXT),
    (68, "Acct-Tunnel-Connection", TEXT),
    (69, "Tunnel-Password", SECRET),
    (70, "ARAP-Password", SECRET),
    (71, "ARAP-Features", OCTETS),
    (72, "ARAP-Zone-Access", NUMBER),
    (73, "ARAP-Security", NUMBER),
    (74, "ARAP-Security-Data", TEXT),
    (75, "Password-Retry", NUMBER),
    (76, "Prompt", NUMBER),
    (77, "Connect-Info", TEXT),
    (78, "Configuration-Token", SECRET),
    (79, "EAP-Message", OCTETS),
    (80, "Message-Authenticator", OCTETS),
    (81, "Tunnel-Private-Group-Id", TEXT),
    (82, "Tunnel-Assignment-Id", TEXT),
    (84, "ARAP-Challenge-Response", OCTETS),
    (85, "Acct-Interim-Interval", SECONDS),
    (86, "Acct-Tunnel-Packets-Lost", NUMBER),
    (87, "NAS-Port-Id", TEXT),
    (88, "Framed-Pool", TEXT),
    (89, "Chargeable-User-Identity", TEXT),
    (90, "Tunnel-Client-Auth-Id", TEXT),
    (91, "Tunnel-Server-Auth-Id", TEXT),
    (92, "NAS-Filter-Rule", TEXT),
    (94, "Originating-Line-Info", OCTETS),
    (95, "NAS-IPv6-Address", IPV6),
    (96, "Framed-Interface-Id", INTERFACE),
    (98, "Login-IPv6-Host", IPV6),
    (99, "Framed-IPv6-Route", TEXT),
    (100, "Framed-IPv6-Pool", TEXT),
    (101, "Error-Cause", named(ErrorCause)),
    (102, "EAP-Key-Name", TEXT),
    (103, "Digest-Response", TEXT),
    (124, "MIP6-Feature-Vector", NUMBER64),
    (127, "Location-Information", OCTETS),
    (128, "Location-Data", OCTETS),
    (129, "Basic-Location-Policy-Rules", OCTETS),
    (130, "Extended-Location-Policy-Rules", TEXT),
    (131, "Location-Capable", NUMBER),
    (132, "Requested-Location-Info", NUMBER),
    (133, "Framed-Management", NUMBER),
    (134, "Management-Transport-Protection", NUMBER),
    (135, "Management-Policy-Id", TEXT),
    (136, "Management-Privilege-Level", NUMBER),
    (137, "PKM-SS-Cert", OCTETS),
    (138, "PKM-CA-Cert", OCTETS),
    (139, "PKM-Config-Settings", OCTETS),
    (140, "PKM-Cryptosuite-List", OCTETS),
    (141, "PKM-SAID", SHORT),
    (142, "PKM-SA-Descriptor", OCTETS),
    (143, "PKM-Auth-Key", SECRET),
    (144, "DS-Lite-Tunnel-Name", TEXT),
    (145, "Mobile-Node-Identifier", TEXT),
    (146, "Service-Selection", TEXT),
    (147, "PMIP6-Home-LMA-IPv6-Address", IPV6),
    (148, "PMIP6-Visited-LMA-IPv6-Address", IPV6),
    (149, "PMIP6-Home-LMA-IPv4-Address", IPV4),
    (150, "PMIP6-Visited-LMA-IPv4-Address", IPV4),
    (153, "PMIP6-Home-Interface-ID", INTERFACE),
    (154, "PMIP6-Visited-Interface-ID", INTERFACE),
    (157, "PMIP6-Home-DHCP4-Server-Address", IPV4),
    (158, "PMIP6-Visited-DHCP4-Server-Address", IPV4),
    (159, "PMIP6-Home-DHCP6-Server-Address", IPV6),
    (160, "PMIP6-Visited-DHCP6-Server-Address", IPV6),
    (161, "PMIP6-Home-IPv4-Gateway", IPV4),
    (162, "PMIP6-Visited-IPv4-Gateway", IPV4),
    (163, "EAP-Lower-Layer", NUMBER),
    (164, "GSS-Acceptor-Service-Name", TEXT),
    (165, "GSS-Acceptor-Host-Name", TEXT),
    (166, "GSS-Acceptor-Service-Specifics", TEXT),
    (167, "GSS-Acceptor-Realm-Name", TEXT),
    (168, "Framed-IPv6-Address", IPV6),
    (169, "DNS-Server-IPv6-Address", IPV6),
    (171, "Delegated-IPv6-Prefix-Pool", TEXT),
    (172, "Stateful-IPv6-Address-Pool", TEXT),
    (173, "IPv6-6rd-Configuration", OCTETS),
    (241, "Extended-Attribute-1", OCTETS),
    (242, "Extended-Attribute-2", OCTETS),
    (243, "Extended-Attribute-3", OCTETS),
    (244, "Extended-Attribute-4", OCTETS),
    (245, "Extended-Attribute-5", OCTETS),
    (246, "Extended-Attribute-6", OCTETS),
)

_BESIDE: tuple[Line, ...] = (
    (104, "Digest-Realm", TEXT),
    (105, "Digest-Nonce", TEXT),
    (106, "Digest-Response-Auth", TEXT),
    (107, "Digest-Nextnonce", TEXT),
    (108, "Digest-Method", TEXT),
    (109, "Digest-URI", TEXT),
    (110, "Digest-Qop", TEXT),
    (111, "Digest-Algorithm", TEXT),
    (112, "Digest-Entity-Body-Hash", TEXT),
    (113, "Digest-CNonce", TEXT),
    (114, "Digest-Nonce-Count", TEXT),
    (115, "Digest-Username", TEXT),
    (116, "Digest-Opaque", TEXT),
    (117, "Digest-Auth-Param", TEXT),
    (118, "Digest-AKA-Auts", TEXT),
    (119, "Digest-Domain", TEXT),
    (120, "Digest-Stale", TEXT),
    (121, "Digest-HA1", SECRET),
    (122, "SIP-AOR", TEXT),
    (126, "Operator-Name", TEXT),
    (174, "Allowed-Called-Station-Id", TEXT),
    (175, "EAP-Peer-Id", OCTETS),
    (176, "EAP-Server-Id", OCTETS),
    (177, "Mobility-Domain-Id", NUMBER),
    (178, "Preauth-Timeout", NUMBER),
    (179, "Network-Id-Name", OCTETS),
    (180, "EAPoL-Announcement", OCTETS),
    (181, "WLAN-HESSID", TEXT),
    (182, "WLAN-Venue-Info", NUMBER),
    (183, "WLAN-Venue-Language", OCTETS),
    (184, "WLAN-Venue-Name", TEXT),
    (185, "WLAN-Reason-Code", NUMBER),
    (186, "WLAN-Pairwise-Cipher", NUMBER),
    (187, "WLAN-Group-Cipher", NUMBER),
    (188, "WLAN-AKM-Suite", NUMBER),
    (189, "WLAN-Group-Mgmt-Cipher", NUMBER),
    (190, "WLAN-RF-Band", NUMBER),
)
"""Attributes that Wireshark's dictionary does not have, or has under another name."""


_FILTERS = {
    "User-Password": "User_Password_encrypted",
    "Tunnel-Password": "Tunnel_Password_encrypted",
    "EAP-Message": "eap_fragment",
    "Framed-IP-Address": "Framed-IP-Address",
    "Framed-IPX-Network": "Framed-IPX-Network",
    "Login-IP-Host": "Login-IP-Host",
}
"""Attributes that Wireshark does not call by their names."""


def filter_of(name: str) -> str:
    """Wireshark's name of a RADIUS attribute."""
    return "radius." + _FILTERS.get(name, name.replace("-", "_"))


def own_filter_of(name: str) -> str:
    """The name of an attribute that Wireshark does not have."""
    return "netmip6.radius." + name.replace("-", "_")


attributes(
    RADIUS_ATTRIBUTES,
    _LINES,
    prefix="radius",
    ref="RFC 2865 5 and IANA's registry",
    filter_of=filter_of,
)
attributes(
    RADIUS_ATTRIBUTES,
    _BESIDE,
    prefix="radius",
    ref="RFC 5090, RFC 5580, RFC 7268",
    filter_of=own_filter_of,
)


@declare(RADIUS_ATTRIBUTES, 26, "radius", ref="RFC 2865 5.26", label="Vendor-Specific")
class VendorSpecific(Message):
    """A vendor's number, and what the vendor likes."""

    vendor: Options = option_list(RADIUS_VENDORS)


@declare(RADIUS_ATTRIBUTES, 64, "radius", ref="RFC 2868 3.1", label="Tunnel-Type")
class TunnelType(Message):
    """The tag joins attributes of one tunnel."""

    tag: int = uint(8, "Tag", filter="netmip6.radius.tag")
    value: int = uint(24, "Tunnel-Type", filter="Tunnel_Type")


@declare(RADIUS_ATTRIBUTES, 65, "radius", ref="RFC 2868 3.2", label="Tunnel-Medium-Type")
class TunnelMediumType(Message):
    """What the tunnel goes over."""

    tag: int = uint(8, "Tag", filter="netmip6.radius.tag")
    value: int = uint(24, "Tunnel-Medium-Type", filter="Tunnel_Medium_Type")


@declare(RADIUS_ATTRIBUTES, 83, "radius", ref="RFC 2868 3.8", label="Tunnel-Preference")
class TunnelPreference(Message):
    """The tunnel with the lowest one is taken."""

    tag: int = uint(8, "Tag", filter="netmip6.radius.tag")
    value: int = uint(24, "Tunnel-Preference", filter="Tunnel_Preference")


_LENGTH = "netmip6.radius.prefix_length"


@declare(RADIUS_ATTRIBUTES, 97, "radius", ref="RFC 3162 2.3", label="Framed-IPv6-Prefix")
class FramedIpv6Prefix(Message):
    """The user's prefix; zero octets at its end may be left out."""

    reserved: int = reserved(8)
    prefix_length: int = uint(8, "Prefix-Length", filter=_LENGTH)
    prefix: bytes = prefix_octets("Prefix", filter="Framed_IPv6_Prefix")


@declare(RADIUS_ATTRIBUTES, 123, "radius", ref="RFC 4818 3", label="Delegated-IPv6-Prefix")
class DelegatedIpv6Prefix(Message):
    """A prefix for the user to delegate."""

    reserved: int = reserved(8)
    prefix_length: int = uint(8, "Prefix-Length", filter=_LENGTH)
    prefix: bytes = prefix_octets("Prefix", filter="Delegated_IPv6_Prefix")


@declare(RADIUS_ATTRIBUTES, 125, "radius", ref="RFC 5447 4.2.4", label="MIP6-Home-Link-Prefix")
class Mip6HomeLinkPrefix(Message):
    """The prefix of the mobile node's home link; Wireshark's field is both in one."""

    prefix_length: int = uint(8, "Prefix-Length", filter=_LENGTH)
    prefix: bytes = prefix_octets("Prefix", filter="netmip6.radius.MIP6_Home_Link_Prefix")


@declare(RADIUS_ATTRIBUTES, 151, "radius", ref="RFC 6572 4.8", label="PMIP6-Home-HN-Prefix")
class Pmip6HomePrefix(Message):
    """The home network's prefix."""

    reserved: int = reserved(8)
    prefix_length: int = uint(8, "Prefix-Length", filter=_LENGTH)
    prefix: bytes = prefix_octets("Prefix", filter="PMIP6_Home_HN_Prefix")


@declare(RADIUS_ATTRIBUTES, 152, "radius", ref="RFC 6572 4.9", label="PMIP6-Visited-HN-Prefix")
class Pmip6VisitedPrefix(Message):
    """A visited network's prefix."""

    reserved: int = reserved(8)
    prefix_length: int = uint(8, "Prefix-Length", filter=_LENGTH)
    prefix: bytes = prefix_octets("Prefix", filter="PMIP6_Visited_HN_Prefix")


@declare(RADIUS_ATTRIBUTES, 155, "radius", ref="RFC 6572 4.12", label="PMIP6-Home-IPv4-HoA")
class Pmip6HomeIpv4Address(Message):
    """The IPv4 home address; 0.0.0.0 leaves it to the anchor."""

    reserved: int = reserved(8)
    prefix_length: int = uint(8, "Prefix-Length", filter=_LENGTH)
    address: IPv4Address = ipv4_address("IPv4 home address", filter="PMIP6_Home_IPv4_HoA")


@declare(RADIUS_ATTRIBUTES, 156, "radius", ref="RFC 6572 4.13", label="PMIP6-Visited-IPv4-HoA")
class Pmip6VisitedIpv4Address(Message):
    """A visited network's IPv4 address."""

    reserved: int = reserved(8)
    prefix_length: int = uint(8, "Prefix-Length", filter=_LENGTH)
    address: IPv4Address = ipv4_address("IPv4 home address", filter="PMIP6_Visited_IPv4_HoA")


@declare(RADIUS_ATTRIBUTES, 170, "radius", ref="RFC 6911 3.3", label="Route-IPv6-Information")
class RouteIpv6Information(Message):
    """A route for the user's router to advertise."""

    reserved: int = reserved(8)
    prefix_length: int = uint(8, "Prefix-Length", filter=_LENGTH)
    prefix: bytes = prefix_octets("Prefix", filter="Route_IPv6_Information")
