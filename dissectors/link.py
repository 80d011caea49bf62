"""Link-layer headers, and what stands between them and IP.

Link types are the LINKTYPE_ numbers of capture files (https://www.tcpdump.org/linktypes.html).
"""

from __future__ import annotations

from enum import IntEnum

from dissectors.layout import Message, declare, flag, link_address, uint
from dissectors.registries import LINK_HEADERS, SHIMS

LINKTYPE_NULL = 0
LINKTYPE_ETHERNET = 1
LINKTYPE_PPP = 9
LINKTYPE_PPP_HDLC = 50
LINKTYPE_PPP_ETHER = 51
LINKTYPE_RAW = 101
LINKTYPE_C_HDLC = 104
LINKTYPE_WLAN = 105
LINKTYPE_LOOP = 108
LINKTYPE_LINUX_SLL = 113
LINKTYPE_RADIOTAP = 127
LINKTYPE_PPP_PPPD = 166
LINKTYPE_IPV4 = 228
LINKTYPE_IPV6 = 229
LINKTYPE_LINUX_SLL2 = 276


class EtherType(IntEnum):
    """EtherTypes that are told apart here."""

    IPV4 = 0x0800
    ARP = 0x0806
    VLAN = 0x8100
    IPV6 = 0x86DD
    PPPOE_DISCOVERY = 0x8863
    PPPOE_SESSION = 0x8864
    EAPOL = 0x888E
    EAPOL_PREAUTHENTICATION = 0x88C7
    QINQ = 0x88A8
    QINQ_OLD = 0x9100


@declare(LINK_HEADERS, LINKTYPE_ETHERNET, "eth", ref="IEEE 802.3", label="Ethernet")
class Ethernet(Message):
    """Ethernet II."""

    destination: bytes = link_address("Destination", filter="dst")
    source: bytes = link_address("Source", filter="src")
    ethertype: int = uint(16, "Type", filter="type", enum=EtherType)


@declare(LINK_HEADERS, LINKTYPE_NULL, "null", ref="LINKTYPE_NULL", label="BSD loopback")
class NullHeader(Message):
    """The address family in the byte order of the machine that captured."""

    family: bytes = link_address("Family", filter="netmip6.null.family", width=32)


@declare(LINK_HEADERS, LINKTYPE_LOOP, "null", ref="LINKTYPE_LOOP", label="OpenBSD loopback")
class LoopHeader(Message):
    """The address family in network byte order."""

    family: int = uint(32, "Family", filter="family")


@declare(
    LINK_HEADERS, LINKTYPE_LINUX_SLL, "sll", ref="LINKTYPE_LINUX_SLL", label="Linux cooked capture"
)
class Sll(Message):
    """16 octets."""

    packet_type: int = uint(16, "Packet type", filter="pkttype")
    hardware: int = uint(16, "Link-layer address type", filter="hatype")
    address_length: int = uint(16, "Link-layer address length", filter="halen")
    address: bytes = link_address("Link-layer address", filter="netmip6.sll.address", width=64)
    protocol: int = uint(16, "Protocol", filter="etype", enum=EtherType)


@declare(
    LINK_HEADERS,
    LINKTYPE_LINUX_SLL2,
    "sll",
    ref="LINKTYPE_LINUX_SLL2",
    label="Linux cooked capture v2",
)
class Sll2(Message):
    """20 octets."""

    protocol: int = uint(16, "Protocol", filter="etype", enum=EtherType)
    unused: int = uint(16, "Reserved", filter="netmip6.sll.reserved")
    interface: int = uint(32, "Interface index", filter="ifindex")
    hardware: int = uint(16, "Link-layer address type", filter="hatype")
    packet_type: int = uint(8, "Packet type", filter="pkttype")
    address_length: int = uint(8, "Link-layer address length", filter="halen")
    address: bytes = link_address("Link-layer address", filter="netmip6.sll.address", width=64)


@declare(SHIMS, EtherType.VLAN, "vlan", ref="IEEE 802.1Q", label="802.1Q VLAN tag")
class VlanTag(Message):
    """Four octets behind the tag's own EtherType."""

    priority: int = uint(3, "Priority", filter="priority")
    drop_eligible: bool = flag("Drop eligible", filter="dei")
    vlan: int = uint(12, "VLAN id", filter="id")
    ethertype: int = uint(16, "Type", filter="etype", enum=EtherType)
