"""PPP's packets between a mobile node and its access router (RFC 1661, RFC 2472, RFC 1332)."""

from __future__ import annotations

from ipaddress import IPv4Address

from dissectors.handoff import LinkAuthentication
from dissectors.layout import Message
from dissectors.ppp import (
    AuthenticationProtocol,
    InterfaceIdentifier,
    IpAddress,
    IpcpConfigure,
    Ipv6cpConfigure,
    LcpConfigure,
    MagicNumber,
    PppCode,
    PppProtocol,
)
from replay.frames import PppFrame
from replay.slaac import interface_identifier

_MD5 = b"\x05"
"""CHAP with MD5 (RFC 1994 3)."""
Configure = LcpConfigure | Ipv6cpConfigure | IpcpConfigure
_PROTOCOLS: dict[type[Message], PppProtocol] = {
    LcpConfigure: PppProtocol.LCP,
    Ipv6cpConfigure: PppProtocol.IPV6CP,
    IpcpConfigure: PppProtocol.IPCP,
}


def framed(message: Configure) -> PppFrame:
    """A Configure packet under its protocol's number."""
    return PppFrame(_PROTOCOLS[type(message)], message)


def lcp_request(
    identifier: int, magic: int, authentication: LinkAuthentication | None = None
) -> PppFrame:
    """Configure-Request; a router says how the peer shall authenticate itself."""
    options: tuple[Message, ...] = (MagicNumber(magic),)
    if authentication is LinkAuthentication.CHAP:
        options = (AuthenticationProtocol(PppProtocol.CHAP, _MD5), *options)
    elif authentication is LinkAuthentication.PAP:
        options = (AuthenticationProtocol(PppProtocol.PAP), *options)
    elif authentication is LinkAuthentication.EAP:
        options = (AuthenticationProtocol(PppProtocol.EAP), *options)
    return framed(LcpConfigure(PppCode.CONFIGURE_REQUEST, identifier, options))


def ipv6cp_request(identifier: int, link: bytes) -> PppFrame:
    """Configure-Request with an interface identifier."""
    octets = interface_identifier(link).to_bytes(8, "big")
    options = (InterfaceIdentifier(octets),)
    return framed(Ipv6cpConfigure(PppCode.CONFIGURE_REQUEST, identifier, options))


def ipcp(code: PppCode, identifier: int, address: IPv4Address) -> PppFrame:
    """Configure-Request, or a Nak that says which address it shall be."""
    return framed(IpcpConfigure(code, identifier, (IpAddress(address),)))


def acknowledged(request: Configure) -> PppFrame:
    """Configure-Ack: the same options."""
    made: Configure = type(request)(PppCode.CONFIGURE_ACK, request.identifier, request.options)
    return framed(made)


def ipcp_address(message: IpcpConfigure) -> IPv4Address | None:
    """The address that a packet is about."""
    return next((each.address for each in message.options if isinstance(each, IpAddress)), None)


def magic_of(link: bytes) -> int:
    """A Magic-Number that no other interface has (RFC 1661 6.4)."""
    return int.from_bytes(link[-4:], "big") | 1
