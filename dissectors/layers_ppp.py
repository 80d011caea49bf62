"""PPP in its framings, PPPoE and EAPOL in the object lane, and what they carry."""

from __future__ import annotations

from dissectors import eap, link, ppp, ppp_authentication
from dissectors.eapol import Eapol, EapolType
from dissectors.layers_messages import messages
from dissectors.layout import Anomaly, Message
from dissectors.node import Node
from dissectors.packet import Packet
from dissectors.ppp import PppProtocol
from dissectors.pppoe import PppoeDiscovery, PppoeSession
from dissectors.registries import (
    CHAP_PACKETS,
    EAP_PACKETS,
    EAPOL_KEYS,
    IPCP_PACKETS,
    IPV6CP_PACKETS,
    LCP_PACKETS,
    PAP_PACKETS,
)
from dissectors.step import Key, Layer, Step

LOADED = (eap, ppp_authentication)
"""Importing them fills the registries."""

_HDLC = b"\xff\x03"
_CISCO = (0x0F, 0x8F)


def hdlc(packet: Packet, begin: int, end: int) -> Step:
    """LINKTYPE_PPP_HDLC: PPP, or Cisco's framing by its first octet."""
    if packet.data[begin] in _CISCO:
        return cisco(packet, begin, end)
    return frame(packet, begin, end)


def cisco(packet: Packet, begin: int, end: int) -> Step:
    part = packet.read(ppp.CiscoFrame, begin, end)
    if not part.whole:
        return Step(part.node("chdlc", end), None, end, end)
    after = begin + part.plan.fixed
    return Step(part.node("chdlc", after), ("ether", part.number("protocol")), after, end)


def frame(packet: Packet, begin: int, end: int) -> Step:
    """PPP's protocol field, and before it maybe HDLC's address and control."""
    framed = packet.data[begin : begin + 2] == _HDLC
    return _behind(packet, ppp.HdlcFrame if framed else None, begin, end)


def pppd(packet: Packet, begin: int, end: int) -> Step:
    """LINKTYPE_PPP_PPPD: a direction stands where HDLC has its address."""
    return _behind(packet, ppp.DirectionFrame, begin, end)


def _behind(packet: Packet, framing: type[Message] | None, begin: int, end: int) -> Step:
    nodes: list[Node] = []
    odd: list[Anomaly] = []
    at = begin
    if framing is not None:
        head = packet.read(framing, begin, end)
        nodes, odd = head.nodes, head.anomalies
        at = min(begin + head.plan.fixed, end, packet.stop)
    # RFC 1661 6.5: the lowest bit of the last octet is set, of the others clear.
    short = at < packet.stop and packet.data[at] & 1
    part = packet.read(ppp.CompressedProtocolField if short else ppp.ProtocolField, at, end)
    part.begin = begin
    part.nodes = nodes + part.nodes
    part.anomalies = odd + part.anomalies
    if not part.whole:
        return Step(part.node("ppp", end), None, end, end)
    after = at + part.plan.fixed
    return Step(part.node("ppp", after), ("ppp", part.number("protocol")), after, end)


def pppoe_session(packet: Packet, begin: int, end: int) -> Step:
    part = packet.read(PppoeSession, begin, end)
    if not part.whole:
        return Step(part.node("pppoe", end), None, end, end)
    after = begin + part.plan.fixed
    stop = after + part.number("length")
    odd: tuple[Anomaly, ...] = ()
    if stop > end:
        at = begin + PppoeSession.layout["length"].begin
        odd = (Anomaly("payload length runs out of the frame", at),)
    node = part.node("pppoe", after, anomalies=odd)
    return Step(node, ("link", link.LINKTYPE_PPP), after, min(stop, end))


def pppoe_discovery(packet: Packet, begin: int, end: int) -> Step:
    """What stands behind its length is Ethernet's."""
    head = packet.read(PppoeDiscovery, begin, end, tail=False)
    stop = end
    if head.whole:
        stop = min(end, begin + head.plan.fixed + head.number("length"))
    part = packet.read(PppoeDiscovery, begin, stop)
    part.anomalies = part.anomalies or head.anomalies
    return Step(part.node("pppoed", stop), None, stop, stop)


def eapol(packet: Packet, begin: int, end: int) -> Step:
    """What stands behind its length is Ethernet's."""
    part = packet.read(Eapol, begin, end, tail=False)
    if not part.whole:
        return Step(part.node("eapol", end), None, end, end)
    after = begin + part.plan.fixed
    following = _EAPOL_BODIES.get(part.number("packet_type"))
    stop = min(end, after + part.number("length"))
    text = part.nodes[1].text
    return Step(part.node("eapol", after, text), following, after, stop)


_EAPOL_BODIES: dict[int, Key] = {
    EapolType.EAP_PACKET: ("eap", 0),
    EapolType.KEY: ("eapol", EapolType.KEY),
}

LAYERS: dict[Key, Layer] = {
    ("link", link.LINKTYPE_PPP): frame,
    ("link", link.LINKTYPE_PPP_HDLC): hdlc,
    ("link", link.LINKTYPE_PPP_PPPD): pppd,
    ("link", link.LINKTYPE_C_HDLC): cisco,
    ("link", link.LINKTYPE_PPP_ETHER): pppoe_session,
    ("ether", link.EtherType.PPPOE_SESSION): pppoe_session,
    ("ether", link.EtherType.PPPOE_DISCOVERY): pppoe_discovery,
    ("ether", link.EtherType.EAPOL): eapol,
    ("ether", link.EtherType.EAPOL_PREAUTHENTICATION): eapol,
    ("ppp", PppProtocol.LCP): messages(LCP_PACKETS, "lcp"),
    ("ppp", PppProtocol.IPCP): messages(IPCP_PACKETS, "ipcp"),
    ("ppp", PppProtocol.IPV6CP): messages(IPV6CP_PACKETS, "ipv6cp"),
    ("ppp", PppProtocol.PAP): messages(PAP_PACKETS, "pap"),
    ("ppp", PppProtocol.CHAP): messages(CHAP_PACKETS, "chap"),
    ("ppp", PppProtocol.EAP): messages(EAP_PACKETS, "eap"),
    ("eap", 0): messages(EAP_PACKETS, "eap"),
    ("eapol", EapolType.KEY): messages(EAPOL_KEYS, "eapol_key"),
}
