"""What leaves memory of a capture that does not end, and that it changes nothing of what stays.

The tables after sessions left are those of all that came, without the rows of these sessions: the
same cells, numbers and frames included.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from dissectors.frames import FrameBatch, Ints
from dissectors.lanes import Lanes
from dissectors.profile import Profile
from dissectors.scan.batch import Scanned
from netmip6scope import pipeline
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.correlate.correlator import Correlation
from netmip6scope.correlate.forgetting import Left
from netmip6scope.errors import OutputError
from netmip6scope.ladder.build import TABLES
from netmip6scope.pipeline import Result, Run
from netmip6scope.tui.frames import FrameStore
from tests import wire
from tests.netmip6scope import captured
from tests.netmip6scope.story import (
    ALICE,
    AR1,
    AR2,
    MS,
    SECOND,
    Mobile,
    Row,
    Story,
    rows_in,
    sec,
)
from tests.netmip6scope.test_correlate_properties import ROUTERS, move, stay

KEEP_S = 60
WANTED = (*TABLES, "user-plane")
EVERY_TIME = 10**18
"""Forgets whenever tables are built."""


class Looking:
    """Asks for the tables at some batches, and keeps frames as the interface does."""

    def __init__(self, chance: random.Random, every: float) -> None:
        self.store = FrameStore()
        self.results: list[tuple[int, Result]] = []
        self._frames = 0
        self._chance = chance
        self._every = every

    def see(self, batch: FrameBatch, scanned: Scanned) -> None:
        self._frames += len(batch)
        self.store.add(batch, scanned.messages)

    def keep(self, which: Ints) -> None:
        raise NotImplementedError

    def forget(self, numbers: Ints) -> None:
        self.store.forget(numbers)

    def fed(self, so_far: Callable[[], Result]) -> None:
        if self._chance.random() < self._every:
            self.results.append((self._frames, so_far()))

    def idle(self) -> float | None:
        return None


def mobile(chance: random.Random, number: int) -> Mobile:
    hoa = None if chance.random() < 0.2 else f"2001:db8:100:{number:x}:0:ff:fe00:{number:x}"
    return Mobile(f"mn{number}@example.net", hoa, None if hoa else f"192.0.2.{number}")


def life(story: Story, chance: random.Random, mn: Mobile, now: int, identifier: int) -> int:
    """One session and how it ends; when the node may come back, 0 for never.

    What goes on after it was silent for long is another session if it left, of necessity; so only
    nodes that were released come back with anything.
    """
    ar = chance.choice(ROUTERS)
    end = chance.choice(("released", "released", "expired", "stays", "rejected", "half", "reused"))
    if end == "half":
        story.ho_request(now, mn, AR2, AR1, identifier)
        return 0
    if end == "rejected":
        story.bu(now, mn, ar, set_up=True)
        story.ba(now + 5 * MS, mn, ar, status=130, hoa=False)
        return 0
    short = end == "expired"
    story.attach(now, mn, ar, lifetime_s=20 if short else 6000)
    now += 20 * MS
    for n in range(0 if short else chance.randrange(3)):
        now = stay(story, chance, mn, ar, now)
        tar = chance.choice([router for router in ROUTERS if router != ar])
        ar, now = move(story, chance, mn, ar, tar, now, identifier + n)
    now = stay(story, chance, mn, ar, now)
    if end in {"released", "reused"}:
        story.teardown(now, mn, ar)
        if end == "reused":
            heir = Mobile(f"heir-of-{mn.nai}", mn.hoa, mn.hoa4)
            return life(story, chance, heir, now + chance.randrange(200) * SECOND, identifier + 10)
    return now if end == "released" else 0


def stream(directory: Path, seed: int, nodes: int = 24) -> Path:
    """Nodes come for half an hour; some come back, and some have an heir to their addresses."""
    chance, story = random.Random(seed), Story(directory)
    for n in range(1, nodes + 1):
        mn, now = mobile(chance, n), sec(chance.randrange(1500))
        now = life(story, chance, mn, now, 100 * n)
        if now and chance.random() < 0.4:
            later = now + chance.randrange(100, 300) * SECOND
            life(story, chance, mn, later, 100 * n + 50)
        if chance.random() < 0.2:
            story.rs(sec(chance.randrange(1500)), Mobile("", f"2001:db8:dead::{n:x}"))
    story.unrelated(sec(2500))
    return Path(story.write())


def few(source: Source, file: int = 0, **how: object) -> CaptureFile:
    """Some frames at a time."""
    return CaptureFile(source, file, **{**how, "block": 1000})  # type: ignore[arg-type]


def forgetting(path: Path, looking: Looking) -> Result:
    run = Run(Profile(), None, watcher=looking, keep_ns=KEEP_S * SECOND)
    return run.tables([Source(str(path))], None, WANTED)


def begun(path: Path, frames: int) -> Path:
    """The capture as if it ended after so many frames."""
    cut = path.parent / "begun" / path.name
    cut.parent.mkdir(exist_ok=True)
    every = captured.read(path).frames[:frames]
    cut.write_bytes(wire.pcap([(f.time_ns, f.octets) for f in every]))
    return cut


def cells(row: Row) -> tuple[object, ...]:
    return tuple(value for name, value in row.items() if name != "finding")


def tables(result: Result) -> dict[str, list[Row]]:
    return {name: rows_in(table) for name, table in result.tables.items()}


def same_without(left: dict[str, list[Row]], every: dict[str, list[Row]], end_ns: int) -> set[int]:
    """The tables are equal, but for sessions that left; which these are."""
    stayed = {row["session"] for row in left["sessions"]}
    for name in WANTED:
        mine = [cells(row) for row in left[name] if row["session"] is not None]
        theirs = [cells(row) for row in every[name] if row["session"] in stayed]
        if name == "user-plane":
            mine, theirs = sorted(mine, key=repr), sorted(theirs, key=repr)
        assert mine == theirs, name
    young = end_ns - KEEP_S * SECOND
    lone = [cells(r) for r in left["messages"] if r["session"] is None and r["time"] >= young]
    assert lone == [
        cells(r) for r in every["messages"] if r["session"] is None and r["time"] >= young
    ]
    return {row["session"] for row in every["sessions"]} - stayed


def last_ns(session: Row, every: dict[str, list[Row]]) -> int:
    """The last sign of a session."""
    number = session["session"]
    signs = [row["time"] for row in every["messages"] if row["session"] == number]
    signs += [row["last"] for row in every["user-plane"] if row["session"] == number]
    return max([*signs, session["end"] or 0])


@pytest.mark.parametrize("seed", range(6))
def test_what_stays_is_as_if_nothing_had_left(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random nodes; forgotten at random times; compared with captures that end there."""
    monkeypatch.setattr(pipeline, "_TIMES_FORGOTTEN", EVERY_TIME)
    monkeypatch.setattr(pipeline, "CaptureFile", few)
    path = stream(tmp_path, seed)
    looking = Looking(random.Random(seed), 0.3)
    with closing(looking.store):
        compared(path, looking)


def compared(path: Path, looking: Looking) -> None:
    forgetting(path, looking)
    assert len(looking.results) > 20
    frames = captured.read(path).frames
    for count, result in looking.results[:: len(looking.results) // 8]:
        every = tables(pipeline.analyse([str(begun(path, count))], WANTED))
        end_ns = frames[count - 1].time_ns
        gone = same_without(tables(result), every, end_ns)
        assert len(gone) == result.left
        # Whoever left was over and silent, and whoever was so for long enough left, unless behind a
        # session that stays: how that one ended shows in what followed.
        for session in every["sessions"]:
            old = session["state"] != "active"
            old &= last_ns(session, every) < end_ns - KEEP_S * SECOND
            stays = [row for row in every["sessions"] if row["session"] not in gone]
            behind = any(
                row["session"] < session["session"] and row[name] == session[name] is not None
                for row in stays
                for name in ("mn_id", "hoa", "hoa4")
            )
            assert (session["session"] in gone) == (old and not behind), session
    count, result = looking.results[-1]
    assert result.left > 10
    numbers = zip(rows_in(result.tables["messages"]), result.message_number.tolist(), strict=True)
    for row, number in numbers:
        assert looking.store.frame(number).octets == frames[row["frame"] - 1].octets


class TestMemory:
    """Ten times as many nodes as are kept, one after the other, each with traffic of its own."""

    KEPT = 60
    """A node comes every second, stays for less, and is kept for a minute."""
    NODES = 10 * KEPT

    def stream(self, directory: Path) -> Path:
        story = Story(directory)
        for n in range(self.NODES):
            mn, at = Mobile(f"mn{n}@example.net", f"2001:db8:100:{n:x}:0:ff:fe00:1"), sec(n)
            story.attach(at, mn, AR1)
            story.handoff(at + 200 * MS, mn, AR1, AR2, identifier=n)
            for ar, since in ((AR1, 100), (AR2, 250)):
                story.downlink(at + since * MS, mn, ar, b"%d" % n)
                story.uplink(at + (since + 10) * MS, mn, ar)
            story.teardown(at + 700 * MS, mn, AR2)
        return Path(story.write())

    def test_nothing_grows_with_the_nodes_that_came(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pipeline, "CaptureFile", few)
        sizes: list[dict[str, int]] = []
        looking = Looking(random.Random(1), 0.08)
        run = Run(Profile(), None, watcher=looking, keep_ns=self.KEPT * SECOND)
        real = run._correlator.so_far

        def so_far(end_ns: int, **how: bool) -> Correlation:
            sizes.append(counted(run, looking.store))
            return real(end_ns, **how)

        monkeypatch.setattr(run._correlator, "so_far", so_far)
        with closing(looking.store):
            source = Source(str(self.stream(tmp_path)))
            result = run.tables([source], None, WANTED)
        assert result.left > self.NODES - 2 * self.KEPT
        begun = len(sizes) // 10
        for name in sizes[0]:
            early = max(each[name] for each in sizes[begun : 3 * begun])
            late = max(each[name] for each in sizes[3 * begun :])
            # A minute's nodes, and until the next time those of an eighth of it.
            assert 0 < late <= 1.5 * early, (name, early, late)
        shown = [len(result.tables["sessions"]) for _, result in looking.results]
        assert max(shown) <= 1.5 * self.KEPT

    def test_what_is_counted_would_grow(self, tmp_path: Path) -> None:
        """The test above could fail: without forgetting there is ten times as much of it all."""
        looking = Looking(random.Random(1), 0)
        run = Run(Profile(), None, watcher=looking)
        with closing(looking.store):
            run.tables([Source(str(self.stream(tmp_path)))], None, WANTED)
            whole = counted(run, looking.store)
        assert min(whole["names"], whole["addresses"] // 2, whole["flows"]) >= self.NODES
        assert whole["messages"] == (4 + 4 + 2) * self.NODES


def counted(run: Run, store: FrameStore) -> dict[str, int]:
    """How much is held, by what it is of."""
    correlator = run._correlator
    plane = correlator._plane
    return {
        "told": len(correlator._kept),
        "names": len(run.scanner.names),
        "addresses": len(run.scanner.addresses),
        "flows": len(run.scanner.tunnels),
        "stays": len(plane._stays),
        "segments": sum(closed.shape[1] for closed in plane._closed),
        "by address": len(plane._since_ns),
        "by name": plane._homes.shape[1],
        "findings": len(correlator._checked),
        "messages": correlator._messages,
        "frames": len(store),
        "octets": store.octets,
    }


class TestNumbers:
    """Records that left count on, wherever they stood."""

    @staticmethod
    def records(*starts: int) -> dict[str, Ints]:
        """Each begins with the message of its own number."""
        return {"start_ns": np.array(starts), "order": np.arange(len(starts))}

    def test_none_left(self) -> None:
        assert Left().numbers(self.records(5, 6, 7)).tolist() == [1, 2, 3]

    def test_some_left_and_others_came(self) -> None:
        left = Left()
        # 1 2 3 4 5, of which 1, 3 and 4 leave; messages 1 and 4 stay.
        gone = np.array([True, False, True, True, False])
        left.add(self.records(10, 20, 30, 40, 50), gone, np.array([1, 4]))
        assert left.count.tolist() == [1, 2]
        assert left.numbers(self.records(20, 50)).tolist() == [2, 5]
        assert left.numbers(self.records(20, 50, 60)).tolist() == [2, 5, 6]
        # 2 leaves as well, and is one with 1, 3 and 4; then all.
        left.add(self.records(20, 50, 60), np.array([True, False, False]), np.array([1, 2]))
        assert left.count.tolist() == [4]
        assert left.numbers(self.records(50, 60)).tolist() == [5, 6]
        left.add(self.records(50, 60), np.array([True, True]), np.array([], np.int64))
        assert (left.count.tolist(), left.numbers(self.records(70)).tolist()) == ([6], [7])

    def test_records_that_begin_together(self) -> None:
        """Their first messages tell them apart."""
        left = Left()
        gone = np.array([False, True, False])
        left.add(self.records(10, 10, 10), gone, np.array([0, 2]))
        assert left.numbers(self.records(10, 10)).tolist() == [1, 3]


class TestFrames:
    """What is kept of frames, on disk."""

    def test_half_of_the_file_is_of_use(self, story: Story) -> None:
        for n in range(100):
            story.bu(sec(n), ALICE, AR1)
        batch = next(iter(CaptureFile(Source(story.write())).batches()))
        frames = [batch.frame(row) for row in range(100)]
        size = len(frames[0])
        with closing(FrameStore()) as store:
            store.add(batch, Lanes(Profile()).scan(batch).messages)
            assert store.octets == 100 * size
            stay = np.arange(40, 100)
            store.forget(stay)
            assert store.octets == 100 * size
            stay = np.arange(70, 100, 2)
            store.forget(stay)
            assert (store.octets, len(store)) == (15 * size, 15)
            assert [store.frame(n).octets for n in stay.tolist()] == frames[70:100:2]
            with pytest.raises(OutputError, match="left memory"):
                store.frame(69)
            store.add(batch, Lanes(Profile()).scan(batch).messages)
            assert store.octets == 115 * size
            assert [store.frame(n).octets for n in (98, 100, 199)] == [
                frames[98],
                frames[0],
                frames[99],
            ]
