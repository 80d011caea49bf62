"""A mobile node as one access router sees it: is it here, coming, or gone, and has it an address.

Theory of operation. The session decides what the router does for the mobile node: it tells the
binding client when to register, renew and stop, and the context transfer when to ask. Two waits
bound it: a mobile node that was announced and does not come, or was handed over and does not
go, is kept for `GUARD_NS`; the context of one that went without a word is kept for `HOLD_NS`, so
that its target can still ask for it. One whose registration was refused is not tried again for
`GUARD_NS`, whatever it sends. Base stations' words are lost at times, so one that is silent for
long is asked whether it is there (neighbor unreachability detection, RFC 2461 7.3).
"""

from __future__ import annotations

from enum import Enum

from replay.machine import Label, Table, never

GUARD_NS = 5_000_000_000
HOLD_NS = 1_000_000_000
IDLE_NS = 10_000_000_000
PROBE_NS = 1_000_000_000
"""RFC 2461 10: RETRANS_TIMER."""
PROBES_NS = 3 * PROBE_NS
"""RFC 2461 10: MAX_UNICAST_SOLICIT of them."""


class State(Label):
    """Where the mobile node is."""

    AWAY = "away"
    ATTACHED = "attached, no address"
    FETCHING = "attached, context on its way"
    CONFIGURING = "address asked for"
    SERVING = "served"
    DOUBTED = "served, silent"
    HANDED_OVER = "context given away"
    RECLAIMED = "context given away, still here?"
    EXPECTED = "announced, context on its way"
    UNPREPARED = "announced, no context"
    PREPARED = "announced, context here"
    HELD = "gone without a word"
    BARRED = "attached, refused"


class Input(Label):
    """What can happen."""

    LINK_UP = "link up"
    LINK_DOWN = "link down"
    ANNOUNCED = "handover indicated"
    CONTEXT = "context received"
    NO_CONTEXT = "no context"
    ASKED = "address asked for"
    HEARD = "user data heard"
    ALIVE = "answer to a probe"
    SILENT = "nothing heard for long"
    BOUND = "binding accepted"
    REFUSED = "binding refused"
    GIVEN = "context given"
    WAIT_OVER = "wait over"


class Action(Enum):
    """What the access router does about it."""

    NOTHING = "nothing"
    REGISTER = "register, with no home address"
    REGISTER_HEARD = "register the address heard"
    REGISTER_CONTEXT = "register with the context"
    ADVERTISE = "give the mobile node its address"
    FETCH = "ask for the context"
    PROBE = "ask whether it is there"
    RENEW = "renew the binding"
    RELEASE = "end the binding"
    FORGET = "forget the mobile node"


_S, _I, _A = State, Input, Action

_CHANGES: dict[tuple[State, Input], tuple[State, Action]] = {
    (_S.AWAY, _I.LINK_UP): (_S.ATTACHED, _A.NOTHING),
    (_S.AWAY, _I.ANNOUNCED): (_S.EXPECTED, _A.FETCH),
    (_S.ATTACHED, _I.LINK_DOWN): (_S.AWAY, _A.FORGET),
    (_S.ATTACHED, _I.ANNOUNCED): (_S.FETCHING, _A.FETCH),
    (_S.ATTACHED, _I.ASKED): (_S.CONFIGURING, _A.REGISTER),
    (_S.ATTACHED, _I.HEARD): (_S.SERVING, _A.REGISTER_HEARD),
    (_S.FETCHING, _I.LINK_DOWN): (_S.EXPECTED, _A.NOTHING),
    (_S.FETCHING, _I.CONTEXT): (_S.SERVING, _A.REGISTER_CONTEXT),
    (_S.FETCHING, _I.NO_CONTEXT): (_S.ATTACHED, _A.NOTHING),
    (_S.CONFIGURING, _I.LINK_DOWN): (_S.AWAY, _A.RELEASE),
    (_S.CONFIGURING, _I.BOUND): (_S.SERVING, _A.ADVERTISE),
    (_S.CONFIGURING, _I.REFUSED): (_S.BARRED, _A.NOTHING),
    # Nobody said that it had gone; meanwhile another router may have registered it.
    (_S.SERVING, _I.LINK_UP): (_S.SERVING, _A.RENEW),
    (_S.SERVING, _I.LINK_DOWN): (_S.HELD, _A.NOTHING),
    (_S.SERVING, _I.SILENT): (_S.DOUBTED, _A.PROBE),
    (_S.SERVING, _I.ASKED): (_S.SERVING, _A.ADVERTISE),
    (_S.SERVING, _I.REFUSED): (_S.BARRED, _A.NOTHING),
    (_S.SERVING, _I.GIVEN): (_S.HANDED_OVER, _A.NOTHING),
    (_S.DOUBTED, _I.LINK_UP): (_S.SERVING, _A.RENEW),
    (_S.DOUBTED, _I.LINK_DOWN): (_S.HELD, _A.NOTHING),
    (_S.DOUBTED, _I.ASKED): (_S.SERVING, _A.ADVERTISE),
    (_S.DOUBTED, _I.HEARD): (_S.SERVING, _A.NOTHING),
    (_S.DOUBTED, _I.ALIVE): (_S.SERVING, _A.NOTHING),
    (_S.DOUBTED, _I.SILENT): (_S.DOUBTED, _A.PROBE),
    (_S.DOUBTED, _I.REFUSED): (_S.BARRED, _A.NOTHING),
    (_S.DOUBTED, _I.GIVEN): (_S.HANDED_OVER, _A.NOTHING),
    (_S.DOUBTED, _I.WAIT_OVER): (_S.AWAY, _A.RELEASE),
    (_S.HANDED_OVER, _I.LINK_UP): (_S.SERVING, _A.RENEW),
    (_S.HANDED_OVER, _I.LINK_DOWN): (_S.AWAY, _A.RELEASE),
    (_S.HANDED_OVER, _I.ASKED): (_S.HANDED_OVER, _A.ADVERTISE),
    (_S.HANDED_OVER, _I.REFUSED): (_S.BARRED, _A.NOTHING),
    # It was to leave, and nobody said that it did. If it is here the target has its binding.
    (_S.HANDED_OVER, _I.WAIT_OVER): (_S.RECLAIMED, _A.PROBE),
    (_S.RECLAIMED, _I.LINK_UP): (_S.SERVING, _A.RENEW),
    (_S.RECLAIMED, _I.LINK_DOWN): (_S.AWAY, _A.RELEASE),
    (_S.RECLAIMED, _I.ASKED): (_S.SERVING, _A.RENEW),
    (_S.RECLAIMED, _I.HEARD): (_S.SERVING, _A.RENEW),
    (_S.RECLAIMED, _I.ALIVE): (_S.SERVING, _A.RENEW),
    (_S.RECLAIMED, _I.SILENT): (_S.RECLAIMED, _A.PROBE),
    (_S.RECLAIMED, _I.REFUSED): (_S.BARRED, _A.NOTHING),
    (_S.RECLAIMED, _I.WAIT_OVER): (_S.AWAY, _A.RELEASE),
    (_S.EXPECTED, _I.LINK_UP): (_S.FETCHING, _A.NOTHING),
    (_S.EXPECTED, _I.CONTEXT): (_S.PREPARED, _A.REGISTER_CONTEXT),
    (_S.EXPECTED, _I.NO_CONTEXT): (_S.UNPREPARED, _A.NOTHING),
    (_S.EXPECTED, _I.WAIT_OVER): (_S.AWAY, _A.FORGET),
    (_S.UNPREPARED, _I.LINK_UP): (_S.ATTACHED, _A.NOTHING),
    (_S.UNPREPARED, _I.ANNOUNCED): (_S.EXPECTED, _A.FETCH),
    (_S.UNPREPARED, _I.WAIT_OVER): (_S.AWAY, _A.FORGET),
    (_S.PREPARED, _I.LINK_UP): (_S.SERVING, _A.NOTHING),
    # Between the two words it may have been elsewhere.
    (_S.PREPARED, _I.ANNOUNCED): (_S.PREPARED, _A.RENEW),
    (_S.PREPARED, _I.REFUSED): (_S.UNPREPARED, _A.NOTHING),
    (_S.PREPARED, _I.WAIT_OVER): (_S.AWAY, _A.RELEASE),
    # While it was gone another router may have registered it.
    (_S.HELD, _I.LINK_UP): (_S.SERVING, _A.RENEW),
    (_S.HELD, _I.REFUSED): (_S.AWAY, _A.FORGET),
    (_S.HELD, _I.GIVEN): (_S.AWAY, _A.RELEASE),
    (_S.HELD, _I.WAIT_OVER): (_S.AWAY, _A.RELEASE),
    (_S.BARRED, _I.LINK_DOWN): (_S.AWAY, _A.FORGET),
    (_S.BARRED, _I.WAIT_OVER): (_S.ATTACHED, _A.NOTHING),
}

_UNMOVED: dict[State, tuple[Input, ...]] = {
    _S.AWAY: (_I.LINK_DOWN,),
    _S.ATTACHED: (_I.LINK_UP, _I.ALIVE),
    _S.FETCHING: (_I.LINK_UP, _I.ANNOUNCED, _I.ASKED, _I.HEARD, _I.ALIVE),
    _S.CONFIGURING: (_I.LINK_UP, _I.ANNOUNCED, _I.ASKED, _I.HEARD, _I.ALIVE),
    _S.SERVING: (_I.ANNOUNCED, _I.HEARD, _I.ALIVE, _I.BOUND),
    _S.DOUBTED: (_I.ANNOUNCED, _I.BOUND),
    _S.HANDED_OVER: (_I.ANNOUNCED, _I.HEARD, _I.ALIVE, _I.BOUND, _I.GIVEN),
    _S.RECLAIMED: (_I.ANNOUNCED, _I.BOUND, _I.GIVEN),
    _S.EXPECTED: (_I.LINK_DOWN, _I.ANNOUNCED),
    _S.UNPREPARED: (_I.LINK_DOWN,),
    # It may go on to another router, which asks the one that it was announced to.
    _S.PREPARED: (_I.LINK_DOWN, _I.BOUND, _I.GIVEN),
    _S.HELD: (_I.LINK_DOWN, _I.ANNOUNCED, _I.BOUND),
    _S.BARRED: (_I.LINK_UP, _I.ANNOUNCED, _I.ASKED, _I.HEARD, _I.ALIVE),
}
"""Inputs that change nothing: said twice, or of no use in this state."""

_LINK_IS_DOWN = (_S.AWAY, _S.EXPECTED, _S.UNPREPARED, _S.PREPARED, _S.HELD)
_UNREGISTERED = (
    _S.AWAY,
    _S.ATTACHED,
    _S.FETCHING,
    _S.EXPECTED,
    _S.UNPREPARED,
    _S.BARRED,
)
_FETCHES = (_S.FETCHING, _S.EXPECTED)
HOLDS_CONTEXT = frozenset(
    (_S.SERVING, _S.DOUBTED, _S.HANDED_OVER, _S.RECLAIMED, _S.PREPARED, _S.HELD)
)
"""Where the mobile node has a home address that another router may ask for."""

LETS_GO = frozenset((_S.HANDED_OVER, _S.RECLAIMED))
"""Where the binding is not refreshed: the target has it."""

WAITS_NS = {
    _S.EXPECTED: GUARD_NS,
    _S.UNPREPARED: GUARD_NS,
    _S.PREPARED: GUARD_NS,
    _S.HANDED_OVER: GUARD_NS,
    _S.DOUBTED: PROBES_NS,
    _S.RECLAIMED: PROBES_NS,
    _S.HELD: HOLD_NS,
    _S.BARRED: GUARD_NS,
}
"""How long a session may stay in a state, counted from when it enters it."""

SILENCE_NS = {_S.SERVING: IDLE_NS, _S.DOUBTED: PROBE_NS, _S.RECLAIMED: PROBE_NS}
"""After how long without a sign of the mobile node it is asked for one, again and again."""

TABLE: Table[State, Input, Action] = Table(
    "link session",
    State,
    Input,
    _CHANGES
    | {
        (state, given): (state, Action.NOTHING)
        for state, inputs in _UNMOVED.items()
        for given in inputs
    },
    {
        **never(
            "nothing comes over a link that is down",
            _LINK_IS_DOWN,
            [_I.ASKED, _I.HEARD, _I.ALIVE],
        ),
        **never(
            "nobody listens for it",
            [state for state in State if state not in SILENCE_NS],
            [_I.SILENT],
        ),
        **never("nothing was registered", _UNREGISTERED, [_I.BOUND, _I.REFUSED]),
        **never(
            "there is no context to give",
            [state for state in State if state not in HOLDS_CONTEXT],
            [_I.GIVEN],
        ),
        **never(
            "no context was asked for",
            [state for state in State if state not in _FETCHES],
            [_I.CONTEXT, _I.NO_CONTEXT],
        ),
        **never(
            "no wait runs", [state for state in State if state not in WAITS_NS], [_I.WAIT_OVER]
        ),
    },
)
