"""Neighbours that nobody asks for by field name: shown by dpkt's header tables.

A dpkt class lists (name, struct format, default) of its fixed header; that gives names, places and
values. Nothing of dpkt runs on the octets themselves.
"""

from __future__ import annotations

import struct
from typing import Any

from dpkt import arp, dns, icmp, igmp, ntp, ospf, pim, vrrp

from dissectors.node import Made, Node, Value, What
from dissectors.packet import Packet
from dissectors.step import Key, Layer, Step


def table(label: str, header: Any) -> Layer:  # noqa: ANN401
    """A layer for a dpkt class."""
    name = header.__name__.lower()
    order = getattr(header, "__byte_order__", ">")
    whole = What(name, label, f"netmip6.{name}")
    fields = [(order + entry[1], _field(name, entry[0].lstrip("_"))) for entry in header.__hdr__]

    def layer(packet: Packet, begin: int, end: int) -> Step:
        at = begin
        nodes: list[Node] = []
        for kind, what in fields:
            size = struct.calcsize(kind)
            lack = packet.lack(at, size, end, label)
            if lack is not None:
                stop = max(begin, min(end, packet.stop))
                return Step(Made(whole, "", begin, stop, tuple(nodes), (lack,)), None, end, end)
            nodes.append(Made(what, struct.unpack_from(kind, packet.data, at), at, at + size))
            at += size
        return Step(Made(whole, "", begin, at, tuple(nodes)), None, at, end)

    return layer


class _Entry(What):
    """A field of dpkt's: one value, or several of the same size."""

    __slots__ = ()

    def value(self, node: Node) -> Value:
        values: tuple[Any, ...] = node.raw
        single: Value = values[0] if len(values) == 1 else " ".join(map(str, values))
        return single

    def text(self, node: Node) -> str:
        value = self.value(node)
        return value.hex() if isinstance(value, bytes) else str(value)


def _field(header: str, name: str) -> _Entry:
    return _Entry(name, name, f"netmip6.{header}.{name}")


HEADERS: dict[Key, tuple[str, Any]] = {
    ("ether", 0x0806): ("ARP", arp.ARP),
    ("ip", 1): ("ICMP", icmp.ICMP),
    ("ip", 2): ("IGMP", igmp.IGMP),
    ("ip", 89): ("OSPF", ospf.OSPF),
    ("ip", 103): ("PIM", pim.PIM),
    ("ip", 112): ("VRRP", vrrp.VRRP),
    ("app", 53): ("DNS", dns.DNS),
    ("app", 123): ("NTP", ntp.NTP),
}
"""Each with its label and the dpkt class that lists its fields."""

LAYERS: dict[Key, Layer] = {key: table(*header) for key, header in HEADERS.items()}
