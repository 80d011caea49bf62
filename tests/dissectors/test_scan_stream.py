"""A stream of batches gives what the batches give one by one, in the same order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dissectors.frames import FrameBatch
from dissectors.profile import Profile
from dissectors.scan import backlog, lane
from dissectors.scan.batch import Scanned
from dissectors.scan.lane import Scanner
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import CaptureFile
from tests import wire
from tests.dissectors.seen import batch_of, by_scan

AR, OTHER, HA, HOA = "2001:db8:a::1", "2001:db8:b::1", "2001:db8:f::1", "2001:db8:1::77"
SECOND = 10**9


def user(number: int) -> bytes:
    inner = wire.ipv6(HOA, "2001:db8:c::9", 6, number.to_bytes(4, "big") * 10)
    return wire.tunnel(AR if number % 3 else OTHER, HA, inner)


def capture(path: Path, frames: int, every: int) -> Source:
    """User traffic with a Binding Update at each `every`-th frame, and now and then a fragment."""
    found = []
    for n in range(frames):
        packet = user(n)
        if n % every == 0:
            packet = wire.binding_update(AR, HA, HOA, f"mn{n % 7}@example.net", n, 600)
        elif n % 97 == 0:
            packet = wire.ipv6(AR, HA, 44, bytes((41, 0, 0, 1)) + bytes(4) + user(n))
        elif n % 89 == 0:  # a tunnelled packet that needs the long way
            packet = wire.ipv6(AR, HA, 47, b"\x20\0\x86\xdd" + bytes(4) + user(n)[40:])
        found.append((n * SECOND, wire.eth(packet)))
    path.write_bytes(wire.pcap(found))
    return Source(str(path))


def told(scanner: Scanner, scanned: list[Scanned]) -> list[tuple[str, int, object]]:
    """All that is told, with the octets of what was set aside, in order."""
    out: list[tuple[str, int, object]] = []
    for one in scanned:
        out += [("seen", n, seen) for n, seen in by_scan(scanner, one).items()]
        out += [("time", int(t), None) for t in one.messages.time_ns]
        out += [("digest", int(d), None) for d in one.tunnels.digest]
    return sorted(out, key=lambda row: row[0])


def batches(sources: list[Source], block: int) -> list[FrameBatch]:
    """Every batch with a buffer of its own, so that they can be kept."""
    kept = []
    for file, source in enumerate(sources):
        for batch in CaptureFile(source, file, block=block).batches():
            columns = {name: getattr(batch, name) for name in batch.__slots__}
            kept.append(FrameBatch(**{**columns, "data": batch.data.copy()}))
    return kept


@pytest.mark.parametrize(("every", "most"), [(5, 8), (40, 8), (40, 100), (1, 10**6), (10**6, 100)])
def test_a_stream_tells_what_its_batches_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every: int, most: int
) -> None:
    monkeypatch.setattr(lane, "_MANY", most)
    monkeypatch.setattr(backlog, "_MOST_FRAMES", 60)
    source = capture(tmp_path / "x.pcap", 3000, every)
    alone, streaming = Scanner(Profile()), Scanner(Profile())
    every_batch = batches([source], 1 << 13)
    assert len(every_batch) > 20
    one_by_one = [alone.scan(batch) for batch in every_batch]
    together = []
    asides = []
    for scanned in streaming.stream(CaptureFile(source, block=1 << 13).batches()):
        together.append(scanned)
        assert scanned.aside_frames is not None
        asides += [scanned.aside_frames.octets(n) for n in range(len(scanned.aside))]
    assert told(streaming, together) == told(alone, one_by_one)
    assert asides == [
        batch.frame(int(number) - batch.first_frame)
        for batch, scanned in zip(every_batch, one_by_one, strict=True)
        for number in scanned.aside
    ]
    numbers = np.concatenate([scanned.aside for scanned in together])
    assert numbers.tolist() == [n for scanned in one_by_one for n in scanned.aside.tolist()]
    assert len(together) < len(one_by_one) or most == 8


def test_each_part_of_a_stream_is_in_file_order_and_behind_the_one_before(tmp_path: Path) -> None:
    source = capture(tmp_path / "x.pcap", 20_000, 40)
    last = 0
    for scanned in Scanner(Profile()).stream(CaptureFile(source, block=1 << 15).batches()):
        frames = np.concatenate([scanned.messages.frame, scanned.tunnels.frame])
        assert last < int(frames.min())
        last = int(frames.max())
        for numbers in (scanned.messages.frame, scanned.tunnels.frame, scanned.aside):
            assert (np.diff(numbers) > 0).all()


def test_files_are_not_put_together(tmp_path: Path) -> None:
    """Their frames count from 1 each, and their interfaces are others."""
    sources = [capture(tmp_path / f"{name}.pcap", 50, 10) for name in "ab"]
    stream = Scanner(Profile()).stream(batches(sources, 1 << 20))
    found = [(s.interfaces[0].point, len(s.messages), int(s.messages.frame[0])) for s in stream]
    assert found == [("a", 5, 1), ("b", 5, 1)]


def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(backlog, "_MOST_PACKETS", 500)
    source = capture(tmp_path / "x.pcap", 5000, 10**6)
    sizes = [
        len(scanned.tunnels)
        for scanned in Scanner(Profile()).stream(CaptureFile(source, block=1 << 14).batches())
    ]
    assert sum(sizes) == 5000 - 1
    assert max(sizes) < 500 + (1 << 14) // 100


def test_a_stream_of_nothing_is_nothing() -> None:
    assert list(Scanner(Profile()).stream([])) == []


def test_copies_of_a_packet_have_one_digest_whatever_way_they_take() -> None:
    """The quick way and the header by header way must agree, at any snap length they share."""
    inner = wire.ipv6(HOA, "2001:db8:c::9", 6, bytes(range(100)))
    small = wire.ipv6(HOA, "2001:db8:c::9", 6, bytes(range(20)))
    for packet in (inner, small):
        ways = [
            wire.tunnel(AR, HA, packet),
            wire.tunnel(OTHER, HA, packet),
            wire.tunnel(AR, HA, packet) + b"trailer",
            wire.ipv6(AR, HA, 47, b"\0\0\x86\xdd" + packet),
            wire.ipv6(AR, HA, 60, bytes((41, 0, 1, 4, 0, 0, 0, 0)) + packet),
            wire.ipv6(AR, HA, 17, b"\x10\x5f\x10\x5f" + bytes((0, 8 + len(packet), 0, 0)) + packet),
        ]
        scanner = Scanner(Profile())
        tunnels = scanner.scan(_batch(ways)).tunnels
        assert tunnels.frame.tolist() == list(range(1, len(ways) + 1))
        assert len(set(tunnels.digest.tolist())) == 1
        assert set(tunnels.length.tolist()) == {len(packet)}
        changed = bytearray(packet)
        changed[55] ^= 1
        other = scanner.scan(_batch([wire.tunnel(AR, HA, bytes(changed))])).tunnels
        assert other.digest[0] != tunnels.digest[0]
        assert other.flow[0] == tunnels.flow[0]


def _batch(packets: list[bytes]) -> FrameBatch:
    return batch_of([(packet, len(packet)) for packet in packets], 101)
