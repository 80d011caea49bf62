"""What was found in several batches, kept until it is worth decoding.

In a busy capture of user traffic a batch holds some hundred frames of signalling. Decoding so few
costs as much as decoding thousands, so their octets are copied together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dissectors.frames import SLACK, Ints, PickedFrames
from dissectors.scan.batch import TunnelBatch

_MOST_FRAMES, _MOST_OCTETS, _MOST_PACKETS = 1 << 14, 4 << 20, 1 << 17


class Opened(NamedTuple):
    """Frames, and where the network header of each begins and which it is (see `link`)."""

    frames: PickedFrames
    at: Ints
    proto: Ints


class Backlog:
    """Tunnelled packets, and frames that must be looked into, in file order."""

    def __init__(self) -> None:
        self._tunnels: list[TunnelBatch] = []
        self._rare: list[Opened] = []
        self._frames = self._octets = self._packets = 0

    def __bool__(self) -> bool:
        return bool(self._rare)

    @property
    def full(self) -> bool:
        """Whether enough waits."""
        return (
            self._frames >= _MOST_FRAMES
            or self._octets >= _MOST_OCTETS
            or self._packets >= _MOST_PACKETS
        )

    def add(self, tunnels: list[TunnelBatch], rare: Opened) -> None:
        """Keep these; the octets of the frames are copied."""
        data, start, caplen, *columns = rare.frames
        view = data.data
        ends = (start + caplen).tolist()
        octets = b"".join([view[a:b] for a, b in zip(start.tolist(), ends, strict=True)])
        moved = self._octets + np.cumsum(caplen) - caplen
        frames = PickedFrames(np.frombuffer(octets, np.uint8), moved, caplen, *columns)
        self._rare.append(Opened(frames, rare.at - start + moved, rare.proto))
        self._tunnels += tunnels
        self._frames += len(start)
        self._octets += len(octets)
        self._packets += sum(map(len, tunnels))

    def take(self) -> tuple[list[TunnelBatch], Opened]:
        """All that waits, as if it came from one batch."""
        data, *columns = zip(*(rare.frames for rare in self._rare), strict=True)
        at, proto = (np.concatenate([rare[n] for rare in self._rare]) for n in (1, 2))
        joined = np.concatenate([*data, np.zeros(SLACK, np.uint8)])
        frames = PickedFrames(joined, *map(np.concatenate, columns))
        tunnels = self._tunnels
        self._tunnels, self._rare = [], []
        self._frames = self._octets = self._packets = 0
        return tunnels, Opened(frames, at, proto)
