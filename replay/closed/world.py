"""All models of a trace in one virtual time, fed from outside and with each other's packets."""

from __future__ import annotations

from heapq import heappop, heappush
from ipaddress import IPv6Address
from typing import NamedTuple

from replay.access_router import AccessRouter
from replay.closed.conduct import Conduct
from replay.closed.delays import Delays
from replay.closed.journeys import number_in, token
from replay.closed.outside import Outside
from replay.closed.questions import Questions
from replay.closed.recording import Recording
from replay.closed.sent import Shown
from replay.closed.signalling import Signalling, unwrapped
from replay.closed.user_plane import UserPlane
from replay.events import Arrived, Deadline, Effects, Node, Send
from replay.judged import ANSWERS_TO_HOST, kind_of
from replay.moves import wait_on
from replay.packets import Packet
from replay.shell import Move, moved
from replay.stimulus import Stimulus
from replay.trace import Step

_OUTSIDE, _PACKET, _DEADLINE = range(3)
"""What comes first of what comes at the same time."""
_MOST_EACH, _FEWEST = 50, 1000
"""Events for each that comes from outside. More is a quarrel that a hostile trace began."""


class Due(NamedTuple):
    """What waits in the queue. `what`: None for a deadline; cause: the message that it brings."""

    time_ns: int
    rank: int
    serial: int
    node: IPv6Address
    what: Move | None
    cause: Step | None


class World:
    """One run. Afterwards `shown` is what was on the wire."""

    def __init__(
        self,
        nodes: dict[IPv6Address, Node],
        recording: Recording,
        delays: Delays,
        signalling: Signalling,
        user_plane: UserPlane,
        conduct: Conduct,
    ) -> None:
        self.shown: list[Shown] = []
        self._nodes = nodes
        self.questions = Questions(recording.trace)
        self._recording = recording
        self._delays = delays
        self._signalling = signalling
        self._user_plane = user_plane
        self._conduct = conduct
        self._queue: list[Due] = []
        self._serial = 0
        self._now_ns = 0
        self._wakes: dict[IPv6Address, int] = {}

    def expect(self, outside: Outside) -> None:
        """All that will come from outside."""
        steps = self._recording.trace.steps
        for stimulus in outside.stimuli:
            cause = None if stimulus.asked is None else steps[stimulus.asked]
            time_ns = stimulus.time_ns + self._asked_ns(stimulus)
            self._push(time_ns, _OUTSIDE, stimulus.node, self._unless_departed(stimulus), cause)
        for entry in outside.entries:
            packet = token(self._recording.journeys[entry.journey], entry.journey)
            link = outside.links.get(entry.mn_id) if entry.uplink else None
            if entry.node in self._nodes and (not entry.uplink or link is not None):
                self._user_plane.entered.add(entry.journey)
                self._push(entry.time_ns, _PACKET, entry.node, Arrived(packet, link), None)

    def run(self) -> None:
        """Until the capture's end."""
        end_ns = self._recording.end_ns
        left = _MOST_EACH * (len(self._queue) + _FEWEST)
        while left and self._queue and self._queue[0].time_ns <= end_ns:
            left -= 1
            due = heappop(self._queue)
            self._now_ns = due.time_ns
            node = self._nodes[due.node]
            if due.what is None:
                self._wake(due, node)
            else:
                self._do(due.node, moved(node, due.what, due.time_ns), due.cause)
            self._wait(due.node, node)

    def _asked_ns(self, stimulus: Stimulus) -> int:
        """How long a question is on its way."""
        if stimulus.asked is None:
            return 0
        took_ns = self._delays.of_step(stimulus.asked)
        return self._delays.usual(None, stimulus.node) if took_ns is None else took_ns

    def _unless_departed(self, stimulus: Stimulus) -> Move:
        """Once all is different routers decide themselves, and who asks waits for answers."""
        if not stimulus.own and stimulus.asked is None:
            return stimulus.move

        def decide(node: Node, now_ns: int) -> Effects:
            departed = stimulus.mn_id in self._conduct.departed
            if departed and (stimulus.own or self.questions.holds(stimulus)):
                return ()
            return moved(node, stimulus.move, now_ns)

        return decide

    def _answered(self, mn_id: bytes) -> None:
        for held in self.questions.answered(mn_id, self._now_ns):
            told = held.stimulus
            time_ns = self._now_ns + held.gap_ns + self._asked_ns(told)
            self._push(time_ns, _OUTSIDE, told.node, told.move, held.step)

    def _push(
        self, time_ns: int, rank: int, node: IPv6Address, what: Move | None, cause: Step | None
    ) -> None:
        self._serial += 1
        heappush(self._queue, Due(time_ns, rank, self._serial, node, what, cause))

    def _wake(self, due: Due, node: Node) -> None:
        if self._wakes.get(due.node) != due.time_ns:
            return
        del self._wakes[due.node]
        if isinstance(node, AccessRouter):
            self._put_off(node, due.time_ns)
            deadline_ns = node.next_deadline_ns()
            if deadline_ns is None or deadline_ns > due.time_ns:
                return
        self._do(due.node, node.handle(Deadline(), due.time_ns), None)

    def _put_off(self, router: AccessRouter, now_ns: int) -> None:
        """Waits that nobody has set down end when the trace shows it."""
        for mobile in list(router.mobiles.values()):
            if mobile.mn_id not in self._conduct.departed:
                wait_on(mobile, now_ns)
                router.look_again(mobile)

    def _wait(self, address: IPv6Address, node: Node) -> None:
        deadline_ns = node.next_deadline_ns()
        if deadline_ns is None:
            self._wakes.pop(address, None)
            return
        deadline_ns = max(deadline_ns, self._now_ns)
        if self._wakes.get(address) != deadline_ns:
            self._wakes[address] = deadline_ns
            self._push(deadline_ns, _DEADLINE, address, None, None)

    def _do(self, address: IPv6Address, effects: Effects, cause: Step | None) -> None:
        now_ns, node = self._now_ns, self._nodes[address]
        for effect in effects:
            if not isinstance(effect, Send) or not isinstance(effect.packet, Packet):
                continue
            number = number_in(effect.packet)
            if number is not None:
                shown, delivery = self._user_plane.sent(now_ns, address, effect, number)
            elif kind_of(unwrapped(effect.packet)) is not None:
                shown, delivery = self._signalling.sent(now_ns, node, address, effect, cause)
                if kind_of(effect.packet) in ANSWERS_TO_HOST:
                    self._answered(effect.mn_id)
            else:
                continue
            if shown is not None:
                self.shown.append(shown)
            if delivery is not None:
                to, arrived = delivery.node, delivery.arrived
                self._push(delivery.time_ns, _PACKET, to, arrived, delivery.step)
