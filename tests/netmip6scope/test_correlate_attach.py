"""Set-up of a session: who asked, who answered, and how long each part took (CONTRACT 2.2)."""

from __future__ import annotations

import pytest

from tests import wire
from tests.netmip6scope.story import (
    ALICE,
    AR1,
    AR2,
    BOB,
    DAVID4,
    HA,
    MS,
    Mobile,
    Story,
    check,
    ms,
    only,
    sec,
)


def test_router_solicitation_to_router_advertisement(story: Story) -> None:
    story.rs(ms(0), ALICE)
    story.bu(ms(2), ALICE, AR1, set_up=True)
    story.ba(ms(8, 5), ALICE, AR1)
    story.ra(ms(11), ALICE, AR1)
    row = only(story.sessions())
    assert row == {
        "session": 1,
        "mn_id": ALICE.nai,
        "hoa": ALICE.hoa,
        "hoa4": None,
        "ha": HA,
        "map": None,
        "rcoa": None,
        "access": "slaac",
        "auth": None,
        "ar_path": AR1,
        "start": ms(0),
        "end": None,
        "state": "active",
        "setup_ms": 11 * MS,
        "auth_ms": None,
        "binding_ms": 6 * MS + 5,
        "address_ms": 3 * MS - 5,
        "handoffs": 0,
        "dl_packets": 0,
        "dl_bytes": 0,
        "ul_packets": 0,
        "ul_bytes": 0,
        "findings": None,
    }
    assert story.handoffs() == []


def test_router_solicitation_tells_its_session(story: Story) -> None:
    """The session begins with it: `start` and `setup_ms` count from there."""
    story.attach(ms(0), ALICE, AR1)
    check(only(story.sessions()), start=ms(0))
    assert [(row["kind"], row["session"]) for row in story.messages()] == [
        ("rs", 1),
        ("bu", 1),
        ("ba", 1),
        ("ra", 1),
    ]


def test_setup_counts_from_the_first_solicitation(story: Story) -> None:
    story.rs(ms(0), ALICE)
    story.rs(ms(1000), ALICE)
    story.bu(ms(1002), ALICE, AR1, set_up=True)
    story.ba(ms(1008), ALICE, AR1)
    story.ra(ms(1011), ALICE, AR1)
    check(only(story.sessions()), start=ms(0), setup_ms=1011 * MS, address_ms=3 * MS)


def test_later_solicitations_change_nothing(story: Story) -> None:
    """A host may ask for advertisements whenever it likes, and routers repeat them."""
    story.attach(ms(0), ALICE, AR1)
    story.rs(sec(100), ALICE)
    story.ra(sec(101), ALICE, AR1)
    story.ra(sec(200), ALICE, AR1)
    check(only(story.sessions()), start=ms(0), setup_ms=9 * MS, address_ms=1 * MS)
    assert story.handoffs() == []


def test_set_up_at_another_router_after_no_answer(story: Story) -> None:
    """There was no binding to hand off."""
    story.bu(ms(0), ALICE, AR2, set_up=True)
    story.bu(sec(5), ALICE, AR1, set_up=True)
    story.ba(sec(5) + 6 * MS, ALICE, AR1)
    check(only(story.sessions()), state="active", ar_path=AR1, handoffs=0)
    assert story.handoffs() == []


def test_home_address_assigned_by_aaa(story: Story) -> None:
    """Draft 3.1 step 3: the first BU carries the HoA where AAA has assigned one."""
    story.rs(ms(0), ALICE)
    story.bu(ms(2), ALICE, AR1)
    story.ba(ms(8), ALICE, AR1)
    story.ra(ms(11), ALICE, AR1)
    row = only(story.sessions())
    check(row, hoa=ALICE.hoa, state="active", ar_path=AR1, setup_ms=11 * MS, binding_ms=6 * MS)
    assert story.handoffs() == []


@pytest.mark.parametrize("unassigned", ["::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"])
def test_all_zeros_and_all_ones_ask_for_an_address(story: Story, unassigned: str) -> None:
    """WIRE.md: a decoder takes both as "assign one"; neither is ever a home address."""
    update = wire.binding_update(AR1, HA, unassigned, ALICE.nai, 1, 600)
    story.packet(ms(2), update)
    story.ba(ms(8), ALICE, AR1, seq=1)
    check(only(story.sessions()), hoa=ALICE.hoa, state="active", binding_ms=6 * MS)


def test_two_set_ups_at_once_with_unassigned_addresses(story: Story) -> None:
    """The BAs come back in the other order; sequence numbers and care-of address are the same."""
    story.rs(ms(0), ALICE)
    story.rs(ms(1), BOB)
    story.bu(ms(2), ALICE, AR1, set_up=True, seq=1)
    story.bu(ms(4), BOB, AR1, set_up=True, seq=1)
    story.ba(ms(10), BOB, AR1)
    story.ba(ms(13), ALICE, AR1)
    story.ra(ms(14), BOB, AR1)
    story.ra(ms(20), ALICE, AR1)
    alice, bob = story.sessions()
    check(alice, mn_id=ALICE.nai, hoa=ALICE.hoa, setup_ms=20 * MS, binding_ms=11 * MS)
    check(alice, address_ms=7 * MS, start=ms(0))
    check(bob, mn_id=BOB.nai, hoa=BOB.hoa, setup_ms=13 * MS, binding_ms=6 * MS)
    check(bob, address_ms=4 * MS, start=ms(1))


@pytest.mark.parametrize("again", [101, 102])
def test_binding_counts_from_the_first_update(story: Story, again: int) -> None:
    """`binding_ms`: first BU to the accepted BA; repeated with the same or the next number."""
    story.bu(ms(0), ALICE, AR1, set_up=True, seq=101)
    story.bu(ms(1000), ALICE, AR1, set_up=True, seq=again)
    story.ba(ms(1006), ALICE, AR1)
    check(only(story.sessions()), binding_ms=1006 * MS, state="active", handoffs=0)


def test_set_up_repeated_behind_its_acknowledgement(story: Story) -> None:
    """The BA was lost behind the capture point: still the same set-up."""
    story.attach(ms(0), ALICE, AR1)
    story.bu(ms(1002), ALICE, AR1, set_up=True, seq=101)
    story.ba(ms(1008), ALICE, AR1)
    check(only(story.sessions()), state="active", ar_path=AR1, binding_ms=6 * MS, start=ms(0))
    assert story.handoffs() == []


def test_rejected_set_up(story: Story) -> None:
    """`rejected`: the set-up's BA was >= 128."""
    story.rs(ms(0), ALICE)
    story.bu(ms(2), ALICE, AR1, set_up=True)
    story.ba(ms(8), ALICE, AR1, status=129, hoa=False)
    row = only(story.sessions())
    check(row, mn_id=ALICE.nai, hoa=None, state="rejected", ar_path=None, binding_ms=None)
    check(row, address_ms=None, handoffs=0)
    assert story.handoffs() == []


@pytest.mark.parametrize(("status", "state"), [(127, "active"), (128, "rejected")])
def test_128_is_the_first_rejection(story: Story, status: int, state: str) -> None:
    story.bu(ms(2), ALICE, AR1)
    story.ba(ms(8), ALICE, AR1, status=status)
    check(only(story.sessions()), state=state)


def test_set_up_accepted_at_the_second_try(story: Story) -> None:
    """Status 144 asks for the same with a right timestamp (RFC 4285 section 5)."""
    story.bu(ms(2), ALICE, AR1, set_up=True)
    story.ba(ms(8), ALICE, AR1, status=144, hoa=False)
    story.bu(ms(10), ALICE, AR1, set_up=True)
    story.ba(ms(16), ALICE, AR1)
    check(only(story.sessions()), state="active", ar_path=AR1, binding_ms=14 * MS)


def test_unanswered_set_up_is_partial(story: Story) -> None:
    """`partial`: no accepted binding seen."""
    story.rs(ms(0), ALICE)
    story.bu(ms(2), ALICE, AR1, set_up=True)
    story.unrelated(sec(30))
    row = only(story.sessions())
    check(row, mn_id=ALICE.nai, state="partial", ar_path=None, binding_ms=None, handoffs=0)
    assert story.handoffs() == []


def test_ipv4_only(story: Story) -> None:
    """Draft 3.2: no IPv6 HoA; the IPv4 HoA comes in option 30 of the BA."""
    story.bu(ms(2), DAVID4, AR1, set_up=True)
    story.ba(ms(8), DAVID4, AR1)
    row = only(story.sessions())
    check(row, mn_id=DAVID4.nai, hoa=None, hoa4=DAVID4.hoa4, state="active", binding_ms=6 * MS)
    check(row, ar_path=AR1)


def test_ipv4_home_address_in_option_29_of_the_acknowledgement(story: Story) -> None:
    """WIRE.md: "IPv4 HoA in a BA: take option 30 and option 29 alike"."""
    story.bu(ms(2), DAVID4, AR1, set_up=True, seq=9)
    options = [wire.mn_id(DAVID4.nai), wire.ipv4_home_address("192.0.2.4")]
    body = bytes([0, 0]) + (9).to_bytes(2) + (150).to_bytes(2)
    story.packet(ms(8), wire.ipv6(HA, AR1, 135, wire.mh(HA, AR1, 6, body, options)))
    check(only(story.sessions()), hoa=None, hoa4=DAVID4.hoa4, state="active")


def test_pad1_in_front_of_the_ipv4_address(story: Story) -> None:
    """An identifier of 16 octets leaves one octet to fill before option 30 (alignment 4n)."""
    dave = Mobile("dave@example.net", None, "192.0.2.5")
    story.bu(ms(2), dave, AR1, set_up=True)
    story.ba(ms(8), dave, AR1)
    check(only(story.sessions()), mn_id=dave.nai, hoa4=dave.hoa4)


def test_pad1_in_front_of_the_identifier(story: Story) -> None:
    """RFC 6275 6.2.2: Pad1 may stand between any two options."""
    assert ALICE.hoa is not None
    body = (5).to_bytes(2) + (0xC000).to_bytes(2) + (150).to_bytes(2)
    options = [(wire.pad(1), 1, 0), wire.mn_id(ALICE.nai)]
    update = wire.mh(ALICE.hoa, HA, 5, body, options)
    story.packet(ms(2), wire.ipv6(AR1, HA, 60, wire.home_address_header(ALICE.hoa, update)))
    assert [row["mn_id"] for row in story.messages()] == [ALICE.nai]


def test_without_identifier(story: Story) -> None:
    """BU-NO-ID is a finding, not a reason to lose the session."""
    story.bu(ms(2), ALICE, AR1, nai=False)
    story.ba(ms(8), ALICE, AR1, nai=False)
    row = only(story.sessions())
    check(row, mn_id=None, hoa=ALICE.hoa, state="active", ar_path=AR1, binding_ms=6 * MS)


def test_nobody_is_no_session(story: Story) -> None:
    """A host that solicits a router, and gets no binding, is no mobile node."""
    story.rs(ms(0), ALICE)
    story.unrelated(sec(30))
    assert story.handoffs() == []
    assert [row["mn_id"] for row in story.sessions() if row["mn_id"]] == []
