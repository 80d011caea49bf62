"""How a handoff attempt ended (CONTRACT 2.3)."""

from __future__ import annotations

from netmip6scope.correlate.model import Handoff, Outcome


def outcome_of(handoff: Handoff, end_ns: int, patience_ns: int) -> tuple[Outcome, int | None]:
    """How the attempt ended and the status to show, for a capture that ends at `end_ns`."""
    if handoff.accepted and handoff.responded:
        return Outcome.COMPLETE, None
    if handoff.accepted:
        return Outcome.REACTIVE, handoff.ho_refusal
    if handoff.bus and handoff.refusal is not None:
        return Outcome.BINDING_REJECTED, handoff.refusal
    if handoff.ho_refusal is not None and not handoff.bus and not handoff.responded:
        return Outcome.CONTEXT_REFUSED, handoff.ho_refusal
    if handoff.bus:
        asked_ns, late = handoff.last_bu_ns, Outcome.BINDING_TIMEOUT
    elif handoff.responded:
        asked_ns, late = handoff.ho_response_ns, Outcome.BINDING_TIMEOUT
    else:
        asked_ns, late = handoff.last_request_ns, Outcome.CONTEXT_TIMEOUT
    assert asked_ns is not None
    return (Outcome.INCOMPLETE if end_ns - asked_ns <= patience_ns else late), None
