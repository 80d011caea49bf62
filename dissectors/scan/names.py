"""Mobile node identities as small integers; their octets are kept as they came."""

from __future__ import annotations

from functools import cache

import numpy as np

from dissectors.frames import Ints, Octets
from dissectors.interning import InternTable, Words
from dissectors.scan import gather

_WIDTHS = (32, 64, 128, 256)
"""Octets of a key: the identity, zeros, and in the last octet the identity's length."""


@cache
def _kept(width: int) -> Words:
    """(width, words): row n keeps the first n octets of a key."""
    return (np.tri(width, width, -1, np.uint8) * np.uint8(255)).view(np.uint64)


class Names:
    """Numbers identities of up to 255 octets in the order in which they come."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._tables = [InternTable(width // 8) for width in _WIDTHS]
        self._numbers = [np.zeros(0, np.int64) for _ in _WIDTHS]
        self._octets: list[bytes] = []
        self._count = 0
        self._unwritten: list[tuple[int, int, int]] = []

    def __len__(self) -> int:
        return self._count

    def keep(self, numbers: Ints) -> Ints:
        """Forget all identities but these: the new number of every old one, -1 of those forgotten.

        The last entry is -1 as well, so that -1 stays what it is.
        """
        moved = np.full(self._count + 1, -1)
        kept = np.unique(numbers[numbers >= 0])
        octets = [self.octets[number] for number in kept.tolist()]
        size = np.array([len(one) for one in octets], np.int64)
        data = np.frombuffer(b"".join(octets) + bytes(_WIDTHS[-1]), np.uint8)
        self._begin()
        moved[kept] = self.intern(data, np.cumsum(size) - size, size)
        return moved

    @property
    def octets(self) -> list[bytes]:
        """Every identity, by number."""
        for table, first, end in self._unwritten:
            keys = self._tables[table].keys()[first:end].copy().view(np.uint8)
            width = _WIDTHS[table]
            block, sizes = keys.tobytes(), keys[:, -1].tolist()
            self._octets += [block[width * n : width * n + s] for n, s in enumerate(sizes)]
        self._unwritten.clear()
        return self._octets

    def add(self, octets: bytes) -> int:
        """The number of one identity."""
        data = np.frombuffer(octets + bytes(_WIDTHS[-1]), np.uint8)
        return int(self.intern(data, np.zeros(1, np.int64), np.array([len(octets)]))[0])

    def intern(self, data: Octets, at: Ints, size: Ints) -> Ints:
        """Numbers of the identities at these offsets, of these sizes below 256."""
        out = np.empty(len(at), np.int64)
        least = 0
        for table, width in enumerate(_WIDTHS):
            mine = np.flatnonzero((size >= least) & (size < width))
            if len(mine):
                out[mine] = self._intern(table, data, at[mine], size[mine])
            least = width
        return out

    def _intern(self, table: int, data: Octets, at: Ints, size: Ints) -> Ints:
        width = _WIDTHS[table]
        # At the end of the data there may be less than a whole key behind an identity.
        if len(at) and int(at.max()) + width > len(data):
            data = np.concatenate([data, np.zeros(width, np.uint8)])
        keys = gather.rows(data, at, width)
        keys.view(np.uint64)[:] &= _kept(width)[size]
        keys[:, -1] = size
        row = self._tables[table].intern_rows(keys.view(np.uint64))
        known = len(self._numbers[table])
        fresh = len(self._tables[table]) - known
        if fresh:
            self._unwritten.append((table, known, known + fresh))
            numbers = np.arange(self._count, self._count + fresh)
            self._numbers[table] = np.concatenate([self._numbers[table], numbers])
            self._count += fresh
        return self._numbers[table][row]
