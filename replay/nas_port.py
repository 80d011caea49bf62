"""An access router's port towards one mobile node: link establishment and authentication.

The router is the NAS (draft 3.1 step 1): it greets, passes credentials on to AAA, and opens the
port when AAA accepts. PPP comes first where it is used: LCP, then PAP or CHAP. A port may be opened
without all that, for a mobile node whose context says who it is.
"""

from __future__ import annotations

from enum import Enum

from replay.machine import Label, Table, never

PATIENCE_NS = 2_000_000_000
"""Then what was sent is sent again."""
MOST_TRIES = 4
"""How often AAA is asked."""


class State(Label):
    """How far the port is."""

    CLOSED = "closed"
    NEGOTIATING = "LCP"
    PEER_AGREED = "LCP, mobile node's part done"
    SELF_AGREED = "LCP, router's part done"
    GREETED = "waiting for credentials"
    ASKING = "waiting for AAA"
    OPEN = "open"
    REFUSED = "refused"


class Input(Label):
    """What can happen to it."""

    GREET = "link up, EAP"
    GREET_PPP = "link up, PPP"
    ADMIT = "known, or open to all"
    LINK_DOWN = "link down"
    LCP_REQUEST = "LCP Configure-Request"
    LCP_ACK = "LCP Configure-Ack"
    CREDENTIALS = "credentials"
    CHALLENGE = "Access-Challenge"
    ACCEPT = "Access-Accept"
    REJECT = "Access-Reject"
    TIMER = "time over"
    GIVE_UP = "tried often enough"


class Action(Enum):
    """What the router does about it."""

    NOTHING = "nothing"
    GREET = "ask who it is"
    CONFIGURE = "send LCP Configure-Request"
    ACK = "send LCP Configure-Ack"
    ACK_AND_GREET = "send LCP Configure-Ack and ask who it is"
    ASK = "ask AAA"
    ASK_AGAIN = "ask AAA once more"
    CHALLENGE = "pass the challenge on"
    OPEN = "say success"
    ADMIT = "let it in"
    REFUSE = "say failure"


_S, _I, _A = State, Input, Action
_LCP = (_S.NEGOTIATING, _S.PEER_AGREED, _S.SELF_AGREED)
_RADIUS = (_I.CHALLENGE, _I.ACCEPT, _I.REJECT)

TABLE: Table[State, Input, Action] = Table(
    "NAS port",
    State,
    Input,
    {
        (_S.CLOSED, _I.GREET): (_S.GREETED, _A.GREET),
        (_S.CLOSED, _I.GREET_PPP): (_S.NEGOTIATING, _A.CONFIGURE),
        (_S.NEGOTIATING, _I.LCP_REQUEST): (_S.PEER_AGREED, _A.ACK),
        (_S.NEGOTIATING, _I.LCP_ACK): (_S.SELF_AGREED, _A.NOTHING),
        (_S.PEER_AGREED, _I.LCP_REQUEST): (_S.PEER_AGREED, _A.ACK),
        (_S.PEER_AGREED, _I.LCP_ACK): (_S.GREETED, _A.GREET),
        (_S.SELF_AGREED, _I.LCP_REQUEST): (_S.GREETED, _A.ACK_AND_GREET),
        (_S.SELF_AGREED, _I.LCP_ACK): (_S.SELF_AGREED, _A.NOTHING),
        **{(state, _I.TIMER): (state, _A.CONFIGURE) for state in _LCP},
        # Credentials before their time are sent again by whoever means them.
        **{(state, _I.CREDENTIALS): (state, _A.NOTHING) for state in _LCP},
        (_S.GREETED, _I.LCP_REQUEST): (_S.GREETED, _A.ACK),
        (_S.GREETED, _I.LCP_ACK): (_S.GREETED, _A.NOTHING),
        (_S.GREETED, _I.CREDENTIALS): (_S.ASKING, _A.ASK),
        (_S.GREETED, _I.TIMER): (_S.GREETED, _A.GREET),
        **{(_S.GREETED, given): (_S.GREETED, _A.NOTHING) for given in _RADIUS},
        (_S.ASKING, _I.CREDENTIALS): (_S.ASKING, _A.NOTHING),
        (_S.ASKING, _I.LCP_REQUEST): (_S.ASKING, _A.ACK),
        (_S.ASKING, _I.LCP_ACK): (_S.ASKING, _A.NOTHING),
        (_S.ASKING, _I.CHALLENGE): (_S.GREETED, _A.CHALLENGE),
        (_S.ASKING, _I.ACCEPT): (_S.OPEN, _A.OPEN),
        (_S.ASKING, _I.REJECT): (_S.REFUSED, _A.REFUSE),
        (_S.ASKING, _I.TIMER): (_S.ASKING, _A.ASK_AGAIN),
        (_S.OPEN, _I.LCP_REQUEST): (_S.OPEN, _A.ACK),
        **{
            (_S.OPEN, given): (_S.OPEN, _A.NOTHING)
            for given in (_I.CREDENTIALS, _I.LCP_ACK, *_RADIUS)
        },
        **{
            (_S.REFUSED, given): (_S.REFUSED, _A.NOTHING)
            for given in (_I.CREDENTIALS, _I.LCP_REQUEST, _I.LCP_ACK, *_RADIUS)
        },
        (_S.ASKING, _I.GIVE_UP): (_S.REFUSED, _A.REFUSE),
        **{(state, _I.ADMIT): (_S.OPEN, _A.ADMIT) for state in State},
        **{(state, _I.LINK_DOWN): (_S.CLOSED, _A.NOTHING) for state in State},
    },
    {
        **never(
            "the link is up already",
            [state for state in State if state is not _S.CLOSED],
            [_I.GREET, _I.GREET_PPP],
        ),
        **never(
            "nothing comes over a link that is down",
            [_S.CLOSED],
            [_I.LCP_REQUEST, _I.LCP_ACK, _I.CREDENTIALS],
        ),
        **never("AAA was not asked", [_S.CLOSED, *_LCP], _RADIUS),
        **never("nothing is waited for", [_S.CLOSED, _S.OPEN, _S.REFUSED], [_I.TIMER]),
        **never(
            "the mobile node may take its time",
            [state for state in State if state is not _S.ASKING],
            [_I.GIVE_UP],
        ),
    },
)

WAITS = frozenset((*_LCP, _S.GREETED, _S.ASKING))
"""Where something is sent again when no answer comes."""
