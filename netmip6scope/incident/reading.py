"""Reads captures as traces: the packets that nodes understand, in order of time."""

from __future__ import annotations

import os
from collections.abc import Sequence
from tempfile import TemporaryDirectory

from dissectors.authentication.checks import Checks
from dissectors.authentication.keys import Keys
from dissectors.errors import ParseError
from dissectors.frames import FrameBatch
from dissectors.node import Node
from dissectors.profile import Profile
from dissectors.scan.batch import TunnelBatch
from dissectors.scan.lane import Scanner
from dissectors.tree import decode as decode_tree
from netmip6scope.capture.inputs import Source, expand
from netmip6scope.capture.reader import read_batches
from netmip6scope.merge import merge
from replay.packets import decode
from replay.trace import Observed

_IP = ("ipv6", "ipv4")


def read_observed(
    captures: Sequence[str], profile: Profile, keys: Keys, profile_path: str | None = None
) -> list[Observed]:
    """All packets of the captures that the node models take. Raises ScopeError."""
    sources = expand(list(captures))
    if len(sources) > 1:
        # One clock, and what several points saw once; frames are numbered in the merged capture.
        with TemporaryDirectory() as folder:
            path = os.path.join(folder, "merged.pcapng")
            run = merge(list(captures), path, None, profile_path)
            if run.errors:
                raise run.errors[0]
            return _read(expand([path])[0], profile, keys)
    return _read(sources[0], profile, keys)


def _read(source: Source, profile: Profile, keys: Keys) -> list[Observed]:
    found, checks, scanner = [], Checks(keys), Scanner(profile)
    heard: dict[int, int] = {}
    for batch in read_batches(source):
        scanned = scanner.scan(batch)
        signalling = {*scanned.messages.frame.tolist(), *scanned.aside.tolist()}
        sampled = _sampled(scanned.tunnels, heard)
        for number in sorted(signalling | sampled):
            seen = _observed(batch, number, profile, checks if number in signalling else None)
            if seen is not None:
                found.append(seen)
    return sorted(found, key=lambda seen: seen.time_ns)


def _sampled(tunnels: TunnelBatch, heard: dict[int, int]) -> set[int]:
    """Of the user data in each tunnel a packet now and then: it tells that somebody is there."""
    found = set()
    columns = tunnels.frame.tolist(), tunnels.time_ns.tolist(), tunnels.flow.tolist()
    for frame, time_ns, flow in zip(*columns, strict=True):
        if time_ns - heard.get(flow, -SAMPLE_NS) >= SAMPLE_NS:
            heard[flow] = time_ns
            found.add(frame)
    return found


def _observed(
    batch: FrameBatch, number: int, profile: Profile, checks: Checks | None
) -> Observed | None:
    row = number - batch.first_frame
    octets = batch.frame(row)
    link_type = batch.interfaces[int(batch.interface[row])].link_type
    time_ns, length = int(batch.time_ns[row]), int(batch.wirelen[row])
    tree = decode_tree(octets, link_type, length, profile, checks, time_ns=time_ns)
    begin = next((node.begin for node in tree.children if node.name in _IP), None)
    if begin is None:
        return None
    try:
        packet = decode(octets[begin:], profile)
    except ParseError:
        return None
    sealed = None if checks is None else _VERDICTS.get(_verdict(tree))
    return Observed(number, time_ns, packet, sealed)


SAMPLE_NS = 250_000_000
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
