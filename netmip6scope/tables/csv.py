"""CSV (RFC 4180, UTF-8, lines ending in LF), written a block of rows at a time.

A block becomes one matrix of octets, a row of it per table row: every cell is as wide as the widest
of its column, and the octets that a cell does not need hold 0xFF, which never occurs in UTF-8.
Dropping all 0xFF then leaves the text. Digits come four at a time from a table of 10,000 groups.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from netmip6scope.tables.columns import NULL, Coded, Column, Kind, Table
from netmip6scope.tables.text import FORMULA_STARTS, csv_cell, plain_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Octets = NDArray[np.uint8]

BLOCK_ROWS = 4096
BLOCK_OCTETS = 8 << 20
"""A block is halved while its matrix would be larger than this: one huge cell widens all rows."""

_PAD = 0xFF
_DECIMALS = {Kind.INT: 0, Kind.TIME: 9, Kind.DURATION: 6, Kind.PERCENT: 4}
_GROUP = 10_000
_LEADING = _GROUP
"""Index shift to a group with nothing above it: its leading zeros are left out."""
_FORMULA_OCTETS = np.frombuffer(FORMULA_STARTS.encode(), np.uint8)


def _groups() -> NDArray[np.uint32]:
    """Four digits of every number, then the same without leading zeros."""
    number, power = np.arange(_GROUP)[:, None], np.array([1000, 100, 10, 1])
    plain = (number // power % 10 + ord("0")).astype(np.uint8)
    leading = np.where(number < power, np.uint8(_PAD), plain)
    return np.concatenate([plain, leading]).view(np.uint32)[:, 0]


_GROUPS = _groups()


def write_csv(table: Table, stream: BinaryIO, *, raw: bool = False) -> None:
    """Write a header and all rows; raw leaves texts that a spreadsheet would run as they are."""
    header = ",".join(csv_cell(column.name, raw=True) for column in table.columns)
    stream.write(header.encode() + b"\n")
    prepared = _Prepared(table, raw)
    for start in range(0, len(table), BLOCK_ROWS):
        _write_block(prepared, stream, start, min(start + BLOCK_ROWS, len(table)))


def _write_block(prepared: _Prepared, stream: BinaryIO, start: int, stop: int) -> None:
    if stop - start > 1 and prepared.widest(start, stop) * (stop - start) > BLOCK_OCTETS:
        middle = (start + stop) // 2
        _write_block(prepared, stream, start, middle)
        _write_block(prepared, stream, middle, stop)
        return
    cells = prepared.cells(start, stop)
    width = sum(cell.shape[1] + 1 for cell in cells)
    matrix = np.empty((stop - start, width), np.uint8)
    at = 0
    for cell in cells:
        end = at + cell.shape[1]
        matrix[:, at:end] = cell
        matrix[:, end] = ord(",")
        at = end + 1
    matrix[:, -1] = ord("\n")
    stream.write(matrix.tobytes().translate(None, b"\xff"))


class _Prepared:
    """The table with the vocabularies of its coded columns turned into octets once."""

    def __init__(self, table: Table, raw: bool) -> None:
        self._table = table
        self._raw = raw
        self._coded: dict[str, _Vocabulary] = {}
        for column in table.columns:
            values = table.values[column.name]
            if isinstance(values, Coded):
                self._coded[column.name] = _Vocabulary(values, raw)

    def widest(self, start: int, stop: int) -> int:
        """A bound on the octets of one row of the matrix for these rows."""
        return sum(self._bound(column, start, stop) for column in self._table.columns)

    def _bound(self, column: Column, start: int, stop: int) -> int:
        if column.kind is not Kind.TEXT:
            return 32
        if column.name in self._coded:
            return self._coded[column.name].bound(start, stop)
        # 4 octets at most for a character of UTF-8; no more for an escaped or a quoted one but by
        # a factor that the limit need not be exact about.
        return 4 * max(map(len, filter(None, self._table.texts(column, start, stop))), default=0)

    def cells(self, start: int, stop: int) -> list[Octets]:
        """The matrix of each column for these rows."""
        return [self._cell(column, start, stop) for column in self._table.columns]

    def _cell(self, column: Column, start: int, stop: int) -> Octets:
        if column.kind is not Kind.TEXT:
            numbers = self._table.numbers(column)[start:stop]
            return number_cells(numbers, _DECIMALS[column.kind])
        if column.name in self._coded:
            return self._coded[column.name].cells(start, stop)
        texts = [text or "" for text in self._table.texts(column, start, stop)]
        return text_cells(texts, raw=self._raw)


class _Vocabulary:
    """A coded column; its distinct texts as octets one after another, and where each one lies."""

    def __init__(self, coded: Coded, raw: bool) -> None:
        octets, lengths = _laid_out(coded.vocabulary, raw)
        self._codes = coded.codes
        # The last entry, which the code -1 picks, is the empty text of an unknown value.
        self._lengths = np.array([*lengths, 0], np.int64)
        self._starts = np.cumsum(self._lengths) - self._lengths
        self._octets = np.frombuffer(octets, np.uint8)
        width = int(self._lengths.max())
        self._matrix: Octets | None = None
        if width * len(self._lengths) <= BLOCK_OCTETS:
            self._matrix = _scattered(self._octets, self._lengths, width)

    def bound(self, start: int, stop: int) -> int:
        """The octets of the longest text in these rows."""
        if self._matrix is not None:
            return int(self._matrix.shape[1])
        return int(self._lengths[self._codes[start:stop]].max())

    def cells(self, start: int, stop: int) -> Octets:
        """The matrix of these rows."""
        codes = self._codes[start:stop]
        if self._matrix is not None:
            return self._matrix[codes]
        lengths = self._lengths[codes]
        width = int(lengths.max())
        inside = np.arange(width) < lengths[:, None]
        cells = np.full(inside.shape, _PAD, np.uint8)
        cells[inside] = self._octets[(self._starts[codes][:, None] + np.arange(width))[inside]]
        return cells


def number_cells(values: NDArray[np.int64], decimals: int) -> Octets:
    """Decimal text of each value over ``10**decimals``, as padded octets; NULL is all padding."""
    unknown = values == NULL
    magnitude = np.where(unknown, 0, np.abs(values)).view(np.uint64)
    scale = np.uint64(10**decimals)
    integer = magnitude // scale if decimals else magnitude
    left = _integer_digits(integer)
    blocks = [left]
    negative = values < 0
    negative &= ~unknown
    if negative.any():
        sign = np.where(negative, np.uint8(ord("-")), np.uint8(_PAD))
        blocks.insert(0, sign[:, None])
    if decimals:
        point = np.full((len(values), 1), ord("."), np.uint8)
        blocks += [point, _fraction_digits(magnitude - integer * scale, decimals)]
    cells = np.concatenate(blocks, axis=1) if len(blocks) > 1 else left
    if unknown.any():
        cells[unknown] = _PAD
    return cells


def _integer_digits(values: NDArray[np.uint64]) -> Octets:
    """Digits without leading zeros, but one digit at least."""
    count = max(1, -(-len(str(values.max())) // 4))
    groups = np.empty((len(values), count), np.uint32)
    for place in range(count - 1, -1, -1):
        above = values // np.uint64(_GROUP)
        index = (values - above * np.uint64(_GROUP)).astype(np.int64)
        index += _LEADING * (above == 0)
        groups[:, place] = _GROUPS[index]
        values = above
    digits = groups.view(np.uint8)
    last = digits[:, -1]
    last[last == _PAD] = ord("0")
    return digits


def _fraction_digits(values: NDArray[np.uint64], decimals: int) -> Octets:
    """Exactly ``decimals`` digits of each value."""
    count = -(-decimals // 4)
    groups = np.empty((len(values), count), np.uint32)
    for place in range(count - 1, -1, -1):
        above = values // np.uint64(_GROUP)
        groups[:, place] = _GROUPS[(values - above * np.uint64(_GROUP)).astype(np.int64)]
        values = above
    return groups.view(np.uint8)[:, 4 * count - decimals :]


def text_cells(texts: list[str], *, raw: bool) -> Octets:
    """Texts as CSV cells in padded octets."""
    joined = "".join(texts)
    special = any(mark in joined for mark in ',"\r\n')
    if not special and joined.isascii():
        cells = _matrix(joined.encode(), list(map(len, texts)))
        if raw or not cells.shape[1] or not np.isin(cells[:, 0], _FORMULA_OCTETS).any():
            return cells
    encoded = [_encoded(csv_cell(text, raw=raw)) for text in texts]
    return _matrix(b"".join(encoded), list(map(len, encoded)))


def _matrix(joined: bytes, lengths: list[int]) -> Octets:
    octets = np.frombuffer(joined, np.uint8)
    return _scattered(octets, np.array(lengths, np.int64), max(lengths, default=0))


def _scattered(octets: Octets, lengths: NDArray[np.int64], width: int) -> Octets:
    cells = np.full((len(lengths), width), _PAD, np.uint8)
    cells[np.arange(width) < lengths[:, None]] = octets
    return cells


def _laid_out(vocabulary: list[str], raw: bool) -> tuple[bytes, Iterable[int]]:
    """The cells of texts one after another, and their lengths; most are their own cells."""
    joined = "".join(vocabulary)
    if joined.isascii() and plain_cells(vocabulary, joined, raw=raw):
        return joined.encode(), map(len, vocabulary)
    texts = [_encoded(csv_cell(text, raw=raw)) for text in vocabulary]
    return b"".join(texts), map(len, texts)


def _encoded(text: str) -> bytes:
    """UTF-8; what has no UTF-8, a lone surrogate, as an escape, so that 0xFF stays unused."""
    return text.encode("utf-8", "backslashreplace")
