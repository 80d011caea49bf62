"""Rebuilds each mobile node's session and its handoffs from signalling, message by message.

Theory of operation. Messages come in time order. Each is joined to a session by the mobile node's
identity, else by its home address. A session knows the router that serves the mobile node (its
last accepted binding) and what answers it waits for: `pending` maps (care-of address, sequence
number) to the role of the Binding Update that was sent, so a Binding Acknowledgement needs no
guess. A handoff attempt begins with a HO Request, or with the Binding Update of a router that never
asked; it is settled by the Binding Acknowledgement, and its user plane is read when its window
ends, at the next attempt's first Binding Update or at the end of the session.
"""

from __future__ import annotations

from operator import attrgetter

import numpy as np

from dissectors.profile import Profile
from dissectors.scan.addresses import AddressBook
from dissectors.scan.batch import MessageBatch, Scanned
from dissectors.scan.kinds import MessageKind
from dissectors.scan.tunnels import Tunnels
from netmip6scope.correlate.bicast import Pair
from netmip6scope.correlate.model import NEVER, UNKNOWN, Handoff, Session, State
from netmip6scope.correlate.user_plane import DOWN, UP, UserPlane, boundaries_of

REJECTED = 128
_BU, _BA, _RS, _RA = map(int, (MessageKind.BU, MessageKind.BA, MessageKind.RS, MessageKind.RA))
_HO_REQUEST, _HO_RESPONSE = int(MessageKind.HO_REQUEST), int(MessageKind.HO_RESPONSE)
_MAP_FLAG = 0x0800
_MAX_SOLICITING = 1 << 18


Joined = tuple[Session | None, Handoff | None]
"""What a message belongs to."""


class Correlator:
    """Feed it scanned batches in time order; then `finish` and read `sessions` and `handoffs`."""

    def __init__(self, profile: Profile, addresses: AddressBook, tunnels: Tunnels) -> None:
        self.profile = profile
        self.addresses = addresses
        self.plane = UserPlane(tunnels)
        self.sessions: list[Session] = []
        self.handoffs: list[Handoff] = []
        self.anchors: set[int] = set()
        self.routers: set[int] = set()
        self.end_ns = NEVER
        self._by_name: dict[int, Session] = {}
        self._by_home: dict[int, Session] = {}
        self._exchanges: dict[tuple[int, int, int], Handoff] = {}
        self._unnamed: dict[tuple[int, int], Session] = {}
        self._solicited: dict[int, int] = {}
        self._awaiting: dict[int, list[tuple[int, Session]]] = {}
        self._none = np.array(
            [addresses.unspecified, addresses.all_ones, addresses.unspecified4], np.int64
        )

    def feed(self, scanned: Scanned) -> list[Joined]:
        """Take one batch; the session and handoff of each of its messages."""
        m = scanned.messages
        # "Assign me one" (all zeros or all ones) is no home address.
        m.hoa[np.isin(m.hoa, self._none)] = UNKNOWN
        m.hoa4[np.isin(m.hoa4, self._none)] = UNKNOWN
        pairs: list[Pair] = []
        if len(scanned.tunnels):
            binding = np.flatnonzero((m.kind == _BU) | (m.kind == _BA))
            pairs = self.plane.load(scanned.tunnels, boundaries_of(m, binding))
        joined = self._messages(m)
        self.plane.release_all()
        for pair in pairs:
            self._bicast(pair)
        return joined

    def _messages(self, m: MessageBatch) -> list[Joined]:
        joined: list[Joined] = []
        join = joined.append
        nothing = (None, None)
        held = self.plane.holds
        for (
            kind,
            frame,
            now,
            src,
            dst,
            hoa,
            coa,
            hoa4,
            name,
            seq,
            lifetime_s,
            status,
            flags,
            identifier,
            prefix,
            ha,
            high,
            low,
            host,
        ) in zip(*self._columns(m), strict=True):
            if kind == _BU:
                if flags & _MAP_FLAG or seq < 0:
                    join(nothing)
                    continue
                if held:
                    self._boundary(hoa, hoa4, now)
                join(
                    self._update(
                        frame, now, src if coa < 0 else coa, dst, hoa, hoa4, name, seq, lifetime_s
                    )
                )
            elif kind == _BA:
                if held:
                    self._boundary(hoa, hoa4, now)
                join(
                    self._ack(
                        frame, now, src, dst, hoa, hoa4, name, seq, lifetime_s, status, (high, low)
                    )
                )
            elif kind == _HO_REQUEST:
                join(self._request(frame, now, src, dst, identifier, name))
            elif kind == _HO_RESPONSE:
                join(self._response(frame, now, src, dst, identifier, status, name, hoa, hoa4, ha))
            elif kind == _RS:
                self._solicit(src, now)
                join(nothing)
            elif kind == _RA and prefix >= 0:
                join((self._advertised(now, dst, high, host), None))
            else:
                join(nothing)
        return joined

    def _columns(self, m: MessageBatch) -> list[list[int]]:
        columns = (
            m.kind,
            m.frame,
            m.time_ns,
            m.src,
            m.dst,
            m.hoa,
            m.coa,
            m.hoa4,
            m.mn_id,
            m.seq,
            m.lifetime_s,
            m.status,
            m.flags,
            m.identifier,
            m.prefix,
            m.ha,
            *self.addresses.halves(np.where(m.kind == _RA, m.prefix, m.hoa)),
            self.addresses.halves(m.dst)[1],
        )
        return [c.tolist() for c in columns]

    def _boundary(self, hoa: int, hoa4: int, now: int) -> None:
        if hoa >= 0:
            self.plane.release(hoa, now)
        if hoa4 >= 0:
            self.plane.release(hoa4, now)

    # Sessions

    def _find(self, name: int, hoa: int, hoa4: int) -> Session | None:
        if name >= 0:
            session = self._by_name.get(name)
            if session is not None:
                return session
        session = self._by_home.get(hoa) or self._by_home.get(hoa4)
        if session is not None and name >= 0 and session.mn_id not in (name, UNKNOWN):
            return None
        return session

    def _open(self, name: int, now: int) -> Session:
        session = Session(name, now)
        self.sessions.append(session)
        if name >= 0:
            self._by_name[name] = session
        return session

    def _home(self, session: Session, hoa: int, hoa4: int) -> None:
        """The session holds these home addresses; another session that did has ended."""
        if hoa >= 0 and session.hoa != hoa:
            self._take(session, hoa)
            session.hoa = hoa
        if hoa4 >= 0 and session.hoa4 != hoa4:
            self._take(session, hoa4)
            session.hoa4 = hoa4

    def _take(self, session: Session, home: int) -> None:
        holder = self._by_home.get(home)
        if holder is not None and holder is not session:
            self._end(holder)
        self._by_home[home] = session

    def _end(self, session: Session) -> None:
        """Read the last totals: another mobile node may get the home address next."""
        if session.ended:
            return
        session.ended = True
        session.bound = False
        homes = session.homes
        if session.measuring is not None:
            self._close_window(session)
        for home in homes:
            if self.plane.knows(home):
                packets, octets = self.plane.totals(DOWN, home, self.anchors)
                session.dl_packets += packets
                session.dl_bytes += octets
                packets, octets = self.plane.totals(UP, home, self.anchors)
                session.ul_packets += packets
                session.ul_bytes += octets
                self.plane.forget(home)
            if self._by_home.get(home) is session:
                del self._by_home[home]
        if self._by_name.get(session.mn_id) is session:
            del self._by_name[session.mn_id]

    # Binding Update

    def _update(
        self,
        frame: int,
        now: int,
        coa: int,
        ha: int,
        hoa: int,
        hoa4: int,
        name: int,
        seq: int,
        lifetime_s: int,
    ) -> Joined:
        self.anchors.add(ha)
        self.routers.add(coa)
        session = self._find(name, hoa, hoa4)
        if lifetime_s == 0:
            return self._deregister(session, now, coa, seq)
        if session is not None and hoa < 0 and hoa4 < 0 and self._anew(session, coa, now):
            self._end(session)
            session = None
        if session is None:
            session = self._open(name, now)
        handoff = session.open_handoff(coa) if session.handoffs else None
        if handoff is None and session.bound and coa != session.ar:
            if coa in session.path:
                session.pending[coa, seq] = ("stale", None)
                return session, None
            handoff = self._reactive(session, coa, now)
        elif handoff is None and not session.bound and session.attach_ar == UNKNOWN:
            elsewhere = self._seen_elsewhere(hoa, hoa4, coa)
            if elsewhere != UNKNOWN:
                self._home(session, hoa, hoa4)
                handoff = self._reactive(session, coa, now, elsewhere)
        if handoff is None:
            return self._attach_or_renew(session, now, coa, ha, hoa, hoa4, seq), None
        self._home(session, hoa, hoa4)
        session.ha = ha if session.ha == UNKNOWN else session.ha
        if handoff.bu_ns == NEVER:
            if session.measuring is not None:
                self._close_window(session)
            handoff.bu_ns, handoff.bu_frame = now, frame
            for home in (hoa, hoa4):
                self.plane.restart(home, coa)
        handoff.bus += 1
        handoff.last_bu_ns = now
        handoff.ha = ha
        session.pending[coa, seq] = ("handoff", handoff)
        return session, handoff

    def _anew(self, session: Session, coa: int, now: int) -> bool:
        """A BU without home address: an attach, unless it repeats the session's own first BU."""
        patience_ns = self.profile.retransmission_ns
        repeated = session.attach_ar == coa and now - session.first_bu_ns <= patience_ns
        return session.bound and not repeated

    def _reactive(self, session: Session, tar: int, now: int, sar: int = UNKNOWN) -> Handoff:
        """A router registers without having asked for the context."""
        handoff = Handoff(session, session.ar if sar == UNKNOWN else sar, tar, now)
        self._attempt(session, handoff)
        return handoff

    def _attempt(self, session: Session, handoff: Handoff) -> None:
        session.handoffs += (handoff,)
        self.handoffs.append(handoff)

    def _seen_elsewhere(self, hoa: int, hoa4: int, coa: int) -> int:
        """A router whose tunnel the home address used before any binding of it was seen."""
        for home in (hoa, hoa4):
            latest, router = NEVER, UNKNOWN
            for direction in (DOWN, UP):
                for stay in self.plane.stays(direction, home):
                    other = self.plane.router[stay]
                    if other not in self.anchors and self.plane.last_ns[stay] > latest:
                        latest, router = int(self.plane.last_ns[stay]), other
            if router not in (UNKNOWN, coa):
                return router
        return UNKNOWN

    def _attach_or_renew(
        self, session: Session, now: int, coa: int, ha: int, hoa: int, hoa4: int, seq: int
    ) -> Session:
        if session.bound:
            session.pending[coa, seq] = ("renewal", None)
            return session
        if session.first_bu_ns == NEVER or session.attach_ar != coa:
            session.first_bu_ns = now
            session.attach_ar = coa
        session.ha = ha
        self._home(session, hoa, hoa4)
        session.pending[coa, seq] = ("attach", None)
        if session.mn_id == UNKNOWN:
            self._unnamed[coa, seq] = session
        return session

    def _deregister(self, session: Session | None, now: int, coa: int, seq: int) -> Joined:
        if session is None:
            return None, None
        for handoff in reversed(session.handoffs):
            waiting = not handoff.accepted and handoff.ba_ns == NEVER
            if handoff.sar == coa and handoff.bu_ns != NEVER and (coa != session.ar or waiting):
                if handoff.teardown_ns == NEVER:
                    self._read_sar(handoff, session)
                    handoff.teardown_ns = now
                session.pending[coa, seq] = ("teardown", handoff)
                return session, handoff
        session.pending[coa, seq] = ("release", None)
        return session, None

    # Binding Acknowledgement

    def _ack(
        self,
        frame: int,
        now: int,
        ha: int,
        coa: int,
        hoa: int,
        hoa4: int,
        name: int,
        seq: int,
        lifetime_s: int,
        status: int,
        halves: tuple[int, int],
    ) -> Joined:
        """`halves`: prefix and interface identifier of `hoa`."""
        self.anchors.add(ha)
        session = self._find(name, hoa, hoa4)
        if session is None:
            session = self._unnamed.pop((coa, seq), None)
        if session is None:
            return None, None
        role, handoff = session.pending.pop((coa, seq), ("", None))
        accepted = 0 <= status < REJECTED
        if role == "handoff" and handoff is not None:
            self._settle(session, handoff, frame, now, status, lifetime_s)
        elif role == "attach":
            self._attached(session, now, ha, coa, hoa, hoa4, lifetime_s, halves, accepted=accepted)
        elif role in ("renewal", "stale") and accepted:
            session.bound_until_ns = now + lifetime_s * 1_000_000_000
        elif role == "release" and accepted and coa == session.ar:
            session.state, session.end_ns = State.RELEASED, now
            self._end(session)
        return session, handoff

    def _attached(
        self,
        session: Session,
        now: int,
        ha: int,
        coa: int,
        hoa: int,
        hoa4: int,
        lifetime_s: int,
        halves: tuple[int, int],
        *,
        accepted: bool,
    ) -> None:
        if not accepted:
            if session.state == State.PARTIAL:
                session.state = State.REJECTED
            return
        session.state, session.bound = State.ACTIVE, True
        session.ha, session.ar = ha, coa
        session.path += (coa,)
        session.accepted_ba_ns = now
        session.bound_until_ns = now + lifetime_s * 1_000_000_000
        self._home(session, hoa, hoa4)
        if hoa >= 0:
            self._awaiting.setdefault(halves[0], []).append((halves[1], session))

    def _settle(
        self, session: Session, handoff: Handoff, frame: int, now: int, status: int, lifetime_s: int
    ) -> None:
        """A BA answers the handoff's Binding Update."""
        if handoff.accepted:
            return
        handoff.ba_ns, handoff.ba_frame, handoff.ba_status = now, frame, status
        if not 0 <= status < REJECTED:
            return
        handoff.accepted = True
        if not session.path and handoff.sar != UNKNOWN:
            session.path = (handoff.sar,)
        session.path += (handoff.tar,)
        session.ar = handoff.tar
        session.state, session.bound = State.ACTIVE, True
        session.measuring = handoff
        session.bound_until_ns = now + lifetime_s * 1_000_000_000
        handoff.sar_packets_at_ba = self.plane.count(DOWN, session.homes, handoff.sar)

    # HO Request and HO Response

    def _request(
        self, frame: int, now: int, tar: int, sar: int, identifier: int, name: int
    ) -> Joined:
        self.routers.update((tar, sar))
        key = (tar, sar, identifier)
        handoff = self._exchanges.get(key)
        if (
            handoff is not None
            and not handoff.accepted
            and (name < 0 or handoff.session.mn_id in (name, UNKNOWN))
        ):
            handoff.ho_requests += 1
            handoff.last_request_ns = now
            if handoff.ho_request_ns == NEVER:
                handoff.ho_request_ns, handoff.ho_request_frame = now, frame
            return handoff.session, handoff
        session = self._by_name.get(name) if name >= 0 else None
        if session is None:
            session = self._open(name, now)
        handoff = Handoff(session, sar, tar, now)
        handoff.identifier = identifier
        handoff.ho_request_ns = handoff.last_request_ns = now
        handoff.ho_request_frame, handoff.ho_requests = frame, 1
        self._exchanges[key] = handoff
        self._attempt(session, handoff)
        return session, handoff

    def _response(
        self,
        frame: int,
        now: int,
        sar: int,
        tar: int,
        identifier: int,
        status: int,
        name: int,
        hoa: int,
        hoa4: int,
        ha: int,
    ) -> Joined:
        self.routers.update((tar, sar))
        key = (tar, sar, identifier)
        handoff = self._exchanges.get(key)
        if handoff is None:
            session = self._find(name, hoa, hoa4)
            if session is not None or name < 0:
                return session, None
            # The mobile node is new here, so its HO Request was sent before the capture began.
            session = self._open(name, now)
            handoff = Handoff(session, sar, tar, now)
            handoff.identifier = identifier
            self._exchanges[key] = handoff
            self._attempt(session, handoff)
        session = handoff.session
        if session.mn_id == UNKNOWN:
            session = self._reveal(handoff, name, hoa, hoa4)
        if not handoff.accepted:
            handoff.ho_response_ns, handoff.ho_response_frame = now, frame
            handoff.ho_status = status
            if status == 0:
                self._home(session, hoa, hoa4)
                session.ha = ha if session.ha == UNKNOWN else session.ha
        return session, handoff

    def _reveal(self, handoff: Handoff, name: int, hoa: int, hoa4: int) -> Session:
        """A request without identity: the response may tell whose context was asked for."""
        known = self._find(name, hoa, hoa4)
        if known is None or known is handoff.session:
            return handoff.session
        self.sessions.remove(handoff.session)
        handoff.session = known
        known.handoffs += (handoff,)
        return known

    # Router Solicitation and Advertisement

    def _solicit(self, src: int, now: int) -> None:
        """Remember the first of a mobile node's solicitations, for a bounded number of them."""
        self._solicited.setdefault(src, now)
        if len(self._solicited) > _MAX_SOLICITING:
            del self._solicited[next(iter(self._solicited))]

    def _advertised(self, now: int, dst: int, prefix: int, host: int) -> Session | None:
        """A RA with the home address's prefix answers whom it is sent to.

        That is the mobile node with the interface identifier `host`, else the one that has waited
        longest. Halves of addresses come as words.
        """
        waiting = self._awaiting.get(prefix)
        if waiting is None:
            return None
        at = next((n for n, (own, _) in enumerate(waiting) if own == host), 0)
        session = waiting.pop(at)[1]
        if not waiting:
            del self._awaiting[prefix]
        session.answered_ns = now
        session.access = "slaac"
        session.solicited_ns = self._solicited.pop(dst, NEVER)
        return session

    # User plane of a handoff

    def _read_sar(self, handoff: Handoff, session: Session) -> None:
        homes = session.homes
        handoff.last_dl_sar_ns = self.plane.last(DOWN, homes, handoff.sar)
        handoff.last_ul_sar_ns = self.plane.last(UP, homes, handoff.sar)

    def _close_window(self, session: Session) -> None:
        """The window of the session's latest settled handoff ends: read what it measured."""
        handoff = session.measuring
        if handoff is None:
            return
        session.measuring = None
        homes = session.homes
        if handoff.teardown_ns == NEVER:
            self._read_sar(handoff, session)
        handoff.first_dl_tar_ns = self.plane.first(DOWN, homes, handoff.tar)
        handoff.first_ul_tar_ns = self.plane.first(UP, homes, handoff.tar)
        late = self.plane.count(DOWN, homes, handoff.sar) - handoff.sar_packets_at_ba
        handoff.late_sar = late

    def _bicast(self, pair: Pair) -> None:
        session = self._by_home.get(pair.hoa)
        if session is None or not set(pair.ars).isdisjoint(self.anchors):
            return
        session.dl_packets -= 1
        session.dl_bytes -= pair.length
        latest = max(pair.times_ns)
        for handoff in reversed(session.handoffs):
            if (
                handoff.bu_ns == NEVER
                or handoff.bu_ns > latest
                or {handoff.sar, handoff.tar} != set(pair.ars)
            ):
                continue
            handoff.bicast += 1
            sar_ns = pair.times_ns[pair.ars.index(handoff.sar)]
            if handoff.accepted and sar_ns > handoff.ba_ns:
                handoff.bicast_after_ba += 1
            return

    def finish(self, end_ns: int) -> None:
        """The capture ends: close windows, age bindings out, number all rows by their start."""
        self.end_ns = end_ns
        for session in self.sessions:
            self._end(session)
            if session.state == State.ACTIVE and session.bound_until_ns < end_ns:
                session.state, session.end_ns = State.EXPIRED, session.bound_until_ns
            if session.solicited_ns != NEVER:
                session.start_ns = min(session.start_ns, session.solicited_ns)
        self.sessions.sort(key=attrgetter("start_ns"))
        self.handoffs.sort(key=attrgetter("start_ns"))
        for number, session in enumerate(self.sessions, 1):
            session.number = number
        for number, handoff in enumerate(self.handoffs, 1):
            handoff.number = number
