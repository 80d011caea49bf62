"""Closed replay: from a trace and its frames to a verdict and what the models sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv6Address

from dissectors.authentication.keys import Keys
from replay.access_router import AccessRouter
from replay.closed.before import bind_before
from replay.closed.bicast import with_bicast
from replay.closed.changes import Changed, Changes
from replay.closed.compare import Compared, Comparison, in_sight
from replay.closed.conduct import Conduct
from replay.closed.delays import Delays
from replay.closed.journeys import IpFrame
from replay.closed.matching import Recorded
from replay.closed.outside import LinkUse, outside_of
from replay.closed.owners import Owners
from replay.closed.recording import Recording
from replay.closed.sent import Shown, in_order
from replay.closed.signalling import Signalling
from replay.closed.user_plane import UserPlane
from replay.closed.world import World
from replay.events import Node
from replay.home_agent import HomeAgent
from replay.isolate import Isolation
from replay.role_configs import agent_config, router_config, shown_spis
from replay.roles import Roles
from replay.trace import Step, Trace
from replay.verdict import CLOSED, Journal, NodeVerdict, Verdict, first_of_each


@dataclass(frozen=True, slots=True)
class Closed:
    """What came of it. `shown`: what was on the wire, in order of time; seen: isolate's verdict."""

    verdict: Verdict
    seen: Verdict
    shown: tuple[Shown, ...]
    recording: Recording
    remade: frozenset[int]
    """Frames that models send if they behave as recorded; all others are as they are."""
    moved: Mapping[int, int | None]
    """When frames of mobile nodes come instead; None if they do not come."""


def closed(
    trace: Trace,
    frames: Sequence[IpFrame],
    roles: Roles,
    keys: Keys,
    uses: Mapping[bytes, LinkUse],
    changes: Changes | None = None,
) -> Closed:
    """Replay all nodes together.

    frames: all IP packets of the capture, in order of time; uses: of access links, by link-layer
    address; changes: what is to be otherwise than the trace shows it.
    """
    isolation = Isolation(trace, roles, keys)
    for item in isolation.items():
        isolation.feed(item)
    seen = isolation.verdict()
    shells = isolation.shells
    judged = in_sight(trace, shells)
    recording = Recording(frames, trace, judged)
    roles = with_bicast(roles, recording)
    reactions = [pair for shell in shells.values() for pair in shell.reactions]
    delays = Delays(trace, reactions, roles.tolerance_ns)
    recorded = Recorded(judged, roles.tolerance_ns)
    outside = outside_of(shells, recording, uses)
    nodes = _nodes(roles if changes is None else changes.applied(roles), keys, recording)
    bind_before(nodes, recording)
    owners, conduct = Owners(nodes), _conduct(changes, trace)
    signalling = Signalling(recording, recorded, delays, owners, conduct, outside.odd)
    user_plane = UserPlane(recording, delays, owners, conduct)
    world = World(nodes, recording, delays, signalling, user_plane, conduct)
    world.expect(outside)
    world.run()
    comparison = Comparison(recording, shells, roles.tolerance_ns)
    compared = comparison.compare(signalling.made, recorded, user_plane)
    verdict = _verdict(seen, compared, user_plane.carried)
    shown = tuple(in_order(world.shown))
    remade = frozenset(_remade(recording, judged, user_plane.entered))
    return Closed(verdict, seen, shown, recording, remade, world.questions.moved)


def _remade(recording: Recording, judged: Iterable[Step], entered: Iterable[int]) -> Iterator[int]:
    for step in judged:
        yield from (sight.frame.number for sight in recording.sights(step))
    for number in entered:
        hops = recording.journeys[number].hops
        first = next(at for at, hop in enumerate(hops) if hop.tunnels)
        yield from (hop.frame.number for hop in hops[first:])


def _conduct(changes: Changes | None, trace: Trace) -> Conduct:
    if changes is None:
        return Conduct()
    return Changed(changes, {step.mn_id for step in trace.steps if step.mn_id is not None})


def _nodes(roles: Roles, keys: Keys, recording: Recording) -> dict[IPv6Address, Node]:
    trace = recording.trace
    spis = shown_spis(trace)
    nodes: dict[IPv6Address, Node] = {}
    for agent in roles.agents:
        nodes[agent.address] = HomeAgent(agent_config(agent, keys))
    for router in roles.routers:
        config = router_config(router, roles, keys, trace, spis)
        link = recording.link_of(router.address)
        nodes[router.address] = AccessRouter(replace(config, link=link or config.link))
    return nodes


def _verdict(seen: Verdict, compared: Compared, user_packets: int) -> Verdict:
    kept, rest = first_of_each(list(compared.divergences))
    nodes = tuple(
        NodeVerdict(each.node, each.role, compared.agreed[each.node], each.unjudged)
        for each in seen.nodes
        if each.node in compared.agreed
    )
    journal = Journal()
    journal.add("closed")
    for node in nodes:
        journal.add("node", node.node, node.role, node.agreed, node.unjudged)
    for address, frame, kind in compared.pairs:
        journal.add("compared", address, frame, kind)
    for each in kept:
        journal.add("divergence", each.node, each.fault.value, each.kind.value, each.step)
        journal.add(each.frame, each.field, each.expected, each.recorded, each.section)
    for one in seen.unseen:
        journal.add("unseen", one.node, one.frame, one.what)
    journal.add("user packets", user_packets)
    digest = journal.hexdigest
    return Verdict(nodes, kept, seen.unseen, rest, digest, CLOSED, user_packets)
