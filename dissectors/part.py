"""The fields of one layout at one place, as nodes, as far as the frame goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dissectors.layout import ELEMENTS, Anomaly, Field, Kind, Message
from dissectors.node import Count, Made, Node
from dissectors.plan import Plan

if TYPE_CHECKING:
    from dissectors.packet import Packet

PADDING = Count("padding", "Padding", "netmip6.padding")


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
                if row.end <= self.end - self.begin or packet.stop < self.end:
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
            nodes, anomalies = self.packet.options(field.registry, begin, end)
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
            self.anomalies += (*nested.anomalies, *nested.behind(end))
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
