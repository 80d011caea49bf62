"""Numbers for rows that agree in several columns."""

from __future__ import annotations

import numpy as np

from dissectors.frames import Ints
from dissectors.interning import InternTable

_WIDEST = 8


def alike(*columns: Ints) -> Ints:
    """The same number for rows with equal values in all columns; columns: (n,) integers each."""
    words = [np.ascontiguousarray(c, np.int64).view(np.uint64) for c in columns]
    while len(words) > _WIDEST:
        folded = InternTable(_WIDEST).intern(words[:_WIDEST])
        words = [folded.view(np.uint64), *words[_WIDEST:]]
    return InternTable(len(words)).intern(words)
