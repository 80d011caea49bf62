"""What no packet tells an access router, guessed from what it sends: a base station's words.

A router acts on more than packets: a mobile node comes, goes, or is announced. A trace shows that
by what the router does: its HO Request tells of an announcement, its tear-down of a detach. So for
a message that nothing seen explains there are words that would; what none explains diverges.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import IPv4Address, IPv6Address

from dissectors.handoff import HoRequest
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from dissectors.mobility_options import Ipv4HomeAddress
from replay.access_router import AccessRouter
from replay.binding_client import ANY_IPV4, REJECTED, UNIT_S
from replay.context import Context
from replay.events import HandoverIndication, LinkDown, LinkUp
from replay.link_session import LETS_GO, State
from replay.moves import (
    aaa_said,
    ask_again,
    give_up,
    question,
    refresh,
    resend,
    take_over,
    talk,
    wait_over,
    wake,
)
from replay.packets import UNSPECIFIED, Address
from replay.shell import Move
from replay.surroundings import Surroundings
from replay.trace import Step
from replay.update_checks import ALL_ONES

_SOONEST_NS = 100_000_000
"""The draft names no time after which a HO Request is sent again; at once is none."""
_BACK_NS = 1_000_000_000
"""How soon after a router has taken a mobile node back its data must come by."""
Script = list[Move]


@dataclass(frozen=True, slots=True)
class Guess:
    """What may have happened. `words`: what the trace does not show of it; "" if it does.

    hides_link: the trace does not show the mobile node's access link either.
    """

    words: str
    script: Script
    hides_link: bool = False


@dataclass(frozen=True, slots=True)
class HiddenWords:
    """Guesses for one router.

    asked: when a context was last asked for, by mobile node; met: those it has sent about before.
    """

    around: Surroundings
    home_agent: IPv6Address
    address: IPv6Address
    tolerance_ns: int
    asked: dict[bytes, int]
    met: set[bytes | None]

    def about(
        self, router: AccessRouter, step: Step, mn_id: bytes, *, midway: bool
    ) -> Iterator[Guess]:
        """What would make the router send this, likely things first.

        midway: it may have sent such updates since before the trace begins, to no answer.
        """
        if isinstance(step.packet.payload, HoRequest):
            yield from self._announced(step, mn_id)
            return
        latest_ns, due_ns = step.time_ns + self.tolerance_ns, router.deadline_of(mn_id)
        if due_ns is not None and due_ns <= latest_ns:
            yield Guess("", [partial(wake, latest_ns=latest_ns)])
        update = step.packet.payload
        if midway:
            yield Guess("", [partial(resend, mn_id=mn_id, peer=step.packet.destination)])
        if isinstance(update, BindingUpdate) and update.lifetime:
            yield from self._registered(router, step, mn_id)
        elif isinstance(update, BindingUpdate):
            yield from self._released(router, step, mn_id)

    def _announced(self, step: Step, mn_id: bytes) -> Iterator[Guess]:
        """A base station's word, or that the answer has not come."""
        serving = step.packet.destination
        if isinstance(serving, IPv6Address):
            word = HandoverIndication(mn_id, self.around.link(mn_id), serving)
            yield Guess("the handover indication", [word])
        if step.time_ns - self.asked.get(mn_id, step.time_ns) >= _SOONEST_NS:
            yield Guess("", [partial(ask_again, mn_id=mn_id)])

    def _registered(self, router: AccessRouter, step: Step, mn_id: bytes) -> Iterator[Guess]:
        """It came, asked for an address or talked, or its binding is renewed."""
        mobile, link = router.mobiles.get(mn_id), self.around.link(mn_id)
        peer, step = step.packet.destination, self.around.at_home(step)
        home, home4 = step.packet.home_address, _home4(step)
        left = mobile is not None and mobile.session in LETS_GO
        if left and not self._is_back(home4 or home, step.time_ns):
            return
        up, asked = LinkUp(mn_id, link), question(link, ipv4=home4 is not None)
        if mobile is not None and mobile.registration.local is not None:
            # In a MAP's domain there are two, each refreshed in its own time.
            yield Guess("", [partial(refresh, mn_id=mn_id, peer=peer)])
        yield Guess("", [up])
        yield Guess("", [up, up])
        if home in (None, UNSPECIFIED, ALL_ONES) and home4 in (None, ANY_IPV4):
            if mobile is not None and mobile.session is State.BARRED:
                # After a refusal nobody says how long to wait.
                yield Guess("", [partial(wait_over, mn_id=mn_id), asked])
            yield Guess("the attach", [up, asked], hides_link=True)
        own = home4 if home4 is not None else home
        if own is not None and self._stands(step, own):
            gone = partial(give_up, mn_id=mn_id)
            yield Guess("the attach", [gone, up, talk(own, link)])
        if step.number in self.around.answers and self._stands(step, own):
            told = partial(aaa_said, update=step)
            yield Guess("what AAA said", [up, told, asked])

    def _released(self, router: AccessRouter, step: Step, mn_id: bytes) -> Iterator[Guess]:
        """It went, or did not come."""
        link = self.around.link(mn_id)
        down, over = LinkDown(link), partial(wait_over, mn_id=mn_id)
        scripts: tuple[Script, ...] = ([down], [down, over], [over])
        for script in scripts:
            yield Guess("the detach", script)
        if mn_id in self.met or mn_id in router.mobiles:
            return
        home, home4 = step.packet.home_address, _home4(step)
        if home4 is not None:
            home = None
        context = Context(mn_id, self.home_agent, home, home4, lifetime_units=1, remaining_s=UNIT_S)
        if step.receiver is not None and self.around.trace.agents.get(step.receiver):
            context = replace(context, map=step.receiver, rcoa=home)
        taken = partial(take_over, context=context, link=link)
        yield Guess("the registration before", [taken, down, over])

    def _stands(self, step: Step, home: Address | None) -> bool:
        """Whether the home agent does not say that the address is another."""
        answer = self.around.answers.get(step.number)
        ack = None if answer is None else answer.packet.payload
        if answer is None or not isinstance(ack, BindingAcknowledgement) or ack.status >= REJECTED:
            return True
        return not isinstance(home, IPv6Address) or answer.packet.routed in (None, home)

    def _is_back(self, home: Address | None, time_ns: int) -> bool:
        """Whether a mobile node that was given away is heard here again."""
        if home is None:
            return False
        times = self.around.trace.heard.get((self.address, home), [])
        at = bisect_right(times, time_ns)
        return at < len(times) and times[at] <= time_ns + _BACK_NS


def _home4(step: Step) -> IPv4Address | None:
    update = step.packet.payload
    assert isinstance(update, BindingUpdate)
    return next((o.address for o in update.options if isinstance(o, Ipv4HomeAddress)), None)
