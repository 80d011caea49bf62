"""The text of a filter to an expression; every mistake is a FilterError with its column.

Fields are looked up and values read while the text is: what has been parsed can be evaluated.
"""

from __future__ import annotations

from functools import cache
from typing import cast

from lark import (
    Lark,
    Token,
    Transformer,
    UnexpectedCharacters,
    UnexpectedInput,
    UnexpectedToken,
    v_args,
)
from lark.exceptions import VisitError

from netmip6scope.filter import values
from netmip6scope.filter.catalogue import Catalogue
from netmip6scope.filter.error import FilterError
from netmip6scope.filter.expression import (
    AllOf,
    AnyOf,
    Contains,
    Expression,
    Matches,
    Not,
    Present,
    Test,
    Within,
)
from netmip6scope.filter.fields import Field, Type
from netmip6scope.filter.literal import Literal, quoted
from netmip6scope.filter.pattern import Pattern, PatternError, compile_pattern

MOST_CHARACTERS = 10_000
MOST_DEPTH = 50
"""Parentheses inside each other, and nots one behind the other."""

_GRAMMAR = r"""
?start: either
?either: both
    | both (_OR both)+ -> any_of
?both: negated
    | negated (_AND negated)+ -> all_of
?negated: NOT negated -> negation
    | OPEN either CLOSE -> group
    | test
?test: WORD -> present
    | WORD RELATION value -> comparison
    | WORD IN "{" member ("," member)* "}" -> membership
    | WORD CONTAINS value -> containment
    | WORD MATCHES value -> search
member: value (".." value)?
?value: WORD -> word
    | QUOTED -> quoted

_OR.2: /\|\||or(?![\w.:\/-])/
_AND.2: /&&|and(?![\w.:\/-])/
NOT.2: /!(?!=)|not(?![\w.:\/-])/
IN.2: /in(?![\w.:\/-])/
CONTAINS.2: /contains(?![\w.:\/-])/
MATCHES.2: /~|matches(?![\w.:\/-])/
RELATION.2: /==|!=|<=|>=|<|>|(eq|ne|lt|le|gt|ge)(?![\w.:\/-])/
QUOTED.3: /r"[^"]*"|"(\\.|[^"\\])*"/s
WORD: /([A-Za-z0-9_:\/-]|\.(?!\.))+/
OPEN: "("
CLOSE: ")"
%ignore /[ \t\r\n]+/
"""
_SPELLED = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_ORDERED = frozenset(Type) - {Type.PRESENCE}
_SEARCHED = frozenset((Type.TEXT, Type.OCTETS))
_WANTED = (
    ("QUOTED", "a value"),
    ("RELATION", "an operator"),
    ("WORD", "a field"),
    ("LBRACE", "{"),
    ("RBRACE", ", or }"),
    ("CLOSE", ")"),
    ("_AND", "an and, an or or the end"),
)
"""What is expected where one of these tokens could stand, the most telling first."""

_Member = tuple[Literal, Literal | None]


def parse(text: str, catalogue: Catalogue) -> Expression:
    """The expression that the text is for fields of the catalogue; raises FilterError."""
    if len(text) > MOST_CHARACTERS:
        reason = f"the filter has {len(text)} characters; {MOST_CHARACTERS} are the most"
        raise FilterError(reason, MOST_CHARACTERS + 1)
    if not text.strip():
        raise FilterError("the filter is empty", 1)
    try:
        _check_depth(text)
        tree = _parser().parse(text)
        expression: Expression = _Builder(catalogue).transform(tree)
    except UnexpectedInput as error:
        raise _syntax_error(text, error) from error
    except VisitError as error:
        if isinstance(error.orig_exc, FilterError):
            raise error.orig_exc from error
        raise
    return expression


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="basic")


def _check_depth(text: str) -> None:
    depth = nots = 0
    for token in _parser().lex(text):
        nots = nots + 1 if token.type == "NOT" else 0
        depth += {"OPEN": 1, "CLOSE": -1}.get(token.type, 0)
        if depth + nots > MOST_DEPTH:
            raise FilterError(f"nested deeper than {MOST_DEPTH}", _column(token))


def _syntax_error(text: str, error: UnexpectedInput) -> FilterError:
    if isinstance(error, UnexpectedCharacters):
        at = cast("int", error.pos_in_stream)
        character = text[at]
        reason = f"{character} has no meaning here"
        if character == '"' or text.startswith('r"', at):
            reason = "the quotes are not closed"
        elif character == "=":
            reason = "= has no meaning here; did you mean ==?"
        return FilterError(reason, at + 1)
    assert isinstance(error, UnexpectedToken)
    expected = error.accepts or error.expected
    wanted = next((shown for name, shown in _WANTED if name in expected), "the end")
    if error.token.type == "$END":
        return FilterError(f"the filter ends where {wanted} is expected", len(text) + 1)
    shown = Literal(error.token, _column(error.token))
    return FilterError(f"{shown} stands where {wanted} is expected", shown.column)


def _column(token: Token) -> int:
    return (token.start_pos or 0) + 1


@v_args(inline=True)
class _Builder(Transformer[Token, Expression]):
    """The grammar's rules as parts of an expression."""

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__()
        self._catalogue = catalogue

    def any_of(self, *parts: Expression) -> Expression:
        return AnyOf(parts)

    def all_of(self, *parts: Expression) -> Expression:
        return AllOf(parts)

    def negation(self, _: Token, inner: Expression) -> Expression:
        return Not(inner)

    def group(self, _: Token, inner: Expression, __: Token) -> Expression:
        return inner

    def present(self, name: Token) -> Test:
        return Present(self._field(name))

    def comparison(self, name: Token, relation: Token, value: Literal) -> Test:
        field = self._typed(name, relation, _ORDERED)
        return values.compared(field, _SPELLED.get(relation, relation), value)

    def membership(self, name: Token, operator: Token, *members: _Member) -> Test:
        field = self._typed(name, operator, _ORDERED)
        return Within(field, tuple(values.member(field, *ends) for ends in members))

    def containment(self, name: Token, operator: Token, value: Literal) -> Test:
        field = self._typed(name, operator, _SEARCHED)
        return Contains(field, values.part(field, value))

    def search(self, name: Token, operator: Token, value: Literal) -> Test:
        field = self._typed(name, operator, _SEARCHED)
        return Matches(field, _pattern(field, value))

    def member(self, first: Literal, last: Literal | None = None) -> _Member:
        return first, last

    def word(self, token: Token) -> Literal:
        return Literal(str(token), _column(token))

    def quoted(self, token: Token) -> Literal:
        return quoted(str(token), _column(token))

    def _field(self, name: Token) -> Field:
        field = self._catalogue.fields.get(name)
        if field is None:
            shown = str(self.word(name))
            raise FilterError(self._catalogue.unknown(shown), _column(name))
        return field

    def _typed(self, name: Token, operator: Token, types: frozenset[Type]) -> Field:
        field = self._field(name)
        if field.type not in types:
            what = "has no value" if field.type is Type.PRESENCE else f"holds {field.type.value}"
            raise FilterError(f"{operator} does not go with {name}: it {what}", _column(operator))
        return field


def _pattern(field: Field, value: Literal) -> Pattern:
    """Text is searched by its characters, octets as if each were one."""
    if value.quoted is None:
        raise FilterError(f"a pattern stands in quotes, unlike {value}", value.column)
    try:
        return compile_pattern(
            value.quoted.decode("latin-1" if field.type is Type.OCTETS else "utf-8")
        )
    except UnicodeDecodeError:
        raise FilterError(f"the pattern for {field.name} is not UTF-8", value.column) from None
    except PatternError as error:
        raise FilterError(str(error), value.column) from error
