"""Findings that the user plane shows (CONTRACT 3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from dissectors.frames import Ints
from dissectors.scan.kinds import MessageKind
from netmip6scope.correlate.alike import alike
from netmip6scope.correlate.catalogue import RULES
from netmip6scope.correlate.codes import Code
from netmip6scope.correlate.event import REJECTED
from netmip6scope.correlate.model import State
from netmip6scope.correlate.shapes import MOST_KEPT
from netmip6scope.correlate.timeline import Timeline
from netmip6scope.correlate.user_plane import DOWN, Segments
from netmip6scope.tables.columns import NULL

SETTLED_NS = 1_000_000_000
"""Traffic is judged from so long after the first uplink packet through the TAR (CONTRACT 3)."""

Columns = dict[str, Ints]


def rows(code: Code, kept: Mapping[str, Ints], form: int = 0, **columns: Ints) -> Columns:
    """Columns of findings of one code with one of its texts; what is not given is -1."""
    count = len(columns["time_ns"])
    out = {
        name: columns.get(name, np.full(count, -1))
        for name in ("order", "time_ns", "frame", "session", "handoff")
    }
    out["code"] = np.full(count, int(code))
    for n, name in enumerate((*RULES[code].keeps, *[""] * MOST_KEPT)[:MOST_KEPT]):
        value = form if name == "form" else NULL
        out[f"kept{n}"] = kept.get(name, np.full(count, value))
    return out


def regional(m: Columns, sessions: Columns) -> tuple[Ints, Ints]:
    """Every care-of address that a home agent bound for a session behind a MAP; and the session."""
    session = m["session"]
    mine = (m["kind"] == MessageKind.BA) & (m["status"] < REJECTED) & (session >= 0)
    rows = np.flatnonzero(mine)
    rows = rows[sessions["rcoa"][session[rows]] >= 0]
    return m["dst"][rows], session[rows]


def traffic(
    sessions: Columns,
    handoffs: Columns,
    paths: Ints,
    regional: tuple[Ints, Ints],
    segments: Segments,
    holder: Ints,
) -> Iterator[Columns]:
    """Findings that the user plane shows.

    paths: as in Correlation; regional: as found above; holder: the session of each segment, or -1.
    """
    if not len(segments.address):
        return
    yield from _after_handoffs(sessions, handoffs, segments)
    yield from _expired(sessions, segments, holder)
    yield from _unbound(sessions, handoffs, paths, regional, segments, holder)


def _after_handoffs(sessions: Columns, handoffs: Columns, segments: Segments) -> Iterator[Columns]:
    """Downlink to a SAR long after the mobile node has shown up at the TAR."""
    judged = np.flatnonzero(handoffs["first_ul_tar_ns"] != NULL)
    if not len(judged):
        return
    settled_ns = handoffs["first_ul_tar_ns"][judged] + SETTLED_NS
    until_ns = np.where(
        handoffs["window_end_ns"][judged] == NULL, 1 << 62, handoffs["window_end_ns"][judged]
    )
    down = np.flatnonzero(segments.direction == DOWN)
    goes_on = {}
    for router in ("sar", "tar"):
        goes_on[router] = np.zeros(len(judged), np.bool_)
        for home in ("hoa", "hoa4"):
            address = sessions[home][handoffs["session"][judged]]
            stays, asked = np.split(
                alike(
                    np.concatenate([segments.address[down], address]),
                    np.concatenate([segments.router[down], handoffs[router][judged]]),
                ),
                [len(down)],
            )
            line = Timeline(stays, segments.since_ns[down])
            last = line.latest(asked, until_ns, now=False)
            seen_ns = np.where(last >= 0, segments.last_ns[down][last], NULL)
            goes_on[router] |= (address >= 0) & (seen_ns > settled_ns)
    for code, which in (
        (Code.TUN_NOT_TORN, goes_on["sar"] & goes_on["tar"]),
        (Code.TUN_BLACKHOLE, goes_on["sar"] & ~goes_on["tar"]),
    ):
        at = judged[which]
        kept = {"sar_address": handoffs["sar"][at], "tar_address": handoffs["tar"][at]}
        session = handoffs["session"][at]
        yield rows(code, kept, time_ns=settled_ns[which], session=session, handoff=at)


def _expired(sessions: Columns, segments: Segments, holder: Ints) -> Iterator[Columns]:
    """Bindings that ran out while packets went on through their router."""
    mine = np.flatnonzero(holder >= 0)
    mine = mine[segments.router[mine] == sessions["ar"][holder[mine]]]
    last_ns = np.full(len(sessions["mn"]), NULL)
    np.maximum.at(last_ns, holder[mine], segments.last_ns[mine])
    late = (sessions["state"] == State.EXPIRED) & (last_ns > sessions["end_ns"])
    ended = np.flatnonzero(late)
    end_ns = sessions["end_ns"][ended]
    kept = {"ar_address": sessions["ar"][ended], "late_ms": last_ns[ended] - end_ns}
    yield rows(Code.BIND_EXPIRED, kept, time_ns=end_ns, session=ended)


def _unbound(
    sessions: Columns,
    handoffs: Columns,
    paths: Ints,
    regional: tuple[Ints, Ints],
    segments: Segments,
    holder: Ints,
) -> Iterator[Columns]:
    """Traffic of a known home address through a router that was never bound to it."""
    by_session = np.repeat(np.arange(len(sessions["mn"])), sessions["path"])
    at = np.repeat(sessions["path_at"] - np.cumsum(sessions["path"]), sessions["path"])
    served = paths[at + np.repeat(sessions["path"], sessions["path"]) + np.arange(len(at))]
    of_handoff = handoffs["session"]
    through = [
        (sessions["rcoa"], np.arange(len(sessions["mn"]))),
        regional,
        (served, by_session),
        (handoffs["sar"], of_handoff),
        (handoffs["tar"], of_handoff),
    ]
    bound = [
        (router, sessions[home][whose]) for router, whose in through for home in ("hoa", "hoa4")
    ]
    routers = np.concatenate([r for r, _ in bound])
    homes = np.concatenate([h for _, h in bound])
    mine = np.flatnonzero(holder >= 0)
    pairs, seen = np.split(
        alike(
            np.concatenate([routers, segments.router[mine]]),
            np.concatenate([homes, segments.address[mine]]),
        ),
        [len(routers)],
    )
    odd = ~np.isin(seen, pairs)
    mine, seen = mine[odd], seen[odd]
    _, first, group = np.unique(seen, return_index=True, return_inverse=True)
    packets = np.zeros(len(first), np.int64)
    np.add.at(packets, group, segments.packets[mine])
    at = mine[first]
    kept = {
        "count": packets,
        "hoa_address": segments.address[at],
        "ar_address": segments.router[at],
    }
    # What came before the first binding was seen is none of the capture's business.
    during = segments.since_ns[at] != NULL
    kept = {name: values[during] for name, values in kept.items()}
    yield rows(
        Code.TUN_UNBOUND, kept, time_ns=segments.first_ns[at][during], session=holder[at][during]
    )
