"""An access router with its NetMIPv6 client (draft 3, 4, 5 and 6.2).

It finds out whom an event is about, turns it into an input of that mobile node's link session, and
does what the session's table says with the node's registration and context transfer. Signals of
those two go back to the session. Everything is kept per mobile node and dropped when it is over.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from dissectors.handoff import HoRequest, HoResponse
from dissectors.mobility import BindingAcknowledgement
from replay import (
    address_service,
    binding_client,
    context_target,
    link_session,
    nas,
    nas_port,
    radius,
    slaac,
)
from replay.context_exchange import ContextExchange
from replay.events import (
    Arrived,
    AssociationRenewed,
    Deadline,
    Effect,
    Effects,
    Event,
    Fact,
    HandoverIndication,
    LinkDown,
    LinkUp,
    Note,
    Send,
    Spoken,
    Violation,
    Why,
)
from replay.frames import EapolFrame, LinkFrame, PppFrame
from replay.link_session import LETS_GO, SILENCE_NS, WAITS_NS, Action
from replay.mobile import Mobile
from replay.nas import Nas, NasConfig
from replay.packets import Address, Datagram, Packet
from replay.registration import Registration
from replay.router_config import RouterConfig
from replay.security import AhSecurity
from replay.timers import Timers
from replay.wishes import Wishes

Session = link_session.Input
_SIGNS = (Session.LINK_UP, Session.BOUND, Session.GIVEN)
"""What restarts the time of silence, besides what the mobile node sends."""


class AccessRouter:
    """Serving and target access router in one."""

    def __init__(self, config: RouterConfig) -> None:
        self.config = config
        self.mobiles: dict[bytes, Mobile] = {}
        self._by_link: dict[bytes, Mobile] = {}
        self._by_home: dict[Address, Mobile] = {}
        self._timers: Timers[bytes] = Timers()
        self._exchange = ContextExchange(config)
        self._nas = Nas(NasConfig(config.name, config.address, config.server, config.secret))
        self._wishes = Wishes(config)
        self._touched: dict[bytes, Mobile] = {}
        """Those whom the event at hand is about."""

    def addresses(self) -> tuple[IPv4Address | IPv6Address, ...]:
        """Its care-of address."""
        return (self.config.address,)

    def next_deadline_ns(self) -> int | None:
        """The earliest of any mobile node."""
        return self._timers.next_ns()

    def handle(self, event: Event, now_ns: int) -> Effects:
        """Take an event."""
        effects = self._handle(event, now_ns)
        for mobile in self._touched.values():
            self._settle(mobile)
        self._touched.clear()
        return effects

    def _handle(self, event: Event, now_ns: int) -> Effects:  # noqa: PLR0911 - one per event
        match event:
            case Arrived(packet=Packet() as packet, link=None):
                return self._from_network(packet, now_ns)
            case Arrived(packet=Packet() as packet, link=bytes() as link):
                return self._from_mobile(packet, link, now_ns)
            case Deadline():
                return self._due(now_ns)
            case Arrived(packet=EapolFrame() | PppFrame() as frame, link=bytes() as link):
                return self._frame(frame, link, now_ns)
            case LinkUp():
                return self._connected(event, now_ns)
            case LinkDown():
                return self._disconnected(event.link, now_ns)
            case HandoverIndication():
                return self._announced(event, now_ns)
            case AssociationRenewed():
                self._exchange.associations.start_anew(event.router)
                return ()
            case Arrived() | Spoken():
                return ()

    # Replay, which knows of a trace what a model cannot

    def look_again(self, mobile: Mobile) -> None:
        """What is known of a mobile node was changed from outside: wait for what it waits for."""
        self._settle(mobile)

    def overdue(self, now_ns: int) -> list[Mobile]:
        """Those whose deadline has come; each must be looked at again."""
        return [self.mobiles[mn_id] for mn_id in self._timers.due(now_ns)]

    def deadline_of(self, mn_id: bytes) -> int | None:
        """When it is the mobile node's turn."""
        mobile = self.mobiles.get(mn_id)
        return None if mobile is None else self._deadline_ns(mobile)

    def holder(self, home: Address) -> Mobile | None:
        """Whose home address it is."""
        return self._by_home.get(home)

    def wait_for(self, mobile: Mobile | None) -> None:
        """Wait for one mobile node alone, or for none."""
        self._timers = Timers()
        if mobile is not None:
            self._settle(mobile)

    def wait_as(self, other: AccessRouter, mn_id: bytes) -> None:
        """Wait for what another waits for, but for one mobile node, that is this router's own."""
        self._timers = other._timers
        self._timers.set(mn_id, None)
        mobile = self.mobiles.get(mn_id)
        if mobile is not None:
            self._settle(mobile)

    def renumber(self, mobile: Mobile, identifier: int, sent_ns: int) -> None:
        """Its HO Request had this Identifier."""
        self._exchange.renumber(mobile, identifier, sent_ns)

    def go_on_from(self, receiver: Address, sequence: int) -> AhSecurity | None:
        """The last AH to another router had this number; the association with it."""
        return self._exchange.associations.go_on_from(receiver, sequence)

    # Mobile nodes

    def _known(self, mn_id: bytes) -> Mobile:
        mobile = self.mobiles.get(mn_id)
        if mobile is None:
            config = self.config
            registration = Registration(config.address, config.domain, config.settings)
            mobile = self.mobiles[mn_id] = Mobile(mn_id, registration)
        return mobile

    def _connected(self, event: LinkUp, now_ns: int) -> Effects:
        """The link session begins when the port is open."""
        mobile = self._known(event.mn_id)
        mobile.link = mobile.port.link = event.link
        mobile.port.authentication = event.authentication
        mobile.port.has_ppp = event.has_ppp
        self._by_link[event.link] = mobile
        known = mobile.session in link_session.HOLDS_CONTEXT
        note = Note(Fact.LINK_UP, event.mn_id, self.config.address)
        return (
            note,
            *self._ported(mobile, self._nas.link_up(mobile.port, now_ns, known=known), now_ns),
        )

    def _ported(self, mobile: Mobile, found: list[Effect | nas.Signal], now_ns: int) -> Effects:
        """Effects of the port as they are; when it opens the link is up."""
        out: list[Effect] = []
        for one in found:
            if one is nas.Signal.OPENED:
                out += self._give(mobile, Session.LINK_UP, now_ns)
            elif not isinstance(one, nas.Signal):
                out.append(one)
        self._touched[mobile.mn_id] = mobile
        return tuple(out)

    def _frame(self, frame: LinkFrame, link: bytes, now_ns: int) -> Effects:
        mobile = self._by_link.get(link)
        if mobile is None:
            return ()
        if not mobile.port.is_open:
            return self._ported(mobile, self._nas.frame(mobile.port, frame, now_ns), now_ns)
        mobile.heard_ns = now_ns
        given, effects = address_service.take_frame(mobile, frame, self.config.link)
        if given is not None:
            effects = (*effects, *self._give(mobile, given, now_ns))
        ported = self._ported(mobile, self._nas.frame(mobile.port, frame, now_ns), now_ns)
        return (*effects, *ported)

    def _disconnected(self, link: bytes, now_ns: int) -> Effects:
        mobile = self._by_link.pop(link, None)
        if mobile is None:
            return ()
        mobile.link = None
        was_open = mobile.port.is_open
        self._nas.give(mobile.port, nas_port.Input.LINK_DOWN, now_ns)
        note = Note(Fact.LINK_DOWN, mobile.mn_id, self.config.address)
        if not was_open:
            self._touched[mobile.mn_id] = mobile
            return (note,)
        return (note, *self._give(mobile, Session.LINK_DOWN, now_ns))

    def _announced(self, event: HandoverIndication, now_ns: int) -> Effects:
        mobile = self._known(event.mn_id)
        self._exchange.begin(mobile, event.serving_router)
        note = Note(Fact.TRIGGERED, event.mn_id, event.serving_router, self.config.address)
        return (note, *self._give(mobile, Session.ANNOUNCED, now_ns))

    def _give(self, mobile: Mobile, given: Session, now_ns: int) -> Effects:
        """Let the session's table act, and those that it sets in motion."""
        entry = link_session.TABLE.transitions.get((mobile.session, given))
        if entry is None:
            reason = link_session.TABLE.forbidden[mobile.session, given]
            name = link_session.TABLE.name
            return (Violation(name, mobile.session.name, given.name, reason),)
        before = mobile.session
        mobile.session, action = entry
        if before is not mobile.session:
            mobile.since_ns = now_ns
        if given in _SIGNS:
            mobile.heard_ns = now_ns
        effects = self._act(mobile, action, now_ns)
        self._touched[mobile.mn_id] = mobile
        return effects

    def _act(self, mobile: Mobile, action: Action, now_ns: int) -> Effects:  # noqa: PLR0911
        registration = mobile.registration
        match action:
            case Action.NOTHING:
                return ()
            case Action.FETCH:
                found = self._exchange.step(mobile, context_target.Input.TRIGGER, now_ns)
                return self._transferred(mobile, found, now_ns)
            case Action.REGISTER | Action.REGISTER_HEARD | Action.REGISTER_CONTEXT:
                if registration.busy:
                    return self._signalled(mobile, registration.renew(now_ns), now_ns)
                wanted = self._wishes.wanted(mobile, action)
                return self._signalled(mobile, registration.start(wanted, now_ns), now_ns)
            case Action.ADVERTISE:
                return address_service.give(mobile, self.config.link, self.config.advertised)
            case Action.PROBE:
                return self._probe(mobile, now_ns)
            case Action.RENEW:
                note = Note(Fact.HANDOFF_CANCELLED, mobile.mn_id, self.config.address)
                return (note, *self._signalled(mobile, registration.renew(now_ns), now_ns))
            case Action.RELEASE | Action.FORGET:
                return self._signalled(mobile, registration.stop(now_ns), now_ns)

    def _settle(self, mobile: Mobile) -> None:
        """Bring what is looked up and waited for in line with the mobile node's state."""
        over = mobile.session is link_session.State.AWAY
        if over:
            self._exchange.drop(mobile)
        closed = mobile.port.state is nas_port.State.CLOSED
        if over and closed and mobile.registration.idle:
            self.mobiles.pop(mobile.mn_id, None)
            self._timers.set(mobile.mn_id, None)
            self._wishes.keep_sequence(mobile)
            for home in mobile.homes:
                if self._by_home.get(home) is mobile:
                    del self._by_home[home]
            return
        for home in mobile.homes:
            self._by_home[home] = mobile
        self._timers.set(mobile.mn_id, self._deadline_ns(mobile))

    def _deadline_ns(self, mobile: Mobile) -> int | None:
        paused = mobile.session in LETS_GO
        found = [mobile.registration.deadline_ns(paused=paused), mobile.port.deadline_ns()]
        if mobile.session in WAITS_NS:
            found.append(mobile.since_ns + WAITS_NS[mobile.session])
        if mobile.session in SILENCE_NS:
            found.append(mobile.heard_ns + SILENCE_NS[mobile.session])
        if mobile.transfer is not None:
            found.append(context_target.deadline_ns(mobile.transfer_state, mobile.transfer))
        return min((each for each in found if each is not None), default=None)

    def _due(self, now_ns: int) -> Effects:
        out: list[Effect] = []
        for mn_id in list(self._timers.due(now_ns)):
            mobile = self.mobiles[mn_id]
            transfer = mobile.transfer
            if transfer is not None:
                asked_ns = context_target.deadline_ns(mobile.transfer_state, transfer)
                if asked_ns is not None and asked_ns <= now_ns:
                    what = context_target.due(transfer)
                    asked = self._exchange.step(mobile, what, now_ns)
                    out += self._transferred(mobile, asked, now_ns)
            out += self._ported(mobile, self._nas.due(mobile.port, now_ns), now_ns)
            paused = mobile.session in LETS_GO
            found = mobile.registration.due(now_ns, paused=paused)
            out += self._signalled(mobile, found, now_ns)
            wait_ns = WAITS_NS.get(mobile.session)
            if wait_ns is not None and mobile.since_ns + wait_ns <= now_ns:
                out += self._give(mobile, Session.WAIT_OVER, now_ns)
            silence_ns = SILENCE_NS.get(mobile.session)
            if silence_ns is not None and mobile.heard_ns + silence_ns <= now_ns:
                out += self._give(mobile, Session.SILENT, now_ns)
            self._touched[mobile.mn_id] = mobile
        return tuple(out)

    # Registration

    def _signalled(
        self,
        mobile: Mobile,
        found: list[Effect | binding_client.Signal] | tuple[Effect | binding_client.Signal, ...],
        now_ns: int,
    ) -> Effects:
        """Effects as they are; signals become inputs of the session."""
        out: list[Effect] = []
        for one in found:
            if one is binding_client.Signal.BOUND:
                out += self._give(mobile, Session.BOUND, now_ns)
            elif one is binding_client.Signal.REFUSED:
                out += self._give(mobile, Session.REFUSED, now_ns)
            elif not isinstance(one, binding_client.Signal):
                out.append(one)
        self._touched[mobile.mn_id] = mobile
        return tuple(out)

    def _probe(self, mobile: Mobile, now_ns: int) -> Effects:
        mobile.heard_ns = now_ns
        if mobile.link is None:
            return ()
        if self.config.clings:
            return self._give(mobile, Session.ALIVE, now_ns)
        packet = slaac.probe(self.config.link, mobile.link)
        return (Send(packet, Why.NEIGHBOR, mobile.mn_id, mobile.link),)

    # What mobile nodes send

    def _from_mobile(self, packet: Packet, link: bytes, now_ns: int) -> Effects:
        mobile = self._by_link.get(link)
        if mobile is None:
            return ()
        if not mobile.port.is_open:
            return ()
        mobile.heard_ns = now_ns
        taken = address_service.take(mobile, packet, self.config.link)
        if taken is not None:
            given, found = taken
            return (*found, *(self._give(mobile, given, now_ns) if given is not None else ()))
        mobile.heard = packet.source
        effects = self._give(mobile, Session.HEARD, now_ns)
        return (*effects, *self._tunnelled(mobile, packet))

    def _tunnelled(self, mobile: Mobile, packet: Packet) -> Effects:
        registration = mobile.registration
        home = registration.home
        if home is None or not registration.bound or packet.source not in mobile.homes:
            return (Note(Fact.DROPPED, mobile.mn_id, packet.source, self.config.address),)
        tunnel = Packet(home.binding.care_of, home.binding.peer, packet)
        if self.config.domain is not None:
            tunnel = Packet(self.config.address, self.config.domain.map, tunnel)
        return (Send(tunnel, Why.TUNNELLED, mobile.mn_id),)

    # What the network sends

    def _from_network(self, packet: Packet, now_ns: int) -> Effects:
        match packet.payload:
            case Packet() as inner:
                return self._downlink(inner, now_ns)
            case BindingAcknowledgement():
                return self._acknowledged(packet, now_ns)
            case HoRequest():
                return self._asked(packet, now_ns)
            case HoResponse():
                return self._answered(packet, now_ns)
            case Datagram(source_port=radius.PORT):
                return self._authorized(packet, now_ns)
            case _:
                return ()

    def _authorized(self, packet: Packet, now_ns: int) -> Effects:
        """AAA has answered."""
        answered = self._nas.answered(packet, now_ns)
        if answered is None:
            return ()
        port, found = answered
        mobile = self.mobiles.get(port.mn_id)
        return () if mobile is None else self._ported(mobile, found, now_ns)

    def _downlink(self, inner: Packet, now_ns: int) -> Effects:
        if isinstance(inner.payload, BindingAcknowledgement):
            return self._acknowledged(inner, now_ns)
        if isinstance(inner.payload, Packet):
            inner = inner.payload
        mobile = self._by_home.get(inner.destination)
        if mobile is None or mobile.link is None:
            mn_id = b"" if mobile is None else mobile.mn_id
            return (Note(Fact.DROPPED, mn_id, inner.destination, self.config.address),)
        return (Send(inner, Why.USER, mobile.mn_id, mobile.link),)

    def _acknowledged(self, packet: Packet, now_ns: int) -> Effects:
        message = packet.payload
        assert isinstance(message, BindingAcknowledgement)
        mn_id = binding_client.named(message.options)
        mobile = self.mobiles.get(mn_id) if mn_id is not None else None
        if mobile is None:
            return ()
        return self._signalled(mobile, mobile.registration.answered(packet, now_ns), now_ns)

    # Context transfer

    def _asked(self, packet: Packet, now_ns: int) -> Effects:
        effects, mobile = self._exchange.asked(packet, self.mobiles, now_ns)
        if mobile is None:
            return effects
        return (*effects, *self._give(mobile, Session.GIVEN, now_ns))

    def _answered(self, packet: Packet, now_ns: int) -> Effects:
        mobile, response = self._exchange.answered(packet), packet.payload
        if mobile is None:
            return ()
        assert isinstance(response, HoResponse)
        given = context_target.classify(response)
        found = self._exchange.step(mobile, given, now_ns, response)
        return self._transferred(mobile, found, now_ns)

    def _transferred(
        self, mobile: Mobile, found: list[Effect | context_target.Signal], now_ns: int
    ) -> Effects:
        """Effects as they are; signals become inputs of the session."""
        self._touched[mobile.mn_id] = mobile
        out: list[Effect] = []
        for one in found:
            if one is context_target.Signal.GRANTED:
                out += self._granted(mobile, now_ns)
            elif one is context_target.Signal.FAILED:
                out += self._give(mobile, Session.NO_CONTEXT, now_ns)
            elif not isinstance(one, context_target.Signal):
                out.append(one)
        return tuple(out)

    def _granted(self, mobile: Mobile, now_ns: int) -> Effects:
        """The context says who the mobile node is and how it got its address."""
        assert mobile.transfer is not None
        context = mobile.transfer.context
        assert context is not None
        mobile.access = context.access
        mobile.port.home_agent = context.home_agent
        mobile.port.association = context.association
        effects = self._give(mobile, Session.CONTEXT, now_ns)
        if mobile.link is None or mobile.port.is_open:
            return effects
        admitted = self._nas.give(mobile.port, nas_port.Input.ADMIT, now_ns)
        return (*effects, *self._ported(mobile, admitted, now_ns))
