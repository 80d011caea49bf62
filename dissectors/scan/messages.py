"""From peeled frames to a message batch."""

from __future__ import annotations

import numpy as np

from dissectors.frames import Ints, Octets, PickedFrames
from dissectors.ipv6 import NextHeader
from dissectors.profile import Profile
from dissectors.scan import checksums, gather
from dissectors.scan.batch import MessageBatch
from dissectors.scan.peel import MOBILITY_IN_UDP, Cursor
from dissectors.scan.signalling import Bodies, Books, Places, icmpv6_kinds

_MOBILITY = np.zeros(512, np.bool_)
_MOBILITY[[NextHeader.MOBILITY, NextHeader.MOBILITY_OLD, MOBILITY_IN_UDP]] = True


def messages(frames: PickedFrames, c: Cursor, books: Books, profile: Profile) -> MessageBatch:
    """The signalling that the frames' peeling ended at; where more is behind it, they are aside."""
    data = frames.data
    there = c.at < c.limit
    mobility = _MOBILITY.take(c.proto) & there
    kind = np.full(len(c.at), -1)
    icmp = np.flatnonzero((c.proto == NextHeader.ICMPV6) & there)
    kind[icmp] = icmpv6_kinds(data, c.at.take(icmp), c.limit.take(icmp), profile)
    picked = np.flatnonzero((mobility | (kind >= 0)) & ~c.aside)
    m = MessageBatch.blank(len(picked))
    m.frame[:] = frames.number.take(picked)
    m.time_ns[:] = frames.time_ns.take(picked)
    m.interface[:] = frames.interface.take(picked)
    m.inside[:], m.ah[:] = c.depth.take(picked), c.ah.take(picked)
    m.cut[:] = c.end.take(picked) > c.limit.take(picked)
    _header(frames, c, picked, m, books)
    columns = (c.at, c.end, c.limit, c.home, c.routed)
    places = Places(np.arange(len(picked)), *(column.take(picked) for column in columns))
    bodies = Bodies(data, m, books)
    kind = kind.take(picked)
    more = bodies.mobility_headers(places.pick(np.flatnonzero(kind < 0)))
    c.aside[picked.take(more)] = True
    others = np.flatnonzero(kind >= 0)
    bodies.icmpv6(places.pick(others), kind.take(others))
    _checksums(data, c, picked, m)
    return m


def _header(frames: PickedFrames, c: Cursor, picked: Ints, m: MessageBatch, books: Books) -> None:
    """What the innermost IP header tells."""
    ip, six = c.ip.take(picked), c.six.take(picked)
    m.src[:], m.dst[:] = books.addresses.six_pairs(frames.data, ip + 8)
    m.hop_limit[:] = gather.number(frames.data, ip + 7, 1)
    four = np.flatnonzero(~six)
    if len(four):
        at = ip[four]
        m.src[four], m.dst[four] = books.addresses.four_pairs(frames.data, at + 12)
        m.hop_limit[four] = gather.number(frames.data, at + 8, 1)


def _checksums(data: Octets, c: Cursor, picked: Ints, m: MessageBatch) -> None:
    """Read those of whole messages behind IPv6; in UDP it is that one's that counts (RFC 5844)."""
    whole = (m.length >= 0) & (c.at.take(picked) + m.length <= c.limit.take(picked))
    rows = np.flatnonzero(whole & c.six.take(picked) & (c.proto.take(picked) < 256))
    place = picked.take(rows)
    ip, home, final = c.ip.take(place), c.home.take(place), c.final.take(place)
    m.checksum[rows] = checksums.right(
        data,
        c.at.take(place),
        m.length.take(rows),
        np.where(home >= 0, home, ip + 8),
        np.where(final >= 0, final, ip + 24),
        np.where(c.proto.take(place) == NextHeader.ICMPV6, NextHeader.ICMPV6, NextHeader.MOBILITY),
    )
