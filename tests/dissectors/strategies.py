"""Hypothesis strategies derived from layouts: any message that a declared class can hold."""

from __future__ import annotations

import struct
from functools import cache
from ipaddress import IPv4Address, IPv6Address

from hypothesis import strategies as st

from dissectors import body, codec, registries, tree
from dissectors.layout import (
    ELEMENTS,
    OCTET_TAILS,
    Field,
    Framing,
    Kind,
    Layout,
    Message,
    Registry,
    Unknown,
)
from dissectors.options import VENDOR

LOADED = (codec, tree)
"""Importing them fills the registries."""

REGISTRIES = tuple(each for each in vars(registries).values() if isinstance(each, Registry))
CLASSES: list[type[Message]] = [
    *dict.fromkeys(message for registry in REGISTRIES for message in registry.types.values())
]
MOST_TAIL = 40
MOST_DEEP = 3


@cache
def messages(message: type[Message], depth: int = 0) -> st.SearchStrategy[Message]:
    layout = message.layout
    fields = {
        field.name: _values(layout, field, depth)
        for field in layout.fields
        if not field.kind.is_derived
    }
    return st.builds(message, **fields)


def _values(layout: Layout, field: Field, depth: int) -> st.SearchStrategy[object]:
    if field.kind is Kind.OPTIONS:
        assert field.registry is not None
        return option_lists(field.registry, depth + 1)
    if field.kind in OCTET_TAILS:
        return _octets(layout)
    if field.kind in ELEMENTS:
        return st.lists(_elements(field), max_size=4).map(tuple)
    size = field.width // 8
    return {
        Kind.UINT: st.integers(0, (1 << field.width) - 1),
        Kind.LITTLE: st.integers(0, (1 << field.width) - 1),
        Kind.FLAG: st.booleans(),
        Kind.RESERVED: st.just(0),
        Kind.IPV6: st.integers(0, 2**128 - 1).map(IPv6Address),
        Kind.IPV4: st.integers(0, 2**32 - 1).map(IPv4Address),
        Kind.LINK: st.binary(min_size=size, max_size=size),
        Kind.STRING: st.binary(min_size=size, max_size=size),
    }[field.kind]


def _elements(field: Field) -> st.SearchStrategy[object]:
    numbers = st.integers(0, (1 << 8 * ELEMENTS[field.kind]) - 1)
    made = {Kind.IPV6S: IPv6Address, Kind.IPV4S: IPv4Address}.get(field.kind)
    return numbers if made is None else numbers.map(made)


def _octets(layout: Layout) -> st.SearchStrategy[bytes]:
    """A tail of a neighbor discovery option fills whole units, unless its length is written."""
    derived = any(field.kind.is_derived for field in layout.fields)
    if layout.registry.framing is not Framing.ND or derived:
        return st.binary(max_size=MOST_TAIL)
    first = -(2 + layout.fixed) % 8
    return st.integers(0, 4).flatmap(
        lambda units: st.binary(min_size=first + 8 * units, max_size=first + 8 * units)
    )


@cache
def option_lists(registry: Registry, depth: int) -> st.SearchStrategy[tuple[Message, ...]]:
    """Any list of options that the registry's framing can write."""
    if depth > MOST_DEEP:
        return st.just(())
    framing = registry.framing
    assert framing is not None
    if not framing.number and framing.counted:
        places = [messages(registry.types[n], depth) for n in sorted(registry.types)]
        if framing.plain is not None:
            places[-1] = places[-1].filter(lambda message: body.build(message) != b"")
        return st.integers(0, len(places)).flatmap(lambda n: st.tuples(*places[:n]))
    most = 1 if framing.is_sole else 4
    return st.lists(options(registry, depth), max_size=most).map(tuple)


def options(registry: Registry, depth: int = 1) -> st.SearchStrategy[Message]:
    """Any option that a list of the registry holds, unknown types and carried messages included."""
    known = [
        _told(registry, message, messages(message, depth))
        for message in dict.fromkeys(registry.types.values())
        if not _carries(message)
    ]
    carried = [
        messages(message, depth)
        for other in REGISTRIES
        if other.carrier is not None and other.carrier.layout.registry is registry
        for message in other.types.values()
    ]
    unknown = [_unknown(registry)] if registry.framing is not Framing.ITEMS else []
    return st.one_of(*known, *carried, *unknown)


def _told(
    registry: Registry, message: type[Message], any_of_it: st.SearchStrategy[Message]
) -> st.SearchStrategy[Message]:
    """A message that its first field tells has one of its own numbers there.

    An AVP that has a vendor is another one.
    """
    if registry.framing is Framing.AVP:
        return any_of_it.filter(lambda avp: not avp.vendor_specific)
    if registry.framing is not Framing.FIRST:
        return any_of_it
    own = [number for number, each in registry.types.items() if each is message]
    first = message.layout.fields[0].name
    return st.tuples(any_of_it, st.sampled_from(own)).map(
        lambda pair: message(
            **{f: getattr(pair[0], f) for f in pair[0].__match_args__} | {first: pair[1]}
        )
    )


def _carries(message: type[Message]) -> bool:
    return any(registry.carrier is message for registry in REGISTRIES)


def _unknown(registry: Registry) -> st.SearchStrategy[Unknown]:
    framing = registry.framing
    assert framing is not None
    taken = {*registry.types, *framing.padding}
    most = (1 << 8 * framing.number) - 1
    numbers = st.integers(0, most).filter(lambda number: number not in taken)
    if framing is Framing.AVP:
        return st.tuples(numbers, st.none() | numbers, st.binary(max_size=MOST_TAIL)).map(
            lambda avp: _unknown_avp(*avp)
        )
    if framing is Framing.CHUNK:
        return st.builds(_unknown_chunk, numbers, st.binary(max_size=MOST_TAIL))
    if framing is Framing.FIRST:
        return st.builds(
            lambda number, data: Unknown(number, bytes((number,)) + data),
            numbers,
            st.binary(max_size=MOST_TAIL),
        )
    if framing is Framing.ND:
        data = st.integers(0, 3).flatmap(
            lambda units: st.binary(min_size=6 + 8 * units, max_size=6 + 8 * units)
        )
    else:
        data = st.binary(max_size=MOST_TAIL)
    return st.builds(Unknown, numbers, data)


def _unknown_avp(code: int, vendor: int | None, data: bytes) -> Unknown:
    if vendor is None:
        return Unknown(code, struct.pack("!I", 0x40000000 | 8 + len(data)) + data)
    head = struct.pack("!II", 0xC0000000 | 12 + len(data), vendor)
    return Unknown(VENDOR + (vendor << 32) + code, head + data)


def _unknown_chunk(number: int, data: bytes) -> Unknown:
    return Unknown(number, struct.pack("!BH", 0, 4 + len(data)) + data)
