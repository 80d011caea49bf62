"""The options of a list as nodes, whatever its framing is."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from dissectors.body import MOST_NESTED
from dissectors.errors import ParseError
from dissectors.layout import Anomaly, Framing, Message, Registry
from dissectors.node import Count, Made, Node, Number, Option, Secret, What
from dissectors.options import VENDOR, Span, walk
from dissectors.part import PADDING
from dissectors.plan import plan_of
from dissectors.raw import raw
from dissectors.secrets_declared import may_be_secret

if TYPE_CHECKING:
    from dissectors.packet import Packet

_PAD1 = Count("padding", "Pad1", "netmip6.padding")
_PADN = Count("padding", "PadN", "netmip6.padding")
_END = What("end", "End", "netmip6.end")
_SECRET_REST = Secret("rest", "Rest of the options", "netmip6.rest", secret=True)

_OCTET_EACH = 2
"""Size of a head that is a type and a length of one octet each."""


def option_nodes(
    packet: Packet, registry: Registry, begin: int, end: int
) -> tuple[list[Node], list[Anomaly]]:
    """The options between begin and end; where the list breaks, the rest is an anomaly."""
    stop = min(end, packet.stop)
    nodes: list[Node] = []
    if begin >= stop:
        return nodes, [Anomaly(f"options: {packet.cut}", stop)] if begin < end else []
    if packet.nested > MOST_NESTED:
        deep = Anomaly(f"options are nested deeper than {MOST_NESTED}, not followed", begin)
        return [raw(packet, begin, end, "data", "Data", (deep,))], []
    packet.nested += 1
    try:
        for span in walk(registry, packet.data, begin, stop):
            nodes.append(_option(packet, registry, span, end))  # noqa: PERF401 - kept up to an error
    except ParseError as error:
        reason = f"options: {packet.cut}" if stop < end else error.reason
        nodes.append(_rest(packet, registry, error.offset, stop, len(nodes) + 1))
        return nodes, [Anomaly(reason, error.offset)]
    finally:
        packet.nested -= 1
    if stop < end:
        return nodes, [Anomaly(f"options: {packet.cut}", stop)]
    return nodes, []


def _option(packet: Packet, registry: Registry, span: Span, list_end: int) -> Node:
    framing = registry.framing
    assert framing is not None
    if span.number in framing.padding:
        return _padding_option(packet, registry, framing, span)
    # What is the rest of the list ends where the list does, also when octets of it are cut.
    rest = not framing.length or (framing.plain is not None and span.body == span.begin)
    end = list_end if rest else span.end
    nodes = [] if rest and not framing.number else _head(packet, registry, framing, span)
    known = registry.types.get(span.number)
    if known is None:
        odd = _unknown(packet, registry, span.number, span.body, end, nodes)
        what, number = _unnamed(registry, span.number), span.number & 0xFFFFFFFF
    else:
        odd = _body(packet, known, span.body, end, nodes)
        what, number = plan_of(known).option, None
    if span.longer:
        odd.append(Anomaly(f"length leaves out {span.longer} octets of the option", span.begin + 1))
    if span.after > span.end:
        nodes.append(_fill(packet, span.end, span.after))
        end = span.after
    return Made(what, number, span.begin, min(end, packet.stop), tuple(nodes), tuple(odd))


def _body(
    packet: Packet, message: type[Message], begin: int, end: int, nodes: list[Node]
) -> list[Anomaly]:
    """Adds the fields of a body to nodes; its anomalies."""
    part = packet.read(message, begin, end)
    nodes += part.nodes
    if part.plan.tail is None:
        part.anomalies += part.behind(end)
    if part.end < end:
        nodes.append(raw(packet, part.end, end, "trailer", "Trailer"))
    return part.anomalies


def _unknown(
    packet: Packet, registry: Registry, number: int, begin: int, end: int, nodes: list[Node]
) -> list[Anomaly]:
    """The same for a number that nobody declared."""
    if registry.other is not None:
        return _body(packet, registry.other(number), begin, end, nodes)
    nodes.append(raw(packet, begin, end, "data", "Data"))
    return []


def _rest(packet: Packet, registry: Registry, begin: int, end: int, place: int) -> Node:
    """A list's octets from where it breaks; masked where a key or password may be among them."""
    if may_be_secret(registry, packet.data, begin, end, place):
        return Made(_SECRET_REST, packet.data[begin:end], begin, end)
    return raw(packet, begin, end, "rest", "Rest of the options")


def _padding_option(packet: Packet, registry: Registry, framing: Framing, span: Span) -> Node:
    size = span.end - span.begin
    if span.number == framing.last:
        type_what, _ = _heads(registry)
        kind = Made(type_what, span.number, span.begin, span.end)
        return Made(_END, "", span.begin, span.end, (kind,))
    body = packet.data[span.body : span.end]
    odd = (Anomaly("padding is not zero", span.body),) if any(body) else ()
    alone = _PAD1 if size == 1 else PADDING
    what = _PADN if span.body - span.begin == framing.body else alone
    return Made(what, size, span.begin, span.end, (), odd)


def _fill(packet: Packet, begin: int, end: int) -> Node:
    """Zeros up to where the next option may begin."""
    odd = (Anomaly("padding is not zero", begin),) if any(packet.data[begin:end]) else ()
    return Made(PADDING, end - begin, begin, end, (), odd)


def _head(packet: Packet, registry: Registry, framing: Framing, span: Span) -> list[Node]:
    """Type and length, as far as they are no fields of the body."""
    type_what, length_what = _heads(registry)
    data, at = packet.data, span.begin
    if framing.number == 1 and framing.body == _OCTET_EACH:
        return [
            Made(type_what, data[at], at, at + 1),
            Made(length_what, data[at + 1], at + 1, at + 2),
        ]
    nodes: list[Node] = []
    if framing.number and framing.body:
        behind = at + framing.number
        nodes.append(Made(type_what, int.from_bytes(data[at:behind], "big"), at, behind))
    if framing.length and framing.length_at < framing.body:
        at += framing.length_at
        behind = at + framing.length
        nodes.append(Made(length_what, int.from_bytes(data[at:behind], "big"), at, behind))
    return nodes


@cache
def _heads(registry: Registry) -> tuple[Number, Number]:
    """What the type and the length of a registry's options are."""
    label, length = (
        name.rpartition(".")[2].replace("_", " ").capitalize()
        for name in (registry.type_name, registry.length_name)
    )
    return Number("type", label, registry.type_name), Number("length", length, registry.length_name)


def _unnamed(registry: Registry, number: int) -> Option:
    """What an option is that nobody declared; it may have a name all the same."""
    label = registry.label(number)
    if label is None:
        label = f"{registry.name} {number}"
        if number >= VENDOR:
            label = f"{registry.name} {number & 0xFFFFFFFF} of vendor {number - VENDOR >> 32}"
    return Option("option", label, "netmip6.option")
