"""An access router's model in a trace, where base stations' words are not to be seen.

A router acts on more than packets: a mobile node comes, goes, or is announced. A trace shows that
by what the router does: its HO Request tells of an announcement, its tear-down of a detach. So a
message that nothing seen explains is tried with such a word; what no word explains diverges.
Waits that no document sets down (how long a router keeps a context, when it asks again) are not
held against it; retransmission of Binding Updates is RFC 6275's (11.8).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from ipaddress import IPv6Address

from dissectors.authentication.keys import Keys
from dissectors.handoff import HoRequest, HoResponse
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from dissectors.mobility_codes import BindingStatus
from dissectors.mobility_options import Ipv4HomeAddress
from replay import ntp
from replay.access_router import AccessRouter
from replay.binding_client import ANY_IPV4, REJECTED, UNIT_S
from replay.context import Context, from_options
from replay.events import (
    Arrived,
    Effects,
    HandoverIndication,
    LinkDown,
    LinkUp,
)
from replay.fork import fork
from replay.judged import ANSWERS_TO_HOST, Field, Kind, Value
from replay.link_session import HOLDS_CONTEXT, LETS_GO, State
from replay.mobile import Mobile
from replay.moves import (
    aaa_said,
    ask_again,
    give_up,
    question,
    take_over,
    talk,
    wait_on,
    wait_over,
    wake,
)
from replay.packets import UNSPECIFIED, Address, Datagram, Packet
from replay.registration import Client
from replay.role_configs import Shown, router_config
from replay.roles import Roles, RouterRole
from replay.seals import reprotected, resealed
from replay.security import AhSecurity, MnHaSecurity
from replay.shell import Expected, Move, Shell, moved
from replay.trace import Step, Trace
from replay.update_checks import ALL_ONES, WINDOW_NS, timestamp_of

_OF_MAPS = ("home registration (H)", "home address")
_ROUNDED_S = 2
_SOONEST_NS = 100_000_000
"""The draft names no time after which a HO Request is sent again; at once is none."""
_BACK_NS = 1_000_000_000
"""How soon after a router has taken a mobile node back its data must come by."""
_DISCARD = Datagram(9, 9, b"")
Script = list[Move]


@dataclass(slots=True)
class Surroundings:
    """What the trace tells of all routers.

    answers: by number of a request's step, the step that answers it. attached_with: by number of a
    question's step, the Binding Update that it led to. links: link-layer addresses.
    """

    trace: Trace
    answers: dict[int, Step]
    shown: Shown
    attached_with: dict[int, Step] = field(default_factory=dict)
    links: dict[bytes, bytes] = field(default_factory=dict)

    def link(self, mn_id: bytes) -> bytes:
        """A mobile node's link-layer address; one made up where the trace has none."""
        known = self.links.get(mn_id)
        if known is None:
            number = len(self.links) + 1
            known = self.links[mn_id] = b"\x02\x00\x00" + number.to_bytes(3, "big")
        return known


class RouterShell(Shell):
    """One access router."""

    role = "access router"

    def __init__(self, role: RouterRole, roles: Roles, keys: Keys, around: Surroundings) -> None:
        self._config = router_config(role, roles, keys, around.trace, around.shown)
        super().__init__(role.address, AccessRouter(self._config), roles.tolerance_ns)
        self._settings = role
        self._around = around
        self._hidden: set[bytes] = set()
        """Mobile nodes whose access link the trace does not show."""
        self._met: set[bytes | None] = set()
        self._unanswered: dict[tuple[bytes, Address], int] = {}
        self._asked: dict[bytes, int] = {}
        """When a context was last asked for."""
        self._homes: dict[Address, bytes] = {}
        """Whose home addresses they are."""
        self._corrected: set[bytes] = set()
        """Whose clock was told to be wrong."""
        self._stamps: dict[tuple[bytes, Address], int] = {}

    @property
    def _router(self) -> AccessRouter:
        assert isinstance(self.node, AccessRouter)
        return self.node

    # What it is told

    def events_of(self, step: Step) -> Iterable[Move]:
        packet, mn_id, link = step.packet, step.mn_id, step.link
        if link is None:
            return [Arrived(self._taken(step))]
        if mn_id is None:
            return []
        self._hidden.discard(mn_id)
        mobile = self._router.mobiles.get(mn_id)
        told: Script = []
        if mobile is None or mobile.link is None:
            told.append(LinkUp(mn_id, link))
        update = self._around.attached_with.get(step.number)
        if update is not None and not self._to_map(update) and self._is_confirmed(update):
            told.append(partial(aaa_said, update=update))
        return [*told, Arrived(packet, link)]

    def _taken(self, step: Step) -> Packet:
        """A packet of the network's side, with seals as the model makes them."""
        packet, mn_id = step.packet, step.mn_id
        ack = packet.payload
        if isinstance(ack, HoRequest | HoResponse):
            source = packet.source
            known = self._config.neighbours.get(source) if isinstance(source, IPv6Address) else None
            inbound = None if known is None else known.inbound
            return reprotected(step, packet, inbound, self._config.profile)
        if not isinstance(ack, BindingAcknowledgement) or mn_id is None:
            return packet
        key = mn_id, packet.source
        self._unanswered.pop(key, None)
        if ack.status == BindingStatus.MIPV6_ID_MISMATCH:
            self._stamps.pop(key, None)
            self._corrected.add(mn_id)
        return resealed(step, packet, self._association(mn_id, packet.source))

    def expectations(self, effects: Effects, time_ns: int, cause: Step) -> Iterator[Expected]:
        for each in super().expectations(effects, time_ns, cause):
            hidden = each.mn_id in self._hidden and each.kind in ANSWERS_TO_HOST
            yield replace(each, certain=False) if hidden else each

    def heard(self, home: Address, time_ns: int) -> None:
        """Its user data came by: a mobile node that was announced is there."""
        mobile = self._router.mobiles.get(self._homes.get(home, b""))
        if mobile is not None and mobile.session is State.PREPARED and home in mobile.homes:
            link = self._around.link(mobile.mn_id)
            self._router.handle(LinkUp(mobile.mn_id, link), time_ns)

    def put_off(self, now_ns: int) -> None:
        router = self._router
        due_ns = router.next_deadline_ns()
        if due_ns is None or due_ns > now_ns:
            return
        for mobile in list(router.mobiles.values()):
            wait_on(mobile, now_ns)
            router.look_again(mobile)

    # What is taken over from the trace

    def adopt_before(self, step: Step) -> None:
        """The context of a mobile node that came before the trace begins."""
        mn_id, answer = step.mn_id, self._around.answers.get(step.number)
        if not isinstance(step.packet.payload, HoRequest) or mn_id is None or answer is None:
            return
        mobile = self._router.mobiles.get(mn_id)
        held = mobile is not None and mobile.session in HOLDS_CONTEXT
        response = answer.packet.payload
        if held or mn_id in self._met or not isinstance(response, HoResponse) or response.status:
            return
        context = from_options(response.options)
        if context is not None and self._config.domain is None:
            self.not_shown(step, "the registration before; taken over from the context")
            link = self._around.link(context.mn_id)
            take_over(self._router, step.time_ns, context=context, link=link)

    def adopt_after(self, step: Step) -> None:
        packet, mn_id = step.packet, step.mn_id
        self._met.add(mn_id)
        mobile = None if mn_id is None else self._router.mobiles.get(mn_id)
        if mobile is None or mn_id is None:
            return
        payload = packet.payload
        self._homes.update(dict.fromkeys(mobile.homes, mn_id))
        if isinstance(payload, HoRequest):
            self._asked[mn_id] = step.time_ns
            self._router.renumber(mobile, payload.identifier, step.time_ns)
        elif isinstance(payload, BindingUpdate):
            stamp = timestamp_of(payload)
            self._unanswered[mn_id, packet.destination] = payload.sequence
            if stamp is not None:
                self._stamps[mn_id, packet.destination] = stamp
            client = _client(mobile, packet.destination)
            if client is not None:
                client.binding = replace(
                    client.binding,
                    sequence=payload.sequence,
                    timestamp=stamp or 0,
                    sent_ns=step.time_ns,
                    home=_own_choice(client, step.packet),
                )
        self._router.look_again(mobile)

    # What the trace cannot show

    def explained(self, step: Step, kind: Kind) -> Expected | None:
        if step.mn_id is None:
            return None
        for words, script in self._scripts(step, step.mn_id, kind):
            found = self._tried(script, step, kind)
            if found is not None:
                if words:
                    self.not_shown(step, words)
                return found
        return None

    def _scripts(self, step: Step, mn_id: bytes, kind: Kind) -> Iterator[tuple[str, Script]]:
        if kind is Kind.HO_REQUEST:
            yield from self._announced(step, mn_id)
            return
        yield "", [partial(wake, latest_ns=step.time_ns + self.tolerance_ns)]
        update = step.packet.payload
        if isinstance(update, BindingUpdate) and update.lifetime:
            yield from self._registered(step, mn_id, update)
        elif isinstance(update, BindingUpdate):
            yield from self._released(step, mn_id)

    def _tried(self, script: Script, step: Step, kind: Kind) -> Expected | None:
        """Let it happen to a copy of the model; if it sends such a message it is the model."""
        before = self._router
        assert step.mn_id is not None
        trial = fork(before, step.mn_id)
        self.node = trial
        out: list[Expected] = []
        for move in script:
            found = moved(trial, move, step.time_ns)
            out += self.expectations(found, step.time_ns, step)
        fitting = [
            each
            for each in out
            if each.kind is kind
            and each.mn_id == step.mn_id
            and each.packet.destination == step.packet.destination
        ]
        if not fitting:
            self.node = before
            return None
        trial.wait_as(before, step.mn_id)
        self.pending += [each for each in out if each is not fitting[0]]
        return fitting[0]

    def _announced(self, step: Step, mn_id: bytes) -> Iterator[tuple[str, Script]]:
        """A base station's word, or that the answer has not come."""
        serving = step.packet.destination
        if isinstance(serving, IPv6Address):
            word = HandoverIndication(mn_id, self._around.link(mn_id), serving)
            yield "the handover indication", [word]
        if step.time_ns - self._asked.get(mn_id, step.time_ns) >= _SOONEST_NS:
            yield "", [partial(ask_again, mn_id=mn_id)]

    def _registered(
        self, step: Step, mn_id: bytes, update: BindingUpdate
    ) -> Iterator[tuple[str, Script]]:
        """It came, asked for an address or talked, or its binding is renewed."""
        mobile, link = self._router.mobiles.get(mn_id), self._around.link(mn_id)
        home = step.packet.home_address
        home4 = next((o.address for o in update.options if isinstance(o, Ipv4HomeAddress)), None)
        left = mobile is not None and mobile.session in LETS_GO
        if left and not self._is_back(home4 or home, step.time_ns):
            return
        up = LinkUp(mn_id, link)
        yield "", [up]
        yield "", [up, up]
        if home in (None, UNSPECIFIED, ALL_ONES) and home4 in (None, ANY_IPV4):
            over = partial(wait_over, mn_id=mn_id)
            if mobile is not None and mobile.session is State.BARRED:
                # After a refusal nobody says how long to wait.
                yield "", [over, question(link, ipv4=home4 is not None)]
            self._hidden.add(mn_id)
            yield "the attach", [up, question(link, ipv4=home4 is not None)]
            self._hidden.discard(mn_id)
        own = home4 if home4 is not None else home
        if own is not None and self._stands(step, own):
            yield "the attach", [partial(give_up, mn_id=mn_id), up, talk(own, link)]
        if step.number in self._around.answers and self._stands(step, own):
            told = partial(aaa_said, update=step)
            yield "what AAA said", [up, told, question(link, ipv4=home4 is not None)]

    def _released(self, step: Step, mn_id: bytes) -> Iterator[tuple[str, Script]]:
        """It went, or did not come."""
        down = LinkDown(self._around.link(mn_id))
        over = partial(wait_over, mn_id=mn_id)
        for script in ([down], [down, over], [over]):
            yield "the detach", [*script]
        if mn_id in self._met or mn_id in self._router.mobiles:
            return
        home = step.packet.home_address
        context = Context(
            mn_id, self._config.home_agent, home, lifetime_units=1, remaining_s=UNIT_S
        )
        link = self._around.link(mn_id)
        taken = partial(take_over, context=context, link=link)
        yield "the registration before", [taken, down, over]

    def _is_confirmed(self, step: Step) -> bool:
        """Whether the home agent has the home address that the router names as well."""
        answer = self._around.answers.get(step.number)
        return answer is not None and answer.packet.routed == step.packet.home_address

    def _stands(self, step: Step, home: Address | None) -> bool:
        """Whether the home agent does not say that the address is another."""
        answer = self._around.answers.get(step.number)
        ack = None if answer is None else answer.packet.payload
        if answer is None or not isinstance(ack, BindingAcknowledgement) or ack.status >= REJECTED:
            return True
        return not isinstance(home, IPv6Address) or answer.packet.routed in (None, home)

    def _is_back(self, home: Address | None, time_ns: int) -> bool:
        """Whether a mobile node that was given away is heard here again."""
        if home is None:
            return False
        times = self._around.trace.heard.get((self.address, home), [])
        at = bisect_right(times, time_ns)
        return at < len(times) and times[at] <= time_ns + _BACK_NS

    def beyond_sight(self, step: Step) -> bool:
        is_response = isinstance(step.packet.payload, HoResponse)
        if is_response and self._around.trace.begins_with(step):
            self.not_shown(step, "the HO Request that this answers")
            return True
        return False

    # What may be otherwise

    def is_free(self, expected: Field | None, recorded: Field | None, step: Step) -> bool:
        either = expected or recorded
        assert either is not None
        to, name = step.packet.destination, either.name
        if self._to_map(step) and name in _OF_MAPS:
            # WIRE.md asks for M and A, and whoever asks a MAP may form the RCoA itself.
            formed = expected is not None and expected.value == str(UNSPECIFIED)
            return formed or name != "home address"
        if name == "remaining lifetime" and expected is not None and recorded is not None:
            return _near(expected.value, recorded.value)
        unsecured = name == "SPI" and self._association(step.mn_id, to) is None
        unprotected = name == "AH SPI" and self._outbound(to) is None
        # Behind a MAP the home agent's lifetime is known from the context alone.
        borrowed = name == "granted lifetime" and self._config.domain is not None
        free = unsecured or unprotected or borrowed
        return free or super().is_free(expected, recorded, step)

    def _to_map(self, step: Step) -> bool:
        domain = self._config.domain
        return domain is not None and step.packet.destination == domain.map

    def inconsistent(self, expected: Expected, step: Step) -> Iterator[tuple[Field, Value]]:
        yield from super().inconsistent(expected, step)
        if isinstance(step.packet.payload, BindingUpdate):
            yield from self._numbered(expected, step, step.packet.payload)

    def _numbered(
        self, expected: Expected, step: Step, update: BindingUpdate
    ) -> Iterator[tuple[Field, Value]]:
        """Sequence number and timestamp go up; a repeated update may have the same."""
        told = expected.packet.payload
        assert isinstance(told, BindingUpdate)
        assert step.mn_id is not None
        key = step.mn_id, step.packet.destination
        again = self._unanswered.get(key)
        last = told.sequence - 1 & 0xFFFF
        ahead = update.sequence - last & 0xFFFF
        known = last != 0 or step.mn_id in self._met
        if known and not 0 < ahead < 1 << 15 and update.sequence != again:
            yield Field("sequence", update.sequence, "RFC 6275 9.5.1"), told.sequence
        stamp, before = timestamp_of(update), self._stamps.get(key)
        if stamp is None:
            return
        went_back = before is not None and ntp.difference_ns(stamp, before) <= 0
        if went_back and not (stamp == before and again == update.sequence):
            yield Field("timestamp", stamp, "RFC 4285 6"), timestamp_of(told)
            return
        if step.mn_id in self._corrected:
            return
        clock = ntp.timestamp(step.time_ns + self._settings.clock_ahead_ns)
        if abs(ntp.difference_ns(stamp, clock)) > WINDOW_NS:
            yield Field("timestamp", stamp, "RFC 4285 6"), clock

    def _association(self, mn_id: bytes | None, to: Address) -> MnHaSecurity | None:
        """With a home agent or MAP."""
        domain = self._config.domain
        if domain is not None and to == domain.map:
            return domain.association
        if not isinstance(to, IPv6Address) or mn_id is None:
            return None
        return self._config.association(to, mn_id)

    def _outbound(self, to: Address) -> AhSecurity | None:
        neighbour = self._config.neighbours.get(to) if isinstance(to, IPv6Address) else None
        return None if neighbour is None else neighbour.outbound


def _near(one: Value, other: Value) -> bool:
    """Seconds that were rounded in another way."""
    return isinstance(one, int) and isinstance(other, int) and abs(one - other) <= _ROUNDED_S


def _own_choice(client: Client, packet: Packet) -> IPv6Address | None:
    """The home address of a binding; of a MAP's, the RCoA that the router has formed."""
    binding = client.binding
    asks = packet.home_address in (None, UNSPECIFIED, ALL_ONES)
    return binding.home if asks or not binding.local else packet.home_address


def _client(mobile: Mobile, peer: Address) -> Client | None:
    both = mobile.registration.local, mobile.registration.home
    return next((each for each in both if each is not None and each.binding.peer == peer), None)
