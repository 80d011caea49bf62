"""PPP, PAP, CHAP, EAP, EAPOL and PPPoE discovery from their RFCs' figures, octet by octet."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from dissectors import eap, eapol, ppp, ppp_authentication, pppoe
from dissectors.body import parse_first
from dissectors.codec import build, parse
from dissectors.errors import BuildError, ParseError
from dissectors.layout import Message, Unknown
from dissectors.registries import (
    CHAP_PACKETS,
    EAP_PACKETS,
    IPCP_PACKETS,
    IPV6CP_PACKETS,
    LCP_PACKETS,
    PAP_PACKETS,
)

# RFC 1994 4.1: MD5 over identifier 1, the secret "secret" and the challenge 00 … 0f has 16 octets.
DIGEST = bytes(range(16))
INTERFACE = bytes.fromhex("0200 5eff fe10 0001")

VECTORS: list[tuple[str, str, Message]] = [
    ("HDLC-like framing", "ff03", ppp.HdlcFrame(0xFF, 3)),
    ("pppd's framing, outwards", "0103", ppp.DirectionFrame(1, 3)),
    ("protocol", "c021", ppp.ProtocolField(ppp.PppProtocol.LCP)),
    ("protocol in one octet", "57", ppp.CompressedProtocolField(ppp.PppProtocol.IPV6)),
    ("Cisco HDLC", "0f00 86dd", ppp.CiscoFrame(0x0F, 0, 0x86DD)),
    ("PPPoE session", "1100 0017 000e", pppoe.PppoeSession(1, 1, 0, 23, 14)),
    ("a key descriptor of another type", "01 aabb", eapol.OtherKey(1, b"\xaa\xbb")),
    (
        "LCP Configure-Request: MRU 1492, CHAP with MD5, magic number",
        "01 07 0013 0104 05d4 0305 c223 05 0506 01020304",
        ppp.LcpConfigure(
            ppp.PppCode.CONFIGURE_REQUEST,
            7,
            (
                ppp.MaximumReceiveUnit(1492),
                ppp.AuthenticationProtocol(ppp.PppProtocol.CHAP, b"\x05"),
                ppp.MagicNumber(0x01020304),
            ),
        ),
    ),
    (
        "LCP Configure-Ack: PAP, both compressions, character map 0",
        "02 01 0012 0304 c023 0702 0802 0206 00000000",
        ppp.LcpConfigure(
            ppp.PppCode.CONFIGURE_ACK,
            1,
            (
                ppp.AuthenticationProtocol(ppp.PppProtocol.PAP),
                ppp.ProtocolFieldCompression(),
                ppp.AddressAndControlFieldCompression(),
                ppp.AsyncControlCharacterMap(0),
            ),
        ),
    ),
    (
        "LCP Configure-Nak: link quality reports every 0x64, EAP",
        "03 02 0010 0408 c025 00000064 0304 c227",
        ppp.LcpConfigure(
            ppp.PppCode.CONFIGURE_NAK,
            2,
            (
                ppp.QualityProtocol(0xC025, b"\0\0\0\x64"),
                ppp.AuthenticationProtocol(ppp.PppProtocol.EAP),
            ),
        ),
    ),
    (
        "LCP Configure-Reject: multilink, and an option without a name",
        "04 03 0014 1104 05dc 1309 03 021122334455 6303 aa",
        ppp.LcpConfigure(
            ppp.PppCode.CONFIGURE_REJECT,
            3,
            (
                ppp.MultilinkMrru(1500),
                ppp.EndpointDiscriminator(3, bytes.fromhex("021122334455")),
                Unknown(99, b"\xaa"),
            ),
        ),
    ),
    (
        "LCP Terminate-Request",
        "05 04 0007 627965",
        ppp.PppData(ppp.PppCode.TERMINATE_REQUEST, 4, b"bye"),
    ),
    ("LCP Terminate-Ack", "06 04 0004", ppp.PppData(ppp.PppCode.TERMINATE_ACK, 4)),
    (
        "LCP Code-Reject of code 99",
        "07 05 0008 63 01 0004",
        ppp.PppData(ppp.PppCode.CODE_REJECT, 5, bytes.fromhex("63010004")),
    ),
    (
        "LCP Protocol-Reject of IPV6CP",
        "08 06 000a 8057 01010004",
        ppp.ProtocolReject(
            ppp.PppCode.PROTOCOL_REJECT, 6, ppp.PppProtocol.IPV6CP, bytes.fromhex("01010004")
        ),
    ),
    (
        "LCP Echo-Request",
        "09 6a 000c a4cbea34 0ee2f609",
        ppp.LcpEcho(ppp.PppCode.ECHO_REQUEST, 106, 0xA4CBEA34, bytes.fromhex("0ee2f609")),
    ),
    ("LCP Echo-Reply", "0a 6a 0008 00000001", ppp.LcpEcho(ppp.PppCode.ECHO_REPLY, 106, 1)),
    ("LCP Discard-Request", "0b 00 0008 00000001", ppp.LcpEcho(ppp.PppCode.DISCARD_REQUEST, 0, 1)),
    (
        "LCP Identification",
        "0c 01 000a 00000001 6131",
        ppp.LcpIdentification(ppp.PppCode.IDENTIFICATION, 1, 1, b"a1"),
    ),
    (
        "LCP Time-Remaining",
        "0d 01 000c 00000001 0000003c",
        ppp.LcpTimeRemaining(ppp.PppCode.TIME_REMAINING, 1, 1, 60),
    ),
    (
        "IPCP Configure-Request for any address, Van Jacobson compression, DNS",
        "01 01 0022 0306 00000000 0206 002d 0f01 8106 00000000 8306 00000000 0406 00000000",
        ppp.IpcpConfigure(
            ppp.PppCode.CONFIGURE_REQUEST,
            1,
            (
                ppp.IpAddress(),
                ppp.IpCompressionProtocol(0x002D, b"\x0f\x01"),
                ppp.PrimaryDns(),
                ppp.SecondaryDns(),
                ppp.MobileIpv4(),
            ),
        ),
    ),
    (
        "IPCP Configure-Nak with the home address",
        "03 01 0016 0306 0a000001 8206 0a000002 8406 0a000003",
        ppp.IpcpConfigure(
            ppp.PppCode.CONFIGURE_NAK,
            1,
            (
                ppp.IpAddress(IPv4Address("10.0.0.1")),
                ppp.PrimaryNbns(IPv4Address("10.0.0.2")),
                ppp.SecondaryNbns(IPv4Address("10.0.0.3")),
            ),
        ),
    ),
    (
        "IPCP with the deprecated addresses",
        "01 01 000e 010a 0a000001 0a000002",
        ppp.IpcpConfigure(
            ppp.PppCode.CONFIGURE_REQUEST,
            1,
            (ppp.IpAddresses(IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")),),
        ),
    ),
    (
        "IPV6CP Configure-Request",
        "01 01 0012 010a 02005efffe100001 0204 004f",
        ppp.Ipv6cpConfigure(
            ppp.PppCode.CONFIGURE_REQUEST,
            1,
            (ppp.InterfaceIdentifier(INTERFACE), ppp.Ipv6CompressionProtocol(0x004F)),
        ),
    ),
    (
        "PAP Authenticate-Request",
        "01 01 0010 05 616c696365 05 776f6e6421",
        ppp_authentication.PapRequest(
            ppp_authentication.PapCode.AUTHENTICATE_REQUEST,
            1,
            (
                ppp_authentication.PapPeerId(b"alice"),
                ppp_authentication.PapPassword(b"wond!"),
            ),
        ),
    ),
    (
        "PAP Authenticate-Nak",
        "03 01 0007 02 6e6f",
        ppp_authentication.PapResult(ppp_authentication.PapCode.AUTHENTICATE_NAK, 1, b"no"),
    ),
    (
        "CHAP Challenge",
        f"01 01 001a 10 {DIGEST.hex()} 7361722e31",
        ppp_authentication.ChapValue(
            ppp_authentication.ChapCode.CHALLENGE,
            1,
            (ppp_authentication.ChapDigest(DIGEST), ppp_authentication.ChapName(b"sar.1")),
        ),
    ),
    (
        "CHAP Success",
        "03 01 0006 6f6b",
        ppp_authentication.ChapResult(ppp_authentication.ChapCode.SUCCESS, 1, b"ok"),
    ),
    (
        "EAP-Request/Identity",
        "01 01 0005 01",
        eap.EapExchange(eap.EapCode.REQUEST, 1, (eap.EapIdentity(),)),
    ),
    (
        "EAP-Response/Identity",
        "02 01 0016 01 616c696365406578616d706c652e6e6574",
        eap.EapExchange(eap.EapCode.RESPONSE, 1, (eap.EapIdentity(b"alice@example.net"),)),
    ),
    (
        "EAP-Request/Notification",
        "01 02 0007 02 6869",
        eap.EapExchange(eap.EapCode.REQUEST, 2, (eap.EapNotification(b"hi"),)),
    ),
    (
        "EAP-Response/Nak: EAP-AKA or EAP-SIM",
        "02 03 0007 03 17 12",
        eap.EapExchange(eap.EapCode.RESPONSE, 3, (eap.EapNak((23, 18)),)),
    ),
    (
        "EAP-Request/MD5-Challenge",
        f"01 04 001b 04 10 {DIGEST.hex()} 7361722e31",
        eap.EapExchange(
            eap.EapCode.REQUEST,
            4,
            (eap.EapMd5Challenge((eap.EapMd5Value(DIGEST), eap.EapMd5Name(b"sar.1"))),),
        ),
    ),
    (
        "EAP-Response/GTC",
        "02 05 0008 06 313233",
        eap.EapExchange(eap.EapCode.RESPONSE, 5, (eap.EapGenericTokenCard(b"123"),)),
    ),
    (
        "EAP-Response/OTP",
        "02 05 0008 05 313233",
        eap.EapExchange(eap.EapCode.RESPONSE, 5, (eap.EapOneTimePassword(b"123"),)),
    ),
    (
        "EAP-Request of the Wi-Fi Alliance's expanded type 1",
        "01 06 000e fe 00372a 00000001 0100",
        eap.EapExchange(eap.EapCode.REQUEST, 6, (eap.EapExpanded(0x372A, 1, b"\x01\0"),)),
    ),
    (
        "EAP-Request of a type that nobody declared",
        "01 06 0006 0d 20",
        eap.EapExchange(eap.EapCode.REQUEST, 6, (Unknown(13, b"\x20"),)),
    ),
    ("EAP-Success", "03 04 0004", eap.EapResult(eap.EapCode.SUCCESS, 4)),
    ("EAP-Failure", "04 04 0004", eap.EapResult(eap.EapCode.FAILURE, 4)),
    (
        "EAP-Finish",
        "06 05 0006 0100",
        eap.EapOther(eap.EapCode.FINISH, 5, b"\x01\0"),
    ),
    ("EAPOL-Start", "01 01 0000", eapol.Eapol(1, eapol.EapolType.START)),
    (
        "EAPOL with EAP-Success",
        "02 00 0004 03040004",
        eapol.Eapol(2, eapol.EapolType.EAP_PACKET, bytes.fromhex("03040004")),
    ),
    (
        "EAPOL-Key: first message of the four-way handshake",
        f"02 008a 0010 0000000000000001 {'5a' * 32} {'00' * 48} 0002 dd00",
        eapol.RsnKey(
            descriptor=2,
            ack=True,
            pairwise=True,
            version=2,
            key_length=16,
            replay_counter=1,
            nonce=b"\x5a" * 32,
            data=b"\xdd\0",
        ),
    ),
    (
        "PADI (RFC 2516 Appendix B)",
        "11 09 0000 0004 0101 0000",
        pppoe.PppoeDiscovery(1, 1, pppoe.PppoeCode.PADI, 0, (pppoe.ServiceName(),)),
    ),
    (
        "PADO (RFC 2516 Appendix B): service name and AC name",
        "11 07 0000 0020 0101 0000 0102 0018476f20526564426163 6b202d2065736873686573686f6f74",
        pppoe.PppoeDiscovery(
            1,
            1,
            pppoe.PppoeCode.PADO,
            0,
            (pppoe.ServiceName(), pppoe.AcName(b"Go RedBack - eshsheshoot")),
        ),
    ),
    (
        "PADS with marks, a refusal and the end",
        (
            "11 65 0000 0033 0103 0002 aabb 0104 0002 ccdd 0105 0005 0000000901 0110 0001 07"
            "0120 0002 05dc 0201 0001 61 0202 0001 62 0203 0001 63 0000 0000"
        ),
        pppoe.PppoeDiscovery(
            1,
            1,
            pppoe.PppoeCode.PADS,
            0,
            (
                pppoe.HostUniq(b"\xaa\xbb"),
                pppoe.AcCookie(b"\xcc\xdd"),
                pppoe.VendorTag(9, b"\x01"),
                pppoe.RelaySessionId(b"\x07"),
                pppoe.PppMaxPayload(b"\x05\xdc"),
                pppoe.ServiceNameError(b"a"),
                pppoe.AcSystemError(b"b"),
                pppoe.GenericError(b"c"),
                pppoe.EndOfList(),
            ),
        ),
    ),
]


@pytest.mark.parametrize(("name", "wire", "message"), VECTORS, ids=[v[0] for v in VECTORS])
def test_vector_both_ways(name: str, wire: str, message: Message) -> None:
    octets = bytes.fromhex(wire)
    assert build(message).hex(" ") == octets.hex(" ")
    assert parse(type(message), octets) == (message, ())


@pytest.mark.parametrize(
    ("registry", "octets", "kind"),
    [
        (LCP_PACKETS, "0a 01 0008 00000001", ppp.LcpEcho),
        (IPCP_PACKETS, "07 01 0004", ppp.PppData),
        (IPV6CP_PACKETS, "04 01 0004", ppp.Ipv6cpConfigure),
        (PAP_PACKETS, "02 01 0005 00", ppp_authentication.PapResult),
        (CHAP_PACKETS, "04 01 0004", ppp_authentication.ChapResult),
        (EAP_PACKETS, "05 01 0004", eap.EapOther),
        (IPCP_PACKETS, "09 01 0004", Unknown),
    ],
)
def test_the_first_octet_tells_the_message(registry, octets: str, kind: type[Message]) -> None:
    data = bytes.fromhex(octets)
    message, anomalies = parse_first(registry, data)
    assert type(message) is kind
    assert anomalies == ()
    assert build(message) == data


@pytest.mark.parametrize(
    ("message", "octets", "reason"),
    [
        (ppp.LcpConfigure, "01 01 0003", "its length is below 4 octets"),
        (ppp.LcpConfigure, "01 01 0008 0104", "LCP needs 8 octets, 6 are there"),
        (ppp.LcpConfigure, "01 01 0006 0100", "LCP option 1 has length 0"),
        (ppp.LcpConfigure, "01 01 0006 0101", "LCP option 1 has length 1"),
        (ppp.LcpConfigure, "01 01 0007 010405", "LCP option 1 needs 4 octets, 3 are there"),
        (ppp.LcpConfigure, "01 01 0007 010305", "Maximum-Receive-Unit needs 2 octets, 1"),
        (ppp_authentication.PapRequest, "01 01 0006 0561", "PAP field 1 needs 6 octets"),
        (ppp_authentication.PapResult, "02 01 0006 0261", "its inner length runs out"),
        (eap.EapExchange, "01 01 0008 04 05 0102", "EAP-MD5 field 1 needs 6 octets, 3 are"),
        (eap.EapExchange, "01 01 0007 fe 0102", "Expanded Type needs 7 octets, 2 are there"),
        (pppoe.PppoeDiscovery, "1109 0000 0004 0101 0001", "PPPoE tag 257 needs 5 octets"),
    ],
)
def test_broken_packets(message: type[Message], octets: str, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        parse(message, bytes.fromhex(octets))


def test_octets_behind_the_length_are_told() -> None:
    message, anomalies = parse(eap.EapResult, bytes.fromhex("03040004 0000"))
    assert message == eap.EapResult(3, 4)
    assert [a.reason for a in anomalies] == ["2 octets stand behind the message"]
    assert anomalies[0].offset == 4


@pytest.mark.parametrize(
    "message",
    [
        eap.EapExchange(1, 1, (eap.EapIdentity(), eap.EapIdentity())),
        eap.EapNak((256,)),
        eap.EapNak([1]),  # type: ignore[arg-type]
        ppp_authentication.PapRequest(1, 1, (ppp_authentication.PapPassword(b"x"),)),
        ppp_authentication.PapResult(2, 1, bytes(256)),
        ppp.LcpConfigure(1, 1, (Unknown(9, bytes(254)),)),
        ppp.LcpConfigure(1, 1, (ppp.IpAddress(),)),
        ppp.PppData(5, 1, bytes(65532)),
    ],
)
def test_what_cannot_be_written_is_our_error(message: Message) -> None:
    with pytest.raises(BuildError):
        build(message)
