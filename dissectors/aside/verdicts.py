"""What the keys given say of messages' authenticators, written into their batches.

Messages whose authenticators tell something are decoded by the object lane, one frame at a time.
"""

from __future__ import annotations

from collections.abc import Iterator

from dissectors.authentication.checks import Checks
from dissectors.authentication.verdict import State
from dissectors.frames import FrameBatch
from dissectors.node import Node
from dissectors.profile import Profile
from dissectors.scan.batch import MessageBatch
from dissectors.scan.kinds import WRONG_ICV, MessageKind
from dissectors.tree import decode

_JUDGED = frozenset(
    int(kind)
    for kind in (
        *(MessageKind.HO_REQUEST, MessageKind.HO_RESPONSE),
        *(MessageKind.BU, MessageKind.BA, MessageKind.PBU, MessageKind.PBA),
        # Their tokens are what later authenticators are made of (RFC 6275 5.2.5).
        *(MessageKind.HOT, MessageKind.COT),
    )
)
_VERIFICATION = "verification"


class Verdicts:
    """Judges the messages of one batch after the other; checks knows keys and earlier frames."""

    def __init__(self, checks: Checks, profile: Profile) -> None:
        self._checks = checks
        self._profile = profile

    def judge(self, m: MessageBatch, batch: FrameBatch) -> None:
        """Fill in `auth` and `ah` of messages whose frames are in the batch."""
        for row, (kind, frame) in enumerate(zip(m.kind.tolist(), m.frame.tolist(), strict=True)):
            if kind in _JUDGED:
                at = frame - batch.first_frame
                link_type = batch.interfaces[int(batch.interface[at])].link_type
                wire_length = int(batch.wirelen[at])
                tree = decode(batch.frame(at), link_type, wire_length, self._profile, self._checks)
                self._write(m, row, tree)

    def _write(self, m: MessageBatch, row: int, tree: Node) -> None:
        wrong_icv = False
        for layer in _layers(tree):
            if layer.name in ("ipv6", "ipv4"):
                wrong_icv = False
            elif layer.name == "ah":
                wrong_icv = State.BAD.value in _states(layer)
            elif layer.name in ("mh", "icmpv6"):
                states = set(_states(layer))
                if State.BAD.value in states or State.GOOD.value in states:
                    m.auth[row] = State.BAD.value not in states
                if wrong_icv:
                    m.ah[row] = WRONG_ICV
                return


def _layers(tree: Node) -> Iterator[Node]:
    """The layers of a frame, those that ESP carried included."""
    for layer in tree.children:
        yield layer
        if layer.name == "esp":
            for node in layer.children:
                yield from _layers(node)


def _states(node: Node) -> Iterator[object]:
    """The verdicts in a layer; not those in a packet that it quotes."""
    for child in node.children:
        if child.name == _VERIFICATION:
            yield child.value
        elif child.name != "quote":
            yield from _states(child)
