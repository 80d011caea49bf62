"""What an access link carries that is not plain IP: EAPOL, and PPP over Ethernet."""

from __future__ import annotations

from dataclasses import dataclass

from dissectors.codec import build
from dissectors.eapol import Eapol, EapolType
from dissectors.layout import Message
from dissectors.link import EtherType
from dissectors.ppp import PppProtocol, ProtocolField
from dissectors.pppoe import PppoeSession

EAPOL_VERSION = 2
_PPPOE_VERSION = 1
_PPPOE_TYPE = 1


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
