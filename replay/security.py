"""What nodes share keys for: the MN-HA authenticator (RFC 4285 5.1) and AH (RFC 4302).

Sending sides get a packet and give it back sealed; receiving sides say whether the seal holds. What
is covered is computed by `dissectors.authentication`, which checks captures with the same code.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from dataclasses import dataclass, replace
from ipaddress import IPv6Address

from dissectors.authentication.ah import covered_by_icv
from dissectors.authentication.algorithms import INTEGRITIES
from dissectors.authentication.secret import Secret
from dissectors.codec import build_mobility_header
from dissectors.layout import Options, values
from dissectors.mobility import BindingAcknowledgement, BindingUpdate, MobilityHeader
from dissectors.mobility_codes import AuthenticationSubtype
from dissectors.mobility_options import AlternateCareOfAddress, Authentication
from dissectors.profile import Profile
from replay.packets import AH_OCTETS, IPV6_OCTETS, UNSPECIFIED, Ah, Packet, encode, pseudo

AH_ALGORITHM = INTEGRITIES["hmac-sha1-96"]
AUTHENTICATOR_OCTETS = 12
_BEFORE_AUTHENTICATOR = 7
"""Type, Length, Subtype and SPI of the Authentication option."""
_WINDOW = 64
_MOST_SEALED = 1024

Binding = BindingUpdate | BindingAcknowledgement


@dataclass(frozen=True, slots=True)
class MnHaSecurity:
    """RFC 4285's security association of a mobile node, or of an access router for all of them."""

    spi: int
    key: Secret
    makes_seals: bool = True
    """False: what it seals has zeros for an authenticator. Nobody looks at it."""


@dataclass(frozen=True, slots=True)
class AhSecurity:
    """One direction between two access routers."""

    spi: int
    key: Secret
    makes_seals: bool = True
    """As of MnHaSecurity."""


class _Sealed:
    """Packets that were sealed a moment ago, and with what.

    Where the very packet that one node made comes to another, its seal need not be computed again.
    It is the object that is known here, and it cannot change: one that is made to look like it is
    another object.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[int, tuple[Packet, int, bytes]] = OrderedDict()

    def add(self, packet: Packet, association: MnHaSecurity | AhSecurity) -> Packet:
        self._known[id(packet)] = packet, association.spi, association.key.reveal()
        if len(self._known) > _MOST_SEALED:
            self._known.popitem(last=False)
        return packet

    def holds(self, packet: Packet, association: MnHaSecurity | AhSecurity) -> bool:
        known = self._known.get(id(packet))
        if known is None or known[0] is not packet:
            return False
        return known[1:] == (association.spi, association.key.reveal())


_SEALED = _Sealed()


def care_of(packet: Packet) -> IPv6Address:
    """The address that a binding message is about (WIRE.md; RFC 6275 9.5.1)."""
    message = packet.payload
    assert isinstance(message, BindingUpdate | BindingAcknowledgement)
    if isinstance(message, BindingAcknowledgement):
        assert isinstance(packet.destination, IPv6Address)
        return packet.destination
    for option in message.options:
        if isinstance(option, AlternateCareOfAddress):
            return option.address
    assert isinstance(packet.source, IPv6Address)
    return packet.source


def signed(packet: Packet, association: MnHaSecurity) -> Packet:
    """The packet with an MN-HA Authentication option behind its other options."""
    blank = bytes(AUTHENTICATOR_OCTETS)
    data = _authenticator(packet, association) if association.makes_seals else blank
    option = Authentication(AuthenticationSubtype.MN_HA, association.spi, data)
    sealed = replace(packet, payload=_with_options(packet.payload, (option,)))
    return _SEALED.add(sealed, association)


def vouched(packet: Packet, association: MnHaSecurity | AhSecurity) -> Packet:
    """The packet itself: somebody who has seen its octets says that its seal is right."""
    return _SEALED.add(packet, association)


def authentication_of(packet: Packet) -> Authentication | None:
    """The MN-HA Authentication option, where the message ends in one."""
    message = packet.payload
    assert isinstance(message, BindingUpdate | BindingAcknowledgement)
    last = message.options[-1] if message.options else None
    if isinstance(last, Authentication) and last.subtype == AuthenticationSubtype.MN_HA:
        return last
    return None


def is_signed_with(packet: Packet, association: MnHaSecurity) -> bool:
    """Whether its authenticator is that of this association."""
    if _SEALED.holds(packet, association):
        return True
    option = authentication_of(packet)
    if option is None or option.spi != association.spi:
        return False
    message = packet.payload
    assert isinstance(message, BindingUpdate | BindingAcknowledgement)
    plain = replace(packet, payload=_replaced(message, message.options[:-1]))
    return hmac.compare_digest(option.data, _authenticator(plain, association))


def _authenticator(packet: Packet, association: MnHaSecurity) -> bytes:
    """First (96, HMAC_SHA1 (key, care-of address | home address | MH data))."""
    blank = Authentication(
        AuthenticationSubtype.MN_HA, association.spi, bytes(AUTHENTICATOR_OCTETS)
    )
    with_blank = _with_options(packet.payload, (blank,))
    octets = build_mobility_header(with_blank, *pseudo(packet))
    field = MobilityHeader.layout["checksum"]
    octets = octets[: field.begin] + bytes(2) + octets[field.end :]
    # The option is the last one that is not padding: its head is the last place that looks so.
    head = bytes((blank.layout.number, 5 + AUTHENTICATOR_OCTETS, blank.subtype))
    head += association.spi.to_bytes(4, "big")
    covered = octets[: octets.rindex(head + blank.data) + _BEFORE_AUTHENTICATOR]
    home = packet.home_address if packet.home_address is not None else packet.routed
    about = care_of(packet).packed + (home or UNSPECIFIED).packed
    return hmac.digest(association.key.reveal(), about + covered, "sha1")[:AUTHENTICATOR_OCTETS]


def _with_options(message: object, more: Options) -> Binding:
    assert isinstance(message, BindingUpdate | BindingAcknowledgement)
    return _replaced(message, (*message.options, *more))


def _replaced(message: Binding, options: Options) -> Binding:
    """The message with other options."""
    changed: Binding = type(message)(**values(message) | {"options": options})
    return changed


def protected(packet: Packet, association: AhSecurity, sequence: int, profile: Profile) -> Packet:
    """The packet with AH and its ICV."""
    blank = replace(packet, ah=Ah(association.spi, sequence, bytes(AH_ALGORITHM.icv_octets)))
    if not association.makes_seals:
        return _SEALED.add(blank, association)
    icv = _icv(blank, association, profile)
    return _SEALED.add(replace(packet, ah=Ah(association.spi, sequence, icv)), association)


def is_protected_with(packet: Packet, association: AhSecurity, profile: Profile) -> bool:
    """Whether the packet has an AH whose ICV is right."""
    if _SEALED.holds(packet, association):
        return True
    ah = packet.ah
    if ah is None or ah.spi != association.spi or len(ah.icv) != AH_ALGORITHM.icv_octets:
        return False
    return hmac.compare_digest(ah.icv, _icv(packet, association, profile))


def _icv(packet: Packet, association: AhSecurity, profile: Profile) -> bytes:
    octets = encode(packet, profile)
    icv_end = IPV6_OCTETS + AH_OCTETS + AH_ALGORITHM.icv_octets
    covered = covered_by_icv(octets, 0, IPV6_OCTETS, icv_end)
    assert isinstance(covered, bytes)
    return AH_ALGORITHM.icv(association.key.reveal(), covered)


@dataclass(frozen=True, slots=True)
class ReplayWindow:
    """The sequence numbers that AH has brought (RFC 4302 3.4.3); bit n is `highest` - n."""

    highest: int = 0
    seen: int = 0

    def admits(self, sequence: int) -> bool:
        """Whether the number is new and not too old."""
        behind = self.highest - sequence
        return behind < 0 or (behind < _WINDOW and not self.seen >> behind & 1)

    def after(self, sequence: int) -> ReplayWindow:
        """The window with this number in it."""
        ahead = sequence - self.highest
        mask = (1 << _WINDOW) - 1
        if ahead > 0:
            shifted = (self.seen << min(ahead, _WINDOW) | 1) & mask
            return ReplayWindow(sequence, shifted)
        return ReplayWindow(self.highest, self.seen | 1 << -ahead)
