"""From tables to the page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netmip6scope.errors import MissingProgram
from netmip6scope.report import selection
from netmip6scope.report.cells import Cells, Rows, clipped, numbers_of, rows_of, utc
from netmip6scope.report.durations import durations, router_pairs
from netmip6scope.report.selection import Chosen
from netmip6scope.report.sessions import Ladder, Parts, session_blocks
from netmip6scope.tables.columns import NULL, Table
from netmip6scope.tables.stats import WHOLE_PPM, coded, handoff_stats
from netmip6scope.tables.text import milliseconds, percent, seconds

if TYPE_CHECKING:
    from jinja2 import Environment

LINES = 30
"""Of captures, and of what was odd about them."""


@dataclass(frozen=True, slots=True)
class Material:
    """What a report is made of; the tables are those of one analysis."""

    captures: Sequence[str]
    notes: Sequence[str]
    """What was odd about the captures, one line each."""
    handoffs: Table
    sessions: Table
    messages: Table
    findings: Table | None = None
    ladder: Ladder | None = None


def require_libraries() -> None:
    """Raise MissingProgram, which says how to get them, where the extra is not installed."""
    try:
        import jinja2  # noqa: F401
        import matplotlib as mpl  # noqa: F401
    except ImportError as error:
        raise MissingProgram(
            "the report needs jinja2 and matplotlib: pip install netmip6scope[report]"
        ) from error


def report_page(material: Material) -> str:
    """The page; the same material gives the same text."""
    handoffs, findings = material.handoffs, material.findings
    stats = handoff_stats(handoffs)
    by = coded(stats, "by")
    places = {label: np.flatnonzero(by.codes == code) for code, label in enumerate(by.vocabulary)}
    overall = rows_of(stats, places["all"])[0]
    pairs = router_pairs(handoffs, stats, places["ar-pair"])
    lists = {
        "preparation": selection.slowest(handoffs, "preparation_ms"),
        "dl_gap": selection.slowest(handoffs, "dl_gap_ms"),
        "not_complete": selection.not_complete(handoffs),
    }
    listed = [(handoffs, chosen.rows) for chosen in lists.values()]
    found = None
    if findings is not None:
        worst = selection.worst(findings)
        listed.append((findings, worst.rows))
        found = _findings(findings, worst)
    chosen = selection.sessions(material.sessions, listed)
    environment = _environment()
    parts = Parts(material.sessions, handoffs, material.messages, material.ladder)
    blocks = session_blocks(environment.get_template("session.html"), parts, chosen.rows)
    style = _source(environment, "style.css")
    return environment.get_template("page.html").render(
        style=style,
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        summary=_summary(material, overall),
        outcomes=_shares(stats, places["outcome"], len(handoffs)),
        kinds=_shares(stats, places["kind"], len(handoffs)),
        durations=durations(handoffs, overall, pairs),
        pairs=pairs,
        pairs_of=len(places["ar-pair"]),
        each_code=selection.OF_EACH_CODE,
        each_outcome=selection.OF_EACH_OUTCOME,
        lists={name: _listing(handoffs, chosen) for name, chosen in lists.items()},
        findings=found,
        blocks=blocks,
        sessions_chosen=len(chosen.rows),
        sessions_of=chosen.of,
    )


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("netmip6scope.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _source(environment: Environment, name: str) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def _summary(material: Material, overall: Cells) -> dict[str, object]:
    times = numbers_of(material.messages, "time")
    times = times[times != NULL]
    clock_error_ns = numbers_of(material.handoffs, "clock_error_ms")
    first, last = (int(times.min()), int(times.max())) if len(times) else (NULL, NULL)
    return {
        "captures": _lines(material.captures),
        "captures_of": len(material.captures),
        "notes": _lines(material.notes),
        "notes_of": len(material.notes),
        "first": seconds(first),
        "first_utc": utc(first),
        "last": seconds(last),
        "last_utc": utc(last),
        "clock_error_ms": milliseconds(int(clock_error_ns.max(initial=0))),
        "clocks_differ": bool((clock_error_ns > 0).any()),
        "points": [clipped(point) for point in sorted(_points(material.messages))[:LINES]],
        "messages": len(material.messages),
        "sessions": len(material.sessions),
        "overall": overall,
    }


def _points(messages: Table) -> set[str]:
    point = coded(messages, "point")
    return {point.vocabulary[code] for code in np.unique(point.codes).tolist() if code >= 0}


def _lines(texts: Sequence[str]) -> list[str]:
    return [clipped(text) for text in texts[:LINES]]


def _shares(stats: Table, rows: Rows, total: int) -> list[Cells]:
    """Groups of handoffs with `share`, that of all handoffs in percent."""
    return [
        {**group, "share": percent(WHOLE_PPM * int(group["handoffs"]) // total)}
        for group in rows_of(stats, rows)
    ]


def _listing(table: Table, chosen: Chosen) -> dict[str, object]:
    return {"rows": rows_of(table, chosen.rows), "of": chosen.of}


def _findings(findings: Table, worst: Chosen) -> dict[str, object]:
    severity, code = coded(findings, "severity"), coded(findings, "code")
    kinds: dict[tuple[str | None, str | None], int] = {}
    for kind in zip(severity.texts(), code.texts(), strict=True):
        kinds[kind] = kinds.get(kind, 0) + 1
    ordered = sorted(kinds, key=lambda kind: (selection.rank(kind[0] or ""), kind[1] or ""))
    counts = [
        {"severity": clipped(s or ""), "code": clipped(c or ""), "count": kinds[s, c]}
        for s, c in ordered
    ]
    return {**_listing(findings, worst), "counts": counts}
