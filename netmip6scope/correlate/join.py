"""Whose message it is: every message gets the number of a mobile node, or -1.

A mobile node's number is that of its identity where messages name one. A message without identity
belongs to whom its exchange names (request and response, update and acknowledgement), else to
whoever holds its home address then; a home address or exchange that nobody is named for makes a
mobile node of its own. Router Advertisements go to the holder of the prefix that they advertise,
and Router Solicitations to whom the answer goes.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from dissectors.frames import Ints
from dissectors.scan.addresses import AddressBook
from dissectors.scan.kinds import MessageKind
from netmip6scope.correlate.alike import Flags, alike, among
from netmip6scope.correlate.event import LOCAL_UPDATE, REJECTED, TAKEN
from netmip6scope.correlate.reasons import Reason, Reasons
from netmip6scope.correlate.timeline import Timeline

_BU, _BA = int(MessageKind.BU), int(MessageKind.BA)
_REQUEST, _RESPONSE = int(MessageKind.HO_REQUEST), int(MessageKind.HO_RESPONSE)
_RS, _RA = int(MessageKind.RS), int(MessageKind.RA)

Columns = dict[str, Ints]


def whose(
    m: Columns, identities: int, addresses: AddressBook, reasons: Reasons | None = None
) -> Ints:
    """(n,) numbers of mobile nodes; m: columns of all messages in time order.

    What tells is noted in `reasons`.
    """
    who = m["mn_id"].astype(np.int64)
    if reasons is not None:
        reasons.note(Reason.NAMED, np.flatnonzero(who >= 0))
    kind = m["kind"]
    exchanged = np.flatnonzero(np.isin(kind, (_REQUEST, _RESPONSE, _BU, LOCAL_UPDATE, _BA)))
    if (who[exchanged] < 0).any():
        _nameless(m, who, exchanged, identities, len(addresses), reasons)
    _advertisements(m, who, addresses, reasons)
    return who


def _nameless(
    m: Columns, who: Ints, rows: Ints, identities: int, addresses: int, reasons: Reasons | None
) -> None:
    """Find the mobile nodes of messages without identity."""
    exchange = np.full(len(who), -1, np.int64)
    exchange[rows] = _exchanges(m, rows)
    answers = rows[~_asks(m["kind"][rows])]
    _from_others(exchange, m["time_ns"], who, answers, Reason.EXCHANGE, reasons)
    for home, reason in ((m["hoa"], Reason.HOME), (m["hoa4"], Reason.HOME4)):
        held = rows[home[rows] >= 0]
        _from_others(home, m["time_ns"], who, held, reason, reasons)
        lone = held[who[held] < 0]
        who[lone] = identities + home[lone]
        if reasons is not None:
            reasons.note(reason, lone)
    _from_others(exchange, m["time_ns"], who, rows, Reason.EXCHANGE, reasons)
    lone = rows[who[rows] < 0]
    who[lone] = identities + addresses + exchange[lone]
    if reasons is not None:
        reasons.note(Reason.EXCHANGE, lone)


def _exchanges(m: Columns, rows: Ints) -> Ints:
    """Numbers that request and response share: the asking router, the other one, and the number."""
    kind = m["kind"][rows]
    updates = _asks(kind)
    binds = updates | (kind == _BA)
    answers = (kind == _RESPONSE) | (kind == _BA)
    asker = np.where(answers, m["dst"][rows], np.where(updates, m["coa"][rows], m["src"][rows]))
    other = np.where(binds, -1, np.where(answers, m["src"][rows], m["dst"][rows]))
    number = np.where(binds, m["seq"][rows], m["identifier"][rows])
    return alike(asker, other, number)


def _asks(kind: Ints) -> Flags:
    out: Flags = (kind == _BU) | (kind == LOCAL_UPDATE)
    return out


def _from_others(
    key: Ints, time_ns: Ints, who: Ints, rows: Ints, reason: Reason, reasons: Reasons | None
) -> None:
    """Fill `who` of rows from the latest message before with the same key, else the next."""
    known = rows[who[rows] >= 0]
    known = known[key[known] >= 0]
    open_rows = rows[(who[rows] < 0) & (key[rows] >= 0)]
    if not len(known) or not len(open_rows):
        return
    line = Timeline(key[known], time_ns[known])
    keys, times = key[open_rows].astype(np.int64), time_ns[open_rows]
    found = line.latest(keys, times)
    found = np.where(found >= 0, found, line.next(keys, times))
    who[open_rows] = np.where(found >= 0, who[known[found]], -1)
    if reasons is not None:
        told = np.flatnonzero(found >= 0)
        reasons.note(reason, open_rows[told], known[found[told]])


def _advertisements(m: Columns, who: Ints, addresses: AddressBook, reasons: Reasons | None) -> None:
    asks, tells = np.flatnonzero(m["kind"] == _RS), np.flatnonzero(m["kind"] == _RA)
    bound = np.flatnonzero(_accepted(m) & (m["hoa"] >= 0) & (who >= 0))
    if not len(tells) or not len(bound):
        return
    times, bound_ns = m["time_ns"][tells], m["time_ns"][bound]
    nets, told = m["home_net"][bound].astype(np.int64), m["net"][tells].astype(np.int64)
    found = Timeline(nets, bound_ns).latest(told, times)
    shared = found >= 0
    shared &= among(told, _held_by_several(nets, who[bound]))
    odd = np.flatnonzero(shared | (found < 0))
    by_host = np.zeros(len(tells), np.bool_)
    if len(odd):
        found[odd], by_host[odd] = _by_host(m, who, addresses, bound, tells[odd], shared[odd])
    who[tells] = np.where(found >= 0, who[bound[found]], -1)
    if reasons is not None:
        for reason, mine in ((Reason.PREFIX, ~by_host), (Reason.HOST, by_host)):
            told = np.flatnonzero((found >= 0) & mine)
            reasons.note(reason, tells[told], bound[found[told]])
    if len(asks):
        answered = Timeline(m["dst"][tells].astype(np.int64), times)
        found = answered.next(m["src"][asks].astype(np.int64), m["time_ns"][asks])
        who[asks] = np.where(found >= 0, who[tells[found]], -1)
        if reasons is not None:
            told = np.flatnonzero((found >= 0) & (who[asks] >= 0))
            reasons.note(Reason.ANSWERED, asks[told], tells[found[told]])
        # An answer to all nodes (RFC 2461 6.2.6) does not say who asked; the identifier does.
        asks = asks[who[asks] < 0]
        hosts = addresses.halves(np.concatenate([m["hoa"][bound], m["src"][asks]]))[1]
        holds, told = np.split(alike(hosts), [len(bound)])
        found = Timeline(holds, m["time_ns"][bound]).next(told, m["time_ns"][asks])
        who[asks] = np.where(found >= 0, who[bound[found]], -1)
        if reasons is not None:
            known = np.flatnonzero(found >= 0)
            reasons.note(Reason.HOST, asks[known], bound[found[known]])


def _held_by_several(net: Ints, who: Ints) -> Ints:
    """Prefixes that more than one mobile node holds."""
    order = np.argsort(net, kind="stable")
    differs = (np.diff(net[order]) == 0) & (np.diff(who[order]) != 0)
    shared: Ints = net[order][1:][differs]
    return shared


def _by_host(
    m: Columns, who: Ints, addresses: AddressBook, bound: Ints, tells: Ints, shared: Flags
) -> tuple[Ints, Flags]:
    """Which bindings these Router Advertisements answer, by the interface identifier told to.

    Where a prefix is shared and the identifier is nobody's, who has waited longest gets the answer;
    a prefix that nobody holds goes to whoever has the identifier. And: for which that told.
    """
    high, low = addresses.halves(m["hoa"][bound])
    prefix = addresses.halves(m["prefix"][tells])[0]
    host = addresses.halves(m["dst"][tells])[1]
    times, bound_ns = m["time_ns"][tells], m["time_ns"][bound]
    highs, lows = np.concatenate([high, prefix]), np.concatenate([low, host])
    holds, told = np.split(alike(highs, lows), [len(bound)])
    found = Timeline(holds, bound_ns).latest(told, times)
    by_host = found >= 0
    waits = np.flatnonzero((found < 0) & shared)
    holds, told = np.split(alike(highs), [len(bound)])
    found[waits] = _longest_waiting(holds, bound_ns, who[bound], told[waits], times[waits])
    lost = np.flatnonzero((found < 0) & ~shared & (host != 0))
    holds, told = np.split(alike(lows), [len(bound)])
    found[lost] = Timeline(holds, bound_ns).latest(told[lost], times[lost])
    by_host[lost] = True
    return found, by_host


def _longest_waiting(prefix: Ints, time_ns: Ints, who: Ints, told: Ints, told_ns: Ints) -> Ints:
    """Rows of bindings that Router Advertisements answer by prefix alone.

    Where several mobile nodes hold addresses of one prefix, the one that has waited longest for an
    answer gets it.
    """
    line = Timeline(prefix, time_ns)
    out = np.full(len(told), -1, np.int64)
    begin = line.before(told, np.full(len(told), -(1 << 63)))
    end = line.before(told, told_ns, now=True)
    queues: dict[int, tuple[int, deque[int], set[int]]] = {}
    for n in np.argsort(told_ns, kind="stable").tolist():
        key = int(told[n])
        at, waiting, served = queues.get(key, (int(begin[n]), deque(), set()))
        for row in line.order[at : int(end[n])].tolist():
            if int(who[row]) not in served:
                served.add(int(who[row]))
                waiting.append(row)
        queues[key] = max(at, int(end[n])), waiting, served
        if waiting:
            out[n] = waiting.popleft()
    return out


def _accepted(m: Columns) -> Flags:
    out: Flags = (
        (m["kind"] == _BA) & (m["status"] >= 0) & (m["status"] < REJECTED) & (m["lifetime_s"] > 0)
    )
    return out


def taken(m: Columns, who: Ints) -> tuple[Columns, Ints]:
    """Events of home addresses that pass to another mobile node, for the one that held them."""
    rows = np.flatnonzero(_accepted(m) & (who >= 0))
    events: list[tuple[str, Ints, Ints]] = []
    for home in ("hoa", "hoa4"):
        held = rows[m[home][rows] >= 0]
        line = Timeline(m[home][held].astype(np.int64), m["time_ns"][held])
        ordered = held[line.order]
        passes = (np.diff(line.key) == 0) & (np.diff(who[ordered]) != 0)
        at = np.flatnonzero(passes)
        events.append((home, ordered[at + 1], who[ordered[at]]))
    causes = np.concatenate([cause for _, cause, _ in events])
    columns = {name: m[name][causes] for name in m}
    columns["kind"] = np.full(len(causes), TAKEN, m["kind"].dtype)
    of_six = np.arange(len(causes)) < len(events[0][1])
    columns["hoa"] = np.where(of_six, columns["hoa"], -1)
    columns["hoa4"] = np.where(of_six, -1, columns["hoa4"])
    return columns, np.concatenate([losers for _, _, losers in events])
