"""Random lives of mobile nodes, with every cell reckoned beside them by the contract's definitions.

The reckoning knows what was sent because it sent it. It looks at all packets of a node for every
cell, one sentence of CONTRACT 2.3 a function: slow, short, and unlike any way to do it fast.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from netmip6scope import pipeline
from netmip6scope.capture.reader import BLOCK, CaptureFile
from tests import wire
from tests.netmip6scope.story import (
    AR1,
    AR2,
    AR3,
    HA,
    MS,
    SECOND,
    Mobile,
    Row,
    Story,
    ms,
    rows_of,
    sec,
)

ROUTERS = (AR1, AR2, AR3, "2001:db8:4::a4")
NODES = 8
LAST = sec(500)
BICAST = 500 * MS
FOREVER = 1 << 62


@dataclass(frozen=True)
class Packet:
    """A packet in the tunnel of a router."""

    at: int
    ar: str
    up: bool
    payload: bytes
    length: int


@dataclass
class Attempt:
    """One attempt as it was told, with the cells that need no reckoning."""

    sar: str
    tar: str
    cells: Row
    bu: int | None = None
    ba: int | None = None
    teardown: int | None = None

    @property
    def measured(self) -> bool:
        """User-plane cells are filled for `complete` and `reactive` only."""
        return self.cells["outcome"] in ("complete", "reactive")


@dataclass
class Life:
    """What one mobile node does, and what was sent for it."""

    story: Story
    chance: random.Random
    mn: Mobile
    first_identifier: int
    attempts: list[Attempt] = field(default_factory=list)
    packets: list[Packet] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    now: int = 0

    def live(self) -> None:
        self.now = ms(self.chance.randrange(60_000), self.chance.randrange(MS))
        ar = self.chance.choice(ROUTERS)
        self.path = [ar]
        self.story.attach(self.now, self.mn, ar)
        self.now += 20 * MS
        for _ in range(self.chance.randrange(6)):
            self.stay(ar)
            tar = self.chance.choice([router for router in ROUTERS if router not in self.path])
            if self.move(ar, tar):
                ar = tar
                self.path.append(ar)
            if len(self.path) == len(ROUTERS):
                break
        self.stay(ar)

    def send(self, at: int, ar: str, *, up: bool, payload: bytes | None = None) -> None:
        octets = (
            self.chance.randbytes(20 + self.chance.randrange(100)) if payload is None else payload
        )
        tell = self.story.uplink if up else self.story.downlink
        inner = tell(at, self.mn, ar, octets)
        self.packets.append(Packet(at, ar, up, octets, len(inner)))

    def stay(self, ar: str) -> None:
        """Both directions have traffic, so that every last packet is one of this stay."""
        for up in (True, False, *(self.chance.random() < 0.5 for _ in range(20))):
            self.now += self.chance.randrange(1, 30 * MS)
            self.send(self.now, ar, up=up)
        self.now += self.chance.randrange(1, 3 * SECOND)

    def exchange(self, sar: str, tar: str, cells: Row) -> str:
        """HO Requests and what comes of them: "none", "unanswered", "refused" or "context"."""
        kind = self.chance.choice(("none", "unanswered", "refused", "context", "context"))
        if any(attempt.tar == tar for attempt in self.attempts[:-1]):
            kind = "context"  # a BU without a new exchange would still be the attempt before
        cells.update(start=self.now, ho_requests=0, ho_request_time=None, context_ms=None)
        cells.update(ho_response_time=None, status=None)
        if kind == "none":
            return kind
        self.first_identifier += 1
        asked = self.now
        cells.update(ho_request_time=asked, ho_requests=self.chance.randrange(1, 4))
        for _ in range(cells["ho_requests"]):
            self.story.ho_request(self.now, self.mn, tar, sar, self.first_identifier)
            self.now += self.chance.randrange(1, SECOND)
        if kind != "unanswered":
            status = self.chance.randrange(1, 5) if kind == "refused" else 0
            self.story.ho_response(self.now, self.mn, sar, tar, self.first_identifier, status)
            cells.update(ho_response_time=self.now, context_ms=self.now - asked)
            cells.update(status=status or None)
        self.now += self.chance.randrange(1, 10 * MS)
        return kind

    def move(self, sar: str, tar: str) -> bool:
        """An attempt; True if the target serves the node then."""
        cells: Row = {"bus": 0, "bu_time": None, "ba_time": None, "binding_ms": None}
        attempt = Attempt(sar, tar, cells)
        self.attempts.append(attempt)
        kind = self.exchange(sar, tar, cells)
        if kind != "none" and self.chance.random() < 0.3:
            outcomes = {"refused": "context-refused", "unanswered": "context-timeout"}
            cells.update(outcome=outcomes.get(kind, "binding-timeout"))
            return False
        attempt.bu = self.now
        accepted = self.bind(tar, cells, attempt)
        if accepted:
            cells.update(outcome="complete" if kind == "context" else "reactive")
            self.overlap(sar, tar, attempt)
        elif kind == "refused":
            del cells["status"]  # refused, and then not bound either: which status, is left open
        return accepted

    def bind(self, tar: str, cells: Row, attempt: Attempt) -> bool:
        """BUs, the last of them answered or not; True if it was accepted."""
        how = self.chance.choice(("accepted", "accepted", "accepted", "rejected", "lost"))
        count = self.chance.randrange(1, 4)
        for n in range(count):
            if n:
                self.now += self.chance.randrange(1, SECOND)
            self.story.bu(self.now, self.mn, tar)
            if n < count - 1 and how != "lost" and self.chance.random() < 0.3:
                self.now += 3 * MS
                self.story.ba(self.now, self.mn, tar, status=135)
        cells.update(bu_time=attempt.bu, bus=count)
        self.now += self.chance.randrange(1, 30 * MS)
        if how == "lost":
            cells.update(outcome="binding-timeout")
            return False
        status = 0 if how == "accepted" else 130
        self.story.ba(self.now, self.mn, tar, status=status)
        attempt.ba = self.now
        assert attempt.bu is not None
        cells.update(ba_time=self.now, binding_ms=self.now - attempt.bu)
        if status:
            cells.update(outcome="binding-rejected", status=status)
        return not status

    def overlap(self, sar: str, tar: str, attempt: Attempt) -> None:
        """Around the BA: copies, packets through one tunnel alone, perhaps the tear-down."""
        begin = attempt.bu
        assert begin is not None and attempt.ba is not None
        for n in range(self.chance.randrange(12)):
            at = self.chance.randrange(begin + 1, attempt.ba + 600 * MS)
            if at == attempt.ba:
                continue
            if self.chance.random() < 0.5:
                payload = b"%d copied %d" % (n, at)
                other = at + self.chance.randrange(-5 * MS, 5 * MS)
                self.send(at, sar, up=False, payload=payload)
                self.send(max(other, begin + 1), tar, up=False, payload=payload)
            else:
                self.send(at, self.chance.choice((sar, tar)), up=self.chance.random() < 0.3)
        self.now = attempt.ba + 700 * MS
        if self.chance.random() < 0.6:
            attempt.teardown = attempt.ba + self.chance.randrange(1, 600 * MS)
            self.story.teardown(attempt.teardown, self.mn, sar)

    def rows(self) -> list[Row]:
        """The rows of table 2.3."""
        found = []
        for n, attempt in enumerate(self.attempts):
            later = [a.bu for a in self.attempts[n + 1 :] if a.bu is not None]
            cells = {
                "mn_id": self.mn.nai,
                "hoa": self.mn.hoa,
                "hoa4": self.mn.hoa4,
                "kind": "inter-ar",
                "sar": attempt.sar,
                "tar": attempt.tar,
                "ha": HA,
                "teardown_time": attempt.teardown,
                "clock_error_ms": 0,
                **attempt.cells,
                **reckoned(attempt, self.packets, min(later, default=FOREVER)),
            }
            asked, settled = cells["ho_request_time"], cells["ba_time"]
            both = asked is not None and settled is not None
            cells["preparation_ms"] = settled - asked if both else None
            found.append(cells)
        return found

    def session(self) -> Row:
        """The cells of table 2.2 that the moves decide."""
        pairs = sum(row["bicast_packets"] or 0 for row in self.rows())
        down = [p for p in self.packets if not p.up]
        up = [p for p in self.packets if p.up]
        return {
            "mn_id": self.mn.nai,
            "ar_path": " > ".join(self.path),
            "state": "active",
            "handoffs": len(self.attempts),
            "dl_packets": len(down) - pairs,
            "ul_packets": len(up),
            "ul_bytes": sum(p.length for p in up),
        }


def reckoned(attempt: Attempt, packets: list[Packet], end: int) -> Row:
    """The user-plane cells of one attempt, whose window ends at `end`."""
    names = ("last_dl_sar_time", "first_dl_tar_time", "last_ul_sar_time", "first_ul_tar_time")
    if not attempt.measured:
        return dict.fromkeys(
            (*names, "dl_gap_ms", "ul_gap_ms", "bicast_packets", "late_sar_packets")
        )
    assert attempt.bu is not None and attempt.ba is not None
    teardown = end if attempt.teardown is None else attempt.teardown
    cells: Row = {}
    for way, up in (("dl", False), ("ul", True)):
        mine = [p for p in packets if p.up == up]
        last = latest(p.at for p in mine if p.ar == attempt.sar and p.at < teardown)
        first = earliest(p.at for p in mine if p.ar == attempt.tar and attempt.bu < p.at < end)
        cells[f"last_{way}_sar_time"], cells[f"first_{way}_tar_time"] = last, first
        cells[f"{way}_gap_ms"] = None if last is None or first is None else first - last
    sar = [p for p in packets if p.ar == attempt.sar and not p.up and p.at < end]
    tar = {p.payload: p.at for p in packets if p.ar == attempt.tar and not p.up and p.at < end}
    copied = {p.payload for p in sar if abs(tar.get(p.payload, FOREVER) - p.at) <= BICAST}
    cells["bicast_packets"] = len(copied)
    cells["late_sar_packets"] = sum(p.at > attempt.ba and p.payload not in copied for p in sar)
    return cells


def latest(times: Iterable[int]) -> int | None:
    return max(times, default=None)


def earliest(times: Iterable[int]) -> int | None:
    return min(times, default=None)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("block", [1000, BLOCK])
def test_every_cell(seed: int, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "CaptureFile", functools.partial(CaptureFile, block=block))
    lives = []
    for number in range(NODES):
        hoa, hoa4 = f"2001:db8:100:{number + 1:x}:0:ff:fe00:{number + 1:x}", None
        if number % 3 == 2:
            hoa, hoa4 = None, f"192.0.2.{number + 1}"
        mn = Mobile(f"mn{number:04d}@example.net", hoa, hoa4)
        chance = random.Random(f"{seed} {number}")
        lives.append(Life(Story(tmp_path), chance, mn, 100 * number))
        lives[-1].live()
    frames = sorted((f for life in lives for f in life.story.frames), key=lambda f: f[0])
    path = tmp_path / "lives.pcap"
    end = Story(tmp_path)
    end.unrelated(LAST)
    path.write_bytes(wire.pcap([*frames, *end.frames]))
    told = sorted((row for life in lives for row in life.rows()), key=lambda row: row["start"])
    found = rows_of([str(path)], "handoffs")
    assert len(found) == len(told)
    assert [
        (n, name, row[name], cells[name])
        for n, (row, cells) in enumerate(zip(found, told, strict=True), 1)
        for name in cells
        if row[name] != cells[name]
    ] == []
    sessions = {row["mn_id"]: row for row in rows_of([str(path)], "sessions")}
    for life in lives:
        cells = life.session()
        row = sessions[life.mn.nai]
        assert {name: row[name] for name in cells} == cells
