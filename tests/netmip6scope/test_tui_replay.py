"""The screen of replays: each step beside what is expected, and what `replay` says of the whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from dissectors.profile import Profile
from dissectors.radius import RadiusCode
from netmip6scope.incident.run import find, replay
from netmip6scope.tui.replay_screen import CourseView
from netmip6scope.tui.spans import folded, line, plain
from replay.explain import explain
from replay.follow import Course, follow
from replay.isolate import isolate
from replay.roles import learned
from replay.trace import traced
from replay.verdict import Divergence
from replay.walk import Match
from tests.netmip6scope.faulty import doubled, dropped, place, right_trace
from tests.netmip6scope.pilot import NARROW, Driven, opened
from tests.netmip6scope.story import ALICE, AR1, AR2, BOB, Mobile, Story, ms
from tests.netmip6scope.test_replay_aaa import place as place_of_radius
from tests.netmip6scope.test_replay_aaa import rejected
from tests.netmip6scope.test_replay_faults import CASES, SIX

SOME = CASES[::5]
"""Of every kind of fault, by node."""


def course_of(observed: list[object], keys: object) -> tuple[Course, tuple[Divergence, ...]]:
    """Followed; and what the replay itself finds."""
    trace = traced(sorted(observed, key=lambda seen: seen.time_ns))
    roles = learned(trace, keys, Profile())
    return follow(trace, roles, keys), isolate(trace, roles, keys).divergences


class TestCourse:
    """`replay.follow`: nothing but a replay that is written down."""

    def test_a_right_trace(self) -> None:
        observed, keys = right_trace(SIX)
        course, _ = course_of([*observed], keys)
        trace = traced([*observed])
        assert [row.frame for row in course.rows] == [step.seen.frame for step in trace.steps]
        assert {row.match for row in course.rows} == {Match.SAME, Match.GIVEN}
        # What the models send is what is recorded: who sends it to whom, and of which kind.
        for row in course.rows:
            if row.match is Match.SAME:
                assert row.expected is not None and row.recorded is not None
                ends = [(m.sender, m.receiver, m.kind) for m in (row.expected, row.recorded)]
                assert ends[0] == ends[1]
        # Draft 3.1: the home agent's entry is bound by the first Binding Update, and stays so.
        bound = [
            (turn.before[0].state, turn.after[0].state)
            for row in course.rows
            for turn in row.turns
            if turn.node == "HA" and row.recorded is not None and row.recorded.kind == "bu"
        ]
        assert bound[0] == ("unbound", "bound")
        assert bound[1][0] == "bound"

    @pytest.mark.parametrize("case", SOME, ids=lambda case: case.name)
    def test_faults_stand_where_they_are(self, case) -> None:
        right, keys = right_trace(case.scenario)
        observed = case.change([*right], place([*right], case.kind, case.nth))
        self.same_as_the_walks(observed, keys)

    @pytest.mark.parametrize("change", [dropped, doubled, rejected], ids=lambda one: one.__name__)
    def test_faults_of_aaa(self, change) -> None:
        """RADIUS, which no model sends, is judged all the same."""
        right, keys = right_trace("aaa-decides")
        at = place_of_radius([*right], RadiusCode.ACCESS_ACCEPT, 0)
        self.same_as_the_walks(change([*right], at), keys)

    @staticmethod
    def same_as_the_walks(observed, keys) -> None:
        course, found = course_of(observed, keys)
        assert found
        assert [each for row in course.rows for each in row.divergences] == list(found)
        trace = traced(sorted(observed, key=lambda seen: seen.time_ns))
        # A walk of --explain leads to the same row.
        for walk in explain(trace, learned(trace, keys, Profile()), keys, found):
            last = walk.rows[-1]
            (row,) = (row for row in course.rows if row.divergences == walk.divergences)
            assert (row.time_ns, row.frame, row.match) == (last.time_ns, last.frame, last.match)
            assert (row.recorded, row.expected) == (last.recorded, last.expected)


@pytest.fixture(autouse=True)
def _config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


async def replayed(driven: Driven) -> CourseView:
    await driven.app.workers.wait_for_complete()
    await driven.pilot.pause()
    assert driven.lines[0].rstrip().endswith("]") or "[7 replay]" in driven.lines[0]
    return driven.one("#course", CourseView)


@pytest.mark.parametrize("name", ["05_ho_refused", "06_retransmissions", "11_stale_binding"])
async def test_every_session_is_judged_as_by_the_command(name: str, netmip6: Path) -> None:
    """A mobile node alone, from the frames kept of it, gives what the whole capture does."""
    capture, keys = netmip6 / f"{name}.pcap", netmip6 / f"{name}.keys.toml"
    whole = replay(find([str(capture)], str(keys), None)[0]).verdict
    found: set[int] = set()
    agreed: set[int] = set()
    async with opened(capture, keys=keys) as driven:
        assert driven.app.view is not None
        for _ in range(len(driven.app.view.tables["sessions"])):
            await driven.press("r")
            course = await replayed(driven)
            steps = course.replayed.steps
            found |= {step.frame for step in steps if step.wrong and step.frame is not None}
            agreed |= {step.frame for step in steps if step.expected == "the same"}
            if any(step.wrong for step in steps):
                assert course.step is not None and course.step.wrong
            await driven.press("1", "down")
    assert found == {each.frame for each in whole.divergences}
    assert len(agreed) == sum(node.agreed for node in whole.nodes)


class TestKeys:
    @pytest.fixture
    def told(self, story: Story) -> str:
        """Alice attaches in frames 1-4, and moves in 9-12 with a context of another number.

        Her access router sent number 101 to the home agent, and says 7; the context lacks the 599 s
        that are left of the binding's 600 as well.
        """
        story.attach(ms(0), ALICE, AR1)
        story.attach(ms(100), BOB, AR1)
        story.handoff(ms(1000), ALICE, AR1, AR2)
        return story.write()

    async def test_a_session(self, told: str) -> None:
        """The cursor goes to what diverges: the answer in frame 10."""
        async with opened(told) as driven:
            await driven.press("r")
            course = await replayed(driven)
            assert "alice@example.net: ≠ 1 otherwise" in driven.lines[1]
            under = driven.under_cursor("#course")
            assert "≠ AR1 > AR2  ho-response" in under
            assert under.endswith("context sequence 101, remaining lifetime 599")
            assert course.step is not None and course.step.frame == 10
            about = "\n".join(driven.shown("#step"))
            assert "expected  101" in about and "recorded  7" in about
            assert "AR1's model" in driven.shown("#states")
            # Its message, in its session.
            await driven.press("enter")
            assert driven.lines[0].startswith("[1 sessions]")
            assert driven.app.screen.opened.row == 9

    async def test_a_handoff(self, told: str) -> None:
        """The cursor goes to its first message, wherever something diverges."""
        async with opened(told) as driven:
            await driven.press("3", "r")
            course = await replayed(driven)
            assert course.step is not None and course.step.frame == 9
            states = driven.shown("#states")
            # AR2 asks, AR1 is asked (draft 3.3): of both the states are told.
            assert states[0] == "AR2's model" and "AR1's model" in states
            assert any("none → requested" in text for text in states)

    async def test_another_session_is_clean(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("down", "r")
            course = await replayed(driven)
            assert "bob@example.org: clean, 3 as expected" in driven.lines[1]
            assert [step.frame for step in course.replayed.steps] == [5, 6, 7, 8]
            assert not any(step.wrong for step in course.replayed.steps)

    async def test_messages_are_marked_and_filtered_as_everywhere(self, told: str) -> None:
        async with opened(told) as driven:
            await driven.press("r")
            await replayed(driven)
            await driven.press("home", "m", "slash")
            await driven.type('kind == "ba"')
            await driven.press("enter")
            await driven.until(lambda: any("»" in text for text in driven.shown("#course")))
            shown = driven.shown("#course")
            assert shown[0].startswith("*")
            assert ["»" in text for text in shown] == ["  ba" in text for text in shown]
            await driven.press("2")
            assert driven.shown("#rows")[0].startswith("*")

    async def test_what_cannot_be_replayed(self, story: Story) -> None:
        story.rs(ms(0), Mobile("", "2001:db8:dead::1"))
        story.attach(ms(100), ALICE, AR1)
        async with opened(story.write()) as driven:
            await driven.press("6", "r")
            assert "[6 stats]" in driven.lines[0]
            await driven.press("2", "r")
            assert "[2 messages]" in driven.lines[0]
            assert driven.app.view is not None
            assert driven.app.view.number("messages", "session", 0) is None
            await driven.press("7")
            assert "nothing yet" in driven.lines[1]

    async def test_it_is_not_exported(self, told: str, tmp_path: Path) -> None:
        async with opened(told) as driven:
            await driven.press("r")
            await replayed(driven)
            await driven.press("e")
            await driven.type(str(tmp_path / "x.csv"))
            await driven.press("enter")
            await driven.pilot.pause()
            assert not (tmp_path / "x.csv").exists()

    async def test_in_a_small_terminal_panels_are_folded(self, told: str) -> None:
        async with opened(told, size=NARROW) as driven:
            await driven.press("r")
            course = await replayed(driven)
            for at, step in enumerate(course.replayed.steps):
                shown = plain(course.line_at(at))
                assert step.recorded in shown
                for panel, lines in (("#step", step.about), ("#states", step.states)):
                    view = driven.one(panel, type(driven.one("#step", object)))  # type: ignore[type-var]
                    assert view.wide <= view.scrollable_content_region.width
                    if course.cursor == at:
                        words = " ".join(" ".join(map(plain, lines)).split())
                        there = "".join(" ".join(driven.shown(panel)).split())
                        assert there == words.replace(" ", "")


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (20, ["  name  2001:db8::1"]),
        (18, ["  name", "    2001:db8::1"]),
        (12, ["  name", "    2001:db8", "    ::1"]),
    ],
)
def test_lines_are_folded(width: int, lines: list[str]) -> None:
    spans = line("  ", ("name  ", "soft"), ("2001:db8::1", ""))
    found = folded(spans, width)
    assert [plain(each).rstrip() for each in found] == lines
    assert max(cell_len(plain(each).rstrip()) for each in found) <= width


def test_words_are_kept_whole() -> None:
    found = folded(line("  ", ("taken for granted: it came", "soft")), 20)
    assert [plain(each) for each in found] == ["    taken for", "    granted: it came"]
