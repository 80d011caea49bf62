"""The report: what is on the page, for whom, and what must never be on it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from netmip6scope.cli.main import main
from netmip6scope.ladder.build import TABLES as OF_LADDERS
from netmip6scope.ladder.draw import session_pictures
from netmip6scope.pipeline import analyse
from netmip6scope.report import selection, sessions
from netmip6scope.report.cells import LONGEST, utc
from netmip6scope.report.page import Material, report_page
from netmip6scope.tables.columns import NULL, Coded, Kind, Table, Values
from netmip6scope.tables.schema import TABLES
from tests.architecture.test_imports import modules_loaded_by
from tests.netmip6scope.markup import Element, Page
from tests.netmip6scope.tables_by_hand import Row, table

DATA = Path(__file__).parents[1] / "data" / "netmip6"
REFUSED = DATA / "05_ho_refused.pcap"
MS = 1_000_000
BEGIN = 1_700_000_000 * 1000 * MS
WANTED = ("handoffs", "sessions", "messages", "findings")


def a_handoff(number: int, session: int = 1, **cells: object) -> Row:
    return {
        "handoff": number,
        "session": session,
        "mn_id": f"mn{session}@example.net",
        "kind": "inter-ar",
        "sar": "2001:db8:a1::1",
        "tar": "2001:db8:a2::1",
        "outcome": "complete",
        "start": BEGIN,
        "clock_error_ms": 0,
        **cells,
    }


def a_session(number: int, **cells: object) -> Row:
    node = f"mn{number}@example.net"
    return {"session": number, "mn_id": node, "start": BEGIN, "state": "active", **cells}


def a_message(frame: int, session: int = 1, **cells: object) -> Row:
    return {
        "frame": frame,
        "session": session,
        "time": BEGIN + frame * MS,
        "kind": "bu",
        "summary": "Binding Update",
        "point": "here",
        **cells,
    }


def material(
    handoffs: list[Row],
    sessions: list[Row],
    messages: list[Row],
    notes: Sequence[str] = (),
    **more: object,
) -> Material:
    made = [table(n, rows) for n, rows in zip(WANTED, (handoffs, sessions, messages), strict=False)]
    return Material(["a.pcap"], notes, *made, **more)  # type: ignore[arg-type]


def page_of(made: Material) -> Page:
    return Page(report_page(made))


def small(**more: object) -> Material:
    return material(
        [
            a_handoff(1, 1, preparation_ms=15 * MS, dl_gap_ms=-2 * MS),
            a_handoff(2, 2, preparation_ms=25 * MS, tar="2001:db8:a3::1"),
            a_handoff(3, 2, outcome="context-refused", status=2),
        ],
        [a_session(1), a_session(2)],
        [a_message(1), a_message(2, 2), a_message(3, 2)],
        **more,
    )


@pytest.fixture(scope="module")
def refused() -> str:
    tables = analyse([str(REFUSED)], OF_LADDERS).tables
    ladder = session_pictures(tables)
    return report_page(Material([REFUSED.name], [], *(tables[name] for name in WANTED), ladder))


# What is on it


def test_summary_is_the_truth(refused: str) -> None:
    truth = json.loads(REFUSED.with_suffix("").with_suffix(".truth.json").read_text())
    summary = Page(refused).by_id("summary")
    names, numbers = (summary.inside("dl")[0].inside(tag) for tag in ("dt", "dd"))
    tiles = {name.text: number.text for name, number in zip(names, numbers, strict=True)}
    assert tiles["Handoffs"] == str(len(truth["handoffs"])) == "4"
    assert tiles["Sessions"] == str(len(truth["sessions"]))
    assert tiles["Successful"] == "0.0000 %"  # three refused, one reactive
    outcomes = [[cell.text for cell in row.children[:3]] for row in summary.inside("tr")]
    assert ["context-refused", "3", "75.0000"] in outcomes
    assert ["reactive", "1", "25.0000"] in outcomes


def test_every_handoff_of_the_truth_that_did_not_complete(refused: str) -> None:
    truth = json.loads(REFUSED.with_suffix("").with_suffix(".truth.json").read_text())
    rows = Page(refused).by_id("not-complete").inside("tbody")[0].children
    for row, expected in zip(rows, truth["handoffs"], strict=True):
        for cell in ("mn_id", "sar", "tar", "outcome", "context_ms"):
            assert (expected[cell] or "") in row.text
        assert f"status {expected['status']}" in row.text


def test_times_are_the_captures(refused: str) -> None:
    # The first message is the RADIUS request of frame 4, at the time that Wireshark shows for it.
    summary = Page(refused).by_id("summary").text
    assert "1515278940.786685168 s (2018-01-06 22:49:00.786685168 UTC)" in summary


@pytest.mark.parametrize(
    ("time_ns", "shown"),
    [
        (1_700_000_000_000_000_001, "2023-11-14 22:13:20.000000001 UTC"),
        (0, "1970-01-01 00:00:00.000000000 UTC"),
        (-1, "1969-12-31 23:59:59.999999999 UTC"),
        (2**63 - 1, "2262-04-11 23:47:16.854775807 UTC"),
        (NULL, ""),
    ],
)
def test_utc(time_ns: int, shown: str) -> None:
    assert utc(time_ns) == shown


def test_a_link_leads_into_the_session_that_it_names() -> None:
    page = page_of(small())
    links = page.by_id("slowest").inside("a")
    assert [(a.text, a.attributes["href"]) for a in links[:2]] == [
        ("mn2@example.net", "#session-2"),
        ("mn1@example.net", "#session-1"),
    ]
    # Browsers open the block when a link leads to something inside it.
    inside = page.by_id("session-2")
    assert inside.parent is not None and inside.parent.tag == "details"
    assert "mn2@example.net" in inside.parent.inside("summary")[0].text


def test_messages_of_a_session() -> None:
    rows = page_of(small()).by_id("session-2").inside("table")[-1].inside("tr")
    # Frames 2 and 3, which are 2 and 3 ms after the session's start
    assert [[cell.text for cell in row.children[:2]] for row in rows[1:]] == [
        ["2", "2.000000"],
        ["3", "3.000000"],
    ]


def test_points_are_named_where_there_are_several() -> None:
    one, two = small(), small()
    two.messages.values["point"] = Coded(np.array([0, 1, 0]), ["sar", "ha"])
    assert "point" not in page_of(one).by_id("session-1").text
    assert "1 sar" in page_of(two).by_id("session-1").text
    assert "ha sar" in page_of(two).by_id("summary").text


def test_clock_error_is_told_where_there_is_one() -> None:
    assert "Clock error" not in page_of(small()).by_id("summary").text
    rows = [a_handoff(1, clock_error_ms=250_000), a_handoff(2, clock_error_ms=120_000)]
    told = page_of(material(rows, [a_session(1)], [])).by_id("summary").text
    assert "at most 0.250000 ms" in told


def test_notes_are_on_the_page() -> None:
    told = page_of(small(notes=["a.pcap: cut short (at octet 24)"])).by_id("summary").text
    assert "a.pcap: cut short (at octet 24)" in told


def test_a_capture_without_signalling() -> None:
    page = page_of(material([], [], []))
    assert "No signalling message was found." in page.by_id("summary").text
    assert page.by_id("durations").text.count("Not known of any handoff.") == 5
    assert page.all("svg") == []


# Findings and ladders

A_FINDING = {"code": "HO-REFUSED", "frame": 7, "time": BEGIN, "text": "status 2", "ref": "4.2"}


def test_findings_are_the_truth(refused: str) -> None:
    truth = json.loads(REFUSED.with_suffix("").with_suffix(".truth.json").read_text())
    counts = Page(refused).by_id("findings").inside("tbody")[0].children
    found = {row.children[0].text: int(row.children[2].text) for row in counts}
    assert found == truth["findings"] == {"HO-REFUSED": 4, "BU-REACTIVE": 1}


def test_no_findings_section_without_findings() -> None:
    assert 'id="findings"' not in report_page(small())


def test_findings_by_severity() -> None:
    rows = [
        {**A_FINDING, "severity": "note", "code": "BU-REACTIVE"},
        {**A_FINDING, "severity": "warning", "session": 2, "mn_id": "mn2@example.net"},
        {**A_FINDING, "severity": "error", "code": "BU-STALE", "session": 9, "mn_id": "else"},
        {**A_FINDING, "severity": "warning"},
    ]
    section = page_of(small(findings=table("findings", rows))).by_id("findings")
    counts, listed = section.inside("tbody")
    assert [[cell.text for cell in row.children] for row in counts.children] == [
        ["BU-STALE", "error", "1"],
        ["HO-REFUSED", "warning", "2"],
        ["BU-REACTIVE", "note", "1"],
    ]
    severities = [row.children[0].text for row in listed.children]
    assert severities == ["error", "warning", "warning", "note"]
    # Session 9 is not on the page.
    assert [a.attributes["href"] for a in listed.inside("a")] == ["#session-2"]
    assert "1700000000.000000000" in listed.text


def test_findings_of_nothing() -> None:
    section = page_of(small(findings=table("findings", []))).by_id("findings")
    assert "Nothing was found wrong." in section.text


def test_ladders_are_images() -> None:
    drawings = {1: "<svg xmlns='http://www.w3.org/2000/svg'><script>no()</script></svg>", 2: None}
    page = page_of(small(ladder=drawings.__getitem__))
    (image,) = page.all("img")
    kind, _, octets = image.attributes["src"].partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(octets).decode() == drawings[1]
    assert "Message ladder of session 1" in image.attributes["alt"]
    assert page.by_id("session-2").inside("img") == []


# Safe, offline, and for everybody


def test_nothing_from_elsewhere_and_nothing_that_runs(refused: str) -> None:
    page = Page(refused)
    assert page.all("script") == []
    for element in page.everything():
        for name, value in element.attributes.items():
            assert name != "style" and not name.startswith("on"), element
            if name in ("href", "src", "clip-path"):
                assert re.match(r"#|data:(?:image/svg\+xml;base64)?,|url\(#", value), value
    (style,) = page.all("style")
    assert not re.search(r"url\(|@import|@font-face", style.text)
    # The octets of images may hold two slashes; test_ladder_draw looks into ladders.
    assert "//" not in re.sub(r"base64,[A-Za-z0-9+/=]+", "", refused).replace("&#47;", "/")


def test_the_policy_allows_the_one_style_sheet(refused: str) -> None:
    page = Page(refused)
    head = page.all("head")[0]
    policy = head.children[1].attributes  # before anything that it is to rule
    assert policy["http-equiv"] == "Content-Security-Policy"
    style = refused.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy["content"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )


def test_structure_is_told(refused: str) -> None:
    page = Page(refused)
    assert page.all("html")[0].attributes["lang"] == "en"
    levels = [int(e.tag[1]) for e in in_order(page.root) if re.fullmatch("h[1-6]", e.tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    names = [e.attributes["id"] for e in page.everything() if "id" in e.attributes]
    assert len(names) == len(set(names))
    for link in page.all("a"):
        assert link.attributes["href"].removeprefix("#") in names
    for each in page.all("table"):
        for row in each.inside("thead")[0].inside("th"):
            assert row.attributes["scope"] == "col" and row.text
        for row in each.inside("tbody")[0].children:
            scopes = [cell.attributes["scope"] for cell in row.inside("th")]
            assert scopes == ["row"]
            assert len(row.children) == len(each.inside("thead")[0].inside("tr")[0].children)
    for drawing in page.all("svg"):
        if "role" in drawing.attributes:
            said = drawing.attributes["aria-labelledby"].split()
            assert all(page.by_id(name).text for name in said)
        else:
            assert drawing.parent is not None
            assert drawing.parent.attributes["aria-hidden"] == "true"
    for region in page.everything():
        if "tabindex" in region.attributes:
            assert region.attributes["role"] == "region" and region.attributes["aria-label"]


def in_order(element: Element) -> Iterator[Element]:
    yield element
    for child in element.children:
        yield from in_order(child)


def luminance(colour: str) -> float:
    """WCAG 2.2, "relative luminance"."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark", "paper"])
def test_text_stands_out(scheme: str, refused: str) -> None:
    blocks = re.findall(r":root \{(.*?)\}", refused, re.DOTALL)
    block = blocks[("light", "dark", "paper").index(scheme)]
    colour = dict(re.findall(r"--(\w+): (#\w{6});", block))
    for text in ("ink", "quiet", "line", "error", "warning"):
        for ground in ("paper", "panel"):
            light, dark = sorted(map(luminance, (colour[text], colour[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)


CORPUS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style></title></textarea><svg/onload=alert(1)>",
    "<!-- -->",
    "-->",
    "]]><![CDATA[",
    "{{ 7 * 7 }}{% raw %}{# #}",
    "&lt;b&gt; &amp; &#60;i&#62;",
    "javascript:alert(1)",
    "`${alert(1)}`",
    "\x00\x1b[2J\r\n\t",
    "\u202egnp.exe\u2066",
    "\udcff\ud800",
    "🛰 名前 é",
    "</details></main></body></html>",
    "</svg><use href=//example.net/x>",
)


def filled(name: str, texts: Sequence[str], rows: int) -> Table:
    """A table whose every text is that of its row, and whose every number is its row's, from 1."""
    columns = TABLES[name]
    place = np.arange(rows)
    cells: dict[str, Values] = {
        column.name: Coded(place % len(texts), list(texts))
        if column.kind is Kind.TEXT
        else place + 1
        for column in columns
    }
    return Table(name, columns, cells)


def everywhere(texts: Sequence[str]) -> str:
    """A page with these texts wherever a text can be, each in one session and its rows."""
    tables = (filled(name, texts, len(texts)) for name in WANTED)
    return report_page(Material(texts, texts, *tables))


def test_hostile_texts_do_not_break_out() -> None:
    html = everywhere(CORPUS)
    page = Page(html)
    # Nothing differs from a page of tame texts but what can be read there.
    tame = Page(everywhere([f"{n:x>{max(len(text), 2)}}" for n, text in enumerate(CORPUS)]))
    assert page.root.skeleton() == tame.root.skeleton()
    for number, text in enumerate(CORPUS, 1):
        if text.isprintable():
            block = page.by_id(f"session-{number}").text
            # Of the session, of its handoff and of its message
            assert block.count(" ".join(text.split())) >= 9
    html.encode()  # no lone surrogate is left
    assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069]", html)


# Bounded


def many(rows: int, text: str) -> dict[str, Table]:
    """As many sessions, each with a failed handoff; routers of many pairs; messages of a few."""
    made = {name: filled(name, [text], rows) for name in WANTED}
    count = np.arange(rows)
    handoffs = made["handoffs"].values
    vocabulary = [f"2001:db8:{n:x}::1" for n in range(5000)]
    handoffs["sar"] = Coded(count % 5000, vocabulary)
    handoffs["tar"] = Coded(count // 7 % 5000, vocabulary)
    handoffs["outcome"] = Coded(count % 3, ["complete", "binding-timeout", "context-refused"])
    handoffs["dl_gap_ms"] = count * 7919 % 1_000_003 * 1000
    made["messages"].values["session"] = count % 200 + 1
    made["findings"].values["code"] = Coded(count % 41, [f"{n}{text}" for n in range(41)])
    made["findings"].values["severity"] = Coded(count % 3, ["note", "warning", "error"])
    return made


@pytest.mark.parametrize("text", ["mn@example.net", '"' * 5000], ids=["plain", "hostile"])
def test_the_page_is_bounded(text: str) -> None:
    made = many(100_000, text)
    tables = (made[name] for name in WANTED)
    page = report_page(Material([text] * 1000, [text] * 1000, *tables))
    assert len(page.encode()) < 5_000_000
    told = Page(page)
    assert "of 100000: those of the handoffs and findings listed above" in (
        told.by_id("sessions").text
    )
    assert f"{selection.SLOWEST} of 100000" in told.by_id("slowest").text
    assert "and 970 more" in told.by_id("summary").text
    assert "The 50 pairs with the most handoffs of" in told.by_id("pairs").text
    assert "the most severe first: 100 of 100000" in told.by_id("findings").text


def test_ladders_count_towards_the_bound() -> None:
    drawing = "<svg xmlns='http://www.w3.org/2000/svg'>" + " " * 300_000 + "</svg>"
    rows = [a_session(n) for n in range(1, 31)]
    page = report_page(material([], rows, [], ladder=lambda _: drawing))
    # In base64 each takes 4/3 of 300,000 octets: 6 fit into 2,500,000.
    assert page.count("<img") == 6
    assert "6 of 30" in page and "as far as there is room on this page" in page


def test_a_long_session_is_cut() -> None:
    rows = [a_message(n) for n in range(1, sessions.MESSAGES + 51)]
    told = page_of(material([], [a_session(1)], rows)).by_id("session-1")
    assert f"Messages, the first {sessions.MESSAGES} of {sessions.MESSAGES + 50}" in told.text


def test_a_long_text_is_cut() -> None:
    page = page_of(material([], [a_session(1, mn_id="x" * (LONGEST + 1))], []))
    assert "x" * LONGEST + " …" in page.by_id("sessions").text


# What is chosen


def test_slowest_first_and_unknown_left_out() -> None:
    gaps = [5, None, 9, 9, -3]
    handoffs = table("handoffs", [a_handoff(n, dl_gap_ms=gap) for n, gap in enumerate(gaps, 1)])
    chosen = selection.slowest(handoffs, "dl_gap_ms")
    assert chosen.rows.tolist() == [2, 3, 0, 4]  # rows from 0; of equal ones the first first
    assert chosen.of == 4


def test_each_outcome_gets_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "OF_EACH_OUTCOME", 2)
    outcomes = ["reactive"] * 4 + ["complete", "binding-timeout", "reactive"]
    handoffs = table("handoffs", [a_handoff(n, outcome=o) for n, o in enumerate(outcomes, 1)])
    chosen = selection.not_complete(handoffs)
    assert (chosen.rows.tolist(), chosen.of) == ([0, 1, 5], 6)


def test_no_code_crowds_out_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "OF_EACH_CODE", 2)
    kinds = [("note", "a")] + [("warning", "b")] * 4 + [("error", "c"), ("warning", "d")]
    findings = table("findings", [{"severity": s, "code": c} for s, c in kinds])
    chosen = selection.worst(findings)
    # Rows from 0: the error; the first two of b and the one of d; the note
    assert (chosen.rows.tolist(), chosen.of) == ([5, 1, 2, 6, 0], 7)
    monkeypatch.setattr(selection, "FINDINGS", 3)
    assert selection.worst(findings).rows.tolist() == [5, 1, 2]


def test_all_sessions_or_those_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = table("sessions", [a_session(n) for n in range(1, 6)])
    listed = table("handoffs", [a_handoff(1, 4), a_handoff(2, 2), a_handoff(3, 4)])
    rows = np.array([0, 2])
    assert selection.sessions(made, [(listed, rows)]).rows.tolist() == [0, 1, 2, 3, 4]
    monkeypatch.setattr(selection, "ALL_SESSIONS", 4)
    assert selection.sessions(made, [(listed, rows)]).rows.tolist() == [3]
    assert selection.sessions(made, []).rows.tolist() == []


def test_pairs_by_number_of_handoffs() -> None:
    rows = [
        a_handoff(1),
        a_handoff(2, tar="2001:db8:a0::1"),
        a_handoff(3, tar="2001:db8:a0::1", outcome="reactive"),
    ]
    body = page_of(material(rows, [a_session(1)], [])).by_id("pairs").inside("tbody")[0]
    # R1 is a0, R2 a1, R3 a2.
    assert [[cell.text for cell in row.children] for row in body.children] == [
        ["R2 > R1", "2001:db8:a1::1", "2001:db8:a0::1", "2", "1", "50.0000"],
        ["R2 > R3", "2001:db8:a1::1", "2001:db8:a2::1", "1", "1", "100.0000"],
    ]


# The command


def test_the_command(tmp_path: Path, refused: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(DATA)
    path = tmp_path / "r.html"
    assert main(["report", REFUSED.name, "-o", str(path)]) == 0
    assert path.read_text("utf-8") == refused


def test_standard_output(refused: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "netmip6scope", "report", REFUSED.name, "-o", "-"],
        cwd=DATA,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        check=True,
    )
    assert (ran.stdout.decode(), ran.stderr) == (refused, b"")


@pytest.mark.parametrize("missing", ["jinja2", "matplotlib"])
def test_without_its_libraries(
    missing: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    path = tmp_path / "r.html"
    assert main(["report", str(REFUSED), "-o", str(path)]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "pip install netmip6scope[report]" in err
    assert not path.exists()


@pytest.mark.parametrize(
    ("argv", "words"),
    [(["a.pcap"], "-o"), (["a.pcap", "-o", "r.pdf"], ".html"), (["-o", "r.html"], "CAPTURE")],
)
def test_wrong_use(argv: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", *argv]) == 2
    assert words in capsys.readouterr().err


def test_what_could_be_read_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.pcap"
    broken.write_bytes(b"no capture")
    path = tmp_path / "r.html"
    assert main(["report", str(REFUSED), str(broken), "-o", str(path)]) == 2
    assert "broken.pcap" in capsys.readouterr().err
    told = Page(path.read_text("utf-8")).by_id("summary").text
    assert "Notes on the captures" in told and "broken.pcap:" in told


def test_other_commands_load_neither_library() -> None:
    loaded = modules_loaded_by(["handoffs", "--stats", str(REFUSED)])
    assert "netmip6scope" in loaded
    assert not loaded & {"jinja2", "matplotlib"}


def test_same_capture_same_octets_whatever_the_machine(tmp_path: Path, refused: str) -> None:
    # Settings of the user for matplotlib, no place for its caches, another zone, language and
    # hash seed.
    (tmp_path / "matplotlibrc").write_text(
        "font.size: 20\nlines.linewidth: 9\naxes.facecolor: red\nsvg.fonttype: path\n"
    )
    strange = {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    strange["MPLCONFIGDIR"] = "/dev/null/none"
    (tmp_path / REFUSED.name).symlink_to(REFUSED)
    ran = subprocess.run(
        [sys.executable, "-m", "netmip6scope", "report", REFUSED.name, "-o", "r.html"],
        cwd=tmp_path,
        env={**os.environ, **strange, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        check=True,
    )
    assert (ran.stdout, ran.stderr) == (b"", b"")
    assert (tmp_path / "r.html").read_text("utf-8") == refused
