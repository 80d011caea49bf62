"""Judges what a story meets: findings about exchanges (CONTRACT 3).

The story says what happened; what of it is worth a finding, and which, is decided here. Events and
records are only compared and added, as in `story`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netmip6scope.correlate.codes import Code
from netmip6scope.correlate.model import (
    Finding,
    Handoff,
    HandoffKind,
    Outcome,
    Role,
    Session,
    Waiting,
)

if TYPE_CHECKING:
    from netmip6scope.correlate.event import Event

LAST_HO_STATUS = 4
"""Higher ones are reserved (draft 4.2)."""
PING_PONG_NS = 10_000_000_000
_ACKNOWLEDGE = 0x8000
"""A of a Binding Update: the highest of its flags."""
_BINDING = (Role.ATTACH, Role.RENEWAL, Role.HANDOFF)


class Judge:
    """Collects the findings of one story."""

    def __init__(self, patience_ns: int) -> None:
        self.findings: list[Finding] = []
        self._patience_ns = patience_ns

    def answered(
        self, session: Session, event: Event, update: Waiting | None, *, accepted: bool
    ) -> None:
        """Findings about what a BA says."""
        handoff = None if update is None else update.handoff
        ends = {"src_address": event.src, "dst_address": event.dst}
        if not accepted:
            status = {"ba_status": event.status}
            self._note(Code.BA_REJECTED, event, session, handoff, ends | status, once=True)
        elif update is not None and update.role in _BINDING:
            asked_s = update.event.lifetime_s
            if event.lifetime_s < asked_s:
                granted = {"granted_s": event.lifetime_s, "asked_s": asked_s}
                src = {"src_address": event.src}
                self._note(Code.BA_SHORT, event, session, handoff, src | granted)
            if event.hoa < 0 and event.hoa4 < 0:
                self._note(Code.BA_NO_HOA, event, session, handoff, ends)

    def settled(self, session: Session, handoff: Handoff, event: Event) -> None:
        """Findings about an accepted handoff; `event` is the BA that settles it."""
        ends = {"tar_address": handoff.tar, "sar_address": handoff.sar}
        known = handoff.sar_known or handoff.ho_requests > 0
        if not handoff.responded and known and handoff.first_bu is not None:
            self._note(Code.BU_REACTIVE, handoff.first_bu, session, handoff, ends)
        told = handoff.kind is not HandoffKind.INTRA_MAP and event.hoa >= 0
        if told and session.hoa is not None and session.hoa != event.hoa:
            kept = {"hoa_address": event.hoa, "earlier_address": session.hoa}
            self._note(Code.BA_HOA_CHANGED, event, session, handoff, kept)
        before = [h for h in session.handoffs if h.accepted and h is not handoff][-1:]
        for last in before:
            assert last.ba_ns is not None
            away_ns = event.time_ns - last.ba_ns
            if last.sar == handoff.tar and away_ns <= PING_PONG_NS:
                kept = ends | {"away_ms": away_ns}
                self._note(Code.PING_PONG, event, session, handoff, kept)

    def refused(self, session: Session, handoff: Handoff, event: Event) -> None:
        """A HO Response refuses; what a reserved status means, nobody knows."""
        if event.status <= LAST_HO_STATUS:
            ends = {"sar_address": event.src, "tar_address": event.dst}
            status = {"ho_status": event.status}
            self._note(Code.HO_REFUSED, event, session, handoff, ends | status, once=True)

    def held_twice(self, session: Session, event: Event) -> None:
        if session.ar is not None and event.time_ns <= session.bound_until_ns:
            address = event.hoa if event.hoa >= 0 else event.hoa4
            self._note(Code.HOA_DUPLICATE, event, session, None, {"hoa_address": address})

    def forget(self, sessions: list[Session], handoffs: list[Handoff]) -> None:
        """These sessions are no more, and of the handoffs only these are left."""
        for finding in self.findings:
            finding.session = None if finding.session in sessions else finding.session
            finding.handoff = finding.handoff if finding.handoff in handoffs else None

    def stale(self, session: Session, event: Event) -> None:
        """An AR that the mobile node has left renews the binding."""
        assert session.ar is not None
        ends = {"src_address": event.coa, "ar_address": session.ar}
        self._note(Code.BU_STALE, event, session, None, ends, once=True)

    def told_other(self, session: Session, event: Event) -> None:
        """A Router Advertisement tells the mobile node another prefix than its home address's."""
        own = session.ar_net is not None and session.ar_net == event.net
        if own and session.map is not None and session.ar is not None:
            ends = {"ar_address": session.ar, "map_address": session.map}
            self._note(Code.MAP_PREFIX, event, session, None, ends, once=True)
        elif session.hoa is not None:
            kept = {"src_address": event.src, "hoa_address": session.hoa}
            self._note(Code.ADDR_MISMATCH, event, session, None, kept, once=True)

    def context(self, session: Session, handoff: Handoff, event: Event) -> None:
        """A HO Response grants the handoff."""
        if handoff.asked_context and event.flags == 0:
            ends = {"sar_address": event.src, "tar_address": event.dst}
            self._note(Code.HO_NO_CONTEXT, event, session, handoff, ends)

    def unasked(self, event: Event, session: Session | None) -> None:
        kept = {"sar_address": event.src, "tar_address": event.dst, "identifier": event.identifier}
        self._note(Code.HO_UNASKED, event, session, None, kept)

    def unanswered_request(self, handoff: Handoff) -> None:
        answered = handoff.responded or handoff.ho_refusal is not None
        given_up = handoff.bus > 0 or handoff.outcome is Outcome.CONTEXT_TIMEOUT
        if handoff.asked is not None and given_up and not answered:
            kept = {"sar_address": handoff.sar, "tar_address": handoff.tar}
            kept["count"] = handoff.ho_requests
            self._note(Code.HO_UNANSWERED, handoff.asked, handoff.session, handoff, kept)

    def unanswered_updates(self, session: Session, end_ns: int) -> None:
        """One finding for each exchange whose last Binding Update has waited too long."""
        for at, waiting in enumerate(session.waiting):
            event = waiting.event
            repeated = any(is_repeated(waiting, later) for later in session.waiting[at + 1 :])
            # Only a Binding Update with the A flag asks for an answer.
            asks = event.flags >= _ACKNOWLEDGE
            if asks and not repeated and end_ns - event.time_ns > self._patience_ns:
                kept = {"dst_address": event.dst, "src_address": event.src, "seq": event.seq}
                self._note(Code.BU_UNANSWERED, event, session, waiting.handoff, kept)

    def _note(
        self,
        code: Code,
        event: Event,
        session: Session | None,
        handoff: Handoff | None,
        kept: dict[str, int],
        *,
        once: bool = False,
    ) -> None:
        """Write a finding down; once: a repeated one of the same attempt or session is counted."""
        for known in self.findings if once else ():
            if known.session is session and known.handoff is handoff and known.code is code:
                known.times += 1
                return
        self.findings.append(Finding(code, event, session, handoff, kept))


def is_repeated(earlier: Waiting, later: Waiting) -> bool:
    """Whether the later Binding Update is for the same thing."""
    same = earlier.role is later.role and earlier.handoff is later.handoff
    return same and earlier.event.coa == later.event.coa
