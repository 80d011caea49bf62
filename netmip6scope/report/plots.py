"""How durations are distributed, as SVG.

Nothing here depends on the machine: axes have fixed places, settings of the user are put aside, and
ids are hashed with a fixed salt. Sizes are in the page's pixels.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from netmip6scope.report.cells import Rows
from netmip6scope.report.svg import inline
from netmip6scope.tables.stats import nearest_rank
from netmip6scope.tables.text import milliseconds

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# The page's style sheet names these too: it turns them to what suits a dark page.
INK, FAINT, LINE, AREA = "#1b1f24", "#c9ced6", "#0b5cad", "#cfe0f3"

WIDTH, HEIGHT = 440, 250
LEFT, RIGHT, TOP, BOTTOM = 48, 24, 12, 44
LEFT_OF_NAMES = 78
ROW = 24
_POINTS_PER_INCH = 72
_STEPS = 400
"""A curve through more values than this shows so many of their percentiles."""
_SINGLE = 40
"""Values up to this number are marked one by one."""
_WIDE = 30
"""Where the largest is so many times what is usual, the scale is logarithmic."""
_SETTINGS: dict[Any, str | int] = {  # Any: which keys there are is up to matplotlib
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 12,
    "grid.color": FAINT,
    "svg.fonttype": "none",
    "svg.hashsalt": "netmip6scope",
    "text.color": INK,
    "xtick.color": INK,
    "xtick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.color": INK,
    "ytick.major.size": 0,
}
_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


@dataclass(frozen=True, slots=True)
class Plot:
    """What a plot is called in the page, and what it says to those who listen."""

    name: str
    title: str
    description: str


def distribution(plot: Plot, ascending_ns: Rows) -> str:
    """The share of handoffs that took no longer than x; there is at least one value."""
    with _settings():
        figure, axes = _figure(HEIGHT, LEFT)
        ms, share = _curve(ascending_ns)
        _scale(axes, ascending_ns)
        axes.set_ylim(-3, 106)
        axes.set_yticks([0, 25, 50, 75, 95, 100], ["0", "25", "50", "75", "95", ""])
        axes.set_ylabel("% of handoffs")
        axes.grid(visible=True)
        marker = "." if len(ascending_ns) <= _SINGLE else None
        axes.step([ms[0], *ms], [0, *share], where="post", color=LINE, marker=marker)
        for label, percents, sign in (("median", 50, "o"), ("p95", 95, "s")):
            _mark(axes, label, ranked_ns(ascending_ns, percents), percents, sign)
        return _inlined(figure, plot)


def by_group(plot: Plot, groups: Sequence[tuple[str, Rows]]) -> str:
    """One line per group of values in ascending order, none empty, the first one on top."""
    least, low, middle, high, p95, most = (
        np.array([ranked_ns(values, percents) for _, values in groups]) / 1e6
        for percents in (0, 25, 50, 75, 95, 100)
    )
    places = np.arange(len(groups), 0, -1)
    with _settings():
        figure, axes = _figure(TOP + BOTTOM + ROW * len(groups), LEFT_OF_NAMES)
        _scale(axes, np.sort(np.concatenate([values for _, values in groups])))
        axes.set_ylim(0.4, len(groups) + 0.6)
        axes.set_yticks(places, [label for label, _ in groups])
        axes.grid(visible=True, axis="x")
        axes.hlines(places, least, p95, color=LINE, zorder=1)
        axes.barh(places, high - low, 0.5, low, color=AREA, edgecolor=LINE)
        axes.vlines(middle, places - 0.25, places + 0.25, color=INK, linewidth=2.4)
        axes.plot(most, places, linestyle="", marker="x", color=INK)
        return _inlined(figure, plot)


def ranked_ns(ascending_ns: Rows, percents: int) -> int:
    """A percentile by nearest rank, as `handoffs --stats` has it."""
    return int(ascending_ns[nearest_rank(len(ascending_ns), percents)])


@contextmanager
def _settings() -> Iterator[None]:
    """Draw with settings of our own, whatever the user's are."""
    # It tells of caches that it builds; that is of no use to who asked for a page.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def _figure(height: int, left: int) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / _POINTS_PER_INCH, height / _POINTS_PER_INCH))
    figure.patch.set_visible(False)
    inner = ((WIDTH - left - RIGHT) / WIDTH, (height - TOP - BOTTOM) / height)
    axes = figure.add_axes((left / WIDTH, BOTTOM / height, *inner))
    axes.patch.set_visible(False)
    axes.set_axisbelow(True)
    return figure, axes


def _curve(ascending_ns: Rows) -> tuple[Floats, Floats]:
    """Values in ms, and the share in percent that is no larger."""
    count = len(ascending_ns)
    place = np.arange(count)
    if count > _STEPS:
        place = np.unique(np.linspace(0, count - 1, _STEPS).astype(np.int64))
    return ascending_ns[place] / 1e6, 100 * (place + 1) / count


def _scale(axes: Axes, ascending_ns: Rows) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    ms = ascending_ns / 1e6
    low, high = float(ms[0]), float(ms[-1])
    usual = float(np.median(np.abs(ms)))
    label = "ms"
    if usual > 0 and max(high, -low) > _WIDE * usual:
        label = "ms, logarithmic"
        if low > 0:
            axes.set_xscale("log")
            axes.set_xlim(low / 1.3, high * 1.3)
        else:
            axes.set_xscale("symlog", linthresh=10.0 ** np.ceil(np.log10(usual)))
            axes.set_xlim(low * 1.3 if low < 0 else -usual / 4, high * 1.3 + usual / 4)
    else:
        around = max((high - low) * 0.06, abs(high) * 0.02, 0.001)
        axes.set_xlim(low - around, high + around)
    axes.set_xlabel(label)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}".replace("-", "−")))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _mark(axes: Axes, label: str, value_ns: int, percents: int, sign: str) -> None:
    """A sign on the curve with its value beside it, on the side where there is room."""
    at = (value_ns / 1e6, percents)
    axes.plot(*at, marker=sign, color=INK, markersize=6)
    across = axes.transAxes.inverted().transform(axes.transData.transform(at))[0]
    right = across < 0.5
    axes.annotate(
        f"{label} {milliseconds(value_ns)} ms",
        at,
        xytext=(7 if right else -7, -4 if right else 4),
        textcoords="offset points",
        ha="left" if right else "right",
        va="top" if right else "bottom",
        color=INK,
    )


def _inlined(figure: Figure, plot: Plot) -> str:
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata=_NO_METADATA)
    return inline(stream.getvalue(), plot.name, plot.title, plot.description)
