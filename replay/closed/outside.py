"""What came from outside the network: as isolate mode found it, and as user data shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import IPv6Address

from dissectors.handoff import Access, LinkAuthentication
from dissectors.mobility import BindingUpdate
from replay.access_router import AccessRouter
from replay.agent_shell import keep_ready
from replay.closed.recording import Entry, Recording
from replay.events import Arrived, Effects, HandoverIndication, LinkDown, LinkUp
from replay.moves import take_over
from replay.shell import Shell
from replay.stimulus import Stimulus

CONSISTENT = frozenset(("sequence", "identifier", "timestamp", "authenticator", "ICV"))
"""Fields that are held against a node's earlier ones and its keys, not against the model's."""


@dataclass(frozen=True, slots=True)
class LinkUse:
    """How a mobile node uses its link, as the frames on it show."""

    authentication: LinkAuthentication = LinkAuthentication.NONE
    has_ppp: bool = False
    has_ipcp: bool = False


@dataclass(frozen=True, slots=True)
class Outside:
    """All of it. `links`: link-layer addresses of mobile nodes."""

    stimuli: tuple[Stimulus, ...]
    entries: tuple[Entry, ...]
    links: Mapping[bytes, bytes]
    odd: frozenset[int]
    """Steps whose numbers are not to be taken over: they do not fit with earlier ones."""


Key = tuple[IPv6Address, bytes | None]
"""An access router and a mobile node."""


def outside_of(
    shells: Mapping[IPv6Address, Shell], recording: Recording, uses: Mapping[bytes, LinkUse]
) -> Outside:
    """After isolate mode's run. uses: by link-layer address."""
    told = [each for shell in shells.values() for each in shell.stimuli]
    told += _kept_ready(told, recording)
    entries = tuple(recording.entries())
    links = _links(told)
    known = {mn_id: link for mn_id, link in recording.links().items() if mn_id in links}
    renamed = {links[mn_id]: link for mn_id, link in known.items()}
    told += _detached(told, recording, links)
    there = _there(told, _evidence(recording, entries), links)
    stimuli = [done for each in there for done in _as_linked(_renamed(each, renamed), uses)]
    odd = frozenset(
        each.step
        for shell in shells.values()
        for each in shell.divergences
        if each.field in CONSISTENT
    )
    return Outside(tuple(stimuli), entries, links | known, odd)


def _kept_ready(told: Iterable[Stimulus], recording: Recording) -> Iterator[Stimulus]:
    """Home addresses whose first acknowledgement the trace has not, as later ones tell them."""
    known = {(each.node, each.mn_id) for each in told}
    for home, mn_id in recording.homes.items():
        agent = recording.granted[home]
        if (agent, mn_id) not in known and agent in recording.trace.agents:
            yield Stimulus(0, agent, mn_id, partial(keep_ready, mn_id=mn_id, home=home))


def _detached(
    told: Iterable[Stimulus], recording: Recording, links: Mapping[bytes, bytes]
) -> Iterator[Stimulus]:
    """Detaches that a tear-down shows though isolate mode had lost sight of its binding."""
    known = {(each.node, each.mn_id, each.time_ns) for each in told}
    for step in recording.trace.steps:
        update, router, mn_id = step.packet.payload, step.sender, step.mn_id
        if not isinstance(update, BindingUpdate) or update.lifetime or mn_id not in links:
            continue
        if router is not None and (router, mn_id, step.time_ns) not in known:
            yield Stimulus(step.time_ns, router, mn_id, LinkDown(links[mn_id or b""]))


def _links(told: Iterable[Stimulus]) -> dict[bytes, bytes]:
    """The link-layer addresses that base stations name mobile nodes by."""
    return {
        each.mn_id: each.move.link
        for each in told
        if isinstance(each.move, LinkUp | LinkDown | HandoverIndication) and each.mn_id is not None
    }


# Who is where


def _evidence(recording: Recording, entries: Iterable[Entry]) -> dict[Key, list[int]]:
    """When user data shows that a mobile node is on a router's link."""
    found: dict[Key, list[int]] = {}
    for entry in entries:
        if entry.uplink:
            found.setdefault((entry.node, entry.mn_id), []).append(entry.time_ns)
    for journey in recording.journeys:
        mn_id = recording.homes.get(journey.destination)
        for hop in journey.hops:
            if not hop.tunnels and hop.sender is not None:
                found.setdefault((hop.sender, mn_id), []).append(hop.frame.time_ns)
    return {key: sorted(times) for key, times in found.items()}


def _there(
    told: list[Stimulus], evidence: Mapping[Key, list[int]], links: Mapping[bytes, bytes]
) -> list[Stimulus]:
    """A mobile node that was announced is there as soon as user data shows it."""
    by_key: dict[Key, list[Stimulus]] = {}
    for each in sorted(told, key=lambda each: each.time_ns):
        by_key.setdefault((each.node, each.mn_id), []).append(each)
    return [
        done
        for key, some in by_key.items()
        for done in _arriving(key, some, evidence.get(key, []), links)
    ]


def _arriving(
    key: Key, told: list[Stimulus], times: list[int], links: Mapping[bytes, bytes]
) -> Iterator[Stimulus]:
    node, mn_id = key
    announced_ns: int | None = None
    for each in told:
        if announced_ns is not None and isinstance(each.move, LinkUp | LinkDown):
            seen = [t for t in times if announced_ns <= t < each.time_ns]
            came = isinstance(each.move, LinkUp)
            if seen and came and not each.own and each.asked is None:
                each = replace(each, time_ns=seen[0])  # noqa: PLW2901
            elif seen and not came:
                yield Stimulus(seen[0], node, mn_id, LinkUp(mn_id or b"", links[mn_id or b""]))
            announced_ns = None
        if isinstance(each.move, HandoverIndication):
            announced_ns = each.time_ns
        yield each
    seen = [t for t in times if announced_ns is not None and announced_ns <= t]
    if seen:
        yield Stimulus(seen[0], node, mn_id, LinkUp(mn_id or b"", links[mn_id or b""]))


# Links


def _renamed(each: Stimulus, renamed: Mapping[bytes, bytes]) -> Stimulus:
    """Isolate mode makes up link-layer addresses where no message has one."""
    move = each.move
    if isinstance(move, LinkUp | LinkDown | HandoverIndication):
        return replace(each, move=replace(move, link=renamed.get(move.link, move.link)))
    if isinstance(move, Arrived) and move.link is not None:
        return replace(each, move=replace(move, link=renamed.get(move.link, move.link)))
    if isinstance(move, partial) and move.func is take_over:
        link = move.keywords["link"]
        again = partial(take_over, **move.keywords | {"link": renamed.get(link, link)})
        return replace(each, move=again)
    return each


def _as_linked(each: Stimulus, uses: Mapping[bytes, LinkUse]) -> Iterator[Stimulus]:
    """With what contexts tell of a link (WIRE.md, context 7): it is let in without a word here."""
    move = each.move
    use = uses.get(move.link or b"") if isinstance(move, LinkUp | Arrived) else None
    if use is None or each.mn_id is None:
        yield each
        return
    if isinstance(move, LinkUp):
        move = replace(move, has_ppp=use.has_ppp)
    yield replace(each, move=move)
    yield replace(each, move=partial(_let_in, mn_id=each.mn_id, use=use))


def _let_in(node: object, _: int, *, mn_id: bytes, use: LinkUse) -> Effects:
    assert isinstance(node, AccessRouter)
    mobile = node.mobiles.get(mn_id)
    if mobile is not None:
        mobile.port.authentication = use.authentication
        if use.has_ipcp:
            mobile.access = Access.IPCP
    return ()
