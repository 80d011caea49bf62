"""One step of the object lane: a layer decoded, and what stands behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dissectors.fragments import Whole
from dissectors.key import VERSION as VERSION  # noqa: PLC0414 - layers need all of these
from dissectors.key import Key as Key  # noqa: PLC0414
from dissectors.node import Node
from dissectors.packet import Packet


@dataclass(frozen=True, slots=True)
class Inner:
    """What ESP carried at packet.data[begin:end]; its layers come before the node's children."""

    node: Node
    packet: Packet
    following: Key | None
    begin: int
    end: int


@dataclass(slots=True)
class Step:
    """A layer's node and what follows. `following` None with octets left means data."""

    node: Node
    following: Key | None
    begin: int
    end: int
    inside: tuple[Key, int, int] | None = None
    """A packet quoted in this layer."""
    inner: Inner | None = None
    """A packet that this layer carried, and that could be opened."""
    whole: Whole | None = None
    """The packet that this fragment, at [begin, end), is the last to come of."""


Layer = Callable[[Packet, int, int], Step]
