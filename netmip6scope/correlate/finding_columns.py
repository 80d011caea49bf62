"""Puts findings of all kinds into one set of columns, by time; repeats are counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dissectors.frames import Ints
from netmip6scope.correlate.alike import alike, among
from netmip6scope.correlate.codes import Code

if TYPE_CHECKING:
    from netmip6scope.correlate.correlator import Correlation

_OF_MESSAGES = np.array(
    [
        Code.HO_HOPLIMIT,
        Code.HO_NO_ID,
        Code.HO_NO_AH,
        Code.HO_BAD_AH,
        Code.HO_CLEAR_KEY,
        Code.HO_RESERVED,
        Code.BU_NO_ID,
        Code.BU_NO_AUTH,
        Code.BU_BAD_AUTH,
        Code.BU_COA,
        Code.BU_IPV4,
        Code.CKSUM,
        Code.MALFORMED,
    ],
    np.int64,
)


def add(found: Correlation, parts: list[dict[str, Ints]]) -> None:
    """Put findings about messages, traffic and nodes beside those about exchanges."""
    none = np.zeros(0, np.int64)
    more: dict[str, Ints] = {}
    for name in found.findings:
        blank = [np.full(len(p["code"]), 1 if name == "times" else -1) for p in parts]
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
    _keep(findings, np.lexsort((findings["code"], findings["order"], findings["time_ns"])))
    _count_repeats(findings, found.handoffs)


def _count_repeats(findings: dict[str, Ints], handoffs: dict[str, Ints]) -> None:
    """What is wrong with a message that was sent again is one finding, that of the first."""
    again = (handoffs["ho_requests"] > 1) | (handoffs["bus"] > 1)
    if not again.any():
        return
    rows = np.flatnonzero((findings["order"] >= 0) & (findings["handoff"] >= 0))
    rows = rows[again[findings["handoff"][rows]] & among(findings["code"][rows], _OF_MESSAGES)]
    kept = [findings[name][rows] for name in findings if name.startswith("kept")]
    same = alike(findings["code"][rows], findings["handoff"][rows], *kept)
    _, first, counts = np.unique(same, return_index=True, return_counts=True)
    findings["times"][rows[first]] = counts
    dropped = np.delete(rows, first)
    _keep(findings, np.delete(np.arange(len(findings["code"])), dropped))


def _keep(findings: dict[str, Ints], rows: Ints) -> None:
    for name in findings:
        findings[name] = findings[name][rows]
