"""Finds incidents and replays them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dissectors.authentication.keys import Keys
from dissectors.profile import Profile
from netmip6scope.errors import InputError
from netmip6scope.incident.document import document
from netmip6scope.incident.incident_file import EXPECTED, FILE, Incident, read_incident, with_stated
from netmip6scope.incident.reading import read_trace
from netmip6scope.keys import load_keys
from netmip6scope.profile_file import load_profile
from replay.explain import Walk, explain
from replay.isolate import isolate
from replay.roles import Roles, learned
from replay.trace import Trace, traced
from replay.verdict import Verdict

MOST_EXPECTED = 64 << 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """An incident's verdict, and the one that was expected; None: that nothing diverges."""

    incident: Incident
    roles: Roles
    trace: Trace
    verdict: Verdict
    expected: dict[str, Any] | None

    @property
    def as_expected(self) -> bool:
        if self.expected is None:
            return self.verdict.clean
        made = document(self.verdict)
        if self.expected.get("mode") == self.verdict.mode:
            return self.expected == made
        return _blamed(self.expected) == _blamed(made)


def _blamed(told: dict[str, Any]) -> list[tuple[object, ...]]:
    """Which messages of which nodes diverge, as either mode of replay tells it."""
    found = told.get("divergences")
    rows = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return sorted({(str(r.get("node")), str(r.get("message")), str(r.get("frame"))) for r in rows})


def find(paths: Sequence[str], keys: str | None, profile: str | None) -> list[Incident]:
    """The incidents meant: a capture, an incident's directory, or all below a directory."""
    found: list[Incident] = []
    for path in paths:
        if Path(path).is_dir():
            folders = sorted(each.parent for each in Path(path).rglob(FILE))
            if not folders:
                raise InputError(path, f"there is no {FILE} in or below it")
            found += [read_incident(folder) for folder in folders]
        else:
            found.append(Incident(path, (path,), None, keys, profile))
    return found


def replay(incident: Incident) -> Outcome:
    """Replay one incident. Raises InputError."""
    keys, profile = load_keys(incident.keys), load_profile(incident.profile)
    trace = traced(*read_trace(incident.captures, profile, keys, incident.profile))
    return judged(incident, trace, keys, profile)


def judged(incident: Incident, trace: Trace, keys: Keys, profile: Profile) -> Outcome:
    """The outcome of an incident whose trace this is. Raises InputError."""
    if not trace.nodes:
        raise InputError(incident.name, "there is no NetMIPv6 signalling in it")
    roles = with_stated(learned(trace, keys, profile), incident)
    return Outcome(incident, roles, trace, isolate(trace, roles, keys), expected_of(incident))


def walks(outcome: Outcome) -> tuple[Walk, ...]:
    """How each divergence came about, by replaying once more."""
    keys = load_keys(outcome.incident.keys)
    return explain(outcome.trace, outcome.roles, keys, outcome.verdict.divergences)


def expected_of(incident: Incident) -> dict[str, Any] | None:
    path = incident.expected
    if path is None or not path.exists():
        return None
    try:
        with path.open("rb") as stream:
            octets = stream.read(MOST_EXPECTED + 1)
        found = json.loads(octets)
    except OSError as error:
        raise InputError(str(path), error.strerror or "cannot be read") from error
    except (ValueError, RecursionError) as error:
        raise InputError(str(path), f"is no verdict: {error}") from error
    if not isinstance(found, dict):
        raise InputError(str(path), f"is no verdict: {EXPECTED} holds one JSON object")
    return found
