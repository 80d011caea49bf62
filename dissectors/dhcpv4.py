"""DHCPv4 messages (RFC 2131 2); their options are in `dhcpv4_options`."""

from __future__ import annotations

from enum import IntEnum
from ipaddress import IPv4Address

from dissectors.layout import (
    Message,
    Options,
    declare,
    flag,
    ipv4_address,
    link_address,
    octets,
    option_list,
    reserved,
    string,
    uint,
)
from dissectors.registries import DHCPV4_MESSAGES, DHCPV4_OPTIONS, OTHERS

MAGIC_COOKIE = IPv4Address("99.130.83.99")
"""RFC 2131 3: stands before the options, in BOOTP's vendor area."""


class BootpOperation(IntEnum):
    """The message's first octet."""

    BOOT_REQUEST = 1
    BOOT_REPLY = 2


@declare(DHCPV4_MESSAGES, BootpOperation.BOOT_REQUEST, "dhcp", ref="RFC 2131 2", label="DHCPv4")
class Dhcpv4Message(Message):
    """Server name and file may hold options, if the Option Overload option says so."""

    operation: int = uint(8, "Message type", filter="type", enum=BootpOperation)
    hardware: int = uint(8, "Hardware type", filter=".hw.type")
    hardware_length: int = uint(8, "Hardware address length", filter=".hw.len", unit="octets")
    hops: int = uint(8, "Hops", filter="hops")
    transaction_id: int = uint(32, "Transaction ID", filter="id")
    seconds: int = uint(16, "Seconds elapsed", filter="secs", unit="s")
    broadcast: bool = flag("Broadcast (B)", filter=".flags.bc")
    flags_reserved: int = reserved(15)
    client_address: IPv4Address = ipv4_address("Client IP address", filter=".ip.client")
    your_address: IPv4Address = ipv4_address("Your (client) IP address", filter=".ip.your")
    server_address: IPv4Address = ipv4_address("Next server IP address", filter=".ip.server")
    relay_address: IPv4Address = ipv4_address("Relay agent IP address", filter=".ip.relay")
    client_hardware: bytes = link_address(
        "Client hardware address", filter="netmip6.dhcp.hw.addr", width=128
    )
    server_name: bytes = string(64, "Server host name", filter="server")
    file: bytes = string(128, "Boot file name", filter="file")
    cookie: IPv4Address = ipv4_address("Magic cookie", filter="cookie")
    options: Options = option_list(DHCPV4_OPTIONS)


DHCPV4_MESSAGES.also(Dhcpv4Message, BootpOperation.BOOT_REPLY)


@declare(OTHERS, 2, "dhcp", ref="RFC 951 3", label="DHCPv4")
class BootpOther(Message):
    """A message of an operation that there is not."""

    operation: int = uint(8, "Message type", filter="type", enum=BootpOperation)
    data: bytes = octets("Data", filter="netmip6.dhcp.data")


DHCPV4_MESSAGES.other = lambda _: BootpOther
