"""Isolate mode: each node by itself, fed with what the trace shows that it received.

A fault stays with the node that made it: no model hears what another model would have said.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Address

from dissectors.authentication.keys import Keys
from dissectors.handoff import HoRequest, HoResponse
from replay.access_steps import join_access
from replay.agent_shell import AgentShell
from replay.judged import kind_of
from replay.packets import Address
from replay.role_configs import shown_spis
from replay.roles import Roles, answered
from replay.router_shell import RouterShell
from replay.shell import Shell
from replay.surroundings import Surroundings
from replay.trace import Step, Trace
from replay.verdict import Journal, NodeVerdict, Verdict, first_of_each

PAUSE_NS = 300_000_000
"""Who was silent for so long may have come anew."""
Heard = tuple[int, IPv6Address, Address]
"""When user data came by, at which router, from which home address."""


def isolate(trace: Trace, roles: Roles, keys: Keys) -> Verdict:
    """Replay every node of a trace by itself."""
    around = Surroundings(trace, _answers(trace), shown_spis(trace))
    join_access(around)
    shells: dict[IPv6Address, Shell] = {}
    for agent in roles.agents:
        shells[agent.address] = AgentShell(agent, keys, trace, around.answers, roles.tolerance_ns)
    for router in roles.routers:
        shells[router.address] = RouterShell(router, roles, keys, around)
    unjudged = dict.fromkeys(shells, 0)
    for item in _merged(trace):
        if isinstance(item, Step):
            _feed(item, shells, unjudged)
        else:
            time_ns, router_address, home = item
            shell = shells.get(router_address)
            if isinstance(shell, RouterShell):
                shell.heard(home, time_ns)
    return _verdict(trace, shells, unjudged)


def _feed(step: Step, shells: dict[IPv6Address, Shell], unjudged: dict[IPv6Address, int]) -> None:
    """The sender first: what is wrong with a message is its fault."""
    sender = None if step.sender is None else shells.get(step.sender)
    if sender is not None:
        if kind_of(step.packet) is None:
            unjudged[sender.address] += 1
        else:
            sender.sent(step)
    receiver = None if step.receiver is None else shells.get(step.receiver)
    if receiver is None:
        return
    if step.lost:
        receiver.not_shown(step, "whether this arrived: it was asked for again")
    else:
        receiver.received(step)


def _merged(trace: Trace) -> list[Step | Heard]:
    """Steps, and between them when user data shows that a mobile node is there."""
    heard = [
        (time_ns, router, home)
        for (router, home), times in trace.heard.items()
        for time_ns, before_ns in zip(times, [-PAUSE_NS, *times], strict=False)
        if time_ns - before_ns >= PAUSE_NS
    ]
    both: list[Step | Heard] = [*trace.steps, *heard]
    return sorted(both, key=lambda each: each.time_ns if isinstance(each, Step) else each[0])


def _answers(trace: Trace) -> dict[int, Step]:
    """By request, its answer."""
    found = {asked.number: answer for asked, answer in reversed(answered(trace.steps))}
    asked_for: dict[object, Step] = {}
    for step in trace.steps:
        payload = step.packet.payload
        if isinstance(payload, HoRequest):
            asked_for[step.sender, step.receiver, payload.identifier] = step
        elif isinstance(payload, HoResponse):
            asked = asked_for.get((step.receiver, step.sender, payload.identifier))
            if asked is not None:
                found.setdefault(asked.number, step)
    return found


def _verdict(
    trace: Trace, shells: dict[IPv6Address, Shell], unjudged: dict[IPv6Address, int]
) -> Verdict:
    for shell in shells.values():
        shell.finish(trace.end_ns)
    found = [each for shell in shells.values() for each in shell.divergences]
    kept, rest = first_of_each(found)
    unseen = sorted(
        (each for shell in shells.values() for each in shell.unseen),
        key=lambda each: (each.frame, each.node),
    )
    nodes = tuple(
        NodeVerdict(shell.address, shell.role, shell.agreed, unjudged[shell.address])
        for shell in shells.values()
    )
    verdict = Verdict(nodes, kept, tuple(unseen), rest)
    journal = Journal()
    for node in nodes:
        journal.add("node", node.node, node.role, node.agreed, node.unjudged)
    for shell in shells.values():
        for frame, kind in shell.compared:
            journal.add("compared", shell.address, frame, kind)
    for each in kept:
        journal.add("divergence", each.node, each.fault.value, each.kind.value, each.step)
        journal.add(each.frame, each.field, each.expected, each.recorded, each.section)
    for one in unseen:
        journal.add("unseen", one.node, one.frame, one.what)
    return replace(verdict, digest=journal.hexdigest)
