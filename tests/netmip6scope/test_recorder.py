"""Where a capture ends and its files do, on a clock that the test sets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dissectors.frames import FrameBatch
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.cli.main import main
from netmip6scope.live.recorder import Limits, Recorder
from tests.dissectors.seen import batch_of

HEADER = 28 + 20 + 12 + 8 + 4
"""Section header; interface description: block, name "point", resolution, end of options."""
FRAME = 32
"""Octets of a packet block with an empty packet."""


def batch(*sizes: int) -> FrameBatch:
    return batch_of([(bytes([n]) * size, size) for n, size in enumerate(sizes, 1)], link_type=1)


def lengths(path: str) -> list[int]:
    return [int(size) for one in CaptureFile(Source(path)).batches() for size in one.caplen]


@pytest.fixture
def out(tmp_path: Path) -> str:
    return str(tmp_path / "x.pcapng")


def test_a_size_is_not_passed(out: str) -> None:
    # 4 + 4 octets of padding-free frames: header, two blocks of 36, and no room for a third.
    limit = HEADER + 2 * (FRAME + 4) + 35
    recorder = Recorder(out, Limits(octets=limit))
    recorder.add(batch(4, 4, 4))
    assert recorder.done
    recorder.close(())
    assert lengths(out) == [4, 4]
    assert os.path.getsize(out) == HEADER + 2 * (FRAME + 4)


def test_time_ends_it(out: str) -> None:
    now_s = 100.0
    recorder = Recorder(out, Limits(seconds=5), clock_s=lambda: now_s)
    recorder.add(batch(4))
    now_s = 104.9
    recorder.look()
    assert not recorder.done
    now_s = 105.0
    recorder.look()
    assert recorder.done


def test_files_of_a_ring_end_by_time_and_the_oldest_go(out: str, tmp_path: Path) -> None:
    now_s = 0.0
    told: list[str] = []
    recorder = Recorder(out, Limits(file_seconds=10, files=2), told.append, lambda: now_s)
    for size in (1, 2, 3):
        recorder.add(batch(size))
        now_s += 10
        recorder.look()
    recorder.add(batch(4))
    recorder.close(())
    names = [f"x-{n:05}.pcapng" for n in (1, 2, 3, 4)]
    assert [os.path.basename(path) for path in told] == names
    assert sorted(os.listdir(tmp_path)) == names[2:]
    assert [lengths(str(tmp_path / name)) for name in names[2:]] == [[3], [4]]


def test_nothing_comes_for_longer_than_a_file_lasts(out: str, tmp_path: Path) -> None:
    now_s = 0.0
    recorder = Recorder(out, Limits(file_seconds=10, files=2), clock_s=lambda: now_s)
    for _ in range(3):
        recorder.look()
        now_s += 10
    recorder.close(())
    assert os.listdir(tmp_path) == ["x-00001.pcapng"]


def test_a_frame_larger_than_a_file_has_one_of_its_own(out: str, tmp_path: Path) -> None:
    recorder = Recorder(out, Limits(file_octets=200))
    recorder.add(batch(8, 1000, 8))
    recorder.close(())
    assert [lengths(str(path)) for path in sorted(tmp_path.iterdir())] == [[8], [1000], [8]]


def test_what_was_dropped_is_in_the_file(out: str) -> None:
    recorder = Recorder(out, Limits())
    recorder.add(batch(4))
    recorder.close([7])
    octets = Path(out).read_bytes()
    # An Interface Statistics Block: type 5, isb_ifdrop (5) of 8 octets.
    assert octets[-40:-36] == b"\x05\0\0\0"
    assert octets[-20:-8] == b"\x05\0\x08\0" + (7).to_bytes(8, "little")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-w", "x"], "-i"),
        (["-i", "lo"], "-w"),
        (["-i", "lo", "-w", "x", "--stop-size", "1 elephant"], "100MB"),
        (["-i", "lo", "-w", "x", "--stop-after", "soon"], "10min"),
        (["-i", "lo", "-w", "x", "--stop-count", "0"], "count from 1"),
        (["-i", "lo", "-w", "x", "--files", "3"], "--file-size"),
        (["-i", "lo", "-w", "no/x"], "no directory no"),
        (["-i", "lo", "-w", "."], "is a directory"),
    ],
)
def test_wrong_use_is_one_line(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["capture", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert words in err
    assert os.listdir() == []
