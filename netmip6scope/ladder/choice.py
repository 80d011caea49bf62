"""Which mobile node is meant, and which of its sessions, handoffs and messages.

It is named by its identifier, a home address, or a part of the identifier that no other has.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import ip_address
from typing import NamedTuple

import numpy as np

from dissectors.frames import Ints
from netmip6scope.correlate.texts import address_text
from netmip6scope.errors import UsageError
from netmip6scope.tables.columns import NULL, Coded, Table
from netmip6scope.tables.records import records

_LISTED = 5
_ALIKE = 0.5
"""How much of a name must agree for it to be listed as near (difflib's ratio)."""


class SessionRow(NamedTuple):
    """What is needed of a row of CONTRACT 2.2."""

    session: int
    mn_id: str | None
    hoa: str | None
    hoa4: str | None
    ha: str | None
    map: str | None
    rcoa: str | None
    access: str | None
    start: int
    state: str

    @property
    def name(self) -> str:
        """The identifier, or what else tells the mobile node from others."""
        return self.mn_id or self.hoa or self.hoa4 or f"session {self.session}"

    @property
    def homes(self) -> list[str]:
        """Its home addresses."""
        return [home for home in (self.hoa, self.hoa4) if home is not None]


class HandoffRow(NamedTuple):
    """What is needed of a row of CONTRACT 2.3."""

    handoff: int
    session: int
    kind: str
    sar: str | None
    tar: str | None
    ha: str | None
    map: str | None
    outcome: str
    status: int | None
    start: int
    context_ms: int | None
    binding_ms: int | None
    preparation_ms: int | None
    dl_gap_ms: int | None
    ul_gap_ms: int | None
    bicast_packets: int | None
    late_sar_packets: int | None
    last_dl_sar_time: int | None
    first_dl_tar_time: int | None
    last_ul_sar_time: int | None
    first_ul_tar_time: int | None
    teardown_time: int | None
    clock_error_ms: int | None


@dataclass(frozen=True, slots=True)
class Choice:
    """What was asked for: a mobile node, a session's and a handoff's number; None: not named."""

    mn: str | None = None
    session: int | None = None
    handoff: int | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is meant. messages: rows of their table in time order; whole: no handoff was named."""

    name: str
    sessions: list[SessionRow]
    handoffs: list[HandoffRow]
    messages: Ints
    whole: bool


def choose(tables: dict[str, Table], choice: Choice) -> Chosen:
    """Find it in the tables of messages, sessions and handoffs. Raises UsageError."""
    rows = _rows(tables["sessions"], tables["handoffs"], choice)
    found = records(tables["sessions"], rows, SessionRow)
    if len({session.name for session in found}) > 1:
        held = _listed(dict.fromkeys(session.name for session in found))
        if choice.mn is None:
            how = "name one with --mn, or give --session or --handoff a number"
            raise UsageError(f"the captures hold several mobile nodes, {held}: {how}")
        raise UsageError(f"{choice.mn} was the home address of several mobile nodes: {held}")
    numbers = [session.session for session in found]
    every = tables["handoffs"]
    mine = np.isin(_numbers(every, "session"), numbers)
    if choice.handoff is not None:
        mine &= _numbers(every, "handoff") == choice.handoff
    handoffs = records(every, np.flatnonzero(mine), HandoffRow)
    messages = _messages(tables["messages"], choice, numbers, found[0])
    return Chosen(found[0].name, found, handoffs, messages, choice.handoff is None)


def _rows(sessions: Table, handoffs: Table, choice: Choice) -> Ints:
    """The rows of the sessions that are meant, at least one; all if nothing is named."""
    if not len(sessions):
        raise UsageError("the captures hold no mobile node's session")
    rows = np.arange(len(sessions)) if choice.mn is None else _mobile(sessions, choice.mn)
    number = _numbers(sessions, "session")
    if choice.session is not None:
        rows = _narrowed(rows, number, "session", choice.session, choice.session, choice.mn)
    if choice.handoff is not None:
        at = np.flatnonzero(_numbers(handoffs, "handoff") == choice.handoff)
        owner = int(_numbers(handoffs, "session")[at[0]]) if len(at) else NULL
        whose = choice.mn if choice.session is None else f"session {choice.session}"
        rows = _narrowed(rows, number, "handoff", choice.handoff, owner, whose)
    return rows


def _narrowed(
    rows: Ints, number: Ints, what: str, asked: int, session: int, whose: str | None
) -> Ints:
    """The row of this session among those rows."""
    found: Ints = rows[number[rows] == session]
    if len(found):
        return found
    if session not in number:
        raise UsageError(f"there is no {what} {asked} in the captures")
    raise UsageError(f"{what} {asked} is not one of {whose}")


def _mobile(sessions: Table, text: str) -> Ints:
    """Rows of the sessions of the mobile node that is named."""
    ids = _coded(sessions, "mn_id")
    if text in ids.vocabulary:
        return np.flatnonzero(ids.codes == ids.vocabulary.index(text))
    homes = [_coded(sessions, "hoa"), _coded(sessions, "hoa4")]
    address = _address(text)
    held = np.zeros(len(sessions), np.bool_)
    for home in homes:
        if address in home.vocabulary:
            held |= home.codes == home.vocabulary.index(address)
    if held.any():
        return np.flatnonzero(held)
    part = text.casefold()
    fits = [n for n, name in enumerate(ids.vocabulary) if part in name.casefold()]
    if len(fits) == 1:
        return np.flatnonzero(ids.codes == fits[0])
    if fits:
        names = _listed(ids.vocabulary[n] for n in fits)
        raise UsageError(f"{text} is part of several identifiers: {names}")
    known = [name for column in (ids, *homes) for name in column.vocabulary]
    near = get_close_matches(text, known, _LISTED, _ALIKE)
    listed = f"near are {_listed(near)}" if near else f"there are {_listed(known)}"
    raise UsageError(f"no mobile node is called {text}; {listed}")


def _messages(messages: Table, choice: Choice, numbers: list[int], first: SessionRow) -> Ints:
    """Rows in time order; the mobile node's messages outside of sessions too, if all are meant."""
    session = _numbers(messages, "session")
    if choice.handoff is not None:
        mine = _numbers(messages, "handoff") == choice.handoff
    else:
        mine = np.isin(session, numbers)
    ids = _coded(messages, "mn_id")
    if choice.session is None and choice.handoff is None and first.mn_id in ids.vocabulary:
        of_node = ids.codes == ids.vocabulary.index(first.mn_id)
        mine |= of_node & (session == NULL)
    rows = np.flatnonzero(mine)
    in_time: Ints = rows[np.argsort(_numbers(messages, "time")[rows], kind="stable")]
    return in_time


def _numbers(table: Table, name: str) -> Ints:
    return table.numbers(next(c for c in table.columns if c.name == name))


def _coded(table: Table, name: str) -> Coded:
    values = table.values[name]
    assert isinstance(values, Coded), f"column {name} is not text with a vocabulary"
    return values


def _address(text: str) -> str | None:
    """An address as the tables write it; None for what is no address."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address_text(address.packed) if address.version == 6 else str(address)


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    more = len(every) - _LISTED
    return ", ".join(every[:_LISTED]) + (f" and {more} more" if more > 0 else "")
