"""`verify` as a program: exit codes, one-line errors, and nothing left behind."""

from __future__ import annotations

import csv
import io
import json
import lzma
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import lz4.frame
import pytest

from tests import wire
from tests.architecture.sources import PROJECT
from tests.netmip6scope import shark
from tests.netmip6scope.shark import NAI, TAR

pytestmark = pytest.mark.tshark

HA = "2001:db8:2::1"
KNOWN = 3
"""Rows about a Binding Update of ours: authenticator, its subtype's label, and timestamp."""


def environment(directory: Path, **more: str) -> dict[str, str]:
    """Temporary files go where the test can see them."""
    (directory / "temporary").mkdir(exist_ok=True)
    values = {"PYTHONPATH": str(PROJECT), "TMPDIR": str(directory / "temporary"), **more}
    return {**os.environ, **values}


def run(
    directory: Path, *arguments: str, stdin: bytes = b"", **more: str
) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [sys.executable, "-m", "netmip6scope", *arguments],
        cwd=directory,
        env=environment(directory, **more),
        input=stdin,
        capture_output=True,
        timeout=shark.LIMIT_S,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    assert list((directory / "temporary").iterdir()) == []
    return done


def rows(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(done.stdout.decode())))


@pytest.fixture
def update(tmp_path: Path) -> Path:
    packet = wire.binding_update(TAR, HA, "2001:db8:5::9", NAI, 1, 600)
    return shark.write(tmp_path, [packet, packet])


def test_agreement(update: Path, tmp_path: Path) -> None:
    done = run(tmp_path, "verify", str(update))
    assert done.returncode == 0
    found = rows(done)
    assert len(found) == KNOWN
    assert all(row["reason"] and row["count"] == "2" for row in found)
    said = done.stderr.decode()
    assert said.startswith("netmip6scope: 2 frames, ")
    assert said.endswith(": 0 disagreements, 6 known answers of Wireshark\n")


def test_disagreement(tmp_path: Path) -> None:
    # We leave a fragment closed, Wireshark opens the first of them (RFC 8200 4.5).
    first = bytes((17, 0, 0, 1)) + bytes(4) + wire.udp(TAR, HA, 5000, 53, bytes(24))
    path = shark.write(tmp_path, [wire.ipv6(TAR, HA, 44, first)])
    done = run(tmp_path, "verify", str(path))
    assert done.returncode == 1
    assert {(row["field"], row["ours"]) for row in rows(done)} >= {("udp.srcport", "")}
    assert b"0 disagreements" not in done.stderr


def test_json_file(update: Path, tmp_path: Path) -> None:
    done = run(tmp_path, "verify", str(update), "-o", "out.json")
    assert (done.returncode, done.stdout) == (0, b"")
    found = json.loads((tmp_path / "out.json").read_text())
    assert len(found) == KNOWN
    assert found[0]["capture"] == str(update)


@pytest.mark.parametrize("pack", [lzma.compress, lz4.frame.compress], ids=["xz", "lz4"])
def test_compressed_captures(pack: object, update: Path, tmp_path: Path) -> None:
    packed = tmp_path / "packed"
    packed.write_bytes(pack(update.read_bytes()))  # type: ignore[operator]
    done = run(tmp_path, "verify", f"HA={packed}")
    assert done.returncode == 0
    assert len(rows(done)) == KNOWN


def test_standard_input_and_several_captures(update: Path, tmp_path: Path) -> None:
    done = run(tmp_path, "verify", "-", str(update), stdin=update.read_bytes())
    assert done.returncode == 0
    names = ["standard input", str(update)]
    assert [row["capture"] for row in rows(done)] == [n for n in names for _ in range(KNOWN)]
    assert b"4 frames" in done.stderr


@pytest.mark.parametrize("name", ["-r.pcap", "a\nb\x1b[2J.pcap", "$(touch x);.pcap", "x=y.pcap"])
def test_hostile_names(name: str, update: Path, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(update.read_bytes())
    done = run(tmp_path, "verify", "--", name)
    assert done.returncode == 0
    assert [row["frame"] for row in rows(done)] == ["1"] * KNOWN
    assert done.stderr.count(b"\n") == 1
    assert b"\x1b" not in done.stderr
    assert not (tmp_path / "x").exists()


def test_a_cut_capture_is_compared_up_to_the_cut(update: Path, tmp_path: Path) -> None:
    (tmp_path / "packed").write_bytes(lzma.compress(update.read_bytes())[:-20])
    done = run(tmp_path, "verify", "packed", str(update))
    assert done.returncode == 2
    assert len(rows(done)) >= KNOWN
    assert b"error: packed: xz data is cut short" in done.stderr


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"", b"error: x: empty file"),
        (b"no capture at all", b"error: x: not a capture"),
        (lzma.compress(b"x" * 100)[:40], b"error: x: "),
    ],
)
def test_what_cannot_be_read_is_one_line(octets: bytes, said: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(octets)
    done = run(tmp_path, "verify", "x")
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_what_does_not_exist(tmp_path: Path) -> None:
    done = run(tmp_path, "verify", "nowhere.pcap")
    assert done.returncode == 2
    assert done.stderr == b"netmip6scope: error: nowhere.pcap: no such file\n"


@pytest.mark.parametrize(
    "arguments",
    [["verify", "packets.pcap"], ["decode", "packets.pcap", "--frame", "1", "--wireshark"]],
    ids=lambda arguments: arguments[0],
)
def test_without_tshark(arguments: list[str], update: Path, tmp_path: Path) -> None:
    done = run(tmp_path, *arguments, PATH=str(tmp_path))
    assert done.returncode == 3
    assert done.stderr == (b"netmip6scope: error: tshark was not found: apt-get install tshark\n")


def fake_tshark(directory: Path, on_capture: str) -> str:
    """A PATH whose tshark is the real one, except for captures."""
    real = shutil.which("tshark")
    place = directory / "bin"
    place.mkdir()
    script = place / "tshark"
    script.write_text(f'#!/bin/sh\nif [ "$1" = -G ]; then exec {real} "$@"; fi\n{on_capture}\n')
    script.chmod(0o755)
    return f"{place}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.parametrize(
    ("on_capture", "said"),
    [
        ("exit 0", b"Wireshark stopped after 0 of 2 frames"),
        ("echo 'some words' >&2; exit 2", b"tshark ended with status 2: some words"),
        ("kill -SEGV $$", b"tshark ended with status -11"),
    ],
    ids=["silence", "failure", "crash"],
)
def test_a_tshark_that_breaks_off(
    on_capture: str, said: bytes, update: Path, tmp_path: Path
) -> None:
    done = run(tmp_path, "verify", str(update), PATH=fake_tshark(tmp_path, on_capture))
    assert done.returncode == 1
    assert said in done.stderr


def test_settings_and_plugins_of_the_user_change_nothing(update: Path, tmp_path: Path) -> None:
    plain = run(tmp_path, "verify", str(update))
    home = tmp_path / "home"
    for folder in (home / ".config/wireshark", home / ".local/lib/wireshark/plugins"):
        folder.mkdir(parents=True)
    (home / ".config/wireshark/disabled_protos").write_text("mipv6\nipv6\n")
    (home / ".local/lib/wireshark/plugins/x.lua").write_text("error('loaded')\n")
    (tmp_path / "config.ini").write_text("[other]\nx = 1\n")
    changed = run(tmp_path, "verify", str(update), HOME=str(home), TZ="Asia/Tokyo")
    assert (changed.returncode, changed.stdout) == (plain.returncode, plain.stdout)


def test_an_interrupted_run_leaves_nothing_behind(netmip6: Path, tmp_path: Path) -> None:
    capture = netmip6 / "05_ho_refused.pcap"
    program = subprocess.Popen(
        [sys.executable, "-m", "netmip6scope", "verify", *[str(capture)] * 30],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    temporary = tmp_path / "temporary"
    deadline_s = time.monotonic() + shark.LIMIT_S
    while not list(temporary.glob("*/frames.pcapng")) or not children(program.pid):
        assert time.monotonic() < deadline_s
        assert program.poll() is None
        time.sleep(0.05)
    left = children(program.pid)
    program.send_signal(signal.SIGINT)
    _, said = program.communicate(timeout=shark.LIMIT_S)
    assert program.returncode == 130, said
    assert b"Traceback" not in said
    assert list(temporary.iterdir()) == []
    # What was told to end may take a moment to be gone.
    while [pid for pid in left if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
