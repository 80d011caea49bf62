"""From peeled frames to a message batch."""

from __future__ import annotations

import numpy as np

from dissectors.frames import Ints
from dissectors.ipv6 import NextHeader
from dissectors.profile import Profile
from dissectors.scan import checksums, gather
from dissectors.scan.backlog import Opened
from dissectors.scan.batch import MessageBatch
from dissectors.scan.kinds import FMIP_TYPES
from dissectors.scan.peel import MOBILITY_IN_UDP, Cursor
from dissectors.scan.signalling import Bodies, Books, Places, icmpv6_kinds

_MOBILITY = np.zeros(512, np.bool_)
_MOBILITY[[NextHeader.MOBILITY, NextHeader.MOBILITY_OLD, MOBILITY_IN_UDP]] = True
_BA = 6
_MH_CHECKSUM, _ICMP_CHECKSUM = 4, 2
LEFT_OUT = 2
"""A checksum that the network card has yet to make."""


def messages(opened: Opened, c: Cursor, books: Books, profile: Profile) -> MessageBatch:
    """The signalling that the frames' peeling ended at; where more is behind it, they are aside."""
    frames = opened.frames
    data = frames.data
    there = c.at < c.limit
    mobility = _MOBILITY.take(c.proto) & there
    kind = np.full(len(c.at), -1)
    icmp = np.flatnonzero((c.proto == NextHeader.ICMPV6) & there)
    kind[icmp] = icmpv6_kinds(data, c.at.take(icmp), c.limit.take(icmp), profile)
    other = icmp.take(np.flatnonzero(kind.take(icmp) < 0))
    fast = np.isin(data.take(c.at.take(other)), FMIP_TYPES)
    c.set_beside(other.take(np.flatnonzero(fast)))
    picked = np.flatnonzero((mobility | (kind >= 0)) & ~c.aside)
    m = MessageBatch.blank(len(picked))
    m.frame[:] = frames.number.take(picked)
    m.time_ns[:] = frames.time_ns.take(picked)
    m.interface[:] = frames.interface.take(picked)
    m.inside[:], m.ah[:] = c.depth.take(picked), c.ah.take(picked)
    m.cut[:] = c.end.take(picked) > c.limit.take(picked)
    m.kind[:] = kind.take(picked)
    _header(opened, c, picked, m, books)
    bodies = Bodies(m, books)
    where = (column.take(picked) for column in (c.at, c.end, c.limit))
    places = Places(data, np.arange(len(picked)), *where)
    is_mobility = m.kind < 0
    for part in places.pick(np.flatnonzero(~is_mobility)).close():
        bodies.icmpv6(part)
    for part in places.pick(np.flatnonzero(is_mobility)).close():
        more = bodies.mobility_headers(part)
        c.aside[picked.take(more)] = True
    _home_and_checksum(opened, c, picked, m, bodies, books)
    return m


def _header(opened: Opened, c: Cursor, picked: Ints, m: MessageBatch, books: Books) -> None:
    """What the innermost IP header tells."""
    six = c.six.take(picked)
    for mine, pairs, hops, ends in (
        (np.flatnonzero(six), books.addresses.six_pairs, 7, 8),
        (np.flatnonzero(~six), books.addresses.four_pairs, 8, 12),
    ):
        rows = picked.take(mine)
        data, at = opened.closest(rows, c.ip.take(rows), 40)
        m.src[mine], m.dst[mine] = pairs(data, at + ends)
        m.hop_limit[mine] = gather.number(data, at + hops, 1)


def _home_and_checksum(
    opened: Opened, c: Cursor, picked: Ints, m: MessageBatch, bodies: Bodies, books: Books
) -> None:
    """What the addresses in front of messages tell: whose they are, and what checksums see."""
    home, routed = (_numbers(opened, picked, at, books) for at in (c.home, c.routed))
    proto = c.proto.take(picked)
    mobility = np.flatnonzero(proto != NextHeader.ICMPV6)
    # Where both stand, the option is the sender's home address, the header the receiver's.
    first = np.where((m.detail == _BA) & (routed >= 0) | (home < 0), routed, home)
    m.hoa[mobility] = first.take(mobility)
    final = routed
    if (c.final != c.routed).any():
        final = _numbers(opened, picked, c.final, books)
    # In UDP it is UDP's checksum that counts (RFC 5844 4.1.3).
    checked = np.flatnonzero(bodies.summed & c.six.take(picked) & (proto != MOBILITY_IN_UDP))
    source = np.where(home >= 0, home, m.src).take(checked)
    destination = np.where(final >= 0, final, m.dst).take(checked)
    next_header = np.where(proto == NextHeader.ICMPV6, NextHeader.ICMPV6, NextHeader.MOBILITY)
    length, following = m.length.take(checked), next_header.take(checked)
    addresses = books.addresses.sums(source) + books.addresses.sums(destination)
    right = checksums.right(bodies.sums.take(checked), addresses, length, following)
    m.checksum[checked] = right
    wrong = np.flatnonzero(~right)
    if len(wrong):
        rows = checked.take(wrong)
        place = np.where(following.take(wrong) == NextHeader.ICMPV6, _ICMP_CHECKSUM, _MH_CHECKSUM)
        field = gather.number(opened.frames.data, c.at.take(picked.take(rows)) + place, 2)
        pseudo = addresses.take(wrong), length.take(wrong), following.take(wrong)
        m.checksum[rows.take(np.flatnonzero(checksums.left_out(field, *pseudo)))] = LEFT_OUT


def _numbers(opened: Opened, picked: Ints, places: Ints, books: Books) -> Ints:
    """Numbers of the addresses at these places of the picked frames; -1 where there is none."""
    at = places.take(picked)
    numbers = np.full(len(at), -1)
    known = np.flatnonzero(at >= 0)
    numbers[known] = books.addresses.six(*opened.closest(picked.take(known), at.take(known), 16))
    return numbers
