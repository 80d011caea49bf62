"""Fragments that wait, by the point and the interface that they came from.

An interface sees each packet for itself: what several of them saw is put together as often. Files
that are read one after another are one capture, which may be cut between two fragments.
"""

from __future__ import annotations

from dissectors.fragments import Fragments

_MOST = 8
"""Points whose fragments wait at once."""


class Waiting:
    """All that waits; points that were not read for long are forgotten.

    apart: points were named, and what one of them saw is nothing to the others.
    """

    def __init__(self, *, apart: bool = False) -> None:
        self.apart = apart
        self._of: dict[str, Fragments] = {}

    def of(self, point: str, interface: int) -> Fragments:
        """What waits of one interface, for one frame's packets."""
        key = point if self.apart else ""
        fragments = self._of.get(key)
        if fragments is None:
            fragments = self._of[key] = Fragments()
            if len(self._of) > _MOST:
                del self._of[next(iter(self._of))]
        fragments.interface = interface
        return fragments
