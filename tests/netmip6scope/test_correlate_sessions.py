"""How sessions end, and which mobile node and which home address they belong to (CONTRACT 2.2)."""

from __future__ import annotations

from tests.netmip6scope.story import (
    ALICE,
    AR1,
    AR2,
    AR3,
    BOB,
    MS,
    Mobile,
    Story,
    check,
    ms,
    only,
    rows_of,
    sec,
)

HEIR = Mobile("heir0@example.org", ALICE.hoa)


def test_released_by_the_current_router(story: Story) -> None:
    """De-registration is a BU with lifetime 0 (WIRE.md)."""
    story.attach(ms(0), ALICE, AR1)
    story.downlink(sec(1), ALICE, AR1)
    story.bu(sec(5), ALICE, AR1, lifetime_s=0)
    story.ba(sec(5) + 4 * MS, ALICE, AR1, lifetime_s=0)
    story.unrelated(sec(60))
    row = only(story.sessions())
    check(row, state="released", end=sec(5) + 4 * MS, ar_path=AR1, handoffs=0, dl_packets=1)
    assert story.handoffs() == []


def test_released_after_a_handoff(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.handoff(sec(10), ALICE, AR1, AR2)
    story.teardown(sec(11), ALICE, AR1)
    story.bu(sec(20), ALICE, AR2, lifetime_s=0)
    story.ba(sec(20) + 4 * MS, ALICE, AR2, lifetime_s=0)
    row = only(story.sessions())
    check(row, state="released", end=sec(20) + 4 * MS, ar_path=f"{AR1} > {AR2}", handoffs=1)
    row = only(story.handoffs())
    check(row, outcome="complete", teardown_time=sec(11), bus=1)


def test_refused_release_keeps_the_session(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.bu(sec(5), ALICE, AR1, lifetime_s=0)
    story.ba(sec(5) + 4 * MS, ALICE, AR1, status=146)
    check(only(story.sessions()), state="active", ar_path=AR1)


def test_teardown_is_no_release(story: Story) -> None:
    """Lifetime 0 from a router that the MN has left: the binding points elsewhere and stays."""
    story.attach(ms(0), ALICE, AR1)
    story.handoff(sec(10), ALICE, AR1, AR2)
    story.teardown(sec(11), ALICE, AR1)
    story.unrelated(sec(60))
    check(only(story.sessions()), state="active", end=None)


def test_expired(story: Story) -> None:
    """The lifetime that the BA grants (8 s, not the 600 s asked for) runs out unrenewed."""
    story.attach(ms(0), ALICE, AR1)
    story.bu(sec(10), ALICE, AR1)
    story.ba(sec(10) + 4 * MS, ALICE, AR1, lifetime_s=8)
    story.unrelated(sec(20))
    check(only(story.sessions()), state="expired", ar_path=AR1)


def test_not_yet_expired(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.bu(sec(10), ALICE, AR1)
    story.ba(sec(10) + 4 * MS, ALICE, AR1, lifetime_s=8)
    story.unrelated(sec(17))
    check(only(story.sessions()), state="active")


def test_renewal_puts_expiry_off(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1, lifetime_s=8)
    story.bu(sec(6), ALICE, AR1, lifetime_s=8)
    story.ba(sec(6) + 4 * MS, ALICE, AR1, lifetime_s=8)
    story.unrelated(sec(13))
    check(only(story.sessions()), state="active")


def test_refused_renewal_does_not_put_expiry_off(story: Story) -> None:
    """Lifetime in a rejected BA is undefined (RFC 6275 6.1.8)."""
    story.attach(ms(0), ALICE, AR1, lifetime_s=8)
    story.bu(sec(6), ALICE, AR1)
    story.ba(sec(6) + 4 * MS, ALICE, AR1, status=146)
    story.unrelated(sec(13))
    check(only(story.sessions()), state="expired")


def test_handoff_puts_expiry_off(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1, lifetime_s=8)
    story.handoff(sec(6), ALICE, AR1, AR2)
    story.unrelated(sec(60))
    check(only(story.sessions()), state="active", ar_path=f"{AR1} > {AR2}")


def test_attaching_anew_after_release(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.downlink(sec(1), ALICE, AR1)
    story.bu(sec(5), ALICE, AR1, lifetime_s=0)
    story.ba(sec(5) + 4 * MS, ALICE, AR1, lifetime_s=0)
    story.attach(sec(10), ALICE, AR2)
    story.downlink(sec(11), ALICE, AR2)
    story.downlink(sec(12), ALICE, AR2)
    first, second = story.sessions()
    check(first, session=1, state="released", ar_path=AR1, dl_packets=1, start=ms(0))
    check(second, session=2, state="active", ar_path=AR2, dl_packets=2, start=sec(10))
    check(second, setup_ms=9 * MS, binding_ms=6 * MS, handoffs=0)
    assert story.handoffs() == []


def test_attaching_anew_after_expiry(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1, lifetime_s=8)
    story.attach(sec(60), ALICE, AR2)
    first, second = story.sessions()
    check(first, state="expired", ar_path=AR1, handoffs=0)
    check(second, state="active", ar_path=AR2, handoffs=0, start=sec(60), setup_ms=9 * MS)
    assert story.handoffs() == []


def test_counts_of_a_session_that_expired(story: Story) -> None:
    """The set-up's BU names no home address, and ends the session before it all the same."""
    story.attach(ms(0), ALICE, AR1, lifetime_s=8)
    story.downlink(sec(1), ALICE, AR1)
    story.attach(sec(60), ALICE, AR2)
    story.downlink(sec(61), ALICE, AR2)
    story.downlink(sec(62), ALICE, AR2)
    assert [row["dl_packets"] for row in story.sessions()] == [1, 2]


def test_home_address_goes_to_another_after_release(story: Story) -> None:
    """HoA reuse by another MN starts a new session; counts do not mix."""
    story.attach(ms(0), ALICE, AR1)
    one = story.downlink(sec(1), ALICE, AR1)
    story.uplink(sec(2), ALICE, AR1)
    story.bu(sec(5), ALICE, AR1, lifetime_s=0)
    story.ba(sec(5) + 4 * MS, ALICE, AR1, lifetime_s=0)
    story.attach(sec(10), HEIR, AR1)
    two = story.downlink(sec(11), HEIR, AR1)
    three = story.downlink(sec(12), HEIR, AR1)
    alice, heir = story.sessions()
    check(alice, mn_id=ALICE.nai, hoa=ALICE.hoa, state="released", ar_path=AR1)
    check(alice, dl_packets=1, dl_bytes=len(one), ul_packets=1)
    check(heir, mn_id=HEIR.nai, hoa=ALICE.hoa, state="active", ar_path=AR1, start=sec(10))
    check(heir, dl_packets=2, dl_bytes=len(two) + len(three), ul_packets=0, ul_bytes=0)
    assert story.handoffs() == []


def test_home_address_goes_to_another_without_release(story: Story) -> None:
    """At another router: a new session, not a handoff of the one before."""
    story.attach(ms(0), ALICE, AR1)
    story.downlink(sec(1), ALICE, AR1)
    story.attach(sec(10), HEIR, AR2)
    story.downlink(sec(11), HEIR, AR2)
    story.downlink(sec(12), HEIR, AR2)
    alice, heir = story.sessions()
    check(alice, mn_id=ALICE.nai, ar_path=AR1, dl_packets=1, handoffs=0)
    check(heir, mn_id=HEIR.nai, ar_path=AR2, dl_packets=2, handoffs=0, state="active")
    assert story.handoffs() == []


def test_handoff_of_the_heir_is_the_heirs(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.bu(sec(5), ALICE, AR1, lifetime_s=0)
    story.ba(sec(5) + 4 * MS, ALICE, AR1, lifetime_s=0)
    story.attach(sec(10), HEIR, AR2)
    story.handoff(sec(20), HEIR, AR2, AR3)
    check(only(story.handoffs()), session=2, mn_id=HEIR.nai, sar=AR2, tar=AR3, outcome="complete")


def test_many_behind_one_router(story: Story) -> None:
    """All share the care-of address; only the home address in the tunnel tells them apart."""
    everyone = [
        Mobile(f"mn{n:03d}@example.net", f"2001:db8:100:{n:x}::{n:x}") for n in range(1, 301)
    ]
    for n, mn in enumerate(everyone, 1):
        story.bu(ms(n), mn, AR1, set_up=True, seq=7)
        story.ba(ms(1000 - n), mn, AR1)
        for k in range(n % 9):
            story.downlink(ms(2000 + k), mn, AR1)
        story.uplink(ms(3000), mn, AR1, b"up")
    rows = story.sessions()
    assert [row["mn_id"] for row in rows] == [mn.nai for mn in everyone]
    for n, (mn, row) in enumerate(zip(everyone, rows, strict=True), 1):
        check(row, hoa=mn.hoa, ar_path=AR1, binding_ms=(1000 - 2 * n) * MS, start=ms(n))
        check(row, dl_packets=n % 9, ul_packets=1, ul_bytes=40 + 8 + 2)


def test_two_home_agents(story: Story) -> None:
    other = "2001:db8:e::2"
    story.attach(ms(0), ALICE, AR1)
    story.bu(ms(20), BOB, AR1, set_up=True, ha=other)
    story.ba(ms(28), BOB, AR1, ha=other)
    alice, bob = story.sessions()
    check(alice, ha="2001:db8:f::1", state="active")
    check(bob, ha=other, state="active", binding_ms=8 * MS)


# A home address that another node has later: what its packets show is about who has it then


def reused(story: Story) -> None:
    """Alice has the address for 8 s from 8 ms on; from 20 s on another node has it."""
    story.attach(ms(0), ALICE, AR1, lifetime_s=8)
    story.attach(sec(20), HEIR, AR1)


def codes(story: Story) -> list[tuple[str, str | None]]:
    return [(row["code"], row["mn_id"]) for row in rows_of([story.write()], "findings")]


def test_packets_of_the_next_holder_do_not_outlive_a_binding(story: Story) -> None:
    reused(story)
    story.downlink(sec(21), HEIR, AR1)
    assert "BIND-EXPIRED" not in {code for code, _ in codes(story)}


def test_packets_after_the_end_are_the_first_holders(story: Story) -> None:
    reused(story)
    story.downlink(sec(10), ALICE, AR1)
    assert ("BIND-EXPIRED", ALICE.nai) in codes(story)


def test_unbound_traffic_is_the_present_holders(story: Story) -> None:
    reused(story)
    story.downlink(sec(21), HEIR, AR3)
    assert ("TUN-UNBOUND", HEIR.nai) in codes(story)
