"""Damages frames, seeded, and checks what the object lane makes of them.

Work is counted, not timed: nodes of the tree, and octets that nodes hold copies of. What a frame
takes of the processor is only told.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

from dissectors.aside.rows import rows_of
from dissectors.fragments import Fragments, Limits
from dissectors.node import Node
from dissectors.profile import Profile
from dissectors.tree import decode
from netmip6scope.decode import as_text

Seed = tuple[bytes, int]
"""A frame and its link type."""

LINK_TYPES = (0, 1, 9, 12, 50, 51, 101, 104, 105, 108, 113, 127, 166, 228, 229, 276, 9999)
EDGES = (0, 1, 2, 3, 7, 8, 0x3C, 0x3F, 0x7F, 0x80, 0xC0, 0xFD, 0xFE, 0xFF)

NODES_PER_OCTET = 3
NODES_MORE = 400
COPIES = 40
"""How often an octet may be in a node: each level of nesting may copy what it holds."""

LIMITS = Limits(octets=200_000, datagrams=50)


@dataclass(slots=True)
class Worst:
    """The most that one frame cost."""

    frames: int = 0
    nodes: float = 0.0
    """Nodes for each octet, beyond NODES_MORE."""
    copies: float = 0.0
    took_ns: int = 0
    """Of the processor, with everything that was asked of the tree."""


def damaged(chance: random.Random, seeds: Sequence[Seed]) -> tuple[bytes, int, int]:
    """A frame with a few things wrong, its link type and its length on the wire."""
    frame, link_type = seeds[chance.randrange(len(seeds))]
    octets = bytearray(frame)
    for _ in range(chance.randrange(1, 7)):
        _damage(chance, octets, seeds)
    if chance.random() < 0.03:
        link_type = chance.choice(LINK_TYPES)
    wire_length = len(octets)
    if chance.random() < 0.1:
        wire_length += chance.randrange(2000)
    return bytes(octets), link_type, wire_length


def _damage(chance: random.Random, octets: bytearray, seeds: Sequence[Seed]) -> None:
    if not octets:
        octets += bytes(chance.randrange(256) for _ in range(8))
        return
    at = chance.randrange(len(octets))
    what = chance.randrange(8)
    if what == 0:
        octets[at] ^= 1 << chance.randrange(8)
    elif what == 1:
        octets[at] = chance.choice(EDGES)
    elif what == 2:
        octets[at] = chance.randrange(256)
    elif what == 3:
        del octets[at : at + chance.randrange(1, 20)]
    elif what == 4:
        octets[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 20)))
    elif what == 5:
        octets[at:at] = octets[at : at + chance.randrange(1, 200)]
    elif what == 6:
        other = seeds[chance.randrange(len(seeds))][0]
        octets[at:] = other[chance.randrange(len(other) + 1) :]
    else:
        octets[at : at + 2] = chance.choice((len(octets), 8, 40, 65535)).to_bytes(2, "big")


def check(frame: bytes, link_type: int, wire_length: int, waiting: Fragments, n: int) -> Node:
    """The tree of a frame, after everything that may be asked of it was asked."""
    tree = decode(frame, link_type, wire_length, Profile(), fragments=waiting, time_ns=n)
    rows_of(tree)
    for line in as_text(tree):
        assert line.isprintable()
    _sound(tree, len(frame))
    return tree


def _sound(node: Node, size: int) -> None:
    assert 0 <= node.begin <= node.end <= size, node.label
    inside = size if node.octets is None else len(node.octets)
    for anomaly in node.anomalies:
        assert 0 <= anomaly.offset <= size, (node.label, anomaly)
    for child in node.children:
        _sound(child, inside)


def cost(node: Node) -> tuple[int, int]:
    """Nodes of a tree, and octets that they hold."""
    count, held = 1, len(node.raw) if isinstance(node.raw, bytes) else 0
    for child in node.children:
        more = cost(child)
        count += more[0]
        held += more[1]
    return count, held


def fuzz(seeds: Sequence[Seed], count: int, seed: int) -> Worst:
    """Damage and decode `count` frames; what a frame cost too much is an AssertionError."""
    chance = random.Random(seed)
    waiting = Fragments(LIMITS)
    worst = Worst()
    for number in range(count):
        frame, link_type, wire_length = damaged(chance, seeds)
        begun_ns = time.thread_time_ns()
        try:
            tree = check(frame, link_type, wire_length, waiting, number)
            nodes, held = cost(tree)
            size = len(frame) + sum(len(n.octets or b"") for n in tree.children)
            assert nodes <= NODES_PER_OCTET * size + NODES_MORE, f"{nodes} nodes"
            assert held <= COPIES * size, f"{held} octets in nodes"
        except Exception as error:
            error.add_note(f"seed {seed}, frame {number}, link type {link_type}: {frame.hex()}")
            raise
        worst.took_ns = max(worst.took_ns, time.thread_time_ns() - begun_ns)
        worst.frames += 1
        worst.nodes = max(worst.nodes, (nodes - NODES_MORE) / max(1, size))
        worst.copies = max(worst.copies, held / max(1, size))
    return worst
