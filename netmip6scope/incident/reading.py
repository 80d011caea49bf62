"""Reads captures as traces: the packets that nodes understand, in order of time."""

from __future__ import annotations

from collections.abc import Sequence

from dissectors.authentication.checks import Checks
from dissectors.authentication.keys import Keys
from dissectors.errors import ParseError
from dissectors.node import Node
from dissectors.profile import Profile
from dissectors.tree import decode as decode_tree
from netmip6scope.capture.inputs import Source, expand
from netmip6scope.capture.reader import read_batches
from replay.packets import decode
from replay.trace import Observed

_IP = ("ipv6", "ipv4")


def read_observed(captures: Sequence[str], profile: Profile, keys: Keys) -> list[Observed]:
    """All packets of the captures that the node models take. Raises InputError."""
    found: list[Observed] = []
    checks = Checks(keys)
    for source in expand(list(captures)):
        found += _read(source, profile, checks)
    return sorted(found, key=lambda seen: seen.time_ns)


def _read(source: Source, profile: Profile, checks: Checks) -> list[Observed]:
    found = []
    for batch in read_batches(source):
        for row in range(len(batch)):
            octets = batch.frame(row)
            link_type = batch.interfaces[int(batch.interface[row])].link_type
            time_ns, length = int(batch.time_ns[row]), int(batch.wirelen[row])
            tree = decode_tree(octets, link_type, length, profile, checks, time_ns=time_ns)
            begin = next((node.begin for node in tree.children if node.name in _IP), None)
            if begin is None:
                continue
            try:
                packet = decode(octets[begin:], profile)
            except ParseError:
                continue
            sealed = _VERDICTS.get(_verdict(tree))
            found.append(Observed(batch.first_frame + row, time_ns, packet, sealed))
    return found


_VERDICTS = {"good": True, "bad": False}


def _verdict(tree: Node) -> str:
    """What the keys say of the first authenticator in the frame; "" if there is none."""
    for child in tree.children:
        if child.name == "verification":
            return child.text
        found = _verdict(child)
        if found:
            return found
    return ""
