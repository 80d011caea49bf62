"""A whole replay step by step: every message beside what the models send, and their states.

As `explain`, for all that is recorded and not only for what leads to a divergence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv6Address

from dissectors.authentication.keys import Keys
from replay.aaa_judge import judge_aaa
from replay.explain import match_of, named_parties
from replay.explain_radius import message_of, named_servers
from replay.isolate import Isolation
from replay.judged import ANSWERS_TO_HOST, Kind, fields
from replay.node_states import States, states_of
from replay.packet_words import word_for
from replay.packets import Address, Packet
from replay.pairing import Expected
from replay.radius_seen import Answered, Asked, radius_in
from replay.roles import Roles
from replay.shell import Shell
from replay.trace import Step, Trace
from replay.verdict import Divergence, Fault, Verdict
from replay.walk import Match, Message

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
    run, names = Isolation(trace, roles, keys), named_parties(trace) | named_servers(trace)
    taken_down = _TakenDown(run, names, trace)
    for item in run.items():
        if isinstance(item, Step):
            taken_down.feed(item)
        else:
            run.feed(item)
    verdict = run.verdict()
    others = judge_aaa(trace, roles.tolerance_ns).divergences
    return Course(names, taken_down.rows(verdict, others), verdict)


class _TakenDown:
    """Feeds steps, and keeps what each of them did."""

    def __init__(self, run: Isolation, names: dict[Address, str], trace: Trace) -> None:
        self._run = run
        self._names = names
        self._radius = {each.step.number: each for each in radius_in(trace)}
        self._asked: set[tuple[Address, Address]] = set()
        """Clients and servers between which a request was seen."""
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

    def rows(self, verdict: Verdict, beside: Sequence[Divergence]) -> tuple[Followed, ...]:
        """The steps, and in their places the messages that should have been sent.

        beside: what diverges in messages that no model sends.
        """
        wrong: dict[int, list[Divergence]] = defaultdict(list)
        missing: dict[tuple[IPv6Address, int, Kind], list[Divergence]] = defaultdict(list)
        for each in verdict.divergences:
            if each.fault is Fault.MISSING:
                missing[each.node, each.step, each.kind].append(each)
            else:
                wrong[each.step].append(each)
        every = [each for shell in self._run.shells.values() for each in shell.divergences]
        others = {each.step for each in (*every, *beside) if each.fault is not Fault.MISSING}
        rows = []
        for taken in self._steps:
            number = taken[0].number
            row = (
                self._row(*taken, tuple(wrong[number]))
                if number not in self._radius
                else self._radius_row(self._radius[number], tuple(wrong[number]))
            )
            rows.append(replace(row, follows=number in others and not row.divergences))
        for (node, number, kind), group in missing.items():
            if number in self._radius:
                rows.append(self._unanswered(self._radius[number], group))
            else:
                shell = self._run.shells[node]
                rows.append(self._missing(shell, _of(shell, number, kind), group))
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
        match = match_of(found, wrong[0].fault if wrong else None)
        if found is not None and match is not Match.UNEXPECTED:
            expected = _message(found.time_ns, sender, receiver, found.packet)
        recorded = _message(step.time_ns, sender, receiver, step.packet)
        return Followed(
            step.time_ns, step.seen.frame, match, recorded, expected, turns, taken, wrong
        )

    def _radius_row(self, each: Asked | Answered, wrong: tuple[Divergence, ...]) -> Followed:
        """What no model sends is judged by itself, an answer if a request was seen before."""
        ends = each.client, each.server
        if isinstance(each, Asked):
            self._asked.add(ends)
        recorded = message_of(each, self._names)
        match = Match.SAME if ends in self._asked else Match.GIVEN
        if wrong:
            unexpected = wrong[0].fault is Fault.UNEXPECTED
            match = Match.UNEXPECTED if unexpected else Match.OTHER
        expected = None if match in (Match.UNEXPECTED, Match.GIVEN) else recorded
        step = each.step
        return Followed(step.time_ns, step.seen.frame, match, recorded, expected, (), (), wrong)

    def _unanswered(self, asked: Asked | Answered, group: list[Divergence]) -> Followed:
        first, names = group[0], self._names
        ends = names[asked.server], names.get(asked.client, MN)
        expected = Message(first.time_ns, *ends, first.kind.value, ())
        return Followed(first.time_ns, None, Match.MISSING, None, expected, (), (), tuple(group))

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


def _of(shell: Shell, number: int, kind: Kind) -> Expected:
    """What the model sent and nobody saw, for a step's sake: the first is the one blamed."""
    found = (each for each in shell.missing if each.cause.number == number and each.kind is kind)
    return next(found)


def _message(time_ns: int, sender: str, receiver: str, packet: Packet) -> Message:
    return Message(time_ns, sender, receiver, word_for(packet), fields(packet))
