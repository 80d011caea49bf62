"""The Mobility Header and ICMPv6 in the object lane."""

from __future__ import annotations

from dissectors import ipv6
from dissectors.codec import icmpv6_class
from dissectors.layers_ip import checksum_is_wrong
from dissectors.layout import Anomaly, Message
from dissectors.mobility import MobilityHeader
from dissectors.neighbor_options import RedirectedHeader
from dissectors.node import Labelled, Made, Node, Number, Shown, What
from dissectors.packet import Packet, raw
from dissectors.plan import plan_of
from dissectors.registries import MOBILITY_MESSAGES
from dissectors.step import VERSION, Key, Layer, Step

_ICMPV6_FIXED = 4
_ERRORS = range(1, 5)
_REDIRECTED = plan_of(RedirectedHeader).option
_ICMPV6 = What("icmpv6", "ICMPv6", "icmpv6")
_TYPE = Labelled("type", "Type", "icmpv6.type")
_CODE = Number("code", "Code", "icmpv6.code")
_CHECKSUM = Number("checksum", "Checksum", "icmpv6.checksum")


def mobility_header_in_udp(packet: Packet, begin: int, end: int) -> Step:
    """PMIPv6 over IPv4: UDP's checksum is used instead of the header's (RFC 5844 4.1.3)."""
    packet.source = packet.destination = None
    return mobility_header(packet, begin, end)


def mobility_header(packet: Packet, begin: int, end: int) -> Step:
    """The header, the message behind it, and whether the checksum is right (RFC 6275 6.1)."""
    layout = MobilityHeader.layout
    part = packet.read(MobilityHeader, begin, end)
    if not part.whole:
        return Step(part.node("mh", end), None, end, end)
    stop = begin + (part.number("header_len") + 1) * 8
    odd: list[Anomaly] = []
    if stop > end:
        at = begin + layout["header_len"].begin
        odd.append(Anomaly(f"header length is {stop - begin}, {end - begin} octets are there", at))
        stop = end
    elif checksum_is_wrong(packet, begin, stop, ipv6.NextHeader.MOBILITY):
        odd.append(Anomaly("checksum is wrong", begin + layout["checksum"].begin))
    if part.number("reserved"):
        odd.append(Anomaly("reserved bits are not zero", begin + layout["reserved"].begin))
    payload = part.number("payload_proto")
    follows = payload != ipv6.NextHeader.NO_NEXT_HEADER and stop < end
    if payload != ipv6.NextHeader.NO_NEXT_HEADER and not follows:
        odd.append(Anomaly("payload proto is not 59", begin))
    number = part.number("mh_type")
    known = MOBILITY_MESSAGES.types.get(number)
    text = known.layout.label if known else f"MH type {number}"
    inner = _message(packet, known, begin + layout.fixed, stop, text)
    node = part.node("mh", stop, text, (inner,), tuple(odd))
    return Step(node, ("ip", payload) if follows else None, stop, end)


def icmpv6(packet: Packet, begin: int, end: int) -> Step:
    """Errors quote a packet, which is decoded inside (RFC 4443 3)."""
    lack = packet.lack(begin, _ICMPV6_FIXED, end, "ICMPv6")
    if lack is not None:
        node = Made(_ICMPV6, "", begin, min(end, packet.stop), (), (lack,))
        return Step(node, None, end, end)
    number, code = packet.data[begin], packet.data[begin + 1]
    odd: tuple[Anomaly, ...] = ()
    if checksum_is_wrong(packet, begin, end, ipv6.NextHeader.ICMPV6):
        odd = (Anomaly("checksum is wrong", begin + 2),)
    known = icmpv6_class(number, code, packet.profile)
    label = known.layout.label if known else f"ICMPv6 type {number}"
    body = begin + _ICMPV6_FIXED
    quotes = number in _ERRORS and body + 4 < min(end, packet.stop)
    # The quoted packet is decoded beside its message, not shown as octets too.
    inner = _message(packet, known, body, body + 4 if quotes else end, label)
    checksum = int.from_bytes(packet.data[begin + 2 : begin + 4], "big")
    head = (
        Made(_TYPE, (number, f"{label} ({number})"), begin, begin + 1),
        Made(_CODE, code, begin + 1, begin + 2),
        Made(_CHECKSUM, checksum, begin + 2, begin + 4),
    )
    node = Made(_ICMPV6, label, begin, min(end, packet.stop), (*head, inner), odd)
    inside = (VERSION, body + 4, end) if quotes else _redirected(inner)
    return Step(node, None, end, end, inside)


def _redirected(message: Node) -> tuple[Key, int, int] | None:
    """The packet in a Redirected Header option (RFC 2461 4.6.3)."""
    for option in message.children:
        if option.what is _REDIRECTED and isinstance(option.children[-1].what, Shown):
            packet = option.children[-1]
            return (VERSION, packet.begin, packet.end) if packet.name == "packet" else None
    return None


def _message(packet: Packet, known: type[Message] | None, begin: int, end: int, label: str) -> Node:
    """A message's body; one that nobody declared is shown as octets."""
    if known is None:
        return raw(packet, begin, end, "message", label)
    part = packet.read(known, begin, end)
    return part.node("message", end, anomalies=part.behind(end))


LAYERS: dict[Key, Layer] = {
    ("ip", ipv6.NextHeader.MOBILITY): mobility_header,
    ("ip", ipv6.NextHeader.MOBILITY_OLD): mobility_header,
    ("udp", ipv6.PMIPV6_PORT): mobility_header_in_udp,
    ("ip", ipv6.NextHeader.ICMPV6): icmpv6,
}
