"""The target access router's side of a context transfer (draft 3.3 steps 2 to 4, section 4).

One machine per mobile node. A HO Request that stays without answer is sent again with the same
Identifier, after half a second and then after twice as long; the draft names no times.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from ipaddress import IPv6Address

from dissectors.handoff import HoRequest, HoResponse
from replay.context import Context, from_options, identity
from replay.events import Effect, Fact, Note, Send, Why
from replay.machine import Label, Table, never
from replay.packets import NEIGHBOR_HOP_LIMIT, Packet

FIRST_TIMEOUT_NS = 500_000_000
ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Transfer:
    """A context that is asked for."""

    mn_id: bytes
    target: IPv6Address
    serving: IPv6Address
    identifier: int
    attempts: int = 0
    sent_ns: int = 0
    timeout_ns: int = FIRST_TIMEOUT_NS
    context: Context | None = None
    named: bool = True
    """The request says whom it is about, as it must (draft 4.1)."""


class State(Label):
    """Where a transfer stands."""

    NONE = "none"
    REQUESTED = "requested"
    TAKEN = "taken"
    FAILED = "failed"


class Input(Label):
    """What can happen to it."""

    TRIGGER = "handover indicated"
    CONTEXT = "success with context"
    REFUSAL = "refusal"
    EMPTY = "success without context"
    RESEND = "time to send again"
    GIVE_UP = "sent often enough"


class Signal(Enum):
    """What the link session is told."""

    GRANTED = "granted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Given:
    """What comes with an input."""

    now_ns: int
    response: HoResponse | None = None
    wanted: Transfer | None = None


Outcome = tuple[Transfer, tuple[Effect | Signal, ...]]
Action = Callable[[Transfer, Given], Outcome]


def classify(response: HoResponse) -> Input:
    """What a response with the right Identifier from the right router means."""
    if response.status != 0:
        return Input.REFUSAL
    return Input.EMPTY if from_options(response.options) is None else Input.CONTEXT


def deadline_ns(state: State, transfer: Transfer) -> int | None:
    """When to send again or give up."""
    return transfer.sent_ns + transfer.timeout_ns if state is State.REQUESTED else None


def due(transfer: Transfer) -> Input:
    """What a deadline that has come means."""
    return Input.RESEND if transfer.attempts < ATTEMPTS else Input.GIVE_UP


def request(_: Transfer, given: Given) -> Outcome:
    assert given.wanted is not None
    return _send(given.wanted, given, Fact.CONTEXT_REQUESTED)


def resend(transfer: Transfer, given: Given) -> Outcome:
    return _send(replace(transfer, timeout_ns=transfer.timeout_ns * 2), given, None)


def take(transfer: Transfer, given: Given) -> Outcome:
    assert given.response is not None
    taken = replace(transfer, context=from_options(given.response.options))
    note = Note(Fact.CONTEXT_TAKEN, transfer.mn_id, transfer.serving)
    return taken, (note, Signal.GRANTED)


def fail(transfer: Transfer, given: Given) -> Outcome:
    assert given.response is not None
    note = Note(
        Fact.CONTEXT_REFUSED,
        transfer.mn_id,
        transfer.serving,
        transfer.target,
        given.response.status,
    )
    return transfer, (note, Signal.FAILED)


def give_up(transfer: Transfer, _: Given) -> Outcome:
    note = Note(Fact.CONTEXT_UNANSWERED, transfer.mn_id, transfer.serving, transfer.target)
    return transfer, (note, Signal.FAILED)


def ignore(transfer: Transfer, _: Given) -> Outcome:
    return transfer, ()


def _send(transfer: Transfer, given: Given, fact: Fact | None) -> Outcome:
    named = (identity(transfer.mn_id),) if transfer.named else ()
    message = HoRequest(transfer.identifier, context=True, handoff=True, options=named)
    packet = Packet(transfer.target, transfer.serving, message, NEIGHBOR_HOP_LIMIT)
    sent = replace(transfer, attempts=transfer.attempts + 1, sent_ns=given.now_ns)
    effects: tuple[Effect | Signal, ...] = (Send(packet, Why.HO_REQUEST, transfer.mn_id),)
    if fact is not None:
        effects = (Note(fact, transfer.mn_id, transfer.serving, transfer.target), *effects)
    return sent, effects


_ANSWERS = (Input.CONTEXT, Input.REFUSAL, Input.EMPTY)
_OVER = (State.TAKEN, State.FAILED)

TABLE: Table[State, Input, Action] = Table(
    "context transfer, target",
    State,
    Input,
    {
        (State.NONE, Input.TRIGGER): (State.REQUESTED, request),
        # Two base stations, or one that says it twice: the first request stands.
        (State.REQUESTED, Input.TRIGGER): (State.REQUESTED, ignore),
        (State.TAKEN, Input.TRIGGER): (State.TAKEN, ignore),
        (State.FAILED, Input.TRIGGER): (State.REQUESTED, request),
        (State.REQUESTED, Input.CONTEXT): (State.TAKEN, take),
        (State.REQUESTED, Input.REFUSAL): (State.FAILED, fail),
        (State.REQUESTED, Input.EMPTY): (State.FAILED, fail),
        (State.REQUESTED, Input.RESEND): (State.REQUESTED, resend),
        (State.REQUESTED, Input.GIVE_UP): (State.FAILED, give_up),
        # The answers to requests that were sent again come one by one.
        **{(over, answer): (over, ignore) for over in _OVER for answer in _ANSWERS},
    },
    {
        **never("no request was sent", [State.NONE], _ANSWERS),
        **never("nothing is waited for", [State.NONE, *_OVER], [Input.RESEND, Input.GIVE_UP]),
    },
)
