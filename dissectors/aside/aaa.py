"""Rows of RADIUS and Diameter."""

from __future__ import annotations

from dissectors.aside.access import eap_identity
from dissectors.aside.found import Found
from dissectors.aside.kind_text import kind_name, title
from dissectors.aside.row import Row
from dissectors.diameter import DiameterCommand
from dissectors.radius import RadiusCode
from dissectors.scan.marks import Mark

_RADIUS_CODES = frozenset(map(int, RadiusCode))
_RADIUS_LENGTHS = range(20, 4097)
"""RFC 2865 3."""

_ANY_ADDRESS = (bytes.fromhex("fffffffe"), bytes.fromhex("ffffffff"))
"""RFC 2865 5.8: the NAS, or the user, chooses."""

_RADIUS_ADDRESSES = (
    "radius.Framed_IPv6_Address",
    "radius.3GPP2_MIP6_HOA_Received_From_BU",
    "radius.PMIP6_Home_IPv4_HoA",
    "netmip6.radius.WiMAX_Home_IPv4_HoA_PMIP6",
    "radius.Framed-IP-Address",
)
_METHODS = {
    "radius.User_Password_encrypted": Mark.PAP,
    "radius.CHAP_Password": Mark.CHAP,
    "radius.eap_fragment": Mark.EAP,
}
_DIAMETER_METHODS = {
    "diameter.User-Password": Mark.PAP,
    "diameter.CHAP-Algorithm": Mark.CHAP,
    "diameter.EAP-Payload": Mark.EAP,
}
_RADIUS_PREFIXES = (
    "radius.Framed_IPv6_Prefix",
    "radius.Delegated_IPv6_Prefix",
    "radius.PMIP6_Home_HN_Prefix",
    "netmip6.radius.MIP6_Home_Link_Prefix",
)


def radius(found: Found) -> Row | None:
    """Without a User-Name the identity is that of the EAP packet inside.

    Others use its ports for a while; most of what they send has no such code or length.
    """
    code = found.own("code")
    if code is None or code not in _RADIUS_CODES or found.length not in _RADIUS_LENGTHS:
        return None
    identifier = found.own("identifier")
    identity = found.octets("radius.User_Name", "radius.Mobile_Node_Identifier")
    return Row(
        f"radius-{kind_name(RadiusCode, code)}",
        f"RADIUS {title(RadiusCode, code)} {{}}",
        found.length,
        mn_id=identity or eap_identity(found),
        hoa=_radius_address(found),
        coa=found.address("radius.3GPP2_MIP6_Care_of_Address"),
        client=found.octets("radius.Calling_Station_Id"),
        identifier=identifier,
        status=found.number("radius.Error_Cause"),
        lifetime_s=found.number("radius.Session_Timeout"),
        marks=_method(found, _METHODS),
    )


def _method(found: Found, methods: dict[str, Mark]) -> Mark:
    """How the user is authenticated (RFC 2865 5.2, 5.3, RFC 3579 3.1, and the same by Diameter)."""
    marks = Mark(0)
    for attribute, mark in methods.items():
        if found.has(attribute):
            marks |= mark
    return marks


def _radius_address(found: Found) -> bytes | None:
    address = found.address(*_RADIUS_ADDRESSES)
    if address is not None and address not in _ANY_ADDRESS:
        return address
    prefix = found.octets(*_RADIUS_PREFIXES)
    return None if prefix is None or len(prefix) > 16 else prefix.ljust(16, b"\0")


def diameter(found: Found) -> Row | None:
    command, request = found.own("command"), found.own("request")
    if command is None or request is None:
        return None
    way = "request" if request else "answer"
    identifier = found.own("hop_by_hop")
    result = found.number("diameter.Result-Code", "diameter.Experimental-Result-Code")
    text = f"Diameter {title(DiameterCommand, command)} {way} {{}}"
    return Row(
        f"diameter-{kind_name(DiameterCommand, command)}-{way}",
        text if result is None else f"{text}, result {result}",
        found.length,
        mn_id=found.octets("diameter.User-Name", "diameter.Mobile-Node-Identifier"),
        hoa=found.address(
            "diameter.MIP-Mobile-Node-Address",
            "diameter.PMIP6-IPv4-Home-Address",
            "diameter.Framed-IP-Address",
        ),
        coa=found.address("diameter.MIP-Careof-Address"),
        client=found.octets("diameter.Calling-Station-Id"),
        identifier=identifier,
        status=result,
        lifetime_s=found.number(
            "diameter.MIP-MSA-Lifetime",
            "diameter.Session-Timeout",
            "diameter.Authorization-Lifetime",
        ),
        marks=_method(found, _DIAMETER_METHODS),
    )
