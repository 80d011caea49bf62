"""Link layers of the object lane: what stands below IP."""

from __future__ import annotations

from dissectors import link
from dissectors.layout import Anomaly, Message
from dissectors.node import Labelled, Node, What
from dissectors.packet import Packet
from dissectors.step import VERSION, Key, Layer, Step

_FAMILIES: dict[int, Key] = {
    2: ("ip", 4),
    10: ("ip", 41),
    24: ("ip", 41),
    28: ("ip", 41),
    30: ("ip", 41),
}
"""BSD and Linux address families: IPv6 has a number per system."""

_PPP: dict[int, Key] = {link.PppProtocol.IPV4: ("ip", 4), link.PppProtocol.IPV6: ("ip", 41)}
_PPP_LAYER = What("ppp", "PPP", "ppp")
_PPP_PROTOCOL = Labelled("protocol", "Protocol", "ppp.protocol")
_LENGTHS = 0x600
"""Below it an Ethernet type is an 802.3 length."""


def _plain(message: type[Message], name: str, field: str) -> Layer:
    """A header of fixed size whose field holds the EtherType of what follows."""

    def layer(packet: Packet, begin: int, end: int) -> Step:
        part = packet.read(message, begin, end)
        if not part.whole:
            return Step(part.node(name, end), None, end, end)
        after = begin + part.plan.fixed
        number = part.number(field)
        following: Key | None = ("ether", number) if number >= _LENGTHS else None
        return Step(part.node(name, after), following, after, end)

    return layer


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


def pppoe_session(packet: Packet, begin: int, end: int) -> Step:
    part = packet.read(link.PppoeSession, begin, end)
    if not part.whole:
        return Step(part.node("pppoe", end), None, end, end)
    after = begin + part.plan.fixed
    stop = after + part.number("length")
    odd: tuple[Anomaly, ...] = ()
    if stop > end:
        at = begin + link.PppoeSession.layout["length"].begin
        odd = (Anomaly("payload length runs out of the frame", at),)
    node = part.node("pppoe", after, anomalies=odd)
    return Step(node, ("link", link.LINKTYPE_PPP), after, min(stop, end))


def pppoe_discovery(packet: Packet, begin: int, end: int) -> Step:
    return Step(packet.read(link.PppoeDiscovery, begin, end).node("pppoed", end), None, end, end)


def ppp(packet: Packet, begin: int, end: int) -> Step:
    """PPP's protocol field, one octet when its lowest bit is set; before it maybe FF 03."""
    data, at = packet.data, begin
    lack = packet.lack(begin, 2, end, "PPP")
    if lack is None and data[at : at + 2] == b"\xff\x03":
        at += 2
        lack = packet.lack(at, 2, end, "PPP")
    if lack is not None:
        node = Node(_PPP_LAYER, "", begin, min(end, packet.stop), (), (lack,))
        return Step(node, None, end, end)
    size = 1 if data[at] & 1 else 2
    protocol = int.from_bytes(data[at : at + size], "big")
    names = link.PppProtocol._value2member_map_
    known = link.PppProtocol(protocol).name if protocol in names else "protocol"
    field = Node(_PPP_PROTOCOL, (protocol, f"{known} (0x{protocol:04x})"), at, at + size)
    node = Node(_PPP_LAYER, "", begin, at + size, (field,))
    return Step(node, _PPP.get(protocol), at + size, end)


def _at_once(key: Key) -> Layer:
    """A link type without a header of its own."""
    what = What("raw", "Raw IP", "raw")

    def layer(_: Packet, begin: int, end: int) -> Step:
        return Step(Node(what, "", begin, begin), key, begin, end)

    return layer


_TAG = _plain(link.VlanTag, "vlan", "ethertype")

LAYERS: dict[Key, Layer] = {
    ("link", link.LINKTYPE_ETHERNET): _plain(link.Ethernet, "eth", "ethertype"),
    ("link", link.LINKTYPE_LINUX_SLL): _plain(link.Sll, "sll", "protocol"),
    ("link", link.LINKTYPE_LINUX_SLL2): _plain(link.Sll2, "sll2", "protocol"),
    ("link", link.LINKTYPE_NULL): null,
    ("link", link.LINKTYPE_LOOP): loop,
    ("link", link.LINKTYPE_PPP): ppp,
    ("link", link.LINKTYPE_PPP_HDLC): ppp,
    ("link", link.LINKTYPE_PPP_ETHER): pppoe_session,
    ("link", link.LINKTYPE_RAW): _at_once(VERSION),
    ("link", 12): _at_once(VERSION),
    ("link", 14): _at_once(VERSION),
    ("link", link.LINKTYPE_IPV4): _at_once(("ip", 4)),
    ("link", link.LINKTYPE_IPV6): _at_once(("ip", 41)),
    ("ether", link.EtherType.VLAN): _TAG,
    ("ether", link.EtherType.QINQ): _TAG,
    ("ether", link.EtherType.QINQ_OLD): _TAG,
    ("ether", link.EtherType.PPPOE_SESSION): pppoe_session,
    ("ether", link.EtherType.PPPOE_DISCOVERY): pppoe_discovery,
}
