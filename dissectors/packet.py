"""Turns declared layouts into nodes, as far as the frame goes.

A region's `end` is what lengths on the wire promise, `Packet.stop` where the captured octets end.
Octets beyond the end are malformed, those between stop and end are cut: different anomalies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address

from dissectors.authentication.carrier import Carrier
from dissectors.authentication.checks import Checks
from dissectors.errors import ParseError
from dissectors.fields import read
from dissectors.layout import Anomaly, Field, Kind, Layout, Registry, filter_name
from dissectors.node import Node, shown
from dissectors.options import Span, is_padding, walk
from dissectors.profile import Profile

SNAPPED = "cut by the snap length"
QUOTED = "cut where the quoted packet ends"


@dataclass(slots=True)
class Packet:
    """The frame, and what upper layers need to know of the lower ones."""

    data: bytes
    stop: int
    profile: Profile
    cut: str = SNAPPED
    depth: int = 0
    source: IPv6Address | None = None
    destination: IPv6Address | None = None
    checks: Checks | None = None
    ip_begin: int | None = None
    """Where the innermost IP header begins; None if it is not in `data`."""
    carrier: Carrier | None = None
    """What it says, of a packet that ESP carried without an IP header of its own."""

    def lack(self, begin: int, size: int, end: int, what: str) -> Anomaly | None:
        """The anomaly if `size` octets at `begin` are not all there."""
        if begin + size <= min(end, self.stop):
            return None
        # The first octet that lacks is one that was cut, whatever else is wrong with the lengths.
        if self.stop < end:
            return Anomaly(f"{what}: {self.cut}", min(begin + size, self.stop))
        return Anomaly(f"{what} needs {size} octets, {max(0, end - begin)} are there", begin)

    def inside(self, data: bytes, stop: int, carrier: Carrier) -> Packet:
        """What ESP carried, in data[:stop]; it has the addresses of the packet around it."""
        return Packet(
            data,
            stop,
            self.profile,
            depth=self.depth + 1,
            source=self.source,
            destination=self.destination,
            checks=self.checks,
            carrier=carrier,
        )

    def quote(self, end: int) -> Packet:
        """A packet quoted in this one up to `end`: octets behind the quote are cut, not wrong."""
        snapped = end > self.stop
        return Packet(
            self.data,
            min(end, self.stop),
            self.profile,
            self.cut if snapped else QUOTED,
            self.depth,
        )


class Builder:
    """Collects the nodes and anomalies of one layout's fields."""

    def __init__(self, packet: Packet, layout: Layout, begin: int, end: int) -> None:
        self.packet = packet
        self.layout = layout
        self.begin = begin
        self.end = end
        self.nodes: list[Node] = []
        self.anomalies: list[Anomaly] = []
        self.values: dict[str, object] = {}
        """Fixed fields that are there, by name."""

    @property
    def whole(self) -> bool:
        """Whether the fixed part is there."""
        return all(field.name in self.values or field.kind.is_tail for field in self.layout.fields)

    def number(self, name: str) -> int:
        """A fixed numeric field that is known to be there."""
        value = self.values[name]
        assert isinstance(value, int)
        return value

    def fields(self) -> Builder:
        """All fields; what does not fit is an anomaly, and what stands before it is kept."""
        rest, tail_end = self.begin + self.layout.fixed, self.end
        for field in self.layout.fields:
            if field.kind.is_tail:
                self._tail(field, rest, tail_end)
                return self
            if not self._fixed(field):
                return self
            if field.kind is Kind.TAIL_LENGTH:
                tail_end = self._inner(rest, rest + self.number(field.name))
            elif field.kind is Kind.PAD_LENGTH:
                tail_end = self._inner(rest, self.end - self.number(field.name))
        return self

    def _fixed(self, field: Field) -> bool:
        lack = self.packet.lack(self.begin, field.end, self.end, self.layout.label)
        if lack is not None:
            self._lacking(field, lack)
            return False
        value = read(field, self.packet.data, self.begin)
        self.values[field.name] = value
        found: tuple[Anomaly, ...] = ()
        if field.kind is Kind.RESERVED and value:
            found = (Anomaly("reserved bits are not zero", self.begin + field.begin),)
        if field.kind is not Kind.RESERVED or value:
            self.nodes.append(
                self._node(field, value, self.begin + field.begin, self.begin + field.end, found)
            )
        return True

    def _lacking(self, field: Field, lack: Anomaly) -> None:
        """Octets that a lesser form of the message leaves out are no anomaly (`Layout.least`)."""
        there = self.end - self.begin
        if field.end <= there or self.packet.stop < self.end:
            self.anomalies.append(lack)
        elif there < self.layout.least:
            reason = f"{self.layout.label} needs {self.layout.least} octets, {there} are there"
            self.anomalies.append(Anomaly(reason, self.begin))

    def _node(
        self, field: Field, value: object, begin: int, end: int, anomalies: tuple[Anomaly, ...] = ()
    ) -> Node:
        shown_value, text = shown(field, value)
        return Node(
            field.name,
            field.label,
            filter_name(self.layout, field),
            shown_value,
            text,
            begin,
            end,
            (),
            anomalies,
            field.secret,
        )

    def _inner(self, rest: int, tail_end: int) -> int:
        """Where a tail with a length of its own ends."""
        if rest <= tail_end <= self.end:
            return tail_end
        self.anomalies.append(Anomaly("the inner length runs out of the option", rest - 1))
        return self.end

    def _tail(self, field: Field, begin: int, end: int) -> None:
        if field.kind is Kind.OPTIONS:
            assert field.registry is not None
            nodes, anomalies = option_nodes(self.packet, field.registry, begin, end)
            self.nodes += nodes
            self.anomalies += anomalies
            return
        if end > self.packet.stop:
            self.anomalies.append(Anomaly(f"{field.label}: {self.packet.cut}", self.packet.stop))
        there = min(end, self.packet.stop)
        inner = self._inner_layout(field)
        if inner is not None:
            nested = Builder(self.packet, inner, begin, end).fields()
            self.nodes += nested.nodes
            self.anomalies += nested.anomalies
        elif there > begin:
            self.nodes.append(self._node(field, self.packet.data[begin:there], begin, there))
        behind = min(self.end, self.packet.stop)
        if behind > there:
            padding = self.packet.data[there:behind]
            odd = (Anomaly("padding is not zero", there),) if any(padding) else ()
            self.nodes.append(
                Node(
                    "padding",
                    "Padding",
                    "netmip6.padding",
                    len(padding),
                    f"{len(padding)} octets",
                    there,
                    behind,
                    (),
                    odd,
                )
            )

    def _inner_layout(self, field: Field) -> Layout | None:
        """The layout of the message that a carrier's first field numbers."""
        if field.registry is None:
            return None
        known = field.registry.types.get(self.number(self.layout.fields[0].name))
        return None if known is None else known.layout

    def node(
        self,
        name: str,
        end: int,
        text: str = "",
        more: tuple[Node, ...] = (),
        begin: int | None = None,
        anomalies: tuple[Anomaly, ...] = (),
    ) -> Node:
        """All of it as one node."""
        return Node(
            name,
            self.layout.label,
            self.layout.prefix,
            None,
            text,
            self.begin if begin is None else begin,
            min(end, self.packet.stop),
            (*more, *self.nodes),
            (*self.anomalies, *anomalies),
        )


def option_nodes(
    packet: Packet,
    registry: Registry,
    begin: int,
    end: int,
) -> tuple[list[Node], list[Anomaly]]:
    """The options between begin and end; where the list breaks, the rest is an anomaly."""
    stop = min(end, packet.stop)
    nodes: list[Node] = []
    try:
        for span in walk(registry, packet.data, begin, stop):
            nodes.append(_option(packet, registry, span))  # noqa: PERF401 - kept up to an error
    except ParseError as error:
        reason = f"options: {packet.cut}" if stop < end else error.reason
        nodes.append(raw(packet, error.offset, stop, "rest", "Rest of the options"))
        return nodes, [Anomaly(reason, error.offset)]
    if stop < end:
        return nodes, [Anomaly(f"options: {packet.cut}", stop)]
    return nodes, []


def _option(packet: Packet, registry: Registry, span: Span) -> Node:
    if is_padding(registry, span):
        body = packet.data[span.body : span.end]
        odd = (Anomaly("padding is not zero", span.body),) if any(body) else ()
        label = "PadN" if span.number else "Pad1"
        return Node(
            "padding",
            label,
            "netmip6.padding",
            span.end - span.begin,
            f"{span.end - span.begin} octets",
            span.begin,
            span.end,
            (),
            odd,
        )
    head = tuple(_head(packet, span))
    known = registry.types.get(span.number)
    if known is None:
        data = raw(packet, span.body, span.end, "data", "Data")
        return Node(
            "option",
            f"{registry.name} {span.number}",
            "netmip6.option",
            span.number,
            "",
            span.begin,
            span.end,
            (*head, data),
        )
    builder = Builder(packet, known.layout, span.body, span.end).fields()
    extra: tuple[Anomaly, ...] = ()
    if span.longer:
        extra = (Anomaly(f"length leaves out {span.longer} octets of the option", span.begin + 1),)
    behind = span.body + known.layout.fixed
    if known.layout.tail is None and behind < span.end:
        extra += (Anomaly(f"{span.end - behind} octets stand behind the last field", behind),)
    texts = [node.text for node in builder.nodes if node.name != "padding"]
    summary = texts[-1] if texts else ""
    return builder.node("option", span.end, summary, head, span.begin, extra)


def _head(packet: Packet, span: Span) -> Iterator[Node]:
    for name, at in (("type", span.begin), ("length", span.begin + 1)):
        number = packet.data[at]
        full = f"netmip6.option.{name}"
        yield Node(name, name.capitalize(), full, number, str(number), at, at + 1)


def raw(
    packet: Packet, begin: int, end: int, name: str, label: str, anomalies: tuple[Anomaly, ...] = ()
) -> Node:
    """Octets as they are; what is cut off is said."""
    stop = min(end, packet.stop)
    octets = packet.data[begin:stop]
    if end > packet.stop:
        anomalies = (*anomalies, Anomaly(f"{label}: {packet.cut}", stop))
    return Node(
        name,
        label,
        f"netmip6.{name}",
        octets,
        f"{len(octets)} octets",
        min(begin, stop),
        stop,
        (),
        anomalies,
    )
