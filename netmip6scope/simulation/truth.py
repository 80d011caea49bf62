"""What a run knows to have happened, as a JSON document beside its capture.

Sessions, handoffs and findings as our tables have them, but told by the nodes: see `replay.record`.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from netmip6scope.simulation.run import Run
from replay.record import Record, Row
from replay.record_findings import finding_codes
from replay.record_rows import handoff_rows, session_rows

_NS_IN_MS = 10**6


def recorded(done: Run) -> dict[str, Any]:
    """Rows of sessions and handoffs with times and durations in nanoseconds; findings by code."""
    patience_ns = done.scenario.profile.retransmission_ns
    times = [frame.time_ns for frames in done.camera.frames.values() for frame in frames]
    end_ns = max(times, default=done.scenario.start_ns)
    record = Record(patience_ns)
    record.tell(done.camera.seen)
    record.finish(end_ns)
    codes = finding_codes(record, done.camera.seen, end_ns, patience_ns)
    return {
        "sessions": session_rows(record),
        "handoffs": handoff_rows(record, end_ns, patience_ns),
        "findings": dict(sorted(codes.items())),
    }


def truth_text(done: Run) -> str:
    """The document; durations are milliseconds with six decimals, as in our tables."""
    told = recorded(done)
    document = {
        "name": done.scenario.name,
        "title": done.scenario.title,
        "seed": done.scenario.seed,
        "journal": done.simulator.digest,
        "sessions": [_shown(row) for row in told["sessions"]],
        "handoffs": [_shown(row) for row in told["handoffs"]],
        "findings": told["findings"],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _shown(row: Row) -> dict[str, Any]:
    return {name: _cell(name, value) for name, value in row.items()}


def _cell(name: str, value: int | str | None) -> int | str | None:
    if name.endswith("_ms") and isinstance(value, int):
        return f"{Decimal(value) / _NS_IN_MS:.6f}"
    return value
