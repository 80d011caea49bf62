"""Rows of DHCPv6 and DHCPv4."""

from __future__ import annotations

from ipaddress import ip_address

from dissectors.aside.found import Found
from dissectors.aside.kind_text import kind_name, title
from dissectors.aside.row import Row
from dissectors.dhcpv4 import BootpOperation
from dissectors.dhcpv4_options import Dhcpv4Type
from dissectors.dhcpv6 import Dhcpv6Type
from dissectors.dhcpv6_options import ClientIdentifier
from dissectors.node import Node

_IAADDR, _IAPREFIX = "dhcpv6.iaaddr", "dhcpv6.iaprefix"


def dhcpv6(found: Found) -> Row | None:
    """A relayed message is the relay's, with what the message inside says."""
    code = found.own("msg_type")
    if code is None:
        return None
    identifier = found.number("dhcpv6.xid")
    hoa = found.address(f"{_IAADDR}.ip")
    lifetime = found.number(f"{_IAADDR}.valid_lifetime")
    if hoa is None:
        hoa = found.address(f"{_IAPREFIX}.pref_addr")
        lifetime = found.number(f"{_IAPREFIX}.valid_lifetime")
    return Row(
        f"dhcp6-{kind_name(Dhcpv6Type, code)}",
        _text(f"DHCPv6 {title(Dhcpv6Type, code)}", identifier, hoa, lifetime),
        found.layer.end - found.layer.begin,
        hoa=hoa,
        client=_duid(found.layer),
        identifier=identifier,
        status=found.number("dhcpv6.status_code"),
        lifetime_s=lifetime,
    )


def _duid(node: Node) -> bytes | None:
    """The DUID of the Client Identifier option, in a relayed message too."""
    for child in node.children:
        if child.label == ClientIdentifier.layout.label and child.children:
            inside = child.children[-1]
            octets = b"".join(_raw(field) for field in inside.children)
            return octets or None
        found = _duid(child) if child.children else None
        if found is not None:
            return found
    return None


def _raw(field: Node) -> bytes:
    size = field.end - field.begin
    return field.raw if isinstance(field.raw, bytes) else int(field.raw).to_bytes(size, "big")


def dhcpv4(found: Found) -> Row | None:
    operation = found.own("operation")
    if operation is None:
        return None
    code = found.number("dhcp.option.dhcp")
    kind, text = (
        (kind_name(BootpOperation, operation), title(BootpOperation, operation))
        if code is None
        else (kind_name(Dhcpv4Type, code), title(Dhcpv4Type, code))
    )
    identifier = found.own("transaction_id")
    hoa = found.address("dhcp.ip.your", "dhcp.option.requested_ip_address", "dhcp.ip.client")
    lifetime = found.number("dhcp.option.ip_address_lease_time")
    hardware = found.octets("netmip6.dhcp.hw.addr")
    size = found.own("hardware_length")
    return Row(
        f"dhcp4-{kind}",
        _text(f"DHCPv4 {text}", identifier, hoa, lifetime),
        found.layer.end - found.layer.begin,
        hoa=hoa,
        client=hardware[:size] if hardware is not None and size else None,
        identifier=identifier,
        lifetime_s=lifetime,
    )


def _text(what: str, identifier: int | None, hoa: bytes | None, lifetime: int | None) -> str:
    text = what if identifier is None else f"{what} {{}}"
    if hoa is None:
        return text
    text = f"{text}, {ip_address(hoa)}"
    return text if lifetime is None else f"{text} for {lifetime} s"
