"""Earlier frames with fragments of a message, which come before anybody knows that it is one."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np

from dissectors.fragments import Fragments, Limits
from dissectors.frames import FrameBatch, Ints
from dissectors.profile import Profile
from dissectors.tree import decode

NO_KIND = -1


class Stored(NamedTuple):
    """One frame."""

    octets: bytes
    wirelen: int
    link_type: int
    kind: int
    """The message's `MessageKind`, NO_KIND for a frame without one."""
    time_ns: int


class _Seen(NamedTuple):
    interface: tuple[str, int]
    frame: Stored


class Parts:
    """Takes batches in order."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._limits = Limits()
        self._seen: deque[_Seen] = deque()
        self._octets = 0

    def of(self, batch: FrameBatch, aside: Ints, messages: Ints) -> dict[int, list[Stored]]:
        """By frame with a message: the earlier ones that may hold fragments of the same packet.

        aside: numbers of the frames that were decoded by themselves, ascending; messages: of those
        with a message.
        """
        found: dict[int, list[Stored]] = {}
        for number, told in zip(aside.tolist(), np.isin(aside, messages).tolist(), strict=True):
            one = _seen(batch, number - batch.first_frame)
            if not told:
                self._keep(one)
            elif self._seen and (earlier := self._same_packet(one)):
                found[number] = earlier
        return found

    def _same_packet(self, one: _Seen) -> list[Stored]:
        pairs = self._pairs(one.frame)
        oldest_ns = one.frame.time_ns - self._limits.age_ns
        return [
            seen.frame
            for seen in self._seen
            if seen.interface == one.interface
            and seen.frame.time_ns >= oldest_ns
            and any(pair in seen.frame.octets for pair in pairs)
        ]

    def _pairs(self, frame: Stored) -> set[bytes]:
        """The ends of packets of which the frame has a fragment, as frames have them."""
        alone = Fragments()
        decode(frame.octets, frame.link_type, frame.wirelen, self._profile, fragments=alone)
        return alone.addresses()

    def _keep(self, one: _Seen) -> None:
        self._seen.append(one)
        self._octets += len(one.frame.octets)
        oldest_ns = one.frame.time_ns - self._limits.age_ns
        while self._octets > self._limits.octets or self._seen[0].frame.time_ns < oldest_ns:
            self._octets -= len(self._seen.popleft().frame.octets)


def _seen(batch: FrameBatch, row: int) -> _Seen:
    number = int(batch.interface[row])
    interface = batch.interfaces[number]
    frame = Stored(
        batch.frame(row),
        int(batch.wirelen[row]),
        interface.link_type,
        NO_KIND,
        int(batch.time_ns[row]),
    )
    return _Seen((interface.point, number), frame)
