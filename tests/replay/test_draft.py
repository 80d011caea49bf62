"""What the draft asks of the nodes, row by row (tests/data/requirements.md), seen in runs."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network

import pytest

from dissectors.handoff import (
    BindingContext,
    HoRequest,
    HoResponse,
    HoStatus,
    MobileNodeIdentifierOption,
    SecurityAssociationContext,
)
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from dissectors.mobility_options import AlternateCareOfAddress, Authentication, MobileNodeIdentifier
from dissectors.neighbor import RouterAdvertisement, RouterSolicitation
from dissectors.neighbor_options import PrefixInformation
from dissectors.profile import Profile
from dissectors.registries import CONTEXTS
from netmip6scope.simulation.run import load
from replay.context import from_options
from replay.events import Fact, Why
from replay.packets import UNSPECIFIED, Packet, decode, encode
from replay.update_checks import ALL_ONES
from tests.replay.told import MS, S, changed, packet, payload, told, told_by, with_router

AR1, AR2, AR3 = (IPv6Address(f"2001:db8:{n}::a{n}") for n in (1, 2, 3))
HA = IPv6Address("2001:db8:f::1")
POOL = IPv6Network("2001:db8:100::/48")
HOA = IPv6Address("2001:db8:100:1:0:ff:fe00:a01")
ALICE = b"alice@example.net"
FIGURE_1, FIGURE_3 = "figure1-ipv6-setup", "figure3-handoff"


def option(message: object, kind: type) -> object:
    """The option of this class; there is one."""
    (found,) = [each for each in message.options if isinstance(each, kind)]
    return found


# 3.1 Connection set-up, IPv6


@pytest.mark.requirement("R3.1-2", "R6.1")
def test_router_solicitation_makes_the_router_register() -> None:
    run = told(FIGURE_1)
    (asked,), updates = run.of(RouterSolicitation), run.of(BindingUpdate)
    assert asked.sender == "alice"
    assert updates[0].time_ns > asked.time_ns
    # Nothing that a mobile node sends is mobility signalling.
    assert not run.of(BindingUpdate, sender="alice")


@pytest.mark.requirement("R3.1-3", "R6.2-1", "R6.2-2", "R6.2-3")
def test_set_up_binding_update() -> None:
    update = told(FIGURE_1).of(BindingUpdate)[0]
    sent, message = packet(update), payload(update)
    assert (sent.source, sent.destination, sent.home_address) == (AR1, HA, UNSPECIFIED)
    assert message.ack and message.home and message.lifetime == 600 // 4
    assert option(message, AlternateCareOfAddress).address == AR1
    identity = option(message, MobileNodeIdentifier)
    assert (identity.subtype, identity.identifier) == (1, ALICE)
    assert isinstance(message.options[-1], Authentication)


@pytest.mark.requirement("R3.1-3")
def test_all_ones_ask_for_a_home_address_too() -> None:
    run = told_by(with_router(FIGURE_1, "ar1", all_ones=True))
    assert packet(run.of(BindingUpdate)[0]).home_address == ALL_ONES
    assert packet(run.of(BindingAcknowledgement)[0]).routed == HOA


@pytest.mark.requirement("R3.1-4", "R6.3-1")
def test_home_agent_assigns_a_home_address() -> None:
    ack = told(FIGURE_1).of(BindingAcknowledgement)[0]
    sent, message = packet(ack), payload(ack)
    assert (sent.source, sent.destination, message.status) == (HA, AR1, 0)
    assert sent.routed == HOA
    assert HOA in POOL
    assert option(message, MobileNodeIdentifier).identifier == ALICE
    assert isinstance(message.options[-1], Authentication)


@pytest.mark.requirement("R3.1-5")
def test_router_advertises_the_home_addresss_prefix() -> None:
    (advertised,) = told(FIGURE_1).of(RouterAdvertisement)
    assert advertised.sender == "ar1"
    prefix = option(payload(advertised), PrefixInformation)
    assert prefix.autonomous
    assert prefix.prefix_length == 64
    assert IPv6Network((prefix.prefix, 64)) == IPv6Network((HOA, 64), strict=False)


@pytest.mark.requirement("R3.1-6")
def test_traffic_goes_through_the_tunnel_both_ways() -> None:
    run = told(FIGURE_1)
    (_, configured), *_ = run.facts(Fact.HAS_ADDRESS)
    assert configured.address == HOA
    inner = [(packet(one), payload(one)) for one in run.sends if one.send.why is Why.TUNNELLED]
    ends = {(outer.source, outer.destination, user.source == HOA) for outer, user in inner}
    assert ends == {(AR1, HA, True), (HA, AR1, False)}
    assert len(run.facts(Fact.RECEIVED, "alice")) > 70
    assert len(run.facts(Fact.RECEIVED, "correspondent")) > 70


@pytest.mark.requirement("R6.2-1")
def test_router_ends_the_binding_of_one_that_leaves() -> None:
    run = told(FIGURE_1)
    (release,) = run.of(BindingUpdate, why=Why.TEARDOWN)
    assert (payload(release).lifetime, packet(release).home_address) == (0, HOA)
    assert len(run.facts(Fact.CACHE_REMOVED, "ha")) == 1


@pytest.mark.requirement("R6.2-1")
def test_router_refreshes_before_the_lifetime_is_over() -> None:
    run = told("refresh")
    renewals = [one for one in run.of(BindingUpdate, why=Why.RENEWAL) if b"alice" in one.send.mn_id]
    attach = run.of(BindingAcknowledgement)[0]
    # 16 s are granted: four fifths of that after the answer came (a link takes 5 to 5.5 ms).
    first_ns = renewals[0].time_ns - attach.time_ns
    assert 12_805 * MS <= first_ns <= 12_806 * MS
    assert not run.facts(Fact.CACHE_EXPIRED, "alice")


@pytest.mark.requirement("R6.2-1")
def test_binding_that_cannot_be_refreshed_is_set_up_again() -> None:
    run = told("refresh")
    expired = run.facts(Fact.CACHE_EXPIRED, "ha")
    assert expired
    ends = [
        t
        for t, note in run.facts(Fact.CACHE_CREATED, "ha")
        if note.mn_id in {n.mn_id for _, n in expired}
    ]
    assert max(ends) > 48 * S


# 3.3 Handoff


@pytest.mark.requirement("R3.3-4")
def test_every_kind_of_context_is_handed_over() -> None:
    own_key = load(FIGURE_3)
    own_key = changed(own_key, mobiles=(changed(own_key.mobiles[0], own_key=True),))
    runs = [told("net-hmipv6"), told("figure2-ipv4-dhcpv4"), told_by(own_key)]
    carried = {
        type(each).layout.number
        for run in runs
        for one in run.of(HoResponse)
        for each in payload(one).options
        if type(each).layout.registry is CONTEXTS
    }
    assert carried == set(CONTEXTS.types) == {1, 2, 3, 4, 5, 6, 7, 8}


@pytest.mark.requirement("R3.3-2")
def test_trigger_names_the_serving_router_and_the_mobile_node() -> None:
    ((at_ns, note),) = told(FIGURE_3).facts(Fact.TRIGGERED, "ar2")
    assert (at_ns, note.mn_id, note.address) == (4850 * MS, ALICE, AR1)


@pytest.mark.requirement("R3.3-3", "R4.1-ip", "R4.1-c", "R4.1-h", "R4.1-opt", "R6.2-5")
def test_target_asks_the_serving_router_for_the_context() -> None:
    (request,) = told(FIGURE_3).of(HoRequest)
    sent, message = packet(request), payload(request)
    assert (sent.source, sent.destination, sent.hop_limit) == (AR2, AR1, 255)
    assert sent.ah is not None
    assert message.context and message.handoff and message.reserved == 0
    named = option(message, MobileNodeIdentifierOption)
    assert (named.option_code, named.identifier) == (1, ALICE)


@pytest.mark.requirement("R3.3-4", "R4.2-ip", "R4.1-id", "R4.2-fmt", "R4.2-st0")
def test_serving_router_gives_the_context() -> None:
    run = told(FIGURE_3)
    (request,), (response,) = run.of(HoRequest), run.of(HoResponse)
    sent, message = packet(response), payload(response)
    assert (sent.source, sent.destination, sent.hop_limit) == (AR1, AR2, 255)
    assert sent.ah is not None
    assert message.identifier == payload(request).identifier
    assert message.status == HoStatus.SUCCESS
    context = from_options(message.options)
    assert context is not None
    attach = payload(run.of(BindingUpdate)[0])
    assert (context.home, context.home_agent) == (HOA, HA)
    assert (context.sequence, context.lifetime_units) == (attach.sequence, 150)
    # 600 s from when the Binding Update was sent, at 1.03 s; the response leaves at 4.86 s.
    assert option(message, BindingContext).remaining == 596
    assert context.session == bytes.fromhex("020000000a01")


@pytest.mark.requirement("R3.3-5")
def test_target_registers_its_own_care_of_address() -> None:
    run = told(FIGURE_3)
    (update,) = run.of(BindingUpdate, why=Why.HANDOFF)
    sent = packet(update)
    assert (sent.source, sent.destination, sent.home_address) == (AR2, HA, HOA)
    assert option(payload(update), AlternateCareOfAddress).address == AR2
    before = payload(run.of(BindingUpdate)[0]).sequence
    assert payload(update).sequence == before + 1


@pytest.mark.requirement("R3.3-6")
def test_home_agent_moves_the_binding_and_keeps_the_old_tunnel() -> None:
    run = told(FIGURE_3)
    ((moved_ns, _),) = run.facts(Fact.CACHE_MOVED, "ha")
    ((torn_ns, _),) = run.facts(Fact.OLD_TUNNEL_ENDED, "ha")
    ack = next(one for one in run.of(BindingAcknowledgement) if run.since(one) == moved_ns)
    assert (packet(ack).destination, packet(ack).routed) == (AR2, HOA)
    # Uplink through the SAR is still taken between the two.
    late = [
        one
        for one in run.sends
        if one.sender == "ha" and one.send.why is Why.USER and moved_ns < run.since(one) < torn_ns
    ]
    assert late
    assert all(packet(one).source == HOA for one in late)


@pytest.mark.requirement("R3.3-6")
def test_bicasting_sends_downlink_both_ways() -> None:
    run = told("bicast")
    moved_ns, torn_ns = (
        run.facts(fact, "ha")[0][0] for fact in (Fact.CACHE_MOVED, Fact.OLD_TUNNEL_ENDED)
    )
    down = [o for o in run.sends if o.sender == "ha" and o.send.why is Why.TUNNELLED]
    between = [packet(o) for o in down if moved_ns < run.since(o) < torn_ns]
    after = [packet(o) for o in down if run.since(o) > torn_ns]
    assert {one.destination for one in between} == {AR1, AR2}
    assert {one.destination for one in after} == {AR2}
    copies = [one.payload for one in between if one.destination == AR1]
    assert copies == [one.payload for one in between if one.destination == AR2]


@pytest.mark.requirement("R3.3-7")
def test_both_routers_hear_of_the_move() -> None:
    run = told(FIGURE_3)
    assert run.facts(Fact.LINK_DOWN, "ar1")[0][0] == 5000 * MS
    assert run.facts(Fact.LINK_UP, "ar2")[0][0] == 5030 * MS


@pytest.mark.requirement("R3.3-8")
def test_serving_router_tears_its_own_tunnel_down_alone() -> None:
    run = told(FIGURE_3)
    (teardown,) = run.of(BindingUpdate, why=Why.TEARDOWN)
    sent, message = packet(teardown), payload(teardown)
    assert run.since(teardown) == 5000 * MS
    assert (sent.source, sent.home_address, message.lifetime) == (AR1, HOA, 0)
    answer = next(
        o
        for o in run.of(BindingAcknowledgement)
        if packet(o).destination == AR1 and o.time_ns > teardown.time_ns
    )
    assert (payload(answer).status, payload(answer).lifetime) == (0, 0)
    assert not run.facts(Fact.CACHE_REMOVED)
    last = [o for o in run.sends if o.sender == "ha" and o.send.why is Why.TUNNELLED][-1]
    assert packet(last).destination == AR2


@pytest.mark.requirement("R3.3-9", "R6.1")
def test_mobile_node_notices_nothing() -> None:
    run = told(FIGURE_3)
    own = [one for one in run.sends if one.sender == "alice" and run.since(one) > 3 * S]
    assert {one.send.why for one in own} == {Why.USER}
    assert {packet(one).source for one in own} == {HOA}
    assert run.since(own[-1]) > 7 * S


# 4 Messages


@pytest.mark.requirement("R4.1-fmt", "R4.2-fmt", "R8")
def test_messages_have_the_drafts_form() -> None:
    run = told(FIGURE_3)
    (request,), (response,) = run.of(HoRequest), run.of(HoResponse)
    # IPv6 is 40 octets, AH 24: Type and Code, then Checksum, then the 16-bit Identifier.
    octets, identifier = encode(packet(request)), payload(request).identifier.to_bytes(2, "big")
    assert octets[64:66] == bytes((200, 0))
    assert octets[68:70] == identifier
    assert octets[70] == 0b1100_0000
    octets = encode(packet(response))
    assert octets[64:66] == bytes((201, 0))
    assert (octets[68:70], octets[70]) == (identifier, 0)


@pytest.mark.requirement("R8")
def test_type_numbers_are_the_profiles() -> None:
    profile = Profile(ho_request_type=100, ho_response_type=101)
    run = told_by(changed(load(FIGURE_3), profile=profile))
    (request,), (response,) = run.of(HoRequest), run.of(HoResponse)
    assert encode(packet(request), profile)[64] == 100
    assert encode(packet(response), profile)[64] == 101
    assert run.facts(Fact.CONTEXT_TAKEN)  # under AH, which covers the numbers


@pytest.mark.parametrize(
    ("mobile", "status"),
    [
        pytest.param("carol", 1, marks=pytest.mark.requirement("R4.2-st1", "R4.1-opt")),
        pytest.param("alice", 2, marks=pytest.mark.requirement("R4.2-st2", "R3.3-4")),
        pytest.param("bob", 3, marks=pytest.mark.requirement("R4.2-st3")),
        pytest.param("dora", 4, marks=pytest.mark.requirement("R4.2-st4")),
    ],
)
def test_refusals(mobile: str, status: int) -> None:
    run = told("context-refusals")
    refused = [note for _, note in run.facts(Fact.CONTEXT_REFUSED) if mobile.encode() in note.mn_id]
    assert [note.number for note in refused] == [status]
    responses = [payload(one) for one in run.of(HoResponse) if payload(one).status == status]
    assert len(responses) == 1
    # A refusal says nothing but whom it is about.
    kinds = {type(each) for each in responses[0].options}
    assert kinds <= {MobileNodeIdentifierOption}


# 5 Net-HMIPv6

MAP1, MAP2 = IPv6Address("2001:db8:e1::1"), IPv6Address("2001:db8:e2::1")


@pytest.mark.requirement("R5.1-1", "R5.1-2", "R6.2-4", "R6.3-2")
def test_every_move_registers_at_the_map() -> None:
    run = told("net-hmipv6")
    local = [o for o in run.of(BindingUpdate) if payload(o).map_registration]
    setting_up = [o for o in local if o.send.why in (Why.ATTACH, Why.HANDOFF)]
    ends = [(packet(o).source, packet(o).destination) for o in setting_up]
    assert ends == [(AR1, MAP1), (AR2, MAP1), (AR3, MAP2)]
    assert all(payload(o).ack and not payload(o).home for o in local)
    rcoas = [packet(o).routed for o in run.of(BindingAcknowledgement) if o.sender == "map1"]
    assert len(set(rcoas)) == 1
    assert rcoas[0] in IPv6Network("2001:db8:e1::/64")


@pytest.mark.requirement("R5.1-3")
def test_home_agent_hears_of_moves_between_maps_alone() -> None:
    run = told("net-hmipv6")
    home = [o for o in run.of(BindingUpdate) if payload(o).home]
    assert [o.send.why for o in home] == [Why.ATTACH, Why.HANDOFF]
    first, second = (packet(o).source for o in home)
    assert first in IPv6Network("2001:db8:e1::/64")
    assert second in IPv6Network("2001:db8:e2::/64")
    assert packet(home[1]).home_address == HOA


@pytest.mark.requirement("R7-3")
def test_rcoas_are_unique() -> None:
    scenario = load("net-hmipv6")
    (alice,), bob = (
        scenario.mobiles,
        changed(
            scenario.mobiles[0], name="bob", mn_id="bob@example.net", link=b"\x02\0\0\0\x0a\x02"
        ),
    )
    moves = (*scenario.moves, changed(scenario.moves[0], mobile="bob", at_ns=S))
    run = told_by(changed(scenario, mobiles=(alice, bob), moves=moves))
    created = [note.address for _, note in run.facts(Fact.CACHE_CREATED, "map1")]
    assert len(created) == len(set(created)) == 2


@pytest.mark.requirement("R5.2-1")
def test_router_may_advertise_the_maps_prefix() -> None:
    prefix = IPv6Address("2001:db8:e1::")
    run = told_by(with_router("net-hmipv6", "ar1", advertised=prefix))
    (advertised,) = run.of(RouterAdvertisement)
    assert option(payload(advertised), PrefixInformation).prefix == prefix


# 7 Security


@pytest.mark.requirement("R7-1")
def test_context_is_not_given_to_a_rogue_router() -> None:
    run = told("rogue-router")
    to_rogue = [payload(o) for o in run.of(HoResponse) if o.receiver == "rogue"]
    assert [message.status for message in to_rogue] == [HoStatus.AUTHENTICATION_FAILED]
    assert not [note for _, note in run.facts(Fact.CONTEXT_GIVEN) if note.address != AR2]


@pytest.mark.requirement("R7-2")
def test_key_of_a_mobile_node_goes_with_its_context() -> None:
    scenario = load(FIGURE_3)
    own = changed(scenario.mobiles[0], own_key=True)
    run = told_by(changed(scenario, mobiles=(own,)))
    (response,) = run.of(HoResponse)
    carried = option(payload(response), SecurityAssociationContext)
    updates = run.of(BindingUpdate)
    assert {payload(one).options[-1].spi for one in updates} == {carried.spi}
    assert len(run.facts(Fact.BOUND)) == 2


@pytest.mark.requirement("R7-2", "R6.2-2")
@pytest.mark.parametrize(
    ("mobile", "status"),
    [("bob", 129), ("erin", 130), ("frank", 133), ("alice", 144), ("dora", 145), ("carol", 146)],
)
def test_home_agent_refuses(mobile: str, status: int) -> None:
    refused = told("binding-refusals").facts(Fact.UPDATE_REFUSED)
    assert {n.number for _, n in refused if mobile.encode() in n.mn_id} == {status}


@pytest.mark.requirement("R6.2-2")
def test_router_sets_its_clock_by_the_home_agents() -> None:
    # RFC 4285 6: it is a minute ahead; the second Binding Update is accepted.
    run = told("binding-refusals")
    mine = [o for o in run.of(BindingUpdate) if b"alice" in o.send.mn_id]
    assert len(mine) == 2
    bound = [note for _, note in run.facts(Fact.BOUND) if b"alice" in note.mn_id]
    assert len(bound) == 1


@pytest.mark.parametrize("name", [FIGURE_1, FIGURE_3, "net-hmipv6"])
def test_what_is_sent_can_be_read_back(name: str) -> None:
    for one in told(name).sends:
        sent = one.send.packet
        assert isinstance(sent, Packet)
        assert decode(encode(sent)) == sent
