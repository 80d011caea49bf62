"""What-ifs as a command line has them; what is wrong with one is said in one line."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from ipaddress import IPv6Address
from itertools import product
from typing import Any

from dissectors.text import printable
from netmip6scope.errors import UsageError
from netmip6scope.incident.incident_file import AGENT_KEYS, ROUTER_KEYS
from netmip6scope.simulation import values
from netmip6scope.simulation.values import Reader, Unexpected
from replay.closed.changes import Changes, LinkChange, Way
from replay.closed.names import node_names
from replay.judged import ANSWERS_TO_HOST, Kind, kind_of
from replay.roles import AgentRole, Roles, RouterRole
from replay.trace import Trace

UNTIL_RELEASE_NS = 0xFFFF * 4 * 10**9
"""Bi-casting that is on ends when the old care-of address is given up: no lifetime is longer."""
_UNITS_NS = {"ns": 1, "us": 1000, "ms": 10**6, "s": 10**9}
_LONGEST_NS = 3600 * 10**9
_MOST_NAMED = 20
_LINK = "link."
_DROPPED = {kind.value: kind for kind in Kind if kind not in ANSWERS_TO_HOST | {Kind.USER_DATA}}


def changes_of(
    trace: Trace,
    roles: Roles,
    settings: Sequence[str],
    drops: Sequence[str],
    faults: str | None,
    seed: int | None,
) -> Changes:
    """What is asked for, in terms of the trace. Raises UsageError."""
    names = node_names(trace)
    links: dict[Way, LinkChange] = {}
    fields: dict[IPv6Address, dict[str, Any]] = {}
    for setting in settings:
        name, sign, value = setting.partition("=")
        place, dot, key = name.rpartition(".")
        if not (sign and dot):
            raise UsageError(f"--set {setting}: expected NODE.KEY=VALUE or link.A-B.KEY=VALUE")
        if place.startswith(_LINK):
            _set_link(setting, names, links, place.removeprefix(_LINK), key, value)
        else:
            meant = _roles(roles, _named(setting, names, place))
            _set_role(setting, meant, fields, key, value, trace.agents)
    return Changes(
        links,
        None if faults is None else _faults(faults),
        frozenset(_dropped(trace, drop) for drop in drops),
        fields,
        1 if seed is None else seed,
    )


def _named(
    option: str, names: Mapping[str, tuple[IPv6Address, ...]], name: str
) -> tuple[IPv6Address, ...]:
    found = names.get(name)
    if found is None:
        known = _listed(names)
        raise UsageError(f"--set {option}: there is no node {name}; there are {known}")
    return found


def _listed(names: Iterable[str]) -> str:
    told = [printable(name.encode()) for name in names]
    more = len(told) - _MOST_NAMED
    return ", ".join(told[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


# Roles


def _roles(roles: Roles, addresses: tuple[IPv6Address, ...]) -> list[AgentRole | RouterRole]:
    every: list[AgentRole | RouterRole] = [*roles.agents, *roles.routers]
    return [role for role in every if role.address in addresses]


def _bicast(value: object) -> int:
    return UNTIL_RELEASE_NS if values.yes_or_no(value) else 0


_OF_AGENTS: dict[str, tuple[str, Reader]] = {"bicast": ("bicast_ns", _bicast), **AGENT_KEYS}


def _set_role(
    option: str,
    roles: Iterable[AgentRole | RouterRole],
    fields: dict[IPv6Address, dict[str, Any]],
    key: str,
    text: str,
    known_agents: Mapping[IPv6Address, bool],
) -> None:
    for role in roles:
        keys = _OF_AGENTS if isinstance(role, AgentRole) else ROUTER_KEYS
        if key not in keys or key == "address":
            known = ", ".join(name for name in keys if name != "address")
            raise UsageError(f"--set {option}: {role.address} has no {key}; it has {known}")
        name, read = keys[key]
        try:
            value = read(_value(text))
        except Unexpected as wrong:
            raise UsageError(f"--set {option}: {key}: expected {wrong}") from wrong
        if isinstance(value, IPv6Address) and value not in known_agents:
            there = _listed(map(str, known_agents))
            raise UsageError(f"--set {option}: there is no agent {value}; there are {there}")
        fields.setdefault(role.address, {})[name] = value


def _value(text: str) -> object:
    """A TOML value; what is none is text, so that addresses need no quotes."""
    try:
        return tomllib.loads(f"value = {text}", parse_float=Decimal)["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        return text


# Links


def _set_link(
    option: str,
    names: Mapping[str, tuple[IPv6Address, ...]],
    links: dict[Way, LinkChange],
    ends: str,
    key: str,
    text: str,
) -> None:
    one, sign, other = ends.partition("-")
    if not sign:
        raise UsageError(f"--set {option}: expected a link as link.sar-tar")
    change = _link_field(f"--set {option}", key, text)
    pairs = product(_named(option, names, one), _named(option, names, other))
    ways = {way for a, b in pairs if a != b for way in ((a, b), (b, a))}
    if not ways:
        raise UsageError(f"--set {option}: a link has two ends, this one has the same twice")
    for way in ways:
        links[way] = replace(links.get(way, LinkChange()), **change)


def _faults(text: str) -> LinkChange:
    found: dict[str, int] = {}
    for part in text.split(","):
        key, _, value = part.partition("=")
        found |= _link_field(f"--faults {text}", key, value)
    return replace(LinkChange(), **found)


def _link_field(option: str, key: str, text: str) -> dict[str, int]:
    read = _LINK_KEYS.get(key)
    if read is None:
        raise UsageError(f"{option}: a link has no {key}; it has {', '.join(_LINK_KEYS)}")
    name, of = read
    try:
        return {name: of(text)}
    except Unexpected as wrong:
        raise UsageError(f"{option}: {key}: expected {wrong}") from wrong


def _time_ns(text: str) -> int:
    number = text.rstrip("".join(_UNITS_NS))
    unit = _UNITS_NS.get(text[len(number) :])
    value = _decimal(number)
    if unit is None or value is None or not 0 <= value * unit <= _LONGEST_NS:
        raise Unexpected("a time up to an hour, as 40ms")
    return int(value * unit)


def _share(text: str) -> int:
    value = _decimal(text.removesuffix("%"))
    if value is None or not text.endswith("%") or not 0 <= value <= 100:
        raise Unexpected("a share, as 1%")
    return int(value * 10_000)


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


_LINK_KEYS: dict[str, tuple[str, Callable[[str], int]]] = {
    "delay": ("delay_ns", _time_ns),
    "jitter": ("jitter_ns", _time_ns),
    "loss": ("loss_ppm", _share),
}


# Messages


def _dropped(trace: Trace, text: str) -> int:
    """The number of the step that KIND#N or KIND#N@MN means."""
    what, at, mn_id = text.partition("@")
    name, sign, nth = what.partition("#")
    kind = _DROPPED.get(name)
    if kind is None:
        raise UsageError(f"--drop {text}: there is no {name}; there are {', '.join(_DROPPED)}")
    if not (sign and nth.isascii() and nth.isdigit() and len(nth) < 10 and int(nth)):
        raise UsageError(f"--drop {text}: expected {name}#1 for the first one")
    about = {step.mn_id for step in trace.steps if step.mn_id is not None}
    if at and mn_id.encode() not in about:
        known = _listed(each.decode("utf-8", "backslashreplace") for each in sorted(about))
        raise UsageError(f"--drop {text}: there is no mobile node {mn_id}; there are {known}")
    found = [
        step.number
        for step in trace.steps
        if kind_of(step.packet) is kind and (not at or step.mn_id == mn_id.encode())
    ]
    if int(nth) > len(found):
        raise UsageError(f"--drop {text}: the trace has {len(found)} {name}")
    return found[int(nth) - 1]
