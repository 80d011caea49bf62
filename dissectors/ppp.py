"""PPP: its framing, LCP, and the control protocols of IPv4 and IPv6.

Sources: RFC 1661, RFC 1662 (framing), RFC 1332 and RFC 2290 (IPCP), RFC 1877 (its DNS options),
RFC 2472 (IPV6CP), RFC 1570 (LCP extensions), RFC 1990 (multilink options). All packets have the
same head; their options are told apart by protocol.
"""

from __future__ import annotations

from enum import IntEnum
from ipaddress import IPv4Address

from dissectors.layout import (
    Message,
    Options,
    declare,
    ipv4_address,
    link_address,
    octets,
    option_list,
    own_length,
    text,
    uint,
)
from dissectors.registries import (
    IPCP_OPTIONS,
    IPCP_PACKETS,
    IPV6CP_OPTIONS,
    IPV6CP_PACKETS,
    LCP_OPTIONS,
    LCP_PACKETS,
    PPP_FRAMES,
)


class PppProtocol(IntEnum):
    """PPP protocol numbers that are told apart here."""

    IPV4 = 0x0021
    IPV6 = 0x0057
    IPCP = 0x8021
    IPV6CP = 0x8057
    LCP = 0xC021
    PAP = 0xC023
    CHAP = 0xC223
    EAP = 0xC227


class PppCode(IntEnum):
    """Codes of LCP (RFC 1661 5, RFC 1570 2); the control protocols have the first seven."""

    CONFIGURE_REQUEST = 1
    CONFIGURE_ACK = 2
    CONFIGURE_NAK = 3
    CONFIGURE_REJECT = 4
    TERMINATE_REQUEST = 5
    TERMINATE_ACK = 6
    CODE_REJECT = 7
    PROTOCOL_REJECT = 8
    ECHO_REQUEST = 9
    ECHO_REPLY = 10
    DISCARD_REQUEST = 11
    IDENTIFICATION = 12
    TIME_REMAINING = 13


@declare(PPP_FRAMES, 1, "ppp", ref="RFC 1662 3.1", label="HDLC-like framing")
class HdlcFrame(Message):
    """Address 0xff and control 3; either may be compressed away (RFC 1661 6.6)."""

    address: int = uint(8, "Address", filter="address")
    control: int = uint(8, "Control", filter="control")


@declare(PPP_FRAMES, 2, "ppp", ref="RFC 1661 2", label="PPP")
class ProtocolField(Message):
    """Which protocol's packet follows."""

    protocol: int = uint(16, "Protocol", filter="protocol", enum=PppProtocol)


@declare(PPP_FRAMES, 3, "ppp", ref="RFC 1661 6.5", label="PPP")
class CompressedProtocolField(Message):
    """The same in one octet, whose lowest bit is set."""

    protocol: int = uint(8, "Protocol", filter="protocol", enum=PppProtocol)


@declare(PPP_FRAMES, 4, "ppp", ref="LINKTYPE_PPP_PPPD", label="pppd's framing")
class DirectionFrame(Message):
    """Direction 0 in, 1 out, where HDLC has its address."""

    direction: int = uint(8, "Direction", filter="direction")
    control: int = uint(8, "Control", filter="control")


@declare(PPP_FRAMES, 5, "chdlc", ref="RFC 1547 4.3.1", label="Cisco HDLC")
class CiscoFrame(Message):
    """Address 0x0f or 0x8f, then an EtherType."""

    address: int = uint(8, "Address", filter="address")
    control: int = uint(8, "Control", filter="control")
    protocol: int = uint(16, "Protocol", filter="protocol")


@declare(LCP_PACKETS, PppCode.CONFIGURE_REQUEST, "ppp", ref="RFC 1661 5.1 to 5.4", label="LCP")
class LcpConfigure(Message):
    """Configure-Request, -Ack, -Nak or -Reject."""

    code: int = uint(8, "Code", filter="code", enum=PppCode)
    identifier: int = uint(8, "Identifier", filter="identifier")
    length = own_length(16)
    options: Options = option_list(LCP_OPTIONS)


@declare(LCP_PACKETS, PppCode.TERMINATE_REQUEST, "ppp", ref="RFC 1661 5.5, 5.6", label="PPP")
class PppData(Message):
    """Terminate-Request, -Ack or Code-Reject, and any packet of a code that nobody declared."""

    code: int = uint(8, "Code", filter="code", enum=PppCode)
    identifier: int = uint(8, "Identifier", filter="identifier")
    length = own_length(16)
    data: bytes = octets("Data", filter="data")


@declare(LCP_PACKETS, PppCode.PROTOCOL_REJECT, "ppp", ref="RFC 1661 5.7", label="LCP")
class ProtocolReject(Message):
    """The peer does not know a protocol, and the packet that it got."""

    code: int = uint(8, "Code", filter="code", enum=PppCode)
    identifier: int = uint(8, "Identifier", filter="identifier")
    length = own_length(16)
    protocol: int = uint(16, "Rejected Protocol", filter="lcp.rej_proto", enum=PppProtocol)
    information: bytes = octets("Rejected Information", filter="netmip6.lcp.rejected")


@declare(LCP_PACKETS, PppCode.ECHO_REQUEST, "ppp", ref="RFC 1661 5.8, 5.9", label="LCP")
class LcpEcho(Message):
    """Echo-Request, Echo-Reply or Discard-Request."""

    code: int = uint(8, "Code", filter="code", enum=PppCode)
    identifier: int = uint(8, "Identifier", filter="identifier")
    length = own_length(16)
    magic: int = uint(32, "Magic-Number", filter="lcp.magic_number")
    data: bytes = octets("Data", filter="lcp.data")


@declare(LCP_PACKETS, PppCode.IDENTIFICATION, "ppp", ref="RFC 1570 2.1", label="LCP")
class LcpIdentification(Message):
    """The sender names itself."""

    code: int = uint(8, "Code", filter="code", enum=PppCode)
    identifier: int = uint(8, "Identifier", filter="identifier")
    length = own_length(16)
    magic: int = uint(32, "Magic-Number", filter="lcp.magic_number")
    message: bytes = text("Message", filter="lcp.message")


@declare(LCP_PACKETS, PppCode.TIME_REMAINING, "ppp", ref="RFC 1570 2.2", label="LCP")
class LcpTimeRemaining(Message):
    """How long the session may still last."""

    code: int = uint(8, "Code", filter="code", enum=PppCode)
    identifier: int = uint(8, "Identifier", filter="identifier")
    length = own_length(16)
    magic: int = uint(32, "Magic-Number", filter="lcp.magic_number")
    remaining: int = uint(32, "Seconds Remaining", filter="lcp.secs_remaining", unit="s")
    message: bytes = text("Message", filter="lcp.message")


LCP_PACKETS.also(
    LcpConfigure, PppCode.CONFIGURE_ACK, PppCode.CONFIGURE_NAK, PppCode.CONFIGURE_REJECT
)
LCP_PACKETS.also(PppData, PppCode.TERMINATE_ACK, PppCode.CODE_REJECT)
LCP_PACKETS.also(LcpEcho, PppCode.ECHO_REPLY, PppCode.DISCARD_REQUEST)


@declare(LCP_OPTIONS, 1, "lcp.opt", ref="RFC 1661 6.1", label="Maximum-Receive-Unit")
class MaximumReceiveUnit(Message):
    """The largest packet that the sender takes."""

    mru: int = uint(16, "Maximum-Receive-Unit", filter="mru", unit="octets")


@declare(LCP_OPTIONS, 2, "lcp.opt", ref="RFC 1662 7.1", label="Async-Control-Character-Map")
class AsyncControlCharacterMap(Message):
    """Which control characters must be escaped."""

    map: int = uint(32, "Async-Control-Character-Map", filter="asyncmap")


@declare(LCP_OPTIONS, 3, "lcp.opt", ref="RFC 1661 6.2", label="Authentication-Protocol")
class AuthenticationProtocol(Message):
    """How the peer shall authenticate itself; with CHAP, data is the algorithm (5: MD5)."""

    protocol: int = uint(16, "Authentication-Protocol", filter="auth_protocol", enum=PppProtocol)
    data: bytes = octets("Data", filter="data")


@declare(LCP_OPTIONS, 4, "lcp.opt", ref="RFC 1661 6.3", label="Quality-Protocol")
class QualityProtocol(Message):
    """How the link's quality is watched."""

    protocol: int = uint(16, "Quality-Protocol", filter="quality_protocol")
    data: bytes = octets("Data", filter="data")


@declare(LCP_OPTIONS, 5, "lcp.opt", ref="RFC 1661 6.4", label="Magic-Number")
class MagicNumber(Message):
    """Tells a looped-back link."""

    magic: int = uint(32, "Magic-Number", filter="magic_number")


@declare(LCP_OPTIONS, 7, "netmip6.lcp.pfc", ref="RFC 1661 6.5", label="Protocol-Field-Compression")
class ProtocolFieldCompression(Message):
    """The protocol field may have one octet."""


@declare(
    LCP_OPTIONS,
    8,
    "netmip6.lcp.acfc",
    ref="RFC 1661 6.6",
    label="Address-and-Control-Field-Compression",
)
class AddressAndControlFieldCompression(Message):
    """Address and control may be left out."""


@declare(LCP_OPTIONS, 17, "lcp.opt", ref="RFC 1990 5.1.1", label="Multilink MRRU")
class MultilinkMrru(Message):
    """The largest packet that the sender puts together of several links."""

    mrru: int = uint(16, "MRRU", filter="mrru", unit="octets")


@declare(LCP_OPTIONS, 19, "lcp.opt", ref="RFC 1990 5.1.3", label="Endpoint Discriminator")
class EndpointDiscriminator(Message):
    """Which system a link of a bundle leads to."""

    discriminator_class: int = uint(8, "Class", filter="ep_disc_class")
    address: bytes = octets("Address", filter="netmip6.lcp.endpoint_address")


LCP_OPTIONS.names = {
    9: "FCS-Alternatives",
    10: "Self-Describing-Padding",
    11: "Numbered-Mode",
    13: "Callback",
    15: "Compound-Frames",
    18: "Short-Sequence-Number-Header-Format",
    20: "Proprietary",
    21: "DCE-Identifier",
    22: "Multi-Link-Plus-Procedure",
    23: "Link Discriminator for BACP",
    24: "LCP-Authentication-Option",
    25: "Consistent Overhead Byte Stuffing",
    26: "Prefix elision",
    27: "Multilink header format",
    28: "Internationalization",
    29: "Simple Data Link on SONET/SDH",
}


@declare(IPCP_PACKETS, PppCode.CONFIGURE_REQUEST, "ppp", ref="RFC 1332 2", label="IPCP")
class IpcpConfigure(Message):
    """Configure-Request, -Ack, -Nak or -Reject of IPv4's parameters."""

    code: int = uint(8, "Code", filter="code", enum=PppCode)
    identifier: int = uint(8, "Identifier", filter="identifier")
    length = own_length(16)
    options: Options = option_list(IPCP_OPTIONS)


@declare(IPCP_OPTIONS, 1, "ipcp.opt", ref="RFC 1332 3.1", label="IP-Addresses")
class IpAddresses(Message):
    """Both ends' addresses (deprecated)."""

    source: IPv4Address = ipv4_address("Source IP address", filter="src_address")
    destination: IPv4Address = ipv4_address("Destination IP address", filter="dst_address")


@declare(IPCP_OPTIONS, 2, "ipcp.opt", ref="RFC 1332 3.2", label="IP-Compression-Protocol")
class IpCompressionProtocol(Message):
    """How headers are compressed."""

    protocol: int = uint(16, "IP-Compression-Protocol", filter="compress_proto")
    data: bytes = octets("Data", filter="netmip6.ipcp.compression_data")


@declare(IPCP_OPTIONS, 3, "ipcp.opt", ref="RFC 1332 3.3", label="IP-Address")
class IpAddress(Message):
    """The sender's address; 0.0.0.0 asks the peer for one."""

    address: IPv4Address = ipv4_address("IP-Address", filter="ip_address")


@declare(IPCP_OPTIONS, 4, "ipcp.opt", ref="RFC 2290 2", label="Mobile-IPv4")
class MobileIpv4(Message):
    """The mobile node's home address; 0.0.0.0 asks for one."""

    address: IPv4Address = ipv4_address(
        "Mobile Node's Home Address", filter="mobilenodehomeaddress"
    )


@declare(IPCP_OPTIONS, 129, "ipcp.opt", ref="RFC 1877 1.1", label="Primary DNS Server Address")
class PrimaryDns(Message):
    """0.0.0.0 asks the peer for one."""

    address: IPv4Address = ipv4_address("Primary DNS Address", filter="pri_dns_address")


@declare(IPCP_OPTIONS, 130, "ipcp.opt", ref="RFC 1877 1.2", label="Primary NBNS Server Address")
class PrimaryNbns(Message):
    """0.0.0.0 asks the peer for one."""

    address: IPv4Address = ipv4_address("Primary NBNS Address", filter="pri_nbns_address")


@declare(IPCP_OPTIONS, 131, "ipcp.opt", ref="RFC 1877 1.3", label="Secondary DNS Server Address")
class SecondaryDns(Message):
    """0.0.0.0 asks the peer for one."""

    address: IPv4Address = ipv4_address("Secondary DNS Address", filter="sec_dns_address")


@declare(IPCP_OPTIONS, 132, "ipcp.opt", ref="RFC 1877 1.4", label="Secondary NBNS Server Address")
class SecondaryNbns(Message):
    """0.0.0.0 asks the peer for one."""

    address: IPv4Address = ipv4_address("Secondary NBNS Address", filter="sec_nbns_address")


@declare(IPV6CP_PACKETS, PppCode.CONFIGURE_REQUEST, "ppp", ref="RFC 2472 3", label="IPV6CP")
class Ipv6cpConfigure(Message):
    """Configure-Request, -Ack, -Nak or -Reject of IPv6's parameters."""

    code: int = uint(8, "Code", filter="code", enum=PppCode)
    identifier: int = uint(8, "Identifier", filter="identifier")
    length = own_length(16)
    options: Options = option_list(IPV6CP_OPTIONS)


@declare(IPV6CP_OPTIONS, 1, "ipv6cp", ref="RFC 2472 4.1", label="Interface-Identifier")
class InterfaceIdentifier(Message):
    """The lower half of the sender's addresses; zero asks the peer for one."""

    identifier: bytes = link_address(
        "Interface-Identifier", filter="interface_identifier", width=64
    )


@declare(
    IPV6CP_OPTIONS,
    2,
    "netmip6.ipv6cp.compression",
    ref="RFC 2472 4.2",
    label="IPv6-Compression-Protocol",
)
class Ipv6CompressionProtocol(Message):
    """How headers are compressed."""

    protocol: int = uint(16, "IPv6-Compression-Protocol", filter="protocol")
    data: bytes = octets("Data", filter="data")


for _packets, _configure in ((IPCP_PACKETS, IpcpConfigure), (IPV6CP_PACKETS, Ipv6cpConfigure)):
    _packets.also(
        _configure, PppCode.CONFIGURE_ACK, PppCode.CONFIGURE_NAK, PppCode.CONFIGURE_REJECT
    )
    _packets.also(PppData, PppCode.TERMINATE_REQUEST, PppCode.TERMINATE_ACK, PppCode.CODE_REJECT)
for _packets in (LCP_PACKETS, IPCP_PACKETS, IPV6CP_PACKETS):
    _packets.other = lambda _: PppData
