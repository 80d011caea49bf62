"""Packets of a trace as a model would have made them: what was sealed right on the wire stays so.

Authenticators cover octets, and others pad and order options in their own way. A model checks what
it would have built; so a seal that the keys found right is made anew for that.
"""

from __future__ import annotations

from dataclasses import replace

from dissectors.layout import values
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from dissectors.mobility_options import Authentication
from dissectors.profile import Profile
from replay.packets import Packet
from replay.security import AhSecurity, MnHaSecurity, authentication_of, protected, signed
from replay.trace import Step


def resealed(step: Step, packet: Packet, association: MnHaSecurity | None) -> Packet:
    """A binding message, its right authenticator at the end."""
    message = packet.payload
    if association is None or not step.seen.sealed:
        return packet
    if not isinstance(message, BindingUpdate | BindingAcknowledgement):
        return packet
    option = authentication_of(packet)
    if option is None or option.spi != association.spi:
        return packet
    bare = tuple(each for each in message.options if not isinstance(each, Authentication))
    plain = type(message)(**values(message) | {"options": bare})
    return signed(replace(packet, payload=plain), association)


def reprotected(
    step: Step, packet: Packet, association: AhSecurity | None, profile: Profile
) -> Packet:
    """A handoff message, its right ICV over what is built of it."""
    ah = packet.ah
    if association is None or ah is None or not step.seen.sealed or ah.spi != association.spi:
        return packet
    return protected(packet, association, ah.sequence, profile)
