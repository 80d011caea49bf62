"""DHCPv6 options by field: those of address assignment and of relays.

Sources: RFC 3315 22, RFC 3633 (prefix delegation), RFC 3646 (DNS). Those that tell a mobile node
its home are in `dhcpv6_home`; the options beside these are named in `dhcpv6_names`.
"""

from __future__ import annotations

from enum import IntEnum
from ipaddress import IPv6Address

from dissectors.dhcpv6 import Dhcpv6Type
from dissectors.dhcpv6_names import NAMES
from dissectors.layout import (
    Message,
    Options,
    declare,
    domain_names,
    flag,
    ipv6_address,
    ipv6_addresses,
    link_address,
    octets,
    option_list,
    reserved,
    text,
    uint,
    uints,
)
from dissectors.registries import (
    DHCPV6_CLASS_DATA,
    DHCPV6_MESSAGES,
    DHCPV6_OPTIONS,
    DHCPV6_VENDOR_OPTIONS,
    DUIDS,
)

DHCPV6_OPTIONS.names = NAMES


class StatusCode(IntEnum):
    """RFC 3315 24.4, RFC 3633 16, RFC 5007 4.1.3."""

    SUCCESS = 0
    UNSPEC_FAIL = 1
    NO_ADDRS_AVAIL = 2
    NO_BINDING = 3
    NOT_ON_LINK = 4
    USE_MULTICAST = 5
    NO_PREFIX_AVAIL = 6
    UNKNOWN_QUERY_TYPE = 7
    MALFORMED_QUERY = 8
    NOT_CONFIGURED = 9
    NOT_ALLOWED = 10


@declare(DHCPV6_OPTIONS, 1, "dhcpv6", ref="RFC 3315 22.2", label="Client Identifier")
class ClientIdentifier(Message):
    """Who asks."""

    duid: Options = option_list(DUIDS)


@declare(DHCPV6_OPTIONS, 2, "dhcpv6", ref="RFC 3315 22.3", label="Server Identifier")
class ServerIdentifier(Message):
    """Who answers."""

    duid: Options = option_list(DUIDS)


@declare(DHCPV6_OPTIONS, 3, "dhcpv6", ref="RFC 3315 22.4", label="IA for Non-temporary Addresses")
class IaNa(Message):
    """A set of addresses, and when to renew them."""

    iaid: int = uint(32, "IAID", filter="iaid")
    t1: int = uint(32, "T1", filter=".iaid.t1", unit="s")
    t2: int = uint(32, "T2", filter=".iaid.t2", unit="s")
    options: Options = option_list(DHCPV6_OPTIONS)


@declare(DHCPV6_OPTIONS, 4, "dhcpv6", ref="RFC 3315 22.5", label="IA for Temporary Addresses")
class IaTa(Message):
    """A set of temporary addresses."""

    iaid: int = uint(32, "IAID", filter="iata")
    options: Options = option_list(DHCPV6_OPTIONS)


@declare(DHCPV6_OPTIONS, 5, "dhcpv6.iaaddr", ref="RFC 3315 22.6", label="IA Address")
class IaAddress(Message):
    """One address of a set."""

    address: IPv6Address = ipv6_address("IPv6 address", filter="ip")
    preferred_lifetime: int = uint(32, "Preferred lifetime", filter="pref_lifetime", unit="s")
    valid_lifetime: int = uint(32, "Valid lifetime", filter="valid_lifetime", unit="s")
    options: Options = option_list(DHCPV6_OPTIONS)


@declare(DHCPV6_OPTIONS, 6, "dhcpv6", ref="RFC 3315 22.7", label="Option Request")
class OptionRequest(Message):
    """What the client would like to know."""

    requested: tuple[int, ...] = uints(
        16, "Requested option", filter="requested_option_code", registry=DHCPV6_OPTIONS
    )


@declare(DHCPV6_OPTIONS, 7, "dhcpv6", ref="RFC 3315 22.8", label="Preference")
class Preference(Message):
    """The server with the highest one is taken."""

    preference: int = uint(8, "Preference", filter="option_preference")


@declare(DHCPV6_OPTIONS, 8, "dhcpv6", ref="RFC 3315 22.9", label="Elapsed Time")
class ElapsedTime(Message):
    """Since the client began; the wire counts hundredths of a second."""

    elapsed: int = uint(16, "Elapsed time", filter="elapsed_time", unit="ms", scale=10)


@declare(DHCPV6_OPTIONS, 9, "netmip6.dhcpv6.relay", ref="RFC 3315 22.10", label="Relay Message")
class RelayMessage(Message):
    """The message that is relayed."""

    message: Options = option_list(DHCPV6_MESSAGES)


@declare(DHCPV6_OPTIONS, 11, "dhcpv6.auth", ref="RFC 3315 22.11", label="Authentication")
class Authentication(Message):
    """A reconfigure key may stand in the information (RFC 3315 21.5.1), so that is masked."""

    protocol: int = uint(8, "Protocol", filter="protocol")
    algorithm: int = uint(8, "Algorithm", filter="algorithm")
    rdm: int = uint(8, "Replay detection method", filter="rdm")
    replay: bytes = link_address("Replay detection", filter="replay_detection", width=64)
    information: bytes = octets("Authentication information", filter="info", secret=True)


@declare(DHCPV6_OPTIONS, 12, "dhcpv6", ref="RFC 3315 22.12", label="Server Unicast")
class ServerUnicast(Message):
    """The client may write to this address."""

    address: IPv6Address = ipv6_address("Server address", filter="unicast")


@declare(DHCPV6_OPTIONS, 13, "dhcpv6", ref="RFC 3315 22.13", label="Status Code")
class Status(Message):
    """How it went, with words for people."""

    status: int = uint(16, "Status code", filter="status_code", enum=StatusCode)
    message: bytes = text("Status message", filter="status_msg")


@declare(
    DHCPV6_OPTIONS, 14, "netmip6.dhcpv6.rapid_commit", ref="RFC 3315 22.14", label="Rapid Commit"
)
class RapidCommit(Message):
    """Two messages instead of four."""


@declare(DHCPV6_OPTIONS, 15, "netmip6.dhcpv6.user_class", ref="RFC 3315 22.15", label="User Class")
class UserClass(Message):
    """What kind of user or application asks."""

    classes: Options = option_list(DHCPV6_CLASS_DATA)


@declare(DHCPV6_OPTIONS, 16, "dhcpv6.vendorclass", ref="RFC 3315 22.16", label="Vendor Class")
class VendorClass(Message):
    """Whose make the client is."""

    enterprise: int = uint(32, "Enterprise-number", filter="enterprise")
    classes: Options = option_list(DHCPV6_CLASS_DATA)


@declare(DHCPV6_CLASS_DATA, 1, "dhcpv6.userclass", ref="RFC 3315 22.15, 22.16", label="Class data")
class ClassData(Message):
    """One class."""

    data: bytes = octets("Class data", filter="opaque_data")


@declare(DHCPV6_OPTIONS, 17, "dhcpv6.vendoropts", ref="RFC 3315 22.17", label="Vendor Information")
class VendorInformation(Message):
    """A vendor's own options."""

    enterprise: int = uint(32, "Enterprise-number", filter="enterprise")
    options: Options = option_list(DHCPV6_VENDOR_OPTIONS)


@declare(DHCPV6_OPTIONS, 18, "dhcpv6", ref="RFC 3315 22.18", label="Interface-Id")
class InterfaceId(Message):
    """The relay agent's own mark of the link that the message came from."""

    identifier: bytes = octets("Interface-ID", filter="interface_id")


@declare(DHCPV6_OPTIONS, 19, "dhcpv6", ref="RFC 3315 22.19", label="Reconfigure Message")
class ReconfigureMessage(Message):
    """What the client shall answer with."""

    msg_type: int = uint(8, "Message type", filter="reconf_msg", enum=Dhcpv6Type)


@declare(
    DHCPV6_OPTIONS,
    20,
    "netmip6.dhcpv6.reconfigure_accept",
    ref="RFC 3315 22.20",
    label="Reconfigure Accept",
)
class ReconfigureAccept(Message):
    """The client takes Reconfigure messages."""


@declare(DHCPV6_OPTIONS, 21, "dhcpv6", ref="RFC 3319 3.1", label="SIP Server Domain Names")
class SipDomains(Message):
    """Where SIP proxies are."""

    names: bytes = domain_names("SIP server", filter="sip_server_domain_search_fqdn")


@declare(DHCPV6_OPTIONS, 22, "dhcpv6", ref="RFC 3319 3.2", label="SIP Server Addresses")
class SipServers(Message):
    """Where SIP proxies are."""

    addresses: tuple[IPv6Address, ...] = ipv6_addresses("SIP server", filter="sip_server_a")


@declare(DHCPV6_OPTIONS, 23, "dhcpv6", ref="RFC 3646 3", label="DNS Recursive Name Server")
class DnsServers(Message):
    """In order of preference."""

    addresses: tuple[IPv6Address, ...] = ipv6_addresses("DNS server", filter="dns_server")


@declare(DHCPV6_OPTIONS, 24, "dhcpv6", ref="RFC 3646 4", label="Domain Search List")
class DomainSearchList(Message):
    """Domains in which names without dots are looked up."""

    names: bytes = domain_names("Search list", filter="search_list_entry")


@declare(DHCPV6_OPTIONS, 25, "dhcpv6", ref="RFC 3633 9", label="IA for Prefix Delegation")
class IaPd(Message):
    """A set of prefixes, and when to renew them."""

    iaid: int = uint(32, "IAID", filter="iaid")
    t1: int = uint(32, "T1", filter=".iaid.t1", unit="s")
    t2: int = uint(32, "T2", filter=".iaid.t2", unit="s")
    options: Options = option_list(DHCPV6_OPTIONS)


@declare(DHCPV6_OPTIONS, 26, "dhcpv6.iaprefix", ref="RFC 3633 10", label="IA Prefix")
class IaPrefix(Message):
    """One prefix of a set."""

    preferred_lifetime: int = uint(32, "Preferred lifetime", filter="pref_lifetime", unit="s")
    valid_lifetime: int = uint(32, "Valid lifetime", filter="valid_lifetime", unit="s")
    prefix_length: int = uint(8, "Prefix length", filter="pref_len")
    prefix: IPv6Address = ipv6_address("Prefix", filter="pref_addr")
    options: Options = option_list(DHCPV6_OPTIONS)


@declare(DHCPV6_OPTIONS, 31, "dhcpv6", ref="RFC 4075 4", label="SNTP Servers")
class SntpServers(Message):
    """In order of preference."""

    addresses: tuple[IPv6Address, ...] = ipv6_addresses("SNTP server", filter="sntp_server")


@declare(DHCPV6_OPTIONS, 32, "dhcpv6", ref="RFC 4242 3.1", label="Information Refresh Time")
class InformationRefreshTime(Message):
    """When to ask again."""

    time: int = uint(32, "Information refresh time", filter="lifetime", unit="s")


@declare(DHCPV6_OPTIONS, 37, "dhcpv6.remoteid", ref="RFC 4649 3", label="Remote-ID")
class RemoteId(Message):
    """The relay agent's name of the client's line."""

    enterprise: int = uint(32, "Enterprise-number", filter="enterprise")
    remote_id: bytes = octets("Remote-ID", filter="dhcpv6.remoteid_enterprise_id")


@declare(DHCPV6_OPTIONS, 38, "dhcpv6", ref="RFC 4580 2", label="Subscriber-ID")
class SubscriberId(Message):
    """The relay agent's name of the subscriber."""

    subscriber_id: bytes = text("Subscriber-ID", filter="subscriber_id")


@declare(DHCPV6_OPTIONS, 39, "dhcpv6", ref="RFC 4704 4", label="Client FQDN")
class ClientFqdn(Message):
    """The client's name, and who enters it into the DNS."""

    reserved: int = reserved(5)
    no_update: bool = flag("No DNS update (N)", filter=".clientfqdn.client.n")
    overridden: bool = flag("Overridden (O)", filter=".clientfqdn.server.o")
    server_updates: bool = flag("Server updates (S)", filter=".clientfqdn.client.s")
    name: bytes = domain_names("Client name", filter="client_domain")


@declare(DHCPV6_OPTIONS, 64, "dhcpv6", ref="RFC 6334 3", label="AFTR-Name")
class AftrName(Message):
    """Where the tunnel of Dual-Stack Lite ends."""

    name: bytes = domain_names("AFTR name", filter="aftr_name")


@declare(
    DHCPV6_OPTIONS,
    79,
    "netmip6.dhcpv6.client_link_layer",
    ref="RFC 6939 4",
    label="Client Link-Layer Address",
)
class ClientLinkLayerAddress(Message):
    """The client's address as the first relay agent saw it."""

    hardware: int = uint(16, "Hardware type", filter="hardware")
    address: bytes = octets("Link-layer address", filter="address")
