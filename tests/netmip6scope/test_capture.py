"""Capture files: every magic, byte order, compression and kind of damage."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import lz4.frame
import numpy as np
import pytest
import zstandard

from dissectors.frames import SLACK
from netmip6scope.capture import ticks
from netmip6scope.capture.inputs import Source, default_point, expand
from netmip6scope.capture.reader import CaptureFile, read_batches
from netmip6scope.errors import USAGE, InputError, UsageError
from tests import wire

T0 = 1_700_000_000_123_456_789
BLOCKS = (64, 100, 4096, 8 << 20)
Row = tuple[int, bytes, int, int, str]


def rows_of(capture: CaptureFile, into: list[Row] | None = None) -> list[Row]:
    """(time, octets, wire length, link type, point) of every frame, checking each batch."""
    rows: list[Row] = [] if into is None else into
    for batch in capture.batches():
        assert batch.first_frame == len(rows) + 1
        assert batch.data.dtype == np.uint8 and not batch.data[-SLACK:].any()
        assert int((batch.start + batch.caplen).max()) + SLACK <= len(batch.data)
        for column in (batch.start, batch.caplen, batch.wirelen, batch.time_ns, batch.interface):
            assert column.dtype == np.int64 and len(column) == len(batch)
        for row in range(len(batch)):
            interface = batch.interfaces[int(batch.interface[row])]
            rows.append(
                (
                    int(batch.time_ns[row]),
                    batch.frame(row),
                    int(batch.wirelen[row]),
                    interface.link_type,
                    interface.point,
                )
            )
    return rows


def read(tmp_path: Path, data: bytes, block: int = 4096, name: str = "x.pcap") -> list[Row]:
    path = tmp_path / name
    path.write_bytes(data)
    return rows_of(CaptureFile(Source(str(path)), block=block))


def damaged(tmp_path: Path, data: bytes, block: int = 4096) -> tuple[list[Row], InputError]:
    path = tmp_path / "bad.pcap"
    path.write_bytes(data)
    rows: list[Row] = []
    with pytest.raises(InputError) as caught:
        rows_of(CaptureFile(Source(str(path)), block=block), rows)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)
    return rows, caught.value


def some_frames(count: int = 300) -> list[tuple[int, bytes]]:
    return [
        (T0 + 1000 * i, bytes((i + j) & 0xFF for j in range(i * 7 % 331))) for i in range(count)
    ]


def expected(frames: list[tuple[int, bytes]], unit: int = 1, point: str = "x") -> list[Row]:
    return [(time // unit * unit, data, len(data), 1, point) for time, data in frames]


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("nano", [True, False])
def test_pcap(tmp_path: Path, block: int, order: str, nano: bool) -> None:
    data = wire.pcap(some_frames(), nano=nano, order=order)
    assert read(tmp_path, data, block) == expected(some_frames(), 1 if nano else 1000)


@pytest.mark.parametrize("order", "<>")
def test_pcap_modified(tmp_path: Path, order: str) -> None:
    out = [struct.pack(order + "IHHiIII", 0xA1B2CD34, 2, 4, 0, 0, 65535, 1)]
    for time, data in some_frames():
        head = (time // 10**9, time % 10**9 // 1000, len(data), len(data), 3, 0x800, 0, 0)
        out.append(struct.pack(order + "IIIIiHBB", *head) + data)
    assert read(tmp_path, b"".join(out), 512) == expected(some_frames(), 1000)


def test_pcap_fcs_bits_and_odd_fraction(tmp_path: Path) -> None:
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 0x54000071)
    data = head + struct.pack("<IIII", 10, 2_500_000, 1, 9) + b"z"
    assert read(tmp_path, data) == [(12_500_000_000, b"z", 9, 0x71, "x")]


def test_frame_larger_than_the_block(tmp_path: Path) -> None:
    frames = [(T0, b"a" * 10), (T0, b"b" * 200_000), (T0, b"c" * 10)]
    assert read(tmp_path, wire.pcap(frames), 4096) == expected(frames)
    assert read(tmp_path, ng(frames), 4096) == expected(frames)


@pytest.mark.parametrize("block", [64, 4096])
def test_hostile_length(tmp_path: Path, block: int) -> None:
    good = wire.pcap(some_frames(20))
    for caplen in (262_145, 0x7FFFFFFF, 0xFFFFFFFF):
        bad = good + struct.pack("<IIII", 1, 1, caplen, caplen) + bytes(500)
        rows, error = damaged(tmp_path, bad, block)
        assert rows == expected(some_frames(20), point="bad")
        assert error.offset == len(good) and str(len(good)) in str(error)
    huge = wire.pcap([], snaplen=0xFFFFFFFF) + struct.pack("<IIII", 1, 1, (16 << 20) + 1, 9)
    assert damaged(tmp_path, huge)[1].offset == 24


@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_every_truncation(tmp_path: Path, form: str) -> None:
    frames = some_frames(6)
    data = wire.pcap(frames) if form == "pcap" else ng(frames)
    ends = [24] if form == "pcap" else [28, 60]
    data_at = []
    for _, frame in frames:
        head = 16 if form == "pcap" else 28
        data_at.append(ends[-1] + head)
        padded = len(frame) if form == "pcap" else len(frame) + -len(frame) % 4 + 4
        ends.append(ends[-1] + head + padded)
    assert ends[-1] == len(data)
    for cut in range(ends[0], len(data)):
        path = tmp_path / "x.pcap"
        path.write_bytes(data[:cut])
        capture = CaptureFile(Source(str(path)), block=200)
        rows = rows_of(capture)
        want = [
            (time, frame[: cut - at], len(frame), 1, "x")
            for (time, frame), at in zip(frames, data_at, strict=True)
            if at <= cut
        ]
        assert rows == want, cut
        assert [note.offset for note in capture.notes] == (
            [] if cut in ends else [max(end for end in ends if end < cut)]
        )
    for cut in range(1, ends[0]):
        assert damaged(tmp_path, data[:cut])[0] == []


# pcapng


def ng_block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def shb(order: str = "<") -> bytes:
    return ng_block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def ng_option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def idb(options: bytes = b"", link: int = 1, snaplen: int = 0, order: str = "<") -> bytes:
    return ng_block(1, struct.pack(order + "HHI", link, 0, snaplen) + options, order)


def epb(tick: int, data: bytes, interface: int = 0, order: str = "<", wirelen: int = -1) -> bytes:
    size = len(data) if wirelen < 0 else wirelen
    head = (interface, tick >> 32, tick & 0xFFFFFFFF, len(data), size)
    return ng_block(6, struct.pack(order + "IIIII", *head) + data, order)


def ng(frames: list[tuple[int, bytes]], order: str = "<") -> bytes:
    description = idb(ng_option(9, b"\x09", order) + ng_option(0, b"", order), order=order)
    return shb(order) + description + b"".join(epb(t, d, order=order) for t, d in frames)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("order", "<>")
def test_pcapng(tmp_path: Path, block: int, order: str) -> None:
    assert read(tmp_path, ng(some_frames(), order), block) == expected(some_frames())


@pytest.mark.parametrize("block", BLOCKS)
def test_sections_and_interfaces(tmp_path: Path, block: int) -> None:
    data = shb("<") + ng_block(5, bytes(20)) + idb(ng_option(2, b"eth0"), 1)
    data += epb(5, b"one") + idb(ng_option(2, b"tun0\0"), 101) + epb(6, b"two", 1)
    data += ng_block(0x0BAD, bytes(700)) + epb(7, b"three")
    data += shb(">") + ng_block(4, bytes(8), ">") + idb(link=113, order=">")
    data += epb(8, b"four", order=">") + shb("<") + idb(ng_option(2, b"eth0"), 1) + epb(9, b"5")
    assert read(tmp_path, data, block) == [
        (5000, b"one", 3, 1, "eth0"),
        (6000, b"two", 3, 101, "tun0"),
        (7000, b"three", 5, 1, "eth0"),
        (8000, b"four", 4, 113, "x"),
        (9000, b"5", 1, 1, "eth0"),
    ]
    path = tmp_path / "x.pcap"
    named = rows_of(CaptureFile(Source(str(path), "ha"), block=block))
    assert {row[4] for row in named} == {"ha"}


@pytest.mark.parametrize("order", "<>")
def test_packets_without_time_and_obsolete_ones(tmp_path: Path, order: str) -> None:
    data = shb(order) + idb(link=1, snaplen=6, order=order) + idb(link=113, order=order)
    data += ng_block(3, struct.pack(order + "I", 90) + b"simple", order)
    body = struct.pack(order + "HHIIII", 1, 7, 0, 3, 3, 8) + b"old"
    data += ng_block(2, body, order) + ng_block(3, struct.pack(order + "I", 2) + b"ab", order)
    assert read(tmp_path, data) == [
        (0, b"simple", 90, 1, "x"),
        (3000, b"old", 8, 113, "x"),
        (0, b"ab", 2, 1, "x"),
    ]


@pytest.mark.parametrize(
    "tsresol",
    [
        0,
        3,
        6,
        9,
        12,
        18,
        28,
        30,
        127,
        *(0x80 | bits for bits in (0, 1, 8, 9, 10, 32, 43, 44, 63, 64, 127)),
    ],
)
def test_resolutions(tsresol: int) -> None:
    rng = np.random.default_rng(tsresol)
    per_second = ticks.resolution(tsresol)
    top = min((1 << 64) - 1, ticks.HIGHEST * per_second // ticks.NS)
    for highest in (top, (1 << 64) - 1):
        values = [0, 1, highest, *(int(rng.random() * highest) for _ in range(50))]
        want = [min(int(Fraction(v * 10**9, per_second)), ticks.HIGHEST) for v in values]
        assert ticks.nanoseconds(np.array(values, np.uint64), tsresol).tolist() == want


def test_mixed_resolutions_and_offset(tmp_path: Path) -> None:
    def described(tsresol: int, offset: int) -> bytes:
        return idb(ng_option(9, bytes([tsresol])) + ng_option(14, struct.pack("<q", offset)))

    data = shb() + described(12, 1_000_000_000) + described(0x80 | 10, -2) + described(9, 1 << 62)
    data += epb(5_000_000_001_999, b"") + epb(1025 + 2048, b"", 1)
    times = [row[0] for row in read(tmp_path, data)]
    assert times == [1_000_000_005_000_000_001, 1_000_000_000 + 976_562]
    assert read(tmp_path, data + epb(7, b"", 2))[2][0] == ticks.HIGHEST


def ng_damage() -> dict[str, bytes]:
    tail = struct.pack("<I", 40)
    return {
        "length 8": struct.pack("<II", 6, 8) + bytes(40),
        "length not of words": struct.pack("<II", 6, 33) + bytes(40),
        "length zero": bytes(64),
        "length huge": struct.pack("<II", 6, 0xFFFFFFFC) + bytes(40),
        "lengths differ": epb(1, b"12345678")[:-4] + tail[::-1] + bytes(40),
        "captured length": struct.pack("<7I", 6, 40, 0, 0, 0, 9, 9) + bytes(8) + tail,
        "no interface": epb(1, b"x", 1),
        "short packet block": ng_block(6, bytes(8)),
        "option overruns": ng_block(1, bytes(8) + struct.pack("<HH", 2, 99)),
        "byte order": ng_block(0x0A0D0D0A, bytes(16)),
        "version": ng_block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 9, 0, -1)),
    }


@pytest.mark.parametrize("block", [64, 4096])
@pytest.mark.parametrize("name", ng_damage())
def test_bad_blocks(tmp_path: Path, name: str, block: int) -> None:
    good = ng(some_frames(20))
    rows, error = damaged(tmp_path, good + ng_damage()[name] + epb(1, b"after"), block)
    if name == "short packet block":
        assert "room" in str(error)
    assert rows == expected(some_frames(20), point="bad")
    assert error.offset == len(good)


def test_single_octet_flips_never_crash(tmp_path: Path) -> None:
    for data in (wire.pcap(some_frames(8)), ng(some_frames(8))):
        for at in range(min(len(data), 500)):
            for flip in (0x01, 0x80, 0xFF):
                bad = bytearray(data)
                bad[at] ^= flip
                try:
                    read(tmp_path, bytes(bad), 256)
                except InputError as error:
                    assert "\n" not in str(error)


# compression


def zstd_frames(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstd_frames,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lz4": lambda data: bytes(lz4.frame.compress(data, content_checksum=True)),
}


@pytest.mark.parametrize("codec", PACKERS)
@pytest.mark.parametrize("block", [4096, 8 << 20])
def test_compressed(tmp_path: Path, codec: str, block: int) -> None:
    pack = PACKERS[codec]
    data = wire.pcap(some_frames(2000))
    assert read(tmp_path, pack(data), block) == expected(some_frames(2000))
    parts = pack(data[:1001]) + pack(data[1001:50_000]) + pack(b"") + pack(data[50_000:])
    assert read(tmp_path, parts, block) == expected(some_frames(2000))
    assert read(tmp_path, pack(ng(some_frames())), block) == expected(some_frames())
    zeros = [(T0, bytes(200_000))] * 40
    assert read(tmp_path, pack(wire.pcap(zeros)) + bytes(8), block) == expected(zeros)


@pytest.mark.parametrize("codec", PACKERS)
def test_compressed_damage_keeps_what_came_before(tmp_path: Path, codec: str) -> None:
    pack = PACKERS[codec]
    rng = np.random.default_rng(1)
    frames = [(T0, rng.bytes(1000)) for _ in range(2000)]
    data = wire.pcap(frames)
    first = pack(data[: len(data) // 2])
    second = bytearray(pack(data[len(data) // 2 :]))
    cut = first + bytes(second[: len(second) // 2])
    second[-4:] = bytes(octet ^ 0x5A for octet in second[-4:])  # the checksum or the index
    for bad in (cut, first + bytes(second), first + b"rubbish" * 9):
        rows, error = damaged(tmp_path, bad)
        assert codec in str(error)
        assert [row[1] for row in rows[:999]] == [frame for _, frame in frames[:999]]


def test_position_and_size(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap.gz"
    path.write_bytes(gzip.compress(wire.pcap(some_frames())))
    capture = CaptureFile(Source(str(path)))
    assert capture.position == 0
    rows_of(capture)
    assert capture.size == path.stat().st_size == capture.position


# inputs


def test_not_a_capture(tmp_path: Path) -> None:
    assert "empty file" in str(damaged(tmp_path, b"")[1])
    assert "7f 45 4c 46" in str(damaged(tmp_path, b"\x7fELF" + bytes(100))[1])
    assert "empty file" in str(damaged(tmp_path, gzip.compress(b""))[1])
    with pytest.raises(InputError, match="no such file") as caught:
        list(read_batches(Source(str(tmp_path / "none"))))
    assert caught.value.exit_code == USAGE
    with pytest.raises(InputError, match="directory"):
        list(read_batches(Source(str(tmp_path))))


def test_notes_are_told_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(wire.pcap(some_frames(3))[:-1])
    told: list[str] = []
    assert sum(len(batch) for batch in read_batches(Source(str(path)), on_end=told.append)) == 3
    assert len(told) == 1 and "CAP-CUT" in told[0]


def test_expand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = wire.pcap(some_frames(1))
    for name in ("b.pcap", "a", "x=y", "[z].pcap", "d/2.gz", "d/1", "d/sub/3"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    Path("d/notes.txt").write_text("no capture")
    Path("d/empty.pcap").write_bytes(b"")
    os.mkdir("none")
    os.mkfifo("d/fifo")
    arguments = ["b.pcap", "d", "ha=a", "x=y", "[z].pcap", "?.pcap", "-", "ar=d/*1"]
    assert [(source.path, source.point) for source in expand(arguments)] == [
        ("b.pcap", None),
        ("d/1", None),
        ("d/2.gz", None),
        ("a", "ha"),
        ("x=y", None),
        ("[z].pcap", None),
        ("b.pcap", None),
        ("-", None),
        ("d/1", "ar"),
    ]
    for wrong in ("missing", "q=missing", "=a", "none", "*.nothing"):
        with pytest.raises(InputError):
            expand([wrong])
    with pytest.raises(UsageError):
        expand(["-", "ha=-"])


def test_default_point() -> None:
    names = {"a/x.pcap.gz": "x", "x.1.pcapng": "x.1", "-": "-", "y": "y", "HA.CAP": "HA"}
    assert {name: default_point(name) for name in names} == names


@pytest.mark.parametrize("codec", ["plain", "gzip", "zstd"])
def test_standard_input(codec: str) -> None:
    data = wire.pcap(some_frames())
    program = (
        "from netmip6scope.capture.reader import *; from netmip6scope.capture.inputs import *\n"
        "c = CaptureFile(Source('-')); rows = [b.frame(i) for b in c.batches()"
        " for i in range(len(b))]\n"
        "print(len(rows), sum(map(len, rows)), c.size)"
    )
    packed = PACKERS.get(codec, bytes)(data)
    done = subprocess.run(
        [sys.executable, "-c", program], input=packed, capture_output=True, check=True
    )
    octets = sum(len(frame) for _, frame in some_frames())
    assert done.stdout.decode() == f"300 {octets} None\n"


def test_no_heavy_imports() -> None:
    program = (
        "import sys, netmip6scope.capture.reader\n"
        "print([m for m in ('click', 'rich', 'pandas', 'textual', 'lz4', 'zstandard')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout == b"[]\n"
