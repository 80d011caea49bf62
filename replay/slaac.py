"""Stateless address configuration between a mobile node and its access router (RFC 2461, 2462)."""

from __future__ import annotations

from ipaddress import IPv6Address

from dissectors.neighbor import (
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    RouterSolicitation,
)
from dissectors.neighbor_options import (
    PrefixInformation,
    SourceLinkLayerAddress,
    TargetLinkLayerAddress,
)
from replay.context import home_prefix
from replay.packets import HOP_LIMIT, NEIGHBOR_HOP_LIMIT, UNSPECIFIED, Packet

ALL_ROUTERS = IPv6Address("ff02::2")
ROUTER_LIFETIME_S = 1800
_LINK_LOCAL = int(IPv6Address("fe80::"))
_SOLICITED_NODE = int(IPv6Address("ff02::1:ff00:0"))
_LOW_64 = (1 << 64) - 1
_LOW_24 = (1 << 24) - 1


def interface_identifier(link: bytes) -> int:
    """Modified EUI-64 of a MAC address (RFC 4291 appendix A)."""
    octets = bytes((link[0] ^ 2,)) + link[1:3] + b"\xff\xfe" + link[3:]
    return int.from_bytes(octets, "big")


def link_local(link: bytes) -> IPv6Address:
    """The link-local address of an interface."""
    return IPv6Address(_LINK_LOCAL | interface_identifier(link))


def address_in(prefix: IPv6Address, link: bytes) -> IPv6Address:
    """The address that an interface forms in a /64."""
    return IPv6Address(int(prefix) & ~_LOW_64 | interface_identifier(link))


def solicited_node(address: IPv6Address) -> IPv6Address:
    """RFC 4291 2.7.1."""
    return IPv6Address(_SOLICITED_NODE | int(address) & _LOW_24)


def solicitation(link: bytes) -> Packet:
    """A Router Solicitation."""
    message = RouterSolicitation(options=(SourceLinkLayerAddress(link),))
    return Packet(link_local(link), ALL_ROUTERS, message, NEIGHBOR_HOP_LIMIT)


def duplicate_probe(target: IPv6Address) -> Packet:
    """The Neighbor Solicitation of duplicate address detection (RFC 2462 5.4.2)."""
    message = NeighborSolicitation(target=target)
    return Packet(UNSPECIFIED, solicited_node(target), message, NEIGHBOR_HOP_LIMIT)


def probe(router_link: bytes, link: bytes) -> Packet:
    """A router asks whether a host is there (RFC 2461 7.3.3)."""
    target = link_local(link)
    message = NeighborSolicitation(target=target, options=(SourceLinkLayerAddress(router_link),))
    return Packet(link_local(router_link), target, message, NEIGHBOR_HOP_LIMIT)


def answer(target: IPv6Address, asker: IPv6Address, link: bytes) -> Packet:
    """It is (RFC 2461 7.2.4)."""
    message = NeighborAdvertisement(
        solicited=True, override=True, target=target, options=(TargetLinkLayerAddress(link),)
    )
    return Packet(target, asker, message, NEIGHBOR_HOP_LIMIT)


def advertisement(router_link: bytes, link: bytes, home: IPv6Address) -> Packet:
    """The Router Advertisement with the prefix of a home address, to one mobile node alone.

    A prefix belongs to one mobile node, so it must not be told to others.
    """
    message = RouterAdvertisement(
        HOP_LIMIT,
        router_lifetime=ROUTER_LIFETIME_S,
        options=(SourceLinkLayerAddress(router_link), home_prefix(home)),
    )
    return Packet(link_local(router_link), link_local(link), message, NEIGHBOR_HOP_LIMIT)


def prefix_told(message: RouterAdvertisement) -> IPv6Address | None:
    """The first prefix that a host may form an address in."""
    for option in message.options:
        if isinstance(option, PrefixInformation) and option.autonomous:
            return option.prefix
    return None
