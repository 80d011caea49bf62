"""The thread that reads: what it hands on, how it is held and ended, what it keeps of frames."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from dissectors.profile import Profile
from netmip6scope.capture.inputs import Source
from netmip6scope.pipeline import Result, Run, arranged
from netmip6scope.tui.loader import Failed, Loaded, Loader, News, Progress
from tests.netmip6scope import captured
from tests.netmip6scope.story import ALICE, AR1, AR2, Story, ms

LIMIT_S = 20


class Reading:
    """A loader, and all that it has told."""

    def __init__(self, *captures: object) -> None:
        sources, clock_of = arranged([str(capture) for capture in captures])
        self._start(sources, clock_of)

    def _start(self, sources: list[Source], clock_of: list[int] | None) -> None:
        self.news: list[News] = []
        self.ended = threading.Event()
        self.loader = Loader(sources, clock_of, Profile(), self._take)

    def _take(self, news: News) -> None:
        self.news.append(news)
        if isinstance(news, Failed) or (isinstance(news, Loaded) and news.done):
            self.ended.set()

    def whole(self) -> News:
        self.loader.start()
        assert self.ended.wait(LIMIT_S)
        return self.news[-1]


class Piped(Reading):
    """One that reads a pipe."""

    def __init__(self) -> None:
        self._theirs, self.ours = os.pipe()
        self._start([Source("-", copy=f"/dev/fd/{self._theirs}")], None)

    def close(self) -> None:
        os.close(self._theirs)

    def until(self, messages: int) -> None:
        deadline_s = time.monotonic() + LIMIT_S
        while not any(
            isinstance(n, Loaded) and len(n.result.tables["messages"]) == messages
            for n in self.news
        ):
            assert time.monotonic() < deadline_s, self.news
            time.sleep(0.01)


@pytest.fixture
def told(story: Story) -> Path:
    story.attach(ms(0), ALICE, AR1)
    story.handoff(ms(1000), ALICE, AR1, AR2)
    return Path(story.write())


def test_tables_come_before_the_end_and_at_the_end(told: Path) -> None:
    reading = Reading(told)
    last = reading.whole()
    assert isinstance(last, Loaded)
    assert (last.frames, len(last.result.tables["messages"])) == (8, 8)
    assert [n.done for n in reading.news if isinstance(n, Loaded)] == [False, True]
    (progress,) = (n for n in reading.news if isinstance(n, Progress))
    assert progress.octets == progress.total == told.stat().st_size
    reading.loader.close(1)


def test_frames_are_those_of_the_messages(told: Path) -> None:
    reading = Reading(told)
    reading.whole()
    frames = captured.read(told).frames
    store = reading.loader.store
    assert [store.frame(row).octets for row in range(len(store))] == [f.octets for f in frames]
    reading.loader.close(1)


def test_frames_of_several_points(netmip6: Path) -> None:
    """The store keeps what the table keeps: every message once, in its order."""
    files = [f"{p}={netmip6}/19_three_points.{p}.pcap" for p in ("HA", "SAR")]
    reading = Reading(*files, f"TAR={netmip6}/19_three_points.TAR.pcapng")
    last = reading.whole()
    assert isinstance(last, Loaded)
    sources = [captured.read(Path(s.path)).frames for s in last.result.files.sources]
    table = last.result.tables["messages"]
    store = reading.loader.store
    places = zip(last.result.message_file, table.numbers(table.columns[0]), strict=True)
    for row, (file, frame) in enumerate(places):
        assert store.frame(row).octets == sources[file][frame - 1].octets
    assert len(store) == len(table)
    reading.loader.close(1)


def test_what_comes_slowly_is_shown_without_the_rest(told: Path) -> None:
    octets = told.read_bytes()
    ends = [24]
    for frame in captured.read(told).frames:
        ends.append(ends[-1] + 16 + len(frame.octets))
    reading = Piped()
    reading.loader.start()
    begin = 0
    for frames in (3, 5, 8):
        os.write(reading.ours, octets[begin : ends[frames]])
        begin = ends[frames]
        reading.until(frames)
    assert not reading.ended.is_set()
    os.close(reading.ours)
    assert reading.ended.wait(LIMIT_S)
    reading.loader.close(1)
    reading.close()


def test_held_while_octets_come(told: Path) -> None:
    octets = told.read_bytes()
    reading = Piped()
    reading.loader.pause(True)
    assert reading.loader.paused
    reading.loader.start()
    os.write(reading.ours, octets)
    time.sleep(0.3)
    # The batch at hand is finished, and no more is read.
    assert not reading.ended.is_set()
    os.close(reading.ours)
    assert not reading.ended.wait(0.3)
    reading.loader.pause(False)
    assert reading.ended.wait(LIMIT_S)
    reading.loader.close(1)
    reading.close()


def test_ended_while_it_waits(told: Path) -> None:
    """What was read until then is there, and the thread is gone."""
    reading = Piped()
    reading.loader.start()
    os.write(reading.ours, told.read_bytes())
    reading.until(8)
    begin_s = time.monotonic()
    reading.loader.close(LIMIT_S)
    assert time.monotonic() - begin_s < 2
    assert reading.ended.is_set()
    last = reading.news[-1]
    assert isinstance(last, Loaded) and last.done
    os.close(reading.ours)
    reading.close()


def test_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "x.pcap").write_bytes(b"no capture")
    reading = Reading(tmp_path / "x.pcap")
    last = reading.whole()
    assert isinstance(last, Failed) and "not a capture" in str(last.error)
    reading.loader.close(1)


def test_a_mistake_of_ours_is_said(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The interface must not wait for ever; the thread prints the traceback."""

    def mistaken(*_: object) -> Result:
        raise ZeroDivisionError

    seen: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: seen.append(args.exc_type))
    monkeypatch.setattr(Run, "tables", mistaken)
    reading = Reading(told)
    last = reading.whole()
    assert isinstance(last, Failed) and "mistake in the program" in str(last.error)
    reading.loader.close(LIMIT_S)
    assert seen == [ZeroDivisionError]


def test_no_room_for_frames(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk: one line, as for every output."""

    class Full:
        def write(self, _: memoryview) -> int:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            pass

    reading = Reading(told)
    reading.loader.store.close()
    monkeypatch.setattr(reading.loader.store, "_file", Full())
    last = reading.whole()
    assert isinstance(last, Loaded | Failed)
    errors = last.result.errors if isinstance(last, Loaded) else [last.error]
    assert any("No space left on device" in str(error) for error in errors)
    reading.loader.close(1)
