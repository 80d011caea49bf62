r"""The one door from the wire's octets to text that is shown.

Whoever holds a mobile node chooses its NAI, and the NAI reaches terminals, spreadsheets and web
pages. Every control, format, private, unassigned or surrogate character comes out as an escape, and
so does the backslash, so that no two different octet strings look alike.
"""

from __future__ import annotations

import unicodedata

_ESCAPED = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_PLAIN = frozenset(range(0x20, 0x7F)) - {0x5C}

_LABEL = 63
"""Most octets of a label (RFC 1035 2.3.4)."""


def printable(octets: bytes) -> str:
    r"""UTF-8 that is safe to show: `\x0a`, `\u202e`, `\\`, and `\xNN` for what is not UTF-8."""
    if _PLAIN.issuperset(octets):
        return octets.decode("ascii")
    return "".join(map(_shown, octets.decode("utf-8", "surrogateescape")))


def all_printable(many: list[bytes]) -> list[str]:
    """The same of each; most are plain, and one look at all of them tells."""
    joined = b"".join(many)
    # The same octets as _PLAIN, by faster means.
    if joined.isascii() and joined.decode().isprintable() and b"\\" not in joined:
        return [octets.decode("ascii") for octets in many]
    return [printable(octets) for octets in many]


def _shown(character: str) -> str:
    code = ord(character)
    if character == "\\":
        return "\\\\"
    if 0xDC80 <= code <= 0xDCFF:  # surrogateescape's stand-in for the octet 0x80 to 0xFF
        return f"\\x{code - 0xDC00:02x}"
    if unicodedata.category(character) not in _ESCAPED:
        return character
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def domain_names(octets: bytes) -> str:
    r"""Domain names as RFC 1035 3.1 writes them, without compression, joined with a comma.

    A dot in a label is `\.`. Octets that are no names come out as hex.
    """
    names: list[str] = []
    labels: list[str] = []
    at = 0
    while at < len(octets):
        size = octets[at]
        if size > _LABEL or at + 1 + size > len(octets):
            return octets.hex()
        label = printable(octets[at + 1 : at + 1 + size])
        at += 1 + size
        if size:
            labels.append(label.replace(".", "\\."))
        if not size or at == len(octets):
            names.append(".".join(labels) or ".")
            labels = []
    return ", ".join(names)
