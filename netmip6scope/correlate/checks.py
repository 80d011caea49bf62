"""Findings about single messages, for a whole batch at once (CONTRACT 3)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dissectors.frames import Flags, Ints
from dissectors.scan.batch import MessageBatch
from dissectors.scan.kinds import MessageKind
from dissectors.scan.marks import Mark
from netmip6scope.correlate.catalogue import RULES
from netmip6scope.correlate.codes import Code
from netmip6scope.correlate.judge import LAST_HO_STATUS
from netmip6scope.correlate.shapes import MOST_KEPT
from netmip6scope.correlate.user_plane import MAP_FLAG
from netmip6scope.tables.columns import NULL

_LINK_LOCAL_HOPS = 255
_HO_RESERVED = 0x3FFF
"""Of a HO Request's flags."""

Found = tuple[Code, Ints, int]
"""A code, rows of messages, and which of the rule's texts."""


def check(m: MessageBatch, first: int) -> dict[str, Ints]:
    """Columns of the findings about these messages; `first` is the number of the first of them."""
    parts = [_rows(found, m, first) for found in _found(m) if len(found[1])]
    names = ("code", "order", "time_ns", "frame", *(f"kept{n}" for n in range(MOST_KEPT)))
    blank = np.zeros(0, np.int64)
    return {name: np.concatenate([blank, *(p[name] for p in parts)]) for name in names}


def _found(m: MessageBatch) -> Iterator[Found]:
    request, response = m.kind == MessageKind.HO_REQUEST, m.kind == MessageKind.HO_RESPONSE
    handoff, update = request | response, m.kind == MessageKind.BU
    yield Code.HO_HOPLIMIT, np.flatnonzero(handoff & (m.hop_limit != _LINK_LOCAL_HOPS)), 0
    yield Code.HO_NO_AH, np.flatnonzero(handoff & (m.ah == 0)), 0
    # What is not there, or cannot be parsed, does not tell what the sender left out.
    whole = (m.cut <= 0) & (m.malformed < 0)
    nameless = (m.mn_id < 0) & whole
    yield Code.HO_NO_ID, np.flatnonzero(request & nameless), 0
    yield Code.BU_NO_ID, np.flatnonzero(update & nameless), 0
    yield from _reserved(m, request, np.flatnonzero(response))
    yield from _updates(m, np.flatnonzero(update), whole)
    forged = (m.marks > 0) & (m.marks & Mark.FORGED != 0)
    yield Code.HO_BAD_AH, np.flatnonzero(handoff & forged), 0
    yield Code.BU_BAD_AUTH, np.flatnonzero(update & forged), 0
    yield Code.CKSUM, np.flatnonzero(m.checksum == 0), 0
    yield Code.MALFORMED, np.flatnonzero(m.malformed >= 0), 0


def _reserved(m: MessageBatch, request: Flags, responses: Ints) -> Iterator[Found]:
    marks = _marks(m, responses)
    yield Code.HO_CLEAR_KEY, responses[marks & Mark.KEY != 0], 0
    requests = np.flatnonzero(request & (m.flags > 0) & (m.flags & _HO_RESERVED != 0))
    yield Code.HO_RESERVED, requests, 1
    status = m.status[responses]
    yield Code.HO_RESERVED, responses[status > LAST_HO_STATUS], 0
    bits = (marks & Mark.RESERVED != 0) & (status <= LAST_HO_STATUS)
    yield Code.HO_RESERVED, responses[bits], 1


def _updates(m: MessageBatch, updates: Ints, whole: Flags) -> Iterator[Found]:
    marks = _marks(m, updates)
    bare = (marks & Mark.AUTHENTICATED == 0) & (m.marks[updates] >= 0)
    yield Code.BU_NO_AUTH, updates[bare & (m.ah[updates] == 0) & whole[updates]], 0
    # Behind a MAP it counts whose prefix the address is of, too (`traffic_checks`).
    differs = (m.coa[updates] >= 0) & (m.coa[updates] != m.src[updates])
    yield Code.BU_COA, updates[differs & (m.flags[updates] & MAP_FLAG == 0)], 0
    asks = (marks & Mark.IPV4_HOME != 0) & (m.hoa4[updates] < 0) & (m.lifetime_s[updates] > 0)
    prefix = marks & Mark.IPV4_PREFIX != 0
    yield Code.BU_IPV4, updates[asks & prefix], 0
    yield Code.BU_IPV4, updates[asks & ~prefix & (m.hoa[updates] >= 0)], 1


def _marks(m: MessageBatch, rows: Ints) -> Ints:
    return np.maximum(m.marks[rows], 0)


def _rows(found: Found, m: MessageBatch, first: int) -> dict[str, Ints]:
    code, rows, form = found
    known = {
        "hop_limit": m.hop_limit,
        "src_address": m.src,
        "dst_address": m.dst,
        "coa_address": m.coa,
        "value_address": m.hoa,
        "number": m.status,
        "offset": m.malformed,
    }
    out = {
        "code": np.full(len(rows), int(code)),
        "order": first + rows,
        "time_ns": m.time_ns[rows],
        "frame": m.frame[rows],
    }
    for n, name in enumerate((*RULES[code].keeps, *[""] * MOST_KEPT)[:MOST_KEPT]):
        told = known.get(name)
        value = form if name == "form" else NULL
        out[f"kept{n}"] = np.full(len(rows), value) if told is None else told[rows]
    return out
