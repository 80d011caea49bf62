"""How each kind of field is shown: its value for programs and its text for people."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address

from dissectors.layout import Field, Kind, Layout, filter_name
from dissectors.node import Node, Secret, Shown, Value
from dissectors.text import domain_names, printable

_NTP_EPOCH_S = 2_208_988_800
"""Seconds from 1900, where NTP counts from, to 1970."""

_DUID_EPOCH_S = 946_684_800
"""Seconds from 1970 to 2000, where DHCP unique identifiers count from (RFC 8415 11.2)."""

_LAST_YEAR_S = 253_402_300_799


class FieldShown(Shown):
    """A field of a layout; this one is of numbers."""

    __slots__ = ("digits", "enum", "scale", "unit")

    def __init__(self, layout: Layout, field: Field) -> None:
        super().__init__(field.name, field.label, filter_name(layout, field), secret=field.secret)
        self.enum: type[IntEnum] | None = field.enum
        self.scale = field.scale
        self.unit = field.unit
        self.digits = field.width // 4 if field.width > 32 else 0

    def value(self, node: Node) -> Value:
        number: int = node.raw
        return number * self.scale

    def text(self, node: Node) -> str:
        number: int = node.raw
        if self.enum is not None and number in self.enum._value2member_map_:
            return f"{self.enum(number).name.replace('_', ' ').lower()} ({number})"
        moment = _MOMENTS.get(self.unit)
        if moment is not None:
            return moment(number)
        shown = f"0x{number:0{self.digits}x}" if self.digits else str(number * self.scale)
        return f"{shown} {self.unit}".rstrip()


class FlagShown(FieldShown):
    __slots__ = ()

    def value(self, node: Node) -> Value:
        return bool(node.raw)

    def text(self, node: Node) -> str:
        return "set" if node.raw else "not set"


class AddressShown(FieldShown):
    """`raw` are 4 or 16 octets; others are no address and are shown as they are."""

    __slots__ = ()
    is_address = True

    def value(self, node: Node) -> Value:
        octets: bytes = node.raw
        if len(octets) == 16:
            return str(IPv6Address(octets))
        return str(IPv4Address(octets)) if len(octets) == 4 else octets

    def text(self, node: Node) -> str:
        value = self.value(node)
        return value if isinstance(value, str) else node.raw.hex()


class PrefixShown(FieldShown):
    """`raw` are the leading octets of an IPv6 address."""

    __slots__ = ()
    is_address = True

    def value(self, node: Node) -> Value:
        octets: bytes = node.raw
        return str(IPv6Address(octets.ljust(16, b"\0"))) if len(octets) <= 16 else octets

    def text(self, node: Node) -> str:
        value = self.value(node)
        return value if isinstance(value, str) else node.raw.hex()


class OctetsShown(FieldShown):
    __slots__ = ()

    def value(self, node: Node) -> Value:
        octets: bytes = node.raw
        return octets

    def text(self, node: Node) -> str:
        octets: bytes = node.raw
        return octets.hex()


class LinkShown(OctetsShown):
    __slots__ = ()

    def text(self, node: Node) -> str:
        octets: bytes = node.raw
        return octets.hex(":")


class TextShown(FieldShown):
    __slots__ = ()

    def value(self, node: Node) -> Value:
        return printable(node.raw)

    def text(self, node: Node) -> str:
        return printable(node.raw)


class StringShown(FieldShown):
    """Text up to the first zero octet; what stands behind it is nothing."""

    __slots__ = ()

    def value(self, node: Node) -> Value:
        return printable(node.raw.partition(b"\0")[0])

    def text(self, node: Node) -> str:
        return printable(node.raw.partition(b"\0")[0])


class DomainShown(FieldShown):
    __slots__ = ()

    def value(self, node: Node) -> Value:
        return domain_names(node.raw)

    def text(self, node: Node) -> str:
        return domain_names(node.raw)


class NamedShown(FieldShown):
    """A number out of a registry, such as an option that is asked for."""

    __slots__ = ("field",)

    def __init__(self, layout: Layout, field: Field) -> None:
        super().__init__(layout, field)
        self.field = field

    def text(self, node: Node) -> str:
        registry, number = self.field.registry, node.raw
        known = None if registry is None else registry.label(number)
        return super().text(node) if known is None else f"{known} ({number})"


class Masked(Secret, FieldShown):
    """A secret field."""

    __slots__ = ()

    def value(self, _: Node) -> Value:
        return None


_SHOWN: dict[Kind, type[FieldShown]] = {
    Kind.FLAG: FlagShown,
    Kind.IPV6: AddressShown,
    Kind.IPV4: AddressShown,
    Kind.ADDRESS: AddressShown,
    Kind.IPV6S: AddressShown,
    Kind.IPV4S: AddressShown,
    Kind.PREFIX: PrefixShown,
    Kind.LINK: LinkShown,
    Kind.STRING: StringShown,
    Kind.OCTETS: OctetsShown,
    Kind.TEXT: TextShown,
    Kind.DOMAIN: DomainShown,
    Kind.UINT8S: NamedShown,
    Kind.UINT16S: NamedShown,
}


def shown(layout: Layout, field: Field) -> FieldShown:
    """How this field's nodes are shown."""
    return (Masked if field.secret else _SHOWN.get(field.kind, FieldShown))(layout, field)


def _ntp(number: int) -> str:
    return _moment((number >> 32) - _NTP_EPOCH_S, number & 0xFFFFFFFF, 32)


def _fixed_point(number: int) -> str:
    return _moment(number >> 16, number & 0xFFFF, 16)


def _since_2000(number: int) -> str:
    return _moment(number + _DUID_EPOCH_S, 0, 1)


def _since_1970(number: int) -> str:
    return _moment(number, 0, 1)


def _since_1900(number: int) -> str:
    return _moment(number - _NTP_EPOCH_S, 0, 1)


def _moment(seconds: int, fraction: int, bits: int) -> str:
    """UTC with microseconds; what no calendar holds stays seconds."""
    micros = (fraction * 1_000_000) >> bits
    if not 0 <= seconds <= _LAST_YEAR_S:
        return f"{seconds} s"
    stamp = datetime.fromtimestamp(seconds, UTC)
    return f"{stamp:%Y-%m-%d %H:%M:%S}.{micros:06d} UTC"


_MOMENTS = {
    "NTP": _ntp,
    "s/65536": _fixed_point,
    "s since 2000": _since_2000,
    "s since 1970": _since_1970,
    "s since 1900": _since_1900,
}
