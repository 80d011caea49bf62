"""Tables for reading in a terminal.

A terminal is too narrow for every column, so each table has a layout of its important ones, in
stacks. Where the stacks' columns fit side by side they stand so; in a narrower terminal each stack
is one column of some lines a row; where even that is too wide, the last stacks are left out. With
addresses at their full length all stacks fit into 80 characters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from netmip6scope.tables import text
from netmip6scope.tables.columns import Column, Kind, Table

if TYPE_CHECKING:
    from rich.table import Table as RichTable

ROWS = 1000
"""More rows than this are for a file, not for a screen."""
WIDEST = 40
"""A column wider than this folds its texts."""

_DURATIONS = ("context", "binding", "preparation", "dl_gap", "ul_gap")
LAYOUTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "messages": (
        ("frame", "seq", "status"),
        ("time", "kind", "mn_id"),
        ("src", "dst", "summary"),
    ),
    "sessions": (
        ("mn_id", "hoa", "ar_path"),
        ("state", "start", "end"),
        ("session", "handoffs", "setup_ms", "binding_ms"),
    ),
    "handoffs": (
        ("mn_id", "sar", "tar"),
        ("outcome", "kind", "start"),
        ("context_ms", "binding_ms", "dl_gap_ms", "ul_gap_ms"),
    ),
    "stats": (
        ("by", "group", "handoffs", "complete", "success_percent"),
        *(
            tuple(f"{duration}_{name}_ms" for duration in _DURATIONS)
            for name in ("median", "p95", "max", "min", "p99")
        ),
    ),
}

Stack = tuple[Column, ...]
_GAP = 2


def write_console(table: Table, stream: TextIO, width: int | None = None) -> None:
    """Draw the table's important columns; ``width`` is the terminal's unless given."""
    from rich.console import Console

    # Output is data: rich must not style it further by what it takes for numbers or paths.
    console = Console(file=stream, width=width, highlight=False, markup=False, emoji=False)
    shown = min(len(table), ROWS)
    cells = {column.name: _cells(table, column, shown) for column in table.columns}
    stacks = choose(_stacks(table), cells, console.width)
    # rich ends the program on a closed pipe; written from here, that stays the caller's business.
    with console.capture() as drawn:
        console.print(_drawn(stacks, cells, shown))
        for line in _notes(table, stacks, shown):
            console.print(line, soft_wrap=True)
    stream.write(drawn.get())


def choose(stacks: list[Stack], cells: dict[str, list[str]], width: int) -> list[Stack]:
    """The stacks to draw within ``width`` characters: flat, else stacked, else the first few."""
    flat: list[Stack] = [(column,) for stack in stacks for column in stack]
    if _total(flat, cells) <= width:
        return flat
    while len(stacks) > 1 and _total(stacks, cells) > width:
        stacks = stacks[:-1]
    return stacks


def _total(stacks: list[Stack], cells: dict[str, list[str]]) -> int:
    return sum(_width(stack, cells) for stack in stacks) + _GAP * (len(stacks) - 1)


def _width(stack: Stack, cells: dict[str, list[str]]) -> int:
    from rich.cells import cell_len

    return min(WIDEST, max(cell_len(t) for c in stack for t in (c.name, *cells[c.name])))


def _stacks(table: Table) -> list[Stack]:
    by_name = {column.name: column for column in table.columns}
    layout = LAYOUTS.get(table.name) or tuple((name,) for name in by_name)
    return [tuple(by_name[name] for name in names if name in by_name) for names in layout]


def _cells(table: Table, column: Column, stop: int) -> list[str]:
    if column.kind is Kind.TEXT:
        return [text.printable(value or "") for value in table.texts(column, 0, stop)]
    show = {
        Kind.INT: text.whole,
        Kind.TIME: text.seconds,
        Kind.DURATION: text.milliseconds,
        Kind.PERCENT: text.percent,
    }[column.kind]
    return [show(value) for value in table.numbers(column)[:stop].tolist()]


def _drawn(stacks: list[Stack], cells: dict[str, list[str]], rows: int) -> RichTable:
    from rich.table import Table as RichTable
    from rich.text import Text

    # Rows of several lines need a blank line between them.
    tall = int(any(len(stack) > 1 for stack in stacks))
    drawn = RichTable(box=None, padding=(0, _GAP, tall, 0), pad_edge=False)
    for stack in stacks:
        right = not any(column.kind in (Kind.TEXT, Kind.TIME) for column in stack)
        drawn.add_column(
            Text("\n".join(column.name for column in stack)),
            justify="right" if right else "left",
            overflow="fold",
            max_width=WIDEST,
        )
    for row in range(rows):
        lines = ("\n".join(cells[column.name][row] for column in stack) for stack in stacks)
        drawn.add_row(*map(Text, lines))
    return drawn


def _notes(table: Table, stacks: list[Stack], shown: int) -> list[str]:
    notes = []
    if shown < len(table):
        notes.append(f"{len(table) - shown:,} more rows")
    if left := len(table.columns) - sum(map(len, stacks)):
        notes.append(f"{left} more columns")
    return ["", f"({' and '.join(notes)}: write them to a file with -o FILE)"] if notes else []
