"""Holds what the models sent against what was recorded.

Values that a node may choose are judged by isolate mode, which holds them against its earlier ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address

from replay.closed.matching import Made, Recorded
from replay.closed.outside import CONSISTENT
from replay.closed.recording import Recording
from replay.closed.tunnels import astray
from replay.closed.user_plane import UserPlane
from replay.judged import SECTIONS, Kind, fields, kind_of
from replay.shell import Shell
from replay.trace import Step, Trace
from replay.verdict import Divergence, Fault


@dataclass(frozen=True, slots=True)
class Compared:
    """agreed: messages that were as regenerated, by node; pairs: frames with kinds, in order."""

    divergences: tuple[Divergence, ...]
    agreed: Mapping[IPv6Address, int]
    pairs: tuple[tuple[IPv6Address, int, str], ...]


def in_sight(trace: Trace, shells: Mapping[IPv6Address, Shell]) -> list[Step]:
    """The messages that are judged: of nodes, and not for something from before the trace."""
    judged = {frame for shell in shells.values() for frame, _ in shell.compared}
    judged |= {each.frame for shell in shells.values() for each in shell.divergences}
    return [
        step
        for step in trace.steps
        if step.sender in shells and step.seen.frame in judged and kind_of(step.packet) is not None
    ]


class Comparison:
    """`shells`: of isolate mode, which know what is free."""

    def __init__(
        self, recording: Recording, shells: Mapping[IPv6Address, Shell], tolerance_ns: int
    ) -> None:
        self._recording = recording
        self._trace = recording.trace
        self._shells = shells
        self._tolerance_ns = tolerance_ns

    def compare(
        self,
        sent: Sequence[tuple[Made, Step | None]],
        recorded: Recorded,
        user_plane: UserPlane,
    ) -> Compared:
        """After the run. sent: all messages, with the recorded ones that they are."""
        found: list[Divergence] = []
        agreed = dict.fromkeys(self._shells, 0)
        pairs = []
        left = [made for made, step in sent if step is None]
        both = [(made, step) for made, step in sent if step is not None]
        both += [(made, step) for made in left if (step := recorded.take_late(made)) is not None]
        late = {id(made) for made, _ in both}
        left = [made for made in left if id(made) not in late]
        for made in left:
            step = recorded.take_alike(made)
            if step is None:
                found += self._missing(made)
            else:
                both.append((made, step))
        for made, step in both:
            wrong = [*self._unlike(made, step)]
            found += wrong
            pairs.append((made.node, step.seen.frame, made.kind.value))
            agreed[made.node] += not wrong
        for step in recorded.rest():
            found += self._unexpected(step)
        found += self._inconsistent()
        found += astray(self._recording, user_plane, self._tolerance_ns)
        return Compared(tuple(found), agreed, tuple(sorted(pairs, key=lambda pair: pair[1])))

    def _unlike(self, made: Made, step: Step) -> Iterator[Divergence]:
        shell = self._shells[made.node]
        told = {each.name: each for each in fields(made.packet)}
        recorded = {each.name: each for each in fields(step.packet)}
        unlike = [
            (each, told.get(name), recorded.get(name))
            for name, each in {**told, **recorded}.items()
            if told.get(name) != recorded.get(name)
            and name not in CONSISTENT
            and not shell.is_free(told.get(name), recorded.get(name), step)
        ]
        decisive = [one for one in unlike if one[0].name == "status"]
        for each, one, other in decisive or unlike:
            expected = None if one is None else one.value
            value = None if other is None else other.value
            yield Divergence(
                made.node,
                Fault.FIELD,
                made.kind,
                step.number,
                step.seen.frame,
                step.time_ns,
                each.name,
                expected,
                value,
                each.section,
                step.mn_id,
            )
        if abs(step.time_ns - made.time_ns) > self._tolerance_ns and not made.hidden:
            yield Divergence(
                made.node,
                Fault.LATE,
                made.kind,
                step.number,
                step.seen.frame,
                made.time_ns,
                "time",
                made.time_ns,
                step.time_ns,
                "3.1, 3.3",
                step.mn_id,
            )

    def _missing(self, made: Made) -> Iterator[Divergence]:
        cause = made.cause
        if made.hidden or made.time_ns + self._tolerance_ns > self._trace.end_ns:
            return
        if cause is None:
            before = [s for s in self._trace.steps if s.mn_id == made.mn_id]
            earlier = [s for s in before if s.time_ns <= made.time_ns]
            cause = (earlier or before or self._trace.steps)[-1 if earlier else 0]
        yield Divergence(
            made.node,
            Fault.MISSING,
            made.kind,
            cause.number,
            cause.seen.frame,
            made.time_ns,
            "message",
            made.kind.value,
            None,
            SECTIONS[made.kind],
            made.mn_id,
        )

    def _unexpected(self, step: Step) -> Iterator[Divergence]:
        kind = kind_of(step.packet)
        assert kind is not None
        assert step.sender is not None
        told = [
            each
            for each in self._shells[step.sender].divergences
            if each.step == step.number and each.fault is not Fault.MISSING
        ]
        yield from told or [_divergence(step, step.sender, kind)]

    def _inconsistent(self) -> Iterable[Divergence]:
        return (
            each
            for shell in self._shells.values()
            for each in shell.divergences
            if each.field in CONSISTENT
        )


def _divergence(step: Step, node: IPv6Address, kind: Kind) -> Divergence:
    return Divergence(
        node,
        Fault.UNEXPECTED,
        kind,
        step.number,
        step.seen.frame,
        step.time_ns,
        "message",
        None,
        kind.value,
        SECTIONS[kind],
        step.mn_id,
    )
