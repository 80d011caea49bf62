"""One field's bits to its value and back."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import Any

from dissectors.errors import BuildError
from dissectors.layout import Field, Kind

_WHOLE = (Kind.IPV6, Kind.IPV4, Kind.LINK)


def read(field: Field, data: bytes, begin: int) -> Any:  # noqa: ANN401
    """The value of a fixed field in a body that begins at `begin`; all of it is there."""
    octets = data[begin + field.begin : begin + field.end]
    if field.kind is Kind.IPV6:
        return IPv6Address(octets)
    if field.kind is Kind.IPV4:
        return IPv4Address(octets)
    if field.kind is Kind.LINK:
        return bytes(octets)
    number = int.from_bytes(octets, "big") >> field.shift & ((1 << field.width) - 1)
    if field.kind is Kind.FLAG:
        return number == 1
    return labelled(field, number)


def labelled(field: Field, number: int) -> int:
    """The enum's member where the number has a name, else the number."""
    if field.enum is not None and number in field.enum._value2member_map_:
        return field.enum(number)
    return number


def number_of(field: Field, value: object) -> int:
    """The field's bits as a number; BuildError if the value does not fit."""
    if field.kind in _WHOLE:
        return _whole(field, value)
    if not isinstance(value, int) or not 0 <= value < 1 << field.width:
        raise BuildError(f"{field.name}: {value!r} does not fit {field.width} bits")
    return int(value)


def _whole(field: Field, value: object) -> int:
    if field.kind is Kind.LINK and isinstance(value, bytes) and len(value) * 8 == field.width:
        return int.from_bytes(value, "big")
    if field.kind is Kind.IPV6 and isinstance(value, IPv6Address):
        return int(value)
    if field.kind is Kind.IPV4 and isinstance(value, IPv4Address):
        return int(value)
    raise BuildError(f"{field.name}: {value!r} is no {field.kind.value}")
