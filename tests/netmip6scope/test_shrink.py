"""The command `shrink`: the smallest incident with the same verdict, and nothing else written."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from ipaddress import IPv6Address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from dissectors.handoff import HomeAddressContext
from netmip6scope.capture.inputs import Source
from netmip6scope.cli.main import main
from netmip6scope.shrink import written
from netmip6scope.shrink.frames import Frame, picked, write_frames
from netmip6scope.shrink.replays import Replays
from replay.judged import Kind
from tests.netmip6scope import crowd
from tests.netmip6scope.faulty import (
    OTHER6,
    Change,
    place,
    right_trace,
    with_field,
    with_option,
)
from tests.netmip6scope.faulty_capture import observed_of, write_faulty
from tests.netmip6scope.simulated import captured, ready_run
from tests.netmip6scope.test_replay_faults import BA, BU, CASES, SIX
from tests.netmip6scope.test_replay_user_data import CASES as USER_CASES
from tests.netmip6scope.test_shrink_parts import anomalies

EVER = range(1, 1 << 20)
DOCS = Path(__file__).parents[2] / "docs"
DATA = Path(__file__).parent.parent / "data" / "netmip6"
STALE = DATA / "11_stale_binding.pcap"
STALE_KEYS = DATA / "11_stale_binding.keys.toml"


@dataclass(frozen=True)
class Shrunk:
    """An incident and the small one that was made of it."""

    capture: Path
    keys: Path
    folder: Path


def shrunk(folder: Path, scenario: str, kind: Kind, nth: int, change: Change) -> Shrunk:
    """A right trace with one fault, made small."""
    right, _ = right_trace(scenario)
    observed = [*right]
    wrong = change(observed, place(observed, kind, nth))
    capture, keys = write_faulty(folder, ready_run(scenario), right, wrong)
    return made_small(folder, capture, keys)


def made_small(folder: Path, capture: Path, keys: Path) -> Shrunk:
    out = folder / "small"
    assert main(["shrink", str(capture), "--keys", str(keys), "-o", str(out)]) == 0
    return Shrunk(capture, keys, out)


def frames_of(capture: Path) -> list[Frame]:
    return picked(Source(str(capture)), set(EVER))[0]


def divergences(incident: Path, capture: Path, *rest: str) -> list[dict[str, Any]]:
    """What replay says, with times of frames instead of their numbers, which change.

    Nothing, where it says that this is no incident.
    """
    with TemporaryDirectory() as folder:
        out = Path(folder, "verdict.json")
        if main(["replay", str(incident), "--json", str(out), *rest]) == 2:
            return []
        found = json.loads(out.read_text())[0]["verdict"]["divergences"]
    times = {frame.number: frame.time_ns for frame in frames_of(capture)}
    for each in found:
        each["frame"] = times[each["frame"]]
        del each["step"], each["time_ns"]
    return list(found)


def check(done: Shrunk) -> list[Frame]:
    """All that must hold of every small incident; its frames."""
    small = done.folder / "incident.pcapng"
    before = divergences(done.capture, done.capture, "--keys", str(done.keys))
    assert before
    assert divergences(done.folder, small) == before
    assert main(["replay", str(done.folder)]) == 0, "expected.json is the verdict"
    frames = frames_of(small)
    _come_from(frames, frames_of(done.capture))
    for number in range(len(frames)):
        fewer = frames[:number] + frames[number + 1 :]
        assert differs(done, fewer, before), f"frame {number + 1} is not needed"
    return frames


def _come_from(frames: list[Frame], whole: list[Frame]) -> None:
    """Each is one of the whole, or one without some options and with nothing odd about it."""
    for frame in frames:
        then = [f for f in whole if (f.time_ns, f.interface) == (frame.time_ns, frame.interface)]
        if frame.octets not in [f.octets for f in then]:
            # Ethernet's header, version, class and flow label stay: this is the one that it was.
            before = next(f for f in then if f.octets[:18] == frame.octets[:18])
            assert len(frame.octets) < len(before.octets)
            assert set(anomalies(frame)) <= set(anomalies(before))


def differs(done: Shrunk, frames: list[Frame], before: list[dict[str, Any]]) -> bool:
    """Whether fewer frames give another verdict by the same roles and keys."""
    folder = done.folder.parent / "fewer"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "keys.toml").write_bytes(done.keys.read_bytes())
    capture = folder / "incident.pcapng"
    with capture.open("wb") as stream:
        write_frames(frames, stream)
    text = (done.folder / "incident.toml").read_text()
    (folder / "incident.toml").write_text(text)
    found = divergences(folder, capture)
    if not found:
        # A node that is stated may be in none of the frames.
        (folder / "incident.toml").write_text(_only_nodes_in(text, capture))
        found = divergences(folder, capture)
    return found != before


def _only_nodes_in(text: str, capture: Path) -> str:
    """The incident file without tables of nodes whose addresses no frame has."""
    head, *tables = text.split("\n[[")
    octets = capture.read_bytes()
    kept = [t for t in tables if ip(t.split('"')[1]) in octets]
    return "\n[[".join([head, *kept])


def ip(text: str) -> bytes:
    return IPv6Address(text).packed


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A capture in which a router asks for another lifetime than usual, and its keys."""
    right, _ = right_trace(SIX)
    changed = with_field(lifetime=7)([*right], place([*right], BU, 0))
    folder = tmp_path_factory.mktemp("wrong")
    capture, keys = write_faulty(folder, ready_run(SIX), right, changed)
    return str(capture), str(keys)


# How small

# Name of a fault in test_replay_faults, frames that are left, and why no more are needed. What a
# router was told by its base station is taken for granted, so no frame is needed for that.
SIZES = [
    # Its role says what a router asks for, a key whether the seal is right: one update is enough.
    ("attach: lifetime", 1),
    ("attach: wrong authenticator", 1),
    # To the nanosecond: what is expected of a timestamp is the capture's clock, and the router's.
    ("handoff: BU with an old timestamp", 1),
    # The update and what answers it.
    ("attach: refused for no reason", 2),
    # The update, and anything half a second later: until then the answer may come.
    ("attach: BA missing", 2),
    # The update, its answer, and the same answer again.
    ("handoff: BA twice", 3),
    # A binding is an update and an answer; the second one gives another home address.
    ("handoff: another home address", 4),
    # RS, update, answer, RA: the RA tells whose the RS is, and the answer whose the RA is.
    ("attach: BU two seconds late", 4),
    # A solicitation and what it leads to, but for the update: RS, answer, RA, and time to miss it.
    ("attach: BU missing", 4),
    # The request; an update and its answer say who the home agent is and that somebody is there.
    ("request: C not set", 3),
    # Request, response, the new update and its answer, and the old router's update.
    ("tear-down: renews instead", 5),
    # The question, update, answer, and half a second.
    ("IPv4: OFFER missing", 4),
]


@pytest.mark.parametrize(("name", "most"), SIZES, ids=[name for name, _ in SIZES])
def test_a_fault_and_what_shows_it_are_left(name: str, most: int, tmp_path: Path) -> None:
    (case,) = [case for case in CASES if case.name == name]
    done = shrunk(tmp_path, case.scenario, case.kind, case.nth, case.change)
    assert len(check(done)) <= most


# A packet in a wrong tunnel. An update and its answer say whose the home address is, and where the
# data should go; that it should go nowhere is said by three: attach, handoff, tear-down.
USER_DATA = [("uplink to a stranger", 3), ("uplink after the tear-down", 7)]


@pytest.mark.parametrize(("name", "most"), USER_DATA, ids=[name for name, _ in USER_DATA])
def test_user_data_in_a_wrong_tunnel(name: str, most: int, tmp_path: Path) -> None:
    (case,) = [case for case in USER_CASES if case.name == name]
    right, _ = right_trace(case.scenario)
    capture, keys = write_faulty(tmp_path, ready_run(case.scenario), right, case.change([*right]))
    done = made_small(tmp_path, capture, keys)
    frames = check(done)
    assert len(frames) <= most
    (found,) = divergences(done.folder, done.folder / "incident.pcapng")
    assert found["node"] == str(case.node)


def test_the_line_that_the_documentation_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change = with_option(HomeAddressContext, address=OTHER6)
    shrunk(tmp_path, SIX, Kind.HO_RESPONSE, 0, change)
    line = capsys.readouterr().err
    assert line.endswith(" replays, same verdict\n")
    assert f"\n    {line}" in (DOCS / "shrink.md").read_text("utf-8")


def test_a_fault_of_a_map(tmp_path: Path) -> None:
    """The update to the MAP and the MAP's answer."""
    done = shrunk(tmp_path, "net-hmipv6", BA, 0, with_field(status=130))
    frames = check(done)
    assert len(frames) <= 2
    (found,) = divergences(done.folder, done.folder / "incident.pcapng")
    assert (found["node"], found["field"]) == ("2001:db8:e1::1", "status")


def test_one_of_five_thousand_frames(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A hundred mobile nodes talk; one router gives one of them another home address."""
    done = crowd.ran()
    del done.camera.frames["net"][crowd.FRAMES :]
    right = observed_of(done, tmp_path)
    at = place(right, Kind.HO_RESPONSE, 40)
    wrong = with_option(HomeAddressContext, address=OTHER6)(right, at)
    capture, keys = write_faulty(tmp_path, done, right, wrong)
    small = made_small(tmp_path, capture, keys)
    assert "5000 frames -> 4 frames, " in capsys.readouterr().err
    # What is bound (update, answer) is not what is told (request, response).
    assert len(check(small)) == 4


def test_a_capture_that_the_models_did_not_make(tmp_path: Path) -> None:
    """Three HO Responses refuse for no reason: each with its request, and what shows a binding."""
    capture, keys = DATA / "05_ho_refused.pcap", DATA / "05_ho_refused.keys.toml"
    assert len(check(made_small(tmp_path, capture, keys))) <= 3 * 4


def test_options_that_nothing_needs_go(tmp_path: Path) -> None:
    """A lifetime that is wrong shows without the authenticator's neighbours."""
    done = shrunk(tmp_path, SIX, BU, 0, with_field(lifetime=7))
    (small,) = frames_of(done.folder / "incident.pcapng")
    (whole,) = [f for f in frames_of(done.capture) if f.time_ns == small.time_ns]
    # RFC 6275 6.2.5: 18 octets of Alternate Care-of Address; the packet's source says the same.
    assert len(small.octets) <= len(whole.octets) - 18


@pytest.mark.tshark
def test_tshark_finds_nothing_odd(tmp_path: Path) -> None:
    done = made_small(tmp_path, STALE, STALE_KEYS)
    wrong = "_ws.malformed || icmpv6.checksum.status == 0 || _ws.expert.severity >= 0x600000"
    command = ["tshark", "-n", "-r", str(done.folder / "incident.pcapng"), "-Y", wrong]
    ran = subprocess.run(command, capture_output=True, timeout=120, check=True)
    assert ran.stdout == b""


# What is written


def test_the_directory(wrong: tuple[str, str], tmp_path: Path) -> None:
    done = made_small(tmp_path, *map(Path, wrong))
    assert sorted(each.name for each in done.folder.iterdir()) == [
        "expected.json",
        "incident.pcapng",
        "incident.toml",
        "keys.toml",
    ]
    link = done.folder / "keys.toml"
    assert link.is_symlink()
    assert not Path(os.readlink(link)).is_absolute()
    assert link.read_bytes() == Path(wrong[1]).read_bytes()
    assert sorted(tmp_path.iterdir()) == [done.folder]


def test_keys_are_copied_when_asked_for(wrong: tuple[str, str], tmp_path: Path) -> None:
    out = tmp_path / "small"
    command = ["shrink", wrong[0], "--keys", wrong[1], "-o", str(out), "--with-keys"]
    assert main(command) == 0
    copy = out / "keys.toml"
    assert not copy.is_symlink()
    assert copy.stat().st_mode & 0o777 == 0o600
    assert copy.read_bytes() == Path(wrong[1]).read_bytes()


def test_without_keys_there_are_none(wrong: tuple[str, str], tmp_path: Path) -> None:
    out = tmp_path / "small"
    assert main(["shrink", wrong[0], "-o", str(out)]) == 0
    assert not (out / "keys.toml").exists()
    assert "keys" not in (out / "incident.toml").read_text()
    assert main(["replay", str(out)]) == 0


def test_a_profile_goes_along(wrong: tuple[str, str], tmp_path: Path) -> None:
    profile = tmp_path / "network.toml"
    profile.write_text("ho_request_type = 200\n")
    out = tmp_path / "small"
    assert main(["shrink", wrong[0], "--profile", str(profile), "-o", str(out)]) == 0
    assert (out / "profile.toml").read_bytes() == profile.read_bytes()
    assert main(["replay", str(out)]) == 0


def test_a_small_incident_gets_no_smaller(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = made_small(tmp_path, STALE, STALE_KEYS)
    capsys.readouterr()
    again = tmp_path / "again"
    assert main(["shrink", str(done.folder), "-o", str(again)]) == 0
    # Who asked, that it was given away, and the update that should not be. So soon after, nobody
    # can say that the target's own update is missing: the response may have to be sent again.
    assert capsys.readouterr().err.startswith("3 frames -> 3 frames, ")
    for name in ("incident.pcapng", "expected.json"):
        assert (again / name).read_bytes() == (done.folder / name).read_bytes()


def test_stated_roles_and_several_points(tmp_path: Path) -> None:
    """A router that must ask for 400 s asks for 600: the one diverging update is left, merged."""
    whole = tmp_path / "whole"
    whole.mkdir()
    three = ready_run("three-points")
    named = [each.replace(f"{whole}/", "") for each in captured(three, whole)]
    assert len(three.camera.frames) == 3
    (whole / "incident.toml").write_text(
        f"captures = {json.dumps(named)}\n"
        '[[access_router]]\naddress = "2001:db8:2::a2"\nlifetime_s = 400\n'
    )
    out = tmp_path / "small"
    assert main(["shrink", str(whole), "-o", str(out)]) == 0
    (frame,) = frames_of(out / "incident.pcapng")
    assert frame.interface.point in three.camera.frames
    assert "lifetime_s = 400" in (out / "incident.toml").read_text()
    assert main(["replay", str(out)]) == 0


def test_the_same_octets_everywhere(wrong: tuple[str, str], tmp_path: Path) -> None:
    """And from standard input, which can be read but once."""
    found = set()
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
    for seed, zone, capture in (("0", "UTC", wrong[0]), ("7", "Asia/Tokyo", "-")):
        out = tmp_path / seed
        command = [sys.executable, "-m", "netmip6scope", "shrink", capture, "-o", str(out)]
        given = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": path}
        with open(wrong[0], "rb") as stream:
            done = subprocess.run(
                command,
                cwd=tmp_path,
                env=given,
                stdin=stream,
                capture_output=True,
                timeout=120,
                check=True,
            )
        assert done.stdout == b""
        found.add((done.stderr, *(each.read_bytes() for each in sorted(out.iterdir()))))
    assert len(found) == 1


# Nothing is written


def refused(
    arguments: list[str], folder: Path, capsys: pytest.CaptureFixture[str], code: int = 2
) -> str:
    """The one line that is said; nothing else came of it."""
    before = sorted(folder.rglob("*"))
    capsys.readouterr()
    assert main(["shrink", *arguments]) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == (code != 130)
    assert sorted(folder.rglob("*")) == before
    return said.err


def test_a_clean_incident_has_no_core(
    wrong: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (capture,) = captured(ready_run(SIX), tmp_path)
    said = refused([capture, "-o", str(tmp_path / "small")], tmp_path, capsys)
    assert "nothing diverges in it, so there is nothing to shrink" in said


def test_what_is_there_stays(
    wrong: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "small"
    out.mkdir()
    (out / "mine").write_text("x")
    assert "is there already" in refused(["x", "-o", str(out)], tmp_path, capsys)
    assert "is there already" in refused(["x", "-o", str(out / "mine")], tmp_path, capsys)
    nowhere = str(tmp_path / "no" / "small")
    assert "no directory can be made" in refused(["x", "-o", nowhere], tmp_path, capsys)
    (out / "mine").unlink()
    assert main(["shrink", wrong[0], "-o", str(out)]) == 0


BROKEN = {
    "no TOML": "captures = [",
    "outside": 'captures = ["../a.pcap"]',
    "no such capture": 'captures = ["a.pcap"]',
    "no such node": 'captures = ["x.pcap"]\n[[map]]\naddress = "2001:db8::77"',
    "no keys": 'captures = ["x.pcap"]\nkeys = "none.toml"',
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_incidents(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "incident"
    folder.mkdir()
    shutil.copyfile(STALE, folder / "x.pcap")
    (folder / "incident.toml").write_text(BROKEN[name])
    refused([str(folder), "-o", str(tmp_path / "small")], tmp_path, capsys)


def test_other_wrong_inputs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ["-o", str(tmp_path / "small")]
    assert "no such file" in refused([str(tmp_path / "x"), *out], tmp_path, capsys)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "incident.toml").write_text('captures = ["x.pcap"]')
    assert "holds 2 incidents" in refused([str(tmp_path), *out], tmp_path, capsys)
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(STALE.read_bytes()[:24])
    assert "no NetMIPv6 signalling" in refused([str(empty), *out], tmp_path, capsys)


def test_damaged_captures_end_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bits turned anywhere: a smaller incident, or one line and nothing."""
    dice = random.Random(11)
    whole = frames_of(STALE)
    keep = [frame for frame in whole if len(frame.octets) < 250][:80]
    ends = set()
    for number in range(6):
        frames = []
        for frame in keep:
            octets = bytearray(frame.octets)
            if dice.random() < 0.2:
                octets[dice.randrange(14, len(octets))] ^= 1 << dice.randrange(8)
            frames.append(
                Frame(frame.number, frame.time_ns, bytes(octets), len(octets), frame.interface)
            )
        capture = tmp_path / "damaged.pcapng"
        with capture.open("wb") as stream:
            write_frames(frames, stream)
        out = tmp_path / f"small{number}"
        capsys.readouterr()
        code = main(["shrink", str(capture), "-o", str(out), "--keys", str(STALE_KEYS)])
        assert code in (0, 2)
        assert capsys.readouterr().err.count("\n") == 1
        assert out.exists() == (code == 0)
        assert code or main(["replay", str(out)]) == 0
        ends.add(code)
    assert 0 in ends


@pytest.mark.parametrize("after", [0, 5, 12])
def test_interrupted_while_it_tries(
    after: int,
    wrong: tuple[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, tries = Replays.verdict, [0]

    def verdict(replays: Replays, *rest: Any) -> Any:
        tries[0] += 1
        if tries[0] > after:
            signal.raise_signal(signal.SIGINT)
        return real(replays, *rest)

    monkeypatch.setattr(Replays, "verdict", verdict)
    refused([wrong[0], "-o", str(tmp_path / "small")], tmp_path, capsys, 130)


def test_interrupted_while_it_writes(
    wrong: tuple[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_: object) -> str:
        signal.raise_signal(signal.SIGINT)
        return ""

    monkeypatch.setattr(written, "json_text", interrupted)
    refused([wrong[0], "-o", str(tmp_path / "small")], tmp_path, capsys, 130)


def test_another_verdict_is_not_written(
    wrong: tuple[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Should a part of a trace that seemed right read otherwise from its file: say so, exit 1."""
    monkeypatch.setattr(Replays, "hold", lambda *_: True)
    said = refused([wrong[0], "-o", str(tmp_path / "small")], tmp_path, capsys, 1)
    assert "another verdict" in said


def test_enough_is_said(
    wrong: tuple[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When nothing more may be replayed, what was found so far is written."""
    out, real = tmp_path / "small", Replays.hold

    def hold(replays: Replays, *rest: Any) -> bool:
        if replays.count == 5:
            replays.left = -1
        return real(replays, *rest)

    monkeypatch.setattr(Replays, "hold", hold)
    assert main(["shrink", wrong[0], "-o", str(out)]) == 0
    assert ", 5 replays, which is as many as shrink makes, same" in capsys.readouterr().err
    assert main(["replay", str(out)]) == 0
