r"""Values as they are written: a word, or octets in quotes.

Quotes hold the escapes by which `dissectors.text` shows octets, `\x0a`, `\u202e` and `\\`, so that
what is copied from a table stands for itself; `\" \n \r \t` besides. Behind r there are none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from netmip6scope.filter.error import FilterError

_PIECE = re.compile(
    r"""
    \\x([0-9A-Fa-f]{2}) | \\u([0-9A-Fa-f]{4}) | \\U([0-9A-Fa-f]{8}) | \\([\\"nrt]) | ([^\\]+)
    """,
    re.VERBOSE,
)
_CONTROL = {"n": "\n", "r": "\r", "t": "\t"}
_SHOWN = 40
"""Characters of it in a message."""


@dataclass(frozen=True, slots=True)
class Literal:
    """What stands at `column`; `quoted` are its octets where it has quotes."""

    text: str
    column: int
    quoted: bytes | None = None

    def __str__(self) -> str:
        """As it is written, but not for ever."""
        return self.text if len(self.text) <= _SHOWN else f"{self.text[:_SHOWN]}…"


def quoted(token: str, column: int) -> Literal:
    """The literal of a token with its quotes; FilterError for an escape that is none."""
    if token.startswith("r"):
        return Literal(token, column, _octets(token[2:-1]))
    octets, at, end = bytearray(), 1, len(token) - 1
    while at < end:
        piece = _PIECE.match(token, at, end)
        if piece is None:
            shown = token[at : at + 2]
            raise FilterError(f"{shown} is no escape; write \\\\ for \\", column + at)
        octets += _piece(piece, column + at)
        at = piece.end()
    return Literal(token, column, bytes(octets))


def _piece(piece: re.Match[str], column: int) -> bytes:
    octet, short, long, control, plain = piece.groups()
    if octet is not None:
        return bytes.fromhex(octet)
    code = short or long
    if code is None:
        return _octets(plain or _CONTROL.get(control, control))
    number = int(code, 16)
    if number > 0x10FFFF or 0xD800 <= number < 0xE000:
        raise FilterError(f"{piece[0]} is no character", column)
    return chr(number).encode()


def _octets(text: str) -> bytes:
    """An argument that is no UTF-8 comes with surrogates in place of its odd octets."""
    return text.encode("utf-8", "surrogateescape")
