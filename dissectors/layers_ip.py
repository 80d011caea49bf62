"""IPv6, its extension headers, IPv4, UDP and the tunnels of the object lane."""

from __future__ import annotations

from ipaddress import IPv6Address

from dissectors import ipv6
from dissectors.checksum import is_right
from dissectors.layout import Anomaly
from dissectors.packet import Builder, Packet
from dissectors.registries import ROUTING_HEADERS
from dissectors.step import VERSION, Key, Layer, Step


def ipv6_header(packet: Packet, begin: int, end: int) -> Step:
    builder = Builder(packet, ipv6.Ipv6Header.layout, begin, end).fields()
    if not builder.whole:
        return Step(builder.node("ipv6", end), None, end, end)
    after = begin + ipv6.Ipv6Header.layout.fixed
    source, destination = builder.values["source"], builder.values["destination"]
    assert isinstance(source, IPv6Address)
    assert isinstance(destination, IPv6Address)
    packet.source, packet.destination = source, destination
    odd = _version(builder, 6, begin)
    if odd:
        return Step(builder.node("ipv6", after, anomalies=odd), None, after, end)
    following = builder.number("next_header")
    length = builder.number("payload_length")
    stop = after + length
    if length == 0 and following == ipv6.NextHeader.HOP_BY_HOP:
        stop = end  # a jumbogram says its length in an option (RFC 2675)
    if stop > end:
        at = begin + ipv6.Ipv6Header.layout["payload_length"].begin
        odd += (Anomaly(f"payload length is {length}, {end - after} octets are there", at),)
    node = builder.node("ipv6", after, f"{source} > {destination}", anomalies=odd)
    return Step(node, ("ip", following), after, min(stop, end))


def ipv4_header(packet: Packet, begin: int, end: int) -> Step:
    builder = Builder(packet, ipv6.Ipv4Header.layout, begin, end).fields()
    if not builder.whole:
        return Step(builder.node("ipv4", end), None, end, end)
    packet.source = packet.destination = None
    odd = _version(builder, 4, begin)
    size = builder.number("header_length") * 4
    if size < ipv6.Ipv4Header.layout.fixed:
        odd += (Anomaly("header length is below 20 octets", begin),)
    if odd:
        after = begin + ipv6.Ipv4Header.layout.fixed
        return Step(builder.node("ipv4", after, anomalies=odd), None, after, end)
    stop = begin + builder.number("total_length")
    if stop > end or stop < begin + size:
        at = begin + ipv6.Ipv4Header.layout["total_length"].begin
        odd += (Anomaly("total length does not fit the packet", at),)
        stop = end
    text = f"{builder.values['source']} > {builder.values['destination']}"
    whole = not builder.values["more"] and builder.number("offset") == 0
    following: Key | None = ("ip", builder.number("protocol")) if whole else None
    after = min(begin + size, stop)
    return Step(builder.node("ipv4", after, text, anomalies=odd), following, after, stop)


def _version(builder: Builder, wanted: int, begin: int) -> tuple[Anomaly, ...]:
    version = builder.number("version")
    return () if version == wanted else (Anomaly(f"version is {version}, not {wanted}", begin),)


def hop_by_hop(packet: Packet, begin: int, end: int) -> Step:
    return _with_options(packet, Builder(packet, ipv6.HopByHop.layout, begin, end), "hopopts")


def destination_options(packet: Packet, begin: int, end: int) -> Step:
    """The Home Address option changes the source that checksums above see (RFC 6275 6.3)."""
    builder = Builder(packet, ipv6.DestinationOptions.layout, begin, end)
    step = _with_options(packet, builder, "dstopts")
    for option in step.node.children:
        if option.filter == ipv6.HomeAddressOption.layout.prefix and not option.anomalies:
            address = option.children[-1].value
            assert isinstance(address, str)
            packet.source = IPv6Address(address)
    return step


def _with_options(packet: Packet, builder: Builder, name: str) -> Step:
    begin, end = builder.begin, builder.end
    lack = packet.lack(begin, 8, end, builder.layout.label)
    stop = end
    if lack is None:
        size = (packet.data[begin + 1] + 1) * 8
        lack = packet.lack(begin, size, end, builder.layout.label)
        stop = min(begin + size, end)
    builder.end = stop
    builder.fields()
    if lack is not None:
        odd = () if builder.anomalies else (lack,)
        return Step(builder.node(name, stop, anomalies=odd), None, stop, stop)
    following = ("ip", builder.number("next_header"))
    return Step(builder.node(name, stop), following, stop, end)


def routing(packet: Packet, begin: int, end: int) -> Step:
    """With segments left, the last address is the destination that checksums above see."""
    builder = Builder(packet, ipv6.Routing.layout, begin, end).fields()
    if not builder.whole:
        return Step(builder.node("routing", end), None, end, end)
    size = (builder.number("length") + 1) * 8
    stop = min(begin + size, end)
    lack = packet.lack(begin, size, end, "Routing header")
    known = ROUTING_HEADERS.types.get(builder.number("routing_type"))
    text = f"type {builder.number('routing_type')}"
    if known is not None:
        body = Builder(packet, known.layout, begin + known.layout.origin, stop).fields()
        builder.nodes += body.nodes
        builder.anomalies += body.anomalies
    if lack is not None:
        odd = () if builder.anomalies else (lack,)
        return Step(builder.node("routing", stop, text, anomalies=odd), None, stop, stop)
    if builder.number("segments_left") and size >= 24:
        # Type 4 lists the last segment first (RFC 8754 2), the others last.
        at = (
            begin + 8 if builder.number("routing_type") == 4 else begin + 8 + (size - 24) // 16 * 16
        )
        packet.destination = IPv6Address(packet.data[at : at + 16])
    following = ("ip", builder.number("next_header"))
    return Step(builder.node("routing", stop, text), following, stop, end)


def fragment(packet: Packet, begin: int, end: int) -> Step:
    """A part of a packet is shown as data: putting parts together needs other frames."""
    builder = Builder(packet, ipv6.FragmentHeader.layout, begin, end).fields()
    if not builder.whole:
        return Step(builder.node("fraghdr", end), None, end, end)
    after = begin + ipv6.FragmentHeader.layout.fixed
    whole = not builder.values["more"] and builder.number("offset") == 0
    following: Key | None = ("ip", builder.number("next_header")) if whole else None
    return Step(builder.node("fraghdr", after), following, after, end)


def authentication(packet: Packet, begin: int, end: int) -> Step:
    layout = ipv6.AuthenticationHeader.layout
    lack = packet.lack(begin, layout.fixed, end, layout.label)
    size = layout.fixed if lack else max((packet.data[begin + 1] + 2) * 4, layout.fixed)
    lack = lack or packet.lack(begin, size, end, layout.label)
    stop = min(begin + size, end)
    builder = Builder(packet, layout, begin, stop).fields()
    if lack is not None:
        odd = () if builder.anomalies else (lack,)
        return Step(builder.node("ah", stop, anomalies=odd), None, stop, stop)
    return Step(builder.node("ah", stop), ("ip", builder.number("next_header")), stop, end)


def esp(packet: Packet, begin: int, end: int) -> Step:
    builder = Builder(packet, ipv6.EspHeader.layout, begin, end).fields()
    return Step(builder.node("esp", end), None, end, end)


def gre(packet: Packet, begin: int, end: int) -> Step:
    """Checksum and offset, key, sequence number: four octets each, by flag (RFC 2890 2)."""
    builder = Builder(packet, ipv6.Gre.layout, begin, end).fields()
    if not builder.whole:
        return Step(builder.node("gre", end), None, end, end)
    after = begin + ipv6.Gre.layout.fixed
    for flag, layout in (
        ("has_checksum", ipv6.GreChecksum.layout),
        ("has_key", ipv6.GreKeyField.layout),
        ("has_sequence", ipv6.GreSequence.layout),
    ):
        present = builder.values[flag] or (flag == "has_checksum" and builder.values["has_routing"])
        if not present:
            continue
        part = Builder(packet, layout, after, end).fields()
        builder.nodes += part.nodes
        builder.anomalies += part.anomalies
        after = min(after + layout.fixed, end)
    opaque = builder.values["has_routing"] or builder.number("version") or builder.anomalies
    following: Key | None = None if opaque else ("ether", builder.number("protocol"))
    return Step(builder.node("gre", after), following, after, end)


def udp(packet: Packet, begin: int, end: int) -> Step:
    builder = Builder(packet, ipv6.UdpHeader.layout, begin, end).fields()
    if not builder.whole:
        return Step(builder.node("udp", end), None, end, end)
    after = begin + ipv6.UdpHeader.layout.fixed
    stop = begin + builder.number("length")
    odd: tuple[Anomaly, ...] = ()
    if not after <= stop <= end:
        at = begin + ipv6.UdpHeader.layout["length"].begin
        odd = (Anomaly("length does not fit the packet", at),)
        stop = end
    elif checksum_is_wrong(packet, begin, stop, ipv6.NextHeader.UDP):
        at = begin + ipv6.UdpHeader.layout["checksum"].begin
        odd = (Anomaly("checksum is wrong", at),)
    ports = (builder.number("source_port"), builder.number("destination_port"))
    node = builder.node("udp", after, f"{ports[0]} > {ports[1]}", anomalies=odd)
    following: Key = ("udp", min(ports))
    if ipv6.DSMIPV6_PORT in ports:
        following = VERSION
    elif ipv6.PMIPV6_PORT in ports:
        following = ("udp", ipv6.PMIPV6_PORT)
    return Step(node, following, after, stop)


def checksum_is_wrong(packet: Packet, begin: int, end: int, next_header: int) -> bool:
    """False too where it cannot be told: octets are cut, or the addresses are not known."""
    if packet.source is None or packet.destination is None or end > packet.stop:
        return False
    return not is_right(packet.source, packet.destination, next_header, packet.data[begin:end])


LAYERS: dict[Key, Layer] = {
    ("ip", ipv6.NextHeader.IPV6): ipv6_header,
    ("ip", ipv6.NextHeader.IPV4): ipv4_header,
    ("ether", 0x86DD): ipv6_header,
    ("ether", 0x0800): ipv4_header,
    ("ip", ipv6.NextHeader.HOP_BY_HOP): hop_by_hop,
    ("ip", ipv6.NextHeader.DESTINATION_OPTIONS): destination_options,
    ("ip", ipv6.NextHeader.ROUTING): routing,
    ("ip", ipv6.NextHeader.FRAGMENT): fragment,
    ("ip", ipv6.NextHeader.AH): authentication,
    ("ip", ipv6.NextHeader.ESP): esp,
    ("ip", ipv6.NextHeader.GRE): gre,
    ("ip", ipv6.NextHeader.UDP): udp,
}
