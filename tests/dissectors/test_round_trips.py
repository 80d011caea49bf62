"""What is built parses to itself, and what parses without anomaly is built to itself."""

from __future__ import annotations

from ipaddress import IPv6Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dissectors import attributes
from dissectors.codec import (
    build,
    build_icmpv6,
    build_mobility_header,
    parse,
    parse_icmpv6,
    parse_mobility_header,
)
from dissectors.errors import ParseError
from dissectors.handoff import ContextOption
from dissectors.layout import Kind, Message
from dissectors.registries import CONTEXTS, ICMPV6_MESSAGES, MOBILITY_MESSAGES
from tests.dissectors.strategies import CLASSES, messages

ADDRESSES = st.integers(0, 2**128 - 1).map(IPv6Address)
ANY = st.sampled_from(CLASSES)


WRITTEN = [message for message in CLASSES if message.__module__ != attributes.__name__]
"""The others are lines of tables, all made alike."""


@pytest.mark.parametrize("message", WRITTEN, ids=lambda message: message.__name__)
@given(st.data())
@settings(max_examples=25, deadline=None)
def test_built_messages_parse_to_themselves(message: type[Message], data: st.DataObject) -> None:
    sent = data.draw(messages(message))
    octets = build(sent)
    assert parse(message, octets, 0, len(octets)) == (sent, ())


@given(st.data(), st.sampled_from([each for each in CLASSES if each not in WRITTEN]))
@settings(max_examples=500, deadline=None)
def test_built_attributes_parse_to_themselves(data: st.DataObject, message: type[Message]) -> None:
    sent = data.draw(messages(message))
    octets = build(sent)
    assert parse(message, octets, 0, len(octets)) == (sent, ())


@given(st.data(), ANY, st.binary(max_size=96))
@settings(max_examples=1500, deadline=None)
def test_any_octets_parse_or_raise_and_go_back(
    data: st.DataObject, message: type[Message], octets: bytes
) -> None:
    before, behind = data.draw(st.binary(max_size=3)), data.draw(st.binary(max_size=3))
    whole = before + octets + behind
    try:
        parsed, anomalies = parse(message, whole, len(before), len(before) + len(octets))
    except ParseError as error:
        offset = error.offset - len(before)
        parsed = None
    if parsed is None:
        assert 0 <= offset <= len(octets)
        return
    assert all(len(before) <= a.offset <= len(before) + len(octets) for a in anomalies)
    if not anomalies:
        assert build(parsed) == octets


@given(st.data(), ANY)
@settings(max_examples=150, deadline=None)
def test_every_truncation_parses_or_raises(data: st.DataObject, message: type[Message]) -> None:
    octets = build(data.draw(messages(message)))
    for end in range(len(octets)):
        try:
            parsed, anomalies = parse(message, octets, 0, end)
        except ParseError:
            continue
        assert anomalies or build(parsed) == octets[:end]


@given(st.data(), ANY)
@settings(max_examples=100, deadline=None)
def test_every_flipped_bit_parses_or_raises(data: st.DataObject, message: type[Message]) -> None:
    octets = build(data.draw(messages(message)))
    for bit in range(len(octets) * 8):
        flipped = bytearray(octets)
        flipped[bit // 8] ^= 0x80 >> bit % 8
        try:
            parsed, anomalies = parse(message, bytes(flipped), 0, len(flipped))
        except ParseError:
            continue
        assert anomalies or build(parsed) == bytes(flipped)


@given(st.data(), st.sampled_from(list(MOBILITY_MESSAGES.types.values())), ADDRESSES, ADDRESSES)
@settings(max_examples=300)
def test_mobility_headers_round_trip(
    data: st.DataObject, kind: type[Message], src: IPv6Address, dst: IPv6Address
) -> None:
    message = data.draw(messages(kind))
    tail = kind.layout.tail
    if tail is None or tail.kind is not Kind.OPTIONS:
        message = kind(**{**_values(message), "data": bytes(-(6 + kind.layout.fixed) % 8)})
    octets = build_mobility_header(message, src, dst)
    assert len(octets) == (octets[1] + 1) * 8
    packet = parse_mobility_header(octets, 0, len(octets), src, dst)
    assert (packet.message, packet.anomalies, packet.end) == (message, (), len(octets))


@given(st.data(), st.sampled_from(list(ICMPV6_MESSAGES.types.values())), ADDRESSES, ADDRESSES)
@settings(max_examples=300)
def test_icmpv6_messages_round_trip(
    data: st.DataObject, kind: type[Message], src: IPv6Address, dst: IPv6Address
) -> None:
    message = data.draw(messages(kind))
    octets = build_icmpv6(message, src, dst)
    packet = parse_icmpv6(octets, 0, len(octets), src, dst)
    assert (packet.message, packet.anomalies) == (message, ())


@given(st.integers(0, 255), st.binary(max_size=40))
def test_contexts_of_unknown_subtype_stay_carriers(subtype: int, value: bytes) -> None:
    option = ContextOption(subtype, value)
    octets = build(option)
    assert (2 + len(octets)) % 8 == 0
    assert octets[1] == -(4 + len(value)) % 8
    assert parse(ContextOption, octets) == (option, ())
    assert (subtype in CONTEXTS.types) == (1 <= subtype <= 8)


def _values(message: Message) -> dict[str, object]:
    return {f.name: getattr(message, f.name) for f in message.layout.fields}
