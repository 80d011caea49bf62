"""Imports go one way, and a command loads only what it needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import PROJECT

MARK = "loaded:"
RUN = f"""
import atexit, sys
atexit.register(lambda: print("{MARK}", *sorted(sys.modules), file=sys.stderr))
from netmip6scope.cli.main import run
run()
"""


def modules_loaded_by(arguments: list[str], path: Path | None = None) -> set[str]:
    """Top-level modules in memory when the command ends; `path` is searched before all others."""
    environment = dict(os.environ)
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loaded = [line for line in done.stderr.splitlines() if line.startswith(MARK)]
    assert len(loaded) == 1, done.stderr
    return {name.partition(".")[0] for name in loaded[0].split()[1:]}


def test_import_contracts_hold() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [lint_imports, "--no-cache"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_handoffs_loads_neither_textual_nor_pyshark(tmp_path: Path, netmip6: Path) -> None:
    # Stand-ins that can be imported: a guarded import would not show where they are not installed.
    for name in ("textual", "pyshark"):
        (tmp_path / f"{name}.py").write_text("")
    capture = netmip6 / "01_slaac_handoff.pcap"
    loaded = modules_loaded_by(["handoffs", str(capture)], tmp_path)
    assert "netmip6scope" in loaded
    assert not loaded & {"textual", "pyshark"}


def test_lark_is_loaded_for_a_filter_alone(netmip6: Path) -> None:
    capture = str(netmip6 / "01_slaac_handoff.pcap")
    for command in (["handoffs", capture], ["decode", capture, "--frame", "1"], ["fields", "mip6"]):
        assert "lark" not in modules_loaded_by(command), command
    assert "lark" in modules_loaded_by(["handoffs", capture, "-Y", "handoff == 1"])


@pytest.mark.parametrize(
    "arguments",
    [["plugin", "wireshark"], ["decode", "CAPTURE", "--frame", "1"], ["messages", "CAPTURE"]],
    ids=lambda arguments: arguments[0],
)
def test_only_verify_loads_pyshark(arguments: list[str], tmp_path: Path, netmip6: Path) -> None:
    (tmp_path / "pyshark.py").write_text("")
    capture = str(netmip6 / "01_slaac_handoff.pcap")
    words = [capture if word == "CAPTURE" else word for word in arguments]
    assert "pyshark" not in modules_loaded_by(words, tmp_path)


@pytest.mark.parametrize("arguments", [["--help"], ["handoffs", "--help"]])
def test_help_loads_neither_numpy_nor_pandas(arguments: list[str]) -> None:
    loaded = modules_loaded_by(arguments)
    assert "netmip6scope" in loaded
    assert not loaded & {"numpy", "pandas"}
