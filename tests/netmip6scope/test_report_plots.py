"""Plots: where things stand in them, and that they fit into a page."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import netmip6scope.report
from netmip6scope.report import plots
from netmip6scope.report.plots import Plot, by_group, distribution
from netmip6scope.report.svg import inline
from tests.netmip6scope.markup import Element, Page

MS = 1_000_000
PLOT = Plot("p", "Title & <b>", "What it says")
STYLE = (Path(netmip6scope.report.__file__).parent / "templates" / "style.css").read_text()


def drawn(values_ns: list[int]) -> Element:
    return Page(distribution(PLOT, np.array(sorted(values_ns), np.int64))).all("svg")[0]


def words(drawing: Element) -> list[str]:
    return [text.text for text in drawing.inside("text")]


def test_signs_stand_where_arithmetic_puts_them() -> None:
    # 101 values from 0 to 100 ms: the median, at place ceil(50.5) = 51, is 50 ms; p95, at place
    # ceil(95.95) = 96, is 95 ms. The axis goes 6 % beyond 0 and 100: from -6 to 106. It lies 48
    # to 416 across, of 440; -3 to 106 % lie 206 to 12 down, of 250.
    drawing = drawn([n * MS for n in range(101)])
    assert (drawing.attributes["viewbox"]) == "0 0 440 250"
    signs = [(float(u.attributes["x"]), float(u.attributes["y"])) for u in drawing.inside("use")]
    across = [48 + (value + 6) / 112 * 368 for value in (50, 95)]
    down = [206 - (percent + 3) / 109 * 194 for percent in (50, 95)]
    assert signs == [pytest.approx(at, abs=1e-5) for at in zip(across, down, strict=True)]
    assert {"median 50.000000 ms", "p95 95.000000 ms", "% of handoffs", "ms"} <= set(words(drawing))


def test_few_values_are_marked_one_by_one() -> None:
    assert len(drawn([n * MS for n in range(20)]).inside("use")) == 21 + 2
    assert len(drawn([n * MS for n in range(200)]).inside("use")) == 2


def test_a_curve_of_many_values_is_short_and_ends_at_the_ends() -> None:
    ms, share = plots._curve(np.arange(100_000) * MS)
    assert len(ms) <= 400
    assert (ms[0], share[0]) == (0, 0.001)
    assert (ms[-1], share[-1]) == (99_999, 100)
    assert np.allclose(share, (ms + 1) / 1000)  # of value n no more than n + 1 are as small


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([4 * MS] * 3, "ms"),
        ([0, 0], "ms"),
        ([-5 * MS, -5 * MS], "ms"),
        ([3 * MS, 4 * MS, 5 * MS], "ms"),
        ([3 * MS, 4 * MS, 3000 * MS], "ms, logarithmic"),
        ([-80 * MS, MS, 2 * MS, 3000 * MS], "ms, logarithmic"),
        ([-3000 * MS, MS, 2 * MS], "ms, logarithmic"),
        ([0, MS, 3000 * MS], "ms, logarithmic"),
        ([1, 2, 2**62], "ms, logarithmic"),
        ([-(2**62), 0, 0, 2**62], "ms"),
        ([1, 2], "ms"),
    ],
)
def test_scales(values: list[int], scale: str) -> None:
    # A warning of matplotlib would fail the test.
    assert scale in words(drawn(values))


def test_groups_from_the_top() -> None:
    groups = [("R1 > R2", np.array([1, 2, 9]) * MS), ("R2 > R1", np.array([4]) * MS)]
    drawing = Page(by_group(PLOT, groups)).all("svg")[0]
    labels = {t.text: float(t.attributes["y"]) for t in drawing.inside("text") if ">" in t.text}
    assert sorted(labels, key=labels.__getitem__) == ["R1 > R2", "R2 > R1"]
    # Crosses at the largest: the axis goes from 1 to 9 ms and 6 % beyond, 78 to 416 across.
    crosses = [float(use.attributes["x"]) for use in drawing.inside("use")]
    assert crosses == [
        pytest.approx(78 + (value - 0.52) / 8.96 * 338, abs=1e-5) for value in (9, 4)
    ]


def test_every_plot_fits_into_a_page() -> None:
    values = np.array([-80, 1, 2, 3000]) * MS
    for svg in (distribution(PLOT, values), by_group(PLOT, [("a", values), ("b", values)])):
        (drawing,) = Page(svg).all("svg")
        assert [drawing.children[n].text for n in (0, 1)] == ["Title & <b>", "What it says"]
        names = [e.attributes["id"] for e in Page(svg).everything() if "id" in e.attributes]
        assert all(name.startswith("p-") for name in names)
        for element in Page(svg).everything():
            assert not {"style", "font-family"} & element.attributes.keys()
            for key in ("clip-path", "href"):
                if key in element.attributes:
                    assert re.sub(r"url\(#|#|\)", "", element.attributes[key]) in names
        # What is repeated takes its colours from where it stands.
        repeated = [e for part in drawing.inside("defs") for e in part.inside("path")]
        assert repeated
        assert not [e for e in repeated if {"fill", "stroke"} & e.attributes.keys()]
        assert all({"fill", "stroke"} <= e.attributes.keys() for e in drawing.inside("use"))
        # Colours that the style sheet turns to what suits a dark page.
        found = set(re.findall(r'((?:fill|stroke)="#\w+")', svg))
        assert found
        assert [colour for colour in found if f".plot [{colour}]" not in STYLE] == []


def test_the_same_plot_twice() -> None:
    values = np.array([1, 5, 9]) * MS
    assert distribution(PLOT, values) == distribution(PLOT, values)


def test_inline_names_what_is_referred_to_and_nothing_else() -> None:
    document = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        ' viewBox="0 0 1 1"><defs><style>*{}</style>'
        '<path id="m1" d="M 0 0" style="stroke: #000"/></defs>'
        '<g id="g1" clip-path="url(#c1)"><use xlink:href="#m1" style="fill: #fff; font-family: x"/>'
        '</g><clipPath id="c1"/></svg>'
    )
    assert inline(document, "n", "T", "D") == (
        '<svg class="plot" role="img" aria-labelledby="n-title n-text" viewBox="0 0 1 1">'
        '<title id="n-title">T</title><desc id="n-text">D</desc>'
        '<defs><path id="n-m1" d="M 0 0" /></defs>'
        '<g clip-path="url(#n-c1)"><use href="#n-m1" fill="#fff" /></g>'
        '<clipPath id="n-c1" /></svg>'
    )
