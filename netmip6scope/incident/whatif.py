"""What would have been: an incident replayed with a change, and its handoffs before and after."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from tempfile import TemporaryDirectory

from dissectors.text import printable
from netmip6scope.incident.changes import changes_of
from netmip6scope.incident.closed import ClosedOutcome, replay_closed, write_regenerated
from netmip6scope.incident.incident_file import Incident
from netmip6scope.pipeline import analyse
from netmip6scope.tables.json_ import write_json_lines
from replay.closed.changes import Changes
from replay.roles import Roles
from replay.trace import Trace

SHOWN = (
    "outcome",
    "status",
    "context_ms",
    "binding_ms",
    "preparation_ms",
    "dl_gap_ms",
    "ul_gap_ms",
    "bicast_packets",
    "late_sar_packets",
    "ho_requests",
    "bus",
)
"""Columns of handoffs that people are shown."""
Row = dict[str, str | None]
Pair = tuple[Row | None, Row | None]


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be otherwise, as the command line says it."""

    settings: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()
    faults: str | None = None
    seed: int | None = None

    @property
    def told(self) -> tuple[str, ...]:
        """Each change in a few words."""
        drops = tuple(f"drop {each}" for each in self.drops)
        faults = () if self.faults is None else (f"faults {self.faults}, seed {self.seed or 1}",)
        return (*self.settings, *drops, *faults)

    def changes(self, trace: Trace, roles: Roles) -> Changes:
        """In terms of a trace. Raises UsageError."""
        return changes_of(trace, roles, self.settings, self.drops, self.faults, self.seed)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The handoffs of both, each a JSON object in one line."""

    incident: Incident
    question: Question
    closed: ClosedOutcome
    recorded: tuple[str, ...]
    changed: tuple[str, ...]


def what_if(incident: Incident, question: Question) -> WhatIf:
    """Replay an incident with a change. Raises ScopeError."""
    found = replay_closed(incident, question.changes)
    with TemporaryDirectory() as folder:
        path = os.path.join(folder, "changed.pcapng")
        write_regenerated(found, path)
        changed = _handoffs([path], incident)
    return WhatIf(incident, question, found, _handoffs(incident.captures, incident), changed)


def _handoffs(captures: Sequence[str], incident: Incident) -> tuple[str, ...]:
    result = analyse(captures, "handoffs", profile_path=incident.profile, keys_path=incident.keys)
    stream = BytesIO()
    write_json_lines(result.table, stream)
    return tuple(stream.getvalue().decode().splitlines())


def all_whatifs_json(found: Sequence[WhatIf]) -> str:
    """Both tables of each, in full."""
    return "[" + ",".join(_json(each) for each in found) + "\n]\n"


def _json(found: WhatIf) -> str:
    head = json.dumps({"incident": found.incident.name, "changes": found.question.told})
    tables = (("recorded", found.recorded), ("changed", found.changed))
    told = (
        f',\n "{name}": [' + ",".join(f"\n  {row}" for row in rows) + "]" for name, rows in tables
    )
    return "\n" + head[:-1] + "".join(told) + "}"


# Text


def whatif_page(found: WhatIf) -> str:
    """The handoffs that are not the same, side by side."""
    pairs = _paired(_rows(found.recorded), _rows(found.changed))
    other = [pair for pair in pairs if _cells(pair[0]) != _cells(pair[1])]
    same = len(pairs) - len(other)
    lines = [f"{found.incident.name} with {'; '.join(found.question.told)}", ""]
    for pair in other:
        lines += [*_block(pair), ""]
    if not other:
        lines.append(f"{_counted(same)}, the same with the change")
    elif same:
        lines.append(f"{_counted(same)} besides, the same with the change")
    if not found.closed.done.seen.clean:
        lines.append(
            "The recorded nodes diverge (see the verdict without a change); the models do not."
        )
    return "\n".join([*lines, ""] if lines[-1] else lines)


def _counted(count: int) -> str:
    return f"{count} handoff{'s' * (count != 1)}"


def _rows(lines: Sequence[str]) -> list[Row]:
    """Cells as texts, so that no digit is lost."""
    return [json.loads(line, parse_float=str, parse_int=str) for line in lines]


def _paired(recorded: list[Row], changed: list[Row]) -> list[Pair]:
    """The nth handoff of a mobile node between two routers is the same on both sides."""
    found: dict[tuple[object, ...], list[Row | None]] = {}
    for side, rows in enumerate((recorded, changed)):
        count: dict[tuple[object, ...], int] = {}
        for row in rows:
            who = row["mn_id"], row["sar"], row["tar"]
            count[who] = count.get(who, 0) + 1
            found.setdefault((*who, count[who]), [None, None])[side] = row
    return [(one, other) for one, other in found.values()]


def _cells(row: Row | None) -> tuple[str, ...]:
    return ("",) * len(SHOWN) if row is None else tuple(row[name] or "" for name in SHOWN)


def _block(pair: Pair) -> Iterator[str]:
    row = pair[0] or pair[1]
    assert row is not None
    name = printable((row["mn_id"] or "").encode())
    yield f"{name}, {row['sar'] or '?'} to {row['tar'] or '?'}"
    table = [
        ("", "recorded", "with the change"),
        *zip(SHOWN, _told(pair[0]), _told(pair[1]), strict=True),
    ]
    widths = [max(len(line[at]) for line in table) for at in range(3)]
    for column, one, other in table:
        mark = ">" if column and one != other else " "
        yield f"  {mark} {column:<{widths[0]}}  {one:>{widths[1]}}  {other:>{widths[2]}}"


def _told(row: Row | None) -> tuple[str, ...]:
    return tuple(cell or "-" for cell in _cells(row)) if row else ("no handoff", *("-",) * 10)
