"""DHCP in the object lane. DHCPv4's options may go on in its server name and file fields."""

from __future__ import annotations

from functools import partial

from dissectors import dhcpv4_options, dhcpv6_home, dhcpv6_options, duid
from dissectors.dhcpv4 import MAGIC_COOKIE, Dhcpv4Message
from dissectors.dhcpv4_options import OptionOverload, Overload
from dissectors.layers_messages import messages
from dissectors.layout import Anomaly, Message
from dissectors.node import Made, Node, Shown, What
from dissectors.packet import Packet, Part, raw
from dissectors.plan import plan_of
from dissectors.registries import DHCPV4_MESSAGES, DHCPV4_OPTIONS, DHCPV6_MESSAGES
from dissectors.step import Key, Layer, Step

LOADED = (dhcpv4_options, dhcpv6_home, dhcpv6_options, duid)
"""Importing them fills the registries."""

_OVERLOADED = What("overloaded", "Options in", "netmip6.dhcp.overloaded")
_FIELDS = {Overload.FILE: "file", Overload.SNAME: "server_name"}
_other = messages(DHCPV4_MESSAGES, "dhcp")


def dhcpv4(packet: Packet, begin: int, end: int) -> Step:
    """Without the magic cookie the vendor area is BOOTP's, and no list of options."""
    if DHCPV4_MESSAGES.types.get(packet.data[begin]) is not Dhcpv4Message:
        return _other(packet, begin, end)
    part = packet.read(Dhcpv4Message, begin, end, tail=False)
    if not part.whole:
        return Step(part.node("dhcp", end), None, end, end)
    rest = begin + part.plan.fixed
    if part.octets("cookie") != MAGIC_COOKIE.packed:
        odd = (Anomaly("there is no magic cookie, the vendor area is not read", rest - 4),)
        data = raw(packet, rest, end, "data", "Vendor area")
        return Step(part.node("dhcp", end, "BOOTP", (data,), odd), None, end, end)
    options, found = packet.options(DHCPV4_OPTIONS, rest, end)
    part.nodes += options
    part.anomalies += found
    _overloaded(packet, part)
    return Step(part.node("dhcp", end, partial(_which, part.nodes)), None, end, end)


def _overloaded(packet: Packet, part: Part) -> None:
    """Options in the fields that the Option Overload option names (RFC 2132 9.3)."""
    told = _first_field(part.nodes, OptionOverload)
    for bit, name in _FIELDS.items():
        if told is None or not told.raw & bit:
            continue
        place = Dhcpv4Message.layout[name]
        begin, end = part.begin + place.begin, part.begin + place.end
        options, found = packet.options(DHCPV4_OPTIONS, begin, end)
        part.nodes.append(Made(_OVERLOADED, place.label, begin, end, tuple(options), tuple(found)))


def _first_field(nodes: list[Node], option: type[Message]) -> Node | None:
    """The only field of the first such option."""
    what = plan_of(option).option
    for node in nodes:
        if node.what is what:
            fields = [child for child in node.children if isinstance(child.what, Shown)]
            return fields[0] if fields else None
    return None


def _which(nodes: list[Node]) -> str:
    """The DHCP message type, or the operation where there is none."""
    told = _first_field(nodes, dhcpv4_options.MessageType)
    return (nodes[0] if told is None else told).text


LAYERS: dict[Key, Layer] = {
    ("dhcpv4", 0): dhcpv4,
    ("dhcpv6", 0): messages(DHCPV6_MESSAGES, "dhcpv6"),
}
