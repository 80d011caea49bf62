"""The mobile node as a node: what it hears becomes inputs of its table, and answers of its link.

Answers to the network's questions (who are you, are you there, LCP) need no state of their own.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from dissectors.dhcpv4_options import Dhcpv4Type
from dissectors.dhcpv6 import Dhcpv6Type
from dissectors.eap import EapCode, EapExchange, EapResult
from dissectors.handoff import Access, LinkAuthentication
from dissectors.layout import Message
from dissectors.neighbor import NeighborAdvertisement, NeighborSolicitation, RouterAdvertisement
from dissectors.ppp import IpcpConfigure, Ipv6cpConfigure, LcpConfigure, PppCode, PppProtocol
from dissectors.ppp_authentication import ChapCode, ChapResult, ChapValue, PapCode, PapResult
from replay import credentials, dhcp, ppp, slaac
from replay.correspondent import PEER_PORT, PORT
from replay.events import (
    Arrived,
    Deadline,
    Effects,
    Event,
    Fact,
    LinkDown,
    LinkUp,
    Note,
    Send,
    Spoken,
    Violation,
    Why,
)
from replay.frames import EapolFrame, LinkFrame, PppFrame, eap_frame, eap_in
from replay.mobile_node import TABLE, Given, Host, Input, State
from replay.packets import UNSPECIFIED, Datagram, Packet

_BY_PREFIX = (Access.SLAAC, Access.IPV6CP)
_OPENS = {
    Access.SLAAC: Input.OPEN_IPV6,
    Access.DHCPV6: Input.OPEN_IPV6,
    Access.DHCPV4: Input.OPEN_IPV4,
    Access.IPCP: Input.OPEN_IPV4,
    Access.IPV6CP: Input.OPEN_IPV6CP,
}


class MobileNode:
    """The host with its state, and the user behind it."""

    def __init__(self, host: Host) -> None:
        self.state = State.DOWN
        self.host = host

    def addresses(self) -> tuple[IPv4Address | IPv6Address, ...]:
        """None that the core network finds it by."""
        return ()

    def next_deadline_ns(self) -> int | None:
        """Of what it waits for."""
        return self.host.deadline_ns

    def handle(self, event: Event, now_ns: int) -> Effects:  # noqa: PLR0911 - one per event
        """Take an event."""
        match event:
            case LinkUp():
                locked = self.host.authentication is not LinkAuthentication.NONE
                given = Input.LINK_UP_LOCKED if locked else _OPENS[self.host.access]
                return self._give(given, Given(now_ns))
            case LinkDown():
                return self._give(Input.LINK_DOWN, Given(now_ns))
            case Deadline():
                return self._give(Input.TIMER, Given(now_ns))
            case Spoken():
                return self._speak(event)
            case Arrived(packet=Packet() as packet):
                return self._packet(packet, now_ns)
            case Arrived(packet=EapolFrame() | PppFrame() as frame):
                return self._frame(frame, now_ns)
            case _:
                return ()

    def _give(self, given_input: Input, given: Given) -> Effects:
        entry = TABLE.transitions.get((self.state, given_input))
        if entry is None:
            reason = TABLE.forbidden[self.state, given_input]
            return (Violation(TABLE.name, self.state.name, given_input.name, reason),)
        self.state, action = entry
        self.host, effects = action(self.host, given)
        return effects

    # Link frames

    def _frame(self, frame: LinkFrame, now_ns: int) -> Effects:
        eap = eap_in(frame)
        if isinstance(frame, PppFrame) and eap is None:
            return self._ppp(frame, now_ns)
        if isinstance(eap, EapExchange) and eap.code == EapCode.REQUEST:
            secret = self.host.secret.reveal()
            answer = credentials.eap_response(eap, self.host.mn_id, secret)
            has_ppp = isinstance(frame, PppFrame)
            return () if answer is None else self._says(eap_frame(answer, has_ppp=has_ppp))
        if isinstance(eap, EapResult):
            return self._result(now_ns, good=eap.code == EapCode.SUCCESS)
        return ()

    def _ppp(self, frame: PppFrame, now_ns: int) -> Effects:
        message = frame.message
        match message:
            case LcpConfigure(code=PppCode.CONFIGURE_ACK):
                return self._password()
            case ChapValue(code=ChapCode.CHALLENGE):
                secret = self.host.secret.reveal()
                answer = credentials.chap_response(message, self.host.mn_id, secret)
                return self._says(PppFrame(PppProtocol.CHAP, answer))
            case ChapResult():
                return self._result(now_ns, good=message.code == ChapCode.SUCCESS)
            case PapResult():
                return self._result(now_ns, good=message.code == PapCode.AUTHENTICATE_ACK)
            case _:
                return self._configured(message, now_ns)

    def _configured(self, message: Message, now_ns: int) -> Effects:
        match message:
            case LcpConfigure(code=PppCode.CONFIGURE_REQUEST):
                return self._says(ppp.acknowledged(message), *self._negotiated_anew())
            case (
                Ipv6cpConfigure(code=PppCode.CONFIGURE_REQUEST)
                | IpcpConfigure(code=PppCode.CONFIGURE_REQUEST)
            ):
                return self._says(ppp.acknowledged(message))
            case Ipv6cpConfigure(code=PppCode.CONFIGURE_ACK):
                return self._give(Input.AGREED, Given(now_ns))
            case IpcpConfigure(code=PppCode.CONFIGURE_NAK):
                offer = ppp.ipcp_address(message)
                return self._give(Input.OFFERED, Given(now_ns, offer=offer)) if offer else ()
            case IpcpConfigure(code=PppCode.CONFIGURE_ACK):
                address = ppp.ipcp_address(message)
                return self._give(Input.TOLD_IPV4, Given(now_ns, address=address))
            case _:
                return ()

    def _negotiated_anew(self) -> tuple[LinkFrame, ...]:
        """A peer that begins again with an open link has to be told again (RFC 1661 4.3)."""
        if self.state is not State.READY:
            return ()
        magic = ppp.magic_of(self.host.link)
        return (ppp.lcp_request(self.host.asked & 0xFF, magic),)

    def _password(self) -> Effects:
        """PAP speaks first (RFC 1334 2)."""
        if self.host.authentication is not LinkAuthentication.PAP:
            return ()
        secret = self.host.secret.reveal()
        asked = credentials.pap_request(self.host.asked & 0xFF, self.host.mn_id, secret)
        return self._says(PppFrame(PppProtocol.PAP, asked))

    def _result(self, now_ns: int, *, good: bool) -> Effects:
        given = _OPENS[self.host.access] if good else Input.DENY
        return self._give(given, Given(now_ns))

    def _says(self, *frames: LinkFrame) -> Effects:
        return tuple(Send(frame, Why.LINK, self.host.mn_id) for frame in frames)

    # Packets

    def _packet(self, packet: Packet, now_ns: int) -> Effects:  # noqa: PLR0911 - one per kind
        payload = packet.payload
        if isinstance(payload, RouterAdvertisement):
            prefix = slaac.prefix_told(payload)
            if prefix is None or self.host.access not in _BY_PREFIX:
                return ()
            return self._give(Input.ADVERTISED, Given(now_ns, prefix))
        if isinstance(payload, NeighborAdvertisement | NeighborSolicitation):
            return self._neighbor(packet, payload, now_ns)
        if not isinstance(payload, Datagram):
            return ()
        if payload.destination_port in (dhcp.CLIENT4, dhcp.CLIENT6):
            return self._dhcp(payload, now_ns)
        if packet.destination != self.host.address:
            return ()
        number = int.from_bytes(payload.data[:8], "big")
        return (Note(Fact.RECEIVED, self.host.mn_id, packet.destination, number=number),)

    def _dhcp(self, datagram: Datagram, now_ns: int) -> Effects:
        six = dhcp.dhcpv6(datagram)
        if six is not None and six.msg_type == Dhcpv6Type.ADVERTISE:
            return self._give(Input.OFFERED, Given(now_ns, offer=six))
        if six is not None and six.msg_type == Dhcpv6Type.REPLY:
            address = dhcp.offered6(six)
            return self._give(Input.TOLD_IPV6, Given(now_ns, address=address)) if address else ()
        four = dhcp.dhcpv4(datagram)
        if four is None or not four.client_hardware.startswith(self.host.link):
            return ()
        if dhcp.type4(four) == Dhcpv4Type.OFFER:
            return self._give(Input.OFFERED, Given(now_ns, offer=four))
        if dhcp.type4(four) == Dhcpv4Type.ACK:
            return self._give(Input.TOLD_IPV4, Given(now_ns, address=four.your_address))
        return ()

    def _neighbor(
        self, packet: Packet, message: NeighborAdvertisement | NeighborSolicitation, now_ns: int
    ) -> Effects:
        """Somebody has one of the host's addresses, probes for it, or wants to know it is there."""
        if message.target not in (self.host.address, slaac.link_local(self.host.link)):
            return ()
        if isinstance(message, NeighborAdvertisement) or packet.source == UNSPECIFIED:
            return self._give(Input.CONFLICT, Given(now_ns))
        assert isinstance(packet.source, IPv6Address)
        answer = slaac.answer(message.target, packet.source, self.host.link)
        return (Send(answer, Why.NEIGHBOR, self.host.mn_id),)

    def _speak(self, event: Spoken) -> Effects:
        address = self.host.address
        same = type(address) is type(event.destination)
        if self.state is not State.READY or address is None or not same:
            return ()
        data = Datagram(PORT, PEER_PORT, event.data)
        packet = Packet(address, event.destination, data)
        return (Send(packet, Why.USER, self.host.mn_id),)
