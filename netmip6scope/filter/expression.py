"""A filter that has been understood: tests of fields, joined by and, or and not.

Values are in the form in which fields are compared: numbers and flags as whole numbers, times and
durations in nanoseconds, addresses as (version, number), texts as they are shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from netmip6scope.filter.fields import Field
from netmip6scope.filter.pattern import Pattern

Address = tuple[int, int]
"""4 or 6, and the address as a number; one more than the last is an end, never an address."""

Value: TypeAlias = Any
"""int, str, bytes or Address: one of them for all values of a field."""


@dataclass(frozen=True, slots=True)
class Range:
    """Values from `begin` to before `end`; None is open."""

    begin: Value | None
    end: Value | None

    def holds(self, value: Value) -> bool:
        return (self.begin is None or bool(self.begin <= value)) and (
            self.end is None or bool(value < self.end)
        )


@dataclass(frozen=True, slots=True)
class Present:
    """The field is there."""

    field: Field


@dataclass(frozen=True, slots=True)
class Within:
    """A value of the field lies in one of the ranges; with `none`, it has values and none does.

    Every comparison is this: an address with its prefix length is a range like any other.
    """

    field: Field
    ranges: tuple[Range, ...]
    none: bool = False


@dataclass(frozen=True, slots=True)
class Contains:
    """A value of the field, text or octets, has the part in it."""

    field: Field
    part: str | bytes


@dataclass(frozen=True, slots=True)
class Matches:
    """In a value of the field the pattern is found; octets are characters up to 255 to it."""

    field: Field
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Not:
    """The inner does not hold."""

    inner: Expression


@dataclass(frozen=True, slots=True)
class AllOf:
    """All parts hold."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of the parts holds."""

    parts: tuple[Expression, ...]


Test = Present | Within | Contains | Matches
Expression = Test | Not | AllOf | AnyOf


def each_test(expression: Expression) -> Iterator[Test]:
    """The tests in it, in order."""
    match expression:
        case Not(inner):
            yield from each_test(inner)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from each_test(part)
        case _:
            yield expression
