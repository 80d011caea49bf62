"""RADIUS authenticators (RFC 2865 3, RFC 2866 3, RFC 3579 3.2), on the packet's octets alone."""

from __future__ import annotations

import hashlib
import hmac
from enum import IntEnum

from dissectors.authentication.secret import Secret
from dissectors.authentication.verdict import Checked, Verdict, compared, unchecked

HEADER = 20
"""Code (8), Identifier (8), Length (16), Authenticator (128)."""
MESSAGE_AUTHENTICATOR = 80

_AUTHENTICATOR = slice(4, HEADER)
_DIGEST = 16


class Code(IntEnum):
    """Packets whose authenticators are defined (RFC 2865 4, RFC 2866 4)."""

    ACCESS_REQUEST = 1
    ACCESS_ACCEPT = 2
    ACCESS_REJECT = 3
    ACCOUNTING_REQUEST = 4
    ACCOUNTING_RESPONSE = 5
    ACCESS_CHALLENGE = 11
    STATUS_SERVER = 12


REQUESTS = (Code.ACCESS_REQUEST, Code.ACCOUNTING_REQUEST, Code.STATUS_SERVER)
RESPONSES = (
    Code.ACCESS_ACCEPT,
    Code.ACCESS_REJECT,
    Code.ACCOUNTING_RESPONSE,
    Code.ACCESS_CHALLENGE,
)
_ACCOUNTING = (Code.ACCOUNTING_REQUEST, Code.ACCOUNTING_RESPONSE)


def request_authenticator(packet: bytes) -> bytes | None:
    """The authenticator that the response to this request is computed with; None if it is none."""
    if len(packet) < HEADER or packet[0] not in REQUESTS:
        return None
    return packet[_AUTHENTICATOR]


def check_radius(packet: bytes, secret: Secret | None, request: bytes | None) -> list[Checked]:
    """Verdicts on a packet's authenticator and on its Message-Authenticators.

    request is the authenticator of the request that a response answers. Nothing is said of a
    packet whose code is not known. The octets behind Length are ignored (RFC 2865 3).
    """
    if len(packet) < HEADER or packet[0] not in (*REQUESTS, *RESPONSES):
        return []
    length = int.from_bytes(packet[2:4], "big")
    places = [(_AUTHENTICATOR.start, HEADER), *_message_authenticators(packet)]
    reason = ""
    if not HEADER <= length <= len(packet):
        reason = "Length does not fit the packet"
    elif secret is None:
        reason = "no secret for this server"
    elif packet[0] in RESPONSES and request is None:
        reason = "the request that it answers was not seen"
    if reason or secret is None:
        return [Checked(begin, end, unchecked(reason)) for begin, end in places]
    whole, key = packet[:length], secret.reveal()
    asked = request_authenticator(packet) or request or b""
    verdicts = [_own(whole, key, asked)]
    verdicts += [_message(whole, key, asked, begin, end) for begin, end in places[1:]]
    return [Checked(*place, verdict) for place, verdict in zip(places, verdicts, strict=True)]


def _own(packet: bytes, secret: bytes, asked: bytes) -> Verdict:
    """MD5 (Code | Identifier | Length | request's authenticator | attributes | secret)."""
    if packet[0] in (Code.ACCESS_REQUEST, Code.STATUS_SERVER):
        return unchecked("a random number")
    if packet[0] == Code.ACCOUNTING_REQUEST:
        asked = bytes(_DIGEST)
    data = packet[:4] + asked + packet[HEADER:] + secret
    return compared(packet[_AUTHENTICATOR], hashlib.md5(data, usedforsecurity=False).digest())


def _message(packet: bytes, secret: bytes, asked: bytes, begin: int, end: int) -> Verdict:
    """HMAC-MD5 over the packet with the request's authenticator and its own value zero."""
    if packet[0] in _ACCOUNTING:
        return unchecked("not defined for accounting")
    data = packet[:4] + asked + packet[HEADER:begin] + bytes(end - begin) + packet[end:]
    return compared(packet[begin:end], hmac.digest(secret, data, "md5"))


def _message_authenticators(packet: bytes) -> list[tuple[int, int]]:
    """Begin and end of the value of each Message-Authenticator, as far as attributes go."""
    end = min(len(packet), int.from_bytes(packet[2:4], "big"))
    places: list[tuple[int, int]] = []
    at = HEADER
    while at + 2 <= end and 2 <= packet[at + 1] <= end - at:
        behind = at + packet[at + 1]
        if packet[at] == MESSAGE_AUTHENTICATOR:
            places.append((at + 2, behind))
        at = behind
    return places
