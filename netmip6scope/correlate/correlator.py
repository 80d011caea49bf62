"""From scanned batches to sessions and handoffs.

While batches come, signalling is kept as columns and the user plane as sums (`user_plane`). At the
end every message is given to a mobile node (`join`), the messages of each become its story
(`story`, told for many at once by `shapes`), and what the user plane did around each handoff is
read from the sums (`measure`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dissectors.frames import Ints
from dissectors.profile import Profile
from dissectors.scan.addresses import AddressBook
from dissectors.scan.batch import MessageBatch, Names, Scanned
from dissectors.scan.kinds import MessageKind
from dissectors.scan.tunnels import Tunnels
from netmip6scope.correlate import checks, join, measure, traffic_checks
from netmip6scope.correlate.alike import alike, distinct
from netmip6scope.correlate.growing import Growing
from netmip6scope.correlate.shapes import Told, tell
from netmip6scope.correlate.story import KINDS, LOCAL_UPDATE, Event
from netmip6scope.correlate.user_plane import MAP_FLAG, UserPlane

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
    "flags",
    "mn_id",
    "prefix",
)
_WIDE = ("time_ns", "frame", "order")
_TOLD = ("hoa4", "ha", "via", "identifier", "status", "flags", "net", "home_net")
"""What nothing but stories asks for."""
_AT_ONCE = 1 << 17
"""Messages placed together, so that what a million need for it is not there at once."""


@dataclass(frozen=True, slots=True)
class Correlation:
    """What was found. Columns of int64, NULL where unknown; rows are in order of their start.

    `mn` is a session's identity (number in Names, -1 if none), `session` a handoff's session as row
    of `sessions`. message_session, message_handoff: rows that each message belongs to, or -1.
    """

    sessions: dict[str, Ints]
    handoffs: dict[str, Ints]
    findings: dict[str, Ints]
    """`code`, `order` of the message, `time_ns`, `frame`, rows `session` and `handoff` or -1, and
    what the code's rule keeps, `kept0` first."""
    paths: Ints
    """Routers of accepted bindings; session n has `path` of them from `path_at` on."""
    message_session: NDArray[np.int32]
    message_handoff: NDArray[np.int32]
    user_plane: dict[str, Ints]
    """Segments of sessions: columns of `Segments`, and `session`, the row of each one's session."""


class Correlator:
    """Feed it scanned batches in time order; `finish` gives what they tell."""

    def __init__(
        self, profile: Profile, addresses: AddressBook, names: Names, tunnels: Tunnels
    ) -> None:
        self._profile = profile
        self._addresses = addresses
        self._names = names
        self._plane = UserPlane(tunnels)
        self._kept = Growing({n: np.int64 if n in _WIDE else np.int32 for n in (*_KEPT, "order")})
        self._checked: list[dict[str, Ints]] = []
        self._messages = 0
        self._none = np.array(
            [addresses.unspecified, addresses.all_ones, addresses.unspecified4], np.int64
        )

    def feed(self, scanned: Scanned) -> None:
        """Take one batch."""
        m = scanned.messages
        # "Assign me one" (all zeros or all ones) is no home address.
        for home in (m.hoa, m.hoa4):
            home[(home >= 0) & np.isin(home, self._none)] = -1
        self._plane.load(scanned.tunnels, m)
        rows = np.flatnonzero(_tells(m))
        local = (m.kind == _BU) & (m.flags & MAP_FLAG != 0)
        kept = {name: getattr(m, name)[rows] for name in _KEPT}
        kept["kind"] = np.where(local[rows], LOCAL_UPDATE, kept["kind"])
        self._kept.extend(kept | {"order": self._messages + rows})
        self._checked.append(checks.check(m, self._messages))
        self._messages += len(m)

    def finish(self, end_ns: int, *, user_plane: bool = False) -> Correlation:
        """All sessions, handoffs and findings of a capture that ends then.

        user_plane: fill that. No batch may follow.
        """
        return self._told(self._kept.take(), end_ns, user_plane=user_plane)

    def so_far(self, end_ns: int, *, user_plane: bool = False) -> Correlation:
        """What `finish` would give if the capture ended then; more may follow."""
        return self._told(self._kept.so_far(), end_ns, user_plane=user_plane)

    def _told(self, m: dict[str, Ints], end_ns: int, *, user_plane: bool) -> Correlation:
        segments, copies = self._plane.so_far()
        updates = (m["kind"] == _BU) | (m["kind"] == LOCAL_UPDATE)
        m["coa"] = np.where(updates & (m["coa"] < 0), m["src"], m["coa"])
        anchors = distinct(np.concatenate([m["dst"][updates], m["src"][m["kind"] == _BA]]))
        m["via"] = measure.seen_elsewhere(m, segments, anchors)
        self._add_nets(m)
        who = join.whose(m, len(self._names.octets), self._addresses)
        more, losers = join.taken(m, who)
        if len(losers):
            m = {name: np.concatenate([m[name], more[name]]) for name in m}
            who = np.concatenate([who, losers])
        by_story = _by_story(who, m["time_ns"])
        m = {name: _reordered(m.pop(name), by_story) for name in Event._fields}
        who = who[by_story]
        starts = np.flatnonzero(np.diff(who, prepend=-1))
        mobile = who[starts]
        told = tell(m, np.append(starts, len(who)), end_ns, self._profile.retransmission_ns)
        for name in _TOLD:
            del m[name]
        mn = np.where(mobile < len(self._names.octets), mobile, -1)
        found = _rows(told, mn, m["order"], self._messages)
        holder = measure.sessions(found.sessions, segments, copies, anchors)
        if user_plane:
            found.user_plane.update(segments.of_sessions(holder))
        measure.handoffs(found.handoffs, found.sessions, segments, copies)
        m["session"] = found.message_session[m["order"]].astype(np.int64)
        about = (found.sessions, found.handoffs, found.paths, segments, anchors)
        outside = self._outside_map(m)
        parts = [
            *self._checked,
            *traffic_checks.traffic(*about),
            *traffic_checks.nodes(m, found.handoffs, found.sessions, outside),
        ]
        _add_findings(found, parts)
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

    def _outside_map(self, m: dict[str, Ints]) -> Ints:
        """Rows of a MAP's acknowledgements whose RCoA is not of the MAP's /64."""
        maps = distinct(m["dst"][m["kind"] == LOCAL_UPDATE])
        told = (m["kind"] == _BA) & (m["hoa"] >= 0) & (m["lifetime_s"] > 0)
        rows = np.flatnonzero(told & np.isin(m["src"], maps)) if len(maps) else maps
        net, of_map = (self._addresses.halves(m[name][rows])[0] for name in ("hoa", "src"))
        outside: Ints = rows[net != of_map]
        return outside


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
    return Correlation(sessions, handoffs, findings, paths, message_session, message_handoff, {})


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


def _add_findings(found: Correlation, parts: list[dict[str, Ints]]) -> None:
    """Put findings about messages, traffic and nodes beside those about exchanges, by time."""
    none = np.zeros(0, np.int64)
    more: dict[str, Ints] = {}
    for name in found.findings:
        blank = [np.full(len(p["code"]), -1) for p in parts]
        columns = [p.get(name, b) for p, b in zip(parts, blank, strict=True)]
        more[name] = np.concatenate([none, *columns])
    told = more["order"] >= 0
    for name, of_message in (
        ("session", found.message_session),
        ("handoff", found.message_handoff),
    ):
        known = of_message[more["order"][told]]
        more[name][told] = np.where(more[name][told] >= 0, more[name][told], known)
    findings = found.findings
    for name in findings:
        findings[name] = np.concatenate([findings[name], more.pop(name)])
    by_time = np.lexsort((findings["code"], findings["order"], findings["time_ns"]))
    for name in findings:
        findings[name] = findings[name][by_time]


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
