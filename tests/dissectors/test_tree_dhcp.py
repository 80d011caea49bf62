"""DHCPv6 and DHCPv4 in the object lane."""

from __future__ import annotations

import struct

import pytest

from dissectors.node import Node
from tests import wire
from tests.dissectors.test_tree import names, nodes, reasons, shown, texts
from tests.dissectors.test_vectors_dhcpv4 import HEAD
from tests.dissectors.test_vectors_dhcpv4 import VECTORS as VECTORS4
from tests.dissectors.test_vectors_dhcpv6 import A_HEX, HOME_HEX, VECTORS, nested

CLIENT, SERVER = "fe80::2", "ff02::1:2"
WIRE = {name: bytes.fromhex(octets) for name, octets, _ in VECTORS}


def dhcpv6(payload: bytes) -> Node:
    return shown(wire.ipv6(CLIENT, SERVER, 17, wire.udp(CLIENT, SERVER, 546, 547, payload)))


@pytest.mark.parametrize("name", WIRE)
def test_vectors_have_no_anomaly(name: str) -> None:
    tree = dhcpv6(WIRE[name])
    assert names(tree) == ["raw", "ipv6", "udp", "dhcpv6"]
    assert reasons(tree) == []
    assert [n for n in nodes(tree) if n.name in ("rest", "trailer")] == []


def test_a_reply_reads_well() -> None:
    tree = dhcpv6(WIRE["Reply: DUID-LLT, an address with a status, preference, DNS"])
    found = texts(tree)
    assert tree.children[3].text == "reply (7)"
    assert found["dhcpv6.iaaddr.ip"] == "2001:db8::a"
    assert found["dhcpv6.iaaddr.valid_lifetime"] == "7200 s"
    assert found["dhcpv6.status_code"] == "success (0)"
    assert found["dhcpv6.dns_server"] == "2001:db8::a"
    # RFC 3315 9.2: seconds since midnight UTC of January 1, 2000.
    assert found["dhcpv6.duidllt.time"] == "2000-01-01 00:00:01.000000 UTC"
    association = tree.children[3].children[3]
    assert (association.label, association.text) == (
        "IA for Non-temporary Addresses",
        "2001:db8::a",
    )


def test_relayed_messages_stand_inside() -> None:
    tree = dhcpv6(WIRE["Relay-forward with a Solicit, twice relayed"])
    types = [node.text for node in nodes(tree) if node.filter == "dhcpv6.msgtype"]
    assert types == ["relay forward (12)", "relay forward (12)", "solicit (1)"]


def test_home_information_is_named() -> None:
    found = texts(dhcpv6(WIRE["home information (RFC 6610): visited, named and any network"]))
    assert found["netmip6.dhcpv6.home_network_identifier.name"] == "home.example.net"
    assert found["netmip6.dhcpv6.home_network_prefix.prefix"] == "2001:db8::"
    assert found["netmip6.dhcpv6.home_agent_address.address"] == "2001:db8::a"
    assert found["netmip6.dhcpv6.home_agent_fqdn.name"] == "home.example.net"


def test_keys_are_masked() -> None:
    tree = dhcpv6(WIRE["authentication, unicast, reconfiguration"])
    assert texts(tree)["dhcpv6.auth.info"] == "(masked)"


def test_options_that_nobody_declared_are_named() -> None:
    tree = dhcpv6(WIRE["options and DUIDs that nobody declared"])
    labels = [node.label for node in nodes(tree) if node.name == "option"]
    assert labels == ["Client Identifier", "DUID type 9", "SOL_MAX_RT", "DHCPv6 option 65535"]
    asked = dhcpv6(bytes.fromhex("01 010203 0006 0004 0052 0017"))
    wanted = [node.text for node in nodes(asked) if node.name == "requested"]
    assert wanted == ["SOL_MAX_RT (82)", "DNS Recursive Name Server (23)"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("0003 000c 0000", "DHCPv6 option 3 needs 16 octets, 6 are there"),
        ("0005 0004 00000001", "IA Address needs 24 octets, 4 are there"),
        (f"0017 0012 {A_HEX} 0000", "DNS server: 2 octets are left over"),
        ("000e 0001 00", "1 octets stand behind the last field"),
        ("0003", "DHCPv6 option needs 4 octets, 2 are there"),
    ],
)
def test_what_is_malformed_is_told(options: str, reason: str) -> None:
    assert reasons(dhcpv6(bytes.fromhex("07010203" + options))) == [reason]


def test_names_that_are_none_are_shown_raw() -> None:
    for wrong in ("3f61", "c00c", "ff" + HOME_HEX):
        octets = bytes.fromhex(wrong)
        tree = dhcpv6(bytes.fromhex("07010203 0018") + len(octets).to_bytes(2, "big") + octets)
        assert texts(tree)["dhcpv6.search_list_entry"] == octets.hex()


def test_nesting_is_bounded() -> None:
    tree = dhcpv6(nested(2000))
    assert reasons(tree) == ["options are nested deeper than 16, not followed"]
    assert sum(1 for _ in nodes(tree)) < 150


def test_cut_messages_are_cut_and_not_malformed() -> None:
    for octets in WIRE.values():
        frame = wire.ipv6(CLIENT, SERVER, 17, wire.udp(CLIENT, SERVER, 546, 547, octets))
        for kept in range(len(frame)):
            tree = shown(frame[:kept], 101, len(frame))
            assert reasons(tree)
            assert all("cut by the snap length" in reason for reason in reasons(tree)), kept


WIRE4 = {name: bytes.fromhex(octets) for name, octets, _ in VECTORS4}
HEAD4 = bytes.fromhex(HEAD)


def dhcpv4(payload: bytes, checksum: int = 0) -> Node:
    datagram = struct.pack("!HHHH", 68, 67, 8 + len(payload), checksum) + payload
    return shown(wire.ipv4("0.0.0.0", "255.255.255.255", 17, datagram))


@pytest.mark.parametrize("name", [name for name in WIRE4 if "names" not in name])
def test_dhcpv4_vectors_have_no_anomaly(name: str) -> None:
    tree = dhcpv4(WIRE4[name])
    assert names(tree) == ["raw", "ipv4", "udp", "dhcp"]
    assert reasons(tree) == []


def test_an_ack_reads_well() -> None:
    tree = dhcpv4(WIRE4["Ack"])
    found = texts(tree)
    assert tree.children[3].text == "ack (5)"
    assert found["dhcp.option.ip_address_lease_time"] == "3600 s"
    assert found["dhcp.option.router"] == "10.0.0.1"
    assert found["netmip6.dhcp.hw.addr"].startswith("02:11:22:33:44:55:00")
    request = texts(dhcpv4(WIRE4["Request through a relay agent"]))
    assert request["dhcp.option.agent_information_option.link_selection"] == "10.0.0.0"
    assert request["dhcp.option.mobile_ip_home_agent"] == "10.0.0.1"


def test_tokens_are_masked() -> None:
    found = texts(dhcpv4(b"".join(octets for name, octets in WIRE4.items() if "Nak" in name)))
    assert found["dhcp.option.dhcp_authentication.information"] == "(masked)"


def test_options_go_on_in_file_and_server_name() -> None:
    # RFC 2132 9.3: 1 is the file, 2 the server name, 3 both.
    sname, file = HEAD4[:44], HEAD4[44 + 64 : 236]
    name_options = bytes.fromhex("33 04 00000e10 ff").ljust(64, b"\0")
    file_options = bytes.fromhex("36 04 0a000001 ff").ljust(128, b"\0")
    assert len(file) == 128
    for value, expected in ((1, ["server_id"]), (2, ["lease"]), (3, ["server_id", "lease"])):
        payload = sname + name_options + file_options + HEAD4[236:]
        payload += bytes((0x34, 1, value, 0x35, 1, 2, 0xFF))
        tree = dhcpv4(payload)
        found = texts(tree)
        seen = [
            name
            for name, field in (
                ("server_id", "dhcp.option.dhcp_server_id"),
                ("lease", "dhcp.option.ip_address_lease_time"),
            )
            if field in found
        ]
        assert seen == expected
        assert reasons(tree) == []


def test_broken_options_in_the_file_field_are_told() -> None:
    payload = HEAD4[:108] + bytes.fromhex("36 ff 0a").ljust(128, b"\0") + HEAD4[236:]
    tree = dhcpv4(payload + bytes.fromhex("34 01 01 ff"))
    assert reasons(tree) == ["DHCPv4 option 54 needs 257 octets, 128 are there"]


def test_bootp_without_options() -> None:
    tree = dhcpv4(HEAD4[:236] + bytes(64))
    assert reasons(tree) == ["there is no magic cookie, the vendor area is not read"]
    assert tree.children[3].text == "BOOTP"


def test_udp_checksums_over_ipv4() -> None:
    payload = WIRE4["Discover"]
    pseudo = wire.ip4("0.0.0.0") + wire.ip4("255.255.255.255") + struct.pack("!HH", 17, 8 + 300)
    head = struct.pack("!HHHH", 68, 67, 8 + 300, 0)
    right = 0xFFFF ^ wire.ones_sum(pseudo + head + payload)
    assert reasons(dhcpv4(payload, right)) == []
    assert reasons(dhcpv4(payload, right ^ 1)) == ["checksum is wrong"]
