"""Findings about single messages, for a whole batch at once (CONTRACT 3)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dissectors.frames import Flags, Ints
from dissectors.scan.batch import MessageBatch
from dissectors.scan.kinds import WRONG_ICV, MessageKind
from dissectors.scan.marks import Mark
from netmip6scope.correlate.catalogue import RULES
from netmip6scope.correlate.codes import Code
from netmip6scope.correlate.growing import Growing
from netmip6scope.correlate.judge import LAST_HO_STATUS
from netmip6scope.correlate.shapes import MOST_KEPT
from netmip6scope.correlate.user_plane import MAP_FLAG
from netmip6scope.tables.columns import NULL

_BY_CODE = [RULES[code] for code in Code]
_LINK_LOCAL_HOPS = 255
_HO_RESERVED = 0x3FFF
"""Of a HO Request's flags."""

COLUMNS = ("code", "order", "time_ns", "frame", *(f"kept{n}" for n in range(MOST_KEPT)))
_ADDRESSES = {
    f"kept{n}": np.array([n < len(r.keeps) and r.keeps[n].endswith("_address") for r in _BY_CODE])
    for n in range(MOST_KEPT)
}
"""By code, whether what it keeps is an address."""
Found = tuple[Code, Ints, int]
"""A code, rows of messages, and which of the rule's texts."""


def check(m: MessageBatch, first: int) -> dict[str, Ints]:
    """Columns of the findings about these messages; `first` is the number of the first of them."""
    parts = [_rows(found, m, first) for found in _found(m) if len(found[1])]
    blank = np.zeros(0, np.int64)
    return {name: np.concatenate([blank, *(p[name] for p in parts)]) for name in COLUMNS}


def addresses(found: Growing) -> Ints:
    """The addresses that findings keep."""
    code = found.column("code")
    return np.concatenate([found.column(n)[kept[code]] for n, kept in _ADDRESSES.items()])


def renumber(found: Growing, moved: Ints) -> None:
    """Addresses have other numbers."""
    for name, kept in _ADDRESSES.items():
        rows = np.flatnonzero(kept[found.column("code")])
        found.column(name)[rows] = moved[found.column(name)[rows]]


def _found(m: MessageBatch) -> Iterator[Found]:
    requests, responses, updates = (
        np.flatnonzero(m.kind == kind)
        for kind in (MessageKind.HO_REQUEST, MessageKind.HO_RESPONSE, MessageKind.BU)
    )
    for rows in (requests, responses):
        yield Code.HO_HOPLIMIT, rows[m.hop_limit.take(rows) != _LINK_LOCAL_HOPS], 0
        yield Code.HO_NO_AH, rows[m.ah.take(rows) == 0], 0
        yield Code.HO_BAD_AH, rows[m.ah.take(rows) == WRONG_ICV], 0
    # What is not there, or cannot be parsed, does not tell what the sender left out.
    whole = (m.cut <= 0) & (m.malformed < 0)
    nameless = (m.mn_id < 0) & whole
    yield Code.HO_NO_ID, requests[nameless.take(requests)], 0
    yield Code.BU_NO_ID, updates[nameless.take(updates)], 0
    yield from _reserved(m, requests, responses)
    yield from _updates(m, updates, whole)
    yield Code.CKSUM, np.flatnonzero(m.checksum == 0), 0
    yield Code.MALFORMED, np.flatnonzero(m.malformed >= 0), 0


def _reserved(m: MessageBatch, requests: Ints, responses: Ints) -> Iterator[Found]:
    flags, marks, status = m.flags.take(requests), _marks(m, responses), m.status.take(responses)
    clear = marks & (Mark.KEY | Mark.ENCRYPTED) == Mark.KEY
    yield Code.HO_CLEAR_KEY, responses[clear], 0
    yield Code.HO_RESERVED, requests[(flags > 0) & (flags & _HO_RESERVED != 0)], 1
    yield Code.HO_RESERVED, responses[status > LAST_HO_STATUS], 0
    bits = (marks & Mark.RESERVED != 0) & (status <= LAST_HO_STATUS)
    yield Code.HO_RESERVED, responses[bits], 1


def _updates(m: MessageBatch, updates: Ints, whole: Flags) -> Iterator[Found]:
    marks, coa = _marks(m, updates), m.coa.take(updates)
    yield Code.BU_BAD_AUTH, updates[m.auth.take(updates) == 0], 0
    proof = Mark.AUTHENTICATED | Mark.ESP
    bare = (marks & proof == 0) & (m.marks.take(updates) >= 0)
    yield Code.BU_NO_AUTH, updates[bare & (m.ah.take(updates) == 0) & whole.take(updates)], 0
    # Behind a MAP it counts whose prefix the address is of, too (`node_checks`).
    differs = updates[(coa >= 0) & (coa != m.src.take(updates))]
    yield Code.BU_COA, differs[m.flags[differs] & MAP_FLAG == 0], 0
    four = np.flatnonzero(marks & Mark.IPV4_HOME)
    four, marks = updates.take(four), marks.take(four)
    asks = (m.hoa4[four] < 0) & (m.lifetime_s[four] > 0)
    prefix = marks & Mark.IPV4_PREFIX != 0
    yield Code.BU_IPV4, four[asks & prefix], 0
    yield Code.BU_IPV4, four[asks & ~prefix & (m.hoa[four] >= 0)], 1


def _marks(m: MessageBatch, rows: Ints) -> Ints:
    return np.maximum(m.marks.take(rows), 0)


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
