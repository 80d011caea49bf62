"""What an access router answers a mobile node that asks for an address (draft 3.1, 3.2).

The first question makes the router register the mobile node (`take` gives ASKED); its answer, with
the home address, is made by `give`. What comes after that, as DHCP's Request, is answered at once.
"""

from __future__ import annotations

from ipaddress import IPv6Address

from dissectors.dhcpv4_options import Dhcpv4Type
from dissectors.dhcpv6 import Dhcpv6Message, Dhcpv6Type
from dissectors.handoff import Access
from dissectors.neighbor import NeighborAdvertisement, NeighborSolicitation, RouterSolicitation
from dissectors.ppp import IpcpConfigure, Ipv6cpConfigure, PppCode
from replay import dhcp, ppp, slaac
from replay.binding_client import ANY_IPV4
from replay.events import Effects, Send, Why
from replay.frames import LinkFrame, PppFrame
from replay.link_session import Input
from replay.mobile import Mobile
from replay.packets import Datagram, Packet

Taken = tuple[Input | None, Effects]
_NOTHING: Taken = (None, ())


def take(  # noqa: PLR0911 - one per question
    mobile: Mobile, packet: Packet, router_link: bytes
) -> Taken | None:
    """What a packet asks for, and what is answered at once; None if it is user data."""
    payload = packet.payload
    if isinstance(payload, RouterSolicitation):
        mobile.access = Access.IPV6CP if mobile.port.has_ppp else Access.SLAAC
        return Input.ASKED, ()
    if isinstance(payload, NeighborAdvertisement):
        return Input.ALIVE, ()
    if isinstance(payload, NeighborSolicitation):
        return _NOTHING
    if not isinstance(payload, Datagram):
        return None
    if payload.destination_port == dhcp.SERVER6:
        return _dhcpv6(mobile, payload, router_link)
    if payload.destination_port == dhcp.SERVER4:
        return _dhcpv4(mobile, payload)
    return None


def _dhcpv6(mobile: Mobile, datagram: Datagram, router_link: bytes) -> Taken:
    message = dhcp.dhcpv6(datagram)
    if message is None:
        return _NOTHING
    if message.msg_type == Dhcpv6Type.SOLICIT:
        mobile.access, mobile.asked = Access.DHCPV6, message
        return Input.ASKED, ()
    if message.msg_type == Dhcpv6Type.REQUEST and mobile.home is not None and mobile.link:
        answer = dhcp.answer6(Dhcpv6Type.REPLY, message, router_link, mobile.link, mobile.home)
        return None, (Send(answer, Why.ADVERTISE, mobile.mn_id, mobile.link),)
    return _NOTHING


def _dhcpv4(mobile: Mobile, datagram: Datagram) -> Taken:
    message = dhcp.dhcpv4(datagram)
    if message is None:
        return _NOTHING
    kind = dhcp.type4(message)
    if kind == Dhcpv4Type.DISCOVER:
        mobile.access, mobile.asked = Access.DHCPV4, message
        return Input.ASKED, ()
    if kind == Dhcpv4Type.REQUEST and mobile.home4 is not None:
        answer = dhcp.answer4(Dhcpv4Type.ACK, message, mobile.home4)
        return None, (Send(answer, Why.LINK, mobile.mn_id, mobile.link),)
    return _NOTHING


def take_frame(mobile: Mobile, frame: LinkFrame, router_link: bytes) -> Taken:
    """The same for PPP's control protocols."""
    message = frame.message if isinstance(frame, PppFrame) else None
    if isinstance(message, Ipv6cpConfigure) and message.code == PppCode.CONFIGURE_REQUEST:
        own = ppp.ipv6cp_request(message.identifier, router_link)
        return None, _says(mobile, ppp.acknowledged(message), own)
    if isinstance(message, IpcpConfigure) and message.code == PppCode.CONFIGURE_REQUEST:
        wanted = ppp.ipcp_address(message)
        if wanted == ANY_IPV4:
            mobile.access, mobile.asked = Access.IPCP, message
            return Input.ASKED, ()
        if wanted is not None and wanted == mobile.home4:
            own = ppp.ipcp(PppCode.CONFIGURE_REQUEST, message.identifier, dhcp.GATEWAY)
            return None, _says(mobile, ppp.acknowledged(message), own)
    return _NOTHING


def give(mobile: Mobile, router_link: bytes, advertised: IPv6Address | None) -> Effects:
    """The answer with the home address."""
    link, home, home4 = mobile.link, mobile.home, mobile.home4
    if link is None:
        return ()
    if isinstance(mobile.asked, IpcpConfigure) and home4 is not None:
        return _says(
            mobile,
            ppp.ipcp(PppCode.CONFIGURE_NAK, mobile.asked.identifier, home4),
            why=Why.ADVERTISE,
        )
    if mobile.access is Access.DHCPV4 and home4 is not None:
        assert mobile.asked is not None
        assert not isinstance(mobile.asked, Dhcpv6Message | IpcpConfigure)
        packet = dhcp.answer4(Dhcpv4Type.OFFER, mobile.asked, home4)
        return (Send(packet, Why.ADVERTISE, mobile.mn_id, link),)
    if isinstance(mobile.asked, Dhcpv6Message) and home is not None:
        packet = dhcp.answer6(Dhcpv6Type.ADVERTISE, mobile.asked, router_link, link, home)
        return (Send(packet, Why.LINK, mobile.mn_id, link),)
    if home is None:
        return ()
    packet = slaac.advertisement(router_link, link, advertised or home)
    return (Send(packet, Why.ADVERTISE, mobile.mn_id, link),)


def _says(mobile: Mobile, *frames: LinkFrame, why: Why = Why.LINK) -> Effects:
    return tuple(Send(frame, why, mobile.mn_id, mobile.link) for frame in frames)
