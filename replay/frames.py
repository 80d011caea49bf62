"""What an access link carries that is not plain IP: EAPOL, and PPP over Ethernet."""

from __future__ import annotations

from dataclasses import dataclass

import dissectors.eap
import dissectors.ppp_authentication  # noqa: F401 - both declare packets
from dissectors.body import parse_first
from dissectors.codec import build, parse
from dissectors.eapol import Eapol, EapolType
from dissectors.errors import ParseError
from dissectors.layout import Message, Registry
from dissectors.link import EtherType
from dissectors.ppp import PppProtocol, ProtocolField
from dissectors.pppoe import PppoeSession
from dissectors.profile import Profile
from dissectors.registries import (
    CHAP_PACKETS,
    EAP_PACKETS,
    IPCP_PACKETS,
    IPV6CP_PACKETS,
    LCP_PACKETS,
    PAP_PACKETS,
)
from replay.packets import Packet, decode

EAPOL_VERSION = 2
_PPPOE_VERSION = 1
_PPPOE_TYPE = 1
_DEFAULT = Profile()
_PPP_PACKETS: dict[int, Registry] = {
    PppProtocol.LCP: LCP_PACKETS,
    PppProtocol.IPCP: IPCP_PACKETS,
    PppProtocol.IPV6CP: IPV6CP_PACKETS,
    PppProtocol.CHAP: CHAP_PACKETS,
    PppProtocol.PAP: PAP_PACKETS,
    PppProtocol.EAP: EAP_PACKETS,
}


@dataclass(frozen=True, slots=True)
class EapolFrame:
    """EAP over LAN; without a message it is EAPOL-Start (IEEE 802.1X 11.3)."""

    eap: Message | None = None


@dataclass(frozen=True, slots=True)
class PppFrame:
    """A packet of one of PPP's control protocols (RFC 1661 2)."""

    protocol: PppProtocol
    message: Message


LinkFrame = EapolFrame | PppFrame


def eap_frame(message: Message, *, has_ppp: bool) -> LinkFrame:
    """EAP as the link carries it: in PPP's protocol (RFC 3748 2.4) or in EAPOL."""
    return PppFrame(PppProtocol.EAP, message) if has_ppp else EapolFrame(message)


def eap_in(frame: LinkFrame) -> Message | None:
    """The EAP message that a frame carries."""
    if isinstance(frame, EapolFrame):
        return frame.eap
    return frame.message if frame.protocol is PppProtocol.EAP else None


def link_octets(frame: LinkFrame, session: int) -> tuple[int, bytes]:
    """EtherType and octets behind Ethernet's header; session: of PPP over Ethernet."""
    if isinstance(frame, PppFrame):
        return EtherType.PPPOE_SESSION, ppp_octets(frame.protocol, build(frame.message), session)
    if frame.eap is None:
        return EtherType.EAPOL, build(Eapol(EAPOL_VERSION, EapolType.START))
    return EtherType.EAPOL, build(Eapol(EAPOL_VERSION, EapolType.EAP_PACKET, body=build(frame.eap)))


def ppp_octets(protocol: PppProtocol, packet: bytes, session: int) -> bytes:
    """A PPP packet in its PPPoE session (RFC 2516 4)."""
    framed = build(ProtocolField(protocol)) + packet
    return build(PppoeSession(_PPPOE_VERSION, _PPPOE_TYPE, 0, session, len(framed))) + framed


def label(frame: LinkFrame) -> str:
    """What it is, for people."""
    if isinstance(frame, EapolFrame) and frame.eap is None:
        return "EAPOL-Start"
    message = frame.eap if isinstance(frame, EapolFrame) else frame.message
    assert message is not None
    code = getattr(message, "code", None)
    word = "" if code is None else str(getattr(code, "name", code)).lower().replace("_", " ")
    return f"{message.layout.label} {word}".rstrip()


def read_frame(
    ethertype: int, octets: bytes, profile: Profile = _DEFAULT
) -> tuple[Packet | LinkFrame, int]:
    """What an Ethernet frame carries behind its header, and its PPPoE session (0: none).

    ParseError for what nodes do not take; Ethernet's padding is left out.
    """
    if ethertype in (EtherType.IPV4, EtherType.IPV6):
        return decode(octets, profile), 0
    if ethertype == EtherType.EAPOL:
        return _read_eapol(octets), 0
    if ethertype != EtherType.PPPOE_SESSION:
        raise ParseError(f"EtherType {ethertype:#06x} is not for these nodes", 0)
    head = PppoeSession.layout.fixed
    pppoe, _ = parse(PppoeSession, octets, 0, head)
    inside = octets[head : head + pppoe.length]
    if len(inside) < pppoe.length:
        raise ParseError("the PPPoE packet is cut", head)
    return _read_ppp(inside, profile), pppoe.session


def _read_eapol(octets: bytes) -> EapolFrame:
    head = Eapol.layout.fixed
    size = int.from_bytes(octets[2:4], "big")
    frame, _ = parse(Eapol, octets[: head + size])
    if frame.packet_type == EapolType.START:
        return EapolFrame()
    if frame.packet_type != EapolType.EAP_PACKET:
        raise ParseError(f"EAPOL type {frame.packet_type} is not for these nodes", 1)
    return EapolFrame(parse_first(EAP_PACKETS, frame.body)[0])


def _read_ppp(octets: bytes, profile: Profile) -> Packet | PppFrame:
    head = ProtocolField.layout.fixed
    field, _ = parse(ProtocolField, octets, 0, min(head, len(octets)))
    if field.protocol in (PppProtocol.IPV4, PppProtocol.IPV6):
        return decode(octets[head:], profile)
    packets = _PPP_PACKETS.get(field.protocol)
    if packets is None:
        raise ParseError(f"PPP protocol {field.protocol:#06x} is not for these nodes", 0)
    return PppFrame(PppProtocol(field.protocol), parse_first(packets, octets, head)[0])
