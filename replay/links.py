"""What a link does to packets: delay, jitter, loss, duplication, reordering; seeded."""

from __future__ import annotations

from dataclasses import dataclass

from replay.dice import Dice


@dataclass(frozen=True, slots=True)
class Quality:
    """One direction of a link. Shares are parts per million.

    A packet is delayed by `delay_ns` and up to `jitter_ns` more, and never overtakes another one
    but by reordering: then it waits up to `reorder_ns` longer and those behind it do not.
    """

    delay_ns: int = 2_000_000
    jitter_ns: int = 0
    loss_ppm: int = 0
    duplicate_ppm: int = 0
    reorder_ppm: int = 0
    reorder_ns: int = 5_000_000


class Direction:
    """A link's one direction, with its own chance."""

    __slots__ = ("_dice", "_last_ns", "cut", "quality", "quiet_from_ns")

    def __init__(self, quality: Quality, dice: Dice, quiet_from_ns: int | None = None) -> None:
        self.quality = quality
        self.quiet_from_ns = quiet_from_ns
        self.cut = False
        self._dice = dice
        self._last_ns = 0

    def arrivals(self, now_ns: int) -> tuple[int, ...]:
        """When a packet that is sent now arrives: not at all, once, or twice."""
        quality, dice = self.quality, self._dice
        if self.quiet_from_ns is not None and now_ns >= self.quiet_from_ns:
            quality = Quality(quality.delay_ns, quality.jitter_ns)
        if dice.hits(quality.loss_ppm) or self.cut:
            return ()
        first_ns = now_ns + quality.delay_ns + dice.below(quality.jitter_ns + 1)
        if dice.hits(quality.reorder_ppm):
            first_ns = max(first_ns, self._last_ns) + 1 + dice.below(quality.reorder_ns)
        else:
            first_ns = self._last_ns = max(first_ns, self._last_ns)
        if dice.hits(quality.duplicate_ppm):
            return first_ns, first_ns + 1 + dice.below(quality.delay_ns + 1)
        return (first_ns,)
