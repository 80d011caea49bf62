"""RADIUS in the object lane, with the EAP packet in its EAP-Message attributes."""

from __future__ import annotations

from dissectors import radius_vendors
from dissectors.attributes import attribute
from dissectors.layers_messages import messages
from dissectors.node import Joined, Made, Node, Shown
from dissectors.packet import Packet
from dissectors.plan import plan_of
from dissectors.radius import Radius
from dissectors.registries import EAP_PACKETS, RADIUS_ATTRIBUTES, RADIUS_PACKETS
from dissectors.step import Key, Layer, Step

LOADED = (radius_vendors,)
"""Importing it fills the registries."""

_EAP_MESSAGE = plan_of(type(attribute(RADIUS_ATTRIBUTES, "EAP-Message"))).option
_JOINED = Joined("joined", "EAP of several attributes", "netmip6.radius.eap")
_eap = messages(EAP_PACKETS, "eap")
_radius = messages(RADIUS_PACKETS, "radius")


def radius(packet: Packet, begin: int, end: int) -> Step:
    step = _radius(packet, begin, end)
    if step.node.what is plan_of(Radius).what("radius"):
        step.node.children += tuple(_eap_of(packet, step))
    return step


def _eap_of(packet: Packet, step: Step) -> list[Node]:
    """RFC 3579 3.1: the attributes hold one EAP packet, in order."""
    parts = [
        child
        for option in step.node.children
        if option.what is _EAP_MESSAGE and not option.anomalies
        for child in option.children
        if isinstance(child.what, Shown)
    ]
    if not parts:
        return []
    if len(parts) == 1 and step.end <= packet.stop:
        return [_eap(packet, parts[0].begin, parts[0].end).node]
    whole = packet.joined(b"".join(part.raw for part in parts))
    # What the snap length cut off may have been more of it.
    more = max(0, step.end - packet.stop)
    inside = _eap(whole, 0, whole.stop + more).node
    return [Made(_JOINED, whole.data, parts[0].begin, parts[-1].end, (inside,))]


LAYERS: dict[Key, Layer] = {("radius", 0): radius}
