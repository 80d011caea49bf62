"""Through which tunnels nodes may send a mobile node's data, and from when to when.

The models say so while a trace is replayed: an access router tunnels to where the binding is (draft
3.1-6) until it tears it down (3.3-8); a home agent or MAP to the care-of address that is bound, and
to earlier ones whose tunnels stand (3.3-6). What nobody can know is not judged: a router that may
have been bound before the trace begins, and what a lost message would have told.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import IPv6Address

from replay.packets import Address
from replay.shell import Shell

FOREVER_NS = 1 << 62
Peer = IPv6Address
Subject = tuple[IPv6Address, bytes]
"""A node and a mobile node."""


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when; ends_ns may lie ahead while the span is open."""

    since_ns: int
    ends_ns: int


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a home address is from then on; fresh: it was given out within the trace."""

    since_ns: int
    mn_id: bytes
    fresh: bool


@dataclass(slots=True)
class Permits:
    """All spans so far, by node, mobile node and the tunnel's other end.

    current: by node and mobile node, the care-of address that is bound, each with when it came.
    """

    spans: dict[Subject, dict[Peer, list[Span]]] = field(default_factory=dict)
    unsure: dict[Subject, list[Span]] = field(default_factory=dict)
    current: dict[Subject, list[tuple[int, Peer]]] = field(default_factory=dict)
    owners: dict[Address, list[Owner]] = field(default_factory=dict)
    _open: dict[Subject, frozenset[Peer]] = field(default_factory=dict)

    def note(self, shell: Shell, mn_id: bytes, time_ns: int) -> None:
        """What the node may do now, after a message about the mobile node."""
        subject = shell.address, mn_id
        self._make_sure(subject, time_ns)
        tunnels = shell.tunnels(mn_id)
        before = self._open.get(subject, frozenset())
        if not tunnels and not before:
            return
        spans = self.spans.setdefault(subject, {})
        for peer in before - tunnels.keys():
            spans[peer][-1] = replace(
                spans[peer][-1], ends_ns=min(spans[peer][-1].ends_ns, time_ns)
            )
        for peer, ends_ns in tunnels.items():
            known = spans.setdefault(peer, [])
            if peer in before and known[-1].ends_ns >= time_ns:
                known[-1] = replace(known[-1], ends_ns=ends_ns)
            else:
                known.append(Span(time_ns, ends_ns))
        self._open[subject] = frozenset(tunnels)
        bound = shell.bound_to(mn_id)
        line = self.current.setdefault(subject, [])
        if bound is not None and (not line or line[-1][1] != bound):
            line.append((time_ns, bound))
        for home in shell.homes(mn_id):
            owners = self.owners.setdefault(home, [])
            if not owners or owners[-1].mn_id != mn_id:
                owners.append(Owner(time_ns, mn_id, shell.began(mn_id)))

    def note_lost(self, shell: Shell, mn_id: bytes, time_ns: int) -> None:
        """A message may or may not have come to the node."""
        self._make_sure((shell.address, mn_id), time_ns)
        self.unsure.setdefault((shell.address, mn_id), []).append(Span(time_ns, FOREVER_NS))

    def _make_sure(self, subject: Subject, time_ns: int) -> None:
        unsure = self.unsure.get(subject)
        if unsure and unsure[-1].ends_ns == FOREVER_NS:
            unsure[-1] = replace(unsure[-1], ends_ns=time_ns)
