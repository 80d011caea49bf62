"""Walks lists of options: where each begins, where its body is and where it ends.

Two framings: RFC 6275 6.2.1 and RFC 8200 4.2 (Length counts the body's octets; Pad1 and PadN), and
RFC 2461 4.6 (Length counts all of it in units of 8 octets). The codec and the tree walk alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dissectors.errors import ParseError
from dissectors.layout import Framing, Layout, Registry
from dissectors.registries import MOBILITY_OPTIONS

PAD1 = 0
PADN = 1

LONGER = {7: 1, 21: 4}
"""Mobility options that some write longer than their Length says, and by how many octets.

RFC 4068 6.4.4 leaves the Option-Code out of MH-LLA's Length, RFC 5568 6.4.5 the SPI out of BADF's.
"""


@dataclass(frozen=True, slots=True)
class Span:
    """One option: header from begin, body from body to end. `longer`: it outran its Length."""

    number: int
    begin: int
    body: int
    end: int
    longer: int = 0


def walk(registry: Registry, data: bytes, begin: int, end: int) -> Iterator[Span]:
    """The options between begin and end, paddings included; ParseError where one runs out."""
    at = begin
    clean: dict[int, bool] = {end: True}
    while at < end:
        if registry.framing is Framing.ND:
            span = _nd_extent(registry, data, at, end)
        else:
            span = _tlv_extent(registry, data, at, end, clean)
        yield span
        at = span.end


def is_padding(registry: Registry, span: Span) -> bool:
    """Pad1 or PadN of a list that knows them."""
    return registry.framing is Framing.TLV and span.number in (PAD1, PADN)


def padding(count: int) -> bytes:
    """Pad1 or PadN of `count` octets, below 8 (RFC 6275 6.2.2, 6.2.3)."""
    if count < 2:
        return bytes(count)
    return bytes((PADN, count - 2)) + bytes(count - 2)


def _nd_extent(registry: Registry, data: bytes, at: int, end: int) -> Span:
    _two_octets(registry, at, end)
    size = data[at + 1] * 8
    if size == 0:
        raise ParseError(f"{registry.name} {data[at]} has length 0", at)
    _fits(registry, data, at, size, end)
    return Span(data[at], at, at + 2, at + size)


def _tlv_extent(registry: Registry, data: bytes, at: int, end: int, clean: dict[int, bool]) -> Span:
    if data[at] == PAD1:
        return Span(PAD1, at, at + 1, at + 1)
    _two_octets(registry, at, end)
    size = 2 + data[at + 1]
    more = LONGER.get(data[at], 0) if registry is MOBILITY_OPTIONS else 0
    plain, longer = at + size, at + size + more
    if (
        more
        and not _clean(registry, data, plain, end, clean)
        and _clean(registry, data, longer, end, clean)
    ):
        return Span(data[at], at, at + 2, longer, more)
    _fits(registry, data, at, size, end)
    return Span(data[at], at, at + 2, at + size)


def _two_octets(registry: Registry, at: int, end: int) -> None:
    if at + 2 > end:
        raise ParseError(f"a {registry.name} needs 2 octets, 1 is there", at, 2)


def _fits(registry: Registry, data: bytes, at: int, size: int, end: int) -> None:
    if at + size > end:
        raise ParseError(
            f"{registry.name} {data[at]} needs {size} octets, {end - at} are there", at, size
        )


def _clean(registry: Registry, data: bytes, at: int, end: int, known: dict[int, bool]) -> bool:
    """Whether plain options that hold their fields, with zero padding, fill [at, end) exactly.

    known: the answers so far, by place; a list is looked through once, however often it is asked.
    """
    passed = []
    while at not in known:
        passed.append(at)
        after = _after_clean(registry, data, at, end)
        if after is None or after > end:
            known[at] = False
        else:
            at = after
    known.update(dict.fromkeys(passed, known[at]))
    return known[at]


def _after_clean(registry: Registry, data: bytes, at: int, end: int) -> int | None:
    """Where a clean option ends; None if this is none."""
    if at >= end:
        return None
    if data[at] == PAD1:
        return at + 1
    if at + 2 > end:
        return None
    size = data[at + 1]
    known = registry.types.get(data[at])
    if known is not None and not _holds(known.layout, size):
        return None
    if data[at] == PADN and any(data[at + 2 : at + 2 + size]):
        return None
    return at + 2 + size


def _holds(layout: Layout, size: int) -> bool:
    """Whether a body of this size can be the option's."""
    return layout.least <= size and (layout.tail is not None or size <= layout.fixed)
