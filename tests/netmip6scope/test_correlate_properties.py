"""What must not change a table: how a capture is read or cut, and whatever else is in it.

Random networks of a few mobile nodes that attach, move in every way that handoffs end, and leave.
Each node's frames are a story of their own, so that a node can be left out.
"""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Set as AbstractSet
from pathlib import Path

import pytest

from netmip6scope import pipeline
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.tables.columns import Kind
from netmip6scope.tables.schema import TABLES as SCHEMA
from tests import wire
from tests.netmip6scope.story import (
    ALICE,
    AR1,
    AR2,
    AR3,
    BEGIN,
    CORRESPONDENT,
    HA,
    MS,
    SECOND,
    Mobile,
    Row,
    Story,
    ms,
    rows_in,
    sec,
)

ROUTERS = (AR1, AR2, AR3, "2001:db8:4::a4")
TABLES = ("handoffs", "sessions", "messages", "findings")
SEEDS = range(8)
NODES = 6
LAST = sec(200)
FRAMES = {"frame", "ho_request_frame", "ho_response_frame", "bu_frame", "ba_frame"}
NUMBERS = FRAMES | {"handoff", "session", "finding"}
TIMES = {c.name for table in TABLES for c in SCHEMA[table] if c.kind is Kind.TIME}
Frames = list[tuple[int, bytes]]


def node(number: int) -> Mobile:
    hoa = None if number % 3 == 2 else f"2001:db8:100:{number + 1:x}:0:ff:fe00:{number + 1:x}"
    return Mobile(
        f"mn{number}-{'x' * number}@example.net", hoa, f"192.0.2.{number + 1}" if not hoa else None
    )


def life(directory: Path, seed: int, number: int) -> Frames:
    """What is seen of one mobile node; Identifiers are its own, so that none is in use twice."""
    chance = random.Random(f"{seed} {number}")
    story, mn, ar = Story(directory), node(number), chance.choice(ROUTERS)
    identifier = 100 * number
    now = ms(chance.randrange(20_000), chance.randrange(MS))
    story.attach(now, mn, ar)
    now += 20 * MS
    for _ in range(chance.randrange(5)):
        now = stay(story, chance, mn, ar, now)
        identifier += 1
        tar = chance.choice([router for router in ROUTERS if router != ar])
        ar, now = move(story, chance, mn, ar, tar, now, identifier)
    now = stay(story, chance, mn, ar, now)
    if chance.random() < 0.3:
        story.bu(now, mn, ar, lifetime_s=0)
        story.ba(now + 3 * MS, mn, ar, lifetime_s=0)
    return story.frames


def stay(story: Story, chance: random.Random, mn: Mobile, ar: str, now: int) -> int:
    """Traffic in both directions for a while."""
    for _ in range(chance.randrange(30)):
        now += chance.randrange(1, 40 * MS)
        send = chance.choice((story.downlink, story.uplink))
        send(now, mn, ar, chance.randbytes(chance.randrange(200)))
    return now + chance.randrange(1, 3 * SECOND)


def move(
    story: Story, chance: random.Random, mn: Mobile, sar: str, tar: str, now: int, identifier: int
) -> tuple[str, int]:
    """One attempt, of a kind by chance; the router that serves the node then, and the time."""
    kind = chance.choice(("clean", "clean", "bicast", "refused", "unanswered", "lost", "rejected"))
    story.ho_request(now, mn, tar, sar, identifier)
    if kind == "unanswered":
        story.ho_request(now + SECOND, mn, tar, sar, identifier)
        return sar, now + 2 * SECOND
    story.ho_response(now + 5 * MS, mn, sar, tar, identifier, 3 if kind == "refused" else 0)
    if kind == "refused":
        return sar, now + 2 * SECOND
    story.bu(now + 7 * MS, mn, tar)
    if kind == "lost":
        story.bu(now + 1007 * MS, mn, tar)
        now += 1000 * MS
    story.ba(now + 15 * MS, mn, tar, status=130 if kind == "rejected" else 0)
    if kind == "rejected":
        return sar, now + 2 * SECOND
    if kind == "bicast":
        for n in range(chance.randrange(1, 8)):
            payload = chance.randbytes(50)
            story.downlink(now + (20 + 10 * n) * MS, mn, sar, payload)
            story.downlink(now + (23 + 10 * n) * MS, mn, tar, payload)
    if chance.random() < 0.7:
        story.teardown(now + 120 * MS, mn, sar)
    return tar, now + 200 * MS


def network(directory: Path, seed: int, left_out: int | None = None) -> Frames:
    """The frames of all nodes in time order, and one that marks the end."""
    end = Story(directory)
    end.unrelated(LAST)
    lives = [life(directory, seed, n) for n in range(NODES) if n != left_out]
    return sorted((f for frames in (*lives, end.frames) for f in frames), key=lambda f: f[0])


def tables(directory: Path, *parts: Frames) -> dict[str, list[Row]]:
    """All tables of a capture in one or more files."""
    paths = []
    for n, frames in enumerate(parts):
        path = directory / f"{(n * 7) % 10}.pcap"  # names in another order than times
        path.write_bytes(wire.pcap(frames))
        paths.append(f"tap={path}")
    return read(paths)


def read(captures: list[str]) -> dict[str, list[Row]]:
    """All tables of captures that are read to their end."""
    result = pipeline.analyse(captures, TABLES)
    assert not result.errors
    return {name: rows_in(table) for name, table in result.tables.items()}


def same(found: list[Row], expected: list[Row], but: AbstractSet[str] = frozenset()) -> None:
    """Equal rows, but for these columns."""
    assert [row["mn_id"] for row in found] == [row["mn_id"] for row in expected]
    assert [
        (number, name, row[name], other[name])
        for number, (row, other) in enumerate(zip(found, expected, strict=True))
        for name in row
        if name not in but and row[name] != other[name]
    ] == []


def same_tables(found: dict[str, list[Row]], expected: dict[str, list[Row]]) -> None:
    for name in TABLES:
        same(found[name], expected[name])


def test_networks_have_every_outcome(tmp_path: Path) -> None:
    """Else the properties below would hold of little."""
    rows = [row for seed in SEEDS for row in tables(tmp_path, network(tmp_path, seed))["handoffs"]]
    outcomes = {row["outcome"] for row in rows}
    assert outcomes >= {"complete", "context-refused", "context-timeout", "binding-rejected"}
    assert sum(row["bicast_packets"] or 0 for row in rows) > 10
    assert len({row["mn_id"] for row in rows}) == NODES


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("block", [300, 1000, 4096, 50_000])
def test_block_size(seed: int, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From one frame to all of them in a batch."""
    frames = network(tmp_path, seed)
    expected = tables(tmp_path, frames)
    monkeypatch.setattr(pipeline, "CaptureFile", functools.partial(CaptureFile, block=block))
    same_tables(tables(tmp_path, frames), expected)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("pieces", [2, 3, 9])
def test_cut_into_files(seed: int, pieces: int, tmp_path: Path) -> None:
    frames = network(tmp_path, seed)
    cuts = sorted(random.Random(seed).sample(range(1, len(frames)), pieces - 1))
    parts = [frames[a:b] for a, b in itertools.pairwise((0, *cuts, len(frames)))]
    expected = tables(tmp_path, frames)
    found = tables(tmp_path, *parts)
    for name in TABLES:
        same(found[name], expected[name], FRAMES)


@pytest.mark.parametrize("seed", SEEDS)
def test_order_of_arguments(seed: int, tmp_path: Path) -> None:
    """Files of one clock are read by time, whatever their names and places."""
    frames = network(tmp_path, seed)
    chance = random.Random(seed)
    cuts = sorted(chance.sample(range(1, len(frames)), 4))
    paths = []
    for name, (a, b) in zip("dbeac", itertools.pairwise((0, *cuts, len(frames))), strict=True):
        path = tmp_path / f"{name}.pcap"
        path.write_bytes(wire.pcap(frames[a:b]))
        paths.append(str(path))
    expected = read(paths)
    for _ in range(3):
        chance.shuffle(paths)
        same_tables(read(paths), expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_unrelated_traffic(seed: int, tmp_path: Path) -> None:
    frames = network(tmp_path, seed)
    expected = tables(tmp_path, frames)
    chance = random.Random(seed)
    noise = [(chance.randrange(BEGIN, LAST), chance.choice(UNRELATED)(chance)) for _ in range(1000)]
    found = tables(tmp_path, sorted([*frames, *noise], key=lambda frame: frame[0]))
    same(found["handoffs"], expected["handoffs"], FRAMES)
    same(found["sessions"], expected["sessions"])
    same(found["findings"], expected["findings"], FRAMES)
    joined = [[r for r in rows["messages"] if r["session"]] for rows in (found, expected)]
    same(*joined, FRAMES)


def apart_from_rogues(rows: list[Row]) -> list[Row]:
    """HO-ROGUE looks at all mobile nodes: whether the router is care-of address of any of them."""
    rows = [row for row in rows if row.get("code") != "HO-ROGUE"]
    if rows and "findings" not in rows[0]:
        return rows
    kept = [" ".join(c for c in (row["findings"] or "").split() if c != "HO-ROGUE") for row in rows]
    return [row | {"findings": codes} for row, codes in zip(rows, kept, strict=True)]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("left_out", range(NODES))
def test_without_one_of_the_nodes(seed: int, left_out: int, tmp_path: Path) -> None:
    """Its rows go, and of the others only the numbers change."""
    name = node(left_out).nai
    expected = tables(tmp_path, network(tmp_path, seed))
    found = tables(tmp_path, network(tmp_path, seed, left_out))
    for table in ("handoffs", "sessions", "findings"):
        others = [row for row in expected[table] if row["mn_id"] != name]
        same(apart_from_rogues(found[table]), apart_from_rogues(others), NUMBERS)
        numbers = [row[table.removesuffix("s")] for row in found[table]]
        assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("seed", SEEDS)
def test_another_day(seed: int, tmp_path: Path) -> None:
    """A clock that is off by 400 days and a nanosecond: times move, all else stays."""
    shift = 86_400 * 400 * SECOND + 1
    frames = network(tmp_path, seed)
    expected = tables(tmp_path, frames)
    for row in (row for rows in expected.values() for row in rows):
        for name in row.keys() & TIMES:
            row[name] = None if row[name] is None else row[name] + shift
    same_tables(tables(tmp_path, [(at + shift, octets) for at, octets in frames]), expected)


# Frames that have nothing to do with any of the nodes.


def datagram(chance: random.Random) -> bytes:
    src, dst = CORRESPONDENT, f"2001:db8:c::{chance.randrange(1, 99)}"
    payload = chance.randbytes(chance.randrange(100))
    return wire.eth(wire.ipv6(src, dst, 17, wire.udp(src, dst, 53, 53, payload)))


def other_tunnel(chance: random.Random) -> bytes:
    """A tunnel between other routers, with a packet of other hosts."""
    src, dst = CORRESPONDENT, "2001:db8:c::77"
    inner = wire.ipv6(src, dst, 17, wire.udp(src, dst, 9, 9, chance.randbytes(20)))
    return wire.eth(wire.tunnel("2001:db8:aa::1", "2001:db8:aa::2", inner))


def untunnelled(_: random.Random) -> bytes:
    """A packet for one of the nodes on the way to its HA."""
    hoa = node(0).hoa
    assert hoa is not None
    return wire.eth(wire.ipv6(CORRESPONDENT, hoa, 17, wire.udp(CORRESPONDENT, hoa, 9, 9, b"in")))


def ipv4_traffic(chance: random.Random) -> bytes:
    return wire.eth(wire.ipv4("198.51.100.1", "198.51.100.2", 17, chance.randbytes(30)), 0x0800)


def arp(chance: random.Random) -> bytes:
    return wire.eth(bytes.fromhex("0001080006040001") + chance.randbytes(20), 0x0806)


def other_host(_: random.Random) -> bytes:
    """A host that no router answers; none of the nodes has its address."""
    return wire.eth(wire.router_solicitation("fe80::dead", bytes.fromhex("020000000bad")))


def echo(chance: random.Random) -> bytes:
    """The routers ping each other."""
    src, dst = chance.sample((*ROUTERS, HA), 2)
    body = wire.icmp6(src, dst, chance.choice((128, 129)), 0, chance.randbytes(12))
    return wire.eth(wire.ipv6(src, dst, 58, body))


def quoted(_: random.Random) -> bytes:
    story = Story(Path())
    inner = wire.tunnel(HA, AR1, story.inner(ALICE, up=False))
    return wire.eth(wire.destination_unreachable("2001:db8:aa::1", HA, inner))


def garbage(chance: random.Random) -> bytes:
    """Octets under an EtherType that nobody here knows."""
    return wire.eth(chance.randbytes(chance.randrange(200)), 0x88B5)


UNRELATED = (
    datagram,
    other_tunnel,
    untunnelled,
    ipv4_traffic,
    arp,
    other_host,
    echo,
    quoted,
    garbage,
)
