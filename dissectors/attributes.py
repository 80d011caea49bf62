"""Attributes that are one value: declared by a line of a table instead of a class each.

RADIUS and Diameter have hundreds of them. A line is number, name and what the value is; the class
that `declare` makes of it has the one field `value`, behind what all attributes of the list begin
with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from functools import partial
from typing import Any

from dissectors.errors import BuildError
from dissectors.layout import (
    Message,
    Registry,
    address,
    declare,
    ipv4_address,
    ipv6_address,
    link_address,
    octets,
    text,
    uint,
)

Made = Callable[..., Any]
"""Makes the field, given its label and filter name."""

Line = tuple[int, str, Made]

TEXT: Made = text
OCTETS: Made = octets
SECRET: Made = partial(octets, secret=True)
NUMBER: Made = partial(uint, 32)
NUMBER64: Made = partial(uint, 64)
SHORT: Made = partial(uint, 16)
BYTE: Made = partial(uint, 8)
SECONDS: Made = partial(uint, 32, unit="s")
SIZE: Made = partial(uint, 32, unit="octets")
DATE: Made = partial(uint, 32, unit="s since 1970")
IPV4: Made = ipv4_address
IPV6: Made = ipv6_address
ADDRESS: Made = address
INTERFACE: Made = partial(link_address, width=64)


def named(enum: type[IntEnum]) -> Made:
    """A number of 32 bits with names."""
    return partial(uint, 32, enum=enum)


def attributes(
    registry: Registry,
    lines: Iterable[Line],
    *,
    prefix: str,
    ref: str,
    filter_of: Callable[[str], str],
    head: Mapping[str, Any] | None = None,
) -> None:
    """Declare each line into the registry; head are the fields before the value."""
    for number, name, made in lines:
        fields = {**(head or {}), "value": made(name, filter=filter_of(name))}
        body = {
            "__doc__": f"{name}.",
            "__module__": __name__,
            "__annotations__": {n: Any for n, spec in fields.items() if not spec.kind.is_derived},
            **fields,
        }
        cls = type(name.replace("-", "_"), (Message,), body)
        declare(registry, number, prefix, ref=ref, label=name)(cls)


def attribute(registry: Registry, name: str, **values: object) -> Message:
    """The attribute of this name with these values; BuildError if nobody declared it."""
    for message in registry.types.values():
        if message.layout.label == name:
            return message(**values)
    raise BuildError(f"{registry.name} {name} is not declared")
