"""Roles as an incident.toml, for editing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from netmip6scope.errors import UsageError
from replay.roles import AgentRole, RouterRole

if TYPE_CHECKING:
    from netmip6scope.incident.run import Outcome


_MS = 10**6
_FARTHEST_NS = 10**15
"""Clocks that are farther ahead cannot be stated."""


def incident_text(outcome: Outcome, path: str, *, usual: bool = False) -> str:
    """The file's text; captures and keys are named as seen from it.

    usual: with the lines that say what is usual, so that a part of the trace cannot teach another.
    """
    return "\n".join((*_lines(outcome, path, usual=usual), ""))


def _lines(outcome: Outcome, path: str, *, usual: bool) -> Iterator[str]:
    incident = outcome.incident
    base = os.path.dirname(os.path.abspath(path)) if path != "-" else os.getcwd()
    captures = ", ".join(_text(_seen_from(base, each)) for each in incident.captures)
    yield "# What the trace shows of its nodes. A line that is left out is learned again each time."
    yield f"captures = [{captures}]"
    if incident.keys is not None:
        yield f"keys = {_text(_seen_from(base, incident.keys))}"
    if incident.profile is not None:
        yield f"profile = {_text(_seen_from(base, incident.profile))}"
    yield f"tolerance_ms = {_milliseconds(outcome.roles.tolerance_ns)}"
    for agent in outcome.roles.agents:
        yield from ("", *_agent(agent, usual=usual))
    for router in outcome.roles.routers:
        yield from ("", *_router(router, usual=usual))


def _agent(role: AgentRole, *, usual: bool) -> Iterator[str]:
    yield "[[map]]" if role.local else "[[home_agent]]"
    yield f'address = "{role.address}"'
    if role.pool is not None:
        yield f'pool = "{role.pool}"'
    if role.pool4 is not None:
        yield f'pool4 = "{role.pool4}"'
    yield f"longest_s = {role.longest_s}"
    yield f"timestamps = {_flag(role.timestamps)}"
    if role.forbidden or usual:
        yield f"forbidden = {_names(role.forbidden)}"
    if role.known is not None:
        yield f"known = {_names(role.known)}"
    if role.full or usual:
        yield f"full = {_flag(role.full)}"
    yield from _clock(role.clock_ahead_ns, 1, usual=usual)
    if role.bicast_ns is not None:
        yield f"bicast_ms = {_milliseconds(role.bicast_ns)}"


def _router(role: RouterRole, *, usual: bool) -> Iterator[str]:
    yield "[[access_router]]"
    yield f'address = "{role.address}"'
    yield f'home_agent = "{role.home_agent}"'
    if role.map is not None:
        yield f'map = "{role.map}"'
    yield f"lifetime_s = {role.lifetime_s}"
    yield f"timestamps = {_flag(role.timestamps)}"
    yield f"require_ah = {_flag(role.require_ah)}"
    if role.all_ones or usual:
        yield f"all_ones = {_flag(role.all_ones)}"
    if role.forbidden or usual:
        yield f"forbidden = {_names(role.forbidden)}"
    yield from _clock(role.clock_ahead_ns, _MS, usual=usual)


def _clock(ahead_ns: int, least_ns: int, *, usual: bool) -> Iterator[str]:
    """To the nanosecond: a verdict says what a timestamp was expected to be."""
    if (usual or abs(ahead_ns) >= least_ns) and abs(ahead_ns) <= _FARTHEST_NS:
        yield f"clock_ahead_ms = {_milliseconds(ahead_ns)}"


def _milliseconds(ns: int) -> str:
    sign, whole, rest = "-" * (ns < 0), *divmod(abs(ns), _MS)
    return f"{sign}{whole}.{rest:06}" if rest else f"{sign}{whole}"


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _names(names: frozenset[bytes]) -> str:
    return "[" + ", ".join(_text(name.decode("utf-8", "replace")) for name in sorted(names)) + "]"


def _text(text: str) -> str:
    """A TOML basic string: JSON's escapes are TOML's too, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _seen_from(base: str, path: str) -> str:
    seen = os.path.relpath(os.path.abspath(path), base)
    if seen.startswith(os.pardir):
        raise UsageError(f"{path}: an incident file stands in its directory or above it")
    return seen
