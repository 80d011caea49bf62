"""What messages carry that is worth a word and no column: bits of `MessageBatch.marks`."""

from __future__ import annotations

from enum import IntFlag


class Mark(IntFlag):
    """Of Binding Updates and HO Responses; the last three of RADIUS."""

    AUTHENTICATED = 1
    """An authentication option (RFC 4285 5)."""
    IPV4_HOME = 2
    """An IPv4 Home Address option (RFC 5555 3.1.1)."""
    IPV4_PREFIX = 4
    """P is set in that option."""
    CONTEXT = 8
    """A context of the mobile node (WIRE.md)."""
    KEY = 16
    """A security association's key."""
    RESERVED = 32
    """Reserved bits are used."""
    ESP = 64
    """It came in ESP."""
    ENCRYPTED = 128
    """ESP encrypted it (not so with RFC 2410)."""
    PAP = 256
    """User-Password."""
    CHAP = 512
    """CHAP-Password."""
    EAP = 1024
    """EAP-Message."""
