"""The serving access router's side of a context transfer: who gets a context, who a refusal.

The draft's statuses in the cases that they name (4.2): 1 for a request that names no mobile node,
2 where the association with the target does not hold, 3 for a mobile node that is not here, 4 where
the operator forbids it. Checked in this order: 2, 1, 4, 3, so that a stranger learns nothing.
"""

from __future__ import annotations

from dissectors.handoff import HoRequest, HoStatus
from replay.context import identity_in
from replay.machine import Label, Table


class State(Label):
    """What the router has of the mobile node."""

    ABSENT = "no context"
    HELD = "context held"


class Input(Label):
    """What a HO Request is worth."""

    GOOD = "good"
    STRANGER = "association does not hold"
    POOR = "poorly formatted"
    FORBIDDEN = "administratively prohibited"


def classify(request: HoRequest, *, trusted: bool, forbidden: bool) -> Input:
    """trusted: the association with the target holds; forbidden: the operator says no."""
    if not trusted:
        return Input.STRANGER
    if not identity_in(request.options) or request.reserved:
        return Input.POOR
    return Input.FORBIDDEN if forbidden else Input.GOOD


TABLE: Table[State, Input, HoStatus] = Table(
    "context transfer, serving",
    State,
    Input,
    {
        (State.ABSENT, Input.GOOD): (State.ABSENT, HoStatus.UNABLE_TO_LOCATE_CONTEXT),
        (State.ABSENT, Input.STRANGER): (State.ABSENT, HoStatus.AUTHENTICATION_FAILED),
        (State.ABSENT, Input.POOR): (State.ABSENT, HoStatus.POORLY_FORMATTED_REQUEST),
        (State.ABSENT, Input.FORBIDDEN): (State.ABSENT, HoStatus.ADMINISTRATIVELY_PROHIBITED),
        (State.HELD, Input.GOOD): (State.HELD, HoStatus.SUCCESS),
        (State.HELD, Input.STRANGER): (State.HELD, HoStatus.AUTHENTICATION_FAILED),
        (State.HELD, Input.POOR): (State.HELD, HoStatus.POORLY_FORMATTED_REQUEST),
        (State.HELD, Input.FORBIDDEN): (State.HELD, HoStatus.ADMINISTRATIVELY_PROHIBITED),
    },
    {},
)
