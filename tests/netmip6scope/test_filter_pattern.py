"""Patterns: the same answers as Python's `re`, which knows them too, but never its time."""

from __future__ import annotations

import random
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmip6scope.filter.automaton import MOST_REMEMBERED, MOST_STATES
from netmip6scope.filter.pattern import MOST_GROUPS, PatternError, compile_pattern

FLAGS = re.IGNORECASE | re.ASCII
"""What Wireshark's patterns mean: any case, and classes of ASCII."""


def found(pattern: str, text: str) -> bool:
    return compile_pattern(pattern).found_in(text)


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("", ["", "a"], []),
        ("alice", ["alice", "xALICEx"], ["alic", "al ice"]),
        ("a.c", ["abc", "a\\c"], ["ac", "a\nc"]),
        ("^a", ["ab"], ["ba"]),
        ("a$", ["ba", "A"], ["ab", "a\n"]),
        ("^$", [""], ["a"]),
        ("^(a|b$)", ["ax", "b"], ["bx", "xb"]),
        ("ab*c", ["ac", "abbbc"], ["abd"]),
        ("^a+$", ["a", "aaa"], ["", "b"]),
        ("^a?$", ["", "a"], ["aa"]),
        ("^a{2}$", ["aa"], ["a", "aaa"]),
        ("^a{2,}$", ["aa", "aaaa"], ["a"]),
        ("^a{1,3}$", ["a", "aaa"], ["", "aaaa"]),
        ("^a{0}$", [""], ["a"]),
        ("^(ab){2}c", ["ababc"], ["abc"]),
        ("^(?:ab|c)+$", ["abcab"], ["aab"]),
        ("^(a|)b$", ["ab", "b"], ["aab"]),
        ("[a-c]x", ["Bx"], ["dx"]),
        ("^[^a-c]$", ["d", "-"], ["B"]),
        ("^[]a]$", ["]", "a"], ["b"]),
        ("^[^]a]$", ["b"], ["]", "A"]),
        ("^[a-]$", ["-", "a"], ["b"]),
        (r"^[\w.]+@[\w.]+$", ["a_1.b@c.d"], ["a b@c", "é@c"]),
        (r"^[^\s\d]$", ["a"], [" ", "5"]),
        (r"\d\D\s\S\w\W", ["1a bc."], ["1a bcd"]),
        (r"^\.\\\[$", [r".\["], ["a\\["]),
        (r"^\x41\u00e9\t$", ["aé\t"], ["AÉ\t"]),
        ("^a*?b+?$", ["aab"], ["a"]),
        ("^}]$", ["}]"], ["}"]),
        (r"[^\d\D]", [], ["", "5", "a"]),
        (r"^[\d\D]$", ["5", "\n"], [""]),
    ],
)
def test_patterns(pattern: str, yes: list[str], no: list[str]) -> None:
    for text in yes:
        assert found(pattern, text), text
    for text in no:
        assert not found(pattern, text), text


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(a", "not complete"),
        ("a)", "')' cannot stand at place 2"),
        ("*a", "'*' cannot stand at place 1"),
        ("a**", "'*' cannot stand at place 3"),
        ("a*+", "'+' cannot stand at place 3"),
        ("^*", "'*' cannot stand at place 2"),
        ("a{", "'{' cannot stand at place 2"),
        ("a{,3}", "'{' cannot stand at place 2"),
        ("a{3,2}", "{3,2} asks for fewer than it needs"),
        ("[a", "is not closed"),
        ("[z-a]", "characters in order"),
        (r"[\d-z]", "characters in order"),
        ("[[:alpha:]]", "not supported"),
        (r"\b", r"\b is not supported"),
        (r"(a)\1", r"\1 is not supported"),
        (r"[\q]", r"\q is not supported"),
        (r"\x4", "cannot stand"),
        (r"[\x4]", "not complete"),
        ("a\\", "cannot stand"),
        ("(?=a)", "not supported"),
        ("(?i)a", "not supported"),
        ("(?P<n>a)", "not supported"),
        ("(a{100}){100}", f"more than {MOST_STATES} states"),
        ("a{9999}", f"more than {MOST_STATES} states"),
        ("(" * 50 + ")" * 50, f"more than {MOST_GROUPS} groups"),
    ],
)
def test_what_is_no_pattern(pattern: str, said: str) -> None:
    with pytest.raises(PatternError) as caught:
        compile_pattern(pattern)
    assert said in str(caught.value)


ATOMS = st.sampled_from(
    [
        "a",
        "b",
        "B",
        ".",
        r"\d",
        r"\W",
        "[ab]",
        "[^a]",
        "[a-c1]",
        r"[^\s]",
        r"[^\d\D]",
        r"\.",
        "é",
        r"\x41",
    ]
)
TIMES = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,}", "{0,2}", "*?"])
PATTERNS = st.recursive(
    st.tuples(ATOMS, TIMES).map("".join) | st.sampled_from(["^", "$"]),
    lambda inner: (
        st.lists(inner, max_size=4).map("".join)
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"({'|'.join(parts)})")
        | st.tuples(inner, TIMES).map(lambda both: f"(?:{both[0]}){both[1]}")
    ),
    max_leaves=8,
)
TEXTS = st.text(st.sampled_from("abAB1. é_-"), max_size=8)


@given(PATTERNS, TEXTS)
def test_the_answer_is_that_of_re(pattern: str, text: str) -> None:
    assert found(pattern, text) == bool(re.search(pattern, text, FLAGS))


@pytest.mark.parametrize(
    "pattern",
    ["(a*)*b", "(a|a)*b", "(a?){50}a{50}b", "(.*a){20}b", ".*.*.*.*.*b", "(a|aa)+$b", "([ax]+)+b"],
)
def test_no_pattern_takes_for_ever(pattern: str) -> None:
    """A matcher that goes back and tries again is at these for years on such a text."""
    text = "ax" * 10 + "a" * 20_000
    begin = time.monotonic()
    assert not found(pattern, text)
    assert time.monotonic() - begin < 20


def test_memory_is_bounded() -> None:
    """Where nearly every character leads to states not seen before."""
    pattern = compile_pattern("a(a|b){60}c")
    text = "".join(random.Random(5).choices("ab", k=8_000))
    assert not pattern.found_in(text)
    automaton = pattern.automaton
    kept = sum(len(each.members) + len(each.steps) for each in automaton._known.values())
    assert kept < MOST_REMEMBERED + MOST_STATES
    assert pattern.found_in(text + "a" + "b" * 60 + "c")
