"""The interface on a pipe that does not end: what leaves memory, and what stays where it was."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dissectors.profile import Profile
from netmip6scope.capture.inputs import Source
from netmip6scope.cli.main import main
from netmip6scope.errors import UsageError
from netmip6scope.opening import _keep_ns
from netmip6scope.tui import replaying
from netmip6scope.tui.app import ScopeApp
from netmip6scope.tui.replay_screen import CourseView
from netmip6scope.tui.replayed import Replayed, Wanted
from netmip6scope.tui.view import View
from tests import wire
from tests.netmip6scope.pilot import USUAL, Driven
from tests.netmip6scope.story import ALICE, AR1, AR2, BOB, CAROL, Story, sec

NS = 10**9
PCAP_HEADER = 24


class Pipe:
    """Frames of stories, written to a pipe when it is time for them."""

    def __init__(self, directory: Path) -> None:
        self.theirs, self._ours = os.pipe()
        self._directory = directory
        os.write(self._ours, wire.pcap([])[:PCAP_HEADER])

    def story(self) -> Story:
        return Story(self._directory)

    def send(self, story: Story) -> None:
        os.write(self._ours, wire.pcap(story.in_order())[PCAP_HEADER:])

    def close(self) -> None:
        os.close(self._ours)
        os.close(self.theirs)


@pytest.fixture
def pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipe]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    made = Pipe(tmp_path)
    yield made
    made.close()


async def test_what_is_over_leaves_and_the_rest_stays_where_it_is(pipe: Pipe) -> None:
    """Alice is released; Bob, who has the cursor and a mark, stays through her leaving."""
    story = pipe.story()
    story.attach(sec(0), ALICE, AR1)
    story.teardown(sec(1), ALICE, AR1)
    story.attach(sec(2), BOB, AR1, lifetime_s=600)
    story.handoff(sec(3), BOB, AR1, AR2)
    pipe.send(story)
    source = Source("-", copy=f"/dev/fd/{pipe.theirs}")
    app = ScopeApp([source], None, Profile(), keep_ns=60 * NS)
    async with app.run_test(size=USUAL) as pilot:
        driven = Driven(app, pilot)
        await driven.until(lambda: app.view and len(app.view.tables["messages"]) == 14)
        # Bob's session, and in its ladder the Binding Update of his handoff: frame 13.
        await driven.press("down", "enter", *["down"] * 20, "up", "m")
        before = driven.shown("#ladder")
        marked = [line for line in before if line.startswith("*")]
        assert len(marked) == 1 and "BU seq" in marked[0]
        await driven.press("2")
        await driven.press("slash")
        await driven.type("mip6.mhtype == 5")
        await driven.press("enter")
        await driven.until(lambda: app.focused and app.focused.id == "rows")
        await driven.until(lambda: len(driven.shown("#rows")) == 4)
        assert [line for line in driven.shown("#rows") if line.startswith("*")]
        await driven.press("1")

        later = pipe.story()
        later.attach(sec(70), CAROL, AR1)
        pipe.send(later)
        await driven.until(lambda: app.view and app.view.result.left == 1)
        await driven.until(lambda: "2 sessions, 12 messages" in driven.text)
        assert "1 session over for long left memory" in driven.lines[-1]
        assert "bob@example.org" in driven.under_cursor("#session-list")
        assert driven.shown("#ladder") == before
        assert app.view is not None
        assert [app.view.number("sessions", "session", row) for row in (0, 1)] == [2, 3]
        # Of Alice were frames 1 to 6, of Bob 7 to 14.
        assert [app.view.number("messages", "frame", row) for row in (0, 7, 8)] == [7, 14, 15]
        await driven.press("2")
        # Bob's two and Carol's one, of which one of Bob's is marked.
        await driven.until(lambda: len(driven.shown("#rows")) == 3)
        assert [line.startswith("*") for line in driven.shown("#rows")] == [False, True, False]
        # The octets of a frame that stayed are at hand.
        await driven.press("G")
        assert driven.hex.count > 0
        app.loader.stop()


async def test_a_replay_that_ends_when_others_have_left(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its steps are found at the rows where their messages are by then."""
    ended, real = threading.Event(), replaying.replay

    def slow(view: View, wanted: Wanted) -> Replayed:
        found = real(view, wanted)
        assert ended.wait(20)
        return found

    monkeypatch.setattr(replaying, "replay", slow)
    story = pipe.story()
    story.attach(sec(0), ALICE, AR1)
    story.teardown(sec(1), ALICE, AR1)
    story.attach(sec(2), BOB, AR1)
    pipe.send(story)
    source = Source("-", copy=f"/dev/fd/{pipe.theirs}")
    app = ScopeApp([source], None, Profile(), keep_ns=60 * NS)
    async with app.run_test(size=USUAL) as pilot:
        driven = Driven(app, pilot)
        await driven.until(lambda: app.view and len(app.view.tables["messages"]) == 10)
        await driven.press("down", "r")
        await driven.until(lambda: "session 2 is replayed" in driven.text)
        later = pipe.story()
        later.attach(sec(70), CAROL, AR1)
        pipe.send(later)
        await driven.until(lambda: app.view and app.view.result.left == 1)
        ended.set()
        await driven.until(lambda: "bob@example.org: clean" in driven.text)
        steps = driven.one("#course", CourseView).replayed.steps
        # Alice's frames were 1 to 6.
        assert [(step.frame, step.row) for step in steps] == [(7, 0), (8, 1), (9, 2), (10, 3)]
        await driven.press("end", "enter")
        await driven.until(lambda: "frame 10, ra" in driven.text)
        app.loader.stop()


class TestTheOption:
    def test_what_ends_is_kept_whole(self, story: Story) -> None:
        file = [Source(story.write())]
        assert _keep_ns(file, None) is None
        assert _keep_ns([Source("-")], None) == 3600 * NS
        assert _keep_ns([Source("-")], 90) == 90 * NS
        assert _keep_ns([Source("live.pcapng", copy="/dev/fd/0/not-a-file")], None) == 3600 * NS
        for captures in (file, [Source("-"), Source("-")]):
            with pytest.raises(UsageError, match="kept whole"):
                _keep_ns(captures, 90)

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["open", "-", "--keep", "59s"], "'59s' is less than a minute"),
            (["open", "-", "--keep", "soon"], "'soon' is not a time such as"),
            (["open", "x.pcap", "--web", "--keep", "1h"], "--web for files"),
            (["capture", "-i", "lo", "-w", "x.pcapng", "--keep", "2h"], "what --tui keeps"),
        ],
    )
    def test_wrong_use(
        self, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(arguments) == 2
        assert said in capsys.readouterr().err
