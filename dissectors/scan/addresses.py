"""Addresses of a capture as small integers, IPv6 and IPv4 side by side."""

from __future__ import annotations

import ipaddress

import numpy as np

from dissectors.frames import Ints, Octets
from dissectors.interning import InternTable, Words
from dissectors.scan import checksums, gather

NONE = -1
"""No address."""


class AddressBook:
    """Interns addresses: IPv6 addresses get even numbers, IPv4 addresses odd ones."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._six = InternTable(2)
        self._four = InternTable(1)
        self._sums = np.zeros(0, np.uint64)
        self.unspecified = self.add(ipaddress.IPv6Address(0))
        self.all_ones = self.add(ipaddress.IPv6Address((1 << 128) - 1))
        self.unspecified4 = self.add(ipaddress.IPv4Address(0))

    def keep(self, numbers: Ints) -> Ints:
        """Forget all addresses but these: the new number of every old one, -1 of those forgotten.

        The last entry is -1 as well, so that -1 stays what it is.
        """
        moved = np.full(len(self) + 1, -1)
        kept = np.unique(numbers[numbers >= 0])
        six, four = kept[kept % 2 == 0], kept[kept % 2 == 1]
        sixes, fours = self._six.keys()[six // 2], self._four.keys()[four // 2]
        self._begin()
        moved[six] = self._six.intern_rows(sixes) * 2
        moved[four] = self._four.intern_rows(fours) * 2 + 1
        return moved

    def six(self, data: Octets, at: Ints) -> Ints:
        """Numbers of the IPv6 addresses at each offset."""
        return self._six.intern_rows(gather.words(data, at, 2)) * 2

    def six_pairs(self, data: Octets, at: Ints) -> tuple[Ints, Ints]:
        """Numbers of two IPv6 addresses behind each other, as in an IPv6 header."""
        numbers = self._six.intern_rows(gather.words(data, at, 4).reshape(-1, 2)) * 2
        return numbers[::2], numbers[1::2]

    def four(self, data: Octets, at: Ints) -> Ints:
        """Numbers of the IPv4 addresses at each offset."""
        return self._four.intern([gather.number(data, at, 4).view(np.uint64)]) * 2 + 1

    def four_pairs(self, data: Octets, at: Ints) -> tuple[Ints, Ints]:
        """Numbers of two IPv4 addresses behind each other, as in an IPv4 header."""
        return self.four(data, at), self.four(data, at + 4)

    def add(self, address: ipaddress.IPv6Address | ipaddress.IPv4Address) -> int:
        """The number of one address."""
        octets = np.frombuffer(address.packed, np.uint8)
        at = np.zeros(1, np.int64)
        return int((self.six if address.version == 6 else self.four)(octets, at)[0])

    def packed(self, number: int) -> bytes:
        """The address's octets, 16 or 4."""
        if number % 2:
            return int(self._four.keys()[number // 2, 0]).to_bytes(4, "big")
        octets: bytes = self._six.keys()[number // 2].tobytes()
        return octets

    def halves(self, ids: Ints) -> tuple[Ints, Ints]:
        """Prefix and interface identifier of IPv6 addresses, as two words; 0 for other numbers."""
        rows = np.where((ids >= 0) & (ids % 2 == 0) & (ids // 2 < len(self._six)), ids // 2, 0)
        both = self._six.keys()[rows].view(np.int64)
        return both[:, 0], both[:, 1]

    def sums(self, ids: Ints) -> Words:
        """One's complement sums of IPv6 addresses (see `checksums`)."""
        known = len(self._sums)
        if known < len(self._six):
            new = checksums.of_words(np.ascontiguousarray(self._six.keys(known)))
            self._sums = np.concatenate([self._sums, new])
        return self._sums.take(ids // 2)

    def text(self, number: int) -> str | None:
        """The address as RFC 5952 writes it; None for no address."""
        if number < 0:
            return None
        return str(ipaddress.ip_address(self.packed(number)))

    def __len__(self) -> int:
        return 2 * max(len(self._six), len(self._four))
