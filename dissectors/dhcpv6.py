"""DHCPv6 messages (RFC 3315 6 and 7, RFC 5007, RFC 6977); their options are in `dhcpv6_options`."""

from __future__ import annotations

from enum import IntEnum
from ipaddress import IPv6Address

from dissectors.layout import Message, Options, declare, ipv6_address, octets, option_list, uint
from dissectors.registries import DHCPV6_MESSAGES, DHCPV6_OPTIONS, OTHERS


class Dhcpv6Type(IntEnum):
    """Message types (RFC 3315 5.3, RFC 5007 4.2, RFC 6977 6.2)."""

    SOLICIT = 1
    ADVERTISE = 2
    REQUEST = 3
    CONFIRM = 4
    RENEW = 5
    REBIND = 6
    REPLY = 7
    RELEASE = 8
    DECLINE = 9
    RECONFIGURE = 10
    INFORMATION_REQUEST = 11
    RELAY_FORWARD = 12
    RELAY_REPLY = 13
    LEASEQUERY = 14
    LEASEQUERY_REPLY = 15
    LEASEQUERY_DONE = 16
    LEASEQUERY_DATA = 17
    RECONFIGURE_REQUEST = 18
    RECONFIGURE_REPLY = 19


@declare(DHCPV6_MESSAGES, Dhcpv6Type.SOLICIT, "dhcpv6", ref="RFC 3315 6", label="DHCPv6")
class Dhcpv6Message(Message):
    """A message between client and server."""

    msg_type: int = uint(8, "Message type", filter="msgtype", enum=Dhcpv6Type)
    transaction_id: int = uint(24, "Transaction ID", filter="xid")
    options: Options = option_list(DHCPV6_OPTIONS)


@declare(DHCPV6_MESSAGES, Dhcpv6Type.RELAY_FORWARD, "dhcpv6", ref="RFC 3315 7", label="DHCPv6")
class Dhcpv6Relay(Message):
    """A message between relay agents and server, which carries another one."""

    msg_type: int = uint(8, "Message type", filter="msgtype", enum=Dhcpv6Type)
    hop_count: int = uint(8, "Hop count", filter="hopcount")
    link_address: IPv6Address = ipv6_address("Link address", filter="linkaddr")
    peer_address: IPv6Address = ipv6_address("Peer address", filter="peeraddr")
    options: Options = option_list(DHCPV6_OPTIONS)


@declare(OTHERS, 1, "dhcpv6", ref="RFC 8415 7.3", label="DHCPv6")
class Dhcpv6Other(Message):
    """A message of a type that nobody declared."""

    msg_type: int = uint(8, "Message type", filter="msgtype", enum=Dhcpv6Type)
    data: bytes = octets("Data", filter="netmip6.dhcpv6.data")


DHCPV6_MESSAGES.also(
    Dhcpv6Message,
    *(each for each in Dhcpv6Type if each not in (1, Dhcpv6Type.RELAY_FORWARD, 13)),
)
DHCPV6_MESSAGES.also(Dhcpv6Relay, Dhcpv6Type.RELAY_REPLY)
DHCPV6_MESSAGES.other = lambda _: Dhcpv6Other
