"""A walk to a divergence as text: a ladder with what was recorded beside what was expected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netmip6scope.incident.document import told, value_text
from netmip6scope.tables.text import seconds
from replay.explain import Match, Message, Row, Walk
from replay.judged import Field, Value
from replay.verdict import Divergence, Fault

MARK = ">"
"""Stands before the line that diverges."""
_MS = 10**6
_SHOWN = frozenset(
    (
        "sequence",
        "acknowledged sequence",
        "identifier",
        "copied identifier",
        "status",
        "lifetime",
        "granted lifetime",
        "prefix",
        "address",
        "from",
        "to",
    )
)
"""Fields that are always shown; others where they differ."""
_UNLIKE = {
    Match.GIVEN: "not judged",
    Match.SAME: "the same",
    Match.UNEXPECTED: "nothing",
}


def walk_text(walk: Walk) -> str:
    """The whole walk: the divergence, the parties, the ladder, and the node's states."""
    lines = [f"{walk.name}: {told(walk.divergences[0])}", ""]
    width = max(len(name) for name in walk.parties.values())
    lines += [f"  {name:<{width}}  {address}" for address, name in walk.parties.items()]
    lines += ["", *ladder(walk), "", *_fields(walk), "", *_states(walk), ""]
    return "\n".join(lines)


def ladder(walk: Walk) -> list[str]:
    """A head, and one line for each message, all columns as wide as their widest cell."""
    begin_ns = walk.rows[0].time_ns
    cells = [("", "ms", "frame", "recorded", "expected")]
    cells += [_cells(walk, row, begin_ns) for row in walk.rows]
    time, frame, recorded = (max(len(line[at]) for line in cells) for at in (1, 2, 3))
    return [
        f"{mark:<1} {ms:>{time}}  {number:>{frame}}  {one:<{recorded}}  {other}".rstrip()
        for mark, ms, number, one, other in cells
    ]


def _cells(walk: Walk, row: Row, begin_ns: int) -> tuple[str, str, str, str, str]:
    recorded = "nothing" if row.recorded is None else message_text(row.recorded)
    expected = _UNLIKE.get(row.match, "")
    if row.match is Match.MISSING:
        assert row.expected is not None
        expected = message_text(row.expected)
    elif row.match is Match.OTHER:
        known = set() if row.recorded is None else {each.name for each in _shown(row.recorded)}
        more = [each for each in walk.divergences if each.field not in known]
        recorded += "".join(f", {_said(each, begin_ns, each.recorded)}" for each in more)
        expected = ", ".join(_said(each, begin_ns, each.expected) for each in walk.divergences)
    if row.taken:
        expected += f" (not shown: {', '.join(row.taken)})"
    frame = "" if row.frame is None else str(row.frame)
    mark = MARK if row.diverges else ""
    return mark, _milliseconds(row.time_ns - begin_ns), frame, recorded, expected


def message_text(message: Message) -> str:
    """Sender, receiver, kind, and the fields that matter."""
    words = ", ".join(f"{each.name} {value_text(each.value)}" for each in _shown(message))
    return f"{message.sender} > {message.receiver}  {message.kind}" + (words and f"  {words}")


def _shown(message: Message) -> list[Field]:
    return [each for each in message.fields if each.name in _SHOWN]


def _said(each: Divergence, begin_ns: int, value: Value) -> str:
    """A field with a value of it; times count from the ladder's begin."""
    if each.fault is Fault.LATE:
        assert isinstance(value, int)
        return f"at {_milliseconds(value - begin_ns)}"
    return f"{each.field} {value_text(value)}"


def _fields(walk: Walk) -> Iterator[str]:
    for each in walk.divergences:
        is_time = each.fault is Fault.LATE
        expected, recorded = (
            seconds(value) if is_time and isinstance(value, int) else value_text(value)
            for value in (each.expected, each.recorded)
        )
        yield f"  field     {each.field}"
        yield f"  expected  {expected}"
        yield f"  recorded  {recorded}"
        yield f"  section   {each.section}"


def _states(walk: Walk) -> list[str]:
    """The machines of the node's model, before and after the step that diverged."""
    row = walk.rows[-1]
    if not row.before:
        return [f"  no model of {walk.name} has states here: nobody is named, or nobody models it"]
    after = {each.machine: each.state for each in row.after}
    cells: list[Sequence[str]] = [(f"{walk.name}'s model", "before", "after")]
    cells += [(each.machine, each.state, after[each.machine]) for each in row.before]
    first, second = (max(len(line[at]) for line in cells) for at in (0, 1))
    return [f"  {one:<{first}}  {two:<{second}}  {three}" for one, two, three in cells]


def _milliseconds(duration_ns: int) -> str:
    """With three decimals, cut."""
    sign, whole = ("-" if duration_ns < 0 else ""), abs(duration_ns)
    return f"{sign}{whole // _MS}.{whole % _MS // 1000:03}"
