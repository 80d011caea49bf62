"""What the values of a scenario file may be; a reader gives the value or says what it expects."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, TypeVar

T = TypeVar("T")
Reader = Callable[[object], Any]
_MAC = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,40}")
_LONGEST_NAI = 200
_LONGEST_S = 10**6
_MILLION = 10**6


class Unexpected(Exception):
    """The value is none of these; the message says what was expected."""


def number(unit_ns: int, least: int = 0, most_s: int = _LONGEST_S) -> Reader:
    """A duration in some unit, as nanoseconds; fractions are exact."""
    unit = {10**9: "seconds", 10**6: "milliseconds"}[unit_ns]

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise Unexpected(f"a number of {unit}")
        if isinstance(value, Decimal) and not value.is_finite():
            raise Unexpected(f"a number of {unit}")
        ns = int(value * unit_ns)
        if not least * unit_ns <= ns <= most_s * 10**9:
            raise Unexpected(f"a number of {unit} from {least} to {most_s * 10**9 // unit_ns}")
        return ns

    return read


def whole(least: int, most: int) -> Reader:
    """A whole number in a range."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise Unexpected(f"a whole number from {least} to {most}")
        return value

    return read


def share(value: object) -> int:
    """Per cent, as parts per million."""
    good = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if not good or not 0 <= value <= 100:  # type: ignore[operator]
        raise Unexpected("a number of per cent from 0 to 100")
    return int(value * _MILLION // 100)  # type: ignore[operator]


def yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise Unexpected("true or false")
    return value


def text(value: object) -> str:
    if not isinstance(value, str):
        raise Unexpected("text in quotes")
    return value


def name(value: object) -> str:
    """A node's name."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise Unexpected("a name of letters, digits, '-', '_' and '.' that begins with a letter")
    return value


def nai(value: object) -> str:
    """RFC 4282: it must fit the option's one octet of length."""
    if not isinstance(value, str) or not 1 <= len(value.encode()) <= _LONGEST_NAI:
        raise Unexpected(f"an identity of 1 to {_LONGEST_NAI} octets, as alice@example.net")
    return value


def one_of(words: Mapping[str, T]) -> Reader:
    """One of some words."""

    def read(value: object) -> T:
        if not isinstance(value, str) or value not in words:
            raise Unexpected(f"one of {', '.join(words)}")
        return words[value]

    return read


def names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Unexpected('a list of texts, as ["one", "two"]')
    return tuple(value)


def two_names(value: object) -> tuple[str, str]:
    if not isinstance(value, list) or len(value) != 2:
        raise Unexpected('the two ends of a link, as ["ar1", "ha"]')
    return name(value[0]), name(value[1])


def mac(value: object) -> bytes:
    if not isinstance(value, str) or not _MAC.fullmatch(value) or int(value[:2], 16) & 1:
        raise Unexpected("a MAC address of one interface, as 02:00:00:00:0a:01")
    return bytes.fromhex(value.replace(":", ""))


def ipv6(value: object) -> IPv6Address:
    try:
        return IPv6Address(text(value))
    except AddressValueError:
        raise Unexpected("an IPv6 address") from None


def ipv4(value: object) -> IPv4Address:
    try:
        return IPv4Address(text(value))
    except AddressValueError:
        raise Unexpected("an IPv4 address") from None


def network6(value: object) -> IPv6Network:
    try:
        found = IPv6Network(text(value))
    except ValueError:
        raise Unexpected("an IPv6 prefix, as 2001:db8:100::/48") from None
    if not 16 <= found.prefixlen <= 64:
        raise Unexpected("an IPv6 prefix of 16 to 64 bits")
    return found


def network4(value: object) -> IPv4Network:
    try:
        found = IPv4Network(text(value))
    except ValueError:
        raise Unexpected("an IPv4 prefix, as 192.0.2.0/24") from None
    if not 8 <= found.prefixlen <= 30:
        raise Unexpected("an IPv4 prefix of 8 to 30 bits")
    return found


_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017
_MICROSECOND = timedelta(microseconds=1)


def moment(value: object) -> int:
    """A date and time with its offset, as nanoseconds since 1970."""
    good = isinstance(value, datetime) and value.tzinfo is not None
    if not good or value < _EPOCH:  # type: ignore[operator]
        raise Unexpected("a time since 1970 with its zone, as 2023-11-14T22:13:20Z")
    return (value - _EPOCH) // _MICROSECOND * 1000  # type: ignore[operator, no-any-return]
