"""What comes before a mobile node's binding: who it is (AAA), and its request for an address.

These messages are few and stand outside of stories: when all sessions are known, each exchange
is given to the session whose attach it led to.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from dissectors.frames import Ints
from dissectors.scan.addresses import AddressBook
from dissectors.scan.batch import MessageBatch, Names
from dissectors.scan.kinds import FIRST_WORD
from netmip6scope.correlate.moved import Moved
from netmip6scope.correlate.reasons import Joined
from netmip6scope.correlate.setup_messages import OF_MESSAGE, SetupMessage, family
from netmip6scope.correlate.traffic_checks import Columns
from netmip6scope.tables.columns import NULL


class Setups:
    """Collects the messages; `join` gives them to sessions."""

    def __init__(self, addresses: AddressBook) -> None:
        self._addresses = addresses
        self._messages: list[SetupMessage] = []

    def add(self, m: MessageBatch, words: Names, first: int) -> None:
        """Keep what matters of a batch; `first` is the number of its first message."""
        rows = np.flatnonzero(m.kind >= FIRST_WORD)
        if not len(rows):
            return
        from netmip6scope.correlate.authentications import is_about_identity

        cells = [getattr(m, name)[rows].tolist() for name in OF_MESSAGE]
        for row, kind, time_ns, *others in zip(rows.tolist(), *cells, strict=True):
            text = words.octets[kind - FIRST_WORD].decode()
            if is_about_identity(text) or family(text) is not None:
                self._messages.append(SetupMessage(text, time_ns, first + row, *others))

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
        self, sessions: Columns, paths: Ints, message_session: NDArray[np.int32]
    ) -> tuple[list[Joined], list[Columns]]:
        """Fill what sessions have of it (`auth`, `asked_ns`, `accepted_ns`, access), and whose.

        Returns why each message is a session's, and findings.
        """
        count = len(sessions["mn"])
        sessions["auth"] = np.zeros(count, np.int64)
        for name in ("asked_ns", "accepted_ns"):
            sessions[name] = np.full(count, NULL)
        why: list[Joined] = []
        findings: list[Columns] = []
        if not self._messages:
            return why, findings
        from netmip6scope.correlate.address_exchanges import AddressExchanges
        from netmip6scope.correlate.authentications import authenticate

        self._messages.sort(key=lambda one: (one.time_ns, one.order))
        asked = AddressExchanges(self._addresses, sessions, paths)
        for exchange, row in [*asked.join(self._messages)]:
            asked.fill(exchange, row)
            _give(exchange.messages, row, message_session)
            why += asked.reasons(exchange, row)
            findings += asked.mismatches(exchange, row)
        for row, messages, reasons in authenticate(self._messages, sessions):
            _give(messages, row, message_session)
            why += reasons
        return why, findings


def _give(messages: Iterable[SetupMessage], row: int, message_session: NDArray[np.int32]) -> None:
    for message in messages:
        if message_session[message.order] < 0:
            message_session[message.order] = row
