"""Verdicts in the tree: where they stand, and that the truth of the captures comes out."""

from __future__ import annotations

import json
import struct
from collections import Counter
from collections.abc import Iterator
from ipaddress import IPv6Address
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from hypothesis import given, settings
from hypothesis import strategies as st

from dissectors.authentication.algorithms import ENCRYPTIONS, INTEGRITIES
from dissectors.authentication.checks import Checks
from dissectors.authentication.keys import AhKey, EspKey, Keys, MnHaKey
from dissectors.authentication.secret import Secret
from dissectors.profile import Profile
from dissectors.tree import Node, decode
from netmip6scope.capture.inputs import expand
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.keys import load_keys
from tests import wire
from tests.dissectors import secured

DATA = Path(__file__).parents[1] / "data" / "netmip6"
AR, HA, HOA, TAR = "2001:db8:1::2", "2001:db8::1", "2001:db8:2::3", "2001:db8:3::4"
NAI, MN_KEY = b"alice@example.net", bytes(range(16))
KEY, CIPHER_KEY, IV, SPI = bytes(range(20)), bytes(range(16)), bytes(range(0xA0, 0xB0)), 4096
SHA1_96 = INTEGRITIES["hmac-sha1-96"]
AH_KEYS = Keys(ah=[AhKey(SPI, IPv6Address(HA), SHA1_96, Secret(KEY))])


def esp_keys(encryption: str, *, integrity: bool = True, destination: str = HA) -> Keys:
    cipher = Secret(CIPHER_KEY if encryption == "aes-cbc" else b"")
    mac = (SHA1_96, Secret(KEY)) if integrity else (None, Secret(b""))
    esp = EspKey(SPI, IPv6Address(destination), ENCRYPTIONS[encryption], cipher, *mac)
    node = MnHaKey(IPv6Address(HA), 256, Secret(MN_KEY), mn_id=NAI)
    return Keys(mn_ha=[node], esp=[esp])


def cbc(plain: bytes, *, icv: bool = True) -> bytes:
    encrypted = Cipher(AES(CIPHER_KEY), CBC(IV)).encryptor().update(plain)
    covered = struct.pack("!II", SPI, 1) + IV + encrypted
    return covered + (secured.sha1_96(KEY, covered) if icv else b"")


def update() -> bytes:
    """A Mobility Header with a good MN-HA authenticator (RFC 4285 5.1), care-of address AR."""
    head = struct.pack("!BBBBHHHH", 59, 6, 5, 0, 0, 7, 0xC000, 150)
    head += wire.option(8, b"\x01" + NAI) + b"\0" + struct.pack("!BBBI", 9, 17, 1, 256)
    mac = secured.sha1_96(MN_KEY, wire.ip6(AR) + wire.ip6(HOA) + head)
    return secured.summed(head + mac + bytes(4), HOA, HA)


def shown(packet: bytes, keys: Keys | None) -> Node:
    return decode(packet, 101, len(packet), Profile(), None if keys is None else Checks(keys))


def nodes(tree: Node) -> Iterator[Node]:
    yield tree
    for child in tree.children:
        yield from nodes(child)


def named(tree: Node, name: str) -> Node:
    (found,) = (node for node in nodes(tree) if node.name == name)
    return found


def verdicts(tree: Node) -> list[tuple[str, str]]:
    """Label of the node above, text of the verdict."""
    return [
        (node.label, child.text)
        for node in nodes(tree)
        for child in node.children
        if child.name == "verification"
    ]


def reasons(tree: Node) -> list[str]:
    return [anomaly.reason for node in nodes(tree) for anomaly in node.anomalies]


def trees(capture: str, checks: Checks) -> Iterator[Node]:
    (source,) = expand([str(DATA / capture)])
    for batch in CaptureFile(source).batches():
        for row in range(len(batch)):
            link_type = batch.interfaces[int(batch.interface[row])].link_type
            length = int(batch.wirelen[row])
            yield decode(batch.frame(row), link_type, length, Profile(), checks)


def truths() -> list[str]:
    return sorted(path.name for path in DATA.glob("*.truth.json"))


@pytest.mark.parametrize("name", truths())
def test_captures_have_good_authenticators_but_those_wrong_on_purpose(name: str) -> None:
    truth = json.loads((DATA / name).read_text())
    keys = load_keys(str(DATA / truth["keys"]))
    found: Counter[tuple[str, str]] = Counter()
    options = icvs = 0
    for capture in truth["captures"]:
        checks = Checks(keys)
        for tree in trees(capture.rpartition("=")[2], checks):
            found.update(verdicts(tree))
            options += sum(node.filter == "mip6.auth.auth_data" for node in nodes(tree))
            icvs += sum(node.filter == "ah.icv" for node in nodes(tree))
    forbidden = {"BU-BAD-AUTH", "HO-BAD-AH", "MALFORMED", "CKSUM"}
    assert forbidden <= set(truth["forbidden_findings"])
    assert options == found[("Authentication Data", "good")] > 0
    assert icvs == found[("ICV", "good")]
    left = {text for _, text in found} - {"good"}
    assert left <= {"unchecked: a random number"}


def test_a_wrong_key_is_seen(tmp_path: Path) -> None:
    """Each key of a capture changed in one digit: all is bad."""
    text = (DATA / "01_slaac_handoff.keys.toml").read_text()
    lines = []
    for line in text.splitlines():
        name, equals, value = line.partition(" = ")
        if name in ("key", "secret"):
            value = value[:-2] + ("0" if value[-2] != "0" else "1") + '"'
        lines.append(name + equals + value)
    path = tmp_path / "wrong.toml"
    path.write_text("\n".join(lines))
    checks = Checks(load_keys(str(path)))
    found: Counter[str] = Counter()
    for tree in trees("01_slaac_handoff.pcap", checks):
        found.update(text for _, text in verdicts(tree))
    assert set(found) == {"bad", "unchecked: a random number"}
    assert found["bad"] > 10


@pytest.mark.public
@pytest.mark.parametrize(
    ("name", "verdict", "count"),
    [
        ("tcpdump/OSPFv3_with_AH.pcap", "unchecked: no key for SPI 256 to ", 61),
        ("tcpdump/RADIUS.pcap", "unchecked: no secret for this server", 8),
        ("tcpdump/radius_rfc5447.pcap", "unchecked: no secret for this server", 1),
        ("tcpdump/02-sunrise-sunset-esp.pcap", "unchecked: no key for SPI 305419896 to ", 8),
    ],
)
def test_public_captures_without_keys(
    name: str, verdict: str, count: int, public_captures: Path
) -> None:
    """One AH, ESP or RADIUS authenticator per frame; with EAP, a Message-Authenticator too."""
    found = [
        text for tree in trees(str(public_captures / name), Checks()) for _, text in verdicts(tree)
    ]
    assert len(found) == count
    assert all(text.startswith(verdict) for text in found)


def test_no_checks_no_verdicts() -> None:
    packet = wire.ipv6(AR, HA, 60, wire.home_address_header(HOA, update()))
    assert verdicts(shown(packet, None)) == []
    assert verdicts(shown(packet, Keys())) == [
        ("Authentication Data", f"unchecked: no key for SPI 256 with home agent {HA}")
    ]


def test_a_verdict_stands_under_its_field() -> None:
    body = secured.ah(41, SPI, 1, bytes(12)) + wire.ipv6(HOA, HA, 59, b"")
    icv = secured.sha1_96(KEY, wire.ipv6(AR, HA, 51, body, hop_limit=0))
    packet = wire.ipv6(AR, HA, 51, body.replace(bytes(12), icv, 1))
    tree = shown(packet, AH_KEYS)
    verification = named(tree, "verification")
    assert (verification.value, verification.text) == ("good", "good")
    assert packet[verification.begin : verification.end] == icv
    assert verification.filter == "netmip6.verification"
    assert verdicts(tree) == [("ICV", "good")]
    assert verdicts(shown(packet, Keys())) == [("ICV", f"unchecked: no key for SPI 4096 to {HA}")]
    assert verdicts(shown(packet[:-1], AH_KEYS)) == [
        ("ICV", "unchecked: not all of the packet is there")
    ]


@pytest.mark.parametrize("encryption", ["null", "aes-cbc"])
def test_esp_transport_mode_is_opened(encryption: str) -> None:
    """RFC 3776's use: the Binding Update's addresses are those in front of ESP."""
    plain = secured.esp_plain(135, update(), 4 if encryption == "null" else 16)
    body = secured.esp_null(SPI, 1, plain, KEY) if encryption == "null" else cbc(plain)
    packet = wire.ipv6(AR, HA, 60, wire.home_address_header(HOA, body, 50))
    tree = shown(packet, esp_keys(encryption))
    assert reasons(tree) == []
    assert verdicts(tree) == [("ICV", "good"), ("Authentication Data", "good")]
    inside = named(tree, "decrypted")
    octets = packet if encryption == "null" else plain
    assert inside.octets == (None if encryption == "null" else plain)
    names = [child.name for child in inside.children]
    assert names[0] == "mh"
    assert names[-2:] == ["pad_length", "next_header"]
    nai = next(node for node in nodes(inside) if node.filter == "mip6.mnid.identifier")
    assert octets[nai.begin : nai.end] == NAI
    assert named(tree, "pad_length").value == len(plain) - 2 - len(update())


@pytest.mark.parametrize("encryption", ["null", "aes-cbc"])
def test_esp_tunnel_mode_is_opened(encryption: str) -> None:
    echo = wire.ipv6(HOA, TAR, 58, wire.icmp6(HOA, TAR, 128, 0, bytes(range(8))))
    plain = secured.esp_plain(41, echo, 4 if encryption == "null" else 16)
    body = secured.esp_null(SPI, 1, plain, KEY) if encryption == "null" else cbc(plain)
    tree = shown(wire.ipv6(AR, HA, 50, body), esp_keys(encryption))
    assert reasons(tree) == []
    assert verdicts(tree) == [("ICV", "good")]
    inside = named(tree, "decrypted")
    assert [child.name for child in inside.children[:2]] == ["ipv6", "icmpv6"]
    base = 48 if encryption == "null" else 0
    assert (inside.children[0].begin, inside.children[1].end) == (base, base + len(echo))


def test_esp_to_a_home_address() -> None:
    """The association may be for the home address (RFC 6275 9.3.2)."""
    plain = secured.esp_plain(59, bytes(6))
    body = secured.esp_null(SPI, 1, plain, KEY)
    packet = wire.ipv6(HA, AR, 43, wire.routing_type2(HOA, body, 50))
    assert verdicts(shown(packet, esp_keys("null", destination=HOA))) == [("ICV", "good")]
    assert verdicts(shown(packet, esp_keys("null", destination=AR))) == [("ICV", "good")]


def test_esp_without_key_or_with_a_bad_icv_stays_closed() -> None:
    packet = wire.ipv6(AR, HA, 50, cbc(secured.esp_plain(135, update(), 16)))
    tree = shown(packet, Keys())
    assert verdicts(tree)[0][1] == f"unchecked: no key for SPI 4096 to {HA}"
    assert "decrypted" not in {node.name for node in nodes(tree)}
    tree = shown(secured.flipped(packet, 60 * 8), esp_keys("aes-cbc"))
    assert verdicts(tree) == [("ICV", "bad")]
    assert "decrypted" not in {node.name for node in nodes(tree)}
    named(tree, "data")


def test_esp_without_integrity() -> None:
    body = cbc(secured.esp_plain(135, update(), 16), icv=False)
    packet = wire.ipv6(AR, HA, 60, wire.home_address_header(HOA, body, 50))
    tree = shown(packet, esp_keys("aes-cbc", integrity=False))
    assert ("Authentication Data", "good") in verdicts(tree)
    assert any("names no integrity algorithm" in text for _, text in verdicts(tree))


def test_absurd_padding_is_an_anomaly() -> None:
    plain = bytes(6) + bytes((200, 41))
    tree = shown(wire.ipv6(AR, HA, 50, secured.esp_null(SPI, 1, plain, KEY)), esp_keys("null"))
    assert reasons(tree) == ["the padding is longer than all: it may be the wrong key"]
    plain = bytes(4) + bytes((9, 9, 2, 59))
    tree = shown(wire.ipv6(AR, HA, 50, secured.esp_null(SPI, 1, plain, KEY)), esp_keys("null"))
    assert reasons(tree) == ["padding is not 1, 2, 3, …"]


def test_esp_in_esp_ends() -> None:
    body = bytes(2) + b"\0\x3b"
    for _ in range(60):
        body = secured.esp_null(SPI, 1, secured.esp_plain(50, body), KEY)
    tree = shown(wire.ipv6(AR, HA, 50, body), esp_keys("null"))
    assert reasons(tree) == ["nested deeper than 8, not followed"]
    assert sum(node.name == "esp" for node in nodes(tree)) == 9


def test_quoted_packets_get_no_verdicts() -> None:
    packet = wire.ipv6(AR, HA, 60, wire.home_address_header(HOA, update()))
    error = wire.ipv6(HA, AR, 58, wire.icmp6(HA, AR, 1, 0, bytes(4) + packet))
    assert verdicts(shown(error, Keys())) == []


SAMPLES = [
    (wire.ipv6(AR, HA, 60, wire.home_address_header(HOA, update())), esp_keys("null")),
    (wire.ipv6(AR, HA, 50, cbc(secured.esp_plain(135, update(), 16))), esp_keys("aes-cbc")),
    (
        wire.ipv6(AR, HA, 50, secured.esp_null(SPI, 1, secured.esp_plain(135, update()), KEY)),
        esp_keys("null"),
    ),
    (wire.ipv6(AR, HA, 51, secured.ah(59, SPI, 1, bytes(12))), AH_KEYS),
    (
        wire.ipv6(
            AR, HA, 17, wire.udp(AR, HA, 9, 1812, secured.radius(1, 1, bytes(16), b"\x50\2"))
        ),
        Keys(),
    ),
]


def sound(tree: Node, size: int) -> None:
    """Places lie in the frame, or in what was decrypted."""
    for node in tree.children:
        assert 0 <= node.begin <= node.end <= size
        sound(node, size if node.octets is None else len(node.octets))


@given(st.sampled_from(SAMPLES), st.integers(0, 400), st.lists(st.integers(0, 3000), max_size=3))
@settings(max_examples=400, deadline=None)
def test_broken_frames_do_not_raise(sample: tuple[bytes, Keys], size: int, bits: list[int]) -> None:
    frame, keys = sample
    for bit in bits:
        frame = secured.flipped(frame, bit % (len(frame) * 8))
    cut = frame[:size]
    for length in (len(frame), len(cut)):
        sound(decode(cut, 101, length, Profile(), Checks(keys)), len(cut))
