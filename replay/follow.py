"""A whole replay step by step: every message beside what the models send, and their states.

As `explain`, for all that is recorded and not only for what leads to a divergence.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from ipaddress import IPv6Address

from dissectors.authentication.keys import Keys
from replay.explain import Match, Message, named_parties
from replay.isolate import Isolation
from replay.judged import ANSWERS_TO_HOST, Kind, fields
from replay.node_states import States, states_of
from replay.packet_words import word_for
from replay.packets import Address, Packet
from replay.pairing import Expected
from replay.roles import Roles
from replay.shell import Shell
from replay.trace import Step, Trace
from replay.verdict import Divergence, Fault, Verdict

MN = "MN"


@dataclass(frozen=True, slots=True)
class Turn:
    """What a step did to one node's model."""

    node: str
    before: States
    after: States


@dataclass(frozen=True, slots=True)
class Followed:
    """One message, as recorded and as expected; None where there is none on that side.

    frame: of the trace, None for what it has not; turns: of the sender's model and the receiver's;
    taken: what had to be taken for granted; divergences: all that is wrong with the message;
    follows: it is otherwise as well, which says nothing after what was wrong before.
    """

    time_ns: int
    frame: int | None
    match: Match
    recorded: Message | None
    expected: Message | None
    turns: tuple[Turn, ...]
    taken: tuple[str, ...]
    divergences: tuple[Divergence, ...]
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """All steps in order of time; `parties`: short names of nodes."""

    parties: dict[Address, str]
    rows: tuple[Followed, ...]
    verdict: Verdict


def follow(trace: Trace, roles: Roles, keys: Keys) -> Course:
    """Replay every node of a trace by itself, and take down each step."""
    run, names = Isolation(trace, roles, keys), named_parties(trace)
    taken_down = _TakenDown(run, names)
    for item in run.items():
        if isinstance(item, Step):
            taken_down.feed(item)
        else:
            run.feed(item)
    verdict = run.verdict()
    return Course(names, taken_down.rows(verdict), verdict)


class _TakenDown:
    """Feeds steps, and keeps what each of them did."""

    def __init__(self, run: Isolation, names: dict[Address, str]) -> None:
        self._run = run
        self._names = names
        self._steps: list[tuple[Step, Expected | None, tuple[Turn, ...], tuple[str, ...]]] = []

    def feed(self, step: Step) -> None:
        shells = [
            (self._names[address], self._run.shells[address])
            for address in dict.fromkeys((step.sender, step.receiver))
            if address is not None and address in self._run.shells
        ]
        before = [states_of(shell.node, step.mn_id) for _, shell in shells]
        known = [len(shell.unseen) for _, shell in shells]
        found = self._run.feed(step)
        turns = tuple(
            Turn(name, states, states_of(shell.node, step.mn_id))
            for (name, shell), states in zip(shells, before, strict=True)
        )
        taken = tuple(
            each.what
            for (_, shell), count in zip(shells, known, strict=True)
            for each in shell.unseen[count:]
        )
        self._steps.append((step, found, turns, taken))

    def rows(self, verdict: Verdict) -> tuple[Followed, ...]:
        """The steps, and in their places the messages that should have been sent."""
        wrong: dict[int, list[Divergence]] = defaultdict(list)
        missing: dict[tuple[IPv6Address, int, Kind], list[Divergence]] = defaultdict(list)
        for each in verdict.divergences:
            if each.fault is Fault.MISSING:
                missing[each.node, each.step, each.kind].append(each)
            else:
                wrong[each.step].append(each)
        every = [each for shell in self._run.shells.values() for each in shell.divergences]
        others = {each.step for each in every if each.fault is not Fault.MISSING}
        rows = []
        for taken in self._steps:
            number = taken[0].number
            row = self._row(*taken, tuple(wrong[number]))
            rows.append(replace(row, follows=number in others and not row.divergences))
        for (node, number, kind), group in missing.items():
            shell = self._run.shells[node]
            rows += [self._missing(shell, found, group) for found in _of(shell, number, kind)]
        return tuple(sorted(rows, key=lambda row: row.time_ns))

    def _row(
        self,
        step: Step,
        found: Expected | None,
        turns: tuple[Turn, ...],
        taken: tuple[str, ...],
        wrong: tuple[Divergence, ...],
    ) -> Followed:
        sender, receiver = self._name(step.sender), self._name(step.receiver)
        expected = None
        if found is not None:
            expected = _message(found.time_ns, sender, receiver, found.packet)
        if found is None:
            match = Match.UNEXPECTED if wrong else Match.GIVEN
        else:
            match = Match.OTHER if wrong else Match.SAME
        recorded = _message(step.time_ns, sender, receiver, step.packet)
        return Followed(
            step.time_ns, step.seen.frame, match, recorded, expected, turns, taken, wrong
        )

    def _missing(self, shell: Shell, found: Expected, group: list[Divergence]) -> Followed:
        name = self._names[shell.address]
        asker = self._name(found.cause.sender)
        receiver = self._names.get(found.packet.destination, asker)
        expected = _message(
            found.time_ns, name, MN if found.kind in ANSWERS_TO_HOST else receiver, found.packet
        )
        return Followed(found.time_ns, None, Match.MISSING, None, expected, (), (), tuple(group))

    def _name(self, address: IPv6Address | None) -> str:
        return MN if address is None else self._names.get(address, MN)


def _of(shell: Shell, number: int, kind: Kind) -> list[Expected]:
    """What the model sent and nobody saw, for a step's sake: the first is the one blamed."""
    found = (each for each in shell.missing if each.cause.number == number and each.kind is kind)
    return [next(found)]


def _message(time_ns: int, sender: str, receiver: str, packet: Packet) -> Message:
    return Message(time_ns, sender, receiver, word_for(packet), fields(packet))
