"""What a filter can name, as a table and as the reference in docs/filters.md.

`python -m netmip6scope.filter.reference docs/filters.md` writes the reference anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from netmip6scope.errors import ScopeError
from netmip6scope.filter.catalogue import table_fields
from netmip6scope.filter.fields import Field, Type
from netmip6scope.filter.protocols import protocol_fields
from netmip6scope.tables.columns import Column, Kind, Table, Values
from netmip6scope.tables.text import printable

if TYPE_CHECKING:
    from netmip6scope.tables.columns import Objects

COLUMNS = (
    Column("name", Kind.TEXT, "Name in a filter."),
    Column("type", Kind.TEXT, "What it holds."),
    Column("label", Kind.TEXT, "What it is."),
    Column("ref", Kind.TEXT, "Where it is defined: a section, or the table whose column it is."),
    Column("labels", Kind.TEXT, "Texts that stand for numbers, joined by '; '."),
)
MARK = "<!-- generated: python -m netmip6scope.filter.reference docs/filters.md -->\n"


def fields_table(pattern: str | None = None) -> Table:
    """One row per field whose name or label has the pattern in it, or fits it as a glob.

    Raises ScopeError where there is none.
    """
    found = [field for field in _all() if pattern is None or _fits(field, pattern.lower())]
    if not found:
        raise ScopeError(f"no field has {printable(pattern or '')} in its name or label")
    rows = [
        (f.name, type_text(f), f.label, f.ref, "; ".join(label for label, _ in f.labels) or None)
        for f in found
    ]
    values: dict[str, Values] = {
        column.name: _objects(cells)
        for column, cells in zip(COLUMNS, zip(*rows, strict=True), strict=True)
    }
    return Table("fields", COLUMNS, values)


def type_text(field: Field) -> str:
    """The type, with a number's bits and what it counts."""
    if field.type is not Type.NUMBER or field.is_column:
        return field.type.value
    counts = ""
    if field.unit:
        counts = f", {field.unit}" if field.scale == 1 else f", {field.scale} {field.unit} each"
    return f"{field.type.value}, {field.bits} bits{counts}"


def reference() -> str:
    """The reference in Markdown."""
    fields = protocol_fields().values()
    protocols: dict[str, list[Field]] = {}
    for field in fields:
        protocols.setdefault(field.name.partition(".")[0], []).append(field)
    parts = [
        *(_section(f"Columns of `{name}`", each.values()) for name, each in table_fields().items()),
        *(_section(f"`{name}`", each) for name, each in protocols.items()),
        _labels([field for field in fields if field.labels]),
    ]
    return "\n".join(parts)


def _section(title: str, fields: Iterable[Field]) -> str:
    rows = (f"| `{f.name}` | {type_text(f)} | {_cell(f.label)} | {_cell(f.ref)} |" for f in fields)
    head = f"### {title}\n\n| name | type | label | ref |\n|---|---|---|---|\n"
    return head + "\n".join((*rows, ""))


def _labels(fields: list[Field]) -> str:
    sharing: dict[tuple[tuple[str, int], ...], list[str]] = {}
    for field in fields:
        sharing.setdefault(field.labels, []).append(f"`{field.name}`")
    lines = (
        f"- {', '.join(names)}: " + ", ".join(f'"{label}" {number}' for label, number in labels)
        for labels, names in sharing.items()
    )
    return "\n".join(("### Labels\n", *lines, ""))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def rewritten(document: str) -> str:
    """The document with the reference behind its mark made anew."""
    head, mark, _ = document.partition(MARK)
    if not mark:
        raise ScopeError(f"the mark is missing: {MARK.strip()}")
    return f"{head}{mark}\n{reference()}"


def _all() -> Iterator[Field]:
    for fields in table_fields().values():
        yield from fields.values()
    yield from protocol_fields().values()


def _fits(field: Field, pattern: str) -> bool:
    texts = (field.name.lower(), field.label.lower())
    if any(sign in pattern for sign in "*?["):
        return any(fnmatchcase(text, pattern) for text in texts)
    return any(pattern in text for text in texts)


def _objects(cells: tuple[str | None, ...]) -> Objects:
    out = np.empty(len(cells), object)
    out[:] = cells
    return out


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(rewritten(path.read_text("utf-8")), "utf-8")
