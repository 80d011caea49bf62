"""A node model in a trace: fed with what the trace shows it received, held against what it sent.

`Shell` keeps what the model has sent and the trace has not shown yet. What a trace cannot show (a
base station's word, a lost packet) is tried out on a copy of the model when a message needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv6Address

from dissectors.errors import BuildError
from replay.events import Deadline, Effects, Event, Node, Send
from replay.judged import CHOSEN, SECTIONS, Field, Kind, Value, fields, kind_of, who
from replay.packets import Address, Packet
from replay.pairing import Expected, alike, paired
from replay.stimulus import Stimulus
from replay.trace import Step
from replay.verdict import Divergence, Fault, Unseen

_MOST_DEADLINES = 10_000
AGAIN_NS = 1_500_000_000
"""RFC 6275 12, InitialBindackTimeoutFirstReg: so long nobody asks again."""
Move = Event | Callable[[Node, int], Effects]
"""What happens to a model: an event, or a change to what it knows."""


class Shell:
    """One node. Subclasses know its model."""

    role = ""

    def __init__(self, address: IPv6Address, node: Node, tolerance_ns: int) -> None:
        self.address = address
        self.node = node
        self.tolerance_ns = tolerance_ns
        self.pending: list[Expected] = []
        self.divergences: list[Divergence] = []
        self.unseen: list[Unseen] = []
        self.agreed = 0
        self.stimuli: list[Stimulus] = []
        """What the model was told besides messages of other nodes."""
        self.reactions: list[tuple[int, int]] = []
        """Numbers of a step that was received and of one that was sent at once because of it."""
        self.compared: list[tuple[int, str]] = []
        """Frame and kind of each message that was held against the model's."""
        self.missing: list[Expected] = []
        """What the trace does not show by its end."""

    # Feeding

    def received(self, step: Step) -> None:
        """The trace shows that the node received this."""
        self.pass_time(step)
        self.adopt_before(step)
        for move in self.events_of(step):
            self._collect(moved(self.node, move, step.time_ns), step.time_ns, step)

    def pass_time(self, step: Step) -> None:
        """Let deadlines come that lie before the step."""
        for _ in range(_MOST_DEADLINES):
            self.put_off(step.time_ns)
            due_ns = self.node.next_deadline_ns()
            if due_ns is None or due_ns > step.time_ns - self.tolerance_ns:
                return
            self._collect(moved(self.node, Deadline(), due_ns), due_ns, step)

    def _collect(self, effects: Effects, time_ns: int, cause: Step) -> None:
        self.pending += self.expectations(effects, time_ns, cause)

    def expectations(self, effects: Effects, time_ns: int, cause: Step) -> Iterator[Expected]:
        """The messages among effects that are judged."""
        for effect in effects:
            if not isinstance(effect, Send) or not isinstance(effect.packet, Packet):
                continue
            kind = kind_of(effect.packet)
            if kind is not None:
                mn_id = who(effect.packet) or effect.mn_id or cause.mn_id
                yield Expected(time_ns, effect.packet, kind, mn_id, cause)

    # Comparing

    def sent(self, step: Step) -> Expected | None:
        """The trace shows that the node sent this; what its model has sent for it, if anything."""
        kind = kind_of(step.packet)
        assert kind is not None
        self.pass_time(step)
        found = paired(self.pending, step, kind)
        if found is None:
            found = self.explained(step, kind)
        if found is None:
            found = alike(self.pending, step, kind, self.tolerance_ns)
        if found is None:
            if kind is Kind.HO_REQUEST and step.mn_id is None:
                name = Field("mobile node identifier", None, "4.1")
                self._diverged(step, Fault.FIELD, kind, name.name, "one", None, name.section)
            elif not self.beyond_sight(step):
                self._diverged(step, Fault.UNEXPECTED, kind, "message", None, kind.value)
            return None
        if found in self.pending:
            self.pending.remove(found)
        self.compared.append((step.seen.frame, kind.value))
        if found.cause is not step and found.time_ns == found.cause.time_ns:
            self.reactions.append((found.cause.number, step.number))
        before = len(self.divergences)
        self._compare(found, step)
        self.agreed += len(self.divergences) == before
        self.adopt_after(step, guessed=found.cause is step)
        return found

    def _compare(self, expected: Expected, step: Step) -> None:
        told = {each.name: each for each in fields(expected.packet)}
        recorded = {each.name: each for each in fields(step.packet)}
        unlike = [
            (each, told.get(name), recorded.get(name))
            for name, each in {**told, **recorded}.items()
            if told.get(name) != recorded.get(name)
            and not self.is_free(told.get(name), recorded.get(name), step)
        ]
        # With another status everything else is another as well.
        decisive = [one for one in unlike if one[0].name == "status"]
        found = [
            (each, None if one is None else one.value, None if other is None else other.value)
            for each, one, other in decisive or unlike
        ]
        found += [(each, right, each.value) for each, right in self.inconsistent(expected, step)]
        for each, right, value in found:
            self._diverged(step, Fault.FIELD, expected.kind, each.name, right, value, each.section)
        late_ns = step.time_ns - expected.time_ns
        if late_ns > self.tolerance_ns and expected.certain:
            self._diverged(
                step,
                Fault.LATE,
                expected.kind,
                "time",
                expected.time_ns,
                step.time_ns,
                "3.1, 3.3",
                expected.time_ns,
            )

    def finish(self, end_ns: int) -> None:
        """What has not been sent by the end, where there was time for it.

        Time enough, too, to ask again if what it answers has not arrived.
        """
        for each in self.pending:
            if each.certain and each.time_ns + self.tolerance_ns + AGAIN_NS <= end_ns:
                self.missing.append(each)
                cause = each.cause
                self.divergences.append(
                    Divergence(
                        self.address,
                        Fault.MISSING,
                        each.kind,
                        cause.number,
                        cause.seen.frame,
                        each.time_ns,
                        "message",
                        each.kind.value,
                        None,
                        SECTIONS[each.kind],
                        each.mn_id,
                    )
                )

    def _diverged(
        self,
        step: Step,
        fault: Fault,
        kind: Kind,
        field: str,
        expected: Value,
        recorded: Value,
        section: str = "",
        time_ns: int | None = None,
    ) -> None:
        self.divergences.append(
            Divergence(
                self.address,
                fault,
                kind,
                step.number,
                step.seen.frame,
                step.time_ns if time_ns is None else time_ns,
                field,
                expected,
                recorded,
                section or SECTIONS[kind],
                step.mn_id,
            )
        )

    def not_shown(self, step: Step, what: str) -> None:
        """Say what had to be taken for granted."""
        self.unseen.append(Unseen(self.address, step.seen.frame, what, step.mn_id))

    # What subclasses know

    sends_up = False
    """Whether it tunnels what comes from mobile nodes; else what goes to them."""

    def tunnels(self, mn_id: bytes) -> dict[IPv6Address, int]:
        """Other ends of the tunnels that the model may use now, with when that ends (ns)."""
        raise NotImplementedError

    def bound_to(self, mn_id: bytes) -> IPv6Address | None:
        """The one of them that must be used."""
        raise NotImplementedError

    def homes(self, mn_id: bytes) -> tuple[Address, ...]:  # noqa: ARG002 - for subclasses
        """The home addresses that the node has given the mobile node."""
        return ()

    def began(self, mn_id: bytes) -> bool:  # noqa: ARG002 - for subclasses
        """Whether its first binding was made within the trace."""
        return False

    def events_of(self, step: Step) -> Iterable[Move]:
        """What the model is told of a message."""
        raise NotImplementedError

    def put_off(self, now_ns: int) -> None:
        """Keep back deadlines whose times nobody has set down."""

    def adopt_before(self, step: Step) -> None:
        """Take over what was the node's to choose and is told by its answer."""

    def adopt_after(self, step: Step, *, guessed: bool) -> None:
        """Take over numbers that were the node's to choose.

        guessed: nothing that the trace shows calls for the message.
        """

    def explained(self, step: Step, kind: Kind) -> Expected | None:  # noqa: ARG002 - the same
        """What the model sends after something that the trace cannot show."""
        return None

    def beyond_sight(self, step: Step) -> bool:  # noqa: ARG002 - for subclasses
        """Whether what led to it may lie before the trace."""
        return False

    def is_free(
        self,
        expected: Field | None,
        recorded: Field | None,
        step: Step,  # noqa: ARG002 - for subclasses
    ) -> bool:
        """Whether the value recorded is as good; None is a field that is not there."""
        either = expected or recorded
        return either is not None and either.name in CHOSEN

    def inconsistent(
        self,
        expected: Expected,  # noqa: ARG002 - for subclasses
        step: Step,
    ) -> Iterator[tuple[Field, Value]]:
        """Seals, and chosen fields that do not fit with earlier ones; with what would fit."""
        if step.seen.sealed is False:
            is_handoff = step.packet.ah is not None
            name, section = _ICV if is_handoff else _AUTHENTICATOR
            yield Field(name, "wrong", section), "right"


def moved(node: Node, move: Move, time_ns: int) -> Effects:
    """What follows from a move; nothing where a trace has values that no message can carry."""
    try:
        return move(node, time_ns) if callable(move) else node.handle(move, time_ns)
    except BuildError:
        return ()


_ICV = "ICV", "7; RFC 4302 3.4.4"
_AUTHENTICATOR = "authenticator", "3.1, 7; RFC 4285 5.1"
