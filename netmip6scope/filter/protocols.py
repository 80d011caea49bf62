"""The protocol fields that a filter can name, derived from the registries of `dissectors`.

A declaration is all that a new field needs. Numbers are the wire's, as in Wireshark, whose names
they have: a lifetime that counts four seconds is compared in fours.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from enum import IntEnum
from functools import cache

from dissectors import ipv6, layers_other, registries, tree
from dissectors.layout import ELEMENTS, Kind, Layout, Registry, filter_name
from dissectors.layout import Field as Declared
from netmip6scope.filter.fields import Field, Type, label_text

LOADED = tree.LAYERS
"""Importing the layers fills the registries."""

_TYPES = {
    Kind.UINT: Type.NUMBER,
    Kind.FLAG: Type.FLAG,
    Kind.IPV6: Type.IPV6,
    Kind.IPV4: Type.IPV4,
    Kind.LINK: Type.OCTETS,
    Kind.LITTLE: Type.NUMBER,
    Kind.STRING: Type.TEXT,
    Kind.RESERVED: Type.NUMBER,
    Kind.LENGTH: Type.NUMBER,
    Kind.TAIL_LENGTH: Type.NUMBER,
    Kind.PAD_LENGTH: Type.NUMBER,
    Kind.OCTETS: Type.OCTETS,
    Kind.TEXT: Type.TEXT,
    Kind.DOMAIN: Type.TEXT,
    Kind.ADDRESS: Type.ADDRESS,
    Kind.PREFIX: Type.IPV6,
    Kind.IPV6S: Type.IPV6,
    Kind.IPV4S: Type.IPV4,
    Kind.UINT8S: Type.NUMBER,
    Kind.UINT16S: Type.NUMBER,
}
_ENDS = (("src", "dst", "addr"), ("srcport", "dstport", "port"))
"""Wireshark's names for a field at either end: `ipv6.addr` is `ipv6.src` and `ipv6.dst`."""
_OURS = "netmip6scope"


@cache
def protocol_fields() -> dict[str, Field]:
    """Every field of every protocol by its name, in the order of the declarations."""
    found: dict[str, Field] = {}
    for field in (*_declared(), *_heads(), *_undeclared(), *_neighbours()):
        known = found.get(field.name)
        found[field.name] = field if known is None else _merged(known, field)
    for field in tuple(_either_end(found)):
        found.setdefault(field.name, field)
    return found


def _declared() -> Iterator[Field]:
    for registry in vars(registries).values():
        if isinstance(registry, Registry):
            for number in sorted(registry.types):
                yield from _of_layout(registry.types[number].layout)


def _heads() -> Iterator[Field]:
    """Type and length in front of each option of a list, as far as they are no fields of it."""
    for registry in vars(registries).values():
        framing = registry.framing if isinstance(registry, Registry) else None
        if framing is None:
            continue
        of = "option" if registry.type_name == Registry("").type_name else registry.name
        if framing.number and framing.body:
            yield _number(registry.type_name, f"Type: {of}", _OURS, 8 * framing.number)
        if framing.length and framing.length_at < framing.body:
            yield _number(registry.length_name, f"Length: {of}", _OURS, 8 * framing.length)


def _of_layout(layout: Layout) -> Iterator[Field]:
    yield _presence(layout.prefix, layout.label, layout.ref)
    for field in layout.fields:
        if field.kind is not Kind.OPTIONS:
            yield _of_field(layout, field)


def _of_field(layout: Layout, field: Declared) -> Field:
    name = filter_name(layout, field)
    if field.secret:
        return _presence(name, field.label, layout.ref)
    return Field(
        name,
        _TYPES[field.kind],
        field.label,
        layout.ref,
        field.width or 8 * ELEMENTS.get(field.kind, 0),
        field.scale,
        field.unit,
        _labels(field.enum),
        (name,),
    )


def _labels(enum: type[IntEnum] | None) -> tuple[tuple[str, int], ...]:
    return tuple((label_text(each.name), each.value) for each in enum or ())


def _merged(known: Field, more: Field) -> Field:
    """One field of two declarations.

    Messages may share a field, and an option may have the name of the only field in it.
    """
    ref = _joined(known.ref, more.ref)
    if more.type is Type.PRESENCE:
        return replace(known, ref=ref)
    if known.type is Type.PRESENCE:
        return replace(more, ref=ref)
    if (known.type, known.scale) != (more.type, more.scale):
        raise ValueError(f"{known.name} is declared as {known.type.value} and {more.type.value}")
    labels = tuple(dict.fromkeys((*known.labels, *more.labels)))
    return replace(known, ref=ref, bits=max(known.bits, more.bits), labels=labels)


def _joined(refs: str, more: str) -> str:
    return ", ".join(dict.fromkeys((*refs.split(", "), *more.split(", "))))


def _presence(name: str, label: str, ref: str) -> Field:
    return Field(name, Type.PRESENCE, label, ref, sources=(name,))


def _number(name: str, label: str, ref: str, bits: int) -> Field:
    return Field(name, Type.NUMBER, label, ref, bits, sources=(name,))


def _octets(name: str, label: str, ref: str = _OURS) -> Field:
    return Field(name, Type.OCTETS, label, ref, sources=(name,))


def _undeclared() -> tuple[Field, ...]:
    """Nodes that the tree makes without a declaration; a test holds that none is missing here."""
    inside = _number("esp.protocol", "Next Header", "RFC 4303 2.6", 8)
    verdict = _octets("netmip6.verification", "Verdict on an authenticator: good, bad or unchecked")
    return (
        _presence("frame", "Frame", _OURS),
        _presence("raw", "Raw IP", "LINKTYPE_RAW"),
        replace(_presence("mipv6", "Mobile IPv6", "RFC 6275 6.1.1"), sources=("mip6",)),
        _number("icmpv6.type", "Type", "RFC 4443 2.1", 8),
        _number("icmpv6.code", "Code", "RFC 4443 2.1", 8),
        _number("icmpv6.checksum", "Checksum", "RFC 4443 2.1", 16),
        _octets("esp.iv", "IV", "RFC 4303 2.3"),
        _octets("esp.icv", "ICV", "RFC 4303 2.8"),
        _presence("esp.pad", "Padding", "RFC 4303 2.4"),
        _number("esp.pad_len", "Pad Length", "RFC 4303 2.5", 8),
        replace(inside, labels=_labels(ipv6.NextHeader)),
        _presence("netmip6.esp.decrypted", "What ESP carried", "RFC 4303"),
        replace(verdict, type=Type.TEXT),
        _presence("netmip6.quote", "Packet quoted in an ICMPv6 error", "RFC 4443 3"),
        _presence("netmip6.reassembled", "Packet put together of fragments", "RFC 8200 4.5"),
        _presence("netmip6.radius.eap", "EAP of several attributes", "RFC 3579 3.1"),
        _presence("netmip6.dhcp.overloaded", "Options in another field", "RFC 2132 9.3"),
        _number("netmip6.option", "Type of an option that is not known", _OURS, 32),
        _presence("netmip6.end", "End of a list of options", "RFC 2132 3.2"),
        _number("netmip6.padding", "Octets of padding in one place", _OURS, 16),
        _octets("netmip6.message", "Message that is not known"),
        _octets("netmip6.rest", "Rest of a list of options that cannot be read"),
        _octets("netmip6.data", "Data that nothing decodes"),
        _octets("netmip6.trailer", "Octets behind the end that a layer gives"),
    )


def _neighbours() -> Iterator[Field]:
    """Fields of headers that dpkt lists."""
    for label, header in layers_other.HEADERS.values():
        prefix = f"netmip6.{header.__name__.lower()}"
        yield _presence(prefix, label, "dpkt")
        for entry in header.__hdr__:
            own = entry[0].lstrip("_")
            name, bits = f"{prefix}.{own}", 8 * struct.calcsize(f">{entry[1]}")
            yield Field(name, _packed(entry[1]), own, "dpkt", bits, sources=(name,))


def _packed(code: str) -> Type:
    """The type of a struct code: octets, a number, or several numbers shown as text."""
    if code.endswith("s"):
        return Type.OCTETS
    return Type.NUMBER if len(code) == 1 else Type.TEXT


def _either_end(fields: dict[str, Field]) -> Iterator[Field]:
    for name, field in fields.items():
        prefix, _, last = name.rpartition(".")
        for first, second, both in _ENDS:
            other = fields.get(f"{prefix}.{second}")
            if last == first and prefix and other is not None and other.type is field.type:
                label = f"{field.label} or {other.label}"
                ends = (name, other.name)
                yield replace(field, name=f"{prefix}.{both}", label=label, sources=ends)
