"""Packets of a trace whose seals the keys found right: models take them for right.

Authenticators cover octets, and others pad and order options in their own way. A model checks what
it would have built, which is not what was on the wire.
"""

from __future__ import annotations

from replay.packets import Packet
from replay.security import AhSecurity, MnHaSecurity, authentication_of, vouched
from replay.trace import Step


def resealed(step: Step, packet: Packet, association: MnHaSecurity | None) -> Packet:
    """A binding message, its authenticator as it was found on the wire."""
    if association is None or not step.seen.sealed:
        return packet
    option = authentication_of(packet)
    holds = option is not None and option.spi == association.spi
    return vouched(packet, association) if holds else packet


def reprotected(step: Step, packet: Packet, association: AhSecurity | None) -> Packet:
    """A handoff message, the same of its ICV."""
    ah = packet.ah
    if association is None or ah is None or not step.seen.sealed or ah.spi != association.spi:
        return packet
    return vouched(packet, association)
