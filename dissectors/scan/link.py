"""Link layers of many frames at once: where the network header begins, and which it is."""

from __future__ import annotations

import numpy as np

from dissectors import link
from dissectors.frames import Flags, FrameBatch, Ints, Octets
from dissectors.scan import gather

IPV4, IPV6 = 4, 41
UNKNOWN = -1
"""No network header that the scan lane reads: the object lane's frame."""

_ETHERTYPES = np.full(1 << 16, UNKNOWN)
_ETHERTYPES[[0x86DD, 0x0800]] = IPV6, IPV4
_TAGS = (0x8100, 0x88A8, 0x9100)
_MOST_TAGS = 4
_FAMILIES = {2: IPV4, 10: IPV6, 24: IPV6, 28: IPV6, 30: IPV6}
_BY_VERSION = (link.LINKTYPE_RAW, 12, 14)
_AT_ONCE = {link.LINKTYPE_IPV4: IPV4, link.LINKTYPE_IPV6: IPV6}


def network(batch: FrameBatch, rows: slice | Ints) -> tuple[Ints, Ints]:
    """Offset and protocol (IPV4, IPV6 or UNKNOWN) of the network header of these frames."""
    start = batch.start[rows]
    end = start + batch.caplen[rows]
    kinds = [interface.link_type for interface in batch.interfaces]
    if len(set(kinds)) == 1:
        return _network(batch.data, start, end, kinds[0])
    at, proto = start.copy(), np.full(len(start), UNKNOWN)
    of_frame = np.array(kinds)[batch.interface[rows]]
    for kind in sorted(set(kinds)):
        mine = np.flatnonzero(of_frame == kind)
        at[mine], proto[mine] = _network(batch.data, start[mine], end[mine], kind)
    return at, proto


def _network(data: Octets, start: Ints, end: Ints, link_type: int) -> tuple[Ints, Ints]:
    if link_type == link.LINKTYPE_ETHERNET:
        return _ethernet(data, start, end)
    if link_type == link.LINKTYPE_LINUX_SLL:
        return start + 16, _ethertype(data, start + 14, end)
    if link_type == link.LINKTYPE_LINUX_SLL2:
        return start + 20, _ethertype(data, start, end - 18)
    if link_type in (link.LINKTYPE_NULL, link.LINKTYPE_LOOP):
        either = link_type == link.LINKTYPE_NULL
        return start + 4, (_either_order if either else _family)(data, start, end)
    if link_type in _BY_VERSION:
        return start, np.where(data.take(start) >> 4 == 4, IPV4, IPV6)
    return start, np.full(len(start), _AT_ONCE.get(link_type, UNKNOWN))


def _ethernet(data: Octets, start: Ints, end: Ints) -> tuple[Ints, Ints]:
    at = start + 12
    proto = _ethertype(data, at, end)
    tagged = np.flatnonzero(proto < 0)
    for _ in range(_MOST_TAGS):
        tagged = tagged[_is_tag(data, at[tagged]) & (at[tagged] + 6 <= end[tagged])]
        if not len(tagged):
            break
        at[tagged] += 4
        proto[tagged] = _ethertype(data, at[tagged], end[tagged])
    return at + 2, proto


def _ethertype(data: Octets, at: Ints, end: Ints) -> Ints:
    """The protocol that the EtherType at each offset stands for."""
    number = data.take(at).astype(np.uint16) << 8
    number |= data.take(at + 1)
    proto: Ints = _ETHERTYPES.take(number)
    proto[at + 2 > end] = UNKNOWN
    return proto


def _is_tag(data: Octets, at: Ints) -> Flags:
    number = gather.number(data, at, 2)
    found: Flags = number == _TAGS[0]
    for tag in _TAGS[1:]:
        found |= number == tag
    return found


def _mapped(data: Octets, at: Ints, end: Ints, size: int, known: dict[int, int]) -> Ints:
    """The protocol that the number at each offset stands for."""
    number = gather.number(data, at, size)
    number[at + size > end] = UNKNOWN
    out = np.full(len(at), UNKNOWN)
    for value, proto in known.items():
        out[number == value] = proto
    return out


def _family(data: Octets, at: Ints, end: Ints) -> Ints:
    return _mapped(data, at, end, 4, _FAMILIES)


def _either_order(data: Octets, at: Ints, end: Ints) -> Ints:
    """BSD's family is in the capturing machine's byte order; the one that makes sense is taken."""
    small = _mapped(data, at + 3, end, 1, _FAMILIES)
    high = gather.number(data, at, 3)
    big = _mapped(data, at, end - 3, 1, _FAMILIES)
    low = gather.number(data, at + 1, 3)
    return np.where(high == 0, small, np.where(low == 0, big, UNKNOWN))
