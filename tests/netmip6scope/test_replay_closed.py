"""Closed replay: what came from outside is enough to make the recorded capture again."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from netmip6scope.cli.main import main
from netmip6scope.merge import merge
from netmip6scope.simulation.capture import Frame
from netmip6scope.simulation.run import capture_octets
from replay.closed.journeys import peeled
from replay.judged import Kind, kind_of
from replay.scenario import START_NS
from tests.netmip6scope.closing import (
    DATA,
    SAMPLES,
    SIMULATED,
    closed_replay,
    frames_in,
    keys_of,
)
from tests.netmip6scope.faulty import ADDED, Case, doubled, dropped, place, right_trace
from tests.netmip6scope.simulated import ready_run
from tests.netmip6scope.test_replay_faults import CASES
from tests.netmip6scope.test_replay_isolate import IMPLIED, MISTAKES

POINTS = ("ha", "sar", "tar")
RIGHT = sorted({path.stem for path in SIMULATED.glob("*.toml")} - set(MISTAKES) - {"three-points"})


def test_there_are_right_samples() -> None:
    assert len(RIGHT) >= 16
    assert {"figure3-handoff", "net-hmipv6", "bicast", "loss-recovery", "access-ipcp"} <= set(RIGHT)


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_capture_comes_back_octet_by_octet(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With keys no octet is free: numbers begin where the trace's do, seals are made anew."""
    sample, out = SIMULATED / f"{name}.pcapng", tmp_path / "out.pcapng"
    keys = keys_of(name, tmp_path)
    assert main(["replay", "--closed", str(sample), "--keys", keys, "-w", str(out)]) == 0
    assert "closed, clean; " in capsys.readouterr().out
    assert out.read_bytes() == sample.read_bytes()


@pytest.mark.parametrize("name", ["figure3-handoff", "net-hmipv6"])
def test_without_keys_the_recorded_seals_stand(name: str, tmp_path: Path) -> None:
    sample, out = SIMULATED / f"{name}.pcapng", tmp_path / "out.pcapng"
    assert main(["replay", "--closed", str(sample), "-w", str(out)]) == 0
    assert out.read_bytes() == sample.read_bytes()


def test_several_points_give_the_merged_capture(tmp_path: Path) -> None:
    points = [f"{point}={SIMULATED / f'three-points.{point}.pcapng'}" for point in POINTS]
    merged, out = tmp_path / "merged.pcapng", tmp_path / "out.pcapng"
    merge(points, str(merged))
    folder = tmp_path / "incident"
    folder.mkdir()
    for point in POINTS:
        name = f"three-points.{point}.pcapng"
        (folder / name).write_bytes((SIMULATED / name).read_bytes())
    captures = [f"{point}=three-points.{point}.pcapng" for point in POINTS]
    keys = Path(keys_of("three-points", folder)).name
    (folder / "incident.toml").write_text(f'captures = {json.dumps(captures)}\nkeys = "{keys}"\n')
    assert main(["replay", "--closed", str(folder), "-w", str(out)]) == 0
    assert frames_in(out) == frames_in(merged)


def test_captures_of_others_replay_as_in_isolate_mode(tmp_path: Path) -> None:
    """Nodes that others made choose their own paddings and options: their conduct is the same."""
    for name in sorted(path.name[: -len(".truth.json")] for path in DATA.glob("*.truth.json")):
        truth = json.loads((DATA / f"{name}.truth.json").read_text())
        if len(truth["captures"]) > 1:
            continue
        out = tmp_path / f"{name}.json"
        capture, keys = DATA / truth["captures"][0].rpartition("=")[2], DATA / truth["keys"]
        code = main(["replay", "--closed", str(capture), "--keys", str(keys), "--json", str(out)])
        (found,) = json.loads(out.read_text())
        told = [(d["fault"], d["message"], d["frame"]) for d in found["verdict"]["divergences"]]
        implied = [(f.value, kind.value, frame) for f, kind, frame, _ in IMPLIED.get(name, [])]
        assert told == implied, name
        assert code == bool(implied)
        assert found["verdict"]["mode"] == "closed"


def test_the_samples_beside_replay_clean() -> None:
    assert main(["replay", "--closed", str(SAMPLES / "slaac_handoff.pcap")]) == 0


@pytest.mark.parametrize("name", sorted(MISTAKES))
def test_mistakes_in_a_set_up_are_told_as_in_isolate_mode(name: str) -> None:
    observed, keys = right_trace(name)
    found = closed_replay(name, [*observed], keys).verdict.divergences
    assert {(str(e.node), e.kind, e.field) for e in found} == MISTAKES[name]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_fault_is_found(case: Case) -> None:
    """The faults of isolate mode, with the same node and message to blame."""
    right, keys = right_trace(case.scenario)
    observed = [*right]
    at = place(observed, case.kind, case.nth)
    where = at if case.at is None else place(observed, *case.at)
    frame = ADDED if case.change is doubled else observed[where].frame
    found = closed_replay(case.scenario, case.change(observed, at), keys).verdict.divergences
    assert [(str(each.node), each.frame) for each in found[:1]] == [(case.node, frame)]
    assert {str(each.node) for each in found} == {case.node}
    assert case.field in {each.field for each in found}


def test_what_was_missing_is_regenerated() -> None:
    """The trace lacks the first BA: the model sends it all the same, when the update is there."""
    right, keys = right_trace("figure3-handoff")
    observed = [*right]
    at = place(observed, Kind.BINDING_ACKNOWLEDGEMENT, 0)
    ack = observed[at]
    shown = closed_replay("figure3-handoff", dropped(observed, at), keys).shown
    made = [s for s in shown if kind_of(s.packet) is Kind.BINDING_ACKNOWLEDGEMENT]
    assert len(made) == 3
    assert made[0].frame is None
    assert made[0].packet.routed == ack.packet.routed
    assert abs(made[0].time_ns - ack.time_ns) < 1_000_000


def test_user_data_in_a_tunnel_that_is_not_its_own_is_told(tmp_path: Path) -> None:
    """After the handoff's BA all downlink goes to the SAR still: the first such packet is blamed.

    The capture is a right one whose later downlink tunnels have the SAR's address put in.
    """
    sample = SIMULATED / "figure3-handoff.pcapng"
    sar, tar = (
        bytes.fromhex("20010db8000100000000000000000 0a1".replace(" ", "")),
        bytes.fromhex("20010db80002000000000000000000a2"),
    )
    octets, wrong = sample.read_bytes(), []
    for number, (_, frame) in enumerate(frames_in(sample), 1):
        what = peeled(frame[14:]) if frame[12:14] == b"\x86\xdd" else None
        if what is None or not what.tunnels or what.tunnels[0][1].packed != tar:
            continue
        wrong.append(number)
        octets = octets.replace(frame, frame[:38] + sar + frame[54:])
    path, out = tmp_path / "wrong.pcapng", tmp_path / "out.json"
    path.write_bytes(octets)
    assert main(["replay", "--closed", str(path), "--json", str(out)]) == 1
    (verdict,) = [each["verdict"] for each in json.loads(out.read_text())]
    (told,) = verdict["divergences"]
    assert (told["node"], told["message"], told["field"]) == (
        "2001:db8:f::1",
        "user data",
        "tunnel",
    )
    assert told["frame"] == wrong[0]
    assert told["expected"] == "2001:db8:f::1 to 2001:db8:2::a2"
    assert told["recorded"] == "2001:db8:f::1 to 2001:db8:1::a1"


def test_the_same_octets_everywhere(tmp_path: Path) -> None:
    """Whatever the hash seed, the time zone and the working directory."""
    found = set()
    sample = SIMULATED / "net-hmipv6.pcapng"
    for seed, zone in (("0", "UTC"), ("7", "America/New_York")):
        place_ = tmp_path / zone.replace("/", "-")
        place_.mkdir()
        command = [sys.executable, "-m", "netmip6scope", "replay", "--closed", str(sample)]
        path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
        given = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": path}
        done = subprocess.run(
            [*command, "-w", "out.pcapng", "--json", "-"],
            cwd=place_,
            env=given,
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found.add((done.stdout, (place_ / "out.pcapng").read_bytes()))
    assert len(found) == 1


def test_the_order_of_files_changes_no_verdict(tmp_path: Path) -> None:
    names = ["figure1-ipv6-setup", "ping-pong"]
    verdicts = []
    for order in (names, names[::-1]):
        out = tmp_path / "out.json"
        paths = [str(SIMULATED / f"{name}.pcapng") for name in order]
        assert main(["replay", "--closed", *paths, "--json", str(out)]) == 0
        told = json.loads(out.read_text())
        verdicts.append({each["incident"]: each["verdict"] for each in told})
    assert verdicts[0] == verdicts[1]


def test_an_accepted_verdict_holds_in_both_modes(tmp_path: Path) -> None:
    """The same messages must diverge; each mode counts in its own way."""
    folder = tmp_path / "stale"
    folder.mkdir()
    for ending in (".pcap", ".keys.toml"):
        name = f"11_stale_binding{ending}"
        (folder / name).write_bytes((DATA / name).read_bytes())
    (folder / "incident.toml").write_text(
        'captures = ["11_stale_binding.pcap"]\nkeys = "11_stale_binding.keys.toml"\n'
    )
    assert main(["replay", "--closed", str(folder)]) == 1
    assert main(["replay", str(folder), "--accept"]) == 0
    assert main(["replay", "--closed", str(folder)]) == 0
    expected = json.loads((folder / "expected.json").read_text())
    expected["divergences"][0]["frame"] += 1
    (folder / "expected.json").write_text(json.dumps(expected))
    assert main(["replay", "--closed", str(folder)]) == 1


WRONG_USE = {
    "-w alone": (["-w", "x.pcapng"], "give --closed with it"),
    "--accept": (["--closed", "--accept"], "--accept"),
    "--learn": (["--closed", "--learn", "x.toml"], "without --closed"),
    "--explain": (["--closed", "--explain"], "without --closed"),
    "two outputs": (["--closed", "-w", "-", "--json", "-"], "one thing at a time"),
}


@pytest.mark.parametrize("name", WRONG_USE)
def test_wrong_use_is_one_line_and_writes_nothing(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    options, said = WRONG_USE[name]
    monkeypatch.chdir(tmp_path)
    assert main(["replay", str(SIMULATED / "figure1-ipv6-setup.pcapng"), *options]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert said in told.err
    assert list(tmp_path.iterdir()) == []


def test_the_documentation_shows_what_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(SAMPLES.parent)
    text = (SAMPLES.parent / "docs" / "replay.md").read_text()
    command = "netmip6scope replay sample_pcaps/simulated/bicast.pcapng --closed"
    assert main(command.split()[1:]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert f"    $ {command}\n\n    {first}\n" in text


def test_copies_are_counted_with_their_tunnels() -> None:
    """bicast.toml: 100 packets each way from 3 s to 8 s; some go both ways until the tear-down."""
    observed, keys = right_trace("bicast")
    found = closed_replay("bicast", [*observed], keys)
    tunnels = [
        s
        for s in found.shown
        if s.journey is not None and s.packet.payload.__class__.__name__ == "Packet"
    ]
    both = {s.journey for s in tunnels}
    assert len(tunnels) == found.verdict.user_packets
    assert (
        len(tunnels) - len(both) == 4
    )  # every 50 ms from the BA at 4.816 s to the release at 5.0 s


@pytest.mark.parametrize(
    ("name", "from_s"),
    [("bicast", 4.5), ("figure3-handoff", 4.5), ("ping-pong", 6.5), ("refresh", 10)],
)
def test_a_capture_may_begin_in_the_middle(name: str, from_s: float, tmp_path: Path) -> None:
    """What was bound before shows by its tunnels and in the context that is handed over."""
    (seen,) = ready_run(name).camera.frames.values()
    frames = [f for f in seen if f.time_ns >= START_NS + int(from_s * 10**9)]
    assert 100 < len(frames) < len(seen)
    capture, out = tmp_path / "rest.pcapng", tmp_path / "out.pcapng"
    capture.write_bytes(capture_octets("net", frames))
    keys = keys_of(name, tmp_path)
    assert main(["replay", "--closed", str(capture), "--keys", keys, "-w", str(out)]) == 0
    assert frames_in(out) == frames_in(capture)


# Frames that are damaged, cut, doubled, left out, and out of order
DAMAGED = ["access-ipcp", "context-refusals", "loss-recovery", "net-hmipv6", "stale-binding"]


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_captures_end_in_a_verdict_and_a_capture(name: str, tmp_path: Path) -> None:
    dice = random.Random(name)
    capture, out = tmp_path / "damaged.pcapng", tmp_path / "out.pcapng"
    for round_ in range(4):
        frames = []
        (seen,) = ready_run(name).camera.frames.values()
        for frame in seen:
            octets, time_ns, fate = bytearray(frame.octets), frame.time_ns, dice.random() * 10
            if fate < 0.2:
                octets[dice.randrange(len(octets))] ^= 1 << dice.randrange(8)
            elif fate < 0.3:
                octets = octets[: dice.randrange(len(octets))]
            elif fate < 0.5:
                continue
            elif fate < 0.6:
                time_ns += dice.choice((-(10**9), 10**7, 10**10))
            frames += [Frame(time_ns, bytes(octets))] * (2 if fate > 9.9 else 1)
        capture.write_bytes(capture_octets("net", frames))
        more = ["--faults", "loss=5%", "--set", "ar.lifetime_s=40"] if round_ % 2 else []
        assert main(["replay", "--closed", str(capture), "-w", str(out), *more]) in (0, 1)
        assert frames_in(out)


@pytest.mark.parametrize("name", ["bicast", "figure3-handoff", "ping-pong", "reactive"])
def test_wherever_a_capture_begins_and_ends_nobody_is_blamed_for_user_data(
    name: str, tmp_path: Path
) -> None:
    """What stood before the capture is not to be seen; nodes did nothing wrong in it."""
    dice = random.Random(name)
    (seen,) = ready_run(name).camera.frames.values()
    capture, out = tmp_path / "part.pcapng", tmp_path / "out.json"
    for _ in range(6):
        begin = dice.randrange(len(seen) // 2)
        part = seen[begin : dice.randrange(begin + 100, len(seen))]
        capture.write_bytes(capture_octets("net", part))
        main(["replay", "--closed", str(capture), "--json", str(out)])
        for told in json.loads(out.read_text())[0]["verdict"]["divergences"]:
            assert told["message"] != "user data"


@pytest.mark.parametrize("mode", [[], ["--closed"]], ids=["isolate", "closed"])
@pytest.mark.parametrize("name", ["figure3-handoff", "figure2-ipv4-dhcpv4"])
def test_a_capture_may_begin_with_the_tear_down(name: str, mode: list[str], tmp_path: Path) -> None:
    """At 5 s the SAR gives up its binding: the first that is seen of any home address."""
    (seen,) = ready_run(name).camera.frames.values()
    capture = tmp_path / "rest.pcapng"
    frames = [f for f in seen if f.time_ns >= START_NS + 5 * 10**9]
    capture.write_bytes(capture_octets("net", frames))
    assert main(["replay", *mode, str(capture), "--keys", keys_of(name, tmp_path)]) == 0
