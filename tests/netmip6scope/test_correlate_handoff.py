"""Handoffs that succeed: every cell of the row, retransmissions, tear-down (CONTRACT 2.3)."""

from __future__ import annotations

import pytest

from tests import wire
from tests.netmip6scope.story import (
    ALICE,
    AR1,
    AR2,
    AR3,
    DAVID4,
    HA,
    MS,
    SECOND,
    Mobile,
    Story,
    check,
    ms,
    only,
    sec,
)


def test_every_cell_of_a_clean_handoff(story: Story) -> None:
    """Frames 1 to 4 are the set-up; the rest is numbered in the comments."""
    story.attach(ms(0), ALICE, AR1)
    story.uplink(ms(100), ALICE, AR1)  # 5
    story.downlink(ms(120), ALICE, AR1)  # 6
    story.ho_request(ms(1000), ALICE, AR2, AR1, 7)  # 7
    story.ho_response(ms(1006), ALICE, AR1, AR2, 7)  # 8
    story.downlink(ms(1007, 1), ALICE, AR1)  # 9: last through the SAR
    story.bu(ms(1010), ALICE, AR2)  # 10
    story.uplink(ms(1012, 2), ALICE, AR1)  # 11: last through the SAR
    story.ba(ms(1019), ALICE, AR2)  # 12
    story.downlink(ms(1025, 3), ALICE, AR2)  # 13: first through the TAR
    story.teardown(ms(1040), ALICE, AR1)  # 14, 15
    story.uplink(ms(1100, 4), ALICE, AR2)  # 16: first through the TAR
    story.downlink(ms(1200), ALICE, AR2)  # 17
    story.uplink(ms(1201), ALICE, AR2)  # 18
    assert only(story.handoffs()) == {
        "handoff": 1,
        "session": 1,
        "mn_id": ALICE.nai,
        "hoa": ALICE.hoa,
        "hoa4": None,
        "kind": "inter-ar",
        "sar": AR1,
        "tar": AR2,
        "ha": HA,
        "map": None,
        "outcome": "complete",
        "status": None,
        "start": ms(1000),
        "ho_request_time": ms(1000),
        "ho_response_time": ms(1006),
        "bu_time": ms(1010),
        "ba_time": ms(1019),
        "last_dl_sar_time": ms(1007, 1),
        "first_dl_tar_time": ms(1025, 3),
        "last_ul_sar_time": ms(1012, 2),
        "first_ul_tar_time": ms(1100, 4),
        "teardown_time": ms(1040),
        "context_ms": 6 * MS,
        "binding_ms": 9 * MS,
        "preparation_ms": 19 * MS,
        "dl_gap_ms": 18 * MS + 2,
        "ul_gap_ms": 88 * MS + 2,
        "bicast_packets": 0,
        "late_sar_packets": 0,
        "ho_requests": 1,
        "bus": 1,
        "clock_error_ms": 0,
        "ho_request_frame": 7,
        "ho_response_frame": 8,
        "bu_frame": 10,
        "ba_frame": 12,
        "findings": "HO-NO-AH",
    }
    row = only(story.sessions())
    check(row, state="active", ar_path=f"{AR1} > {AR2}", handoffs=1, binding_ms=6 * MS)
    check(row, dl_packets=4, ul_packets=4, start=ms(0), setup_ms=9 * MS)


def test_ipv4_only_mobile_node(story: Story) -> None:
    """WIRE.md: its BUs carry home address `::` and option 29, its BAs no Type 2 Routing header."""
    story.attach(ms(0), DAVID4, AR1)
    story.downlink(ms(900), DAVID4, AR1)
    story.uplink(ms(910), DAVID4, AR1)
    story.handoff(ms(1000), DAVID4, AR1, AR2)
    story.downlink(ms(1020), DAVID4, AR2)
    story.uplink(ms(1050), DAVID4, AR2)
    row = only(story.handoffs())
    check(row, mn_id=DAVID4.nai, hoa=None, hoa4=DAVID4.hoa4, outcome="complete", sar=AR1, tar=AR2)
    check(row, context_ms=5 * MS, binding_ms=5 * MS, preparation_ms=12 * MS)
    check(row, dl_gap_ms=120 * MS, ul_gap_ms=140 * MS)
    check(only(story.sessions()), hoa4=DAVID4.hoa4, ar_path=f"{AR1} > {AR2}", handoffs=1)


def test_both_address_families(story: Story) -> None:
    """A mobile node with two home addresses: packets of either count."""
    both = Mobile("both0@example.net", ALICE.hoa, "192.0.2.7")
    story.attach(ms(0), both, AR1)
    four = story.inner(both, up=False, ip4=True)
    story.downlink(ms(900), both, AR1)
    story.packet(ms(950), wire.tunnel(HA, AR1, four))
    story.handoff(ms(1000), both, AR1, AR2)
    story.packet(ms(1020), wire.tunnel(HA, AR2, story.inner(both, up=False, ip4=True)))
    story.downlink(ms(1030), both, AR2)
    row = only(story.handoffs())
    check(row, hoa=both.hoa, hoa4=both.hoa4, outcome="complete")
    check(row, last_dl_sar_time=ms(950), first_dl_tar_time=ms(1020), dl_gap_ms=70 * MS)
    check(only(story.sessions()), hoa=both.hoa, hoa4=both.hoa4, dl_packets=4)


def test_ho_request_retransmissions(story: Story) -> None:
    """Same Identifier: counted, and the first one's time and frame are kept."""
    story.attach(ms(0), ALICE, AR1)
    story.ho_request(sec(1), ALICE, AR2, AR1, 7)  # frame 5
    story.ho_request(sec(2), ALICE, AR2, AR1, 7)
    story.ho_request(sec(4), ALICE, AR2, AR1, 7)
    story.ho_response(sec(4) + 6 * MS, ALICE, AR1, AR2, 7)  # frame 8
    story.bu(sec(4) + 9 * MS, ALICE, AR2)
    story.ba(sec(4) + 13 * MS, ALICE, AR2)
    row = only(story.handoffs())
    check(row, outcome="complete", ho_requests=3, start=sec(1), ho_request_time=sec(1))
    check(row, ho_request_frame=5, ho_response_frame=8, context_ms=3 * SECOND + 6 * MS)
    check(row, preparation_ms=3 * SECOND + 13 * MS, binding_ms=4 * MS)


def test_ho_request_repeated_behind_the_response(story: Story) -> None:
    """The response was lost on its way to the TAR: `ho_requests` counts messages sent."""
    story.attach(ms(0), ALICE, AR1)
    story.ho_request(ms(1000), ALICE, AR2, AR1, 7)
    story.ho_response(ms(1005), ALICE, AR1, AR2, 7)
    story.ho_request(ms(2000), ALICE, AR2, AR1, 7)
    story.bu(ms(2008), ALICE, AR2)
    story.ba(ms(2012), ALICE, AR2)
    check(only(story.handoffs()), ho_requests=2, ho_request_time=ms(1000), outcome="complete")


@pytest.mark.parametrize("again", [40, 41])
def test_binding_update_retransmissions(story: Story, again: int) -> None:
    """Same care-of address, the sequence number repeated or raised: one handoff."""
    story.attach(ms(0), ALICE, AR1)
    story.ho_request(ms(1000), ALICE, AR2, AR1, 7)
    story.ho_response(ms(1005), ALICE, AR1, AR2, 7)
    story.bu(ms(1007), ALICE, AR2, seq=40)  # frame 7
    story.bu(ms(2007), ALICE, AR2, seq=again)
    story.ba(ms(2011), ALICE, AR2)  # frame 9
    row = only(story.handoffs())
    check(row, outcome="complete", bus=2, bu_time=ms(1007), bu_frame=7)
    check(row, ba_time=ms(2011), ba_frame=9, binding_ms=1004 * MS, preparation_ms=1011 * MS)


def test_sequence_number_out_of_window_then_accepted(story: Story) -> None:
    """A BA 135 followed by an accepted BU is `complete`, settled by the accepting BA."""
    story.attach(ms(0), ALICE, AR1)
    story.ho_request(ms(1000), ALICE, AR2, AR1, 7)
    story.ho_response(ms(1005), ALICE, AR1, AR2, 7)
    story.bu(ms(1007), ALICE, AR2, seq=3)
    story.ba(ms(1011), ALICE, AR2, status=135)
    story.bu(ms(1013), ALICE, AR2, seq=102)
    story.ba(ms(1018), ALICE, AR2)
    row = only(story.handoffs())
    check(row, outcome="complete", status=None, bus=2, bu_time=ms(1007), ba_time=ms(1018))
    check(row, binding_ms=11 * MS)
    check(only(story.sessions()), ar_path=f"{AR1} > {AR2}", handoffs=1)


def test_replay_status_then_accepted(story: Story) -> None:
    """Status 144 (RFC 4285 section 5): the TAR sets its clock and asks again."""
    story.attach(ms(0), ALICE, AR1)
    story.ho_request(ms(1000), ALICE, AR2, AR1, 7)
    story.ho_response(ms(1005), ALICE, AR1, AR2, 7)
    story.bu(ms(1007), ALICE, AR2)
    story.ba(ms(1011), ALICE, AR2, status=144)
    story.bu(ms(1013), ALICE, AR2)
    story.ba(ms(1018), ALICE, AR2)
    check(only(story.handoffs()), outcome="complete", bus=2, binding_ms=11 * MS, status=None)


def test_late_acknowledgement_of_the_first(story: Story) -> None:
    """The first BU is acknowledged only after the second was sent; that settles it."""
    story.attach(ms(0), ALICE, AR1)
    story.ho_request(ms(1000), ALICE, AR2, AR1, 7)
    story.ho_response(ms(1005), ALICE, AR1, AR2, 7)
    story.bu(ms(1007), ALICE, AR2, seq=40)
    story.bu(ms(2007), ALICE, AR2, seq=41)
    story.ba(ms(2009), ALICE, AR2, seq=40)
    story.ba(ms(2012), ALICE, AR2, seq=41)
    check(only(story.handoffs()), outcome="complete", bus=2, ba_time=ms(2009))


def test_answer_and_question_with_the_same_time(story: Story) -> None:
    """A capture's clock may be coarse: durations of zero, in the order of the file."""
    story.attach(ms(0), ALICE, AR1)
    story.ho_request(sec(1), ALICE, AR2, AR1, 7)
    story.ho_response(sec(1), ALICE, AR1, AR2, 7)
    story.bu(sec(1), ALICE, AR2)
    story.ba(sec(1), ALICE, AR2)
    row = only(story.handoffs())
    check(row, outcome="complete", context_ms=0, binding_ms=0, preparation_ms=0)


def test_teardown_is_not_counted_and_ends_nothing(story: Story) -> None:
    """`bus` leaves the tear-down out; the HA leaves the TAR's binding alone (WIRE.md)."""
    story.attach(ms(0), ALICE, AR1)
    story.handoff(sec(1), ALICE, AR1, AR2)
    story.teardown(sec(2), ALICE, AR1)
    story.downlink(sec(3), ALICE, AR2)
    row = only(story.handoffs())
    check(row, teardown_time=sec(2), bus=1, outcome="complete", ba_time=sec(1) + 12 * MS)
    row = only(story.sessions())
    check(row, state="active", end=None, ar_path=f"{AR1} > {AR2}", dl_packets=1)


def test_teardown_sent_again(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.handoff(sec(1), ALICE, AR1, AR2)
    story.bu(sec(2), ALICE, AR1, lifetime_s=0, seq=55)
    story.teardown(sec(3), ALICE, AR1)
    check(only(story.handoffs()), teardown_time=sec(2), bus=1)
    check(only(story.sessions()), state="active")


def test_teardown_between_update_and_acknowledgement(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.ho_request(ms(1000), ALICE, AR2, AR1, 7)
    story.ho_response(ms(1005), ALICE, AR1, AR2, 7)
    story.bu(ms(1007), ALICE, AR2)
    story.teardown(ms(1008), ALICE, AR1, answer_after=20 * MS)
    story.ba(ms(1012), ALICE, AR2)
    check(only(story.handoffs()), outcome="complete", teardown_time=ms(1008), bus=1)
    check(only(story.sessions()), state="active", ar_path=f"{AR1} > {AR2}")


def test_without_teardown(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.handoff(sec(1), ALICE, AR1, AR2)
    check(only(story.handoffs()), teardown_time=None, outcome="complete")


def test_renewals_are_no_handoffs(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.bu(sec(300), ALICE, AR1)
    story.ba(sec(300) + 4 * MS, ALICE, AR1)
    story.handoff(sec(400), ALICE, AR1, AR2)
    story.bu(sec(700), ALICE, AR2)
    story.ba(sec(700) + 4 * MS, ALICE, AR2)
    check(only(story.handoffs()), bus=1, bu_time=sec(400) + 7 * MS, binding_ms=5 * MS)
    check(only(story.sessions()), ar_path=f"{AR1} > {AR2}", binding_ms=6 * MS, handoffs=1)


def test_three_routers_in_a_row(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.handoff(sec(10), ALICE, AR1, AR2, 1)
    story.handoff(sec(20), ALICE, AR2, AR3, 1)
    first, second = story.handoffs()
    check(first, handoff=1, session=1, sar=AR1, tar=AR2, start=sec(10), outcome="complete")
    check(second, handoff=2, session=1, sar=AR2, tar=AR3, start=sec(20), outcome="complete")
    check(only(story.sessions()), ar_path=f"{AR1} > {AR2} > {AR3}", handoffs=2)


def test_ping_pong(story: Story) -> None:
    """A to B to A: each handoff's user plane is that of its own window."""
    story.attach(ms(0), ALICE, AR1)
    story.downlink(ms(900), ALICE, AR1)
    story.handoff(sec(1), ALICE, AR1, AR2, 1)
    story.downlink(ms(1030), ALICE, AR2)
    story.teardown(ms(1040), ALICE, AR1)
    story.downlink(ms(1900), ALICE, AR2)
    story.handoff(sec(2), ALICE, AR2, AR1, 1)
    story.downlink(ms(2050), ALICE, AR1)
    story.teardown(ms(2060), ALICE, AR2)
    first, second = story.handoffs()
    check(first, sar=AR1, tar=AR2, outcome="complete", teardown_time=ms(1040))
    check(first, last_dl_sar_time=ms(900), first_dl_tar_time=ms(1030), dl_gap_ms=130 * MS)
    check(second, sar=AR2, tar=AR1, outcome="complete", teardown_time=ms(2060))
    check(second, last_dl_sar_time=ms(1900), first_dl_tar_time=ms(2050), dl_gap_ms=150 * MS)
    row = only(story.sessions())
    check(row, ar_path=f"{AR1} > {AR2} > {AR1}", handoffs=2, state="active", dl_packets=4)


def test_stale_renewal_is_no_handoff(story: Story) -> None:
    """A BU with lifetime > 0 from an AR that the MN has left is BU-STALE, never a handoff."""
    story.attach(ms(0), ALICE, AR1)
    story.handoff(sec(10), ALICE, AR1, AR2, 1)
    story.bu(sec(11), ALICE, AR1)
    story.ba(sec(11) + 4 * MS, ALICE, AR1)
    story.handoff(sec(20), ALICE, AR2, AR3, 2)
    first, second = story.handoffs()
    check(first, sar=AR1, tar=AR2, bus=1, outcome="complete")
    check(second, sar=AR2, tar=AR3, bus=1, outcome="complete")
    check(only(story.sessions()), ar_path=f"{AR1} > {AR2} > {AR3}", handoffs=2)


def test_repeated_response_changes_nothing(story: Story) -> None:
    """`ho_response_time` is that of the response that settled it, which is the first."""
    story.attach(ms(0), ALICE, AR1)
    story.ho_request(ms(1000), ALICE, AR2, AR1, 7)
    story.ho_response(ms(1005), ALICE, AR1, AR2, 7)  # frame 6
    story.ho_response(ms(1006), ALICE, AR1, AR2, 7)
    story.bu(ms(1007), ALICE, AR2)
    story.ba(ms(1012), ALICE, AR2)
    row = only(story.handoffs())
    check(row, ho_response_time=ms(1005), ho_response_frame=6, context_ms=5 * MS)


def test_repeated_acknowledgement_changes_nothing(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.handoff(ms(1000), ALICE, AR1, AR2)
    story.ba(ms(1500), ALICE, AR2)
    check(only(story.handoffs()), ba_time=ms(1012), binding_ms=5 * MS, outcome="complete")
    check(only(story.sessions()), ar_path=f"{AR1} > {AR2}")


def test_messages_tell_their_session_and_handoff(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.handoff(sec(1), ALICE, AR1, AR2)
    story.bu(sec(2), ALICE, AR1, lifetime_s=0)
    rows = story.messages()
    assert [(row["kind"], row["session"], row["handoff"]) for row in rows[1:]] == [
        ("bu", 1, None),
        ("ba", 1, None),
        ("ra", 1, None),
        ("ho-request", 1, 1),
        ("ho-response", 1, 1),
        ("bu", 1, 1),
        ("ba", 1, 1),
        ("bu", 1, 1),
    ]
    assert [row["frame"] for row in rows] == list(range(1, 10))
