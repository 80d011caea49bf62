"""Addresses and identities of a capture as text columns, each distinct one written once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv6Address
from socket import AF_INET, AF_INET6, inet_ntop

import numpy as np

from dissectors.frames import Ints
from dissectors.scan.addresses import AddressBook
from dissectors.scan.batch import Names
from dissectors.scan.kinds import kind_label
from dissectors.text import all_printable, printable
from netmip6scope.tables.columns import Coded


class Texts:
    """Turns numbers of the AddressBook and of Names into text columns; below 0 is unknown."""

    def __init__(self, addresses: AddressBook, names: Names, words: Names) -> None:
        self._addresses = addresses
        self._names = names
        self._words = words

    def addresses(self, numbers: Ints) -> Coded:
        """Addresses as RFC 5952 writes them."""
        return _coded(numbers, self._address_texts)

    def names(self, numbers: Ints) -> Coded:
        """Identities, safe to show."""
        octets = self._names.octets
        return _coded(
            numbers, lambda distinct: all_printable([octets[n] for n in distinct.tolist()])
        )

    def kinds(self, numbers: Ints) -> Coded:
        """Kinds of messages: the scan lane's by their labels, others by their texts."""
        words = self._words.octets
        return _coded(numbers, lambda distinct: [kind_label(n, words) for n in distinct.tolist()])

    def word(self, number: int) -> str:
        """The text with this number in `words`; empty below 0."""
        return printable(self._words.octets[number]) if number >= 0 else ""

    def paths(self, routers: Ints, first: Ints, count: Ints) -> Coded:
        """Runs of addresses joined by " > ": `count` of routers from `first` on, row by row."""
        column = self.addresses(routers)
        texts, codes = column.vocabulary, column.codes.tolist()
        known: dict[str, int] = {}
        rows = np.full(len(first), -1, np.int64)
        for row, (at, size) in enumerate(zip(first.tolist(), count.tolist(), strict=True)):
            if size:
                path = " > ".join([texts[code] for code in codes[at : at + size]])
                rows[row] = known.setdefault(path, len(known))
        return Coded(rows, list(known))

    def _address_texts(self, numbers: Ints) -> list[str]:
        high, low = self._addresses.halves(numbers)
        octets = np.stack([high, low], axis=1).tobytes()
        return [
            address_text(octets[16 * n : 16 * n + 16])
            if number % 2 == 0
            else inet_ntop(AF_INET, self._addresses.packed(number))
            for n, number in enumerate(numbers.tolist())
        ]


def address_text(packed: bytes) -> str:
    """16 octets as RFC 5952 writes them.

    The C library writes what RFC 5952 asks for, but for addresses that begin with 80 zero bits:
    there it prefers dotted quads.
    """
    if packed.startswith(b"\0\0\0\0\0\0\0\0\0\0"):
        return str(IPv6Address(packed))
    return inet_ntop(AF_INET6, packed)


def labels(numbers: Ints, vocabulary: Sequence[str]) -> Coded:
    """Small numbers as the texts at their place; below 0 is unknown."""
    return Coded(np.where(numbers < 0, -1, numbers), list(vocabulary))


def _coded(numbers: Ints, write: Callable[[Ints], list[str]]) -> Coded:
    distinct, codes = np.unique(np.maximum(numbers, -1), return_inverse=True)
    unknown = int(len(distinct) > 0 and distinct[0] < 0)
    return Coded(codes - unknown, write(distinct[unknown:]))
