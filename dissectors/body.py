"""Strict parse and canonical build of a message's body, both derived from its layout.

`parse(build(m))` is m. `build(parse(b))` is b whenever no anomaly is reported: what could be read
but would be written otherwise is an anomaly, found in the end by writing it again.
"""

from __future__ import annotations

from typing import Any, TypeVar

from dissectors.errors import BuildError, ParseError
from dissectors.fields import number_of, read
from dissectors.layout import (
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
from dissectors.options import PAD1, PADN, Span, is_padding, padding, walk

M = TypeVar("M", bound=Message)


def parse(
    message_class: type[M],
    data: bytes,
    begin: int = 0,
    end: int | None = None,
) -> tuple[M, tuple[Anomaly, ...]]:
    """The message whose body is data[begin:end], and what is odd about it.

    Offsets in anomalies and in ParseError count from the start of data. ParseError: the fixed part
    does not fit, an option runs out of the list, or a neighbor discovery option has length 0.
    """
    stop = len(data) if end is None else end
    found: list[Anomaly] = []
    message = _parse(message_class, data, begin, stop, found)
    if not found:
        wire, again = data[begin:stop], build(message)
        if wire != again:
            pairs = enumerate(zip(wire, again, strict=False))
            at = next((i for i, (a, b) in pairs if a != b), min(len(wire), len(again)))
            found.append(Anomaly("padding or alignment is not the canonical one", begin + at))
    return message, tuple(found)


def build(message: Message) -> bytes:
    """The message's body; BuildError for a value that does not fit."""
    if isinstance(message, Unknown):
        return message.data
    layout = message.layout
    tail = _tail(message, layout.tail)
    pad = _nd_padding(layout, tail) if layout.registry.framing is Framing.ND else 0
    number = 0
    for field in layout.fields:
        if field.kind.is_tail:
            break
        if field.kind is Kind.TAIL_LENGTH:
            value = number_of(field, len(tail))
        elif field.kind is Kind.PAD_LENGTH:
            value = pad
        else:
            value = number_of(field, getattr(message, field.name))
        number = number << field.width | value
    return number.to_bytes(layout.fixed, "big") + tail + bytes(pad)


def option(registry: Registry, message: Message) -> bytes:
    """An option with its header, as a list of `registry` holds it."""
    if isinstance(message, Unknown):
        number, body = message.number, message.data
    elif message.layout.registry is registry:
        number, body = message.layout.number, build(message)
    else:
        return option(registry, _carried(registry, message))
    if not 0 <= number <= 255:
        raise BuildError(f"{registry.name} {number} does not fit 8 bits")
    if registry.framing is Framing.TLV and number in (PAD1, PADN):
        raise BuildError("padding is derived, it is no option of its own")
    length, over = divmod(2 + len(body), 8) if registry.framing is Framing.ND else (len(body), 0)
    if over or length > 255:
        raise BuildError(f"{registry.name} {number} cannot hold {len(body)} octets")
    return bytes((number, length)) + body


def parse_option(registry: Registry, data: bytes, span: Span, found: list[Anomaly]) -> Message:
    """The option of a span that is no padding; types that nobody declared are Unknown."""
    if span.longer:
        found.append(
            Anomaly(f"length leaves out {span.longer} octets of the option", span.begin + 1)
        )
    known = registry.types.get(span.number)
    if known is None:
        return Unknown(span.number, data[span.body : span.end])
    message = _parse(known, data, span.body, span.end, found)
    tail = known.layout.tail
    if tail is None or tail.registry is None or tail.kind is not Kind.OCTETS:
        return message
    return _unwrapped(tail.registry, message, data, span.body + known.layout.fixed, found)


def _parse(message_class: type[M], data: bytes, begin: int, end: int, found: list[Anomaly]) -> M:
    layout = message_class.layout
    need(data, begin, end, layout.least, layout.label)
    rest = min(end, begin + layout.fixed)
    head = data[begin:rest].ljust(layout.fixed, b"\0")
    missing = layout.fixed - (rest - begin)
    if missing:
        found.append(Anomaly(f"{missing} octets of the fixed part are missing", end))
    taken: dict[str, Any] = {}
    for field in layout.fields:
        if field.kind.is_tail:
            taken[field.name] = _parse_tail(field, data, rest, end, found)
        elif field.kind is Kind.TAIL_LENGTH:
            end = _tail_end(layout, data, rest, rest + read(field, head, 0), end, found)
        elif field.kind is Kind.PAD_LENGTH:
            end = _tail_end(layout, data, rest, end - read(field, head, 0), end, found)
        else:
            value = taken[field.name] = read(field, head, 0)
            if field.kind is Kind.RESERVED and value:
                found.append(Anomaly("reserved bits are not zero", begin + field.begin))
    if layout.tail is None and end > rest:
        found.append(Anomaly(f"{end - rest} octets stand behind the last field", rest))
    return message_class(**taken)


def _tail_end(
    layout: Layout, data: bytes, rest: int, tail_end: int, end: int, found: list[Anomaly]
) -> int:
    """Where a tail with a length of its own ends; behind it only zeros may stand."""
    if not rest <= tail_end <= end:
        raise ParseError(f"{layout.label}: its inner length runs out of the option", rest - 1)
    if any(data[tail_end:end]):
        found.append(Anomaly("padding is not zero", tail_end))
    return tail_end


def _parse_tail(field: Field, data: bytes, begin: int, end: int, found: list[Anomaly]) -> Any:  # noqa: ANN401
    if field.kind is not Kind.OPTIONS:
        return data[begin:end]
    assert field.registry is not None
    options: list[Message] = []
    for span in walk(field.registry, data, begin, end):
        if not is_padding(field.registry, span):
            options.append(parse_option(field.registry, data, span, found))
        elif any(data[span.body : span.end]):
            found.append(Anomaly("padding is not zero", span.body))
    return tuple(options)


def _unwrapped(
    registry: Registry, carrier: Message, data: bytes, begin: int, found: list[Anomaly]
) -> Message:
    """The message inside a carrier, or the carrier where its number is unknown."""
    number_field, tail = carrier.layout.fields[0], carrier.layout.fields[-1]
    known = registry.types.get(getattr(carrier, number_field.name))
    if known is None:
        return carrier
    return _parse(known, data, begin, begin + len(getattr(carrier, tail.name)), found)


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
    if field.kind is not Kind.OPTIONS:
        if not isinstance(value, bytes):
            raise BuildError(f"{field.name}: {value!r} is not octets")
        return value
    assert field.registry is not None
    head = message.layout.origin + message.layout.fixed
    out = bytearray()
    tlv = field.registry.framing is Framing.TLV
    for each in value:
        n, m = (1, 0) if isinstance(each, Unknown) else each.layout.align
        out += padding((m - head - len(out)) % n)
        out += option(field.registry, each)
    return bytes(out + padding(-(head + len(out)) % 8)) if tlv else bytes(out)


def _nd_padding(layout: Layout, tail: bytes) -> int:
    """Zero octets to the next multiple of 8, where the option says how long its tail is."""
    if any(field.kind.is_derived for field in layout.fields):
        return -(2 + layout.fixed + len(tail)) % 8
    return 0
