"""Asks a filter of one frame or one row, whose fields' values are given by name.

A field may occur more than once. As in Wireshark, a test holds if it does for any occurrence, but
`!=` only if all are unequal, and neither holds where there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from socket import AF_INET, AF_INET6, inet_pton

from dissectors.node import Node
from netmip6scope.filter.expression import (
    Address,
    AllOf,
    AnyOf,
    Contains,
    Expression,
    Matches,
    Not,
    Present,
    Test,
    Value,
    Within,
    each_test,
)
from netmip6scope.filter.fields import Field, Type

Occurrences = Mapping[str, Sequence[Value | None]]
"""The values of fields by name; None is an occurrence without a value."""

_ADDRESSES = (Type.IPV6, Type.IPV4, Type.ADDRESS)


def verdict(expression: Expression, known: Occurrences) -> bool | None:
    """Whether it holds; None if that depends on fields that are not among the known."""
    match expression:
        case Not(inner):
            inside = verdict(inner, known)
            return None if inside is None else not inside
        case AllOf(parts):
            return _joined(parts, known, decisive=False)
        case AnyOf(parts):
            return _joined(parts, known, decisive=True)
        case _:
            values = known.get(expression.field.name)
            return None if values is None else holds(expression, values)


def _joined(parts: Sequence[Expression], known: Occurrences, *, decisive: bool) -> bool | None:
    """What the parts give together: one that is decisive settles it."""
    found = [verdict(part, known) for part in parts]
    if decisive in found:
        return decisive
    return None if None in found else not decisive


def holds(test: Test, values: Sequence[Value | None]) -> bool:
    """Whether a test holds for all the occurrences of its field in one frame or row."""
    if isinstance(test, Present):
        return bool(values)
    there = [value for value in values if value is not None]
    if isinstance(test, Within) and test.none:
        return bool(there) and not any(within(test, value) for value in there)
    return any(holds_for(test, value) for value in there)


def holds_for(test: Within | Contains | Matches, value: Value) -> bool:
    """Whether a test holds for one value."""
    match test:
        case Within():
            return within(test, value)
        case Contains(_, part):
            return part in value
        case Matches(_, pattern):
            text = value if isinstance(value, str) else value.decode("latin-1")
            return pattern.found_in(text)


def within(test: Within, value: Value) -> bool:
    """Whether the value lies in one of the test's ranges."""
    return any(each.holds(value) for each in test.ranges)


def occurrences(tree: Node, fields: Sequence[Field]) -> dict[str, list[Value | None]]:
    """What a frame's tree holds of the fields, in the order of the frame."""
    wanted: dict[str, list[Field]] = {}
    for field in fields:
        for source in field.sources:
            wanted.setdefault(source, []).append(field)
    found: dict[str, list[Value | None]] = {field.name: [] for field in fields}
    left = [tree]
    while left:
        node = left.pop()
        for field in wanted.get(node.filter, ()):
            found[field.name].append(node_value(field, node))
        left.extend(reversed(node.children))
    return found


def node_value(field: Field, node: Node) -> Value | None:
    """A node's value in the form in which the field is compared; None where it has none."""
    if field.type is Type.PRESENCE or node.value is None:
        return None
    if field.type in _ADDRESSES:
        return address(node.value)
    if field.type is Type.NUMBER:
        assert isinstance(node.value, int)
        return node.value // field.scale
    return node.value


def address(text: object) -> Address | None:
    """An address as it is compared; None of anything else, such as octets of no address's size."""
    if not isinstance(text, str):
        return None
    version, family = (6, AF_INET6) if ":" in text else (4, AF_INET)
    try:
        return version, int.from_bytes(inet_pton(family, text))
    except (OSError, ValueError):
        return None


def fields_of(expression: Expression) -> list[Field]:
    """The fields that it names, each once."""
    return list({test.field.name: test.field for test in each_test(expression)}.values())
