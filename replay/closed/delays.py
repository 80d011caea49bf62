"""How long packets took from node to node, as far as a trace shows it.

A message has arrived when its receiver does something because of it. Where that is not to be seen
the median of the same link's others is taken for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Address

from replay.trace import Trace

Link = tuple[IPv6Address | None, IPv6Address | None]
"""From whom to whom; None is a mobile node."""


class Delays:
    """`reactions`: numbers of a step that was received and of one that was sent because of it."""

    def __init__(
        self, trace: Trace, reactions: Iterable[tuple[int, int]], tolerance_ns: int
    ) -> None:
        self._of_step: dict[int, int] = {}
        for received, sent in reactions:
            took_ns = trace.steps[sent].time_ns - trace.steps[received].time_ns
            if 0 <= took_ns <= tolerance_ns:
                known = self._of_step.get(received, took_ns)
                self._of_step[received] = min(known, took_ns)
        of_links: dict[Link, list[int]] = {}
        for number, took_ns in self._of_step.items():
            step = trace.steps[number]
            of_links.setdefault((step.sender, step.receiver), []).append(took_ns)
        self._usual = {link: _median(found) for link, found in of_links.items()}
        wired = [n for link, found in of_links.items() if None not in link for n in found]
        self._wired_ns = _median(wired)

    def of_step(self, number: int) -> int | None:
        """How long a message took; None where nothing shows it."""
        return self._of_step.get(number)

    def usual(self, sender: IPv6Address | None, receiver: IPv6Address | None) -> int:
        """How long packets take from one node to another."""
        known = self._usual.get((sender, receiver), self._usual.get((receiver, sender)))
        if known is not None:
            return known
        return 0 if None in (sender, receiver) else self._wired_ns


def _median(found: list[int]) -> int:
    """The lower one of two in the middle; 0 of none."""
    return sorted(found)[(len(found) - 1) // 2] if found else 0
