"""HO Requests and Responses of an access router, both sides (draft 3.3 steps 2 to 4, section 4).

As target it asks for contexts (`context_target` has the table), as serving router it gives or
refuses them (`context_serving`). A request that comes again is answered as before; a packet that AH
knows already is dropped without a word (RFC 4302 3.4.3).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv6Address

from dissectors.handoff import HoRequest, HoResponse, HoStatus
from replay import context_serving, context_target, link_session
from replay.associations import Associations, Trust
from replay.binding_client import UNIT_S
from replay.context import Context, identity, identity_in, to_options
from replay.context_target import Input, Signal, State, Transfer
from replay.events import Effect, Effects, Fact, Note, Send, Violation, Why
from replay.mobile import Mobile
from replay.ntp import SECOND_NS
from replay.packets import NEIGHBOR_HOP_LIMIT, Address, Packet
from replay.router_config import RouterConfig

MOST_ANSWERS = 256
"""HO Responses kept for requests that come again."""
ANSWER_LASTS_NS = 10 * SECOND_NS
"""Longer than a target goes on asking; later an Identifier may be used anew."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A HO Request that was granted, in case it comes again."""

    mn_id: bytes | None
    time_ns: int
    response: HoResponse

    def repeats(self, mn_id: bytes | None, now_ns: int) -> bool:
        """Whether a request with the same Identifier is the same request."""
        return mn_id == self.mn_id and now_ns - self.time_ns <= ANSWER_LASTS_NS


class ContextExchange:
    """All exchanges of a router, by Identifier."""

    def __init__(self, config: RouterConfig) -> None:
        self.associations = Associations(config)
        self.asking: dict[int, Mobile] = {}
        self._config = config
        self._identifier = 0
        self._answers: OrderedDict[tuple[Address, int], Answered] = OrderedDict()

    # As target

    def begin(self, mobile: Mobile, serving: IPv6Address) -> None:
        """Get ready to ask, unless it is asked already."""
        if mobile.transfer_state is State.REQUESTED:
            return
        self.drop(mobile)
        self._identifier = self._identifier + 1 & 0xFFFF
        mobile.transfer = Transfer(
            mobile.mn_id,
            self._config.address,
            serving,
            self._identifier,
            named=self._config.identity,
        )

    def drop(self, mobile: Mobile) -> None:
        """Forget what was asked for."""
        if mobile.transfer is not None:
            self.asking.pop(mobile.transfer.identifier, None)
        mobile.transfer, mobile.transfer_state = None, State.NONE

    def renumber(self, mobile: Mobile, identifier: int, sent_ns: int) -> None:
        """What was asked for was asked for with this Identifier (replay knows it of a trace)."""
        self._identifier = identifier
        if mobile.transfer is not None:
            self.asking.pop(mobile.transfer.identifier, None)
            mobile.transfer = replace(mobile.transfer, identifier=identifier, sent_ns=sent_ns)
            self.asking[identifier] = mobile

    def step(
        self, mobile: Mobile, given: Input, now_ns: int, response: HoResponse | None = None
    ) -> list[Effect | Signal]:
        """Let the target's table act."""
        table = context_target.TABLE
        entry = table.transitions.get((mobile.transfer_state, given))
        if entry is None:
            reason = table.forbidden[mobile.transfer_state, given]
            return [Violation(table.name, mobile.transfer_state.name, given.name, reason)]
        assert mobile.transfer is not None
        mobile.transfer_state, action = entry
        what = context_target.Given(now_ns, response, mobile.transfer)
        mobile.transfer, found = action(mobile.transfer, what)
        self.asking[mobile.transfer.identifier] = mobile
        return [self.associations.secured(o) if isinstance(o, Send) else o for o in found]

    def answered(self, packet: Packet) -> Mobile | None:
        """Whom a HO Response is about; None if it answers nothing, or is not to be trusted.

        A router with which no association holds can say that, and nothing else.
        """
        response = packet.payload
        assert isinstance(response, HoResponse)
        mobile = self.asking.get(response.identifier)
        if mobile is None or mobile.transfer is None or mobile.transfer.serving != packet.source:
            return None
        if identity_in(response.options) not in (None, mobile.mn_id):
            return None
        trust = self.associations.trust(packet)
        stranger = response.status == HoStatus.AUTHENTICATION_FAILED and trust is Trust.BAD
        return mobile if trust is Trust.GOOD or stranger else None

    # As serving router

    def asked(
        self, packet: Packet, mobiles: Mapping[bytes, Mobile], now_ns: int
    ) -> tuple[Effects, Mobile | None]:
        """What is answered to a HO Request, and whose context is given away by that."""
        request = packet.payload
        assert isinstance(request, HoRequest)
        trust = self.associations.trust(packet)
        if packet.hop_limit != NEIGHBOR_HOP_LIMIT or trust is Trust.REPLAYED:
            return (), None
        mn_id = identity_in(request.options)
        known = self._answers.get((packet.source, request.identifier))
        if known is not None and trust is Trust.GOOD and known.repeats(mn_id, now_ns):
            return self._respond(packet, known.response), None
        mobile = mobiles.get(mn_id) if mn_id is not None else None
        status = self._status(request, mobile, trusted=trust is Trust.GOOD)
        if status is not HoStatus.SUCCESS or mobile is None:
            named = () if mn_id is None else (identity(mn_id),)
            refusal = HoResponse(request.identifier, status, options=named)
            return self._respond(packet, refusal), None
        options = to_options(self._context(mobile, now_ns))
        response = HoResponse(request.identifier, status, options=options)
        self._answers[packet.source, request.identifier] = Answered(mn_id, now_ns, response)
        if len(self._answers) > MOST_ANSWERS:
            self._answers.popitem(last=False)
        note = Note(Fact.CONTEXT_GIVEN, mobile.mn_id, packet.source, self._config.address)
        return (note, *self._respond(packet, response)), mobile

    def _status(self, request: HoRequest, mobile: Mobile | None, *, trusted: bool) -> HoStatus:
        held = mobile is not None and mobile.session in link_session.HOLDS_CONTEXT
        if mobile is None or mobile.registration.home is None:
            held = False  # behind a MAP a session is prepared before the home agent's binding is
        state = context_serving.State.HELD if held else context_serving.State.ABSENT
        forbidden = identity_in(request.options) in self._config.forbidden
        given = context_serving.classify(request, trusted=trusted, forbidden=forbidden)
        return context_serving.TABLE.transitions[state, given][1]

    def _respond(self, packet: Packet, response: HoResponse) -> Effects:
        answer = Packet(self._config.address, packet.source, response, NEIGHBOR_HOP_LIMIT)
        mn_id = identity_in(response.options) or b""
        return (self.associations.secured(Send(answer, Why.HO_RESPONSE, mn_id)),)

    def _context(self, mobile: Mobile, now_ns: int) -> Context:
        registration, domain = mobile.registration, self._config.domain
        home = registration.home
        assert home is not None
        binding = home.binding
        left_s = max(0, binding.expires_ns - now_ns) // SECOND_NS
        own_key = mobile.port.association is not None
        own_key |= (binding.peer, mobile.mn_id) in self._config.node_associations
        return Context(
            mobile.mn_id,
            binding.peer,
            binding.home,
            binding.home4,
            registration.sequence,
            binding.lifetime_units,
            min(left_s, binding.lifetime_units * UNIT_S),
            binding.association if own_key else None,
            None if domain is None else domain.map,
            registration.rcoa,
            access=mobile.access,
            authentication=mobile.port.authentication,
            session=mobile.link or b"",
            timestamp=binding.timestamp,
        )
