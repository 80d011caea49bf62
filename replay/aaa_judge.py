"""RADIUS between access routers and AAA servers held against RFC 2865 and RFC 3579 (draft 3.1-1).

Whom a server lets in is its operator's decision, and what a router heard on its access link is not
judged here; what is: that every request has its answer, sealed right and of a kind that fits, that
requests say who and where, and that a router serves nobody who was kept out, as AAA has assigned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address

from dissectors.eap import EapCode
from dissectors.mobility import BindingUpdate
from dissectors.radius import RadiusCode
from replay.aaa import assigned_home_agent
from replay.judged import SECTIONS, Kind, Value
from replay.packets import UNSPECIFIED
from replay.radius import value_of
from replay.radius_seen import Answered, Asked, eap_code, eap_in, identity_shown, radius_in
from replay.trace import Step, Trace
from replay.update_checks import ALL_ONES
from replay.verdict import Divergence, Fault

Ends = tuple[IPv6Address, IPv6Address, int]
"""Client, server, and the client's port."""
Problem = tuple[str, Value, Value, str]
"""Field, what would be right, what is there, where that is written."""
_NAS = ("NAS-IPv6-Address", "NAS-IP-Address", "NAS-Identifier")
_RESULTS = {
    RadiusCode.ACCESS_ACCEPT: EapCode.SUCCESS,
    RadiusCode.ACCESS_REJECT: EapCode.FAILURE,
    RadiusCode.ACCESS_CHALLENGE: EapCode.REQUEST,
}
_SEAL = "RFC 2865 3, RFC 3579 3.2"


@dataclass(slots=True)
class AaaJudged:
    """Messages that were right, by their sender; servers; and what diverged."""

    right: dict[IPv6Address, int] = field(default_factory=dict)
    servers: dict[IPv6Address, None] = field(default_factory=dict)
    divergences: list[Divergence] = field(default_factory=list)


def judge_aaa(trace: Trace, tolerance_ns: int) -> AaaJudged:
    """All RADIUS of a trace, and the Binding Updates that follow from it."""
    judged = AaaJudged()
    messages = radius_in(trace)
    open_: dict[Ends, dict[int, _Open]] = {}
    begun: set[tuple[IPv6Address, IPv6Address]] = set()
    for each in messages:
        judged.servers.setdefault(each.server)
        between = each.client, each.server
        of_ends = open_.setdefault((each.client, each.server, each.port), {})
        known = of_ends.get(each.radius.identifier)
        if isinstance(each, Asked):
            problems = _asks(each, trace)
            _note(judged, each.client, each.step, Kind.RADIUS_REQUEST, each.mn_id, problems)
            if known is not None and known.is_same(each):
                known.copies.append(each)
            else:
                _missing(judged, known, each.step.time_ns, tolerance_ns)
                of_ends[each.radius.identifier] = _Open([each])
        elif (asked := known or _meant(of_ends)) is not None or between in begun:
            _answered(judged, asked, each, tolerance_ns)
        begun.add(between)
    for left in (each for of_ends in open_.values() for each in of_ends.values()):
        _missing(judged, left, trace.end_ns, tolerance_ns)
    _served(judged, trace, messages)
    return judged


@dataclass(slots=True)
class _Open:
    """A request with its copies, and its answers so far."""

    copies: list[Asked]
    answers: list[Answered] = field(default_factory=list)

    @property
    def first(self) -> Asked:
        return self.copies[0]

    def is_same(self, other: Asked) -> bool:
        """Whether it is the same request once more (RFC 5080 2.2.2)."""
        return self.first.radius.authenticator == other.radius.authenticator


def _answered(judged: AaaJudged, asked: _Open | None, answer: Answered, tolerance_ns: int) -> None:
    mn_id = None if asked is None else asked.first.mn_id
    if asked is None or len(asked.answers) >= len(asked.copies):
        _diverged(
            judged, answer.server, answer.step, Fault.UNEXPECTED, Kind.RADIUS_ANSWER, mn_id,
            ("message", None, answer.kind, "RFC 2865 2"),
        )  # fmt: skip
        return
    problems = list(_answers(asked, answer))
    last_ns = asked.copies[len(asked.answers)].step.time_ns
    asked.answers.append(answer)
    _note(judged, answer.server, answer.step, Kind.RADIUS_ANSWER, mn_id, problems)
    if not problems and answer.step.time_ns - last_ns > tolerance_ns:
        late = ("time", last_ns, answer.step.time_ns, "RFC 2865 2")
        _diverged(judged, answer.server, answer.step, Fault.LATE, Kind.RADIUS_ANSWER, mn_id, late)


def _meant(of_ends: Mapping[int, _Open]) -> _Open | None:
    """The one request of a router that waits, for an answer with a number that none has."""
    waiting = [each for each in of_ends.values() if not each.answers]
    return waiting[0] if len(waiting) == 1 else None


def _missing(judged: AaaJudged, asked: _Open | None, end_ns: int, tolerance_ns: int) -> None:
    """A request that nobody answered, unless it may have been lost or was not sealed right."""
    if asked is None or asked.answers:
        return
    last = asked.copies[-1].step
    if last.seen.sealed is False or end_ns - last.time_ns < tolerance_ns:
        return
    problem = ("message", Kind.RADIUS_ANSWER.value, None, "RFC 2865 2")
    server, mn_id = asked.first.server, asked.first.mn_id
    _diverged(judged, server, last, Fault.MISSING, Kind.RADIUS_ANSWER, mn_id, problem)


def _asks(asked: Asked, trace: Trace) -> Iterator[Problem]:
    """What is wrong with a request."""
    radius, eap = asked.radius, eap_in(asked.radius)
    if asked.step.seen.sealed is False:
        yield "authenticator", "right", "wrong", "RFC 3579 3.2"
    name = asked.mn_id
    if name is None:
        yield "User-Name", "one", None, "RFC 2865 4.1"
    shown = identity_shown(eap)
    if shown is not None and name is not None and shown != name:
        yield "User-Name", _text(shown), _text(name), "RFC 3579 2.1"
    if all(value_of(radius, each) is None for each in _NAS):
        yield "NAS", "one", None, "RFC 2865 4.1, RFC 3162 2.1"
    own = value_of(radius, "NAS-IPv6-Address")
    if own != asked.client and own in trace.routers:
        yield "NAS-IPv6-Address", str(asked.client), str(own), "RFC 3162 2.1"
    if eap is not None and value_of(radius, "Message-Authenticator") is None:
        yield "Message-Authenticator", "one", None, "RFC 3579 3.2"


def _answers(asked: _Open, answer: Answered) -> Iterator[Problem]:
    """What is wrong with the answer to a request."""
    code, eap = RadiusCode(answer.radius.code), eap_in(answer.radius)
    if answer.key != asked.first.key:
        number = answer.radius.identifier
        yield "identifier", asked.first.radius.identifier, number, "RFC 2865 3"
        return
    if answer.step.seen.sealed is False:
        yield "authenticator", "right", "wrong", _SEAL
    question = eap_in(asked.first.radius)
    if question is not None:
        wanted = _RESULTS[code]
        must = eap is not None or code is RadiusCode.ACCESS_CHALLENGE
        if must and eap_code(eap) != wanted:
            yield "EAP code", int(wanted), eap_code(eap), "RFC 3579 2.6.3"
    if asked.answers and asked.answers[0].kind != answer.kind:
        yield "code", asked.answers[0].kind, answer.kind, "RFC 5080 2.2.2"


def _served(judged: AaaJudged, trace: Trace, messages: list[Asked | Answered]) -> None:
    """Routers that serve whom AAA keeps out, or register elsewhere than AAA says."""
    asked: dict[object, bytes | None] = {}
    said: dict[tuple[IPv6Address, bytes], Answered] = {}
    by_step = {each.step.number: each for each in messages}
    for step in trace.steps:
        message = by_step.get(step.number)
        if isinstance(message, Asked):
            asked[message.key] = message.mn_id
        elif isinstance(message, Answered):
            mn_id = asked.get(message.key)
            if mn_id is not None:
                said[message.client, mn_id] = message
        elif _asks_for_binding(step) and step.sender is not None and step.mn_id is not None:
            # Only the first one: what comes later follows from home agent and context.
            answer = said.pop((step.sender, step.mn_id), None)
            if answer is not None:
                _registered(judged, trace, step, answer)


def _asks_for_binding(step: Step) -> bool:
    update = step.packet.payload
    return isinstance(update, BindingUpdate) and update.lifetime > 0


def _registered(judged: AaaJudged, trace: Trace, step: Step, answer: Answered) -> None:
    router, section = step.sender, SECTIONS[Kind.BINDING_UPDATE]
    assert router is not None
    if answer.radius.code == RadiusCode.ACCESS_REJECT:
        problem = ("message", None, Kind.BINDING_UPDATE.value, "3.1-1")
        _diverged(judged, router, step, Fault.UNEXPECTED, Kind.BINDING_UPDATE, step.mn_id, problem)
        return
    if trace.agents.get(step.receiver or UNSPECIFIED):
        return
    agent = assigned_home_agent(answer.radius)
    home = value_of(answer.radius, "Framed-IPv6-Address")
    asks = step.packet.home_address in (None, UNSPECIFIED, ALL_ONES)
    told: list[Problem] = []
    if agent is not None and agent != step.packet.destination:
        told.append(("destination", str(agent), str(step.packet.destination), section))
    if home is not None and not asks and home != step.packet.home_address:
        told.append(("home address", str(home), str(step.packet.home_address), section))
    for each in told:
        _diverged(judged, router, step, Fault.FIELD, Kind.BINDING_UPDATE, step.mn_id, each)


def _note(
    judged: AaaJudged,
    node: IPv6Address,
    step: Step,
    kind: Kind,
    mn_id: bytes | None,
    problems: Iterator[Problem] | list[Problem],
) -> None:
    found = list(problems)
    for each in found:
        _diverged(judged, node, step, Fault.FIELD, kind, mn_id, each)
    judged.right[node] = judged.right.get(node, 0) + (not found)


def _diverged(
    judged: AaaJudged,
    node: IPv6Address,
    step: Step,
    fault: Fault,
    kind: Kind,
    mn_id: bytes | None,
    problem: Problem,
) -> None:
    name, expected, recorded, section = problem
    time_ns = expected if fault is Fault.LATE and isinstance(expected, int) else step.time_ns
    judged.divergences.append(
        Divergence(
            node,
            fault,
            kind,
            step.number,
            step.seen.frame,
            time_ns,
            name,
            expected,
            recorded,
            section,
            mn_id,
        )
    )


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")
