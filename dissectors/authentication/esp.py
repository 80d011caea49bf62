"""Opens ESP packets: the ICV is checked, the payload decrypted (RFC 4303, 2410, 3602, 4106)."""

from __future__ import annotations

from dataclasses import dataclass

from dissectors.authentication.algorithms import BLOCK, NULL, decrypt_cbc, open_gcm
from dissectors.authentication.keys import EspKey
from dissectors.authentication.verdict import GOOD, State, Verdict, bad, compared, unchecked
from dissectors.ipv6 import EspHeader

HEADER = EspHeader.layout.fixed
TRAILER = 2
"""Pad Length and Next Header."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An ESP packet with its key: the IV ends where data[payload:icv] begins, then comes the ICV.

    plain is what is encrypted, from the payload to Next Header; None if it was not decrypted, with
    the trouble said if that is not a bad ICV. With NULL encryption it is data[payload:icv].
    """

    verdict: Verdict
    payload: int
    icv: int
    plain: bytes | None = None
    in_clear: bool = False
    trouble: str = ""


def open_esp(data: bytes, begin: int, end: int, key: EspKey) -> Opened | Verdict:
    """The ESP packet at data[begin:end]; a verdict alone if it cannot hold its own fields."""
    encryption, integrity = key.encryption, key.integrity
    payload = begin + HEADER + encryption.iv_octets
    icv = end - (encryption.icv_octets if integrity is None else integrity.icv_octets)
    if icv < payload + TRAILER or end > len(data):
        return unchecked("octets are missing")
    if encryption.icv_octets:
        return _open_combined(data, begin, payload, icv, end, key)
    verdict = unchecked("the key file names no integrity algorithm")
    if integrity is not None:
        verdict = compared(data[icv:end], integrity.icv(key.key.reveal(), data[begin:icv]))
    covered = data[payload:icv]
    if encryption is NULL:
        return Opened(verdict, payload, icv, covered, in_clear=True)
    if verdict.state is State.BAD:
        return Opened(verdict, payload, icv)
    if len(covered) % BLOCK:
        return Opened(verdict, payload, icv, trouble=f"not whole blocks of {BLOCK} octets")
    iv = data[begin + HEADER : payload]
    return Opened(verdict, payload, icv, decrypt_cbc(key.encryption_key.reveal(), iv, covered))


def _open_combined(
    data: bytes, begin: int, payload: int, icv: int, end: int, key: EspKey
) -> Opened:
    """SPI and sequence number are authenticated with what is encrypted (RFC 4106 5)."""
    plain = open_gcm(
        key.encryption_key.reveal(),
        data[begin + HEADER : payload],
        data[payload:icv],
        data[icv:end],
        data[begin : begin + HEADER],
    )
    return Opened(bad() if plain is None else GOOD, payload, icv, plain)
