"""Frames by which a mobile node asks for an address and who it is, octet by octet from the RFCs."""

from __future__ import annotations

import struct

from tests import wire
from tests.netmip6scope.story import Mobile

ROUTER_MAC = bytes.fromhex("0200000000a1")
ROUTER_LINK = "fe80::a1"
ROUTER4 = "192.0.2.1"
DUID = bytes.fromhex("00030001")
"""DUID-LL of Ethernet, before the address (RFC 8415 11.4)."""
COOKIE = bytes.fromhex("63825363")
"""RFC 2131 3."""


def dhcpv4(mac: bytes, kind: int, given: str, *, up: bool) -> bytes:
    """A frame with a DHCPv4 message of this type (RFC 2131 2, RFC 2132 9.6): 1 Discover, 2 Offer.

    UDP has no checksum, as it may over IPv4 (RFC 768).
    """
    head = struct.pack("!BBBBIHH", 1 if up else 2, 1, 6, 0, 0x1234, 0, 0x8000)
    addresses = bytes(4) + wire.ip4(given) + bytes(8)
    message = head + addresses + mac.ljust(16, b"\0") + bytes(64 + 128) + COOKIE
    message += bytes([53, 1, kind, 255])
    ports = (68, 67) if up else (67, 68)
    datagram = struct.pack("!HHHH", *ports, 8 + len(message), 0) + message
    packet = wire.ipv4("0.0.0.0" if up else ROUTER4, "255.255.255.255", 17, datagram)
    return b"\xff" * 6 + (mac if up else ROUTER_MAC) + b"\x08\x00" + packet


def dhcpv6(mn: Mobile, kind: int, given: str | None, *, up: bool) -> bytes:
    """The same of DHCPv6 with an IA_NA (RFC 8415 8, 21.4, 21.6): 1 Solicit, 7 Reply."""

    def option(code: int, body: bytes) -> bytes:
        return struct.pack("!HH", code, len(body)) + body

    address = b""
    if given is not None:
        address = option(5, wire.ip6(given) + struct.pack("!II", 600, 600))
    message = struct.pack("!I", kind << 24 | 0xABC) + option(1, DUID + mn.mac)
    message += option(3, struct.pack("!III", 1, 0, 0) + address)
    ends = (mn.link_local, "ff02::1:2") if up else (ROUTER_LINK, mn.link_local)
    ports = (546, 547) if up else (547, 546)
    packet = wire.ipv6(*ends, 17, wire.udp(*ends, *ports, message))
    macs = (bytes.fromhex("333300010002"), mn.mac) if up else (mn.mac, ROUTER_MAC)
    return wire.eth_between(*macs, packet)


def ipcp(mac: bytes, code: int, given: str, *, up: bool) -> bytes:
    """A frame of PPPoE session 7 with IPCP and the IP-Address option (RFC 2516 4, RFC 1332 3.3)."""
    option = bytes([3, 6]) + wire.ip4(given)
    packet = struct.pack("!HBBH", 0x8021, code, 1, 4 + len(option)) + option
    macs = ROUTER_MAC + mac if up else mac + ROUTER_MAC
    return macs + struct.pack("!HBBHH", 0x8864, 0x11, 0, 7, len(packet)) + packet


def diameter(src: str, dst: str, request: bool, command: int, avps: bytes) -> bytes:
    """A packet with a Diameter message over SCTP's one DATA chunk (RFC 6733 3, RFC 9260 3.3.1)."""
    length = 20 + len(avps)
    message = struct.pack("!II", 1 << 24 | length, (request << 31) | command)
    message += struct.pack("!III", 1, 77, 88) + avps
    chunk = struct.pack("!BBHIHHI", 0, 3, 16 + len(message), 1, 0, 0, 46) + message
    return wire.ipv6(src, dst, 132, struct.pack("!HHII", 3868, 3868, 1, 0) + chunk)


def avp(code: int, body: bytes) -> bytes:
    """RFC 6733 4.1, with the M bit."""
    octets = struct.pack("!II", code, 0x40 << 24 | 8 + len(body)) + body
    return octets + bytes(-len(octets) % 4)
