"""RADIUS packets as access router and AAA server write and read them (RFC 2865, RFC 3579).

Requests and answers carry a Message-Authenticator; a packet whose seals do not hold is nothing.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import dissectors.radius_attributes
import dissectors.radius_vendors  # noqa: F401 - the same
from dissectors.attributes import attribute
from dissectors.authentication.radius import check_radius
from dissectors.authentication.secret import Secret
from dissectors.authentication.verdict import State
from dissectors.codec import build, parse
from dissectors.errors import ParseError
from dissectors.layout import Message, Unknown
from dissectors.radius import Radius, RadiusCode
from dissectors.registries import RADIUS_ATTRIBUTES

PORT = 1812
CLIENT_PORT = 49812
AUTHENTICATOR_OCTETS = 16
_MESSAGE_AUTHENTICATOR = "Message-Authenticator"


def radius_attribute(name: str, value: object) -> Message:
    """An attribute that is one value."""
    return attribute(RADIUS_ATTRIBUTES, name, value=value)


def value_of(packet: Radius, name: str) -> Any:  # noqa: ANN401 - of any type
    """The first attribute's value; None if there is none of this name."""
    return next((getattr(each, "value", None) for each in all_of(packet, name)), None)


def all_of(packet: Radius, name: str) -> Iterator[Message]:
    """The attributes of this name, in order; those that nobody declared have none."""
    for each in packet.attributes:
        if not isinstance(each, Unknown) and each.layout.label == name:
            yield each


def request(
    identifier: int, authenticator: bytes, attributes: tuple[Message, ...], secret: Secret
) -> bytes:
    """An Access-Request with its Message-Authenticator."""
    packet = Radius(RadiusCode.ACCESS_REQUEST, identifier, authenticator, attributes)
    return build(_with_message_authenticator(packet, secret))


def response(
    code: RadiusCode, asked: Radius, attributes: tuple[Message, ...], secret: Secret
) -> bytes:
    """The answer to a request, sealed twice: RFC 3579 3.2, then RFC 2865 3."""
    packet = Radius(code, asked.identifier, asked.authenticator, attributes)
    octets = build(_with_message_authenticator(packet, secret))
    own = hashlib.md5(octets + secret.reveal(), usedforsecurity=False).digest()
    return octets[:4] + own + octets[4 + AUTHENTICATOR_OCTETS :]


def _with_message_authenticator(packet: Radius, secret: Secret) -> Radius:
    """The packet with the attribute last; what it covers has its own value zero."""
    blank = radius_attribute(_MESSAGE_AUTHENTICATOR, bytes(AUTHENTICATOR_OCTETS))
    covered = build(replace(packet, attributes=(*packet.attributes, blank)))
    value = hmac.digest(secret.reveal(), covered, "md5")
    sealed = radius_attribute(_MESSAGE_AUTHENTICATOR, value)
    return replace(packet, attributes=(*packet.attributes, sealed))


def opened(octets: bytes, secret: Secret, authenticator: bytes | None = None) -> Radius | None:
    """The packet, if it can be read and its seals hold; authenticator: of the request answered."""
    try:
        packet, odd = parse(Radius, octets)
    except ParseError:
        return None
    verdicts = check_radius(octets, secret, authenticator)
    sealed = len(verdicts) > 1 and all(each.verdict.state is not State.BAD for each in verdicts)
    return packet if sealed and not odd else None
