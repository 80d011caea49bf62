"""Questions that a mobile node asks because of an answer, as DHCP's Request follows an offer.

Where the answer comes later than it did, so does the question; where it never comes there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

from replay.judged import ANSWERS_TO_HOST, kind_of
from replay.stimulus import Stimulus
from replay.trace import Step, Trace

_SOON_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Held:
    """A question that waits for its answer. `gap_ns`: how soon after that it is asked."""

    stimulus: Stimulus
    step: Step
    gap_ns: int
    answers: int
    """How many answers the mobile node must have got."""


class Questions:
    """`moved`: when frames with questions come instead; None if they do not come."""

    def __init__(self, trace: Trace) -> None:
        self.moved: dict[int, int | None] = {}
        self._steps = trace.steps
        self._needed: dict[int, tuple[int, int]] = {}
        self._got: dict[bytes | None, int] = {}
        self._held: dict[bytes | None, list[Held]] = {}
        answers: dict[bytes | None, list[int]] = {}
        for step in trace.steps:
            if step.link is None:
                continue
            before = answers.setdefault(step.mn_id, [])
            if kind_of(step.packet) in ANSWERS_TO_HOST:
                before.append(step.time_ns)
            elif before and step.time_ns - before[-1] <= _SOON_NS:
                self._needed[step.number] = len(before), step.time_ns - before[-1]

    def holds(self, stimulus: Stimulus) -> bool:
        """Whether this has to wait; then `answered` gives it back."""
        if stimulus.asked is None or stimulus.asked not in self._needed:
            return False
        answers, gap_ns = self._needed[stimulus.asked]
        if self._got.get(stimulus.mn_id, 0) >= answers:
            return False
        step = self._steps[stimulus.asked]
        self.moved[step.seen.frame] = None
        held = Held(stimulus, step, gap_ns, answers)
        self._held.setdefault(stimulus.mn_id, []).append(held)
        return True

    def answered(self, mn_id: bytes | None, now_ns: int) -> list[Held]:
        """A mobile node has got an answer: what it asks because of that."""
        got = self._got[mn_id] = self._got.get(mn_id, 0) + 1
        held = self._held.get(mn_id, [])
        self._held[mn_id] = [each for each in held if each.answers > got]
        free = [each for each in held if each.answers <= got]
        for each in free:
            self.moved[each.step.seen.frame] = now_ns + each.gap_ns
        return free
