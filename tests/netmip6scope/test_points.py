"""Several capture points: clocks, duplicates, and tables in the reference's time."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netmip6scope import points
from netmip6scope.correlate.clocks import SAME, align
from netmip6scope.pipeline import analyse
from tests import wire
from tests.netmip6scope.test_truth import _cells

DATA = Path(__file__).parents[1] / "data" / "netmip6"
TRUTH = json.loads((DATA / "19_three_points.truth.json").read_text())
EXACT = {
    *("mn_id", "hoa", "hoa4", "kind", "sar", "tar", "ha", "map", "outcome", "status"),
    *("ho_requests", "bus", "bicast_packets", "late_sar_packets", "dl_packets", "dl_bytes"),
    *("ul_packets", "ul_bytes", "handoffs", "state", "rcoa", "access"),
}


def arguments(order: list[int]) -> list[str]:
    named = [capture.partition("=") for capture in TRUTH["captures"]]
    return [f"{named[n][0]}={DATA / named[n][2]}" for n in order]


def within(
    row: dict[str, Any],
    truth: dict[str, Any],
    bound_ns: int,
    left_out: frozenset[str] = frozenset(),
) -> None:
    for name, expected in truth.items():
        if name in left_out or name == "clock_error_ms":
            continue
        if name in EXACT or expected is None:
            assert row[name] == expected, name
        elif name.endswith("_ms"):
            difference = (Decimal(row[name]) - Decimal(expected)) * 10**6
            assert abs(difference) <= 2 * bound_ns, name
        elif name == "ar_path":
            assert row[name] == " > ".join(expected)
        elif not name.endswith("_frame"):
            assert abs(row[name] - expected) <= bound_ns, name


@pytest.mark.parametrize("table", ["handoffs", "sessions"])
def test_three_points_equal_truth_within_their_own_bound(table: str) -> None:
    result = analyse(arguments([0, 1, 2]), ["handoffs", "sessions"])
    assert not result.errors
    assert not result.warnings
    handoffs = _cells(result.tables["handoffs"])
    largest_ns = int(Decimal(TRUTH["clock"]["max_error_ms"]) * 10**6)
    rows = _cells(result.tables[table])
    assert len(rows) == len(TRUTH[table])
    for row, truth, handoff in zip(rows, TRUTH[table], handoffs, strict=True):
        bound_ns = int(Decimal(handoff["clock_error_ms"]) * 10**6)
        assert 0 < bound_ns <= largest_ns
        within(row, truth, bound_ns)


def test_offsets_lie_within_their_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[points.Seen] = []
    real = points.signalling
    monkeypatch.setattr(points, "signalling", lambda *a: kept.append(real(*a)) or kept[-1])
    analyse(arguments([0, 1, 2]), "handoffs")
    (seen,) = kept
    for capture, clock in zip(TRUTH["captures"], seen.clocks, strict=True):
        true_ns = TRUTH["clock"]["offsets_ns"][capture.partition("=")[0]]
        assert clock.error_ns is not None
        assert abs(int(clock.offset_ns[0]) - true_ns) <= clock.error_ns


def test_messages_seen_twice_are_one_row() -> None:
    rows = _cells(analyse(arguments([0, 1, 2]), "messages").table)
    kinds = [row["kind"] for row in rows]
    expected = {k: n for k, n in TRUTH["messages"].items() if k in set(kinds)}
    assert {k: kinds.count(k) for k in set(kinds)} == expected
    assert {row["point"] for row in rows} == {"HA", "SAR", "TAR"}


def test_other_points_may_come_in_any_order() -> None:
    one, other = (_cells(analyse(arguments(o), "handoffs").table) for o in ([0, 1, 2], [0, 2, 1]))
    assert one == other


def test_points_with_nothing_in_common_say_so(tmp_path: Path) -> None:
    update = wire.binding_update("2001:db8:1::a", "2001:db8:2::1", "::", "a@b", 1, 600)
    lone = wire.router_solicitation("fe80::9", b"\2\0\0\0\0\1")
    for name, packet in (("one", update), ("two", lone)):
        (tmp_path / f"{name}.pcap").write_bytes(wire.pcap([(10**18, wire.eth(packet))]))
    result = analyse([f"A={tmp_path / 'one.pcap'}", f"B={tmp_path / 'two.pcap'}"], "sessions")
    (warning,) = result.warnings
    assert "two.pcap: nothing in common" in warning


def observed(times_ns: list[list[int]], clock: list[int], ways: list[bool]) -> dict[str, Any]:
    """Columns of messages 0, 1, … with their times by clock; way: from node 1 to 2, or back."""
    count = len(ways)
    m = {name: np.zeros(count * len(clock), np.int64) for name in (*SAME, "time_ns")}
    m["identifier"] = np.tile(np.arange(count), len(clock))
    m["src"] = np.tile(np.where(ways, 1, 2), len(clock))
    m["dst"] = np.tile(np.where(ways, 2, 1), len(clock))
    m["time_ns"] = np.concatenate([np.array(t, np.int64) for t in times_ns])
    return m


def test_offset_from_both_directions() -> None:
    """Clock 1 is 500 ahead; 30 and 40 on the way there, 10 and 20 back: 500+30, 500-10 bound it."""
    ways = [True, True, False, False]
    here = [1000, 2000, 3000, 4000]
    there = [1000 + 530, 2000 + 540, 3000 + 490, 4000 + 480]
    m = observed([here, there], [0, 1], ways)
    clock = align(m, np.repeat([0, 1], 4), 2)[1]
    # Highest 530, lowest 490: the middle 510, 20 to either side.
    assert int(clock.offset_ns[0]) == 510
    assert clock.error_ns == 20
    assert clock.samples == 4


def test_drifting_clock_is_followed() -> None:
    """100 ppm over 1,000 s is 0.1 s: no single offset fits messages that travel for 1 ms."""
    ns = 10**9
    true = [n * ns for n in range(1000)]
    ways = [n % 2 == 0 for n in range(1000)]
    ahead = [
        t + t // 10_000 + (10**6 if way else -(10**6)) for t, way in zip(true, ways, strict=True)
    ]
    m = observed([true, ahead], [0, 1], ways)
    clock = align(m, np.repeat([0, 1], 1000), 2)[1]
    assert len(clock.at_ns) > 1
    assert clock.error_ns is not None
    exact = np.array([t + t // 10_000 for t in true], np.int64)
    inner = slice(50, 950)
    difference = np.abs(clock.aligned(exact)[inner] - np.array(true)[inner])
    assert difference.max() <= clock.error_ns
    assert clock.error_ns < 10**8
