"""What mobile nodes ask on access links: single faults, and that the mobile node is blamed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from typing import Any

import pytest

from dissectors.codec import build, parse
from dissectors.dhcpv4 import Dhcpv4Message
from dissectors.dhcpv4_options import RequestedAddress
from dissectors.dhcpv4_options import ServerIdentifier as Dhcpv4ServerIdentifier
from dissectors.dhcpv6 import Dhcpv6Message
from dissectors.dhcpv6_options import IaNa, ServerIdentifier
from dissectors.duid import DuidLl
from dissectors.layout import values
from dissectors.profile import Profile
from netmip6scope.incident.walk_text import walk_text
from replay import dhcp
from replay.explain import explain
from replay.isolate import isolate
from replay.judged import Kind, kind_of
from replay.packets import Datagram
from replay.roles import learned
from replay.trace import Observed, traced
from tests.netmip6scope.faulty import (
    OTHER4,
    Observation,
    dropped,
    place,
    right_trace,
    verdict,
    with_packet,
)

SLAAC, SIX, FOUR = "figure3-handoff", "access-dhcpv6", "figure2-ipv4-dhcpv4"
# The link-local address of 02:00:00:00:0a:01 (RFC 4291 appendix A), who is Alice in all three.
MN = "fe80::ff:fe00:a01"
Message = Dhcpv6Message | Dhcpv4Message


def asked(observed: Observation, number: int) -> int:
    """The index of the client's first DHCP message of a type."""

    def is_meant(seen: Observed) -> bool:
        payload = seen.packet.payload
        if not isinstance(payload, Datagram):
            return False
        six, four = dhcp.dhcpv6(payload), dhcp.dhcpv4(payload)
        kind = six.msg_type if six is not None else four and dhcp.type4(four)
        return kind == number

    return next(n for n, seen in enumerate(observed) if is_meant(seen))


def with_message(change: Callable[[Message], Message]) -> Callable[[Observation, int], Observation]:
    def changed(observed: Observation, at: int) -> Observation:
        payload = observed[at].packet.payload
        assert isinstance(payload, Datagram)
        kind = Dhcpv6Message if dhcp.dhcpv6(payload) is not None else Dhcpv4Message
        octets = build(change(parse(kind, payload.data)[0]))
        return with_packet(payload=replace(payload, data=octets))(observed, at)

    return changed


def with_options(
    kind: type, other: Callable[[Any], Any]
) -> Callable[[Observation, int], Observation]:
    def change(message: Message) -> Message:
        options = tuple(other(o) if isinstance(o, kind) else o for o in message.options)
        assert options != message.options
        kept = tuple(o for o in options if o is not None)
        return type(message)(**values(message) | {"options": kept})

    return with_message(change)


def other_transaction(message: Message) -> Message:
    number = message.transaction_id ^ 1
    return type(message)(**values(message) | {"transaction_id": number})


@dataclass(frozen=True)
class Case:
    """A fault in the client's DHCP message of a type (3 is REQUEST in both); None: in its RS."""

    name: str
    scenario: str
    number: int | None
    change: Callable[[Observation, int], Observation]
    kind: Kind
    field: str


SERVER6, SERVER4 = DuidLl(1, bytes(6)), IPv4Address("203.0.113.1")
CASES = [
    Case("RS with another hop limit", SLAAC, None, with_packet(hop_limit=64),
         Kind.ROUTER_SOLICITATION, "hop limit"),
    Case("DHCPv6: from another server", SIX, 3,
         with_options(ServerIdentifier, lambda _: ServerIdentifier((SERVER6,))),
         Kind.DHCPV6_REQUEST, "server"),
    Case("DHCPv6: from no server", SIX, 3, with_options(ServerIdentifier, lambda _: None),
         Kind.DHCPV6_REQUEST, "server"),
    Case("DHCPv4: takes another address", FOUR, 3,
         with_options(RequestedAddress, lambda _: RequestedAddress(OTHER4)),
         Kind.DHCPV4_REQUEST, "address"),
    Case("DHCPv4: says no address", FOUR, 3, with_options(RequestedAddress, lambda _: None),
         Kind.DHCPV4_REQUEST, "address"),
    Case("DHCPv4: from another server", FOUR, 3,
         with_options(Dhcpv4ServerIdentifier, lambda _: Dhcpv4ServerIdentifier(SERVER4)),
         Kind.DHCPV4_REQUEST, "server"),
    Case("DHCPv4: another transaction", FOUR, 3, with_message(other_transaction),
         Kind.DHCPV4_REQUEST, "transaction"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_fault_is_found(case: Case) -> None:
    right, keys = right_trace(case.scenario)
    is_rs = case.number is None
    at = place([*right], "RouterSolicitation", 0) if is_rs else asked([*right], case.number or 0)
    found = verdict(case.change([*right], at), keys)
    told = [(str(e.node), e.kind, e.frame, e.field) for e in found.divergences]
    assert told == [(MN, case.kind, right[at].frame, case.field)]
    assert [n.role for n in found.nodes if str(n.node) == MN] == ["mobile node"]


def test_the_address_in_a_dhcpv6_request_is_a_hint() -> None:
    """RFC 3315 18.1.1: a Request may have hints; the server decides."""
    right, keys = right_trace(SIX)
    changed = with_options(IaNa, lambda ia: IaNa(**values(ia) | {"options": ()}))
    assert verdict(changed([*right], asked([*right], 3)), keys).divergences == ()


def test_who_was_offered_nothing_takes_nothing() -> None:
    """The router is at fault first: it has not answered. The request follows from that."""
    right, keys = right_trace(FOUR)
    at = next(n for n, s in enumerate(right) if kind_of(s.packet) is Kind.DHCPV4_OFFER)
    found = verdict(dropped([*right], at), keys)
    assert {str(each.node) for each in found.divergences} == {"2001:db8:1::a1"}
    assert found.consequences == 1


def test_walk_to_a_mobile_nodes_fault() -> None:
    right, keys = right_trace(FOUR)
    trace = traced(CASES[3].change([*right], asked([*right], 3)))
    roles = learned(trace, keys, Profile())
    (walk,) = explain(trace, roles, keys, isolate(trace, roles, keys).divergences)
    assert (walk.name, walk.role) == ("MN", "mobile node")
    last = walk.rows[-1].recorded
    assert last is not None
    assert (last.sender, last.receiver, last.kind) == ("MN", "AR1", "dhcp4-request")
    assert re.search(r"address 203\.0\.113\.77 +address 192\.0\.2\.1\n", walk_text(walk))
