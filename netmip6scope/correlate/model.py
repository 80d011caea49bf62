"""What a story tells: one record per session, one per handoff attempt.

Addresses are AddressBook numbers, times nanoseconds; None is what is not known.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from dissectors.handoff import Access

if TYPE_CHECKING:
    from netmip6scope.correlate.codes import Code
    from netmip6scope.correlate.event import Event

LATEST = 8
"""How many of a session's attempts a late message is compared with."""

METHODS = ("", "pap", "chap", "eap")
"""How a mobile node proved who it is, by number; 0 is not known."""


class _Labelled(IntEnum):
    @property
    def label(self) -> str:
        return self.name.lower().replace("_", "-")


class State(_Labelled):
    """Where a session stands (CONTRACT 2.2)."""

    PARTIAL = 0
    ACTIVE = 1
    RELEASED = 2
    EXPIRED = 3
    REJECTED = 4


class Outcome(_Labelled):
    """How a handoff ended (CONTRACT 2.3)."""

    INCOMPLETE = 0
    COMPLETE = 1
    CONTEXT_REFUSED = 2
    CONTEXT_TIMEOUT = 3
    BINDING_REJECTED = 4
    BINDING_TIMEOUT = 5
    REACTIVE = 6


class HandoffKind(_Labelled):
    """Between which domains the mobile node moves (CONTRACT 2.3)."""

    INTER_AR = 0
    INTRA_MAP = 1
    INTER_MAP = 2


class Role(IntEnum):
    """What a Binding Update is for."""

    ATTACH = 0
    RENEWAL = 1
    HANDOFF = 2
    TEARDOWN = 3
    RELEASE = 4
    LOCAL_ATTACH = 5
    """To a MAP; one to the home agent follows."""
    LOCAL_HANDOFF = 6
    """To another MAP; one to the home agent follows and settles the handoff."""


class Finding:
    """Something that went wrong in an exchange; `kept` fills the text of the code's rule."""

    __slots__ = ("code", "event", "handoff", "kept", "session", "times")

    def __init__(
        self,
        code: Code,
        event: Event,
        session: Session | None,
        handoff: Handoff | None,
        kept: dict[str, int],
    ) -> None:
        self.code = code
        self.event = event
        self.session = session
        self.handoff = handoff
        self.kept = kept
        self.times = 1
        """How often it happened."""


class Handoff:
    """One handoff attempt."""

    __slots__ = (
        "accepted",
        "answer",
        "asked",
        "asked_context",
        "ba_frame",
        "ba_ns",
        "bu_frame",
        "bu_ns",
        "bus",
        "first_bu",
        "ha",
        "ho_refusal",
        "ho_request_frame",
        "ho_request_ns",
        "ho_requests",
        "ho_response_frame",
        "ho_response_ns",
        "identifier",
        "kind",
        "last_bu_ns",
        "last_request_ns",
        "last_seq",
        "map",
        "moved",
        "order",
        "outcome",
        "place",
        "refusal",
        "responded",
        "sar",
        "sar_known",
        "session",
        "start_ns",
        "status",
        "tar",
        "teardown_ns",
        "window_end_ns",
    )

    def __init__(
        self, session: Session, place: int, order: int, start_ns: int, sar: int, tar: int
    ) -> None:
        self.session = session
        self.place = place
        """Which of the story's attempts it is."""
        self.order = order
        """Of its first message among all messages."""
        self.start_ns = start_ns
        self.sar = sar
        self.tar = tar
        self.sar_known = False
        """The mobile node's binding at the SAR was seen before."""
        self.identifier: int | None = None
        self.asked: Event | None = None
        """The first HO Request."""
        self.asked_context = False
        self.answer: Event | None = None
        """The HO Response that the attempt began with."""
        self.ho_requests = 0
        self.ho_request_ns: int | None = None
        self.ho_request_frame: int | None = None
        self.last_request_ns: int | None = None
        self.ho_response_ns: int | None = None
        self.ho_response_frame: int | None = None
        self.ho_refusal: int | None = None
        """Status of the latest HO Response that refused."""
        self.responded = False
        """The context was given."""
        self.bus = 0
        self.first_bu: Event | None = None
        self.bu_ns: int | None = None
        self.bu_frame: int | None = None
        self.last_bu_ns: int | None = None
        self.last_seq: int | None = None
        self.ba_ns: int | None = None
        self.ba_frame: int | None = None
        self.refusal: int | None = None
        """Status of the latest BA that refused."""
        self.accepted = False
        self.ha: int | None = None
        self.kind = HandoffKind.INTER_AR
        self.map: int | None = None
        self.moved = False
        """The target's MAP has accepted; the home agent has yet to."""
        self.teardown_ns: int | None = None
        self.window_end_ns: int | None = None
        self.outcome = Outcome.INCOMPLETE
        self.status: int | None = None


class Waiting(NamedTuple):
    """A Binding Update that waits for its answer."""

    event: Event
    role: Role
    handoff: Handoff | None


class Session:
    """One mobile node's session."""

    __slots__ = (
        "accepted_ba_ns",
        "access",
        "answered_ns",
        "ar",
        "ar_net",
        "attach_ar",
        "bound_until_ns",
        "end_ns",
        "first_bu_ns",
        "ha",
        "handoffs",
        "hoa",
        "hoa4",
        "home_net",
        "map",
        "measuring",
        "order",
        "path",
        "place",
        "rcoa",
        "solicited_ns",
        "start_ns",
        "state",
        "waiting",
    )

    def __init__(self, place: int, order: int, start_ns: int) -> None:
        self.place = place
        """Which of the story's sessions it is."""
        self.order = order
        """Of its first message among all messages."""
        self.start_ns = start_ns
        self.end_ns: int | None = None
        self.state = State.PARTIAL
        self.hoa: int | None = None
        self.hoa4: int | None = None
        self.ha: int | None = None
        self.ar: int | None = None
        """The router of the last accepted binding."""
        self.ar_net: int | None = None
        self.home_net: int | None = None
        self.attach_ar: int | None = None
        self.map: int | None = None
        self.rcoa: int | None = None
        self.path: list[int] = []
        self.first_bu_ns: int | None = None
        """Of the attach."""
        self.accepted_ba_ns: int | None = None
        self.bound_until_ns = 0
        """Means something where ar is known."""
        self.solicited_ns: int | None = None
        self.answered_ns: int | None = None
        self.access = Access.UNKNOWN
        self.handoffs: list[Handoff] = []
        self.measuring: Handoff | None = None
        """The settled handoff whose window is open."""
        self.waiting: list[Waiting] = []
        """Binding Updates without an answer."""

    def release(self) -> None:
        """Let go of what knows this session, so that all of it is freed with the last of it.

        Else it would wait for the cycle collector, which rests during an analysis.
        """
        self.handoffs, self.waiting, self.measuring = [], [], None

    def open_attempt(self, tar: int) -> Handoff | None:
        """The latest attempt towards this router that no accepted BA has settled."""
        for handoff in reversed(self.handoffs[-LATEST:]):
            if not handoff.accepted and handoff.tar == tar:
                return handoff
        return None

    def repeated(self, event: Event) -> Handoff | None:
        """The settled attempt whose last Binding Update this one repeats."""
        for handoff in self.handoffs[-1:]:
            if handoff.last_seq is not None and handoff.last_seq == event.seq:
                return handoff if handoff.tar == event.coa else None
        return None

    def moving(self) -> Handoff | None:
        """The latest attempt that waits for the home agent behind a new MAP."""
        for handoff in reversed(self.handoffs[-LATEST:]):
            if handoff.moved and not handoff.accepted:
                return handoff
        return None

    def exchange(self, tar: int, sar: int, event: Event) -> Handoff | None:
        """The latest attempt that the event's HO message belongs to."""
        for handoff in reversed(self.handoffs[-LATEST:]):
            if (
                handoff.identifier is not None
                and handoff.identifier == event.identifier
                and handoff.tar == tar
                and handoff.sar == sar
            ):
                return handoff
        return None
