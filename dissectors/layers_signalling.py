"""The Mobility Header and ICMPv6 in the object lane."""

from __future__ import annotations

from dissectors import ipv6
from dissectors.codec import icmpv6_class
from dissectors.layers_ip import checksum_is_wrong
from dissectors.layout import Anomaly, Layout
from dissectors.mobility import MobilityHeader
from dissectors.node import Node
from dissectors.packet import Builder, Packet, raw
from dissectors.registries import MOBILITY_MESSAGES
from dissectors.step import Key, Layer, Step

_ICMPV6_FIXED = 4
_ERRORS = range(1, 5)


def mobility_header_in_udp(packet: Packet, begin: int, end: int) -> Step:
    """PMIPv6 over IPv4: UDP's checksum is used instead of the header's (RFC 5844 4.1.3)."""
    packet.source = packet.destination = None
    return mobility_header(packet, begin, end)


def mobility_header(packet: Packet, begin: int, end: int) -> Step:
    """The header, the message behind it, and whether the checksum is right (RFC 6275 6.1)."""
    layout = MobilityHeader.layout
    builder = Builder(packet, layout, begin, end).fields()
    if not builder.whole:
        return Step(builder.node("mh", end), None, end, end)
    stop = begin + (builder.number("header_len") + 1) * 8
    odd: list[Anomaly] = []
    if stop > end:
        at = begin + layout["header_len"].begin
        odd.append(Anomaly(f"header length is {stop - begin}, {end - begin} octets are there", at))
        stop = end
    elif checksum_is_wrong(packet, begin, stop, ipv6.NextHeader.MOBILITY):
        odd.append(Anomaly("checksum is wrong", begin + layout["checksum"].begin))
    if builder.number("reserved"):
        odd.append(Anomaly("reserved bits are not zero", begin + layout["reserved"].begin))
    payload = builder.number("payload_proto")
    follows = payload != ipv6.NextHeader.NO_NEXT_HEADER and stop < end
    if payload != ipv6.NextHeader.NO_NEXT_HEADER and not follows:
        odd.append(Anomaly("payload proto is not 59", begin))
    number = builder.number("mh_type")
    known = MOBILITY_MESSAGES.types.get(number)
    inner = _message(
        packet, known.layout if known else None, begin + layout.fixed, stop, f"MH type {number}"
    )
    text = known.layout.label if known else f"MH type {number}"
    node = builder.node("mh", stop, text, anomalies=tuple(odd))
    node = _with_child(node, inner)
    return Step(node, ("ip", payload) if follows else None, stop, end)


def icmpv6(packet: Packet, begin: int, end: int) -> Step:
    """Errors quote a packet, which is decoded inside (RFC 4443 3)."""
    lack = packet.lack(begin, _ICMPV6_FIXED, end, "ICMPv6")
    if lack is not None:
        node = Node(
            "icmpv6", "ICMPv6", "icmpv6", None, "", begin, min(end, packet.stop), (), (lack,)
        )
        return Step(node, None, end, end)
    number, code = packet.data[begin], packet.data[begin + 1]
    odd: tuple[Anomaly, ...] = ()
    if checksum_is_wrong(packet, begin, end, ipv6.NextHeader.ICMPV6):
        odd = (Anomaly("checksum is wrong", begin + 2),)
    known = icmpv6_class(number, code, packet.profile)
    label = known.layout.label if known else f"ICMPv6 type {number}"
    body = begin + _ICMPV6_FIXED
    quotes = number in _ERRORS and body + 4 < min(end, packet.stop)
    inner = _message(packet, known.layout if known else None, body, end, label)
    if quotes:
        inner = _without_packet(inner)
    checksum = int.from_bytes(packet.data[begin + 2 : begin + 4], "big")
    head = (
        Node("type", "Type", "icmpv6.type", number, f"{label} ({number})", begin, begin + 1),
        Node("code", "Code", "icmpv6.code", code, str(code), begin + 1, begin + 2),
        Node(
            "checksum", "Checksum", "icmpv6.checksum", checksum, str(checksum), begin + 2, begin + 4
        ),
    )
    node = Node(
        "icmpv6", "ICMPv6", "icmpv6", None, label, begin, min(end, packet.stop), (*head, inner), odd
    )
    inside = (("version", 0), body + 4, end) if quotes else None
    return Step(node, None, end, end, inside)


def _message(packet: Packet, layout: Layout | None, begin: int, end: int, label: str) -> Node:
    """A message's body; one that nobody declared is shown as octets."""
    if layout is None:
        return raw(packet, begin, end, "message", label)
    builder = Builder(packet, layout, begin, end).fields()
    behind = begin + layout.fixed
    odd: tuple[Anomaly, ...] = ()
    if layout.tail is None and behind < end and builder.whole:
        odd = (Anomaly(f"{end - behind} octets stand behind the last field", behind),)
    return builder.node("message", end, anomalies=odd)


def _with_child(node: Node, child: Node) -> Node:
    return Node(
        node.name,
        node.label,
        node.filter,
        node.value,
        node.text,
        node.begin,
        node.end,
        (*node.children, child),
        node.anomalies,
    )


def _without_packet(node: Node) -> Node:
    """The quoted packet's octets go: the packet is decoded beside them."""
    kept = tuple(child for child in node.children if child.name != "packet")
    return Node(
        node.name,
        node.label,
        node.filter,
        node.value,
        node.text,
        node.begin,
        node.begin + 4,
        kept,
        (),
    )


LAYERS: dict[Key, Layer] = {
    ("ip", ipv6.NextHeader.MOBILITY): mobility_header,
    ("ip", ipv6.NextHeader.MOBILITY_OLD): mobility_header,
    ("udp", ipv6.PMIPV6_PORT): mobility_header_in_udp,
    ("ip", ipv6.NextHeader.ICMPV6): icmpv6,
}
