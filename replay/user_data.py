"""User packets in tunnels, as columns: who sends what through which tunnel, and when.

Packets never become objects. A flow is the tunnel's two ends and the inner packet's two ends; of
tunnels in tunnels the outermost counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dissectors.frames import Ints
from replay.packets import Address, Datagram, Packet

_DISCARD = Datagram(9, 9, b"")


class Flow(NamedTuple):
    """Packets from one address to another in one tunnel."""

    source: Address
    destination: Address
    inner_source: Address
    inner_destination: Address

    @property
    def packet(self) -> Packet:
        """One of them, with nothing in it."""
        inner = Packet(self.inner_source, self.inner_destination, _DISCARD)
        return Packet(self.source, self.destination, inner)


@dataclass(frozen=True, slots=True, eq=False)
class UserData:
    """Tunnelled packets in order of time. All columns (n,) int64; flow: index into `flows`."""

    flows: tuple[Flow, ...]
    frame: Ints
    time_ns: Ints
    flow: Ints

    def __len__(self) -> int:
        return len(self.frame)

    @classmethod
    def of(cls, packets: Iterable[tuple[int, int, Flow]]) -> UserData:
        """Packets as frame, time and flow."""
        numbers: dict[Flow, int] = {}
        rows = [(frame, ns, numbers.setdefault(flow, len(numbers))) for frame, ns, flow in packets]
        columns = np.array(rows, np.int64).reshape(-1, 3).T
        return cls(tuple(numbers), *columns).in_order()

    def in_order(self) -> UserData:
        """The same by time; packets of one time stay as they are."""
        if not (self.time_ns[1:] < self.time_ns[:-1]).any():
            return self
        order = np.argsort(self.time_ns, kind="stable")
        return UserData(self.flows, self.frame[order], self.time_ns[order], self.flow[order])

    def joined(self, other: UserData) -> UserData:
        """Both, in order of time."""
        if not len(other):
            return self
        if not len(self):
            return other
        numbers = {flow: number for number, flow in enumerate(self.flows)}
        of_other = np.array([numbers.setdefault(flow, len(numbers)) for flow in other.flows])
        columns = (
            np.concatenate(both)
            for both in (
                (self.frame, other.frame),
                (self.time_ns, other.time_ns),
                (self.flow, of_other[other.flow]),
            )
        )
        return UserData(tuple(numbers), *columns).in_order()

    def by_flow(self) -> Iterator[tuple[Flow, Ints]]:
        """Each flow with the rows of its packets, in order."""
        if not len(self):
            return
        order = np.argsort(self.flow, kind="stable")
        ends = np.cumsum(np.bincount(self.flow, minlength=len(self.flows)))
        for flow, rows in zip(self.flows, np.split(order, ends[:-1]), strict=True):
            if len(rows):
                yield flow, rows


NO_USER_DATA = UserData.of(())


def thinned(time_ns: Ints, apart_ns: int) -> list[int]:
    """Of times in order the first, and each that comes so long after the one taken before."""
    taken = []
    at = 0
    while at < len(time_ns):
        taken.append(int(time_ns[at]))
        at = int(np.searchsorted(time_ns, taken[-1] + apart_ns))
    return taken
