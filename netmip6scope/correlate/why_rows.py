"""The table of `sessions --why`: what told of each message that it belongs to its session."""

from __future__ import annotations

import numpy as np

from dissectors.frames import Ints
from netmip6scope.correlate.correlator import Correlation
from netmip6scope.correlate.reasons import Reason, field_of
from netmip6scope.correlate.rows import build
from netmip6scope.correlate.texts import Texts, labels
from netmip6scope.tables.columns import Coded, Table, Values
from netmip6scope.tables.schema import WHY


def why_table(found: Correlation, texts: Texts, messages: Table) -> Table:
    """One row per message of a session, session by session; messages: the table of all of them."""
    session = found.message_session.astype(np.int64)
    joined = np.flatnonzero(session >= 0)
    rows = joined[np.argsort(session[joined], kind="stable")]
    refers = found.why["source"][rows]
    source = np.where(refers >= 0, refers, rows)
    kind = messages.values["kind"]
    assert isinstance(kind, Coded)
    values: dict[str, Values] = {
        "mn_id": texts.names(found.sessions["mn"][session[rows]]),
        "field": _fields(found.why["reason"][rows], kind.codes[rows], kind.vocabulary),
        "of_frame": _taken(messages, "frame", source),
        "of_point": _taken(messages, "point", source),
    }
    for name in ("session", "handoff", "frame", "time", "point", "kind"):
        values[name] = _taken(messages, name, rows)
    return build("why", WHY, values, len(rows))


def _fields(reason: Ints, kind: Ints, kinds: list[str]) -> Coded:
    """What tells, by its name in filters, of messages of these kinds."""
    names = [field_of(r, k) for r in Reason for k in kinds]
    return labels(np.where(reason < 0, -1, reason * len(kinds) + kind), names)


def _taken(table: Table, name: str, rows: Ints) -> Values:
    values = table.values[name]
    return (
        Coded(values.codes[rows], values.vocabulary) if isinstance(values, Coded) else values[rows]
    )
