"""Holds the tunnels that user data took in the models against those that were recorded."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv6Address

from replay.closed.journeys import Ends, Hop
from replay.closed.recording import Recording
from replay.closed.user_plane import UserPlane
from replay.judged import SECTIONS, Kind
from replay.verdict import Divergence, Fault

Flow = tuple[IPv6Address, bytes, Ends | None, Ends]
"""Who sends, about whom, in which tunnel it should, in which it was recorded."""


def astray(recording: Recording, user_plane: UserPlane, tolerance_ns: int) -> Iterator[Divergence]:
    """Flows that for longer than the tolerance take another tunnel, or one that nothing calls for.

    One that stays away is not told: a capture may have lost packets.
    """
    made = {(each.node, each.journey): each.tunnel for each in user_plane.astray}
    flows: dict[Flow, list[Hop]] = {}
    for number, journey in enumerate(recording.journeys):
        if number not in user_plane.entered:
            continue
        mn_id = recording.homes.get(journey.destination) or recording.homes.get(journey.source)
        for hop in journey.hops:
            if not hop.tunnels or hop.sender is None or hop.frame.number in user_plane.used:
                continue
            if mn_id is not None and hop.sender in recording.trace.nodes:
                expected = made.get((hop.sender, number))
                flow = hop.sender, mn_id, expected, hop.tunnels[0]
                flows.setdefault(flow, []).append(hop)
    for flow, hops in flows.items():
        first, last = hops[0].frame, hops[-1].frame
        if last.time_ns - first.time_ns > tolerance_ns:
            yield _divergence(recording, flow, hops[0])


def _divergence(recording: Recording, flow: Flow, first: Hop) -> Divergence:
    node, mn_id, expected, told = flow
    before = [s for s in recording.trace.steps if s.time_ns <= first.frame.time_ns]
    about = [s.number for s in before if s.mn_id == mn_id]
    return Divergence(
        node,
        Fault.UNEXPECTED if expected is None else Fault.FIELD,
        Kind.USER_DATA,
        about[-1] if about else 0,
        first.frame.number,
        first.frame.time_ns,
        "tunnel",
        None if expected is None else _text(expected),
        _text(told),
        SECTIONS[Kind.USER_DATA],
        mn_id,
    )


def _text(tunnel: Ends) -> str:
    return f"{tunnel[0]} to {tunnel[1]}"
