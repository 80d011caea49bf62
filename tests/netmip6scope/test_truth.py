"""The tables against captures whose truth was written independently of this project."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from netmip6scope.pipeline import analyse
from netmip6scope.tables.columns import Coded, Kind, Table

DATA = Path(__file__).parents[1] / "data" / "netmip6"


def _single_point() -> list[str]:
    """Truth files of captures with one point."""
    names = []
    for path in sorted(DATA.glob("*.truth.json")):
        truth = json.loads(path.read_text())
        if len(truth["captures"]) == 1:
            names.append(path.name)
    return names


def _cells(table: Table) -> list[dict[str, Any]]:
    """Rows as the truth files write them: integers, exact decimals as text, None."""
    columns = {}
    for column in table.columns:
        raw = table.values[column.name]
        listed = raw.texts() if isinstance(raw, Coded) else raw.tolist()
        if column.kind is not Kind.TEXT:
            listed = [None if v == -(1 << 63) else v for v in listed]
        if column.kind is Kind.DURATION:
            listed = [
                None if v is None else str((Decimal(v) / 10**6).quantize(Decimal("0.000001")))
                for v in listed
            ]
        columns[column.name] = listed
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _compare(rows: list[dict[str, Any]], truths: list[dict[str, Any]]) -> None:
    assert len(rows) == len(truths)
    for row, truth in zip(rows, truths, strict=True):
        expected = {k: " > ".join(v) if k == "ar_path" else v for k, v in truth.items()}
        assert {k: row[k] for k in expected} == expected


@pytest.mark.parametrize("name", _single_point())
@pytest.mark.parametrize("table", ["handoffs", "sessions"])
def test_table_equals_truth(name: str, table: str) -> None:
    truth = json.loads((DATA / name).read_text())
    result = analyse([str(DATA / truth["captures"][0])], table)
    assert not result.errors
    _compare(_cells(result.table), truth[table])


@pytest.mark.parametrize("name", sorted(p.name for p in DATA.glob("*.truth.json")))
@pytest.mark.parametrize("with_keys", [False, True])
def test_findings_equal_truth(name: str, with_keys: bool) -> None:
    truth = json.loads((DATA / name).read_text())
    captures = [
        f"{p}{s}{DATA / f}" if s else str(DATA / p)
        for p, s, f in (c.partition("=") for c in truth["captures"])
    ]
    keys = str(DATA / truth["keys"]) if with_keys else None
    codes = [row["code"] for row in _cells(analyse(captures, "findings", keys_path=keys).table)]
    expected = truth["findings"] | ({} if with_keys else truth.get("findings_without_keys", {}))
    for code, count in expected.items():
        assert codes.count(code) == count if count is not None else code in codes, code
    assert not set(codes) & set(truth["forbidden_findings"])


@pytest.mark.parametrize("path", sorted(DATA.glob("*.truth.json")), ids=lambda p: p.name)
def test_message_counts_equal_truth(path: Path) -> None:
    truth = json.loads(path.read_text())
    if len(truth["captures"]) > 1:
        pytest.skip("several capture points see one message more than once")
    result = analyse([str(DATA / truth["captures"][0])], "messages")
    kinds = [row["kind"] for row in _cells(result.table)]
    assert Counter(kinds) == truth["messages"]
