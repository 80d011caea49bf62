"""Which message belongs to whom when several handoffs run at once (CONTRACT 2.3, draft 4)."""

from __future__ import annotations

import struct

import pytest

from tests import wire
from tests.netmip6scope import access
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


@pytest.fixture
def both(story: Story) -> Story:
    """Alice and Bob, attached at AR1."""
    story.attach(ms(0), ALICE, AR1)
    story.attach(ms(100), BOB, AR1)
    return story


def test_two_at_once_between_the_same_routers(both: Story) -> None:
    """Interleaved; the answers come in the other order, the sequence numbers are the same."""
    both.ho_request(ms(1000), ALICE, AR2, AR1, 1)
    both.ho_request(ms(1001), BOB, AR2, AR1, 2)
    both.ho_response(ms(1010), BOB, AR1, AR2, 2)
    both.ho_response(ms(1012), ALICE, AR1, AR2, 1)
    both.bu(ms(1015), ALICE, AR2, seq=7)
    both.bu(ms(1016), BOB, AR2, seq=7)
    both.ba(ms(1030), BOB, AR2)
    both.ba(ms(1034), ALICE, AR2)
    alice, bob = both.handoffs()
    check(alice, mn_id=ALICE.nai, hoa=ALICE.hoa, session=1, start=ms(1000), outcome="complete")
    check(alice, context_ms=12 * MS, binding_ms=19 * MS, preparation_ms=34 * MS)
    check(bob, mn_id=BOB.nai, hoa=BOB.hoa, session=2, start=ms(1001), outcome="complete")
    check(bob, context_ms=9 * MS, binding_ms=14 * MS, preparation_ms=29 * MS)


def test_crossing_each_other(both: Story) -> None:
    """Alice goes from AR1 to AR2 while Bob comes back; the Identifiers are the same."""
    both.handoff(sec(1), BOB, AR1, AR2, 5)
    both.ho_request(ms(2000), ALICE, AR2, AR1, 6)
    both.ho_request(ms(2001), BOB, AR1, AR2, 6)
    both.ho_response(ms(2008), ALICE, AR1, AR2, 6)
    both.ho_response(ms(2011), BOB, AR2, AR1, 6, 4)
    both.bu(ms(2013), ALICE, AR2)
    both.ba(ms(2020), ALICE, AR2)
    _, alice, bob = both.handoffs()
    check(alice, mn_id=ALICE.nai, sar=AR1, tar=AR2, outcome="complete", context_ms=8 * MS)
    check(bob, mn_id=BOB.nai, sar=AR2, tar=AR1, outcome="context-refused", status=4)
    check(bob, context_ms=10 * MS, bus=0)


def test_same_identifier_at_different_routers(both: Story) -> None:
    """Identifiers count per pair of routers: each TAR chooses its own."""
    both.ho_request(ms(1000), ALICE, AR2, AR1, 9)
    both.ho_request(ms(1001), BOB, AR3, AR1, 9)
    both.ho_response(ms(1010), BOB, AR1, AR3, 9, 2)
    both.ho_response(ms(1011), ALICE, AR1, AR2, 9)
    both.bu(ms(1013), ALICE, AR2)
    both.ba(ms(1018), ALICE, AR2)
    alice, bob = both.handoffs()
    check(alice, mn_id=ALICE.nai, tar=AR2, outcome="complete", context_ms=11 * MS, ho_requests=1)
    check(bob, mn_id=BOB.nai, tar=AR3, outcome="context-refused", status=2, context_ms=9 * MS)


def test_identifier_used_again_for_another(both: Story) -> None:
    """16 bits wrap: the same Identifier between the same routers, now for Bob."""
    both.handoff(sec(1), ALICE, AR1, AR2, 9)
    both.handoff(sec(100), BOB, AR1, AR2, 9)
    alice, bob = both.handoffs()
    check(alice, mn_id=ALICE.nai, start=sec(1), ho_requests=1, outcome="complete")
    check(bob, mn_id=BOB.nai, start=sec(100), ho_requests=1, outcome="complete")


def test_identifier_used_again_for_another_after_a_refusal(both: Story) -> None:
    both.ho_request(ms(1000), ALICE, AR2, AR1, 9)
    both.ho_response(ms(1005), ALICE, AR1, AR2, 9, 3)
    both.ho_request(sec(100), BOB, AR2, AR1, 9)
    both.ho_response(sec(100) + 6 * MS, BOB, AR1, AR2, 9, 4)
    alice, bob = both.handoffs()
    check(alice, mn_id=ALICE.nai, outcome="context-refused", status=3, context_ms=5 * MS)
    check(bob, mn_id=BOB.nai, outcome="context-refused", status=4, context_ms=6 * MS)


def test_identifier_used_again_for_the_same(both: Story) -> None:
    """There, back, and there again, always with the same Identifier: three handoffs."""
    both.handoff(sec(1), ALICE, AR1, AR2, 9)
    both.handoff(sec(50), ALICE, AR2, AR1, 9)
    both.handoff(sec(100), ALICE, AR1, AR2, 9)
    rows = both.handoffs()
    assert [(row["start"], row["sar"], row["ho_requests"], row["bus"]) for row in rows] == [
        (sec(1), AR1, 1, 1),
        (sec(50), AR2, 1, 1),
        (sec(100), AR1, 1, 1),
    ]
    alice, _ = both.sessions()
    check(alice, ar_path=f"{AR1} > {AR2} > {AR1} > {AR2}", handoffs=3)


def test_request_without_identity(both: Story) -> None:
    """HO-NO-ID is a finding; Identifier and routers join it to the response, which names Alice."""
    both.packet(ms(1000), wire.bare_ho_request(AR2, AR1, 44))
    both.ho_response(ms(1006), ALICE, AR1, AR2, 44)
    both.bu(ms(1010), ALICE, AR2)
    both.ba(ms(1015), ALICE, AR2)
    row = only(both.handoffs())
    check(row, mn_id=ALICE.nai, session=1, start=ms(1000), ho_request_time=ms(1000))
    check(row, outcome="complete", context_ms=6 * MS, preparation_ms=15 * MS)
    alice, bob = both.sessions()
    check(alice, mn_id=ALICE.nai, handoffs=1, ar_path=f"{AR1} > {AR2}")
    check(bob, mn_id=BOB.nai, handoffs=0, ar_path=AR1)


def test_requests_without_identity_interleaved(both: Story) -> None:
    both.packet(ms(1000), wire.bare_ho_request(AR2, AR1, 44))
    both.packet(ms(1001), wire.bare_ho_request(AR2, AR1, 45))
    both.ho_response(ms(1006), BOB, AR1, AR2, 45)
    both.ho_response(ms(1008), ALICE, AR1, AR2, 44)
    both.bu(ms(1010), ALICE, AR2)
    both.bu(ms(1011), BOB, AR2)
    both.ba(ms(1015), ALICE, AR2)
    both.ba(ms(1017), BOB, AR2)
    alice, bob = both.handoffs()
    check(alice, mn_id=ALICE.nai, start=ms(1000), context_ms=8 * MS, binding_ms=5 * MS)
    check(bob, mn_id=BOB.nai, start=ms(1001), context_ms=5 * MS, binding_ms=6 * MS)
    assert [row["handoffs"] for row in both.sessions()] == [1, 1]


def test_bare_response(both: Story) -> None:
    """The draft's figure ends at 7 octets: no options, so the Identifier alone joins it."""
    both.ho_request(ms(1000), BOB, AR2, AR1, 44)
    both.packet(ms(1007), wire.bare_ho_response(AR1, AR2, 44, 3))
    row = only(both.handoffs())
    check(row, mn_id=BOB.nai, outcome="context-refused", status=3, context_ms=7 * MS, session=2)


def test_exchange_that_names_nobody(both: Story) -> None:
    """Neither message carries an identity: a row of nobody's, and the others' stay clean."""
    both.packet(ms(1000), wire.bare_ho_request(AR2, AR1, 44))
    both.packet(ms(1007), wire.bare_ho_response(AR1, AR2, 44, 1))
    row = only(both.handoffs())
    check(row, mn_id=None, outcome="context-refused", status=1, context_ms=7 * MS)
    assert [row["mn_id"] for row in both.sessions()][:2] == [ALICE.nai, BOB.nai]
    assert [row["handoffs"] for row in both.sessions()][:2] == [0, 0]


def test_unasked_response_makes_no_row(both: Story) -> None:
    """HO-UNASKED makes no handoff row."""
    both.ho_response(sec(60), ALICE, AR1, AR2, 44)
    both.unrelated(sec(90))
    assert both.handoffs() == []
    assert [row["handoffs"] for row in both.sessions()] == [0, 0]


def test_response_to_another_router_settles_nothing(both: Story) -> None:
    """HO-UNASKED: "matches no request to that router"."""
    both.ho_request(ms(1000), ALICE, AR2, AR1, 44)
    both.ho_response(ms(1005), ALICE, AR1, AR3, 44)
    both.ho_response(ms(1006), ALICE, AR3, AR2, 44, 4)
    both.unrelated(sec(60))
    check(only(both.handoffs()), tar=AR2, outcome="context-timeout", ho_response_time=None)


def test_acknowledgement_without_identity(both: Story) -> None:
    """The Type 2 Routing header's home address is enough."""
    both.ho_request(ms(1000), ALICE, AR2, AR1, 1)
    both.ho_response(ms(1005), ALICE, AR1, AR2, 1)
    both.bu(ms(1007), ALICE, AR2, nai=False, seq=5)
    both.bu(ms(1008), BOB, AR1, nai=False, seq=5)
    both.ba(ms(1012), BOB, AR1, nai=False)
    both.ba(ms(1020), ALICE, AR2, nai=False)
    check(only(both.handoffs()), mn_id=ALICE.nai, outcome="complete", binding_ms=13 * MS)


def test_acknowledgement_to_another_router_settles_nothing(both: Story) -> None:
    both.ho_request(ms(1000), ALICE, AR2, AR1, 1)
    both.ho_response(ms(1005), ALICE, AR1, AR2, 1)
    both.bu(ms(1007), ALICE, AR2, seq=5)
    both.ba(ms(1012), ALICE, AR3, seq=5)
    both.unrelated(sec(60))
    check(only(both.handoffs()), outcome="binding-timeout", ba_time=None)


def test_old_router_acts_between_the_new_ones_messages(both: Story) -> None:
    """A renewal by the SAR, sent before the TAR's BU, is answered between it and its answer."""
    both.bu(ms(1000), ALICE, AR1, seq=50)
    both.handoff(ms(1001), ALICE, AR1, AR2)
    both.ba(ms(1009), ALICE, AR1, seq=50)
    check(only(both.handoffs()), outcome="complete", ba_time=ms(1013), binding_ms=5 * MS, bus=1)
    alice, _ = both.sessions()
    check(alice, ar_path=f"{AR1} > {AR2}")


def test_source_address_counts_without_alternate_care_of_address(both: Story) -> None:
    """WIRE.md: the care-of address is the option's where it is there, else the BU's source."""
    both.ho_request(ms(1000), ALICE, AR2, AR1, 1)
    both.ho_response(ms(1005), ALICE, AR1, AR2, 1)
    assert ALICE.hoa is not None
    body = (5).to_bytes(2) + (0xC000).to_bytes(2) + (150).to_bytes(2)
    update = wire.mh(ALICE.hoa, HA, 5, body, [wire.mn_id(ALICE.nai)])
    both.packet(ms(1007), wire.ipv6(AR2, HA, 60, wire.home_address_header(ALICE.hoa, update)))
    both.ba(ms(1012), ALICE, AR2, seq=5)
    check(only(both.handoffs()), tar=AR2, outcome="complete", binding_ms=5 * MS)


@pytest.mark.parametrize(("method", "name"), [(268, "eap"), (265, "chap")])
@pytest.mark.parametrize("let_in", [True, False])
def test_diameter_says_who_it_is(story: Story, method: int, name: str, let_in: bool) -> None:
    """A first round that goes on (1001), then success (2001) or a refusal (4001; RFC 6733 7.1)."""
    aaa, user = "2001:db8:aaa::1", access.avp(1, ALICE.nai.encode())
    chap = access.avp(402, access.avp(403, struct.pack("!I", 5)))
    how = access.avp(462, b"\x02\x01\x00\x04") if name == "eap" else chap
    for at, code in ((0, 1001), (10, 2001 if let_in else 4001)):
        asks = access.diameter(AR1, aaa, True, method, user + how)
        tells = access.diameter(aaa, AR1, False, method, access.avp(268, struct.pack("!I", code)))
        story.packet(ms(at), asks)
        story.packet(ms(at + 4), tells)
    story.attach(ms(20), ALICE, AR1)
    auth = {"auth": name, "auth_ms": 14 * MS} if let_in else {"auth": None, "auth_ms": None}
    check(only(story.sessions()), mn_id=ALICE.nai, **auth)
