"""DHCP unique identifiers (RFC 3315 9, RFC 6355): how DHCP names a client or server for good."""

from __future__ import annotations

from dissectors.layout import Message, declare, link_address, octets, uint
from dissectors.registries import DUIDS


@declare(DUIDS, 1, "dhcpv6.duidllt", ref="RFC 3315 9.2", label="Link-layer address plus time")
class DuidLlt(Message):
    """When it was made, and an interface's address of then."""

    hardware: int = uint(16, "Hardware type", filter="hwtype")
    time: int = uint(32, "Time", filter="time", unit="s since 2000")
    address: bytes = octets("Link-layer address", filter="link_layer_addr")


@declare(DUIDS, 2, "dhcpv6.duiden", ref="RFC 3315 9.3", label="Assigned by vendor")
class DuidEn(Message):
    """A vendor's own identifier."""

    enterprise: int = uint(32, "Enterprise-number", filter="enterprise")
    identifier: bytes = octets("Identifier", filter="identifier")


@declare(DUIDS, 3, "dhcpv6.duidll", ref="RFC 3315 9.4", label="Link-layer address")
class DuidLl(Message):
    """An interface's address."""

    hardware: int = uint(16, "Hardware type", filter="hwtype")
    address: bytes = octets("Link-layer address", filter="link_layer_addr")


@declare(DUIDS, 4, "dhcpv6.duiduuid", ref="RFC 6355 4", label="UUID")
class DuidUuid(Message):
    """A universally unique identifier."""

    uuid: bytes = link_address("UUID", filter="bytes", width=128)
