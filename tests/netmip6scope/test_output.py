"""What the writers put out: exact text, round trips, and what is left when writing fails."""

from __future__ import annotations

import csv
import errno
import io
import json
import random
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from netmip6scope.errors import OutputError, UsageError
from netmip6scope.tables import csv as csv_writer
from netmip6scope.tables import text
from netmip6scope.tables.columns import NULL, Coded, Column, Kind, Table, Values
from netmip6scope.tables.console import LAYOUTS, write_console
from netmip6scope.tables.csv import write_csv
from netmip6scope.tables.json_ import write_json, write_json_lines
from netmip6scope.tables.output import write
from netmip6scope.tables.progress import Progress, progress_text
from netmip6scope.tables.schema import HANDOFFS, TABLES
from netmip6scope.tables.stats import STATS

CONTRACT = {
    "messages": "frame, time, point, src, dst, kind, mn_id, hoa, coa, identifier, seq, status,"
    " lifetime_s, flags, length, summary, session, handoff",
    "sessions": "session, mn_id, hoa, hoa4, ha, map, rcoa, access, auth, ar_path, start, end,"
    " state, setup_ms, auth_ms, binding_ms, address_ms, handoffs, dl_packets, dl_bytes,"
    " ul_packets, ul_bytes, findings",
    "handoffs": "handoff, session, mn_id, hoa, hoa4, kind, sar, tar, ha, map, outcome, status,"
    " start, ho_request_time, ho_response_time, bu_time, ba_time, last_dl_sar_time,"
    " first_dl_tar_time, last_ul_sar_time, first_ul_tar_time, teardown_time, context_ms,"
    " binding_ms, preparation_ms, dl_gap_ms, ul_gap_ms, bicast_packets, late_sar_packets,"
    " ho_requests, bus, clock_error_ms, ho_request_frame, ho_response_frame, bu_frame, ba_frame,"
    " findings",
}

COLUMNS = (
    Column("frame", Kind.INT, "Frame."),
    Column("time", Kind.TIME, "Time."),
    Column("gap_ms", Kind.DURATION, "Gap."),
    Column("kind", Kind.TEXT, "Kind."),
    Column("summary", Kind.TEXT, "Summary."),
)


def table_of(
    frame: list[int], time: list[int], gap: list[int], kind: Coded, summary: list[str | None]
) -> Table:
    objects = np.empty(len(summary), object)
    objects[:] = summary
    values: dict[str, Values] = {"kind": kind, "summary": objects}
    for name, numbers in (("frame", frame), ("time", time), ("gap_ms", gap)):
        values[name] = np.array(numbers, np.int64)
    return Table("small", COLUMNS, values)


def small() -> Table:
    return table_of(
        [1, -20, NULL],
        [1_700_000_000_000_000_001, 5, NULL],
        [-79_329_791, 12_345_678, NULL],
        Coded(np.array([1, 0, -1], np.int64), ["bu, first", "ba"]),
        ['say "hi"', "=1+1", None],
    )


SMALL_CSV = """\
frame,time,gap_ms,kind,summary
1,1700000000.000000001,-79.329791,ba,"say ""hi""\"
-20,0.000000005,12.345678,"bu, first",'=1+1
,,,,
"""


def csv_of(table: Table, *, raw: bool = False) -> str:
    stream = io.BytesIO()
    write_csv(table, stream, raw=raw)
    return stream.getvalue().decode()


@pytest.mark.parametrize("name", CONTRACT)
def test_columns_are_the_contract(name: str) -> None:
    assert ", ".join(column.name for column in TABLES[name]) == CONTRACT[name]
    for column in TABLES[name]:
        assert (column.kind is Kind.DURATION) == column.name.endswith("_ms")
        assert column.doc


def test_layouts_name_columns() -> None:
    for name, layout in LAYOUTS.items():
        columns = STATS if name == "stats" else TABLES[name]
        assert {c for stack in layout for c in stack} <= {c.name for c in columns}


def test_csv_text() -> None:
    assert csv_of(small()) == SMALL_CSV


def test_csv_without_rows_is_its_header() -> None:
    empty = table_of([], [], [], Coded(np.array([], np.int64), []), [])
    assert csv_of(empty) == "frame,time,gap_ms,kind,summary\n"


@pytest.mark.parametrize("start", list("=+-@\t\r"))
def test_formulas_are_neutralised_unless_raw(start: str) -> None:
    cell = start + "1"
    quote = '"' if start == "\r" else ""
    kind = Coded(np.array([0], np.int64), [cell])
    table = table_of([-1], [0], [-1], kind, [cell])
    safe = f"{quote}'{cell}{quote}"
    assert csv_of(table) == f"{SMALL_CSV.splitlines()[0]}\n-1,0.000000000,-0.000001,{safe},{safe}\n"
    bare = f"{quote}{cell}{quote}"
    assert csv_of(table, raw=True).endswith(f",{bare},{bare}\n")


INTERESTING = [0, 1, -1, 9, 10, 9999, 10_000, 99_999_999, 10**8, 10**9, 10**18, NULL, NULL + 1]
INTERESTING += [2**63 - 1, -9999, -10_000, 10**12, 1_700_000_000_123_456_789]
PIECES = [
    "a",
    "é",
    "名",
    "🛰",
    ",",
    '"',
    "\n",
    "\r",
    "=",
    "-",
    "@",
    "\t",
    "\0",
    "",
    " ",
    "2001:db8::1",
]


def random_table(seed: int) -> Table:
    chance = random.Random(seed)
    rows = chance.choice([0, 1, 2, 50, csv_writer.BLOCK_ROWS + 3])
    plain = chance.random() < 0.3

    def number() -> int:
        return chance.choice(
            [*INTERESTING, chance.randrange(-(10 ** chance.randrange(1, 19)), 10**9)]
        )

    def word() -> str:
        if plain:
            return chance.choice(["ba", "bu", "2001:db8::1", ""])
        return "".join(chance.choices(PIECES, k=chance.randrange(5))) * chance.choice([1, 1, 1, 40])

    vocabulary = [word() for _ in range(chance.randrange(1, 9))]
    return table_of(
        [number() for _ in range(rows)],
        [number() for _ in range(rows)],
        [number() for _ in range(rows)],
        Coded(
            np.array([chance.randrange(-1, len(vocabulary)) for _ in range(rows)], np.int64),
            vocabulary,
        ),
        [chance.choice([None, word()]) for _ in range(rows)],
    )


def plain_csv(table: Table, *, raw: bool) -> str:
    """The same by the standard library, a cell at a time."""
    stream = io.StringIO()
    # The module quotes a CR only where the line ending has one (before Python 3.13).
    writer = csv.writer(stream, lineterminator="\r\n")
    lines = []
    scale = {Kind.INT: 0, Kind.TIME: 9, Kind.DURATION: 6}
    columns = []
    for column in table.columns:
        if column.kind is Kind.TEXT:
            texts = [value or "" for value in table.texts(column)]
            columns.append(texts if raw else [text.spreadsheet_safe(value) for value in texts])
        else:
            places = scale[column.kind]
            columns.append(
                [
                    "" if value == NULL else f"{Decimal(value).scaleb(-places):.{places}f}"
                    for value in table.numbers(column).tolist()
                ]
            )
    names = [column.name for column in table.columns]
    for row in [names, *zip(*columns, strict=True)]:
        stream.seek(0)
        stream.truncate()
        writer.writerow(row)
        lines.append(stream.getvalue().removesuffix("\r\n") + "\n")
    return "".join(lines)


@pytest.mark.parametrize("seed", range(60))
def test_csv_is_what_the_csv_module_writes(seed: int) -> None:
    table = random_table(seed)
    raw = bool(seed % 2)
    assert csv_of(table, raw=raw) == plain_csv(table, raw=raw)


def test_huge_cells_are_written_in_smaller_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_writer, "BLOCK_OCTETS", 2000)
    for seed in range(20):
        table = random_table(seed)
        if len(table) <= 50:
            assert csv_of(table) == plain_csv(table, raw=False)


def test_lone_surrogates_are_escaped() -> None:
    table = table_of([1], [1], [1], Coded(np.array([0], np.int64), ["\udcff"]), ["\udcff"])
    assert csv_of(table).endswith(",\\udcff,\\udcff\n")
    stream = io.BytesIO()
    write_json(table, stream)
    assert json.loads(stream.getvalue())[0]["summary"] == "\udcff"


EXPECTED_ROWS = [
    {
        "frame": 1,
        "time": Decimal("1700000000.000000001"),
        "gap_ms": Decimal("-79.329791"),
        "kind": "ba",
        "summary": 'say "hi"',
    },
    {
        "frame": -20,
        "time": Decimal("0.000000005"),
        "gap_ms": Decimal("12.345678"),
        "kind": "bu, first",
        "summary": "=1+1",
    },
    dict.fromkeys(("frame", "time", "gap_ms", "kind", "summary")),
]


def test_json_keeps_every_digit() -> None:
    stream = io.BytesIO()
    write_json(small(), stream)
    assert json.loads(stream.getvalue(), parse_float=Decimal) == EXPECTED_ROWS


def test_json_lines_keep_every_digit() -> None:
    stream = io.BytesIO()
    write_json_lines(small(), stream)
    lines = stream.getvalue().decode().splitlines()
    assert [json.loads(line, parse_float=Decimal) for line in lines] == EXPECTED_ROWS


def test_json_without_rows() -> None:
    empty = table_of([], [], [], Coded(np.array([], np.int64), []), [])
    stream = io.BytesIO()
    write_json(empty, stream)
    assert stream.getvalue() == b"[]\n"


def test_parquet_round_trip(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "t.parquet"
    write(small(), str(path))
    back = pq.read_table(path)
    assert back.schema.types == [
        pa.int64(),
        pa.int64(),
        pa.duration("ns"),
        pa.string(),
        pa.string(),
    ]
    assert back["frame"].to_pylist() == [1, -20, None]
    assert back["time"].to_pylist() == [1_700_000_000_000_000_001, 5, None]
    assert back["gap_ms"].cast(pa.int64()).to_pylist() == [-79_329_791, 12_345_678, None]
    assert back["kind"].to_pylist() == ["ba", "bu, first", None]
    assert back["summary"].to_pylist() == ['say "hi"', "=1+1", None]


def test_pandas_types_and_values() -> None:
    pd = pytest.importorskip("pandas")
    from netmip6scope.tables.frame import to_pandas

    frame = to_pandas(small())
    assert list(frame.dtypes.astype(str))[:3] == ["Int64", "Int64", "timedelta64[ns]"]
    assert all(isinstance(frame[name].dtype, pd.StringDtype) for name in ("kind", "summary"))
    assert frame["time"][0] == 1_700_000_000_000_000_001
    assert frame["gap_ms"][0].value == -79_329_791
    assert frame.iloc[2].isna().all()
    assert frame["kind"][1] == "bu, first"


def a_handoff() -> Table:
    shown = {
        "mn_id": "mn1@example.net",
        "sar": "2001:db8:2648:4771:5228:ff18:5d65:e63a",
        "tar": "2001:db8:2::1",
        "kind": "inter-ar",
        "outcome": "complete",
    }
    values: dict[str, Values] = {}
    for column in HANDOFFS:
        if column.kind is Kind.TEXT:
            values[column.name] = np.array([shown.get(column.name)], object)
        else:
            values[column.name] = np.array([1_700_000_000_000_000_000], np.int64)
            if column.kind is Kind.DURATION:
                values[column.name] = np.array([-79_329_791], np.int64)
    return Table("handoffs", HANDOFFS, values)


def console_of(table: Table, width: int) -> str:
    stream = io.StringIO()
    write_console(table, stream, width)
    return stream.getvalue()


def test_a_handoff_fits_80_columns() -> None:
    drawn = console_of(a_handoff(), 80)
    assert max(map(len, drawn.splitlines())) <= 80
    for part in (
        "mn1@example.net",
        "inter-ar",
        "2001:db8:2::1",
        "1700000000.000000000",
        "-79.329791",
    ):
        assert part in drawn
    assert "(27 more columns: write them to a file with -o FILE)" in drawn


def test_a_wide_terminal_gets_one_line_a_row() -> None:
    rows = [line for line in console_of(a_handoff(), 200).splitlines() if "mn1" in line]
    assert "-79.329791" in rows[0]
    assert "complete" in rows[0]


def test_console_neither_runs_markup_nor_escapes() -> None:
    table = table_of([1], [1], [1], Coded(np.array([0], np.int64), ["[red]x"]), ["\x1b[2Jy"])
    drawn = console_of(table, 200)
    assert "[red]x" in drawn
    assert "\\x1b[2Jy" in drawn


@pytest.mark.parametrize("ending", ["csv", "json", "jsonl", "parquet"])
def test_the_ending_picks_the_format(tmp_path: Path, ending: str) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"t.{ending}"
    write(small(), str(path))
    starts = {"csv": b"frame,", "json": b"[\n", "jsonl": b'{"frame"', "parquet": b"PAR1"}
    assert path.read_bytes().startswith(starts[ending])
    assert list(tmp_path.iterdir()) == [path]


def test_an_unknown_ending_needs_a_format(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    with pytest.raises(UsageError, match=r"\.csv \.json \.jsonl \.parquet"):
        write(small(), str(path))
    assert not path.exists()
    write(small(), str(path), "csv")
    assert path.read_text() == SMALL_CSV


def test_ending_and_format_must_agree(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="json"):
        write(small(), str(tmp_path / "t.csv"), "json")


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(table: Table, stream: io.BytesIO, *, raw: bool = False) -> None:
        stream.write(b"half a row")
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "t.csv"
    path.write_text("old")
    monkeypatch.setattr(csv_writer, "write_csv", full)
    with pytest.raises(OutputError, match="No space left on device") as caught:
        write(small(), str(path))
    assert str(path) in str(caught.value)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupt_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(table: Table, stream: io.BytesIO, *, raw: bool = False) -> None:
        stream.write(b"half a row")
        raise KeyboardInterrupt

    monkeypatch.setattr(csv_writer, "write_csv", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(small(), str(tmp_path / "t.csv"))
    assert list(tmp_path.iterdir()) == []


def test_a_missing_directory(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No such file or directory"):
        write(small(), str(tmp_path / "none" / "t.csv"))


def test_a_directory_as_target(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="Is a directory"):
        write(small(), str(tmp_path), "csv")


def test_an_unwritable_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    # Permission bits do not stop root, who may run the tests; the refusal is made here.
    monkeypatch.setattr("builtins.open", denied)
    with pytest.raises(OutputError, match="Permission denied"):
        write(small(), str(tmp_path / "t.csv"))


def test_a_symbolic_link_and_the_mode_stay(tmp_path: Path) -> None:
    target = tmp_path / "real.csv"
    target.write_text("old")
    target.chmod(0o640)
    link = tmp_path / "link.csv"
    link.symlink_to(target)
    write(small(), str(link))
    assert link.is_symlink()
    assert target.read_text() == SMALL_CSV
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_device_is_not_replaced() -> None:
    write(small(), "/dev/null", "csv")
    assert Path("/dev/null").is_char_device()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_only_after_a_while_and_cleared() -> None:
    now = [0.0]
    stream = Terminal()
    with Progress(200, stream, lambda: now[0]) as progress:
        now[0] = 0.4
        progress.update(50)
        assert stream.getvalue() == ""
        now[0] = 0.6
        progress.update(100)
        assert stream.getvalue().endswith("read 100 of 200 octets (50 %)")
    assert stream.getvalue().endswith("\r\x1b[2K")


def test_no_progress_off_a_terminal() -> None:
    now = [0.0]
    stream = io.StringIO()
    with Progress(200, stream, lambda: now[0]) as progress:
        now[0] = 9.0
        progress.update(50)
    assert stream.getvalue() == ""


def test_progress_without_a_total() -> None:
    assert progress_text(1_234, None) == "read 1,234 octets"


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("odd", ["", "a,b", 'a"b', "=1+1", "-1", "é", "\udcff", "a\nb"])
def test_one_odd_text_among_plain_ones(odd: str, raw: bool) -> None:
    """Plain vocabularies are written at once: one text that is not must be as if it stood alone."""
    column = Column("x", Kind.TEXT, "")
    vocabulary = ["plain", odd, "also plain"]
    table = Table("t", (column,), {"x": Coded(np.array([0, 1, 2, -1]), vocabulary)})
    stream = io.BytesIO()
    write_csv(table, stream, raw=raw)
    cells = [text.csv_cell(one, raw=raw).encode("utf-8", "backslashreplace") for one in vocabulary]
    assert stream.getvalue() == b"\n".join([b"x", *cells, b"", b""])
