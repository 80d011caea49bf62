"""Walks to divergences: the model of the ladder, and its text."""

from __future__ import annotations

import re
import shlex
from ipaddress import IPv6Address
from pathlib import Path

import pytest

from dissectors.profile import Profile
from netmip6scope.cli.main import main
from netmip6scope.incident.walk_text import walk_text
from replay.explain import Match, Message, Row, Walk, explain
from replay.isolate import isolate
from replay.judged import Field, Kind
from replay.node_states import MachineState
from replay.roles import learned
from replay.trace import traced
from replay.verdict import Divergence, Fault
from tests.netmip6scope.faulty import Case, place, right_trace
from tests.netmip6scope.test_replay_faults import CASES

ROOT = Path(__file__).parents[2]
BY_NAME = {case.name: case for case in CASES}


def walks(case: Case) -> tuple[Walk, ...]:
    right, keys = right_trace(case.scenario)
    observed = case.change([*right], place([*right], case.kind, case.nth))
    trace = traced(sorted(observed, key=lambda seen: seen.time_ns))
    roles = learned(trace, keys, Profile())
    return explain(trace, roles, keys, isolate(trace, roles, keys).divergences)


def told(walk: Walk) -> list[tuple[str, Match]]:
    """Each row's message in words, and how it matches."""
    sides = [(row.recorded or row.expected, row.match) for row in walk.rows]
    return [(f"{m.sender} > {m.receiver} {m.kind}", match) for m, match in sides if m is not None]


def states(row: Row) -> tuple[list[str], list[str]]:
    return [each.state for each in row.before], [each.state for each in row.after]


# What the draft's figure 3 has before the message that a fault is put in.
REQUEST = ("AR2 > AR1 ho-request", Match.SAME)
RESPONSE = ("AR1 > AR2 ho-response", Match.SAME)
UPDATE = ("AR2 > HA bu", Match.SAME)
ATTACH = [("MN > AR1 rs", Match.GIVEN), ("AR1 > HA bu", Match.SAME)]
LADDERS = {
    "attach: BA missing": [*ATTACH, ("HA > AR1 ba", Match.MISSING)],
    "attach: BA two seconds late": [
        *ATTACH,
        ("AR1 > MN ra", Match.GIVEN),
        ("HA > AR1 ba", Match.OTHER),
    ],
    "response: refused for no reason": [REQUEST, ("AR1 > AR2 ho-response", Match.OTHER)],
    "handoff: BA missing": [REQUEST, RESPONSE, UPDATE, ("HA > AR2 ba", Match.MISSING)],
    "tear-down: renews instead": [
        REQUEST,
        RESPONSE,
        UPDATE,
        ("HA > AR2 ba", Match.SAME),
        ("AR1 > HA bu", Match.UNEXPECTED),
    ],
}


@pytest.mark.parametrize("name", LADDERS)
def test_ladder_begins_where_nobody_waited(name: str) -> None:
    (walk,) = walks(BY_NAME[name])
    assert told(walk) == LADDERS[name]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_walk_ends_at_its_divergence(case: Case) -> None:
    for walk in walks(case):
        assert [row.diverges for row in walk.rows] == [False] * (len(walk.rows) - 1) + [True]
        last, first = walk.rows[-1], walk.divergences[0]
        assert str(walk.node) == case.node
        assert last.frame == (None if first.fault is Fault.MISSING else first.frame)
        assert (last.recorded is None) == (first.fault is Fault.MISSING)
        assert (last.expected is None) == (first.fault is Fault.UNEXPECTED)
        times = [row.time_ns for row in walk.rows]
        assert times == sorted(times)
        for before, after in zip(walk.rows, walk.rows[1:], strict=False):
            # Between two messages deadlines may pass, but none does in these ladders.
            assert before.after == after.before or after.diverges
        assert walk_text(walk).count("\n> ") == 1


def test_states_are_those_of_the_nodes_model() -> None:
    """Draft 3.3: the serving router has given the context away when it answers."""
    (walk,) = walks(BY_NAME["response: refused for no reason"])
    asked, answered = walk.rows
    assert [each.machine for each in asked.before] == [
        "link session",
        "binding client",
        "context transfer, target",
        "NAS port",
    ]
    assert states(asked) == (
        ["served", "registered", "none", "open"],
        ["context given away", "registered", "none", "open"],
    )
    assert answered.before == asked.after


def test_a_node_without_divergence_has_no_walk() -> None:
    right, keys = right_trace("figure3-handoff")
    trace = traced([*right])
    assert explain(trace, learned(trace, keys, Profile()), keys, ()) == ()


def test_nobody_named_is_explained_by_the_message_alone() -> None:
    observed, keys = right_trace("context-refusals")
    trace = traced([*observed])
    roles = learned(trace, keys, Profile())
    found = explain(trace, roles, keys, isolate(trace, roles, keys).divergences)
    (walk,) = (each for each in found if each.mn_id is None)
    assert len(walk.rows) == 1
    assert "nobody is named" in walk_text(walk)


# Text

AR, HA = IPv6Address("2001:db8:1::a1"), IPv6Address("2001:db8:f::1")
SECOND = 10**9


def message(sender: str, receiver: str, kind: str, time_ns: int, *fields: Field) -> Message:
    return Message(time_ns, sender, receiver, kind, fields)


def hostile_walk() -> Walk:
    lifetime, status = Field("lifetime", 600, ""), Field("status", 0, "")
    update = message("AR1", "HA", "bu", SECOND, lifetime, Field("hop limit", 64, ""))
    right = message("HA", "AR1", "ba", SECOND, status, lifetime)
    wrong = message("HA", "AR1", "ba", SECOND + 1_500_000, Field("status", 128, ""), lifetime)
    idle, bound = (MachineState("binding cache entry", each) for each in ("unbound", "bound"))
    return Walk(
        HA,
        "home agent",
        b"eve\x1b[2J",
        (
            Divergence(
                HA,
                Fault.FIELD,
                Kind.BINDING_ACKNOWLEDGEMENT,
                1,
                7,
                SECOND + 1_500_000,
                "status",
                0,
                128,
                "3.1-4",
                b"eve\x1b[2J",
            ),
        ),
        {HA: "HA", AR: "AR1"},
        (
            Row(SECOND, 3, 0, Match.SAME, update, update, (idle,), (bound,), ("the attach",)),
            Row(
                SECOND + 1_500_000,
                7,
                1,
                Match.OTHER,
                wrong,
                right,
                (bound,),
                (bound,),
                diverges=True,
            ),
        ),
    )


GOLDEN = r"""
HA: 2001:db8:f::1 frame 7 (step 1), ba of eve\x1b[2J: status: expected 0, recorded 128 (3.1-4)

  HA   2001:db8:f::1
  AR1  2001:db8:1::a1

     ms  frame  recorded                                expected
  0.000      3  AR1 > HA  bu  lifetime 600              the same (not shown: the attach)
> 1.500      7  HA > AR1  ba  status 128, lifetime 600  status 0

  field     status
  expected  0
  recorded  128
  section   3.1-4

  HA's model           before  after
  binding cache entry  bound   bound
"""


def test_text_of_a_walk() -> None:
    """Names from the wire are escaped; fields that say little are left out."""
    assert walk_text(hostile_walk()) == GOLDEN.lstrip("\n")


def test_the_manual_shows_what_comes_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "docs" / "replay.md").read_text()
    (shown,) = re.findall(
        r"^    \$ netmip6scope (replay .*--explain)\n\n(.*?)^\S", text, re.MULTILINE | re.DOTALL
    )
    command, output = shown
    monkeypatch.chdir(ROOT)
    assert main(shlex.split(command)) == 1
    lines = [f"    {line}".rstrip() for line in capsys.readouterr().out.splitlines()]
    assert "\n".join(lines).strip() == output.strip()
