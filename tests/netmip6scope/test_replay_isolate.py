"""Isolate mode on whole captures: those that the models did not make, and the ready scenarios."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dissectors.profile import Profile
from netmip6scope.incident.reading import read_observed
from netmip6scope.keys import load_keys
from netmip6scope.simulation.run import ready
from replay.isolate import isolate
from replay.judged import Kind
from replay.roles import learned
from replay.trace import traced
from replay.verdict import Divergence, Fault, Verdict
from tests.netmip6scope.faulty import right_trace, verdict

DATA = Path(__file__).parent.parent / "data" / "netmip6"
ALL = sorted(path.name[: -len(".truth.json")] for path in DATA.glob("*.truth.json"))


def replayed(name: str, *, with_keys: bool) -> Verdict:
    truth = json.loads((DATA / f"{name}.truth.json").read_text())
    keys = load_keys(str(DATA / truth["keys"]) if with_keys else None)
    observed = read_observed([_placed(each) for each in truth["captures"]], Profile(), keys)
    trace = traced(observed)
    return isolate(trace, learned(trace, keys, Profile()), keys)


def _placed(capture: str) -> str:
    point, sign, name = capture.rpartition("=")
    return f"{point}{sign}{DATA / name}"


def told(found: tuple[Divergence, ...]) -> list[tuple[Fault, Kind, int, str]]:
    return [(each.fault, each.kind, each.frame, each.field) for each in found]


# What the truth files' findings imply. 05: of four HO-REFUSED three name a cause that the request
# does not have; the fourth, status 4, is the operator's to decide. 11: one BU-STALE.
IMPLIED = {
    "05_ho_refused": [
        (Fault.FIELD, Kind.HO_RESPONSE, 383, "status"),
        (Fault.FIELD, Kind.HO_RESPONSE, 491, "status"),
        (Fault.FIELD, Kind.HO_RESPONSE, 609, "status"),
    ],
    "11_stale_binding": [(Fault.UNEXPECTED, Kind.BINDING_UPDATE, 373, "message")],
}


@pytest.mark.parametrize("name", ALL)
def test_captures_of_others_diverge_where_their_findings_say(name: str) -> None:
    found = replayed(name, with_keys=True)
    assert told(found.divergences) == IMPLIED.get(name, [])
    truth = json.loads((DATA / f"{name}.truth.json").read_text())
    judged = {"bu", "ba", "ho-request", "ho-response"}
    messages = sum(count for kind, count in truth["messages"].items() if kind in judged)
    agreed = sum(node.agreed for node in found.nodes)
    after = len(IMPLIED.get(name, [])) + found.consequences
    assert messages - after <= agreed


@pytest.mark.parametrize("name", ["01_slaac_handoff", "06_retransmissions", "16_net_hmipv6"])
def test_without_keys_seals_are_not_judged(name: str) -> None:
    assert replayed(name, with_keys=False).divergences == ()


# Scenarios whose set-up has mistakes in it: who makes them, and in what. A wrong key shows in what
# it seals; the fifth router of context-refusals names nobody; in stale-binding the SAR clings.
MISTAKES = {
    "binding-refusals": {("2001:db8:3::a3", Kind.BINDING_UPDATE, "authenticator")},
    "context-refusals": {
        ("2001:db8:3::a3", Kind.HO_REQUEST, "ICV"),
        ("2001:db8:5::a5", Kind.HO_REQUEST, "mobile node identifier"),
    },
    "stale-binding": {("2001:db8:1::a1", Kind.BINDING_UPDATE, "message")},
}


@pytest.mark.parametrize("name", sorted(set(ready()) - {"three-points"}))
def test_ready_scenarios_diverge_where_they_are_wrong(name: str) -> None:
    observed, keys = right_trace(name)
    found = verdict([*observed], keys)
    assert {(str(e.node), e.kind, e.field) for e in found.divergences} == MISTAKES.get(name, set())
    assert sum(node.agreed for node in found.nodes) >= 5


def test_the_digest_is_of_what_was_found() -> None:
    observed, keys = right_trace("figure3-handoff")
    first, second = verdict([*observed], keys), verdict([*observed], keys)
    assert first == second
    assert len(first.digest) == 64
    assert verdict([*observed[:4]], keys).digest != first.digest
