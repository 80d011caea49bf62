"""User data in tunnels: packets that take a tunnel which nobody permits, and who is blamed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import IPv6Address

import pytest

from dissectors.mobility import BindingUpdate
from dissectors.profile import Profile
from netmip6scope.incident.walk_text import walk_text
from replay.explain import explain
from replay.isolate import isolate
from replay.judged import Kind
from replay.packets import Packet
from replay.roles import learned
from replay.trace import Observed, traced
from replay.verdict import Verdict
from tests.netmip6scope.faulty import ADDED, MS, OTHER6, Observation, right_trace, verdict

SECOND = 1000 * MS
SAR, TAR, HA = (IPv6Address(text) for text in ("2001:db8:1::a1", "2001:db8:2::a2", "2001:db8:f::1"))
MAP1, MAP1_AR1, MAP1_AR2 = (
    IPv6Address(text) for text in ("2001:db8:e1::1", "2001:db8:1::a1", "2001:db8:2::a2")
)
SIX, FOUR, DOMAIN = "figure3-handoff", "figure2-ipv4-dhcpv4", "net-hmipv6"


def is_user(seen: Observed) -> bool:
    inner = seen.packet.payload
    return isinstance(inner, Packet) and not isinstance(inner.payload, BindingUpdate)


def torn_ns(observed: Observation) -> int:
    """When the first router took its binding away."""
    payloads = ((seen.time_ns, seen.packet.payload) for seen in observed)
    return next(ns for ns, p in payloads if isinstance(p, BindingUpdate) and not p.lifetime)


def moved_ns(observed: Observation) -> int:
    """When the second router's binding was asked for."""
    updates = [s for s in observed if isinstance(s.packet.payload, BindingUpdate)]
    return next(s.time_ns for s in updates if s.packet.source != updates[0].packet.source)


def from_to(observed: Observation, source: IPv6Address, to: IPv6Address) -> Observation:
    return [
        s
        for s in observed
        if is_user(s) and (s.packet.source, s.packet.destination) == (source, to)
    ]


def again(observed: Observation, packets: Observation, at_ns: int, **fields: object) -> Observation:
    """Some packets once more, 20 ms apart from a time on, with other ends of the tunnel."""
    copies = [
        replace(
            seen,
            frame=ADDED + n,
            time_ns=at_ns + n * 20 * MS,
            packet=replace(seen.packet, **fields),  # type: ignore[arg-type]
        )
        for n, seen in enumerate(packets[:10])
    ]
    return [*observed, *copies]


def uplink_after_tear_down(observed: Observation) -> Observation:
    return again(observed, from_to(observed, SAR, HA), torn_ns(observed) + SECOND)


def uplink_to_a_stranger(observed: Observation) -> Observation:
    first_ns = from_to(observed, SAR, HA)[5].time_ns
    return again(observed, from_to(observed, SAR, HA), first_ns, destination=OTHER6)


def uplink_before_the_binding(observed: Observation) -> Observation:
    at_ns = moved_ns(observed) - 1500 * MS
    return again(observed, from_to(observed, TAR, HA), at_ns)


def downlink_after_tear_down(observed: Observation) -> Observation:
    packets = from_to(observed, HA, TAR)
    return again(observed, packets, torn_ns(observed) + SECOND, destination=SAR)


def downlink_before_the_binding(observed: Observation) -> Observation:
    return again(observed, from_to(observed, HA, TAR), moved_ns(observed) - 1500 * MS)


def without_tear_down(observed: Observation) -> Observation:
    """Neither the tear-down nor its answer, which is the last signalling of the trace."""
    end_ns = torn_ns(observed)
    return [seen for seen in observed if is_user(seen) or seen.time_ns < end_ns]


def downlink_stays(observed: Observation) -> Observation:
    """All of it goes on to the router of before."""
    begin_ns = moved_ns(observed)
    return [
        replace(seen, packet=replace(seen.packet, destination=SAR))
        if is_user(seen) and seen.time_ns > begin_ns and seen.packet.destination == TAR
        else seen
        for seen in without_tear_down(observed)
    ]


def map_uplink_after_tear_down(observed: Observation) -> Observation:
    packets = from_to(observed, MAP1_AR1, MAP1)
    return again(observed, packets, torn_ns(observed) + SECOND)


def map_downlink_after_tear_down(observed: Observation) -> Observation:
    packets = from_to(observed, MAP1, MAP1_AR2)
    return again(observed, packets, torn_ns(observed) + SECOND, destination=MAP1_AR1)


@dataclass(frozen=True)
class Case:
    """What is done to the user data of a right trace, who is blamed, and where it should go."""

    name: str
    scenario: str
    change: Callable[[Observation], Observation]
    node: IPv6Address
    right: IPv6Address | None


CASES = [
    Case("uplink after the tear-down", SIX, uplink_after_tear_down, SAR, None),
    Case("uplink to a stranger", SIX, uplink_to_a_stranger, SAR, HA),
    Case("uplink before the binding", SIX, uplink_before_the_binding, TAR, None),
    Case("downlink to a router that has torn down", SIX, downlink_after_tear_down, HA, TAR),
    Case("downlink to a router that is not bound yet", SIX, downlink_before_the_binding, HA, SAR),
    Case("IPv4: uplink after the tear-down", FOUR, uplink_after_tear_down, SAR, None),
    Case("IPv4: uplink to a stranger", FOUR, uplink_to_a_stranger, SAR, HA),
    Case("IPv4: downlink after the tear-down", FOUR, downlink_after_tear_down, HA, TAR),
    Case("MAP: uplink after the tear-down", DOMAIN, map_uplink_after_tear_down, MAP1_AR1, None),
    Case("MAP: downlink after the tear-down", DOMAIN, map_downlink_after_tear_down, MAP1, MAP1_AR2),
]


def told(found: Verdict) -> list[tuple[str, Kind, int, object, object]]:
    return [
        (str(each.node), each.kind, each.frame, each.expected, each.recorded)
        for each in found.divergences
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_wrong_tunnel_is_found(case: Case) -> None:
    right, keys = right_trace(case.scenario)
    changed = case.change([*right])
    (first,) = (seen for seen in changed if seen.frame == ADDED)
    expected = None if case.right is None else str(case.right)
    assert told(verdict(changed, keys)) == [
        (str(case.node), Kind.USER_DATA, ADDED, expected, str(first.packet.destination))
    ]


def test_downlink_that_stays_behind_is_found_when_the_contract_says() -> None:
    """From a second after the first uplink packet through the target (CONTRACT 3)."""
    right, keys = right_trace(SIX)
    changed = downlink_stays([*right])
    settled_ns = from_to(changed, TAR, HA)[0].time_ns + SECOND
    first = next(s for s in from_to(changed, HA, SAR) if s.time_ns > settled_ns)
    assert told(verdict(changed, keys)) == [
        (str(HA), Kind.USER_DATA, first.frame, str(TAR), str(SAR))
    ]


def test_copies_are_no_fault() -> None:
    """The old tunnel stands until it is torn down, and the home agent may bi-cast (draft 3.3-6)."""
    right, keys = right_trace(SIX)
    kept = without_tear_down([*right])
    copies = [
        replace(seen, frame=ADDED + n, packet=replace(seen.packet, destination=SAR))
        for n, seen in enumerate(from_to(kept, HA, TAR))
    ]
    assert len(copies) > 50
    assert verdict([*kept, *copies], keys).divergences == ()


def test_what_came_before_the_trace_is_not_judged() -> None:
    """A trace that begins with the handoff does not show who was bound before."""
    right, keys = right_trace(SIX)
    begin_ns = moved_ns([*right]) - 50 * MS
    rest = [seen for seen in right if seen.time_ns >= begin_ns]
    assert from_to(rest, SAR, HA)
    stray = again(rest, from_to([*right], SAR, HA), begin_ns, source=OTHER6)
    assert verdict(rest, keys).divergences == ()
    assert verdict(stray, keys).divergences == ()


def test_flows_are_counted() -> None:
    """One each way and router: up through SAR and TAR, down from the home agent to both."""
    right, keys = right_trace(SIX)
    found = verdict([*right], keys)
    assert {str(node.node): node.flows for node in found.nodes} == {
        str(HA): 2,
        str(SAR): 1,
        str(TAR): 1,
    }


def test_walk_to_a_wrong_tunnel() -> None:
    """It ends at the packet; before it stands the exchange that ended the tunnel."""
    right, keys = right_trace(SIX)
    changed = uplink_after_tear_down([*right])
    trace = traced(sorted(changed, key=lambda seen: seen.time_ns))
    roles = learned(trace, keys, Profile())
    (walk,) = explain(trace, roles, keys, isolate(trace, roles, keys).divergences)
    kinds = [row.recorded.kind for row in walk.rows if row.recorded is not None]
    assert kinds == ["ho-request", "ho-response", "bu", "ba", "bu", "ba", "user data"]
    last = walk.rows[-1]
    assert (last.diverges, last.frame) == (True, ADDED)
    assert [each.state for each in last.before][:2] == ["away", "idle"]
    text = walk_text(walk)
    (line,) = (line for line in text.splitlines() if line.startswith(">"))
    assert re.search(
        rf"AR1 > HA  user data  from \S+, to \S+, tunnel to {HA} +tunnel to none$", line
    )
