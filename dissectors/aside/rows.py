"""Rows of the messages table for what the scan lane does not decode (CONTRACT 2.1).

PPP, EAP, DHCP, AAA and Fast Handover messages are rare, so they are read out of the object lane's
tree, one frame at a time. A frame has a row for each such message, in order. What an ICMPv6 error
quotes has none, and EAP inside RADIUS is RADIUS's; nor have PPPoE discovery and EAPOL-Start.
"""

from __future__ import annotations

from collections.abc import Callable

from dissectors.aside import aaa, access, dhcp, handover
from dissectors.aside.found import Found
from dissectors.aside.row import Row
from dissectors.fragments import Fragments
from dissectors.layers_ip import WRONG_SUM
from dissectors.node import Node
from dissectors.profile import Profile
from dissectors.tree import decode

_READERS: dict[str, Callable[[Found], Row | None]] = {
    "lcp": access.ppp,
    "ipcp": access.ipcp,
    "ipv6cp": access.ipv6cp,
    "pap": access.pap,
    "chap": access.chap,
    "eap": access.eap,
    "dhcpv6": dhcp.dhcpv6,
    "dhcp": dhcp.dhcpv4,
    "radius": aaa.radius,
    "diameter": aaa.diameter,
    "icmpv6": handover.icmpv6,
}
"""Readers by the names of layers."""

_ADDRESSED = ("eth", "wlan", "ipv6", "ipv4")
_MAC = 6
_GROUP = 1
"""IEEE 802 8.2.2: the lowest bit of a group address's first octet."""

_WITH_MORE = ("reassembled", "sctp", "esp", "decrypted")
"""Nodes whose children are layers too."""


def rows(
    frame: bytes,
    link_type: int,
    wire_length: int,
    profile: Profile,
    *,
    fragments: Fragments | None = None,
    time_ns: int = 0,
) -> list[Row]:
    """The rows of one frame, as `decode` takes it; fragments wait in `fragments`."""
    tree = decode(frame, link_type, wire_length, profile, fragments=fragments, time_ns=time_ns)
    return rows_of(tree)


def rows_of(tree: Node) -> list[Row]:
    """The rows of a frame that is decoded already."""
    found: list[Row] = []
    _collect(tree, None, None, b"", found)
    return found


def _collect(
    around: Node, src: bytes | None, dst: bytes | None, link: bytes, found: list[Row]
) -> None:
    wrong_sum = False
    for layer in around.children:
        if layer.name in _ADDRESSED:
            ends = {child.name: child.raw for child in layer.children}
            src, dst = ends.get("source"), ends.get("destination")
            wrong_sum = False
        elif layer.name == "udp":
            wrong_sum = any(anomaly.reason == WRONG_SUM for anomaly in layer.anomalies)
        elif layer.name == "pppoe":
            link = b"".join(_session(layer, src, dst))
        elif layer.name in _WITH_MORE:
            _collect(layer, src, dst, link, found)
        reader = _READERS.get(layer.name)
        row = None if reader is None else reader(Found(layer))
        if row is not None:
            client = row.client or link or _station(row.kind, src, dst)
            found.append(row.but(src=src, dst=dst, client=client, wrong_sum=wrong_sum))


def _station(kind: str, src: bytes | None, dst: bytes | None) -> bytes | None:
    """Whom EAP over a LAN is about: who responds, or who is asked or told, if that is one."""
    if not kind.startswith("eap-"):
        return None
    client = src if kind == "eap-response" else dst
    if client is None or len(client) != _MAC or client[0] & _GROUP:
        return None
    return client


def _session(layer: Node, src: bytes | None, dst: bytes | None) -> list[bytes]:
    """RFC 2516 4: a session is its number between two addresses, in either direction."""
    numbers = [child.raw for child in layer.children if child.name == "session"]
    ends = sorted(each for each in (src, dst) if each is not None)
    return [*ends, *(number.to_bytes(2, "big") for number in numbers)]
