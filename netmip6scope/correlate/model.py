"""What the correlator keeps: one record per session, one per handoff attempt."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

UNKNOWN = -1
"""No number: no address, no frame, no status."""
NEVER = -(1 << 63)
"""No time."""


class State(IntEnum):
    """Where a session stands (CONTRACT 2.2)."""

    PARTIAL = 0
    ACTIVE = 1
    RELEASED = 2
    EXPIRED = 3
    REJECTED = 4

    @property
    def label(self) -> str:
        return self.name.lower()


class Outcome(IntEnum):
    """How a handoff ended (CONTRACT 2.3)."""

    INCOMPLETE = 0
    COMPLETE = 1
    CONTEXT_REFUSED = 2
    CONTEXT_TIMEOUT = 3
    BINDING_REJECTED = 4
    BINDING_TIMEOUT = 5
    REACTIVE = 6

    @property
    def label(self) -> str:
        return self.name.lower().replace("_", "-")


@dataclass(slots=True, eq=False)
class Handoff:
    """One handoff attempt. Addresses are AddressBook numbers, times nanoseconds."""

    session: Session
    sar: int
    tar: int
    start_ns: int
    identifier: int = UNKNOWN
    ho_request_ns: int = NEVER
    ho_request_frame: int = UNKNOWN
    last_request_ns: int = NEVER
    ho_requests: int = 0
    ho_response_ns: int = NEVER
    ho_response_frame: int = UNKNOWN
    ho_status: int = UNKNOWN
    bu_ns: int = NEVER
    bu_frame: int = UNKNOWN
    last_bu_ns: int = NEVER
    bus: int = 0
    ba_ns: int = NEVER
    ba_frame: int = UNKNOWN
    ba_status: int = UNKNOWN
    ha: int = UNKNOWN
    teardown_ns: int = NEVER
    accepted: bool = False
    last_dl_sar_ns: int = NEVER
    last_ul_sar_ns: int = NEVER
    first_dl_tar_ns: int = NEVER
    first_ul_tar_ns: int = NEVER
    sar_packets_at_ba: int = UNKNOWN
    late_sar: int = 0
    bicast: int = 0
    bicast_after_ba: int = 0
    window_end_ns: int = NEVER
    number: int = 0


@dataclass(slots=True, eq=False)
class Session:
    """One mobile node's session."""

    mn_id: int = UNKNOWN
    hoa: int = UNKNOWN
    hoa4: int = UNKNOWN
    ha: int = UNKNOWN
    ar: int = UNKNOWN
    path: list[int] = field(default_factory=list)
    state: State = State.PARTIAL
    start_ns: int = NEVER
    end_ns: int = NEVER
    attach_ar: int = UNKNOWN
    first_bu_ns: int = NEVER
    accepted_ba_ns: int = NEVER
    solicited_ns: int = NEVER
    answered_ns: int = NEVER
    access: str = ""
    bound_until_ns: int = NEVER
    pending: dict[tuple[int, int], tuple[str, Handoff | None]] = field(default_factory=dict)
    handoffs: list[Handoff] = field(default_factory=list)
    packets: list[int] = field(default_factory=lambda: [0, 0])
    octets: list[int] = field(default_factory=lambda: [0, 0])
    ended: bool = False
    number: int = 0

    @property
    def bound(self) -> bool:
        """An accepted binding was seen and not released."""
        return self.ar != UNKNOWN and self.state == State.ACTIVE

    def open_handoff(self, tar: int) -> Handoff | None:
        """The latest attempt towards this AR that no accepted BA has settled."""
        for handoff in reversed(self.handoffs):
            if handoff.tar == tar and not handoff.accepted:
                return handoff
        return None

    def latest_accepted(self) -> Handoff | None:
        for handoff in reversed(self.handoffs):
            if handoff.accepted:
                return handoff
        return None
