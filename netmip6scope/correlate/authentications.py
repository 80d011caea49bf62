"""Who a mobile node is: what its link and AAA say before it is bound.

RADIUS and Diameter name the node, and so do EAP, CHAP and PAP.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from dissectors.handoff import Access
from dissectors.scan.marks import Mark
from netmip6scope.correlate.reasons import Joined, Reason
from netmip6scope.correlate.setup_messages import PATIENCE_NS, Exchange, SetupMessage
from netmip6scope.correlate.traffic_checks import Columns
from netmip6scope.tables.columns import NULL

_REQUESTS = ("radius-access-request", "diameter-aa-request", "diameter-eap-request")
_ACCEPT, _REJECT = "radius-access-accept", "radius-access-reject"
_ANSWERS = (
    _ACCEPT,
    _REJECT,
    "radius-access-challenge",
    "diameter-aa-answer",
    "diameter-eap-answer",
)
_DIAMETER_GOES_ON, _DIAMETER_SUCCESS = 1, 2
"""Classes of Result-Code, in thousands (RFC 6733 7.1)."""
_ON_LINK = {"eap-response": 3, "ppp-chap-response": 2, "ppp-pap-authenticate-request": 1}
"""With their numbers in `model.METHODS`."""


def is_about_identity(kind: str) -> bool:
    """Whether messages of this kind are part of it."""
    return kind in _REQUESTS or kind in _ANSWERS or kind in _ON_LINK


def authenticate(
    messages: Sequence[SetupMessage], sessions: Columns
) -> Iterator[tuple[int, list[SetupMessage], list[Joined]]]:
    """Fill `auth`, `asked_ns` and `accepted_ns`; messages in time order.

    Gives rows of sessions with messages that are theirs, and why.
    """
    accepted = _accepted(messages)
    on_link: dict[int, list[SetupMessage]] = defaultdict(list)
    for message in messages:
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
            yield row, asked, [(m.order, Reason.NAMED, m.order) for m in asked]
        done = [e for e in accepted[mn] if after_ns < (e.done_ns or 0) <= begin_ns]
        if done:
            last = done[-1]
            sessions["asked_ns"][row] = last.begin_ns
            sessions["accepted_ns"][row] = NULL if last.done_ns is None else last.done_ns
            sessions["auth"][row] = _method(last.messages) or sessions["auth"][row]
            yield row, last.messages, [*_by_name(last.messages)]


def _accepted(messages: Iterable[SetupMessage]) -> dict[int, list[Exchange]]:
    """By mobile node: exchanges with the AAA server that ended with an accept."""
    asked: dict[tuple[int, int, int], SetupMessage] = {}
    open_ones: dict[int, Exchange] = {}
    found: dict[int, list[Exchange]] = defaultdict(list)
    for message in messages:
        if message.kind in _ON_LINK or not is_about_identity(message.kind):
            continue
        if message.kind in _REQUESTS:
            mn = message.mn_id
            asked[message.src, message.dst, message.identifier] = message
        else:
            request = asked.get((message.dst, message.src, message.identifier))
            mn = message.mn_id if request is None else request.mn_id
        exchange = open_ones.get(mn)
        if exchange is None or message.time_ns - exchange.begin_ns > PATIENCE_NS:
            if message.kind not in _REQUESTS:
                continue
            exchange = open_ones[mn] = Exchange(Access.UNKNOWN)
        exchange.messages.append(message)
        accepts = _accepts(message)
        if accepts is not None:
            del open_ones[mn]
            exchange.done_ns = message.time_ns
            if accepts and mn >= 0:
                found[mn].append(exchange)
    return found


def _accepts(message: SetupMessage) -> bool | None:
    """Whether it lets the node in; None for a request, and for an answer that asks for more."""
    if message.kind in (_ACCEPT, _REJECT):
        return message.kind == _ACCEPT
    goes_on = message.status // 1000 == _DIAMETER_GOES_ON
    if not message.kind.endswith("-answer") or goes_on:
        return None
    return message.status // 1000 == _DIAMETER_SUCCESS


def _method(messages: Iterable[SetupMessage]) -> int:
    """The method's number (`model.METHODS`), 0 for none; EAP, where it is used, is what counts."""
    marks = 0
    for message in messages:
        marks |= max(message.marks, 0)
    for number, mark in ((3, Mark.EAP), (2, Mark.CHAP), (1, Mark.PAP)):
        if marks & mark:
            return number
    return 0


def _by_name(messages: list[SetupMessage]) -> Iterator[Joined]:
    """A response has the number of a request, which names the node."""
    asked: dict[int, int] = {}
    for message in messages:
        if message.kind in _REQUESTS:
            asked[message.identifier] = message.order
            yield message.order, Reason.NAMED, message.order
        else:
            source = asked.get(message.identifier, message.order)
            reason = Reason.NAMED if source == message.order else Reason.EXCHANGE
            yield message.order, reason, source
