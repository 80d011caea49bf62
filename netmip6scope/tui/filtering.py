"""A filter on one list, asked again as the captures grow.

Columns answer at once. What is asked of protocol fields needs the frames, some at a time.
"""

from __future__ import annotations

import re

from dissectors.frames import Ints
from dissectors.profile import Profile
from netmip6scope.filter.catalogue import Catalogue, catalogue
from netmip6scope.filter.columns import Mask
from netmip6scope.filter.select import Filter, Selection
from netmip6scope.tables.columns import Table
from netmip6scope.tui.frames import FrameStore

_AT_ONCE = 100
"""Frames looked into between two looks at whether to go on."""
_WORD = re.compile(r"[A-Za-z0-9_.:-]*$")
_MOST_COMPLETIONS = 40


class Filtering:
    """One filter; `mask` is right for as many messages as were seen."""

    def __init__(self, text: str, table: str, profile: Profile) -> None:
        """Raises FilterError."""
        self.text = text
        self.table = table
        self._selection = Selection(Filter.parsed(text, table))
        self._profile = profile
        self.seen = 0

    @property
    def needs_frames(self) -> bool:
        return self._selection.needs_messages

    def see_more(self, store: FrameStore, numbers: Ints) -> bool:
        """Look into some more frames of these messages; False when there were none.

        Raises OutputError if one cannot be read back.
        """
        end = min(self.seen + _AT_ONCE, len(numbers))
        if not self.needs_frames or self.seen >= end:
            return False
        self._selection.see(*store.batch(numbers[self.seen : end], self.seen), self._profile)
        self.seen = end
        return True

    def mask(self, tables: dict[str, Table]) -> Mask | None:
        """(rows,) whether it holds; None while frames are still to be seen."""
        messages = tables["messages"]
        if self.needs_frames and self.seen != len(messages):
            return None
        return self._selection.mask(tables[self.table], messages)


def completions(text: str, table: str) -> tuple[str, list[str]]:
    """The name begun at the end of a filter, and the fields that it may become."""
    found = _WORD.search(text)
    begun = found[0] if found else ""
    if not begun:
        return "", []
    known: Catalogue = catalogue(table)
    names = known.complete(begun)
    return begun, names[:_MOST_COMPLETIONS] if names != [begun] else []


def common_start(names: list[str]) -> str:
    """The longest text that all names begin with."""
    first, last = min(names), max(names)
    same = (n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
    return first[: next(same, min(len(first), len(last)))]
