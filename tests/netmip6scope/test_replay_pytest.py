"""The pytest plugin: incidents are tests where that is asked for, and only there."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.netmip6scope.simulated import captured, ready_run

PLUGIN = "netmip6scope.incident.pytest_plugin"
PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def incidents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One incident that is right, one with a SAR that clings to a binding, one that is broken."""
    top = tmp_path_factory.mktemp("incidents")
    for name, scenario in (("good", "figure1-ipv6-setup"), ("bad", "stale-binding")):
        folder = top / name
        folder.mkdir()
        (capture,) = captured(ready_run(scenario), folder)
        (folder / "incident.toml").write_text(f'captures = ["{Path(capture).name}"]\n')
    (top / "broken").mkdir()
    (top / "broken" / "incident.toml").write_text("captures = 3\n")
    return top


def run_pytest(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "pytest", "-p", PLUGIN, "-p", "no:cacheprovider", "-v"]
    return subprocess.run(
        [*command, *options, str(folder)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_nothing_is_collected_unasked(incidents: Path) -> None:
    done = run_pytest(incidents)
    assert done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED, done.stdout


def test_incidents_pass_and_fail(incidents: Path) -> None:
    done = run_pytest(incidents, "--netmip6-incidents", "-m", "netmip6_incident")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stderr
    assert "good/incident.toml::good PASSED" in done.stdout
    assert "bad/incident.toml::bad FAILED" in done.stdout
    assert "nothing calls for it" in done.stdout
    assert "line 1: captures: expected a list" in done.stdout
    assert "Traceback" not in done.stdout
    assert "2 failed, 1 passed" in done.stdout


def test_the_ini_option_turns_it_on(incidents: Path) -> None:
    (incidents / "good" / "pytest.ini").write_text("[pytest]\nnetmip6-incidents = true\n")
    done = run_pytest(incidents / "good")
    assert done.returncode == pytest.ExitCode.OK, done.stdout
    assert "1 passed" in done.stdout


def test_the_package_declares_the_plugin() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {PLUGIN: PLUGIN}
