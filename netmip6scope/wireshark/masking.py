"""Where a frame holds octets that must not be shown, so that Wireshark's view of them is masked."""

from __future__ import annotations

from dissectors.node import Node

Places = list[tuple[int, int]]


def secrets(tree: Node) -> Places:
    """Begin and end of what is secret in a tree.

    In a broken frame whole layers are, from the first secret part on. What counts in decrypted
    octets is left out.
    """
    if tree.octets is not None:
        return []
    parts = [place for child in tree.children for place in secrets(child)]
    if not tree.secret:
        return parts
    begin = min((begin for begin, _ in parts), default=tree.begin)
    return [(begin, tree.end)]


def overlaps(places: Places, begin: int, end: int) -> bool:
    """Whether octets of [begin, end) are at one of the places."""
    return any(begin < stop and start < end for start, stop in places)
