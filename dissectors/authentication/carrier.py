"""What the IP header and its extension headers say to those that stand behind them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from dissectors.errors import ParseError
from dissectors.ipv6 import (
    HomeAddressOption,
    Ipv4Header,
    Ipv6Header,
    NextHeader,
    RoutingType2,
)
from dissectors.options import Span, walk
from dissectors.registries import IPV6_OPTIONS

Address = IPv4Address | IPv6Address

IPV6_FIXED = Ipv6Header.layout.fixed
HOME_ADDRESS = HomeAddressOption.layout.number
TYPE_2 = RoutingType2.layout.number
OPTION_HEADERS = (NextHeader.HOP_BY_HOP, NextHeader.DESTINATION_OPTIONS)

_IPV4_FIXED = Ipv4Header.layout.fixed
_NEXT_HEADER = Ipv6Header.layout["next_header"].begin
_EIGHTS = (*OPTION_HEADERS, NextHeader.ROUTING)
_ADDRESS = 16


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension header of this number at data[begin:end]."""

    number: int
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Carrier:
    """Addresses of a packet on its way to where the last routing header sends it.

    home is the Home Address option's address, routed the Type 2 Routing header's, None where there
    is no such thing. A routing header with no segment left is read as it was on the way there.
    """

    source: Address
    destination: Address
    home: IPv6Address | None = None
    routed: IPv6Address | None = None

    @property
    def destinations(self) -> tuple[Address, ...]:
        """The header's destination and the final one: an association may be for either."""
        final = () if self.routed is None else (self.routed,)
        return (self.destination, *final)


def extensions(data: bytes, begin: int, until: int) -> list[Extension] | None:
    """The extension headers between the IPv6 header at `begin` and `until`.

    None if the chain of headers does not lead there.
    """
    at = begin + IPV6_FIXED
    if not at <= until <= len(data):
        return None
    number = data[begin + _NEXT_HEADER]
    found: list[Extension] = []
    while at < until:
        size = _size(data, number, at, until)
        if size is None or at + size > until:
            return None
        found.append(Extension(number, at, at + size))
        number = data[at]
        at += size
    return found


def _size(data: bytes, number: int, at: int, until: int) -> int | None:
    """The octets of an extension header; None if it is none, or cut."""
    if at + 2 > until:
        return None
    if number in _EIGHTS:
        return (data[at + 1] + 1) * 8
    if number == NextHeader.AH:
        return (data[at + 1] + 2) * 4
    return 8 if number == NextHeader.FRAGMENT else None


def header_options(data: bytes, header: Extension) -> list[Span]:
    """The options of a Hop-by-Hop or Destination Options header, as far as they can be walked."""
    spans: list[Span] = []
    try:
        for span in walk(IPV6_OPTIONS, data, header.begin + 2, header.end):
            spans.append(span)  # noqa: PERF402 - kept up to an error
    except ParseError:
        return spans
    return spans


def carrier_of(data: bytes, begin: int, until: int) -> Carrier | None:
    """What is behind the IP header at `begin` reads of it at `until`; None if it does not."""
    if begin < len(data) and data[begin] >> 4 == 4:
        return _ipv4(data, begin, until)
    found = extensions(data, begin, until)
    if found is None:
        return None
    layout = Ipv6Header.layout
    source = _address(data, begin + layout["source"].begin)
    destination = _address(data, begin + layout["destination"].begin)
    home: IPv6Address | None = None
    routed: IPv6Address | None = None
    for header in found:
        if header.number == NextHeader.DESTINATION_OPTIONS:
            for option in header_options(data, header):
                if option.number == HOME_ADDRESS and option.end - option.body == _ADDRESS:
                    home = _address(data, option.body)
        elif is_type_2(data, header):
            routed = _address(data, header.begin + 8)
            if data[header.begin + 3] == 0:
                routed, destination = destination, routed
    return Carrier(source, destination, home, routed)


def is_type_2(data: bytes, header: Extension) -> bool:
    """Whether it is a routing header with a home address (RFC 6275 6.4)."""
    return (
        header.number == NextHeader.ROUTING
        and header.end - header.begin == 8 + _ADDRESS
        and data[header.begin + 2] == TYPE_2
    )


def _ipv4(data: bytes, begin: int, until: int) -> Carrier | None:
    if not begin + _IPV4_FIXED <= until <= len(data):
        return None
    layout = Ipv4Header.layout
    source, destination = (
        IPv4Address(data[begin + layout[name].begin : begin + layout[name].end])
        for name in ("source", "destination")
    )
    return Carrier(source, destination)


def _address(data: bytes, at: int) -> IPv6Address:
    return IPv6Address(data[at : at + _ADDRESS])
