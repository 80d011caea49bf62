"""Requests for an address (DHCP, IPV6CP, IPCP), and the sessions that they led to.

DHCP and IPCP give the address that the session has; IPV6CP agrees on the lower half of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from dissectors.frames import Ints
from dissectors.handoff import Access
from dissectors.scan.addresses import AddressBook
from netmip6scope.correlate.codes import Code
from netmip6scope.correlate.reasons import Joined, Reason
from netmip6scope.correlate.setup_messages import PATIENCE_NS, Exchange, SetupMessage, family
from netmip6scope.correlate.traffic_checks import Columns, rows
from netmip6scope.tables.columns import NULL

_HOME = {
    Access.DHCPV6: "hoa",
    Access.DHCPV4: "hoa4",
    Access.IPV6CP: "hoa",
    Access.IPCP: "hoa4",
}
"""The home address that each gives."""
_ASKS = {
    "dhcp6-solicit",
    "dhcp4-discover",
    "ppp-ipv6cp-configure-request",
    "ppp-ipcp-configure-request",
}
_ANSWERS = {"dhcp6-reply", "dhcp4-offer", "ppp-ipcp-configure-nak"}


@dataclass(frozen=True, slots=True)
class _Holders:
    """Rows of sessions by home address, and by the lower half of the IPv6 one."""

    by_address: dict[int, list[int]]
    by_host: dict[int, list[int]]
    first_bu_ns: list[int]


class AddressExchanges:
    """Finds whose each exchange is."""

    def __init__(self, addresses: AddressBook, sessions: Columns, paths: Ints) -> None:
        """paths: as in Correlation."""
        self._addresses = addresses
        self._sessions = sessions
        self._paths = paths
        self._holders = self._held()

    def join(self, messages: Iterable[SetupMessage]) -> Iterator[tuple[Exchange, int]]:
        """Exchanges with the row of the session that they led to; messages in time order."""
        whose = [(each, self._whose(each)) for each in exchanges(messages)]
        yield from ((each, row) for each, row in whose if row is not None)
        known = {row for _, row in whose if row is not None}
        yield from self._by_time([each for each, row in whose if row is None], known)

    def _whose(self, exchange: Exchange) -> int | None:
        """The session whose first Binding Update falls into the exchange."""
        told = {m.address for m in exchange.messages if m.address >= 0}
        by_host = exchange.access is Access.IPV6CP
        if by_host:
            told = set(self._hosts(np.array(sorted(told), np.int64)).tolist())
        known = self._holders.by_host if by_host else self._holders.by_address
        late_ns = {
            row: self._holders.first_bu_ns[row] - exchange.begin_ns
            for one in told
            for row in known.get(one, ())
            if self._holders.first_bu_ns[row] != NULL
        }
        fits = [(late, row) for row, late in late_ns.items() if 0 <= late <= PATIENCE_NS]
        return min(fits)[1] if fits else None

    def _by_time(
        self, exchanges: Iterable[Exchange], known: set[int]
    ) -> Iterator[tuple[Exchange, int]]:
        """Exchanges that give an address which no session has, and whose they must be.

        The session whose set-up lies between question and answer, if it is the only one and has
        no other exchange.
        """
        sessions = self._sessions
        begun, bound = sessions["first_bu_ns"], sessions["accepted_ba_ns"]
        free = np.flatnonzero(
            (bound != NULL) & (begun != NULL) & (sessions["solicited_ns"] == NULL)
        )
        free = free[~np.isin(free, sorted(known))]
        claims: dict[int, list[Exchange]] = defaultdict(list)
        for exchange in exchanges:
            if exchange.done_ns is not None and exchange.access is not Access.IPV6CP:
                inside = (begun[free] >= exchange.begin_ns) & (bound[free] <= exchange.done_ns)
                fits = free[inside].tolist()
                if len(fits) == 1:
                    claims[fits[0]].append(exchange)
        for row, found in claims.items():
            if len(found) == 1:
                yield found[0], row

    def _held(self) -> _Holders:
        sessions = self._sessions
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

    def fill(self, exchange: Exchange, row: int) -> None:
        """The node's first request, and the router's answer where it is not an advertisement."""
        sessions = self._sessions
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

    def reasons(self, exchange: Exchange, row: int) -> Iterator[Joined]:
        """The messages with the session's address, and those of the same client."""
        sessions = self._sessions
        home4 = int(sessions["hoa4"][row])
        reason = Reason.HOST if exchange.access is Access.IPV6CP else Reason.HOME
        numbers = np.array([m.address for m in exchange.messages], np.int64)
        if exchange.access is Access.IPV6CP:
            own = (self._hosts(numbers) == self._hosts(sessions["hoa"][row : row + 1])).tolist()
        else:
            own = [number in (int(sessions["hoa"][row]), home4) for number in numbers.tolist()]
        if not any(own):
            begin = exchange.messages[0].order
            yield from ((message.order, Reason.DURING, begin) for message in exchange.messages)
            return
        first = next(m.order for m, mine in zip(exchange.messages, own, strict=True) if mine)
        for message, mine in zip(exchange.messages, own, strict=True):
            told = Reason.HOME4 if message.address == home4 else reason
            if mine:
                yield message.order, told, message.order
            else:
                yield message.order, Reason.CLIENT, first

    def mismatches(self, exchange: Exchange, row: int) -> Iterator[Columns]:
        """An answer that gives another address than the home agent did (draft 3.1-5, 3.2-5)."""
        sessions = self._sessions
        home = int(sessions[_HOME[exchange.access]][row])
        wrong = [
            m
            for m in exchange.messages
            if m.kind in _ANSWERS and m.address >= 0 and m.address != home and home >= 0
        ]
        if wrong:
            first = wrong[0]
            serving = int(self._paths[sessions["path_at"][row]])
            router = first.src if first.src >= 0 else serving
            one = {"time_ns": first.time_ns, "frame": first.frame, "order": first.order}
            columns = {n: np.array([value]) for n, value in (one | {"session": row}).items()}
            kept = {"src_address": np.array([router]), "hoa_address": np.array([home])}
            times = {"times": np.array([len(wrong)])}
            yield rows(Code.ADDR_MISMATCH, kept, 0, **columns) | times


def exchanges(messages: Iterable[SetupMessage]) -> list[Exchange]:
    """Requests for addresses with all that belongs to them."""
    open_ones: dict[tuple[int, Access], Exchange] = {}
    found: list[Exchange] = []
    for message in messages:
        access = family(message.kind)
        if access is None:
            continue
        key = message.client, access
        exchange = open_ones.get(key)
        old = exchange is None or message.time_ns - exchange.begin_ns > PATIENCE_NS
        if old and message.kind not in _ASKS:
            continue
        if exchange is None or old:
            exchange = open_ones[key] = Exchange(access)
            found.append(exchange)
        exchange.messages.append(message)
        if message.kind in _ANSWERS and exchange.done_ns is None:
            exchange.done_ns = message.time_ns
    return found
