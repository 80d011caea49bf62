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


class Walked(NamedTuple):
    """Options, and where the lists of malformed messages break: rows and offsets in data."""

    options: Options
    row: Ints
    at: Ints


def walk(registry: Registry, data: Octets, at: Ints, end: Ints, limit: Ints) -> Walked:
    """The options from `at` on of each message, which ends at `end` and is captured to `limit`."""
    parts, broken = [NO_OPTIONS], [np.zeros((2, 0), np.int64)]
    row = np.flatnonzero(at < limit)
    at, stop = at[row], limit[row]
    while len(row):
        head = gather.number(data, at, 2)
        kind = head >> 8
        after = at + (head & 0xFF) * 8 if registry.framing is Framing.ND else _after(head, at)
        if registry is MOBILITY_OPTIONS and (odd := _MAY_BE_LONGER.take(kind)).any():
            for n in np.flatnonzero(odd).tolist():
                _one_by_one(data, int(row[n]), int(at[n]), int(stop[n]), parts, broken)
            row, at, stop, kind, after = _only(~odd, row, at, stop, kind, after)
        # A neighbor discovery option of length 0 leads nowhere.
        fits = (after <= stop) & (after > at)
        if not fits.all():
            broken.append(np.stack(_only(~fits, row, at)))
            row, at, stop, kind, after = _only(fits, row, at, stop, kind, after)
        parts.append(Options(row, at + 2, after - at - 2, kind))
        at, more = after, after < stop
        if not more.all():
            row, at, stop = _only(more, row, at, stop)
    lost, lost_at = np.concatenate(broken, axis=1)
    whole = end[lost] <= limit[lost]
    return _checked(registry, parts, lost[whole], lost_at[whole])


def _only(chosen: Flags, *columns: Ints) -> list[Ints]:
    rows = np.flatnonzero(chosen)
    return [column.take(rows) for column in columns]


def _after(head: Ints, at: Ints) -> Ints:
    """Where options with these types and lengths end (RFC 6275 6.2.1); Pad1 has no length."""
    after = at + (head & 0xFF) + 2
    pad1 = np.flatnonzero(head < 256)
    after[pad1] = at[pad1] + 1
    return after


def _one_by_one(
    data: Octets, row: int, at: int, stop: int, parts: list[Options], broken: list[Ints]
) -> None:
    """The rest of one list of mobility options, of which some may outrun their length."""
    octets = data[at:stop].tobytes()
    spans = []
    try:
        for span in one_message.walk(MOBILITY_OPTIONS, octets, 0, len(octets)):
            spans.append((row, at + span.body, span.end - span.body, span.number))  # noqa: PERF401
    except ParseError as error:
        broken.append(np.array([[row], [at + error.offset]]))
    parts.append(Options(*np.array(spans, np.int64).reshape(-1, 4).T))


def _checked(registry: Registry, parts: list[Options], lost: Ints, lost_at: Ints) -> Walked:
    """Leave out padding and what is too short."""
    options = Options(*map(np.concatenate, zip(*parts, strict=True)))
    least = np.zeros(256, np.int64)
    for number, message in registry.types.items():
        least[number] = message.layout.least
    if registry.framing is Framing.TLV:
        options = options.pick(np.flatnonzero(options.kind > one_message.PADN))
    short = options.size < least[options.kind]
    return Walked(
        options.pick(np.flatnonzero(~short)) if short.any() else options,
        np.concatenate([options.row[short], lost]),
        np.concatenate([options.at[short] - 2, lost_at]),
    )
