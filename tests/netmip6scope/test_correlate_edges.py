"""Captures that begin or end in the middle of an exchange (CONTRACT 2.3, last rule)."""

from __future__ import annotations

import pytest

from tests.netmip6scope.story import (
    ALICE,
    AR1,
    AR2,
    AR3,
    BOB,
    HA,
    MS,
    Story,
    check,
    ms,
    only,
    sec,
)


def test_begins_with_the_ho_request(story: Story) -> None:
    """No set-up in sight: the SAR, known from the exchange alone, comes first in the path."""
    story.handoff(ms(0), ALICE, AR1, AR2)
    row = only(story.handoffs())
    check(row, sar=AR1, tar=AR2, outcome="complete", start=ms(0), ho_requests=1, bus=1)
    check(row, mn_id=ALICE.nai, hoa=ALICE.hoa, ha=HA)
    row = only(story.sessions())
    check(row, mn_id=ALICE.nai, hoa=ALICE.hoa, ha=HA, start=ms(0), state="active")
    check(row, ar_path=f"{AR1} > {AR2}", handoffs=1, setup_ms=None, address_ms=None)


def test_begins_after_the_ho_request(story: Story) -> None:
    """`start` is the first message seen; what the request would give is unknown."""
    story.ho_response(ms(0), ALICE, AR1, AR2, 7)
    story.bu(ms(2), ALICE, AR2)
    story.ba(ms(9), ALICE, AR2)
    row = only(story.handoffs())
    check(row, sar=AR1, tar=AR2, outcome="complete", start=ms(0), mn_id=ALICE.nai)
    check(row, ho_request_time=None, ho_request_frame=None, ho_requests=0, context_ms=None)
    check(row, ho_response_time=ms(0), preparation_ms=None, binding_ms=7 * MS, bus=1)
    check(only(story.sessions()), ar_path=f"{AR1} > {AR2}", handoffs=1, start=ms(0))


def test_begins_with_a_refusal(story: Story) -> None:
    story.ho_response(ms(0), ALICE, AR1, AR2, 7, 3)
    story.bu(ms(100), ALICE, AR2)
    story.ba(ms(106), ALICE, AR2)
    row = only(story.handoffs())
    check(row, outcome="reactive", status=3, start=ms(0), ho_requests=0, binding_ms=6 * MS)


def test_begins_with_the_acknowledgement(story: Story) -> None:
    """A BA whose update was not seen still tells who is bound where."""
    story.ba(ms(0), ALICE, AR2, seq=9)
    story.handoff(sec(10), ALICE, AR2, AR3)
    row = only(story.handoffs())
    check(row, sar=AR2, tar=AR3, outcome="complete", start=sec(10))
    check(only(story.sessions()), mn_id=ALICE.nai, hoa=ALICE.hoa, state="active", handoffs=1)


def test_begins_between_the_sar_tunnel_and_the_update(story: Story) -> None:
    """The SAR shows itself only by its tunnel: it comes first in `ar_path`."""
    story.downlink(ms(0), ALICE, AR1)
    story.uplink(ms(10), ALICE, AR1)
    story.bu(ms(20), ALICE, AR2)
    story.ba(ms(26), ALICE, AR2)
    story.downlink(ms(40), ALICE, AR2)
    row = only(story.handoffs())
    check(row, sar=AR1, tar=AR2, start=ms(20), binding_ms=6 * MS, dl_gap_ms=40 * MS)
    check(row, ho_request_time=None, ho_requests=0)
    check(only(story.sessions()), ar_path=f"{AR1} > {AR2}", handoffs=1, dl_packets=2, ul_packets=1)


def test_the_later_of_two_tunnels_is_the_sar(story: Story) -> None:
    story.downlink(ms(0), ALICE, AR3)
    story.downlink(ms(10), ALICE, AR1)
    story.bu(ms(20), ALICE, AR2)
    story.ba(ms(26), ALICE, AR2)
    check(only(story.handoffs()), sar=AR1, tar=AR2)


def test_the_context_tells_home_address_and_home_agent(story: Story) -> None:
    """An exchange that no BU follows, of a node of which nothing else is seen."""
    story.ho_request(ms(0), ALICE, AR2, AR1, 7)
    story.ho_response(ms(5), ALICE, AR1, AR2, 7)
    story.unrelated(sec(60))
    check(only(story.handoffs()), hoa=ALICE.hoa, ha=HA, outcome="binding-timeout", bus=0)
    check(only(story.sessions()), hoa=ALICE.hoa, ha=HA, state="partial")


def test_begins_with_a_renewal(story: Story) -> None:
    story.bu(ms(0), ALICE, AR1)
    story.ba(ms(6), ALICE, AR1)
    story.downlink(ms(50), ALICE, AR1)
    assert story.handoffs() == []
    check(only(story.sessions()), state="active", ar_path=AR1, handoffs=0, dl_packets=1)


def test_begins_with_a_refused_attempt(story: Story) -> None:
    """`partial`: no accepted binding seen."""
    story.ho_request(ms(0), ALICE, AR2, AR1, 7)
    story.ho_response(ms(5), ALICE, AR1, AR2, 7, 4)
    story.unrelated(sec(30))
    check(only(story.handoffs()), mn_id=ALICE.nai, sar=AR1, tar=AR2, outcome="context-refused")
    check(only(story.sessions()), mn_id=ALICE.nai, state="partial", handoffs=1)


def test_begins_with_a_rejected_attempt(story: Story) -> None:
    """Not the set-up's BA: the state is `partial`, not `rejected`."""
    story.ho_request(ms(0), ALICE, AR2, AR1, 7)
    story.ho_response(ms(5), ALICE, AR1, AR2, 7)
    story.bu(ms(7), ALICE, AR2)
    story.ba(ms(12), ALICE, AR2, status=129)
    check(only(story.handoffs()), outcome="binding-rejected", status=129)
    check(only(story.sessions()), state="partial")


def test_only_user_traffic(story: Story) -> None:
    """Tunnels without any message: no exchange is made up."""
    for n in range(10):
        story.downlink(ms(n), ALICE, AR1)
    assert story.handoffs() == []
    assert [row for row in story.sessions() if row["state"] != "partial"] == []


# The frames of a handoff that begins at 1 s, and how long after its begin each is sent.
REQUEST, RESPONSE, UPDATE, ACK = range(4)


@pytest.mark.parametrize(
    ("last", "seen"),
    [
        (REQUEST, {"ho_requests": 1, "ho_response_time": None, "bus": 0}),
        (RESPONSE, {"ho_requests": 1, "context_ms": 5 * MS, "bus": 0, "bu_time": None}),
        (UPDATE, {"bu_time": ms(1007), "ba_time": None, "bus": 1}),
    ],
)
def test_ends_in_the_middle(story: Story, last: int, seen: dict[str, int | None]) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.handoff(ms(1000), ALICE, AR1, AR2)
    del story.frames[4 + last + 1 :]
    row = only(story.handoffs())
    check(row, outcome="incomplete", status=None, start=ms(1000), binding_ms=None, **seen)
    check(only(story.sessions()), state="active", ar_path=AR1, handoffs=1)


def test_ends_in_the_middle_of_the_set_up(story: Story) -> None:
    story.rs(ms(0), ALICE)
    story.bu(ms(2), ALICE, AR1, set_up=True)
    check(only(story.sessions()), state="partial", ar_path=None, binding_ms=None, setup_ms=None)


def test_ends_before_the_router_advertisement(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.frames.pop()
    row = only(story.sessions())
    check(row, state="active", setup_ms=None, address_ms=None, binding_ms=6 * MS)


def test_one_in_the_middle_and_one_from_the_begin(story: Story) -> None:
    """Numbers count in order of start."""
    story.attach(ms(0), BOB, AR1)
    story.handoff(ms(500), ALICE, AR1, AR2, 3)
    story.handoff(ms(400), BOB, AR1, AR3, 4)
    handoffs = story.handoffs()
    assert [(h["handoff"], h["session"], h["mn_id"]) for h in handoffs] == [
        (1, 1, BOB.nai),
        (2, 2, ALICE.nai),
    ]
    assert [s["session"] for s in story.sessions()] == [1, 2]
