"""Styled lines as data, so that what widgets draw can be compared as text and names of styles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from rich.cells import cell_len, set_cell_size

Span: TypeAlias = "tuple[str, str]"
"""Text, and the name of its style: one of STYLES, or "" for none."""
Line: TypeAlias = "tuple[Span, ...]"

_BELOW = "    "
STYLES = (
    "soft",
    "strong",
    "title",
    "active",
    "head",
    "accent",
    "error",
    "warning",
    "note",
    "match",
    "picked",
)


def line(*parts: str | Span) -> Line:
    """A line of texts without a style and of spans."""
    return tuple((part, "") if isinstance(part, str) else part for part in parts)


def plain(spans: Line) -> str:
    """The text alone."""
    return "".join(text for text, _ in spans)


def widest(lines: Iterable[Line]) -> int:
    """Terminal cells of the longest line; 0 without lines."""
    return max((cell_len(plain(spans)) for spans in lines), default=0)


def folded(spans: Line, width: int) -> list[Line]:
    """The line in lines of at most so many cells: what does not fit stands indented below."""
    if widest([spans]) <= width:
        return [spans]
    *before, (text, style) = spans
    room = max(width - cell_len(_BELOW), 1)
    parts = [(f"{_BELOW}{part}", style) for part in _parts(text.strip(), room)]
    rest = plain(tuple(before)).strip()
    return [*([tuple(before)] if rest else []), *((part,) for part in parts)]


def _parts(text: str, width: int) -> list[str]:
    """The text in pieces of at most so many cells, cut at blanks where there are some."""
    found: list[str] = []
    while cell_len(text) > width:
        head = set_cell_size(text, width).rstrip()
        cut = head.rfind(" ") if text[len(head) : len(head) + 1] != " " else len(head)
        cut = cut if cut > 0 else max(len(head), 1)
        found.append(text[:cut])
        text = text[cut:].lstrip()
    return [*found, text]


def fitted(text: str, width: int, *, right: bool = False) -> str:
    """The text in exactly so many terminal cells; what does not fit ends in an ellipsis."""
    cells = cell_len(text)
    if cells > width:
        return set_cell_size(text, max(width - 1, 0)) + "…"[:width]
    blanks = " " * (width - cells)
    return blanks + text if right else text + blanks


def counted(number: int, what: str) -> str:
    """So many of something."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
