"""Rows of the messages table for PPP, EAP, DHCP, AAA and Fast Handover messages."""

from __future__ import annotations

import json
import struct
from collections import Counter
from ipaddress import ip_address
from pathlib import Path

import pytest

from dissectors.aside.row import Row
from dissectors.aside.rows import rows
from dissectors.fragments import Fragments
from dissectors.profile import Profile
from tests import wire
from tests.dissectors.test_tree import AR, HA, HOA, every_frame
from tests.dissectors.test_tree_aaa import DIAMETER, sctp, tcp
from tests.dissectors.test_tree_access import pppoe
from tests.dissectors.test_vectors_dhcpv4 import VECTORS as DHCPV4
from tests.dissectors.test_vectors_dhcpv6 import VECTORS as DHCPV6
from tests.dissectors.test_vectors_radius import packet

PROFILE = Profile()
STATION, ROUTER = bytes.fromhex("020000000002"), bytes.fromhex("020000000001")
OURS = ("eap-", "ppp-", "dhcp4-", "dhcp6-", "radius-", "diameter-", "fmip-")


def of(frame: bytes, link_type: int = 101) -> list[Row]:
    return rows(frame, link_type, len(frame), PROFILE)


def one(frame: bytes, link_type: int = 101) -> Row:
    (row,) = of(frame, link_type)
    return row


def udp6(source: int, destination: int, payload: str | bytes) -> bytes:
    octets = bytes.fromhex(payload) if isinstance(payload, str) else payload
    return wire.ipv6(AR, HA, 17, wire.udp(AR, HA, source, destination, octets))


def vector(vectors: list, name: str) -> bytes:
    return bytes.fromhex(next(octets for n, octets, _ in vectors if n == name))


@pytest.mark.parametrize(
    ("payload", "kind", "summary"),
    [
        ("c021 01 07 0004", "ppp-lcp-configure-request", "LCP Configure-Request 7"),
        ("c021 09 07 0008 00000000", "ppp-lcp-echo-request", "LCP Echo-Request 7"),
        ("c021 63 07 0004", "ppp-lcp-code-99", "LCP Code-99 7"),
        ("8021 03 01 000a 0306 0a000001", "ppp-ipcp-configure-nak", "IPCP Configure-Nak 1"),
        ("8021 05 01 0004", "ppp-ipcp-terminate-request", "IPCP Terminate-Request 1"),
        ("8057 02 01 0004", "ppp-ipv6cp-configure-ack", "IPV6CP Configure-Ack 1"),
        ("c023 01 01 0008 0161 0162", "ppp-pap-authenticate-request", "PAP Authenticate-Request 1"),
        ("c023 03 01 0005 00", "ppp-pap-authenticate-nak", "PAP Authenticate-Nak 1"),
        ("c223 01 01 0007 01 aa 61", "ppp-chap-challenge", "CHAP Challenge 1"),
        ("c223 03 01 0004", "ppp-chap-success", "CHAP Success 1"),
        ("c227 01 04 0006 04 00", "eap-request", "EAP Request 4, MD5-Challenge"),
        ("c227 03 04 0004", "eap-success", "EAP Success 4"),
        ("c227 04 04 0004", "eap-failure", "EAP Failure 4"),
    ],
)
def test_kinds_on_a_ppp_link(payload: str, kind: str, summary: str) -> None:
    row = one(pppoe(payload), 1)
    octets = bytes.fromhex(payload)
    assert (row.kind, row.summary) == (kind, summary)
    assert row.identifier == octets[3]
    assert row.length == len(octets) - 2
    assert (row.src, row.dst) == (STATION, ROUTER)
    # RFC 2516 4: the session, 23, is between these two; answers have the same.
    assert row.client == ROUTER + STATION + b"\0\x17"


def test_addresses_and_names_on_a_ppp_link() -> None:
    assert one(pppoe("8021 03 01 000a 0306 0a000001"), 1).hoa == wire.ip4("10.0.0.1")
    assert one(pppoe("8021 01 01 000a 0306 00000000"), 1).hoa is None
    interface = one(pppoe("8057 02 01 000e 010a 02005efffe100001"), 1)
    assert interface.hoa == wire.ip6("fe80::200:5eff:fe10:1")
    assert one(pppoe("c023 01 01 0008 0161 0162"), 1).mn_id == b"a"
    assert one(pppoe("c223 02 01 0007 01 aa 61"), 1).mn_id == b"a"
    assert one(pppoe("c223 01 01 0007 01 aa 61"), 1).mn_id is None
    without_ethernet = one(bytes.fromhex("c223 02 01 0007 01 aa 61"), 9)
    assert (without_ethernet.src, without_ethernet.client) == (None, None)


def test_eap_over_a_lan() -> None:
    identity = bytes.fromhex("02 01 0008 01 614062")
    frame = wire.eth(struct.pack("!BBH", 1, 0, len(identity)) + identity, 0x888E)
    row = one(frame, 1)
    assert (row.kind, row.mn_id, row.identifier) == ("eap-response", b"a@b", 1)
    assert row.summary == "EAP Response 1, Identity"
    assert (row.src, row.client) == (STATION, STATION)
    success = wire.eth(bytes.fromhex("01000004 03010004"), 0x888E)
    assert one(success, 1).client == ROUTER
    group = bytes.fromhex("0180c2000003") + success[6:]
    assert one(group, 1).client is None


def test_dhcpv6() -> None:
    name = "Reply: DUID-LLT, an address with a status, preference, DNS"
    row = one(udp6(547, 546, vector(DHCPV6, name)))
    assert row.kind == "dhcp6-reply"
    assert row.summary == "DHCPv6 Reply 66051, 2001:db8::a for 7200 s"
    assert (row.identifier, row.status, row.lifetime_s) == (0x010203, 0, 7200)
    assert row.hoa == wire.ip6("2001:db8::a")
    assert (row.src, row.dst) == (wire.ip6(AR), wire.ip6(HA))
    name = "Solicit: DUID-LL, IA_NA, ORO, elapsed time, rapid commit"
    row = one(udp6(546, 547, vector(DHCPV6, name)))
    assert (row.kind, row.hoa) == ("dhcp6-solicit", None)
    assert row.client == bytes.fromhex("0003 0001 021122334455")
    delegated = one(udp6(547, 546, vector(DHCPV6, "prefix delegation")))
    assert (delegated.hoa, delegated.lifetime_s) == (wire.ip6("2001:db8::a"), 7200)


def test_a_relayed_message_is_the_relays() -> None:
    relayed = vector(DHCPV6, "Relay-forward with a Solicit, twice relayed")
    row = one(udp6(547, 547, relayed))
    assert (row.kind, row.identifier) == ("dhcp6-relay-forward", 0x010203)
    assert one(udp6(547, 547, b"\x24\1\2")).kind == "dhcp6-code-36"


def test_dhcpv4() -> None:
    def of4(payload: bytes) -> Row:
        datagram = struct.pack("!HHHH", 68, 67, 8 + len(payload), 0) + payload
        return one(wire.ipv4("0.0.0.0", "255.255.255.255", 17, datagram))

    row = of4(vector(DHCPV4, "Discover"))
    assert (row.kind, row.summary) == ("dhcp4-discover", "DHCPv4 Discover 287454020")
    assert (row.identifier, row.hoa) == (0x11223344, None)
    assert row.client == bytes.fromhex("021122334455")
    ack = bytearray(vector(DHCPV4, "Ack"))
    ack[16:20] = wire.ip4("10.0.0.9")
    row = of4(bytes(ack))
    assert (row.kind, row.hoa, row.lifetime_s) == ("dhcp4-ack", wire.ip4("10.0.0.9"), 3600)
    assert row.summary == "DHCPv4 Ack 287454020, 10.0.0.9 for 3600 s"
    asked = of4(vector(DHCPV4, "Request through a relay agent"))
    assert (asked.kind, asked.hoa) == ("dhcp4-request", wire.ip4("10.0.0.1"))
    assert of4(vector(DHCPV4, "nothing but the end")).kind == "dhcp4-boot-request"


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("01 05 614062", {"mn_id": b"a@b"}),
        ("4f 0a 02010008 01 614062", {"mn_id": b"a@b"}),
        ("91 05 614062", {"mn_id": b"a@b"}),
        ("08 06 0a000001", {"hoa": wire.ip4("10.0.0.1")}),
        ("08 06 fffffffe", {"hoa": None}),
        ("61 08 00 20 20010db8", {"hoa": wire.ip6("2001:db8::")}),
        ("a8 12 " + wire.ip6(HOA).hex(), {"hoa": wire.ip6(HOA)}),
        ("1b 06 00000e10 1f 05 612d62", {"lifetime_s": 3600, "client": b"a-b"}),
    ],
)
def test_radius(attributes: str, expected: dict[str, object]) -> None:
    row = one(udp6(1812, 40000, packet(attributes)))
    assert row.kind == "radius-access-accept"
    assert row.summary == "RADIUS Access-Accept 1"
    assert (row.identifier, row.length) == (1, 20 + len(bytes.fromhex(attributes)))
    assert {name: getattr(row, name) for name in expected} == expected


def test_diameter() -> None:
    mir = DIAMETER["MIR (RFC 5778 5.1) with text that is filled up to four octets"]
    addresses = DIAMETER["addresses (RFC 6733 4.3.1), IPv6 and IPv4"]
    for frame in (tcp(mir), sctp(mir)):
        row = one(frame)
        assert row.kind == "diameter-mip6-request"
        assert (row.mn_id, row.identifier, row.length) == (b"a@b", 0x0A, len(mir))
    row = one(tcp(addresses))
    assert (row.coa, row.hoa) == (wire.ip6("2001:db8::a"), wire.ip4("10.0.0.1"))
    answer = one(tcp(DIAMETER["answer with an error"]))
    assert answer.kind == "diameter-capabilities-exchange-answer"
    assert [row.kind for row in of(tcp(mir + mir))] == ["diameter-mip6-request"] * 2
    result = one(tcp(DIAMETER["feature vector, authentication mode, result"]))
    assert (result.status, result.summary) == (2001, "Diameter Mip6 request 10, result 2001")


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        (wire.ipv6(AR, HA, 58, wire.icmp6(AR, HA, 154, 0, b"\2\0\0\7")), "fmip-rtsolpr"),
        (wire.ipv6(AR, HA, 58, wire.icmp6(AR, HA, 150, 0, b"\4\0\0\7")), "fmip-hi"),
    ],
)
def test_fast_handovers(frame: bytes, kind: str) -> None:
    row = one(frame)
    assert (row.kind, row.identifier) == (kind, 7)


@pytest.mark.parametrize("head", ["5a010014", "01010013", "01011001"])
def test_what_cannot_be_radius_has_no_row(head: str) -> None:
    """RFC 2865 3: code 90 is nobody's, 20 to 4096 octets are allowed. Others may use the port."""
    assert of(udp6(1812, 443, bytes.fromhex(head) + bytes(4997))) == []


def test_what_the_scan_lane_decodes_has_no_row_here() -> None:
    frames = [
        wire.binding_update(AR, HA, HOA, "a@b", 7, 600),
        wire.ho_request(AR, HA, 9, "a@b"),
        wire.router_advertisement("fe80::1", "fe80::2", "2001:db8:5::"),
        wire.eth(bytes.fromhex("01010000"), 0x888E),
        pppoe("0101 0000", 0x09, 0x8863),
        wire.ipv6(AR, HA, 58, wire.icmp6(AR, HA, 150, 0, b"\0\0\0\7")),
    ]
    assert [of(frame, 1 if frame[:1] == b"\2" else 101) for frame in frames] == [[]] * 6


def test_quoted_messages_have_none() -> None:
    quoted = udp6(40000, 1812, packet("01 05 614062"))
    assert of(wire.ipv6(HA, AR, 58, wire.icmp6(HA, AR, 1, 4, bytes(4) + quoted))) == []


def test_messages_in_tunnels_have_the_inner_addresses() -> None:
    inner = udp6(40000, 1812, packet("01 05 614062"))
    row = one(wire.tunnel("2001:db8:9::1", "2001:db8:9::2", inner))
    assert (row.src, row.dst) == (wire.ip6(AR), wire.ip6(HA))


def test_messages_in_fragments() -> None:
    whole = udp6(40000, 1812, packet("01 05 614062 4f fd" + "00" * 251))[40:]
    waiting = Fragments()
    found = []
    for offset in (0, 160):
        payload = whole[offset : offset + 160]
        head = struct.pack("!BBHI", 17, 0, offset | int(offset == 0), 5)
        frame = wire.ipv6(AR, HA, 44, head + payload)
        found.append(rows(frame, 101, len(frame), PROFILE, fragments=waiting))
    assert found[0] == []
    assert [(row.kind, row.mn_id) for row in found[1]] == [("radius-access-accept", b"a@b")]


def single_point(directory: Path) -> list[Path]:
    return sorted(p for p in directory.glob("*.truth.json") if "three_points" not in p.name)


def test_kinds_of_our_captures_are_those_of_the_truth(netmip6: Path) -> None:
    checked = 0
    for truth in single_point(netmip6):
        whole = json.loads(truth.read_text("utf-8"))
        wanted = {k: n for k, n in whole["messages"].items() if k.startswith(OURS)}
        (capture,) = whole["captures"]
        found: Counter[str] = Counter()
        for frame, link_type, wire_length in every_frame(netmip6, capture):
            found.update(row.kind for row in rows(frame, link_type, wire_length, PROFILE))
        assert dict(found) == wanted, truth.name
        checked += sum(wanted.values())
    assert checked > 80


def test_addresses_given_are_those_of_the_sessions(netmip6: Path) -> None:
    """Where DHCP gave the address, it is the session's home address in the truth."""
    checked = 0
    for truth in single_point(netmip6):
        whole = json.loads(truth.read_text("utf-8"))
        (capture,) = whole["captures"]
        homes = {s.get("hoa") for s in whole["sessions"]} | {
            s.get("hoa4") for s in whole["sessions"]
        }
        for frame, link_type, wire_length in every_frame(netmip6, capture):
            for row in rows(frame, link_type, wire_length, PROFILE):
                if row.kind in ("dhcp6-reply", "dhcp4-ack"):
                    assert row.hoa is not None
                    assert str(ip_address(row.hoa)) in homes
                    checked += 1
    assert checked >= 3


def test_identities_are_those_of_the_sessions(netmip6: Path) -> None:
    checked = 0
    for truth in single_point(netmip6):
        whole = json.loads(truth.read_text("utf-8"))
        (capture,) = whole["captures"]
        nodes = {s["mn_id"] for s in whole["sessions"]}
        for frame, link_type, wire_length in every_frame(netmip6, capture):
            for row in rows(frame, link_type, wire_length, PROFILE):
                if row.kind == "radius-access-request":
                    assert (row.mn_id or b"").decode() in nodes
                    checked += 1
    assert checked > 20
