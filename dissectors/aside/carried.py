"""IP packets in a decoded frame that the scan lane did not see, for it to read.

These are packets that fragments were put together to, packets on link layers that it does not
read, and packets behind headers where it stopped. It reads them like any other, so that a message
is the same row however it came.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dissectors.fragments import Whole
from dissectors.node import Node

_IP = ("ipv6", "ipv4")
_STOPPING = ("eth", "vlan", "pppoe", "ppp", "llc", "mh")
"""Layers behind which the scan lane reads no packet, if they stand behind an IP header."""

_LARGEST = 65_535
_IPV6_SIZE = 40
_NEXT_HEADER, _PAYLOAD_LENGTH = 6, 4
_TOTAL_LENGTH, _FLAGS = 2, 6


@dataclass(frozen=True, slots=True)
class Carried:
    """An IP packet, inside of others.

    inside: how many IP headers stood before; counts: the scan lane did not count it as user traffic
    yet; cut: the snap length may have left out what is behind these octets.
    """

    octets: bytes
    inside: int
    counts: bool
    cut: bool


def carried(tree: Node, frame: bytes, *, known: bool) -> list[Carried]:
    """Such packets of a frame; known: the scan lane reads its link layer."""
    return list(_packets(tree, frame, 0, known=known, cut=True))


def _packets(
    around: Node, octets: bytes, inside: int, *, known: bool, cut: bool
) -> Iterator[Carried]:
    since: list[Node] = []
    """The layers from the innermost IP header on."""
    for layer in around.children:
        if layer.name in _IP:
            if not known:
                yield Carried(octets[layer.begin :], inside, True, cut)
            elif since and since[-1].name in _STOPPING:
                yield Carried(octets[layer.begin :], inside, False, cut)
            known = True
            inside += 1
            since = []
        elif layer.name == "reassembled" and since:
            whole: Whole = layer.raw
            packet = _rebuilt(octets, since, whole)
            if packet is not None:
                # The first fragment counts for it already.
                yield Carried(packet, inside - 1, counts=False, cut=False)
            yield from _packets(layer, whole.payload, inside, known=True, cut=False)
        if inside:
            since.append(layer)


def _rebuilt(octets: bytes, layers: list[Node], whole: Whole) -> bytes | None:
    """The packet before it was fragmented; None if its header cannot say how long it is.

    layers: from its IP header to that of a fragment, which is the same for IPv4.
    """
    header, fragment = layers[0], layers[-1]
    if header.name == "ipv4":
        first = bytearray(octets[header.begin : header.end])
        size = len(first) + len(whole.payload)
        place = _TOTAL_LENGTH
        first[_FLAGS : _FLAGS + 2] = bytes(2)
    else:
        first = bytearray(octets[header.begin : fragment.begin])
        size = len(first) - _IPV6_SIZE + len(whole.payload)
        place = _PAYLOAD_LENGTH
        # Every other header begins with the number of the next.
        last = _NEXT_HEADER if len(layers) == 2 else layers[-2].begin - header.begin
        first[last] = whole.following
    if size > _LARGEST:
        return None
    first[place : place + 2] = size.to_bytes(2, "big")
    return bytes(first) + whole.payload
