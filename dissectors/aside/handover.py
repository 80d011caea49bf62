"""Rows of Fast Handover messages, over ICMPv6 and the Mobility Header (RFC 4068, RFC 5568)."""

from __future__ import annotations

from dissectors.aside.found import Found
from dissectors.aside.row import Row

_ICMPV6_TYPES = (150, 154)
_SUBTYPES = {2: "rtsolpr", 3: "prrtadv", 4: "hi", 5: "hack"}
"""RFC 4068 6.1, RFC 5568 6.1."""

_MH_TYPES = {8: "fbu", 9: "fback", 10: "fna", 14: "hi", 15: "hack"}
"""RFC 5568 6.2, RFC 4068 6.3.3."""

_TITLES = {
    "rtsolpr": "Router Solicitation for Proxy Advertisement",
    "prrtadv": "Proxy Router Advertisement",
    "hi": "Handover Initiate",
    "hack": "Handover Acknowledge",
    "fbu": "Fast Binding Update",
    "fback": "Fast Binding Acknowledgment",
    "fna": "Fast Neighbor Advertisement",
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
        f"{_TITLES[name]} {identifier}",
        found.length,
        identifier=identifier,
        status=found.number("icmpv6.code"),
    )


def mobility(found: Found) -> Row | None:
    number = found.own("mh_type")
    name = None if number is None else _MH_TYPES.get(number)
    if name is None:
        return None
    seq = found.number(f"mip6.{name}.seqnr")
    units = (found.own("header_len") or 0) + 1
    return Row(
        f"fmip-{name}",
        _TITLES[name] if seq is None else f"{_TITLES[name]} #{seq}",
        units * 8,
        mn_id=found.octets("mip6.mnid.identifier"),
        coa=found.address("mip6.acoa.acoa"),
        seq=seq,
        status=found.number(f"mip6.{name}.status", f"mip6.{name}.code"),
        lifetime_s=found.number(f"mip6.{name}.lifetime"),
    )
