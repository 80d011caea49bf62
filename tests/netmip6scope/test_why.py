"""`sessions --why` and `--clocks`: how a table came to be, told frame by frame."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from netmip6scope.cli.main import main
from netmip6scope.pipeline import analyse
from tests import wire
from tests.netmip6scope.story import (
    ALICE,
    AR1,
    AR2,
    BOB,
    DAVID4,
    MS,
    SECOND,
    Row,
    Story,
    ms,
    rows_of,
    sec,
)
from tests.netmip6scope.test_points import DATA, TRUTH, arguments

Captured = pytest.CaptureFixture[str]


def told(rows: list[Row]) -> list[tuple[int, str, str, int]]:
    return [(row["frame"], row["kind"], row["field"], row["of_frame"]) for row in rows]


def test_set_up_and_handoff_of_a_node_that_is_not_always_named(story: Story) -> None:
    """Each message without identity follows from one that has it, or that follows from one."""
    story.attach(ms(0), ALICE, AR1)
    story.packet(ms(1000), wire.bare_ho_request(AR2, AR1, 44))
    story.ho_response(ms(1006), ALICE, AR1, AR2, 44)
    story.bu(ms(1010), ALICE, AR2, nai=False)
    story.ba(ms(1015), ALICE, AR2, hoa=False, nai=False)
    assert told(story.rows("why")) == [
        (1, "rs", "ipv6.src", 4),  # the advertisement is to the solicitation's source
        (2, "bu", "mip6.mnid.identifier", 2),
        (3, "ba", "mip6.mnid.identifier", 3),
        (4, "ra", "icmpv6.opt.prefix", 3),  # the prefix of the home address in the BA
        (5, "ho-request", "netmip6.ho_request.identifier", 6),  # Identifier 44
        (6, "ho-response", "icmpv6.opt.mn.value", 6),
        (7, "bu", "hoa", 6),  # the home address in the response's context
        (8, "ba", "mip6.ba.seqnr", 7),
    ]


def test_ipv4_home_address(story: Story) -> None:
    story.attach(ms(0), DAVID4, AR1)
    story.bu(sec(1), DAVID4, AR1, nai=False)
    assert told(story.rows("why"))[2:] == [(3, "bu", "hoa4", 2)]


def test_what_belongs_to_no_session_has_no_row(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.rs(sec(1), BOB)
    assert {row["frame"] for row in story.rows("why")} == {1, 2, 3, 4}


def test_frames_count_in_the_file_of_their_point(story: Story) -> None:
    """The request is seen at one point, the response at the other: rows say where frames are."""
    story.packet(ms(0), wire.bare_ho_request(AR2, AR1, 44))
    other = Story(story.directory)
    other.unrelated(ms(1))
    other.ho_response(ms(6), ALICE, AR1, AR2, 44)
    files = [f"one={story.write('one.pcap')}", f"two={other.write('two.pcap')}"]
    request, _ = rows_of(files, "why")
    where = (request["frame"], request["point"], request["of_frame"], request["of_point"])
    assert where == (1, "one", 2, "two")


@pytest.mark.parametrize("option", ["--clocks", "--why"])
def test_a_table_of_its_own_takes_no_filter(option: str, capsys: Captured) -> None:
    assert main(["sessions", option, "-Y", "session == 1", "a.pcap"]) == 2
    assert f"{option} gives a table of its own and does not go with -Y" in capsys.readouterr().err


def test_offsets_of_three_points_are_true_within_their_bounds(capsys: Captured) -> None:
    assert main(["handoffs", "--clocks", "--format", "jsonl", *arguments([0, 1, 2])]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["state"] for row in rows] == ["reference", "aligned", "aligned"]
    for row in rows:
        true_ms = Decimal(TRUTH["clock"]["offsets_ns"][row["point"]]) / 10**6
        error_ms = Decimal(str(row["error_ms"]))
        assert abs(Decimal(str(row["offset_ms"])) - true_ms) <= error_ms
        assert error_ms <= Decimal(TRUTH["clock"]["max_error_ms"])
        assert row["samples"] > 0


def two_points(story: Story, drift_ppm: int) -> list[str]:
    """Renewals for 1000 s; the other point is 1 ms further on, its clock 3 s ahead and drifting."""
    for n in range(100):
        story.bu(sec(10 * n), ALICE, AR1)
        story.ba(sec(10 * n) + 8 * MS, ALICE, AR1)
    one = story.write("one.pcap")
    frames = []
    for n, (at, octets) in enumerate(story.in_order()):
        there = at + (MS if n % 2 == 0 else -MS)  # updates pass it later, answers earlier
        frames.append((there + 3 * SECOND + (there - sec(0)) * drift_ppm // 10**6, octets))
    two = story.directory / "two.pcap"
    two.write_bytes(wire.pcap(frames))
    return [f"one={one}", f"two={two}"]


def test_steady_clock(story: Story) -> None:
    """Ahead by 3 s + 1 ms one way and 3 s - 1 ms the other: 3 s, wrong by at most 1 ms."""
    _, other = rows_of(two_points(story, 0), "clocks")
    assert (other["offset_ms"], other["error_ms"], other["drift_ppb"]) == (3 * SECOND, MS, 0)
    assert other["samples"] == 200


def test_drifting_clock(story: Story) -> None:
    """50 ppm: the offset grows by 50 ms in 1000 s, known to 1 ms and a window's growth."""
    _, other = rows_of(two_points(story, 50), "clocks")
    assert other["state"] == "aligned"
    assert abs(other["drift_ppb"] - 50_000) < 5_000
    assert abs(other["offset_ms"] - 3 * SECOND) < other["error_ms"] + 50 * MS
    assert MS <= other["error_ms"] < 5 * MS


def test_points_with_nothing_in_common_say_so(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1)
    other = Story(story.directory)
    other.unrelated(ms(0))
    files = [f"one={story.write('one.pcap')}", f"two={other.write('two.pcap')}"]
    _, lone = rows_of(files, "clocks")
    assert lone["state"] == "nothing in common"
    assert (lone["offset_ms"], lone["error_ms"], lone["drift_ppb"]) == (None, None, None)


def test_one_clock_is_the_reference(capsys: Captured) -> None:
    capture: Path = DATA / "01_slaac_handoff.pcap"
    assert main(["findings", "--clocks", str(capture)]) == 0
    (row,) = capsys.readouterr().out.splitlines()[1:]
    assert row == "01_slaac_handoff,reference,0.000000,0,0.000000,0"


def test_what_comes_before_the_binding_has_reasons() -> None:
    """02 of the captures: RADIUS names the node, DHCPv6 gives its address to a client."""
    table = analyse([str(DATA / "02_dhcpv6_bicast.pcapng")], "why").table
    columns = {name: table.values[name] for name in ("frame", "kind", "field", "of_frame")}
    told = {
        int(frame): (kind, field, int(of))
        for frame, kind, field, of in zip(
            columns["frame"],
            columns["kind"].texts(),
            columns["field"].texts(),
            columns["of_frame"],
            strict=True,
        )
    }
    assert told[8] == ("radius-access-request", "radius.User_Name", 8)
    assert told[9] == ("radius-access-challenge", "radius.id", 8)
    assert told[11] == ("radius-access-accept", "radius.id", 10)
    # The Solicit has no address; the Advertise to the same DUID has.
    assert told[13] == ("dhcp6-solicit", "client", 16)
    assert told[18] == ("dhcp6-reply", "hoa", 18)
