"""What a mobile node proves who it is with: EAP-MD5, CHAP or PAP (RFC 3748, RFC 1994, RFC 1334)."""

from __future__ import annotations

import hashlib

from dissectors.eap import (
    EapCode,
    EapExchange,
    EapIdentity,
    EapMd5Challenge,
    EapMd5Value,
    EapResult,
)
from dissectors.ppp_authentication import (
    ChapCode,
    ChapDigest,
    ChapName,
    ChapResult,
    ChapValue,
    PapCode,
    PapPassword,
    PapPeerId,
    PapRequest,
    PapResult,
)

_BLOCK = 16


def digest(identifier: int, secret: bytes, challenge: bytes) -> bytes:
    """RFC 1994 4.1; EAP-MD5 is the same (RFC 3748 5.4)."""
    octets = bytes((identifier,)) + secret + challenge
    return hashlib.md5(octets, usedforsecurity=False).digest()


def eap_identity_request(identifier: int) -> EapExchange:
    """The question who it is."""
    return EapExchange(EapCode.REQUEST, identifier, (EapIdentity(),))


def eap_challenge(identifier: int, challenge: bytes) -> EapExchange:
    """Prove it."""
    fields = (EapMd5Value(challenge),)
    return EapExchange(EapCode.REQUEST, identifier, (EapMd5Challenge(fields),))


def eap_response(request: EapExchange, mn_id: bytes, secret: bytes) -> EapExchange | None:
    """The answer to a request; None for a method that is not known."""
    method = request.method[0] if request.method else None
    if isinstance(method, EapIdentity):
        return EapExchange(EapCode.RESPONSE, request.identifier, (EapIdentity(mn_id),))
    value = eap_md5_value(request)
    if value is None:
        return None
    answer = EapMd5Challenge((EapMd5Value(digest(request.identifier, secret, value)),))
    return EapExchange(EapCode.RESPONSE, request.identifier, (answer,))


def eap_md5_value(message: EapExchange) -> bytes | None:
    """The challenge or the digest that a message carries."""
    method = message.method[0] if message.method else None
    if not isinstance(method, EapMd5Challenge) or not method.fields:
        return None
    value = method.fields[0]
    return value.value if isinstance(value, EapMd5Value) else None


def eap_result(identifier: int, *, good: bool) -> EapResult:
    """Success or Failure."""
    return EapResult(EapCode.SUCCESS if good else EapCode.FAILURE, identifier)


def chap_challenge(identifier: int, challenge: bytes, name: bytes) -> ChapValue:
    """Prove who you are."""
    return ChapValue(ChapCode.CHALLENGE, identifier, (ChapDigest(challenge), ChapName(name)))


def chap_response(challenge: ChapValue, mn_id: bytes, secret: bytes) -> ChapValue:
    """The answer."""
    value = digest(challenge.identifier, secret, chap_value(challenge))
    return ChapValue(ChapCode.RESPONSE, challenge.identifier, (ChapDigest(value), ChapName(mn_id)))


def chap_value(message: ChapValue) -> bytes:
    """The challenge or the digest."""
    return next((each.value for each in message.fields if isinstance(each, ChapDigest)), b"")


def chap_result(identifier: int, *, good: bool) -> ChapResult:
    """Success or Failure."""
    return ChapResult(ChapCode.SUCCESS if good else ChapCode.FAILURE, identifier)


def pap_request(identifier: int, mn_id: bytes, secret: bytes) -> PapRequest:
    """Name and password."""
    fields = (PapPeerId(mn_id), PapPassword(secret))
    return PapRequest(PapCode.AUTHENTICATE_REQUEST, identifier, fields)


def pap_password(message: PapRequest) -> bytes:
    """The password."""
    found = (each.password for each in message.fields if isinstance(each, PapPassword))
    return next(found, b"")


def pap_result(identifier: int, *, good: bool) -> PapResult:
    """Authenticate-Ack or -Nak."""
    code = PapCode.AUTHENTICATE_ACK if good else PapCode.AUTHENTICATE_NAK
    return PapResult(code, identifier)


def hidden(password: bytes, secret: bytes, authenticator: bytes) -> bytes:
    """User-Password as RADIUS carries it (RFC 2865 5.2)."""
    filled = password + bytes(-len(password) % _BLOCK or (0 if password else _BLOCK))
    out, before = b"", authenticator
    for at in range(0, len(filled), _BLOCK):
        before = _mixed(filled[at : at + _BLOCK], secret + before)
        out += before
    return out


def revealed(value: bytes, secret: bytes, authenticator: bytes) -> bytes:
    """The password in a User-Password attribute."""
    return _revealed(value, secret, authenticator).rstrip(b"\0")


def hidden_key(key: bytes, secret: bytes, authenticator: bytes, salt: int) -> bytes:
    """A key as RADIUS carries it: salt, then its length and itself, hidden (RFC 2868 3.5).

    salt: 16 bits, the first of them set.
    """
    octets = salt.to_bytes(2, "big")
    return octets + hidden(bytes((len(key),)) + key, secret, authenticator + octets)


def revealed_key(value: bytes, secret: bytes, authenticator: bytes) -> bytes | None:
    """The key in such an attribute; None where its length does not fit."""
    plain = _revealed(value[2:], secret, authenticator + value[:2])
    if not plain or plain[0] >= len(plain):
        return None
    return plain[1 : 1 + plain[0]]


def _revealed(value: bytes, secret: bytes, before: bytes) -> bytes:
    out = b""
    for at in range(0, len(value), _BLOCK):
        block = value[at : at + _BLOCK]
        out += _mixed(block, secret + before)
        before = block
    return out


def _mixed(block: bytes, key: bytes) -> bytes:
    mask = hashlib.md5(key, usedforsecurity=False).digest()
    return bytes(a ^ b for a, b in zip(block, mask, strict=False))
