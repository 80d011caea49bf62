"""How a layout's fixed part becomes nodes: worked out once for each message class.

Whole octets are taken out of the frame in one move; what is smaller is shifted out of them.
"""

from __future__ import annotations

import struct
from functools import partial
from typing import Any

from dissectors.layout import Field, Kind, Layout, Message
from dissectors.node import Option, What
from dissectors.shown import FieldShown, shown

_OCTETS = (Kind.IPV6, Kind.IPV4, Kind.LINK, Kind.STRING)
_BIG = partial(int.from_bytes, byteorder="big")
_LITTLE = partial(int.from_bytes, byteorder="little")
_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}


class Row:
    """One fixed field: its octets, and where its bits are in the group taken out with them."""

    __slots__ = ("begin", "end", "field", "group", "kind", "mask", "shift", "what")

    def __init__(self, layout: Layout, field: Field, group: int, shift: int, mask: int) -> None:
        self.what = shown(layout, field)
        self.field = field
        self.kind = field.kind
        self.begin = field.begin
        self.end = field.end
        self.group = group
        self.shift = shift
        self.mask = mask
        """0: the group is the field."""


class Plan:
    """All that reading a message needs to know of its layout."""

    __slots__ = (
        "_names",
        "_odd",
        "_struct",
        "derived",
        "fixed",
        "layout",
        "option",
        "reserved",
        "rows",
        "steps",
        "tail",
        "tail_shown",
        "unpack",
        "whats",
    )

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.fixed = layout.fixed
        self.tail = layout.tail
        self.tail_shown: FieldShown | None = (
            None if layout.tail is None else shown(layout, layout.tail)
        )
        self.option = Option("option", layout.label, layout.prefix)
        """What an option of this layout is."""
        self.whats: dict[str, What] = {}
        """What whole nodes of this layout are, by their names."""
        self.rows: list[Row] = []
        self._odd: list[tuple[int, Any]] = []
        """Groups that `struct` has no code for, and how they become numbers."""
        codes = ">" + "".join(self._groups([f for f in layout.fields if not f.kind.is_tail]))
        self._struct = struct.Struct(codes)
        self.unpack: Any = self._struct.unpack_from if not self._odd else self._unpack
        self._names = {row.field.name: row for row in self.rows}
        self.derived = [row for row in self.rows if row.kind.is_derived]
        self.steps = [
            (row.what, row.begin, row.end, row.group, row.shift, row.mask)
            for row in self.rows
            if row.kind is not Kind.RESERVED
        ]
        self.reserved = _places(self.rows)
        """Reserved fields, and how many others stand before each."""

    def _groups(self, fields: list[Field]) -> list[str]:
        """`struct` codes of the groups, each of which ends with an octet."""
        codes: list[str] = []
        waiting: list[Field] = []
        for field in fields:
            waiting.append(field)
            if (field.bit + field.width) % 8:
                continue
            end, begin = field.bit + field.width, waiting[0].bit
            group, size = len(codes), (end - begin) // 8
            codes.append(self._code(waiting, group, size))
            for each in waiting:
                alone = len(waiting) == 1
                mask = 0 if alone else (1 << each.width) - 1
                shift = end - each.bit - each.width
                self.rows.append(Row(self.layout, each, group, shift, mask))
            waiting = []
        return codes

    def _code(self, fields: list[Field], group: int, size: int) -> str:
        kind = fields[0].kind
        if kind in _OCTETS:
            return f"{size}s"
        if kind is Kind.LITTLE or size not in _CODES:
            self._odd.append((group, _LITTLE if kind is Kind.LITTLE else _BIG))
            return f"{size}s"
        return _CODES[size]

    def _unpack(self, data: bytes, begin: int) -> list[Any]:
        values = list(self._struct.unpack_from(data, begin))
        for group, number in self._odd:
            values[group] = number(values[group])
        return values

    def value(self, name: str, values: Any) -> Any:  # noqa: ANN401
        """A field's bits in the groups: a number, or octets."""
        return self.bits(self._names[name], values)

    def bits(self, row: Row, values: Any) -> Any:  # noqa: ANN401
        value = values[row.group]
        return value >> row.shift & row.mask if row.mask else value

    def what(self, name: str) -> What:
        """What a whole node of this layout is."""
        found = self.whats.get(name)
        if found is None:
            layout = self.layout
            found = self.whats[name] = What(name, layout.label, layout.prefix)
        return found


def _places(rows: list[Row]) -> list[tuple[int, Row]]:
    found: list[tuple[int, Row]] = []
    for row in rows:
        if row.kind is Kind.RESERVED:
            found.append((rows.index(row) - len(found), row))
    return found


_PLANS: dict[type[Message], Plan] = {}


def plan_of(message: type[Message]) -> Plan:
    """The plan of a message class; made once."""
    found = _PLANS.get(message)
    if found is None:
        found = _PLANS[message] = Plan(message.layout)
    return found
