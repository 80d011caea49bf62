"""Isolate mode: each node by itself, fed with what the trace shows that it received.

A fault stays with the node that made it: no model hears what another model would have said.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Address

from dissectors.authentication.keys import Keys
from dissectors.handoff import HoRequest, HoResponse
from replay.aaa_judge import judge_aaa
from replay.access_steps import join_access
from replay.agent_shell import AgentShell
from replay.host_judge import judge_hosts
from replay.judged import kind_of
from replay.packets import Address
from replay.pairing import Expected
from replay.role_configs import shown_spis
from replay.roles import Roles, answered
from replay.router_shell import RouterShell
from replay.shell import Shell
from replay.surroundings import Surroundings
from replay.trace import Step, Trace
from replay.tunnel_permits import Permits
from replay.user_judge import judge
from replay.verdict import Journal, NodeVerdict, Verdict, first_of_each

PAUSE_NS = 300_000_000
"""Who was silent for so long may have come anew."""
Heard = tuple[int, IPv6Address, Address]
"""When user data came by, at which router, from which home address."""


def isolate(trace: Trace, roles: Roles, keys: Keys) -> Verdict:
    """Replay every node of a trace by itself."""
    run = Isolation(trace, roles, keys)
    for item in run.items():
        run.feed(item)
    return run.verdict()


class Isolation:
    """One replay, step by step: feed all `items` in order, then ask for the `verdict`."""

    def __init__(self, trace: Trace, roles: Roles, keys: Keys) -> None:
        self._trace = trace
        self._tolerance_ns = roles.tolerance_ns
        around = Surroundings(trace, _answers(trace), shown_spis(trace))
        join_access(around)
        self.shells: dict[IPv6Address, Shell] = {}
        for agent in roles.agents:
            tolerance_ns = roles.tolerance_ns
            shell = AgentShell(agent, keys, trace, around.answers, tolerance_ns)
            self.shells[agent.address] = shell
        for router in roles.routers:
            self.shells[router.address] = RouterShell(router, roles, keys, around)
        self._unjudged = dict.fromkeys(self.shells, 0)
        self._permits = Permits()

    def items(self) -> list[Step | Heard]:
        """All that happens, in order of time."""
        return _merged(self._trace)

    def feed(self, item: Step | Heard) -> Expected | None:
        """Let it happen; the message that the sender's model has sent for it, if there is one."""
        if isinstance(item, Step):
            return self._feed(item)
        time_ns, router_address, home = item
        shell = self.shells.get(router_address)
        if isinstance(shell, RouterShell):
            shell.heard(home, time_ns)
        return None

    def _feed(self, step: Step) -> Expected | None:
        """The sender first: what is wrong with a message is its fault."""
        found = None
        sender = None if step.sender is None else self.shells.get(step.sender)
        if sender is not None:
            if kind_of(step.packet) is None:
                self._unjudged[sender.address] += 1
            else:
                found = sender.sent(step)
                self._note(sender, step)
        receiver = None if step.receiver is None else self.shells.get(step.receiver)
        if receiver is None:
            return found
        if step.lost:
            receiver.not_shown(step, "whether this arrived: it was asked for again")
        else:
            receiver.received(step)
        self._note(receiver, step, lost=step.lost)
        return found

    def _note(self, shell: Shell, step: Step, *, lost: bool = False) -> None:
        """Which tunnels the node may use now."""
        if step.mn_id is not None:
            note = self._permits.note_lost if lost else self._permits.note
            note(shell, step.mn_id, step.time_ns)

    def verdict(self) -> Verdict:
        """What came of it. To be asked for once, when all has been fed."""
        for shell in self.shells.values():
            shell.finish(self._trace.end_ns)
        user = judge(self._trace, self._permits, self.shells, self._tolerance_ns)
        aaa = judge_aaa(self._trace, self._tolerance_ns)
        found = [each for shell in self.shells.values() for each in shell.divergences]
        hosts = judge_hosts(self._trace)
        kept, rest = first_of_each([*found, *aaa.divergences, *user.divergences, *hosts])
        unseen = sorted(
            (each for shell in self.shells.values() for each in shell.unseen),
            key=lambda each: (each.frame, each.node),
        )
        nodes = tuple(
            NodeVerdict(
                address,
                shell.role,
                shell.agreed + aaa.right.get(address, 0),
                self._unjudged[address],
                user.right[address],
            )
            for address, shell in self.shells.items()
        )
        servers = (each for each in aaa.servers if each not in self.shells)
        agreed = aaa.right.get
        nodes += tuple(NodeVerdict(each, "AAA server", agreed(each, 0), 0) for each in servers)
        wrong = dict.fromkeys(each.node for each in hosts)
        nodes += tuple(NodeVerdict(each, "mobile node", 0, 0) for each in wrong)
        verdict = Verdict(nodes, kept, tuple(unseen), rest)
        return replace(verdict, digest=self._digest(verdict))

    def _digest(self, verdict: Verdict) -> str:
        journal = Journal()
        for node in verdict.nodes:
            journal.add("node", node.node, node.role, node.agreed, node.unjudged, node.flows)
        for shell in self.shells.values():
            for frame, kind in shell.compared:
                journal.add("compared", shell.address, frame, kind)
        for each in verdict.divergences:
            journal.add("divergence", each.node, each.fault.value, each.kind.value, each.step)
            journal.add(each.frame, each.field, each.expected, each.recorded, each.section)
        for one in verdict.unseen:
            journal.add("unseen", one.node, one.frame, one.what)
        return journal.hexdigest


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
