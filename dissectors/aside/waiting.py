"""Fragments that wait, by the file and the interface that they came from.

An interface sees each packet for itself: what several of them saw is put together as often.
"""

from __future__ import annotations

from dissectors.fragments import Fragments

_MOST = 8
"""Points whose fragments wait at once."""


class Waiting:
    """All that waits; files and points that were not read for long are forgotten."""

    def __init__(self) -> None:
        self._of: dict[tuple[int, str], Fragments] = {}

    def of(self, file: int, point: str, interface: int) -> Fragments:
        """What waits of one interface, for one frame's packets."""
        fragments = self._of.get((file, point))
        if fragments is None:
            fragments = self._of[file, point] = Fragments()
            if len(self._of) > _MOST:
                del self._of[next(iter(self._of))]
        fragments.interface = interface
        return fragments
