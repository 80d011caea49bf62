"""Ready scenarios: what the tables say of the capture is what the simulator knows happened."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dissectors.authentication.checks import Checks
from dissectors.authentication.keys import Keys
from dissectors.link import LINKTYPE_ETHERNET
from dissectors.node import Node
from dissectors.profile import Profile
from dissectors.tree import decode
from netmip6scope.simulation.explain import Narrator
from netmip6scope.simulation.run import capture_octets, load, ready, run
from netmip6scope.simulation.samples import samples
from replay.events import Fact
from replay.frames import read_frame
from replay.random_scenario import random_scenario
from replay.scenario import Point, Scenario
from tests.netmip6scope.simulated import (
    analysed,
    captured,
    differences,
    ready_run,
    recorded,
)

NAMES = sorted(ready())
ONE_POINT = [name for name in NAMES if name != "three-points"]
SAMPLES = Path(__file__).parents[2] / "sample_pcaps" / "simulated"
MOST_OCTETS = 200_000
# What Wireshark says of the draft's two types without our plugin, and of EAP-MD5.
HARMLESS = (
    "Dissector for ICMPv6 Type (200) code not implemented",
    "Dissector for ICMPv6 Type (201) code not implemented",
    "Vulnerable to MITM attacks. If possible, change EAP type.",
)
RANDOM = 6
"""How many random scenarios are analysed; `make seeds` runs two hundred."""
CLOCK_CODES = {"CAP-CLOCK"}


@pytest.mark.parametrize("name", ONE_POINT)
def test_tables_equal_the_record(name: str, tmp_path: Path) -> None:
    done = ready_run(name)
    record, ours = recorded(done), analysed(captured(done, tmp_path))
    assert differences(record.sessions, ours.sessions) == []
    assert differences(record.handoffs, ours.handoffs) == []
    assert ours.codes == record.codes
    assert record.sessions


def test_three_points_equal_the_record_within_the_clock_error(tmp_path: Path) -> None:
    done = ready_run("three-points")
    record, ours = recorded(done), analysed(captured(done, tmp_path))
    (mine,), (theirs,) = record.handoffs, ours.handoffs
    error_ns = theirs["clock_error_ms"]
    # The links take 5 ms and up to 0.5 ms more each way: offsets are known to about that.
    assert 0 < error_ns < 6_000_000
    for name, value in mine.items():
        other = theirs[name]
        if name.endswith("_frame"):
            continue
        if name == "start" or name.endswith("_time"):
            assert abs(value - other) <= error_ns, name
        elif name.endswith("_ms"):
            assert abs(value - other) <= 2 * error_ns, name
        else:
            assert value == other, name
    assert set(ours.codes) == CLOCK_CODES
    assert not record.codes


@pytest.mark.parametrize("name", NAMES)
def test_captures_are_small(name: str) -> None:
    for point, frames in ready_run(name).camera.frames.items():
        assert 0 < len(capture_octets(point, frames)) < MOST_OCTETS


def test_samples_are_what_is_made_now() -> None:
    made = {}
    for name, text in ready().items():
        made.update(samples(name, text))
    there = {path.name: path.read_bytes() for path in SAMPLES.iterdir()}
    assert sorted(there) == sorted(made), "make samples"
    assert [name for name in made if made[name] != there[name]] == [], "make samples"


@pytest.mark.tshark
@pytest.mark.parametrize("name", NAMES)
def test_tshark_finds_nothing_wrong(name: str, tmp_path: Path) -> None:
    for argument in captured(ready_run(name), tmp_path):
        path = argument.rpartition("=")[2]
        command = ["tshark", "-n", "-r", path, "-T", "fields", "-e", "frame.number"]
        command += ["-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
        command += ["-e", "_ws.malformed", "-e", "_ws.expert.message", "-E", "separator=|"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        lines = done.stdout.splitlines()
        assert len(lines) == frames_in(path)
        said = {part for line in lines for part in line.split("|")[1:] if part}
        assert {text for text in said if not any(known in text for known in HARMLESS)} == set()


def frames_in(path: str) -> int:
    done = ready_run(Path(path).name.split(".")[0])
    (frames,) = [
        f for p, f in done.camera.frames.items() if Path(path).name.endswith(f".{p}.pcapng")
    ]
    return len(frames)


@pytest.mark.requirement("R3.1-3", "R4.1-ip", "R4.2-ip", "R6.2-2", "R6.3-1", "R7-1", "R7-2")
@pytest.mark.parametrize("name", NAMES)
def test_our_tree_has_no_anomaly_and_every_seal_holds(name: str) -> None:
    done = ready_run(name)
    shared = done.simulator.builder.keys()
    checks = Checks(Keys(mn_ha=shared.mn_ha, ah=shared.ah, radius=shared.radius))
    verdicts = Counter()
    for frames in done.camera.frames.values():
        for frame in frames:
            octets = frame.octets
            tree = decode(octets, LINKTYPE_ETHERNET, len(octets), Profile(), checks)
            nodes = list(walk(tree))
            assert [a for node in nodes for a in node.anomalies] == []
            verdicts.update(node.text for node in nodes if node.label == "Verification")
    assert verdicts.pop("good") > 0
    wrong_keys = {"binding-refusals", "context-refusals"}
    assert all(name in wrong_keys for verdict in verdicts if verdict == "bad")


@pytest.mark.parametrize("name", ONE_POINT)
def test_captured_frames_are_read_as_what_was_sent(name: str) -> None:
    """So that nodes can be run on captures: what a node gets is what the octets say."""
    done = ready_run(name)
    (frames,) = done.camera.frames.values()
    assert len(done.camera.seen) <= len(frames)
    for seen in done.camera.seen:
        octets = frames[seen.frame - 1].octets
        ethertype = int.from_bytes(octets[12:14], "big")
        padded = octets[14:] + bytes(8)
        assert read_frame(ethertype, padded)[0] == seen.sent.send.packet


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from walk(child)


@pytest.mark.parametrize("name", NAMES)
def test_no_node_is_told_what_must_not_come(name: str) -> None:
    narrator = Narrator(load(name))
    run(load(name), (narrator,))
    assert not [line for line in narrator.lines if "violation" in line]
    assert Fact.BOUND.value in narrator.text() or name == "binding-refusals"


def without_mishaps(scenario: Scenario) -> Scenario:
    """The same moves over the same bad links, with every word in time and at the right place."""
    moves = tuple(
        replace(move, trigger=True, detach=True, told=None, lead_ns=abs(move.lead_ns))
        for move in scenario.moves
    )
    return replace(scenario, faults=(), moves=moves)


@pytest.mark.parametrize("seed", range(RANDOM))
def test_tables_of_random_scenarios_equal_the_record(seed: int, tmp_path: Path) -> None:
    scenario = without_mishaps(random_scenario(seed))
    if scenario.maps:
        points = (Point("routers", tuple(router.name for router in scenario.routers)),)
        scenario = replace(scenario, points=points)
    done = run(scenario)
    record, ours = recorded(done), analysed(captured(done, tmp_path))
    assert len(record.handoffs) >= 3
    assert differences(record.sessions, ours.sessions) == []
    assert differences(record.handoffs, ours.handoffs) == []
    assert ours.codes == record.codes
