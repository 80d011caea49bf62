"""Rows of Fast Handover messages over ICMPv6 (RFC 4068 6.1, RFC 5568 6.1)."""

from __future__ import annotations

from dissectors.aside.found import Found
from dissectors.aside.row import Row

_ICMPV6_TYPES = (150, 154)
_SUBTYPES = {2: "rtsolpr", 3: "prrtadv", 4: "hi", 5: "hack"}
"""RFC 4068 6.1, RFC 5568 6.1."""

_TITLES = {
    "rtsolpr": "Router Solicitation for Proxy Advertisement",
    "prrtadv": "Proxy Router Advertisement",
    "hi": "Handover Initiate",
    "hack": "Handover Acknowledge",
}


def icmpv6(found: Found) -> Row | None:
    """Type 150 has subtypes of others too (RFC 4065), which have no row."""
    if found.number("icmpv6.type") not in _ICMPV6_TYPES:
        return None
    name = _SUBTYPES.get(found.number("icmpv6.fmip6.subtype") or 0)
    if name is None:
        return None
    identifier = found.number("icmpv6.fmip6.identifier")
    return Row(
        f"fmip-{name}",
        f"{_TITLES[name]} {{}}",
        found.length,
        identifier=identifier,
        status=found.number("icmpv6.code"),
    )
