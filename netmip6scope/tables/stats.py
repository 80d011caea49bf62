"""The table of `handoffs --stats`: how many handoffs, how many completed, and how long they took.

One row for all handoffs, then one per pair of access routers, per kind and per outcome.

Durations are described by order statistics of whole nanoseconds, by nearest rank: of n known values
in ascending order, the p-th percentile is the one at place ceil(p n / 100). So every figure is a
value that was measured, the median of an even count is the lower of the two in the middle, and
nothing is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netmip6scope.tables.columns import NULL, Coded, Column, Kind, Table, Values

if TYPE_CHECKING:
    from netmip6scope.tables.columns import Numbers

PERCENTILES = {"min": 0, "median": 50, "p95": 95, "p99": 99, "max": 100}
"""Place 0 does not exist: the 0th percentile is at place 1, as the 100th is at place n."""
DURATIONS = ("context", "binding", "preparation", "dl_gap", "ul_gap")
"""The durations of a handoff, without the unit."""
WHOLE_PPM = 1_000_000


def _about(duration: str) -> list[Column]:
    known = Column(f"{duration}_count", Kind.INT, f"Handoffs whose {duration}_ms is known.")
    return [
        known,
        *(
            Column(f"{duration}_{name}_ms", Kind.DURATION, f"{name} of {duration}_ms, nearest rank")
            for name in PERCENTILES
        ),
    ]


STATS: tuple[Column, ...] = (
    Column("by", Kind.TEXT, "What the group has in common: all, ar-pair, kind or outcome."),
    Column("group", Kind.TEXT, "Which group: SAR > TAR, the kind or the outcome."),
    Column("handoffs", Kind.INT, "Handoffs in the group."),
    Column("complete", Kind.INT, "Those whose outcome is complete."),
    Column("incomplete", Kind.INT, "Those that the capture's end left undecided."),
    Column("success_percent", Kind.PERCENT, "Complete ones of those decided, rounded down."),
    *(column for duration in DURATIONS for column in _about(duration)),
)
"""One row per group of handoffs."""


@dataclass(frozen=True, slots=True)
class Groups:
    """A way to divide handoffs: what it goes by, the groups' names, and the group of each row."""

    by: str
    names: list[str]
    member: Numbers


def handoff_stats(handoffs: Table) -> Table:
    """The statistics of a handoffs table (CONTRACT 2.3)."""
    ways = [
        Groups("all", ["all"], np.zeros(len(handoffs), np.int64)),
        by_router_pair(handoffs),
        _by(handoffs, "kind"),
        _by(handoffs, "outcome"),
    ]
    parts = [_described(handoffs, way) for way in ways]
    by = [n for n, way in enumerate(ways) for _ in way.names]
    names = [name for way in ways for name in way.names]
    values: dict[str, Values] = {
        "by": Coded(np.array(by, np.int64), [way.by for way in ways]),
        "group": Coded(np.arange(len(names)), names),
    }
    for column in STATS[2:]:
        values[column.name] = np.concatenate([part[column.name] for part in parts])
    return Table("stats", STATS, values)


def by_router_pair(handoffs: Table) -> Groups:
    """Handoffs by where they go from and to, the pairs in the order of their texts."""
    sar, tar = coded(handoffs, "sar"), coded(handoffs, "tar")
    width = len(tar.vocabulary) + 1  # a code of -1 is one more
    distinct, member = np.unique((sar.codes + 1) * width + tar.codes + 1, return_inverse=True)
    from_, to = [None, *sar.vocabulary], [None, *tar.vocabulary]
    pairs = (divmod(pair, width) for pair in distinct.tolist())
    return _sorted("ar-pair", [f"{from_[a] or '?'} > {to[b] or '?'}" for a, b in pairs], member)


def nearest_rank(count: Numbers | int, percents: int) -> Numbers:
    """The index of a percentile among `count` ascending values, 0 where there are none."""
    return np.maximum(1, -(-percents * count // 100)) - 1


def coded(table: Table, name: str) -> Coded:
    """A text column as codes, whichever way the table keeps it."""
    values = table.values[name]
    if isinstance(values, Coded):
        return values
    places: dict[str | None, int] = {None: -1}
    codes = [places.setdefault(text, len(places) - 1) for text in table.texts(_column(table, name))]
    return Coded(np.array(codes, np.int64), [text for text in places if text is not None])


def _by(handoffs: Table, name: str) -> Groups:
    labels = coded(handoffs, name)
    distinct, member = np.unique(labels.codes, return_inverse=True)
    lookup = [*labels.vocabulary, "?"]
    return _sorted(name, [lookup[code] for code in distinct.tolist()], member)


def _sorted(by: str, names: list[str], member: Numbers) -> Groups:
    order = sorted(range(len(names)), key=names.__getitem__)
    place = np.empty(len(names), np.int64)
    place[order] = np.arange(len(names))
    return Groups(by, [names[n] for n in order], place[member])


def _described(handoffs: Table, groups: Groups) -> dict[str, Numbers]:
    size = len(groups.names)
    outcome = coded(handoffs, "outcome")

    def count(label: str) -> Numbers:
        codes = [n for n, text in enumerate(outcome.vocabulary) if text == label]
        return np.bincount(groups.member[np.isin(outcome.codes, codes)], minlength=size)

    described: dict[str, Numbers] = {
        "handoffs": np.bincount(groups.member, minlength=size),
        "complete": count("complete"),
        "incomplete": count("incomplete"),
    }
    decided = described["handoffs"] - described["incomplete"]
    rate_ppm = WHOLE_PPM * described["complete"] // np.maximum(decided, 1)
    described["success_percent"] = np.where(decided > 0, rate_ppm, NULL)
    for duration in DURATIONS:
        durations_ns = handoffs.numbers(_column(handoffs, f"{duration}_ms"))
        for name, numbers in _ranked(durations_ns, groups.member, size).items():
            described[f"{duration}_{name}"] = numbers
    return described


def _ranked(values: Numbers, member: Numbers, size: int) -> dict[str, Numbers]:
    """The count of known values and the percentiles of each group."""
    known = np.flatnonzero(values != NULL)
    order = known[np.lexsort((values[known], member[known]))]
    count = np.bincount(member[order], minlength=size)
    first = np.cumsum(count) - count
    # One more, so that a group without a value has a place to look at.
    ascending = np.append(values[order], NULL)
    ranked: dict[str, Numbers] = {"count": count}
    for name, percents in PERCENTILES.items():
        found = ascending[first + nearest_rank(count, percents)]
        ranked[f"{name}_ms"] = np.where(count > 0, found, NULL)
    return ranked


def _column(table: Table, name: str) -> Column:
    return next(column for column in table.columns if column.name == name)
