"""incident.toml: what is replayed, and what a trace does not show about its nodes.

Roles are learned from the trace; a table for a node states what is to hold instead, key by key.
What is wrong with a file is said in one line: where, and what was expected.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from ipaddress import IPv6Address
from pathlib import Path, PurePath
from typing import Any, NoReturn

from netmip6scope.errors import InputError
from netmip6scope.simulation import values
from netmip6scope.simulation.lines import Lines
from netmip6scope.simulation.values import Reader, Unexpected
from replay.roles import AgentRole, Roles, RouterRole

FILE = "incident.toml"
EXPECTED = "expected.json"
MOST_OCTETS = 1 << 20
MOST_TABLES = 10_000
_MS = 10**6
_CLOCK_MS = values.number(_MS, -(10**9), 10**6)


@dataclass(frozen=True, slots=True)
class Incident:
    """One thing to replay. `folder`: None for a lone capture; stated: of roles, by address."""

    name: str
    captures: tuple[str, ...]
    folder: Path | None = None
    keys: str | None = None
    profile: str | None = None
    tolerance_ns: int | None = None
    stated: Mapping[IPv6Address, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def expected(self) -> Path | None:
        return None if self.folder is None else self.folder / EXPECTED


def _names(value: object) -> frozenset[bytes]:
    return frozenset(name.encode() for name in values.names(value))


def _inside(value: object) -> str:
    """A file of the incident's directory."""
    path = PurePath(values.text(value))
    if not path.parts or path.is_absolute() or ".." in path.parts or "\0" in str(path):
        raise Unexpected("a file inside the incident's directory")
    return str(path)


def _all_inside(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise Unexpected('a list of captures, as ["incident.pcapng"]')
    return tuple(_point_and_file(each) for each in value)


def _point_and_file(value: object) -> str:
    """POINT=FILE or FILE."""
    point, sign, name = values.text(value).rpartition("=")
    return point + sign + _inside(name)


_TOP: dict[str, tuple[str, Reader]] = {
    "title": ("title", values.text),
    "captures": ("captures", _all_inside),
    "keys": ("keys", _inside),
    "profile": ("profile", _inside),
    "tolerance_ms": ("tolerance_ns", values.number(_MS, 1, 3600)),
}
AGENT_KEYS: dict[str, tuple[str, Reader]] = {
    "address": ("address", values.ipv6),
    "pool": ("pool", values.network6),
    "pool4": ("pool4", values.network4),
    "longest_s": ("longest_s", values.whole(4, 4 * 0xFFFF)),
    "forbidden": ("forbidden", _names),
    "known": ("known", _names),
    "full": ("full", values.yes_or_no),
    "timestamps": ("timestamps", values.yes_or_no),
    "clock_ahead_ms": ("clock_ahead_ns", _CLOCK_MS),
    "bicast_ms": ("bicast_ns", values.number(_MS, 0, 3600)),
}
ROUTER_KEYS: dict[str, tuple[str, Reader]] = {
    "address": ("address", values.ipv6),
    "home_agent": ("home_agent", values.ipv6),
    "map": ("map", values.ipv6),
    "lifetime_s": ("lifetime_s", values.whole(4, 4 * 0xFFFF)),
    "timestamps": ("timestamps", values.yes_or_no),
    "all_ones": ("all_ones", values.yes_or_no),
    "forbidden": ("forbidden", _names),
    "require_ah": ("require_ah", values.yes_or_no),
    "clock_ahead_ms": ("clock_ahead_ns", _CLOCK_MS),
}
_TABLES = {"home_agent": AGENT_KEYS, "map": AGENT_KEYS, "access_router": ROUTER_KEYS}


def read_incident(folder: Path) -> Incident:
    """The incident in a directory. Raises InputError."""
    path = str(folder / FILE)
    try:
        with open(path, "rb") as stream:
            octets = stream.read(MOST_OCTETS + 1)
    except OSError as error:
        raise InputError(path, error.strerror or "cannot be read") from error
    if len(octets) > MOST_OCTETS:
        raise InputError(path, f"an incident file has at most {MOST_OCTETS} octets")
    try:
        text = octets.decode()
    except UnicodeDecodeError as error:
        raise InputError(path, "is not UTF-8 text", error.start) from error
    return incident_from(text, path, folder)


def incident_from(text: str, path: str, folder: Path) -> Incident:
    """The incident in a text; `path` names it in errors."""
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(path, f"is not TOML: {error}") from error
    file = _File(path, Lines(text))
    tables = {name: document.pop(name, []) for name in _TABLES}
    top = file.fields("", 0, document, _TOP, (*_TOP, *_TABLES))
    stated: dict[IPv6Address, dict[str, Any]] = {}
    for name, rows in tables.items():
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            file.fail("", 0, name, f"expected tables, each under [[{name}]]")
        if len(rows) > MOST_TABLES:
            file.fail(name, 0, None, f"expected at most {MOST_TABLES} of [[{name}]]")
        for place, row in enumerate(rows):
            fields = file.fields(name, place, row, _TABLES[name], tuple(_TABLES[name]))
            address = fields.pop("address", None)
            if address is None:
                file.fail(name, place, None, f"[[{name}]]: expected an address")
            if address in stated:
                file.fail(name, place, "address", f"{address} has a table already")
            stated[address] = fields
    if "captures" not in top:
        file.fail("", 0, None, "expected captures")
    return Incident(
        os.path.basename(folder.resolve()),
        tuple(_placed(folder, each) for each in top["captures"]),
        folder,
        _below(folder, top.get("keys")),
        _below(folder, top.get("profile")),
        top.get("tolerance_ns"),
        stated,
    )


def _placed(folder: Path, capture: str) -> str:
    point, sign, name = capture.rpartition("=")
    return f"{point}{sign}{folder / name}"


def _below(folder: Path, name: str | None) -> str | None:
    return None if name is None else str(folder / name)


class _File:
    """Reads tables, and says in which line something is wrong."""

    def __init__(self, path: str, lines: Lines) -> None:
        self._path = path
        self._lines = lines

    def fields(
        self,
        table: str,
        place: int,
        row: Mapping[str, object],
        keys: Mapping[str, tuple[str, Reader]],
        known: tuple[str, ...],
    ) -> dict[str, Any]:
        found = {}
        for key, value in row.items():
            if key not in keys:
                words = f"{key} is not known; expected one of {', '.join(known)}"
                self.fail(table, place, key, words)
            name, read = keys[key]
            try:
                found[name] = read(value)
            except Unexpected as wrong:
                self.fail(table, place, key, f"{key}: expected {wrong}")
        return found

    def fail(self, table: str, place: int, key: str | None, what: str) -> NoReturn:
        line = self._lines.of(table, place, key)
        raise InputError(self._path, f"line {line}: {what}")


def with_stated(roles: Roles, incident: Incident) -> Roles:
    """Roles with what the incident states. Raises InputError for a node that the trace has not."""
    known = {role.address for role in roles.agents} | {role.address for role in roles.routers}
    for address in incident.stated:
        if address not in known:
            raise InputError(incident.name, f"{address} is no node of the trace")
    agents = tuple(_changed_agent(role, incident) for role in roles.agents)
    routers = tuple(_changed_router(role, incident) for role in roles.routers)
    tolerance_ns = incident.tolerance_ns or roles.tolerance_ns
    return replace(roles, agents=agents, routers=routers, tolerance_ns=tolerance_ns)


def _changed_agent(role: AgentRole, incident: Incident) -> AgentRole:
    return replace(role, **_fields_of(role, incident))


def _changed_router(role: RouterRole, incident: Incident) -> RouterRole:
    return replace(role, **_fields_of(role, incident))


def _fields_of(role: AgentRole | RouterRole, incident: Incident) -> dict[str, Any]:
    stated = incident.stated.get(role.address, {})
    for name in stated:
        if not hasattr(role, name):
            raise InputError(incident.name, f"{role.address}: {name} is not for a node of its kind")
    return dict(stated)
