"""Words for a replay: recorded beside expected, what is wrong with a step, models' states."""

from __future__ import annotations

from collections.abc import Iterator

from netmip6scope.incident.document import value_text
from netmip6scope.tables.text import milliseconds, seconds
from netmip6scope.tui.compare import DIFFERENT
from netmip6scope.tui.spans import Line, fitted, line
from replay.follow import Course, Followed, Turn
from replay.verdict import Divergence, Fault
from replay.walk import Match, Message

_INDENT = "  "
_GAP = "  "
_SAYS = {
    Match.GIVEN: "not judged",
    Match.SAME: "the same",
    Match.UNEXPECTED: "nothing",
}
_ABOUT = {
    Match.GIVEN: "told to its receiver's model; its sender is none that is judged",
    Match.SAME: "as the sender's model sends it",
    Match.OTHER: "otherwise than the sender's model sends it",
    Match.UNEXPECTED: "nothing calls for it",
    Match.MISSING: "the model sends it, and nobody saw it",
}


def verdict_text(course: Course) -> str:
    """What came of it, in a few words."""
    verdict = course.verdict
    count = len({(each.node, each.step, each.fault) for each in verdict.divergences})
    agreed = f"{sum(node.agreed for node in verdict.nodes)} as expected"
    if not count:
        return f"clean, {agreed}"
    more = f", {verdict.consequences} follow from it" if verdict.consequences else ""
    return f"{DIFFERENT} {count} otherwise{more}, {agreed}"


def recorded_text(row: Followed) -> str:
    """What was sent."""
    return "nothing" if row.recorded is None else message_text(row.recorded)


def expected_text(row: Followed, begin_ns: int) -> str:
    """What should have been; times count from `begin_ns`."""
    if row.match is Match.MISSING:
        assert row.expected is not None
        return message_text(row.expected)
    if row.match is Match.OTHER:
        return ", ".join(_wanted(each, begin_ns) for each in row.divergences)
    return "follows from it" if row.follows else _SAYS[row.match]


def message_text(message: Message) -> str:
    """Sender, receiver and kind."""
    return f"{message.sender} > {message.receiver}  {message.kind}"


def _wanted(each: Divergence, begin_ns: int) -> str:
    if each.fault is Fault.LATE:
        assert isinstance(each.expected, int)
        return f"at {milliseconds(each.expected - begin_ns)[:-3]}"
    return f"{each.field} {value_text(each.expected)}"


def step_lines(row: Followed, name: str) -> Iterator[Line]:
    """What is known of a message: what is wrong with it first, then its fields."""
    message = row.recorded or row.expected
    assert message is not None
    yield line((name if row.recorded else message_text(message), "strong"))
    about = "what was wrong before may be why it is otherwise" if row.follows else _ABOUT[row.match]
    if row.match is Match.SAME and message.kind.startswith("radius"):
        about = "as RFC 2865 and RFC 3579 ask; no model sends it"
    yield line(_INDENT, (about, "warning" if row.divergences else "soft"))
    for each in row.divergences:
        yield from _divergence(each)
    for taken in row.taken:
        yield line(_INDENT, (f"not shown, taken for granted: {taken}", "soft"))
    wrong = {each.field for each in row.divergences}
    width = max((len(each.name) for each in message.fields), default=0)
    for one in message.fields:
        sign = f"{DIFFERENT} " if one.name in wrong else _INDENT
        yield line(
            (sign, "warning"), (fitted(one.name, width) + _GAP, "soft"), value_text(one.value)
        )


def _divergence(each: Divergence) -> Iterator[Line]:
    is_time = each.fault is Fault.LATE
    expected, recorded = (
        f"{seconds(value)} s" if is_time and isinstance(value, int) else value_text(value)
        for value in (each.expected, each.recorded)
    )
    for word, text, style in (
        ("field", each.field, "warning"),
        ("expected", expected, ""),
        ("recorded", recorded, ""),
        ("section", each.section, "soft"),
    ):
        yield line(_INDENT, (f"{word:<10}", "soft"), (text, style))


def state_lines(turns: tuple[Turn, ...]) -> Iterator[Line]:
    """The machines of each node's model, and where a step took them."""
    if not turns:
        yield line(_INDENT, ("no model sends or gets it", "soft"))
    for turn in turns:
        yield line((f"{turn.node}'s model", "strong"))
        if not turn.before:
            yield line(_INDENT, ("has no states for a mobile node that is not named", "soft"))
        for before, after in zip(turn.before, turn.after, strict=True):
            yield line(_INDENT, (before.machine, "soft"))
            if before.state == after.state:
                yield line(_INDENT * 2, before.state)
            else:
                yield line(_INDENT * 2, f"{before.state} → ", (after.state, "accent"))
