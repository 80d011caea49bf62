"""Which findings a simulation deserves, by its own record: how often each code of CONTRACT 3.

Only what nodes do wrong, or have done to them; what a capture hides is not this module's business.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from dissectors.handoff import HoRequest, HoResponse
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from replay.binding_client import REJECTED
from replay.packets import Address, Packet
from replay.record import Attempt, Record, Seen, Stay
from replay.record_rows import outcome
from replay.security import authentication_of

PING_PONG_NS = 10_000_000_000
SETTLED_NS = 1_000_000_000
"""From so long after the first uplink through the TAR its traffic is judged."""


def finding_codes(
    record: Record, seen: Iterable[Seen], end_ns: int, patience_ns: int
) -> Counter[str]:
    """How many findings there are of each code; the capture ends at `end_ns`."""
    found: Counter[str] = Counter()
    packets = [one.sent.send.packet for one in seen]
    found.update(_of_messages([p for p in packets if isinstance(p, Packet)]))
    routers = {router for stay in record.stays for router in _routers(stay)}
    for stay in record.stays:
        found.update(_of_exchanges(stay))
        for attempt in stay.attempts:
            found.update(_of_attempt(attempt, stay, end_ns, patience_ns))
            if outcome(attempt, end_ns, patience_ns)[0] != "incomplete":
                found["HO-ROGUE"] += bool(attempt.requests) and attempt.tar not in routers
    return +found


def _routers(stay: Stay) -> Iterable[Address]:
    """Those that registered the mobile node, or tried to."""
    yield from stay.path
    for attempt in stay.attempts:
        if attempt.updates:
            yield attempt.tar


def _of_messages(packets: Iterable[Packet]) -> Iterable[str]:
    for packet in packets:
        if isinstance(packet.payload, HoRequest | HoResponse) and packet.ah is None:
            yield "HO-NO-AH"
        if isinstance(packet.payload, HoRequest) and not packet.payload.options:
            yield "HO-NO-ID"
        if isinstance(packet.payload, BindingUpdate) and authentication_of(packet) is None:
            yield "BU-NO-AUTH"


def _of_attempt(attempt: Attempt, stay: Stay, end_ns: int, patience_ns: int) -> Iterable[str]:
    ended, _ = outcome(attempt, end_ns, patience_ns)
    if attempt.status:
        yield "HO-REFUSED"
    silent = attempt.requests and attempt.status is None
    if silent and (attempt.updates or ended == "context-timeout"):
        yield "HO-UNANSWERED"
    if ended == "reactive":
        yield "BU-REACTIVE"
    if attempt.acceptance is not None and _is_back(attempt, stay):
        yield "PING-PONG"
    if attempt.acceptance is not None:
        yield from _of_traffic(attempt, stay)


def _is_back(attempt: Attempt, stay: Stay) -> bool:
    """To where it came from a moment ago."""
    assert attempt.acceptance is not None
    settled = [a for a in stay.attempts if a.acceptance is not None]
    place = settled.index(attempt)
    if place == 0 or settled[place - 1].sar != attempt.tar:
        return False
    before = settled[place - 1].acceptance
    assert before is not None
    return attempt.acceptance.time_ns - before.time_ns <= PING_PONG_NS


def _of_traffic(attempt: Attempt, stay: Stay) -> Iterable[str]:
    """Downlink to the SAR long after the mobile node spoke through the TAR."""
    begin_ns = attempt.updates[0].time_ns
    later = [a.updates[0].time_ns for a in stay.attempts if a.updates and a is not attempt]
    until_ns = min((at for at in later if at > begin_ns), default=1 << 62)
    inside = [c for c in stay.carried if begin_ns <= c.time_ns < until_ns]
    heard = [c.time_ns for c in inside if not c.down and c.router == attempt.tar]
    if not heard:
        return
    settled_ns = min(heard) + SETTLED_NS
    down = {c.router for c in inside if c.down and c.time_ns > settled_ns}
    if attempt.sar in down:
        yield "TUN-NOT-TORN" if attempt.tar in down else "TUN-BLACKHOLE"


def _of_exchanges(stay: Stay) -> Iterable[str]:
    """One BA-REJECTED per attempt, and for what is no attempt; one BA-SHORT per answer."""
    rejected = set()
    for update, answer, attempt in stay.answers:
        ack, asked = _payload(answer), _payload(update)
        assert isinstance(ack, BindingAcknowledgement)
        assert isinstance(asked, BindingUpdate)
        if ack.status >= REJECTED:
            rejected.add(id(attempt))
        elif ack.lifetime < asked.lifetime:
            yield "BA-SHORT"
    yield from ["BA-REJECTED"] * len(rejected)
    if stay.stale:
        yield "BU-STALE"


def _payload(one: Seen) -> object:
    packet = one.sent.send.packet
    assert isinstance(packet, Packet)
    while isinstance(packet.payload, Packet):
        packet = packet.payload
    return packet.payload
