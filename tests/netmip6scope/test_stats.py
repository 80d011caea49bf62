"""`handoffs --stats`: counts, success rates and percentiles, with the arithmetic written out."""

from __future__ import annotations

import csv
import io
import json
import math
import random
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmip6scope.cli.main import main
from netmip6scope.tables.columns import Kind, Table
from netmip6scope.tables.console import write_console
from netmip6scope.tables.frame import to_pandas
from netmip6scope.tables.output import write
from netmip6scope.tables.stats import DURATIONS, STATS, handoff_stats
from tests.netmip6scope.tables_by_hand import Row, cells, table

MS = 1_000_000
FIGURES = ("min", "median", "p95", "p99", "max")
SAMPLES = Path(__file__).parents[2] / "sample_pcaps"


def a(count: int, **shared: object) -> list[Row]:
    return [{"sar": "A", "tar": "B", "kind": "inter-ar", "outcome": "complete", **shared}] * count


def described(rows: list[Row]) -> dict[tuple[str, str], Row]:
    found = cells(handoff_stats(table("handoffs", rows)))
    return {(row["by"], row["group"]): row for row in found}


def figures(row: Row, duration: str) -> list[int | None]:
    return [row[f"{duration}_{name}_ms"] for name in FIGURES]


def with_context(values: list[int | None]) -> Row:
    rows = [{**row, "context_ms": v} for row, v in zip(a(len(values)), values, strict=True)]
    return described(rows)["all", "all"]


# Nearest rank: the p-th percentile of n values is the one at place ceil(p n / 100).
@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        # One value is every percentile.
        ("one", [7], [7, 7, 7, 7, 7]),
        # Places ceil(.5 * 2) = 1, ceil(.95 * 2) = 2, ceil(.99 * 2) = 2.
        ("two: the lower one is the median", [9, 4], [4, 4, 9, 9, 9]),
        # Places ceil(.5 * 3) = 2, ceil(2.85) = 3, ceil(2.97) = 3.
        ("three", [30, 10, 20], [10, 20, 30, 30, 30]),
        # Places 10, 19, ceil(19.8) = 20: the 95th percentile is not yet the largest.
        ("twenty", list(range(20, 0, -1)), [1, 10, 19, 20, 20]),
        # Places 50, 95, 99.
        ("a hundred", list(range(1, 101)), [1, 50, 95, 99, 100]),
        # Places ceil(50.5) = 51, ceil(95.95) = 96, ceil(99.99) = 100.
        ("a hundred and one", list(range(1, 102)), [1, 51, 96, 100, 101]),
        # Gaps are negative where tunnels overlap.
        ("below zero", [-79_329_791, 5, -1], [-79_329_791, -1, 5, 5, 5]),
        # What is not known does not count: places of the three that are.
        ("unknown ones", [None, 30, None, 10, 20], [10, 20, 30, 30, 30]),
        ("none known", [None, None], [None] * 5),
        # A float has 53 bits; neighbours that far out stay apart.
        ("large", [2**62 + 1, 2**62], [2**62, 2**62, 2**62 + 1, 2**62 + 1, 2**62 + 1]),
    ],
)
def test_percentiles(name: str, values: list[int | None], expected: list[int | None]) -> None:
    row = with_context(values)
    assert figures(row, "context") == expected
    assert row["context_count"] == sum(v is not None for v in values)


@given(st.lists(st.one_of(st.none(), st.integers(-(10**12), 10**12)), min_size=1, max_size=230))
def test_percentiles_are_the_definition(values: list[int | None]) -> None:
    known = sorted(v for v in values if v is not None)
    expected: list[int | None] = [None] * 5
    if known:
        places = [math.ceil(Fraction(p, 100) * len(known)) for p in (50, 95, 99)]
        expected = [known[0], *(known[place - 1] for place in places), known[-1]]
    assert figures(with_context(values), "context") == expected


def test_groups_and_their_order() -> None:
    rows = [
        *a(2, context_ms=4 * MS),
        *a(1, sar="B", tar="A", context_ms=9 * MS),
        *a(1, tar="C", kind="intra-map", outcome="context-refused", context_ms=6 * MS),
        *a(1, tar="A2", outcome="incomplete"),
    ]
    found = described(rows)
    assert list(found) == [
        ("all", "all"),
        ("ar-pair", "A > A2"),
        ("ar-pair", "A > B"),
        ("ar-pair", "A > C"),
        ("ar-pair", "B > A"),
        ("kind", "inter-ar"),
        ("kind", "intra-map"),
        ("outcome", "complete"),
        ("outcome", "context-refused"),
        ("outcome", "incomplete"),
    ]
    assert [row["handoffs"] for row in found.values()] == [5, 1, 2, 1, 1, 4, 1, 3, 1, 1]
    assert [row["context_median_ms"] for row in found.values()] == [
        4 * MS,  # of 4, 4, 6, 9 the second
        None,
        4 * MS,
        6 * MS,
        9 * MS,
        4 * MS,  # of 4, 4, 9 the second
        6 * MS,
        4 * MS,
        6 * MS,
        None,
    ]


def test_each_duration_has_its_columns() -> None:
    given_ns = {f"{name}_ms": (n + 1) * MS for n, name in enumerate(DURATIONS)}
    row = described(a(1, **given_ns))["all", "all"]
    for n, name in enumerate(DURATIONS):
        assert figures(row, name) == [(n + 1) * MS] * 5


# Of those that ended before the capture did, how many completed.
@pytest.mark.parametrize(
    ("complete", "refused", "incomplete", "percent"),
    [
        (1, 0, 0, 1_000_000),
        (0, 1, 0, 0),
        (3, 1, 0, 750_000),
        (1, 2, 0, 333_333),
        (2, 1, 0, 666_666),  # down, so that 100 means all
        (1, 0, 5, 1_000_000),  # 5 undecided ones say nothing
        (1, 1, 2, 500_000),
        (0, 0, 2, None),
    ],
)
def test_success_rate(complete: int, refused: int, incomplete: int, percent: int | None) -> None:
    rows = a(complete) + a(refused, outcome="context-refused")
    rows += a(incomplete, outcome="incomplete")
    row = described(rows)["all", "all"]
    assert row["success_percent"] == percent
    assert (row["complete"], row["incomplete"]) == (complete, incomplete)


def test_reactive_is_no_success() -> None:
    row = described(a(1) + a(1, outcome="reactive"))["all", "all"]
    assert row["success_percent"] == 500_000


def test_no_handoffs_is_one_row() -> None:
    (row,) = cells(handoff_stats(table("handoffs", [])))
    assert (row["by"], row["group"], row["handoffs"]) == ("all", "all", 0)
    counts = {"complete", "incomplete", *(f"{name}_count" for name in DURATIONS)}
    assert all(row[name] == 0 for name in counts)
    assert {row[c.name] for c in STATS[3:] if c.name not in counts} == {None}


def test_a_router_that_is_not_known() -> None:
    found = described(a(1, sar=None) + a(1))
    assert [group for by, group in found if by == "ar-pair"] == ["? > B", "A > B"]


def test_texts_may_be_objects_as_well() -> None:
    rows = [*a(2), *a(1, sar=None, outcome="incomplete")]
    made = table("handoffs", rows)
    values = dict(made.values)
    for column in made.columns:
        if column.kind is Kind.TEXT:
            values[column.name] = np.array(made.texts(column), object)
    assert cells(handoff_stats(Table("handoffs", made.columns, values))) == cells(
        handoff_stats(made)
    )


def test_many_handoffs_equal_one_at_a_time() -> None:
    chance = random.Random(1)
    rows = [
        {
            "sar": chance.choice("ABCD"),
            "tar": chance.choice("ABCD"),
            "kind": chance.choice(["inter-ar", "inter-map"]),
            "outcome": chance.choice(["complete", "reactive", "incomplete"]),
            "dl_gap_ms": chance.choice([None, chance.randrange(-(10**9), 10**9)]),
        }
        for _ in range(3000)
    ]
    for (by, group), row in described(rows).items():
        inside = [
            r for r in rows if group in ("all", r[by] if by in r else f"{r['sar']} > {r['tar']}")
        ]
        gaps = sorted(r["dl_gap_ms"] for r in inside if r["dl_gap_ms"] is not None)
        assert row["handoffs"] == len(inside)
        assert row["dl_gap_count"] == len(gaps)
        assert row["dl_gap_p95_ms"] == gaps[math.ceil(Fraction(95, 100) * len(gaps)) - 1]


def test_columns() -> None:
    names = [column.name for column in STATS]
    assert names[:6] == ["by", "group", "handoffs", "complete", "incomplete", "success_percent"]
    of_one = ("count", "min_ms", "median_ms", "p95_ms", "p99_ms", "max_ms")
    durations = ("context", "binding", "preparation", "dl_gap", "ul_gap")
    assert names[6:] == [f"{duration}_{name}" for duration in durations for name in of_one]
    for column in STATS:
        assert (column.kind is Kind.DURATION) == column.name.endswith("_ms")
        assert column.doc


# All four formats and a terminal

SHOWN = {"success_percent": "66.6666", "context_median_ms": "4.000000", "ul_gap_max_ms": ""}


@pytest.fixture
def stats() -> Table:
    rows = [*a(2, context_ms=4 * MS), *a(1, outcome="reactive", context_ms=5 * MS)]
    return handoff_stats(table("handoffs", rows))


def test_csv(stats: Table, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    write(stats, str(path))
    (first, *_) = csv.DictReader(io.StringIO(path.read_text()))
    assert {name: first[name] for name in SHOWN} == SHOWN


@pytest.mark.parametrize("format_", ["json", "jsonl"])
def test_json(stats: Table, tmp_path: Path, format_: str) -> None:
    path = tmp_path / f"t.{format_}"
    write(stats, str(path))
    text = path.read_text()
    line = text.splitlines()[0] if format_ == "jsonl" else text
    parsed = json.loads(line, parse_float=Decimal)
    first = parsed if format_ == "jsonl" else parsed[0]
    expected = {name: Decimal(cell) if cell else None for name, cell in SHOWN.items()}
    assert {name: first[name] for name in SHOWN} == expected


def test_parquet(stats: Table, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    path = tmp_path / "t.parquet"
    write(stats, str(path))
    back = pq.read_table(path)
    rates = back["success_percent"].to_pylist()
    # all; A > B; inter-ar; the complete ones; the reactive one
    assert rates == [Decimal(text) for text in ("66.6666", "66.6666", "66.6666", "100", "0")]
    assert back["by"].to_pylist() == ["all", "ar-pair", "kind", "outcome", "outcome"]


def test_an_unknown_rate_is_null(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    path = tmp_path / "t.parquet"
    write(handoff_stats(table("handoffs", [])), str(path))
    assert pq.read_table(path)["success_percent"].to_pylist() == [None]


def test_pandas(stats: Table) -> None:
    frame = to_pandas(stats)
    assert str(frame["success_percent"].dtype) == "Float64"
    assert frame["success_percent"][3] == 100.0
    assert to_pandas(handoff_stats(table("handoffs", [])))["success_percent"].isna().all()


def test_a_terminal_of_80_columns() -> None:
    longest = "2001:db8:2648:4771:5228:ff18:5d65:e63a"
    stream = io.StringIO()
    rows = a(1, sar=longest, tar=longest, preparation_ms=15 * MS)
    write_console(handoff_stats(table("handoffs", rows)), stream, 80)
    drawn = stream.getvalue()
    assert max(map(len, drawn.splitlines())) <= 80
    for part in (longest, "100.0000", "15.000000", "preparation_median_ms"):
        assert part in drawn


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["handoffs", "--stats", str(SAMPLES / "slaac_handoff.pcap")]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["by"] for row in rows] == ["all", "ar-pair", "kind", "outcome"]
    # The one handoff that README.md shows: each percentile is its own value.
    for row in rows:
        assert {row[f"dl_gap_{name}_ms"] for name in FIGURES} == {"19.292000"}
        assert (row["handoffs"], row["success_percent"]) == ("1", "100.0000")


@pytest.mark.parametrize("command", ["messages", "sessions"])
def test_only_handoffs_have_it(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--stats", "x.pcap"]) == 2
    assert "--stats" in capsys.readouterr().err
