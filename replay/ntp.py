"""Times in RFC 4285's Mesg-ID option: 64-bit NTP, seconds since 1900 and a binary fraction."""

from __future__ import annotations

UNIX_EPOCH_S = 2_208_988_800
"""1970 in seconds since 1900 (RFC 868)."""
SECOND_NS = 1_000_000_000
_SECONDS = 0xFFFFFFFF


def timestamp(time_ns: int) -> int:
    """The timestamp of a time since 1970; it wraps in 2036."""
    seconds, ns = divmod(time_ns, SECOND_NS)
    return (seconds + UNIX_EPOCH_S & _SECONDS) << 32 | (ns << 32) // SECOND_NS


def difference_ns(one: int, other: int) -> int:
    """How far one timestamp is ahead of another; below zero if behind (nearest eras)."""
    steps = one - other & (1 << 64) - 1
    if steps >> 63:
        steps -= 1 << 64
    return steps * SECOND_NS >> 32


def is_later(one: int, other: int) -> bool:
    """Whether one timestamp is ahead of another, be it by less than a nanosecond."""
    return 0 < (one - other & (1 << 64) - 1) < 1 << 63


def with_seconds_of(own: int, clock: int) -> int:
    """The low half of one, the high half of the other: an answer to a bad one (RFC 4285 6)."""
    return clock & _SECONDS << 32 | own & _SECONDS
