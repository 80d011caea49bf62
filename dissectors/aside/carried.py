"""IP packets in a decoded frame that the scan lane did not see, for it to read.

These are packets that fragments were put together to, packets that ESP carried, packets on link
layers that it does not read, and packets behind headers where it stopped. It reads them like any
other, so that a message is the same row however it came.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dissectors.fragments import Whole
from dissectors.node import Node
from dissectors.scan.marks import Mark

_IP = ("ipv6", "ipv4")
_STOPPING = ("eth", "vlan", "pppoe", "ppp", "llc", "mh")
"""Layers behind which the scan lane reads no packet, if they stand behind an IP header."""

_LARGEST = 65_535
_IPV6_SIZE = 40
_NEXT_HEADER, _PAYLOAD_LENGTH = 6, 4
_TOTAL_LENGTH, _FLAGS, _PROTOCOL = 2, 6, 9
_TRAILER = ("padding", "pad_length", "next_header")


@dataclass(frozen=True, slots=True)
class Carried:
    """An IP packet, inside of others.

    inside: how many IP headers stood before; counts: the scan lane did not count it as user traffic
    yet; cut: the snap length may have left out what is behind these octets; marks: what is known of
    its messages beside their octets (`scan.marks`).
    """

    octets: bytes
    inside: int
    counts: bool
    cut: bool
    marks: int = 0


def carried(tree: Node, frame: bytes, *, known: bool) -> list[Carried]:
    """Such packets of a frame; known: the scan lane reads its link layer."""
    return list(_packets(tree, frame, 0, known=known, cut=True))


def _packets(
    around: Node, octets: bytes, inside: int, *, known: bool, cut: bool, marks: int = 0
) -> Iterator[Carried]:
    since: list[Node] = []
    """The layers from the innermost IP header on."""
    for layer in around.children:
        if layer.name in _IP:
            if not known:
                yield Carried(octets[layer.begin :], inside, True, cut, marks)
            elif since and since[-1].name in _STOPPING:
                yield Carried(octets[layer.begin :], inside, False, cut, marks)
            known = True
            inside += 1
            since = []
        elif layer.name == "reassembled" and since:
            whole: Whole = layer.raw
            packet = _before(octets, since, whole.following, whole.payload)
            if packet is not None:
                # The first fragment counts for it already.
                yield Carried(packet, inside - 1, counts=False, cut=False, marks=marks)
            yield from _packets(layer, whole.payload, inside, known=True, cut=False, marks=marks)
        elif layer.name == "esp" and since:
            yield from _opened(octets, [*since, layer], inside, marks)
        if inside:
            since.append(layer)


def _opened(octets: bytes, layers: list[Node], inside: int, marks: int) -> Iterator[Carried]:
    """The packet that ESP, the last of the layers, carried, as it was without ESP."""
    for node in layers[-1].children:
        if node.name != "decrypted":
            continue
        trailer = [child for child in node.children if child.name in _TRAILER]
        if len(trailer) < 2:
            return
        plain, begin = (octets, node.begin) if node.octets is None else (node.octets, 0)
        marks |= Mark.ESP if node.octets is None else Mark.ESP | Mark.ENCRYPTED
        following = int(trailer[-1].value or 0)
        packet = _before(octets, layers, following, plain[begin : trailer[0].begin])
        if packet is not None:
            yield Carried(packet, inside - 1, counts=True, cut=False, marks=marks)
        yield from _packets(node, plain, inside, known=True, cut=False, marks=marks)


def _before(octets: bytes, layers: list[Node], following: int, payload: bytes) -> bytes | None:
    """The packet without the last of the layers, which begin with its IP header.

    following: what the payload is. The last layer is the IP header itself where that says that it
    is of a fragment (IPv4). None if its header cannot say how long it is.
    """
    header, last = layers[0], layers[-1]
    six = header.name == "ipv6"
    first = bytearray(octets[header.begin : header.end if last is header else last.begin])
    if last is header:
        first[_FLAGS : _FLAGS + 2] = bytes(2)
    elif len(layers) == 2:
        first[_NEXT_HEADER if six else _PROTOCOL] = following
    else:
        # Every other header begins with the number of the next.
        first[layers[-2].begin - header.begin] = following
    size = len(first) + len(payload) - (_IPV6_SIZE if six else 0)
    if size > _LARGEST:
        return None
    place = _PAYLOAD_LENGTH if six else _TOTAL_LENGTH
    first[place : place + 2] = size.to_bytes(2, "big")
    return bytes(first) + payload
