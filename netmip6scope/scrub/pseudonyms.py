"""Keyed pseudonyms: the same thing gets the same one everywhere, and different things differ.

Each has the length and form of what it stands for. Addresses that share a prefix share as long a
one afterwards (as Crypto-PAn does it), and what belongs together still does: the interface
identifier to its link-layer address, a solicited-node group to its addresses, a name's realm to
other names' realm. Who has the key can tell what stands for what by trying.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import cache
from string import ascii_lowercase, ascii_uppercase, digits

_KEPT6, _KEPT4 = 16, 8
"""Leading bits that stay, so that kinds of addresses stay."""
_EUI = b"\xff\xfe"
_ALPHABETS = tuple(alphabet.encode() for alphabet in (ascii_lowercase, ascii_uppercase, digits))
_MAC_TEXT = re.compile(rb"([0-9A-Fa-f]{2})([:-])(?:[0-9A-Fa-f]{2}\2){4}[0-9A-Fa-f]{2}")
_TOLD = 16
"""Octets of a payload's digest that stand for it; the rest is zeros."""
_ROUNDS = 4
_MAPPED = bytes(10) + b"\xff\xff"
_OWN4 = (0, 127, *range(224, 256))
"""First octets of IPv4 addresses that mean the same everywhere."""


class Pseudonyms:
    """The pseudonyms under one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        # One octet string is met in many frames.
        for name in ("six", "four", "link", "identifier", "text", "octets", "payload"):
            setattr(self, name, cache(getattr(self, name)))

    def six(self, address: bytes) -> bytes:
        """An IPv6 address."""
        if address[:12] == _MAPPED:
            return _MAPPED + self.four(address[12:])
        if not any(address[:15]):
            return address  # unspecified and loopback
        if address[0] == 0xFF:
            return self._group(address)
        return self._prefix(b"six", address[:8], _KEPT6) + self.identifier(address[8:])

    def four(self, address: bytes) -> bytes:
        """An IPv4 address."""
        if address[0] in _OWN4:
            return address
        return self._prefix(b"four", address, _KEPT4)

    def link(self, address: bytes) -> bytes:
        """A link-layer address; zeros behind six octets stay."""
        if len(address) > 6 and not any(address[6:]):
            return self.link(address[:6]) + address[6:]
        if len(address) != 6 or not any(address):
            return self.octets(address)
        if address == b"\xff" * 6:
            return address
        if address[:2] == b"\x33\x33":
            return address[:3] + self._low(address[3:])
        if address[0] & 1:
            return address
        return self._vendor(address[:3]) + self._low(address[3:])

    def identifier(self, octets: bytes) -> bytes:
        """An interface identifier of 8 octets; zeros, of prefixes and of routers, stay."""
        if not any(octets):
            return octets
        if octets[3:5] == _EUI:
            return self._vendor(octets[:3]) + _EUI + self._low(octets[5:])
        upper = int.from_bytes(octets[:5], "big")
        while True:
            upper = self._permuted(b"upper", upper, 40)
            head = upper.to_bytes(5, "big")
            if head[3:] != _EUI:
                return head + self._low(octets[5:])

    def text(self, octets: bytes) -> bytes:
        """A name: letters become letters and digits digits, and what stands between them stays."""
        found = _MAC_TEXT.fullmatch(octets)
        if found is not None:
            return self._link_text(octets, found[2])
        out = bytearray()
        # A realm is the same behind every user, so it is told from its own beginning on.
        user, at, realm = octets.rpartition(b"@")
        for part in (user, at, realm):
            out += bytes(self._letter(part[:n], letter) for n, letter in enumerate(part))
        return bytes(out)

    def names(self, octets: bytes) -> bytes:
        """Domain names in labels, each behind its length (RFC 1035 3.1)."""
        out = bytearray(octets)
        at = 0
        while at < len(octets):
            end = min(at + 1 + octets[at], len(octets))
            out[at + 1 : end] = self.text(octets[at + 1 : end])
            at = end if end > at else len(octets)
        return bytes(out)

    def octets(self, octets: bytes) -> bytes:
        """Octets that nobody looks into; zeros stay zeros."""
        if not any(octets):
            return octets
        return self._stream(b"octets" + octets, len(octets))

    def payload(self, octets: bytes) -> bytes:
        """What users said to each other: a digest, as far as there is room, and zeros."""
        return self._stream(b"payload" + octets, min(_TOLD, len(octets))).ljust(len(octets), b"\0")

    def _group(self, address: bytes) -> bytes:
        if address[11:13] == b"\x01\xff":
            return address[:13] + self._low(address[13:])
        return address

    def _prefix(self, kind: bytes, octets: bytes, kept: int) -> bytes:
        """Each bit is turned or not by what stands before it (Crypto-PAn)."""
        size = 8 * len(octets)
        number = int.from_bytes(octets, "big")
        turned = 0
        for bit in range(kept, size):
            before = number >> (size - bit)
            said = self._digest(kind + bytes([bit]) + before.to_bytes(len(octets), "big"))
            turned = turned << 1 | said[0] & 1
        return (number ^ turned).to_bytes(len(octets), "big")

    def _vendor(self, octets: bytes) -> bytes:
        """The first half of a link-layer address; its two flags stay, however they are turned."""
        number = int.from_bytes(octets, "big")
        flags = number >> 16 & 3
        rest = self._permuted(b"vendor", number >> 18 << 16 | number & 0xFFFF, 22)
        return (rest >> 16 << 18 | flags << 16 | rest & 0xFFFF).to_bytes(3, "big")

    def _low(self, octets: bytes) -> bytes:
        """The last 24 bits, which link-layer addresses, identifiers and groups share."""
        return self._permuted(b"low", int.from_bytes(octets, "big"), 24).to_bytes(3, "big")

    def _permuted(self, kind: bytes, number: int, bits: int) -> int:
        """Another number of so many bits, an even count; different ones differ (Feistel)."""
        half = bits // 2
        mask = (1 << half) - 1
        left, right = number >> half, number & mask
        for turn in range(_ROUNDS):
            said = self._digest(kind + bytes([turn]) + right.to_bytes(4, "big"))
            left, right = right, left ^ int.from_bytes(said[:4], "big") & mask
        return left << half | right

    def _letter(self, before: bytes, letter: int) -> int:
        for alphabet in _ALPHABETS:
            place = alphabet.find(letter)
            if place >= 0:
                return self._alphabet(before, alphabet)[place]
        return letter

    def _alphabet(self, before: bytes, alphabet: bytes) -> bytes:
        """The letters in an order that depends on what stands before."""
        salt = b"text" + before + b"\0"
        return bytes(sorted(alphabet, key=lambda letter: self._digest(salt + bytes([letter]))))

    def _link_text(self, octets: bytes, between: bytes) -> bytes:
        address = self.link(bytes.fromhex(octets.replace(between, b"").decode()))
        text = address.hex(between.decode())
        return (text.upper() if octets.upper() == octets else text).encode()

    def _stream(self, about: bytes, size: int) -> bytes:
        return hashlib.shake_256(self._digest(about)).digest(size)

    def _digest(self, about: bytes) -> bytes:
        return hmac.digest(self._key, about, "sha256")
