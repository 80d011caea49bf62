"""A home agent's or MAP's model in a trace. All that it acts on is in the trace, but its set-up.

Home addresses are the agent's to choose: one that the trace shows for the first time is taken over,
unless somebody else holds it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from ipaddress import IPv6Address

from dissectors.authentication.keys import Keys
from dissectors.layout import values
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from dissectors.mobility_codes import BindingStatus
from dissectors.mobility_options import Ipv4AddressAcknowledgement, Ipv4HomeAddress
from replay.binding_client import ANY_IPV4, REJECTED
from replay.events import Arrived, Effects
from replay.home_agent import HomeAgent
from replay.judged import Field
from replay.packets import UNSPECIFIED, Address
from replay.role_configs import agent_config
from replay.roles import AgentRole
from replay.seals import resealed
from replay.shell import Move, Shell
from replay.stimulus import Stimulus
from replay.trace import Step, Trace
from replay.update_checks import ALL_ONES


class AgentShell(Shell):
    """`answers`: by the number of a Binding Update's step, the step that answers it."""

    def __init__(
        self,
        role: AgentRole,
        keys: Keys,
        trace: Trace,
        answers: dict[int, Step],
        tolerance_ns: int,
    ) -> None:
        self.role = "MAP" if role.local else "home agent"
        self._agent = HomeAgent(agent_config(role, keys, makes_seals=False))
        self._trace = trace
        self._answers = answers
        self._began: set[bytes] = set()
        super().__init__(role.address, self._agent, tolerance_ns)

    def events_of(self, step: Step) -> Iterable[Move]:
        packet = step.packet
        update = packet.payload
        if not isinstance(update, BindingUpdate):
            return (Arrived(packet),)
        if self._agent.config.local and update.map_registration and update.home:
            # WIRE.md asks for M and A towards a MAP; H beside them means nothing.
            packet = replace(packet, payload=type(update)(**values(update) | {"home": False}))
        association = self._agent.config.checks.association(packet)
        return (Arrived(resealed(step, packet, association)),)

    def adopt_before(self, step: Step) -> None:
        answer = self._answers.get(step.number)
        update = step.packet.payload
        if answer is None or step.mn_id is None or not isinstance(update, BindingUpdate):
            return
        ack = answer.packet.payload
        assert isinstance(ack, BindingAcknowledgement)
        if ack.status >= REJECTED:
            return
        home4 = next((o.address for o in ack.options if isinstance(o, _HOME4)), None)
        asks = step.packet.home_address in (None, UNSPECIFIED, ALL_ONES)
        wanted4 = next((o for o in update.options if isinstance(o, Ipv4HomeAddress)), None)
        given: Address | None = None
        if wanted4 is not None:
            given = home4 if wanted4.address == ANY_IPV4 else None
        elif asks:
            given = answer.packet.routed
        if given is not None and not self._held_by_other(given, step.mn_id):
            kept = partial(keep_ready, mn_id=step.mn_id, home=given)
            self.stimuli.append(Stimulus(step.time_ns, self.address, step.mn_id, kept))
            kept(self._agent, step.time_ns)
            if step.mn_id not in self._agent.bindings:
                self._began.add(step.mn_id)

    def tunnels(self, mn_id: bytes) -> dict[IPv6Address, int]:
        bound = self._agent.bindings.get(mn_id)
        if bound is None or bound.entry.care_of is None:
            return {}
        entry = bound.entry
        return {**entry.tunnels, bound.entry.care_of: entry.expires_ns}

    def bound_to(self, mn_id: bytes) -> IPv6Address | None:
        bound = self._agent.bindings.get(mn_id)
        return None if bound is None else bound.entry.care_of

    def homes(self, mn_id: bytes) -> tuple[Address, ...]:
        """None of a MAP's: it gives regional addresses."""
        bound = self._agent.bindings.get(mn_id)
        if bound is None or self._agent.config.local:
            return ()
        return tuple(each for each in (bound.entry.home, bound.entry.home4) if each is not None)

    def began(self, mn_id: bytes) -> bool:
        return mn_id in self._began

    def _held_by_other(self, home: Address, mn_id: bytes) -> bool:
        bound = self._agent.by_home.get(home)
        return bound is not None and bound.entry.mn_id != mn_id and bound.entry.care_of is not None

    def beyond_sight(self, step: Step) -> bool:
        if self._trace.may_answer_before(step):
            self.not_shown(step, "the Binding Update that this answers")
            return True
        return False

    def is_free(self, expected: Field | None, recorded: Field | None, step: Step) -> bool:
        if not self._agent.config.checks.secured:
            either = expected or recorded
            if either is not None and either.name == "SPI":
                return True
            if recorded is not None and recorded.name == "status":
                # Without keys nobody can tell whether an authenticator was right.
                return recorded.value in _UNJUDGED_WITHOUT_KEYS
        return super().is_free(expected, recorded, step)


def keep_ready(node: object, _: int, *, mn_id: bytes, home: Address) -> Effects:
    """Have a home address ready for an identity."""
    assert isinstance(node, HomeAgent)
    node.reserve(mn_id, home)
    return ()


_HOME4 = (Ipv4AddressAcknowledgement, Ipv4HomeAddress)
_UNJUDGED_WITHOUT_KEYS = frozenset(
    (BindingStatus.MIPV6_AUTH_FAIL, BindingStatus.MIPV6_MESG_ID_REQD)
)
