"""Filters to expressions, and every mistake at its column."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dissectors.text import printable
from netmip6scope.errors import USAGE, UsageError
from netmip6scope.filter.catalogue import FRAMES, catalogue
from netmip6scope.filter.error import FilterError
from netmip6scope.filter.expression import (
    AllOf,
    AnyOf,
    Contains,
    Expression,
    Matches,
    Not,
    Present,
    Range,
    Within,
)
from netmip6scope.filter.fields import Field
from netmip6scope.filter.parse import MOST_CHARACTERS, MOST_DEPTH, parse
from netmip6scope.filter.pattern import compile_pattern

MESSAGES = catalogue("messages")


def field(name: str) -> Field:
    return MESSAGES.fields[name]


def read(text: str) -> Expression:
    return parse(text, MESSAGES)


def ranges(text: str) -> tuple[tuple[object, object], ...]:
    test = read(text)
    assert isinstance(test, Within)
    return tuple((each.begin, each.end) for each in test.ranges)


KIND, SEQ, LAYER = Present(field("kind")), Present(field("seq")), Present(field("mip6.bu"))
BU = Within(field("kind"), (Range("bu", "bu\0"),))

SHAPES = [
    ("kind", KIND),
    ("  kind\n", KIND),
    ("not kind", Not(KIND)),
    ("!kind", Not(KIND)),
    ("! !kind", Not(Not(KIND))),
    ("kind and seq and mip6.bu", AllOf((KIND, SEQ, LAYER))),
    ("kind && seq or mip6.bu", AnyOf((AllOf((KIND, SEQ)), LAYER))),
    ("kind or seq && mip6.bu", AnyOf((KIND, AllOf((SEQ, LAYER))))),
    ("(kind || seq) and mip6.bu", AllOf((AnyOf((KIND, SEQ)), LAYER))),
    ("not kind and seq", AllOf((Not(KIND), SEQ))),
    ("not (kind and seq)", Not(AllOf((KIND, SEQ)))),
    ('kind == "bu"', BU),
    ('kind eq "bu"', BU),
    ('kind=="bu"&&seq', AllOf((BU, SEQ))),
    ('not kind == "bu"', Not(BU)),
    ('kind != "bu"', Within(field("kind"), BU.ranges, none=True)),
    ('kind in {"bu"}', BU),
    ('kind contains "u"', Contains(field("kind"), "u")),
    ('kind matches "^b"', Matches(field("kind"), compile_pattern("^b"))),
    ('kind ~ "^b"', Matches(field("kind"), compile_pattern("^b"))),
    ("eth.src contains 0a:1B", Contains(field("eth.src"), b"\x0a\x1b")),
]


@pytest.mark.parametrize(("text", "expression"), SHAPES)
def test_shapes(text: str, expression: Expression) -> None:
    assert read(text) == expression


V6 = int.from_bytes(bytes.fromhex("20010db8" + "00" * 11 + "05"))
NET = int.from_bytes(bytes.fromhex("20010db8" + "00" * 12))

RANGES = [
    ("seq == 7", [(7, 8)]),
    ("seq == 0x1F", [(31, 32)]),
    ("seq < 7", [(None, 7)]),
    ("seq <= 7", [(None, 8)]),
    ("seq > 7", [(8, None)]),
    ("seq >= 7", [(7, None)]),
    ("seq lt 7", [(None, 7)]),
    ("seq in {1, 2, 5..9}", [(1, 2), (2, 3), (5, 10)]),
    ("seq in {-3..-1}", [(-3, 0)]),
    ("mip6.bu.seqnr in {0x10..0x1f}", [(16, 32)]),
    ("mip6.bu.a_flag == 1", [(1, 2)]),
    ("mip6.bu.a_flag == True", [(1, 2)]),
    ("mip6.bu.a_flag == false", [(0, 1)]),
    ('mip6.ba.status == "MIPv6 ID mismatch"', [(144, 145)]),
    ('mip6.ba.status >= "reason-unspecified"', [(128, None)]),
    ('mip6.mhtype in {"binding update", 6}', [(5, 6), (6, 7)]),
    ("ipv6.src == 2001:db8::5", [((6, V6), (6, V6 + 1))]),
    ("src == 2001:DB8:0::5", [((6, V6), (6, V6 + 1))]),
    ("src == 2001:db8::5/32", [((6, NET), (6, NET + (1 << 96)))]),
    ("src in {2001:db8::..2001:db8::5}", [((6, NET), (6, V6 + 1))]),
    ("src < 2001:db8::5", [((6, 0), (6, V6))]),
    ("src > 2001:db8::5", [((6, V6 + 1), (6, 1 << 128))]),
    ("src == ::/0", [((6, 0), (6, 1 << 128))]),
    ("src == 10.0.0.0/8", [((4, 10 << 24), (4, 11 << 24))]),
    ("ip.src >= 10.0.0.1", [((4, (10 << 24) + 1), (4, 1 << 32))]),
    ("ip.src in {10.0.0.1..10.0.0.3}", [((4, (10 << 24) + 1), (4, (10 << 24) + 4))]),
    ('kind < "bu"', [(None, "bu")]),
    ('kind > "bu"', [("bu\0", None)]),
    ('kind == ""', [("", "\0")]),
    ("eth.src == 02:00:00:00:00:01", [(b"\2\0\0\0\0\1", b"\2\0\0\0\0\1\0")]),
    ("eth.src == 02-00-00-00-00-01", [(b"\2\0\0\0\0\1", b"\2\0\0\0\0\1\0")]),
    ("ah.icv == 0aFF", [(b"\x0a\xff", b"\x0a\xff\0")]),
    (r'ah.icv == "a\xff"', [(b"a\xff", b"a\xff\0")]),
    # 2016-04-13 is 16904 days after 1970-01-01; 23:52:03 is 85923 s into it.
    ("time == 1460591523.7", [(1_460_591_523_700_000_000, 1_460_591_523_700_000_001)]),
    ('time >= "2016-04-13 23:52:03.7"', [((16904 * 86400 + 85923) * 10**9 + 7 * 10**8, None)]),
    ('time >= "2016-04-13T23:52:03Z"', [((16904 * 86400 + 85923) * 10**9, None)]),
    ('time >= "2016-04-14 01:52:03 +02:00"', [((16904 * 86400 + 85923) * 10**9, None)]),
    ('time >= "2016-04-13"', [(16904 * 86400 * 10**9, None)]),
    ('time < "1969-12-31 23:59:59.999999999"', [(None, -1)]),
    ("time < 0.000000001", [(None, 1)]),
]


@pytest.mark.parametrize(("text", "expected"), RANGES)
def test_values(text: str, expected: list[tuple[object, object]]) -> None:
    assert list(ranges(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dl_gap_ms > 20.5", (20_500_001, None)),
        ("dl_gap_ms > 0.1", (100_001, None)),
        ("dl_gap_ms <= -3", (None, -2_999_999)),
        ("dl_gap_ms == 1.2345670", (1_234_567, 1_234_568)),
    ],
)
def test_durations_are_exact(text: str, expected: tuple[int | None, int | None]) -> None:
    test = parse(text, catalogue("handoffs"))
    assert isinstance(test, Within)
    assert [(each.begin, each.end) for each in test.ranges] == [expected]


@pytest.mark.parametrize(
    ("quoted", "shown"),
    [
        (r'"a\"b"', 'a"b'),
        (r'"a\\b"', r"a\\b"),
        (r'"\x07\n\u202e"', r"\x07\x0a\u202e"),
        (r'"\xff"', r"\xff"),
        (r'"\xc3\xa9\u00e9\U000000e9é"', "éééé"),
        (r'r"a\d"', r"a\\d"),
        ('"\x1b[31m"', r"\x1b[31m"),
        ('"\udcff"', r"\xff"),
    ],
)
def test_quoted_text_goes_through_the_door_of_shown_text(quoted: str, shown: str) -> None:
    """So that it equals what a table shows of the same octets."""
    assert ranges(f"mn_id == {quoted}") == ((shown, shown + "\0"),)


@given(st.binary(max_size=20).map(lambda octets: octets.replace(b'"', b"'")))
def test_what_a_table_shows_stands_for_itself_in_quotes(octets: bytes) -> None:
    shown = printable(octets)
    assert ranges(f'mn_id == "{shown}"') == ((shown, shown + "\0"),)


MISTAKES = [
    ("", 1, "the filter is empty"),
    (" \t\n", 1, "the filter is empty"),
    ("kind ==", 8, "the filter ends where a value is expected"),
    ("kind and", 9, "the filter ends where a field is expected"),
    ("(kind", 6, "the filter ends where ) is expected"),
    ("kind)", 5, ") stands where"),
    ("kind seq", 6, "seq stands where an operator is expected"),
    ('kind == "bu" seq', 14, "seq stands where an and, an or or the end is expected"),
    ("== 5", 1, "== stands where a field is expected"),
    ('"bu" == kind', 1, '"bu" stands where a field is expected'),
    ("and", 1, "and stands where a field is expected"),
    ("kind in 5", 9, "5 stands where { is expected"),
    ("seq in {}", 9, "} stands where a value is expected"),
    ("seq in {1 2}", 11, "2 stands where , or } is expected"),
    ("seq in {1..}", 12, "} stands where a value is expected"),
    ("seq in {9..5}", 9, "9..5 is empty"),
    ("seq in {1, 9..5}", 12, "9..5 is empty"),
    ("seq = 5", 5, "= has no meaning here; did you mean ==?"),
    ("seq @ 5", 5, "@ has no meaning here"),
    ("seq == 5 & kind", 10, "& has no meaning here"),
    ("seq\x00", 4, r"\x00 has no meaning here"),
    ("seq == 5\x1b", 9, r"\x1b has no meaning here"),
    ('kind == "bu', 9, "the quotes are not closed"),
    (r'kind == r"bu', 10, "the quotes are not closed"),
    (r'kind == "b\q"', 11, r"\q is no escape"),
    (r'kind == "\ud800"', 10, r"\ud800 is no character"),
    (r'kind == "\U00110000"', 10, "is no character"),
    ("seq == 5 and mip6.bu.seqno", 14, "unknown field mip6.bu.seqno; did you mean mip6.bu.seqnr"),
    ("x" * 5000, 1, "unknown field xxx"),
    ("outcome", 1, "outcome is a column of handoffs, not of messages"),
    ("kind == bu", 9, "kind takes a text in quotes, not bu"),
    ("seq == x", 8, "seq takes a whole number, not x"),
    ("seq == 1.5", 8, "seq takes a whole number, not 1.5"),
    ("seq == 010", 8, "seq takes a whole number, not 010"),
    ("seq == 0x", 8, "seq takes a whole number, not 0x"),
    ('seq == "5"', 8, 'seq takes a whole number, not "5"'),
    ("seq == ::1", 8, "seq takes a whole number, not ::1"),
    ("seq == 9223372036854775807", 8, "is out of range"),
    ("seq == 1" + "0" * 5000, 8, "…"),
    ("mip6.bu.seqnr == 65536", 18, "65536 does not fit mip6.bu.seqnr, which has 16 bits"),
    ("mip6.bu.seqnr == -1", 18, "does not fit"),
    ("mip6.bu.a_flag == 2", 19, "mip6.bu.a_flag takes true, false, 1 or 0, not 2"),
    ('mip6.ba.status == "acepted"', 19, 'never "acepted"; did you mean accepted'),
    ("ipv6.src == 5", 13, "ipv6.src takes an IPv6 address, not 5"),
    ("ipv6.src == 10.0.0.1", 13, "ipv6.src takes an IPv6 address, not 10.0.0.1"),
    ("ip.src == ::1", 11, "ip.src takes an IPv4 address, not ::1"),
    ('src == "::1"', 8, 'src takes an address, not "::1"'),
    ("src == 2001:db8::/129", 8, "src takes an address, not 2001:db8::/129"),
    ("src == fe80::1%eth0", 15, "% has no meaning here"),
    ("src < 2001:db8::/32", 7, "2001:db8::/32 is many addresses"),
    ("src in {::1..2001:db8::/32}", 14, "2001:db8::/32 is many addresses"),
    ("eth.src == aa:bb", 12, "aa:bb has 2 octets, eth.src has 6"),
    ("eth.src == aa:b", 12, "eth.src takes octets such as 0a:1b or a text in quotes, not aa:b"),
    ("time == 1.0000000001", 9, "1.0000000001 is finer than a nanosecond"),
    ('time == "2016-13-01"', 9, "time takes seconds since 1970"),
    ('time == "yesterday"', 9, "time takes seconds since 1970"),
    ("time == 9999999999", 9, "9999999999 is out of range"),
    ("mip6 == 5", 6, "== does not go with mip6: it has no value"),
    ("netmip6.context.security.key == 00", 30, "it has no value"),
    ('ipv6.src contains "a"', 10, "contains does not go with ipv6.src: it holds IPv6 address"),
    ('seq matches "a"', 5, "matches does not go with seq: it holds number"),
    ("kind matches abc", 14, "a pattern stands in quotes, unlike abc"),
    ('kind matches "(a"', 14, "the pattern is not complete"),
    (r'kind matches "\xff"', 14, "not UTF-8"),
    ("kind" + " or kind" * MOST_CHARACTERS, MOST_CHARACTERS + 1, "characters"),
    ("(" * (MOST_DEPTH + 1), MOST_DEPTH + 1, f"nested deeper than {MOST_DEPTH}"),
    ("!" * 60 + "kind", MOST_DEPTH + 1, "nested deeper"),
    ("!(" * 60 + "kind", 2 * MOST_DEPTH + 1, "nested deeper"),
]


@pytest.mark.parametrize(("text", "column", "said"), MISTAKES, ids=lambda value: str(value)[:40])
def test_mistakes(text: str, column: int, said: str) -> None:
    with pytest.raises(FilterError) as caught:
        read(text)
    message = str(caught.value)
    assert message.startswith(f"filter at column {column}: ")
    assert said in message
    assert caught.value.column == column
    assert isinstance(caught.value, UsageError)
    assert caught.value.exit_code == USAGE
    assert message.isprintable()
    assert len(message) < 300


def test_the_deepest_and_the_longest_are_read() -> None:
    read("(" * MOST_DEPTH + "kind" + ")" * MOST_DEPTH)
    read("!(seq or " * (MOST_DEPTH // 2) + "kind" + ")" * (MOST_DEPTH // 2))
    many = " or ".join(["kind"] * (MOST_CHARACTERS // 8))
    expression = read(many)
    assert isinstance(expression, AnyOf)
    assert len(expression.parts) == MOST_CHARACTERS // 8


ALPHABET = st.sampled_from(
    [
        *(
            "kind",
            "seq",
            "src",
            "time",
            "mip6.bu",
            "ipv6.src",
            "mip6.ba.status",
            "eth.src",
            "nosuch",
        ),
        *(
            " ",
            " ",
            " ",
            "==",
            "!=",
            "<",
            ">=",
            "contains",
            "matches",
            "in",
            "and",
            "or",
            "not",
            "!",
        ),
        *(
            "(",
            ")",
            "{",
            "}",
            ",",
            "..",
            '"',
            'r"',
            "\\",
            "::1",
            "::/0",
            "5",
            "0x",
            "1.5",
            "-",
            "aa:bb",
        ),
    ]
) | st.text(max_size=3)


@given(st.lists(ALPHABET, max_size=12).map("".join))
def test_any_text_is_a_filter_or_one_line_of_error(text: str) -> None:
    for table in ("messages", "handoffs", FRAMES):
        try:
            parse(text, catalogue(table))
        except FilterError as error:
            assert str(error).isprintable()
            assert 1 <= error.column <= len(text) + 1
