"""What is drawn: whole screens and lists against texts read by eye, the rest by arithmetic."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len

from dissectors.layout import Anomaly
from dissectors.node import MASK, Node
from netmip6scope.errors import OutputError
from netmip6scope.filter.catalogue import catalogue
from netmip6scope.tables.columns import NULL, Kind
from netmip6scope.tui import compare, details, settings
from netmip6scope.tui.bars import Timing, bar_lines
from netmip6scope.tui.cells import TimeFormat, moment, number
from netmip6scope.tui.filtering import common_start, completions
from netmip6scope.tui.histogram import histogram
from netmip6scope.tui.settings import Settings
from netmip6scope.tui.spans import STYLES, fitted, plain
from netmip6scope.tui.themes import THEMES, following, span_styles
from tests.netmip6scope.screens import LISTS, SHOTS, TESTS, Shot, list_path, lists, screen

MS = 1_000_000


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(TESTS.parent)


# Screens


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.path.stem)
async def test_screen(shot: Shot, project: None) -> None:
    text = await screen(shot)
    assert text == shot.path.read_text("utf-8")
    lines = text.splitlines()
    assert len(lines) == shot.size[1]
    assert max(map(cell_len, lines)) <= shot.size[0]


async def test_lists_with_their_styles(project: None) -> None:
    shown = await lists()
    assert shown.keys() == set(LISTS)
    for name, text in shown.items():
        assert text == list_path(name).read_text("utf-8"), name


# Bars


def timing(**times_ms: float) -> Timing:
    blank = dict.fromkeys(Timing._fields[6:])
    times = {f"{name}_time": round(at * MS) for name, at in times_ms.items()}
    return Timing(7, "inter-ar", "2001:db8::1", None, "complete", 0, **{**blank, **times})


def bar(label: str, drawn: str, said: str) -> str:
    """In 48 cells: 17 for the bar, as labels take 15, durations 15, and one stays free."""
    return f"  {label:13}{drawn:17} {said:>14}"


class TestBars:
    def test_bars_stand_at_their_times(self) -> None:
        """The axis is 0 to 100 ms from the middle of the first of 17 cells to that of the last."""
        bars = bar_lines(
            [timing(ho_request=0, ho_response=50, bu=50, ba=100)], 48, {"2001:db8::1": "AR1"}
        )
        assert [plain(line) for _, line in bars] == [
            "handoff 7: AR1 to ?, inter-ar, complete",
            bar("context", "├───────┤        ", "50.000000"),
            bar("binding", "        ├───────┤", "50.000000"),
            "",
            "               ┼───────────────┤ ms",
            "               0.000     100.000",
        ]
        assert [number for number, _ in bars] == [7, 7, 7, 7, None, None]

    def test_an_overlap_is_drawn_double(self) -> None:
        """Negative gap: the target's first packet is before the source's last."""
        bars = bar_lines([timing(last_dl_sar=100, first_dl_tar=0)], 48, {})
        assert plain(bars[1][1]) == bar("downlink gap", "├═══════════════┤", "-100.000000")

    def test_what_was_before_the_start_is_left_of_0(self) -> None:
        bars = bar_lines([timing(last_dl_sar=-50, first_dl_tar=50, teardown=50)], 48, {})
        assert [plain(line) for _, line in bars[1:3]] == [
            bar("downlink gap", "├───────────────┤", "100.000000"),
            bar("tear-down", "                ┼", "at 50.000000"),
        ]
        # 0 is in the middle of -50 to 50.
        assert plain(bars[-2][1]).index("┼") - plain(bars[-2][1]).index("├") == 8

    def test_handoffs_share_the_axis(self) -> None:
        bars = bar_lines(
            [timing(bu=0, ba=50), timing(bu=0, ba=100)._replace(handoff=8, start=0)], 48, {}
        )
        shafts = [plain(line).count("─") for _, line in bars if "binding" in plain(line)]
        assert shafts == [7, 15]

    def test_nothing_to_draw(self) -> None:
        bars = bar_lines([timing(bu=3)], 48, {})
        assert plain(bars[1][1]).strip() == "no message answers another"


# Histograms


class TestHistogram:
    def test_counts_by_round_steps(self) -> None:
        """0 to 7 ms in at most 8 steps: of 1 ms each. 3 is the most, and so has all the room."""
        values = np.array([0, 1, 1, 1, 7, NULL], np.int64) * 1
        values[:5] *= MS
        lines = [plain(line) for line in histogram(values, 40, 8)]
        assert [line.split()[:3] for line in lines] == [
            [str(n), "to", str(n + 1)] for n in range(8)
        ]
        assert [int(line.split()[-1]) for line in lines] == [1, 3, 0, 0, 0, 0, 0, 1]
        blocks = [line.count("█") for line in lines]
        assert blocks[1] == 40 - len("0 to 1") - 9 - 2 == 23
        # A third of 23 cells is 7 and 5 eighths.
        assert blocks[0] == 7 and "▋" in lines[0]
        assert blocks[2] == 0

    def test_few_among_many_are_not_nothing(self) -> None:
        values = np.array([0] * 100_000 + [9 * MS], np.int64)
        assert "▏" in plain(histogram(values, 40, 10)[-1])

    def test_negative_and_equal_ones(self) -> None:
        (only,) = histogram(np.array([-3 * MS] * 2), 40, 8)
        assert plain(only).split()[0] == "-3"
        assert plain(only).endswith(" 2")

    def test_unknown_ones_alone(self) -> None:
        (only,) = histogram(np.array([NULL]), 40, 8)
        assert plain(only) == "no handoff tells it"


# Fields and octets


def node(label: str, begin: int, end: int, *children: Node, **more: object) -> Node:
    cells = {"filter": label, "value": None, "text": "", **more}
    return Node(label, label, begin=begin, end=end, children=children, **cells)  # type: ignore[arg-type]


TREE = node(
    "frame",
    0,
    20,
    node("low", 0, 4, node("a", 0, 2), node("b", 2, 4)),
    node("high", 4, 20, node("c", 4, 8, text="8", anomalies=(Anomaly("odd", 5),))),
)
OCTETS = bytes(range(20))


class TestDetails:
    def test_lower_layers_are_folded_the_last_is_not(self) -> None:
        found = details.entries(TREE, OCTETS, {})
        assert [plain(details.entry_line(entry)) for entry in found] == [
            "▸ low",
            "▾ high",
            "    c: 8",
            "    " + "  " + "! odd",
        ]

    def test_folds_are_kept_by_place(self) -> None:
        found = details.entries(TREE, OCTETS, {"0 low": False, "0 high": True})
        assert [entry.text for entry in found] == ["low", "a", "b", "high"]

    def test_a_layer_with_an_anomaly_opens(self) -> None:
        odd = node("low", 0, 4, node("a", 0, 2, anomalies=(Anomaly("odd", 1),)))
        found = details.entries(node("frame", 0, 20, odd, node("high", 4, 20)), OCTETS, {})
        assert [entry.text for entry in found] == ["low", "a", "! odd", "high"]

    @pytest.mark.parametrize(("at", "row"), [(0, 0), (3, 0), (4, 2), (9, 1), (19, 1)])
    def test_the_smallest_field_of_an_octet(self, at: int, row: int) -> None:
        assert details.innermost(details.entries(TREE, OCTETS, {}), OCTETS, at) == row

    def test_no_field_has_it(self) -> None:
        assert details.innermost(details.entries(TREE, OCTETS, {}), b"other", 0) is None

    def test_octets_in_brackets(self) -> None:
        rows = [plain(details.hex_line(OCTETS, at, 8, range(6, 17), set())) for at in (0, 8, 16)]
        assert rows == [
            "0000  00 01 02 03 04 05[06 07  ········",
            "0008  08 09 0a 0b 0c 0d 0e 0f  ········",
            "0010  10]11 12 13              ····",
        ]

    def test_octets_at_the_end_of_a_line(self) -> None:
        rows = [plain(details.hex_line(b"ABCDEFGH", 0, 8, range(n, 8), set())) for n in (0, 7)]
        assert rows == [
            "0000 [41 42 43 44 45 46 47 48] ABCDEFGH",
            "0000  41 42 43 44 45 46 47[48] ABCDEFGH",
        ]
        short = plain(details.hex_line(b"ABC", 0, 4, range(1, 3), set()))
        assert short == "0000  41[42 43]    ABC"

    def test_secret_octets_are_dots(self) -> None:
        """Also where they lie in what was decrypted, whose places count from its own start."""
        inner = b"plain key!"
        tree = node(
            "frame",
            0,
            20,
            node("key", 2, 4, secret=True, text=MASK),
            node("esp", 4, 20, node("inner", 6, 9, secret=True), octets=inner),
        )
        assert details.secret_octets(tree, OCTETS, OCTETS) == {2, 3}
        assert details.secret_octets(tree, inner, OCTETS) == {6, 7, 8}
        shown = plain(details.hex_line(inner, 0, 16, range(0), {6, 7, 8}))
        assert shown == "0000  70 6c 61 69 6e 20 ·· ·· ·· 21                    plain ···!"
        found = details.entries(tree, OCTETS, {"0 esp": False})
        assert [(entry.text, entry.octets) for entry in found][-1] == ("inner", inner)


# Two messages


def test_fields_are_paired_by_their_places() -> None:
    left = node("f", 0, 9, node("h", 0, 1, text="1"), node("o", 1, 9, node("t", 1, 2, text="3")))
    right = node(
        "f",
        0,
        9,
        node("h", 0, 1, text="2"),
        node("x", 1, 2),
        node("o", 2, 9, node("t", 2, 3, text="3")),
    )
    assert [
        tuple(getattr(p, n) for n in compare.Pair.__slots__) for p in compare.pairs(left, right)
    ] == [
        ("h", "1", "2", "≠"),
        ("x", "", "", "›"),
        ("o", "", "", " "),
        ("  t", "3", "3", " "),
    ]
    assert [pair.sign for pair in compare.pairs(right, left)] == ["≠", "‹", " ", " "]


# Cells, names, settings


@pytest.mark.parametrize(
    ("shown", "before", "text"),
    [
        (TimeFormat.RELATIVE, 1, "2.000000001"),
        (TimeFormat.DELTA, 2_500_000_000, "0.500000001"),
        (TimeFormat.DELTA, NULL, "2.000000001"),
        (TimeFormat.ABSOLUTE, 1, "3.000000001"),
    ],
)
def test_moments(shown: TimeFormat, before: int, text: str) -> None:
    assert moment(3_000_000_001, shown, 1_000_000_000, before) == text
    assert moment(NULL, shown, 0, 0) == ""


def test_numbers() -> None:
    assert [number(Kind.DURATION, 1_500_000), number(Kind.INT, 3)] == ["1.500000", "3"]
    assert [number(Kind.DURATION, NULL), number(Kind.PERCENT, 995_000)] == ["", "99.5000"]


@pytest.mark.parametrize(
    ("text", "width", "right", "shown"),
    [
        ("abc", 5, False, "abc  "),
        ("abc", 5, True, "  abc"),
        ("abcdef", 5, False, "abcd…"),
        ("宽宽宽", 5, False, "宽宽…"),
        ("宽宽宽", 4, False, "宽 …"),
        ("abc", 0, False, ""),
    ],
)
def test_texts_fit_their_cells(text: str, width: int, right: bool, shown: str) -> None:
    assert fitted(text, width, right=right) == shown
    assert cell_len(shown) == width


@pytest.mark.parametrize(
    ("text", "begun", "some"),
    [
        ("mip6.ba.sta", "mip6.ba.sta", ["mip6.ba.status"]),
        ("frame > 3 and mip6.ba.sta", "mip6.ba.sta", ["mip6.ba.status"]),
        ("frame > 3 and ", "", []),
        ("mip6.ba.status", "mip6.ba.status", []),
        ("nothing.such", "nothing.such", []),
    ],
)
def test_completions(text: str, begun: str, some: list[str]) -> None:
    assert completions(text, "messages") == (begun, some)
    assert all(name in catalogue("messages").fields for name in some)


@pytest.mark.parametrize(
    ("names", "start"),
    [(["a.bc", "a.bd"], "a.b"), (["a"], "a"), (["a", "ab"], "a"), (["a", "b"], "")],
)
def test_common_start(names: list[str], start: str) -> None:
    assert common_start(names) == start


class TestSettings:
    def test_both_ways(self, tmp_path: Path) -> None:
        path = tmp_path / "new" / "s.json"
        kept = Settings({"messages": ["frame", "time"]}, "scope-light", "DELTA")
        settings.save(kept, path)
        assert settings.load(path) == kept
        assert [p.name for p in path.parent.iterdir()] == ["s.json"]

    @pytest.mark.parametrize(
        "octets",
        [
            b"",
            b"\xff",
            b"[]",
            b"{",
            b"[" * 100_000,
            b'{"columns": 3, "theme": [], "times": {}}',
            json.dumps({"columns": {"messages": "frame", "x": None}}).encode(),
        ],
    )
    def test_what_is_no_settings_counts_as_none(self, octets: bytes, tmp_path: Path) -> None:
        path = tmp_path / "s.json"
        path.write_bytes(octets)
        assert settings.load(path) == Settings()
        assert settings.load(path).time_format is TimeFormat.RELATIVE

    def test_a_place_that_refuses(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(OutputError):
            settings.save(Settings(), tmp_path / "file" / "s.json")

    def test_where(self) -> None:
        assert settings.settings_path({"XDG_CONFIG_HOME": "/c"}) == Path(
            "/c/netmip6scope/interface.json"
        )
        # The specification: a relative path is to be ignored.
        for environment in ({}, {"XDG_CONFIG_HOME": "here"}, {"XDG_CONFIG_HOME": ""}):
            assert settings.settings_path(environment).parts[-3:-1] == (".config", "netmip6scope")


# Themes


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1)."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_texts_can_be_read_in_every_theme(theme) -> None:
    """WCAG 2.1: a contrast of 4.5 at least, 7 for the theme that is made for it."""
    least = 7 if theme.name == "scope-contrast" else 4.5
    own = theme.variables
    inks = [
        theme.foreground,
        theme.primary,
        theme.accent,
        theme.warning,
        theme.error,
        theme.success,
    ]
    for paper in (theme.background, theme.panel, own["cursor"], own["idle"]):
        for ink in (*inks, own["soft"]):
            light, dark = sorted((luminance(paper), luminance(ink)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= least, (ink, paper)


def test_every_style_is_in_every_theme() -> None:
    for theme in THEMES:
        assert span_styles(theme.name).keys() >= set(STYLES)
    assert span_styles("another") == span_styles("scope-dark")


def test_themes_follow_each_other() -> None:
    seen = [THEMES[0].name]
    for _ in THEMES:
        seen.append(following(seen[-1]))
    assert seen == [*(theme.name for theme in THEMES), THEMES[0].name]
    assert following("another") == THEMES[0].name
