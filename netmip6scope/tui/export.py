"""A view to a file: rows as a table, a ladder as a picture, frames as a capture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dissectors.frames import Interface, Ints
from netmip6scope.capture.writer import Writer
from netmip6scope.errors import UsageError
from netmip6scope.ladder.draw import draw, format_for
from netmip6scope.ladder.model import Ladder
from netmip6scope.tables.columns import Coded, Table, Values
from netmip6scope.tables.output import replaced_file, resolve, write_to
from netmip6scope.tui.view import View

_WIDTH = 120


def export_table(table: Table, rows: Ints, columns: Sequence[str], path: str) -> None:
    """Rows in this order and with these columns; the name's ending says the format.

    Raises UsageError, OutputError, MissingProgram.
    """

    def kept(values: Values) -> Values:
        return (
            Coded(values.codes[rows], values.vocabulary)
            if isinstance(values, Coded)
            else values[rows]
        )

    by_name = {column.name: column for column in table.columns}
    chosen = tuple(by_name[name] for name in columns)
    values = {column.name: kept(table.values[column.name]) for column in chosen}
    write_to(Table(table.name, chosen, values), resolve(_named(path), None))


def export_ladder(ladder: Ladder, path: str, *, absolute: bool) -> None:
    """A ladder as .svg, .txt or .mmd. Raises UsageError, OutputError."""
    drawing = draw(ladder, format_for(_named(path), None), _WIDTH, absolute=absolute)
    with replaced_file(path) as stream:
        stream.write(drawing.encode("utf-8", "backslashreplace"))


def write_capture(view: View, rows: Ints, path: str) -> None:
    """The frames of messages as pcapng, each with its message's line as a comment.

    Times are the tables'. Raises UsageError, OutputError.
    """
    if not len(rows):
        raise UsageError("nothing to write: no message belongs to this")
    times = view.numbers("messages", "time")
    numbers: dict[Interface, int] = {}
    with replaced_file(_named(path)) as stream:
        writer = Writer(stream)
        for row in rows[np.argsort(times[rows], kind="stable")].tolist():
            stored = view.frame(row)
            interface = Interface(stored.link_type, view.text("messages", "point", row))
            if interface not in numbers:
                numbers[interface] = writer.describe(interface)
            said = view.text("messages", "summary", row)
            number = numbers[interface]
            writer.frame(stored.octets, stored.wirelen, int(times[row]), number, said)


def _named(path: str) -> str:
    if path in ("", "-"):
        raise UsageError("name a file")
    return path
