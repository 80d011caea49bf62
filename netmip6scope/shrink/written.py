"""The directory of a small incident: capture, roles, profile, keys, and the verdict to expect."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from netmip6scope.errors import ScopeError
from netmip6scope.incident.document import json_text
from netmip6scope.incident.incident_file import EXPECTED, FILE, Incident, read_incident
from netmip6scope.incident.learned import incident_text
from netmip6scope.incident.run import Outcome, replay
from netmip6scope.shrink.folder import new_folder
from netmip6scope.shrink.frames import Frame, write_frames
from netmip6scope.shrink.replays import addresses
from netmip6scope.shrink.sameness import told
from replay.roles import Roles

CAPTURE, KEYS, PROFILE = "incident.pcapng", "keys.toml", "profile.toml"
_ABOUT = "# Shrunk: the roles below are those that the whole trace shows.\n"


def write_incident(
    output: str, frames: Sequence[Frame], whole: Outcome, *, with_keys: bool
) -> None:
    """Write the incident of these frames, if it has the verdict of `whole`. Raises ScopeError.

    Its roles are those of the whole trace.
    """
    incident = whole.incident
    with new_folder(output) as folder:
        with open(folder / CAPTURE, "wb") as stream:
            write_frames(frames, stream)
        small = Incident(
            "",
            (str(folder / CAPTURE),),
            keys=None if incident.keys is None else str(folder / KEYS),
            profile=None if incident.profile is None else str(folder / PROFILE),
        )
        if incident.profile is not None:
            shutil.copyfile(incident.profile, folder / PROFILE)
        if incident.keys is not None:
            _give_keys(incident.keys, folder, with_keys=with_keys)
        made = replay(small)
        roles = _of(made, whole.roles)
        text = incident_text(replace(made, roles=roles), str(folder / FILE), usual=True)
        (folder / FILE).write_text(_ABOUT + text, "utf-8")
        made = replay(read_incident(folder))
        found = told(made.verdict, lambda number: frames[number - 1].number)
        if frozenset(found) != frozenset(told(whole.verdict)):
            raise ScopeError(f"{output}: what was found gives another verdict; nothing was written")
        (folder / EXPECTED).write_text(json_text(made.verdict), "utf-8")


def _give_keys(path: str, folder: Path, *, with_keys: bool) -> None:
    """A copy for the owner alone, or a link."""
    place = folder / KEYS
    if with_keys:
        shutil.copyfile(path, place)
        place.chmod(0o600)
    else:
        place.symlink_to(os.path.relpath(os.path.realpath(path), os.path.realpath(folder)))


def _of(small: Outcome, roles: Roles) -> Roles:
    """The roles of nodes and the names of mobile nodes that the small trace has."""
    shown = addresses(small.roles)
    names = frozenset(step.mn_id for step in small.trace.steps if step.mn_id is not None)
    agents = tuple(
        replace(
            role,
            forbidden=role.forbidden & names,
            known=None if role.known is None else role.known & names,
        )
        for role in roles.agents
        if role.address in shown
    )
    routers = tuple(
        replace(role, forbidden=role.forbidden & names)
        for role in roles.routers
        if role.address in shown
    )
    return replace(roles, agents=agents, routers=routers)
