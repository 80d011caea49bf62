"""Secured packets, octet by octet from the RFCs' figures, for the tests of authenticators.

Nothing here imports the packages under test.
"""

from __future__ import annotations

import hashlib
import hmac
import struct

from tests import wire


def sha1_96(key: bytes, data: bytes) -> bytes:
    """First 96 bits of HMAC-SHA1 (RFC 2404, RFC 4285 5.1, RFC 6275 6.2.7)."""
    return hmac.new(key, data, hashlib.sha1).digest()[:12]


def sha256_128(key: bytes, data: bytes) -> bytes:
    """RFC 4868 2.1."""
    return hmac.new(key, data, hashlib.sha256).digest()[:16]


def flipped(octets: bytes, bit: int) -> bytes:
    """The octets with one bit changed, counted from the first one's highest."""
    changed = bytearray(octets)
    changed[bit // 8] ^= 0x80 >> bit % 8
    return bytes(changed)


def ah(next_header: int, spi: int, sequence: int, icv: bytes) -> bytes:
    """RFC 4302 2: Payload Len in units of 4 octets, less two."""
    words = (12 + len(icv)) // 4
    return struct.pack("!BBHII", next_header, words - 2, 0, spi, sequence) + icv


def esp_plain(next_header: int, payload: bytes, block: int = 4) -> bytes:
    """RFC 4303 2.4: padding 1, 2, 3, … up to a whole number of blocks."""
    count = -(len(payload) + 2) % block
    return payload + bytes(range(1, count + 1)) + bytes((count, next_header))


def esp_null(spi: int, sequence: int, plain: bytes, key: bytes) -> bytes:
    """RFC 2410 with HMAC-SHA1-96: the ICV covers all before it (RFC 4303 3.3.2.1)."""
    covered = struct.pack("!II", spi, sequence) + plain
    return covered + sha1_96(key, covered)


def mh(kind: int, body: bytes, options: bytes = b"") -> bytes:
    """A Mobility Header without checksum; body and options fill it to a multiple of 8 octets."""
    whole = struct.pack("!BBBBH", 59, 0, kind, 0, 0) + body + options
    assert len(whole) % 8 == 0
    return whole[:1] + bytes((len(whole) // 8 - 1,)) + whole[2:]


def summed(whole: bytes, src: str, dst: str) -> bytes:
    """The Mobility Header with its checksum."""
    cksum = wire.checksum6(wire.ip6(src), wire.ip6(dst), 135, whole)
    return whole[:4] + struct.pack("!H", cksum) + whole[6:]


def radius(code: int, identifier: int, authenticator: bytes, attributes: bytes) -> bytes:
    """RFC 2865 3."""
    return struct.pack("!BBH", code, identifier, 20 + len(attributes)) + authenticator + attributes


def attribute(kind: int, value: bytes) -> bytes:
    """RFC 2865 5: Length counts Type and Length too."""
    return bytes((kind, 2 + len(value))) + value
