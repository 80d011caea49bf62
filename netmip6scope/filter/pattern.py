r"""What `matches` looks for: the syntax of patterns.

A pattern has characters, `.`, classes `[a-z]` and `[^a-z]`, `\d \w \s \D \W \S`, `^`, `$`, groups,
`|`, and the repetitions `* + ? {n} {n,} {n,m}`. It is found anywhere. As in Wireshark, upper and
lower case of ASCII letters are one, and classes know ASCII alone. `$` is the very end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import cast

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args
from lark.exceptions import VisitError

from netmip6scope.filter.automaton import (
    Automaton,
    Characters,
    Edge,
    Either,
    Part,
    Ranges,
    Repetition,
    Sequence,
    TooLargeError,
    any_case,
    without,
)

MOST_GROUPS = 40
"""Groups inside each other."""

_GRAMMAR = r"""
?start: either
?either: sequence ("|" sequence)*
?sequence: item*
?item: atom
    | atom REPEAT -> repeated
    | EDGE -> edge
?atom: CHARACTER -> character
    | ESCAPE -> escape
    | CLASS -> class_
    | DOT -> dot
    | OPEN either CLOSE -> group
OPEN: /\((\?:)?/
CLOSE: ")"
EDGE: /[\^$]/
DOT: "."
REPEAT: /([*+?]|\{\d{1,4}(,\d{0,4})?\})\??/
CLASS: /\[\^?\]?(\\.|[^\]\\])*\]/s
ESCAPE: /\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|[^xu])/s
CHARACTER: /[^\\\[{()|*+?.^$]/s
"""
_CLASS_ITEM = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|[^xu])|[^\\]", re.DOTALL)

_NEWLINE: Ranges = ((10, 10),)
_SHORT: dict[str, Ranges] = {
    "d": ((48, 57),),
    "w": ((48, 57), (65, 90), (95, 95), (97, 122)),
    "s": ((9, 13), (32, 32)),
}
_CONTROL = {"n": 10, "r": 13, "t": 9, "f": 12, "v": 11}


class PatternError(ValueError):
    """A pattern that cannot be used, and why."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern ready for search; equal if its text is."""

    text: str
    automaton: Automaton = field(compare=False, repr=False)

    def found_in(self, text: str) -> bool:
        return self.automaton.search(text)


@lru_cache(maxsize=16)
def compile_pattern(text: str) -> Pattern:
    """Raises PatternError for what is no pattern, is not supported or would be too large."""
    try:
        _check_depth(text)
        tree = _Parts().transform(_parser().parse(text))
        return Pattern(text, Automaton(tree))
    except UnexpectedInput as error:
        raise PatternError(_odd(text, error)) from error
    except TooLargeError as error:
        raise PatternError(str(error)) from error
    except VisitError as error:
        if isinstance(error.orig_exc, PatternError):
            raise error.orig_exc from error
        raise


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="basic")


def _check_depth(text: str) -> None:
    depth = 0
    for token in _parser().lex(text):
        depth += {"OPEN": 1, "CLOSE": -1}.get(token.type, 0)
        if depth > MOST_GROUPS:
            raise PatternError(f"more than {MOST_GROUPS} groups inside each other")


def _odd(text: str, error: UnexpectedInput) -> str:
    at = cast("int", error.pos_in_stream)
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        return "the pattern is not complete"
    if "(?" in (text[at : at + 2], text[at - 1 : at + 1]):
        return "groups (? … ) are not supported, but for (?: … )"
    if text[at] == "[":
        return "a class [ … ] is not closed"
    return f"{text[at]!r} cannot stand at place {at + 1} of the pattern"


@v_args(inline=True)
class _Parts(Transformer[Token, Part]):
    """The grammar's rules as parts of an automaton."""

    def either(self, *parts: Part) -> Part:
        return Either(parts)

    def sequence(self, *parts: Part) -> Part:
        return Sequence(parts)

    def group(self, _: Token, part: Part, __: Token) -> Part:
        return part

    def repeated(self, part: Part, token: Token) -> Part:
        least, most = _times(token.removesuffix("?") if len(token) > 1 else str(token))
        return Repetition(part, least, most)

    def edge(self, token: Token) -> Part:
        return Edge(end=str(token) == "$")

    def dot(self, _: Token) -> Part:
        return Characters(without(_NEWLINE))

    def character(self, token: Token) -> Part:
        return Characters(any_case(_one(ord(token))))

    def escape(self, token: Token) -> Part:
        return Characters(any_case(_escaped(token)))

    def class_(self, token: Token) -> Part:
        return Characters(_class(token[1:-1]))


def _times(repeat: str) -> tuple[int, int | None]:
    if not repeat.startswith("{"):
        return {"*": (0, None), "+": (1, None), "?": (0, 1)}[repeat]
    first, comma, second = repeat[1:-1].partition(",")
    least = int(first)
    most = int(second) if second else None if comma else least
    if most is not None and most < least:
        raise PatternError(f"{repeat} asks for fewer than it needs")
    return least, most


def _one(code: int) -> Ranges:
    return ((code, code),)


def _escaped(escape: str) -> Ranges:
    kind = escape[1]
    if kind in "xu" and len(escape) > 2:
        return _one(int(escape.lstrip("\\xu"), 16))
    if kind in _CONTROL:
        return _one(_CONTROL[kind])
    if kind.lower() in _SHORT:
        ranges = _SHORT[kind.lower()]
        return ranges if kind.islower() else without(ranges)
    if kind.isalnum():
        raise PatternError(f"{escape} is not supported")
    return _one(ord(kind))


def _class(body: str) -> Ranges:
    """The characters of a class, without its brackets."""
    inverse = body.startswith("^")
    items = _CLASS_ITEM.findall(body[inverse:])
    if "".join(items) != body[inverse:]:
        raise PatternError("an escape in a class is not complete")
    if "[:" in body:
        raise PatternError("classes [: … :] are not supported")
    ranges: list[tuple[int, int]] = []
    while items:
        item = items.pop(0)
        first = _escaped(item) if item[0] == "\\" else _one(ord(item))
        if len(items) >= 2 and items[0] == "-":
            items.pop(0)
            item = items.pop(0)
            last = _escaped(item) if item[0] == "\\" else _one(ord(item))
            ranges.append(_run(first, last))
        else:
            ranges += first
    found = any_case(tuple(ranges))
    return without(found) if inverse else found


def _run(first: Ranges, last: Ranges) -> tuple[int, int]:
    ends = (*first, *last)
    if len(ends) != 2 or any(low != high for low, high in ends) or ends[0] > ends[1]:
        raise PatternError("a class has a run whose ends are no characters in order")
    return ends[0][0], ends[1][0]
