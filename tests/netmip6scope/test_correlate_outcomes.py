"""How attempts end: refused, rejected, unanswered, reactive, or cut off by the capture's end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.netmip6scope.story import (
    ALICE,
    AR1,
    AR2,
    AR3,
    MS,
    SECOND,
    Row,
    Story,
    check,
    ms,
    only,
    rows_of,
    sec,
)

USER_PLANE = (
    "last_dl_sar_time",
    "first_dl_tar_time",
    "last_ul_sar_time",
    "first_ul_tar_time",
    "dl_gap_ms",
    "ul_gap_ms",
    "bicast_packets",
    "late_sar_packets",
)
REQUEST = ms(1000)
PATIENCE = 15 * SECOND


def no_user_plane(row: Row) -> None:
    """User-plane cells are filled for `complete` and `reactive` only."""
    check(row, **dict.fromkeys(USER_PLANE))


@pytest.fixture
def attached(story: Story) -> Story:
    """Attached at AR1, with traffic before and after all that the tests tell."""
    story.attach(ms(0), ALICE, AR1)
    story.downlink(ms(500), ALICE, AR1)
    story.uplink(ms(510), ALICE, AR1)
    return story


@pytest.mark.parametrize("status", [1, 2, 3, 4, 5, 255])
def test_context_refused(attached: Story, status: int) -> None:
    """`context-refused`: HO Response status not 0, reserved values included."""
    attached.ho_request(REQUEST, ALICE, AR2, AR1, 7)
    attached.ho_response(ms(1006), ALICE, AR1, AR2, 7, status)
    attached.downlink(sec(30), ALICE, AR1)
    row = only(attached.handoffs())
    check(row, outcome="context-refused", status=status, start=REQUEST, context_ms=6 * MS)
    check(row, ho_response_time=ms(1006), bu_time=None, ba_time=None, binding_ms=None)
    check(row, preparation_ms=None, ho_requests=1, bus=0, teardown_time=None, bu_frame=None)
    no_user_plane(row)
    check(only(attached.sessions()), ar_path=AR1, handoffs=1, state="active", dl_packets=2)


def test_refused_and_asked_again(attached: Story) -> None:
    """Another Identifier is no retransmission: another attempt, with its own outcome."""
    attached.ho_request(ms(1000), ALICE, AR2, AR1, 7)
    attached.ho_response(ms(1006), ALICE, AR1, AR2, 7, 2)
    attached.handoff(ms(2000), ALICE, AR1, AR2, 8)
    refused, done = attached.handoffs()
    check(refused, outcome="context-refused", status=2, start=ms(1000), bus=0)
    check(done, outcome="complete", status=None, start=ms(2000), ho_requests=1, bus=1)
    check(only(attached.sessions()), ar_path=f"{AR1} > {AR2}", handoffs=2)


@pytest.mark.parametrize("status", [1, 4])
def test_refused_then_bound_is_reactive(attached: Story, status: int) -> None:
    """A BU accepted after a refused exchange is the same row, with the refusal's status."""
    attached.ho_request(ms(1000), ALICE, AR2, AR1, 7)
    attached.ho_response(ms(1006), ALICE, AR1, AR2, 7, status)
    attached.bu(ms(1100), ALICE, AR2)
    attached.ba(ms(1105), ALICE, AR2)
    attached.downlink(ms(1200), ALICE, AR2)
    row = only(attached.handoffs())
    check(row, outcome="reactive", status=status, start=ms(1000), context_ms=6 * MS)
    check(row, binding_ms=5 * MS, preparation_ms=105 * MS, ho_requests=1, bus=1)
    check(row, last_dl_sar_time=ms(500), first_dl_tar_time=ms(1200), dl_gap_ms=700 * MS)
    check(row, last_ul_sar_time=ms(510), first_ul_tar_time=None, ul_gap_ms=None)
    check(row, bicast_packets=0, late_sar_packets=0)
    check(only(attached.sessions()), ar_path=f"{AR1} > {AR2}", handoffs=1)


def test_unanswered_then_bound_is_reactive(attached: Story) -> None:
    attached.ho_request(ms(1000), ALICE, AR2, AR1, 7)
    attached.ho_request(ms(2000), ALICE, AR2, AR1, 7)
    attached.bu(ms(5000), ALICE, AR2)
    attached.ba(ms(5006), ALICE, AR2)
    row = only(attached.handoffs())
    check(row, outcome="reactive", status=None, start=ms(1000), ho_requests=2, bus=1)
    check(row, ho_response_time=None, context_ms=None, preparation_ms=4006 * MS, binding_ms=6 * MS)


def test_reactive_without_any_exchange(attached: Story) -> None:
    """`start`: the first sign, the BU when reactive."""
    attached.bu(ms(1000), ALICE, AR2)
    attached.ba(ms(1006), ALICE, AR2)
    attached.downlink(ms(1020), ALICE, AR2)
    row = only(attached.handoffs())
    check(row, outcome="reactive", status=None, start=ms(1000), sar=AR1, tar=AR2)
    check(row, ho_request_time=None, ho_response_time=None, context_ms=None, preparation_ms=None)
    check(row, ho_requests=0, bus=1, binding_ms=6 * MS, dl_gap_ms=520 * MS)
    check(row, ho_request_frame=None, ho_response_frame=None)
    check(only(attached.sessions()), ar_path=f"{AR1} > {AR2}", handoffs=1)


@pytest.mark.parametrize("status", [128, 129, 130])
def test_binding_rejected(attached: Story, status: int) -> None:
    attached.ho_request(ms(1000), ALICE, AR2, AR1, 7)
    attached.ho_response(ms(1005), ALICE, AR1, AR2, 7)
    attached.bu(ms(1007), ALICE, AR2)
    attached.ba(ms(1015), ALICE, AR2, status=status)
    attached.downlink(sec(30), ALICE, AR1)
    row = only(attached.handoffs())
    check(row, outcome="binding-rejected", status=status, ba_time=ms(1015), binding_ms=8 * MS)
    check(row, context_ms=5 * MS, preparation_ms=15 * MS, bus=1)
    no_user_plane(row)
    check(only(attached.sessions()), ar_path=AR1, handoffs=1, state="active", dl_packets=2)


def test_reactive_binding_rejected(attached: Story) -> None:
    attached.bu(ms(1007), ALICE, AR2)
    attached.ba(ms(1015), ALICE, AR2, status=129)
    attached.unrelated(sec(30))
    row = only(attached.handoffs())
    check(row, outcome="binding-rejected", status=129, start=ms(1007), ho_requests=0, bus=1)
    check(only(attached.sessions()), ar_path=AR1, handoffs=1)


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        (REQUEST + PATIENCE - 1, "incomplete"),
        (REQUEST + PATIENCE + 1, "context-timeout"),
        (sec(3600), "context-timeout"),
    ],
)
def test_ho_request_unanswered(attached: Story, end: int, outcome: str) -> None:
    """It ends within the retransmission time (15 s) of an open request: `incomplete`."""
    attached.ho_request(REQUEST, ALICE, AR2, AR1, 7)
    attached.unrelated(end)
    row = only(attached.handoffs())
    check(row, outcome=outcome, status=None, start=REQUEST, ho_requests=1, bus=0)
    check(row, ho_response_time=None, context_ms=None)
    no_user_plane(row)


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        (ms(1007) + PATIENCE - 1, "incomplete"),
        (ms(1007) + PATIENCE + 1, "binding-timeout"),
    ],
)
def test_binding_update_unanswered(attached: Story, end: int, outcome: str) -> None:
    attached.ho_request(REQUEST, ALICE, AR2, AR1, 7)
    attached.ho_response(ms(1005), ALICE, AR1, AR2, 7)
    attached.bu(ms(1007), ALICE, AR2)
    attached.unrelated(end)
    row = only(attached.handoffs())
    check(row, outcome=outcome, status=None, bu_time=ms(1007), ba_time=None, binding_ms=None)
    check(row, preparation_ms=None, context_ms=5 * MS, bus=1)
    no_user_plane(row)
    check(only(attached.sessions()), ar_path=AR1, handoffs=1)


@pytest.mark.parametrize(("end", "outcome"), [(sec(5), "incomplete"), (sec(60), "binding-timeout")])
def test_no_binding_update_follows(attached: Story, end: int, outcome: str) -> None:
    """Context received but no BU follows: `binding-timeout` with `bus` 0."""
    attached.ho_request(REQUEST, ALICE, AR2, AR1, 7)
    attached.ho_response(ms(1005), ALICE, AR1, AR2, 7)
    attached.unrelated(end)
    row = only(attached.handoffs())
    check(row, outcome=outcome, bus=0, bu_time=None, context_ms=5 * MS, status=None)
    no_user_plane(row)


def test_reactive_binding_update_unanswered(attached: Story) -> None:
    attached.bu(ms(1000), ALICE, AR2)
    attached.unrelated(sec(60))
    row = only(attached.handoffs())
    check(row, outcome="binding-timeout", start=ms(1000), sar=AR1, tar=AR2, bus=1, ho_requests=0)


@pytest.mark.parametrize(
    ("end", "outcome"), [(ms(2999), "incomplete"), (ms(3001), "context-timeout")]
)
def test_retransmission_time_of_the_profile(
    attached: Story, tmp_path: Path, end: int, outcome: str
) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text("retransmission_ns = 2_000_000_000\n")
    attached.ho_request(REQUEST, ALICE, AR2, AR1, 7)
    attached.unrelated(end)
    rows = rows_of([attached.write()], "handoffs", str(profile))
    check(only(rows), outcome=outcome)


def test_a_second_target_while_one_is_open(attached: Story) -> None:
    """Another HO Request from another TAR is another attempt; each ends with its own outcome."""
    attached.ho_request(ms(1000), ALICE, AR2, AR1, 7)
    attached.ho_request(ms(1100), ALICE, AR3, AR1, 7)
    attached.ho_response(ms(1106), ALICE, AR1, AR3, 7)
    attached.bu(ms(1108), ALICE, AR3)
    attached.ba(ms(1115), ALICE, AR3)
    attached.unrelated(sec(60))
    first, second = attached.handoffs()
    check(first, handoff=1, sar=AR1, tar=AR2, outcome="context-timeout", ho_requests=1, bus=0)
    check(second, handoff=2, sar=AR1, tar=AR3, outcome="complete", context_ms=6 * MS, bus=1)
    check(second, start=ms(1100), binding_ms=7 * MS, preparation_ms=15 * MS)
    check(only(attached.sessions()), ar_path=f"{AR1} > {AR3}", handoffs=2)


def test_unanswered_then_another_target(attached: Story) -> None:
    attached.ho_request(ms(1000), ALICE, AR2, AR1, 7)
    attached.ho_response(ms(1005), ALICE, AR1, AR2, 7)
    attached.bu(ms(1007), ALICE, AR2)
    attached.handoff(sec(60), ALICE, AR1, AR3, 8)
    lost, done = attached.handoffs()
    check(lost, outcome="binding-timeout", bus=1)
    check(done, outcome="complete", bus=1, sar=AR1, tar=AR3)
    check(only(attached.sessions()), ar_path=f"{AR1} > {AR3}")


def test_response_behind_the_update(attached: Story) -> None:
    """The TAR registers before the context comes: the exchange is in sight all the same."""
    attached.ho_request(ms(1000), ALICE, AR2, AR1, 7)
    attached.bu(ms(1003), ALICE, AR2)
    attached.ho_response(ms(1005), ALICE, AR1, AR2, 7)
    attached.ba(ms(1012), ALICE, AR2)
    check(only(attached.handoffs()), outcome="complete", bus=1, context_ms=5 * MS)


def test_two_targets_get_the_context(attached: Story) -> None:
    """One of them never registers; its request is answered between the other's messages."""
    attached.ho_request(ms(1000), ALICE, AR2, AR1, 7)
    attached.ho_request(ms(1001), ALICE, AR3, AR1, 9)
    attached.ho_response(ms(1006), ALICE, AR1, AR2, 7)
    attached.ho_response(ms(1008), ALICE, AR1, AR3, 9)
    attached.bu(ms(1010), ALICE, AR2)
    attached.ba(ms(1015), ALICE, AR2)
    attached.unrelated(sec(60))
    chosen, left = attached.handoffs()
    check(chosen, tar=AR2, outcome="complete", context_ms=6 * MS, bus=1)
    check(left, tar=AR3, outcome="binding-timeout", context_ms=7 * MS, bus=0)
    check(only(attached.sessions()), ar_path=f"{AR1} > {AR2}", handoffs=2)


def test_an_open_attempt_when_the_capture_ends(attached: Story) -> None:
    attached.ho_request(ms(1000), ALICE, AR2, AR1, 7)
    attached.ho_request(ms(1100), ALICE, AR3, AR1, 7)
    attached.ho_response(ms(1106), ALICE, AR1, AR3, 7, 4)
    first, second = attached.handoffs()
    check(first, tar=AR2, outcome="incomplete")
    check(second, tar=AR3, outcome="context-refused", status=4)


def test_user_plane_of_a_handoff_without_traffic(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.handoff(sec(1), ALICE, AR1, AR2)
    row = only(story.handoffs())
    check(row, outcome="complete", last_dl_sar_time=None, first_dl_tar_time=None, dl_gap_ms=None)
    check(row, last_ul_sar_time=None, first_ul_tar_time=None, ul_gap_ms=None)
    check(row, bicast_packets=0, late_sar_packets=0)
