"""Delta debugging: of many parts those that something needs (Zeller, Hildebrandt 2002, "ddmin").

Of ddmin's two steps only the one that takes parts away is here. The other, which tries small sets
for themselves, finds nothing that this does not find as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")
Holds = Callable[[Sequence[T]], bool]


def smallest(parts: Sequence[T], holds: Holds[T], *, one_by_one: bool = False) -> list[T]:
    """Parts, in their order, of which no single one can be left out.

    `holds` is true of all parts together; it is asked the same questions on every run. one_by_one:
    for parts of which most are needed.
    """
    kept = list(parts)
    if not kept or holds(()):
        return []
    count = len(kept) if one_by_one else 2
    while len(kept) > 1:
        count = min(count, len(kept))
        fewer = next((rest for rest in _rests(kept, count) if holds(rest)), None)
        if fewer is not None:
            kept, count = fewer, max(count - 1, 2)
        elif count == len(kept):
            break
        else:
            count *= 2
    return kept


def _rests(parts: list[T], count: int) -> list[list[T]]:
    """The parts without one chunk or another of `count`, whose sizes differ by one at most."""
    bounds = [len(parts) * place // count for place in range(count + 1)]
    return [parts[:begin] + parts[end:] for begin, end in pairwise(bounds)]
