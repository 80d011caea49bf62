"""Turns declared layouts into nodes, as far as the frame goes.

A region's `end` is what lengths on the wire promise, `Packet.stop` where the captured octets end.
Octets beyond the end are malformed, those between stop and end are cut: different anomalies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from dissectors.authentication.carrier import Carrier
from dissectors.authentication.checks import Checks
from dissectors.body import MOST_NESTED
from dissectors.errors import ParseError
from dissectors.fragments import Fragments
from dissectors.layout import ELEMENTS, Anomaly, Field, Framing, Kind, Message, Registry
from dissectors.node import Count, Made, Node, Number, Octets, Option, Secret, What
from dissectors.options import VENDOR, Span, walk
from dissectors.plan import Plan, plan_of
from dissectors.profile import Profile
from dissectors.secrets_declared import may_be_secret

SNAPPED = "cut by the snap length"
QUOTED = "cut where the quoted packet ends"

PADDING = Count("padding", "Padding", "netmip6.padding")
PAD1 = Count("padding", "Pad1", "netmip6.padding")
PADN = Count("padding", "PadN", "netmip6.padding")
_IPV6_ADDRESS = 16
_OCTET_EACH = 2
"""Size of a head that is a type and a length of one octet each."""

_SECRET_REST = Secret("rest", "Rest of the options", "netmip6.rest", secret=True)
_END = What("end", "End", "netmip6.end")


@dataclass(slots=True)
class Packet:
    """The frame, and what upper layers need to know of the lower ones.

    source, destination: the 16 or 4 octets that checksums see, if they are known.
    """

    data: bytes
    stop: int
    profile: Profile
    cut: str = SNAPPED
    depth: int = 0
    nested: int = 0
    """Option lists around."""
    source: bytes | None = None
    destination: bytes | None = None
    padded: bool = False
    """Radiotap said that an 802.11 header is filled up to four octets."""
    path: tuple[bytes, ...] = ()
    """Source and destination of each IP header up to here."""
    fragments: Fragments | None = None
    time_ns: int = 0
    checks: Checks | None = None
    ip_begin: int | None = None
    """Where the innermost IP header begins; None if it is not in `data`."""
    carrier: Carrier | None = None
    """What it says, of a packet that ESP carried without an IP header of its own."""

    @property
    def is_ipv6(self) -> bool:
        """Whether the innermost IP header is IPv6's."""
        return self.source is not None and len(self.source) == _IPV6_ADDRESS

    def lack(self, begin: int, size: int, end: int, what: str) -> Anomaly | None:
        """The anomaly if `size` octets at `begin` are not all there."""
        if begin + size <= end:
            if begin + size <= self.stop:
                return None
            return Anomaly(f"{what}: {self.cut}", min(begin + size, self.stop))
        return Anomaly(f"{what} needs {size} octets, {max(0, end - begin)} are there", begin)

    def inside(self, data: bytes, stop: int, carrier: Carrier) -> Packet:
        """What ESP carried, in data[:stop]; it has the addresses of the packet around it."""
        inner = replace(self, data=data, stop=stop, cut=SNAPPED, padded=False)
        inner.depth += 1
        inner.carrier, inner.ip_begin = carrier, None
        return inner

    def quote(self, end: int) -> Packet:
        """A packet quoted in this one up to `end`: octets behind the quote are cut, not wrong."""
        cut = self.cut if end > self.stop else QUOTED
        return Packet(self.data, min(end, self.stop), self.profile, cut, self.depth)

    def joined(self, octets: bytes) -> Packet:
        """Octets put together of several places, with a place of their own to count from.

        The IP header before them is not there, so nothing that depends on it is verified.
        """
        return replace(
            self, data=octets, stop=len(octets), padded=False, checks=None, ip_begin=None
        )

    def read(self, message: type[Message], begin: int, end: int, *, tail: bool = True) -> Part:
        """The fields of a message at [begin, end); without `tail`, its fixed part alone."""
        return Part(self, plan_of(message), begin, end, tail=tail)


class Part:
    """The nodes and anomalies of one layout's fields. `end`: the message's own, if it says so."""

    __slots__ = ("anomalies", "begin", "end", "nodes", "packet", "plan", "values", "whole")

    def __init__(self, packet: Packet, plan: Plan, begin: int, end: int, *, tail: bool) -> None:
        """All fields; what does not fit is an anomaly, and what stands before it is kept."""
        self.packet = packet
        self.plan = plan
        self.begin = begin
        self.end = end
        self.anomalies: list[Anomaly] = []
        rest = begin + plan.fixed
        self.whole = rest <= end and rest <= packet.stop
        """Whether the fixed part is there."""
        if not self.whole:
            self.values: Any = ()
            self.nodes: list[Node] = []
            self._cut_short()
            return
        values = self.values = plan.unpack(packet.data, begin)
        self.nodes = [
            Made(
                what,
                values[group] >> shift & mask if mask else values[group],
                begin + first,
                begin + behind,
            )
            for what, first, behind, group, shift, mask in plan.steps
        ]
        if plan.reserved:
            self._reserved()
        tail_end = self._lengths(rest) if plan.derived else end
        if tail and plan.tail is not None:
            self._tail(plan.tail, rest, tail_end)

    def number(self, name: str) -> int:
        """A fixed numeric field, where the part is whole."""
        number: int = self.plan.value(name, self.values)
        return number

    def octets(self, name: str) -> bytes:
        """A fixed field of octets, where the part is whole."""
        octets: bytes = self.plan.value(name, self.values)
        return octets

    def _reserved(self) -> None:
        """Reserved bits have a node where they are not zero, and it says so."""
        for place, row in reversed(self.plan.reserved):
            raw = self.plan.bits(row, self.values)
            if raw:
                begin, end = self.begin + row.begin, self.begin + row.end
                odd = (Anomaly("reserved bits are not zero", begin),)
                self.nodes.insert(place, Made(row.what, raw, begin, end, (), odd))

    def _cut_short(self) -> None:
        """Octets that a lesser form of the message leaves out are no anomaly (`Layout.least`)."""
        packet, layout = self.packet, self.plan.layout
        there = packet.data[self.begin : min(self.end, packet.stop)]
        values = self.plan.unpack(there.ljust(self.plan.fixed, b"\0"), 0)
        for row in self.plan.rows:
            lack = packet.lack(self.begin, row.end, self.end, layout.label)
            if lack is not None:
                if row.end <= self.end - self.begin:
                    self.anomalies.append(lack)
                elif self.end - self.begin < layout.least:
                    self.anomalies.append(
                        Anomaly(
                            f"{layout.label} needs {layout.least} octets, "
                            f"{max(0, self.end - self.begin)} are there",
                            self.begin,
                        )
                    )
                return
            raw = self.plan.bits(row, values)
            if row.kind is not Kind.RESERVED or raw:
                begin, end = self.begin + row.begin, self.begin + row.end
                odd = row.kind is Kind.RESERVED
                found = (Anomaly("reserved bits are not zero", begin),) if odd else ()
                self.nodes.append(Made(row.what, raw, begin, end, (), found))

    def _lengths(self, rest: int) -> int:
        """Where the tail ends, by the lengths that the fixed part has."""
        tail_end = self.end
        for row in self.plan.derived:
            length = self.plan.value(row.field.name, self.values)
            at = self.begin + row.begin
            if row.kind is Kind.LENGTH:
                tail_end = self._own_end(rest, length, at)
            elif row.kind is Kind.TAIL_LENGTH:
                tail_end = self._inner(rest, rest + length, at)
            else:
                tail_end = self._inner(rest, tail_end - length, at)
        return tail_end

    def _own_end(self, rest: int, length: int, at: int) -> int:
        own = self.begin - self.plan.layout.origin + length
        if rest <= own <= self.end:
            self.end = own
        else:
            there = self.end - self.begin + self.plan.layout.origin
            self.anomalies.append(Anomaly(f"length is {length}, {there} octets are there", at))
        return self.end

    def _inner(self, rest: int, tail_end: int, at: int) -> int:
        """Where a tail with a length of its own ends."""
        if rest <= tail_end <= self.end:
            return tail_end
        self.anomalies.append(Anomaly("the inner length runs out of the option", at))
        return self.end

    def _tail(self, field: Field, begin: int, end: int) -> None:
        if field.kind is Kind.OPTIONS:
            assert field.registry is not None
            nodes, anomalies = option_nodes(self.packet, field.registry, begin, end)
            self.nodes += nodes
            self.anomalies += anomalies
            if end < self.end:
                self._padding(min(end, self.packet.stop))
            return
        stop = self.packet.stop
        if end > stop:
            self.anomalies.append(Anomaly(f"{field.label}: {self.packet.cut}", stop))
        there = min(end, stop)
        inner = None if field.registry is None else self._inner_class(field)
        if inner is not None:
            nested = self.packet.read(inner, begin, end)
            self.nodes += nested.nodes
            self.anomalies += nested.anomalies
        elif field.kind in ELEMENTS:
            self._elements(field, begin, there, end)
        elif there > begin:
            octets = self.packet.data[begin:there]
            assert self.plan.tail_shown is not None
            self.nodes.append(Made(self.plan.tail_shown, octets, begin, there))
        if end < self.end:
            self._padding(there)

    def _elements(self, field: Field, begin: int, there: int, end: int) -> None:
        """One node for each element of a tail that holds several."""
        what, size = self.plan.tail_shown, ELEMENTS[field.kind]
        assert what is not None
        octets = field.kind in (Kind.IPV6S, Kind.IPV4S)
        for at in range(begin, there - size + 1, size):
            raw: Any = self.packet.data[at : at + size]
            self.nodes.append(
                Made(what, raw if octets else int.from_bytes(raw, "big"), at, at + size)
            )
        over = (end - begin) % size
        if over and there == end:
            self.anomalies.append(
                Anomaly(f"{field.label}: {over} octets are left over", end - over)
            )

    def _padding(self, begin: int) -> None:
        """Octets between the tail's own end and the message's."""
        end = min(self.end, self.packet.stop)
        if end <= begin:
            return
        padding = self.packet.data[begin:end]
        odd = (Anomaly("padding is not zero", begin),) if any(padding) else ()
        self.nodes.append(Made(PADDING, end - begin, begin, end, (), odd))

    def _inner_class(self, field: Field) -> type[Message] | None:
        """The message that a carrier's first field numbers."""
        if field.registry is None or field.kind is not Kind.OCTETS:
            return None
        return field.registry.types.get(self.number(self.plan.layout.fields[0].name))

    def node(
        self,
        name: str,
        end: int,
        text: str | Callable[[], str] = "",
        more: tuple[Node, ...] = (),
        anomalies: tuple[Anomaly, ...] = (),
    ) -> Node:
        """All of it as one node."""
        return Made(
            self.plan.what(name),
            text,
            self.begin,
            min(end, self.packet.stop),
            (*self.nodes, *more),
            (*self.anomalies, *anomalies),
        )

    def behind(self, end: int) -> tuple[Anomaly, ...]:
        """The anomaly if octets stand behind a message that has no tail."""
        at = self.begin + self.plan.fixed
        if self.plan.tail is not None or not self.whole or at >= end:
            return ()
        return (Anomaly(f"{end - at} octets stand behind the last field", at),)


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
        return _padding_option(packet, framing, span)
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


def _padding_option(packet: Packet, framing: Framing, span: Span) -> Node:
    size = span.end - span.begin
    if span.number == framing.last:
        return Made(_END, "", span.begin, span.end)
    body = packet.data[span.body : span.end]
    odd = (Anomaly("padding is not zero", span.body),) if any(body) else ()
    alone = PAD1 if size == 1 else PADDING
    what = PADN if span.body - span.begin == framing.body else alone
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


def raw(
    packet: Packet, begin: int, end: int, name: str, label: str, anomalies: tuple[Anomaly, ...] = ()
) -> Node:
    """Octets as they are; what is cut off is said."""
    stop = min(end, packet.stop)
    octets = packet.data[begin:stop]
    if end > packet.stop:
        anomalies = (*anomalies, Anomaly(f"{label}: {packet.cut}", stop))
    return Made(
        Octets(name, label, f"netmip6.{name}"),
        octets,
        min(begin, stop),
        stop,
        (),
        anomalies,
    )
