"""Looks fields up in a decoded message, by their filter names."""

from __future__ import annotations

from collections.abc import Iterator

from dissectors.node import Node


class Found:
    """The first field of each filter name in a layer, and the layer."""

    def __init__(self, layer: Node) -> None:
        self.layer = layer
        self.named = {child.name: child for child in layer.children if not child.children}
        """Fields of the layer itself, by their own names."""
        self._first: dict[str, Node] = {}
        for node in _leaves(layer):
            self._first.setdefault(node.filter, node)

    def own(self, name: str) -> int | None:
        """A numeric field of the layer itself."""
        node = self.named.get(name)
        return node.raw if node is not None and isinstance(node.raw, int) else None

    def number(self, *filters: str) -> int | None:
        """The first of these fields that is there and a number, in its unit."""
        for name in filters:
            node = self._first.get(name)
            value = None if node is None else node.value
            if isinstance(value, int):
                return value
        return None

    def octets(self, *filters: str) -> bytes | None:
        """The first of these fields that is there and not empty, as the wire has it."""
        for name in filters:
            node = self._first.get(name)
            if node is not None and isinstance(node.raw, bytes) and node.raw and not node.secret:
                return node.raw
        return None

    def has(self, filter: str) -> bool:
        """Whether such a field is there."""
        return filter in self._first

    def address(self, *filters: str) -> bytes | None:
        """The first of these fields that is an address of 4 or 16 octets, and not all zeros."""
        for name in filters:
            octets = self.octets(name)
            if octets is not None and len(octets) in (4, 16) and any(octets):
                return octets
        return None

    def label(self, option: str) -> Node | None:
        """The first option of this label in the layer."""
        for child in self.layer.children:
            if child.label == option and child.children:
                return child
        return None

    @property
    def length(self) -> int:
        """Octets of the message: what it says itself, else what is there of it."""
        said = self.own("length")
        return self.layer.end - self.layer.begin if said is None else said


def _leaves(node: Node) -> Iterator[Node]:
    for child in node.children:
        if child.children:
            yield from _leaves(child)
        else:
            yield child
