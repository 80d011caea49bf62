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
