"""Strict parse and canonical build of a message's body, both derived from its layout.

`parse(build(m))` is m. `build(parse(b))` is b whenever no anomaly is reported: what could be read
but would be written otherwise is an anomaly, found in the end by writing it again.
"""

from __future__ import annotations

from typing import Any, TypeVar

from dissectors.errors import BuildError, ParseError
from dissectors.fields import elements, number_of, octets_of, read
from dissectors.layout import (
    ELEMENTS,
    Anomaly,
    Field,
    Framing,
    Kind,
    Layout,
    Message,
    Registry,
    Unknown,
    need,
)
from dissectors.options import Span, is_padding, padding, walk

M = TypeVar("M", bound=Message)

MOST_NESTED = 16
"""Option lists inside each other that are followed."""

_BOOTP_OPTIONS = 60
"""Octets of options in the shortest BOOTP message (RFC 1542 2.1: 300 octets in all)."""


def parse(
    message_class: type[M],
    data: bytes,
    begin: int = 0,
    end: int | None = None,
) -> tuple[M, tuple[Anomaly, ...]]:
    """The message whose body is data[begin:end], and what is odd about it.

    Offsets in anomalies and in ParseError count from the start of data. ParseError: the fixed part
    does not fit, an option runs out of the list or cannot have its length, or lists are nested too
    deep.
    """
    stop = len(data) if end is None else end
    found: list[Anomaly] = []
    message = _parse(message_class, data, begin, stop, found, 0)
    if not found:
        wire, again = data[begin:stop], build(message)
        if wire != again:
            pairs = enumerate(zip(wire, again, strict=False))
            at = next((i for i, (a, b) in pairs if a != b), min(len(wire), len(again)))
            found.append(Anomaly("padding or alignment is not the canonical one", begin + at))
    return message, tuple(found)


def parse_only(message_class: type[M], data: bytes, begin: int, end: int) -> M:
    """The message as `parse` gives it; what is odd about it is not looked for."""
    return _parse(message_class, data, begin, end, [], 0)


def parse_first(
    registry: Registry, data: bytes, begin: int = 0, end: int | None = None
) -> tuple[Message, tuple[Anomaly, ...]]:
    """The message that its first octet tells (`Framing.FIRST`); Unknown if nobody declared it."""
    stop = len(data) if end is None else end
    need(data, begin, stop, 1, registry.name)
    known = registry.types.get(data[begin])
    if known is None:
        return Unknown(data[begin], data[begin:stop]), ()
    return parse(known, data, begin, stop)


def build(message: Message) -> bytes:
    """The message's body; BuildError for a value that does not fit."""
    if isinstance(message, Unknown):
        return message.data
    layout = message.layout
    tail = _tail(message, layout.tail)
    pad = _nd_padding(layout, tail) if layout.registry.framing is Framing.ND else 0
    number = 0
    for field in layout.head:
        if field.kind is Kind.LENGTH:
            value = number_of(field, layout.origin + layout.fixed + len(tail))
        elif field.kind is Kind.TAIL_LENGTH:
            value = number_of(field, len(tail))
        elif field.kind is Kind.PAD_LENGTH:
            value = pad
        else:
            value = number_of(field, getattr(message, field.name))
        number = number << field.width | value
    return number.to_bytes(layout.fixed, "big") + tail + bytes(pad)


def option(registry: Registry, message: Message, place: int = 1) -> bytes:
    """An option with its header, as a list of `registry` holds it; place counts from 1."""
    if isinstance(message, Unknown):
        number, body = message.number, message.data
    elif message.layout.registry is registry:
        number, body = message.layout.number, build(message)
    else:
        return option(registry, _carried(registry, message), place)
    framing = registry.framing
    assert framing is not None
    size = framing.body + len(body)
    out = _option_head(framing, registry, number, len(body), place) + body
    out += bytes(-size % framing.align)
    if not out:
        raise BuildError(f"{registry.name} {number} without octets is left out")
    if isinstance(message, Unknown) or not framing.number or framing is Framing.AVP:
        _check(registry, out, number, size, place)
    return out


def _option_head(framing: Framing, registry: Registry, number: int, size: int, place: int) -> bytes:
    """What stands before the body: type and length, as far as they are no fields of the body."""
    if framing is Framing.FIRST or (framing.plain is not None and place >= framing.plain):
        return b""
    code = number & 0xFFFFFFFF if framing is Framing.AVP else number
    if framing.number and not 0 <= code < 1 << 8 * framing.number:
        raise BuildError(f"{registry.name} {number} does not fit {8 * framing.number} bits")
    if number in framing.padding:
        raise BuildError("padding is derived, it is no option of its own")
    head = code.to_bytes(framing.number, "big") if framing.number else b""
    if not framing.length or framing.length_at >= framing.body:
        return head
    counted = size + (framing.body if framing.whole else 0)
    length, over = divmod(counted, framing.unit)
    if over or length >= 1 << 8 * framing.length:
        raise BuildError(f"{registry.name} {number} cannot hold {size} octets")
    return head + length.to_bytes(framing.length, "big")


def _check(registry: Registry, out: bytes, number: int, size: int, place: int) -> None:
    """What nobody declared, and what its place tells, must be read as what it was written for."""
    framing = registry.framing
    assert framing is not None
    if not framing.number:
        if framing.counted and place != number:
            raise BuildError(f"{registry.name} {number} cannot stand in place {place}")
        return
    try:
        span = next(iter(walk(registry, out, 0, len(out))), None)
    except ParseError as error:
        raise BuildError(f"{registry.name} {number}: {error.reason}") from error
    if span is None or span.number != number or span.end != size:
        raise BuildError(f"{registry.name} {number}: its octets say something else")


def parse_option(
    registry: Registry, data: bytes, span: Span, found: list[Anomaly], depth: int = 0
) -> Message:
    """The option of a span that is no padding; types that nobody declared are Unknown."""
    if span.longer:
        found.append(
            Anomaly(f"length leaves out {span.longer} octets of the option", span.begin + 1)
        )
    if any(data[span.end : span.after]):
        found.append(Anomaly("padding is not zero", span.end))
    known = registry.types.get(span.number)
    if known is None:
        return Unknown(span.number, data[span.body : span.end])
    message = _parse(known, data, span.body, span.end, found, depth)
    tail = known.layout.tail
    if tail is None or tail.registry is None or tail.kind is not Kind.OCTETS:
        return message
    return _unwrapped(tail.registry, message, data, span.body + known.layout.fixed, found, depth)


def _parse(
    message_class: type[M], data: bytes, begin: int, end: int, found: list[Anomaly], depth: int
) -> M:
    layout = message_class.layout
    need(data, begin, end, layout.least, layout.label)
    rest = min(end, begin + layout.fixed)
    head = data[begin:rest].ljust(layout.fixed, b"\0")
    missing = layout.fixed - (rest - begin)
    if missing:
        found.append(Anomaly(f"{missing} octets of the fixed part are missing", end))
    taken: dict[str, Any] = {}
    for field in layout.head:
        if field.kind is Kind.LENGTH:
            end = _own_end(layout, begin, begin - layout.origin + read(field, head, 0), end, found)
        elif field.kind is Kind.TAIL_LENGTH:
            end = _tail_end(layout, data, rest, rest + read(field, head, 0), end, found)
        elif field.kind is Kind.PAD_LENGTH:
            end = _tail_end(layout, data, rest, end - read(field, head, 0), end, found)
        else:
            value = taken[field.name] = read(field, head, 0)
            if field.kind is Kind.RESERVED and value:
                found.append(Anomaly("reserved bits are not zero", begin + field.begin))
    if layout.tail is not None:
        taken[layout.tail.name] = _parse_tail(layout.tail, data, rest, end, found, depth)
    elif end > rest:
        found.append(Anomaly(f"{end - rest} octets stand behind the last field", rest))
    return message_class(**taken)


def _own_end(layout: Layout, begin: int, own_end: int, end: int, found: list[Anomaly]) -> int:
    """Where a message that says how long it is ends."""
    least = begin + layout.fixed
    if own_end < least:
        raise ParseError(f"{layout.label}: its length is below {layout.fixed} octets", begin)
    if own_end > end:
        raise ParseError(
            f"{layout.label} needs {own_end - begin} octets, {end - begin} are there",
            begin,
            own_end - begin,
        )
    if own_end < end:
        found.append(Anomaly(f"{end - own_end} octets stand behind the message", own_end))
    return own_end


def _tail_end(
    layout: Layout, data: bytes, rest: int, tail_end: int, end: int, found: list[Anomaly]
) -> int:
    """Where a tail with a length of its own ends; behind it only zeros may stand."""
    if not rest <= tail_end <= end:
        raise ParseError(f"{layout.label}: its inner length runs out of the option", rest - 1)
    if any(data[tail_end:end]):
        found.append(Anomaly("padding is not zero", tail_end))
    return tail_end


def _parse_tail(
    field: Field, data: bytes, begin: int, end: int, found: list[Anomaly], depth: int
) -> Any:  # noqa: ANN401
    if field.kind in ELEMENTS:
        return elements(field, data, begin, end)
    if field.kind is not Kind.OPTIONS:
        return data[begin:end]
    assert field.registry is not None
    if depth > MOST_NESTED:
        raise ParseError(f"options are nested deeper than {MOST_NESTED}", begin)
    options: list[Message] = []
    for span in walk(field.registry, data, begin, end):
        if not is_padding(field.registry, span):
            options.append(parse_option(field.registry, data, span, found, depth + 1))
        elif any(data[span.body : span.end]):
            found.append(Anomaly("padding is not zero", span.body))
    return tuple(options)


def _unwrapped(
    registry: Registry,
    carrier: Message,
    data: bytes,
    begin: int,
    found: list[Anomaly],
    depth: int,
) -> Message:
    """The message inside a carrier, or the carrier where its number is unknown."""
    number_field, tail = carrier.layout.fields[0], carrier.layout.fields[-1]
    known = registry.types.get(getattr(carrier, number_field.name))
    if known is None:
        return carrier
    return _parse(known, data, begin, begin + len(getattr(carrier, tail.name)), found, depth)


def _carried(registry: Registry, message: Message) -> Message:
    carrier = message.layout.registry.carrier
    if carrier is None or carrier.layout.registry is not registry:
        raise BuildError(f"{message.layout.label} is no {registry.name}")
    first, tail = carrier.layout.fields[0].name, carrier.layout.fields[-1].name
    return carrier(**{first: message.layout.number, tail: build(message)})


def _tail(message: Message, field: Field | None) -> bytes:
    if field is None:
        return b""
    value = getattr(message, field.name)
    if field.kind in ELEMENTS:
        return octets_of(field, value)
    if field.kind is not Kind.OPTIONS:
        if not isinstance(value, bytes):
            raise BuildError(f"{field.name}: {value!r} is not octets")
        return value
    assert field.registry is not None
    return _option_list(message, field.registry, value)


def _option_list(message: Message, registry: Registry, options: tuple[Message, ...]) -> bytes:
    head = message.layout.origin + message.layout.fixed
    framing = registry.framing
    assert framing is not None
    if framing.is_sole and len(options) > 1:
        raise BuildError(f"{message.layout.label} holds one {registry.name}, not {len(options)}")
    out = bytearray()
    for place, each in enumerate(options, 1):
        n, m = (1, 0) if isinstance(each, Unknown) else each.layout.align
        out += padding((m - head - len(out)) % n)
        out += option(registry, each, place)
    if framing is Framing.TLV:
        out += padding(-(head + len(out)) % 8)
    elif framing is Framing.DHCPV4:
        out += b"\xff"
        out += bytes(max(0, _BOOTP_OPTIONS - len(out)))
    return bytes(out)


def _nd_padding(layout: Layout, tail: bytes) -> int:
    """Zero octets to the next multiple of 8, where the option says how long its tail is."""
    if any(field.kind.is_derived for field in layout.fields):
        return -(2 + layout.fixed + len(tail)) % 8
    return 0
