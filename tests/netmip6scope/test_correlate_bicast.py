"""Bi-casting by the HA: one inner packet in both tunnels (draft 3.3 step 6, CONTRACT 2.3)."""

from __future__ import annotations

import pytest

from tests.netmip6scope.story import (
    ALICE,
    AR1,
    AR2,
    AR3,
    BOB,
    DAVID4,
    MS,
    Mobile,
    Story,
    check,
    ms,
    only,
)

WINDOW = 500 * MS


@pytest.fixture(params=[ALICE, DAVID4], ids=["ipv6", "ipv4"])
def mn(request: pytest.FixtureRequest) -> Mobile:
    node: Mobile = request.param
    return node


@pytest.fixture
def moved(story: Story, mn: Mobile) -> Story:
    """Moved from AR1 to AR2: BU at 1007 ms, BA at 1012 ms."""
    story.attach(ms(0), mn, AR1)
    story.handoff(ms(1000), mn, AR1, AR2)
    return story


def test_every_packet_in_both_tunnels(moved: Story, mn: Mobile) -> None:
    """The gap is negative: the first through the TAR comes before the last through the SAR."""
    for n in range(5):
        moved.downlink(ms(1020 + 20 * n), mn, AR1, b"copy %d" % n)
        inner = moved.downlink(ms(1021 + 20 * n), mn, AR2, b"copy %d" % n)
    moved.teardown(ms(1110), mn, AR1)
    row = only(moved.handoffs())
    check(row, bicast_packets=5, late_sar_packets=0, outcome="complete")
    check(row, last_dl_sar_time=ms(1100), first_dl_tar_time=ms(1021), dl_gap_ms=-79 * MS)
    check(only(moved.sessions()), dl_packets=5, dl_bytes=5 * len(inner))


def test_the_target_may_come_first(moved: Story, mn: Mobile) -> None:
    moved.downlink(ms(1020), mn, AR2, b"copy")
    moved.downlink(ms(1023), mn, AR1, b"copy")
    row = only(moved.handoffs())
    check(row, bicast_packets=1, late_sar_packets=0, dl_gap_ms=-3 * MS)
    check(only(moved.sessions()), dl_packets=1)


@pytest.mark.parametrize(("apart", "pairs"), [(WINDOW, 1), (WINDOW + 1, 0)])
def test_copies_are_at_most_500_ms_apart(moved: Story, mn: Mobile, apart: int, pairs: int) -> None:
    """Beyond that it is another packet, and the one through the SAR was late."""
    moved.downlink(ms(1020), mn, AR1, b"copy")
    moved.downlink(ms(1020) + apart, mn, AR2, b"copy")
    check(only(moved.handoffs()), bicast_packets=pairs, late_sar_packets=1 - pairs)
    check(only(moved.sessions()), dl_packets=2 - pairs)


@pytest.mark.parametrize(("apart", "pairs"), [(WINDOW, 1), (WINDOW + 1, 0)])
def test_copies_are_at_most_500_ms_apart_target_first(
    moved: Story, mn: Mobile, apart: int, pairs: int
) -> None:
    moved.downlink(ms(1020), mn, AR2, b"copy")
    moved.downlink(ms(1020) + apart, mn, AR1, b"copy")
    check(only(moved.handoffs()), bicast_packets=pairs, late_sar_packets=1 - pairs)
    check(only(moved.sessions()), dl_packets=2 - pairs)


def test_other_octets_are_another_packet(moved: Story, mn: Mobile) -> None:
    moved.downlink(ms(1020), mn, AR1, b"this")
    moved.downlink(ms(1021), mn, AR2, b"that")
    check(only(moved.handoffs()), bicast_packets=0, late_sar_packets=1)
    check(only(moved.sessions()), dl_packets=2)


def test_three_copies_pair_once(moved: Story, mn: Mobile) -> None:
    """Each paired once: SAR with TAR; the second through the SAR has no partner and is late."""
    moved.downlink(ms(1020), mn, AR1, b"copy")
    moved.downlink(ms(1021), mn, AR2, b"copy")
    moved.downlink(ms(1022), mn, AR1, b"copy")
    check(only(moved.handoffs()), bicast_packets=1, late_sar_packets=1)


def test_four_copies_are_two_pairs(moved: Story, mn: Mobile) -> None:
    """A sender that repeats a packet octet by octet: both times it goes to both."""
    moved.downlink(ms(1020), mn, AR1, b"copy")
    moved.downlink(ms(1021), mn, AR2, b"copy")
    moved.downlink(ms(1040), mn, AR1, b"copy")
    moved.downlink(ms(1041), mn, AR2, b"copy")
    check(only(moved.handoffs()), bicast_packets=2, late_sar_packets=0)
    check(only(moved.sessions()), dl_packets=2)


def test_some_to_both_and_some_to_one(moved: Story, mn: Mobile) -> None:
    """To both until 1040 ms, then to the SAR alone (late), then to the TAR alone."""
    for n in (0, 1):
        moved.downlink(ms(1020 + 20 * n), mn, AR1, b"both %d" % n)
        moved.downlink(ms(1022 + 20 * n), mn, AR2, b"both %d" % n)
    for n in range(3):
        moved.downlink(ms(1060 + 20 * n), mn, AR1, b"sar %d" % n)
    for n in range(4):
        moved.downlink(ms(1120 + 20 * n), mn, AR2, b"tar %d" % n)
    row = only(moved.handoffs())
    check(row, bicast_packets=2, late_sar_packets=3, dl_gap_ms=-78 * MS)
    check(only(moved.sessions()), dl_packets=2 + 3 + 4)


def test_between_update_and_acknowledgement(moved: Story, mn: Mobile) -> None:
    """The HA may copy as soon as it has the BU; the SAR's copy before the BA is not late."""
    moved.downlink(ms(1008), mn, AR1, b"early")
    moved.downlink(ms(1010), mn, AR2, b"early")
    moved.downlink(ms(1011), mn, AR1, b"across")
    moved.downlink(ms(1013), mn, AR2, b"across")
    check(only(moved.handoffs()), bicast_packets=2, late_sar_packets=0, dl_gap_ms=-1 * MS)
    check(only(moved.sessions()), dl_packets=2)


def test_early_copies_do_not_make_up_for_late_packets(moved: Story, mn: Mobile) -> None:
    """A copy through the SAR before the BA, and after it a packet through the SAR alone."""
    moved.downlink(ms(1008), mn, AR1, b"early")
    moved.downlink(ms(1010), mn, AR2, b"early")
    moved.downlink(ms(1020), mn, AR1, b"lost")
    check(only(moved.handoffs()), bicast_packets=1, late_sar_packets=1)


def test_two_nodes_with_the_same_payload(story: Story) -> None:
    """Their addresses differ, so their packets do."""
    for n, mn in enumerate((ALICE, BOB)):
        story.attach(ms(10 * n), mn, AR1)
        story.handoff(ms(1000 + 20 * n), mn, AR1, AR2, n)
    story.downlink(ms(1100), ALICE, AR1, b"same")
    story.downlink(ms(1101), BOB, AR2, b"same")
    for row in story.handoffs():
        check(row, bicast_packets=0)
    alice, bob = story.handoffs()
    check(alice, mn_id=ALICE.nai, late_sar_packets=1)
    check(bob, mn_id=BOB.nai, late_sar_packets=0)


def test_each_handoff_counts_its_own(moved: Story, mn: Mobile) -> None:
    moved.downlink(ms(1020), mn, AR1, b"one")
    moved.downlink(ms(1021), mn, AR2, b"one")
    moved.handoff(ms(3000), mn, AR2, AR3, 2)
    for n in range(2):
        moved.downlink(ms(3020 + n), mn, AR2, b"two %d" % n)
        moved.downlink(ms(3030 + n), mn, AR3, b"two %d" % n)
    first, second = moved.handoffs()
    check(first, bicast_packets=1, late_sar_packets=0)
    check(second, bicast_packets=2, late_sar_packets=0)
    check(only(moved.sessions()), dl_packets=3)


def test_copies_in_another_order(moved: Story, mn: Mobile) -> None:
    """The two ways differ in delay, and one of them changes the order."""
    for n in range(6):
        moved.downlink(ms(1020 + n), mn, AR1, b"%d" % n)
        moved.downlink(ms(1060 - n), mn, AR2, b"%d" % n)
    check(only(moved.handoffs()), bicast_packets=6, late_sar_packets=0)
    check(only(moved.sessions()), dl_packets=6)


def test_copies_before_a_release(moved: Story, mn: Mobile) -> None:
    """That the node leaves soon afterwards changes nothing."""
    moved.downlink(ms(1020), mn, AR1, b"copy")
    moved.downlink(ms(1021), mn, AR2, b"copy")
    moved.bu(ms(5000), mn, AR2, lifetime_s=0)
    moved.ba(ms(5004), mn, AR2, lifetime_s=0)
    check(only(moved.handoffs()), bicast_packets=1, late_sar_packets=0)
    check(only(moved.sessions()), dl_packets=1, state="released")


def test_uplink_copies_are_no_bicast(moved: Story, mn: Mobile) -> None:
    moved.uplink(ms(1020), mn, AR1, b"copy")
    moved.uplink(ms(1021), mn, AR2, b"copy")
    check(only(moved.handoffs()), bicast_packets=0)
