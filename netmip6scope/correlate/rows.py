"""Sessions, handoffs (CONTRACT 2.2 and 2.3) and the user plane, from what was correlated."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dissectors.frames import Ints
from dissectors.handoff import Access
from netmip6scope.correlate.codes import Code
from netmip6scope.correlate.correlator import Correlation
from netmip6scope.correlate.model import METHODS, HandoffKind, Outcome, State
from netmip6scope.correlate.texts import Texts, labels
from netmip6scope.tables.columns import NULL, Coded, Column, Kind, Table, Values
from netmip6scope.tables.schema import HANDOFFS, SESSIONS, USER_PLANE

_ACCESS = ["", *(a.name.lower() for a in Access if a is not Access.UNKNOWN)]


def handoffs_table(found: Correlation, texts: Texts) -> Table:
    """One row per handoff attempt, in order of start."""
    h, s = found.handoffs, found.sessions
    row = h["session"]
    ha = np.where(h["ha"] == NULL, s["ha"][row], h["ha"])
    values: dict[str, Values] = {
        "handoff": h["number"],
        "session": numbers_of(s, row),
        "mn_id": texts.names(s["mn"][row]),
        "hoa": texts.addresses(s["hoa"][row]),
        "hoa4": texts.addresses(s["hoa4"][row]),
        "kind": labels(h["kind"], [k.label for k in HandoffKind]),
        "sar": texts.addresses(h["sar"]),
        "tar": texts.addresses(h["tar"]),
        "ha": texts.addresses(ha),
        "map": texts.addresses(h["map"]),
        "outcome": labels(h["outcome"], [o.label for o in Outcome]),
        "status": h["status"],
        "start": h["start_ns"],
        "context_ms": _gap(h["ho_request_ns"], h["ho_response_ns"]),
        "binding_ms": _gap(h["bu_ns"], h["ba_ns"]),
        "preparation_ms": _gap(h["ho_request_ns"], h["ba_ns"]),
        "dl_gap_ms": _gap(h["last_dl_sar_ns"], h["first_dl_tar_ns"]),
        "ul_gap_ms": _gap(h["last_ul_sar_ns"], h["first_ul_tar_ns"]),
        "clock_error_ms": h.get("clock_error_ns", np.zeros(len(row), np.int64)),
    }
    for name in (
        "ho_request",
        "ho_response",
        "bu",
        "ba",
        "last_dl_sar",
        "first_dl_tar",
        "last_ul_sar",
        "first_ul_tar",
        "teardown",
    ):
        values[f"{name}_time"] = h[f"{name}_ns"]
    for name in ("bicast_packets", "late_sar_packets", "ho_requests", "bus"):
        values[name] = h[name]
    for name in ("ho_request_frame", "ho_response_frame", "bu_frame", "ba_frame"):
        values[name] = h[name]
    values["findings"] = codes_by(found.findings, "handoff", len(row))
    return build("handoffs", HANDOFFS, values, len(row))


def sessions_table(found: Correlation, texts: Texts) -> Table:
    """One row per mobile-node session, in order of start."""
    s = found.sessions
    access = np.where(s["access"] == Access.UNKNOWN, -1, s["access"])
    values: dict[str, Values] = {
        "session": s["number"],
        "mn_id": texts.names(s["mn"]),
        "hoa": texts.addresses(s["hoa"]),
        "hoa4": texts.addresses(s["hoa4"]),
        "ha": texts.addresses(s["ha"]),
        "map": texts.addresses(s["map"]),
        "rcoa": texts.addresses(s["rcoa"]),
        "access": labels(access, _ACCESS),
        "auth": labels(np.where(s["auth"] > 0, s["auth"], -1), METHODS),
        "ar_path": texts.paths(found.paths, s["path_at"], s["path"]),
        "start": s["start_ns"],
        "end": s["end_ns"],
        "state": labels(s["state"], [state.label for state in State]),
        "setup_ms": _gap(s["solicited_ns"], s["answered_ns"]),
        "auth_ms": _gap(s["asked_ns"], s["accepted_ns"]),
        "binding_ms": _gap(s["first_bu_ns"], s["accepted_ba_ns"]),
        "address_ms": _gap(s["accepted_ba_ns"], s["answered_ns"]),
        "handoffs": s["handoffs"],
    }
    for name in ("dl_packets", "dl_bytes", "ul_packets", "ul_bytes"):
        values[name] = s[name]
    values["findings"] = codes_by(found.findings, "session", len(s["mn"]))
    return build("sessions", SESSIONS, values, len(s["mn"]))


def numbers_of(records: dict[str, Ints], rows: NDArray[np.integer[Any]]) -> Ints:
    """What users call the sessions or handoffs in these rows; NULL below 0."""
    out: Ints = np.append(records["number"], NULL)[np.maximum(rows, -1)]
    return out


def codes_by(findings: dict[str, Ints], record: str, count: int) -> Coded:
    """By row of `record` ("session" or "handoff"): codes of its findings, joined by spaces."""
    rows = findings[record]
    known = np.flatnonzero(rows >= 0)
    mask = np.zeros(count, np.int64)
    np.bitwise_or.at(mask, rows[known], 1 << findings["code"][known])
    distinct, codes = np.unique(mask, return_inverse=True)
    texts = [" ".join(c.label for c in Code if bits >> c & 1) for bits in distinct.tolist()]
    return Coded(np.where(mask == 0, -1, codes), texts)


def user_plane_table(found: Correlation, texts: Texts) -> Table:
    """What went through one router from one binding message of a home address to the next."""
    u = found.user_plane
    values: dict[str, Values] = {
        "session": numbers_of(found.sessions, u["session"]),
        "direction": labels(u["direction"], ["down", "up"]),
        "router": texts.addresses(u["router"]),
        "since": u["since_ns"],
        "first": u["first_ns"],
        "last": u["last_ns"],
        "packets": u["packets"],
        "bytes": u["octets"],
    }
    return build("user-plane", USER_PLANE, values, len(u["session"]))


def _gap(first: Ints, last: Ints) -> Ints:
    return np.where((first == NULL) | (last == NULL), NULL, last - first)


def build(name: str, columns: tuple[Column, ...], values: dict[str, Values], rows: int) -> Table:
    """A table; columns that nothing is known for are empty."""
    for column in columns:
        if column.name not in values:
            text = column.kind is Kind.TEXT
            values[column.name] = (
                Coded(np.full(rows, -1), []) if text else np.full(rows, NULL, np.int64)
            )
    return Table(name, columns, {c.name: values[c.name] for c in columns})
