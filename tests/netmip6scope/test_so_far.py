"""Tables of captures that are still being read are those of captures that end there."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dissectors.frames import FrameBatch, Ints
from dissectors.profile import Profile
from dissectors.scan.batch import Scanned
from netmip6scope import pipeline
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.ladder.build import TABLES
from netmip6scope.pipeline import Result, Run
from netmip6scope.tables.columns import Coded, Table
from tests.netmip6scope.story import ALICE, AR1, AR2, Story, ms

CAPTURES = ("01_slaac_handoff.pcap", "06_retransmissions.pcap", "11_stale_binding.pcap")
SMALL = 1 << 13


class Watcher:
    """Asks for the tables at every batch, and keeps what it saw of frames."""

    def __init__(self) -> None:
        self.results: list[tuple[int, Result]] = []
        self.frames = 0
        self.octets: list[bytes] = []
        self.idle_s: list[float | None] = []

    def see(self, batch: FrameBatch, scanned: Scanned) -> None:
        self.frames += len(batch)
        rows = scanned.messages.frame - batch.first_frame
        self.octets += [batch.frame(row) for row in rows.tolist()]

    def keep(self, which: Ints) -> None:
        self.octets = [self.octets[row] for row in which.tolist()]

    def fed(self, so_far: Callable[[], Result]) -> None:
        self.results.append((self.frames, so_far()))

    def idle(self) -> float | None:
        return None


def cells(table: Table) -> list[tuple[object, ...]]:
    """The rows. Those of the user plane have no order of their own."""
    columns = [v.texts() if isinstance(v, Coded) else v.tolist() for v in table.values.values()]
    rows = list(zip(*columns, strict=True))
    return sorted(rows, key=repr) if table.name == "user-plane" else rows


def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    def small(source: Source, file: int = 0, **how: object) -> CaptureFile:
        return CaptureFile(source, file, **{**how, "block": SMALL})  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "CaptureFile", small)


def begun(capture: Path, frames: int, path: Path) -> Path:
    """The capture as if it ended after so many frames; a pcap file with records of 16 octets."""
    octets = capture.read_bytes()
    at = 24
    for _ in range(frames):
        at += 16 + int.from_bytes(octets[at + 8 : at + 12], "little")
    path.write_bytes(octets[:at])
    return path


@pytest.mark.parametrize("name", CAPTURES)
def test_so_far_is_what_a_capture_that_ends_there_gives(
    name: str, netmip6: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch)
    watcher = Watcher()
    result = Run(Profile(), None, watcher=watcher).tables(
        [Source(str(netmip6 / name))], None, TABLES
    )
    assert len(watcher.results) >= 5
    for frames, so_far in [*watcher.results[:: len(watcher.results) // 5], watcher.results[-1]]:
        cut = begun(netmip6 / name, frames, tmp_path / name)
        alone = pipeline.analyse([str(cut)], TABLES)
        for table in TABLES:
            assert cells(so_far.tables[table]) == cells(alone.tables[table]), (frames, table)
    # Asking has not changed what comes of the whole.
    for table, whole in pipeline.analyse([str(netmip6 / name)], TABLES).tables.items():
        assert cells(result.tables[table]) == cells(whole), table
    assert len(watcher.octets) == len(result.tables["messages"])


def test_points_keep_the_frames_of_what_they_keep(netmip6: Path) -> None:
    """Of a message that several points saw, the frame is the earliest observation's."""
    names = [f"{p}={netmip6}/19_three_points.{p}.pcap" for p in ("HA", "SAR")]
    names.append(f"TAR={netmip6}/19_three_points.TAR.pcapng")
    sources, clock_of = pipeline.arranged(names)
    watcher = Watcher()
    result = Run(Profile(), None, watcher=watcher).tables(sources, clock_of, TABLES)
    numbers = result.tables["messages"].numbers(result.tables["messages"].columns[0])
    assert len(watcher.octets) == len(numbers)
    order = result.files.sources
    batches = [list(_frames(source)) for source in order]
    expected = [
        batches[file][frame - 1]
        for file, frame in zip(result.message_file.tolist(), numbers.tolist(), strict=True)
    ]
    assert watcher.octets == expected


def _frames(source: Source) -> list[bytes]:
    return [
        batch.frame(row) for batch in CaptureFile(source).batches() for row in range(len(batch))
    ]


class TestAPipeThatIsSlow:
    """What has come is there before the rest does."""

    @pytest.fixture
    def told(self, story: Story) -> bytes:
        story.attach(ms(0), ALICE, AR1)
        story.handoff(ms(1000), ALICE, AR1, AR2)
        return Path(story.write()).read_bytes()

    def test_frames_are_given_when_they_come(self, told: bytes) -> None:
        theirs, ours = os.pipe()
        asked = threading.Event()

        def idle() -> float | None:
            asked.set()
            return None

        source = Source("-", copy=f"/dev/fd/{theirs}")
        batches = CaptureFile(source, idle=idle).batches()
        first = len(told) - 40
        os.write(ours, told[:first])
        got = len(next(batches))
        later = threading.Thread(target=self._finish, args=(asked, ours, told[first:]))
        later.start()
        rest = [len(batch) for batch in batches]
        later.join()
        os.close(theirs)
        # The last frame was cut by the pause; all others were there before it.
        assert (got, rest) == (7, [1])

    @staticmethod
    def _finish(asked: threading.Event, ours: int, octets: bytes) -> None:
        assert asked.wait(10)
        os.write(ours, octets)
        os.close(ours)

    def test_it_is_asked_again_as_often_as_it_says(self, told: bytes) -> None:
        theirs, ours = os.pipe()
        times = 0

        def idle() -> float | None:
            nonlocal times
            times += 1
            if times == 3:
                os.write(ours, told[24:])
                os.close(ours)
            return 0.01

        os.write(ours, told[:24])
        source = Source("-", copy=f"/dev/fd/{theirs}")
        frames = sum(len(batch) for batch in CaptureFile(source, idle=idle).batches())
        os.close(theirs)
        assert (frames, times) == (8, 3)

    def test_a_header_that_comes_in_pieces(self, told: bytes) -> None:
        theirs, ours = os.pipe()
        pieces = [told[8:23], told[23:]]
        os.write(ours, told[:8])

        def idle() -> float | None:
            os.write(ours, pieces.pop(0))
            if not pieces:
                os.close(ours)
            return None

        source = Source("-", copy=f"/dev/fd/{theirs}")
        frames = np.array([len(b) for b in CaptureFile(source, idle=idle).batches()])
        os.close(theirs)
        assert frames.sum() == 8
