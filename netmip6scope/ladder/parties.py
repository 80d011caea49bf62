"""Between which columns a message goes.

What a node is follows from what it says: routers ask for handoffs and register care-of addresses,
a Binding Update with M is for a MAP, without M for the home agent. On the access link addresses
say little, so what is said there is between the mobile node and the router that serves it then.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

from netmip6scope.ladder.choice import Chosen
from netmip6scope.ladder.model import Party, Role

_UPDATES = ("bu", "pbu")
_ACKS = ("ba", "pba")
_BETWEEN_ROUTERS = ("ho-request", "ho-response")
_NEIGHBORS = ("rs", "ra", "ns", "na")
_ACCESS = ("dhcp", "ppp-", "eap-")
_AAA = ("radius-", "diameter-")
_BY_MOBILE = (
    *("rs", "eap-response", "ppp-chap-response", "ppp-pap-authenticate-request"),
    *("dhcp6-solicit", "dhcp6-request", "dhcp6-confirm", "dhcp6-renew", "dhcp6-rebind"),
    *("dhcp6-release", "dhcp6-decline", "dhcp6-information-request"),
    *("dhcp4-discover", "dhcp4-request", "dhcp4-decline", "dhcp4-release", "dhcp4-inform"),
)
_BY_ROUTER = (
    *("ra", "eap-request", "eap-success", "eap-failure", "ppp-chap-challenge"),
    *("ppp-chap-success", "ppp-chap-failure", "dhcp6-advertise", "dhcp6-reply"),
    *("dhcp6-reconfigure", "dhcp4-offer", "dhcp4-ack", "dhcp4-nak"),
    *("ppp-pap-authenticate-ack", "ppp-pap-authenticate-nak"),
)


class MessageRow(NamedTuple):
    """What is needed of a row of CONTRACT 2.1."""

    frame: int
    time: int
    point: str | None
    src: str | None
    dst: str | None
    kind: str
    hoa: str | None
    coa: str | None
    identifier: int | None
    seq: int | None
    status: int | None
    lifetime_s: int | None
    flags: str | None
    summary: str | None
    session: int | None
    handoff: int | None


class Node(NamedTuple):
    """A node before it has a column: the mobile node has no address."""

    role: Role
    address: str | None


class Way(NamedTuple):
    """From where to where; `directed` is False where that is not known."""

    source: Node
    target: Node
    directed: bool = True


MOBILE = Node(Role.MN, None)


class Nodes:
    """Knows the nodes of a mobile node's messages."""

    def __init__(self, chosen: Chosen, messages: Sequence[MessageRow]) -> None:
        """`messages` are in time order."""
        self._maps = {s.map for s in chosen.sessions} | {h.map for h in chosen.handoffs}
        self._maps |= {m.dst for m in messages if _to_map(m)}
        self._agents = {s.ha for s in chosen.sessions} | {h.ha for h in chosen.handoffs}
        self._rcoas = {s.rcoa for s in chosen.sessions}
        self._rcoas |= {m.hoa for m in messages if _to_map(m) or self._from_map(m)}
        self._routers: set[str] = set()
        self._serving: dict[int | None, list[tuple[int, str]]] = {}
        """By session: the routers that registered for it, and when; None is for all of them."""
        self._behind: dict[str, list[tuple[int, str]]] = {}
        """By RCoA: the routers that a MAP bound it to."""
        self._anchors: dict[str, list[tuple[int, Node]]] = {}
        """By router: the MAP or home agent that it registered with."""
        for message in messages:
            self._learn(message)

    def _from_map(self, m: MessageRow) -> bool:
        return m.kind in _ACKS and m.src in self._maps

    def _learn(self, m: MessageRow) -> None:
        if m.src is None or m.dst is None:
            return
        if m.kind in _BETWEEN_ROUTERS:
            self._routers |= {m.src, m.dst}
        elif m.kind in _UPDATES and m.lifetime_s and m.src not in self._rcoas:
            self._routers.add(m.src)
            for session in {m.session, None}:
                self._serving.setdefault(session, []).append((m.time, m.src))
            self._anchors.setdefault(m.src, []).append((m.time, self._anchor(m.dst)))
            if m.hoa is not None and _to_map(m):
                self._behind.setdefault(m.hoa, []).append((m.time, m.src))
        elif m.hoa is not None and m.lifetime_s and self._from_map(m):
            self._behind.setdefault(m.hoa, []).append((m.time, m.dst))

    def way(self, m: MessageRow) -> Way:
        """Between which nodes a message goes."""
        if m.kind in _BETWEEN_ROUTERS:
            return Way(Node(Role.AR, m.src), Node(Role.AR, m.dst))
        if m.kind in _UPDATES and m.dst is not None:
            return Way(self._router(m.src, m.time), self._anchor(m.dst))
        if m.kind in _ACKS and m.src is not None:
            return Way(self._anchor(m.src), self._router(m.dst, m.time))
        if m.kind.startswith(_AAA):
            return self._authentication(m)
        if m.kind in _NEIGHBORS or m.kind.startswith(_ACCESS):
            return self._access(m)
        return Way(self._known(m.src), self._known(m.dst))

    def tunnel(self, router: str, time_ns: int) -> tuple[Node, Node]:
        """The ends of a router's tunnel at a time."""
        anchor = _at(self._anchors.get(router), time_ns)
        if anchor is None:
            agents = sorted(agent for agent in self._agents if agent is not None)
            anchor = Node(Role.HA, agents[0] if agents else None)
        return Node(Role.AR, router), anchor

    def _anchor(self, address: str) -> Node:
        return Node(Role.MAP if address in self._maps else Role.HA, address)

    def _router(self, address: str | None, time_ns: int) -> Node:
        """Who registers with this care-of address; for a RCoA, the router that it is bound to."""
        behind = _at(self._behind.get(str(address)), time_ns)
        return Node(Role.AR, address if behind is None else behind)

    def _access(self, m: MessageRow) -> Way:
        """With the router on whose link the mobile node is, or is about to be."""
        router = Node(Role.AR, _at(self._serving.get(m.session), m.time))
        if m.kind in _BY_MOBILE:
            return Way(MOBILE, router)
        return Way(router, MOBILE, m.kind in _BY_ROUTER)

    def _authentication(self, m: MessageRow) -> Way:
        """A request is the router's and its answer the server's, unless the router is known."""
        asks = m.kind.endswith("-request")
        if m.src in self._routers or (asks and m.dst not in self._routers):
            return Way(Node(Role.AR, m.src), Node(Role.AAA, m.dst))
        return Way(Node(Role.AAA, m.src), Node(Role.AR, m.dst))

    def _known(self, address: str | None) -> Node:
        if address is None:
            return Node(Role.NODE, None)
        if address in self._maps:
            return Node(Role.MAP, address)
        if address in self._agents:
            return Node(Role.HA, address)
        return Node(Role.AR if address in self._routers else Role.NODE, address)


def columns(nodes: Iterable[Node]) -> dict[Node, Party]:
    """A column for each node, left to right: by role, else in the order of appearance."""
    distinct = sorted(dict.fromkeys(nodes), key=lambda node: node.role)
    count = Counter(node.role for node in distinct)
    numbers: Counter[Role] = Counter()
    out: dict[Node, Party] = {}
    for node in distinct:
        numbers[node.role] += 1
        numbered = count[node.role] > 1 or node.role is Role.AR
        name = "node" if node.role is Role.NODE else node.role.name
        name += str(numbers[node.role]) if numbered else ""
        out[node] = Party(node.role, name, node.address)
    return out


Place = TypeVar("Place")


def _at(line: list[tuple[int, Place]] | None, time_ns: int) -> Place | None:
    """The latest of a line at a time, or the first to come; None without any."""
    if line is None:
        return None
    return line[max(bisect_right(line, time_ns, key=lambda entry: entry[0]) - 1, 0)][1]


def _to_map(m: MessageRow) -> bool:
    return m.kind in _UPDATES and "M" in (m.flags or "")
