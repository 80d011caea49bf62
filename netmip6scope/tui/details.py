"""The tree of one frame as lines that can be folded, and its octets as lines of hex.

What was decrypted is not in the frame: fields below it stand in octets of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dissectors.node import Node
from netmip6scope.tui.spans import Line, Span, line

OPEN, SHUT, LEAF = "▾ ", "▸ ", "  "
_INDENT = "  "


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the tree; an anomaly is a line without a node.

    begin, end: its octets in `octets`. key: what its being folded is remembered by.
    """

    text: str
    depth: int
    node: Node | None
    begin: int
    end: int
    octets: bytes
    key: str = ""
    folded: bool = False


def entries(tree: Node, octets: bytes, folds: Mapping[str, bool]) -> list[Entry]:
    """The lines that are to be seen; folds: by key, whether somebody folded or unfolded it."""
    found: list[Entry] = []
    last = len(tree.children) - 1
    found += _anomalies(tree, 0, octets)
    for at, layer in enumerate(tree.children):
        found += _entries(layer, octets, 0, folds, shut=at < last and not _odd(layer))
    return found


def _entries(
    node: Node, octets: bytes, depth: int, folds: Mapping[str, bool], *, shut: bool
) -> Iterator[Entry]:
    key = f"{depth} {node.filter or node.label}"
    folded = bool(node.children) and folds.get(key, shut)
    value = f": {node.text}" if node.text else ""
    yield Entry(f"{node.label}{value}", depth, node, node.begin, node.end, octets, key, folded)
    yield from _anomalies(node, depth + 1, octets)
    inside = octets if node.octets is None else node.octets
    if not folded:
        for child in node.children:
            yield from _entries(child, inside, depth + 1, folds, shut=False)


def _anomalies(node: Node, depth: int, octets: bytes) -> Iterator[Entry]:
    for anomaly in node.anomalies:
        end = min(anomaly.offset + 1, len(octets))
        yield Entry(f"! {anomaly.reason}", depth, None, anomaly.offset, end, octets)


def _odd(node: Node) -> bool:
    return bool(node.anomalies) or any(map(_odd, node.children))


def entry_line(entry: Entry) -> Line:
    """The line as it is drawn."""
    if entry.node is None:
        return line(_INDENT * entry.depth + LEAF, (entry.text, "warning"))
    sign = (SHUT if entry.folded else OPEN) if entry.node.children else LEAF
    style = "strong" if entry.depth == 0 else ""
    return line(_INDENT * entry.depth + sign, (entry.text, style))


def innermost(found: list[Entry], octets: bytes, at: int) -> int | None:
    """The line of the smallest field that has this octet."""
    having = [
        (entry.end - entry.begin, -entry.depth, row)
        for row, entry in enumerate(found)
        if entry.node is not None and entry.octets is octets and entry.begin <= at < entry.end
    ]
    return min(having)[2] if having else None


def secret_octets(node: Node, octets: bytes, inside: bytes) -> set[int]:
    """Places in `octets` that must not be shown; `inside`: what the node's places count in."""
    found = set(range(node.begin, node.end)) if node.secret and inside is octets else set()
    below = inside if node.octets is None else node.octets
    return found.union(*(secret_octets(child, octets, below) for child in node.children))


def hex_line(octets: bytes, at: int, per_line: int, picked: range, secret: set[int]) -> Line:
    """Octets from `at` on; those picked stand in brackets, secret ones are dots."""
    row = range(at, min(at + per_line, len(octets)))
    spans: list[Span] = [(f"{at:04x} ", "soft")]
    for n in range(at, at + per_line):
        text = "  " if n not in row else "··" if n in secret else f"{octets[n]:02x}"
        chosen = n in picked
        spans.append((_edge(n, picked, at), "picked" if chosen and n > picked.start else ""))
        spans.append((text, "picked" if chosen else ""))
    spans.append(("]" if row and row[-1] == picked.stop - 1 and _full(row, per_line) else " ", ""))
    spans.append((" ", ""))
    for n in row:
        shown = chr(octets[n]) if 0x20 <= octets[n] < 0x7F and n not in secret else "·"
        spans.append((shown, "picked" if n in picked else "soft"))
    return tuple(spans)


def _full(row: range, per_line: int) -> bool:
    return len(row) == per_line


def _edge(n: int, picked: range, begin: int) -> str:
    """What stands before an octet."""
    if picked and n == picked.start:
        return "["
    if picked and n == picked.stop and n != begin:
        return "]"
    return " "
