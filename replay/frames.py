"""Link-layer payloads that are not IP: what an access link carries before there is an address."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LinkPayload:
    """Octets of a protocol that an EtherType names; `summary` is for people."""

    ethertype: int
    octets: bytes
    summary: str
