"""Turns sessions and handoffs into the tables of CONTRACT 2.2 and 2.3."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Address
from operator import attrgetter
from socket import AF_INET, AF_INET6, inet_ntop
from typing import TYPE_CHECKING, Any

import numpy as np

from dissectors.scan.batch import Names
from dissectors.text import printable
from netmip6scope.correlate.correlator import REJECTED, Correlator
from netmip6scope.correlate.model import NEVER, UNKNOWN, Handoff, Outcome, Session
from netmip6scope.tables.columns import NULL, Column, Kind, Table
from netmip6scope.tables.schema import HANDOFFS, SESSIONS

if TYPE_CHECKING:
    from netmip6scope.tables.columns import Numbers


def outcome_of(handoff: Handoff, end_ns: int, patience_ns: int) -> tuple[Outcome, int]:
    """How the attempt ended and the status to show, for a capture that ends at `end_ns`."""
    refused = handoff.ho_status > 0
    if handoff.accepted:
        asked = handoff.ho_response_ns != NEVER and not refused
        return (
            (Outcome.COMPLETE, UNKNOWN)
            if asked
            else (Outcome.REACTIVE, handoff.ho_status if refused else UNKNOWN)
        )
    if handoff.ba_status >= REJECTED and handoff.ba_ns >= handoff.bu_ns != NEVER:
        return Outcome.BINDING_REJECTED, handoff.ba_status
    if handoff.bu_ns != NEVER:
        waited = end_ns - handoff.last_bu_ns
        return (Outcome.BINDING_TIMEOUT if waited >= patience_ns else Outcome.INCOMPLETE), UNKNOWN
    if refused:
        return Outcome.CONTEXT_REFUSED, handoff.ho_status
    if handoff.ho_response_ns != NEVER:
        waited = end_ns - handoff.ho_response_ns
        return (Outcome.BINDING_TIMEOUT if waited >= patience_ns else Outcome.INCOMPLETE), UNKNOWN
    waited = end_ns - handoff.last_request_ns
    return (Outcome.CONTEXT_TIMEOUT if waited >= patience_ns else Outcome.INCOMPLETE), UNKNOWN


def address_text(packed: bytes) -> str:
    """16 or 4 octets as RFC 5952 writes them, or as a dotted quad.

    The C library writes what RFC 5952 asks for, but for addresses that begin with 80 zero bits:
    there it prefers dotted quads.
    """
    if len(packed) == 4:
        return inet_ntop(AF_INET, packed)
    if packed[:10] == bytes(10):
        return str(IPv6Address(packed))
    return inet_ntop(AF_INET6, packed)


class Tables:
    """Builds tables from a finished correlator."""

    def __init__(self, correlator: Correlator, names: Names) -> None:
        self._c = correlator
        self._names = names
        self._texts: dict[int, str | None] = {UNKNOWN: None}

    def address(self, number: int) -> str | None:
        """An address as text, each written once."""
        text = self._texts.get(number, "")
        if text == "":
            packed = self._c.addresses.packed(number)
            text = self._texts[number] = address_text(packed)
        return text

    def name(self, number: int) -> str | None:
        return None if number < 0 else printable(self._names.octets[number])

    def handoffs(self) -> Table:
        """One row per handoff attempt, in order of start."""
        c, rows = self._c, self._c.handoffs
        ended = [outcome_of(h, c.end_ns, c.profile.retransmission_ns) for h in rows]
        measured = [o in (Outcome.COMPLETE, Outcome.REACTIVE) for o, _ in ended]
        times: dict[str, Any] = {
            "start": _numbers(map(attrgetter("start_ns"), rows)),
            "ho_request_time": _numbers(map(attrgetter("ho_request_ns"), rows)),
            "ho_response_time": _numbers(map(attrgetter("ho_response_ns"), rows)),
            "bu_time": _numbers(map(attrgetter("bu_ns"), rows)),
            "ba_time": _numbers(map(attrgetter("ba_ns"), rows)),
            "teardown_time": _numbers(map(attrgetter("teardown_ns"), rows)),
        }
        for column, slot in (
            ("last_dl_sar_time", "last_dl_sar_ns"),
            ("first_dl_tar_time", "first_dl_tar_ns"),
            ("last_ul_sar_time", "last_ul_sar_ns"),
            ("first_ul_tar_time", "first_ul_tar_ns"),
        ):
            times[column] = _numbers(
                getattr(h, slot) if ok else NULL for h, ok in zip(rows, measured, strict=True)
            )
        values = times | {
            "handoff": _numbers(map(attrgetter("number"), rows)),
            "session": _numbers(map(attrgetter("session.number"), rows)),
            "mn_id": _texts(self.name(h.session.mn_id) for h in rows),
            "hoa": _texts(self.address(h.session.hoa) for h in rows),
            "hoa4": _texts(self.address(h.session.hoa4) for h in rows),
            "kind": _texts("inter-ar" for _ in rows),
            "sar": _texts(self.address(h.sar) for h in rows),
            "tar": _texts(self.address(h.tar) for h in rows),
            "ha": _texts(self.address(h.session.ha if h.ha == UNKNOWN else h.ha) for h in rows),
            "outcome": _texts(o.label for o, _ in ended),
            "status": _known(s for _, s in ended),
            "context_ms": _gap(times["ho_request_time"], times["ho_response_time"]),
            "binding_ms": _gap(times["bu_time"], times["ba_time"]),
            "preparation_ms": _gap(times["ho_request_time"], times["ba_time"]),
            "dl_gap_ms": _gap(times["last_dl_sar_time"], times["first_dl_tar_time"]),
            "ul_gap_ms": _gap(times["last_ul_sar_time"], times["first_ul_tar_time"]),
            "bicast_packets": _numbers(
                h.bicast if ok else NULL for h, ok in zip(rows, measured, strict=True)
            ),
            "late_sar_packets": _numbers(
                max(0, h.late_sar - h.bicast_after_ba) if ok else NULL
                for h, ok in zip(rows, measured, strict=True)
            ),
            "ho_requests": _numbers(map(attrgetter("ho_requests"), rows)),
            "bus": _numbers(map(attrgetter("bus"), rows)),
            "clock_error_ms": _numbers(0 for _ in rows),
            "ho_request_frame": _known(map(attrgetter("ho_request_frame"), rows)),
            "ho_response_frame": _known(map(attrgetter("ho_response_frame"), rows)),
            "bu_frame": _known(map(attrgetter("bu_frame"), rows)),
            "ba_frame": _known(map(attrgetter("ba_frame"), rows)),
        }
        return build("handoffs", HANDOFFS, values, len(rows))

    def sessions(self) -> Table:
        """One row per mobile-node session, in order of start."""
        rows = self._c.sessions
        start = _numbers(map(attrgetter("solicited_ns"), rows))
        answer = _numbers(map(attrgetter("answered_ns"), rows))
        accepted = _numbers(map(attrgetter("accepted_ba_ns"), rows))
        values: dict[str, Any] = {
            "session": _numbers(map(attrgetter("number"), rows)),
            "mn_id": _texts(self.name(s.mn_id) for s in rows),
            "hoa": _texts(self.address(s.hoa) for s in rows),
            "hoa4": _texts(self.address(s.hoa4) for s in rows),
            "ha": _texts(self.address(s.ha) for s in rows),
            "access": _texts(s.access or None for s in rows),
            "ar_path": _texts(self._path(s) for s in rows),
            "start": _numbers(map(attrgetter("start_ns"), rows)),
            "end": _numbers(map(attrgetter("end_ns"), rows)),
            "state": _texts(s.state.label for s in rows),
            "setup_ms": _gap(start, answer),
            "binding_ms": _gap(_numbers(map(attrgetter("first_bu_ns"), rows)), accepted),
            "address_ms": _gap(accepted, answer),
            "handoffs": _numbers(len(s.handoffs) for s in rows),
        }
        for name in ("dl_packets", "dl_bytes", "ul_packets", "ul_bytes"):
            values[name] = _numbers(map(attrgetter(name), rows))
        return build("sessions", SESSIONS, values, len(rows))

    def _path(self, session: Session) -> str | None:
        return " > ".join(self.address(a) or "" for a in session.path) or None


def _numbers(values: Iterable[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(list(values), np.int64)


def _known(values: Iterable[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    out = _numbers(values)
    out[out == UNKNOWN] = NULL
    return out


def _texts(values: Iterable[str | None]) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    listed = list(values)
    out = np.empty(len(listed), object)
    out[:] = listed
    return out


def _gap(first: Numbers, last: Numbers) -> Numbers:
    return np.where((first == NULL) | (last == NULL), NULL, last - first)


def build(name: str, columns: tuple[Column, ...], values: dict[str, Any], rows: int) -> Table:
    for column in columns:
        if column.name not in values:
            blank = np.full(rows, None, object) if column.kind is Kind.TEXT else np.full(rows, NULL)
            values[column.name] = blank
    return Table(name, columns, {c.name: values[c.name] for c in columns})
