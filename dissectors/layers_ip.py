"""IPv6, its extension headers, IPv4, UDP and the tunnels of the object lane."""

from __future__ import annotations

from functools import partial
from ipaddress import ip_address

from dissectors import ipv6
from dissectors.checksum import is_left_out, sums_up
from dissectors.fragments import DatagramKey, Fragment, Refused, Whole
from dissectors.layout import Anomaly, Message
from dissectors.packet import Packet, Part
from dissectors.ports import UDP_PORTS, port_key
from dissectors.ppp import PppProtocol
from dissectors.registries import ROUTING_HEADERS
from dissectors.step import Key, Layer, Step


def ipv6_header(packet: Packet, begin: int, end: int) -> Step:
    part = packet.read(ipv6.Ipv6Header, begin, end)
    if not part.whole:
        return Step(part.node("ipv6", end), None, end, end)
    after = begin + part.plan.fixed
    source, destination = part.octets("source"), part.octets("destination")
    packet.source, packet.destination = source, destination
    packet.path += (source + destination,)
    odd = _version(part, 6, begin)
    if odd:
        return Step(part.node("ipv6", after, anomalies=odd), None, after, end)
    following = part.number("next_header")
    length = part.number("payload_length")
    stop = after + length
    if length == 0 and following == ipv6.NextHeader.HOP_BY_HOP:
        stop = end  # a jumbogram says its length in an option (RFC 2675)
    if stop > end:
        at = begin + ipv6.Ipv6Header.layout["payload_length"].begin
        odd += (Anomaly(f"payload length is {length}, {end - after} octets are there", at),)
    node = part.node("ipv6", after, partial(_arrow, source, destination), anomalies=odd)
    return Step(node, ("ip", following), after, min(stop, end))


def ipv4_header(packet: Packet, begin: int, end: int) -> Step:
    part = packet.read(ipv6.Ipv4Header, begin, end)
    if not part.whole:
        return Step(part.node("ipv4", end), None, end, end)
    source, destination = part.octets("source"), part.octets("destination")
    packet.source, packet.destination = source, destination
    packet.path += (source + destination,)
    odd = _version(part, 4, begin)
    size = part.number("header_length") * 4
    if size < part.plan.fixed:
        odd += (Anomaly("header length is below 20 octets", begin),)
    if odd:
        after = begin + part.plan.fixed
        return Step(part.node("ipv4", after, anomalies=odd), None, after, end)
    stop = begin + part.number("total_length")
    if stop > end or stop < begin + size:
        at = begin + ipv6.Ipv4Header.layout["total_length"].begin
        odd += (Anomaly("total length does not fit the packet", at),)
        stop = end
    text = partial(_arrow, source, destination)
    after = min(begin + size, stop)
    following: Key = ("ip", part.number("protocol"))
    if not _is_part(part):
        return Step(part.node("ipv4", after, text, anomalies=odd), following, after, stop)
    key: DatagramKey = (*packet.path, following[1], part.number("identification"))
    joined = _join(packet, key, part, following[1], after, stop)
    node = part.node("ipv4", after, text, anomalies=(*odd, *_refusal(joined, after)))
    return Step(node, None, after, stop, whole=_complete(joined))


def _is_part(part: Part) -> bool:
    """Whether it is a fragment of more than one (RFC 6946)."""
    return bool(part.number("more") or part.number("offset"))


def _join(
    packet: Packet, key: DatagramKey, part: Part, following: int, begin: int, end: int
) -> Whole | Refused | None:
    """What the fragment at [begin, end) leads to. One that is cut can be no part of a packet."""
    if packet.fragments is None or end > packet.stop or packet.depth > packet.profile.nesting:
        return None
    offset, more = part.number("offset") * 8, bool(part.number("more"))
    fragment = Fragment(offset, more, following, packet.data[begin:end])
    return packet.fragments.add(key, fragment, packet.time_ns)


def _refusal(joined: Whole | Refused | None, at: int) -> tuple[Anomaly, ...]:
    return (Anomaly(joined.reason, at),) if isinstance(joined, Refused) else ()


def _complete(joined: Whole | Refused | None) -> Whole | None:
    return joined if isinstance(joined, Whole) else None


def _arrow(source: bytes, destination: bytes) -> str:
    return f"{ip_address(source)} > {ip_address(destination)}"


def _version(part: Part, wanted: int, begin: int) -> tuple[Anomaly, ...]:
    version = part.number("version")
    return () if version == wanted else (Anomaly(f"version is {version}, not {wanted}", begin),)


def hop_by_hop(packet: Packet, begin: int, end: int) -> Step:
    return _with_options(packet, ipv6.HopByHop, begin, end, "hopopts")


def destination_options(packet: Packet, begin: int, end: int) -> Step:
    """The Home Address option changes the source that checksums above see (RFC 6275 6.3)."""
    step = _with_options(packet, ipv6.DestinationOptions, begin, end, "dstopts")
    for option in step.node.children:
        if option.filter == ipv6.HomeAddressOption.layout.prefix and not option.anomalies:
            packet.source = option.children[-1].raw
    return step


def _with_options(packet: Packet, message: type[Message], begin: int, end: int, name: str) -> Step:
    lack = packet.lack(begin, 8, end, message.layout.label)
    stop = end
    if lack is None:
        size = (packet.data[begin + 1] + 1) * 8
        lack = packet.lack(begin, size, end, message.layout.label)
        stop = min(begin + size, end)
    part = packet.read(message, begin, stop)
    if lack is not None:
        odd = () if part.anomalies else (lack,)
        return Step(part.node(name, stop, anomalies=odd), None, stop, stop)
    return Step(part.node(name, stop), ("ip", part.number("next_header")), stop, end)


def routing(packet: Packet, begin: int, end: int) -> Step:
    """With segments left, the last address is the destination that checksums above see."""
    part = packet.read(ipv6.Routing, begin, end)
    if not part.whole:
        return Step(part.node("routing", end), None, end, end)
    size = (part.number("length") + 1) * 8
    stop = min(begin + size, end)
    lack = packet.lack(begin, size, end, "Routing header")
    kind = part.number("routing_type")
    known = ROUTING_HEADERS.types.get(kind)
    if known is not None:
        body = packet.read(known, begin + known.layout.origin, stop)
        part.nodes += body.nodes
        part.anomalies += body.anomalies
    if lack is not None:
        odd = () if part.anomalies else (lack,)
        return Step(part.node("routing", stop, f"type {kind}", anomalies=odd), None, stop, stop)
    if part.number("segments_left") and size >= 24:
        # Type 4 lists the last segment first (RFC 8754 2), the others last.
        at = begin + 8 if kind == 4 else begin + 8 + (size - 24) // 16 * 16
        packet.destination = packet.data[at : at + 16]
    following = ("ip", part.number("next_header"))
    return Step(part.node("routing", stop, f"type {kind}"), following, stop, end)


def fragment(packet: Packet, begin: int, end: int) -> Step:
    """The part of a packet behind it is data; with the last part comes the whole."""
    part = packet.read(ipv6.FragmentHeader, begin, end)
    if not part.whole:
        return Step(part.node("fraghdr", end), None, end, end)
    after = begin + part.plan.fixed
    following: Key = ("ip", part.number("next_header"))
    if not _is_part(part):
        return Step(part.node("fraghdr", after), following, after, end)
    key: DatagramKey = (*packet.path, part.number("identification"))
    joined = _join(packet, key, part, following[1], after, end)
    node = part.node("fraghdr", after, anomalies=_refusal(joined, after))
    return Step(node, None, after, end, whole=_complete(joined))


def authentication(packet: Packet, begin: int, end: int) -> Step:
    layout = ipv6.AuthenticationHeader.layout
    lack = packet.lack(begin, layout.fixed, end, layout.label)
    size = layout.fixed if lack else max((packet.data[begin + 1] + 2) * 4, layout.fixed)
    lack = lack or packet.lack(begin, size, end, layout.label)
    stop = min(begin + size, end)
    part = packet.read(ipv6.AuthenticationHeader, begin, stop)
    if lack is not None:
        odd = () if part.anomalies else (lack,)
        return Step(part.node("ah", stop, anomalies=odd), None, stop, stop)
    return Step(part.node("ah", stop), ("ip", part.number("next_header")), stop, end)


def esp(packet: Packet, begin: int, end: int) -> Step:
    return Step(packet.read(ipv6.EspHeader, begin, end).node("esp", end), None, end, end)


def gre(packet: Packet, begin: int, end: int) -> Step:
    """Checksum and offset, key, sequence number: four octets each, by flag (RFC 2890 2)."""
    part = packet.read(ipv6.Gre, begin, end)
    if not part.whole:
        return Step(part.node("gre", end), None, end, end)
    after = begin + part.plan.fixed
    routed = part.number("has_routing")
    for present, message in (
        (part.number("has_checksum") or routed, ipv6.GreChecksum),
        (part.number("has_key"), ipv6.GreKeyField),
        (part.number("has_sequence"), ipv6.GreSequence),
    ):
        if not present:
            continue
        more = packet.read(message, after, end)
        part.nodes += more.nodes
        part.anomalies += more.anomalies
        after = min(after + more.plan.fixed, end)
    opaque = routed or part.number("version") or part.anomalies
    following: Key | None = None if opaque else ("ether", part.number("protocol"))
    return Step(part.node("gre", after), following, after, end)


def udp(packet: Packet, begin: int, end: int) -> Step:
    part = packet.read(ipv6.UdpHeader, begin, end)
    if not part.whole:
        return Step(part.node("udp", end), None, end, end)
    after = begin + part.plan.fixed
    stop = begin + part.number("length")
    odd: tuple[Anomaly, ...] = ()
    if not after <= stop <= end:
        at = begin + ipv6.UdpHeader.layout["length"].begin
        odd = (Anomaly("length does not fit the packet", at),)
        stop = end
    elif not _sent_without(packet, part) and checksum_is_wrong(
        packet, begin, stop, ipv6.NextHeader.UDP
    ):
        at = begin + ipv6.UdpHeader.layout["checksum"].begin
        odd = (Anomaly(_wrong_sum(packet, part, stop - begin), at),)
    ports = (part.number("source_port"), part.number("destination_port"))
    node = part.node("udp", after, f"{ports[0]} > {ports[1]}", anomalies=odd)
    return Step(node, port_key(ports, UDP_PORTS), after, stop)


WRONG_SUM = "checksum is wrong"
LEFT_OUT_SUM = "checksum is left to the network card"


def _wrong_sum(packet: Packet, part: Part, length: int) -> str:
    assert packet.source is not None
    assert packet.destination is not None
    ends, field = (packet.source, packet.destination), part.number("checksum")
    return LEFT_OUT_SUM if is_left_out(*ends, ipv6.NextHeader.UDP, length, field) else WRONG_SUM


def _sent_without(packet: Packet, part: Part) -> bool:
    """RFC 768: over IPv4 a datagram may have no checksum."""
    over_ipv4 = packet.source is not None and len(packet.source) == 4
    return over_ipv4 and part.number("checksum") == 0


def checksum_is_wrong(packet: Packet, begin: int, end: int, next_header: int) -> bool:
    """False too where it cannot be told: octets are cut, or the addresses are not known.

    Over IPv4 only UDP has a pseudo-header; a Mobility Header's checksum is 0 there (RFC 5844 4).
    """
    if packet.source is None or packet.destination is None or end > packet.stop:
        return False
    if len(packet.source) != len(packet.destination):
        return False
    if len(packet.source) == 4 and next_header != ipv6.NextHeader.UDP:
        return False
    return not sums_up(packet.source, packet.destination, next_header, packet.data[begin:end])


LAYERS: dict[Key, Layer] = {
    ("ip", ipv6.NextHeader.IPV6): ipv6_header,
    ("ip", ipv6.NextHeader.IPV4): ipv4_header,
    ("ether", 0x86DD): ipv6_header,
    ("ether", 0x0800): ipv4_header,
    ("ppp", PppProtocol.IPV6): ipv6_header,
    ("ppp", PppProtocol.IPV4): ipv4_header,
    ("ip", ipv6.NextHeader.HOP_BY_HOP): hop_by_hop,
    ("ip", ipv6.NextHeader.DESTINATION_OPTIONS): destination_options,
    ("ip", ipv6.NextHeader.ROUTING): routing,
    ("ip", ipv6.NextHeader.FRAGMENT): fragment,
    ("ip", ipv6.NextHeader.AH): authentication,
    ("ip", ipv6.NextHeader.ESP): esp,
    ("ip", ipv6.NextHeader.GRE): gre,
    ("ip", ipv6.NextHeader.UDP): udp,
}
