"""ESP with NULL, AES-CBC and AES-GCM: RFC test vectors, packets made by hand, and tshark."""

from __future__ import annotations

import hashlib
import hmac
import struct
import subprocess
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from dissectors.authentication.algorithms import ENCRYPTIONS, INTEGRITIES
from dissectors.authentication.esp import Opened, open_esp
from dissectors.authentication.keys import EspKey, Keys
from dissectors.authentication.secret import NO_KEY, Secret
from dissectors.authentication.verdict import State, Verdict
from tests import wire
from tests.dissectors import secured

AR, HA, HOA = "2001:db8:1::2", "2001:db8::1", "2001:db8:2::3"
SPI = 0x4321
KEY, CIPHER_KEY, IV = bytes(range(20)), bytes(range(16)), bytes(range(0xA0, 0xB0))
ECHO = wire.ipv6(HOA, HA, 58, wire.icmp6(HOA, HA, 128, 0, bytes(range(8))))
NULL = secured.esp_null(SPI, 1, secured.esp_plain(41, ECHO), KEY)


def key(
    encryption: str = "null",
    encryption_key: bytes = b"",
    integrity: str | None = "hmac-sha1-96",
    mac_key: bytes = KEY,
    destination: str = HA,
) -> EspKey:
    return EspKey(
        SPI,
        IPv6Address(destination),
        ENCRYPTIONS[encryption],
        Secret(encryption_key),
        None if integrity is None else INTEGRITIES[integrity],
        NO_KEY if integrity is None else Secret(mac_key),
    )


CBC_KEY = key("aes-cbc", CIPHER_KEY)


def encrypted(plain: bytes) -> bytes:
    """AES-CBC with HMAC-SHA1-96, encrypted first (RFC 4303 3.3.2.1)."""
    encryptor = Cipher(AES(CIPHER_KEY), CBC(IV)).encryptor()
    covered = struct.pack("!II", SPI, 1) + IV + encryptor.update(plain)
    return covered + secured.sha1_96(KEY, covered)


SENT = encrypted(secured.esp_plain(41, ECHO, 16))


def opened(packet: bytes, given: EspKey) -> Opened:
    found = open_esp(b"in front" + packet, 8, 8 + len(packet), given)
    assert isinstance(found, Opened)
    return found


@pytest.mark.parametrize(
    ("cipher_key", "packet", "payload", "next_header", "pad"),
    [
        (
            "90d382b410eeba7ad938c46cec1a82bf",
            (
                "0000432100000001e96e8c08ab465763fd098d45dd3ff893f663c25d325c18c6a9453e194e120849"
                "a4870b66cc6b9965330013b4898dc856a4699e523a55db080b59ec3a8e4b7e52775b07d1db34ed9c"
                "538ab50c551b874aa269add047ad2d5913ac19b7cfbad4a6"
            ),
            (
                "08000ebda70a00008e9c083db95b070008090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                "202122232425262728292a2b2c2d2e2f3031323334353637"
            ),
            1,
            14,
        ),
        (
            "90d382b410eeba7ad938c46cec1a82bf",
            (
                "000043210000000869d08df7d203329db093fc4924e5bd80f51995881ec4e0c4488987ce742e8109"
                "689bb379d2d750c0d915dca346a89f75"
            ),
            "0800b5e8a80a0500a69c083d0b660e00777777777777777777777777",
            1,
            2,
        ),
        (
            "0123456789abcdef0123456789abcdef",
            (
                "0000876500000002f4e765244f6407adf13dc1380f673f37773b5241a4c449225e4f3ce5ed611b0c"
                "237ca96cf74a93013c1b0ea1a0cf70f8e4ecaec78ac53aad7a0f022b859243c647752e94a859352b"
                "8a4d4d2decd136e5c177f132ad3fbfb2201ac9904c74ee0a109e0ca1e4dfe9d5a100b842f1c22f0d"
            ),
            (
                "45000054090400004001f988c0a87b03c0a87bc808009f76a90a0100b49c083d02a2040008090a0b"
                "0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f30313233"
                "34353637"
            ),
            4,
            10,
        ),
        (
            "0123456789abcdef0123456789abcdef",
            (
                "000087650000000585d47224b5f3dd5d2101d4ea8dffab2215b92683819596a8047232cc00f7048f"
                "e45318e11f8a0f62ede3c3fc61203bb50f980a08c9843fd3a1b06d5c07ff9639b7eb7dfb3512e5de"
                "435e7207ed971ef3d2726d9b5ef6affc6d17a0decbb13892"
            ),
            (
                "45000044090c00004001f990c0a87b03c0a87bc80800d63caa0a0200c69c083da3de0300ffffffff"
                "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
            ),
            4,
            10,
        ),
    ],
    ids=["case 5", "case 6", "case 7", "case 8"],
)
def test_aes_cbc_packets_of_rfc_3602(
    cipher_key: str, packet: str, payload: str, next_header: int, pad: int
) -> None:
    octets = bytes.fromhex(packet)
    spi = int.from_bytes(octets[:4], "big")
    given = EspKey(
        spi,
        IPv4Address("192.168.123.100"),
        ENCRYPTIONS["aes-cbc"],
        Secret(bytes.fromhex(cipher_key)),
    )
    found = opened(octets, given)
    padding = bytes((*range(1, pad + 1), pad, next_header))
    assert found.plain == bytes.fromhex(payload) + padding
    assert found.verdict.state is State.UNCHECKED


def gcm_packet() -> tuple[bytes, bytes]:
    """Packet and key material of draft-mcgrew-gcm-test-01, AES-192."""
    packet = bytes.fromhex(
        "0000a5f80000000afacedbaddecaf888"
        "a5b1f8066029aea40e598b8122de02420938b3ab33f828e687b8858b5bfbdbd0315b27452144cc77"
        "95457b9652037f5318027b5b4cd7a636"
    )
    return packet, bytes.fromhex("feffe9928665731c6d6a8f9467308308feffe9928665731ccafebabe")


@pytest.mark.parametrize(("name", "size"), [("aes-gcm", 16), ("aes-gcm-12", 12), ("aes-gcm-8", 8)])
def test_aes_gcm_packet_and_every_flip_of_it(name: str, size: int) -> None:
    packet, material = gcm_packet()
    packet = packet[: len(packet) - 16 + size]
    found = opened(packet, key(name, material, None))
    assert found.verdict.state is State.GOOD
    assert found.plain == bytes.fromhex(
        "45000028a4ad4000400678800a01038f0a010612802306b8cb712602dd6bb03e501016d075680001"
    )
    assert (found.payload, found.icv) == (8 + 16, 8 + len(packet) - size)
    for bit in range(len(packet) * 8):
        broken = opened(secured.flipped(packet, bit), key(name, material, None))
        assert (broken.verdict.state, broken.plain) == (State.BAD, None)


def test_aes_cbc_with_an_icv_and_every_flip_of_it() -> None:
    found = opened(SENT, CBC_KEY)
    assert found.verdict.state is State.GOOD
    assert found.plain == secured.esp_plain(41, ECHO, 16)
    for bit in range(len(SENT) * 8):
        broken = opened(secured.flipped(SENT, bit), CBC_KEY)
        assert (broken.verdict.state, broken.plain) == (State.BAD, None)


def test_null_is_in_the_clear_even_if_the_icv_is_bad() -> None:
    found = opened(NULL, key())
    assert found.verdict.state is State.GOOD
    assert found.plain == secured.esp_plain(41, ECHO)
    assert found.in_clear
    for bit in range(len(NULL) * 8):
        broken = opened(secured.flipped(NULL, bit), key())
        assert broken.verdict.state is State.BAD
        assert broken.plain is not None


def test_other_integrity_algorithms() -> None:
    covered = struct.pack("!II", SPI, 1) + secured.esp_plain(41, ECHO)
    packet = covered + hmac.new(bytes(32), covered, hashlib.sha256).digest()[:16]
    assert (
        opened(packet, key("null", b"", "hmac-sha-256-128", bytes(32))).verdict.state is State.GOOD
    )
    assert opened(packet, key("null", b"", "hmac-sha-256-128", KEY)).verdict.state is State.BAD
    assert opened(packet, key()).verdict.state is State.BAD


def test_wrong_keys() -> None:
    assert opened(SENT, key("aes-cbc", CIPHER_KEY, mac_key=bytes(20))).verdict.state is State.BAD
    found = opened(SENT, key("aes-cbc", bytes(16)))
    assert found.verdict.state is State.GOOD  # the ICV does not depend on the cipher's key
    assert found.plain != secured.esp_plain(41, ECHO, 16)


def test_what_is_not_whole_blocks_is_not_decrypted() -> None:
    covered = struct.pack("!II", SPI, 1) + IV + bytes(17)
    found = opened(covered + secured.sha1_96(KEY, covered), CBC_KEY)
    assert (found.verdict.state, found.plain) == (State.GOOD, None)
    assert found.trouble == "not whole blocks of 16 octets"


@pytest.mark.parametrize(
    ("packet", "given"),
    [(SENT, CBC_KEY), (NULL, key()), (gcm_packet()[0], key("aes-gcm", gcm_packet()[1], None))],
    ids=["AES-CBC", "NULL", "AES-GCM"],
)
def test_no_truncation_is_good_and_none_raises(packet: bytes, given: EspKey) -> None:
    for size in range(len(packet)):
        cut = open_esp(packet[:size], 0, len(packet), given)
        assert isinstance(cut, Verdict) and cut.state is State.UNCHECKED
        shorter = open_esp(packet[:size], 0, size, given)
        state = shorter.state if isinstance(shorter, Verdict) else shorter.verdict.state
        assert state is not State.GOOD


def test_associations_go_by_spi_and_destination() -> None:
    keys = Keys(esp=[key()])
    assert keys.esp(SPI, [IPv6Address(HA)]) is not None
    assert keys.esp(SPI, [IPv6Address(AR), IPv6Address(HA)]) is not None
    assert keys.esp(SPI, [IPv6Address(AR)]) is None
    assert keys.esp(SPI + 1, [IPv6Address(HA)]) is None


TSHARK = {
    "hmac-sha1-96": "HMAC-SHA-1-96 [RFC2404]",
    "hmac-sha-256-128": "HMAC-SHA-256-128 [RFC4868]",
}


@pytest.mark.tshark
@pytest.mark.parametrize("integrity", TSHARK)
@pytest.mark.parametrize("cipher", ["null", "aes-cbc"])
def test_tshark_agrees(integrity: str, cipher: str, tmp_path: Path) -> None:
    """The right packet and one with a flipped bit, with tshark's own decryption and ICV check."""
    size = {"hmac-sha1-96": 20, "hmac-sha-256-128": 32}[integrity]
    mac = {"hmac-sha1-96": secured.sha1_96, "hmac-sha-256-128": secured.sha256_128}[integrity]
    mac_key, cipher_key = bytes(range(size)), CIPHER_KEY if cipher == "aes-cbc" else b""
    covered = SENT[:-12] if cipher == "aes-cbc" else NULL[:-12]
    good = covered + mac(mac_key, covered)
    bad = good[:-1] + bytes((good[-1] ^ 1,))
    path = tmp_path / "esp.pcap"
    frames = [(at, wire.ipv6(AR, HA, 50, packet)) for at, packet in enumerate((good, bad))]
    path.write_bytes(wire.pcap(frames, 101))
    name = {"null": "NULL", "aes-cbc": "AES-CBC [RFC3602]"}[cipher]
    entry = ["IPv6", "*", "*", "*", name, cipher_key and f"0x{cipher_key.hex()}"]
    entry += [TSHARK[integrity], f"0x{mac_key.hex()}"]
    uat = ",".join(f'"{value or ""}"' for value in entry)
    options = ["esp.enable_encryption_decode:TRUE", "esp.enable_authentication_check:TRUE"]
    command = [
        "tshark",
        "-r",
        path,
        "-T",
        "fields",
        "-e",
        "esp.icv_good",
        "-e",
        "esp.icv_bad",
        "-e",
        "icmpv6.type",
    ]
    for option in (*options, f"uat:esp_sa:{uat}"):
        command += ["-o", option]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert ran.stdout == "1\t0\t128\n0\t1\t128\n"
    given = key(cipher, cipher_key, integrity, mac_key)
    assert [opened(packet, given).verdict.state for packet in (good, bad)] == [
        State.GOOD,
        State.BAD,
    ]
