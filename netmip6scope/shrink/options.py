"""Frames without some options of their message: lengths, padding, checksums, authenticators mended.

Only a message that comes out of our own hands as it stood in the frame is taken apart: what is
changed in it then is what was asked for and nothing else.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from ipaddress import IPv6Address

from dissectors.authentication.keys import Keys
from dissectors.authentication.verdict import State
from dissectors.codec import build_icmpv6, build_mobility_header
from dissectors.errors import BuildError, ParseError
from dissectors.layout import Message, Options, values
from dissectors.profile import Profile
from dissectors.registries import MOBILITY_MESSAGES
from dissectors.tree import decode as decode_tree
from netmip6scope.scrub.authenticators import Noted
from netmip6scope.scrub.sums import mend, regions
from netmip6scope.shrink.frames import Frame
from replay.packets import Datagram, Packet, decode, pseudo

_IP = "ipv6"
_MESSAGES = ("mh", "icmpv6")
_BEFORE = frozenset(
    (
        *("eth", "vlan", "sll", "sll2", "raw", "null", "pppoe", "ppp"),
        *(_IP, "hopopts", "dstopts", "routing", "ah"),
    )
)
"""Layers that may stand before the message; of them IPv6 and PPPoE have a length that covers it."""
_LENGTH_AT = {_IP: 4, "pppoe": 4}
_LENGTH_OCTETS = 2
_MOST_TURNS = 4
"""An authenticator inside of what AH covers, its checksum, the ICV, and to see that it is so."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A frame taken apart around its message, which stands at octets [begin, end)."""

    frame: Frame
    message: Message
    options: Options
    begin: int
    end: int
    lengths: tuple[int, ...]
    """Where the lengths stand that cover the message."""
    ends: tuple[IPv6Address, IPv6Address]


def opened(frame: Frame, profile: Profile) -> Opened | None:
    """None for a frame without options of a message, or one that is not ours to change."""
    tree = decode_tree(frame.octets, frame.interface.link_type, frame.wirelen, profile)
    layers = [layer for layer in tree.children if layer.name != "trailer"]
    if frame.wirelen != len(frame.octets) or not layers or layers[-1].name not in _MESSAGES:
        return None
    *before, last = layers
    ip = next((layer for layer in before if layer.name == _IP), None)
    if ip is None or not _BEFORE.issuperset(layer.name for layer in before):
        return None
    try:
        packet = _innermost(decode(frame.octets[ip.begin :], profile))
    except ParseError:
        return None
    message = packet.payload
    options = None if isinstance(message, Datagram | Packet) else getattr(message, "options", None)
    if not options or isinstance(message, Datagram | Packet):
        return None
    lengths = tuple(
        layer.begin + _LENGTH_AT[layer.name] for layer in before if layer.name in _LENGTH_AT
    )
    found = Opened(frame, message, options, last.begin, last.end, lengths, pseudo(packet))
    return found if _built(found, message, profile) == frame.octets else None


def without(one: Opened, left_out: AbstractSet[int], keys: Keys, profile: Profile) -> Frame | None:
    """The frame without the options at these places; None where there can be no such frame."""
    kept = tuple(option for n, option in enumerate(one.options) if n not in left_out)
    message = type(one.message)(**values(one.message) | {"options": kept})
    octets = _built(one, message, profile)
    if octets is None:
        return None
    frame = replace(one.frame, octets=octets, wirelen=len(octets))
    return _authenticated(one.frame, frame, keys, profile)


def _built(one: Opened, message: Message, profile: Profile) -> bytes | None:
    """The frame with another message in the place of its own."""
    try:
        if message.layout.registry is MOBILITY_MESSAGES:
            body = build_mobility_header(message, *one.ends)
        else:
            body = build_icmpv6(message, *one.ends, profile=profile)
    except BuildError:
        return None
    out = bytearray(one.frame.octets)
    out[one.begin : one.end] = body
    longer = len(body) - (one.end - one.begin)
    for at in one.lengths:
        told = int.from_bytes(out[at : at + _LENGTH_OCTETS], "big") + longer
        if told < 0:
            return None
        out[at : at + _LENGTH_OCTETS] = told.to_bytes(_LENGTH_OCTETS, "big")
    return bytes(out)


def _authenticated(before: Frame, after: Frame, keys: Keys, profile: Profile) -> Frame:
    """With new authenticators where the old ones were right; wrong ones stay wrong."""
    link_type = before.interface.link_type
    was = Noted(keys).look(before.octets, link_type, before.wirelen, profile)
    if any(one.verdict.state is State.BAD for one in was.values()):
        return after
    octets = after.octets
    for _ in range(_MOST_TURNS):
        found = Noted(keys).look(octets, link_type, after.wirelen, profile)
        wrong = {
            place: one.verdict.expected
            for place, one in found.items()
            if one.verdict.state is State.BAD and one.verdict.expected
        }
        if not wrong:
            break
        out = bytearray(octets)
        for (begin, end), right in wrong.items():
            out[begin:end] = right
        tree = decode_tree(octets, link_type, after.wirelen, profile)
        for region in reversed(regions(tree.children, len(octets))):
            mend(out, octets, region)
        octets = bytes(out)
    return replace(after, octets=octets)


def _innermost(packet: Packet) -> Packet:
    while isinstance(packet.payload, Packet):
        packet = packet.payload
    return packet
