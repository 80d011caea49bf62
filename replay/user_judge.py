"""User data in tunnels held against what the models permit: one divergence for a flow, by columns.

Blamed is who sent the packets. Downlink that goes on to a care-of address which the mobile node has
left is judged as the findings TUN-BLACKHOLE and TUN-NOT-TORN are (CONTRACT 3): from a second after
the first uplink packet through the new router, unless it is a copy.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address

import numpy as np

from dissectors.frames import Flags, Ints
from replay.judged import SECTIONS, Kind
from replay.packets import Address
from replay.shell import Shell
from replay.trace import Trace
from replay.tunnel_permits import Owner, Permits, Span
from replay.user_data import Flow
from replay.verdict import Divergence, Fault

SETTLED_NS = 1_000_000_000
COPIES_NS = 500_000_000
"""Bi-cast copies are at most so far apart (CONTRACT 2.3)."""
TUNNEL = "tunnel to"


@dataclass(frozen=True, slots=True)
class Judged:
    """How many flows each node sent that were judged and right; what was not."""

    right: dict[IPv6Address, int]
    divergences: tuple[Divergence, ...]


def judge(
    trace: Trace, permits: Permits, shells: Mapping[IPv6Address, Shell], tolerance_ns: int
) -> Judged:
    """All flows of a trace that has been replayed."""
    judge_of = _Judge(trace, permits, tolerance_ns)
    right = dict.fromkeys(shells, 0)
    found = []
    for flow, rows in judge_of.flows.items():
        shell = shells.get(flow.source)  # type: ignore[arg-type]
        if shell is None or not isinstance(flow.destination, IPv6Address):
            continue
        for owner, part in judge_of.owned(flow, rows, shell):
            since_ns = judge_of.judged_from(flow, shell, owner)
            if since_ns is None:
                continue
            divergence = judge_of.wrong(flow, part, shell, owner, since_ns)
            if divergence is None:
                right[shell.address] += 1
            else:
                found.append(divergence)
    return Judged(right, tuple(found))


class _Judge:
    def __init__(self, trace: Trace, permits: Permits, tolerance_ns: int) -> None:
        self.flows: dict[Flow, Ints] = dict(trace.user_data.by_flow())
        self._frame, self._time_ns = trace.user_data.frame, trace.user_data.time_ns
        self._permits = permits
        self._tolerance_ns = tolerance_ns
        self._step_times = [step.time_ns for step in trace.steps]
        self._first: dict[Address, int] = {}
        """When data of an address first came by."""
        self._between: dict[tuple[Address, Address], list[Ints]] = {}
        """Rows by a tunnel's sender or receiver, and the mobile node's address."""
        for flow, rows in self.flows.items():
            begin_ns = int(self._time_ns[rows[0]])
            for home in (flow.inner_source, flow.inner_destination):
                self._first[home] = min(begin_ns, self._first.get(home, begin_ns))
            self._between.setdefault((flow.source, flow.inner_source), []).append(rows)
            self._between.setdefault((flow.destination, flow.inner_destination), []).append(rows)

    def owned(self, flow: Flow, rows: Ints, shell: Shell) -> Iterator[tuple[Owner, Ints]]:
        """The flow's rows, by whose home address it was then."""
        home = flow.inner_source if shell.sends_up else flow.inner_destination
        owners = self._permits.owners.get(home, [])
        cuts = np.searchsorted(self._time_ns[rows], [owner.since_ns for owner in owners], "right")
        for owner, part in zip(owners, np.split(rows, cuts)[1:], strict=True):
            if len(part):
                yield owner, part

    def judged_from(self, flow: Flow, shell: Shell, owner: Owner) -> int | None:
        """Since when it is known where the flow may go; None: it is not."""
        home = flow.inner_source if shell.sends_up else flow.inner_destination
        if owner.fresh and self._first[home] >= owner.since_ns - self._tolerance_ns:
            return owner.since_ns
        # It may have been bound before the trace begins, by a router that the trace does not show.
        spans = self._permits.spans.get((shell.address, owner.mn_id), {})
        known = spans if shell.sends_up else spans.keys() & {flow.destination}
        begins = [own[0].since_ns for peer, own in spans.items() if peer in known]
        return max(owner.since_ns, min(begins)) if begins else None

    def wrong(
        self, flow: Flow, rows: Ints, shell: Shell, owner: Owner, since_ns: int
    ) -> Divergence | None:
        """The first packet that the sender's model would not have sent so."""
        subject = shell.address, owner.mn_id
        assert isinstance(flow.destination, IPv6Address)
        permitted = self._permits.spans.get(subject, {}).get(flow.destination, [])
        times = self._time_ns[rows]
        inside = self._inside(times, permitted)
        bad = ~inside & (times > since_ns + self._tolerance_ns)
        bad &= ~self._inside(times, self._permits.unsure.get(subject, []))
        if not shell.sends_up:
            bad |= inside & self._forsaken(flow, times, subject)
        at = int(np.argmax(bad))
        return self._divergence(flow, int(rows[at]), shell, owner) if bad[at] else None

    def _inside(self, times: Ints, spans: list[Span]) -> Flags:
        found = np.zeros(len(times), np.bool_)
        for span in spans:
            begin = np.searchsorted(times, span.since_ns - self._tolerance_ns)
            end = np.searchsorted(times, span.ends_ns + self._tolerance_ns, "right")
            found[begin:end] = True
        return found

    def _forsaken(self, flow: Flow, times: Ints, subject: tuple[IPv6Address, bytes]) -> Flags:
        """Downlink to a care-of address of before, with no copy to the one that is bound."""
        found = np.zeros(len(times), np.bool_)
        line = self._permits.current.get(subject, [])
        ends = [*(since_ns for since_ns, _ in line[1:]), int(times[-1]) + 1]
        for (since_ns, bound), until_ns in zip(line, ends, strict=False):
            if bound == flow.destination:
                continue
            up = self._times(bound, flow.inner_destination)
            at = int(np.searchsorted(up, since_ns))
            if at == len(up):
                continue
            begin = np.searchsorted(times, int(up[at]) + SETTLED_NS, "right")
            late = slice(int(begin), int(np.searchsorted(times, until_ns)))
            new = flow._replace(destination=bound)
            copies = self._time_ns[self.flows.get(new, np.zeros(0, np.int64))]
            found[late] = ~_near(times[late], copies)
        return found

    def _times(self, sender: Address, home: Address) -> Ints:
        """When a router's tunnel brought packets from a home address."""
        rows = self._between.get((sender, home), [])
        return np.sort(self._time_ns[np.concatenate(rows)]) if rows else np.zeros(0, np.int64)

    def _divergence(self, flow: Flow, row: int, shell: Shell, owner: Owner) -> Divergence:
        time_ns = int(self._time_ns[row])
        step = max(0, bisect_right(self._step_times, time_ns) - 1)
        return Divergence(
            shell.address,
            Fault.FIELD,
            Kind.USER_DATA,
            step,
            int(self._frame[row]),
            time_ns,
            TUNNEL,
            self._right(shell, owner.mn_id, time_ns),
            str(flow.destination),
            SECTIONS[Kind.USER_DATA],
            owner.mn_id,
        )

    def _right(self, shell: Shell, mn_id: bytes, time_ns: int) -> str | None:
        """Where it should have gone; None for nowhere."""
        subject = shell.address, mn_id
        line = self._permits.current.get(subject, [])
        at = bisect_right([since_ns for since_ns, _ in line], time_ns) - 1
        if at < 0:
            return None
        bound = line[at][1]
        spans = self._permits.spans[subject].get(bound, [])
        holds = any(each.since_ns <= time_ns <= each.ends_ns for each in spans)
        return str(bound) if holds else None


def _near(times: Ints, others: Ints) -> Flags:
    """Which of the times have one of the others close by."""
    at = np.searchsorted(others, times - COPIES_NS)
    padded = np.append(others, np.iinfo(np.int64).max)
    close: Flags = padded[at] <= times + COPIES_NS
    return close
