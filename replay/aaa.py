"""The home AAA server: RADIUS with EAP-MD5, CHAP and PAP (draft 3.1 step 1b).

It may name a mobile node's home agent and the key with it (as WiMAX does: hHA-IP-MIP6, MN-hHA-MIP6)
and its home address (Framed-IPv6-Address, RFC 6911). A request that comes again is answered as
before (RFC 5080 2.2.2).
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Address, IPv6Address

from dissectors.attributes import attribute
from dissectors.authentication.secret import Secret
from dissectors.codec import build, parse
from dissectors.eap import EapExchange, EapIdentity
from dissectors.errors import ParseError
from dissectors.layout import Message, Unknown
from dissectors.radius import Radius, RadiusCode
from dissectors.radius_attributes import VendorSpecific
from dissectors.radius_vendors import Wimax
from dissectors.registries import WIMAX_ATTRIBUTES
from replay import credentials
from replay.events import Arrived, Effects, Event, Send, Violation, Why
from replay.machine import Label, Table
from replay.packets import Address, Datagram, Packet
from replay.radius import PORT, all_of, opened, radius_attribute, response, value_of
from replay.security import MnHaSecurity

MOST_ANSWERS = 256
SESSION_TIMEOUT_S = 86_400
_HOME_AGENT, _KEY, _SPI = "WiMAX-hHA-IP-MIP6", "WiMAX-MN-hHA-MIP6-Key", "WiMAX-MN-hHA-MIP6-SPI"
MIP6_INTEGRATED = 1
"""RFC 5447 4.2.5."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A mobile node's profile."""

    secret: Secret
    home_agent: IPv6Address | None = None
    home: IPv6Address | None = None
    refused: bool = False
    association: MnHaSecurity | None = None
    """What Binding Updates for it are authenticated with (draft 7)."""


@dataclass(frozen=True, slots=True)
class AaaConfig:
    """One server. Clients: access routers, and the secrets shared with them."""

    name: str
    address: IPv6Address
    clients: dict[Address, Secret] = field(default_factory=dict)
    subscribers: dict[bytes, Subscriber] = field(default_factory=dict)


class State(Label):
    """How far a mobile node's authentication is."""

    IDLE = "idle"
    CHALLENGED = "challenged"


class Input(Label):
    """What an Access-Request brings."""

    IDENTITY = "identity"
    GOOD = "right credentials"
    BAD = "wrong credentials"
    UNKNOWN = "nobody known, or refused"


class Action(Enum):
    """What the server answers."""

    CHALLENGE = "challenge"
    ACCEPT = "accept"
    REJECT = "reject"


_S, _I, _A = State, Input, Action
TABLE: Table[State, Input, Action] = Table(
    "AAA server",
    State,
    Input,
    {
        (_S.IDLE, _I.IDENTITY): (_S.CHALLENGED, _A.CHALLENGE),
        # PAP and CHAP need no challenge of the server's own.
        (_S.IDLE, _I.GOOD): (_S.IDLE, _A.ACCEPT),
        (_S.IDLE, _I.BAD): (_S.IDLE, _A.REJECT),
        (_S.IDLE, _I.UNKNOWN): (_S.IDLE, _A.REJECT),
        (_S.CHALLENGED, _I.IDENTITY): (_S.CHALLENGED, _A.CHALLENGE),
        (_S.CHALLENGED, _I.GOOD): (_S.IDLE, _A.ACCEPT),
        (_S.CHALLENGED, _I.BAD): (_S.IDLE, _A.REJECT),
        (_S.CHALLENGED, _I.UNKNOWN): (_S.IDLE, _A.REJECT),
    },
    {},
)


class AaaServer:
    """Answers access routers."""

    def __init__(self, config: AaaConfig) -> None:
        self.config = config
        self._states: dict[bytes, State] = {}
        self._challenges: dict[bytes, tuple[int, bytes]] = {}
        self._answers: OrderedDict[tuple[Address, int, bytes], bytes] = OrderedDict()
        self._count = 0

    def addresses(self) -> tuple[IPv4Address | IPv6Address, ...]:
        """Its own."""
        return (self.config.address,)

    def next_deadline_ns(self) -> int | None:
        """It waits for nothing."""
        return None

    def handle(self, event: Event, now_ns: int) -> Effects:
        """Take an event."""
        del now_ns
        match event:
            case Arrived(packet=Packet(payload=Datagram(destination_port=1812)) as packet):
                return self._asked(packet)
            case _:
                return ()

    def _asked(self, packet: Packet) -> Effects:
        datagram = packet.payload
        assert isinstance(datagram, Datagram)
        secret = self.config.clients.get(packet.source)
        asked = None if secret is None else opened(datagram.data, secret)
        if asked is None or secret is None or asked.code != RadiusCode.ACCESS_REQUEST:
            return ()
        mn_id: bytes = value_of(asked, "User-Name") or b""
        key = (packet.source, asked.identifier, asked.authenticator)
        if key not in self._answers:
            answer = self._decided(asked, mn_id, secret)
            if isinstance(answer, Violation):
                return (answer,)
            self._answers[key] = answer
            if len(self._answers) > MOST_ANSWERS:
                self._answers.popitem(last=False)
        reply = Datagram(PORT, datagram.source_port, self._answers[key])
        answered = Packet(self.config.address, packet.source, reply)
        return (Send(answered, Why.AAA, mn_id),)

    def _decided(self, asked: Radius, mn_id: bytes, secret: Secret) -> bytes | Violation:
        given = self._classify(asked, mn_id, secret)
        state = self._states.get(mn_id, State.IDLE)
        self._states[mn_id], action = TABLE.transitions[state, given]
        eap = _eap(asked)
        if action is Action.CHALLENGE:
            assert eap is not None
            again = radius_attribute("State", _state(mn_id))
            attributes = (self._challenge(mn_id, eap.identifier), again)
            return response(RadiusCode.ACCESS_CHALLENGE, asked, attributes, secret)
        good = action is Action.ACCEPT
        found = self._profile(mn_id, asked, secret) if good else []
        if eap is not None:
            result = credentials.eap_result(eap.identifier, good=good)
            found.append(radius_attribute("EAP-Message", build(result)))
        code = RadiusCode.ACCESS_ACCEPT if good else RadiusCode.ACCESS_REJECT
        return response(code, asked, tuple(found), secret)

    def _classify(self, asked: Radius, mn_id: bytes, secret: Secret) -> Input:
        subscriber = self.config.subscribers.get(mn_id)
        if subscriber is None or subscriber.refused:
            return Input.UNKNOWN
        eap = _eap(asked)
        if eap is not None and eap.method and isinstance(eap.method[0], EapIdentity):
            return Input.IDENTITY
        own = subscriber.secret.reveal()
        if eap is not None:
            identifier, challenge = self._challenges.get(mn_id, (-1, b""))
            value = credentials.eap_md5_value(eap)
            right = eap.identifier == identifier and value_of(asked, "State") == _state(mn_id)
            right = right and value == credentials.digest(identifier, own, challenge)
            return Input.GOOD if right else Input.BAD
        return Input.GOOD if _has(asked, own, secret) else Input.BAD

    def _challenge(self, mn_id: bytes, identifier: int) -> Message:
        """No two challenges are alike; in a simulation they are the same each time it runs."""
        self._count += 1
        text = b"%b %d %b" % (self.config.name.encode(), self._count, mn_id)
        challenge = hashlib.md5(text, usedforsecurity=False).digest()
        self._challenges[mn_id] = identifier + 1 & 0xFF, challenge
        request = credentials.eap_challenge(identifier + 1 & 0xFF, challenge)
        return radius_attribute("EAP-Message", build(request))

    def _profile(self, mn_id: bytes, asked: Radius, secret: Secret) -> list[Message]:
        """What the access router is told of a mobile node that it may serve."""
        subscriber = self.config.subscribers[mn_id]
        told: list[Message] = [
            radius_attribute("User-Name", mn_id),
            radius_attribute("Session-Timeout", SESSION_TIMEOUT_S),
            radius_attribute("MIP6-Feature-Vector", MIP6_INTEGRATED),
        ]
        if subscriber.home is not None:
            told.append(radius_attribute("Framed-IPv6-Address", subscriber.home))
        mobility: list[Message] = []
        if subscriber.home_agent is not None:
            mobility.append(_wimax(_HOME_AGENT, subscriber.home_agent))
        if subscriber.association is not None:
            self._count += 1
            key = subscriber.association.key.reveal()
            salt = 1 << 15 | self._count & 0x7FFF
            value = credentials.hidden_key(key, secret.reveal(), asked.authenticator, salt)
            mobility += [_wimax(_KEY, value), _wimax(_SPI, subscriber.association.spi)]
        if mobility:
            told.append(VendorSpecific((Wimax(tuple(mobility)),)))
        return told


def assigned_home_agent(packet: Radius) -> IPv6Address | None:
    """The home agent that an Access-Accept names."""
    address = _wimax_of(packet, _HOME_AGENT)
    return address if isinstance(address, IPv6Address) else None


def assigned_key(packet: Radius, secret: Secret, authenticator: bytes) -> MnHaSecurity | None:
    """The key that an Access-Accept brings; authenticator: of the request answered."""
    value, spi = _wimax_of(packet, _KEY), _wimax_of(packet, _SPI)
    if not isinstance(value, bytes) or not isinstance(spi, int):
        return None
    key = credentials.revealed_key(value, secret.reveal(), authenticator)
    return None if key is None else MnHaSecurity(spi, Secret(key))


def _wimax(name: str, value: object) -> Message:
    return attribute(WIMAX_ATTRIBUTES, name, value=value)


def _wimax_of(packet: Radius, name: str) -> object:
    """The value of one of WiMAX's attributes; None if there is none."""
    for each in packet.attributes:
        for vendor in each.vendor if isinstance(each, VendorSpecific) else ():
            for found in vendor.attributes if isinstance(vendor, Wimax) else ():
                if not isinstance(found, Unknown) and found.layout.label == name:
                    value: object = getattr(found, "value", None)
                    return value
    return None


def _state(mn_id: bytes) -> bytes:
    """What the router gives back with the next request (RFC 2865 5.24)."""
    return hashlib.md5(mn_id, usedforsecurity=False).digest()[:8]


def _has(asked: Radius, own: bytes, secret: Secret) -> bool:
    """Whether a request holds the right password, or the right digest of it."""
    chap = value_of(asked, "CHAP-Password")
    if chap is not None:
        challenge = value_of(asked, "CHAP-Challenge") or asked.authenticator
        return bool(chap[1:] == credentials.digest(chap[0], own, challenge))
    value = value_of(asked, "User-Password")
    if value is None:
        return False
    return credentials.revealed(value, secret.reveal(), asked.authenticator) == own


def _eap(asked: Radius) -> EapExchange | None:
    """The EAP message that a request carries, in one attribute or several (RFC 3579 3.1)."""
    parts = [getattr(each, "value", b"") for each in all_of(asked, "EAP-Message")]
    if not parts:
        return None
    try:
        message, odd = parse(EapExchange, b"".join(parts))
    except ParseError:
        return None
    return None if odd else message
