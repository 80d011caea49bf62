"""Hostile captures: cut, snapped or with wrong octets, they give tables or an error of ours.

Every case reads its captures to the end and builds all three tables. Warnings count as errors
(pytest's `filterwarnings`), so an overflow or a read beside the data is found here too.
"""

from __future__ import annotations

import functools
import random
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from dissectors.frames import SLACK, FrameBatch
from netmip6scope import pipeline
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.errors import ScopeError
from netmip6scope.pipeline import Result, analyse
from netmip6scope.tables.columns import Coded, Table
from tests.conftest import find_public_captures

DATA = Path(__file__).parents[1] / "data" / "netmip6"
WANTED = ("handoffs", "sessions", "messages")
CAPTURES = sorted(p for p in DATA.iterdir() if ".pcap" in p.name)
PLAIN = [p for p in CAPTURES if p.suffix == ".pcap"]

# The one case of a test that conftest leaves out because its captures are not there.
NOWHERE = Path("none")

HEAD = 2048
CUT_FILES = 20
MUTATIONS = 2000
MUTATION_PARTS = 8
SNAPS = range(161)
SMALL_BLOCK = 1 << 16


def _public() -> list[Path]:
    directory = find_public_captures()
    return [] if directory is None else sorted(directory.rglob("*.pcap*"))


def _to_cut() -> list[Path]:
    """Twenty public captures: those with addresses or mobility in their names, then by name."""
    words = ("mobility", "ipv6", "ip6", "icmp", "rt6")
    return sorted(_public(), key=lambda p: (not any(w in p.name for w in words), p.name))[
        :CUT_FILES
    ]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Buffers of 64 KiB, because thousands of runs would else spend their time on zeroing."""
    monkeypatch.setattr(pipeline, "CaptureFile", functools.partial(CaptureFile, block=SMALL_BLOCK))


def survives(path: Path, octets: bytes, what: str) -> None:
    """Analyse `octets` as a capture: tables or a ScopeError, nothing else."""
    path.write_bytes(octets)
    try:
        result = analyse([str(path)], WANTED)
    except ScopeError:
        return
    except Exception as error:
        raise AssertionError(f"{what}: {error!r}") from error
    assert set(result.tables) == set(WANTED)


def whole(path: Path) -> tuple[bytes, FrameBatch]:
    """A capture's octets, decompressed, and its frames by their offsets in these octets."""
    batches = list(CaptureFile(Source(str(path))).batches())
    assert len(batches) == 1
    return batches[0].data[:-SLACK].tobytes(), batches[0]


@pytest.mark.public
@pytest.mark.parametrize("path", _public() or [NOWHERE], ids=lambda p: p.name)
def test_public_capture_is_read_to_its_end(path: Path) -> None:
    result = analyse([str(path)], WANTED)
    frames = sum(len(b) for b in CaptureFile(Source(str(path))).batches())
    assert frames
    assert not result.errors
    numbers = result.tables["messages"].values["frame"]
    assert not isinstance(numbers, Coded)
    assert all(1 <= n <= frames for n in numbers.tolist())


@pytest.mark.public
@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("path", _to_cut() or [NOWHERE], ids=lambda p: p.name)
def test_cut_at_every_octet(path: Path, tmp_path: Path) -> None:
    octets = path.read_bytes()
    for end in range(min(HEAD, len(octets)) + 1):
        survives(tmp_path / "cut.pcap", octets[:end], f"{path.name} cut at octet {end}")


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("path", [p for p in CAPTURES if p.suffix != ".pcap"], ids=lambda p: p.name)
def test_containers_cut(path: Path, tmp_path: Path) -> None:
    """pcapng and compressed captures: dense in the first 256 octets, sparse in the rest."""
    octets = path.read_bytes()
    for end in [*range(256), *range(256, len(octets), 509)]:
        survives(tmp_path / path.name, octets[:end], f"{path.name} cut at octet {end}")


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize(
    "path", [p for p in PLAIN if p.name[:3] in ("01_", "16_", "20c", "20d")], ids=lambda p: p.name
)
def test_snapped_at_every_octet(path: Path, tmp_path: Path) -> None:
    """All frames of a capture shortened to the same length, as a snap length does."""
    octets, batch = whole(path)
    for snap in SNAPS:
        survives(tmp_path / "snapped.pcap", _snapped(octets, batch, snap), f"{path.name} to {snap}")


def _snapped(octets: bytes, batch: FrameBatch, snap: int) -> bytes:
    order = "<" if octets[0] in (0xD4, 0x4D) else ">"
    out = [octets[:24]]
    for start, caplen in zip(batch.start.tolist(), batch.caplen.tolist(), strict=True):
        kept = min(caplen, snap)
        out += [
            octets[start - 16 : start - 8],
            struct.pack(order + "I", kept),
            octets[start - 4 : start + kept],
        ]
    return b"".join(out)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("part", range(MUTATION_PARTS))
def test_wrong_octets(part: int, tmp_path: Path) -> None:
    """Half of the mutations hit frames that carry messages, in their first 200 octets."""
    captures = [(p.name, *whole(p), _message_rows(p)) for p in CAPTURES]
    for number in range(part, MUTATIONS, MUTATION_PARTS):
        chance = random.Random(number)
        name, octets, batch, rows = captures[number % len(captures)]
        changed = bytearray(octets)
        row = chance.choice(rows) if number // len(captures) % 2 else chance.randrange(len(batch))
        start, caplen = int(batch.start[row]), int(batch.caplen[row])
        for at, mask in _flips(chance, start, min(caplen, 200)):
            changed[at] ^= mask
        survives(tmp_path / "wrong.pcap", bytes(changed), f"{name}, mutation {number}, row {row}")


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("path", CAPTURES, ids=lambda p: p.name)
def test_wrong_octets_in_every_message(path: Path, tmp_path: Path) -> None:
    """Octets of all messages replaced at once, and of the records around them."""
    octets, batch = whole(path)
    rows = _message_rows(path)
    for seed in range(25):
        chance = random.Random(f"{path.name} {seed}")
        changed = bytearray(octets)
        for row in rows:
            start, caplen = int(batch.start[row]), int(batch.caplen[row])
            for at, mask in _flips(chance, start, caplen):
                changed[at] ^= mask
        if seed % 5 == 0:
            changed[int(batch.start[chance.choice(rows)]) - chance.randrange(1, 17)] ^= 0xFF
        survives(tmp_path / "wrong.pcap", bytes(changed), f"{path.name}, seed {seed}")


def _flips(chance: random.Random, start: int, length: int) -> Iterator[tuple[int, int]]:
    """One to three octets of a frame and what is to be XORed to each."""
    for _ in range(chance.choice((1, 1, 2, 3))):
        if length:
            yield (
                start + chance.randrange(length),
                chance.choice((0xFF, 0x80, 1, 1 + chance.randrange(255))),
            )


@functools.cache
def _message_rows(path: Path) -> list[int]:
    frames = analyse([str(path)], "messages").table.values["frame"]
    assert not isinstance(frames, Coded)
    return [n - 1 for n in frames.tolist()]


@pytest.mark.parametrize("path", CAPTURES, ids=lambda p: p.name)
def test_block_size_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def with_block(octets: int) -> Result:
        monkeypatch.setattr(pipeline, "CaptureFile", functools.partial(CaptureFile, block=octets))
        return analyse([str(path)], WANTED)

    expected = {name: _rows(t) for name, t in with_block(8 << 20).tables.items()}
    assert expected["messages"]
    for block in (4096, 65536):
        result = with_block(block)
        assert not result.errors
        assert not result.warnings
        for name in WANTED:
            assert _rows(result.tables[name]) == expected[name], (name, block)


def _rows(table: Table) -> list[tuple[object, ...]]:
    columns = [v.texts() if isinstance(v, Coded) else v.tolist() for v in table.values.values()]
    return list(zip(*columns, strict=True))
