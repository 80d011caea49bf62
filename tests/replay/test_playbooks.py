"""Single nodes, told events by hand: `node << event` gives what it does about it."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Address, IPv6Network
from typing import Any

import pytest

from dissectors.authentication.secret import Secret
from dissectors.handoff import HoRequest, HoResponse
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from dissectors.mobility_options import MobileNodeIdentifier
from dissectors.profile import Profile
from replay import slaac
from replay.access_router import AccessRouter
from replay.binding_client import Settings
from replay.context import Context, identity, to_options
from replay.events import (
    Arrived,
    Deadline,
    Event,
    Fact,
    HandoverIndication,
    LinkDown,
    LinkUp,
    Note,
    Send,
    Violation,
)
from replay.home_agent import AgentConfig, HomeAgent
from replay.home_pool import HomePool, PoolConfig
from replay.packets import UNSPECIFIED, Packet
from replay.router_config import Neighbour, RouterConfig
from replay.security import AhSecurity, protected
from tests.replay.told import MS, S

AR, SAR, OTHER = (IPv6Address(f"2001:db8:{n}::a") for n in (1, 2, 3))
HA = IPv6Address("2001:db8:f::1")
HOA = IPv6Address("2001:db8:100:1::1")
POOL = IPv6Network("2001:db8:100::/48")
ALICE, LINK = b"alice@example.net", bytes.fromhex("020000000a01")


class Play:
    """A node and its clock. `play << event` returns the messages that it sends."""

    def __init__(self, node: Any) -> None:
        self.node = node
        self.now_ns = 1_700_000_000 * S
        self.notes: list[Note] = []
        self.violations: list[Violation] = []

    def __lshift__(self, event: Event) -> list[Packet]:
        sent = []
        for effect in self.node.handle(event, self.now_ns):
            if isinstance(effect, Send):
                assert isinstance(effect.packet, Packet)
                sent.append(effect.packet)
            elif isinstance(effect, Note):
                self.notes.append(effect)
            else:
                self.violations.append(effect)
        return sent

    def wait(self) -> tuple[int, list[Packet]]:
        """Until the node's deadline: how long that was, and what it sends then."""
        deadline_ns = self.node.next_deadline_ns()
        assert deadline_ns is not None
        waited, self.now_ns = deadline_ns - self.now_ns, deadline_ns
        return waited, self << Deadline()


def router(**fields: Any) -> Play:
    config = RouterConfig(
        "ar", AR, b"\x02\0\0\0\0\x01", HA, Settings(timestamps=False), require_ah=False, **fields
    )
    return Play(AccessRouter(config))


def ack(to: Packet, status: int = 0, *, sequence: int | None = None, units: int = 150) -> Arrived:
    """The home agent's answer to a Binding Update."""
    update = to.payload
    assert isinstance(update, BindingUpdate)
    message = BindingAcknowledgement(
        status=status,
        sequence=update.sequence if sequence is None else sequence,
        lifetime=0 if update.lifetime == 0 else units,
        options=(MobileNodeIdentifier(1, ALICE),),
    )
    return Arrived(Packet(HA, AR, message, routed=HOA))


def attached(**fields: Any) -> tuple[Play, Packet]:
    """A router that has just asked for a home address."""
    play = router(**fields)
    assert play << LinkUp(ALICE, LINK) == []
    (update,) = play << Arrived(slaac.solicitation(LINK), LINK)
    return play, update


def serving(**fields: Any) -> Play:
    play, update = attached(**fields)
    (advertised,) = play << ack(update)
    assert advertised.destination == slaac.link_local(LINK)
    return play


@pytest.mark.requirement("R6.2-1", "R6.2-2")
def test_binding_update_is_sent_again_as_rfc_6275_says() -> None:
    play, first = attached()
    waits, sequences = [], [first.payload.sequence]
    for _ in range(7):
        waited, (again,) = play.wait()
        waits.append(waited / S)
        sequences.append(again.payload.sequence)
    # 11.8: 1.5 s for a first registration, doubled each time up to 32 s, each with a new number.
    assert waits == [1.5, 3, 6, 12, 24, 32, 32]
    assert sequences == list(range(1, 9))


@pytest.mark.requirement("R6.2-1")
def test_refresh_is_sent_again_from_one_second_on_and_expires() -> None:
    play = serving()
    waits, sent = [], []
    while not play.notes[-1:] or play.notes[-1].fact is not Fact.BINDING_EXPIRED:
        waited, packets = play.wait()
        play << Arrived(slaac.answer(slaac.link_local(LINK), slaac.link_local(LINK), LINK), LINK)
        updates = [p for p in packets if isinstance(p.payload, BindingUpdate)]
        if updates:
            waits.append(waited)
            sent += updates
    # 600 s granted: the first refresh after 480 s, with the home address that is known now.
    assert {packet.home_address for packet in sent} == {HOA}
    assert len(sent) >= 6
    assert not play.violations


def test_refusal_for_the_sequence_number_is_answered_with_a_higher_one() -> None:
    play, update = attached()
    (again,) = play << ack(update, 135, sequence=700)
    assert again.payload.sequence == 701
    assert len(play << ack(again)) == 1


def test_other_refusals_end_the_attempt_for_a_while() -> None:
    play, update = attached()
    assert play << ack(update, 129) == []
    assert play << Arrived(slaac.solicitation(LINK), LINK) == []
    waited, sent = play.wait()
    assert (waited, sent) == (5 * S, [])
    assert len(play << Arrived(slaac.solicitation(LINK), LINK)) == 1


def test_acknowledgement_of_another_number_is_ignored() -> None:
    play, update = attached()
    assert play << ack(update, sequence=99) == []
    assert len(play << ack(update)) == 1
    assert play << ack(update) == []  # the same once more


def test_accepted_without_a_home_address_is_no_binding() -> None:
    play, update = attached()
    answer = ack(update)
    assert isinstance(answer.packet, Packet)
    assert play << Arrived(replace(answer.packet, routed=None)) == []
    assert [note.fact for note in play.notes][-1] is Fact.BINDING_REFUSED


@pytest.mark.requirement("R3.3-3", "R4.1-id")
def test_ho_request_is_sent_again_with_the_same_identifier() -> None:
    play = router(neighbours={SAR: Neighbour()})
    (first,) = play << HandoverIndication(ALICE, LINK, SAR)
    assert play << LinkUp(ALICE, LINK) == []  # it is there already
    waits, sent = [], [first]
    while play.node.mobiles[ALICE].transfer_state.name == "REQUESTED":
        waited, packets = play.wait()
        waits.append(waited / S)
        sent += packets
    # Half a second, doubled each time; four requests and then no more.
    assert waits == [0.5, 1, 2, 4]
    assert len(sent) == 4
    assert {packet.payload.identifier for packet in sent} == {first.payload.identifier}
    assert all(isinstance(packet.payload, HoRequest) for packet in sent)


def response(asked: Packet, status: int = 0, mn_id: bytes = ALICE) -> Arrived:
    context = Context(mn_id, HA, HOA, sequence=41, lifetime_units=150, remaining_s=500)
    options = to_options(context) if status == 0 else (identity(mn_id),)
    message = HoResponse(asked.payload.identifier, status, options=options)
    return Arrived(Packet(SAR, AR, message, 255))


@pytest.mark.requirement("R3.3-5")
def test_context_makes_the_target_register() -> None:
    play = router(neighbours={SAR: Neighbour()})
    (asked,) = play << HandoverIndication(ALICE, LINK, SAR)
    (update,) = play << response(asked)
    assert (update.source, update.home_address, update.payload.sequence) == (AR, HOA, 42)
    assert play << response(asked) == []  # the answer to a request that was sent twice


def test_context_of_another_mobile_node_is_not_taken() -> None:
    play = router(neighbours={SAR: Neighbour()})
    (asked,) = play << HandoverIndication(ALICE, LINK, SAR)
    assert play << response(asked, mn_id=b"mallory@example.net") == []
    answer = response(asked)
    assert isinstance(answer.packet, Packet)
    assert play << Arrived(replace(answer.packet, source=OTHER)) == []
    assert play << Arrived(replace(answer.packet, hop_limit=64)) == []
    assert len(play << answer) == 1


def test_target_that_waits_in_vain_gives_the_binding_back() -> None:
    play = router(neighbours={SAR: Neighbour()})
    (asked,) = play << HandoverIndication(ALICE, LINK, SAR)
    (update,) = play << response(asked)
    assert play << ack(update) == []
    waited, (release,) = play.wait()
    assert (waited, release.payload.lifetime) == (5 * S, 0)
    assert play << ack(release) == []
    assert play.node.mobiles == {}


@pytest.mark.requirement("R3.3-8")
def test_serving_router_keeps_a_context_a_second_for_whoever_asks() -> None:
    play = serving(neighbours={OTHER: Neighbour()})
    assert play << LinkDown(LINK) == []
    asked = HoRequest(5, context=True, handoff=True, options=(identity(ALICE),))
    play.now_ns += 900 * MS
    sent = play << Arrived(Packet(OTHER, AR, asked, 255))
    given, teardown = sent
    assert (given.payload.status, teardown.payload.lifetime) == (0, 0)


def test_silent_mobile_node_is_asked_and_then_given_up() -> None:
    play = serving()
    waits, probes = [], 0
    while True:
        waited, sent = play.wait()
        waits.append(waited)
        if any(isinstance(packet.payload, BindingUpdate) for packet in sent):
            break
        probes += len(sent)
    assert waits[0] == 10 * S
    # RFC 2461 10: three probes, a second apart.
    assert (probes, waits[1:]) == (3, [1 * S, 1 * S, 1 * S])


@pytest.mark.requirement("R4.2-st1", "R4.2-st3", "R4.2-st4")
@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (HoRequest(5, context=True), 1),
        (HoRequest(5, reserved=1, options=(identity(ALICE),)), 1),
        (HoRequest(5, options=(identity(b"bob@example.net"),)), 3),
        (HoRequest(5, options=(identity(b"dora@example.net"),)), 4),
        (HoRequest(5, options=(identity(ALICE),)), 0),
    ],
)
def test_serving_router_answers(request_: HoRequest, status: int) -> None:
    forbidden = frozenset((b"dora@example.net",))
    play = serving(neighbours={OTHER: Neighbour()}, forbidden=forbidden)
    (answer,) = play << Arrived(Packet(OTHER, AR, request_, 255))
    assert (answer.payload.identifier, answer.payload.status) == (5, status)
    assert play << Arrived(Packet(OTHER, AR, request_, 64)) == []  # through a router: forged


def test_memory_does_not_grow_with_handoffs() -> None:
    play = router(neighbours={SAR: Neighbour()})
    for round_ in range(40):
        play << LinkDown(LINK)
        (asked,) = play << HandoverIndication(ALICE, LINK, SAR)
        (update,) = play << response(asked)
        play << ack(update)
        play << LinkUp(ALICE, LINK)
        play << Arrived(Packet(SAR, AR, HoRequest(round_, options=(identity(ALICE),)), 255))
        (release,) = play << LinkDown(LINK)
        play << ack(release)
        node = play.node
        assert node.mobiles == node._by_link == node._by_home == node._exchange.asking == {}
        assert len(node._wishes) == 1
    assert not play.violations


# The home agent


def agent(**fields: Any) -> Play:
    return Play(HomeAgent(AgentConfig("ha", HA, PoolConfig(POOL), **fields)))


def update(
    sequence: int,
    coa: IPv6Address = AR,
    *,
    units: int = 150,
    home: IPv6Address = UNSPECIFIED,
    mn_id: bytes = ALICE,
) -> Arrived:
    message = BindingUpdate(
        sequence, ack=True, home=True, lifetime=units, options=(MobileNodeIdentifier(1, mn_id),)
    )
    return Arrived(Packet(coa, HA, message, home_address=home))


def status_of(sent: list[Packet]) -> int:
    (answer,) = sent
    assert isinstance(answer.payload, BindingAcknowledgement)
    return int(answer.payload.status)


@pytest.mark.requirement("R3.1-4", "R6.3-1")
def test_home_agent_keeps_sequence_numbers_per_care_of_address() -> None:
    play = agent()
    (answer,) = play << update(10)
    home = answer.routed
    assert home is not None and home in POOL
    assert status_of(play << update(10, home=home)) == 135
    assert status_of(play << update(9, home=home)) == 135
    assert status_of(play << update(11, home=home)) == 0
    assert status_of(play << update(3, SAR, home=home)) == 0
    # RFC 6275 9.5.1: numbers wrap; 2**15 ahead is behind.
    assert status_of(play << update(3 + (1 << 15) - 1, SAR, home=home)) == 0
    assert status_of(play << update(3 + (1 << 16) - 3 & 0xFFFF, SAR, home=home)) == 0
    assert status_of(play << update(1 << 14, SAR, home=home)) == 0


@pytest.mark.requirement("R3.3-8", "R3.3-6")
def test_release_of_the_old_care_of_address_leaves_the_new_binding_alone() -> None:
    play = agent()
    (answer,) = play << update(1)
    home = answer.routed or UNSPECIFIED
    assert status_of(play << update(2, SAR, home=home)) == 0
    (released,) = play << update(2, AR, units=0, home=home)
    assert (released.payload.status, released.payload.lifetime) == (0, 0)
    entry = play.node.bindings[ALICE].entry
    assert entry.care_of == SAR
    assert AR not in entry.tunnels


def test_home_agent_refuses_what_is_not_its_own() -> None:
    play = agent()
    (first,) = play << update(1)
    bob = b"bob@example.net"
    taken = first.routed or UNSPECIFIED
    assert status_of(play << update(1, home=IPv6Address("2001:db8:bad::1"), mn_id=bob)) == 132
    assert status_of(play << update(1, home=taken, mn_id=bob)) == 134
    foreign = BindingUpdate(1, ack=True, lifetime=150, options=(MobileNodeIdentifier(1, bob),))
    assert status_of(play << Arrived(Packet(AR, HA, foreign, home_address=UNSPECIFIED))) == 131
    nameless = BindingUpdate(1, ack=True, home=True, lifetime=150)
    assert status_of(play << Arrived(Packet(AR, HA, nameless, home_address=UNSPECIFIED))) == 128


def test_home_agent_that_lost_its_cache_takes_the_home_address_that_is_named() -> None:
    play = agent()
    home = IPv6Address("2001:db8:100:77::5")
    (answer,) = play << update(9, home=home)
    assert (answer.payload.status, answer.routed) == (0, home)
    (other,) = play << update(1, mn_id=b"bob@example.net")
    assert other.routed is not None
    assert IPv6Network((other.routed, 64), strict=False) != IPv6Network((home, 64), strict=False)


def test_lifetimes_are_bounded_and_end() -> None:
    play = agent(longest_units=4)
    (answer,) = play << update(1)
    assert answer.payload.lifetime == 4
    waited, sent = play.wait()
    assert (waited, sent) == (16 * S, [])
    assert play.notes[-1].fact is Fact.CACHE_EXPIRED
    assert play.node.next_deadline_ns() is None


def test_a_full_pool_refuses_until_something_is_free() -> None:
    pool = HomePool(PoolConfig(IPv6Network("2001:db8:100::/62")))
    in_use = {b"a", b"b", b"c"}
    given = [pool.assigned(name, in_use.__contains__) for name in (b"a", b"b", b"c")]
    assert len({homes.home for homes in given if homes is not None}) == 3
    assert pool.assigned(b"d", in_use.__contains__) is None
    in_use.discard(b"b")
    assert pool.assigned(b"d", in_use.__contains__) == given[1]
    # The same identity gets the same address again.
    assert pool.assigned(b"a", in_use.__contains__) == given[0]


def test_copy_of_a_packet_under_ah_is_dropped_without_a_word() -> None:
    key = AhSecurity(4096, Secret(bytes(20)))
    play = serving(neighbours={OTHER: Neighbour(key, None)})
    asked = Packet(OTHER, AR, HoRequest(5, options=(identity(ALICE),)), 255)
    first = protected(asked, key, 1, Profile())
    assert status_given(play << Arrived(first)) == 0
    assert play << Arrived(first) == []
    # A retransmission is another packet, and is answered as the first was.
    assert status_given(play << Arrived(protected(asked, key, 2, Profile()))) == 0
    assert status_given(play << Arrived(replace(first, ah=None))) == 0  # AH is not insisted on


def status_given(sent: list[Packet]) -> int:
    (answer,) = sent
    assert isinstance(answer.payload, HoResponse)
    return int(answer.payload.status)
