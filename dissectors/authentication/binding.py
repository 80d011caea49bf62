"""What the authenticators of a Binding Update or Acknowledgement cover, read from its octets."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address

from dissectors.authentication.carrier import Carrier
from dissectors.errors import ParseError
from dissectors.mobility import BindingAcknowledgement, BindingUpdate, MobilityHeader
from dissectors.mobility_codes import MnIdSubtype
from dissectors.mobility_options import AlternateCareOfAddress, MobileNodeIdentifier
from dissectors.options import Span, walk
from dissectors.registries import MOBILITY_OPTIONS

UPDATE = BindingUpdate.layout.number
ACKNOWLEDGEMENT = BindingAcknowledgement.layout.number

_HEADER = MobilityHeader.layout
_UNSPECIFIED = IPv6Address(0)


@dataclass(frozen=True, slots=True)
class Binding:
    """A BU or BA whose Mobility Header begins at `begin` and promises to end at `end`.

    options are all that can be walked. ha is the message's other end: the home agent, the MAP, or
    the correspondent of return routability.
    """

    data: bytes
    begin: int
    end: int
    number: int
    carrier: Carrier
    care_of: IPv6Address
    """The address that is registered (WIRE.md)."""
    home: IPv6Address
    """The Home Address option's or the Type 2 Routing header's; `::` if there is none."""
    ha: IPv6Address
    sequence: int
    lifetime: int
    options: tuple[Span, ...]

    @property
    def is_update(self) -> bool:
        return self.number == UPDATE

    @property
    def mn_id(self) -> bytes | None:
        """The NAI, if there is one."""
        for body in self.bodies(MobileNodeIdentifier.layout.number):
            if body[:1] == bytes((MnIdSubtype.NAI,)):
                return body[1:]
        return None

    @property
    def routers(self) -> tuple[IPv6Address, IPv6Address]:
        """Addresses that may be the access router's."""
        end = self.carrier.source if self.is_update else self.carrier.destination
        assert isinstance(end, IPv6Address)
        return end, self.care_of

    def bodies(self, number: int) -> list[bytes]:
        """The bodies of all options of this number."""
        return [self.data[o.body : o.end] for o in self.options if o.number == number]

    def covered(self, end: int) -> bytes:
        """The Mobility Header up to `end`, its checksum zero."""
        field = _HEADER["checksum"]
        at, behind = self.begin + field.begin, self.begin + field.end
        return self.data[self.begin : at] + bytes(behind - at) + self.data[behind:end]


def read_binding(data: bytes, begin: int, limit: int, carrier: Carrier) -> Binding | None:
    """The BU or BA whose Mobility Header begins at `begin`, in data[:limit] and behind IPv6.

    None if it is none, or cut before its options.
    """
    if begin + _HEADER.fixed > limit:
        return None
    end = begin + (data[begin + _HEADER["header_len"].begin] + 1) * 8
    number = data[begin + _HEADER["mh_type"].begin]
    source, destination = carrier.source, carrier.destination
    if number not in (UPDATE, ACKNOWLEDGEMENT):
        return None
    if not isinstance(source, IPv6Address) or not isinstance(destination, IPv6Address):
        return None
    layout = BindingUpdate.layout if number == UPDATE else BindingAcknowledgement.layout
    body = begin + _HEADER.fixed
    if body + layout.fixed > min(end, limit):
        return None
    options = _options(data, body + layout.fixed, min(end, limit))
    home = carrier.home if number == UPDATE else carrier.routed
    return Binding(
        data[:limit],
        begin,
        end,
        number,
        carrier,
        _care_of(data, options, source) if number == UPDATE else destination,
        _UNSPECIFIED if home is None else home,
        (carrier.routed or destination) if number == UPDATE else (carrier.home or source),
        _number(data, body, layout["sequence"].begin),
        _number(data, body, layout["lifetime"].begin),
        options,
    )


def _number(data: bytes, body: int, at: int) -> int:
    return int.from_bytes(data[body + at : body + at + 2], "big")


def _options(data: bytes, begin: int, end: int) -> tuple[Span, ...]:
    spans: list[Span] = []
    try:
        for span in walk(MOBILITY_OPTIONS, data, begin, end):
            spans.append(span)  # noqa: PERF402 - kept up to an error
    except ParseError:
        return tuple(spans)
    return tuple(spans)


def _care_of(data: bytes, options: tuple[Span, ...], source: IPv6Address) -> IPv6Address:
    """The Alternate Care-of Address where there is one (RFC 6275 9.5.1)."""
    layout = AlternateCareOfAddress.layout
    for option in options:
        if option.number == layout.number and option.end - option.body == layout.fixed:
            return IPv6Address(data[option.body : option.end])
    return source
