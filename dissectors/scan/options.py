"""Walks the option lists of many messages at once, one option of each per step.

What comes out is a table of options, first options first. Options that are too short for their
declared fields are left out of it, as is all behind one that runs out of its message; both make the
message malformed, unless the list ends where the snap length cut it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dissectors import options as one_message
from dissectors.errors import ParseError
from dissectors.frames import Flags, Ints, Octets
from dissectors.layout import Framing, Registry
from dissectors.registries import MOBILITY_OPTIONS
from dissectors.scan import gather

_MAY_BE_LONGER = np.zeros(256, np.bool_)
_MAY_BE_LONGER[list(one_message.LONGER)] = True


class Options(NamedTuple):
    """(n,) each: the message's row, where the option's body begins and its octets, its type."""

    row: Ints
    at: Ints
    size: Ints
    kind: Ints

    def of(self, *kinds: int) -> Options:
        """Those of some types."""
        wanted = self.kind == kinds[0]
        for kind in kinds[1:]:
            wanted |= self.kind == kind
        return self.pick(np.flatnonzero(wanted))

    def pick(self, rows: Ints) -> Options:
        """Some of them."""
        return Options(*(column.take(rows) for column in self))


NO_OPTIONS = Options(*np.zeros((4, 0), np.int64))
_NONE = np.zeros((2, 0), np.int64)


class Walked(NamedTuple):
    """Options, and where the lists of malformed messages break: rows and offsets in data."""

    options: Options
    row: Ints
    at: Ints


class Walker:
    """Walks lists of one registry's options, and keeps those of the types that are wanted."""

    def __init__(self, registry: Registry, *wanted: int) -> None:
        self._nd = registry.framing is Framing.ND
        self._longer = registry is MOBILITY_OPTIONS
        self._wanted = np.zeros(256, np.bool_)
        self._wanted[list(wanted)] = True
        self._least = np.zeros(256, np.int64)
        for number, message in registry.types.items():
            self._least[number] = message.layout.least

    def walk(self, data: Octets, at: Ints, end: Ints, limit: Ints) -> Walked:
        """The options from `at` on of messages that end at `end` and are captured to `limit`."""
        parts, broken, lost = [NO_OPTIONS], [_NONE], [_NONE]
        row = np.flatnonzero(at < limit)
        at, stop = at.take(row), limit.take(row)
        while len(row):
            head = gather.number(data, at, 2)
            kind = head >> 8
            after = at + (head & 0xFF) * 8 if self._nd else _after(head, at)
            if self._longer and (odd := _MAY_BE_LONGER.take(kind)).any():
                for n in np.flatnonzero(odd).tolist():
                    spans, stuck = _one_by_one(data, int(row[n]), int(at[n]), int(stop[n]))
                    self._keep(spans, parts, broken)
                    lost.append(stuck)
                row, at, stop, kind, after = _only(~odd, row, at, stop, kind, after)
            # A neighbor discovery option of length 0 leads nowhere.
            fits = (after <= stop) & (after > at)
            if not fits.all():
                lost.append(np.stack(_only(~fits, row, at)))
                row, at, stop, kind, after = _only(fits, row, at, stop, kind, after)
            self._keep(Options(row, at + 2, after - at - 2, kind), parts, broken)
            at, more = after, after < stop
            if not more.all():
                row, at, stop = _only(more, row, at, stop)
        row, at = np.concatenate(lost, axis=1)
        whole = np.flatnonzero(end.take(row) <= limit.take(row))
        broken.append(np.stack([row.take(whole), at.take(whole)]))
        return Walked(
            Options(*map(np.concatenate, zip(*parts, strict=True))),
            *np.concatenate(broken, axis=1),
        )

    def _keep(self, step: Options, parts: list[Options], broken: list[Ints]) -> None:
        """Keep what is wanted of these, and where one is too short for its fields."""
        wanted = self._wanted.take(step.kind)
        short = step.size < self._least.take(step.kind)
        short &= step.kind != one_message.PAD1
        if short.any():
            wanted &= ~short
            broken.append(np.stack(_only(short, step.row, step.at - 2)))
        mine = np.flatnonzero(wanted)
        if len(mine):
            parts.append(step if len(mine) == len(step.row) else step.pick(mine))


def _only(chosen: Flags, *columns: Ints) -> list[Ints]:
    rows = np.flatnonzero(chosen)
    return [column.take(rows) for column in columns]


def _after(head: Ints, at: Ints) -> Ints:
    """Where options with these types and lengths end (RFC 6275 6.2.1); Pad1 has no length."""
    after = at + (head & 0xFF) + 2
    pad1 = np.flatnonzero(head < 256)
    after[pad1] = at[pad1] + 1
    return after


def _one_by_one(data: Octets, row: int, at: int, stop: int) -> tuple[Options, Ints]:
    """The rest of a list of mobility options, where some outrun their length; where it breaks."""
    octets = data[at:stop].tobytes()
    spans: list[tuple[int, ...]] = []
    stuck = _NONE
    try:
        for span in one_message.walk(MOBILITY_OPTIONS, octets, 0, len(octets)):
            spans.append((row, at + span.body, span.end - span.body, span.number))  # noqa: PERF401
    except ParseError as error:
        stuck = np.array([[row], [at + error.offset]])
    return Options(*np.array(spans, np.int64).reshape(-1, 4).T), stuck
