"""What messages carry that is worth a word and no column: bits of `MessageBatch.marks`."""

from __future__ import annotations

from enum import IntFlag


class Mark(IntFlag):
    """Of Binding Updates and HO Responses."""

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
    FORGED = 64
    """An authenticator does not fit the key; set by who has keys, of HO Requests as well. The
    highest bit."""
