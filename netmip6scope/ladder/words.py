"""What a step says: a title and the fields that matter; a field that is not known is left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import IntEnum

from dissectors.handoff import HoStatus
from dissectors.mobility_codes import BindingStatus
from netmip6scope.correlate.event import REJECTED
from netmip6scope.ladder.choice import HandoffRow, SessionRow
from netmip6scope.ladder.parties import MessageRow
from netmip6scope.tables.text import milliseconds

_TITLES = {
    "bu": "BU",
    "ba": "BA",
    "pbu": "PBU",
    "pba": "PBA",
    "ho-request": "HO Request",
    "ho-response": "HO Response",
}
_ADDRESS = re.compile(r"(?:[0-9a-f]*:){2,}[0-9a-f.]*[0-9a-f]|[0-9a-f:]+::")
_SHORT = 22
"""An address up to this length is shown in full."""
_GROUPS = 2

Name = Callable[[str], str]
"""Gives the column's name for the address of a router, else a short form of the address."""


def title(m: MessageRow) -> str:
    """The message's name; others than those of the draft have their summary."""
    return _TITLES.get(m.kind) or m.summary or m.kind


def details(m: MessageRow, name: Name, *, local: bool) -> tuple[str, ...]:
    """The fields, each as one phrase.

    local: to or from a MAP, which is told the RCoA where others are told the home address.
    """
    if m.kind not in _TITLES:
        return ()
    said = [
        None if m.identifier is None else f"identifier {m.identifier}",
        None if m.seq is None else f"seq {m.seq}",
        None if m.status is None else _status(m.kind, m.status),
        None if m.lifetime_s is None else f"lifetime {m.lifetime_s} s",
        None if m.flags is None else f"flags {m.flags}",
        None if m.coa is None else f"CoA {name(m.coa)}",
        None if m.hoa is None else f"{'RCoA' if local else 'HoA'} {short(m.hoa)}",
    ]
    return tuple(phrase for phrase in said if phrase is not None)


def _status(kind: str, status: int) -> str:
    codes: type[IntEnum] = HoStatus if kind == "ho-response" else BindingStatus
    known = {code.value: code.name for code in codes}
    if status in known:
        return f"status {status} {known[status].lower().replace('_', ' ')}"
    if kind == "ho-response":
        return f"status {status} reserved"
    return f"status {status} {'accepted' if status < REJECTED else 'rejected'}"


def short(address: str) -> str:
    """An address as it is if it is short, else its last groups."""
    if len(address) <= _SHORT:
        return address
    return "…" + ":".join(address.split(":")[-_GROUPS:])


def with_names(said: str, names: Mapping[str | None, str]) -> str:
    """A text with the columns' names for their addresses."""
    return _ADDRESS.sub(lambda found: names.get(found[0], found[0]), said)


def session_facts(session: SessionRow) -> tuple[str, ...]:
    """What is known of a session at its heading."""
    said = [
        None if session.access is None else f"access {session.access}",
        None if session.hoa is None else f"HoA {session.hoa}",
        None if session.hoa4 is None else f"IPv4 HoA {session.hoa4}",
        None if session.rcoa is None else f"RCoA {session.rcoa}",
    ]
    return tuple(phrase for phrase in said if phrase is not None)


def handoff_title(handoff: HandoffRow, name: Name) -> str:
    """From where to where, and how it ended."""
    ends = [name(end) if end is not None else "?" for end in (handoff.sar, handoff.tar)]
    status = "" if handoff.status is None else f" (status {handoff.status})"
    return (
        f"handoff {handoff.handoff}: {ends[0]} to {ends[1]}, {handoff.kind}, "
        f"{handoff.outcome}{status}"
    )


def handoff_facts(handoff: HandoffRow) -> tuple[str, ...]:
    """What was measured."""
    durations = (
        ("context", handoff.context_ms),
        ("binding", handoff.binding_ms),
        ("preparation", handoff.preparation_ms),
        ("downlink gap", handoff.dl_gap_ms),
        ("uplink gap", handoff.ul_gap_ms),
        ("clock error", handoff.clock_error_ms or None),
    )
    packets = (
        ("bi-cast", handoff.bicast_packets or None),
        ("late through the SAR", handoff.late_sar_packets or None),
    )
    said = [f"{what} {milliseconds(ns)} ms" for what, ns in durations if ns is not None]
    said += [f"{count} packets {what}" for what, count in packets if count is not None]
    return tuple(said)
