"""`plugin wireshark`: printed, or installed where Wireshark looks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dissectors.profile import Profile
from netmip6scope.wireshark.plugin import lua_text
from tests import wire
from tests.architecture.sources import PROJECT
from tests.netmip6scope import shark
from tests.netmip6scope.shark import NAI, SAR, TAR


def run(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "netmip6scope", "plugin", *arguments],
        env={**os.environ, "PYTHONPATH": str(PROJECT), "HOME": str(home), **more},
        capture_output=True,
        timeout=shark.LIMIT_S,
        check=False,
    )


def test_it_is_printed_without_tshark(tmp_path: Path) -> None:
    done = run(tmp_path, "wireshark", PATH=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == lua_text(Profile()).encode("ascii")


def test_it_is_the_same_whatever_the_hash_seed(tmp_path: Path) -> None:
    first, second = (run(tmp_path, "wireshark", PYTHONHASHSEED=seed) for seed in "12")
    assert first.stdout == second.stdout != b""


def test_the_profile_gives_the_defaults(tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text("ho_request_type = 210\nho_response_type = 211\n")
    done = run(tmp_path, "wireshark", "--profile", str(profile))
    chosen = Profile(ho_request_type=210, ho_response_type=211)
    assert done.stdout == lua_text(chosen).encode("ascii") != lua_text(Profile()).encode("ascii")


@pytest.mark.tshark
def test_wireshark_finds_it_where_it_was_installed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    done = run(home, "wireshark", "--install")
    assert done.returncode == 0
    assert done.stdout == b""
    said = done.stderr.decode()
    assert said.startswith("netmip6scope: installed ")
    path = Path(said.removeprefix("netmip6scope: installed ").strip())
    assert path.is_relative_to(home)
    assert path.read_text() == lua_text(Profile())
    capture = shark.write(tmp_path, [wire.ho_request(TAR, SAR, 9, NAI)])
    fields = ["-T", "fields", "-e", "netmip6.ho_request.identifier"]
    seen = subprocess.run(
        ["tshark", "-n", "-r", str(capture), *fields],
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        timeout=shark.LIMIT_S,
        check=True,
    )
    assert seen.stdout == b"9\n"
    # Again: the file is replaced, and nothing else stays in the folder.
    path.write_text("old")
    assert run(home, "wireshark", "--install").returncode == 0
    assert path.read_text() == lua_text(Profile())
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.tshark
def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".local").write_text("a file where a folder should be")
    done = run(home, "wireshark", "--install")
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"Not a directory" in done.stderr


def test_installing_needs_tshark(tmp_path: Path) -> None:
    done = run(tmp_path, "wireshark", "--install", PATH=str(tmp_path))
    assert done.returncode == 3
    assert b"error: tshark was not found: apt-get install tshark" in done.stderr


def test_another_program_is_wrong_use(tmp_path: Path) -> None:
    assert run(tmp_path, "ethereal").returncode == 2
