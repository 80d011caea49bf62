"""Neighbours that nobody asks for by field name: shown by dpkt's header tables.

A dpkt class lists (name, struct format, default) of its fixed header; that gives names, places and
values. Nothing of dpkt runs on the octets themselves.
"""

from __future__ import annotations

import struct
from typing import Any

from dpkt import arp, dhcp, dns, icmp, igmp, ntp, ospf, pim, radius, sctp, tcp, vrrp

from dissectors.node import Node, Value
from dissectors.packet import Packet
from dissectors.step import Key, Layer, Step


def table(label: str, header: Any) -> Layer:  # noqa: ANN401
    """A layer for a dpkt class."""
    name = header.__name__.lower()
    order = getattr(header, "__byte_order__", ">")

    def layer(packet: Packet, begin: int, end: int) -> Step:
        at = begin
        fields: list[Node] = []
        for entry in header.__hdr__:
            kind = order + entry[1]
            size = struct.calcsize(kind)
            lack = packet.lack(at, size, end, label)
            if lack is not None:
                node = Node(
                    name,
                    label,
                    f"netmip6.{name}",
                    None,
                    "",
                    begin,
                    max(begin, min(end, packet.stop)),
                    tuple(fields),
                    (lack,),
                )
                return Step(node, None, end, end)
            values = struct.unpack_from(kind, packet.data, at)
            fields.append(_field(name, entry[0].lstrip("_"), values, at, at + size))
            at += size
        node = Node(name, label, f"netmip6.{name}", None, "", begin, at, tuple(fields))
        return Step(node, None, at, end)

    return layer


def _field(header: str, name: str, values: tuple[Any, ...], begin: int, end: int) -> Node:
    value: Value = values[0] if len(values) == 1 else " ".join(map(str, values))
    text = value.hex() if isinstance(value, bytes) else str(value)
    return Node(name, name, f"netmip6.{header}.{name}", value, text, begin, end)


HEADERS: dict[Key, tuple[str, Any]] = {
    ("ether", 0x0806): ("ARP", arp.ARP),
    ("ip", 1): ("ICMP", icmp.ICMP),
    ("ip", 2): ("IGMP", igmp.IGMP),
    ("ip", 6): ("TCP", tcp.TCP),
    ("ip", 89): ("OSPF", ospf.OSPF),
    ("ip", 103): ("PIM", pim.PIM),
    ("ip", 112): ("VRRP", vrrp.VRRP),
    ("ip", 132): ("SCTP", sctp.SCTP),
    ("udp", 53): ("DNS", dns.DNS),
    ("udp", 67): ("DHCP", dhcp.DHCP),
    ("udp", 123): ("NTP", ntp.NTP),
    ("udp", 1645): ("RADIUS", radius.RADIUS),
    ("udp", 1646): ("RADIUS", radius.RADIUS),
    ("udp", 1812): ("RADIUS", radius.RADIUS),
    ("udp", 1813): ("RADIUS", radius.RADIUS),
}
"""Each with its label and the dpkt class that lists its fields."""

LAYERS: dict[Key, Layer] = {key: table(*header) for key, header in HEADERS.items()}
