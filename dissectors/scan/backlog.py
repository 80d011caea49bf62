"""What was found in several batches, kept until it is worth decoding.

In a busy capture of user traffic a batch holds some hundred frames of signalling. Decoding so few
costs as much as decoding thousands, so their octets are copied together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dissectors.frames import SLACK, Ints, Octets, PickedFrames
from dissectors.scan.batch import TunnelBatch

_MOST_FRAMES, _MOST_OCTETS, _MOST_PACKETS = 1 << 14, 4 << 20, 1 << 17


class Opened(NamedTuple):
    """Frames, where the network header of each begins, and which it is (see `link`).

    head: (n, width) octets from the network header on.
    """

    frames: PickedFrames
    at: Ints
    proto: Ints
    head: Octets

    def closest(self, rows: Ints, at: Ints, size: int) -> tuple[Octets, Ints]:
        """Octets, and offsets in them, that hold what stands at these offsets of the frames.

        Heads lie next to each other: where all is in them, they are quicker to read.
        """
        into, width = at - self.at.take(rows), self.head.shape[1]
        if len(at) and int(into.min()) >= 0 and int(into.max()) + size <= width:
            return self.head.reshape(-1), rows * width + into
        return self.frames.data, at


class Backlog:
    """Tunnelled packets, and frames that must be looked into, in file order."""

    def __init__(self) -> None:
        self._tunnels: list[TunnelBatch] = []
        self._rare: list[Opened] = []
        self._frames = self._octets = self._packets = 0

    def __bool__(self) -> bool:
        return bool(self._rare or self._tunnels)

    @property
    def full(self) -> bool:
        """Whether enough waits."""
        return (
            self._frames >= _MOST_FRAMES
            or self._octets >= _MOST_OCTETS
            or self._packets >= _MOST_PACKETS
        )

    def add(self, tunnels: list[TunnelBatch], rare: list[Opened]) -> None:
        """Keep these; the octets of the frames are copied."""
        self._tunnels += tunnels
        self._packets += sum(map(len, tunnels))
        for opened in rare:
            self._copy(opened)

    def _copy(self, opened: Opened) -> None:
        data, start, caplen, *columns = opened.frames
        view = data.data
        ends = (start + caplen).tolist()
        octets = b"".join([view[a:b] for a, b in zip(start.tolist(), ends, strict=True)])
        moved = self._octets + np.cumsum(caplen) - caplen
        frames = PickedFrames(np.frombuffer(octets, np.uint8), moved, caplen, *columns)
        at = opened.at - start + moved
        self._rare.append(Opened(frames, at, opened.proto, opened.head))
        self._frames += len(start)
        self._octets += len(octets)

    def take(self) -> tuple[list[TunnelBatch], list[Opened]]:
        """All that waits, as if it came from one batch."""
        tunnels, rare = self._tunnels, []
        if self._rare:
            frames, *others = zip(*self._rare, strict=True)
            data, *columns = zip(*frames, strict=True)
            joined = np.concatenate([*data, np.zeros(SLACK, np.uint8)])
            moved = PickedFrames(joined, *map(np.concatenate, columns))
            rare.append(Opened(moved, *map(np.concatenate, others)))
        self._tunnels, self._rare = [], []
        self._frames = self._octets = self._packets = 0
        return tunnels, rare
