"""From scanned batches to sessions and handoffs.

While batches come, signalling is kept as columns and the user plane as sums (`user_plane`). At the
end every message is given to a mobile node (`join`), the messages of each become its story
(`story`, told for many at once by `shapes`), and what the user plane did around each handoff is
read from the sums (`measure`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dissectors.frames import Ints
from dissectors.profile import Profile
from dissectors.scan.addresses import AddressBook
from dissectors.scan.batch import MessageBatch, Names, Scanned
from dissectors.scan.kinds import MessageKind
from dissectors.scan.marks import Mark
from dissectors.scan.tunnels import Tunnels
from netmip6scope.correlate import (
    checks,
    finding_columns,
    forgetting,
    join,
    measure,
    node_checks,
    traffic_checks,
)
from netmip6scope.correlate.alike import alike, distinct
from netmip6scope.correlate.event import LOCAL_UPDATE, Event
from netmip6scope.correlate.forgetting import Past
from netmip6scope.correlate.growing import Growing
from netmip6scope.correlate.moved import Moved
from netmip6scope.correlate.reasons import Reasons
from netmip6scope.correlate.setups import Setups
from netmip6scope.correlate.shapes import Told, tell
from netmip6scope.correlate.story import KINDS
from netmip6scope.correlate.user_plane import DOWN, MAP_FLAG, UserPlane

_BU, _BA, _RA = int(MessageKind.BU), int(MessageKind.BA), int(MessageKind.RA)
_KEPT = (
    "kind",
    "time_ns",
    "frame",
    "src",
    "dst",
    "coa",
    "hoa",
    "hoa4",
    "ha",
    "identifier",
    "seq",
    "status",
    "lifetime_s",
    "mn_id",
    "prefix",
)
_WIDE = ("time_ns", "frame", "order")
_ADDRESSES = frozenset({"src", "dst", "coa", "hoa", "hoa4", "ha", "prefix"})
_NAMES = frozenset({"mn_id"})
_ENDS = frozenset({"src", "dst"})
_TOLD = ("hoa4", "ha", "via", "identifier", "flags", "net", "home_net")
"""What nothing but stories asks for."""
_AT_ONCE = 1 << 17
"""Messages placed together, so that what a million need for it is not there at once."""


@dataclass(frozen=True, slots=True)
class Correlation:
    """What was found. Columns of int64, NULL where unknown; rows are in order of their start.

    `number` is what users call a session or handoff. `mn` is a session's identity (number in Names,
    -1 if none), `session` a handoff's session as row of `sessions`. message_session,
    message_handoff: rows that each message belongs to, or -1.
    """

    sessions: dict[str, Ints]
    handoffs: dict[str, Ints]
    findings: dict[str, Ints]
    """`code`, `order` of the message, `time_ns`, `frame`, rows `session` and `handoff` or -1, how
    many `times`, and what the code's rule keeps, `kept0` first."""
    paths: Ints
    """Routers of accepted bindings; session n has `path` of them from `path_at` on."""
    message_session: NDArray[np.int32]
    message_handoff: NDArray[np.int32]
    user_plane: dict[str, Ints]
    """Segments of sessions: columns of `Segments`, and `session`, the row of each one's session."""
    why: dict[str, Ints]
    """By message, why it is whose it is: `reason`, and `source`, the message that it refers to."""


class Correlator:
    """Feed it scanned batches in time order; `finish` gives what they tell."""

    def __init__(
        self,
        profile: Profile,
        addresses: AddressBook,
        names: Names,
        tunnels: Tunnels,
        words: Names | None = None,
    ) -> None:
        """words: texts of kinds that have no number of their own (`scan.kinds.FIRST_WORD`)."""
        self._words = words
        self._setups = Setups(addresses)
        self._profile = profile
        self._addresses = addresses
        self._names = names
        self._plane = UserPlane(tunnels)
        self._kept = Growing(
            {n: np.int64 if n in _WIDE else np.int32 for n in (*_KEPT, "flags", "order")}
            | {"names_hoa4": np.int8}
        )
        self._stamps = Growing({"order": np.int64, "stamp_ns": np.int64})
        self._tests = Growing(dict.fromkeys((*node_checks.OF_TESTS, "order"), np.int64))
        """Starts of return routability, which no story is told of."""
        self._checked = Growing(dict.fromkeys(checks.COLUMNS, np.int64))
        self._held = self._kept, self._stamps, self._tests, self._checked
        self._messages = 0
        self._past = Past()

    def feed(self, scanned: Scanned) -> None:
        """Take one batch."""
        m = scanned.messages
        # "Assign me one" (all zeros or all ones) is no home address.
        book = self._addresses
        none = np.array([book.unspecified, book.all_ones, book.unspecified4], np.int64)
        for home in (m.hoa, m.hoa4):
            home[(home >= 0) & np.isin(home, none)] = -1
        self._plane.load(scanned.tunnels, m)
        rows = np.flatnonzero(_tells(m))
        local = (m.kind == _BU) & (m.flags & MAP_FLAG != 0)
        kept = {name: getattr(m, name)[rows] for name in _KEPT}
        kept["kind"] = np.where(local[rows], LOCAL_UPDATE, kept["kind"])
        kept |= _marked(m, rows)
        self._kept.extend(kept | {"order": self._messages + rows})
        stamped = np.flatnonzero(m.stamp_ns >= 0)
        self._stamps.extend({"order": self._messages + stamped, "stamp_ns": m.stamp_ns[stamped]})
        tests = np.flatnonzero((m.kind == MessageKind.HOTI) | (m.kind == MessageKind.COTI))
        if len(tests):
            columns = {name: getattr(m, name)[tests] for name in node_checks.OF_TESTS}
            self._tests.extend({**columns, "order": self._messages + tests})
        self._checked.extend(checks.check(m, self._messages))
        if self._words is not None:
            self._setups.add(m, self._words, self._messages)
        self._messages += len(m)

    def finish(self, end_ns: int, *, user_plane: bool = False, why: bool = False) -> Correlation:
        """All sessions, handoffs and findings of a capture that ends then.

        user_plane, why: fill these. No batch may follow.
        """
        return self._told(
            [rows.take() for rows in self._held], end_ns, user_plane=user_plane, why=why
        )

    def so_far(self, end_ns: int, *, user_plane: bool = False, why: bool = False) -> Correlation:
        """What `finish` would give if the capture ended then; more may follow."""
        return self._told(
            [rows.so_far() for rows in self._held], end_ns, user_plane=user_plane, why=why
        )

    @property
    def left(self) -> int:
        """How many sessions left."""
        return int(self._past.sessions.count.sum())

    def forget(self, end_ns: int, before_ns: int, time_ns: Ints) -> Ints:
        """Let go of sessions that were over and silent at `before_ns`, and of what is older.

        time_ns: of every message. Returns the messages that stay; their numbers count anew. Numbers
        of addresses and identities do not change until `renumber`.
        """
        found = self.so_far(end_ns)
        segments, copies = self._plane.so_far()
        holder = forgetting.holders(found.sessions, segments.address, segments.since_ns)
        gone = forgetting.over(found, time_ns, segments, holder, before_ns)
        stay = forgetting.staying(found, time_ns, gone, before_ns)
        self._remember(self._kept.so_far())
        self._past.leave(found, gone, stay)
        stays = {}
        for way, pairs in copies.items():
            since_ns = np.maximum(*pairs.since_ns)
            whose = forgetting.holders(found.sessions, pairs.address, since_ns)
            stays[way] = forgetting.staying_packets(whose, since_ns, gone, before_ns)
        mine = forgetting.staying_packets(holder, segments.last_ns, gone, before_ns)
        self._plane.keep(mine, stays)
        for rows in self._held:
            order = rows.column("order")
            place = np.minimum(np.searchsorted(stay, order), max(len(stay) - 1, 0))
            known = stay[place] == order if len(stay) else np.zeros(len(order), np.bool_)
            rows.keep(np.flatnonzero(known))
            rows.column("order")[:] = place[known]
        self._setups.keep(stay)
        self._messages = len(stay)
        return stay

    def _remember(self, m: dict[str, Ints]) -> None:
        self._past.anchors, self._past.serving = self._routers(m)

    def _routers(self, m: dict[str, Ints]) -> tuple[Ints, Ints]:
        """Home agents and MAPs, and routers that registered somebody."""
        updates, acks = (m["kind"] == _BU) | (m["kind"] == LOCAL_UPDATE), m["kind"] == _BA
        m["coa"] = np.where(updates & (m["coa"] < 0), m["src"], m["coa"])
        anchors = [m["dst"][updates], m["src"][acks], self._past.anchors]
        serving = [m["coa"][updates], m["dst"][acks], self._past.serving]
        return distinct(np.concatenate(anchors)), distinct(np.concatenate(serving))

    def addresses(self) -> Iterator[Ints]:
        """Columns of addresses that are still named."""
        yield from (self._kept.column(name) for name in _ADDRESSES)
        yield from (self._tests.column(name) for name in _ENDS)
        yield checks.addresses(self._checked)
        yield from self._past.addresses()
        yield from self._plane.addresses()
        yield self._setups.addresses()

    def identities(self) -> Iterator[Ints]:
        """Columns of identities that are still named."""
        yield from (self._kept.column(name) for name in _NAMES)
        yield self._setups.identities()

    def renumber(self, moved: Moved) -> None:
        """Addresses and identities have other numbers."""
        self._kept.renumber(_ADDRESSES, moved.addresses)
        self._kept.renumber(_NAMES, moved.names)
        self._tests.renumber(_ENDS, moved.addresses)
        checks.renumber(self._checked, moved.addresses)
        self._past.renumber(moved)
        self._plane.renumber(moved)
        self._setups.renumber(moved)

    def _told(
        self,
        held: list[dict[str, Ints]],
        end_ns: int,
        *,
        user_plane: bool,
        why: bool,
    ) -> Correlation:
        m, stamps, tests, checked = held
        segments, copies = self._plane.so_far()
        anchors, serving = self._routers(m)
        m["via"] = measure.seen_elsewhere(m, segments, anchors)
        self._add_nets(m)
        reasons = Reasons(len(m["kind"])) if why else None
        who = join.whose(m, len(self._names.octets), self._addresses, reasons)
        order = m["order"]
        more, losers = join.taken(m, who)
        if len(losers):
            m = {name: np.concatenate([m[name], more[name]]) for name in m}
            who = np.concatenate([who, losers])
        by_story = _by_story(who, m["time_ns"])
        m = {name: _reordered(m.pop(name), by_story) for name in (*Event._fields, "names_hoa4")}
        who = who[by_story]
        starts = np.flatnonzero(np.diff(who, prepend=-1))
        mobile = who[starts]
        told = tell(m, np.append(starts, len(who)), end_ns, self._profile.retransmission_ns)
        for name in _TOLD:
            del m[name]
        mn = np.where(mobile < len(self._names.octets), mobile, -1)
        found = _rows(told, mn, m["order"], self._messages)
        found.sessions["number"] = self._past.sessions.numbers(found.sessions)
        found.handoffs["number"] = self._past.handoffs.numbers(found.handoffs)
        joined, mismatches = self._setups.join(found.sessions, found.paths, found.message_session)
        holder = measure.sessions(found.sessions, segments, copies, anchors, self._past.held)
        if reasons is not None:
            found.why.update(_by_message(reasons, order, self._messages))
            for message, reason, source in joined:
                found.why["reason"][message], found.why["source"][message] = reason, source
        if user_plane:
            found.user_plane.update(segments.of_sessions(holder))
        measure.handoffs(found.handoffs, found.sessions, segments, copies[DOWN])
        m["session"] = found.message_session[m["order"]].astype(np.int64)
        regional = traffic_checks.regional(m, found.sessions)
        about = (found.sessions, found.handoffs, found.paths, regional, segments, holder)
        nodes = (found.handoffs, found.sessions, self._addresses, self._profile, serving)
        parts = [
            checked,
            *mismatches,
            *traffic_checks.traffic(*about),
            *node_checks.nodes(m, stamps, *nodes),
            node_checks.tests(tests, found.sessions),
        ]
        finding_columns.add(found, parts)
        return found

    def _add_nets(self, m: dict[str, Ints]) -> None:
        """Numbers of the /64 of what an acknowledgement binds or an advertisement tells.

        net: of the care-of address or of the prefix; home_net: of the home address.
        """
        acks, tells = m["kind"] == _BA, m["kind"] == _RA
        every = np.arange(0, len(self._addresses), 2)
        nets = alike(self._addresses.halves(every)[0]).astype(np.int32)
        for name, address in (
            ("net", np.where(acks, m["dst"], np.where(tells, m["prefix"], -1))),
            ("home_net", np.where(acks, m["hoa"], -1)),
        ):
            m[name] = np.where(address >= 0, nets[np.maximum(address, 0) // 2], np.int32(-1))


def _marked(m: MessageBatch, rows: Ints) -> dict[str, Ints]:
    """What marks tell stories, 1 also where it is not known.

    flags: those on the wire, but of a HO Response whether it brings a context; names_hoa4: whether
    a Binding Update has an IPv4 Home Address option.
    """
    # No marks at all are -1, in which every bit is set.
    marks, flags = m.marks.take(rows), m.flags.take(rows)
    odd = (m.cut.take(rows) > 0) | (m.malformed.take(rows) >= 0)
    names = marks & Mark.IPV4_HOME | odd
    responses = np.flatnonzero(m.kind.take(rows) == MessageKind.HO_RESPONSE)
    flags[responses] = marks[responses] & Mark.CONTEXT | odd[responses]
    return {"flags": flags, "names_hoa4": names}


def _tells(m: MessageBatch) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which messages are part of a story."""
    tells: np.ndarray[tuple[int], np.dtype[np.bool_]] = np.isin(m.kind, KINDS)
    binds = (m.kind == _BU) | (m.kind == _BA)
    tells &= ~binds | (m.seq >= 0)
    tells &= (m.kind != _RA) | (m.prefix >= 0)
    return tells


def _by_story(who: Ints, time_ns: Ints) -> Ints:
    """Rows of known mobile nodes: node by node, each in time order."""
    if not len(who):
        return np.zeros(0, np.int64)
    order = np.arange(len(who))
    if (np.diff(time_ns) < 0).any():
        order = np.argsort(time_ns, kind="stable")
    # One sort of plain numbers is much faster than a stable sort by key.
    packed = np.sort(who[order] * len(who) + np.arange(len(who)))
    packed = packed[np.searchsorted(packed, 0) :]
    rows: Ints = order[packed % len(who)]
    return rows


def _reordered(column: Ints, rows: Ints) -> Ints:
    """These rows, at most as many as there are, where the column stood."""
    column[: len(rows)] = column[rows]
    return column[: len(rows)]


def _rows(told: Told, mn: Ints, order: Ints, messages: int) -> Correlation:
    """Put sessions and handoffs in order of their start, and number them."""
    sessions = {name: np.concatenate(told.sessions.pop(name)) for name in [*told.sessions]}
    handoffs = {name: np.concatenate(told.handoffs.pop(name)) for name in [*told.handoffs]}
    sessions["path_at"] = np.cumsum(sessions["path"]) - sessions["path"]
    sessions["mn"] = mn[sessions["story"]]
    _sort(sessions)
    _sort(handoffs)
    handoffs["session"] = _Places(sessions).rows(handoffs["story"], handoffs["session"])
    findings = {name: np.concatenate(parts) for name, parts in told.findings.items()}
    whose_story = findings.pop("story")
    for name, records in (("session", sessions), ("handoff", handoffs)):
        known = np.flatnonzero(findings[name] >= 0)
        story, place = whose_story[known], findings[name][known]
        findings[name][known] = _Places(records).rows(story, place)
    sessions["handoffs"] = np.bincount(handoffs["session"], minlength=len(sessions["mn"]))
    message_session = _of_messages(told, told.event_session, sessions, order, messages)
    message_handoff = _of_messages(told, told.event_handoff, handoffs, order, messages)
    paths = np.concatenate(told.paths)
    return Correlation(
        sessions, handoffs, findings, paths, message_session, message_handoff, {}, {}
    )


def _by_message(reasons: Reasons, order: Ints, messages: int) -> dict[str, Ints]:
    """Reasons and what they refer to, by message; -1 for none."""
    reason, source = np.full((2, messages), -1)
    known = np.flatnonzero(reasons.reason >= 0)
    reason[order[known]] = reasons.reason[known]
    source[order[known]] = order[reasons.source[known]]
    return {"reason": reason, "source": source}


def _of_messages(
    told: Told, places: NDArray[np.int32], records: dict[str, Ints], order: Ints, messages: int
) -> NDArray[np.int32]:
    """By message: the row of the record that its event belongs to, or -1."""
    out = np.full(messages, -1, np.int32)
    table = _Places(records)
    for first in range(0, len(order), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        known = np.flatnonzero(places[some] >= 0)
        out[order[some][known]] = table.rows(told.event_story[some][known], places[some][known])
    return out


def _sort(records: dict[str, Ints]) -> None:
    order = np.lexsort((records["place"], records["order"], records["start_ns"]))
    for name in records:
        records[name] = records[name][order]


class _Places:
    """Finds rows of records by story and place; the places of a story's records count from 0."""

    def __init__(self, records: dict[str, Ints]) -> None:
        self._order = np.lexsort((records["place"], records["story"]))
        story = records["story"][self._order]
        self._first = np.searchsorted(story, np.arange(int(story.max(initial=-1)) + 1))

    def rows(self, story: NDArray[np.integer[Any]], place: NDArray[np.integer[Any]]) -> Ints:
        rows: Ints = self._order[self._first[story] + place]
        return rows
