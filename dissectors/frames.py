"""A block of captured frames, as every source hands it to the scan lane.

One buffer of raw octets and, beside it, where each frame lies in it. Files, standard input and
live capture give the same batches, so everything behind them exists once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Octets = NDArray[np.uint8]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

SLACK = 192
"""Zero octets behind the last frame of a batch, so that gathering fixed rows never runs out."""


class Interface(NamedTuple):
    """Where frames of a batch were captured: LINKTYPE_ number and the capture point's name."""

    link_type: int
    point: str


@dataclass(frozen=True, slots=True, eq=False)
class FrameBatch:
    """Frames in file order. `data` is reused: it is valid until the next batch is asked for.

    data: (octets + SLACK,) uint8; start, caplen, wirelen, time_ns, interface: (n,) int64, offsets
    and lengths in octets, times in nanoseconds since the epoch, interface an index into
    `interfaces`. `first_frame` is the number of the first frame in its file, counting from 1.
    """

    data: Octets
    start: Ints
    caplen: Ints
    wirelen: Ints
    time_ns: Ints
    interface: Ints
    interfaces: tuple[Interface, ...]
    first_frame: int = 1
    file: int = 0

    def __len__(self) -> int:
        return len(self.start)

    def frame(self, row: int) -> bytes:
        """The captured octets of one frame."""
        begin = int(self.start[row])
        return self.data[begin : begin + int(self.caplen[row])].tobytes()

    def pick(self, rows: Ints) -> PickedFrames:
        """Some of the frames, where they stand."""
        return PickedFrames(
            self.data,
            self.start[rows],
            self.caplen[rows],
            self.wirelen[rows],
            self.time_ns[rows],
            self.interface[rows],
            self.first_frame + rows,
        )


class PickedFrames(NamedTuple):
    """Some frames of a file. Columns as in FrameBatch; `number` is that in the file, from 1."""

    data: Octets
    start: Ints
    caplen: Ints
    wirelen: Ints
    time_ns: Ints
    interface: Ints
    number: Ints

    def octets(self, row: int) -> bytes:
        """The captured octets of one frame."""
        begin = int(self.start[row])
        return self.data[begin : begin + int(self.caplen[row])].tobytes()

    def pick(self, rows: Ints) -> PickedFrames:
        """Some of these."""
        _, *columns = self
        return PickedFrames(self.data, *(column.take(rows) for column in columns))

    @classmethod
    def join(cls, parts: list[PickedFrames]) -> PickedFrames:
        """All rows, in order; their data must be one."""
        if not parts:
            none = np.zeros(0, np.int64)
            return cls(np.zeros(SLACK, np.uint8), none, none, none, none, none, none)
        _, *columns = zip(*parts, strict=True)
        return cls(parts[0].data, *map(np.concatenate, columns))
