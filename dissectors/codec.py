"""Whole messages with their headers: the Mobility Header and ICMPv6, checksums included.

Bodies are `parse` and `build` of `dissectors.body`, which stand here too: this is the module that
others import. src and dst are always those of the pseudo-header (`checksum.pseudo_addresses`).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address

from dissectors.body import build, parse, parse_only
from dissectors.checksum import is_right, transport_checksum
from dissectors.errors import BuildError
from dissectors.handoff import HoRequest, HoResponse
from dissectors.layout import Anomaly, Message, Unknown, need
from dissectors.mobility import MobilityHeader
from dissectors.profile import Profile
from dissectors.registries import ICMPV6_MESSAGES, MOBILITY_MESSAGES

__all__ = [
    "Icmpv6Packet",
    "MobilityPacket",
    "build",
    "build_icmpv6",
    "build_mobility_header",
    "icmpv6_class",
    "icmpv6_message",
    "mobility_message",
    "parse",
    "parse_icmpv6",
    "parse_mobility_header",
    "parse_only",
]

MOBILITY = 135
ICMPV6 = 58
NO_NEXT_HEADER = 59
_DEFAULT = Profile()


@dataclass(frozen=True, slots=True)
class MobilityPacket:
    """A parsed Mobility Header; it ends at octet `end`, where Payload Proto's packet begins."""

    header: MobilityHeader
    message: Message
    end: int
    anomalies: tuple[Anomaly, ...]


@dataclass(frozen=True, slots=True)
class Icmpv6Packet:
    """A parsed ICMPv6 message."""

    number: int
    code: int
    checksum: int
    message: Message
    anomalies: tuple[Anomaly, ...]


def parse_mobility_header(
    data: bytes,
    begin: int,
    end: int,
    src: IPv6Address | None = None,
    dst: IPv6Address | None = None,
) -> MobilityPacket:
    """The Mobility Header at data[begin:end]; the checksum is read if src and dst are given."""
    layout = MobilityHeader.layout
    need(data, begin, end, 8, layout.label)
    header, odd = parse(MobilityHeader, data, begin, begin + layout.fixed)
    stop = begin + (header.header_len + 1) * 8
    need(data, begin, end, stop - begin, layout.label)
    found = list(odd)
    if header.payload_proto != NO_NEXT_HEADER:
        found.append(Anomaly("payload proto is not 59", begin))
    if header.reserved:
        found.append(Anomaly("reserved bits are not zero", begin + layout["reserved"].begin))
    right = src is None or dst is None or is_right(src, dst, MOBILITY, data[begin:stop])
    if not right:
        found.append(Anomaly("checksum is wrong", begin + layout["checksum"].begin))
    body = begin + layout.fixed
    known = MOBILITY_MESSAGES.types.get(header.mh_type)
    if known is None:
        return MobilityPacket(header, Unknown(header.mh_type, data[body:stop]), stop, tuple(found))
    message, more = parse(known, data, body, stop)
    return MobilityPacket(header, message, stop, (*found, *more))


def mobility_message(data: bytes, begin: int, end: int) -> Message:
    """The message of the Mobility Header at data[begin:end]; what is odd is not looked for."""
    layout = MobilityHeader.layout
    need(data, begin, end, 8, layout.label)
    header = parse_only(MobilityHeader, data, begin, begin + layout.fixed)
    body, stop = begin + layout.fixed, begin + (header.header_len + 1) * 8
    need(data, begin, end, stop - begin, layout.label)
    known = MOBILITY_MESSAGES.types.get(header.mh_type)
    if known is None:
        return Unknown(header.mh_type, data[body:stop])
    return parse_only(known, data, body, stop)


def build_mobility_header(
    message: Message, src: IPv6Address, dst: IPv6Address, payload_proto: int = NO_NEXT_HEADER
) -> bytes:
    """The Mobility Header that carries a message, with its checksum (RFC 6275 6.1.1)."""
    body = build(message)
    units, over = divmod(MobilityHeader.layout.fixed + len(body), 8)
    if over or not 1 <= units <= 256:
        raise BuildError(f"a Mobility Header cannot have {6 + len(body)} octets")
    header = MobilityHeader(payload_proto, units - 1, _number(message), 0, 0)
    return _summed(build(header), 4, body, src, dst, MOBILITY)


def parse_icmpv6(
    data: bytes,
    begin: int,
    end: int,
    src: IPv6Address | None = None,
    dst: IPv6Address | None = None,
    profile: Profile = _DEFAULT,
) -> Icmpv6Packet:
    """The ICMPv6 message data[begin:end]; the checksum is read if src and dst are given."""
    need(data, begin, end, 4, "ICMPv6")
    number, code = data[begin], data[begin + 1]
    found: list[Anomaly] = []
    if src is not None and dst is not None and not is_right(src, dst, ICMPV6, data[begin:end]):
        found.append(Anomaly("checksum is wrong", begin + 2))
    known = icmpv6_class(number, code, profile)
    message: Message
    if known is None:
        message = Unknown(number, data[begin + 4 : end])
    else:
        message, more = parse(known, data, begin + 4, end)
        found += more
    checksum = int.from_bytes(data[begin + 2 : begin + 4], "big")
    return Icmpv6Packet(number, code, checksum, message, tuple(found))


def icmpv6_message(data: bytes, begin: int, end: int, profile: Profile = _DEFAULT) -> Message:
    """The message at data[begin:end]; what is odd is not looked for."""
    need(data, begin, end, 4, "ICMPv6")
    known = icmpv6_class(data[begin], data[begin + 1], profile)
    if known is None:
        return Unknown(data[begin], data[begin + 4 : end])
    return parse_only(known, data, begin + 4, end)


def build_icmpv6(
    message: Message, src: IPv6Address, dst: IPv6Address, code: int = 0, profile: Profile = _DEFAULT
) -> bytes:
    """The ICMPv6 message with its checksum; the profile numbers HO Request and HO Response."""
    number = _number(message)
    if isinstance(message, HoRequest):
        number, code = profile.ho_request_type, profile.ho_request_code
    elif isinstance(message, HoResponse):
        number, code = profile.ho_response_type, profile.ho_response_code
    if not (0 <= number <= 255 and 0 <= code <= 255):
        raise BuildError(f"ICMPv6 type {number} and code {code} do not fit 8 bits each")
    return _summed(bytes((number, code, 0, 0)), 2, build(message), src, dst, ICMPV6)


def icmpv6_class(number: int, code: int, profile: Profile) -> type[Message] | None:
    """The declared message of a type and code; the profile says where the draft's two are."""
    if (number, code) == (profile.ho_request_type, profile.ho_request_code):
        return HoRequest
    if (number, code) == (profile.ho_response_type, profile.ho_response_code):
        return HoResponse
    known = ICMPV6_MESSAGES.types.get(number)
    return None if known in (HoRequest, HoResponse) else known


def _number(message: Message) -> int:
    return message.number if isinstance(message, Unknown) else message.layout.number


def _summed(
    header: bytes, at: int, body: bytes, src: IPv6Address, dst: IPv6Address, next_header: int
) -> bytes:
    """Header and body with the checksum at octet `at`."""
    whole = header + body
    value = transport_checksum(src, dst, next_header, whole)
    return whole[:at] + value.to_bytes(2, "big") + whole[at + 2 :]
