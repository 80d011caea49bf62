"""The command `replay`: verdicts, incidents, exit codes, and what is wrong with incident files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from netmip6scope.cli.main import main
from tests.netmip6scope.simulated import captured, ready_run

DATA = Path(__file__).parent.parent / "data" / "netmip6"
STALE = "11_stale_binding"


@pytest.fixture
def stale(tmp_path: Path) -> Path:
    """An incident: a SAR renews a binding that it has given away."""
    folder = tmp_path / "stale"
    folder.mkdir()
    for ending in (".pcap", ".keys.toml"):
        (folder / (STALE + ending)).write_bytes((DATA / (STALE + ending)).read_bytes())
    (folder / "incident.toml").write_text(
        f'captures = ["{STALE}.pcap"]\nkeys = "{STALE}.keys.toml"\n'
    )
    return folder


def test_a_right_capture_is_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (capture,) = captured(ready_run("figure3-handoff"), tmp_path)
    assert main(["replay", capture]) == 0
    out = capsys.readouterr().out
    assert "clean; " in out
    assert "2001:db8:1::a1" in out
    assert "diverged" not in out


def test_a_divergence_is_told_and_fails(stale: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(stale)]) == 1
    out = capsys.readouterr().out
    # The finding BU-STALE of this capture is about the one update of frame 373 (decode shows it).
    assert "frame 373" in out
    assert "3.3-8" in out
    assert out.count("diverged") == 1


def test_accepted_verdicts_are_held(stale: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(stale), "--accept"]) == 0
    shown = capsys.readouterr().out
    assert '+   "frame": 373,' in shown
    assert main(["replay", str(stale)]) == 0
    assert main(["replay", str(stale), "--accept"]) == 0
    assert "nothing changes" in capsys.readouterr().out
    expected = stale / "expected.json"
    other = json.loads(expected.read_text())
    other["divergences"] = []
    expected.write_text(json.dumps(other))
    assert main(["replay", str(stale)]) == 1


def test_learned_roles_give_the_same_verdict(stale: Path, tmp_path: Path) -> None:
    verdicts = []
    for _ in range(2):
        out = tmp_path / "verdict.json"
        main(["replay", str(stale), "--json", str(out)])
        verdicts.append(json.loads(out.read_text())[0]["verdict"])
        learned = stale / "incident.toml"
        assert main(["replay", str(stale), "--learn", str(learned)]) == 0
    assert verdicts[0] == verdicts[1]
    assert learned.read_text().count("[[access_router]]") == 2


def test_stated_roles_count(stale: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A lifetime that the operator says must be asked for: the trace's updates ask for another."""
    text = (stale / "incident.toml").read_text()
    router = "2001:db8:384d:904f:6e77:30fb:3cfe:d832"
    text += f'[[access_router]]\naddress = "{router}"\nlifetime_s = 400\n'
    (stale / "incident.toml").write_text(text)
    assert main(["replay", str(stale)]) == 1
    assert "lifetime: expected 400, recorded 1800" in capsys.readouterr().out


def test_all_incidents_below_a_directory(
    stale: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (capture,) = captured(ready_run("figure1-ipv6-setup"), stale.parent)
    other = tmp_path / "deep" / "good"
    other.mkdir(parents=True)
    os.replace(capture, other / "good.pcapng")
    (other / "incident.toml").write_text('captures = ["good.pcapng"]\n')
    report = tmp_path / "junit.xml"
    assert main(["replay", str(tmp_path), "--junit", str(report)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line[:4] for line in lines] == ["ok  ", "FAIL"]
    suite = ET.parse(report).getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [case.get("name") for case in suite] == ["good", "stale"]
    assert "frame 373" in (suite[1][0].text or "")


def test_the_same_octets_everywhere(stale: Path, tmp_path: Path) -> None:
    found = set()
    for seed, zone in (("0", "UTC"), ("1", "Asia/Tokyo"), ("7", "America/New_York")):
        place = tmp_path / zone.replace("/", "-")
        place.mkdir()
        command = [sys.executable, "-m", "netmip6scope", "replay", str(stale), "--json", "-"]
        path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
        given = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": path}
        done = subprocess.run(
            command, cwd=place, env=given, capture_output=True, timeout=120, check=False
        )
        assert done.returncode == 1, done.stderr
        found.add(done.stdout)
    assert len(found) == 1


BROKEN = {
    "no TOML": ("captures = [", "is not TOML"),
    "no captures": ('title = "x"', "expected captures"),
    "unknown key": ('capture = ["a"]', "capture is not known"),
    "outside": ('captures = ["../a.pcap"]', "inside the incident's directory"),
    "absolute": ('captures = ["/etc/passwd"]', "inside the incident's directory"),
    "not there": ('captures = ["a.pcap"]', "a.pcap"),
    "odd role": ('captures = ["a"]\n[[home_agent]]\naddress = "x"', "an IPv6 address"),
    "no address": ('captures = ["a"]\n[[map]]\nfull = true', "expected an address"),
    "not a table": ('captures = ["a"]\nmap = 3', "expected tables"),
    "no such node": (
        f'captures = ["{STALE}.pcap"]\n[[map]]\naddress = "2001:db8::77"',
        "is no node of the trace",
    ),
    "tolerance": ('captures = ["a"]\ntolerance_ms = "x"', "a number of milliseconds"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_incident_files_are_one_line(
    name: str, stale: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, said = BROKEN[name]
    (stale / "incident.toml").write_text(text)
    before = sorted(stale.iterdir())
    assert main(["replay", str(stale), "--accept"]) == 2
    captured_ = capsys.readouterr()
    assert captured_.out == ""
    assert captured_.err.count("\n") == 1
    assert said in captured_.err
    assert sorted(stale.iterdir()) == before


def test_a_broken_expected_file_is_one_line(
    stale: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (stale / "expected.json").write_text("[" * 100_000)
    assert main(["replay", str(stale)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_capture_without_signalling(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000"))
    assert main(["replay", str(empty)]) == 2
    assert "no NetMIPv6 signalling" in capsys.readouterr().err
