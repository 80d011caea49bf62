"""An access router's model in a trace, where base stations' words are not to be seen.

A message that nothing seen explains is tried on a copy of the model with such a word
(`hidden_words`). Waits that no document sets down (how long a router keeps a context, when it asks
again) are not held against it; retransmission of Binding Updates is RFC 6275's (11.8).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from ipaddress import IPv6Address

from dissectors.authentication.keys import Keys
from dissectors.handoff import HoRequest, HoResponse, HoStatus
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from dissectors.mobility_codes import BindingStatus
from replay.access_router import AccessRouter
from replay.binding_client import REJECTED
from replay.context import from_options
from replay.events import Arrived, Effects, LinkUp
from replay.fork import fork
from replay.hidden_words import HiddenWords, Script
from replay.judged import ANSWERS_TO_HOST, Field, Kind, Value
from replay.link_session import HOLDS_CONTEXT, SILENCE_NS, State
from replay.mobile import Mobile
from replay.moves import aaa_said, is_own, take_over, wait_longer, wait_on
from replay.packets import UNSPECIFIED, Address, Packet
from replay.pairing import Expected, releases
from replay.regional import SAME_NS
from replay.registration import Client
from replay.role_configs import router_config
from replay.roles import Roles, RouterRole
from replay.seals import reprotected, resealed
from replay.security import AhSecurity, MnHaSecurity
from replay.shell import Move, Shell, moved
from replay.stimulus import Stimulus
from replay.surroundings import Surroundings
from replay.trace import Step
from replay.update_checks import ALL_ONES, timestamp_of
from replay.update_numbers import Binding, UpdateNumbers

_OF_MAPS = ("home registration (H)", "home address")
_ROUNDED_S = 2


class RouterShell(Shell):
    """One access router."""

    role = "access router"
    sends_up = True

    def __init__(self, role: RouterRole, roles: Roles, keys: Keys, around: Surroundings) -> None:
        self._config = router_config(
            role, roles, keys, around.trace, around.shown, makes_seals=False
        )
        super().__init__(role.address, AccessRouter(self._config), roles.tolerance_ns)
        self._around = around
        self._hidden: set[bytes] = set()
        """Mobile nodes whose access link the trace does not show."""
        self._met: set[bytes | None] = set()
        self._asked: dict[bytes, int] = {}
        """When a context was last asked for."""
        self._midway: set[Binding] = set()
        """Those whose updates may have been sent again and again since before the trace begins."""
        self._numbers = UpdateNumbers(role.clock_ahead_ns)
        self._words = HiddenWords(
            around, role.home_agent, role.address, roles.tolerance_ns, self._asked, self._met
        )

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
        told.append(Arrived(packet, link))
        self._note(told, step.time_ns, mn_id, asked=step.number)
        return told

    def _note(
        self,
        script: Script,
        time_ns: int,
        mn_id: bytes | None,
        *,
        own: bool = False,
        asked: int | None = None,
    ) -> None:
        """Keep what it was told for a closed replay."""
        own = own or all(map(is_own, script))
        self.stimuli += [
            Stimulus(time_ns, self.address, mn_id, move, own, asked) for move in script
        ]

    def _taken(self, step: Step) -> Packet:
        """A packet of the network's side, with seals as the model makes them."""
        packet, mn_id = step.packet, step.mn_id
        ack = packet.payload
        if isinstance(ack, HoRequest | HoResponse):
            source = packet.source
            known = self._config.neighbours.get(source) if isinstance(source, IPv6Address) else None
            inbound = None if known is None else known.inbound
            return reprotected(step, packet, inbound)
        if not isinstance(ack, BindingAcknowledgement) or mn_id is None:
            return packet
        self._numbers.answered(mn_id, packet.source, ack)
        self._midway.discard((mn_id, packet.source))
        return resealed(step, packet, self._association(mn_id, packet.source))

    def expectations(self, effects: Effects, time_ns: int, cause: Step) -> Iterator[Expected]:
        for each in super().expectations(effects, time_ns, cause):
            hidden = each.mn_id in self._hidden and each.kind in ANSWERS_TO_HOST
            yield replace(each, certain=False) if hidden else each

    def heard(self, home: Address, time_ns: int) -> None:
        """Its user data came by: a mobile node that was announced is there."""
        mobile = self._router.holder(home)
        if mobile is not None and mobile.session is State.PREPARED:
            up = LinkUp(mobile.mn_id, self._around.link(mobile.mn_id))
            self._note([up], time_ns, mobile.mn_id)
            self._router.handle(up, time_ns)

    def put_off(self, now_ns: int) -> None:
        router = self._router
        due_ns = router.next_deadline_ns()
        if due_ns is None or due_ns > now_ns:
            return
        for mobile in router.overdue(now_ns):
            wait_on(mobile, now_ns)
            for client in self._midway_of(mobile):
                wait_longer(client, now_ns)
            router.look_again(mobile)

    def _midway_of(self, mobile: Mobile) -> Iterator[Client]:
        for client in mobile.registration.clients():
            if (mobile.mn_id, client.binding.peer) in self._midway:
                yield client

    def tunnels(self, mn_id: bytes) -> dict[IPv6Address, int]:
        mobile = self._router.mobiles.get(mn_id)
        if mobile is None or not mobile.registration.bound:
            return {}
        registration = mobile.registration
        nearest = registration.home if registration.local is None else registration.local
        assert nearest is not None
        return {nearest.binding.peer: nearest.binding.expires_ns}

    def bound_to(self, mn_id: bytes) -> IPv6Address | None:
        return next(iter(self.tunnels(mn_id)), None)

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
        known = self._config.domain is None or (context is not None and context.rcoa is not None)
        if context is not None and known:
            self.not_shown(step, "the registration before; taken over from the context")
            link = self._around.link(context.mn_id)
            taken = partial(take_over, context=context, link=link)
            self._note([taken], step.time_ns, mn_id, asked=step.number)
            taken(self._router, step.time_ns)

    def adopt_after(self, step: Step, *, guessed: bool) -> None:
        packet, mn_id = step.packet, step.mn_id
        if _shows_registration(step):
            self._met.add(mn_id)
        mobile = None if mn_id is None else self._router.mobiles.get(mn_id)
        if mobile is None or mn_id is None:
            return
        payload = packet.payload
        if isinstance(payload, HoRequest):
            self._asked[mn_id] = step.time_ns
            self._router.renumber(mobile, payload.identifier, step.time_ns)
        elif isinstance(payload, BindingUpdate):
            stamp = timestamp_of(payload)
            is_first = self._numbers.sent(mn_id, packet.destination, payload)
            if is_first and guessed:
                self._midway.add((mn_id, packet.destination))
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
        midway = (step.mn_id, step.packet.destination) in self._midway
        for guess in self._words.about(self._router, step, step.mn_id, midway=midway):
            if guess.hides_link:
                self._hidden.add(step.mn_id)
            found = self._tried(guess.script, step, kind)
            if found is not None:
                if guess.words:
                    self.not_shown(step, guess.words)
                return found
            if guess.hides_link:
                self._hidden.discard(step.mn_id)
        return None

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
            and releases(each.packet) == releases(step.packet)
        ]
        if not fitting:
            self.node = before
            return None
        trial.wait_as(before, step.mn_id)
        self._note(script, step.time_ns, step.mn_id, own=_renews(before, step.mn_id, script))
        self.pending += [each for each in out if each is not fitting[0]]
        return fitting[0]

    def _is_confirmed(self, step: Step) -> bool:
        """Whether the home agent has the home address that the router names as well."""
        answer = self._around.answers.get(step.number)
        if answer is None and self._around.trace.end_ns - step.time_ns < SAME_NS:
            self.not_shown(step, "what AAA said")
            return True
        return answer is not None and answer.packet.routed == step.packet.home_address

    def beyond_sight(self, step: Step) -> bool:
        is_response = isinstance(step.packet.payload, HoResponse)
        if is_response and self._around.trace.may_answer_before(step):
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
        told = expected.packet.payload
        if not isinstance(told, BindingUpdate) or not isinstance(
            step.packet.payload, BindingUpdate
        ):
            return
        for field, right in self._numbers.wrong(step, told):
            if field.name != "sequence" or not self._is_put_right(step):
                yield field, right

    def _is_put_right(self, step: Step) -> bool:
        """Whether the number of a new binding is the home agent's to judge, and it has.

        Nobody must remember numbers of before, and the home agent may have forgotten them as well.
        """
        answer = self._around.answers.get(step.number)
        ack, update = None if answer is None else answer.packet.payload, step.packet.payload
        mobile = self._router.mobiles.get(step.mn_id or b"")
        client = None if mobile is None else _client(mobile, step.packet.destination)
        is_new = client is not None and not client.binding.lifetime_units
        if not isinstance(ack, BindingAcknowledgement) or not is_new:
            return False
        assert isinstance(update, BindingUpdate)
        accepted = ack.status < REJECTED and ack.sequence == update.sequence
        return accepted or ack.status == BindingStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW

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


def _shows_registration(step: Step) -> bool:
    """Whether who sends this has, or is about to have, the mobile node registered."""
    payload = step.packet.payload
    return not isinstance(payload, HoResponse) or payload.status == HoStatus.SUCCESS


def _near(one: Value, other: Value) -> bool:
    """Seconds that were rounded in another way."""
    return isinstance(one, int) and isinstance(other, int) and abs(one - other) <= _ROUNDED_S


def _renews(router: AccessRouter, mn_id: bytes, script: Script) -> bool:
    """Whether the link is up already, so that a link up stands for the time of a refresh."""
    mobile = router.mobiles.get(mn_id)
    here = mobile is not None and mobile.session in SILENCE_NS
    return here and all(isinstance(move, LinkUp) for move in script)


def _own_choice(client: Client, packet: Packet) -> IPv6Address | None:
    """The home address of a binding; of a MAP's, the RCoA that the router has formed."""
    binding = client.binding
    asks = packet.home_address in (None, UNSPECIFIED, ALL_ONES)
    return binding.home if asks or not binding.local else packet.home_address


def _client(mobile: Mobile, peer: Address) -> Client | None:
    both = mobile.registration.local, mobile.registration.home
    return next((each for each in both if each is not None and each.binding.peer == peer), None)
