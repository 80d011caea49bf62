"""What a literal means to the field that it is compared with: a range of the field's values."""

from __future__ import annotations

import difflib
import re
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

from dissectors.text import printable
from netmip6scope.filter.error import FilterError
from netmip6scope.filter.expression import Range, Value, Within
from netmip6scope.filter.fields import Field, Type, label_text
from netmip6scope.filter.literal import Literal

_WHOLE = re.compile(r"-?(?:0[xX][0-9A-Fa-f]{1,32}|0|[1-9][0-9]{0,38})", re.ASCII)
_DECIMAL = re.compile(r"(-?)([0-9]{1,19})(?:\.([0-9]+))?", re.ASCII)
_HEX = re.compile(r"[0-9A-Fa-f]{2}(?:[:-]?[0-9A-Fa-f]{2})*")
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?)?(?: ?(Z|UTC|[+-]\d\d:\d\d))?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FLAGS = {"true": 1, "false": 0, "1": 1, "0": 0}
_DECIMALS = {Type.TIME: 9, Type.DURATION: 6}
"""Times are written in seconds, durations in milliseconds; both are nanoseconds inside."""
_MOST = (1 << 63) - 2
"""In a column, and one more fits int64."""
_VERSIONS = {Type.IPV4: (4,), Type.IPV6: (6,), Type.ADDRESS: (4, 6)}

_TAKES = {
    Type.NUMBER: "a whole number",
    Type.FLAG: "true, false, 1 or 0",
    Type.TIME: 'seconds since 1970 or a time such as "2016-04-13 23:52:05.7"',
    Type.DURATION: "milliseconds",
    Type.IPV6: "an IPv6 address",
    Type.IPV4: "an IPv4 address",
    Type.ADDRESS: "an address",
    Type.TEXT: "a text in quotes",
    Type.OCTETS: "octets such as 0a:1b or a text in quotes",
}


def compared(field: Field, relation: str, literal: Literal) -> Within:
    """The test that `field relation literal` is; FilterError where the two do not fit."""
    same = _equal(field, literal)
    if relation in ("==", "!="):
        return Within(field, (same,), none=relation == "!=")
    _not_many(field, literal)
    below, above = _ends(same)
    ordered = {
        "<": Range(below, same.begin),
        "<=": Range(below, same.end),
        ">": Range(same.end, above),
        ">=": Range(same.begin, above),
    }
    return Within(field, (ordered[relation],))


def member(field: Field, first: Literal, last: Literal | None) -> Range:
    """The values that one member of a set stands for: `first`, or `first..last`."""
    low = _equal(field, first)
    if last is None:
        return low
    high = _equal(field, last)
    _not_many(field, first)
    _not_many(field, last)
    found = Range(low.begin, high.end)
    if not found.holds(low.begin):
        raise FilterError(f"{first}..{last} is empty: the lower end comes first", first.column)
    return found


def part(field: Field, literal: Literal) -> str | bytes:
    """What `contains` looks for in a field of text or octets."""
    value = _value(field, literal)
    if not isinstance(value, str | bytes):
        raise _misfit(field, literal)
    return value


def _equal(field: Field, literal: Literal) -> Range:
    """The values equal to the literal: one, or all addresses under a prefix."""
    if field.type in _VERSIONS:
        return _addresses(field, literal)
    value = _value(field, literal)
    if value is None:
        raise _misfit(field, literal)
    if isinstance(value, int):
        return Range(value, value + 1)
    if isinstance(value, bytes) and field.bits and len(value) * 8 != field.bits:
        reason = f"{literal} has {len(value)} octets, {field.name} has {field.bits // 8}"
        raise FilterError(reason, literal.column)
    return Range(value, value + ("\0" if isinstance(value, str) else b"\0"))


def _value(field: Field, literal: Literal) -> Value | None:
    """The value; None where the literal is not of the field's type."""
    match field.type:
        case Type.TEXT:
            return None if literal.quoted is None else printable(literal.quoted)
        case Type.OCTETS:
            return _some_octets(literal)
        case Type.FLAG:
            return None if literal.quoted is not None else _FLAGS.get(literal.text.lower())
        case Type.NUMBER:
            return _number(field, literal)
        case _:
            return _nanoseconds(field, literal)


def _some_octets(literal: Literal) -> bytes | None:
    if literal.quoted is not None:
        return literal.quoted
    if not _HEX.fullmatch(literal.text):
        return None
    return bytes.fromhex(literal.text.replace(":", "").replace("-", ""))


def _number(field: Field, literal: Literal) -> int | None:
    if literal.quoted is not None:
        return _labelled(field, literal)
    if not _WHOLE.fullmatch(literal.text):
        return None
    number = int(literal.text, 16 if "x" in literal.text.lower() else 10)
    if field.is_column:
        return _bounded(number, literal)
    if not 0 <= number < 1 << field.bits:
        reason = f"{literal} does not fit {field.name}, which has {field.bits} bits"
        raise FilterError(reason, literal.column)
    return number


def _labelled(field: Field, literal: Literal) -> int | None:
    assert literal.quoted is not None
    if not field.labels:
        return None
    labels = dict(field.labels)
    wanted = label_text(printable(literal.quoted))
    if wanted not in labels:
        close = difflib.get_close_matches(wanted, labels)
        hint = f"; did you mean {', '.join(close)}?" if close else ""
        raise FilterError(f"{field.name} is never {literal}{hint}", literal.column)
    return labels[wanted]


def _nanoseconds(field: Field, literal: Literal) -> int | None:
    decimals = _DECIMALS[field.type]
    if literal.quoted is not None:
        return _moment(literal) if field.type is Type.TIME else None
    found = _DECIMAL.fullmatch(literal.text)
    if found is None:
        return None
    sign, whole, fraction = found.groups(default="")
    if fraction[decimals:].strip("0"):
        raise FilterError(f"{literal} is finer than a nanosecond", literal.column)
    number = int(whole + fraction[:decimals].ljust(decimals, "0"))
    return _bounded(-number if sign else number, literal)


def _moment(literal: Literal) -> int | None:
    """A time with its place on the calendar, in UTC where it does not say otherwise."""
    assert literal.quoted is not None
    found = _MOMENT.fullmatch(printable(literal.quoted))
    if found is None:
        return None
    day, clock, fraction, zone = found.groups()
    offset = "+00:00" if zone in (None, "Z", "UTC") else zone
    try:
        moment = datetime.fromisoformat(f"{day}T{clock or '00:00'}{offset}")
        seconds = (moment - _EPOCH) // timedelta(seconds=1)
    except (ValueError, OverflowError):
        return None
    return _bounded(seconds * 10**9 + int((fraction or "").ljust(9, "0")), literal)


def _bounded(number: int, literal: Literal) -> int:
    if abs(number) > _MOST:
        raise FilterError(f"{literal} is out of range", literal.column)
    return number


def _addresses(field: Field, literal: Literal) -> Range:
    if literal.quoted is not None:
        raise _misfit(field, literal)
    try:
        network = ip_network(literal.text, strict=False)
    except ValueError:
        raise _misfit(field, literal) from None
    if network.version not in _VERSIONS[field.type]:
        raise _misfit(field, literal)
    first, last = int(network.network_address), int(network.broadcast_address)
    return Range((network.version, first), (network.version, last + 1))


def _ends(same: Range) -> tuple[Value | None, Value | None]:
    """The lowest value that there is and the end of all; addresses keep to their version."""
    if not isinstance(same.begin, tuple):
        return None, None
    version = same.begin[0]
    return (version, 0), (version, 1 << (32 if version == 4 else 128))


def _not_many(field: Field, literal: Literal) -> None:
    if field.type in _VERSIONS and "/" in literal.text:
        reason = f"{literal} is many addresses: it goes with ==, != and in"
        raise FilterError(reason, literal.column)


def _misfit(field: Field, literal: Literal) -> FilterError:
    return FilterError(f"{field.name} takes {_TAKES[field.type]}, not {literal}", literal.column)
