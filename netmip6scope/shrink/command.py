"""The shrink command: an incident in, the smallest one with the same verdict out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from ipaddress import IPv6Address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from netmip6scope.capture.inputs import Source, expand
from netmip6scope.capture.spool import readable_again
from netmip6scope.errors import InputError, ScopeError, UsageError
from netmip6scope.incident.incident_file import FILE, Incident, incident_from
from netmip6scope.incident.learned import incident_text
from netmip6scope.incident.reading import read_trace
from netmip6scope.incident.run import Outcome, find, judged
from netmip6scope.keys import load_keys
from netmip6scope.merge import merge
from netmip6scope.profile_file import load_profile
from netmip6scope.shrink.folder import refuse_early
from netmip6scope.shrink.progress import Replaying
from netmip6scope.shrink.replays import Replays
from netmip6scope.shrink.sameness import told
from netmip6scope.shrink.smaller import Smaller
from netmip6scope.shrink.written import CAPTURE, write_incident
from replay.trace import traced


@dataclass(frozen=True, slots=True)
class Shrunk:
    """How many frames there were and are; whether nothing more of them can be left out."""

    before: int
    after: int
    replays: int
    is_smallest: bool

    def __str__(self) -> str:
        enough = "" if self.is_smallest else ", which is as many as shrink makes"
        frames = f"{self.before} frames -> {self.after} frames"
        return f"{frames}, {self.replays} replays{enough}, same verdict"


def shrink(
    path: str,
    output: str,
    progress: Replaying,
    *,
    keys_path: str | None = None,
    profile_path: str | None = None,
    with_keys: bool = False,
) -> Shrunk:
    """Write the smallest incident with the verdict of the one at `path` to the directory `output`.

    with_keys: the directory gets a copy of the keys, else a link to them. Raises ScopeError, and
    then has written nothing.
    """
    refuse_early(output)
    incident = _one(path, keys_path, profile_path)
    keys, profile = load_keys(incident.keys), load_profile(incident.profile)
    with _one_capture(incident) as source, TemporaryDirectory(prefix="netmip6scope-") as folder:
        signalling, user_data = read_trace([source.place], profile, keys)
        whole = judged(incident, traced(signalling, user_data), keys, profile)
        if whole.verdict.clean:
            raise InputError(path, "nothing diverges in it, so there is nothing to shrink")
        replays = Replays(
            keys,
            profile,
            _as_stated(whole),
            whole.roles.tolerance_ns,
            frozenset(told(whole.verdict)),
            progress.show,
        )
        if not replays.hold(signalling, user_data, replays.wanted):
            raise ScopeError(f"{path}: its roles cannot be written down: the verdict changes")
        smaller = Smaller(replays, signalling, user_data, whole.trace.steps, source, folder)
        frames, count = smaller.frames()
    progress.clear()
    write_incident(output, frames, whole, with_keys=with_keys)
    return Shrunk(count, len(frames), replays.count, not replays.exhausted)


def _one(path: str, keys: str | None, profile: str | None) -> Incident:
    found = find([path], keys, profile)
    if len(found) != 1:
        raise UsageError(f"{path} holds {len(found)} incidents: shrink takes one at a time")
    return found[0]


@contextmanager
def _one_capture(incident: Incident) -> Iterator[Source]:
    """Its capture; that of several points is the merged one, as for `replay`."""
    sources = expand(list(incident.captures))
    if len(sources) == 1:
        with readable_again(sources) as (source,):
            yield source
        return
    with TemporaryDirectory(prefix="netmip6scope-") as folder:
        path = os.path.join(folder, "merged.pcapng")
        run = merge(list(incident.captures), path, None, incident.profile)
        if run.errors:
            raise run.errors[0]
        yield Source(path)


def _as_stated(whole: Outcome) -> Mapping[IPv6Address, Mapping[str, Any]]:
    """The roles of the whole trace, as they are when they have been written and read."""
    outcome = replace(whole, incident=Incident("", (CAPTURE,)))
    return incident_from(incident_text(outcome, FILE, usual=True), FILE, Path()).stated
