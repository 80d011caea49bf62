"""Where a frame holds octets that must not be shown, so that Wireshark's view of them is masked."""

from __future__ import annotations

from dissectors.node import Node

Places = list[tuple[int, int]]


def secrets(tree: Node) -> Places:
    """Begin and end of every secret field of a tree."""
    found = [(tree.begin, tree.end)] if tree.secret else []
    for child in tree.children:
        found += secrets(child)
    return found


def overlaps(places: Places, begin: int, end: int) -> bool:
    """Whether octets of [begin, end) are at one of the places."""
    return any(begin < stop and start < end for start, stop in places)
