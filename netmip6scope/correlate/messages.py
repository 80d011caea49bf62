"""The table of CONTRACT 2.1: one row per signalling message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from dissectors.aside.row import told
from dissectors.frames import Ints
from dissectors.scan.batch import MessageBatch
from dissectors.scan.kinds import FIRST_WORD, MessageKind
from netmip6scope.correlate.alike import alike
from netmip6scope.correlate.correlator import Correlation
from netmip6scope.correlate.growing import Growing
from netmip6scope.correlate.moved import Moved
from netmip6scope.correlate.rows import build, numbers_of
from netmip6scope.correlate.texts import Texts, labels
from netmip6scope.tables.columns import NULL, Coded, Table, Values
from netmip6scope.tables.schema import MESSAGES

BU_FLAGS = "AHLKMRPFTBSD"
BA_FLAGS = "KRPTBSD"
HO_FLAGS = "CH"
_ADDRESSES = frozenset({"src", "dst", "hoa", "coa", "hoa4", "ha", "prefix"})
_NAMES = frozenset({"mn_id", "client"})

_FAST = {
    MessageKind.FMIP_FBU: "Fast Binding Update",
    MessageKind.FMIP_FBACK: "Fast Binding Acknowledgment",
    MessageKind.FMIP_FNA: "Fast Neighbor Advertisement",
    MessageKind.FMIP_HI: "Handover Initiate",
    MessageKind.FMIP_HACK: "Handover Acknowledge",
}


class MessageRows:
    """Collects message columns batch by batch."""

    def __init__(self) -> None:
        wide = dict.fromkeys((*MessageBatch.__slots__, "number"), np.int64)
        self._rows = Growing(wide | dict.fromkeys(("point", "file"), np.int32))
        self._points: list[str] = []
        self._seen = 0
        self.begin_ns = NULL
        """The first message's time."""

    def add(
        self, messages: MessageBatch, points: list[str], file: Ints, point: Ints | None = None
    ) -> None:
        """Keep a batch's messages.

        file: (1,) or (n,) of which file they are; `point` says which of the points, else their
        interfaces do.
        """
        if not len(messages):
            return
        rows = {name: getattr(messages, name) for name in MessageBatch.__slots__}
        known = np.array([self._point(name) for name in points], np.int64)
        rows["point"] = known[messages.interface if point is None else point]
        rows["file"] = np.broadcast_to(file, len(messages))
        rows["number"] = self._seen + np.arange(len(messages))
        self._rows.extend(rows)
        self._seen += len(messages)
        first_ns = int(messages.time_ns.min())
        self.begin_ns = first_ns if self.begin_ns == NULL else min(self.begin_ns, first_ns)

    def column(self, name: str) -> Ints:
        """A copy of one column, such as `number`, which no row shares with one before or after."""
        return self._rows.column(name).astype(np.int64)

    def keep(self, rows: Ints) -> None:
        """Only these rows; their numbers stay."""
        self._rows.keep(rows)

    def addresses(self) -> Iterator[Ints]:
        """Columns of addresses that are named."""
        return (self._rows.column(name) for name in _ADDRESSES)

    def identities(self) -> Iterator[Ints]:
        """Columns of identities that are named."""
        return (self._rows.column(name) for name in _NAMES)

    def renumber(self, moved: Moved) -> None:
        """Addresses and identities have other numbers."""
        self._rows.renumber(_ADDRESSES, moved.addresses)
        self._rows.renumber(_NAMES, moved.names)

    def _point(self, name: str) -> int:
        if name not in self._points:
            self._points.append(name)
        return self._points.index(name)

    def points(self) -> Coded:
        """The capture point of every message."""
        return labels(self.column("point"), self._points)

    def table(self, found: Correlation, texts: Texts) -> Table:
        """All messages, in the order of the captures."""
        column = self._rows.column
        kind, flags = column("kind"), column("flags")
        values: dict[str, Values] = {
            "frame": self.column("frame"),
            "time": self.column("time_ns"),
            "point": self.points(),
            "kind": texts.kinds(kind),
            "mn_id": texts.names(column("mn_id")),
            "flags": _by_distinct(flag_letters, kind, flags),
            "session": numbers_of(found.sessions, found.message_session),
            "handoff": numbers_of(found.handoffs, found.message_handoff),
        }
        for name in ("src", "dst", "hoa", "coa"):
            values[name] = texts.addresses(column(name))
        for name in ("identifier", "seq", "status", "lifetime_s", "length"):
            values[name] = np.where(column(name) < 0, NULL, column(name))
        asked = [column(n) for n in ("seq", "status", "lifetime_s", "identifier", "detail")]
        values["summary"] = _by_distinct(partial(_line, texts.word), kind, *asked)
        return build("messages", MESSAGES, values, len(kind))


def flag_letters(kind: int, flags: int) -> str | None:
    """The letters of the flags that are set, highest bit first; None where there are no flags."""
    if flags < 0:
        return None
    if kind in (MessageKind.BU, MessageKind.PBU):
        letters, top = BU_FLAGS, 0x8000
    elif kind in (MessageKind.BA, MessageKind.PBA):
        letters, top = BA_FLAGS, 0x80
    else:
        letters, top = HO_FLAGS, 0x8000
    return "".join(c for n, c in enumerate(letters) if c != " " and flags & (top >> n)) or None


def _line(word: Callable[[int], str], kind: int, *columns: int) -> str:
    """The object lane gives lines, whose numbers `detail` has."""
    if kind < FIRST_WORD:
        return summary(kind, *columns)
    *_, identifier, detail = columns
    return told(word(detail), identifier)


def summary(kind: int, seq: int, status: int, lifetime_s: int, identifier: int, detail: int) -> str:
    """One line for a reader."""
    if kind in (MessageKind.BU, MessageKind.PBU):
        what = "end binding" if lifetime_s == 0 else f"bind for {lifetime_s} s"
        return f"Binding Update #{seq}, {what}"
    if kind in (MessageKind.BA, MessageKind.PBA):
        verdict = "accepted" if status < 128 else "rejected"
        return f"Binding Acknowledgement #{seq}, status {status} {verdict}, {lifetime_s} s"
    if kind == MessageKind.HO_REQUEST:
        return f"HO Request {identifier}"
    if kind == MessageKind.HO_RESPONSE:
        return f"HO Response {identifier}, status {status}"
    if kind in _FAST:
        return _FAST[MessageKind(kind)] if seq < 0 else f"{_FAST[MessageKind(kind)]} #{seq}"
    names = {
        MessageKind.RS: "Router Solicitation",
        MessageKind.RA: "Router Advertisement",
        MessageKind.NS: "Neighbor Solicitation",
        MessageKind.NA: "Neighbor Advertisement",
        MessageKind.BE: f"Binding Error, status {status}",
        MessageKind.ICMP6_ERROR: f"ICMPv6 error, type {detail}",
        MessageKind.OTHER_MH: f"Mobility Header, type {detail}",
    }
    return names.get(MessageKind(kind), MessageKind(kind).label)


def _by_distinct(write: Callable[..., str | None], *columns: Ints) -> Coded:
    """A text column that depends on these columns alone."""
    codes = alike(*columns)
    first = np.unique(codes, return_index=True)[1]
    written = [write(*row) for row in zip(*(c[first].tolist() for c in columns), strict=True)]
    blank = np.array([text is None for text in written], np.bool_)
    return Coded(np.where(blank[codes], -1, codes), [text or "" for text in written])
