"""New numbers of addresses and identities, when those that nothing names any more are let go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from dissectors.frames import Ints
from dissectors.scan.addresses import AddressBook
from dissectors.scan.batch import Names
from netmip6scope.correlate.alike import distinct


@dataclass(frozen=True, slots=True)
class Moved:
    """New numbers by old ones, -1 for what was let go; the last entry, for -1, is -1."""

    addresses: Ints
    names: Ints

    @classmethod
    def of(
        cls, book: AddressBook, names: Names, used: Iterable[Ints], named: Iterable[Ints]
    ) -> Moved:
        """Let go of all addresses and identities that are in none of these columns."""
        return cls(book.keep(_all(used)), names.keep(_all(named)))

    def by_address(self, column: Ints, blank: int) -> Ints:
        """A column that has an entry for every address."""
        return _along(column, self.addresses, blank)

    def by_name(self, column: Ints, blank: int) -> Ints:
        """A column, (..., n), that has an entry for every identity."""
        return _along(column, self.names, blank)


def _all(columns: Iterable[Ints]) -> Ints:
    return np.concatenate([np.zeros(0, np.int64), *(distinct(column) for column in columns)])


def _along(column: Ints, moved: Ints, blank: int) -> Ints:
    size = min(column.shape[-1], len(moved) - 1)
    stays = np.flatnonzero(moved[:size] >= 0)
    # What grows by doubling has an entry at least.
    out = np.full((*column.shape[:-1], int(moved.max()) + 2), blank, column.dtype)
    out[..., moved[stays]] = column[..., stays]
    return out
