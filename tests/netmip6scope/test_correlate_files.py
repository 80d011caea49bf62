"""One story in several files: the tables are those of the whole (CONTRACT 1 and 2)."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests import wire
from tests.netmip6scope.story import (
    ALICE,
    AR1,
    AR2,
    BOB,
    MS,
    Row,
    Story,
    check,
    ms,
    only,
    rows_of,
    sec,
)

FRAMES = ("ho_request_frame", "ho_response_frame", "bu_frame", "ba_frame")


@pytest.fixture
def parts(story: Story) -> list[str]:
    """A handoff cut before its HO Response and before its BA; names that sort otherwise."""
    story.attach(ms(0), ALICE, AR1)
    story.downlink(ms(900), ALICE, AR1)
    story.handoff(ms(1000), ALICE, AR1, AR2)
    story.downlink(ms(1100), ALICE, AR2)
    frames = story.in_order()
    paths = []
    for name, begin, end in (("z", 0, 6), ("a", 6, 8), ("m", 8, None)):
        path = story.directory / f"{name}.pcap"
        path.write_bytes(wire.pcap(frames[begin:end]))
        paths.append(str(path))
    return paths


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_any_order_of_arguments(parts: list[str], order: tuple[int, ...]) -> None:
    """Files come in the order of their times, whatever the order of their names."""
    row = only(rows_of([parts[n] for n in order], "handoffs"))
    check(row, outcome="complete", context_ms=5 * MS, binding_ms=5 * MS, dl_gap_ms=200 * MS)
    check(row, sar=AR1, tar=AR2, ho_requests=1, bus=1, clock_error_ms=0)
    row = only(rows_of([parts[n] for n in order], "sessions"))
    check(row, ar_path=f"{AR1} > {AR2}", dl_packets=2, setup_ms=9 * MS, handoffs=1)


def test_frames_count_from_1_in_each_file(parts: list[str]) -> None:
    row = only(rows_of(parts, "handoffs"))
    check(row, ho_request_frame=6, ho_response_frame=1, bu_frame=2, ba_frame=1)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_point_named_for_all_of_them(parts: list[str], order: tuple[int, ...]) -> None:
    """`POINT=FILE`: rotated files of one capture point, in any order."""
    named = [f"tap={parts[n]}" for n in order]
    assert rows_of(named, "handoffs") == rows_of(parts, "handoffs")
    assert {row["point"] for row in rows_of(named, "messages")} == {"tap"}


def test_a_directory_and_a_glob(parts: list[str]) -> None:
    directory = Path(parts[0]).parent
    expected = rows_of(parts, "handoffs")
    assert rows_of([str(directory)], "handoffs") == expected
    assert rows_of([str(directory / "*.pcap")], "handoffs") == expected


def test_messages_of_all_files(parts: list[str]) -> None:
    def told(row: Row) -> tuple[str, int, str, int | None, int | None]:
        return row["point"], row["frame"], row["kind"], row["session"], row["handoff"]

    rows = rows_of(parts, "messages")
    assert [row["kind"] for row in rows][:1] == ["rs"]
    assert [told(row) for row in rows[1:]] == [
        ("z", 2, "bu", 1, None),
        ("z", 3, "ba", 1, None),
        ("z", 4, "ra", 1, None),
        ("z", 6, "ho-request", 1, 1),
        ("a", 1, "ho-response", 1, 1),
        ("a", 2, "bu", 1, 1),
        ("m", 1, "ba", 1, 1),
    ]


def test_times_of_the_last_file_decide_the_end(parts: list[str], story: Story) -> None:
    """The capture ends where the last file ends, which holds nothing but other traffic."""
    story.bu(sec(2), ALICE, AR1, lifetime_s=0)
    story.ho_request(sec(3), BOB, AR2, AR1, 9)
    begun = story.write("begun.pcap")
    check(rows_of([begun], "handoffs")[1], mn_id=BOB.nai, outcome="incomplete")
    later = Story(story.directory)
    later.unrelated(sec(60))
    ended = later.write("0.pcap")
    check(rows_of([ended, begun], "handoffs")[1], mn_id=BOB.nai, outcome="context-timeout")


def test_an_empty_file_among_them(parts: list[str], story: Story) -> None:
    """A rotated file without any frame is a capture like others."""
    empty = story.directory / "b.pcap"
    empty.write_bytes(wire.pcap([]))
    expected = rows_of(parts, "handoffs")
    assert rows_of([str(empty), *parts], "handoffs") == expected
