"""Rows of PPP's control protocols, PAP, CHAP and EAP."""

from __future__ import annotations

from dissectors.aside.found import Found
from dissectors.aside.kind_text import kind_name, title
from dissectors.aside.row import Row
from dissectors.eap import EapCode, EapIdentity
from dissectors.ppp import PppCode
from dissectors.ppp_authentication import ChapCode, PapCode

_LINK_LOCAL = bytes.fromhex("fe80000000000000")


def ppp(found: Found) -> Row | None:
    """LCP, and the packets of the other control protocols that have no address in them."""
    code = found.own("code")
    if code is None:
        return None
    name, identifier = found.layer.name, found.own("identifier")
    return Row(
        f"ppp-{name}-{kind_name(PppCode, code)}",
        f"{name.upper()} {title(PppCode, code)} {{}}",
        found.length,
        identifier=identifier,
    )


def ipcp(found: Found) -> Row | None:
    row = ppp(found)
    address = found.address("ipcp.opt.ip_address", "ipcp.opt.mobilenodehomeaddress")
    return None if row is None else row.but(hoa=address)


def ipv6cp(found: Found) -> Row | None:
    """The identifier is the lower half of the node's addresses, shown as its link-local one."""
    row = ppp(found)
    identifier = found.octets("ipv6cp.interface_identifier")
    if row is None or identifier is None or not any(identifier):
        return row
    return row.but(hoa=_LINK_LOCAL + identifier)


def pap(found: Found) -> Row | None:
    code = found.own("code")
    if code is None:
        return None
    identifier = found.own("identifier")
    return Row(
        f"ppp-pap-{kind_name(PapCode, code)}",
        f"PAP {title(PapCode, code)} {{}}",
        found.length,
        mn_id=found.octets("pap.peer_id"),
        identifier=identifier,
    )


def chap(found: Found) -> Row | None:
    """The name in a Challenge is the authenticator's."""
    code = found.own("code")
    if code is None:
        return None
    identifier = found.own("identifier")
    return Row(
        f"ppp-chap-{kind_name(ChapCode, code)}",
        f"CHAP {title(ChapCode, code)} {{}}",
        found.length,
        mn_id=found.octets("chap.name") if code == ChapCode.RESPONSE else None,
        identifier=identifier,
    )


def eap(found: Found) -> Row | None:
    code = found.own("code")
    if code is None:
        return None
    identifier = found.own("identifier")
    method = next((child.label for child in found.layer.children if child.children), None)
    text = f"EAP {title(EapCode, code)} {{}}"
    return Row(
        f"eap-{kind_name(EapCode, code)}",
        text if method is None else f"{text}, {method}",
        found.length,
        mn_id=eap_identity(found) if code == EapCode.RESPONSE else None,
        identifier=identifier,
    )


def eap_identity(found: Found) -> bytes | None:
    """The NAI of an Identity method."""
    return found.octets(f"{EapIdentity.layout.prefix}.identity")
