"""RADIUS in a trace: single faults of AAA servers and access routers, and who is blamed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import IPv6Address
from typing import Any

import pytest

from dissectors.codec import build, parse
from dissectors.layout import values
from dissectors.mobility import BindingUpdate
from dissectors.profile import Profile
from dissectors.radius import Radius, RadiusCode
from netmip6scope.incident.walk_text import walk_text
from replay.explain import explain
from replay.isolate import isolate
from replay.judged import Kind
from replay.packets import Datagram
from replay.radius import radius_attribute
from replay.roles import learned
from replay.trace import Observed, traced
from tests.netmip6scope.faulty import (
    ADDED,
    MS,
    OTHER6,
    Observation,
    doubled,
    dropped,
    forged,
    later,
    right_trace,
    verdict,
)

SCENARIO, BY_PASSWORD = "aaa-decides", "access-ipcp"
AR, AAA, TAR = "2001:db8:1::a1", "2001:db8:a::3", IPv6Address("2001:db8:2::a2")
REQUEST, ANSWER, UPDATE = Kind.RADIUS_REQUEST, Kind.RADIUS_ANSWER, Kind.BINDING_UPDATE
Change = Callable[[Observation, int], Observation]


def radius_of(seen: Observed) -> Radius | None:
    payload = seen.packet.payload
    if not isinstance(payload, Datagram) or 1812 not in (
        payload.source_port,
        payload.destination_port,
    ):
        return None
    return parse(Radius, payload.data)[0]


def place(observed: Observation, code: RadiusCode | type, nth: int) -> int:
    """The nth RADIUS packet of a code, or message of a class."""
    found = [
        n
        for n, seen in enumerate(observed)
        if (isinstance(code, type) and isinstance(seen.packet.payload, code))
        or ((radius := radius_of(seen)) is not None and radius.code == code)
    ]
    return found[nth]


def with_radius(**fields: Any) -> Change:
    """Other fields of the packet; its seals are as the keys found them."""

    def change(observed: Observation, at: int) -> Observation:
        seen = observed[at]
        radius, payload = radius_of(seen), seen.packet.payload
        assert radius is not None
        assert isinstance(payload, Datagram)
        octets = build(Radius(**values(radius) | fields))
        wrong = replace(seen.packet, payload=replace(payload, data=octets))
        return [*observed[:at], replace(seen, packet=wrong), *observed[at + 1 :]]

    return change


def attributes(keep: Callable[[str], bool], *more: Any) -> Change:
    """Some of the attributes, and others behind them."""

    def change(observed: Observation, at: int) -> Observation:
        radius = radius_of(observed[at])
        assert radius is not None
        kept = tuple(each for each in radius.attributes if keep(each.layout.label))
        assert kept != radius.attributes or more
        return with_radius(attributes=(*kept, *more))(observed, at)

    return change


def without(name: str) -> Change:
    return attributes(lambda label: label != name)


def with_value(name: str, value: object) -> Change:
    return attributes(lambda label: label != name, radius_attribute(name, value))


def to_another(observed: Observation, at: int) -> Observation:
    seen = observed[at]
    wrong = replace(seen, packet=replace(seen.packet, destination=OTHER6))
    return [*observed[:at], wrong, *observed[at + 1 :]]


def rejected(observed: Observation, at: int) -> Observation:
    """As if AAA had said no: code and EAP result fit each other."""
    failure = radius_attribute("EAP-Message", b"\x04\x05\x00\x04")
    changed = attributes(lambda label: label != "EAP-Message", failure)(observed, at)
    return with_radius(code=RadiusCode.ACCESS_REJECT)(changed, at)


def update_to(**fields: Any) -> Change:
    def change(observed: Observation, at: int) -> Observation:
        seen = observed[at]
        wrong = replace(seen, packet=replace(seen.packet, **fields))
        return [*observed[:at], wrong, *observed[at + 1 :]]

    return change


@dataclass(frozen=True)
class Case:
    """A fault in the nth packet; `at`: whose frame is blamed, if another; added: the copy's."""

    name: str
    code: RadiusCode | type
    nth: int
    change: Change
    node: str
    kind: Kind
    field: str = "message"
    at: tuple[RadiusCode | type, int] | None = None
    scenario: str = SCENARIO


ASK, YES, NO, MORE = (
    RadiusCode.ACCESS_REQUEST,
    RadiusCode.ACCESS_ACCEPT,
    RadiusCode.ACCESS_REJECT,
    RadiusCode.ACCESS_CHALLENGE,
)
# In aaa-decides Alice is let in after a challenge (requests 0 and 1), Bob too (2, 3), Carol is
# unknown (4), Dora has a wrong CHAP secret (5); in access-ipcp Alice shows a password.
CASES = [
    Case("request: wrong Message-Authenticator", ASK, 0, forged, AR, REQUEST, "authenticator"),
    Case("request: no User-Name", ASK, 0, without("User-Name"), AR, REQUEST, "User-Name"),
    Case("request: another name than EAP says", ASK, 0, with_value("User-Name", b"eve"), AR,
         REQUEST, "User-Name"),
    Case("request: no NAS", ASK, 0, without("NAS-IPv6-Address"), AR, REQUEST, "NAS"),
    Case("request: the NAS is another router", ASK, 0, with_value("NAS-IPv6-Address", TAR), AR,
         REQUEST, "NAS-IPv6-Address", scenario=BY_PASSWORD),
    Case("request: EAP without Message-Authenticator", ASK, 0, without("Message-Authenticator"),
         AR, REQUEST, "Message-Authenticator"),
    Case("challenge missing", MORE, 0, dropped, AAA, ANSWER, at=(ASK, 0)),
    Case("challenge twice", MORE, 0, doubled, AAA, ANSWER),
    Case("challenge: wrong authenticator", MORE, 0, forged, AAA, ANSWER, "authenticator"),
    Case("challenge: another Identifier", MORE, 0, with_radius(identifier=200), AAA, ANSWER,
         "identifier"),
    Case("challenge: no EAP", MORE, 0, without("EAP-Message"), AAA, ANSWER, "EAP code"),
    Case("challenge: two seconds late", MORE, 0, later(2000), AAA, ANSWER, "time"),
    Case("accept missing", YES, 0, dropped, AAA, ANSWER, at=(ASK, 1)),
    Case("accept twice", YES, 0, doubled, AAA, ANSWER),
    Case("accept: wrong authenticator", YES, 0, forged, AAA, ANSWER, "authenticator"),
    Case("accept: EAP says Failure", YES, 0,
         with_value("EAP-Message", b"\x04\x05\x00\x04"), AAA, ANSWER, "EAP code"),
    Case("accept before the request", YES, 0, later(-12), AAA, ANSWER),
    Case("accept to somebody else", YES, 0, to_another, AAA, ANSWER, at=(ASK, 1)),
    Case("reject missing", NO, 0, dropped, AAA, ANSWER, at=(ASK, 4)),
    Case("reject: EAP says Success", NO, 0,
         with_value("EAP-Message", b"\x03\x05\x00\x04"), AAA, ANSWER, "EAP code"),
    Case("reject: wrong authenticator", NO, 1, forged, AAA, ANSWER, "authenticator"),
    Case("who was rejected is served", YES, 0, rejected, AR, UPDATE, at=(BindingUpdate, 0)),
    Case("registered elsewhere than AAA says", YES, 0,
         with_value("Framed-IPv6-Address", IPv6Address("2001:db8:100:77::1")), AR, UPDATE,
         "home address", at=(BindingUpdate, 0)),
    Case("password: accept missing", YES, 0, dropped, AAA, ANSWER, at=(ASK, 0),
         scenario=BY_PASSWORD),
    Case("password: wrong authenticator", YES, 0, forged, AAA, ANSWER, "authenticator",
         scenario=BY_PASSWORD),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_fault_is_found(case: Case) -> None:
    right, keys = right_trace(case.scenario)
    observed = [*right]
    at = place(observed, case.code, case.nth)
    where = at if case.at is None else place(observed, *case.at)
    frame = ADDED if case.change is doubled else observed[where].frame
    found = verdict(case.change(observed, at), keys).divergences
    assert [(str(e.node), e.kind, e.frame) for e in found[:1]] == [(case.node, case.kind, frame)]
    assert {str(each.node) for each in found} == {case.node}
    assert case.field in {each.field for each in found}


@pytest.mark.parametrize("scenario", [SCENARIO, BY_PASSWORD, "access-ppp-eap"])
def test_right_exchanges_agree(scenario: str) -> None:
    """Each request and answer is right, and the server stands among the nodes."""
    right, keys = right_trace(scenario)
    found = verdict([*right], keys)
    assert found.divergences == ()
    answers = sum((r := radius_of(s)) is not None and r.code != ASK for s in right)
    assert [(n.role, n.agreed) for n in found.nodes if str(n.node) == AAA] == [
        ("AAA server", answers)
    ]


def test_a_request_that_came_again_may_be_answered_again() -> None:
    """RFC 5080 2.2.2: with the same answer."""
    right, keys = right_trace(SCENARIO)
    asked, answer = place([*right], ASK, 0), place([*right], MORE, 0)
    late = [
        replace(right[n], frame=ADDED + n, time_ns=right[n].time_ns + 1500 * MS)
        for n in (asked, answer)
    ]
    assert verdict([*right, *late], keys).divergences == ()
    other = rejected(late, 1)
    (found,) = verdict([*right, *other], keys).divergences
    assert (str(found.node), found.frame, found.field) == (AAA, ADDED + answer, "code")


def test_what_was_asked_before_the_trace_is_not_judged() -> None:
    right, keys = right_trace(SCENARIO)
    first = place([*right], MORE, 0)
    rest = [seen for seen in right if seen.time_ns >= right[first].time_ns]
    assert verdict(rest, keys).divergences == ()


@pytest.mark.parametrize(("code", "nth"), [(YES, 0), (NO, 0)])
def test_what_is_not_said_by_eap_is_no_fault(code: RadiusCode, nth: int) -> None:
    """RFC 3579 2.6.3: EAP should be in the answer; the decision does not hang on it."""
    right, keys = right_trace(SCENARIO)
    changed = without("EAP-Message")([*right], place([*right], code, nth))
    assert verdict(changed, keys).divergences == ()


def test_walk_to_a_missing_answer() -> None:
    right, keys = right_trace(SCENARIO)
    changed = dropped([*right], place([*right], YES, 0))
    trace = traced(changed)
    roles = learned(trace, keys, Profile())
    (walk,) = explain(trace, roles, keys, isolate(trace, roles, keys).divergences)
    told = [(row.recorded or row.expected) for row in walk.rows]
    assert [(m.sender, m.receiver, m.kind) for m in told if m is not None] == [
        ("AR", "AAA", "radius-access-request"),
        ("AAA", "AR", "radius-access-challenge"),
        ("AR", "AAA", "radius-access-request"),
        ("AAA", "AR", "radius answer"),
    ]
    assert walk.rows[-1].recorded is None
    assert "nobody models it" in walk_text(walk)
