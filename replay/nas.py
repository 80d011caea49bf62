"""The NAS part of an access router: its ports, and its side of RADIUS (draft 3.1 step 1).

`nas_port` has the table; here its actions become frames to the mobile node and packets to AAA.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv6Address

from dissectors.authentication.secret import NO_KEY, Secret
from dissectors.codec import build, parse
from dissectors.eap import EapExchange, EapResult
from dissectors.errors import ParseError
from dissectors.handoff import LinkAuthentication
from dissectors.layout import Message
from dissectors.ppp import LcpConfigure, PppCode, PppProtocol
from dissectors.ppp_authentication import ChapValue, PapRequest
from dissectors.radius import Radius, RadiusCode
from replay import credentials, nas_port, ppp
from replay.aaa import assigned_home_agent, assigned_key
from replay.events import Effect, Fact, Note, Send, Violation, Why
from replay.frames import EapolFrame, LinkFrame, PppFrame, eap_frame, eap_in
from replay.nas_port import MOST_TRIES, PATIENCE_NS, WAITS, Action, Input, State
from replay.packets import Datagram, Packet
from replay.radius import CLIENT_PORT, PORT, all_of, opened, radius_attribute, request, value_of
from replay.security import MnHaSecurity

_EAP_IN_ATTRIBUTE = 253
_CODES = {
    RadiusCode.ACCESS_CHALLENGE: Input.CHALLENGE,
    RadiusCode.ACCESS_ACCEPT: Input.ACCEPT,
    RadiusCode.ACCESS_REJECT: Input.REJECT,
}


class Signal(Enum):
    """What the router is told."""

    OPENED = "opened"


@dataclass(frozen=True, slots=True)
class NasConfig:
    """The AAA server, and what is shared with it."""

    name: str
    address: IPv6Address
    server: IPv6Address | None = None
    secret: Secret = NO_KEY


class Port:
    """The port towards one mobile node."""

    __slots__ = (
        "association",
        "authentication",
        "credentials",
        "greeting",
        "has_ppp",
        "home",
        "home_agent",
        "identifier",
        "link",
        "mn_id",
        "request",
        "sent_ns",
        "server_state",
        "state",
        "tries",
    )

    def __init__(self, mn_id: bytes) -> None:
        self.mn_id = mn_id
        self.state = State.CLOSED
        self.link = b""
        self.authentication = LinkAuthentication.NONE
        self.has_ppp = False
        self.identifier = 0
        self.greeting: LinkFrame | None = None
        """What is sent again while nothing comes."""
        self.credentials: Message | None = None
        self.server_state: bytes | None = None
        """What a challenge said, for the next request to say again (RFC 2865 5.24)."""
        self.request: tuple[int, bytes, bytes] | None = None
        """Identifier, authenticator and octets of the Access-Request that is open."""
        self.sent_ns = 0
        self.tries = 0
        self.home: IPv6Address | None = None
        self.home_agent: IPv6Address | None = None
        self.association: MnHaSecurity | None = None

    @property
    def is_open(self) -> bool:
        return self.state is State.OPEN

    def deadline_ns(self) -> int | None:
        """When to send again."""
        return self.sent_ns + PATIENCE_NS if self.state in WAITS else None


Found = list[Effect | Signal]


class Nas:
    """All ports of a router."""

    def __init__(self, config: NasConfig) -> None:
        self._config = config
        self._count = 0
        self._asking: dict[int, Port] = {}

    def link_up(self, port: Port, now_ns: int, *, known: bool) -> Found:
        """A mobile node is there; known: its context says who it is."""
        if port.state is not State.CLOSED:
            # Nobody said that it had gone.
            self.give(port, Input.LINK_DOWN, now_ns)
        if known or port.authentication is LinkAuthentication.NONE:
            return self.give(port, Input.ADMIT, now_ns)
        return self.give(port, Input.GREET_PPP if port.has_ppp else Input.GREET, now_ns)

    def frame(self, port: Port, frame: LinkFrame, now_ns: int) -> Found:
        """A frame of link establishment or authentication came from the mobile node."""
        if isinstance(frame, EapolFrame) or frame.protocol is PppProtocol.EAP:
            return self._eap(port, eap_in(frame), now_ns)
        match frame.message:
            case LcpConfigure(code=PppCode.CONFIGURE_REQUEST) as asked:
                answer = ppp.acknowledged(asked)
                return self.give(port, Input.LCP_REQUEST, now_ns, answer)
            case LcpConfigure(code=PppCode.CONFIGURE_ACK):
                return self.give(port, Input.LCP_ACK, now_ns)
            case ChapValue() | PapRequest() as shown:
                if port.state is State.GREETED:
                    port.credentials = shown
                return self.give(port, Input.CREDENTIALS, now_ns)
            case _:
                return []

    def _eap(self, port: Port, eap: Message | None, now_ns: int) -> Found:
        if eap is None:  # EAPOL-Start, which mostly crosses our own greeting
            late = now_ns - port.sent_ns >= PATIENCE_NS // 2
            return self._greet(port, now_ns) if late and port.state is State.GREETED else []
        if not isinstance(eap, EapExchange) or eap.identifier != port.identifier:
            return []
        if port.state is State.GREETED:
            port.credentials = eap
        return self.give(port, Input.CREDENTIALS, now_ns)

    def answered(self, packet: Packet, now_ns: int) -> tuple[Port, Found] | None:
        """A RADIUS packet came; None if it answers nothing that is open."""
        datagram = packet.payload
        assert isinstance(datagram, Datagram)
        if packet.source != self._config.server or len(datagram.data) < 2:
            return None
        port = self._asking.get(datagram.data[1])
        if port is None or port.request is None:
            return None
        answer = opened(datagram.data, self._config.secret, port.request[1])
        given = None if answer is None else _CODES.get(RadiusCode(answer.code))
        if answer is None or given is None:
            return None
        port.association = assigned_key(answer, self._config.secret, port.request[1])
        self._done(port)
        port.server_state = value_of(answer, "State") if given is Input.CHALLENGE else None
        port.home = value_of(answer, "Framed-IPv6-Address")
        port.home_agent = assigned_home_agent(answer)
        eap = _eap_of(answer)
        passed_on = None if eap is None else eap_frame(eap, has_ppp=port.has_ppp)
        return port, self.give(port, given, now_ns, passed_on)

    def due(self, port: Port, now_ns: int) -> Found:
        """A deadline has come."""
        deadline_ns = port.deadline_ns()
        if deadline_ns is None or deadline_ns > now_ns:
            return []
        in_vain = port.state is State.ASKING and port.tries >= MOST_TRIES
        given = Input.GIVE_UP if in_vain else Input.TIMER
        return self.give(port, given, now_ns)

    def give(self, port: Port, given: Input, now_ns: int, answer: LinkFrame | None = None) -> Found:
        """Let the table act; `answer` is what an ACK or CHALLENGE sends."""
        table = nas_port.TABLE
        entry = table.transitions.get((port.state, given))
        if entry is None:
            reason = table.forbidden[port.state, given]
            return [Violation(table.name, port.state.name, given.name, reason)]
        before = port.state
        port.state, action = entry
        port.tries += given is Input.TIMER
        if before is not port.state:
            port.sent_ns, port.tries = now_ns, 0
        return self._act(port, action, now_ns, answer)

    def _act(  # noqa: PLR0911 - one per action
        self, port: Port, action: Action, now_ns: int, answer: LinkFrame | None
    ) -> Found:
        match action:
            case Action.NOTHING:
                return []
            case Action.ADMIT:
                return [Signal.OPENED]
            case Action.CONFIGURE:
                port.identifier = self._next()
                frame = ppp.lcp_request(
                    port.identifier, ppp.magic_of(port.link) ^ 2, port.authentication
                )
                return self._sent(port, frame, now_ns)
            case Action.ACK:
                return [] if answer is None else self._sent(port, answer, now_ns)
            case Action.ACK_AND_GREET:
                acked = [] if answer is None else self._sent(port, answer, now_ns)
                return [*acked, *self._greet(port, now_ns)]
            case Action.GREET:
                return self._greet(port, now_ns)
            case Action.ASK:
                return self._ask(port, now_ns)
            case Action.ASK_AGAIN:
                return self._asked_again(port, now_ns)
            case Action.CHALLENGE:
                return self._challenged(port, answer, now_ns)
            case Action.OPEN | Action.REFUSE:
                return self._ended(port, now_ns, good=action is Action.OPEN)

    def _greet(self, port: Port, now_ns: int) -> Found:
        """Ask who it is; with PAP the mobile node speaks first."""
        if port.greeting is None:
            port.server_state = None
            port.identifier = self._next()
            if port.authentication is LinkAuthentication.EAP:
                asked = credentials.eap_identity_request(port.identifier)
                port.greeting = eap_frame(asked, has_ppp=port.has_ppp)
            elif port.authentication is LinkAuthentication.CHAP:
                name = self._config.name.encode()
                challenge = credentials.chap_challenge(port.identifier, self._number(b"chap"), name)
                port.greeting = PppFrame(PppProtocol.CHAP, challenge)
        port.sent_ns = now_ns
        return [] if port.greeting is None else self._sent(port, port.greeting, now_ns)

    def _challenged(self, port: Port, challenge: LinkFrame | None, now_ns: int) -> Found:
        eap = None if challenge is None else eap_in(challenge)
        if isinstance(eap, EapExchange):
            port.greeting, port.identifier = challenge, eap.identifier
        return self._greet(port, now_ns)

    def _ended(self, port: Port, now_ns: int, *, good: bool) -> Found:
        shown = port.credentials
        if isinstance(shown, ChapValue):
            result: Message = credentials.chap_result(shown.identifier, good=good)
            frame: LinkFrame = PppFrame(PppProtocol.CHAP, result)
        elif isinstance(shown, PapRequest):
            result = credentials.pap_result(shown.identifier, good=good)
            frame = PppFrame(PppProtocol.PAP, result)
        else:
            result = credentials.eap_result(port.identifier, good=good)
            frame = eap_frame(result, has_ppp=port.has_ppp)
        port.greeting = port.credentials = None
        self._done(port)
        fact = Fact.LET_IN if good else Fact.KEPT_OUT
        note = Note(fact, port.mn_id, self._config.address)
        told = [note, *self._sent(port, frame, now_ns)]
        return [*told, Signal.OPENED] if good else told

    def _sent(self, port: Port, frame: LinkFrame, now_ns: int) -> Found:
        port.sent_ns = now_ns
        return [Send(frame, Why.LINK, port.mn_id, port.link)]

    # RADIUS

    def _ask(self, port: Port, now_ns: int) -> Found:
        identifier, authenticator = self._next(), self._number(b"radius")
        attributes = (
            radius_attribute("User-Name", port.mn_id),
            radius_attribute("NAS-IPv6-Address", self._config.address),
            radius_attribute("Calling-Station-Id", port.link.hex("-").upper().encode()),
            *self._shown(port, authenticator),
        )
        if port.server_state is not None:
            attributes = (*attributes, radius_attribute("State", port.server_state))
        octets = request(identifier, authenticator, attributes, self._config.secret)
        port.request = identifier, authenticator, octets
        self._asking[identifier] = port
        return self._asked_again(port, now_ns)

    def _asked_again(self, port: Port, now_ns: int) -> Found:
        assert port.request is not None
        port.sent_ns = now_ns
        if self._config.server is None:
            return []
        datagram = Datagram(CLIENT_PORT, PORT, port.request[2])
        packet = Packet(self._config.address, self._config.server, datagram)
        return [Send(packet, Why.AAA, port.mn_id)]

    def _shown(self, port: Port, authenticator: bytes) -> list[Message]:
        """The credentials as attributes (RFC 2865 5.2, 5.3; RFC 3579 3.1)."""
        shown = port.credentials
        if isinstance(shown, PapRequest):
            secret = self._config.secret.reveal()
            password = credentials.pap_password(shown)
            value = credentials.hidden(password, secret, authenticator)
            return [radius_attribute("User-Password", value)]
        if isinstance(shown, ChapValue):
            greeting = port.greeting
            assert isinstance(greeting, PppFrame)
            assert isinstance(greeting.message, ChapValue)
            digest = bytes((shown.identifier,)) + credentials.chap_value(shown)
            challenge = credentials.chap_value(greeting.message)
            return [
                radius_attribute("CHAP-Password", digest),
                radius_attribute("CHAP-Challenge", challenge),
            ]
        assert shown is not None
        octets = build(shown)
        places = range(0, len(octets), _EAP_IN_ATTRIBUTE)
        parts = (octets[at : at + _EAP_IN_ATTRIBUTE] for at in places)
        return [radius_attribute("EAP-Message", part) for part in parts]

    def _done(self, port: Port) -> None:
        if port.request is not None:
            self._asking.pop(port.request[0], None)
        port.request = None

    def _next(self) -> int:
        self._count += 1
        return self._count & 0xFF

    def _number(self, purpose: bytes) -> bytes:
        """16 octets that do not come twice; in a simulation they are the same each time it runs."""
        self._count += 1
        text = b"%b %b %d" % (self._config.address.packed, purpose, self._count)
        return hashlib.sha256(text).digest()[:16]


def _eap_of(answer: Radius) -> Message | None:
    """The EAP message in an answer."""
    parts = [getattr(each, "value", b"") for each in all_of(answer, "EAP-Message")]
    kind = EapExchange if answer.code == RadiusCode.ACCESS_CHALLENGE else EapResult
    if not parts:
        return None
    try:
        return parse(kind, b"".join(parts))[0]
    except ParseError:
        return None
