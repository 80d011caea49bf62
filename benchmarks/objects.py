"""How many frames a second the object lane decodes on one core: `python benchmarks/objects.py`.

Processor time, not time on the clock, and the best of several rounds: other programs on the machine
take away from both. The target is 20,000 Binding Updates.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from dissectors.node import Node
from dissectors.profile import Profile
from dissectors.tree import decode
from tests import wire
from tests.dissectors import test_vectors_dhcpv6, test_vectors_radius

AR, HA, HOA = "2001:db8:1::2", "2001:db8::1", "2001:db8:2::3"
ROUNDS, FRAMES = 15, 1000
TARGETS = {"Binding Update": 20_000}
"""Frames a second."""


def frames() -> dict[str, bytes]:
    reply = bytes.fromhex(test_vectors_dhcpv6.VECTORS[1][1])
    request = bytes.fromhex(test_vectors_radius.VECTORS[0][1])
    update = wire.binding_update(AR, HA, HOA, "alice@example.net", 7, 600)
    return {
        "Binding Update": wire.eth(update),
        "the same in a tunnel": wire.eth(wire.tunnel("2001:db8:9::1", "2001:db8:9::2", update)),
        "DHCPv6 Reply": wire.eth(wire.ipv6(AR, HOA, 17, wire.udp(AR, HOA, 547, 546, reply))),
        "RADIUS request": wire.eth(wire.ipv6(AR, HA, 17, wire.udp(AR, HA, 40000, 1812, request))),
    }


def rate(frame: bytes, *, read: bool) -> float:
    """Frames a second; `read`: the value and text of every node are asked for too."""
    best = 0.0
    profile = Profile()
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(FRAMES):
            tree = decode(frame, 1, len(frame), profile)
            if read:
                touch(tree)
        best = max(best, FRAMES / (time.process_time() - begun))
    return best


def touch(node: Node) -> int:
    """Read all of a tree; the number of its nodes."""
    _ = node.value, node.text
    return 1 + sum(map(touch, node.children))


def main() -> None:
    for name, frame in frames().items():
        nodes = touch(decode(frame, 1, len(frame), Profile()))
        decoded = rate(frame, read=False)
        print(
            f"{name}: {len(frame)} octets, {nodes} nodes, "
            f"{decoded:.0f} a second, {rate(frame, read=True):.0f} with all read"
        )
        if name in TARGETS:
            verdict = "met" if decoded >= TARGETS[name] else "missed"
            print(f"  target {TARGETS[name]} a second: {verdict}")


if __name__ == "__main__":
    main()
