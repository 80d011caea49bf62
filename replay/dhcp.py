"""DHCPv6 and DHCPv4 between a mobile node and its access router (RFC 3315, RFC 2131).

The router is a proxy server: the address that it gives is the home address from the home agent.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TypeVar

from dissectors.codec import build, parse
from dissectors.dhcpv4 import MAGIC_COOKIE, BootpOperation, Dhcpv4Message
from dissectors.dhcpv4_options import ClientIdentifier as Dhcpv4ClientIdentifier
from dissectors.dhcpv4_options import (
    Dhcpv4Type,
    LeaseTime,
    MessageType,
    RequestedAddress,
    Routers,
    SubnetMask,
)
from dissectors.dhcpv4_options import ServerIdentifier as Dhcpv4ServerIdentifier
from dissectors.dhcpv6 import Dhcpv6Message, Dhcpv6Type
from dissectors.dhcpv6_options import (
    ClientIdentifier,
    ElapsedTime,
    IaAddress,
    IaNa,
    ServerIdentifier,
)
from dissectors.duid import DuidLl
from dissectors.errors import ParseError
from dissectors.layout import Message
from replay.context import PREFERRED_S, VALID_S
from replay.packets import Datagram, Packet
from replay.slaac import link_local

SERVERS = IPv6Address("ff02::1:2")
"""All_DHCP_Relay_Agents_and_Servers (RFC 3315 5.1)."""
CLIENT6, SERVER6 = 546, 547
CLIENT4, SERVER4 = 68, 67
GATEWAY = IPv4Address("192.0.0.1")
"""What access routers call themselves towards IPv4 hosts (of RFC 7335's block)."""
_ANYBODY, _EVERYBODY = IPv4Address("0.0.0.0"), IPv4Address("255.255.255.255")  # noqa: S104
_ETHERNET = 1
_LINK_HOPS = 1
_ONE_ADDRESS = IPv4Address("255.255.255.255")
_CHADDR = 16
M = TypeVar("M", bound=Message)


def duid(link: bytes) -> DuidLl:
    """A DUID made of a link-layer address (RFC 3315 9.4)."""
    return DuidLl(_ETHERNET, link)


def dhcpv6(datagram: Datagram) -> Dhcpv6Message | None:
    """The message in a datagram; None if it is none, or odd."""
    if SERVER6 not in (datagram.source_port, datagram.destination_port):
        return None
    return _read(Dhcpv6Message, datagram.data)


def dhcpv4(datagram: Datagram) -> Dhcpv4Message | None:
    """The same for DHCPv4."""
    if SERVER4 not in (datagram.source_port, datagram.destination_port):
        return None
    return _read(Dhcpv4Message, datagram.data)


def _read(kind: type[M], data: bytes) -> M | None:
    try:
        message, odd = parse(kind, data)
    except ParseError:
        return None
    return None if odd else message


# DHCPv6


def solicit6(link: bytes, transaction: int) -> Packet:
    """The question who gives addresses."""
    return _from_client6(link, Dhcpv6Type.SOLICIT, transaction, None, None)


def request6(link: bytes, offer: Dhcpv6Message, transaction: int) -> Packet:
    """I take yours."""
    server = _first(ServerIdentifier, offer)
    return _from_client6(link, Dhcpv6Type.REQUEST, transaction, server, offered6(offer))


def _from_client6(
    link: bytes,
    kind: Dhcpv6Type,
    transaction: int,
    server: ServerIdentifier | None,
    address: IPv6Address | None,
) -> Packet:
    options: list[Message] = [ClientIdentifier((duid(link),))]
    if server is not None:
        options.append(server)
    options += [_association(link, address), ElapsedTime()]
    message = Dhcpv6Message(kind, transaction, tuple(options))
    datagram = Datagram(CLIENT6, SERVER6, build(message))
    return Packet(link_local(link), SERVERS, datagram, _LINK_HOPS)


def answer6(
    kind: Dhcpv6Type, asked: Dhcpv6Message, router_link: bytes, link: bytes, home: IPv6Address
) -> Packet:
    """Advertise or Reply with the home address."""
    options = (
        ClientIdentifier((duid(link),)),
        ServerIdentifier((duid(router_link),)),
        _association(link, home),
    )
    message = Dhcpv6Message(kind, asked.transaction_id, options)
    datagram = Datagram(SERVER6, CLIENT6, build(message))
    return Packet(link_local(router_link), link_local(link), datagram)


def offered6(message: Dhcpv6Message) -> IPv6Address | None:
    """The address in an Advertise or Reply."""
    association = _first(IaNa, message)
    found = () if association is None else association.options
    return next((each.address for each in found if isinstance(each, IaAddress)), None)


def _association(link: bytes, address: IPv6Address | None) -> IaNa:
    """The interface's addresses; its IAID is made of its link-layer address."""
    inside = () if address is None else (IaAddress(address, PREFERRED_S, VALID_S),)
    iaid = int.from_bytes(link[-4:], "big")
    return IaNa(iaid, PREFERRED_S // 2, PREFERRED_S * 4 // 5, inside)


# DHCPv4


def discover4(link: bytes, transaction: int) -> Packet:
    """The question who gives addresses."""
    return _from_client4(link, transaction, MessageType(Dhcpv4Type.DISCOVER))


def request4(link: bytes, offer: Dhcpv4Message) -> Packet:
    """I take yours."""
    server = _first(Dhcpv4ServerIdentifier, offer)
    options: list[Message] = [MessageType(Dhcpv4Type.REQUEST)]
    options += [RequestedAddress(offer.your_address), *([server] if server is not None else [])]
    return _from_client4(link, offer.transaction_id, *options)


def _from_client4(link: bytes, transaction: int, *options: Message) -> Packet:
    message = Dhcpv4Message(
        BootpOperation.BOOT_REQUEST,
        _ETHERNET,
        len(link),
        transaction_id=transaction,
        broadcast=True,
        client_hardware=link.ljust(_CHADDR, b"\0"),
        cookie=MAGIC_COOKIE,
        options=(*options, Dhcpv4ClientIdentifier(_ETHERNET, link)),
    )
    datagram = Datagram(CLIENT4, SERVER4, build(message))
    return Packet(_ANYBODY, _EVERYBODY, datagram)


def answer4(kind: Dhcpv4Type, asked: Dhcpv4Message, home: IPv4Address) -> Packet:
    """Offer or Ack with the home address, to all because its owner has none yet."""
    message = Dhcpv4Message(
        BootpOperation.BOOT_REPLY,
        _ETHERNET,
        asked.hardware_length,
        transaction_id=asked.transaction_id,
        broadcast=True,
        your_address=home,
        client_hardware=asked.client_hardware,
        cookie=MAGIC_COOKIE,
        options=(
            MessageType(kind),
            Dhcpv4ServerIdentifier(GATEWAY),
            LeaseTime(PREFERRED_S),
            SubnetMask(_ONE_ADDRESS),
            Routers((GATEWAY,)),
        ),
    )
    return Packet(GATEWAY, _EVERYBODY, Datagram(SERVER4, CLIENT4, build(message)))


def type4(message: Dhcpv4Message) -> int | None:
    """The DHCP message type (RFC 2132 9.6)."""
    found = _first(MessageType, message)
    return None if found is None else found.msg_type


def _first(kind: type[M], message: Dhcpv6Message | Dhcpv4Message) -> M | None:
    return next((each for each in message.options if isinstance(each, kind)), None)
