"""Link layers of the object lane: what stands below IP."""

from __future__ import annotations

from dissectors import link
from dissectors.layout import Message
from dissectors.node import Made, What
from dissectors.packet import Packet, Part
from dissectors.step import VERSION, Key, Layer, Step

_FAMILIES: dict[int, Key] = {
    2: ("ip", 4),
    10: ("ip", 41),
    24: ("ip", 41),
    28: ("ip", 41),
    30: ("ip", 41),
}
"""BSD and Linux address families: IPv6 has a number per system."""

_LENGTHS = 0x600
"""Below it an Ethernet type is no EtherType."""

_LONGEST = 1500
"""IEEE 802.3 3.2.6: up to it, it is a length."""

_COOKED_LLC = 4
"""LINKTYPE_LINUX_SLL: 802.2 frames."""


def _plain(message: type[Message], name: str, field: str) -> Layer:
    """A header of fixed size whose field holds the EtherType of what follows."""

    def layer(packet: Packet, begin: int, end: int) -> Step:
        part = packet.read(message, begin, end)
        if not part.whole:
            return Step(part.node(name, end), None, end, end)
        after = begin + part.plan.fixed
        number = part.number(field)
        if number < _LENGTHS:
            return _by_length(part, name, number, after, end)
        return Step(part.node(name, after), ("ether", number), after, end)

    return layer


def _by_length(part: Part, name: str, number: int, after: int, end: int) -> Step:
    """An 802.3 length, behind which LLC stands; cooked captures have a number for LLC."""
    cooked = number == _COOKED_LLC and name in ("sll", "sll2")
    if not cooked and number > _LONGEST:
        return Step(part.node(name, after), None, after, end)
    stop = end if cooked else min(end, after + number)
    return Step(part.node(name, after), ("llc", 0), after, stop)


def null(packet: Packet, begin: int, end: int) -> Step:
    """The family is in the capturing machine's byte order; the one that makes sense is taken."""
    part = packet.read(link.NullHeader, begin, end)
    if not part.whole:
        return Step(part.node("null", end), None, end, end)
    octets = part.octets("family")
    number = min(int.from_bytes(octets, "little"), int.from_bytes(octets, "big"))
    return Step(part.node("null", begin + 4), _FAMILIES.get(number), begin + 4, end)


def loop(packet: Packet, begin: int, end: int) -> Step:
    part = packet.read(link.LoopHeader, begin, end)
    if not part.whole:
        return Step(part.node("loop", end), None, end, end)
    following = _FAMILIES.get(part.number("family"))
    return Step(part.node("loop", begin + 4), following, begin + 4, end)


def _at_once(key: Key) -> Layer:
    """A link type without a header of its own."""
    what = What("raw", "Raw IP", "raw")

    def layer(_: Packet, begin: int, end: int) -> Step:
        return Step(Made(what, "", begin, begin), key, begin, end)

    return layer


_TAG = _plain(link.VlanTag, "vlan", "ethertype")

LAYERS: dict[Key, Layer] = {
    ("link", link.LINKTYPE_ETHERNET): _plain(link.Ethernet, "eth", "ethertype"),
    ("link", link.LINKTYPE_LINUX_SLL): _plain(link.Sll, "sll", "protocol"),
    ("link", link.LINKTYPE_LINUX_SLL2): _plain(link.Sll2, "sll2", "protocol"),
    ("link", link.LINKTYPE_NULL): null,
    ("link", link.LINKTYPE_LOOP): loop,
    ("link", link.LINKTYPE_RAW): _at_once(VERSION),
    ("link", 12): _at_once(VERSION),
    ("link", 14): _at_once(VERSION),
    ("link", link.LINKTYPE_IPV4): _at_once(("ip", 4)),
    ("link", link.LINKTYPE_IPV6): _at_once(("ip", 41)),
    ("ether", link.EtherType.VLAN): _TAG,
    ("ether", link.EtherType.QINQ): _TAG,
    ("ether", link.EtherType.QINQ_OLD): _TAG,
}
