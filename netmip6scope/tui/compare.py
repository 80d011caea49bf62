"""Two messages field by field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from dissectors.node import Node
from netmip6scope.tui.spans import Line, fitted, line

SAME, DIFFERENT, LEFT, RIGHT = " ", "≠", "‹", "›"
_GAP = 2


@dataclass(frozen=True, slots=True)
class Pair:
    """One field; "" on the side that lacks it (sign LEFT or RIGHT tells which one has it)."""

    label: str
    left: str
    right: str
    sign: str


def pairs(left: Node, right: Node) -> list[Pair]:
    """All fields of both trees in order, those of the same place side by side."""
    first, second = list(_fields(left, ())), list(_fields(right, ()))
    matcher = SequenceMatcher(
        None, [f.path for f in first], [f.path for f in second], autojunk=False
    )
    found: list[Pair] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        both = b - a if tag == "equal" else 0
        for one, other in zip(first[a : a + both], second[c : c + both], strict=True):
            sign = SAME if one.text == other.text else DIFFERENT
            found.append(Pair(one.label, one.text, other.text, sign))
        found += [Pair(f.label, f.text, "", LEFT) for f in first[a + both : b]]
        found += [Pair(f.label, "", f.text, RIGHT) for f in second[c + both : d]]
    return found


@dataclass(frozen=True, slots=True)
class _Field:
    path: tuple[str, ...]
    label: str
    text: str


def _fields(node: Node, path: tuple[str, ...]) -> Iterator[_Field]:
    for child in node.children:
        inner = (*path, child.filter or child.label)
        depth = len(path)
        yield _Field(inner, "  " * depth + child.label, child.text)
        yield from _fields(child, inner)


def pair_lines(found: Sequence[Pair], width: int) -> list[Line]:
    """The pairs as lines of this width; the signs tell what differs."""
    labels = min(max((len(pair.label) for pair in found), default=0), width // 3)
    room = (width - labels - 2 - 2 * _GAP) // 2
    return [
        line(
            (f"{pair.sign} ", "warning" if pair.sign != SAME else ""),
            (fitted(pair.label, labels) + " " * _GAP, "soft" if pair.sign == SAME else "strong"),
            (fitted(pair.left, room) + " " * _GAP, "" if pair.sign == SAME else "warning"),
            (fitted(pair.right, room), "" if pair.sign == SAME else "warning"),
        )
        for pair in found
    ]
