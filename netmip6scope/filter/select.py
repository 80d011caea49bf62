"""Applies a filter: to the table of an analysis, or to one frame after the other.

Columns are asked when the table is finished. A test of a protocol field needs the frames: while
the captures are read, `Selection.see` decodes those with messages and notes what each test says,
leaving out frames whose kind of message settles the filter anyway.

A message has the fields of its frame. For a row of another table a test of a protocol field holds
if it holds for one of the row's messages; two tests may be met by two messages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dissectors.aside.waiting import Waiting
from dissectors.frames import FrameBatch, Ints
from dissectors.node import Node
from dissectors.profile import Profile
from dissectors.scan.batch import MessageBatch, Scanned
from dissectors.scan.kinds import FIRST_WORD, kind_label
from dissectors.tree import decode
from netmip6scope.filter import catalogue, columns
from netmip6scope.filter.columns import Mask
from netmip6scope.filter.expression import Expression, Test, Value, each_test
from netmip6scope.filter.fields import Field
from netmip6scope.filter.match import fields_of, holds, occurrences, verdict
from netmip6scope.filter.parse import parse
from netmip6scope.tables.columns import Coded, Kind, Table, Values

_KEYS = {"sessions": ("session",), "handoffs": ("handoff",), "findings": ("frame", "point")}
"""The columns by which messages belong to the rows of a table."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter for the rows of one table, or for frames."""

    table: str
    expression: Expression

    @classmethod
    def parsed(cls, text: str, table: str) -> Filter:
        """Raises FilterError. `table` is one of `tables.schema`, or `catalogue.FRAMES`."""
        return cls(table, parse(text, catalogue.catalogue(table)))

    @property
    def frame_tests(self) -> list[Test]:
        """The tests that columns do not answer, each once."""
        asked = (test for test in each_test(self.expression) if not test.field.is_column)
        return list(dict.fromkeys(asked))

    @property
    def frame_fields(self) -> list[Field]:
        return [field for field in fields_of(self.expression) if not field.is_column]

    def keeps(self, tree: Node, **frame_columns: Value) -> bool:
        """Whether it holds for a frame with this tree and these columns."""
        known = occurrences(tree, self.frame_fields)
        known |= {name: [value] for name, value in frame_columns.items()}
        return bool(verdict(self.expression, known))


class Selection:
    """The rows that a filter holds for, during one analysis."""

    def __init__(self, chosen: Filter) -> None:
        self._filter = chosen
        self._tests = chosen.frame_tests
        self._fields = chosen.frame_fields
        self._waiting = Waiting()
        self._answers: list[Mask] = []
        """(tests, messages) of each batch."""

    def points_apart(self) -> None:
        """Several capture points are read one after the other."""
        self._waiting.apart = True

    @property
    def needs_messages(self) -> bool:
        """Whether it needs the messages, also where another table is asked for."""
        return bool(self._tests)

    def see(
        self,
        messages: MessageBatch,
        batch: FrameBatch,
        profile: Profile,
        scanned: Scanned | None = None,
    ) -> None:
        """Note what the messages' frames answer; to be called for every batch, in order.

        scanned: the batch, where it is all of a file's frames and not only those with messages.
        """
        if not self._tests:
            return
        answers = np.zeros((len(self._tests), len(messages)), np.bool_)
        rows: dict[int, list[int]] = {}
        words: Sequence[bytes] = ()
        if scanned is not None:
            # A frame without a message may have a part of a later one.
            parts = np.setdiff1d(scanned.aside, messages.frame).tolist()
            rows = {frame: [] for frame in parts}
            words = () if scanned.words is None else scanned.words.octets
        for row, frame in self._open(messages, words):
            rows.setdefault(frame, []).append(row)
        for frame in sorted(rows):
            tree = frame_tree(batch, frame - batch.first_frame, profile, self._waiting)
            if rows[frame]:
                found = occurrences(tree, self._fields)
                said = [holds(test, found[test.field.name]) for test in self._tests]
                answers[:, rows[frame]] = np.array(said)[:, None]
        self._answers.append(answers)

    def _open(self, messages: MessageBatch, words: Sequence[bytes]) -> Iterator[tuple[int, int]]:
        """Row and frame of each message of which the kind alone does not settle the filter."""
        settled: dict[int, bool] = {}
        for row, (kind, frame) in enumerate(
            zip(messages.kind.tolist(), messages.frame.tolist(), strict=True)
        ):
            if kind not in settled:
                known = kind < FIRST_WORD or bool(words)
                settled[kind] = known and self._settles(kind_label(kind, words))
            if not settled[kind]:
                yield row, frame

    def _settles(self, label: str) -> bool:
        if self._filter.table != "messages":
            return False
        return verdict(self._filter.expression, {"kind": [label]}) is not None

    def keep(self, which: Ints) -> None:
        """Let the messages so far be those of `which`, in its order: what is seen twice goes."""
        if self._tests:
            self._answers = [self._joined()[:, which]]

    def rows(self, table: Table, messages: Table | None = None) -> Table:
        """The rows of the table for which the filter holds.

        messages: the finished table of messages, in the order in which they were seen or kept.
        """
        return taken(table, self.mask(table, messages))

    def mask(self, table: Table, messages: Table | None = None) -> Mask:
        """(rows,) whether the filter holds; see `rows`."""
        answers: dict[Test, Mask] = dict(zip(self._tests, self._joined(), strict=True))

        def elsewhere(test: Test) -> Mask:
            if table.name == "messages":
                return answers[test]
            assert messages is not None
            return _owners(table, taken(messages, answers[test]))

        return columns.mask(self._filter.expression, table, elsewhere)

    def _joined(self) -> Mask:
        if not self._answers:
            return np.zeros((len(self._tests), 0), np.bool_)
        joined: Mask = np.concatenate(self._answers, axis=1)
        return joined


def frame_tree(batch: FrameBatch, row: int, profile: Profile, waiting: Waiting) -> Node:
    """The tree of one frame of a batch; waiting: fragments of earlier ones."""
    assert 0 <= row < len(batch), "messages come with the batch that holds their frames"
    number = int(batch.interface[row])
    interface = batch.interfaces[number]
    return decode(
        batch.frame(row),
        interface.link_type,
        int(batch.wirelen[row]),
        profile,
        fragments=waiting.of(interface.point, number),
        time_ns=int(batch.time_ns[row]),
    )


def taken(table: Table, mask: Mask) -> Table:
    """The rows that the mask has set."""

    def kept(values: Values) -> Values:
        if isinstance(values, Coded):
            return Coded(values.codes[mask], values.vocabulary)
        return values[mask]

    return Table(table.name, table.columns, {name: kept(v) for name, v in table.values.items()})


def _owners(table: Table, messages: Table) -> Mask:
    """The rows to which one of the messages belongs."""
    names = _KEYS[table.name]
    theirs = set(zip(*(_listed(messages, name) for name in names), strict=True))
    rows = zip(*(_listed(table, name) for name in names), strict=True)
    return np.array([row in theirs for row in rows], np.bool_)


def _listed(table: Table, name: str) -> list[int] | list[str | None]:
    column = next(each for each in table.columns if each.name == name)
    if column.kind is Kind.TEXT:
        return table.texts(column)
    numbers: list[int] = table.numbers(column).tolist()
    return numbers
