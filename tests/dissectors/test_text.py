"""The door from octets to text lets nothing through that acts on what shows it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dissectors.text import all_printable, printable


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"alice@example.net", "alice@example.net"),
        (b"", ""),
        ("zoë@例え".encode(), "zoë@例え"),
        (b"a\nb\r\t\x00\x7f", "a\\x0ab\\x0d\\x09\\x00\\x7f"),
        (b"\x1b[31m", "\\x1b[31m"),
        ("\u202egnp.exe".encode(), "\\u202egnp.exe"),
        ("\u200b\u2028\u2029\ufeff".encode(), "\\u200b\\u2028\\u2029\\ufeff"),
        ("\x85\x9b".encode(), "\\u0085\\u009b"),
        ("\U000e0041\ue000".encode(), "\\U000e0041\\ue000"),
        (b"\xff\xc3(", "\\xff\\xc3("),
        (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),
        (b"\\x0a", "\\\\x0a"),
    ],
)
def test_escapes(octets: bytes, text: str) -> None:
    assert printable(octets) == text


@given(st.one_of(st.binary(), st.text().map(lambda text: text.encode("utf-8", "replace"))))
def test_nothing_acts(octets: bytes) -> None:
    for character in printable(octets):
        assert unicodedata.category(character)[0] != "C"
        assert unicodedata.category(character) not in ("Zl", "Zp")


@given(st.lists(st.one_of(st.binary(max_size=3), st.sampled_from([b"plain", b"\\", b"\x7f"]))))
def test_many_are_shown_as_each_is(many: list[bytes]) -> None:
    assert all_printable(many) == [printable(octets) for octets in many]


@given(st.integers(0, 255))
def test_plain_octets_are_told_alike_in_many(octet: int) -> None:
    assert all_printable([bytes([octet])]) == [printable(bytes([octet]))]


@given(st.binary(max_size=6), st.binary(max_size=6))
def test_different_octets_look_different(one: bytes, other: bytes) -> None:
    assert (printable(one) == printable(other)) == (one == other)
