"""The interfaces of one pcapng section, from its Interface Description Blocks."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from dissectors.frames import Interface, Ints
from dissectors.text import printable

MAX_INTERFACES = 65536
"""Of one section, and different ones of a file: more is a hostile file."""

_MIN_BLOCK = 20
_END, _NAME, _TSRESOL, _TSOFFSET = 0, 2, 9, 14
_MIN_STATISTICS = 24
_DROPS = (5, 7)
"""isb_ifdrop and isb_osdrop: lost at the interface, and in the operating system."""
_MICROSECONDS = 6


class BadBlock(Exception):
    """A block whose content contradicts its lengths; the message says how."""


class Description(NamedTuple):
    """One Interface Description Block; `name` is None without the option."""

    link_type: int
    snaplen: int
    name: str | None
    tsresol: int
    tsoffset_s: int


@dataclass(slots=True, eq=False)
class Table:
    """Columns over the interfaces of a section, all (n,) int64."""

    index: Ints
    snaplen: Ints
    tsresol: Ints
    tsoffset_s: Ints


@dataclass(slots=True, eq=False)
class Section:
    """A byte order and the interfaces described so far; `index` is that in the file's table."""

    order: str
    descriptions: list[Description] = field(default_factory=list)
    index: list[int] = field(default_factory=list)
    dropped: dict[int, int] = field(default_factory=dict)
    """By interface of the section: packets lost since the begin, by its latest statistics."""
    lost: dict[int, int] = field(default_factory=dict)
    """By interface: packets lost in front of others, as these say; not yet counted."""
    _table: Table | None = None

    def add(self, description: Description, index: int) -> None:
        """The section's next interface."""
        if len(self.index) >= MAX_INTERFACES:
            raise BadBlock(f"more than {MAX_INTERFACES} interfaces")
        self.descriptions.append(description)
        self.index.append(index)
        self._table = None

    def table(self) -> Table:
        """All interfaces as columns."""
        if self._table is None:
            rows = self.descriptions
            self._table = Table(
                np.array(self.index, np.int64),
                np.array([row.snaplen for row in rows], np.int64),
                np.array([row.tsresol for row in rows], np.int64),
                np.array([row.tsoffset_s for row in rows], np.int64),
            )
        return self._table


class Interfaces:
    """The different interfaces of a file, over all its sections."""

    def __init__(self, point: str, fixed: bool) -> None:
        """`point` names interfaces without a name, and all of them when `fixed`."""
        self._point = point
        self._fixed = fixed
        self._number: dict[Interface, int] = {}
        self.all: tuple[Interface, ...] = ()

    def number(self, description: Description) -> int:
        """The index of a described interface in `all`."""
        name = None if self._fixed else description.name
        interface = Interface(description.link_type, name or self._point)
        known = self._number.get(interface)
        if known is not None:
            return known
        if len(self._number) >= MAX_INTERFACES:
            raise BadBlock(f"more than {MAX_INTERFACES} interfaces")
        self._number[interface] = len(self._number)
        return self._number[interface]

    def point(self, number: int) -> str:
        """The capture point of an interface."""
        self.publish()
        return self.all[number].point

    def publish(self) -> None:
        """Bring `all` up to date."""
        if len(self.all) != len(self._number):
            self.all = tuple(self._number)


def describe(block: bytes, order: str) -> Description:
    """Read an Interface Description Block. Raises BadBlock."""
    if len(block) < _MIN_BLOCK:
        raise BadBlock("interface description is too short")
    link_type, _, snaplen = struct.unpack_from(order + "HHI", block, 8)
    name, tsresol, tsoffset_s = None, _MICROSECONDS, 0
    for code, value in _options(block, 16, order):
        if code == _NAME:
            name = printable(value.rstrip(b"\0"))
        elif code == _TSRESOL and len(value) == 1:
            tsresol = value[0]
        elif code == _TSOFFSET and len(value) == 8:
            (tsoffset_s,) = struct.unpack(order + "q", value)
    return Description(link_type, snaplen, name, tsresol, tsoffset_s)


def drops(block: bytes, order: str) -> tuple[int, int] | None:
    """Interface and packets lost of an Interface Statistics Block; None where it does not say."""
    if len(block) < _MIN_STATISTICS:
        return None
    (interface,) = struct.unpack_from(order + "I", block, 8)
    try:
        options = list(_options(block, 20, order))
    except BadBlock:  # what cannot be read are statistics, not packets
        return None
    told = [value for code, value in options if code in _DROPS and len(value) == 8]
    return (interface, sum(struct.unpack(order + "Q", v)[0] for v in told)) if told else None


def _options(block: bytes, position: int, order: str) -> Iterator[tuple[int, bytes]]:
    """Code and value of each option of a block."""
    end = len(block) - 4
    while position + 4 <= end:
        code, length = struct.unpack_from(order + "HH", block, position)
        position += 4
        if position + length > end:
            raise BadBlock("option runs past the end of its block")
        if code == _END:
            return
        yield code, block[position : position + length]
        position += -(-length // 4) * 4
