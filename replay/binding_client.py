"""The NetMIPv6 client: registers a mobile node at its home agent or MAP and keeps it there.

One binding per mobile node and peer (draft 3.1, 3.3, 5.1, 6.2). A Binding Update is sent again
with a higher sequence number after 1.5 s (1 s if a binding exists), then after twice as long, up to
32 s, as long as it has a purpose (RFC 6275 11.8). A binding is refreshed when four fifths of its
lifetime have passed. A refusal for the sequence number or the timestamp is answered with what the
refusal tells (RFC 6275 11.7.3, RFC 4285 6); any other ends the attempt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from ipaddress import IPv4Address, IPv6Address

from dissectors.layout import Message, Options
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from dissectors.mobility_codes import BindingStatus, MnIdSubtype
from dissectors.mobility_options import (
    AlternateCareOfAddress,
    Ipv4AddressAcknowledgement,
    Ipv4HomeAddress,
    MesgId,
    MobileNodeIdentifier,
)
from replay import ntp
from replay.events import Effect, Fact, Note, Send, Why
from replay.machine import Label, Table, never
from replay.ntp import SECOND_NS
from replay.packets import UNSPECIFIED, Packet
from replay.security import MnHaSecurity, is_signed_with, signed

REJECTED = 128
UNIT_S = 4
"""Lifetimes count four seconds (RFC 6275 6.1.7)."""
FIRST_TIMEOUT_NS = 1_500_000_000
"""RFC 6275 12: InitialBindackTimeoutFirstReg."""
TIMEOUT_NS = SECOND_NS
"""RFC 6275 12: INITIAL_BINDACK_TIMEOUT."""
LONGEST_TIMEOUT_NS = 32 * SECOND_NS
"""RFC 6275 12: MAX_BINDACK_TIMEOUT."""
ANY_IPV4 = IPv4Address(0)
_ONE_ADDRESS = 32


@dataclass(frozen=True, slots=True)
class Settings:
    """How a client registers. `clock_ahead_ns`: its clock, as it goes, minus the true time."""

    lifetime_units: int = 150
    timestamps: bool = True
    clock_ahead_ns: int = 0
    no_home: IPv6Address = UNSPECIFIED
    """What stands for "assign one" (WIRE.md: all zeros or all ones)."""


@dataclass(frozen=True, slots=True)
class Binding:
    """What the client knows of one binding. `home4`: None where no IPv4 address is wanted."""

    mn_id: bytes
    care_of: IPv6Address
    peer: IPv6Address
    why: Why = Why.ATTACH
    home: IPv6Address | None = None
    home4: IPv4Address | None = None
    local: bool = False
    """It is a MAP's binding: LCoA to RCoA (draft 5.1)."""
    association: MnHaSecurity | None = None
    sequence: int = 0
    timestamp: int = 0
    clock_step: int = 0
    """Seconds that the peer's clock was found to be ahead."""
    lifetime_units: int = 0
    """Granted; 0 if nothing is bound."""
    sent_ns: int = 0
    timeout_ns: int = FIRST_TIMEOUT_NS
    refresh_ns: int = 0
    expires_ns: int = 0

    @property
    def has_home(self) -> bool:
        return self.home is not None or self.home4 not in (None, ANY_IPV4)


class State(Label):
    """Where a binding stands."""

    IDLE = "idle"
    REGISTERING = "registering"
    REGISTERED = "registered"
    REFRESHING = "refreshing"
    RELEASING = "releasing"


class Input(Label):
    """What can happen to it."""

    START = "start"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    OUT_OF_WINDOW = "sequence number out of window"
    ID_MISMATCH = "timestamp out of window"
    STRAY = "stray acknowledgement"
    RESEND = "time to send again"
    REFRESH = "time to refresh"
    EXPIRED = "lifetime over"
    STOP = "stop"
    FORGET = "stop without a home address"


class Signal(Enum):
    """What the access router's other machines are told."""

    BOUND = "bound"
    REFUSED = "refused"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Given:
    """What comes with an input: the acknowledgement, or the binding to start with."""

    now_ns: int
    settings: Settings
    packet: Packet | None = None
    wanted: Binding | None = None

    @property
    def ack(self) -> BindingAcknowledgement:
        assert self.packet is not None
        message = self.packet.payload
        assert isinstance(message, BindingAcknowledgement)
        return message


Outcome = tuple[Binding, tuple[Effect | Signal, ...]]
Action = Callable[[Binding, Given], Outcome]


def classify(binding: Binding, packet: Packet) -> Input:
    """What an acknowledgement from the binding's peer means."""
    ack = packet.payload
    assert isinstance(ack, BindingAcknowledgement)
    if binding.association is not None and not is_signed_with(packet, binding.association):
        return Input.STRAY
    if ack.status == BindingStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW:
        return Input.OUT_OF_WINDOW
    if ack.sequence != binding.sequence:
        return Input.STRAY
    if ack.status == BindingStatus.MIPV6_ID_MISMATCH:
        return Input.ID_MISMATCH
    if ack.status >= REJECTED:
        return Input.REFUSED
    told = packet.routed is not None or _ipv4_home(ack) is not None
    return Input.ACCEPTED if told or binding.has_home else Input.REFUSED


def deadline_ns(state: State, binding: Binding) -> int | None:
    """When the binding needs attention next."""
    if state is State.REGISTERED:
        return binding.refresh_ns
    if state is State.IDLE:
        return None
    resend_ns = binding.sent_ns + binding.timeout_ns
    if state is State.REGISTERING:
        return resend_ns
    # A lifetime that was over before is found so when the update is sent.
    return min(resend_ns, max(binding.expires_ns, binding.sent_ns))


def due(state: State, binding: Binding, now_ns: int) -> Input:
    """What a deadline that has come means."""
    if state is State.REGISTERED:
        return Input.REFRESH
    bound = state in (State.REFRESHING, State.RELEASING)
    return Input.EXPIRED if bound and binding.expires_ns <= now_ns else Input.RESEND


def named(options: Options) -> bytes | None:
    """The NAI in a binding message's options."""
    for option in options:
        if isinstance(option, MobileNodeIdentifier) and option.subtype == MnIdSubtype.NAI:
            return option.identifier
    return None


def stopping(binding: Binding) -> Input:
    """How to end it: a binding without a home address has nothing to be called by."""
    return Input.STOP if binding.has_home else Input.FORGET


def start(_: Binding, given: Given) -> Outcome:
    assert given.wanted is not None
    first_ns = FIRST_TIMEOUT_NS if given.wanted.why is Why.ATTACH else TIMEOUT_NS
    return _update(replace(given.wanted, timeout_ns=first_ns), given)


def start_again(binding: Binding, given: Given) -> Outcome:
    """The home agent has the last number of this care-of address still (WIRE.md)."""
    assert given.wanted is not None
    behind = given.wanted.sequence - binding.sequence & 0xFFFF >= 1 << 15
    wanted = replace(given.wanted, sequence=binding.sequence) if behind else given.wanted
    return start(binding, replace(given, wanted=wanted))


def accept(binding: Binding, given: Given) -> Outcome:
    assert given.packet is not None
    ack = given.ack
    granted_ns = ack.lifetime * UNIT_S * SECOND_NS
    home4 = _ipv4_home(ack)
    bound = replace(
        binding,
        home=given.packet.routed or binding.home,
        home4=binding.home4 if home4 is None else home4,
        lifetime_units=ack.lifetime,
        refresh_ns=given.now_ns + granted_ns * 4 // 5,
        expires_ns=binding.sent_ns + granted_ns,
        timeout_ns=TIMEOUT_NS,
    )
    note = Note(Fact.BOUND, binding.mn_id, bound.home or bound.home4, binding.peer)
    return bound, (note, Signal.BOUND)


def refuse(binding: Binding, given: Given) -> Outcome:
    note = Note(Fact.BINDING_REFUSED, binding.mn_id, binding.peer, number=given.ack.status)
    return binding, (note, Signal.REFUSED)


def raise_sequence(binding: Binding, given: Given) -> Outcome:
    return _update(replace(binding, sequence=given.ack.sequence), given)


def resynchronize(binding: Binding, given: Given) -> Outcome:
    """The high half of the refusal's timestamp is the peer's clock (RFC 4285 6)."""
    theirs = next((o.timestamp for o in given.ack.options if isinstance(o, MesgId)), None)
    if theirs is None:
        return refuse(binding, given)
    step = (theirs >> 32) - (_clock(binding, given) >> 32) + binding.clock_step
    return _update(replace(binding, clock_step=step, timestamp=0), given)


def resend(binding: Binding, given: Given) -> Outcome:
    waited = replace(binding, timeout_ns=min(binding.timeout_ns * 2, LONGEST_TIMEOUT_NS))
    again, effects = _update(waited, given)
    note = Note(Fact.BINDING_SENT_AGAIN, binding.mn_id, binding.peer, number=again.sequence)
    return again, (note, *effects)


def refresh(binding: Binding, given: Given) -> Outcome:
    return _update(replace(binding, why=Why.RENEWAL, timeout_ns=TIMEOUT_NS), given)


def expire(binding: Binding, given: Given) -> Outcome:
    """Go on as if for the first time, with the home address that the mobile node has."""
    note = Note(Fact.BINDING_EXPIRED, binding.mn_id, binding.home or binding.home4, binding.peer)
    lost = replace(binding, lifetime_units=0, timeout_ns=FIRST_TIMEOUT_NS)
    again, effects = _update(lost, given)
    return again, (note, *effects)


def release(binding: Binding, given: Given) -> Outcome:
    patience_ns = given.settings.lifetime_units * UNIT_S * SECOND_NS
    ending = replace(
        binding,
        why=Why.TEARDOWN,
        timeout_ns=TIMEOUT_NS,
        expires_ns=binding.expires_ns or given.now_ns + patience_ns,
    )
    return _update(ending, given)


def end(binding: Binding, _: Given) -> Outcome:
    note = Note(Fact.UNBOUND, binding.mn_id, binding.home or binding.home4, binding.peer)
    return binding, (note, Signal.ENDED)


def ignore(binding: Binding, _: Given) -> Outcome:
    return binding, ()


def _update(binding: Binding, given: Given) -> Outcome:
    """Send a Binding Update with the next sequence number; lifetime 0 takes the binding away."""
    clock = _clock(binding, given)
    stamped = replace(
        binding,
        sequence=binding.sequence + 1 & 0xFFFF,
        timestamp=max(clock, binding.timestamp + 1) if given.settings.timestamps else 0,
        sent_ns=given.now_ns,
    )
    packet = update_packet(stamped, given.settings)
    return stamped, (Send(packet, binding.why, binding.mn_id),)


def update_packet(binding: Binding, settings: Settings) -> Packet:
    """The Binding Update as WIRE.md orders it."""
    options: list[Message] = [
        AlternateCareOfAddress(binding.care_of),
        MobileNodeIdentifier(MnIdSubtype.NAI, binding.mn_id),
    ]
    if binding.home4 is not None:
        options.append(Ipv4HomeAddress(_ONE_ADDRESS, address=binding.home4))
    if settings.timestamps:
        options.append(MesgId(binding.timestamp))
    update = BindingUpdate(
        sequence=binding.sequence,
        ack=True,
        home=not binding.local,
        map_registration=binding.local,
        lifetime=0 if binding.why is Why.TEARDOWN else settings.lifetime_units,
        options=tuple(options),
    )
    home = settings.no_home if binding.home is None else binding.home
    packet = Packet(binding.care_of, binding.peer, update, home_address=home)
    return packet if binding.association is None else signed(packet, binding.association)


def _clock(binding: Binding, given: Given) -> int:
    own = ntp.timestamp(given.now_ns + given.settings.clock_ahead_ns)
    return own + (binding.clock_step << 32) & (1 << 64) - 1


def _ipv4_home(ack: BindingAcknowledgement) -> IPv4Address | None:
    """Of option 30 or 29 (WIRE.md takes both)."""
    for option in ack.options:
        if isinstance(option, Ipv4AddressAcknowledgement) and option.status < REJECTED:
            return option.address
        if isinstance(option, Ipv4HomeAddress):
            return option.address
    return None


_WAITING = (State.REGISTERING, State.REFRESHING, State.RELEASING)
_ACKS = (Input.ACCEPTED, Input.REFUSED, Input.OUT_OF_WINDOW, Input.ID_MISMATCH)

TABLE: Table[State, Input, Action] = Table(
    "binding client",
    State,
    Input,
    {
        (State.IDLE, Input.START): (State.REGISTERING, start),
        (State.IDLE, Input.STRAY): (State.IDLE, ignore),
        (State.REGISTERING, Input.ACCEPTED): (State.REGISTERED, accept),
        (State.REGISTERING, Input.REFUSED): (State.IDLE, refuse),
        (State.REGISTERING, Input.OUT_OF_WINDOW): (State.REGISTERING, raise_sequence),
        (State.REGISTERING, Input.ID_MISMATCH): (State.REGISTERING, resynchronize),
        (State.REGISTERING, Input.STRAY): (State.REGISTERING, ignore),
        (State.REGISTERING, Input.RESEND): (State.REGISTERING, resend),
        (State.REGISTERING, Input.STOP): (State.RELEASING, release),
        (State.REGISTERING, Input.FORGET): (State.IDLE, end),
        (State.REGISTERED, Input.REFRESH): (State.REFRESHING, refresh),
        (State.REGISTERED, Input.STOP): (State.RELEASING, release),
        # The link may have doubled the update: what answers the second copy changes nothing.
        (State.REGISTERED, Input.ACCEPTED): (State.REGISTERED, ignore),
        (State.REGISTERED, Input.REFUSED): (State.REGISTERED, ignore),
        (State.REGISTERED, Input.OUT_OF_WINDOW): (State.REGISTERED, ignore),
        (State.REGISTERED, Input.ID_MISMATCH): (State.REGISTERED, ignore),
        (State.REGISTERED, Input.STRAY): (State.REGISTERED, ignore),
        (State.REFRESHING, Input.ACCEPTED): (State.REGISTERED, accept),
        (State.REFRESHING, Input.REFUSED): (State.IDLE, refuse),
        (State.REFRESHING, Input.OUT_OF_WINDOW): (State.REFRESHING, raise_sequence),
        (State.REFRESHING, Input.ID_MISMATCH): (State.REFRESHING, resynchronize),
        (State.REFRESHING, Input.STRAY): (State.REFRESHING, ignore),
        (State.REFRESHING, Input.RESEND): (State.REFRESHING, resend),
        (State.REFRESHING, Input.EXPIRED): (State.REGISTERING, expire),
        (State.REFRESHING, Input.STOP): (State.RELEASING, release),
        # The mobile node is back before its old binding is gone.
        (State.RELEASING, Input.START): (State.REGISTERING, start_again),
        (State.RELEASING, Input.ACCEPTED): (State.IDLE, end),
        (State.RELEASING, Input.REFUSED): (State.IDLE, end),
        (State.RELEASING, Input.OUT_OF_WINDOW): (State.RELEASING, raise_sequence),
        (State.RELEASING, Input.ID_MISMATCH): (State.RELEASING, resynchronize),
        (State.RELEASING, Input.STRAY): (State.RELEASING, ignore),
        (State.RELEASING, Input.RESEND): (State.RELEASING, resend),
        (State.RELEASING, Input.EXPIRED): (State.IDLE, end),
        (State.RELEASING, Input.STOP): (State.RELEASING, ignore),
    },
    {
        **never("no Binding Update was sent", [State.IDLE], _ACKS),
        **never(
            "nothing is waited for",
            [State.IDLE],
            [Input.RESEND, Input.REFRESH, Input.EXPIRED, Input.STOP, Input.FORGET],
        ),
        **never(
            "the binding is there already",
            [State.REGISTERING, State.REGISTERED, State.REFRESHING],
            [Input.START],
        ),
        **never("it is refreshed when it is registered", _WAITING, [Input.REFRESH]),
        **never("nothing is bound yet", [State.REGISTERING], [Input.EXPIRED]),
        **never(
            "no Binding Update waits for an answer",
            [State.REGISTERED],
            [Input.RESEND, Input.EXPIRED],
        ),
        **never(
            "a home address is known",
            [State.REGISTERED, State.REFRESHING, State.RELEASING],
            [Input.FORGET],
        ),
    },
)
