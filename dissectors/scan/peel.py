"""Peels headers off many frames in lockstep, down to what is inside.

Every step moves all frames that stand at the same kind of header. Three things come out: where
signalling begins, which frames are tunnelled user traffic, and which are set aside for the object
lane. Steps and nesting are bounded, and a length is checked against the octets that are there
before it is used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dissectors.frames import Ints, Octets
from dissectors.scan import gather

Flags = NDArray[np.bool_]

HOP_BY_HOP, IPV4, TCP, UDP, IPV6, ROUTING, FRAGMENT, GRE, ESP, AH = (
    0,
    4,
    6,
    17,
    41,
    43,
    44,
    47,
    50,
    51,
)
ICMPV6, NO_NEXT, DESTINATION, MOBILITY_OLD, MOBILITY = 58, 59, 60, 62, 135
DSMIP_PORT = 4191
_MAX_STEPS = 48
_HOME_ADDRESS_OPTION = 201

_ETHERTYPES = {0x86DD: IPV6, 0x0800: IPV4}
_VLAN_TAGS = (0x8100, 0x88A8, 0x9100)
_NULL_FAMILIES_IPV6 = (24, 28, 30)


@dataclass(slots=True)
class Cursor:
    """Where each frame's peeling stands; every array is (n,).

    at: offset of the next header; proto: what it is (-1: stop); end: first octet not to be read;
    outer: latest IPv6 header, -1 before the first; four: latest IPv4 header; tunnel: outermost
    tunnel's header; inner: the packet in the innermost tunnel; home, routed: the Home Address
    option's and the Type 2 Routing header's address behind the latest IPv6 header; depth: tunnels
    passed; ah: an Authentication Header was passed; aside: needs the object lane.
    """

    row: Ints
    at: Ints
    proto: Ints
    end: Ints
    outer: Ints
    four: Ints
    tunnel: Ints
    inner: Ints
    home: Ints
    routed: Ints
    depth: Ints
    ah: Flags
    aside: Flags

    @classmethod
    def start(cls, row: Ints, at: Ints, proto: Ints, end: Ints) -> Cursor:
        n = len(row)
        outer, four, tunnel, inner, home, routed = np.full((6, n), -1, np.int64)
        depth, off = np.zeros(n, np.int64), np.zeros((2, n), np.bool_)
        moving = row, at.copy(), proto.copy(), end.copy()
        return cls(*moving, outer, four, tunnel, inner, home, routed, depth, off[0], off[1])


def link_layer(data: Octets, start: Ints, end: Ints, link_type: int) -> tuple[Ints, Ints]:
    """Offset of the network header and its protocol (IPV6, IPV4 or -1) of every frame."""
    if link_type == 1:
        return _ethernet(data, start, end)
    if link_type in (101, 228, 229, 12, 14):
        return start, _by_version(data, start, end)
    if link_type == 113:
        return start + 16, _ethertype(data, start + 14, end)
    if link_type == 276:
        return start + 20, _ethertype(data, start, end - 20)
    if link_type in (0, 108):
        return start + 4, _by_version(data, start + 4, end)
    return start, np.full(len(start), -1, np.int64)


def _ethernet(data: Octets, start: Ints, end: Ints) -> tuple[Ints, Ints]:
    at = start + 12
    proto = _ethertype(data, at, end)
    unknown = np.flatnonzero(proto < 0)
    tagged, where = unknown, at[unknown]
    for _ in range(4):
        fits = where + 6 <= end[tagged]
        tagged, where = tagged[fits], where[fits]
        tag = gather.number(data, where, 2)
        is_tag = np.isin(tag, _VLAN_TAGS)
        tagged, where = tagged[is_tag], where[is_tag] + 4
        if not len(tagged):
            break
        at[tagged] = where
        proto[tagged] = _ethertype(data, where, end[tagged])
    return at + 2, proto


def _ethertype(data: Octets, at: Ints, end: Ints) -> Ints:
    out = np.full(len(at), -1, np.int64)
    fits = at + 2 <= end
    value = (data[np.where(fits, at, 0)].astype(np.int64) << 8) | data[np.where(fits, at + 1, 0)]
    for ethertype, proto in _ETHERTYPES.items():
        out[fits & (value == ethertype)] = proto
    return out


def _by_version(data: Octets, at: Ints, end: Ints) -> Ints:
    version = np.where(at < end, data[np.where(at < end, at, 0)] >> 4, 0)
    return np.select([version == 6, version == 4], [IPV6, IPV4], -1).astype(np.int64)


def peel(data: Octets, cursor: Cursor, nesting: int) -> Cursor:
    """Move every frame forward until it stands at something that is not peeled."""
    live = np.flatnonzero(cursor.proto >= 0)
    for _ in range(_MAX_STEPS):
        moved = []
        standing = cursor.proto[live]
        for proto, step in _STEPS.items():
            mine = live[standing == proto]
            if len(mine):
                stays = step(data, cursor, mine)
                moved.append(mine[~stays] if stays is not None else mine)
        if not moved:
            break
        live = np.concatenate(moved)
        too_deep = cursor.depth[live] > nesting
        cursor.aside[live[too_deep]] = True
        cursor.proto[live[too_deep]] = -1
        live = live[~too_deep]
        if not len(live):
            break
    return cursor


def _stop(cursor: Cursor, rows: Ints) -> None:
    cursor.proto[rows] = -1


def _fitting(cursor: Cursor, rows: Ints, size: int) -> Ints:
    """Rows whose next header has `size` octets; the others stop."""
    fits = cursor.at[rows] + size <= cursor.end[rows]
    _stop(cursor, rows[~fits])
    return rows[fits]


def _ipv6(data: Octets, c: Cursor, rows: Ints) -> None:
    rows = _fitting(c, rows, 40)
    at = c.at[rows]
    right = data[at] >> 4 == 6
    _stop(c, rows[~right])
    rows, at = rows[right], at[right]
    nested = (c.outer[rows] >= 0) | (c.four[rows] >= 0)
    _enter(c, rows[nested], at[nested])
    c.outer[rows] = at
    c.home[rows] = c.routed[rows] = -1
    length = gather.number(data, at + 4, 2)
    # Payload length 0 with a jumbo option: the capture's end is the limit.
    limit = np.where(length > 0, at + 40 + length, c.end[rows])
    c.end[rows] = np.minimum(c.end[rows], limit)
    c.proto[rows] = data[at + 6]
    c.at[rows] = at + 40


def _enter(c: Cursor, rows: Ints, at: Ints) -> None:
    """A packet inside another begins at `at`."""
    first = rows[c.tunnel[rows] < 0]
    c.tunnel[first] = np.where(c.outer[first] >= 0, c.outer[first], c.four[first])
    c.inner[rows] = at
    c.depth[rows] += 1


def _ipv4(data: Octets, c: Cursor, rows: Ints) -> None:
    rows = _fitting(c, rows, 20)
    at = c.at[rows]
    header = (data[at] & 15).astype(np.int64) * 4
    right = (data[at] >> 4 == 4) & (header >= 20) & (at + header <= c.end[rows])
    _stop(c, rows[~right])
    rows, at, header = rows[right], at[right], header[right]
    nested = (c.outer[rows] >= 0) | (c.four[rows] >= 0)
    _enter(c, rows[nested], at[nested])
    c.four[rows] = at
    length = np.maximum(gather.number(data, at + 2, 2), header)
    c.end[rows] = np.minimum(c.end[rows], at + length)
    fragment = gather.number(data, at + 6, 2)
    c.aside[rows[(fragment & 0x3FFF) != 0]] = True
    c.at[rows] = at + header
    # Only DSMIPv6's UDP leads on from IPv4 outside a tunnel, and IPv6 or IPv4 within it.
    proto = data[at + 9].astype(np.int64)
    follow = (fragment & 0x1FFF == 0) & ((proto == UDP) | (proto == IPV6) | (proto == GRE))
    c.proto[rows] = np.where(follow, proto, -1)


def _extension(data: Octets, c: Cursor, rows: Ints) -> tuple[Ints, Ints]:
    """Common part of the extension headers: rows moved on, and where their header began."""
    rows = _fitting(c, rows, 8)
    at = c.at[rows]
    size = (data[at + 1].astype(np.int64) + 1) * 8
    fits = at + size <= c.end[rows]
    _stop(c, rows[~fits])
    rows, at, size = rows[fits], at[fits], size[fits]
    c.proto[rows] = data[at]
    c.at[rows] = at + size
    return rows, at


def _hop_by_hop(data: Octets, c: Cursor, rows: Ints) -> None:
    _extension(data, c, rows)


def _destination(data: Octets, c: Cursor, rows: Ints) -> None:
    rows, at = _extension(data, c, rows)
    at, stop = at + 2, c.at[rows]
    while len(rows):
        inside = at + 2 <= stop
        rows, at, stop = rows[inside], at[inside], stop[inside]
        kind, length = data[at], data[at + 1].astype(np.int64)
        size = np.where(kind == 0, 1, 2 + length)
        fits = at + size <= stop
        found = fits & (kind == _HOME_ADDRESS_OPTION) & (length == 16) & (c.home[rows] < 0)
        c.home[rows[found]] = at[found] + 2
        rows, at, stop = rows[fits], (at + size)[fits], stop[fits]


def _routing(data: Octets, c: Cursor, rows: Ints) -> None:
    rows, at = _extension(data, c, rows)
    type2 = (data[at + 2] == 2) & (data[at + 1] == 2)
    c.routed[rows[type2]] = at[type2] + 8


def _fragment(data: Octets, c: Cursor, rows: Ints) -> None:
    rows = _fitting(c, rows, 8)
    at = c.at[rows]
    word = gather.number(data, at + 2, 2)
    c.aside[rows[(word & 0xFFF9) != 0]] = True
    first = word >> 3 == 0
    c.proto[rows] = np.where(first, data[at], -1)
    c.at[rows] = at + 8


def _authentication(data: Octets, c: Cursor, rows: Ints) -> None:
    rows = _fitting(c, rows, 12)
    at = c.at[rows]
    size = (data[at + 1].astype(np.int64) + 2) * 4
    fits = (size >= 12) & (at + size <= c.end[rows])
    _stop(c, rows[~fits])
    rows, at, size = rows[fits], at[fits], size[fits]
    c.ah[rows] = True
    c.proto[rows] = data[at]
    c.at[rows] = at + size


def _gre(data: Octets, c: Cursor, rows: Ints) -> None:
    rows = _fitting(c, rows, 4)
    at = c.at[rows]
    flags = gather.number(data, at, 2)
    size = 4 + 4 * ((flags >> 15 & 1) + (flags >> 13 & 1) + (flags >> 12 & 1))
    # RFC 2784 and 2890: version 0, and no source routing.
    fits = (flags & 0x4007 == 0) & (at + size <= c.end[rows])
    kind = gather.number(data, at + 2, 2)
    proto = np.select([kind == 0x86DD, kind == 0x0800], [IPV6, IPV4], -1)
    c.proto[rows] = np.where(fits, proto, -1)
    c.at[rows] = at + size


def _udp(data: Octets, c: Cursor, rows: Ints) -> NDArray[np.bool_] | None:
    fits = c.at[rows] + 9 <= c.end[rows]
    at = np.where(fits, c.at[rows], 0)
    ours = fits & (
        (gather.number(data, at + 2, 2) == DSMIP_PORT) | (gather.number(data, at, 2) == DSMIP_PORT)
    )
    version = data[at + 8] >> 4
    # RFC 5555 4.2: the octets behind the UDP header are an IPv6 or IPv4 packet, by its version.
    proto = np.select([ours & (version == 6), ours & (version == 4)], [IPV6, IPV4], UDP)
    follows = proto != UDP
    c.proto[rows] = np.where(follows, proto, UDP)
    c.at[rows] += np.where(follows, 8, 0)
    stays: NDArray[np.bool_] = ~follows
    return stays


_STEPS = {
    IPV6: _ipv6,
    IPV4: _ipv4,
    HOP_BY_HOP: _hop_by_hop,
    DESTINATION: _destination,
    ROUTING: _routing,
    FRAGMENT: _fragment,
    AH: _authentication,
    GRE: _gre,
    UDP: _udp,
}
