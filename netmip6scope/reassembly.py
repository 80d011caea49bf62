"""The fragments that earlier frames of a capture hold of the packets in one frame."""

from __future__ import annotations

from dissectors.fragments import Fragments
from dissectors.profile import Profile
from dissectors.tree import decode
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import CaptureFile

STANDARD_INPUT = "-"


def earlier_fragments(
    source: Source,
    frame: int,
    octets: bytes,
    link_type: int,
    wire_length: int,
    time_ns: int,
    profile: Profile,
) -> Fragments:
    """What waits when frame `frame`, whose octets these are, comes.

    Only frames between the same addresses, and no older than fragments get, are looked into.
    Standard input cannot be read again, so nothing waits there.
    """
    alone = Fragments()
    decode(octets, link_type, wire_length, profile, fragments=alone, time_ns=time_ns)
    waiting = Fragments()
    addresses = alone.addresses()
    if not addresses or source.path == STANDARD_INPUT:
        return waiting
    for batch in CaptureFile(source).batches():
        for row in range(min(len(batch), frame - batch.first_frame)):
            before_ns = int(batch.time_ns[row])
            if before_ns < time_ns - waiting.limits.age_ns:
                continue
            earlier = batch.frame(row)
            if any(pair in earlier for pair in addresses):
                kind = batch.interfaces[int(batch.interface[row])].link_type
                wire = int(batch.wirelen[row])
                decode(earlier, kind, wire, profile, fragments=waiting, time_ns=before_ns)
        if frame < batch.first_frame + len(batch):
            break
    return waiting
