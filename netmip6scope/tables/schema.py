"""The columns of each table, in the order in which every output format writes them."""

from __future__ import annotations

from netmip6scope.tables.columns import Column, Kind


def _int(name: str, doc: str) -> Column:
    return Column(name, Kind.INT, doc)


def _time(name: str, doc: str) -> Column:
    return Column(name, Kind.TIME, doc)


def _duration(name: str, doc: str) -> Column:
    return Column(name, Kind.DURATION, doc)


def _text(name: str, doc: str) -> Column:
    return Column(name, Kind.TEXT, doc)


MESSAGES: tuple[Column, ...] = (
    _int("frame", "Number of the frame in its file, from 1."),
    _time("time", "When the message was first observed."),
    _text("point", "Capture point of the earliest observation."),
    _text("src", "Source address, if the message has an IP header."),
    _text("dst", "Destination address, if the message has an IP header."),
    _text("kind", "Which message it is, such as ho-request or ba."),
    _text("mn_id", "Identifier of the mobile node."),
    _text("hoa", "Home address."),
    _text("coa", "Care-of address."),
    _int("identifier", "Identifier that matches a response to its request."),
    _int("seq", "Sequence number."),
    _int("status", "Status code of a response or acknowledgement."),
    _int("lifetime_s", "Lifetime asked for or granted, in seconds."),
    _text("flags", "Letters of the flags that are set."),
    _int("length", "Length of the message in octets."),
    _text("summary", "The message in one line."),
    _int("session", "Number of the session it belongs to."),
    _int("handoff", "Number of the handoff it belongs to."),
)
"""One row per signalling message."""

SESSIONS: tuple[Column, ...] = (
    _int("session", "Number of the session, from 1."),
    _text("mn_id", "Identifier of the mobile node."),
    _text("hoa", "IPv6 home address."),
    _text("hoa4", "IPv4 home address."),
    _text("ha", "Home agent."),
    _text("map", "Mobility anchor point, the last one."),
    _text("rcoa", "Regional care-of address, the last one."),
    _text("access", "How the address was given: slaac, dhcpv6, ipv6cp, dhcpv4 or ipcp."),
    _text("auth", "How access was authenticated: pap, chap or eap."),
    _text("ar_path", "Access routers of accepted bindings in order, joined by ' > '."),
    _time("start", "First message of the session."),
    _time("end", "When it was released, or its binding ran out."),
    _text("state", "State at the capture's end: active, released, expired, rejected, partial."),
    _duration("setup_ms", "From the node's first layer-3 request to the access router's answer."),
    _duration("auth_ms", "From the first access request to its acceptance."),
    _duration("binding_ms", "From the first Binding Update to the accepted acknowledgement."),
    _duration("address_ms", "From that acknowledgement to the access router's answer."),
    _int("handoffs", "Number of handoffs, failed ones too."),
    _int("dl_packets", "Tunnelled packets to the mobile node."),
    _int("dl_bytes", "Octets of those packets, by the inner IP header."),
    _int("ul_packets", "Tunnelled packets from the mobile node."),
    _int("ul_bytes", "Octets of those packets, by the inner IP header."),
    _text("findings", "Codes of the findings about the session, joined by spaces."),
)
"""One row per mobile-node session."""

HANDOFFS: tuple[Column, ...] = (
    _int("handoff", "Number of the handoff, from 1."),
    _int("session", "Number of the session it belongs to."),
    _text("mn_id", "Identifier of the mobile node."),
    _text("hoa", "IPv6 home address."),
    _text("hoa4", "IPv4 home address."),
    _text("kind", "inter-ar, intra-map or inter-map."),
    _text("sar", "Source access router."),
    _text("tar", "Target access router."),
    _text("ha", "Home agent."),
    _text("map", "Mobility anchor point, the target's."),
    _text("outcome", "How it ended."),
    _int("status", "Status of the refusing response or acknowledgement."),
    _time("start", "First sign of the handoff."),
    _time("ho_request_time", "First HO Request."),
    _time("ho_response_time", "The HO Response that settled it."),
    _time("bu_time", "First Binding Update."),
    _time("ba_time", "The acknowledgement that settled it."),
    _time("last_dl_sar_time", "Last downlink packet in the source's tunnel before tear-down."),
    _time("first_dl_tar_time", "First downlink packet in the target's tunnel."),
    _time("last_ul_sar_time", "Last uplink packet in the source's tunnel."),
    _time("first_ul_tar_time", "First uplink packet in the target's tunnel."),
    _time("teardown_time", "The source's de-registration."),
    _duration("context_ms", "HO Response after HO Request."),
    _duration("binding_ms", "Acknowledgement after Binding Update."),
    _duration("preparation_ms", "Acknowledgement after HO Request."),
    _duration("dl_gap_ms", "Downlink gap; negative when the two tunnels overlap."),
    _duration("ul_gap_ms", "Uplink gap; negative when the two tunnels overlap."),
    _int("bicast_packets", "Downlink packets seen in both tunnels."),
    _int("late_sar_packets", "Downlink packets sent only to the source after the binding."),
    _int("ho_requests", "HO Requests sent, retransmissions included."),
    _int("bus", "Binding Updates sent, retransmissions included."),
    _duration("clock_error_ms", "Bound on the error of clock alignment between points."),
    _int("ho_request_frame", "Frame of the first HO Request."),
    _int("ho_response_frame", "Frame of the HO Response."),
    _int("bu_frame", "Frame of the first Binding Update."),
    _int("ba_frame", "Frame of the acknowledgement."),
    _text("findings", "Codes of the findings about the handoff, joined by spaces."),
)
"""One row per handoff."""

FINDINGS: tuple[Column, ...] = (
    _int("finding", "Number of the finding, from 1."),
    _text("severity", "error, warning or note."),
    _text("code", "What was found; findings --list explains every code."),
    _int("frame", "Frame of the message that shows it."),
    _time("time", "When."),
    _text("point", "Capture point of that message."),
    _int("session", "Number of the session it is about."),
    _int("handoff", "Number of the handoff it is about."),
    _text("mn_id", "Identifier of the mobile node."),
    _text("text", "What was found, with the nodes and values."),
    _text("ref", "Where it is written."),
)
"""One row per finding."""

FINDING_CODES: tuple[Column, ...] = (
    _text("code", "The code."),
    _text("severity", "error, warning or note."),
    _text("what", "What it means."),
    _text("ref", "Where it is written."),
)
"""One row per code that a finding can have."""

USER_PLANE: tuple[Column, ...] = (
    _int("session", "Number of the session it belongs to."),
    _text("direction", "down or up."),
    _text("router", "Access router at the tunnel's end."),
    _time("since", "Binding message of the home address that it begins at."),
    _time("first", "First packet."),
    _time("last", "Last packet."),
    _int("packets", "Tunnelled packets."),
    _int("bytes", "Octets of those packets, by the inner IP header."),
)
"""One row per direction, router, and time from a binding message to the next: for ladders."""

WHY: tuple[Column, ...] = (
    _int("session", "Number of the session."),
    _text("mn_id", "Identifier of the mobile node."),
    _int("handoff", "Number of the handoff that the message belongs to."),
    _int("frame", "Number of the message's frame in its file, from 1."),
    _time("time", "When the message was first observed."),
    _text("point", "Capture point of the earliest observation."),
    _text("kind", "Which message it is."),
    _text("field", "The field that tells whose it is, as filters name it."),
    _int("of_frame", "Frame of the message that it agrees with; its own where it names the node."),
    _text("of_point", "Capture point of that message."),
)
"""One row per message of a session: why it belongs there."""

CLOCKS: tuple[Column, ...] = (
    _text("point", "Capture point."),
    _text("state", "reference, aligned, or nothing in common with the other points."),
    _duration("offset_ms", "How far its clock is ahead of the reference, at the begin."),
    _int("drift_ppb", "How much faster its clock runs, in billionths."),
    _duration("error_ms", "What the offset can be wrong by."),
    _int("samples", "Messages that were seen here and at another point."),
)
"""One row per capture point: how its clock differs from the reference."""

TABLES: dict[str, tuple[Column, ...]] = {
    "messages": MESSAGES,
    "sessions": SESSIONS,
    "handoffs": HANDOFFS,
    "findings": FINDINGS,
}
