"""Hypothesis strategies derived from layouts: any message that a declared class can hold."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from hypothesis import strategies as st

from dissectors import codec, ipv6, link, registries
from dissectors.layout import Field, Framing, Kind, Layout, Message, Registry, Unknown

LOADED = (codec, ipv6, link)
"""Importing them fills the registries."""

REGISTRIES = tuple(each for each in vars(registries).values() if isinstance(each, Registry))
CLASSES: list[type[Message]] = [
    message for registry in REGISTRIES for message in registry.types.values()
]
MOST_TAIL = 40


def messages(message: type[Message]) -> st.SearchStrategy[Message]:
    layout = message.layout
    fields = {
        field.name: _values(layout, field) for field in layout.fields if not field.kind.is_derived
    }
    return st.builds(message, **fields)


def _values(layout: Layout, field: Field) -> st.SearchStrategy[object]:
    if field.kind is Kind.OPTIONS:
        assert field.registry is not None
        return st.lists(options(field.registry), max_size=4).map(tuple)
    if field.kind.is_tail:
        return _octets(layout)
    size = field.width // 8
    return {
        Kind.UINT: st.integers(0, (1 << field.width) - 1),
        Kind.FLAG: st.booleans(),
        Kind.RESERVED: st.just(0),
        Kind.IPV6: st.integers(0, 2**128 - 1).map(IPv6Address),
        Kind.IPV4: st.integers(0, 2**32 - 1).map(IPv4Address),
        Kind.LINK: st.binary(min_size=size, max_size=size),
    }[field.kind]


def _octets(layout: Layout) -> st.SearchStrategy[bytes]:
    """A tail of a neighbor discovery option fills whole units, unless its length is written."""
    derived = any(field.kind.is_derived for field in layout.fields)
    if layout.registry.framing is not Framing.ND or derived:
        return st.binary(max_size=MOST_TAIL)
    first = -(2 + layout.fixed) % 8
    return st.integers(0, 4).flatmap(
        lambda units: st.binary(min_size=first + 8 * units, max_size=first + 8 * units)
    )


def options(registry: Registry) -> st.SearchStrategy[Message]:
    """Any option that a list of the registry holds, unknown types and carried messages included."""
    known = [messages(message) for message in registry.types.values() if not _carries(message)]
    carried = [
        messages(message)
        for other in REGISTRIES
        if other.carrier is not None and other.carrier.layout.registry is registry
        for message in other.types.values()
    ]
    return st.one_of(*known, *carried, _unknown(registry))


def _carries(message: type[Message]) -> bool:
    return any(registry.carrier is message for registry in REGISTRIES)


def _unknown(registry: Registry) -> st.SearchStrategy[Unknown]:
    taken = {*registry.types, *((0, 1) if registry.framing is Framing.TLV else ())}
    numbers = st.sampled_from([number for number in range(256) if number not in taken])
    if registry.framing is Framing.ND:
        data = st.integers(0, 3).flatmap(
            lambda units: st.binary(min_size=6 + 8 * units, max_size=6 + 8 * units)
        )
    else:
        data = st.binary(max_size=MOST_TAIL)
    return st.builds(Unknown, numbers, data)
