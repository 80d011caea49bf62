"""Errors of the dissectors: ours and theirs are different types.

DissectorError
├── BuildError     our mistake: a message that cannot be written
└── ParseError     the wire's mistake: octets that do not hold the message
"""

from __future__ import annotations


class DissectorError(Exception):
    """Base of both."""


class BuildError(DissectorError):
    """A value that does not fit its field, or a message that no header can carry."""


class ParseError(DissectorError):
    """Octets that cannot be the message: why, where (octets from its start), how many it needs."""

    def __init__(self, reason: str, offset: int, needed: int = 0) -> None:
        super().__init__(f"{reason} at octet {offset}")
        self.reason = reason
        self.offset = offset
        self.needed = needed
