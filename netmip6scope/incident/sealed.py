"""What the keys say of a message's authenticator, by octets: a tree would be made for nothing."""

from __future__ import annotations

from dissectors.authentication.carrier import IPV6_FIXED, carrier_of
from dissectors.authentication.checks import Checks
from dissectors.authentication.verdict import Checked, State
from dissectors.ipv6 import Ipv6Header, NextHeader

STATES = {State.GOOD: True, State.BAD: False, State.UNCHECKED: None}
_PAYLOAD_LENGTH = Ipv6Header.layout["payload_length"]
_NEXT_HEADER = Ipv6Header.layout["next_header"].begin
_EIGHTS = (NextHeader.HOP_BY_HOP, NextHeader.DESTINATION_OPTIONS, NextHeader.ROUTING)
_MOST_HEADERS = 16


class NotFollowed(Exception):
    """The packet's headers are others than those that signalling usually has."""


def is_sealed_right(packet: bytes, checks: Checks) -> bool | None:
    """Of the first authenticator in an IPv6 packet; None if there is none or no key tells.

    AH comes first, then those of a Mobility Header, also inside of tunnels. Raises NotFollowed.
    """
    ip_begin, at, end = 0, 0, len(packet)
    number: int = NextHeader.IPV6
    for _ in range(_MOST_HEADERS):
        if number == NextHeader.IPV6:
            ip_begin, (number, end) = at, _header(packet, at, end)
            at += IPV6_FIXED
        elif number == NextHeader.AH:
            return STATES[checks.ah(packet, ip_begin, at).verdict.state]
        elif number == NextHeader.MOBILITY:
            carrier = carrier_of(packet, ip_begin, at)
            return _first(checks.mobility(packet, at, end, carrier))
        elif number == NextHeader.ICMPV6:
            return None
        elif number in _EIGHTS and at + 2 <= end:
            number, at = packet[at], at + (packet[at + 1] + 1) * 8
        else:
            break
        if at > end:
            break
    raise NotFollowed


def _header(packet: bytes, at: int, end: int) -> tuple[int, int]:
    """Next header and end of the IPv6 packet at `at`; one that was cut is not followed."""
    if at + IPV6_FIXED > end or packet[at] >> 4 != 6:
        raise NotFollowed
    length = packet[at + _PAYLOAD_LENGTH.begin : at + _PAYLOAD_LENGTH.end]
    own_end = at + IPV6_FIXED + int.from_bytes(length, "big")
    if own_end > end:
        raise NotFollowed
    return packet[at + _NEXT_HEADER], own_end


def _first(found: list[Checked]) -> bool | None:
    first = min(found, key=lambda each: each.begin, default=None)
    return None if first is None else STATES[first.verdict.state]
