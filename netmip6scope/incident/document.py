"""A verdict as JSON, as JUnit, and as text for people. The same verdict gives the same octets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from dissectors.text import printable
from netmip6scope.tables.text import seconds
from replay.verdict import CLOSED, Divergence, Fault, Verdict

if TYPE_CHECKING:
    from netmip6scope.incident.run import Outcome

FORMAT = 1


def document(verdict: Verdict) -> dict[str, Any]:
    """The verdict as plain values; times are nanoseconds since the epoch."""
    return {
        "format": FORMAT,
        "mode": verdict.mode,
        "clean": verdict.clean,
        "nodes": [
            {
                "node": str(node.node),
                "role": node.role,
                "agreed": node.agreed,
                "unjudged": node.unjudged,
                "flows": node.flows,
            }
            for node in verdict.nodes
        ],
        "divergences": [_divergence(each) for each in verdict.divergences],
        "consequences": verdict.consequences,
        "unseen": [
            {
                "node": str(each.node),
                "frame": each.frame,
                "mn_id": _name(each.mn_id),
                "what": each.what,
            }
            for each in verdict.unseen
        ],
        **({"user_packets": verdict.user_packets} if verdict.mode == CLOSED else {}),
        "digest": verdict.digest,
    }


def _divergence(each: Divergence) -> dict[str, Any]:
    return {
        "node": str(each.node),
        "fault": each.fault.value,
        "message": each.kind.value,
        "step": each.step,
        "frame": each.frame,
        "time_ns": each.time_ns,
        "field": each.field,
        "expected": each.expected,
        "recorded": each.recorded,
        "section": each.section,
        "mn_id": _name(each.mn_id),
    }


def json_text(verdict: Verdict) -> str:
    """The document as text."""
    return _dumped(document(verdict))


def all_json(outcomes: Sequence[Outcome]) -> str:
    """All verdicts by name."""
    return _dumped(
        [
            {
                "incident": each.incident.name,
                "as_expected": each.as_expected,
                "verdict": document(each.verdict),
            }
            for each in outcomes
        ]
    )


def _dumped(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=True) + "\n"


def _name(mn_id: bytes | None) -> str | None:
    return None if mn_id is None else printable(mn_id)


# JUnit


def junit(outcomes: Sequence[Outcome]) -> str:
    """A test suite with a case for each incident; it fails if it is not as expected."""
    failed = sum(not each.as_expected for each in outcomes)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites tests="{len(outcomes)}" failures="{failed}">',
        f'<testsuite name="netmip6scope replay" tests="{len(outcomes)}" failures="{failed}">',
    ]
    for each in outcomes:
        name = quoteattr(_clean(each.incident.name))
        lines.append(f'<testcase classname="netmip6scope.replay" name={name}>')
        if not each.as_expected:
            told = "\n".join(told_differences(each))
            head = quoteattr(_clean(summary(each)))
            lines.append(f"<failure message={head}>{escape(_clean(told))}</failure>")
        lines.append("</testcase>")
    lines += ["</testsuite>", "</testsuites>", ""]
    return "\n".join(lines)


def _clean(text: str) -> str:
    """XML 1.0 has no place for most controls, and none for lone surrogates."""
    return "".join(c if c in "\n\t" or " " <= c < "\ud800" or c > "\udfff" else "?" for c in text)


# Text


def summary(outcome: Outcome) -> str:
    """One line about an incident."""
    verdict = outcome.verdict
    count = len({(each.node, each.step, each.fault) for each in verdict.divergences})
    found = "closed, " if verdict.mode == CLOSED else ""
    found += "clean" if verdict.clean else f"{count} diverging message{'s' * (count != 1)}"
    if outcome.expected is not None:
        found += ", as expected" if outcome.as_expected else ", not as expected"
    agreed = f"{sum(node.agreed for node in verdict.nodes)} messages agreed"
    if verdict.mode == CLOSED and verdict.user_packets:
        agreed += f", {verdict.user_packets} user packets in the same tunnels"
    return f"{found}; {agreed}"


def line(outcome: Outcome) -> str:
    """The line of an incident among several."""
    return (
        f"{'ok  ' if outcome.as_expected else 'FAIL'} {outcome.incident.name}: {summary(outcome)}"
    )


def told_differences(outcome: Outcome) -> Iterator[str]:
    """What is not as expected."""
    if outcome.expected is not None and outcome.verdict.clean:
        yield "the verdict expected has divergences; this one has none"
    yield from map(told, outcome.verdict.divergences)


def told(each: Divergence) -> str:
    """A divergence in one line."""
    about = "" if each.mn_id is None else f" of {printable(each.mn_id)}"
    head = f"{each.node} frame {each.frame} (step {each.step}), {each.kind.value}{about}: "
    if each.fault is Fault.MISSING:
        return f"{head}no {each.expected} was sent in answer ({each.section})"
    if each.fault is Fault.UNEXPECTED:
        return f"{head}nothing calls for it ({each.section})"
    if each.fault is Fault.LATE:
        assert isinstance(each.expected, int)
        assert isinstance(each.recorded, int)
        times = f"expected {seconds(each.expected)}, recorded {seconds(each.recorded)}"
        return f"{head}late, {times} ({each.section})"
    expected, recorded = value_text(each.expected), value_text(each.recorded)
    return f"{head}{each.field}: expected {expected}, recorded {recorded} ({each.section})"


def value_text(value: object) -> str:
    """A value of a field, for people."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "set" if value else "not set"
    return printable(value.encode()) if isinstance(value, str) else str(value)


def page(outcome: Outcome) -> str:
    """A whole verdict."""
    verdict = outcome.verdict
    lines = [f"{outcome.incident.name}: {summary(outcome)}", ""]
    width = max((len(str(node.node)) for node in verdict.nodes), default=0)
    blamed = {each.node for each in verdict.divergences}
    for node in verdict.nodes:
        word = "diverged" if node.node in blamed else "as the draft asks"
        flows = f", {node.flows} flow{'s' * (node.flows != 1)}" if node.flows else ""
        said = f"{word}, {node.agreed} agreed{flows}"
        lines.append(f"  {node.node!s:<{width}}  {node.role:<13}  {said}")
    if verdict.divergences:
        lines += ["", "Divergences:", *(f"  {told(each)}" for each in verdict.divergences)]
    if verdict.consequences:
        lines += ["", f"  {verdict.consequences} more follow from those and are not judged."]
    if verdict.unseen:
        lines += ["", "What the trace does not show, and is taken for granted or not judged:"]
        lines += [_unseen(each.node, each.frame, each.mn_id, each.what) for each in verdict.unseen]
    return "\n".join([*lines, "", f"digest {verdict.digest}", ""])


def _unseen(node: object, frame: int, mn_id: bytes | None, what: str) -> str:
    about = "" if mn_id is None else f" of {printable(mn_id)}"
    return f"  {node} frame {frame}{about}: {what}"
