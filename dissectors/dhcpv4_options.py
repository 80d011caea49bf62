"""DHCPv4 options by field: those of address assignment, relay agents and a mobile node's home.

Sources: RFC 2132, RFC 3046 (relay agents), RFC 3118 (authentication). The options beside these are
named in `dhcpv4_names`.
"""

from __future__ import annotations

from enum import IntEnum
from ipaddress import IPv4Address

from dissectors.dhcpv4_names import NAMES
from dissectors.layout import (
    Message,
    Options,
    declare,
    ipv4_address,
    ipv4_addresses,
    link_address,
    octets,
    option_list,
    text,
    uint,
    uints,
)
from dissectors.registries import DHCPV4_AGENT_OPTIONS, DHCPV4_OPTIONS

DHCPV4_OPTIONS.names = NAMES


class Dhcpv4Type(IntEnum):
    """DHCP Message Type (RFC 2132 9.6, RFC 3203, RFC 4388, RFC 6926)."""

    DISCOVER = 1
    OFFER = 2
    REQUEST = 3
    DECLINE = 4
    ACK = 5
    NAK = 6
    RELEASE = 7
    INFORM = 8
    FORCE_RENEW = 9
    LEASE_QUERY = 10
    LEASE_UNASSIGNED = 11
    LEASE_UNKNOWN = 12
    LEASE_ACTIVE = 13
    BULK_LEASE_QUERY = 14
    LEASE_QUERY_DONE = 15


class Overload(IntEnum):
    """Which fields hold options too (RFC 2132 9.3)."""

    FILE = 1
    SNAME = 2
    BOTH = 3


@declare(DHCPV4_OPTIONS, 1, "dhcp.option", ref="RFC 2132 3.3", label="Subnet Mask")
class SubnetMask(Message):
    """The client's subnet."""

    mask: IPv4Address = ipv4_address("Subnet mask", filter=".subnet_mask")


@declare(DHCPV4_OPTIONS, 3, "dhcp.option", ref="RFC 2132 3.5", label="Router")
class Routers(Message):
    """In order of preference."""

    addresses: tuple[IPv4Address, ...] = ipv4_addresses("Router", filter=".router")


@declare(DHCPV4_OPTIONS, 6, "dhcp.option", ref="RFC 2132 3.8", label="Domain Name Server")
class DomainNameServers(Message):
    """In order of preference."""

    addresses: tuple[IPv4Address, ...] = ipv4_addresses("DNS server", filter=".domain_name_server")


@declare(DHCPV4_OPTIONS, 12, "dhcp.option", ref="RFC 2132 3.14", label="Host Name")
class HostName(Message):
    """The client's name."""

    name: bytes = text("Host name", filter=".hostname")


@declare(DHCPV4_OPTIONS, 15, "dhcp.option", ref="RFC 2132 3.17", label="Domain Name")
class DomainName(Message):
    """Where the client looks up names."""

    name: bytes = text("Domain name", filter=".domain_name")


@declare(DHCPV4_OPTIONS, 26, "dhcp.option", ref="RFC 2132 5.1", label="Interface MTU")
class InterfaceMtu(Message):
    """The link's MTU."""

    mtu: int = uint(16, "Interface MTU", filter=".interface_mtu", unit="octets")


@declare(DHCPV4_OPTIONS, 28, "dhcp.option", ref="RFC 2132 5.3", label="Broadcast Address")
class BroadcastAddress(Message):
    """Of the client's subnet."""

    address: IPv4Address = ipv4_address("Broadcast address", filter=".broadcast_address")


@declare(DHCPV4_OPTIONS, 42, "dhcp.option", ref="RFC 2132 8.3", label="NTP Servers")
class NtpServers(Message):
    """In order of preference."""

    addresses: tuple[IPv4Address, ...] = ipv4_addresses("NTP server", filter=".ntp_server")


@declare(DHCPV4_OPTIONS, 43, "dhcp.option", ref="RFC 2132 8.4", label="Vendor Specific Information")
class VendorInformation(Message):
    """What it means, option 60 tells."""

    data: bytes = octets("Vendor information", filter=".value")


@declare(DHCPV4_OPTIONS, 50, "dhcp.option", ref="RFC 2132 9.1", label="Requested IP Address")
class RequestedAddress(Message):
    """The client would like this address."""

    address: IPv4Address = ipv4_address("Requested IP address", filter=".requested_ip_address")


@declare(DHCPV4_OPTIONS, 51, "dhcp.option", ref="RFC 2132 9.2", label="IP Address Lease Time")
class LeaseTime(Message):
    """How long the address may be used."""

    time: int = uint(32, "Lease time", filter=".ip_address_lease_time", unit="s")


@declare(DHCPV4_OPTIONS, 52, "dhcp.option", ref="RFC 2132 9.3", label="Option Overload")
class OptionOverload(Message):
    """Server name, file or both hold options."""

    overload: int = uint(8, "Option overload", filter=".option_overload", enum=Overload)


@declare(DHCPV4_OPTIONS, 53, "dhcp.option", ref="RFC 2132 9.6", label="DHCP Message Type")
class MessageType(Message):
    """Which message it is."""

    msg_type: int = uint(8, "DHCP message type", filter=".dhcp", enum=Dhcpv4Type)


@declare(DHCPV4_OPTIONS, 54, "dhcp.option", ref="RFC 2132 9.7", label="Server Identifier")
class ServerIdentifier(Message):
    """Whose offer it is, or which one is taken."""

    address: IPv4Address = ipv4_address("Server identifier", filter=".dhcp_server_id")


@declare(DHCPV4_OPTIONS, 55, "dhcp.option", ref="RFC 2132 9.8", label="Parameter Request List")
class ParameterRequestList(Message):
    """What the client would like to know."""

    requested: tuple[int, ...] = uints(
        8, "Requested option", filter=".request_list_item", registry=DHCPV4_OPTIONS
    )


@declare(DHCPV4_OPTIONS, 56, "dhcp.option", ref="RFC 2132 9.9", label="Message")
class ErrorMessage(Message):
    """Words for people."""

    message: bytes = text("Message", filter=".message")


@declare(DHCPV4_OPTIONS, 57, "dhcp.option", ref="RFC 2132 9.10", label="Maximum DHCP Message Size")
class MaximumMessageSize(Message):
    """The longest message that the sender takes."""

    size: int = uint(16, "Maximum size", filter=".dhcp_max_message_size", unit="octets")


@declare(DHCPV4_OPTIONS, 58, "dhcp.option", ref="RFC 2132 9.11", label="Renewal (T1) Time")
class RenewalTime(Message):
    """When the client renews."""

    time: int = uint(32, "Renewal time", filter=".renewal_time_value", unit="s")


@declare(DHCPV4_OPTIONS, 59, "dhcp.option", ref="RFC 2132 9.12", label="Rebinding (T2) Time")
class RebindingTime(Message):
    """When it asks any server."""

    time: int = uint(32, "Rebinding time", filter=".rebinding_time_value", unit="s")


@declare(DHCPV4_OPTIONS, 60, "dhcp.option", ref="RFC 2132 9.13", label="Vendor Class Identifier")
class VendorClassIdentifier(Message):
    """Whose make the client is."""

    identifier: bytes = text("Vendor class identifier", filter=".vendor_class_id")


@declare(DHCPV4_OPTIONS, 61, "dhcp.option", ref="RFC 2132 9.14", label="Client Identifier")
class ClientIdentifier(Message):
    """Who asks: a hardware type with its address, or type 0 or 255 (RFC 4361) with a name."""

    identifier_type: int = uint(8, "Type", filter="dhcp.hw.type")
    identifier: bytes = octets("Client identifier", filter="netmip6.dhcp.client_id")


@declare(DHCPV4_OPTIONS, 66, "dhcp.option", ref="RFC 2132 9.4", label="TFTP Server Name")
class TftpServerName(Message):
    """Where the boot file is."""

    name: bytes = text("TFTP server name", filter=".tftp_server_name")


@declare(DHCPV4_OPTIONS, 67, "dhcp.option", ref="RFC 2132 9.5", label="Bootfile Name")
class BootfileName(Message):
    """What to boot."""

    name: bytes = text("Bootfile name", filter=".bootfile_name")


@declare(DHCPV4_OPTIONS, 68, "dhcp.option", ref="RFC 2132 8.13", label="Mobile IP Home Agent")
class MobileIpHomeAgents(Message):
    """In order of preference; none at all is allowed."""

    addresses: tuple[IPv4Address, ...] = ipv4_addresses(
        "Mobile IP home agent", filter=".mobile_ip_home_agent"
    )


@declare(DHCPV4_OPTIONS, 77, "dhcp.option", ref="RFC 3004 4", label="User Class")
class UserClass(Message):
    """What kind of user asks; classes behind their lengths, or one without."""

    data: bytes = octets("User class", filter=".user_class.data")


@declare(DHCPV4_OPTIONS, 80, "netmip6.dhcp.rapid_commit", ref="RFC 4039 4", label="Rapid Commit")
class RapidCommit(Message):
    """Two messages instead of four."""


@declare(
    DHCPV4_OPTIONS,
    82,
    "netmip6.dhcp.agent_information",
    ref="RFC 3046 2.0",
    label="Relay Agent Information",
)
class RelayAgentInformation(Message):
    """What the relay agent knows of the client's line."""

    options: Options = option_list(DHCPV4_AGENT_OPTIONS)


@declare(
    DHCPV4_OPTIONS,
    90,
    "dhcp.option.dhcp_authentication",
    ref="RFC 3118 2",
    label="Authentication",
)
class Authentication(Message):
    """The information may be a token in the clear (RFC 3118 4), so it is masked."""

    protocol: int = uint(8, "Protocol", filter=".protocol")
    algorithm: int = uint(8, "Algorithm", filter=".algorithm")
    rdm: int = uint(8, "Replay detection method", filter=".rdm")
    replay: bytes = link_address(
        "Replay detection", filter="netmip6.dhcp.replay_detection", width=64
    )
    information: bytes = octets("Authentication information", filter=".information", secret=True)


@declare(DHCPV4_OPTIONS, 118, "dhcp.option", ref="RFC 3011 2", label="Subnet Selection")
class SubnetSelection(Message):
    """The subnet that an address is wanted from."""

    address: IPv4Address = ipv4_address("Subnet", filter=".subnet_selection_option")


_AGENT = "dhcp.option.agent_information_option"


@declare(DHCPV4_AGENT_OPTIONS, 1, _AGENT, ref="RFC 3046 3.1", label="Agent Circuit ID")
class AgentCircuitId(Message):
    """The relay agent's own mark of the circuit."""

    identifier: bytes = octets("Circuit ID", filter=".agent_circuit_id")


@declare(DHCPV4_AGENT_OPTIONS, 2, _AGENT, ref="RFC 3046 3.2", label="Agent Remote ID")
class AgentRemoteId(Message):
    """The relay agent's name of the circuit's far end."""

    identifier: bytes = octets("Remote ID", filter=".agent_remote_id")


@declare(DHCPV4_AGENT_OPTIONS, 5, _AGENT, ref="RFC 3527 3", label="Link Selection")
class LinkSelection(Message):
    """The client's subnet."""

    address: IPv4Address = ipv4_address("Link selection", filter=".link_selection")


@declare(DHCPV4_AGENT_OPTIONS, 6, _AGENT, ref="RFC 3993 3", label="Subscriber ID")
class SubscriberId(Message):
    """The subscriber."""

    identifier: bytes = text("Subscriber ID", filter=".subscriber_id")


@declare(DHCPV4_AGENT_OPTIONS, 11, _AGENT, ref="RFC 5107 4", label="Server Identifier Override")
class ServerIdOverride(Message):
    """The relay agent stands in for the server."""

    address: IPv4Address = ipv4_address("Server ID override", filter=".server_id_override")


DHCPV4_AGENT_OPTIONS.names = {
    4: "DOCSIS Device Class",
    7: "RADIUS Attributes",
    8: "Authentication",
    9: "Vendor-Specific Information",
    10: "Relay Agent Flags",
    12: "Relay Agent Identifier",
    13: "Access Technology Type",
    14: "Access Network Name",
    15: "Access Point Name",
    16: "Access Point BSSID",
    17: "Operator Identifier",
    18: "Operator Realm",
    19: "Relay Source Port",
    151: "Virtual Subnet Selection",
    152: "Virtual Subnet Selection Control",
}
