"""What the page says of each duration of a handoff: figures, a curve, and one line per AR pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from netmip6scope.report import plots
from netmip6scope.report.cells import Cells, Rows, clipped, numbers_of, rows_of
from netmip6scope.report.plots import Plot
from netmip6scope.tables.columns import NULL, Table
from netmip6scope.tables.stats import PERCENTILES, by_router_pair

LISTED_PAIRS = 50
PLOTTED_PAIRS = 12
MEANINGS = {
    "context": ("Context transfer", "HO Request to HO Response"),
    "binding": ("Binding", "first Binding Update to the acknowledgement that settled it"),
    "preparation": ("Preparation", "HO Request to the acknowledgement that settled the binding"),
    "dl_gap": (
        "Downlink gap",
        "last packet to the node via the SAR to the first via the TAR; negative: overlap",
    ),
    "ul_gap": (
        "Uplink gap",
        "last packet from the node via the SAR to the first via the TAR; negative: overlap",
    ),
}
"""Title and meaning of each."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A source and a target router, with short names for plots, and the statistics of both."""

    label: str
    sar: str
    tar: str
    stats: Cells
    members: Rows
    """Rows of its handoffs."""


@dataclass(frozen=True, slots=True)
class Duration:
    """One duration; plots are SVG, or '' where there is too little to draw."""

    name: str
    title: str
    meaning: str
    figures: Cells
    plot: str
    pairs: list[Cells]
    """Figures of the pairs in their plot; `pair` is a pair's label."""
    pairs_plot: str


def router_pairs(handoffs: Table, stats: Table, rows: Rows) -> list[Pair]:
    """Pairs by their number of handoffs, then by their addresses; the first of them only.

    `rows` are those of pairs in `stats`, which come in the order of `by_router_pair`.
    """
    groups = by_router_pair(handoffs)
    count = np.bincount(groups.member, minlength=len(groups.names))
    busiest = np.argsort(-count, kind="stable")[:LISTED_PAIRS]
    ends = [clipped(groups.names[n]).partition(" > ")[::2] for n in busiest.tolist()]
    routers = {router: f"R{n}" for n, router in enumerate(sorted(set(chain(*ends))), 1)}
    described = rows_of(stats, rows[busiest])
    return [
        Pair(
            f"{routers[sar]} > {routers[tar]}",
            sar,
            tar,
            cells,
            np.flatnonzero(groups.member == place),
        )
        for (sar, tar), cells, place in zip(ends, described, busiest.tolist(), strict=True)
    ]


def durations(handoffs: Table, overall: Cells, pairs: Sequence[Pair]) -> list[Duration]:
    """All durations, in the order of the contract."""
    return [_duration(name, handoffs, overall, pairs) for name in MEANINGS]


def _duration(name: str, handoffs: Table, overall: Cells, pairs: Sequence[Pair]) -> Duration:
    title, meaning = MEANINGS[name]
    values = numbers_of(handoffs, f"{name}_ms")
    figures = _figures(name, overall)
    ascending = _ascending(values)
    plot = pairs_plot = ""
    if len(ascending) > 1:
        about = ", ".join(f"{key} {figures[key]} ms" for key in PERCENTILES)
        plot = plots.distribution(
            Plot(
                f"plot-{name}",
                f"{title}: share of handoffs that took no longer than so many milliseconds",
                f"{figures['count']} handoffs: {about}.",
            ),
            ascending,
        )
    plotted = sorted(pairs[:PLOTTED_PAIRS], key=lambda pair: (pair.sar, pair.tar))
    of_pairs = [(pair, _ascending(values[pair.members])) for pair in plotted]
    of_pairs = [(pair, known) for pair, known in of_pairs if len(known)]
    if len(of_pairs) > 1:
        pairs_plot = plots.by_group(
            Plot(
                f"pairs-{name}",
                f"{title} per pair of access routers",
                f"{len(of_pairs)} pairs; the table below the plot has their figures.",
            ),
            [(pair.label, known) for pair, known in of_pairs],
        )
    listed = [{"pair": pair.label, **_figures(name, pair.stats)} for pair, _ in of_pairs]
    return Duration(name, title, meaning, figures, plot, listed, pairs_plot)


def _ascending(values: Rows) -> Rows:
    """The known ones."""
    return np.sort(values[values != NULL])


def _figures(name: str, stats: Cells) -> Cells:
    keys = {"count": f"{name}_count", **{key: f"{name}_{key}_ms" for key in PERCENTILES}}
    return {key: stats[column] for key, column in keys.items()}
