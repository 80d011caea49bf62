"""What a packet of a trace is called: the contract's `kind`, where that has one."""

from __future__ import annotations

from dissectors.dhcpv4_options import Dhcpv4Type
from dissectors.dhcpv6 import Dhcpv6Type
from dissectors.mobility import BindingError
from dissectors.neighbor import NeighborAdvertisement, NeighborSolicitation, RouterSolicitation
from replay import dhcp
from replay.judged import kind_of
from replay.packets import Datagram, Packet

_WORDS: dict[type, str] = {
    RouterSolicitation: "rs",
    NeighborSolicitation: "ns",
    NeighborAdvertisement: "na",
    BindingError: "be",
}


def word_for(packet: Packet) -> str:
    """One word."""
    kind, payload = kind_of(packet), packet.payload
    if kind is not None:
        return kind.value
    if isinstance(payload, Packet):
        return "user data"
    if isinstance(payload, Datagram):
        return _datagram(payload)
    return _WORDS.get(type(payload), payload.layout.prefix)


def _datagram(datagram: Datagram) -> str:
    six, four = dhcp.dhcpv6(datagram), dhcp.dhcpv4(datagram)
    if six is not None and six.msg_type in [*Dhcpv6Type]:
        return f"dhcp6-{_hyphened(Dhcpv6Type(six.msg_type).name)}"
    kind4 = None if four is None else dhcp.type4(four)
    if kind4 is not None and kind4 in [*Dhcpv4Type]:
        return f"dhcp4-{_hyphened(Dhcpv4Type(kind4).name)}"
    return "udp"


def _hyphened(name: str) -> str:
    return name.lower().replace("_", "-")
