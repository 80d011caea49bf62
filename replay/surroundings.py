"""What a trace tells of all access routers: what answers what, and who is on which link."""

from __future__ import annotations

from dataclasses import dataclass, field

from replay.role_configs import Shown
from replay.trace import Step, Trace


@dataclass(slots=True)
class Surroundings:
    """What the trace tells of all routers.

    answers: by number of a request's step, the step that answers it. attached_with: by number of a
    question's step, the Binding Update that it led to. links: link-layer addresses.
    """

    trace: Trace
    answers: dict[int, Step]
    shown: Shown
    attached_with: dict[int, Step] = field(default_factory=dict)
    links: dict[bytes, bytes] = field(default_factory=dict)

    def link(self, mn_id: bytes) -> bytes:
        """A mobile node's link-layer address; one made up where the trace has none."""
        known = self.links.get(mn_id)
        if known is None:
            number = len(self.links) + 1
            known = self.links[mn_id] = b"\x02\x00\x00" + number.to_bytes(3, "big")
        return known
