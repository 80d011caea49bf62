"""One field's bits to its value and back."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import Any

from dissectors.errors import BuildError, ParseError
from dissectors.layout import ELEMENTS, Field, Kind

_WHOLE = (Kind.IPV6, Kind.IPV4, Kind.LINK, Kind.STRING)
_OCTETS = (Kind.LINK, Kind.STRING)


def read(field: Field, data: bytes, begin: int) -> Any:  # noqa: ANN401
    """The value of a fixed field in a body that begins at `begin`; all of it is there."""
    octets = data[begin + field.begin : begin + field.end]
    if field.kind is Kind.IPV6:
        return IPv6Address(octets)
    if field.kind is Kind.IPV4:
        return IPv4Address(octets)
    if field.kind in _OCTETS:
        return bytes(octets)
    if field.kind is Kind.LITTLE:
        return labelled(field, int.from_bytes(octets, "little"))
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
    if field.kind is Kind.LITTLE:
        return int.from_bytes(int(value).to_bytes(field.width // 8, "little"), "big")
    return int(value)


def elements(field: Field, data: bytes, begin: int, end: int) -> tuple[Any, ...]:
    """The elements of a tail that holds several; ParseError where one is not whole."""
    size = ELEMENTS[field.kind]
    over = (end - begin) % size
    if over:
        raise ParseError(f"{field.label}: {over} octets are left over", end - over, size)
    return tuple(element(field, data[at : at + size]) for at in range(begin, end, size))


def element(field: Field, octets: bytes) -> Any:  # noqa: ANN401
    """One element of a tail that holds several."""
    if field.kind is Kind.IPV6S:
        return IPv6Address(octets)
    if field.kind is Kind.IPV4S:
        return IPv4Address(octets)
    return labelled(field, int.from_bytes(octets, "big"))


def octets_of(field: Field, values: object) -> bytes:
    """A tail that holds several, written."""
    if not isinstance(values, tuple):
        raise BuildError(f"{field.name}: {values!r} is no tuple")
    wanted = {Kind.IPV6S: IPv6Address, Kind.IPV4S: IPv4Address}.get(field.kind, int)
    size = ELEMENTS[field.kind]
    out = bytearray()
    for value in values:
        if not isinstance(value, wanted) or not 0 <= int(value) < 1 << size * 8:
            raise BuildError(f"{field.name}: {value!r} does not fit {size} octets")
        out += int(value).to_bytes(size, "big")
    return bytes(out)


def _whole(field: Field, value: object) -> int:
    if field.kind in _OCTETS and isinstance(value, bytes) and len(value) * 8 == field.width:
        return int.from_bytes(value, "big")
    if field.kind is Kind.IPV6 and isinstance(value, IPv6Address):
        return int(value)
    if field.kind is Kind.IPV4 and isinstance(value, IPv4Address):
        return int(value)
    raise BuildError(f"{field.name}: {value!r} is no {field.kind.value}")
