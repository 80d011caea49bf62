"""What is alive at once does not grow with the mobile nodes that come and go.

A capture's rows are kept, and its signalling as columns. But a session is told, becomes a row, and
is gone; and of packets only the last half second waits for a bi-cast copy.
"""

from __future__ import annotations

import functools
import gc
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from dissectors.frames import Ints
from dissectors.scan import backlog
from netmip6scope import pipeline
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.correlate import bicast, shapes
from netmip6scope.correlate import story as telling
from netmip6scope.correlate.model import Session
from tests.netmip6scope.story import AR1, AR2, MS, Mobile, Story, ms, rows_of

ALIVE = 8
"""Mobile nodes that are attached at once."""
NODES = 10 * ALIVE


class Counted(Session):
    """A session that counts how many there are."""

    alive = most = 0

    def __init__(self, place: int, order: int, start_ns: int) -> None:
        super().__init__(place, order, start_ns)
        Counted.alive += 1
        Counted.most = max(Counted.most, Counted.alive)

    def __del__(self) -> None:
        Counted.alive -= 1


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Counted]]:
    """The cycle collector rests, as during every table command."""
    monkeypatch.setattr(telling, "Session", Counted)
    Counted.alive = Counted.most = 0
    gc.disable()
    yield Counted
    gc.enable()


def stream(directory: Path, nodes: int, *, alike: bool) -> str:
    """Nodes attach at AR1, one each 100 ms, move to AR2, and are released 800 ms after they came.

    Unless they are alike, no two send the same messages: updates are repeated by chance.
    """
    story, chance = Story(directory), random.Random(7)
    for n in range(nodes):
        mn, at = Mobile(f"mn{n}@example.net", f"2001:db8:100:{n:x}:0:ff:fe00:1"), ms(100 * n)
        story.attach(at, mn, AR1)
        for k in range(0 if alike else n % 9):
            story.bu(at + (20 + k) * MS, mn, AR1)
            if chance.random() < 0.5:
                story.ba(at + (20 + k) * MS + 1, mn, AR1)
        story.handoff(at + 200 * MS, mn, AR1, AR2, identifier=n % 65536)
        for k in range(20):
            story.downlink(at + (250 + 20 * k) * MS, mn, AR2)
        story.teardown(at + (8 * 100 - 5) * MS, mn, AR2)
    return story.write()


@pytest.mark.parametrize("alike", [True, False])
def test_sessions_that_ended_are_gone(
    alike: bool, tmp_path: Path, counted: type[Counted], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten times as many nodes as are ever attached at once, and no more records alive for it."""
    monkeypatch.setattr(shapes, "MOST_ALONE", ALIVE)
    rows = rows_of([stream(tmp_path, NODES, alike=alike)], "sessions")
    assert [row["state"] for row in rows] == ["released"] * NODES
    assert 0 < counted.most <= ALIVE
    assert counted.alive == 0


def test_packets_wait_for_half_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """20 packets in 400 ms of each node, a node each 100 ms: about 100 packets in half a second.

    They are read a few at a time; what of a batch is older waits as long as its latest packet.
    """
    waiting: list[int] = []
    real = bicast.BicastPairs._keep

    def keep(self: bicast.BicastPairs, columns: list[Ints]) -> None:
        real(self, columns)
        waiting.append(sum(len(chunk[0]) for chunk in self._recent))

    monkeypatch.setattr(bicast.BicastPairs, "_keep", keep)
    monkeypatch.setattr(backlog, "_MOST_PACKETS", 10)
    small = functools.partial(CaptureFile, block=2048)
    monkeypatch.setattr(pipeline, "CaptureFile", small)
    rows_of([stream(tmp_path, NODES, alike=True)], "handoffs")
    assert len(waiting) > 50
    assert 80 < max(waiting) < 150 < 20 * NODES
