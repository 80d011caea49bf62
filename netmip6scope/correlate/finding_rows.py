"""The table of CONTRACT 3: one row per finding, with a text that says what to look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from dissectors.frames import Ints
from dissectors.handoff import HoStatus
from dissectors.mobility_codes import BindingStatus
from netmip6scope.correlate.catalogue import RULES
from netmip6scope.correlate.codes import Code, Severity
from netmip6scope.correlate.correlator import Correlation
from netmip6scope.correlate.rows import build, numbers_of
from netmip6scope.correlate.shapes import MOST_KEPT
from netmip6scope.correlate.texts import Texts, labels
from netmip6scope.errors import UsageError
from netmip6scope.tables.columns import NULL, Coded, Table, Values
from netmip6scope.tables.schema import FINDING_CODES, FINDINGS
from netmip6scope.tables.text import milliseconds


def findings_table(
    found: Correlation,
    texts: Texts,
    point: Coded,
    captures: dict[str, Ints],
    capture_points: list[str],
) -> Table:
    """One row per finding, in order of time, those about captures first.

    point: by message, the point that saw it; captures, capture_points: findings about captures.
    """
    f, s = _with(found.findings, captures), found.sessions
    code, session = f["code"], f["session"]
    mn = np.where(session >= 0, s["mn"][session], -1) if len(s["mn"]) else np.full(len(code), -1)
    order = f["order"]
    seen = (order >= 0) & (order < len(point.codes))
    where = np.full(len(order), -1, np.int64)
    where[seen] = point.codes[order[seen]]
    names = [*point.vocabulary, *capture_points]
    where[: len(capture_points)] = len(point.vocabulary) + np.arange(len(capture_points))
    values: dict[str, Values] = {
        "finding": np.arange(1, len(code) + 1),
        "severity": labels(_severity(code), [s.label for s in Severity]),
        "code": labels(code, [c.label for c in Code]),
        "frame": np.where(f["frame"] < 0, NULL, f["frame"]),
        "time": f["time_ns"],
        "point": Coded(where, names),
        "session": numbers_of(s, session),
        "handoff": numbers_of(found.handoffs, f["handoff"]),
        "mn_id": texts.names(mn),
        "text": _texts(f, texts),
        "ref": labels(code, [RULES[c].ref for c in Code]),
    }
    return build("findings", FINDINGS, values, len(code))


def chosen(table: Table, only: Sequence[str], ignore: Sequence[str]) -> Table:
    """The findings with one of the codes in `only`, if it names any, and none of `ignore`.

    Raises UsageError for a code that does not exist.
    """
    codes = {code.label: int(code) for code in Code}
    for name in (*only, *ignore):
        if name not in codes:
            from difflib import get_close_matches

            near = get_close_matches(name, codes, 3) or ["findings --list explains all"]
            raise UsageError(f"{name} is no finding; {', '.join(near)}")
    column = table.values["code"]
    assert isinstance(column, Coded)
    wanted = np.array([codes[name] for name in only or codes if name not in ignore], np.int64)
    rows = np.flatnonzero(np.isin(column.codes, wanted))
    values = {
        name: Coded(v.codes[rows], v.vocabulary) if isinstance(v, Coded) else v[rows]
        for name, v in table.values.items()
    }
    return Table(table.name, table.columns, values)


def worst(table: Table) -> int:
    """The highest severity of a table of findings; -1 for none."""
    column = table.values["severity"]
    assert isinstance(column, Coded)
    return int(column.codes.max(initial=-1))


def listing() -> Table:
    """Every code with its severity, what it means, and where that is written."""
    codes = np.arange(len(Code))
    values: dict[str, Values] = {
        "code": labels(codes, [c.label for c in Code]),
        "severity": labels(_severity(codes), [s.label for s in Severity]),
        "what": labels(codes, [RULES[c].what for c in Code]),
        "ref": labels(codes, [RULES[c].ref for c in Code]),
    }
    return Table("findings-list", FINDING_CODES, values)


def _severity(code: Ints) -> Ints:
    return np.array([RULES[c].severity for c in Code], np.int64)[code]


def _with(findings: dict[str, Ints], captures: dict[str, Ints]) -> dict[str, Ints]:
    none = np.full(len(captures["code"]), -1)
    return {
        name: np.concatenate([captures.get(name, none), values])
        for name, values in findings.items()
    }


def _texts(f: dict[str, Ints], texts: Texts) -> Coded:
    """Every finding's text; equal ones once."""
    kept = [f[f"kept{n}"] for n in range(MOST_KEPT)]
    shown = _Shown(texts)
    known: dict[str, int] = {}
    codes = np.zeros(len(f["code"]), np.int64)
    rows = zip(f["code"].tolist(), f["times"].tolist(), *(k.tolist() for k in kept), strict=True)
    for at, (code, times, *values) in enumerate(rows):
        rule = RULES[Code(code)]
        cells = {name: shown(name, value) for name, value in zip(rule.keeps, values, strict=False)}
        text = rule.text if isinstance(rule.text, str) else rule.text[values[0]]
        text = text.format(**cells) + (f"; {times} times" if times > 1 else "")
        codes[at] = known.setdefault(text, len(known))
    return Coded(codes, list(known))


class _Shown:
    """What a finding keeps, as text."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._addresses: dict[int, str] = {}

    def __call__(self, name: str, value: int) -> str:
        if name.endswith("_address"):
            return self._address(value)
        for ending, write in _WRITERS.items():
            if name.endswith(ending):
                return "unknown" if value == NULL else write(value)
        return "unknown" if value == NULL else str(value)

    def _address(self, value: int) -> str:
        if value not in self._addresses:
            (text,) = self._texts.addresses(np.array([value])).texts()
            self._addresses[value] = text or "an unknown address"
        return self._addresses[value]


def _status(labels_of: type[HoStatus | BindingStatus]) -> Callable[[int], str]:
    def write(value: int) -> str:
        known = {s.value: s.name.replace("_", " ").lower() for s in labels_of}
        return f"status {value} ({known.get(value, 'reserved')})"

    return write


_WRITERS: dict[str, Callable[[int], str]] = {
    "ho_status": _status(HoStatus),
    "ba_status": _status(BindingStatus),
    "_ms": lambda value: f"{milliseconds(value)} ms",
    "_s": lambda value: f"{value} s",
}
