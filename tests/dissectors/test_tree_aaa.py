"""RADIUS and Diameter in the object lane."""

from __future__ import annotations

import struct

import pytest

from dissectors.diameter import Diameter
from dissectors.node import Node
from tests import wire
from tests.dissectors.test_tree import names, nodes, reasons, shown, texts
from tests.dissectors.test_vectors_diameter import VECTORS as DIAMETER_VECTORS
from tests.dissectors.test_vectors_radius import VECTORS, packet

NAS, SERVER = "2001:db8::2", "2001:db8::3"
WIRE = {name: bytes.fromhex(octets) for name, octets, _ in VECTORS}
ACCEPT = packet("").replace(" ", "")


def radius(payload: bytes, ports: tuple[int, int] = (1024, 1812)) -> Node:
    return shown(wire.ipv6(NAS, SERVER, 17, wire.udp(NAS, SERVER, *ports, payload)))


@pytest.mark.parametrize("name", WIRE)
def test_vectors_have_no_anomaly(name: str) -> None:
    tree = radius(WIRE[name])
    assert names(tree) == ["raw", "ipv6", "udp", "radius"]
    assert reasons(tree) == []


def test_attributes_read_well() -> None:
    tree = radius(WIRE["RFC 2865 7.1, request"])
    found = texts(tree)
    assert tree.children[3].text == "access request (1)"
    assert found["radius.User_Name"] == "nemo"
    assert found["radius.NAS_IP_Address"] == "192.168.1.16"
    mobility = texts(radius(WIRE["mobility (RFC 6572)"]))
    assert mobility["radius.PMIP6_Home_HN_Prefix"] == "2001:db8:0:1::"
    assert mobility["radius.Mobile_Node_Identifier"] == "a@b"
    assert texts(radius(WIRE["mobility (RFC 5447)"]))["netmip6.radius.MIP6_Home_Link_Prefix"] == (
        "2001:db8::"
    )


def test_keys_and_passwords_are_masked() -> None:
    for name, filters in {
        "RFC 2865 7.1, request": ["radius.User_Password_encrypted"],
        "RFC 2865 7.2, request with CHAP": ["radius.CHAP_Password"],
        "tunnels (RFC 2868)": ["radius.Tunnel_Password_encrypted"],
        "3GPP2 (vendor 5535): home agent, SPI, key": ["radius.3GPP2_MN_HA_Shared_Key"],
        "WiMAX (vendor 24757): a continuation octet before each value": [
            "radius.WiMAX_MN_hHA_MIP6_Key"
        ],
        "Microsoft (RFC 2548): keys": ["radius.MS_MPPE_Send_Key", "radius.MS_MPPE_Recv_Key"],
    }.items():
        tree = radius(WIRE[name])
        for node in nodes(tree):
            if node.filter in filters:
                assert (node.value, node.text, node.secret) == (None, "(masked)", True) or (
                    node.name == "option"
                )
        found = texts(tree)
        assert [found[each] for each in filters] == ["(masked)"] * len(filters)


def test_vendors_are_told_apart() -> None:
    found = texts(radius(WIRE["WiMAX (vendor 24757): a continuation octet before each value"]))
    assert found["radius.WiMAX_hHA_IP_MIP6"] == "2001:db8::a"
    assert found["radius.avp.vendor_id"] == "24757"
    found = texts(radius(WIRE["Starent (vendor 8164): types and lengths of two octets"]))
    assert found["netmip6.radius.SN_Proxy_MIPV6"] == "1"
    other = radius(WIRE["another vendor and an attribute without a name"])
    labels = [node.label for node in nodes(other) if node.name == "option"]
    assert labels == ["Vendor-Specific", "Cisco", "RADIUS attribute 252"]


@pytest.mark.parametrize("ports", [(1812, 1024), (60000, 1813), (1645, 1645), (3799, 40000)])
def test_either_port_may_tell(ports: tuple[int, int]) -> None:
    assert names(radius(bytes.fromhex(ACCEPT), ports))[-1] == "radius"


def test_eap_stands_inside() -> None:
    identity = "02 01 0016 01 616c696365406578616d706c652e6e6574"
    one = radius(bytes.fromhex(packet("4f 18" + identity)))
    eap = one.children[3].children[-1]
    assert (eap.name, eap.end - eap.begin) == ("eap", 22)
    assert texts(one)["eap.identity"] == "alice@example.net"
    # RFC 3579 3.1: longer packets are cut up over several attributes.
    long = struct.pack("!BBHB", 2, 1, 5 + 300, 1) + b"a" * 300
    parts = b"".join(bytes((79, 2 + len(part))) + part for part in (long[:253], long[253:]))
    tree = radius(bytes.fromhex(packet(parts.hex())))
    joined = tree.children[3].children[-1]
    assert joined.octets == long
    assert texts(tree)["eap.identity"] == "a" * 300
    assert reasons(tree) == []


def test_what_eap_lacks_is_told() -> None:
    tree = radius(bytes.fromhex(packet("4f 06 02010016")))
    assert reasons(tree) == ["length is 22, 4 octets are there"]


def test_octets_behind_the_length_are_a_trailer() -> None:
    tree = radius(bytes.fromhex(ACCEPT) + b"\0\0")
    assert names(tree) == ["raw", "ipv6", "udp", "radius", "trailer"]
    assert reasons(tree) == []


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("01 01 0018" + "00" * 16, "length is 24, 20 octets are there"),
        ("01 01 0013" + "00" * 16, "length is 19, 20 octets are there"),
        ("01 01 0014" + "00" * 15, "RADIUS needs 20 octets, 19 are there"),
        (packet("04 05 0a0000"), "NAS-IP-Address needs 4 octets, 3 are there"),
        (packet("01 01"), "RADIUS attribute 1 has length 1"),
        (packet("1a 08 0000159f 39 06"), "3GPP2 attribute 57 needs 6 octets, 2 are there"),
    ],
)
def test_what_is_malformed_is_told(payload: str, reason: str) -> None:
    assert reason in reasons(radius(bytes.fromhex(payload)))


def test_cut_packets_are_cut_and_not_malformed() -> None:
    for octets in WIRE.values():
        frame = wire.ipv6(NAS, SERVER, 17, wire.udp(NAS, SERVER, 1024, 1812, octets))
        for kept in range(len(frame)):
            tree = shown(frame[:kept], 101, len(frame))
            assert reasons(tree)
            assert all("cut by the snap length" in reason for reason in reasons(tree)), kept


DIAMETER = {
    name: bytes.fromhex(octets)
    for name, octets, message in DIAMETER_VECTORS
    if isinstance(message, Diameter)
}


def tcp(payload: bytes, port: int = 3868) -> bytes:
    head = struct.pack("!HHIIHHHH", 40000, port, 1, 2, 0x5018, 65535, 0, 0)
    return wire.ipv6(NAS, SERVER, 6, head + payload)


def sctp(payload: bytes, flags: int = 3, protocol: int = 46, port: int = 40001) -> bytes:
    data = struct.pack("!BBHIHHI", 0, flags, 16 + len(payload), 1, 0, 0, protocol) + payload
    data += bytes(-len(data) % 4)
    return wire.ipv6(NAS, SERVER, 132, struct.pack("!HHII", 40000, port, 1, 0) + data)


@pytest.mark.parametrize("name", DIAMETER)
def test_diameter_over_tcp_and_sctp(name: str) -> None:
    over_tcp = shown(tcp(DIAMETER[name]))
    assert names(over_tcp) == ["raw", "ipv6", "tcp", "diameter"]
    assert reasons(over_tcp) == []
    over_sctp = shown(sctp(DIAMETER[name]))
    assert names(over_sctp) == ["raw", "ipv6", "sctp"]
    assert names(over_sctp.children[2])[-1] == "diameter"
    assert reasons(over_sctp) == []
    assert texts(shown(sctp(DIAMETER[name], protocol=0, port=3868)))["diameter.version"] == "1"


def test_grouped_avps_stand_inside() -> None:
    tree = shown(tcp(DIAMETER["MIP6-Agent-Info (RFC 5447 4.2.1) with AVPs inside"]))
    message = tree.children[3]
    assert message.text == "mip6 (325) request"
    info = message.children[-1]
    assert (info.label, info.text) == ("MIP6-Agent-Info", "2001:db8::")
    inside = [child.label for child in info.children if child.name == "option"]
    assert inside == ["MIP-Home-Agent-Address", "MIP-Home-Agent-Host", "MIP6-Home-Link-Prefix"]
    found = texts(tree)
    assert found["diameter.MIP-Home-Agent-Address"] == "2001:db8::a"
    assert found["diameter.Destination-Host"] == "ha."


def test_vendors_avps_are_told_apart() -> None:
    tree = shown(
        tcp(DIAMETER["a vendor's AVP (3GPP, 10415), and one that nobody declared, with P"])
    )
    labels = [node.label for node in nodes(tree) if node.name == "option"]
    assert labels == ["AVP 1 of vendor 10415", "AVP 4095"]
    found = texts(tree)
    assert found["diameter.avp.vendorId"] == "10415"
    assert found["diameter.avp.flags.protected"] == "set"


def test_session_keys_are_masked() -> None:
    found = texts(shown(tcp(DIAMETER["MIP-MN-HA-MSA (RFC 5778 6.13) with its key"])))
    assert found["diameter.MIP-Session-Key"] == "(masked)"
    assert found["diameter.MIP-MN-HA-SPI"] == "256"


def test_messages_behind_each_other_and_what_does_not_fit() -> None:
    one = DIAMETER["answer with an error"]
    two = shown(tcp(one + one))
    assert names(two) == ["raw", "ipv6", "tcp", "diameter", "diameter"]
    assert reasons(two) == []
    long = DIAMETER["MIR (RFC 5778 5.1) with text that is filled up to four octets"]
    assert "length is 60, 40 octets are there" in reasons(shown(tcp(long[:40])))
    assert reasons(shown(tcp(long[40:]))) == ["no Diameter message begins here"]
    parts = shown(sctp(long[:40], flags=2))
    assert reasons(parts) == ["a message in several chunks, which are not put together"]


def test_other_streams_are_data() -> None:
    tree = shown(tcp(DIAMETER["answer with an error"], port=80))
    assert names(tree) == ["raw", "ipv6", "tcp", "data"]
    assert reasons(tree) == []


def test_tcp_headers_that_do_not_fit() -> None:
    head = struct.pack("!HHIIHHHH", 40000, 3868, 1, 2, 0xF018, 65535, 0, 0)
    tree = shown(wire.ipv6(NAS, SERVER, 6, head))
    assert reasons(tree) == ["header length is 60, 20 octets are there"]


def test_cut_messages_of_diameter_are_cut() -> None:
    for octets in DIAMETER.values():
        for frame in (tcp(octets), sctp(octets)):
            for kept in range(len(frame)):
                tree = shown(frame[:kept], 101, len(frame))
                assert reasons(tree)
                assert all("cut by the snap length" in r for r in reasons(tree)), kept
