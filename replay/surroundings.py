"""What a trace tells of all access routers: what answers what, and who is on which link."""

from __future__ import annotations

from dataclasses import dataclass, field

from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from replay.binding_client import REJECTED
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
    _at_home: dict[int, Step] = field(default_factory=dict)
    """By number of an update's step to a MAP, the one to a home agent that it led to."""

    def __post_init__(self) -> None:
        to_map: dict[object, list[Step]] = {}
        for step in self.trace.steps:
            if not isinstance(step.packet.payload, BindingUpdate) or step.receiver is None:
                continue
            who = step.sender, step.mn_id
            if self.trace.agents.get(step.receiver):
                # It goes on asking the MAP until that accepts.
                asked = to_map.setdefault(who, [])
                if asked and self._is_accepted(asked[-1]):
                    asked.clear()
                asked.append(step)
            else:
                self._at_home |= {each.number: step for each in to_map.pop(who, [])}

    def _is_accepted(self, update: Step) -> bool:
        answer = self.answers.get(update.number)
        ack = None if answer is None else answer.packet.payload
        return isinstance(ack, BindingAcknowledgement) and ack.status < REJECTED

    def at_home(self, update: Step) -> Step:
        """Where a Binding Update's mobile node shall be at home: of one to a MAP the next says."""
        return self._at_home.get(update.number, update)

    def link(self, mn_id: bytes) -> bytes:
        """A mobile node's link-layer address; one made up where the trace has none."""
        known = self.links.get(mn_id)
        if known is None:
            number = len(self.links) + 1
            known = self.links[mn_id] = b"\x02\x00\x00" + number.to_bytes(3, "big")
        return known
