"""Octets that nobody looks into, as a node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dissectors.layout import Anomaly
from dissectors.node import Made, Node, Octets

if TYPE_CHECKING:
    from dissectors.packet import Packet


def raw(
    packet: Packet, begin: int, end: int, name: str, label: str, anomalies: tuple[Anomaly, ...] = ()
) -> Node:
    """Octets as they are; what is cut off is said."""
    stop = min(end, packet.stop)
    octets = packet.data[begin:stop]
    if end > packet.stop:
        anomalies = (*anomalies, Anomaly(f"{label}: {packet.cut}", stop))
    return Made(
        Octets(name, label, f"netmip6.{name}"),
        octets,
        min(begin, stop),
        stop,
        (),
        anomalies,
    )
