"""Which of the frames set aside are worth a look in the object lane.

Link layers carry much that has no row in a table, and tunnels fragment user traffic: it would be
slow to decode all that one by one, and it is told by a few octets.
"""

from __future__ import annotations

import numpy as np

from dissectors.frames import Flags, FrameBatch, Interface, Ints, Octets, PickedFrames
from dissectors.ipv6 import NextHeader
from dissectors.link import LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2, EtherType
from dissectors.profile import Profile
from dissectors.scan import gather, heads, link

_CARRIERS = (EtherType.PPPOE_SESSION, EtherType.VLAN, EtherType.QINQ, EtherType.QINQ_OLD)
"""What carries IP packets and the scan lane does not read behind a link layer."""

_EAP = (EtherType.EAPOL, EtherType.EAPOL_PREAUTHENTICATION)

_LENGTHS = 0x600
"""Below it an EtherType is a length, or a cooked capture's number for LLC."""

_SNAP = 0xAAAA03
_IPV6_SIZE, _FRAGMENT_SIZE = 40, 8
_MOST_REMEMBERED = 8192
_NESTED = 2


class Worth:
    """Remembers whose fragments are of no use."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._dull: dict[tuple[int, bytes], None] = {}
        """Interface and fragmented packet, oldest first."""

    def rows(
        self, frames: PickedFrames, interfaces: tuple[Interface, ...], *, beside: bool
    ) -> tuple[Ints, Ints]:
        """Rows that may have messages or may be part of one, and each one's network protocol.

        beside: messages that tell nothing of mobility count.
        """
        file = FrameBatch(
            frames.data,
            frames.start,
            frames.caplen,
            frames.wirelen,
            frames.time_ns,
            frames.interface,
            interfaces,
        )
        at, proto = link.network(file, slice(None))
        kept = frames.start + frames.caplen - at
        worth = proto != link.UNKNOWN
        kinds = np.array([each.link_type for each in interfaces])[frames.interface]
        other = np.flatnonzero(~worth)
        carried = (*_CARRIERS, *_EAP) if beside else _CARRIERS
        worth[other] = _leads(frames.data, frames.start[other], at[other], kinds[other], carried)
        self._drop_fragments(frames, at, proto, kept, worth)
        rows = np.flatnonzero(worth)
        return rows, proto[rows]

    def _drop_fragments(
        self, frames: PickedFrames, at: Ints, proto: Ints, kept: Ints, worth: Flags
    ) -> None:
        data = frames.data
        word4 = gather.number(data, at + 6, 2) & 0x3FFF
        six = (proto == link.IPV6) & (data.take(at + 6) == NextHeader.FRAGMENT)
        four = (proto == link.IPV4) & (word4 != 0)
        fragments = np.flatnonzero((six | four) & (kept >= _IPV6_SIZE + _FRAGMENT_SIZE))
        if not len(fragments):
            return
        at, six, kept = at[fragments], six[fragments], kept[fragments]
        word6 = gather.number(data, at + 42, 2) >> 3
        first = np.where(six, word6, word4[fragments] & 0x1FFF) == 0
        rows = np.where(six[:, None], _whole6(data, at), _whole4(data, at))
        dull = first & _dull(data, rows, at, six, kept, self.profile)
        keys = [row.tobytes() for row in _keys(data, at, six)]
        each = zip(fragments.tolist(), keys, first.tolist(), dull.tolist(), strict=True)
        for row, octets, is_first, is_dull in each:
            key = (int(frames.interface[row]), octets)
            if is_dull:
                self._dull[key] = None
                if len(self._dull) > _MOST_REMEMBERED:
                    del self._dull[next(iter(self._dull))]
            elif is_first:
                self._dull.pop(key, None)
            if key in self._dull:
                worth[row] = False


def _leads(
    data: Octets, start: Ints, at: Ints, kinds: Ints, carried: tuple[EtherType, ...]
) -> Flags:
    """Of frames whose network header nobody knows those that may lead to one, or to a message."""
    place = np.where(kinds == LINKTYPE_LINUX_SLL2, start, at - 2)
    number = gather.number(data, place, 2)
    leads: Flags = np.isin(number, carried)
    leads |= (number < _LENGTHS) & (gather.number(data, at, 3) == _SNAP)
    return leads | ~np.isin(kinds, (LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2))


def _whole6(data: Octets, at: Ints) -> Octets:
    """First octets of the IPv6 packets as they would be without a Fragment header."""
    rows = np.concatenate(
        [gather.rows(data, at, _IPV6_SIZE), gather.rows(data, at + 48, heads.HEAD - _IPV6_SIZE)], 1
    )
    rows[:, 6] = data.take(at + _IPV6_SIZE)
    return rows


def _whole4(data: Octets, at: Ints) -> Octets:
    """The same of IPv4 packets: neither an offset nor more fragments."""
    rows = gather.rows(data, at, heads.HEAD)
    rows[:, 6:8] = 0
    return rows


def _dull(data: Octets, rows: Octets, at: Ints, six: Flags, kept: Ints, profile: Profile) -> Flags:
    """Of packets with these first octets those that cannot lead to signalling."""
    found = ~heads.leads_on(rows, np.where(six, link.IPV6, link.IPV4), kept, profile)
    size = np.where(six, _IPV6_SIZE + _FRAGMENT_SIZE, _size4(rows))
    following = np.where(six, rows[:, 6], rows[:, 9])
    left = np.arange(len(rows))
    for _ in range(_NESTED):
        inside = ~found[left] & ((following == link.IPV6) | (following == link.IPV4))
        left, proto, size = left[inside], following[inside], size[inside]
        if not len(left):
            break
        at, kept = at[inside] + size, kept[inside] - size
        rows = gather.rows(data, at, heads.HEAD)
        found[left] = ~heads.leads_on(rows, proto, kept, profile)
        size = np.where(proto == link.IPV6, _IPV6_SIZE, _size4(rows))
        following = np.where(proto == link.IPV6, rows[:, 6], rows[:, 9])
    return found


def _size4(rows: Octets) -> Ints:
    """Octets of IPv4 headers."""
    return (rows[:, 0] & 15).astype(np.int64) * 4


def _keys(data: Octets, at: Ints, six: Flags) -> Octets:
    """What the fragments of one packet have in common (RFC 8200 4.5, RFC 791 3.2)."""
    ends6, id6 = gather.rows(data, at + 8, 32), gather.rows(data, at + 44, 4)
    keys6 = np.concatenate([ends6, id6], 1)
    keys4 = np.zeros_like(keys6)
    keys4[:, :8] = gather.rows(data, at + 12, 8)
    keys4[:, 8:10] = gather.rows(data, at + 4, 2)
    keys4[:, 10] = data.take(at + 9)
    return np.where(six[:, None], keys6, keys4)
