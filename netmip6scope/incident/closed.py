"""Closed replay of an incident, and what it regenerates as a capture."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory

from netmip6scope.capture.inputs import Source, expand
from netmip6scope.capture.spool import readable_again
from netmip6scope.capture.writer import Writer
from netmip6scope.errors import InputError
from netmip6scope.incident.frames import Capture, ip_frames, link_uses, read_frames
from netmip6scope.incident.incident_file import Incident, with_stated
from netmip6scope.incident.reading import read_observed
from netmip6scope.incident.regenerated import Writing
from netmip6scope.incident.run import Outcome, expected_of
from netmip6scope.keys import load_keys
from netmip6scope.merge import merge
from netmip6scope.profile_file import load_profile
from netmip6scope.tables.output import replaced_file, standard_output
from replay.closed.changes import Changes
from replay.closed.run import Closed, closed
from replay.roles import Roles, learned
from replay.trace import Trace, traced


@dataclass(frozen=True, slots=True)
class ClosedOutcome:
    """The verdict, and what it was made from."""

    outcome: Outcome
    capture: Capture
    done: Closed


def replay_closed(
    incident: Incident, changes: Callable[[Trace, Roles], Changes] | None = None
) -> ClosedOutcome:
    """Replay all nodes of an incident together, with changes if there are any.

    Raises ScopeError.
    """
    keys, profile = load_keys(incident.keys), load_profile(incident.profile)
    with _one_capture(incident) as source:
        trace = traced(read_observed([source.place], profile, keys, incident.profile))
        if not trace.nodes:
            raise InputError(incident.name, "there is no NetMIPv6 signalling in it")
        capture = read_frames(source, profile)
    roles = with_stated(learned(trace, keys, profile), incident)
    wanted = None if changes is None else changes(trace, roles)
    done = closed(trace, tuple(ip_frames(capture)), roles, keys, link_uses(capture), wanted)
    outcome = Outcome(incident, roles, trace, done.verdict, expected_of(incident))
    return ClosedOutcome(outcome, capture, done)


@contextmanager
def _one_capture(incident: Incident) -> Iterator[Source]:
    """The capture; of several points the merged one."""
    sources = expand(list(incident.captures))
    if len(sources) == 1:
        with readable_again(sources) as kept:
            yield kept[0]
        return
    with TemporaryDirectory() as folder:
        path = os.path.join(folder, "merged.pcapng")
        run = merge(incident.captures, path, None, incident.profile)
        if run.errors:
            raise run.errors[0]
        yield expand([path])[0]


def write_regenerated(found: ClosedOutcome, path: str) -> None:
    """Write what the models sent, with what others did, as a pcapng file."""
    writing = Writing(found.capture, found.done, found.outcome.roles.profile)
    with standard_output() if path == "-" else replaced_file(path) as stream:
        writer = Writer(stream)
        writer.introduce(found.capture.interfaces)
        for frame in writing.frames():
            writer.frame(frame.octets, frame.wirelen, frame.time_ns, frame.interface)
