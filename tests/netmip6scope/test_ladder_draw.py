"""How a ladder is drawn: text against files read by eye, SVG and Mermaid against hostile names."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dissectors.text import printable
from netmip6scope.ladder.draw import draw
from netmip6scope.ladder.labels import folded
from netmip6scope.ladder.mermaid import mermaid
from netmip6scope.ladder.model import Entry, Heading, Ladder, Party, Remark, Role, Step, Traffic
from netmip6scope.ladder.svg import svg
from netmip6scope.ladder.text import text

GOLDEN = Path(__file__).parents[1] / "data" / "ladder"
MS = 1_000_000
BEGIN = 1_700_000_000_000_000_000
NAMES = ["MN", "AR1", "AR2", "AAA", "HA"]
PARTIES = (
    Party(Role.MN, "MN", None),
    Party(Role.AR, "AR1", "2001:db8:1:2:3:4:5:6"),
    Party(Role.AR, "AR2", "2001:db8::2"),
    Party(Role.AAA, "AAA", "2001:db8::aaa"),
    Party(Role.HA, "HA", "2001:db8::1"),
)
HOSTILE = [
    b"end",
    b"a;end;b",
    b"%% comment",
    b"%%{init: {}}%%",
    b"x\nend\ny@z",
    b"#59;#35;#quot;",
    b"style: a#b;",
    b"classDef: #a;",
    b"wrap: x",
    b"<script>alert(1)</script>",
    b"]]>&amp;\"'`<br/>",
    b"MN->>HA: forged",
    b"\xff\xfe\x00\x1b[2J",
    "\u202e\u200e\N{CJK UNIFIED IDEOGRAPH-6F22} ü@x".encode(),
    b"",
    b"x" * 255,
]


def step(at_ms: float, ends: tuple[str, str], title: str, *details: str, **more: object) -> Step:
    source, target = map(NAMES.index, ends)
    cells = {"gap_ns": 1_250_000, "directed": True, "notes": (), **more}
    time_ns = BEGIN + round(at_ms * MS)
    return Step(  # type: ignore[arg-type]
        row=0, time_ns=time_ns, source=source, target=target, title=title, details=details, **cells
    )


def traffic(at_ms: int, until_ms: int, ends: tuple[str, str], down: int, up: int) -> Traffic:
    router, anchor = map(NAMES.index, ends)
    return Traffic(BEGIN + at_ms * MS, BEGIN + until_ms * MS, router, anchor, down, up)


ENTRIES: tuple[Entry, ...] = (
    Heading("session 1, active", ("access slaac", "HoA 2001:db8:a:b:c:d:e:f")),
    step(0, ("MN", "AR1"), "Router Solicitation", gap_ns=None),
    step(0.5, ("AR1", "AAA"), "RADIUS Access-Request"),
    step(1.25, ("AR1", "MN"), "PPP LCP Configure-Request", directed=False),
    step(2, ("AR1", "HA"), "BU", "seq 1", "lifetime 600 s", "flags AH", "CoA AR1"),
    step(8, ("HA", "AR1"), "BA", "seq 1", "status 135 sequence number out of window"),
    traffic(100, 900, ("AR1", "HA"), 53, 49),
    Heading(
        "handoff 1: AR1 to AR2, inter-ar, complete",
        ("context 5.000000 ms", "binding 5.000000 ms", "preparation 12.000000 ms"),
    ),
    step(
        *(1000, ("AR2", "AR1"), "HO Request", "identifier 7", "flags CH"),
        gap_ns=992 * MS,
        notes=("sent again", "BU-STALE: an access router that the node has left renews"),
    ),
    traffic(1010, 1010, ("AR1", "HA"), 1, 0),
    traffic(1011, 1020, ("AR2", "HA"), 0, 2),
    Remark(BEGIN + 1025 * MS, "TUN-BLACKHOLE (error): downlink still goes to AR1 alone"),
    step(1030, ("HA", "HA"), "Binding Error, status 1"),
)
LADDER = Ladder("alice@example.net", PARTIES, ENTRIES, BEGIN)


def named(octets: bytes) -> Ladder:
    """The ladder of a node that is called so, everywhere where a text may come from the wire."""
    name = printable(octets)
    changed = [
        replace(e, title=name)
        if isinstance(e, Step | Heading)
        else replace(e, text=name)
        if isinstance(e, Remark)
        else e
        for e in ENTRIES
    ]
    return replace(LADDER, title=name, entries=tuple(changed))


class TestText:
    @pytest.mark.parametrize("width", [60, 80, 120, 200])
    def test_golden(self, width: int) -> None:
        """Look at a new file before it replaces an old one: people must like to read it."""
        assert text(LADDER, width) == (GOLDEN / f"{width}.txt").read_text("utf-8")

    @pytest.mark.parametrize("absolute", [False, True])
    @pytest.mark.parametrize("width", [80, 81, 100, 120, 137, 200, 400])
    def test_no_line_is_wider(self, width: int, absolute: bool) -> None:
        lines = text(LADDER, width, absolute=absolute).splitlines()
        assert max(map(len, lines)) <= width
        assert all(line == line.rstrip() for line in lines)

    @pytest.mark.parametrize("width", [60, 80, 120, 200])
    def test_everything_is_said(self, width: int) -> None:
        words = " ".join(text(LADDER, width).split())
        for entry in ENTRIES:
            said: list[str] = []
            if isinstance(entry, Step):
                said = [entry.title, *entry.details, *entry.notes]
            elif isinstance(entry, Heading):
                said = [entry.title, *entry.facts]
            elif isinstance(entry, Remark):
                said = [entry.text]
            for phrase in said:
                assert unfolded(phrase) in unfolded(words)

    def test_arrows_reach_from_column_to_column(self) -> None:
        lines = text(LADDER, 120).splitlines()
        (head,) = [line for line in lines if "gap ms" in line]
        at = {name: head.index(name) for name in NAMES}
        (request,) = [line for line in lines if "HO Request" in line]
        shaft = "─" * (at["AR2"] - at["AR1"] - 2)
        assert request[at["AR1"] : at["AR2"] + 1] == f"│<{shaft}│"
        (update,) = [line for line in lines if "BU seq" in line]
        between = update[at["AR1"] + 1 : at["HA"]]
        assert between[-1] == ">"
        assert set(between[:-1]) == {"─", "┼"}
        assert between.count("┼") == 2  # AR2 and AAA lie between

    def test_times_are_epoch_seconds_or_milliseconds(self) -> None:
        # 1.25 ms after 1700000000 s
        for absolute, time in ((False, "1.250000"), (True, "1700000000.001250000")):
            lines = text(LADDER, 200, absolute=absolute).splitlines()
            (line,) = [line for line in lines if "Configure-Request" in line]
            assert line.split()[0] == time

    @given(st.text(st.sampled_from("ab, "), max_size=80), st.integers(10, 60))
    def test_folding_loses_nothing_but_blanks(self, words: str, width: int) -> None:
        lines = folded(words, width, "- ", "  ")
        assert unfolded("".join(line[2:] for line in lines)) == unfolded(words)
        assert all(len(line) <= width for line in lines)


def unfolded(words: str) -> str:
    """Without blanks and the lines of the columns between them."""
    return re.sub(r"[\s│]", "", words)


class TestSvg:
    @pytest.mark.parametrize("octets", HOSTILE)
    def test_names_come_out_as_they_went_in(self, octets: bytes) -> None:
        root = ET.fromstring(svg(named(octets)))
        title = root.find(f"{SVG}title")
        assert title is not None
        assert (title.text or "") == printable(octets)
        assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
            *("svg", "title", "style", "rect", "g", "line", "polygon", "text"),
        }

    def test_there_is_no_script_and_nothing_is_fetched(self) -> None:
        drawn = svg(LADDER)
        for word in ("script", "href", "url(", "@import", "@font-face", "foreignObject"):
            assert word not in drawn

    def test_attributes_hold_nothing_from_the_wire(self) -> None:
        for element in ET.fromstring(svg(named(b"x\" onload='y'"))).iter():
            assert not [name for name in element.attrib if name.startswith("on")]
            assert not [value for value in element.attrib.values() if "onload" in value]

    def test_both_schemes_colour_every_class(self) -> None:
        root = ET.fromstring(svg(LADDER))
        style = root.find(f"{SVG}style")
        assert style is not None
        assert style.text
        light, dark = style.text.split("@media (prefers-color-scheme:dark)")
        used = {name for e in root.iter() for name in e.get("class", "").split()} - {"ladder"}
        for name in used - {"ladder-bold", "ladder-small"}:
            assert f".{name}{{" in light
            assert f".{name}{{" in dark
        # In a page with other pictures no rule may reach beyond this one.
        assert all(s.startswith(".ladder") for s in re.findall(r"(?:^|\})([^{}@]+)\{", light))

    @pytest.mark.parametrize("octets", [b"alice", b"x" * 255])
    @pytest.mark.parametrize("absolute", [False, True])
    def test_nothing_is_cut(self, octets: bytes, absolute: bool) -> None:
        root = ET.fromstring(svg(replace(LADDER, title=printable(octets)), absolute=absolute))
        width, height = int(root.get("width", "")), int(root.get("height", ""))
        assert root.get("viewBox") == f"0 0 {width} {height}"
        for element in root.iter(f"{SVG}text"):
            small = "ladder-small" in element.get("class", "")
            wide = len(element.text or "") * (11 if small else 12) * 0.6
            x, y = int(element.get("x", "")), int(element.get("y", ""))
            left = {"start": x, "middle": x - wide / 2, "end": x - wide}
            begin = left[element.get("text-anchor", "start")]
            assert begin >= 0
            assert begin + wide <= width
            assert 12 <= y <= height - 4

    def test_every_step_has_its_arrow(self) -> None:
        root = ET.fromstring(svg(LADDER))
        shafts = [e for e in root.iter(f"{SVG}line") if e.get("class") == "ladder-shaft"]
        steps = [e for e in ENTRIES if isinstance(e, Step)]
        assert len(shafts) == sum(e.source != e.target for e in steps)
        heads = [e for e in root.iter(f"{SVG}polygon") if e.get("class") == "ladder-ink"]
        assert len(heads) == sum(e.directed and e.source != e.target for e in steps)
        flows = [e for e in root.iter(f"{SVG}polygon") if e.get("class") == "ladder-flow-head"]
        ways = [(e.down > 0) + (e.up > 0) for e in ENTRIES if isinstance(e, Traffic)]
        assert len(flows) == sum(ways)


SVG = "{http://www.w3.org/2000/svg}"

# What Mermaid's sequence diagrams have that we use (mermaid.js.org/syntax/sequenceDiagram.html).
# Free text ends at a newline, at ";", and at a "#" that begins no character code.
FREE = r"(?:[^;#\n]|#\d+;)*"
NAME = r"[A-Za-z]+\d*"
STATEMENTS = [
    rf"    participant {NAME} as {FREE}",
    rf"    Note over {NAME}(?:,{NAME})?: {FREE}",
    rf"    {NAME}-(?:>>|>){NAME}: {FREE}",
]


class TestMermaid:
    @pytest.mark.parametrize("octets", HOSTILE)
    def test_no_name_breaks_the_syntax(self, octets: bytes) -> None:
        lines = mermaid(named(octets)).splitlines()
        plain = mermaid(LADDER).splitlines()
        assert lines[0] == "sequenceDiagram"
        assert len(lines) == len(plain)
        for line in lines[1:]:
            assert any(re.fullmatch(s, line) for s in STATEMENTS), line
            assert not re.search(r"(?i)%%|\bend\b|style|classdef|wrap:|`|<(?!br/>)", line)

    @pytest.mark.parametrize("octets", HOSTILE)
    def test_names_come_out_as_they_went_in(self, octets: bytes) -> None:
        note = mermaid(named(octets)).splitlines()[len(PARTIES) + 1]
        coded = note.removeprefix("    Note over MN,HA: ")
        # Mermaid's codes are HTML's, with "#" for "&#".
        assert html.unescape(re.sub(r"#(\d+);", r"&#\1;", coded)) == printable(octets)

    def test_what_is_drawn(self) -> None:
        lines = mermaid(LADDER).splitlines()
        assert lines[1:3] == [
            "    participant MN as MN",
            "    participant AR1 as AR1<br/>2001:db8:1:2:3:4:5:6",
        ]
        assert "    AR1->>HA: BU seq 1, lifetime 600 s, flags AH, CoA AR1<br/>2.000000 ms" in lines
        assert "    AR1->MN: PPP LCP Configure-Request<br/>1.250000 ms" in lines
        assert "    Note over AR1,HA: 53 down, 49 up, until 900.000000 ms" in lines
        assert "    Note over AR2: sent again" in lines
        remark = "TUN-BLACKHOLE (error): downlink still goes to AR1 alone"
        assert f"    Note over MN,HA: {remark}" in lines


@pytest.mark.parametrize(
    ("format_", "begins"), [("text", "alice"), ("svg", "<?xml"), ("mmd", "sequenceDiagram\n")]
)
def test_formats(format_: str, begins: str) -> None:
    assert draw(LADDER, format_, 80, absolute=False).startswith(begins)


def test_the_same_ladder_gives_the_same_octets() -> None:
    for format_ in ("text", "svg", "mmd"):
        assert len({draw(LADDER, format_, 80, absolute=True) for _ in range(3)}) == 1
