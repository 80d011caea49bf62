"""Integrity and encryption algorithms against the RFCs' own test vectors."""

from __future__ import annotations

import pytest

from dissectors.authentication.algorithms import (
    ENCRYPTIONS,
    INTEGRITIES,
    aes_xcbc_mac,
    decrypt_cbc,
    open_gcm,
)

SHA1_96, SHA256_128 = INTEGRITIES["hmac-sha1-96"], INTEGRITIES["hmac-sha-256-128"]
XCBC_KEY = bytes(range(16))


@pytest.mark.parametrize(
    ("key", "data", "icv"),
    [
        ("0b" * 20, b"Hi There".hex(), "b617318655057264e28bc0b6"),
        ("aa" * 20, "dd" * 50, "125d7342b9ac11cd91a39af4"),
        ("0c" * 20, b"Test With Truncation".hex(), "4c1a03424b55e07fe7f27be1"),
    ],
    ids=["case 1", "case 3", "case 5"],
)
def test_hmac_sha1_96_of_rfc_2202(key: str, data: str, icv: str) -> None:
    assert len(key) // 2 == SHA1_96.key_octets
    assert SHA1_96.icv(bytes.fromhex(key), bytes.fromhex(data)).hex() == icv


@pytest.mark.parametrize(
    ("key", "data", "icv"),
    [
        ("0b" * 20, b"Hi There".hex(), "b0344c61d8db38535ca8afceaf0bf12b"),
        (
            b"Jefe".hex(),
            b"what do ya want for nothing?".hex(),
            "5bdcc146bf60754e6a042426089575c7",
        ),
        ("aa" * 20, "dd" * 50, "773ea91e36800e46854db8ebd09181a7"),
        ("0c" * 20, b"Test With Truncation".hex(), "a3b6167473100ee06e0c796c2955552b"),
    ],
    ids=["case 1", "case 2", "case 3", "case 5"],
)
def test_hmac_sha_256_128_of_rfc_4231(key: str, data: str, icv: str) -> None:
    assert SHA256_128.icv(bytes.fromhex(key), bytes.fromhex(data)).hex() == icv


@pytest.mark.parametrize(
    ("data", "mac"),
    [
        (b"", "75f0251d528ac01c4573dfd584d79f29"),
        (bytes(range(3)), "5b376580ae2f19afe7219ceef172756f"),
        (bytes(range(16)), "d2a246fa349b68a79998a4394ff7a263"),
        (bytes(range(20)), "47f51b4564966215b8985c63055ed308"),
        (bytes(range(32)), "f54f0ec8d2b9f3d36807734bd5283fd4"),
        (bytes(range(34)), "becbb3bccdb518a30677d5481fb6b4d8"),
        (bytes(1000), "f0dafee895db30253761103b5d84528f"),
    ],
    ids=lambda value: f"{len(value)} octets" if isinstance(value, bytes) else "",
)
def test_aes_xcbc_mac_of_rfc_3566(data: bytes, mac: str) -> None:
    assert aes_xcbc_mac(XCBC_KEY, data).hex() == mac
    assert INTEGRITIES["aes-xcbc-mac-96"].icv(XCBC_KEY, data).hex() == mac[:24]


@pytest.mark.parametrize(
    ("key", "iv", "cipher", "plain"),
    [
        (
            "06a9214036b8a15b512e03d534120006",
            "3dafba429d9eb430b422da802c9fac41",
            "e353779c1079aeb82708942dbe77181a",
            b"Single block msg".hex(),
        ),
        (
            "c286696d887c9aa0611bbb3e2025a45a",
            "562e17996d093d28ddb3ba695a2e6f58",
            "d296cd94c2cccf8a3a863028b5e1dc0a7586602d253cfff91b8266bea6d61ab1",
            bytes(range(32)).hex(),
        ),
    ],
    ids=["case 1", "case 2"],
)
def test_aes_cbc_of_rfc_3602(key: str, iv: str, cipher: str, plain: str) -> None:
    found = decrypt_cbc(bytes.fromhex(key), bytes.fromhex(iv), bytes.fromhex(cipher))
    assert found.hex() == plain


GCM = [
    (
        "feffe9928665731c6d6a8f9467308308feffe9928665731c",
        "cafebabe",
        "facedbaddecaf888",
        "0000a5f80000000a",
        "a5b1f8066029aea40e598b8122de02420938b3ab33f828e687b8858b5bfbdbd0315b27452144cc77",
        "95457b9652037f5318027b5b4cd7a636",
        "45000028a4ad4000400678800a01038f0a010612802306b8cb712602dd6bb03e501016d075680001",
    ),
    (
        "abbccddef00112233445566778899aababbccddef00112233445566778899aab",
        "11223344",
        "0102030405060708",
        "4a2cbfe300000002",
        (
            "ff425c9b724599df7a3bcd510194e00d6a78107f1b0b1cbf06efae9d65a5d763748a637985771d34"
            "7f0545659f14e99def842d8e"
        ),
        "b335f4eecfdbf831824b4c4915956c96",
        (
            "4500003069a6400080062690c0a801029389155e0a9e008b2dc57ee0000000007002400020bf0000"
            "020405b40101040201020201"
        ),
    ),
]
"""Key, salt, IV, SPI and sequence number, ciphertext, ICV, plaintext (draft-mcgrew-gcm-test-01)."""


@pytest.mark.parametrize("vector", GCM, ids=["AES-192", "AES-256"])
def test_aes_gcm_of_the_esp_test_cases(vector: tuple[str, ...]) -> None:
    key, salt, iv, head, cipher, icv, plain = map(bytes.fromhex, vector)
    assert open_gcm(key + salt, iv, cipher, icv, head) == plain
    for size in (8, 12):  # RFC 4106 6: shorter ICVs are the first octets
        assert open_gcm(key + salt, iv, cipher, icv[:size], head) == plain
    assert open_gcm(key + salt, iv, cipher, icv[:-1] + bytes((icv[-1] ^ 1,)), head) is None
    assert open_gcm(key + salt, iv, cipher, icv, head[:-1] + b"\xff") is None


def test_key_lengths() -> None:
    """RFC 2404 3, RFC 4868 2.1.1, RFC 3566 4; RFC 3602 2.1; RFC 4106 8.1 with four of salt."""
    assert {name: a.key_octets for name, a in INTEGRITIES.items()} == {
        "hmac-sha1-96": 20,
        "hmac-sha-256-128": 32,
        "aes-xcbc-mac-96": 16,
    }
    assert {name: (a.key_octets, a.iv_octets, a.icv_octets) for name, a in ENCRYPTIONS.items()} == {
        "null": ((), 0, 0),
        "aes-cbc": ((16, 24, 32), 16, 0),
        "aes-gcm": ((20, 28, 36), 8, 16),
        "aes-gcm-12": ((20, 28, 36), 8, 12),
        "aes-gcm-8": ((20, 28, 36), 8, 8),
    }
