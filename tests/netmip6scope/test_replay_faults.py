"""Replay finds a single fault, blames the right node at the right message, and nobody else."""

from __future__ import annotations

import pytest

from dissectors.handoff import (
    BindingContext,
    HomeAddressContext,
    HomeAgentContext,
    Ipv4HomeAddressContext,
    MobileNodeIdentifierOption,
)
from dissectors.mobility_options import (
    AlternateCareOfAddress,
    Authentication,
    Ipv4AddressAcknowledgement,
    Ipv4HomeAddress,
    MesgId,
    MobileNodeIdentifier,
)
from dissectors.neighbor_options import PrefixInformation
from replay.judged import Kind
from tests.netmip6scope.faulty import (
    ADDED,
    OTHER4,
    OTHER6,
    Case,
    doubled,
    dropped,
    forged,
    later,
    place,
    right_trace,
    verdict,
    with_field,
    with_option,
    with_packet,
    with_sequence,
    without_option,
)

SIX, FOUR = "figure3-handoff", "figure2-ipv4-dhcpv4"
BU, BA, REQ, RSP = (
    Kind.BINDING_UPDATE,
    Kind.BINDING_ACKNOWLEDGEMENT,
    Kind.HO_REQUEST,
    Kind.HO_RESPONSE,
)
RA = Kind.ROUTER_ADVERTISEMENT
SAR, TAR, HA = "2001:db8:1::a1", "2001:db8:2::a2", "2001:db8:f::1"
# In both scenarios: attach (BU 0, BA 0), handoff (BU 1, BA 1), the SAR's tear-down (BU 2, BA 2).

CASES = [
    # The SAR at the attach
    Case("attach: lifetime", SIX, BU, 0, with_field(lifetime=7), SAR, "lifetime"),
    Case("attach: A not set", SIX, BU, 0, with_field(ack=False), SAR, "acknowledge (A)"),
    Case("attach: H not set", SIX, BU, 0, with_field(home=False), SAR, "home registration (H)"),
    Case("attach: no identifier", SIX, BU, 0, without_option(MobileNodeIdentifier), SAR,
         "mobile node identifier"),
    Case("attach: somebody else", SIX, BU, 0, with_option(MobileNodeIdentifier, identifier=b"eve"),
         SAR, "mobile node identifier"),
    Case("attach: care-of address", SIX, BU, 0, with_option(AlternateCareOfAddress, address=OTHER6),
         SAR, "care-of address"),
    Case("attach: a home address that nobody gave", SIX, BU, 0,
         with_packet(home_address=OTHER6), SAR, "home address"),
    Case("attach: no timestamp", SIX, BU, 0, without_option(MesgId), SAR, "timestamp"),
    Case("attach: no authenticator", SIX, BU, 0, without_option(Authentication), SAR, "SPI"),
    Case("attach: wrong authenticator", SIX, BU, 0, forged, SAR, "authenticator"),
    Case("attach: BU missing", SIX, BU, 0, dropped, SAR, at=("RouterSolicitation", 0)),
    Case("attach: BU twice", SIX, BU, 0, doubled, SAR),
    Case("attach: BU two seconds late", SIX, BU, 0, later(2000), SAR, "time"),
    # The home agent
    Case("attach: refused for no reason", SIX, BA, 0, with_field(status=128), HA, "status"),
    Case("attach: BA for another number", SIX, BA, 0, with_sequence(5), HA,
         "acknowledged sequence"),
    Case("attach: BA grants too much", SIX, BA, 0, with_field(lifetime=400), HA, "lifetime"),
    Case("attach: BA without home address", SIX, BA, 0, with_packet(routed=None), HA,
         "home address"),
    Case("attach: BA without identifier", SIX, BA, 0, without_option(MobileNodeIdentifier), HA,
         "mobile node identifier"),
    Case("attach: BA echoes another timestamp", SIX, BA, 0, with_option(MesgId, timestamp=1), HA,
         "echoed timestamp"),
    Case("attach: BA not authenticated", SIX, BA, 0, without_option(Authentication), HA, "SPI"),
    Case("attach: BA with a wrong authenticator", SIX, BA, 0, forged, HA, "authenticator"),
    Case("attach: BA missing", SIX, BA, 0, dropped, HA, at=(BU, 0)),
    Case("attach: BA twice", SIX, BA, 0, doubled, HA),
    Case("attach: BA before the BU", SIX, BA, 0, later(-6), HA),
    Case("attach: BA two seconds late", SIX, BA, 0, later(2000), HA, "time"),
    Case("handoff: another home address", SIX, BA, 1, with_packet(routed=OTHER6), HA,
         "home address"),
    Case("handoff: refused for no reason", SIX, BA, 1, with_field(status=130), HA, "status"),
    Case("handoff: BA missing", SIX, BA, 1, dropped, HA, at=(BU, 1)),
    Case("handoff: BA twice", SIX, BA, 1, doubled, HA),
    Case("handoff: BA to somebody else", SIX, BA, 1, with_packet(destination=OTHER6), HA,
         "destination"),
    Case("tear-down: BA with a lifetime", SIX, BA, 2, with_field(lifetime=150), HA, "lifetime"),
    Case("tear-down: BA missing", SIX, BA, 2, dropped, HA, at=(BU, 2)),
    Case("tear-down: BA refuses", SIX, BA, 2, with_field(status=133), HA, "status"),
    # What the SAR tells the mobile node
    Case("attach: RA: another prefix", SIX, RA, 0, with_option(PrefixInformation, prefix=OTHER6),
         SAR, "prefix"),
    Case("attach: RA missing", SIX, RA, 0, dropped, SAR, at=(BA, 0)),
    Case("attach: RA without prefix", SIX, RA, 0, without_option(PrefixInformation), SAR,
         "prefix"),
    Case("attach: RA twice", SIX, RA, 0, doubled, SAR),
    # The TAR
    Case("request: hop limit", SIX, REQ, 0, with_packet(hop_limit=64), TAR, "hop limit"),
    Case("request: C not set", SIX, REQ, 0, with_field(context=False), TAR,
         "context request (C)"),
    Case("request: H not set", SIX, REQ, 0, with_field(handoff=False), TAR,
         "handoff request (H)"),
    Case("request: reserved bits", SIX, REQ, 0, with_field(reserved=3), TAR, "reserved"),
    Case("request: names nobody", SIX, REQ, 0, without_option(MobileNodeIdentifierOption), TAR,
         "mobile node identifier"),
    Case("request: no AH", SIX, REQ, 0, with_packet(ah=None), TAR, "AH SPI"),
    Case("request: wrong ICV", SIX, REQ, 0, forged, TAR, "ICV"),
    Case("request: twice", SIX, REQ, 0, doubled, TAR),
    Case("handoff: BU with another home address", SIX, BU, 1, with_packet(home_address=OTHER6), TAR,
         "home address"),
    Case("handoff: BU with a number that goes back", SIX, BU, 1, with_sequence(-3), TAR,
         "sequence"),
    Case("handoff: BU with another lifetime", SIX, BU, 1, with_field(lifetime=9), TAR,
         "lifetime"),
    Case("handoff: BU with an old timestamp", SIX, BU, 1, with_option(MesgId, timestamp=1 << 32),
         TAR, "timestamp"),
    Case("handoff: BU missing", SIX, BU, 1, dropped, TAR, at=(RSP, 0)),
    Case("handoff: BU twice", SIX, BU, 1, doubled, TAR),
    Case("handoff: BU not authenticated", SIX, BU, 1, without_option(Authentication), TAR, "SPI"),
    # The SAR at the handoff
    Case("response: hop limit", SIX, RSP, 0, with_packet(hop_limit=64), SAR, "hop limit"),
    Case("response: another Identifier", SIX, RSP, 0, with_field(identifier=999), SAR,
         "copied identifier"),
    Case("response: refused for no reason", SIX, RSP, 0, with_field(status=3), SAR, "status"),
    Case("response: another home address", SIX, RSP, 0,
         with_option(HomeAddressContext, address=OTHER6), SAR, "home address"),
    Case("response: another home agent", SIX, RSP, 0,
         with_option(HomeAgentContext, address=OTHER6), SAR, "home agent"),
    Case("response: no home agent", SIX, RSP, 0, without_option(HomeAgentContext), SAR,
         "home agent"),
    Case("response: another number", SIX, RSP, 0, with_option(BindingContext, sequence=77), SAR,
         "context sequence"),
    Case("response: another lifetime", SIX, RSP, 0, with_option(BindingContext, lifetime=1), SAR,
         "granted lifetime"),
    Case("response: too much time left", SIX, RSP, 0, with_option(BindingContext, remaining=9000),
         SAR, "remaining lifetime"),
    Case("response: no AH", SIX, RSP, 0, with_packet(ah=None), SAR, "AH SPI"),
    Case("response: wrong ICV", SIX, RSP, 0, forged, SAR, "ICV"),
    Case("response: missing", SIX, RSP, 0, dropped, SAR, at=(REQ, 0)),
    Case("response: twice", SIX, RSP, 0, doubled, SAR),
    Case("response: before the request", SIX, RSP, 0, later(-50), SAR),
    Case("response: nobody asked", SIX, REQ, 0, dropped, SAR, at=(RSP, 0)),
    Case("tear-down: renews instead", SIX, BU, 2, with_field(lifetime=150), SAR),
    Case("tear-down: another home address", SIX, BU, 2, with_packet(home_address=OTHER6), SAR,
         "home address"),
    Case("tear-down: number goes back", SIX, BU, 2, with_sequence(-9), SAR, "sequence"),
    Case("tear-down: twice", SIX, BU, 2, doubled, SAR),
    Case("tear-down: wrong authenticator", SIX, BU, 2, forged, SAR, "authenticator"),
    # IPv4
    Case("IPv4: BU without the option", FOUR, BU, 0, without_option(Ipv4HomeAddress), SAR,
         "IPv4 home address"),
    Case("IPv4: BU names an address", FOUR, BU, 0, with_option(Ipv4HomeAddress, address=OTHER4),
         SAR, "IPv4 home address"),
    Case("IPv4: BA with another address", FOUR, BA, 1,
         with_option(Ipv4AddressAcknowledgement, address=OTHER4), HA, "IPv4 home address"),
    Case("IPv4: response with another address", FOUR, RSP, 0,
         with_option(Ipv4HomeAddressContext, address=OTHER4), SAR, "IPv4 home address"),
    Case("IPv4: OFFER missing", FOUR, Kind.DHCPV4_OFFER, 0, dropped, SAR, at=(BA, 0)),
    Case("IPv4: ACK twice", FOUR, Kind.DHCPV4_ACK, 0, doubled, SAR),
]  # fmt: skip


def test_there_are_enough() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60


@pytest.mark.parametrize("scenario", [SIX, FOUR])
def test_the_right_trace_is_clean(scenario: str) -> None:
    observed, keys = right_trace(scenario)
    found = verdict([*observed], keys)
    assert found.divergences == ()
    assert found.consequences == 0
    assert all(node.agreed for node in found.nodes)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_fault_is_found(case: Case) -> None:
    right, keys = right_trace(case.scenario)
    observed = [*right]
    at = place(observed, case.kind, case.nth)
    where = at if case.at is None else place(observed, *case.at)
    frame = ADDED if case.change is doubled else observed[where].frame
    found = verdict(case.change(observed, at), keys).divergences
    assert [(str(each.node), each.frame) for each in found[:1]] == [(case.node, frame)]
    assert {str(each.node) for each in found} == {case.node}
    assert case.field in {each.field for each in found}
