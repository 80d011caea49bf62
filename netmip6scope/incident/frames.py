"""All frames of a capture, with the place where their IP packets begin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from dissectors.frames import Interface
from dissectors.handoff import LinkAuthentication
from dissectors.link import LINKTYPE_ETHERNET, EtherType
from dissectors.ppp import PppProtocol
from dissectors.profile import Profile
from dissectors.tree import decode as decode_tree
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import read_batches
from replay.closed.journeys import IpFrame
from replay.closed.outside import LinkUse

MACS_OCTETS = 12
_MAC_OCTETS = 6
_TAG_OCTETS = 4
_PPPOE_OCTETS = 6
_TAGS = (EtherType.VLAN, EtherType.QINQ, EtherType.QINQ_OLD)
_IP = (EtherType.IPV4, EtherType.IPV6)
_IP_IN_PPP = (PppProtocol.IPV4, PppProtocol.IPV6)


@dataclass(frozen=True, slots=True)
class Captured:
    """A frame. `begin`: where its IP packet is, None if it has none; pppoe: of its PPPoE header."""

    number: int
    time_ns: int
    interface: int
    wirelen: int
    octets: bytes
    begin: int | None = None
    pppoe: int | None = None

    @property
    def packet(self) -> IpFrame | None:
        """Its IP packet, and what follows that."""
        if self.begin is None:
            return None
        link = self.octets[_MAC_OCTETS:MACS_OCTETS] if self.begin > MACS_OCTETS else b""
        return IpFrame(self.number, self.time_ns, self.octets[self.begin :], link)


@dataclass(frozen=True, slots=True)
class Capture:
    """A whole capture; frames in its order."""

    interfaces: tuple[Interface, ...]
    frames: tuple[Captured, ...]


def read_frames(source: Source, profile: Profile) -> Capture:
    """All frames of a file. Raises ScopeError."""
    found: list[Captured] = []
    interfaces: tuple[Interface, ...] = ()
    for batch in read_batches(source):
        interfaces = batch.interfaces
        for row in range(len(batch)):
            at, octets = int(batch.interface[row]), batch.frame(row)
            time_ns, wirelen = int(batch.time_ns[row]), int(batch.wirelen[row])
            link_type = interfaces[at].link_type
            begin, pppoe = _places(octets, link_type, wirelen, profile, time_ns)
            number = batch.first_frame + row
            found.append(Captured(number, time_ns, at, wirelen, octets, begin, pppoe))
    return Capture(interfaces, tuple(found))


def _places(
    octets: bytes, link_type: int, wirelen: int, profile: Profile, time_ns: int
) -> tuple[int | None, int | None]:
    if link_type == LINKTYPE_ETHERNET:
        return _in_ethernet(octets)
    tree = decode_tree(octets, link_type, wirelen, profile, time_ns=time_ns)
    begin = next((node.begin for node in tree.children if node.name in ("ipv6", "ipv4")), None)
    return begin, None


def _in_ethernet(octets: bytes) -> tuple[int | None, int | None]:
    at = MACS_OCTETS
    while _number(octets, at) in _TAGS:
        at += _TAG_OCTETS
    kind, begin = _number(octets, at), at + 2
    if kind in _IP:
        return begin, None
    behind = begin + _PPPOE_OCTETS
    if kind == EtherType.PPPOE_SESSION and _number(octets, behind) in _IP_IN_PPP:
        return behind + 2, begin
    return None, None


def _number(octets: bytes, at: int) -> int:
    return int.from_bytes(octets[at : at + 2], "big")


def ip_frames(capture: Capture) -> Iterator[IpFrame]:
    """The IP packets, in order of time."""
    found = (frame.packet for frame in capture.frames)
    yield from sorted((p for p in found if p is not None), key=lambda p: p.time_ns)


def link_uses(capture: Capture) -> dict[bytes, LinkUse]:
    """How access links are used, by either end's link-layer address."""
    found: dict[bytes, LinkUse] = {}
    for frame in capture.frames:
        if capture.interfaces[frame.interface].link_type != LINKTYPE_ETHERNET:
            continue
        change = _use_of(frame.octets)
        for link in (frame.octets[:_MAC_OCTETS], frame.octets[_MAC_OCTETS:MACS_OCTETS]):
            if change:
                found[link] = replace(found.get(link, LinkUse()), **change)
    return found


def _use_of(octets: bytes) -> dict[str, Any]:
    kind = _number(octets, MACS_OCTETS)
    if kind == EtherType.EAPOL:
        return {"authentication": LinkAuthentication.EAP}
    if kind != EtherType.PPPOE_SESSION:
        return {}
    protocol = _number(octets, MACS_OCTETS + 2 + _PPPOE_OCTETS)
    return {"has_ppp": True, **_PPP_USES.get(protocol, {})}


_PPP_USES: dict[int, dict[str, Any]] = {
    PppProtocol.PAP: {"authentication": LinkAuthentication.PAP},
    PppProtocol.CHAP: {"authentication": LinkAuthentication.CHAP},
    PppProtocol.EAP: {"authentication": LinkAuthentication.EAP},
    PppProtocol.IPCP: {"has_ipcp": True},
}
