"""What the correlator keeps: one record per session, one per handoff attempt."""

from __future__ import annotations

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


class Handoff:
    """One handoff attempt. Addresses are AddressBook numbers, times nanoseconds.

    The defaults are the class's, so that an attempt costs no more than what is known of it.
    """

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
    sar_packets_at_ba: int = 0
    """Downlink packets in the SAR's tunnel up to the accepting BA."""
    late_sar: int = 0
    bicast: int = 0
    bicast_after_ba: int = 0
    number: int = 0

    def __init__(self, session: Session, sar: int, tar: int, start_ns: int) -> None:
        self.session = session
        self.sar = sar
        self.tar = tar
        self.start_ns = start_ns


class Session:
    """One mobile node's session; defaults are the class's, as with Handoff."""

    hoa: int = UNKNOWN
    hoa4: int = UNKNOWN
    ha: int = UNKNOWN
    ar: int = UNKNOWN
    """The router of the last accepted binding."""
    path: tuple[int, ...] = ()
    state: State = State.PARTIAL
    end_ns: int = NEVER
    attach_ar: int = UNKNOWN
    first_bu_ns: int = NEVER
    accepted_ba_ns: int = NEVER
    solicited_ns: int = NEVER
    answered_ns: int = NEVER
    access: str = ""
    bound_until_ns: int = NEVER
    handoffs: tuple[Handoff, ...] = ()
    measuring: Handoff | None = None
    """The settled handoff whose window is open."""
    dl_packets: int = 0
    dl_bytes: int = 0
    ul_packets: int = 0
    ul_bytes: int = 0
    bound: bool = False
    """An accepted binding was seen and not released."""
    ended: bool = False
    number: int = 0

    def __init__(self, mn_id: int, start_ns: int) -> None:
        self.mn_id = mn_id
        self.start_ns = start_ns
        self.pending: dict[tuple[int, int], tuple[str, Handoff | None]] = {}

    @property
    def homes(self) -> list[int]:
        """The home addresses that it has, IPv6 and IPv4."""
        return [a for a in (self.hoa, self.hoa4) if a >= 0]

    def open_handoff(self, tar: int) -> Handoff | None:
        """The latest attempt towards this AR that no accepted BA has settled."""
        for handoff in reversed(self.handoffs):
            if handoff.tar == tar and not handoff.accepted:
                return handoff
        return None
