"""Replays a session's mobile node from the frames that are kept of it."""

from __future__ import annotations

import os
from tempfile import TemporaryDirectory

import numpy as np

from dissectors.authentication.keys import Keys
from dissectors.frames import Ints
from netmip6scope.errors import UsageError
from netmip6scope.incident.reading import read_trace
from netmip6scope.tables.columns import Coded
from netmip6scope.tui.export import write_capture
from netmip6scope.tui.replay_lines import (
    expected_text,
    recorded_text,
    state_lines,
    step_lines,
    verdict_text,
)
from netmip6scope.tui.replayed import Replayed, Shown, Wanted
from netmip6scope.tui.view import View
from replay.follow import Followed, follow
from replay.roles import learned
from replay.trace import traced
from replay.walk import Match


def replay(view: View, wanted: Wanted) -> Replayed:
    """Replay the signalling of the session's mobile node, in all its sessions.

    Raises UsageError where there is nothing to replay, OutputError.
    """
    row = view.row_of("sessions", wanted.session)
    if row < 0:
        raise UsageError("it has left memory")
    rows = _messages(view, wanted.session, row)
    rows = rows[np.argsort(view.numbers("messages", "time")[rows], kind="stable")]
    keys = view.keys or Keys()
    with TemporaryDirectory(prefix="netmip6scope-") as directory:
        path = os.path.join(directory, "session.pcapng")
        write_capture(view, rows, path)
        trace = traced(*read_trace([path], view.profile, keys))
    if not trace.nodes:
        raise UsageError("there is no NetMIPv6 signalling in it")
    course = follow(trace, learned(trace, keys, view.profile), keys)
    begin_ns = course.rows[0].time_ns
    return Replayed(
        f"{_name(view, row)}: {verdict_text(course)}",
        [_shown(view, each, rows, begin_ns) for each in course.rows],
    )


def _shown(view: View, step: Followed, rows: Ints, begin_ns: int) -> Shown:
    row = -1 if step.frame is None else int(rows[step.frame - 1])
    # What goes between others than routers and home agents has no names here.
    message = step.recorded
    beside = message is not None and message.sender == message.receiver
    recorded = view.text("messages", "kind", row) if beside else recorded_text(step)
    return Shown(
        step.time_ns,
        row,
        None if row < 0 else view.number("messages", "frame", row),
        recorded,
        expected_text(step, begin_ns),
        bool(step.divergences),
        step.match in (Match.GIVEN, Match.SAME),
        list(step_lines(step, recorded)),
        list(state_lines(step.turns)),
    )


def _messages(view: View, session: int, row: int) -> Ints:
    """Rows of the session's messages, and of all others that name the same mobile node."""
    mine = view.numbers("messages", "session") == session
    name = view.text("sessions", "mn_id", row)
    values = view.tables["messages"].values["mn_id"]
    assert isinstance(values, Coded)
    if name in values.vocabulary:
        mine |= values.codes == values.vocabulary.index(name)
        sessions = view.tables["sessions"].values["mn_id"]
        assert isinstance(sessions, Coded)
        same = np.flatnonzero(sessions.codes == sessions.vocabulary.index(name))
        numbers = view.numbers("sessions", "session")[same]
        mine |= np.isin(view.numbers("messages", "session"), numbers)
    rows = np.flatnonzero(mine)
    # A frame with several messages is one packet.
    frame, file = view.numbers("messages", "frame")[rows], view.result.message_file[rows]
    first = np.unique(np.stack([file, frame]), axis=1, return_index=True)[1]
    return rows[np.sort(first)]


def _name(view: View, row: int) -> str:
    names = (view.text("sessions", column, row) for column in ("mn_id", "hoa", "hoa4"))
    return next((name for name in names if name), "a node without a name")
