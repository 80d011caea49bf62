"""What went through the tunnels: counts of sessions, first and last packets of handoffs."""

from __future__ import annotations

import pytest

from tests import wire
from tests.netmip6scope.story import (
    ALICE,
    AR1,
    AR2,
    AR3,
    BOB,
    CORRESPONDENT,
    DAVID4,
    HA,
    MS,
    Story,
    check,
    ms,
    only,
    rows_of,
    sec,
)

TRANSIT1, TRANSIT2 = "2001:db8:aa::1", "2001:db8:aa::2"
IPV6, UDP, IPV4 = 40, 8, 20


@pytest.fixture
def alice(story: Story) -> Story:
    """Alice, attached at AR1 in the first 9 ms."""
    story.attach(ms(0), ALICE, AR1)
    return story


@pytest.fixture
def moved(alice: Story) -> Story:
    """Alice, moved from AR1 to AR2: BU at 1007 ms, BA at 1012 ms."""
    alice.handoff(ms(1000), ALICE, AR1, AR2)
    return alice


# Counts of sessions


def test_packets_and_octets_of_both_directions(alice: Story) -> None:
    alice.downlink(ms(100), ALICE, AR1, bytes(100))
    alice.downlink(ms(110), ALICE, AR1, bytes(1200))
    alice.uplink(ms(120), ALICE, AR1, bytes(7))
    row = only(alice.sessions())
    check(row, dl_packets=2, dl_bytes=2 * (IPV6 + UDP) + 100 + 1200)
    check(row, ul_packets=1, ul_bytes=IPV6 + UDP + 7)


def test_ipv4_in_ipv6(story: Story) -> None:
    story.attach(ms(0), DAVID4, AR1)
    story.downlink(ms(100), DAVID4, AR1, bytes(100))
    story.uplink(ms(120), DAVID4, AR1, bytes(7))
    row = only(story.sessions())
    check(row, dl_packets=1, dl_bytes=IPV4 + UDP + 100, ul_packets=1, ul_bytes=IPV4 + UDP + 7)


def test_gre(alice: Story) -> None:
    """GRE with a key (RFC 2890), IPv6 inside."""
    down = alice.inner(ALICE, up=False, payload=bytes(300))
    up = alice.inner(ALICE, up=True, payload=bytes(20))
    alice.packet(ms(100), wire.gre(HA, AR1, down, 77))
    alice.packet(ms(110), wire.gre(AR1, HA, up, 77))
    row = only(alice.sessions())
    check(row, dl_packets=1, dl_bytes=IPV6 + UDP + 300, ul_packets=1, ul_bytes=IPV6 + UDP + 20)


def test_authentication_header_in_front(alice: Story) -> None:
    inner = alice.inner(ALICE, up=False, payload=bytes(300))
    protected = wire.authentication_header(41, inner, 4096, 1)
    alice.packet(ms(100), wire.ipv6(HA, AR1, 51, protected))
    check(only(alice.sessions()), dl_packets=1, dl_bytes=IPV6 + UDP + 300)


def test_tunnel_inside_a_transit_tunnel(alice: Story) -> None:
    """Once, and as a packet of the tunnel between HA and AR1."""
    inner = alice.inner(ALICE, up=False, payload=bytes(300))
    alice.packet(ms(100), wire.tunnel(TRANSIT1, TRANSIT2, wire.tunnel(HA, AR1, inner)))
    check(only(alice.sessions()), dl_packets=1, dl_bytes=IPV6 + UDP + 300, ul_packets=0)


def test_snapped_behind_the_inner_header(
    alice: Story, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Bytes by the inner header's length, also when the frame was snapped right behind it."""
    later = Story(tmp_path_factory.mktemp("later"))
    later.downlink(ms(100), ALICE, AR1, bytes(1000))
    later.uplink(ms(110), ALICE, AR1, bytes(500))
    snapped = later.write(snaplen=14 + IPV6 + IPV6)
    row = only(rows_of([alice.write(), snapped], "sessions"))
    check(row, dl_packets=1, dl_bytes=IPV6 + UDP + 1000, ul_packets=1, ul_bytes=IPV6 + UDP + 500)


def test_fragmented_tunnel_packet_counts_once(alice: Story) -> None:
    """The first of three fragments holds the inner header."""
    inner = alice.inner(ALICE, up=False, payload=bytes(1000))
    for n, fragment in enumerate(wire.fragments(wire.tunnel(HA, AR1, inner), 480, 1)):
        alice.packet(ms(100 + n), fragment)
    check(only(alice.sessions()), dl_packets=1, dl_bytes=len(inner))


def test_later_fragments_do_not_count(alice: Story) -> None:
    """Only the first fragment holds the inner header; the others may look like anything."""
    inner = alice.inner(ALICE, up=False, payload=alice.inner(ALICE, up=False, payload=bytes(64)))
    _, *others = wire.fragments(wire.tunnel(HA, AR1, inner), 48, 1)
    assert others[0][48:].startswith(inner[48:96])  # a whole IPv6 header, where one could be
    for n, fragment in enumerate(others):
        alice.packet(ms(100 + n), fragment)
    check(only(alice.sessions()), dl_packets=0, dl_bytes=0)


def test_quoted_packets_do_not_count(alice: Story) -> None:
    """A router on the way cannot deliver a tunnelled packet, and says so to the HA."""
    inner = alice.inner(ALICE, up=False)
    lost = wire.tunnel(HA, AR1, inner)
    alice.packet(ms(100), wire.destination_unreachable(TRANSIT1, HA, lost))
    check(only(alice.sessions()), dl_packets=0, ul_packets=0)


def test_error_to_the_mobile_node_is_a_packet_like_others(alice: Story) -> None:
    assert ALICE.hoa is not None
    quoted = alice.inner(ALICE, up=True)
    error = wire.destination_unreachable(CORRESPONDENT, ALICE.hoa, quoted)
    alice.packet(ms(100), wire.tunnel(HA, AR1, error))
    check(only(alice.sessions()), dl_packets=1, dl_bytes=len(error), ul_packets=0)


def test_only_tunnelled_packets_count(alice: Story) -> None:
    """The same packets outside of the tunnel, on the home link or towards the node, do not."""
    alice.packet(ms(100), alice.inner(ALICE, up=False))
    alice.packet(ms(110), alice.inner(ALICE, up=True))
    check(only(alice.sessions()), dl_packets=0, ul_packets=0)


def test_tunnels_of_others_make_no_session(alice: Story) -> None:
    alice.downlink(ms(100), BOB, AR1)
    alice.packet(ms(110), wire.tunnel(TRANSIT1, TRANSIT2, alice.inner(BOB, up=True)))
    check(only(alice.sessions()), mn_id=ALICE.nai, dl_packets=0, ul_packets=0)


def test_from_one_mobile_node_to_another(alice: Story) -> None:
    """Up through the one's tunnel, down through the other's: one uplink, one downlink packet."""
    alice.attach(ms(50), BOB, AR2)
    assert ALICE.hoa is not None and BOB.hoa is not None
    inner = wire.ipv6(ALICE.hoa, BOB.hoa, 17, wire.udp(ALICE.hoa, BOB.hoa, 9, 9, b"hello"))
    alice.packet(ms(100), wire.tunnel(AR1, HA, inner))
    alice.packet(ms(105), wire.tunnel(HA, AR2, inner))
    sender, receiver = alice.sessions()
    check(sender, mn_id=ALICE.nai, ul_packets=1, dl_packets=0, ul_bytes=len(inner))
    check(receiver, mn_id=BOB.nai, ul_packets=0, dl_packets=1, dl_bytes=len(inner))


# First and last packets of handoffs


def test_last_through_the_sar_is_before_the_teardown(moved: Story) -> None:
    """`late_sar_packets` runs past the tear-down, the last packet's time does not."""
    moved.downlink(ms(1020), ALICE, AR1)
    moved.uplink(ms(1025), ALICE, AR1)
    moved.teardown(ms(1030), ALICE, AR1)
    moved.downlink(ms(1040), ALICE, AR1)
    moved.uplink(ms(1041), ALICE, AR1)
    moved.downlink(ms(1060), ALICE, AR2)
    moved.uplink(ms(1070), ALICE, AR2)
    row = only(moved.handoffs())
    check(row, last_dl_sar_time=ms(1020), first_dl_tar_time=ms(1060), dl_gap_ms=40 * MS)
    check(row, last_ul_sar_time=ms(1025), first_ul_tar_time=ms(1070), ul_gap_ms=45 * MS)
    check(row, late_sar_packets=2, bicast_packets=0)


def test_without_teardown_the_last_counts_to_the_end(moved: Story) -> None:
    moved.downlink(ms(1060), ALICE, AR2)
    moved.downlink(ms(1090), ALICE, AR1)
    row = only(moved.handoffs())
    check(row, last_dl_sar_time=ms(1090), first_dl_tar_time=ms(1060), dl_gap_ms=-30 * MS)


def test_first_through_the_tar_is_after_the_binding_update(alice: Story) -> None:
    """A packet that was in the TAR's tunnel before is none of this handoff's."""
    alice.downlink(ms(900), ALICE, AR1)
    alice.downlink(ms(1002), ALICE, AR2)
    alice.uplink(ms(1003), ALICE, AR2)
    alice.handoff(ms(1000), ALICE, AR1, AR2)
    alice.downlink(ms(1009), ALICE, AR2)
    alice.uplink(ms(1010), ALICE, AR2)
    row = only(alice.handoffs())
    check(row, first_dl_tar_time=ms(1009), first_ul_tar_time=ms(1010), dl_gap_ms=109 * MS)


@pytest.mark.parametrize(
    ("at", "late"), [(ms(1006), 0), (ms(1010), 0), (ms(1011, 999_999), 0), (ms(1012, 1), 1)]
)
def test_late_is_after_the_acknowledgement(moved: Story, at: int, late: int) -> None:
    """Before it the HA was right to send to the SAR."""
    moved.downlink(at, ALICE, AR1)
    check(only(moved.handoffs()), late_sar_packets=late, last_dl_sar_time=at)


def test_uplink_is_never_late(moved: Story) -> None:
    moved.uplink(ms(1500), ALICE, AR1)
    check(only(moved.handoffs()), late_sar_packets=0)


def test_window_ends_at_the_next_binding_update(moved: Story) -> None:
    """What goes through AR1 after the second handoff's first BU is late for neither."""
    moved.downlink(ms(1100), ALICE, AR1)  # late for the first
    moved.handoff(ms(2000), ALICE, AR2, AR3, 2)
    moved.downlink(ms(2006), ALICE, AR1)  # late for the first: 1 ms before the BU
    moved.downlink(ms(2008), ALICE, AR1)
    moved.downlink(ms(2009), ALICE, AR2)  # the first through AR2, but after that BU
    moved.downlink(ms(2013), ALICE, AR2)  # late for the second
    first, second = moved.handoffs()
    check(first, late_sar_packets=2, last_dl_sar_time=ms(2006), first_dl_tar_time=None)
    check(first, dl_gap_ms=None)
    check(second, late_sar_packets=1, last_dl_sar_time=ms(2013), first_dl_tar_time=None)


def test_others_behind_the_same_routers_do_not_mix(moved: Story) -> None:
    moved.attach(ms(200), BOB, AR1)
    moved.downlink(ms(800), ALICE, AR1)
    moved.downlink(ms(1100), BOB, AR1)
    moved.downlink(ms(1150), ALICE, AR2)
    row = only(moved.handoffs())
    check(row, last_dl_sar_time=ms(800), first_dl_tar_time=ms(1150), late_sar_packets=0)
    check(row, dl_gap_ms=350 * MS)


def test_a_home_agents_other_address_family(story: Story) -> None:
    """IPv4 packets of an IPv4-only node time its handoff."""
    story.attach(ms(0), DAVID4, AR1)
    story.handoff(ms(1000), DAVID4, AR1, AR2)
    story.downlink(ms(990), DAVID4, AR1)
    story.downlink(ms(1020), DAVID4, AR1)
    story.teardown(ms(1030), DAVID4, AR1)
    story.downlink(ms(1040), DAVID4, AR2)
    row = only(story.handoffs())
    check(row, last_dl_sar_time=ms(1020), dl_gap_ms=20 * MS, late_sar_packets=1)
    check(row, teardown_time=ms(1030), last_ul_sar_time=None)


def test_long_stays_between_handoffs(alice: Story) -> None:
    """Thousands of packets: first, last and count are exact."""
    for n in range(3000):
        alice.downlink(ms(100 + n, n), ALICE, AR1)
    alice.handoff(sec(10), ALICE, AR1, AR2)
    for n in range(3000):
        alice.downlink(sec(11) + n * MS + n, ALICE, AR2)
    row = only(alice.handoffs())
    check(row, last_dl_sar_time=ms(3099, 2999), first_dl_tar_time=sec(11))
    check(only(alice.sessions()), dl_packets=6000)
