"""The Internet checksum and its IPv6 pseudo-header (RFC 1071, RFC 8200 8.1).

For all that stands above IPv6 the source is the Home Address option's address where that option is
there, and the destination is the one that the packet arrives at in the end: the Type 2 Routing
header's home address while a segment is left (RFC 6275 6.1.1, 6.4).
"""

from __future__ import annotations

from ipaddress import IPv6Address


def ones_complement(data: bytes, initial: int = 0) -> int:
    """The one's complement sum of data and of an earlier sum over an even count of octets."""
    number = int.from_bytes(data, "big")
    if len(data) % 2:
        number <<= 8
    number += initial
    # 2**16 is 1 modulo 65535, so the remainder is the folded sum; zero stands for 65535 then.
    return number % 0xFFFF or (0xFFFF if number else 0)


def pseudo_header(source: bytes, destination: bytes, next_header: int, length: int) -> bytes:
    """RFC 8200 8.1, RFC 768: 40 or 12 octets; length is that of the upper layer's packet."""
    if len(source) == 4:
        return source + destination + bytes((0, next_header)) + length.to_bytes(2, "big")
    return source + destination + length.to_bytes(4, "big") + bytes((0, 0, 0, next_header))


def transport_checksum(
    source: IPv6Address, destination: IPv6Address, next_header: int, packet: bytes
) -> int:
    """What the checksum field must hold; the field is zero in `packet`."""
    return 0xFFFF ^ _transport_sum(source.packed, destination.packed, next_header, packet)


def is_right(
    source: IPv6Address, destination: IPv6Address, next_header: int, packet: bytes
) -> bool:
    """Whether a packet whose checksum field is filled in sums up as it should."""
    return sums_up(source.packed, destination.packed, next_header, packet)


def sums_up(source: bytes, destination: bytes, next_header: int, packet: bytes) -> bool:
    """The same for addresses of 16 or 4 octets."""
    return _transport_sum(source, destination, next_header, packet) == 0xFFFF


def is_left_out(
    source: bytes, destination: bytes, next_header: int, length: int, field: int
) -> bool:
    """Whether a checksum field holds the pseudo-header's sum alone.

    So a host leaves a packet of this length to its network card, which adds up the rest.
    """
    pseudo = ones_complement(pseudo_header(source, destination, next_header, length))
    return pseudo % 0xFFFF == field % 0xFFFF


def _transport_sum(source: bytes, destination: bytes, next_header: int, packet: bytes) -> int:
    pseudo = pseudo_header(source, destination, next_header, len(packet))
    return ones_complement(packet, ones_complement(pseudo))


def pseudo_addresses(
    source: IPv6Address,
    destination: IPv6Address,
    home_address: IPv6Address | None = None,
    final_destination: IPv6Address | None = None,
) -> tuple[IPv6Address, IPv6Address]:
    """The pseudo-header's addresses of a packet with these header, option and routing addresses."""
    return (
        source if home_address is None else home_address,
        destination if final_destination is None else final_destination,
    )
