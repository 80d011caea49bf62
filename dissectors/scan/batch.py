"""What the scan lane hands on: signalling as columns, and the user plane in tunnels."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from dissectors.frames import Ints
from dissectors.interning import Words
from dissectors.scan.addresses import AddressBook


class Names:
    """Mobile node identities as small integers; the octets are kept as they came."""

    def __init__(self) -> None:
        self.octets: list[bytes] = []
        self._numbers: dict[bytes, int] = {}

    def add(self, octets: bytes) -> int:
        number = self._numbers.get(octets)
        if number is None:
            number = self._numbers[octets] = len(self.octets)
            self.octets.append(octets)
        return number


@dataclass(slots=True)
class MessageBatch:
    """Signalling messages in file order; every column is (n,) int64 and -1 where unknown.

    Addresses are numbers of the AddressBook. src, dst: of the IPv6 header before the message;
    hoa: the Home Address option's or Type 2 Routing header's address, or that of a HO Response's
    context; coa: Alternate Care-of Address option; hoa4: from option 29 or 30, or the context; ha:
    of the context; mn_id: number of the identity; prefix: a RA's first prefix; flags: as on the
    wire; detail: MH or ICMPv6 type; inside: tunnels around; home, routed, outer, at, end: offsets
    in data; malformed: offset in the message at which it cannot be parsed further.
    """

    frame: Ints
    time_ns: Ints
    interface: Ints
    kind: Ints
    src: Ints
    dst: Ints
    hoa: Ints
    coa: Ints
    hoa4: Ints
    ha: Ints
    mn_id: Ints
    prefix: Ints
    identifier: Ints
    seq: Ints
    status: Ints
    lifetime_s: Ints
    flags: Ints
    length: Ints
    detail: Ints
    hop_limit: Ints
    inside: Ints
    ah: Ints
    home: Ints
    routed: Ints
    outer: Ints
    at: Ints
    end: Ints
    malformed: Ints

    @classmethod
    def blank(cls, n: int) -> MessageBatch:
        return cls(*[np.full(n, -1, np.int64) for _ in fields(cls)])

    def __len__(self) -> int:
        return len(self.frame)


@dataclass(slots=True)
class TunnelBatch:
    """User packets in tunnels, in file order. All (n,) int64 but digest (uint64).

    flow: number in `Tunnels` of (tunnel ends, inner ends); length: the inner packet's, by its IP
    header; digest: of the inner packet's first 64 octets and length, equal for bi-cast copies.
    """

    frame: Ints
    time_ns: Ints
    flow: Ints
    length: Ints
    digest: Words

    def __len__(self) -> int:
        return len(self.frame)


@dataclass(slots=True)
class Scanned:
    """One batch, scanned. `aside`: rows that need the object lane."""

    messages: MessageBatch
    tunnels: TunnelBatch
    aside: Ints
    names: Names
    addresses: AddressBook
