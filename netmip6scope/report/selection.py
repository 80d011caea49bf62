"""Which rows stand on the page when there are too many for all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netmip6scope.report.cells import Rows, numbers_of
from netmip6scope.tables.columns import NULL, Table
from netmip6scope.tables.stats import coded

SLOWEST = 20
OF_EACH_OUTCOME = 20
OF_EACH_CODE = 10
FINDINGS = 100
ALL_SESSIONS = 100
"""Up to so many sessions are all on the page."""
SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Some rows of a table, and how many there were to choose from."""

    rows: Rows
    of: int


def slowest(handoffs: Table, duration: str) -> Chosen:
    """The handoffs that took longest by a column, the longest first, then by number."""
    values = numbers_of(handoffs, duration)
    known = np.flatnonzero(values != NULL)
    order = np.lexsort((known, -values[known]))
    return Chosen(known[order[:SLOWEST]], len(known))


def not_complete(handoffs: Table) -> Chosen:
    """Handoffs whose outcome is not `complete`, the first of each outcome, in their order."""
    outcome = coded(handoffs, "outcome")
    failed = [code for code, label in enumerate(outcome.vocabulary) if label != "complete"]
    rows = np.flatnonzero(np.isin(outcome.codes, failed))
    return Chosen(rows[_first_of_each(outcome.codes[rows], OF_EACH_OUTCOME)], len(rows))


def worst(findings: Table) -> Chosen:
    """Findings by severity, then in their order, no more than some of each code."""
    severity, code = coded(findings, "severity"), coded(findings, "code")
    ranks = np.array([*map(rank, severity.vocabulary), len(SEVERITIES)], np.int64)
    rows = _first_of_each(code.codes, OF_EACH_CODE)
    order = np.argsort(ranks[severity.codes[rows]], kind="stable")
    return Chosen(rows[order[:FINDINGS]], len(findings))


def sessions(table: Table, listed: list[tuple[Table, Rows]]) -> Chosen:
    """All sessions if they are few, else those that the listed rows of other tables belong to."""
    if len(table) <= ALL_SESSIONS:
        return Chosen(np.arange(len(table)), len(table))
    named = [numbers_of(other, "session")[rows] for other, rows in listed]
    numbers = np.concatenate([np.zeros(0, np.int64), *named])
    rows = np.flatnonzero(np.isin(numbers_of(table, "session"), numbers[numbers != NULL]))
    return Chosen(rows, len(table))


def by_session(table: Table, numbers: Rows) -> dict[int, Rows]:
    """The rows of another table that belong to each of these sessions, in their order."""
    session = numbers_of(table, "session")
    rows = np.flatnonzero(np.isin(session, numbers))
    rows = rows[np.argsort(session[rows], kind="stable")]
    distinct, first = np.unique(session[rows], return_index=True)
    return dict(zip(distinct.tolist(), np.split(rows, first[1:]), strict=True)) if len(rows) else {}


def rank(severity: str) -> int:
    """Its place among the severities, the worst first."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def _first_of_each(codes: Rows, limit: int) -> Rows:
    """The first places of each code, ascending."""
    order = np.argsort(codes, kind="stable")
    place = np.arange(len(codes)) - np.searchsorted(codes[order], codes[order])
    return np.sort(order[place < limit])
