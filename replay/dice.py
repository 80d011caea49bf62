"""Seeded numbers that are the same on every machine and Python: SplitMix64.

Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators (OOPSLA 2014), figure 17. Every
user of chance gets a generator of its own, named after what it is for: what one of them draws
changes nothing for the others.
"""

from __future__ import annotations

import hashlib

_MASK = (1 << 64) - 1
_GAMMA = 0x9E3779B97F4A7C15
MILLION = 1_000_000


class Dice:
    """A stream of numbers."""

    __slots__ = ("_state",)

    def __init__(self, state: int) -> None:
        self._state = state & _MASK

    @classmethod
    def named(cls, seed: int, *names: str) -> Dice:
        """The stream that a seed gives for this purpose."""
        text = "\0".join((str(seed), *names))
        return cls(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))

    def next(self) -> int:
        """64 bits."""
        self._state = z = self._state + _GAMMA & _MASK
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & _MASK
        return z ^ z >> 31

    def below(self, limit: int) -> int:
        """A whole number from 0 up to `limit`, which it never is; 0 for a limit of 0 or 1.

        64 bits are scaled down: the bias is below limit / 2**64.
        """
        return self.next() * limit >> 64 if limit > 1 else 0

    def hits(self, parts_per_million: int) -> bool:
        """True so often."""
        return parts_per_million > 0 and self.below(MILLION) < parts_per_million
