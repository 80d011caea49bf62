"""What the object lane gives: a tree of layers and fields with their places in the frame."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address

from dissectors.layout import Anomaly, Field, Kind
from dissectors.text import printable

Value = int | bool | str | bytes | None

_NTP_EPOCH_S = 2_208_988_800
"""Seconds from 1900, where NTP counts from, to 1970."""

_LAST_YEAR_S = 253_402_300_799
MASK = "(masked)"


@dataclass(frozen=True, slots=True)
class Node:
    """One layer, option or field. `begin` and `end` are octets of the frame.

    value is what programs want (numbers in `unit`s, addresses and text as printable strings), text
    what people read. Of a secret field neither has the octets.
    """

    name: str
    label: str
    filter: str
    value: Value
    text: str
    begin: int
    end: int
    children: tuple[Node, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()
    secret: bool = False
    octets: bytes | None = None
    """What the places of the nodes below count in, where that is not the frame but decrypted."""


def shown(field: Field, value: object) -> tuple[Value, str]:
    """A field's value for programs and its text for people."""
    if field.secret:
        return None, MASK
    if isinstance(value, bool):
        return value, "set" if value else "not set"
    if isinstance(value, IPv4Address | IPv6Address):
        return str(value), str(value)
    if isinstance(value, bytes):
        return _shown_octets(field, value)
    assert isinstance(value, int)
    return int(value) * field.scale, _shown_number(field, value)


def _shown_octets(field: Field, value: bytes) -> tuple[Value, str]:
    if field.kind is Kind.TEXT:
        text = printable(value)
        return text, text
    return value, value.hex(":") if field.kind is Kind.LINK else value.hex()


def _shown_number(field: Field, value: int) -> str:
    if isinstance(value, IntEnum):
        return f"{value.name.replace('_', ' ').lower()} ({value.value})"
    if field.unit == "NTP":
        return _moment((value >> 32) - _NTP_EPOCH_S, value & 0xFFFFFFFF, 32)
    if field.unit == "s/65536":
        return _moment(value >> 16, value & 0xFFFF, 16)
    number = str(value * field.scale)
    if field.width > 32:
        number = f"0x{value:0{field.width // 4}x}"
    return f"{number} {field.unit}".rstrip()


def _moment(seconds: int, fraction: int, bits: int) -> str:
    """UTC with microseconds; what no calendar holds stays seconds."""
    micros = (fraction * 1_000_000) >> bits
    if not 0 <= seconds <= _LAST_YEAR_S:
        return f"{seconds} s"
    stamp = datetime.fromtimestamp(seconds, UTC)
    return f"{stamp:%Y-%m-%d %H:%M:%S}.{micros:06d} UTC"
