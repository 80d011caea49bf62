r"""Keys that travel in HO Responses are shown nowhere, however broken the frame is.

A layer masks the key that it reads (`secret=True`). Octets that no layer can read, because the
frame is cut, damaged or a fragment, end up in other nodes; they are searched for what stands before
a key: Type 253, Length, Subtype 5, Pad, SPI, Algorithm, three zero octets (WIRE.md, context 5).
"""

from __future__ import annotations

import re

from dissectors.ipv6 import NextHeader
from dissectors.node import MASK, Node, replace

_SURE = re.compile(rb"(?=\xfd.\x05[\x00-\x07].{5}\x00{3})", re.DOTALL)
_LIKELY = re.compile(
    rb"(?=\xfd.\x05[\x00-\x07].{5}\x00{3}|(?:\xfd..|..\x05)[\x00-\x07].{4}\x01\x00{3})", re.DOTALL
)
"""With one octet wrong: only where something in the frame is odd, for right ones may look so."""
_KEY_TYPE = b"\xfd"
_SUBTYPE = 5
_PAD_AND_SPI = 5
_ALGORITHM = b"\x01\0\0\0"
_BEFORE_KEY = 12
_FRAGMENT = "fraghdr"
_WITH_MORE = (_FRAGMENT, "reassembled", "esp", "icmpv6")
"""Layers with fragments or quoted packets in or behind them, or with octets of their own."""
_OPAQUE_FRAGMENTS = (NextHeader.ICMPV6, NextHeader.AH)
"""A part of these may be the rest of a key."""


def masked(tree: Node, octets: bytes) -> Node:
    """The tree of a frame without the keys; places in it count in octets."""
    if not _may_hide(tree, octets):
        return tree
    odd, more = _look(tree)
    first = _first_key(tree, octets, not odd)
    # Most frames have no key and are no fragments: nothing of them is made anew.
    return tree if first == len(octets) and not more else _masked(tree, first, not odd)


def _may_hide(tree: Node, octets: bytes) -> bool:
    """Whether the frame has what all of the patterns need, or octets that are not its own."""
    if _KEY_TYPE in octets or any(layer.name in _WITH_MORE for layer in tree.children):
        return True
    at = octets.find(_ALGORITHM)
    while at >= 0:
        # Without the type there is the subtype, 5, and behind it Pad and SPI.
        if at >= _PAD_AND_SPI + 1 and octets[at - _PAD_AND_SPI - 1] == _SUBTYPE:
            return True
        at = octets.find(_ALGORITHM, at + 1)
    return False


def _look(tree: Node) -> tuple[bool, bool]:
    """Whether anything is odd, and whether there are fragments or octets that are not the frame's.

    Every frame's tree is looked through, so it is one loop.
    """
    odd = more = False
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if node.anomalies:
            odd = True
        if node.children:
            waiting.extend(node.children)
            if node.name == _FRAGMENT or node.octets is not None:
                more = True
    return odd, more


def _first_key(tree: Node, octets: bytes, sound: bool) -> int:
    """Where the first key may be that is no masked field: all behind it is hidden.

    Lengths cannot be trusted there, so that there is no telling where a key ends.
    """
    if sound and _KEY_TYPE not in octets:
        return len(octets)
    for match in (_SURE if sound else _LIKELY).finditer(octets):
        at = match.start() + _BEFORE_KEY
        if not (sound and _is_masked_field(tree, at)):
            return at
    return len(octets)


def _is_masked_field(node: Node, begin: int) -> bool:
    for child in node.children:
        if child.begin <= begin < child.end and child.octets is None:
            return (child.secret and child.begin == begin) or _is_masked_field(child, begin)
    return False


def _masked(node: Node, first: int, sound: bool) -> Node:
    """The node itself if nothing in it is hidden."""
    hidden = node.end > first
    if not node.children:
        return _hide(node) if hidden else node
    if node.octets is not None:
        first = _first_key(node, node.octets, sound)
    children = [_masked(child, first, sound) for child in node.children]
    for place, child in enumerate(node.children[:-1]):
        if _is_opaque_fragment(child) and node.children[place + 1].name == "data":
            children[place + 1] = _hide(node.children[place + 1])
    pairs = list(zip(node.children, children, strict=True))
    if not hidden and all(old is new for old, new in pairs):
        return node
    # An option's text is that of its last field.
    hides_text = any(old.text == node.text and new.text == MASK for old, new in pairs)
    text = MASK if hides_text else node.text
    return replace(node, text=text, children=tuple(children), secret=node.secret or hidden)


def _hide(node: Node) -> Node:
    return replace(node, value=None, text=MASK, secret=True)


def _is_opaque_fragment(node: Node) -> bool:
    """A Fragment header before a part of what may hold a key."""
    if node.name != _FRAGMENT:
        return False
    values = {child.name: child.value for child in node.children}
    part = values.get("more") or values.get("offset")
    return bool(part and values["next_header"] in _OPAQUE_FRAGMENTS)
