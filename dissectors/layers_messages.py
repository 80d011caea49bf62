"""Messages that their first octet tells, as one layer: whatever protocol declared them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from dissectors.layout import Registry
from dissectors.node import Node
from dissectors.packet import Packet, raw
from dissectors.step import Layer, Step


def messages(
    registry: Registry, name: str, told: Callable[[list[Node]], str] | None = None
) -> Layer:
    """A layer for the messages of a registry; nothing follows them.

    told: which message it is, by its fields; the first one, if not said.
    """
    which = _first if told is None else told

    def layer(packet: Packet, begin: int, end: int) -> Step:
        number = packet.data[begin]
        known = registry.types.get(number)
        if known is None and registry.other is not None:
            known = registry.other(number)
        if known is None:
            label = f"{registry.name} {number}"
            return Step(raw(packet, begin, end, "message", label), None, end, end)
        part = packet.read(known, begin, end)
        stop = part.end
        node = part.node(name, stop, partial(which, part.nodes), anomalies=part.behind(stop))
        return Step(node, None, stop, stop)

    return layer


def _first(nodes: list[Node]) -> str:
    """The first field says which message it is."""
    return nodes[0].text if nodes else ""
