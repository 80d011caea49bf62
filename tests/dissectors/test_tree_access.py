"""The object lane on a mobile node's link: PPP, PPPoE, EAP and EAPOL in their frames."""

from __future__ import annotations

import struct

import pytest

from tests import wire
from tests.dissectors.test_tree import names, nodes, reasons, shown, texts

MD5 = bytes(range(16))
IDENTITY = "02 01 0016 01 616c696365406578616d706c652e6e6574"


def pppoe(payload: str, code: int = 0, ethertype: int = 0x8864) -> bytes:
    body = bytes.fromhex(payload)
    return wire.eth(struct.pack("!BBHH", 0x11, code, 23, len(body)) + body, ethertype)


def test_eap_over_lan() -> None:
    body = bytes.fromhex(IDENTITY)
    frame = wire.eth(struct.pack("!BBH", 1, 0, len(body)) + body, 0x888E) + bytes(16)
    tree = shown(frame, 1)
    assert names(tree) == ["eth", "eapol", "eap", "trailer"]
    assert reasons(tree) == []
    assert texts(tree)["eap.identity"] == "alice@example.net"
    assert texts(tree)["eap.code"] == "response (2)"


def test_eapol_start_and_logoff() -> None:
    for kind, text in ((1, "start (1)"), (2, "logoff (2)")):
        tree = shown(wire.eth(struct.pack("!BBH", 1, kind, 0) + bytes(42), 0x888E), 1)
        assert names(tree) == ["eth", "eapol", "trailer"]
        assert tree.children[1].text == text
        assert reasons(tree) == []


def test_key_data_is_masked() -> None:
    key = struct.pack("!BHHQ", 2, 0x13CA, 16, 2) + bytes(80) + struct.pack("!H", 4) + b"gtk!"
    tree = shown(wire.eth(struct.pack("!BBH", 2, 3, len(key)) + key, 0x888E), 1)
    found = texts(tree)
    assert reasons(tree) == []
    assert found["wlan_rsna_eapol.keydes.data"] == "(masked)"
    assert found["wlan_rsna_eapol.keydes.key_info.install"] == "set"
    other = shown(wire.eth(struct.pack("!BBH", 2, 3, 5) + b"\x01gtk!", 0x888E), 1)
    assert texts(other)["netmip6.eapol.key.body"] == "(masked)"


def test_ppp_in_hdlc_framing() -> None:
    frame = bytes.fromhex("ff03 c021 01 07 0013 0104 05d4 0305 c223 05 0506 01020304 0000")
    for link_type in (9, 50):
        tree = shown(frame, link_type)
        assert names(tree) == ["ppp", "lcp", "trailer"]
        assert reasons(tree) == []
        found = texts(tree)
        assert found["ppp.address"] == "255"
        assert found["ppp.protocol"] == "lcp (49185)"
        assert found["lcp.opt.mru"] == "1492 octets"
        assert found["lcp.opt.auth_protocol"] == "chap (49699)"


def test_addresses_by_ipcp_and_ipv6cp() -> None:
    tree = shown(pppoe("8021 03 01 000a 0306 0a000001"), 1)
    assert names(tree) == ["eth", "pppoe", "ppp", "ipcp"]
    assert texts(tree)["ipcp.opt.ip_address"] == "10.0.0.1"
    tree = shown(pppoe("8057 01 01 000e 010a 02005efffe100001"), 1)
    assert names(tree) == ["eth", "pppoe", "ppp", "ipv6cp"]
    assert texts(tree)["ipv6cp.interface_identifier"] == "02:00:5e:ff:fe:10:00:01"
    assert reasons(tree) == []


def test_passwords_are_masked() -> None:
    tree = shown(pppoe("c023 01 01 0010 05 616c696365 05 736563726574"[:-2]), 1)
    assert texts(tree)["pap.peer_id"] == "alice"
    assert texts(tree)["pap.password"] == "(masked)"
    assert reasons(tree) == []
    token = shown(pppoe("c227 02 05 0008 06 313233"), 1)
    assert texts(token)["netmip6.eap.gtc.data"] == "(masked)"


def test_chap_and_eap_md5_have_two_parts() -> None:
    chap = shown(pppoe(f"c223 02 01 001a 10 {MD5.hex()} 616c696365"), 1)
    assert texts(chap)["chap.value_size"] == "16"
    assert texts(chap)["chap.value"] == MD5.hex()
    assert texts(chap)["chap.name"] == "alice"
    eap = shown(pppoe(f"c227 01 04 001b 04 10 {MD5.hex()} 7361722e31"), 1)
    assert texts(eap)["eap.type"] == "4"
    assert texts(eap)["eap.md5.value"] == MD5.hex()
    assert texts(eap)["eap.md5.extra_data"] == "sar.1"
    assert reasons(chap) == reasons(eap) == []


def test_methods_are_named() -> None:
    tree = shown(pppoe("c227 01 06 0006 0d 20"), 1)
    assert tree.children[3].children[3].label == "EAP-TLS"
    nak = shown(pppoe("c227 02 03 0007 03 17 04"), 1)
    desired = [n.text for n in nak.children[3].children[3].children if n.name == "desired"]
    assert desired == ["EAP-AKA (23)", "MD5-Challenge (4)"]


def test_pppoe_discovery() -> None:
    frame = pppoe("0101 0000 0103 0002 aabb", 0x09, 0x8863) + b"junk behind the tags"
    tree = shown(frame, 1)
    assert names(tree) == ["eth", "pppoed", "trailer"]
    assert texts(tree)["pppoe.code"] == "padi (9)"
    assert texts(tree)["pppoed.tags.host_uniq"] == "aabb"
    assert reasons(tree) == []


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("c021 01 01 0014 0104 05d4", "length is 20, 8 octets are there"),
        ("c021 01 01 0002 0104 05d4", "length is 2, 8 octets are there"),
        ("c021 01 01 0008 0103 05d4", "Maximum-Receive-Unit needs 2 octets, 1 are there"),
        ("c021 01 01 0008 0105 05d4", "LCP option 1 needs 5 octets, 4 are there"),
        ("8021 01 01 000a 0304 0a00 0001", "IP-Address needs 4 octets, 2 are there"),
        ("c223 01 01 0006 0501", "CHAP field 1 needs 6 octets, 2 are there"),
        ("c227 03 04 0006 0102", "2 octets stand behind the last field"),
        ("c023 02 01 0007 05 6869", "the inner length runs out of the option"),
        ("c0", "PPP needs 2 octets, 1 are there"),
    ],
)
def test_what_is_malformed_is_told(payload: str, reason: str) -> None:
    assert reason in reasons(shown(pppoe(payload), 1))


def test_unknown_protocols_and_codes_are_data() -> None:
    tree = shown(pppoe("80fd 01 01 0004"), 1)
    assert tree.children[-1].label == "Data of protocol 0x80fd"
    code = shown(pppoe("c021 63 01 0006 0102"), 1)
    assert texts(code)["ppp.code"] == "99"
    assert texts(code)["ppp.data"] == "0102"


def test_cut_frames_are_cut_and_not_malformed() -> None:
    frame = pppoe(f"c227 01 04 001b 04 10 {MD5.hex()} 7361722e31")
    for kept in range(len(frame)):
        tree = shown(frame[:kept], 1, len(frame))
        assert reasons(tree)
        assert all("cut by the snap length" in reason for reason in reasons(tree)), kept


@pytest.mark.parametrize(
    ("payload", "hidden"),
    [
        # PAP: the password's length, or that of the name before it, is wrong.
        ("c023 01 01 0010 05 616c696365 09 736563 7265", "736563"),
        ("c023 01 01 0010 0d 616c696365 05 736563 7265", "736563"),
        ("c227 02 05 0008 06 736563", "736563"),
    ],
)
def test_passwords_are_masked_in_broken_packets_too(payload: str, hidden: str) -> None:
    frame = pppoe(payload)
    tree = shown(frame, 1)
    assert hidden in frame.hex()
    for node in nodes(tree):
        octets = node.value if isinstance(node.value, bytes) else b""
        assert hidden not in octets.hex()
        assert bytes.fromhex(hidden).decode() not in node.text
    for kept in range(len(frame)):
        for node in nodes(shown(frame[:kept], 1, len(frame))):
            octets = node.value if isinstance(node.value, bytes) else b""
            assert hidden[:4] not in octets.hex()
