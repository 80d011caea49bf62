"""Live capture by the kernel's packet sockets, for root where there is no dumpcap."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from dissectors.frames import FrameBatch
from netmip6scope.errors import MissingProgram
from netmip6scope.live.ring import RETIRE_MS, Ring
from netmip6scope.live.source import LOOK_EVERY_S, Wanted


class Sockets:
    """A `LiveSource`: one ring per interface."""

    def __init__(self, wanted: Wanted) -> None:
        if wanted.filter is not None:
            raise MissingProgram("a capture filter needs dumpcap: apt-get install wireshark-common")
        self._rings = [Ring(name) for name in wanted.interfaces]
        self._interfaces = tuple(ring.interface for ring in self._rings)
        self._stopped = False
        self._dropped: list[int] = []

    @property
    def ready(self) -> bool:
        """See `LiveSource`."""
        return True

    def batches(self, look: Callable[[], None]) -> Iterator[FrameBatch]:
        """See `LiveSource`."""
        try:
            while not self._stopped:
                select.select(self._rings, [], [], LOOK_EVERY_S)
                yield from self._ready()
                look()
            # What the kernel has not handed over yet comes with the block's timeout.
            time.sleep(2 * RETIRE_MS / 1000)
            yield from self._ready()
        finally:
            self._dropped = [ring.dropped() for ring in self._rings]
            for ring in self._rings:
                ring.close()

    def _ready(self) -> Iterator[FrameBatch]:
        for number, ring in enumerate(self._rings):
            while (batch := ring.take()) is not None:
                yield replace(
                    batch, interface=batch.interface + number, interfaces=self._interfaces
                )

    def stop(self) -> None:
        """See `LiveSource`."""
        self._stopped = True

    def dropped(self) -> list[int]:
        """See `LiveSource`."""
        return self._dropped
