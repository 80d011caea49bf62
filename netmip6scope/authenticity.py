"""Checks the authenticators of signalling with the keys of a key file.

Only frames whose message has an authenticator are decoded in full, and those that tell return
routability's tokens.
"""

from __future__ import annotations

import numpy as np

from dissectors.authentication.checks import Checks
from dissectors.authentication.verdict import State
from dissectors.frames import FrameBatch
from dissectors.node import Node
from dissectors.profile import Profile
from dissectors.scan.batch import MessageBatch
from dissectors.scan.kinds import MessageKind
from dissectors.scan.marks import Mark
from dissectors.tree import decode
from netmip6scope.keys import load_keys

_TOKENS = (MessageKind.HOT, MessageKind.COT)
_JUDGED = (MessageKind.BU, MessageKind.HO_REQUEST, MessageKind.HO_RESPONSE)


class Authenticity:
    """Marks messages whose authenticator does not fit the key."""

    def __init__(self, keys_path: str, profile: Profile) -> None:
        """Raises InputError and UsageError for the key file."""
        self._checks = Checks(load_keys(keys_path))
        self._profile = profile

    def mark(self, m: MessageBatch, batch: FrameBatch) -> None:
        """Look at a batch's messages; to be called for every batch, in order."""
        proves = (m.marks > 0) & (m.marks & Mark.AUTHENTICATED != 0) | (m.ah > 0)
        judged = np.isin(m.kind, _JUDGED) & proves
        for row in np.flatnonzero(judged | np.isin(m.kind, _TOKENS)).tolist():
            place = int(m.frame[row]) - batch.first_frame
            interface = batch.interfaces[int(batch.interface[place])]
            octets, wirelen = batch.frame(place), int(batch.wirelen[place])
            tree = decode(octets, interface.link_type, wirelen, self._profile, self._checks)
            if judged[row] and _has_bad(tree):
                m.marks[row] = max(int(m.marks[row]), 0) | Mark.FORGED


def _has_bad(node: Node) -> bool:
    bad = node.filter == "netmip6.verification" and node.value == State.BAD.value
    return bad or any(map(_has_bad, node.children))
