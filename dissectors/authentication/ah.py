"""The Authentication Header's ICV over IPv6 (RFC 4302 3.3.3, RFC 6275 9.3 and 11.3.2).

It covers the packet as the receiver has it in the end: fields that change on the way are zero, a
routing header has no segment left, and the Home Address option has changed places with the source.
"""

from __future__ import annotations

from dissectors.authentication.carrier import (
    HOME_ADDRESS,
    IPV6_FIXED,
    OPTION_HEADERS,
    TYPE_2,
    Extension,
    carrier_of,
    extensions,
    header_options,
)
from dissectors.authentication.keys import Keys
from dissectors.authentication.verdict import Checked, Verdict, compared, unchecked
from dissectors.ipv6 import (
    AuthenticationHeader,
    Ipv6Header,
    NextHeader,
    RoutingType0,
)

_LAYOUT = AuthenticationHeader.layout
_IPV6 = Ipv6Header.layout
_ADDRESS = 16
_CHANGES_EN_ROUTE = 0x20
"""The bit of an option's type that says so (RFC 8200 4.2)."""
_SEGMENTS = 8
"""Where a routing header's addresses begin, for types 0 and 2."""


def check_ah(data: bytes, ip_begin: int | None, begin: int, keys: Keys) -> Checked:
    """The ICV of the AH at `begin` in the packet whose IP header is at `ip_begin`."""
    icv = begin + _LAYOUT.fixed
    end = max(icv, begin + (data[begin + 1] + 2) * 4) if begin + 1 < len(data) else icv
    return Checked(icv, end, _verdict(data, ip_begin, begin, end, keys))


def _verdict(data: bytes, ip_begin: int | None, begin: int, end: int, keys: Keys) -> Verdict:
    if end > len(data):
        return unchecked("octets are missing")
    if ip_begin is None:
        return unchecked("the IP header in front of it is not in the clear")
    carrier = carrier_of(data, ip_begin, begin)
    if carrier is None or data[ip_begin] >> 4 != 6:
        return unchecked("only AH behind an IPv6 header and its extension headers is checked")
    spi = int.from_bytes(data[begin + _LAYOUT["spi"].begin : begin + _LAYOUT["spi"].end], "big")
    key = keys.ah(spi, carrier.destinations)
    if key is None:
        return unchecked(f"no key for SPI {spi} to {carrier.destinations[-1]}")
    size = key.integrity.icv_octets
    icv = begin + _LAYOUT.fixed
    covered = covered_by_icv(data, ip_begin, begin, min(end, icv + size))
    if isinstance(covered, Verdict):
        return covered
    return compared(data[icv : min(end, icv + size)], key.integrity.icv(key.key.reveal(), covered))


def covered_by_icv(data: bytes, ip_begin: int, begin: int, icv_end: int) -> bytes | Verdict:
    """What the ICV is computed over, or why that cannot be told.

    The ICV ends at `icv_end`; padding behind it is covered (RFC 4302 3.3.3.2.1).
    """
    found = extensions(data, ip_begin, begin)
    at, until = _IPV6["payload_length"].begin, _IPV6["payload_length"].end
    length = int.from_bytes(data[ip_begin + at : ip_begin + until], "big")
    end = ip_begin + IPV6_FIXED + length
    if length == 0 or found is None or not icv_end <= end <= len(data):
        return unchecked("not all of the packet is there")
    packet = bytearray(data[ip_begin:end])
    packet[0] &= 0xF0
    packet[1:4] = bytes(3)
    packet[_IPV6["hop_limit"].begin] = 0
    for header in found:
        here = Extension(header.number, header.begin - ip_begin, header.end - ip_begin)
        odd = _as_received(packet, here)
        if odd is not None:
            return unchecked(odd)
    packet[begin - ip_begin + _LAYOUT.fixed : icv_end - ip_begin] = bytes(
        icv_end - begin - _LAYOUT.fixed
    )
    return bytes(packet)


def _as_received(packet: bytearray, header: Extension) -> str | None:
    """Makes an extension header what it is at the receiver; why not, if that cannot be told."""
    if header.number in OPTION_HEADERS:
        return _options_as_received(packet, header)
    if header.number == NextHeader.ROUTING:
        return _routing_as_received(packet, header)
    return f"header {header.number} stands in front of it"


def _options_as_received(packet: bytearray, header: Extension) -> str | None:
    spans = header_options(bytes(packet), header)
    if not spans or spans[-1].end != header.end:
        return "options in front of it are malformed"
    for span in spans:
        if span.number & _CHANGES_EN_ROUTE:
            packet[span.body : span.end] = bytes(span.end - span.body)
        elif (
            header.number == NextHeader.DESTINATION_OPTIONS
            and span.number == HOME_ADDRESS
            and span.end - span.body == _ADDRESS
        ):
            _swap(packet, _IPV6["source"].begin, span.body)
    return None


def _routing_as_received(packet: bytearray, header: Extension) -> str | None:
    """Visit the segments that are left (RFC 2460 4.4)."""
    kind, left = packet[header.begin + 2], packet[header.begin + 3]
    if kind not in (RoutingType0.layout.number, TYPE_2):
        return f"routing type {kind} is not known well enough"
    count = (header.end - header.begin - _SEGMENTS) // _ADDRESS
    if left > count:
        return "the routing header is malformed"
    for segment in range(count - left, count):
        at = header.begin + _SEGMENTS + segment * _ADDRESS
        _swap(packet, _IPV6["destination"].begin, at)
    packet[header.begin + 3] = 0
    return None


def _swap(packet: bytearray, one: int, other: int) -> None:
    """Two addresses change places."""
    packet[one : one + _ADDRESS], packet[other : other + _ADDRESS] = (
        packet[other : other + _ADDRESS],
        packet[one : one + _ADDRESS],
    )
