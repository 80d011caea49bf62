"""Rows of a simulation's record: the cells that the contract's tables have (2.2 and 2.3)."""

from __future__ import annotations

from collections.abc import Iterable

from replay.packets import Address
from replay.record import Attempt, Carried, Record, Row, Stay

_USER_PLANE = (
    "last_dl_sar_time",
    "first_dl_tar_time",
    "last_ul_sar_time",
    "first_ul_tar_time",
    "dl_gap_ms",
    "ul_gap_ms",
    "bicast_packets",
    "late_sar_packets",
)


def session_rows(record: Record) -> list[Row]:
    """One per session, in order of start."""
    stays = sorted(record.stays, key=_start_ns)
    return [_session(stay, number) for number, stay in enumerate(stays, 1)]


def handoff_rows(record: Record, end_ns: int, patience_ns: int) -> list[Row]:
    """One per handoff attempt, in order of start; the capture ends at `end_ns`."""
    stays = sorted(record.stays, key=_start_ns)
    found = [(a, stay, n) for n, stay in enumerate(stays, 1) for a in stay.attempts]
    found.sort(key=lambda each: each[0].start_ns)
    return [
        {"handoff": n, "session": session, **_handoff(attempt, stay, end_ns, patience_ns)}
        for n, (attempt, stay, session) in enumerate(found, 1)
    ]


def _session(stay: Stay, number: int) -> Row:
    down, up = _once(stay.carried, down=True), _once(stay.carried, down=False)
    return {
        "session": number,
        "mn_id": stay.mn_id.decode() or None,
        "hoa": _text(stay.home),
        "hoa4": _text(stay.home4),
        "ha": _text(stay.ha),
        "map": _text(stay.map),
        "rcoa": _text(stay.rcoa),
        "access": stay.access,
        "ar_path": " > ".join(str(router) for router in stay.path) or None,
        "state": stay.state,
        "start": _start_ns(stay),
        "setup_ms": _between(stay.asked_ns, stay.answered_ns),
        "binding_ms": _between(stay.first_update_ns, stay.accepted_ns),
        "address_ms": _between(stay.accepted_ns, stay.answered_ns),
        "handoffs": len(stay.attempts),
        "dl_packets": len(down),
        "dl_bytes": sum(down.values()),
        "ul_packets": len(up),
        "ul_bytes": sum(up.values()),
    }


def _start_ns(stay: Stay) -> int:
    """A Router Solicitation names nobody: it is somebody's only through what answers it."""
    asked = stay.asked_ns is not None and stay.answered_ns is not None
    return stay.asked_ns if asked and stay.asked_ns is not None else stay.first_update_ns


def outcome(attempt: Attempt, end_ns: int, patience_ns: int) -> tuple[str, int | None]:
    """How it ended, and the status to show."""
    if attempt.acceptance is not None:
        if attempt.status == 0:
            return "complete", None
        return "reactive", attempt.status
    if attempt.updates and attempt.refusal is not None:
        ack = attempt.refusal.sent.send.packet
        return "binding-rejected", int(ack.payload.status)  # type: ignore[union-attr]
    if attempt.status and not attempt.updates:
        return "context-refused", attempt.status
    if end_ns - attempt.last_ns <= patience_ns:
        return "incomplete", None
    waits_for_binding = attempt.updates or attempt.status == 0
    return ("binding-timeout" if waits_for_binding else "context-timeout"), None


def _handoff(attempt: Attempt, stay: Stay, end_ns: int, patience_ns: int) -> Row:
    ended, status = outcome(attempt, end_ns, patience_ns)
    request = attempt.requests[0] if attempt.requests else None
    update = attempt.updates[0] if attempt.updates else None
    answer = attempt.acceptance or attempt.refusal
    request_ns, response_ns = _time(request), _time(attempt.response)
    update_ns, answer_ns = _time(update), _time(answer)
    return {
        "mn_id": stay.mn_id.decode() or None,
        "hoa": _text(stay.home),
        "hoa4": _text(stay.home4),
        "kind": attempt.kind,
        "sar": _text(attempt.sar),
        "tar": _text(attempt.tar),
        "ha": _text(stay.ha),
        "map": _text(attempt.map),
        "outcome": ended,
        "status": status,
        "start": attempt.start_ns,
        "ho_request_time": request_ns,
        "ho_response_time": response_ns,
        "bu_time": update_ns,
        "ba_time": answer_ns,
        "teardown_time": attempt.teardown_ns,
        "context_ms": _between(request_ns, response_ns),
        "binding_ms": _between(update_ns, answer_ns),
        "preparation_ms": _between(request_ns, answer_ns),
        "ho_requests": len(attempt.requests),
        "bus": len(attempt.updates),
        "ho_request_frame": None if request is None else request.frame,
        "ho_response_frame": None if attempt.response is None else attempt.response.frame,
        "bu_frame": None if update is None else update.frame,
        "ba_frame": None if answer is None else answer.frame,
    } | _user_plane(attempt, stay, ended)


def _user_plane(attempt: Attempt, stay: Stay, ended: str) -> Row:
    if ended not in ("complete", "reactive"):
        return dict.fromkeys(_USER_PLANE)
    begin_ns = attempt.updates[0].time_ns
    end_ns = _window_end(attempt, stay)
    inside = [c for c in stay.carried if c.time_ns < end_ns]
    torn_ns = end_ns if attempt.teardown_ns is None else attempt.teardown_ns
    last_dl = _last(inside, attempt.sar, torn_ns, down=True)
    last_ul = _last(inside, attempt.sar, torn_ns, down=False)
    first_dl = _first(inside, attempt.tar, begin_ns, down=True)
    first_ul = _first(inside, attempt.tar, begin_ns, down=False)
    copied, late = _copies(attempt, inside, begin_ns)
    return {
        "last_dl_sar_time": last_dl,
        "first_dl_tar_time": first_dl,
        "last_ul_sar_time": last_ul,
        "first_ul_tar_time": first_ul,
        "dl_gap_ms": _between(last_dl, first_dl),
        "ul_gap_ms": _between(last_ul, first_ul),
        "bicast_packets": copied,
        "late_sar_packets": late,
    }


def _copies(attempt: Attempt, inside: list[Carried], begin_ns: int) -> tuple[int, int]:
    """Downlink packets sent to both routers, and those sent to the SAR alone after the BA."""
    assert attempt.acceptance is not None
    down = [c for c in inside if c.down and c.time_ns >= begin_ns]
    to_sar = {c.number: c.time_ns for c in down if c.router == attempt.sar}
    to_tar = {c.number for c in down if c.router == attempt.tar}
    settled_ns = attempt.acceptance.time_ns
    late = [n for n, at in to_sar.items() if n not in to_tar and at > settled_ns]
    return len(to_sar.keys() & to_tar), len(late)


def _window_end(attempt: Attempt, stay: Stay) -> int:
    later = (a.updates[0].time_ns for a in stay.attempts if a.updates and a is not attempt)
    begin_ns = attempt.updates[0].time_ns
    return min((at for at in later if at > begin_ns), default=1 << 62)


def _last(carried: Iterable[Carried], router: Address, end_ns: int, *, down: bool) -> int | None:
    found = [c.time_ns for c in carried if c.router == router and c.down is down]
    return max((at for at in found if at < end_ns), default=None)


def _first(carried: Iterable[Carried], router: Address, at_ns: int, *, down: bool) -> int | None:
    found = [c.time_ns for c in carried if c.router == router and c.down is down]
    return min((at for at in found if at >= at_ns), default=None)


def _once(carried: Iterable[Carried], *, down: bool) -> dict[int, int]:
    """Octets of user packets by their number: copies count once."""
    return {c.number: c.octets for c in carried if c.down is down}


def _time(seen: object) -> int | None:
    return getattr(seen, "time_ns", None)


def _between(begin_ns: int | None, end_ns: int | None) -> int | None:
    return None if begin_ns is None or end_ns is None else end_ns - begin_ns


def _text(address: Address | None) -> str | None:
    return None if address is None else str(address)
