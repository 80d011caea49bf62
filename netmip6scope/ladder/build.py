"""From tables to a ladder.

A step stands at its time, and findings about it below it. What went through the tunnels is known
from one binding message to the next, and stands where its first packet does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from dissectors.frames import Ints
from netmip6scope.ladder import words
from netmip6scope.ladder.choice import Chosen
from netmip6scope.ladder.model import Entry, Heading, Ladder, Remark, Role, Step, Traffic
from netmip6scope.ladder.parties import MessageRow, Node, Nodes, columns
from netmip6scope.tables.columns import NULL, Table
from netmip6scope.tables.records import Record, records

TABLES = ("messages", "sessions", "handoffs", "findings", "user-plane")
"""The tables that a ladder is built from."""
SENT_AGAIN = "sent again"

_Timed: TypeAlias = "tuple[int, Entry]"


class _Segment(NamedTuple):
    """A row of the table of the user plane."""

    session: int
    direction: str
    router: str
    since: int | None
    first: int
    last: int
    packets: int


class _Finding(NamedTuple):
    """What is needed of a row of CONTRACT 3."""

    severity: str
    code: str
    frame: int | None
    time: int | None
    text: str


class _Flow(NamedTuple):
    """Both directions through one router, between two binding messages."""

    session: int
    router: str
    since: int | None
    first: int
    last: int
    down: int
    up: int


def build(tables: dict[str, Table], chosen: Chosen) -> Ladder:
    """The ladder of what was chosen, from TABLES."""
    messages = records(tables["messages"], chosen.messages, MessageRow)
    sessions = [session.session for session in chosen.sessions]
    flows = _flows(_of(tables["user-plane"], "session", sessions, _Segment))
    if chosen.whole:
        findings = _of(tables["findings"], "session", sessions, _Finding)
        findings += _outside_sessions(tables["findings"], messages)
    else:
        flows = _around(flows, messages)
        numbers = [handoff.handoff for handoff in chosen.handoffs]
        findings = _of(tables["findings"], "handoff", numbers, _Finding)
    return _Builder(chosen, messages, flows, findings).ladder()


def _of(table: Table, column: str, numbers: list[int], kind: type[Record]) -> list[Record]:
    """The rows that have one of these numbers in a column."""
    mine = np.isin(_numbers(table, column), numbers)
    return records(table, np.flatnonzero(mine), kind)


def _outside_sessions(table: Table, messages: Sequence[MessageRow]) -> list[_Finding]:
    """Findings about messages that belong to no session."""
    lone = {(m.frame, m.time) for m in messages if m.session is None}
    mine = np.isin(_numbers(table, "time"), [time for _, time in lone])
    mine &= _numbers(table, "session") == NULL
    found = records(table, np.flatnonzero(mine), _Finding)
    return [finding for finding in found if (finding.frame, finding.time) in lone]


def _numbers(table: Table, name: str) -> Ints:
    return table.numbers(next(c for c in table.columns if c.name == name))


def _flows(segments: Sequence[_Segment]) -> list[_Flow]:
    """Segments of both directions put together, in the order of their first packets."""
    found: dict[tuple[int, str, int | None], _Flow] = {}
    for s in segments:
        key = s.session, s.router, s.since
        down, up = (s.packets, 0) if s.direction == "down" else (0, s.packets)
        other = found.get(key, _Flow(*key, s.first, s.last, 0, 0))
        first, last = min(s.first, other.first), max(s.last, other.last)
        found[key] = _Flow(*key, first, last, other.down + down, other.up + up)
    return sorted(found.values(), key=lambda flow: (flow.first, flow.router))


def _around(flows: list[_Flow], messages: Sequence[MessageRow]) -> list[_Flow]:
    """What was on its way while these messages were, and right behind them."""
    begin, end = messages[0].time, messages[-1].time
    return [f for f in flows if f.last >= begin and (f.since is None or f.since <= end)]


class _Builder:
    def __init__(
        self,
        chosen: Chosen,
        messages: Sequence[MessageRow],
        flows: Sequence[_Flow],
        findings: Sequence[_Finding],
    ) -> None:
        self._chosen = chosen
        self._messages = messages
        self._flows = flows
        nodes = Nodes(chosen, messages)
        self._ways = [nodes.way(m) for m in messages]
        self._tunnels = [nodes.tunnel(flow.router, flow.first) for flow in flows]
        parties = columns(self._appearing())
        self._parties = tuple(parties.values())
        self._column = {node: at for at, node in enumerate(parties)}
        self._names = {party.address: party.name for party in self._parties}
        self._notes: dict[tuple[int | None, int | None], list[str]] = {}
        """By frame and time of the message that shows it."""
        for f in findings:
            note = f"{f.code} ({f.severity}): {words.with_names(f.text, self._names)}"
            self._notes.setdefault((f.frame, f.time), []).append(note)

    def _appearing(self) -> Iterator[Node]:
        """All nodes in the order in which they appear; a router that is asked was there before."""
        timed = [
            (m.time, way[1::-1] if m.kind == "ho-request" else way[:2])
            for m, way in zip(self._messages, self._ways, strict=True)
        ]
        timed += [(f.first, ends) for f, ends in zip(self._flows, self._tunnels, strict=True)]
        for _, nodes in sorted(timed, key=lambda entry: entry[0]):
            yield from nodes

    def ladder(self) -> Ladder:
        timed = [*self._headings(), *self._steps(), *self._traffic(), *self._remarks()]
        # Equal times keep this order: a heading stands above what it is about.
        timed.sort(key=lambda entry: entry[0])
        entries = tuple(entry for _, entry in timed)
        return Ladder(self._chosen.name, self._parties, entries, self._messages[0].time)

    def _headings(self) -> Iterator[_Timed]:
        begins: dict[tuple[str, int | None], int] = {}
        for m in self._messages:
            begins.setdefault(("session", m.session), m.time)
            begins.setdefault(("handoff", m.handoff), m.time)
        for flow in self._flows:
            key = "session", flow.session
            begins[key] = min(begins.get(key, flow.first), flow.first)
        for session in self._chosen.sessions:
            title = f"session {session.session}, {session.state}"
            heading = Heading(title, words.session_facts(session))
            yield begins["session", session.session], heading
        for handoff in self._chosen.handoffs:
            title = words.handoff_title(handoff, self._name)
            heading = Heading(title, words.handoff_facts(handoff))
            yield begins["handoff", handoff.handoff], heading

    def _name(self, address: str) -> str:
        return self._names.get(address) or words.short(address)

    def _steps(self) -> Iterator[_Timed]:
        before: int | None = None
        seen: set[MessageRow] = set()
        rows = self._chosen.messages.tolist()
        for row, m, way in zip(rows, self._messages, self._ways, strict=True):
            numbered = m.seq is not None or m.identifier is not None
            sent = m._replace(frame=0, time=0, point=None)
            notes = [SENT_AGAIN] if numbered and sent in seen else []
            seen.add(sent)
            local = Role.MAP in (way.source.role, way.target.role)
            yield (
                m.time,
                Step(
                    row,
                    m.time,
                    None if before is None else m.time - before,
                    self._column[way.source],
                    self._column[way.target],
                    way.directed,
                    words.title(m),
                    words.details(m, self._name, local=local),
                    (*notes, *self._notes.pop((m.frame, m.time), ())),
                ),
            )
            before = m.time

    def _remarks(self) -> Iterator[_Timed]:
        """The findings that no step took."""
        begin = self._messages[0].time
        for (_, time), notes in self._notes.items():
            at = begin if time is None else time
            yield from ((at, Remark(at, note)) for note in notes)

    def _traffic(self) -> Iterator[_Timed]:
        for flow, (router, anchor) in zip(self._flows, self._tunnels, strict=True):
            ends = self._column[router], self._column[anchor]
            yield flow.first, Traffic(flow.first, flow.last, *ends, flow.down, flow.up)
