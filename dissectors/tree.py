"""The object lane: one frame to a tree of layers and fields, whatever its octets are.

`decode` never raises on a frame. What cannot be parsed is an anomaly with its offset and the rest
of the tree stands; what the snap length cut off is said to be cut, never malformed. Layers are
siblings, lowest first, tunnels included; the packet that an ICMPv6 error quotes is a subtree.
"""

from __future__ import annotations

from collections.abc import Iterator

from dissectors import (
    layers_aaa,
    layers_dhcp,
    layers_ip,
    layers_link,
    layers_other,
    layers_ppp,
    layers_signalling,
    layers_transport,
    layers_wlan,
)
from dissectors.authentication.checks import Checks
from dissectors.fragments import Fragments, Whole
from dissectors.ipv6 import NextHeader
from dissectors.layout import Anomaly
from dissectors.masking import masked
from dissectors.node import Made, Node, Reassembled, What, replace
from dissectors.packet import SNAPPED, Packet, raw
from dissectors.profile import Profile
from dissectors.step import VERSION, Key, Layer, Step
from dissectors.verification import verified

__all__ = ["Node", "decode"]

LAYERS: dict[Key, Layer] = {
    **layers_other.LAYERS,
    **layers_link.LAYERS,
    **layers_ppp.LAYERS,
    **layers_wlan.LAYERS,
    **layers_dhcp.LAYERS,
    **layers_aaa.LAYERS,
    **layers_transport.LAYERS,
    **layers_ip.LAYERS,
    **layers_signalling.LAYERS,
}
MOST_LAYERS = 128
"""Headers followed in one packet, so that a chain of tiny ones ends."""

_FRAME = What("frame", "Frame", "frame")
_QUOTE = What("quote", "Quoted packet", "netmip6.quote")
_IP_HEADERS = (layers_ip.ipv6_header, layers_ip.ipv4_header)
_IPV6_ONLY = (
    NextHeader.HOP_BY_HOP,
    NextHeader.ROUTING,
    NextHeader.FRAGMENT,
    NextHeader.ICMPV6,
    NextHeader.DESTINATION_OPTIONS,
    NextHeader.MOBILITY_OLD,
    NextHeader.MOBILITY,
)
"""What IPv4 does not carry, whatever its protocol field says."""
_FURTHEST = 1 << 20
"""An end that no length field reaches: a quoted packet may promise more than is quoted."""


def decode(
    frame: bytes,
    link_type: int,
    wire_length: int,
    profile: Profile,
    checks: Checks | None = None,
    *,
    fragments: Fragments | None = None,
    time_ns: int = 0,
) -> Node:
    """The frame's tree. wire_length is how long it was before the snap length cut it.

    With checks, authenticators get their verdicts (a packet that an ICMPv6 error quotes gets none)
    and checks learns what it needs for later frames. fragments: those of earlier frames, which get
    this one's; time_ns is the frame's time for them.
    """
    end = max(wire_length, len(frame))
    packet = Packet(frame, len(frame), profile, fragments=fragments, time_ns=time_ns, checks=checks)
    cut: tuple[Anomaly, ...] = ()
    if end > len(frame):
        cut = (Anomaly(f"{SNAPPED}: {len(frame)} of {end} octets", len(frame)),)
    children = tuple(_layers(packet, ("link", link_type), 0, end))
    return masked(Made(_FRAME, f"{end} octets", 0, len(frame), children, cut), frame)


def _layers(packet: Packet, key: Key | None, begin: int, end: int) -> Iterator[Node]:
    """The layers of [begin, end), then what stands behind each layer's own end."""
    trailers: list[Node] = []
    following = key
    for _ in range(MOST_LAYERS):
        step = _step(packet, following, begin, end)
        if step is None:
            break
        yield _with_inside(packet, step)
        if step.end < min(end, packet.stop):
            trailers.append(raw(packet, step.end, min(end, packet.stop), "trailer", "Trailer"))
        following, begin, end = step.following, step.begin, step.end
        if step.whole is not None:
            yield _put_together(packet, step, step.whole)
            begin = end
            break
    else:
        yield raw(
            packet,
            begin,
            end,
            "data",
            "Data",
            (Anomaly(f"more than {MOST_LAYERS} headers, not followed", begin),),
        )
        begin = end
    if begin < end:
        yield raw(packet, begin, end, "data", _data_label(following))
    yield from reversed(trailers)


def _step(packet: Packet, key: Key | None, begin: int, end: int) -> Step | None:
    """The next layer's step; None where what follows is data or nothing."""
    if key is None or begin >= min(end, packet.stop):
        return None
    if key == VERSION:
        key = ("ip", 4) if packet.data[begin] >> 4 == 4 else ("ip", 41)
    layer = LAYERS.get(key)
    if layer is None or key == ("ip", 59):
        return None
    if key[0] == "ip" and key[1] in _IPV6_ONLY and not packet.is_ipv6:
        return None
    if layer in _IP_HEADERS:
        packet.depth += 1
        packet.ip_begin = begin
        if packet.depth > packet.profile.nesting + 1:
            odd = Anomaly(f"nested deeper than {packet.profile.nesting}, not followed", begin)
            return Step(raw(packet, begin, end, "data", "Data", (odd,)), None, end, end)
    return verified(packet, key, begin, end, layer(packet, begin, end))


def _with_inside(packet: Packet, step: Step) -> Node:
    inner = step.inner
    if inner is not None:
        layers = _layers(inner.packet, inner.following, inner.begin, inner.end)
        whole = replace(inner.node, children=(*layers, *inner.node.children))
        return replace(step.node, children=(*step.node.children, whole))
    if step.inside is None:
        return step.node
    key, begin, end = step.inside
    children = tuple(_layers(packet.quote(end), key, begin, begin + _FURTHEST))
    quoted = Made(_QUOTE, "", begin, min(end, packet.stop), children)
    step.node.children += (quoted,)
    return step.node


def _put_together(packet: Packet, step: Step, whole: Whole) -> Node:
    """The packet that the step's fragment makes complete; it counts as one nested more."""
    inside = packet.joined(whole.payload)
    inside.depth += 1
    children = tuple(_layers(inside, ("ip", whole.following), 0, inside.stop))
    label = f"Packet of {whole.count} fragments"
    what = Reassembled("reassembled", label, "netmip6.reassembled")
    return Made(what, whole, step.begin, min(step.end, packet.stop), children)


def _data_label(key: Key | None) -> str:
    names = {"ip": "next header", "ether": "type", "ppp": "protocol", "link": "link type"}
    if key is None or key[0] not in names:
        return "Data"
    number = f"0x{key[1]:04x}" if key[0] in ("ether", "ppp") else str(key[1])
    return f"Data of {names[key[0]]} {number}"
