"""What is known of the captures now, as screens show it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from dissectors.authentication.checks import Checks
from dissectors.authentication.keys import Keys
from dissectors.fragments import Fragments
from dissectors.frames import Ints
from dissectors.node import Node
from dissectors.profile import Profile
from dissectors.tree import decode
from netmip6scope.capture.inputs import default_point
from netmip6scope.ladder.build import build
from netmip6scope.ladder.choice import Choice, choose
from netmip6scope.ladder.model import Ladder
from netmip6scope.pipeline import Result
from netmip6scope.tables.columns import NULL, Column, Table
from netmip6scope.tui.frames import FrameStore, read_frame
from netmip6scope.tui.parts import Stored

_LEARNED_FROM = 50
_KEYS = {"sessions": "session", "handoffs": "handoff", "findings": "time"}


@dataclass(frozen=True, slots=True)
class Opened:
    """A frame with its tree. row: of its message; -1 where it has none."""

    row: int
    frame: Stored
    tree: Node


@dataclass(frozen=True, slots=True)
class View:
    """The tables until now, and the frames behind them."""

    result: Result
    frames: int
    done: bool
    store: FrameStore
    profile: Profile
    keys: Keys | None = None
    begin_ns: int = field(init=False)
    """The first message's time."""

    def __post_init__(self) -> None:
        begin_ns = self.result.begin_ns
        object.__setattr__(self, "begin_ns", 0 if begin_ns == NULL else begin_ns)

    def moved_from(self, before: View, table: str) -> Ints:
        """The row here of every row that a table had before; -1 of what left memory."""
        old, new = before._keys(table), self._keys(table)
        # Findings of one moment keep their order.
        first = np.searchsorted(old, old)
        rows = np.searchsorted(new, old) + np.arange(len(old)) - first
        known = np.append(new, NULL)[np.minimum(rows, len(new))] == old
        return np.where(known, rows, -1)

    def _keys(self, table: str) -> Ints:
        """Ascending numbers by which rows of a table are found again."""
        if table == "messages":
            return self.result.message_number
        return self.numbers(table, _KEYS[table])

    @property
    def tables(self) -> dict[str, Table]:
        return self.result.tables

    def numbers(self, table: str, name: str) -> Ints:
        """A column that is not text."""
        return self.tables[table].numbers(self.column(table, name))

    def column(self, table: str, name: str) -> Column:
        return next(c for c in self.tables[table].columns if c.name == name)

    def text(self, table: str, name: str, row: int) -> str:
        """A text cell; "" where it is unknown."""
        return self.tables[table].texts(self.column(table, name), row, row + 1)[0] or ""

    def number(self, table: str, name: str, row: int) -> int | None:
        """A cell of a column that is not text; None where it is unknown."""
        value = int(self.numbers(table, name)[row])
        return None if value == NULL else value

    def open(self, row: int) -> Opened:
        """A message's frame. Raises OutputError if it cannot be read back."""
        checks = None
        if self.keys is not None:
            checks = Checks(self.keys)
            for earlier in self._before(row):
                frames = self._frames(earlier)
                if any(checks.concerns(frame.octets) for frame in frames):
                    self._tree(frames, checks)
        frames = self._frames(row)
        return Opened(row, frames[-1], self._tree(frames, checks))

    def _frames(self, row: int) -> list[Stored]:
        """A message's frame, behind those with fragments of it."""
        return self.store.frames(int(self.result.message_number[row]))

    def frame(self, row: int) -> Stored:
        """A message's frame, with its octets. Raises OutputError if it cannot be read back."""
        return self.store.frame(int(self.result.message_number[row]))

    def row_of(self, table: str, number: int) -> int:
        """The row of a message, session or handoff; -1 if it left memory."""
        numbers = self._keys(table)
        row = int(np.searchsorted(numbers, number))
        return row if row < len(numbers) and numbers[row] == number else -1

    def open_frame(self, number: int, point: str) -> Opened | None:
        """A frame without a message, where it is certain which capture has it.

        None where it is not, or where that can be read only once. Raises InputError.
        """
        sources = self.result.files.sources
        named = [s for s in sources if point in (s.point, default_point(s.path))]
        found = sources if len(sources) == 1 else named
        stored = read_frame(found[0], number) if len(found) == 1 else None
        return None if stored is None else Opened(-1, stored, self._tree([stored], None))

    def _tree(self, frames: list[Stored], checks: Checks | None) -> Node:
        """The last frame's tree."""
        waiting, profile = Fragments(), self.profile
        for frame in frames:
            tree = decode(
                frame.octets,
                frame.link_type,
                frame.wirelen,
                profile,
                checks if frame is frames[-1] else None,
                fragments=waiting,
                time_ns=frame.time_ns,
            )
        return tree

    def _before(self, row: int) -> list[int]:
        """Messages that a verdict may need: the last of the session and the last of all."""
        session = self.numbers("messages", "session")
        mine = np.flatnonzero(session[:row] == session[row])[-_LEARNED_FROM:]
        return sorted({*mine.tolist(), *range(max(row - _LEARNED_FROM, 0), row)})

    def ladder(self, session: int) -> Ladder | None:
        """A session's ladder; None if it has no message."""
        chosen = choose(self.tables, Choice(session=session))
        return build(self.tables, chosen) if len(chosen.messages) else None

    def messages_of(self, table: str, rows: Ints) -> Ints:
        """The messages that belong to rows of a table, in the order of the captures."""
        if table == "messages":
            return np.unique(rows)
        if table == "findings":
            frames = self.numbers("findings", "frame")[rows]
            times = self.numbers("findings", "time")[rows]
            at = np.isin(self.numbers("messages", "frame"), frames[frames != NULL])
            return np.flatnonzero(at & np.isin(self.numbers("messages", "time"), times))
        name = table.removesuffix("s")
        numbers = self.numbers(table, name)[rows]
        return np.flatnonzero(np.isin(self.numbers("messages", name), numbers))

    def message_of_finding(self, row: int) -> int | None:
        """The message that shows a finding, if one does."""
        found = self.messages_of("findings", np.array([row]))
        return int(found[0]) if len(found) else None
