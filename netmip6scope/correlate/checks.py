"""Findings about single messages, for a whole batch at once (CONTRACT 3)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dissectors.frames import Ints
from dissectors.scan.batch import MessageBatch
from dissectors.scan.kinds import WRONG_ICV, MessageKind
from netmip6scope.correlate.catalogue import RULES, Code
from netmip6scope.correlate.shapes import MOST_KEPT
from netmip6scope.tables.columns import NULL

_LINK_LOCAL_HOPS = 255


def check(m: MessageBatch, first: int) -> dict[str, Ints]:
    """Columns of the findings about these messages; `first` is the number of the first of them."""
    parts = [_rows(code, rows, m, first) for code, rows in _found(m) if len(rows)]
    names = ("code", "order", "time_ns", "frame", *(f"kept{n}" for n in range(MOST_KEPT)))
    blank = np.zeros(0, np.int64)
    return {name: np.concatenate([blank, *(p[name] for p in parts)]) for name in names}


def _found(m: MessageBatch) -> Iterator[tuple[Code, Ints]]:
    request = m.kind == MessageKind.HO_REQUEST
    handoff = request | (m.kind == MessageKind.HO_RESPONSE)
    update = m.kind == MessageKind.BU
    yield Code.HO_HOPLIMIT, np.flatnonzero(handoff & (m.hop_limit != _LINK_LOCAL_HOPS))
    yield Code.HO_NO_ID, np.flatnonzero(request & (m.mn_id < 0) & (m.malformed < 0))
    yield Code.HO_NO_AH, np.flatnonzero(handoff & (m.ah == 0))
    yield Code.HO_BAD_AH, np.flatnonzero(handoff & (m.ah == WRONG_ICV))
    yield Code.BU_NO_ID, np.flatnonzero(update & (m.mn_id < 0) & (m.malformed < 0))
    differs = update & (m.coa >= 0) & (m.coa != m.src)
    yield Code.BU_COA, np.flatnonzero(differs)
    yield Code.BU_BAD_AUTH, np.flatnonzero(update & (m.auth == 0))
    yield Code.MALFORMED, np.flatnonzero(m.malformed >= 0)


def _rows(code: Code, rows: Ints, m: MessageBatch, first: int) -> dict[str, Ints]:
    known = {
        "hop_limit": m.hop_limit,
        "src_address": m.src,
        "dst_address": m.dst,
        "coa_address": m.coa,
        "offset": m.malformed,
    }
    out = {
        "code": np.full(len(rows), int(code)),
        "order": first + rows,
        "time_ns": m.time_ns[rows],
        "frame": m.frame[rows],
    }
    keeps = RULES[code].keeps
    for n in range(MOST_KEPT):
        out[f"kept{n}"] = known[keeps[n]][rows] if n < len(keeps) else np.full(len(rows), NULL)
    return out
