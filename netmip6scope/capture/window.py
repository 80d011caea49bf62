"""What passes between the reader and a file format: a window of octets in, frames out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from dissectors.frames import Interface, Ints

MAX_RECORD = 16 << 20
"""No record or block may be longer: a longer one is a corrupt length, and buffers stay bounded."""


class Window(NamedTuple):
    """`octets[:end]` are the file's octets from `base` on; `final` when no more will follow.

    At least SLACK octets of `octets` lie behind `end`.
    """

    octets: bytearray
    end: int
    base: int
    final: bool


class Note(NamedTuple):
    """Something odd about a file that does not keep it from being read; cut: it ends too early."""

    text: str
    offset: int
    cut: bool = False


class Fault(NamedTuple):
    """A place (offset in the file) behind which the file cannot be read."""

    reason: str
    offset: int


class Frames(NamedTuple):
    """Columns of FrameBatch, all (n,) int64."""

    start: Ints
    caplen: Ints
    wirelen: Ints
    time_ns: Ints
    interface: Ints


@dataclass(slots=True, eq=False)
class Part:
    """What a window held. `consumed` octets are done with; the next record needs `need`."""

    frames: Frames
    consumed: int
    need: int = 0
    fault: Fault | None = None
    notes: list[Note] = field(default_factory=list)


class Format(Protocol):
    """A capture file format; holds what it knows of the file between windows."""

    @property
    def interfaces(self) -> tuple[Interface, ...]:
        """All interfaces met so far."""
        ...

    @property
    def dropped(self) -> dict[str, int]:
        """Packets that the file says were dropped, by capture point."""
        ...

    def parse(self, window: Window) -> Part:
        """The frames of a window."""
        ...


def words(octets: bytearray, starts: Ints, count: int, order: str) -> NDArray[np.uint32]:
    """(n, count) 32-bit words at each start; `order` is "<" or ">"."""
    size = 4 * count
    rows = np.ndarray((len(octets) - size + 1,), dtype=f"V{size}", buffer=octets, strides=(1,))
    return rows[starts].view(order + "u4").reshape(-1, count)


def no_frames() -> Frames:
    """Zero rows."""
    none = np.empty(0, np.int64)
    return Frames(none, none, none, none, none)


def join(parts: list[Frames]) -> Frames:
    """All rows, in order."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return no_frames()
    return Frames(*map(np.concatenate, zip(*parts, strict=True)))
