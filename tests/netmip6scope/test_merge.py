"""Points merged into one capture: one clock, nothing twice, nothing lost."""

from __future__ import annotations

import re
import struct
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netmip6scope import in_order
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.cli.main import main
from netmip6scope.points import NEAR_NS, Once
from tests import wire
from tests.netmip6scope import captured
from tests.netmip6scope.story import ALICE, AR1, AR2, MS, Story, ms, rows_of
from tests.netmip6scope.test_extract import tshark
from tests.netmip6scope.test_points import DATA, TRUTH, arguments, within

Captured = pytest.CaptureFixture[str]
OFFSETS = TRUTH["clock"]["offsets_ns"]
BOUND_NS = int(Decimal(TRUTH["clock"]["max_error_ms"]) * MS)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.pcapng"


def merge(out: Path, *captures: object) -> captured.Capture:
    assert main(["merge", *map(str, captures), "-w", str(out)]) == 0
    return captured.read(out)


def without(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what tells in which file it was seen."""
    return {k: v for k, v in row.items() if not k.endswith("_frame") and k != "clock_error_ms"}


@pytest.mark.parametrize("table", ["handoffs", "sessions"])
def test_the_merged_capture_tells_what_the_points_tell(table: str, out: Path) -> None:
    merge(out, *arguments([0, 1, 2]))
    apart, together = rows_of(arguments([0, 1, 2]), table), rows_of([str(out)], table)
    assert list(map(without, together)) == list(map(without, apart))


def test_the_merged_capture_has_the_same_findings(out: Path) -> None:
    """But for those about the points' clocks, which it does not have any more."""
    merge(out, *arguments([0, 1, 2]))
    apart, together = (
        Counter(row["code"] for row in rows_of(captures, "findings"))
        for captures in (arguments([0, 1, 2]), [str(out)])
    )
    assert apart.pop("CAP-CLOCK") == 2
    assert together == apart


def test_the_merged_capture_tells_the_truth_within_the_clock_error(out: Path) -> None:
    merge(out, *arguments([0, 1, 2]))
    rows = rows_of([str(out)], "handoffs")
    assert len(rows) == len(TRUTH["handoffs"])
    for row, truth in zip(rows, TRUTH["handoffs"], strict=True):
        cells = {
            name: str(Decimal(cell) / MS) if name.endswith("_ms") and cell is not None else cell
            for name, cell in row.items()
        }
        within(cells, truth, BOUND_NS, frozenset({"start", "clock_error_ms", "findings"}))


def test_every_message_is_there_once(out: Path) -> None:
    merge(out, *arguments([0, 1, 2]))
    kinds = Counter(row["kind"] for row in rows_of([str(out)], "messages"))
    assert kinds == {kind: TRUTH["messages"][kind] for kind in kinds}
    assert {"bu", "ba", "ho-request", "ho-response", "rs", "ra"} <= set(kinds)


def test_frames_are_as_they_were_and_times_are_moved_alike(out: Path) -> None:
    capture = merge(out, *arguments([0, 1, 2]))
    inputs = {
        a.partition("=")[0]: captured.read(Path(a.partition("=")[2])) for a in arguments([0, 1, 2])
    }
    left = {name: Counter((f.octets, f.wirelen) for f in c.frames) for name, c in inputs.items()}
    original = {name: {f.octets: f.time_ns for f in c.frames} for name, c in inputs.items()}
    moved: dict[str, set[int]] = {}
    for frame in capture.frames:
        name = str(capture.interfaces[frame.interface].name)
        left[name][frame.octets, frame.wirelen] -= 1
        if sum(f.octets == frame.octets for f in inputs[name].frames) == 1:
            moved.setdefault(name, set()).add(original[name][frame.octets] - frame.time_ns)
    assert all(count >= 0 for counter in left.values() for count in counter.values())
    assert moved["HA"] == {0}
    for name, by in moved.items():
        (offset,) = by
        assert abs(offset - OFFSETS[name]) <= BOUND_NS
    times = [frame.time_ns for frame in capture.frames]
    assert times == sorted(times)


def test_what_is_neither_message_nor_tunnelled_is_kept(out: Path) -> None:
    """RADIUS goes from an access router to a server; some points see it both."""
    capture = merge(out, *arguments([0, 1, 2]))
    inputs = [captured.read(Path(a.partition("=")[2])) for a in arguments([0, 1, 2])]

    def radius(frames: list[captured.Frame]) -> int:
        ports = [f.octets[54:58] for f in frames if f.octets[12:14] == b"\x86\xdd"]
        return sum(1812 in struct.unpack("!HH", p) for p in ports if len(p) == 4)

    assert radius(capture.frames) == sum(radius(c.frames) for c in inputs) > 0


def test_the_interfaces_say_what_was_done_to_the_clocks(out: Path) -> None:
    said = {i.name: str(i.comment) for i in merge(out, *arguments([0, 1, 2])).interfaces}
    assert said.pop("HA") == "reference clock"
    for name, comment in said.items():
        form = r"times aligned to HA: (-?[\d.]+) s added; wrong by at most ([\d.]+) ms"
        found = re.fullmatch(form, comment)
        assert found
        added_ns, bound_ns = int(Decimal(found[1]) * 10**9), int(Decimal(found[2]) * MS)
        assert 0 < bound_ns <= BOUND_NS
        assert abs(added_ns + OFFSETS[str(name)]) <= bound_ns


def told(story: Story, name: str, shift_ns: int = 0) -> str:
    """A capture of what is told so far, by a clock that is so far ahead."""
    frames = [(time + shift_ns, octets) for time, octets in story.in_order()]
    path = story.directory / f"{name}.pcap"
    path.write_bytes(wire.pcap(frames))
    return f"{name}={path}"


def test_twice_the_same_point_is_that_point(story: Story, out: Path) -> None:
    story.attach(ms(0), ALICE, AR1)
    for n in range(60):
        story.downlink(ms(100 + 40 * n), ALICE, AR1, b"always the same octets")
    story.handoff(ms(2600), ALICE, AR1, AR2)
    there = told(story, "A"), told(story, "B", 7_777_777_777)
    capture = merge(out, *there)
    assert [(f.time_ns, f.octets) for f in capture.frames] == story.in_order()
    assert [i.name for i in capture.interfaces] == ["A"]


def neighbor(kind: int, target: str) -> bytes:
    """Neighbor Solicitation or Advertisement (RFC 4861 4.3, 4.4) between the same two nodes."""
    body = bytes(4) + wire.ip6(target)
    src, dst = "fe80::1", "fe80::2"
    return wire.eth(wire.ipv6(src, dst, 58, wire.icmp6(src, dst, kind, 0, body), 255))


def test_messages_that_only_look_alike_are_kept(story: Story, out: Path) -> None:
    """Without a number of its own a message must agree in every octet to be left out."""
    story.attach(ms(0), ALICE, AR1)
    story.frame(ms(500), neighbor(135, "fe80::aaaa"))
    one = told(story, "A")
    story.frames[-1] = ms(500), neighbor(135, "fe80::bbbb")
    story.frame(ms(600), neighbor(136, "fe80::cccc"))
    other = told(story, "B")
    capture = merge(out, one, other)
    targets = [f.octets[62:78] for f in capture.frames if f.time_ns >= ms(500)]
    assert sorted(targets) == [wire.ip6(t) for t in ("fe80::aaaa", "fe80::bbbb", "fe80::cccc")]


def test_retransmissions_at_one_point_are_kept(story: Story, out: Path) -> None:
    story.attach(ms(0), ALICE, AR1)
    for n in range(3):
        story.ho_request(ms(1000 + n), ALICE, AR2, AR1, 5)
    capture = merge(out, told(story, "A"), told(story, "B"))
    assert [f.time_ns for f in capture.frames[-3:]] == [ms(1000), ms(1001), ms(1002)]
    (row,) = rows_of([str(out)], "handoffs")
    assert row["ho_requests"] == 3


def test_link_types_go_with_the_points(out: Path) -> None:
    """The same packets on Ethernet and as raw IP: only the first observations' are left."""
    capture = merge(out, f"eth={DATA / '20b_vlan_be.pcap'}", f"raw={DATA / '20e_raw.pcap'}")
    assert {(i.name, i.link_type) for i in capture.interfaces} == {("eth", 1), ("raw", 101)}
    apart = rows_of([str(DATA / "20b_vlan_be.pcap")], "handoffs")
    assert list(map(without, rows_of([str(out)], "handoffs"))) == list(map(without, apart))
    kinds = {interface.link_type: 0 for interface in capture.interfaces}
    for frame in capture.frames:
        kinds[capture.interfaces[frame.interface].link_type] += 1
    assert kinds[1] == len(captured.read(DATA / "20b_vlan_be.pcap").frames)


def test_points_without_anything_in_common(story: Story, out: Path, capsys: Captured) -> None:
    story.unrelated(ms(0))
    one = told(story, "A")
    story.frames.clear()
    story.unrelated(ms(1))
    capture = merge(out, one, told(story, "B"))
    assert [f.time_ns for f in capture.frames] == [ms(0), ms(1)]
    assert "nothing in common" in capsys.readouterr().err
    said = [i.comment for i in capture.interfaces]
    assert said == [
        "reference clock",
        "times as they were: nothing ties this clock to the reference",
    ]


def test_captures_without_a_frame(story: Story, out: Path) -> None:
    assert merge(out, told(story, "A"), told(story, "B")) == captured.Capture([], [])


def test_one_capture_is_only_written_again(story: Story, out: Path) -> None:
    story.attach(ms(0), ALICE, AR1)
    capture = merge(out, told(story, "A").partition("=")[2])
    assert [(f.time_ns, f.octets) for f in capture.frames] == story.in_order()
    assert capture.interfaces == [captured.Interface("A", 1, 9, None)]


def test_a_point_that_cannot_be_read_to_its_end(story: Story, out: Path, capsys: Captured) -> None:
    story.attach(ms(0), ALICE, AR1)
    one, other = told(story, "A"), told(story, "B")
    path = Path(other.partition("=")[2])
    path.write_bytes(path.read_bytes() + b"\xff" * 16)
    assert main(["merge", one, other, "-w", str(out)]) == 2
    assert len(captured.read(out).frames) == 4
    assert capsys.readouterr().err.count("corrupt record") == 1


def test_a_full_disk_leaves_no_file(
    story: Story, out: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("netmip6scope.capture.writer.Writer.frame", full)
    story.attach(ms(0), ALICE, AR1)
    assert main(["merge", told(story, "A"), told(story, "B"), "-w", str(out)]) == 2
    assert capsys.readouterr().err == f"netmip6scope: error: {out}: No space left on device\n"
    assert sorted(p.name for p in out.parent.iterdir()) == ["A.pcap", "B.pcap"]


def test_no_more_than_a_stretch_is_held(
    story: Story, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames wait for the other point's, not for its end."""
    most = 0
    keep = in_order._Octets.keep

    def watched(waiting: Any, *arguments: Any) -> Any:
        nonlocal most
        kept = keep(waiting, *arguments)
        most = max(most, len(waiting._waiting))
        return kept

    monkeypatch.setattr(in_order._Octets, "keep", watched)
    monkeypatch.setitem(CaptureFile.__init__.__kwdefaults__, "block", 1 << 12)
    story.attach(ms(0), ALICE, AR1)
    for n in range(4000):
        story.downlink(ms(100 + 10 * n), ALICE, AR1)
    capture = merge(out, told(story, "A"), told(story, "B", 5 * MS))
    assert len(capture.frames) == 4004
    # 100 ms of both points and a block of each: 20 frames, and 40 in 4096 octets.
    assert 0 < most < 200


def test_alike_packets_keep_their_pairs_from_stretch_to_stretch() -> None:
    """Constant packets every 20 ms at two points, 5 ms apart: each counts once, as first seen."""
    times = np.concatenate([np.arange(500) * 20 * MS, np.arange(500) * 20 * MS + 5 * MS])
    packets = np.zeros((6, 1000), np.int64)
    packets[0, 500:] = 1
    packets[2] = times
    packets = packets[:, np.argsort(times, kind="stable")]
    assert int(times.max()) > NEAR_NS
    once = Once()
    for chunk in np.array_split(np.arange(1000), 23):
        fresh = once.fresh(packets[:, chunk])
        assert np.array_equal(fresh, packets[0, chunk] == 0)


@pytest.mark.tshark
def test_tshark_reads_it(out: Path) -> None:
    capture = merge(out, *arguments([0, 1, 2]))
    fields = ("frame.time_epoch", "frame.interface_name", "frame.len")
    printed = tshark(["tshark", "-n", "-r", str(out), "-T", "fields", *(f"-e{f}" for f in fields)])
    expected = [
        f"{f.time_ns // 10**9}.{f.time_ns % 10**9:09}\t"
        f"{capture.interfaces[f.interface].name}\t{f.wirelen}"
        for f in capture.frames
    ]
    assert printed.splitlines() == expected
