"""Integrity and encryption algorithms of AH and ESP, by the names that a key file gives them.

HMAC-SHA1-96: RFC 2404. HMAC-SHA-256-128: RFC 4868. AES-XCBC-MAC-96: RFC 3566. NULL: RFC 2410.
AES-CBC: RFC 3602. AES-GCM: RFC 4106. `cryptography` is imported when AES is first needed.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass

BLOCK = 16
"""Octets of an AES block."""
SALT = 4
"""Octets of salt behind an AES-GCM key (RFC 4106 8.1)."""


@dataclass(frozen=True, slots=True)
class Integrity:
    """An algorithm for ICVs: lengths in octets, and the MAC of (key, data) before truncation."""

    name: str
    key_octets: int
    icv_octets: int
    mac: Callable[[bytes, bytes], bytes]

    def icv(self, key: bytes, data: bytes) -> bytes:
        """The ICV of data."""
        return self.mac(key, data)[: self.icv_octets]


@dataclass(frozen=True, slots=True)
class Encryption:
    """An algorithm for ESP: lengths in octets. One with an ICV of its own is a combined mode."""

    name: str
    key_octets: tuple[int, ...]
    iv_octets: int
    icv_octets: int = 0


def _hmac(digest: str) -> Callable[[bytes, bytes], bytes]:
    def mac(key: bytes, data: bytes) -> bytes:
        return hmac.digest(key, data, digest)

    return mac


def aes_xcbc_mac(key: bytes, data: bytes) -> bytes:
    """All 16 octets of AES-XCBC-MAC; key is 16 octets (RFC 3566 4)."""
    first, whole, short = (_cbc_mac(key, bytes((n,)) * BLOCK) for n in (1, 2, 3))
    rest = len(data) % BLOCK or (BLOCK if data else 0)
    cut = len(data) - rest
    last, mask = data[cut:], whole
    if rest < BLOCK:
        last, mask = last + b"\x80" + bytes(BLOCK - 1 - rest), short
    masked = bytes(a ^ b for a, b in zip(last, mask, strict=True))
    return _cbc_mac(first, data[:cut] + masked)


def _cbc_mac(key: bytes, data: bytes) -> bytes:
    """The last block of AES-CBC with a zero IV; of a single block it is AES of that block."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    return Cipher(AES(key), CBC(bytes(BLOCK))).encryptor().update(data)[-BLOCK:]


def decrypt_cbc(key: bytes, iv: bytes, data: bytes) -> bytes:
    """AES-CBC; data is a whole number of blocks."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    return Cipher(AES(key), CBC(iv)).decryptor().update(data)


def open_gcm(key: bytes, iv: bytes, data: bytes, icv: bytes, associated: bytes) -> bytes | None:
    """AES-GCM with the key material of RFC 4106 8.1; None if the ICV is wrong."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import GCM

    mode = GCM(key[-SALT:] + iv, icv, min_tag_length=len(icv))
    opener = Cipher(AES(key[:-SALT]), mode).decryptor()
    opener.authenticate_additional_data(associated)
    plain = opener.update(data)
    try:
        opener.finalize()
    except InvalidTag:
        return None
    return plain


NULL = Encryption("null", (), 0)
AES_CBC = Encryption("aes-cbc", (16, 24, 32), BLOCK)

INTEGRITIES = {
    algorithm.name: algorithm
    for algorithm in (
        Integrity("hmac-sha1-96", 20, 12, _hmac("sha1")),
        Integrity("hmac-sha-256-128", 32, 16, _hmac("sha256")),
        Integrity("aes-xcbc-mac-96", 16, 12, aes_xcbc_mac),
    )
}
ENCRYPTIONS = {
    algorithm.name: algorithm
    for algorithm in (
        NULL,
        AES_CBC,
        Encryption("aes-gcm", (20, 28, 36), 8, 16),
        Encryption("aes-gcm-12", (20, 28, 36), 8, 12),
        Encryption("aes-gcm-8", (20, 28, 36), 8, 8),
    )
}
