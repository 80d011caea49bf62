"""What every key of the interface does, on captures whose frames the test has told."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from dissectors.node import Node
from dissectors.profile import Profile
from netmip6scope.capture.inputs import Source
from netmip6scope.decode import decode_frame
from netmip6scope.tables.text import seconds
from netmip6scope.tui.app import ScopeApp
from netmip6scope.tui.cells import TimeFormat
from netmip6scope.tui.keys import KEYS, WHERE
from netmip6scope.tui.lines_view import LinesView
from netmip6scope.tui.loader import Loader
from netmip6scope.tui.settings import load, settings_path
from netmip6scope.tui.table_view import TableView
from tests.netmip6scope import captured
from tests.netmip6scope.pilot import NARROW, Driven, opened
from tests.netmip6scope.story import ALICE, AR1, AR2, Mobile, Story, ms

BOB = Mobile("bob@example.net", "2001:db8:b0b::7c:3aff:fe11:2233")


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing of the user's own settings, and a place for new ones."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "netmip6scope" / "interface.json"


@pytest.fixture
def told(story: Story) -> str:
    """Alice attaches in frames 1-4 (RS, BU, BA, RA), Bob in 5-8; Alice's handoff is 9-12."""
    story.attach(ms(0), ALICE, AR1)
    story.attach(ms(100), BOB, AR1)
    story.handoff(ms(1000), ALICE, AR1, AR2)
    return str(story.write())


async def frame_shown(driven: Driven) -> str:
    await driven.pilot.pause()
    return next(line for line in driven.lines if "Fields" in line)


class TestTheFirstScreen:
    async def test_a_session_is_shown_with_its_first_message(self, told: str) -> None:
        async with opened(told) as driven:
            assert [line.split()[0] for line in driven.shown("#session-list")] == [
                ALICE.nai,
                BOB.nai,
            ]
            steps = "\n".join(driven.shown("#ladder"))
            for said in ("Router Solicitation", "BU seq", "HO Request", "handoff 1: AR1 to AR2"):
                assert said in steps
            assert "frame 1, rs" in await frame_shown(driven)
            assert driven.under_cursor("#ladder").endswith("Router Solicitation")
            await driven.press("down")
            assert "frame 5, rs" in await frame_shown(driven)
            assert "HO Request" not in "\n".join(driven.shown("#ladder"))

    async def test_enter_goes_in_and_tab_goes_round(self, told: str) -> None:
        async with opened(told) as driven:
            places = [driven.focus]
            for _ in range(2):
                await driven.press("enter")
                places.append(driven.focus)
            for _ in range(2):
                await driven.press("tab")
                places.append(driven.focus)
            await driven.press("shift+tab")
            assert places == ["session-list", "ladder", "tree", "hex", "session-list"]
            assert driven.focus == "hex"

    async def test_the_ladder_turns_to_messages_and_timing(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("enter", "right_square_bracket")
            assert driven.focus == "session-messages"
            frames = [line.split()[0] for line in driven.shown("#session-messages")]
            assert frames == ["1", "2", "3", "4", "9", "10", "11", "12"]
            await driven.press("right_square_bracket")
            bars = "\n".join(driven.shown("#timing"))
            # The story's handoff: request, response 5 ms later, BU 7 ms, BA 12 ms after it.
            for said in ("context", "5.000000", "binding"):
                assert said in bars
            await driven.press("left_square_bracket", "left_square_bracket")
            assert driven.focus == "ladder"

    async def test_titles_can_be_clicked(self, told: str) -> None:
        async with opened(told) as driven:
            title = driven.one("#ladder", LinesView)
            x = driven.lines[title.region.y].index("Timing") - title.region.x
            await driven.pilot.click("#ladder", offset=(x, 0))
            await driven.pilot.pause()
            assert "[Timing]" in driven.text

    async def test_the_ladder_goes_from_step_to_step(self, told: str) -> None:
        """Also where a step has several lines; its last one is seen."""
        async with opened(told, size=NARROW) as driven:
            await driven.press("enter")
            for frame in (2, 3, 4):
                await driven.press("down")
                assert f"frame {frame}, " in await frame_shown(driven)
            await driven.press("up")
            assert "frame 3, ba" in await frame_shown(driven)
            await driven.press("end")
            last = driven.shown("#ladder")[-1].strip()
            assert any(last in line for line in driven.lines)

    async def test_a_message_chosen_in_the_ladder_is_opened(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("enter", "down")
            assert "frame 2, bu" in await frame_shown(driven)


class TestFieldsAndOctets:
    async def test_octets_follow_the_field(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("enter", "down", "enter", "home")
            # Ethernet is the first 14 octets.
            assert driven.shown("#hex")[0].startswith("0000 [")
            assert driven.shown("#hex")[1].count("]") == 1
            assert driven.shown("#hex")[1].index("]") == len("0008  00 00 00 00 00 00")

    async def test_the_field_follows_the_octet(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("enter", "down", "tab", "tab", "home")
            await driven.press(*["right"] * 12)
            # Octets 12 and 13 are the type, which is folded into Ethernet's line until it opens.
            assert driven.under_cursor("#tree").startswith("▸ Ethernet")
            await driven.press("shift+tab", "right", "tab", "left", "right")
            assert driven.under_cursor("#tree") == "Type: ipv6 (34525)"
            assert "[86 dd]" in "".join(driven.shown("#hex"))

    async def test_folding(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("tab", "tab", "home")
            folded = len(driven.shown("#tree"))
            await driven.press("space")
            # Destination, source and type.
            assert len(driven.shown("#tree")) == folded + 3
            await driven.press("right", "down")
            assert driven.under_cursor("#tree").startswith("Source")
            await driven.press("left")
            assert driven.under_cursor("#tree").startswith("▾ Ethernet")
            await driven.press("left")
            assert len(driven.shown("#tree")) == folded

    async def test_folds_stay_for_the_next_message(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("tab", "tab", "home", "space", "shift+tab", "down")
            assert driven.shown("#tree")[1].startswith("    Destination")

    async def test_a_click_on_an_octet(self, told: str) -> None:
        async with opened(told) as driven:
            # The first octet of the second line: line 2 under the title, behind the offset.
            await driven.pilot.click("#hex", offset=(6, 2))
            await driven.pilot.pause()
            assert driven.under_cursor("#tree").startswith("▸ Ethernet")


class TestKeys:
    async def test_every_verdict_is_that_of_decode(self, netmip6: Path) -> None:
        """Of all messages, the last one first."""
        capture = netmip6 / "02_dhcpv6_bicast.pcapng"
        keys = netmip6 / "02_dhcpv6_bicast.keys.toml"
        async with opened(capture, keys=keys) as driven:
            view = driven.app.view
            assert view is not None
            rows = len(view.tables["messages"])
            seen = 0
            for row in reversed(range(rows)):
                shown = verdicts(view.open(row).tree)
                frame = view.number("messages", "frame", row)
                told = json.loads(decode_frame(str(capture), frame, "json", keys_path=str(keys)))
                assert shown == list(told_verdicts(told["tree"])), frame
                seen += len(shown)
        # Three Binding Updates and acknowledgements have one authenticator each; four of RADIUS
        # have the one in their head and a Message-Authenticator (RFC 2865 3, RFC 2869 5.14).
        assert seen == 3 + 3 + 2 * 4

    async def test_without_keys_there_are_none(self, netmip6: Path) -> None:
        async with opened(netmip6 / "02_dhcpv6_bicast.pcapng") as driven:
            view = driven.app.view
            assert view is not None
            assert verdicts(view.open(3).tree) == []


def verdicts(node: Node) -> list[str]:
    own = [node.text] if node.label == "Verification" else []
    return own + [text for child in node.children for text in verdicts(child)]


def told_verdicts(node: dict[str, Any]) -> Iterator[str]:
    """The same of what `decode --format json` prints."""
    if node["label"] == "Verification":
        yield node["text"]
    for child in node["children"]:
        yield from told_verdicts(child)


class TestMoving:
    async def test_arrows_and_vim_keys(self, story: Story) -> None:
        for n in range(60):
            story.attach(ms(20 * n), Mobile(f"mn{n:02}@example.net", f"2001:db8:a::{n + 1}"), AR1)
        async with opened(story.write(), size=NARROW) as driven:
            await driven.press("2")
            view = driven.one("#rows", LinesView)
            at = {}
            for keys in (("down", "j"), ("G", "end"), ("up", "k"), ("g", "home")):
                for key in keys:
                    await driven.press(key)
                    at[key] = view.cursor
            assert (at["down"], at["j"]) == (1, 2)
            assert at["G"] == at["end"] == view.count - 1 == 239
            assert (at["up"], at["k"]) == (238, 237)
            assert at["g"] == at["home"] == 0
            page = view.rows_shown
            steps = (
                ("pagedown", page),
                ("ctrl+f", page),
                ("pageup", -page),
                ("ctrl+b", -page),
                ("ctrl+d", page // 2),
                ("ctrl+u", -(page // 2)),
            )
            for key, step in steps:
                before = view.cursor
                await driven.press(key)
                assert view.cursor - before == step, key

    async def test_sideways(self, told: str) -> None:
        async with opened(told, size=NARROW) as driven:
            await driven.press("2")
            before = driven.text
            await driven.press("right", "l")
            assert "AR" not in before or driven.text != before
            assert int(driven.one("#rows", LinesView).scroll_offset.x) == 16
            await driven.press("left", "h")
            assert driven.text == before

    async def test_the_mouse_chooses_rows(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.pilot.click("#session-list", offset=(5, 3))
            assert "frame 5, rs" in await frame_shown(driven)
            await driven.pilot.click("#session-list", offset=(5, 3), times=2)
            await driven.pilot.pause()
            assert driven.focus == "ladder"


class TestScreens:
    async def test_numbers(self, told: str) -> None:
        async with opened(told) as driven:
            seen = []
            for number in ["2", "3", "4", "5", "6", "7", "1"]:
                await driven.press(number)
                seen.append(driven.lines[0].partition("[")[2].partition("]")[0])
            names = ["messages", "handoffs", "findings", "points", "stats", "replay"]
            names.append("sessions")
            assert seen == [f"{n} {name}" for n, name in zip("2345671", names, strict=True)]

    async def test_screens_can_be_clicked(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.pilot.click("#screens", offset=(driven.lines[0].index("handoffs"), 0))
            await driven.pilot.pause()
            assert "[3 handoffs]" in driven.text

    async def test_all_messages(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("2", "end")
            assert len(driven.shown("#rows")) == 12
            assert "frame 12, ba" in await frame_shown(driven)
            await driven.press("enter")
            assert driven.lines[0].startswith("[1 sessions]")
            assert driven.focus == "ladder"
            assert driven.under_cursor("#ladder").partition("BA")[1]

    async def test_handoffs(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("3")
            (row,) = driven.shown("#rows")
            assert ALICE.nai in row and "complete" in row and "5.000000" in row
            spread = driven.shown("#spread")
            assert spread[0].startswith("context_ms")
            assert spread[1].endswith("1")
            await driven.press("enter")
            assert "frame 9, ho-request" in await frame_shown(driven)

    async def test_a_finding_leads_to_its_frame(self, netmip6: Path) -> None:
        # The capture's truth: the SAR renews the binding in frame 373, long after the handoff.
        async with opened(netmip6 / "11_stale_binding.pcap") as driven:
            await driven.press("4")
            assert "BU-STALE" in driven.shown("#rows")[0]
            assert "frame 373, bu" in await frame_shown(driven)
            await driven.press("enter")
            assert driven.lines[0].startswith("[1 sessions]")
            assert "frame 373, bu" in await frame_shown(driven)
            await driven.press("4", "down")
            assert "no message shows it" in await frame_shown(driven)

    async def test_a_finding_about_a_frame_without_a_message(self, story: Story) -> None:
        """The one user packet lacks its last 8 octets: the frame that CAP-CUT names."""
        story.attach(ms(0), ALICE, AR1)
        story.downlink(ms(100), ALICE, AR1)
        path = Path(story.write())
        octets = bytearray(path.read_bytes())
        size = len(captured.read(path).frames[-1].octets)
        octets[-size - 8 : -size - 4] = (size - 8).to_bytes(4, "little")
        path.write_bytes(octets[:-8])
        async with opened(path) as driven:
            await driven.press("4")
            while "CAP-CUT" not in driven.under_cursor("#rows"):
                await driven.press("down")
            await driven.until(lambda: "Fields  frame 5" in driven.text)
            assert f"of {size - 8}" in driven.text
            await driven.press("enter")
            assert "[4 findings]" in driven.text

    async def test_points_and_their_clocks(self, netmip6: Path) -> None:
        truth = json.loads((netmip6 / "19_three_points.truth.json").read_text())["clock"]
        files = [f"{p}={netmip6}/19_three_points.{p}.pcap" for p in ("HA", "SAR")]
        async with opened(*files, f"TAR={netmip6}/19_three_points.TAR.pcapng") as driven:
            await driven.press("5")
            said = "\n".join(driven.shown("#points"))
        assert "HA: reference clock" in said
        for point in ("SAR", "TAR"):
            found = re.search(rf"{point}: .* HA: (\S+) s added; wrong by at most (\S+) ms", said)
            assert found is not None
            added_s, bound_ms = map(float, found.groups())
            assert abs(added_s + truth["offsets_ns"][point] / 1e9) * 1000 <= bound_ms

    async def test_statistics(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("6")
            assert "all" in driven.shown("#rows")[0]
            counts = "\n".join(driven.shown("#counts"))
            assert "12 messages, 2 sessions, 1 handoff," in counts


class TestFilter:
    async def test_matches_alone_or_marked(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("2", "slash")
            await driven.type("kind == ")
            await driven.press(*["quotation_mark", "b", "u", "quotation_mark"], "enter")
            frames = [line.split()[1] for line in driven.shown("#rows")]
            assert frames == ["2", "6", "11"]
            assert "3 of 12" in driven.text
            await driven.press("v", "home", "n")
            assert len(driven.shown("#rows")) == 12
            assert driven.under_cursor("#rows").split()[:2] == ["»", "2"]
            await driven.press("n", "n", "n")
            assert driven.under_cursor("#rows").split()[:2] == ["»", "2"]
            await driven.press("N")
            assert driven.under_cursor("#rows").split()[:2] == ["»", "11"]
            await driven.press("escape")
            assert "»" not in "\n".join(driven.shown("#rows"))

    async def test_fields_of_protocols_are_asked_of_the_frames(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("2", "slash")
            await driven.type("mip6.ba.status")
            await driven.press("enter")
            await driven.until(lambda: len(driven.shown("#rows")) == 3)
            assert [line.split()[1] for line in driven.shown("#rows")] == ["3", "7", "12"]

    async def test_sessions_are_those_with_such_a_message(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("slash")
            await driven.type("icmpv6.type == 150 or handoffs > 0")
            await driven.press("enter")
            await driven.until(lambda: len(driven.shown("#session-list")) == 1)
            assert ALICE.nai in driven.shown("#session-list")[0]

    async def test_in_the_ladder_matches_are_marked(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("enter", "slash")
            await driven.type("seq > 0")
            await driven.press("enter", "home", "n")
            assert driven.under_cursor("#ladder").startswith("»")

    async def test_names_are_completed(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("2", "slash")
            await driven.type("mip6.ba.st")
            assert driven.lines[-2] == "mip6.ba.status"
            await driven.press("tab")
            assert driven.lines[-4] == "Filter: mip6.ba.status"
            assert driven.focus == "prompt-input"

    async def test_the_mistake_is_shown_under_its_place(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("2", "slash")
            await driven.type("frame = 3")
            text, caret, said = driven.lines[-4:-1]
            assert text == "Filter: frame = 3"
            assert caret.index("▲") == text.index("=")
            assert "column 7" in said
            await driven.press("enter")
            assert driven.lines[-4] == "Filter: frame = 3"
            await driven.press("escape")
            assert driven.focus == "rows"
            assert len(driven.shown("#rows")) == 12

    async def test_statistics_take_none(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("6", "slash")
            assert driven.focus == "rows"


class TestMarksAndComparison:
    async def test_marks_are_seen_in_every_list_of_messages(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("2", "down", "m")
            assert driven.shown("#rows")[1].split()[:2] == ["*", "2"]
            await driven.press("1", "right_square_bracket")
            assert driven.shown("#session-messages")[1].split()[:2] == ["*", "2"]
            assert any(line.startswith("* ") for line in driven.shown("#ladder"))
            await driven.press("2", "up", "m")
            assert not driven.shown("#rows")[1].startswith("*")

    async def test_two_messages_field_by_field(self, told: str) -> None:
        async with opened(told) as driven:
            # The BU of the attachment and that of the handoff: another router sends it.
            await driven.press("2", "down", "m", *["down"] * 8, "c")
            lines = driven.text
            assert "Frame 2 and frame 11" in lines
            source = next(line for line in driven.shown("#dialog") if "Source Address" in line)
            kind = next(line for line in driven.shown("#dialog") if "MH Type" in line)
            assert source.startswith("≠") and AR1 in source and AR2 in source
            assert kind.startswith(" ") and kind.count("binding update (5)") == 2
            await driven.press("escape")
            assert driven.focus == "rows"

    async def test_what_cannot_be_compared(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("c")
            assert "Frame" not in driven.lines[1]
            await driven.press("2", "c")
            assert len(driven.app.screen_stack) == 1


class TestTimesAndColumns:
    async def test_formats(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("2", "end")

            def row() -> str:
                return driven.under_cursor("#rows").split()[1]

            # The handoff's BA is 12 ms after its begin, 5 ms after the BU.
            assert row() == "1.012000000"
            await driven.press("t")
            assert row() == "0.005000000"
            await driven.press("t")
            assert row() == seconds(ms(1012))
            await driven.press("t")
            assert row() == "1.012000000"

    async def test_the_ladder_has_them_too(self, told: str) -> None:
        async with opened(told, size=NARROW) as driven:
            assert "0.000000" in driven.under_cursor("#ladder")
            await driven.press("t", "t")
            assert seconds(ms(0)) in driven.under_cursor("#ladder")

    async def test_columns_are_chosen_and_remembered(self, told: str, config: Path) -> None:
        async with opened(told) as driven:
            await driven.press("2", "o")
            while not driven.under_cursor("#dialog").split("] ")[1].startswith("length"):
                await driven.press("down")
            await driven.press("space", "enter")
            assert driven.one("#rows", TableView).columns[-1] == "length"
        assert load(settings_path()).columns["messages"][-1] == "length"
        assert config.exists()
        async with opened(told) as driven:
            await driven.press("2")
            assert driven.one("#rows", TableView).columns[-1] == "length"

    async def test_sorting(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("2", "s", "S")
            assert [line.split()[0] for line in driven.shown("#rows")] == [
                str(n) for n in range(12, 0, -1)
            ]
            assert "frame ▼" in driven.text
            x = driven.lines[2].index("mn_id")
            await driven.pilot.click("#rows", offset=(x, 1))
            await driven.pilot.pause()
            names = [line for line in driven.shown("#rows") if "@" in line]
            assert [ALICE.nai in line for line in names] == sorted(
                (ALICE.nai in line for line in names), reverse=ALICE.nai < BOB.nai
            )

    async def test_theme_is_remembered(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("T", "T", "t")
        settings = load(settings_path())
        assert (settings.theme, settings.time_format) == ("scope-contrast", TimeFormat.DELTA)
        async with opened(told) as driven:
            assert driven.app.theme == "scope-contrast"


class TestFiles:
    async def named(self, driven: Driven, key: str, path: Path) -> None:
        await driven.press(key)
        await driven.type(str(path))
        await driven.press("enter")
        await driven.until(path.exists)

    async def test_rows_to_a_table(self, told: str, tmp_path: Path) -> None:
        path = tmp_path / "t.csv"
        async with opened(told) as driven:
            await driven.press("2", "s", "S")
            await self.named(driven, "e", path)
        rows = list(csv.DictReader(path.read_text().splitlines()))
        assert [row["frame"] for row in rows] == [str(n) for n in range(12, 0, -1)]
        assert "length" not in rows[0]

    async def test_a_ladder_to_a_picture(self, told: str, tmp_path: Path) -> None:
        path = tmp_path / "l.svg"
        async with opened(told) as driven:
            await driven.press("enter")
            await self.named(driven, "e", path)
        assert ET.parse(path).getroot().tag == "{http://www.w3.org/2000/svg}svg"

    @pytest.mark.parametrize(
        ("keys", "frames"),
        [
            (["2", "down", "m", "down", "m"], [2, 4]),
            (["2", "down"], [2]),
            (["down"], [5, 6, 7, 8]),
            (["3"], [9, 10, 11, 12]),
        ],
        ids=["marked", "current", "session", "handoff"],
    )
    async def test_frames_to_a_capture(
        self, keys: list[str], frames: list[int], told: str, tmp_path: Path
    ) -> None:
        path = tmp_path / "out.pcapng"
        async with opened(told) as driven:
            await driven.press(*keys)
            await self.named(driven, "w", path)
        whole = captured.read(Path(told)).frames
        written = captured.read(path).frames
        assert [(f.time_ns, f.octets) for f in written] == [
            (whole[n - 1].time_ns, whole[n - 1].octets) for n in frames
        ]

    async def test_a_name_that_says_no_format(self, told: str, tmp_path: Path) -> None:
        async with opened(told) as driven:
            await driven.press("2", "e")
            await driven.type(str(tmp_path / "t.xlsx"))
            await driven.press("enter")
            assert not (tmp_path / "t.xlsx").exists()
            assert driven.app._notifications


class TestHelp:
    @pytest.mark.parametrize(("screen", "places"), [("1", 6), ("2", 5), ("5", 2)])
    async def test_all_keys_of_the_screen(self, told: str, screen: str, places: int) -> None:
        async with opened(told) as driven:
            await driven.press(screen)
            listed = driven.app.screen.places
            await driven.press("question_mark")
            lines = driven.shown("#dialog")
            assert len(listed) == places
            for key in KEYS:
                there = any(key.shown in line and key.does in line for line in lines)
                assert there == (key.where in listed), key
            await driven.press("escape")
            assert driven.app.screen.places == listed

    async def test_the_palette_runs_commands(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("ctrl+p")
            await driven.type("capture points")
            await driven.pilot.pause(0.3)
            await driven.press("enter")
            await driven.until(lambda: "[5 points]" in driven.text)

    async def test_the_palette_acts_on_the_list_that_has_the_keys(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("2", "down", "ctrl+p")
            await driven.type("mark the row")
            await driven.pilot.pause(0.3)
            await driven.press("enter")
            await driven.until(lambda: driven.shown("#rows")[1].startswith("*"))

    @pytest.mark.parametrize("key", ["q", "ctrl+q", "ctrl+c"])
    async def test_leaving(self, key: str, told: str) -> None:
        async with opened(told) as driven:
            await driven.press(key)
            await driven.until(lambda: not driven.app.is_running)


class TestReading:
    async def test_what_cannot_be_read_ends_it(self, tmp_path: Path) -> None:
        bad = tmp_path / "bad.pcap"
        bad.write_bytes(b"no capture")
        app = ScopeApp([Source(str(bad))], None, Profile())
        async with app.run_test() as pilot:
            await Driven(app, pilot).until(lambda: app.return_value is not None)
        assert "not a capture" in str(app.return_value)

    async def test_what_was_odd_is_said(self, story: Story, tmp_path: Path) -> None:
        story.attach(ms(0), ALICE, AR1)
        path = Path(story.write())
        path.write_bytes(path.read_bytes()[:-10])
        async with opened(path) as driven:
            assert "! 1 odd, see points" in driven.lines[-1]
            await driven.press("5")
            assert "cut" in "\n".join(driven.shown("#points"))

    async def test_held_and_going_on(self, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
        held: list[bool] = []
        pause = Loader.pause

        def note(self: Loader, paused: bool) -> None:
            held.append(paused)
            pause(self, paused)

        monkeypatch.setattr(Loader, "pause", note)
        async with opened(told) as driven:
            await driven.press("p")
            assert held == []  # all has been read
            driven.app.view = None
            await driven.press("p", "p")
        assert held == [True, False]


def test_the_document_lists_the_keys_that_there_are() -> None:
    page = (Path(__file__).parents[2] / "docs" / "interface.md").read_text("utf-8")
    for where, title in WHERE.items():
        section = page.partition(f"### {title}\n")[2].partition("\n#")[0]
        rows = re.findall(r"^\| `(.*)` \| (.*) \|$", section, re.MULTILINE)
        listed = [(shown.replace("` `", " "), does) for shown, does in rows]
        assert listed == [(key.shown, key.does) for key in KEYS if key.where == where]


def test_no_key_means_two_things_in_one_place() -> None:
    """Where a list's own key and a general one are the same, the list's own comes first."""
    for where in WHERE:
        keys = [name for key in KEYS if key.where == where for name in key.keys.split(",")]
        assert len(keys) == len(set(keys)), where


async def test_the_screen_in_the_readme_is_what_is_shown() -> None:
    project = Path(__file__).parents[2]
    capture = project / "sample_pcaps" / "slaac_handoff.pcap"
    async with opened(capture, size=NARROW) as driven:
        await driven.press("enter", "down")
        assert f"```text\n{driven.text}```\n" in (project / "README.md").read_text("utf-8")


EVERY_KEY = [name for key in KEYS for name in key.keys.split(",") if key.action != "app.quit"]


async def every_key(driven: Driven, screens: str) -> None:
    """On these screens; what opens is closed again."""
    for screen in screens:
        await driven.press(screen)
        for name in EVERY_KEY:
            await driven.pilot.press(name)
            if name in ("slash", "question_mark", "o", "e", "w", "c", "ctrl+p"):
                await driven.press("escape")
        assert driven.app.is_running


class TestNothingToShow:
    async def test_keys_before_anything_was_read(self) -> None:
        theirs, ours = os.pipe()
        source = Source("-", copy=f"/dev/fd/{theirs}")
        app = ScopeApp([source], None, Profile())
        async with app.run_test(size=NARROW) as pilot:
            driven = Driven(app, pilot)
            assert "read 0 octets" in driven.text
            await every_key(driven, "13")
            assert app.view is None
            os.close(ours)
        os.close(theirs)

    async def test_keys_on_a_capture_without_messages(self, tmp_path: Path) -> None:
        empty = tmp_path / "empty.pcap"
        empty.write_bytes(bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000"))
        async with opened(empty, size=NARROW) as driven:
            assert "0 sessions, 0 messages" in driven.text
            await every_key(driven, "46")

    async def test_keys_on_a_session(self, told: str) -> None:
        async with opened(told, size=NARROW) as driven:
            await every_key(driven, "1")

    async def test_a_terminal_that_is_tiny(self, told: str) -> None:
        async with opened(told, size=(10, 5)) as driven:
            for screen in "1234567":
                await driven.press(screen, "tab", "down", "end", "question_mark", "escape")
            assert driven.app.is_running
