"""The registries that declared messages and options are put into.

Each is one protocol's space of type numbers. They stand apart from the messages because options
and the messages that carry them refer to each other's registry. `origin` is where a body begins.
"""

from __future__ import annotations

from dissectors.layout import Framing, Registry

MOBILITY_MESSAGES = Registry("MH type", origin=6)
"""RFC 6275 6.1.1: Payload Proto, Header Len, MH Type, Reserved, Checksum stand before the body."""

MOBILITY_OPTIONS = Registry("mobility option", Framing.TLV, origin=2)
"""RFC 6275 6.2.1: Type and Length stand before the body."""

ICMPV6_MESSAGES = Registry("ICMPv6 type", origin=4)
"""RFC 4443 2.1: Type, Code and Checksum stand before the body."""

ND_OPTIONS = Registry("neighbor discovery option", Framing.ND, origin=2)
"""RFC 2461 4.6: Type and Length stand before the body."""

CONTEXTS = Registry("NetMIPv6 context", origin=4)
"""Context of a mobile node in an HO Response: Type 253, Length, Subtype and Pad before the body."""

IPV6_OPTIONS = Registry("IPv6 option", Framing.TLV, origin=2)
"""RFC 8200 4.2: options of the Hop-by-Hop and Destination Options headers."""

HEADERS = Registry("next header")
"""Headers by their IP protocol number; each layout is the whole header."""

ROUTING_HEADERS = Registry("routing type", origin=4)
"""RFC 8200 4.4: Next Header, Hdr Ext Len, Routing Type, Segments Left stand before the body."""

GRE_PARTS = Registry("GRE part")
"""RFC 2890 2: optional parts of a GRE header, in order of their numbers here."""

LINK_HEADERS = Registry("link type")
"""Link-layer headers by their LINKTYPE_ number."""

SHIMS = Registry("ethertype")
"""Headers between the link layer and IP, by their EtherType."""

PPP_FRAMES = Registry("PPP frame")
"""What stands before a PPP protocol's packet (RFC 1662 3.1), by our own numbers."""

PPPOE_TAGS = Registry(
    "PPPoE tag",
    Framing.WIDE,
    origin=4,
    type_name="pppoed.tag",
    length_name="pppoed.tag_length",
)
"""RFC 2516 Appendix A."""

LCP_PACKETS = Registry("LCP code", Framing.FIRST)
"""RFC 1661 5: a packet's first octet is its code."""

LCP_OPTIONS = Registry(
    "LCP option", Framing.SHORT, origin=2, type_name="lcp.opt.type", length_name="lcp.opt.length"
)
"""RFC 1661 6."""

IPCP_PACKETS = Registry("IPCP code", Framing.FIRST)
"""RFC 1332 2: the packets of LCP, codes 1 to 7."""

IPCP_OPTIONS = Registry(
    "IPCP option", Framing.SHORT, origin=2, type_name="ipcp.opt.type", length_name="ipcp.opt.length"
)
"""RFC 1332 3."""

IPV6CP_PACKETS = Registry("IPV6CP code", Framing.FIRST)
"""RFC 2472 3: the packets of LCP, codes 1 to 7."""

IPV6CP_OPTIONS = Registry(
    "IPV6CP option",
    Framing.SHORT,
    origin=2,
    type_name="ipv6cp.opt.type",
    length_name="ipv6cp.opt.length",
)
"""RFC 2472 4."""

PAP_PACKETS = Registry("PAP code", Framing.FIRST)
"""RFC 1334 2.2."""

PAP_FIELDS = Registry("PAP field", Framing.COUNTED, origin=1, length_name="netmip6.pap.length")
"""RFC 1334 2.2.1: Peer-ID and Password, each behind its length."""

CHAP_PACKETS = Registry("CHAP code", Framing.FIRST)
"""RFC 1994 4."""

CHAP_FIELDS = Registry("CHAP field", Framing.COUNTED_FIRST, origin=1, length_name="chap.value_size")
"""RFC 1994 4.1: Value behind its size, then Name."""

EAP_PACKETS = Registry("EAP code", Framing.FIRST)
"""RFC 3748 4."""

EAP_METHODS = Registry("EAP type", Framing.SOLE, origin=1, type_name="eap.type")
"""RFC 3748 5: Type, then Type-Data to the end."""

EAP_MD5_FIELDS = Registry(
    "EAP-MD5 field", Framing.COUNTED_FIRST, origin=1, length_name="eap.md5.value_size"
)
"""RFC 3748 5.4: as in CHAP."""

EAPOL_FRAMES = Registry("EAPOL frame")
"""IEEE 802.1X 11.3: the header of all EAPOL frames."""

EAPOL_KEYS = Registry("EAPOL key descriptor", Framing.FIRST)
"""IEEE 802.1X 11.9: a key frame's body is told by its first octet."""

DHCPV6_MESSAGES = Registry("DHCPv6 message type", Framing.FIRST)
"""RFC 3315 6 and 7: a message's first octet is its type."""

DHCPV6_OPTIONS = Registry(
    "DHCPv6 option",
    Framing.WIDE,
    origin=4,
    type_name="dhcpv6.option.type",
    length_name="dhcpv6.option.length",
)
"""RFC 3315 22.1."""

DHCPV6_VENDOR_OPTIONS = Registry(
    "DHCPv6 vendor option",
    Framing.WIDE,
    origin=4,
    type_name="dhcpv6.vendoropts.enterprise.option_code",
    length_name="dhcpv6.vendoropts.enterprise.option_length",
)
"""RFC 3315 22.17: each vendor numbers its own; none is declared."""

DHCPV6_CLASS_DATA = Registry(
    "DHCPv6 class", Framing.ITEMS, origin=2, length_name="dhcpv6.userclass.length"
)
"""RFC 3315 22.15, 22.16: octets behind their length, as many as there are."""

DUIDS = Registry("DUID type", Framing.SOLE_WIDE, origin=2, type_name="dhcpv6.duid.type")
"""RFC 3315 9: a DHCP unique identifier is its type and the rest."""

DHCPV4_MESSAGES = Registry("BOOTP operation", Framing.FIRST)
"""RFC 2131 2: a message's first octet is its operation."""

DHCPV4_OPTIONS = Registry(
    "DHCPv4 option",
    Framing.DHCPV4,
    origin=2,
    type_name="dhcp.option.type",
    length_name="dhcp.option.length",
)
"""RFC 2132 2."""

DHCPV4_AGENT_OPTIONS = Registry(
    "DHCPv4 agent sub-option",
    Framing.SUB,
    origin=2,
    type_name="dhcp.option.agent_information_option.suboption",
    length_name="dhcp.option.suboption_length",
)
"""RFC 3046 2.0: what a relay agent adds."""

RADIUS_PACKETS = Registry("RADIUS code", Framing.FIRST)
"""RFC 2865 3: a packet's first octet is its code."""

RADIUS_ATTRIBUTES = Registry(
    "RADIUS attribute",
    Framing.SHORT,
    origin=2,
    type_name="radius.avp.type",
    length_name="radius.avp.length",
)
"""RFC 2865 5."""

RADIUS_VENDORS = Registry(
    "RADIUS vendor", Framing.SOLE_VENDOR, origin=4, type_name="radius.avp.vendor_id"
)
"""RFC 2865 5.26: behind the vendor's number stands what the vendor likes."""

_VENDOR_TYPE = "radius.avp.vendor_type"
_VENDOR_LENGTH = "radius.avp.vendor_len"

THREEGPP2_ATTRIBUTES = Registry(
    "3GPP2 attribute", Framing.SHORT, 2, type_name=_VENDOR_TYPE, length_name=_VENDOR_LENGTH
)
"""3GPP2 X.S0011: type and length as RFC 2865 recommends."""

MICROSOFT_ATTRIBUTES = Registry(
    "Microsoft attribute", Framing.SHORT, 2, type_name=_VENDOR_TYPE, length_name=_VENDOR_LENGTH
)
"""RFC 2548 2."""

WIMAX_ATTRIBUTES = Registry(
    "WiMAX attribute", Framing.SHORT, 2, type_name=_VENDOR_TYPE, length_name=_VENDOR_LENGTH
)
"""WiMAX Forum stage 3: a continuation octet stands before each value."""

STARENT_ATTRIBUTES = Registry(
    "Starent attribute", Framing.WIDE_WHOLE, 4, type_name=_VENDOR_TYPE, length_name=_VENDOR_LENGTH
)
"""Types and lengths of two octets."""

DIAMETER_MESSAGES = Registry("Diameter version", Framing.FIRST)
"""RFC 6733 3: a message's first octet is the protocol's version, 1."""

DIAMETER_AVPS = Registry(
    "AVP",
    Framing.AVP,
    origin=4,
    type_name="diameter.avp.code",
    length_name="diameter.avp.len",
)
"""RFC 6733 4.1: a body begins behind the code, with flags and length."""

SCTP_CHUNKS = Registry("SCTP chunk", Framing.CHUNK, origin=1, type_name="sctp.chunk_type")
"""RFC 4960 3.2: a body begins behind the type, with flags and length."""

WLAN_FRAMES = Registry("802.11 frame")
"""IEEE 802.11 9.2.4.1 and 9.3.2: data frames by their To DS and From DS bits; 4 is any other."""

WLAN_PARTS = Registry("802.11 part")
"""What stands before and behind an 802.11 header, by our own numbers."""

OTHERS = Registry("message that nobody declared")
"""How unknown numbers of a registry are shown (`Registry.other`), by our own numbers."""

OTHER_AVPS = Registry("AVP that nobody declared", origin=4)
"""The same, behind an AVP's code."""

OTHER_CHUNKS = Registry("SCTP chunk that nobody declared", origin=1)
"""The same, behind a chunk's type."""
