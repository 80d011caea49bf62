"""One mobile node's story: its signalling, message by message, becomes sessions and handoffs.

Theory of operation. A session knows the router that serves the mobile node (the last accepted
binding's) and what answers it waits for: each Binding Update is kept with its role, so a Binding
Acknowledgement needs no guess. A handoff attempt begins with a HO Request, or with the Binding
Update of a router that never asked; the Binding Acknowledgement settles it. Its window, in which
user packets count for it, ends at the next attempt's first Binding Update.

What an event holds (`event`) is only compared, added and kept, never used as an index or a key:
`shapes` runs this code once for all mobile nodes whose messages compare alike. Unknown addresses
and numbers of an event are -1; what a session or a handoff does not know is None.
"""

from __future__ import annotations

from collections.abc import Iterable

from dissectors.handoff import Access
from dissectors.scan.kinds import MessageKind
from netmip6scope.correlate.event import LOCAL_UPDATE, REJECTED, TAKEN, Event
from netmip6scope.correlate.judge import Judge, is_repeated
from netmip6scope.correlate.model import (
    Finding,
    Handoff,
    HandoffKind,
    Role,
    Session,
    State,
    Waiting,
)
from netmip6scope.correlate.outcome import outcome_of

OUT_OF_WINDOW = 135
"""Its BA carries the sequence number that the home agent has, not the one that it refuses."""
MOST_WAITING = 16
SECOND_NS = 1_000_000_000

_CONTEXT = 0x8000
"""C of a HO Request: the highest of its flags."""


class Story:
    """Tell it all events in time order, then `finish`; read `sessions`, `handoffs`, `joined`."""

    def __init__(self, patience_ns: int) -> None:
        self.sessions: list[Session] = []
        self.handoffs: list[Handoff] = []
        self.joined: list[tuple[Session | None, Handoff | None]] = []
        self._patience_ns = patience_ns
        self._judge = Judge(patience_ns)
        self._session: Session | None = None
        self._solicited: tuple[int, Event] | None = None
        """The first Router Solicitation of a set-up, and its place in `joined`."""

    def tell(self, events: Iterable[Event]) -> None:
        """Take events; `joined` gets the session and handoff of each."""
        for event in events:
            self.joined.append(_INPUTS[event.kind](self, event))

    def finish(self, end_ns: int) -> None:
        """The capture ends here: bindings age out, and what is open gets its outcome."""
        if self._session is not None:
            self._end(self._session, None)
        for session in self.sessions:
            if session.state is State.ACTIVE and session.bound_until_ns < end_ns:
                session.state, session.end_ns = State.EXPIRED, session.bound_until_ns
        self._forget_unasked()
        for handoff in self.handoffs:
            handoff.outcome, handoff.status = outcome_of(handoff, end_ns, self._patience_ns)
            self._judge.unanswered_request(handoff)
        for session in self.sessions:
            self._judge.unanswered_updates(session, end_ns)

    def _forget_unasked(self) -> None:
        """A HO Response that fits no request and that nothing follows is no handoff."""
        for handoff in [h for h in self.handoffs if not h.ho_requests and not h.bus]:
            session = handoff.session
            self.handoffs.remove(handoff)
            session.handoffs.remove(handoff)
            assert handoff.answer is not None
            self._judge.unasked(handoff.answer, session)
        lone = [s for s in self.sessions if s.attach_ar is s.ar is None and not s.handoffs]
        self.sessions = [s for s in self.sessions if s not in lone]
        self._judge.forget(lone, self.handoffs)
        self.joined = [
            (None if s in lone else s, h if h in self.handoffs else None) for s, h in self.joined
        ]
        for place, session in enumerate(self.sessions):
            session.place = place
        for place, handoff in enumerate(self.handoffs):
            handoff.place = place

    @property
    def findings(self) -> list[Finding]:
        """What went wrong in exchanges."""
        return self._judge.findings

    # Sessions

    def _open(self, event: Event) -> Session:
        session = self._session = Session(len(self.sessions), event.order, event.time_ns)
        self.sessions.append(session)
        return session

    def _end(self, session: Session, time_ns: int | None) -> None:
        if session.measuring is not None:
            session.measuring.window_end_ns = time_ns
        self._session = None

    def _home(self, session: Session, event: Event) -> None:
        if event.hoa >= 0:
            session.hoa = event.hoa
        if event.hoa4 >= 0:
            session.hoa4 = event.hoa4

    def taken(self, event: Event) -> Joined:
        session = self._session
        if session is not None and (
            (event.hoa >= 0 and session.hoa == event.hoa)
            or (event.hoa4 >= 0 and session.hoa4 == event.hoa4)
        ):
            self._judge.held_twice(session, event)
            self._end(session, event.time_ns)
        elif session is not None and session.rcoa is not None and session.rcoa == event.hoa:
            self._judge.held_twice(session, event)
        return None, None

    def _attempt(self, session: Session, sar: int, tar: int, event: Event) -> Handoff:
        handoff = Handoff(session, len(self.handoffs), event.order, event.time_ns, sar, tar)
        session.handoffs.append(handoff)
        self.handoffs.append(handoff)
        return handoff

    # Binding Update

    def update(self, event: Event) -> Joined:
        session = self._session
        if event.lifetime_s == 0:
            return self._deregister(session, event)
        if session is not None and session.rcoa is not None and session.rcoa == event.coa:
            return self._update_behind_map(session, event)
        if session is not None and self._is_new_attach(session, event):
            self._end(session, event.time_ns)
            session = None
        if session is None:
            session = self._open(event)
        handoff = self._registering(session, event)
        if handoff is None:
            return self._attach_or_renew(session, event)
        self._home(session, event)
        if session.ha is None:
            session.ha = event.dst
        handoff.ha = event.dst
        self._registered(session, handoff, event)
        self._wait(session, event, Role.HANDOFF, handoff)
        return session, handoff

    def _registering(self, session: Session, event: Event) -> Handoff | None:
        """The attempt that this Binding Update belongs to, one that begins with it included."""
        handoff = session.open_attempt(event.coa)
        if handoff is not None:
            return handoff
        if session.ar is session.attach_ar is None and event.via >= 0:
            return self._attempt(session, event.via, event.coa, event)
        if session.ar is not None and session.ar == event.coa:
            return session.repeated(event)
        if session.ar is None or event.coa in session.path:
            return None
        handoff = self._attempt(session, session.ar, event.coa, event)
        handoff.sar_known = True
        return handoff

    def _registered(self, session: Session, handoff: Handoff, event: Event) -> None:
        if handoff.bus == 0:
            if session.measuring is not None:
                session.measuring.window_end_ns = event.time_ns
                session.measuring = None
            handoff.bu_ns, handoff.bu_frame = event.time_ns, event.frame
            handoff.first_bu = event
        handoff.bus += 1
        handoff.last_bu_ns, handoff.last_seq = event.time_ns, event.seq

    def update_map(self, event: Event) -> Joined:
        """A Binding Update to a MAP: the source is the LCoA, the home address slot has the RCoA."""
        session = self._session
        if event.lifetime_s == 0:
            return self._deregister(session, event)
        if session is None:
            session = self._open(event)
        handoff = self._registering(session, event)
        if handoff is None:
            return self._attach_or_renew(session, event, local=True)
        if handoff.map is None:
            stays = session.map is None or session.map == event.dst
            handoff.kind = HandoffKind.INTRA_MAP if stays else HandoffKind.INTER_MAP
            handoff.map = event.dst
        self._registered(session, handoff, event)
        final = handoff.kind is HandoffKind.INTRA_MAP
        self._wait(session, event, Role.HANDOFF if final else Role.LOCAL_HANDOFF, handoff)
        return session, handoff

    def _update_behind_map(self, session: Session, event: Event) -> Joined:
        """The home agent learns of the RCoA: at attach, after a move between MAPs, or again."""
        handoff = session.moving()
        self._home(session, event)
        session.ha = event.dst
        if handoff is not None:
            handoff.bus += 1
            handoff.last_bu_ns = event.time_ns
            handoff.ha = event.dst
            self._wait(session, event, Role.HANDOFF, handoff)
        else:
            again = session.accepted_ba_ns is not None
            self._wait(session, event, Role.RENEWAL if again else Role.ATTACH, None)
        return session, handoff

    def _is_new_attach(self, session: Session, event: Event) -> bool:
        """A BU without home address, unless it repeats the session's own first BU."""
        if session.ar is None or event.hoa >= 0 or event.hoa4 >= 0:
            return False
        repeated = (
            session.attach_ar is not None
            and session.first_bu_ns is not None
            and session.attach_ar == event.coa
            and event.time_ns - session.first_bu_ns <= self._patience_ns
        )
        return not repeated

    def _attach_or_renew(self, session: Session, event: Event, *, local: bool = False) -> Joined:
        """Not a handoff's; also that of an AR which the mobile node has left (BU-STALE)."""
        if session.ar is not None:
            if session.ar != event.coa:
                self._judge.stale(session, event)
            self._wait(session, event, Role.RENEWAL, None)
            return session, None
        if session.attach_ar is None or session.attach_ar != event.coa:
            session.first_bu_ns, session.attach_ar = event.time_ns, event.coa
        if local:
            session.map = event.dst
        else:
            session.ha = event.dst
            self._home(session, event)
        self._solicited_by(session, event)
        self._wait(session, event, Role.LOCAL_ATTACH if local else Role.ATTACH, None)
        return session, None

    def _solicited_by(self, session: Session, event: Event) -> None:
        """The Router Solicitation shortly before an attach is where the session begins."""
        if self._solicited is None:
            return
        place, first = self._solicited
        self._solicited = None
        if event.time_ns - first.time_ns <= self._patience_ns:
            session.order, session.start_ns = first.order, first.time_ns
            session.solicited_ns = first.time_ns
            self.joined[place] = session, None

    def _deregister(self, session: Session | None, event: Event) -> Joined:
        """Lifetime 0: a SAR's tear-down after a handoff, or the end of the session."""
        if session is None:
            return None, None
        for handoff in reversed(session.handoffs):
            # A SAR may end its binding as soon as it has given the context away.
            begun = handoff.bus > 0 or handoff.responded
            if not begun or handoff.sar != event.coa:
                continue
            serves = session.ar is not None and session.ar == event.coa
            if not serves or (not handoff.accepted and handoff.ba_ns is None):
                if handoff.teardown_ns is None:
                    handoff.teardown_ns = event.time_ns
                self._wait(session, event, Role.TEARDOWN, handoff)
                return session, handoff
        self._wait(session, event, Role.RELEASE, None)
        return session, None

    def _wait(self, session: Session, event: Event, role: Role, handoff: Handoff | None) -> None:
        session.waiting.append(Waiting(event, role, handoff))
        del session.waiting[:-MOST_WAITING]

    # Binding Acknowledgement

    def ack(self, event: Event) -> Joined:
        session = self._session
        if session is None:
            return None, None
        update = self._answered(session, event)
        role, handoff = (None, None) if update is None else (update.role, update.handoff)
        accepted = event.status < REJECTED
        self._judge.answered(session, event, update, accepted=accepted)
        if handoff is not None and role in (Role.HANDOFF, Role.LOCAL_HANDOFF):
            self._settle(session, handoff, event, accepted, final=role is Role.HANDOFF)
        elif role in (Role.ATTACH, Role.LOCAL_ATTACH):
            self._attached(session, event, accepted, local=role is Role.LOCAL_ATTACH)
        elif role is Role.RENEWAL and accepted:
            session.bound_until_ns = event.time_ns + event.lifetime_s * SECOND_NS
        elif role is Role.RELEASE and accepted and event.dst in (session.ar, session.rcoa):
            session.state, session.end_ns = State.RELEASED, event.time_ns
            self._end(session, event.time_ns)
        return session, handoff

    def _answered(self, session: Session, event: Event) -> Waiting | None:
        """The Binding Update that is answered: it and those that it repeats wait no longer."""
        for update in reversed(session.waiting):
            if update.event.coa == event.dst and (
                update.event.seq == event.seq or event.status == OUT_OF_WINDOW
            ):
                session.waiting = [
                    w for w in session.waiting if w is not update and not is_repeated(w, update)
                ]
                return update
        return None

    def _attached(self, session: Session, event: Event, accepted: bool, *, local: bool) -> None:
        if not accepted:
            if session.accepted_ba_ns is None:
                session.state = State.REJECTED
            return
        session.state = State.ACTIVE
        session.bound_until_ns = event.time_ns + event.lifetime_s * SECOND_NS
        if local or session.map is None:
            session.ar, session.ar_net = event.dst, event.net
            session.path.append(event.dst)
        if local:
            self._local(session, event)
        else:
            session.ha, session.accepted_ba_ns = event.src, event.time_ns
            self._home(session, event)
            if event.home_net >= 0:
                session.home_net = event.home_net

    def _local(self, session: Session, event: Event) -> None:
        """What a MAP's acceptance tells."""
        session.map = event.src
        if event.hoa >= 0:
            session.rcoa = event.hoa

    def _settle(
        self, session: Session, handoff: Handoff, event: Event, accepted: bool, *, final: bool
    ) -> None:
        """A BA answers the handoff's Binding Update; the last one, unless the HA has yet to."""
        if handoff.accepted:
            return
        if accepted and not final:
            handoff.moved = True
            self._local(session, event)
            session.ar_net = event.net
            return
        handoff.ba_ns, handoff.ba_frame = event.time_ns, event.frame
        if not accepted:
            handoff.refusal = event.status
            return
        handoff.accepted = True
        self._judge.settled(session, handoff, event)
        if handoff.kind is not HandoffKind.INTER_MAP:
            session.ar_net = event.net
        if handoff.kind is HandoffKind.INTRA_MAP:
            self._local(session, event)
        if not session.path and handoff.sar is not None:
            session.path.append(handoff.sar)
        session.path.append(handoff.tar)
        session.state, session.ar = State.ACTIVE, handoff.tar
        session.measuring = handoff
        session.bound_until_ns = event.time_ns + event.lifetime_s * SECOND_NS

    # HO Request and HO Response

    def request(self, event: Event) -> Joined:
        session = self._session
        handoff = None if session is None else session.exchange(event.src, event.dst, event)
        if session is None:
            session = self._open(event)
        if handoff is None or self._is_anew(handoff, event):
            handoff = self._attempt(session, event.dst, event.src, event)
            handoff.identifier = event.identifier
        if handoff.ho_requests == 0:
            handoff.ho_request_ns, handoff.ho_request_frame = event.time_ns, event.frame
            handoff.asked, handoff.asked_context = event, event.flags >= _CONTEXT
        handoff.ho_requests += 1
        handoff.last_request_ns = event.time_ns
        return session, handoff

    def _is_anew(self, handoff: Handoff, event: Event) -> bool:
        """A settled exchange's Identifier is used again, for another handoff."""
        asked_ns = handoff.last_request_ns
        waited = asked_ns is None or event.time_ns - asked_ns > self._patience_ns
        return handoff.accepted and waited

    def response(self, event: Event) -> Joined:
        session = self._session
        handoff = None if session is None else session.exchange(event.dst, event.src, event)
        if handoff is None:
            if session is not None:
                self._judge.unasked(event, session)
                return session, None
            # The mobile node is new here, so its HO Request was sent before the capture began.
            session = self._open(event)
            handoff = self._attempt(session, event.src, event.dst, event)
            handoff.identifier = event.identifier
            handoff.answer = event
        assert session is not None
        if handoff.accepted or handoff.responded:
            return session, handoff
        handoff.ho_response_ns, handoff.ho_response_frame = event.time_ns, event.frame
        if event.status != 0:
            handoff.ho_refusal = event.status
            self._judge.refused(session, handoff, event)
            return session, handoff
        handoff.responded = True
        self._judge.context(session, handoff, event)
        self._home(session, event)
        if session.ha is None and event.ha >= 0:
            session.ha = event.ha
        return session, handoff

    # Router Solicitation and Advertisement

    def solicit(self, event: Event) -> Joined:
        known = self._solicited
        if known is None or event.time_ns - known[1].time_ns > self._patience_ns:
            self._solicited = len(self.joined), event
        return None, None

    def advertise(self, event: Event) -> Joined:
        session = self._session
        if session is None:
            return None, None
        if session.home_net is not None and session.home_net != event.net:
            self._judge.told_other(session, event)
        elif session.accepted_ba_ns is not None and session.answered_ns is None:
            session.answered_ns = event.time_ns
            session.access = Access.SLAAC
        return session, None


Joined = tuple[Session | None, Handoff | None]
"""What an event belongs to."""

_INPUTS = {
    int(MessageKind.BU): Story.update,
    int(MessageKind.BA): Story.ack,
    int(MessageKind.HO_REQUEST): Story.request,
    int(MessageKind.HO_RESPONSE): Story.response,
    int(MessageKind.RS): Story.solicit,
    int(MessageKind.RA): Story.advertise,
    LOCAL_UPDATE: Story.update_map,
    TAKEN: Story.taken,
}
KINDS = tuple(_INPUTS)
