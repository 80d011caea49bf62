"""Extracted packets: original octets and times, one comment per step, nothing of others."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from netmip6scope.cli.main import main
from tests import wire
from tests.netmip6scope import captured
from tests.netmip6scope.story import (
    ALICE,
    AR1,
    AR2,
    BOB,
    HA,
    Mobile,
    Story,
    ms,
    rows_of,
)
from tests.netmip6scope.test_points import DATA, TRUTH, arguments

TSHARK_LIMIT_S = 120
Captured = pytest.CaptureFixture[str]


def told(story: Story) -> Path:
    story.unrelated(ms(0))
    story.attach(ms(10), ALICE, AR1)
    story.attach(ms(13), BOB, AR1)
    for n in range(4):
        story.downlink(ms(100 + 10 * n), ALICE, AR1)
        story.uplink(ms(105 + 10 * n), BOB, AR1)
    story.handoff(ms(1000), ALICE, AR1, AR2, identifier=77)
    story.uplink(ms(1001), ALICE, AR1)
    story.downlink(ms(1020), ALICE, AR2)
    story.uplink(ms(1030), ALICE, AR2)
    story.teardown(ms(1050), ALICE, AR1)
    story.downlink(ms(3000), ALICE, AR2)
    return Path(story.write())


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.pcapng"


def run(*arguments: object) -> int:
    return main(list(map(str, arguments)))


def test_the_steps_are_the_frames_that_were_sent(story: Story, out: Path) -> None:
    path = told(story)
    assert run("extract", path, "--mn", ALICE.nai, "-w", out) == 0
    capture = captured.read(out)
    times = [10, 12, 18, 19, 1000, 1005, 1007, 1012, 1050, 1054]
    assert [frame.time_ns for frame in capture.frames] == [ms(t) for t in times]
    sent = dict(story.in_order())
    assert [frame.octets for frame in capture.frames] == [sent[ms(t)] for t in times]
    comments = [frame.comment for frame in capture.frames]
    assert comments[:2] == [
        "step 1 of 10: MN to AR1: Router Solicitation",
        "step 2 of 10: AR1 to HA: BU seq 101, lifetime 600 s, flags AH, CoA AR1",
    ]
    assert all(str(c).startswith(f"step {n} of 10: ") for n, c in enumerate(comments, 1))


def test_a_comment_tells_findings(out: Path) -> None:
    run("extract", DATA / "05_ho_refused.pcap", "--handoff", 3, "-w", out)
    (refusal,) = [c for f in captured.read(out).frames if "HO Response" in (c := str(f.comment))]
    assert "HO-REFUSED (warning): AR1 refuses AR2" in refusal


def test_the_interface_is_the_captures(story: Story, out: Path) -> None:
    told(story)
    (story.directory / "lan.pcap").write_bytes(wire.pcap(story.in_order()))
    run("extract", story.directory / "lan.pcap", "--mn", "alice", "-w", out)
    (interface,) = captured.read(out).interfaces
    assert interface == captured.Interface("lan", 1, 9, None)


def test_the_user_plane_of_a_session(story: Story, out: Path) -> None:
    path = told(story)
    run("extract", path, "--mn", "alice", "--user-plane", "-w", out)
    plain = [f.time_ns for f in captured.read(out).frames if f.comment is None]
    assert plain == [ms(t) for t in (100, 110, 120, 130, 1001, 1020, 1030, 3000)]


def test_the_user_plane_of_a_handoff_ends_with_it(story: Story, out: Path) -> None:
    path = told(story)
    run("extract", path, "--handoff", 1, "--user-plane", "-w", out)
    frames = captured.read(out).frames
    # From the last packet through the SAR, 130 ms, to the tear-down's answer, 1054 ms.
    assert [f.time_ns for f in frames if f.comment is None] == [
        ms(t) for t in (130, 1001, 1020, 1030)
    ]
    assert [f.time_ns for f in frames if f.comment] == [
        ms(t) for t in (1000, 1005, 1007, 1012, 1050, 1054)
    ]


def test_a_home_address_that_passes_on(story: Story, out: Path) -> None:
    heir = Mobile("heir@example.net", ALICE.hoa)
    story.attach(ms(0), ALICE, AR1)
    story.downlink(ms(100), ALICE, AR1)
    story.attach(ms(5000), heir, AR1)
    story.downlink(ms(5100), heir, AR1)
    path = story.write()
    for mn, time in ((ALICE.nai, 100), (heir.nai, 5100)):
        assert run("extract", path, "--mn", mn, "--user-plane", "-w", out) == 0
        plain = [f.time_ns for f in captured.read(out).frames if f.comment is None]
        assert plain == [ms(time)]


def test_what_one_node_sends_to_another_is_each_ones_own(story: Story, out: Path) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.attach(ms(20), BOB, AR2)
    assert ALICE.hoa is not None
    assert BOB.hoa is not None
    packet = wire.ipv6(ALICE.hoa, BOB.hoa, 6, bytes(40))
    story.packet(ms(100), wire.tunnel(AR1, HA, packet))
    story.packet(ms(101), wire.tunnel(HA, AR2, packet))
    path = story.write()
    for mn, time in ((ALICE.nai, 100), (BOB.nai, 101)):
        run("extract", path, "--mn", mn, "--user-plane", "-w", out)
        plain = [f.time_ns for f in captured.read(out).frames if f.comment is None]
        assert plain == [ms(time)]


@pytest.mark.parametrize(
    "name", ["01_slaac_handoff", "02_dhcpv6_bicast", "03_dhcpv4_handoff", "16_net_hmipv6"]
)
def test_as_many_packets_as_the_truth_counts(name: str, out: Path) -> None:
    truth = json.loads((DATA / f"{name}.truth.json").read_text())
    for number, session in enumerate(truth["sessions"], 1):
        path = DATA / truth["captures"][0]
        run("extract", path, "--session", number, "--user-plane", "-w", out)
        capture = captured.read(out)
        plain = [frame for frame in capture.frames if frame.comment is None]
        # A bi-cast packet is in two tunnels and counts once.
        copies = sum(
            h["bicast_packets"] for h in truth["handoffs"] if h["mn_id"] == session["mn_id"]
        )
        assert len(plain) == session["dl_packets"] + session["ul_packets"] + copies


def test_an_extract_tells_the_same_handoff(out: Path) -> None:
    path = DATA / "01_slaac_handoff.pcap"
    run("extract", path, "--handoff", 1, "--user-plane", "-w", out)
    (row,) = rows_of([str(out)], "handoffs")
    (truth,) = json.loads((DATA / "01_slaac_handoff.truth.json").read_text())["handoffs"]
    names = [name for name in truth if name.endswith(("_time", "_ms")) or name == "outcome"]
    for name in names:
        expected = truth[name]
        if name.endswith("_ms") and expected is not None:
            expected = round(float(expected) * 1e6)
        assert row[name] == expected, name


def test_several_points_give_aligned_times(out: Path) -> None:
    points = arguments([0, 1, 2])
    assert run("extract", *points, "--mn", TRUTH["handoffs"][0]["mn_id"], "-w", out) == 0
    capture = captured.read(out)
    inputs = {a.partition("=")[0]: captured.read(Path(a.partition("=")[2])) for a in points}
    bound_ns = round(float(TRUTH["clock"]["max_error_ms"]) * 1e6)
    assert {i.name for i in capture.interfaces} == {"HA", "SAR", "TAR"}
    for frame in capture.frames:
        name = str(capture.interfaces[frame.interface].name)
        (original,) = [f for f in inputs[name].frames if f.octets == frame.octets]
        moved_ns = original.time_ns - frame.time_ns
        assert abs(moved_ns - TRUTH["clock"]["offsets_ns"][name]) <= bound_ns
    times = [frame.time_ns for frame in capture.frames]
    assert times == sorted(times)
    # Each message once: two RADIUS requests with challenge and accept, RS, BU, BA, RA,
    # HO Request, HO Response, BU, BA, and the tear-down's two.
    assert len(capture.frames) == 14


@pytest.mark.parametrize("arguments", [["--mn", "nobody"], ["--session", "9"], []])
def test_who_is_not_there_leaves_no_file(
    story: Story, out: Path, arguments: list[str], capsys: Captured
) -> None:
    out.write_bytes(b"before")
    assert run("extract", told(story), *arguments, "-w", out) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert out.read_bytes() == b"before"
    assert sorted(p.name for p in out.parent.iterdir()) == ["out.pcapng", "story.pcap"]


def test_a_cut_capture_gives_what_could_be_read(story: Story, out: Path, capsys: Captured) -> None:
    path = told(story)
    octets = path.read_bytes()
    path.write_bytes(octets[:-4] + b"\0\0")
    assert run("extract", path, "--mn", "alice", "--user-plane", "-w", out) == 0
    assert capsys.readouterr().err.count("CAP-CUT") == 1  # once, though the file is read twice
    last = captured.read(out).frames[-1]
    assert last.time_ns == ms(3000)
    assert len(last.octets) == last.wirelen - 2


def test_a_corrupt_capture_is_an_error_behind_what_could_be_read(
    story: Story, out: Path, capsys: Captured
) -> None:
    path = told(story)
    path.write_bytes(path.read_bytes() + b"\xff" * 16)
    assert run("extract", path, "--mn", "alice", "-w", out) == 2
    assert capsys.readouterr().err.count("corrupt record") == 1
    assert len(captured.read(out).frames) == 10


def test_standard_input_to_standard_output(story: Story) -> None:
    path = told(story)
    ours = ["-m", "netmip6scope", "extract", "-", "--mn", "alice", "-w", "-"]
    with path.open("rb") as stream:
        done = subprocess.run(
            [sys.executable, *ours], stdin=stream, capture_output=True, timeout=60, check=False
        )
    assert (done.returncode, done.stderr) == (0, b"")
    copy = path.with_name("copy.pcapng")
    copy.write_bytes(done.stdout)
    assert [f.time_ns for f in captured.read(copy).frames][:2] == [ms(10), ms(12)]


@pytest.mark.tshark
@pytest.mark.parametrize("name", ["01_slaac_handoff.pcap", "20f_two_interfaces.pcapng"])
def test_tshark_reads_what_was_there(name: str, out: Path, tmp_path: Path) -> None:
    run("extract", DATA / name, "--session", 1, "--user-plane", "-w", out)
    ours = captured.read(out)
    fields = ["frame.time_epoch", "frame.comment", "frame.interface_name", "frame.len"]
    command = ["tshark", "-n", "-r", str(out), "-T", "fields", *(f"-e{f}" for f in fields)]
    done = tshark(command)
    rows = [line.split("\t") for line in done.splitlines()]
    assert len(rows) == len(ours.frames)
    for (epoch, comment, interface, length), frame in zip(rows, ours.frames, strict=True):
        seconds, _, fraction = epoch.partition(".")
        assert int(seconds) * 10**9 + int(fraction) == frame.time_ns
        assert comment == (frame.comment or "")
        assert interface == ours.interfaces[frame.interface].name
        assert int(length) == frame.wirelen
    # What tshark writes again as pcap has the octets and times of frames of the original.
    again = tmp_path / "again.pcap"
    tshark(["tshark", "-n", "-r", str(out), "-F", "nsecpcap", "-w", str(again)])
    original = {(f.time_ns, f.octets) for f in captured.read(DATA / name).frames}
    copied = [(f.time_ns, f.octets) for f in captured.read(again).frames]
    assert len(copied) == len(ours.frames)
    assert set(copied) <= original


def tshark(command: list[str]) -> str:
    """What it prints; it must have nothing to complain about."""
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=TSHARK_LIMIT_S, check=False
    )
    complaints = [line for line in done.stderr.splitlines() if "Running as user" not in line]
    assert (done.returncode, complaints) == (0, [])
    return done.stdout
