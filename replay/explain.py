"""How a divergence came about: what was sent beside what the models send, step by step.

A walk is made by replaying once more, and watching one mobile node while its nodes are fed. It goes
from the last settled state, where no node waited for anything, to the message that diverged.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv6Address

import numpy as np

from dissectors.authentication.keys import Keys
from replay.explain_radius import RADIUS, explain_radius, named_servers
from replay.isolate import Isolation
from replay.judged import ANSWERS_TO_HOST, Field, Kind, fields
from replay.node_states import States, is_settled, states_of
from replay.packet_words import word_for
from replay.packets import Address, Packet
from replay.pairing import Expected
from replay.roles import Roles
from replay.shell import Shell
from replay.trace import Step, Trace
from replay.user_data import Flow
from replay.verdict import Divergence, Fault, Unseen
from replay.walk import Match, Message, Row, Walk

__all__ = ["Match", "Message", "Row", "Walk", "explain", "named_parties"]

MOST_ROWS = 60
"""Rows of a walk: where nothing settles, the latest."""


def explain(
    trace: Trace, roles: Roles, keys: Keys, divergences: Sequence[Divergence]
) -> tuple[Walk, ...]:
    """A walk to each message that diverged; `divergences` are those of a verdict on the trace."""
    grouped: dict[object, list[Divergence]] = {}
    for each in divergences:
        grouped.setdefault((each.node, each.step, each.fault, each.kind), []).append(each)
    if not grouped:
        return ()
    run = Isolation(trace, roles, keys)
    names = named_parties(trace) | named_servers(trace)
    of_models = [group for group in grouped.values() if group[0].kind not in RADIUS]
    watches = [_Watch(trace, run, tuple(group), names) for group in of_models]
    about: dict[bytes | None, list[_Watch]] = {}
    at_step: dict[int, list[_Watch]] = {}
    for watch in watches:
        about.setdefault(watch.mn_id, []).append(watch)
        at_step.setdefault(watch.step, []).append(watch)
    for item in run.items():
        if not isinstance(item, Step):
            run.feed(item)
            continue
        watching = [watch for watch in about.get(item.mn_id, ()) if watch.sees(item)]
        causes = [watch for watch in at_step.get(item.number, ()) if watch not in watching]
        for watch in (*watching, *causes):
            watch.before(item)
        found = run.feed(item)
        for watch in watching:
            watch.after(item, found)
        for watch in causes:
            watch.after_cause()
    run.verdict()
    walks = iter([watch.walk() for watch in watches])
    return tuple(
        explain_radius(trace, tuple(group), names) if group[0].kind in RADIUS else next(walks)
        for group in grouped.values()
    )


def named_parties(trace: Trace) -> dict[Address, str]:
    """Short names of a trace's nodes, such as HA and AR2."""
    kinds = {address: "MAP" if local else "HA" for address, local in trace.agents.items()}
    kinds.update(dict.fromkeys(trace.routers, "AR"))
    names: dict[Address, str] = {}
    for kind in ("HA", "MAP", "AR"):
        of_kind = [address for address, each in kinds.items() if each == kind]
        for number, address in enumerate(of_kind, 1):
            names[address] = kind if len(of_kind) == 1 else f"{kind}{number}"
    return names


class _Watch:
    """Takes down what happens about one mobile node until a node diverges."""

    def __init__(
        self,
        trace: Trace,
        run: Isolation,
        group: tuple[Divergence, ...],
        names: dict[Address, str],
    ) -> None:
        self._trace = trace
        self._run = run
        self._group = group
        self._first = group[0]
        self._shell: Shell | None = run.shells.get(self._first.node)
        """None of a mobile node: nobody models it."""
        self._names = names
        self._rows: list[Row] = []
        self._settled: list[bool] = []
        self._before: States = ()
        self._cause: tuple[States, States] | None = None
        self._unseen = 0
        """How much was taken for granted of the sender before."""

    @property
    def mn_id(self) -> bytes | None:
        return self._first.mn_id

    @property
    def step(self) -> int:
        """Of the message that diverged, or that should have been answered."""
        return self._first.step

    def sees(self, step: Step) -> bool:
        """Of messages that name nobody only the one that diverged belongs to the walk."""
        last = self._first.step
        return step.number <= last if self.mn_id is not None else step.number == last

    def before(self, step: Step) -> None:
        self._before = self._states()
        self._unseen = len(self._unseen_by(step.sender))

    def _unseen_by(self, node: IPv6Address | None) -> list[Unseen]:
        shell = None if node is None else self._run.shells.get(node)
        return [] if shell is None else shell.unseen

    def _states(self) -> States:
        return () if self._shell is None else states_of(self._shell.node, self.mn_id)

    def after_cause(self) -> None:
        """A message about somebody else let a deadline pass."""
        self._cause = self._before, self._states()

    def after(self, step: Step, found: Expected | None) -> None:
        sender, receiver = self._name(step.sender), self._name(step.receiver)
        recorded = _message(step.time_ns, sender, receiver, step.packet)
        is_own = self._first.fault is not Fault.MISSING and not self._is_user_data
        diverges = is_own and step.number == self._first.step
        expected = None
        is_unexpected = diverges and self._first.fault is Fault.UNEXPECTED
        if found is not None and not is_unexpected:
            expected = _message(found.time_ns, sender, receiver, found.packet)
        self._rows.append(
            Row(
                step.time_ns,
                step.seen.frame,
                step.number,
                match_of(found, self._first.fault if diverges else None),
                recorded,
                expected,
                self._before,
                self._states(),
                tuple(each.what for each in self._unseen_by(step.sender)[self._unseen :]),
                diverges,
            )
        )
        self._settled.append(self._is_settled(step.time_ns))

    @property
    def _is_user_data(self) -> bool:
        return self._first.kind is Kind.USER_DATA

    def _is_settled(self, now_ns: int) -> bool:
        mn_id = self.mn_id
        return not any(
            not is_settled(shell.node, mn_id)
            or any(
                each.certain and each.mn_id == mn_id and each.time_ns + shell.tolerance_ns > now_ns
                for each in shell.pending
            )
            for shell in self._run.shells.values()
        )

    def _name(self, address: IPv6Address | None) -> str:
        if address is None:
            return "MN"
        return self._names.get(address, "MN")

    def walk(self) -> Walk:
        rows = self._rows
        if self._is_user_data:
            rows = [*rows, self._user_data()]
        elif self._first.fault is Fault.MISSING:
            rows = [*rows, self._missing()]
        begin = max(0, len(rows) - MOST_ROWS)
        for at in range(len(rows) - 2, begin, -1):
            if self._settled[at - 1]:
                begin = at
                break
        first = self._first
        names = {
            address: name
            for address, name in self._names.items()
            if address == first.node or any(_has(row, name) for row in rows[begin:])
        }
        names.setdefault(first.node, "MN")
        role = "mobile node" if self._shell is None else self._shell.role
        return Walk(first.node, role, first.mn_id, self._group, names, tuple(rows[begin:]))

    def _user_data(self) -> Row:
        """The first packet that took the wrong tunnel."""
        first = self._first
        ends = self._flow_ends()
        names = [self._names.get(each, "MN") for each in ends[:2]]
        inner = (Field("from", str(ends[2]), ""), Field("to", str(ends[3]), ""))
        recorded = Message(first.time_ns, names[0], names[1], first.kind.value, inner)
        after = self._states() if not self._rows else self._rows[-1].after
        return Row(
            first.time_ns, first.frame, None, Match.OTHER, recorded, None, after, after, (), True
        )

    def _flow_ends(self) -> Flow:
        data = self._trace.user_data
        at = int(np.flatnonzero(data.frame == self._first.frame)[0])
        return data.flows[int(data.flow[at])]

    def _missing(self) -> Row:
        """What should have been sent, when it was due."""
        first = self._first
        found = next(
            each
            for each in (() if self._shell is None else self._shell.missing)
            if each.cause.number == first.step and each.kind is first.kind
        )
        to, asker = found.packet.destination, self._name(found.cause.sender)
        answers_host = found.kind in ANSWERS_TO_HOST
        receiver = "MN" if answers_host else self._names.get(to, asker)
        expected = _message(found.time_ns, self._name(first.node), receiver, found.packet)
        own = (self._rows[-1].before, self._rows[-1].after) if self._rows else ((), ())
        before, after = self._cause or own
        return Row(
            found.time_ns,
            None,
            None,
            Match.MISSING,
            None,
            expected,
            before,
            after,
            diverges=True,
        )


def _message(time_ns: int, sender: str, receiver: str, packet: Packet) -> Message:
    return Message(time_ns, sender, receiver, word_for(packet), fields(packet))


def _has(row: Row, name: str) -> bool:
    sides = (row.recorded, row.expected)
    return any(each is not None and name in (each.sender, each.receiver) for each in sides)


def match_of(found: Expected | None, fault: Fault | None) -> Match:
    """How a message stands to what was expected; fault: of its divergence, None without one."""
    if fault is Fault.UNEXPECTED:
        return Match.UNEXPECTED
    if found is None and fault is None:
        return Match.GIVEN
    return Match.SAME if fault is None else Match.OTHER
