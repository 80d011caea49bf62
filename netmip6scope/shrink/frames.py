"""Frames with their octets, out of a capture and into one."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from dissectors.frames import Interface
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import read_batches
from netmip6scope.capture.writer import Writer


@dataclass(frozen=True, slots=True)
class Frame:
    """One captured frame; `number` counts from 1 in the capture that it is from."""

    number: int
    time_ns: int
    octets: bytes
    wirelen: int
    interface: Interface


def picked(source: Source, numbers: AbstractSet[int]) -> tuple[list[Frame], int]:
    """The frames of these numbers in the capture's order, and how many there are in all."""
    wanted, found, count = np.array(sorted(numbers), np.int64), [], 0
    for batch in read_batches(source):
        first = batch.first_frame
        count = first + len(batch) - 1
        for row in (wanted[(wanted >= first) & (wanted <= count)] - first).tolist():
            frame = Frame(
                first + row,
                int(batch.time_ns[row]),
                batch.frame(row),
                int(batch.wirelen[row]),
                batch.interfaces[int(batch.interface[row])],
            )
            found.append(frame)
    return found, count


def write_frames(frames: Sequence[Frame], stream: BinaryIO) -> None:
    """A capture with the frames and no interface beside theirs."""
    writer = Writer(stream)
    known: dict[Interface, int] = {}
    for frame in frames:
        number = known.get(frame.interface)
        if number is None:
            number = known[frame.interface] = writer.describe(frame.interface)
        writer.frame(frame.octets, frame.wirelen, frame.time_ns, number)
