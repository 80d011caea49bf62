"""Walks lists of options: where each begins, where its body is and where it ends.

How a list is written is its registry's `Framing`; one walk serves all of them, the codec's and the
tree's. Two mobility options may be longer than their Length says; which of both readings holds is
settled by the rest of the list.
"""

from __future__ import annotations

from collections.abc import Iterator

from dissectors.errors import ParseError
from dissectors.layout import Framing, Layout, Registry
from dissectors.registries import MOBILITY_OPTIONS

PAD1 = 0
PADN = 1

VENDOR = 1 << 64
"""In the number of an AVP that names a vendor: VENDOR + vendor * 2**32 + code."""

_VENDOR_FLAG = 0x80
_VENDOR_END = 12
"""RFC 6733 4.1: code, flags, length and Vendor-ID."""

LONGER = {7: 1, 21: 4}
"""Mobility options that some write longer than their Length says, and by how many octets.

RFC 4068 6.4.4 leaves the Option-Code out of MH-LLA's Length, RFC 5568 6.4.5 the SPI out of BADF's.
"""


class Span:
    """One option: header from begin, body from body to end; behind fill octets stands the next.

    `longer`: it outran its Length.
    """

    __slots__ = ("after", "begin", "body", "end", "longer", "number")

    def __init__(
        self, number: int, begin: int, body: int, end: int, after: int, longer: int = 0
    ) -> None:
        self.number = number
        self.begin = begin
        self.body = body
        self.end = end
        self.after = after
        self.longer = longer


def walk(registry: Registry, data: bytes, begin: int, end: int) -> Iterator[Span]:
    """The options between begin and end, paddings included; ParseError where one runs out."""
    framing = registry.framing
    assert framing is not None
    return (_walk_tlv if framing is Framing.TLV else _walk)(framing, registry, data, begin, end)


def _walk(framing: Framing, registry: Registry, data: bytes, at: int, end: int) -> Iterator[Span]:
    place = 0
    while at < end:
        place += 1
        span = _extent(framing, registry, data, at, end, place)
        yield span
        at = span.after
        if span.number == framing.last:
            if at < end:
                yield Span(framing.padding[0], at, at, end, end)
            return


def _walk_tlv(
    framing: Framing, registry: Registry, data: bytes, at: int, end: int
) -> Iterator[Span]:
    """What `_walk` finds in most lists, found sooner; and mobility options of unsure length."""
    unsure = _Unsure(end) if registry is MOBILITY_OPTIONS else None
    while at < end:
        number = data[at]
        if number == PAD1:
            yield Span(PAD1, at, at + 1, at + 1, at + 1)
            at += 1
            continue
        stop = at + 2 + data[at + 1] if at + 2 <= end else end + 1
        if unsure is not None and number in LONGER:
            span = unsure.longer(registry, data, at, end)
            if span is not None:
                yield span
                at = span.after
                continue
        if stop > end:
            _extent(framing, registry, data, at, end, 1)  # raises: it runs out
        yield Span(number, at, at + 2, stop, stop)
        at = stop


def number_at(registry: Registry, data: bytes, at: int, end: int, place: int) -> int | None:
    """The type of the option that begins at `at`; None if not even that is there."""
    framing = registry.framing
    assert framing is not None
    if at + framing.number > end:
        return None
    return _number(framing, registry, data, at, end, place)


def is_padding(registry: Registry, span: Span) -> bool:
    """Pad1 or PadN of a list that knows them, or its end."""
    assert registry.framing is not None
    return span.number in registry.framing.padding


def padding(count: int) -> bytes:
    """Pad1 or PadN of `count` octets, below 8 (RFC 6275 6.2.2, 6.2.3)."""
    if count < 2:
        return bytes(count)
    return bytes((PADN, count - 2)) + bytes(count - 2)


def _extent(
    framing: Framing, registry: Registry, data: bytes, at: int, end: int, place: int
) -> Span:
    number = _number(framing, registry, data, at, end, place)
    if number in framing.alone:
        return Span(number, at, at + 1, at + 1, at + 1)
    if framing.plain is not None and place >= framing.plain:
        return Span(number, at, at, end, end)
    if not framing.length:
        return Span(number, at, at + framing.body, end, end)
    head = max(framing.body, framing.length_at + framing.length)
    if at + head > end:
        raise ParseError(
            f"{registry.name} needs {head} octets, {end - at} {_are(end - at)} there", at, head
        )
    length_at = at + framing.length_at
    length = int.from_bytes(data[length_at : length_at + framing.length], "big") * framing.unit
    size = length if framing.whole else framing.body + length
    if size < head:
        raise ParseError(f"{registry.name} {number} has length {length}", at)
    _fits(registry, number, at, size, end)
    if framing is Framing.AVP:
        number = _vendor_number(registry, data, at, size, number)
    stop = at + size
    after = min(stop + -size % framing.align, end) if framing.align > 1 else stop
    return Span(number, at, at + framing.body, stop, after)


def _number(
    framing: Framing, registry: Registry, data: bytes, at: int, end: int, place: int
) -> int:
    """The type that stands first, or the place in the list."""
    size = framing.number
    if size == 1:
        return data[at]
    if not size:
        return place if framing.counted else 1
    if at + size > end:
        raise ParseError(
            f"{registry.name} needs {size} octets, {end - at} {_are(end - at)} there", at, size
        )
    return int.from_bytes(data[at : at + size], "big")


def _vendor_number(registry: Registry, data: bytes, at: int, size: int, code: int) -> int:
    if not data[at + 4] & _VENDOR_FLAG:
        return code
    if size < _VENDOR_END:
        raise ParseError(f"{registry.name} {code} has length {size} and a vendor", at, _VENDOR_END)
    return VENDOR + (int.from_bytes(data[at + 8 : at + 12], "big") << 32) + code


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _fits(registry: Registry, number: int, at: int, size: int, end: int) -> None:
    if at + size > end:
        raise ParseError(
            f"{registry.name} {number} needs {size} octets, {end - at} {_are(end - at)} there",
            at,
            size,
        )


class _Unsure:
    """Mobility options of unsure length, and what was found out about the rest of their list."""

    def __init__(self, end: int) -> None:
        self._clean: dict[int, bool] = {end: True}

    def longer(self, registry: Registry, data: bytes, at: int, end: int) -> Span | None:
        """The option at `at`, if it is longer than it says and the rest is clean only then."""
        number = data[at]
        if number not in LONGER or at + 2 > end:
            return None
        more = LONGER[number]
        plain = at + 2 + data[at + 1]
        if self._is_clean(registry, data, plain, end):
            return None
        if not self._is_clean(registry, data, plain + more, end):
            return None
        return Span(number, at, at + 2, plain + more, plain + more, more)

    def _is_clean(self, registry: Registry, data: bytes, at: int, end: int) -> bool:
        """Whether plain options that hold their fields, with zero padding, fill [at, end) exactly.

        Each place is looked at once, so that a list of many such options stays linear.
        """
        passed: list[int] = []
        while at not in self._clean:
            passed.append(at)
            after = _next(registry, data, at, end)
            if after is None:
                self._clean[at] = False
                break
            at = after
        found = self._clean[at]
        self._clean.update(dict.fromkeys(passed, found))
        return found


def _next(registry: Registry, data: bytes, at: int, end: int) -> int | None:
    """Where the option behind the one at `at` begins; None if this one is not clean."""
    if at >= end:
        return None
    if data[at] == PAD1:
        return at + 1
    if at + 2 > end:
        return None
    size = data[at + 1]
    after = at + 2 + size
    known = registry.types.get(data[at])
    if after > end or (known is not None and not _holds(known.layout, size)):
        return None
    if data[at] == PADN and any(data[at + 2 : after]):
        return None
    return after


def _holds(layout: Layout, size: int) -> bool:
    """Whether a body of this size can be the option's."""
    return layout.least <= size and (layout.tail is not None or size <= layout.fixed)
