"""TCP, SCTP and the Diameter messages in them, in the object lane."""

from __future__ import annotations

from dissectors import diameter_avps
from dissectors.diameter import VERSION
from dissectors.ipv6 import NextHeader
from dissectors.layers_messages import messages
from dissectors.layout import Anomaly
from dissectors.node import Node
from dissectors.packet import Packet, raw
from dissectors.plan import plan_of
from dissectors.ports import DIAMETER_PORT, STREAM_PORTS, port_key
from dissectors.registries import DIAMETER_MESSAGES
from dissectors.step import Key, Layer, Step
from dissectors.transport import DIAMETER_PAYLOAD, SctpData, SctpHeader, TcpHeader

LOADED = (diameter_avps,)
"""Importing it fills the registries."""


def _command(nodes: list[Node]) -> str:
    """The command, and whether it is asked or answered."""
    fields = {node.name: node for node in nodes}
    if "command" not in fields:
        return ""
    return f"{fields['command'].text} {'request' if fields['request'].raw else 'answer'}"


_diameter = messages(DIAMETER_MESSAGES, "diameter", _command)


def tcp(packet: Packet, begin: int, end: int) -> Step:
    head = packet.read(TcpHeader, begin, end, tail=False)
    if not head.whole:
        return Step(head.node("tcp", end), None, end, end)
    size = head.number("data_offset") * 4
    ports = (head.number("source_port"), head.number("destination_port"))
    text = f"{ports[0]} > {ports[1]}"
    if size < head.plan.fixed or begin + size > end:
        at = begin + TcpHeader.layout["data_offset"].begin
        odd = (Anomaly(f"header length is {size}, {end - begin} octets are there", at),)
        return Step(head.node("tcp", end, text, anomalies=odd), None, end, end)
    after = begin + size
    part = packet.read(TcpHeader, begin, after)
    return Step(part.node("tcp", after, text), port_key(ports, STREAM_PORTS), after, end)


def sctp(packet: Packet, begin: int, end: int) -> Step:
    """The messages in its chunks stand behind the chunks, as they are whole messages."""
    part = packet.read(SctpHeader, begin, end)
    if not part.whole:
        return Step(part.node("sctp", end), None, end, end)
    ports = (part.number("source_port"), part.number("destination_port"))
    inside = tuple(_in_chunks(packet, part.nodes, DIAMETER_PORT in ports))
    text = f"{ports[0]} > {ports[1]}"
    return Step(part.node("sctp", end, text, inside), None, end, end)


def _in_chunks(packet: Packet, nodes: list[Node], told: bool) -> list[Node]:
    found: list[Node] = []
    chunk = plan_of(SctpData).option
    for node in nodes:
        fields = {child.name: child for child in node.children}
        if node.what is not chunk or "data" not in fields:
            continue
        if not told and fields["protocol"].raw != DIAMETER_PAYLOAD:
            continue
        data = fields["data"]
        if fields["beginning"].raw and fields["ending"].raw:
            found.append(diameter(packet, data.begin, data.end).node)
        else:
            odd = Anomaly("a message in several chunks, which are not put together", data.begin)
            node.anomalies += (odd,)
    return found


def diameter(packet: Packet, begin: int, end: int) -> Step:
    """One message, and others behind it. What begins in an earlier segment is not put together."""
    if packet.data[begin] != VERSION:
        odd = (Anomaly("no Diameter message begins here", begin),)
        return Step(raw(packet, begin, end, "data", "Data", odd), None, end, end)
    step = _diameter(packet, begin, end)
    return Step(step.node, ("diameter", 0), step.end, end)


LAYERS: dict[Key, Layer] = {
    ("ip", NextHeader.TCP): tcp,
    ("ip", NextHeader.SCTP): sctp,
    ("diameter", 0): diameter,
}
