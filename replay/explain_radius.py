"""Walks to what diverged in RADIUS: the exchanges about one mobile node.

Nobody models a server here, so there are no states.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv6Address

from replay.judged import Field, Kind
from replay.packets import Address
from replay.radius_seen import Answered, Asked, radius_in
from replay.trace import Trace
from replay.verdict import Divergence, Fault
from replay.walk import Match, Message, Row, Walk

RADIUS = (Kind.RADIUS_REQUEST, Kind.RADIUS_ANSWER)


def explain_radius(
    trace: Trace, group: tuple[Divergence, ...], names: Mapping[Address, str]
) -> Walk:
    """The walk to one message; `names` has all nodes and servers."""
    first = group[0]
    asked: dict[object, bytes | None] = {}
    rows: list[Row] = []
    parties: dict[Address, str] = {}
    last: Asked | Answered | None = None
    for each in radius_in(trace):
        if isinstance(each, Asked):
            asked[each.key] = each.mn_id
        if each.step.number > first.step:
            break
        is_own = each.step.number == first.step
        if is_own or (first.mn_id is not None and asked.get(each.key) == first.mn_id):
            rows.append(_row(each, names, first if is_own else None))
            parties |= {end: names.get(end, "?") for end in (each.client, each.server)}
            last = each
    if first.fault is Fault.MISSING and last is not None:
        rows.append(_missing(last, first, names))
    role = "AAA server" if first.kind is Kind.RADIUS_ANSWER else "access router"
    return Walk(first.node, role, first.mn_id, group, parties, tuple(rows))


def _row(each: Asked | Answered, names: Mapping[Address, str], first: Divergence | None) -> Row:
    recorded = message_of(each, names)
    match, expected = Match.SAME, recorded
    diverges = first is not None and first.fault is not Fault.MISSING
    if first is not None and diverges:
        match = Match.UNEXPECTED if first.fault is Fault.UNEXPECTED else Match.OTHER
    step = each.step
    return Row(
        step.time_ns,
        step.seen.frame,
        step.number,
        match,
        recorded,
        None if match is Match.UNEXPECTED else expected,
        (),
        (),
        diverges=diverges,
    )


def message_of(each: Asked | Answered, names: Mapping[Address, str]) -> Message:
    """It with its ends by their names."""
    number = Field("identifier", each.radius.identifier, "RFC 2865 3")
    client, server = names.get(each.client, "?"), names.get(each.server, "?")
    time_ns = each.step.time_ns
    if isinstance(each, Asked):
        return Message(time_ns, client, server, Kind.RADIUS_REQUEST.value, (number,))
    return Message(time_ns, server, client, each.kind, (number,))


def _missing(asked: Asked | Answered, first: Divergence, names: Mapping[Address, str]) -> Row:
    server, client = names.get(asked.server, "?"), names.get(asked.client, "?")
    expected = Message(first.time_ns, server, client, first.kind.value, ())
    return Row(first.time_ns, None, None, Match.MISSING, None, expected, (), (), diverges=True)


def named_servers(trace: Trace) -> dict[Address, str]:
    """Names of AAA servers."""
    servers: dict[IPv6Address, None] = {each.server: None for each in radius_in(trace)}
    if len(servers) == 1:
        return dict.fromkeys(servers, "AAA")
    return {address: f"AAA{number}" for number, address in enumerate(servers, 1)}
