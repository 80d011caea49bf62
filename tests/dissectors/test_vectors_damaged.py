"""Every truncation and every flipped bit of every vector parses or raises ParseError.

What parses without an anomaly is built to the same octets again: nothing is lost in silence.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dissectors.codec import build, parse
from dissectors.errors import ParseError
from dissectors.layout import Message, Unknown
from tests.dissectors import (
    test_tree_wlan,
    test_vectors,
    test_vectors_dhcpv4,
    test_vectors_dhcpv6,
    test_vectors_diameter,
    test_vectors_ppp,
    test_vectors_radius,
)
from tests.dissectors.strategies import CLASSES

VECTORS: list[tuple[str, bytes, Message]] = [
    (name, octets if isinstance(octets, bytes) else bytes.fromhex(octets), message)
    for module in (
        test_tree_wlan,
        test_vectors,
        test_vectors_dhcpv4,
        test_vectors_dhcpv6,
        test_vectors_diameter,
        test_vectors_ppp,
        test_vectors_radius,
    )
    for name, octets, message in module.VECTORS + getattr(module, "PARTS", [])
]
each_vector = pytest.mark.parametrize(
    ("name", "octets", "message"), VECTORS, ids=[name for name, _, _ in VECTORS]
)


def parsed_or_refused(message: type[Message], octets: bytes) -> None:
    try:
        found, anomalies = parse(message, octets)
    except ParseError as error:
        assert 0 <= error.offset <= len(octets)
        return
    assert all(0 <= anomaly.offset <= len(octets) for anomaly in anomalies)
    assert anomalies or build(found) == octets


@each_vector
def test_every_truncation(name: str, octets: bytes, message: Message) -> None:
    for end in range(len(octets)):
        parsed_or_refused(type(message), octets[:end])


@each_vector
def test_every_flipped_bit(name: str, octets: bytes, message: Message) -> None:
    for bit in range(len(octets) * 8):
        flipped = bytearray(octets)
        flipped[bit // 8] ^= 0x80 >> bit % 8
        parsed_or_refused(type(message), bytes(flipped))


def inside(message: Message) -> Iterator[Message]:
    yield message
    if isinstance(message, Unknown):
        return
    for field in message.layout.fields:
        value = None if field.kind.is_derived else getattr(message, field.name)
        for each in value if isinstance(value, tuple) else ():
            if isinstance(each, Message):
                yield from inside(each)


def test_what_is_written_by_hand_has_a_vector() -> None:
    """Lines of tables are held against dictionaries; classes are held against figures here."""
    files = (
        "ppp",
        "ppp_authentication",
        "eap",
        "eapol",
        "pppoe",
        "dhcpv6",
        "dhcpv6_options",
        "dhcpv6_home",
    )
    files += ("duid", "dhcpv4", "dhcpv4_options", "radius", "radius_attributes", "diameter")
    files += ("radius_vendors", "diameter_avps", "transport", "wlan")
    seen = {type(each) for _, _, message in VECTORS for each in inside(message)}
    wanted = {c for c in CLASSES if c.__module__.removeprefix("dissectors.") in files}
    assert sorted(message.__name__ for message in wanted - seen) == []
