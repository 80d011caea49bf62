"""What comes before a mobile node's binding: who it is (AAA), and its request for an address.

These messages are few and stand outside of stories: when all sessions are known, each exchange
is given to the session whose attach it led to. RADIUS names the node; DHCP and IPCP give the
address that the session has; IPV6CP agrees on the lower half of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dissectors.frames import Ints
from dissectors.handoff import Access
from dissectors.scan.addresses import AddressBook
from dissectors.scan.batch import MessageBatch, Names
from dissectors.scan.kinds import FIRST_WORD
from dissectors.scan.marks import Mark
from netmip6scope.correlate.moved import Moved
from netmip6scope.correlate.reasons import Reason
from netmip6scope.tables.columns import NULL

METHODS = ("", "pap", "chap", "eap")
_PATIENCE_NS = 60 * 10**9
"""An exchange that is older is another one."""
_FAMILIES = {
    "dhcp6-": Access.DHCPV6,
    "dhcp4-": Access.DHCPV4,
    "ppp-ipv6cp-": Access.IPV6CP,
    "ppp-ipcp-": Access.IPCP,
}
_ASKS = {
    "dhcp6-solicit",
    "dhcp4-discover",
    "ppp-ipv6cp-configure-request",
    "ppp-ipcp-configure-request",
}
_ANSWERS = {"dhcp6-reply", "dhcp4-offer", "ppp-ipcp-configure-nak"}
_REQUEST, _ACCEPT, _REJECT = (
    "radius-access-request",
    "radius-access-accept",
    "radius-access-reject",
)
_RADIUS = (_REQUEST, _ACCEPT, _REJECT, "radius-access-challenge")
_ON_LINK = {"eap-response": 3, "ppp-chap-response": 2, "ppp-pap-authenticate-request": 1}


@dataclass(slots=True)
class _Message:
    kind: str
    time_ns: int
    order: int
    src: int
    dst: int
    mn_id: int
    address: int
    identifier: int
    client: int
    marks: int


@dataclass(slots=True)
class _Exchange:
    """Messages in time order."""

    access: Access
    messages: list[_Message] = field(default_factory=list)
    done_ns: int | None = None
    """When the answer came."""

    @property
    def begin_ns(self) -> int:
        return self.messages[0].time_ns


@dataclass(frozen=True, slots=True)
class _Holders:
    """Rows of sessions by home address, and by the lower half of the IPv6 one."""

    by_address: dict[int, list[int]]
    by_host: dict[int, list[int]]
    first_bu_ns: list[int]


class Setups:
    """Collects the messages; `join` gives them to sessions."""

    def __init__(self, addresses: AddressBook) -> None:
        self._addresses = addresses
        self._messages: list[_Message] = []
        self._why: list[tuple[int, Reason, int]] = []

    def add(self, m: MessageBatch, words: Names, first: int) -> None:
        """Keep what matters of a batch; `first` is the number of its first message."""
        rows = np.flatnonzero(m.kind >= FIRST_WORD)
        names = ("time_ns", "src", "dst", "mn_id", "hoa", "identifier", "client", "marks", "kind")
        for row, *columns, kind in zip(
            rows.tolist(), *(getattr(m, name)[rows].tolist() for name in names), strict=True
        ):
            text = words.octets[kind - FIRST_WORD].decode()
            if text in _RADIUS or text in _ON_LINK or _family(text) is not None:
                time_ns, *rest = columns
                self._messages.append(_Message(text, time_ns, first + row, *rest))

    def keep(self, stay: Ints) -> None:
        """Let go of all messages but these, which count anew."""
        place = {order: n for n, order in enumerate(stay.tolist())}
        self._messages = [m for m in self._messages if m.order in place]
        for message in self._messages:
            message.order = place[message.order]

    def addresses(self) -> Ints:
        """The addresses that messages name."""
        return np.array([(m.src, m.dst, m.address) for m in self._messages], np.int64).ravel()

    def identities(self) -> Ints:
        """The identities that messages name."""
        return np.array([(m.mn_id, m.client) for m in self._messages], np.int64).ravel()

    def renumber(self, moved: Moved) -> None:
        """Addresses and identities have other numbers."""
        for one in self._messages:
            ends = (one.src, one.dst, one.address)
            one.src, one.dst, one.address = (int(moved.addresses[number]) for number in ends)
            one.mn_id, one.client = (int(moved.names[n]) for n in (one.mn_id, one.client))

    def join(
        self, sessions: dict[str, Ints], message_session: NDArray[np.int32]
    ) -> list[tuple[int, Reason, int]]:
        """Fill what sessions have of it (`auth`, `asked_ns`, `accepted_ns`, access), and whose.

        Returns, of each message that a session gets: its number, why, and that of the message that
        this refers to.
        """
        self._why = []
        count = len(sessions["mn"])
        sessions["auth"] = np.zeros(count, np.int64)
        for name in ("asked_ns", "accepted_ns"):
            sessions[name] = np.full(count, NULL)
        if not self._messages:
            return self._why
        self._messages.sort(key=lambda one: (one.time_ns, one.order))
        holders = self._holders(sessions)
        for exchange in self._address_exchanges():
            row = self._whose(exchange, holders)
            if row is not None:
                self._asked(exchange, sessions, row)
                self._give(exchange.messages, row, message_session)
                self._explain(exchange, sessions, row)
        self._authenticated(sessions, message_session)
        return self._why

    def _address_exchanges(self) -> list[_Exchange]:
        open_ones: dict[tuple[int, Access], _Exchange] = {}
        found: list[_Exchange] = []
        for message in self._messages:
            access = _family(message.kind)
            if access is None:
                continue
            key = message.client, access
            exchange = open_ones.get(key)
            old = exchange is None or message.time_ns - exchange.begin_ns > _PATIENCE_NS
            if old and message.kind not in _ASKS:
                continue
            if exchange is None or old:
                exchange = open_ones[key] = _Exchange(access)
                found.append(exchange)
            exchange.messages.append(message)
            if message.kind in _ANSWERS and exchange.done_ns is None:
                exchange.done_ns = message.time_ns
        return found

    def _whose(self, exchange: _Exchange, holders: _Holders) -> int | None:
        """The session whose first Binding Update falls into the exchange."""
        told = {m.address for m in exchange.messages if m.address >= 0}
        by_host = exchange.access is Access.IPV6CP
        if by_host:
            told = set(self._hosts(np.array(sorted(told), np.int64)).tolist())
        known = holders.by_host if by_host else holders.by_address
        late_ns = {
            row: holders.first_bu_ns[row] - exchange.begin_ns
            for one in told
            for row in known.get(one, ())
            if holders.first_bu_ns[row] != NULL
        }
        fits = [(late, row) for row, late in late_ns.items() if 0 <= late <= _PATIENCE_NS]
        return min(fits)[1] if fits else None

    def _holders(self, sessions: dict[str, Ints]) -> _Holders:
        by_address: dict[int, list[int]] = defaultdict(list)
        by_host: dict[int, list[int]] = defaultdict(list)
        hosts = self._hosts(sessions["hoa"]).tolist()
        homes = zip(sessions["hoa"].tolist(), sessions["hoa4"].tolist(), hosts, strict=True)
        for row, (six, four, host) in enumerate(homes):
            if six >= 0:
                by_address[six].append(row)
                by_host[host].append(row)
            if four >= 0:
                by_address[four].append(row)
        return _Holders(by_address, by_host, sessions["first_bu_ns"].tolist())

    def _hosts(self, numbers: Ints) -> Ints:
        return self._addresses.halves(numbers)[1]

    def _asked(self, exchange: _Exchange, sessions: dict[str, Ints], row: int) -> None:
        """The node's first request, and the router's answer where it is not an advertisement."""
        asks = [m for m in exchange.messages if m.kind in _ASKS]
        if exchange.access is Access.IPV6CP:
            home = self._hosts(sessions["hoa"][row : row + 1])
            numbers = np.array([m.address for m in asks], np.int64)
            own = self._hosts(numbers) == home
            asks = [m for m, mine in zip(asks, own.tolist(), strict=True) if mine] or asks
        elif exchange.access is Access.IPCP:
            # A router's own request names an address, and the node's first one none.
            asks = [m for m in asks if m.address < 0] or asks
        began_ns = asks[0].time_ns
        known_ns = int(sessions["solicited_ns"][row])
        sessions["solicited_ns"][row] = began_ns if known_ns == NULL else min(known_ns, began_ns)
        sessions["access"][row] = exchange.access
        if exchange.access is not Access.IPV6CP:
            sessions["answered_ns"][row] = NULL if exchange.done_ns is None else exchange.done_ns

    def _authenticated(self, sessions: dict[str, Ints], message_session: NDArray[np.int32]) -> None:
        accepted = self._accepted()
        on_link: dict[int, list[_Message]] = defaultdict(list)
        for message in self._messages:
            if message.kind in _ON_LINK and message.mn_id >= 0:
                on_link[message.mn_id].append(message)
        since_ns: dict[int, int] = {}
        for row, (mn, begin_ns) in enumerate(
            zip(sessions["mn"].tolist(), sessions["first_bu_ns"].tolist(), strict=True)
        ):
            if mn < 0 or begin_ns == NULL:
                continue
            after_ns, since_ns[mn] = since_ns.get(mn, NULL), begin_ns
            asked = [m for m in on_link[mn] if after_ns < m.time_ns <= begin_ns]
            if asked:
                sessions["auth"][row] = _ON_LINK[asked[-1].kind]
                self._give(asked, row, message_session)
                self._why += [(m.order, Reason.NAMED, m.order) for m in asked]
            done = [e for e in accepted[mn] if after_ns < (e.done_ns or 0) <= begin_ns]
            if done:
                last = done[-1]
                sessions["asked_ns"][row] = last.begin_ns
                sessions["accepted_ns"][row] = NULL if last.done_ns is None else last.done_ns
                sessions["auth"][row] = _method(last.messages) or sessions["auth"][row]
                self._give(last.messages, row, message_session)
                self._why += _by_name(last.messages)

    def _explain(self, exchange: _Exchange, sessions: dict[str, Ints], row: int) -> None:
        """The messages with the session's address, and those of the same client."""
        home4 = int(sessions["hoa4"][row])
        reason = Reason.HOST if exchange.access is Access.IPV6CP else Reason.HOME
        numbers = np.array([m.address for m in exchange.messages], np.int64)
        if exchange.access is Access.IPV6CP:
            own = (self._hosts(numbers) == self._hosts(sessions["hoa"][row : row + 1])).tolist()
        else:
            own = [number in (int(sessions["hoa"][row]), home4) for number in numbers.tolist()]
        first = next(m.order for m, mine in zip(exchange.messages, own, strict=True) if mine)
        for message, mine in zip(exchange.messages, own, strict=True):
            told = Reason.HOME4 if message.address == home4 else reason
            self._why.append(
                (message.order, told, message.order)
                if mine
                else (message.order, Reason.CLIENT, first)
            )

    def _give(
        self, messages: Iterable[_Message], row: int, message_session: NDArray[np.int32]
    ) -> None:
        for message in messages:
            if message_session[message.order] < 0:
                message_session[message.order] = row

    def _accepted(self) -> dict[int, list[_Exchange]]:
        """By mobile node: exchanges with the AAA server that ended with an accept."""
        asked: dict[tuple[int, int, int], _Message] = {}
        open_ones: dict[int, _Exchange] = {}
        found: dict[int, list[_Exchange]] = defaultdict(list)
        for message in self._messages:
            if message.kind not in _RADIUS:
                continue
            if message.kind == _REQUEST:
                mn = message.mn_id
                asked[message.src, message.dst, message.identifier] = message
            else:
                request = asked.get((message.dst, message.src, message.identifier))
                mn = message.mn_id if request is None else request.mn_id
            exchange = open_ones.get(mn)
            if exchange is None or message.time_ns - exchange.begin_ns > _PATIENCE_NS:
                if message.kind != _REQUEST:
                    continue
                exchange = open_ones[mn] = _Exchange(Access.UNKNOWN)
            exchange.messages.append(message)
            if message.kind in (_ACCEPT, _REJECT):
                del open_ones[mn]
                exchange.done_ns = message.time_ns
                if message.kind == _ACCEPT and mn >= 0:
                    found[mn].append(exchange)
        return found


def _family(kind: str) -> Access | None:
    return next((access for begin, access in _FAMILIES.items() if kind.startswith(begin)), None)


def _method(messages: Iterable[_Message]) -> int:
    """The number of the method in METHODS, 0 for none; EAP, where it is used, is what counts."""
    marks = 0
    for message in messages:
        marks |= max(message.marks, 0)
    for number, mark in ((3, Mark.EAP), (2, Mark.CHAP), (1, Mark.PAP)):
        if marks & mark:
            return number
    return 0


def _by_name(messages: list[_Message]) -> Iterator[tuple[int, Reason, int]]:
    """Of RADIUS: a response has the number of a request, which names the node."""
    asked: dict[int, int] = {}
    for message in messages:
        if message.kind == _REQUEST:
            asked[message.identifier] = message.order
            yield message.order, Reason.NAMED, message.order
        else:
            source = asked.get(message.identifier, message.order)
            reason = Reason.NAMED if source == message.order else Reason.EXCHANGE
            yield message.order, reason, source
