"""Reads scenarios from TOML. What is wrong is said in one line: where, and what was expected."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, NamedTuple, NoReturn, TypeVar

from dissectors.handoff import Access, LinkAuthentication
from netmip6scope.errors import InputError
from netmip6scope.simulation import values
from netmip6scope.simulation.lines import Lines
from netmip6scope.simulation.values import Reader, Unexpected
from replay.links import Quality
from replay.scenario import (
    CORRESPONDENT,
    AgentSpec,
    Fault,
    Flow,
    LinkSpec,
    MobileSpec,
    Move,
    Point,
    RouterSpec,
    Scenario,
    ServerSpec,
)

MOST_OCTETS = 4 << 20
MOST_TABLES = 100_000
_MS, _S = 10**6, 10**9
_IN_MS, _IN_S = values.number(_MS), values.number(_S)
_AHEAD_MS = values.number(_MS, -(10**9), 10**6)
T = TypeVar("T")


class Key(NamedTuple):
    """A key of a table: the field that it fills, and how it is read."""

    field: str
    read: Reader
    needed: bool = False


_ACCESS = {each.name.lower(): each for each in Access if each is not Access.UNKNOWN}
_AUTHENTICATION = {each.name.lower(): each for each in LinkAuthentication}
_WITHOUT_PPP = LinkAuthentication.NONE, LinkAuthentication.EAP
_WITH_PPP = LinkAuthentication.PAP, LinkAuthentication.CHAP, LinkAuthentication.EAP
_AGENT = {
    "name": Key("name", values.name, needed=True),
    "address": Key("address", values.ipv6, needed=True),
    "pool": Key("pool", values.network6, needed=True),
    "pool4": Key("pool4", values.network4),
    "longest_s": Key("longest_s", values.whole(4, 4 * 0xFFFF)),
    "bicast_ms": Key("bicast_ns", _IN_MS),
    "clock_ahead_ms": Key("clock_ahead_ns", _AHEAD_MS),
    "forbidden": Key("forbidden", values.names),
    "known": Key("known", values.names),
    "full": Key("full", values.yes_or_no),
    "answers": Key("answers", values.yes_or_no),
}
_ROUTER = {
    "name": Key("name", values.name, needed=True),
    "address": Key("address", values.ipv6, needed=True),
    "home_agent": Key("home_agent", values.name),
    "map": Key("map", values.name),
    "lifetime_s": Key("lifetime_s", values.whole(4, 4 * 0xFFFF)),
    "clock_ahead_ms": Key("clock_ahead_ns", _AHEAD_MS),
    "ah": Key("ah", values.yes_or_no),
    "authentication": Key("authentication", values.yes_or_no),
    "all_ones": Key("all_ones", values.yes_or_no),
    "forbidden": Key("forbidden", values.names),
    "wrong_ah_key": Key("wrong_ah_key", values.yes_or_no),
    "wrong_key": Key("wrong_key", values.yes_or_no),
    "timestamps": Key("timestamps", values.yes_or_no),
    "identity": Key("identity", values.yes_or_no),
    "clings": Key("clings", values.yes_or_no),
    "advertised": Key("advertised", values.ipv6),
}
_MOBILE = {
    "name": Key("name", values.name, needed=True),
    "nai": Key("mn_id", values.nai, needed=True),
    "mac": Key("link", values.mac, needed=True),
    "own_key": Key("own_key", values.yes_or_no),
    "access": Key("access", values.one_of(_ACCESS)),
    "auth": Key("authentication", values.one_of(_AUTHENTICATION)),
    "key_from_aaa": Key("key_from_aaa", values.yes_or_no),
    "wrong_secret": Key("wrong_secret", values.yes_or_no),
    "refused": Key("refused", values.yes_or_no),
    "home_agent": Key("home_agent", values.name),
    "home": Key("home", values.ipv6),
}
_AAA = {
    "name": Key("name", values.name, needed=True),
    "address": Key("address", values.ipv6, needed=True),
}
_MOVE = {
    "at_s": Key("at_ns", _IN_S, needed=True),
    "node": Key("mobile", values.name, needed=True),
    "to": Key("to", values.name),
    "lead_ms": Key("lead_ns", values.number(_MS, -(10**6), 10**3)),
    "gap_ms": Key("gap_ns", _IN_MS),
    "trigger": Key("trigger", values.yes_or_no),
    "detach": Key("detach", values.yes_or_no),
    "told": Key("told", values.name),
    "serving": Key("serving", values.name),
    "stays": Key("stays", values.yes_or_no),
}
_TRAFFIC = {
    "node": Key("mobile", values.name, needed=True),
    "from_s": Key("begin_ns", _IN_S, needed=True),
    "to_s": Key("end_ns", _IN_S, needed=True),
    "every_ms": Key("interval_ns", values.number(_MS, 1)),
    "octets": Key("octets", values.whole(8, 1200)),
    "down": Key("down", values.yes_or_no),
    "up": Key("up", values.yes_or_no),
}
_FAULT = {
    "at_s": Key("at_ns", _IN_S, needed=True),
    "until_s": Key("until_ns", _IN_S, needed=True),
    "node": Key("node", values.name),
    "link": Key("link", values.two_names),
}
_LINK = {
    "from": Key("source", values.text, needed=True),
    "to": Key("destination", values.text, needed=True),
    "both": Key("both", values.yes_or_no),
    "delay_ms": Key("delay_ns", _IN_MS),
    "jitter_ms": Key("jitter_ns", _IN_MS),
    "loss_percent": Key("loss_ppm", values.share),
    "duplicate_percent": Key("duplicate_ppm", values.share),
    "reorder_percent": Key("reorder_ppm", values.share),
    "reorder_ms": Key("reorder_ns", _IN_MS),
}
_POINT = {
    "name": Key("name", values.name, needed=True),
    "nodes": Key("nodes", values.names),
    "clock_offset_ms": Key("clock_offset_ns", _AHEAD_MS),
}
TOP = {
    "name": Key("name", values.name, needed=True),
    "title": Key("title", values.text, needed=True),
    "duration_s": Key("duration_ns", _IN_S, needed=True),
    "quiet_from_s": Key("quiet_from_ns", _IN_S),
    "seed": Key("seed", values.whole(0, 2**63 - 1)),
    "start": Key("start_ns", values.moment),
    "correspondent": Key("correspondent", values.ipv6),
    "correspondent4": Key("correspondent4", values.ipv4),
}
TABLES = {
    "home_agent": _AGENT,
    "map": _AGENT,
    "aaa": _AAA,
    "access_router": _ROUTER,
    "mobile_node": _MOBILE,
    "move": _MOVE,
    "traffic": _TRAFFIC,
    "fault": _FAULT,
    "link": _LINK,
    "point": _POINT,
}


def read_scenario(path: str) -> Scenario:
    """The scenario in a file; InputError with the line of what is wrong."""
    try:
        with open(path, "rb") as stream:
            octets = stream.read(MOST_OCTETS + 1)
    except OSError as error:
        raise InputError(path, error.strerror or str(error)) from error
    if len(octets) > MOST_OCTETS:
        raise InputError(path, f"a scenario has at most {MOST_OCTETS} octets")
    try:
        return scenario_from(octets.decode(), path)
    except UnicodeDecodeError as error:
        raise InputError(path, "is not UTF-8 text", error.start) from error


def scenario_from(text: str, path: str) -> Scenario:
    """The scenario in a text; `path` names it in errors."""
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(path, f"is not TOML: {error}") from error
    return _File(path, document, Lines(text)).scenario()


class _File:
    """A document whose values become a scenario, table by table."""

    def __init__(self, path: str, document: dict[str, Any], lines: Lines) -> None:
        self._path = path
        self._document = document
        self._lines = lines

    def scenario(self) -> Scenario:
        tables = {each: self._rows(each) for each in TABLES}
        top = {key: value for key, value in self._document.items() if key not in TABLES}
        fields = self._fields("", 0, top, TOP, known=(*TOP, *TABLES))
        for table in ("home_agent", "access_router", "mobile_node", "move"):
            if not tables[table]:
                self._fail("", 0, None, f"expected at least one [[{table}]]")
        for place, router in enumerate(tables["access_router"]):
            router.setdefault("home_agent", tables["home_agent"][0]["name"])
            self._refer(tables, "access_router", place, "home_agent", ("home_agent",))
            self._refer(tables, "access_router", place, "map", ("map",))
        self._check_names(tables)
        self._check_references(tables)
        points = [Point(**row) for row in tables["point"]] or [Point("net")]
        return Scenario(
            **fields,
            agents=_all(AgentSpec, tables["home_agent"]),
            maps=_all(AgentSpec, tables["map"]),
            aaa=next(iter(_all(ServerSpec, tables["aaa"])), None),
            routers=_all(RouterSpec, tables["access_router"]),
            mobiles=_all(MobileSpec, tables["mobile_node"]),
            moves=_all(Move, [{"to": None} | row for row in tables["move"]]),
            flows=_all(Flow, tables["traffic"]),
            faults=_all(Fault, tables["fault"]),
            links=tuple(_links(tables["link"])),
            points=tuple(points),
        )

    def _rows(self, table: str) -> list[dict[str, Any]]:
        found = self._document.get(table, [])
        tables_only = isinstance(found, list) and all(isinstance(row, dict) for row in found)
        if not tables_only:
            self._fail("", 0, table, f"expected tables, each under [[{table}]]")
        if len(found) > MOST_TABLES:
            self._fail(table, 0, None, f"expected at most {MOST_TABLES} of [[{table}]]")
        return [
            self._fields(table, place, row, TABLES[table], known=tuple(TABLES[table]))
            for place, row in enumerate(found)
        ]

    def _fields(
        self,
        table: str,
        place: int,
        row: Mapping[str, object],
        keys: Mapping[str, Key],
        known: tuple[str, ...],
    ) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for key, value in row.items():
            if key not in keys:
                near = get_close_matches(key, known, 1)
                hint = f"is it {near[0]}?" if near else f"expected one of {', '.join(known)}"
                self._fail(table, place, key, f"{key} is not known; {hint}")
            try:
                fields[keys[key].field] = keys[key].read(value)
            except Unexpected as wrong:
                self._fail(table, place, key, f"{key}: expected {wrong}")
        for key, wanted in keys.items():
            if wanted.needed and wanted.field not in fields:
                where = f"[[{table}]]" if table else "the scenario"
                self._fail(table, place, None, f"{where}: expected a {key}")
        return fields

    def _check_names(self, tables: Mapping[str, list[dict[str, Any]]]) -> None:
        """Names, addresses, identities and MAC addresses are one node's each."""
        seen: dict[object, str] = {CORRESPONDENT: "the correspondent"}
        for table in ("home_agent", "map", "aaa", "access_router", "mobile_node"):
            for place, row in enumerate(tables[table]):
                for key, field in (
                    ("name", "name"),
                    ("address", "address"),
                    ("mac", "link"),
                    ("nai", "mn_id"),
                ):
                    value = row.get(field)
                    if value is not None and value in seen:
                        self._fail(table, place, key, f"{key}: it is that of {seen[value]}")
                    if value is not None:
                        seen[value] = str(row["name"])
        points = [row["name"] for row in tables["point"]]
        for place, one in enumerate(points):
            if one in points[:place]:
                self._fail("point", place, "name", "name: another point has it")

    def _check_references(self, tables: Mapping[str, list[dict[str, Any]]]) -> None:
        routers, mobiles = ("access_router",), ("mobile_node",)
        core = ("home_agent", "map", "aaa", "access_router")
        self._check_authentication(tables)
        anywhere = (*core, "mobile_node")
        for place in range(len(tables["move"])):
            self._refer(tables, "move", place, "node", mobiles, "mobile")
            for key in ("to", "told", "serving"):
                self._refer(tables, "move", place, key, routers)
        for place, flow in enumerate(tables["traffic"]):
            self._refer(tables, "traffic", place, "node", mobiles, "mobile")
            self._in_order("traffic", place, "from_s", "to_s", flow["begin_ns"], flow["end_ns"])
        for place, fault in enumerate(tables["fault"]):
            self._refer(tables, "fault", place, "node", core)
            if ("node" in fault) == ("link" in fault):
                self._fail("fault", place, None, "[[fault]]: expected a node or a link")
            self._in_order("fault", place, "at_s", "until_s", fault["at_ns"], fault["until_ns"])
            for one in fault.get("link", ()):
                self._name(tables, "fault", place, "link", one, anywhere)
        for place, link in enumerate(tables["link"]):
            self._end(tables, place, "from", link["source"], anywhere)
            self._end(tables, place, "to", link["destination"], anywhere)
        for place, point in enumerate(tables["point"]):
            for one in point.get("nodes", ()):
                self._name(tables, "point", place, "nodes", one, core)

    def _check_authentication(self, tables: Mapping[str, list[dict[str, Any]]]) -> None:
        """What proves who a mobile node is must fit its link, and somebody must ask for it."""
        if len(tables["aaa"]) > 1:
            self._fail("aaa", 1, None, "expected one [[aaa]] at most")
        for place, mobile in enumerate(tables["mobile_node"]):
            self._refer(tables, "mobile_node", place, "home_agent", ("home_agent",))
            auth = mobile.get("authentication", LinkAuthentication.NONE)
            has_ppp = mobile.get("access") in (Access.IPV6CP, Access.IPCP)
            fits = _WITH_PPP if has_ppp else _WITHOUT_PPP
            if auth not in fits:
                words = " or ".join(each.name.lower() for each in fits)
                self._fail("mobile_node", place, "auth", f"auth: expected {words} with this access")
            if auth is not LinkAuthentication.NONE and not tables["aaa"]:
                self._fail("mobile_node", place, "auth", "auth: expected an [[aaa]] to ask")

    def _in_order(
        self, table: str, place: int, earlier: str, later: str, begin_ns: int, end_ns: int
    ) -> None:
        if end_ns < begin_ns:
            self._fail(table, place, later, f"{later}: expected a time after {earlier}")

    def _end(
        self,
        tables: Mapping[str, list[dict[str, Any]]],
        place: int,
        key: str,
        named: str,
        kinds: tuple[str, ...],
    ) -> None:
        """One end of a link; * is any node."""
        if named not in ("*", CORRESPONDENT):
            self._name(tables, "link", place, key, named, kinds)

    def _refer(
        self,
        tables: Mapping[str, list[dict[str, Any]]],
        table: str,
        place: int,
        key: str,
        kinds: tuple[str, ...],
        field: str = "",
    ) -> None:
        named = tables[table][place].get(field or key)
        if named is not None:
            self._name(tables, table, place, key, named, kinds)

    def _name(
        self,
        tables: Mapping[str, list[dict[str, Any]]],
        table: str,
        place: int,
        key: str,
        named: str,
        kinds: tuple[str, ...],
    ) -> None:
        known = [row["name"] for kind in kinds for row in tables[kind]]
        if named not in known:
            expected = ", ".join(known[:8]) + (" …" if len(known) > 8 else "")
            self._fail(table, place, key, f"{key}: expected one of {expected}, not {named}")

    def _fail(self, table: str, place: int, key: str | None, what: str) -> NoReturn:
        raise InputError(self._path, f"line {self._lines.of(table, place, key)}: {what}")


def _all(made: type[T], rows: Iterable[dict[str, Any]]) -> tuple[T, ...]:
    return tuple(made(**row) for row in rows)


def _links(rows: Iterable[dict[str, Any]]) -> Iterable[LinkSpec]:
    """One per direction."""
    for row in rows:
        quality_fields = {
            k: v for k, v in row.items() if k not in ("source", "destination", "both")
        }
        quality = Quality(**quality_fields)
        yield LinkSpec(row["source"], row["destination"], quality)
        if row.get("both", True):
            yield LinkSpec(row["destination"], row["source"], quality)
