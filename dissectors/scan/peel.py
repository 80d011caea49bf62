"""Peels headers off many frames in lockstep, down to what is inside.

Every step moves all frames that stand at the same kind of header. Three things come out: where
signalling begins, which frames are tunnelled user traffic, and which are set aside for the object
lane. Steps and nesting are bounded, and a length is checked against the octets that are there
before it is used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dissectors.frames import Flags, Ints, Octets
from dissectors.ipv6 import DSMIPV6_PORT, PMIPV6_PORT, NextHeader
from dissectors.ports import DIAMETER_PORT, SIGNALLING
from dissectors.scan import gather
from dissectors.scan.link import IPV4, IPV6

STOPPED = -1
BESIDE = -2
"""Messages that have rows in the object lane and tell nothing of mobility."""
MOBILITY_IN_UDP = 256 + NextHeader.MOBILITY
"""PMIPv6 over IPv4 (RFC 5844 4.1.3); above all protocol numbers."""

_MAX_STEPS = 48
_HOME_ADDRESS_OPTION = 201
# IPv4 has no such headers.
_IPV6_ONLY = np.zeros(512, np.bool_)
_IPV6_ONLY[
    [
        NextHeader.HOP_BY_HOP,
        NextHeader.ROUTING,
        NextHeader.FRAGMENT,
        NextHeader.ICMPV6,
        NextHeader.DESTINATION_OPTIONS,
        NextHeader.MOBILITY_OLD,
        NextHeader.MOBILITY,
    ]
] = True
# What GRE carries and only the object lane opens: tags and PPPoE.
_GRE_ASIDE = np.array([0x8100, 0x88A8, 0x9100, 0x8864])


@dataclass(slots=True, eq=False, repr=False)
class Cursor:
    """Where each frame's peeling stands; every array is (n,), offsets in data, -1 for none.

    at: the next header; proto: what it is; end: what lengths promise; limit: what is there of it;
    ip: the innermost IP header, six: whether that is IPv6; tunnel: the outermost tunnel's header;
    inner: the packet in the innermost tunnel; home, routed: the Home Address option's and the Type
    2 Routing header's address behind the innermost IPv6 header, final: the destination that
    checksums see; depth: tunnels passed; ah: an Authentication Header was passed; aside: needs the
    object lane.
    """

    at: Ints
    proto: Ints
    end: Ints
    limit: Ints
    ip: Ints
    tunnel: Ints
    inner: Ints
    home: Ints
    routed: Ints
    final: Ints
    depth: Ints
    six: Flags
    ah: Flags
    aside: Flags

    @classmethod
    def start(cls, at: Ints, proto: Ints, end: Ints, limit: Ints) -> Cursor:
        n = len(at)
        off = np.zeros((3, n), np.bool_)
        moving = at.copy(), proto.copy(), end, limit
        return cls(*moving, *np.full((6, n), -1), np.zeros(n, np.int64), *off)  # type: ignore[call-arg]

    def stop(self, rows: Ints) -> None:
        self.proto[rows] = STOPPED

    def set_aside(self, rows: Ints) -> None:
        self.aside[rows] = True
        self.proto[rows] = STOPPED

    def set_beside(self, rows: Ints) -> None:
        self.aside[rows] = True
        self.proto[rows] = BESIDE

    def fitting(self, rows: Ints, size: int) -> Ints:
        """Rows whose next header has `size` octets; the others stop."""
        fits = self.at[rows] + size <= self.limit[rows]
        if fits.all():
            return rows
        self.stop(rows[~fits])
        return rows[fits]

    def shorten(self, rows: Ints, end: Ints) -> None:
        """What is inside ends there, or earlier."""
        self.end[rows] = end = np.minimum(self.end[rows], end)
        self.limit[rows] = np.minimum(self.limit[rows], end)


def peel(data: Octets, c: Cursor, head: Octets, nesting: int) -> None:
    """Move every frame forward until it stands at something that is not peeled.

    head: (n, 64) octets of each frame from its network header on.
    """
    _straight(c, head)
    live = np.flatnonzero(((c.proto == IPV4) | (c.proto == IPV6)) & (c.ip < 0))
    for _ in range(_MAX_STEPS):
        c.stop(live[_IPV6_ONLY[c.proto[live]] & ~c.six[live]])
        standing = c.proto[live]
        inside = ((standing == IPV4) | (standing == IPV6)) & (c.ip[live] >= 0)
        c.set_aside(live[inside & (c.depth[live] >= nesting)])
        standing = c.proto[live]
        moved = []
        for proto, step in _STEPS.items():
            mine = live[standing == proto]
            if len(mine):
                step(data, c, mine)
                moved.append(mine)
        if not moved:
            return
        live = np.concatenate(moved)
        live = live[c.proto[live] >= 0]
    c.set_aside(live[np.isin(c.proto[live], list(_STEPS))])


# The three forms that nearly all signalling has: a message right behind IPv6, or behind the header
# that the Home Address option (PadN first, for its alignment) or the home address stands in.
_DIRECT = np.zeros(256, np.bool_)
_DIRECT[[NextHeader.MOBILITY, NextHeader.ICMPV6]] = True
_BEHIND_HOME, _BEHIND_ROUTING = np.array(
    [
        (NextHeader.MOBILITY, 2, 1, 2, 0, 0, _HOME_ADDRESS_OPTION, 16),
        (NextHeader.MOBILITY, 2, 2, 1, 0, 0, 0, 0),
    ],
    np.uint8,
).view(np.uint64)[:, 0]


def _straight(c: Cursor, head: Octets) -> None:
    """Move frames of these forms at once."""
    length = head.view(">u2")[:, 2].astype(np.int64)
    following, behind = head[:, 6].astype(np.int64), head.view(np.uint64)[:, 5]
    direct = _DIRECT.take(following)
    homed = (behind == _BEHIND_HOME) & (following == NextHeader.DESTINATION_OPTIONS)
    routed = (behind == _BEHIND_ROUTING) & (following == NextHeader.ROUTING)
    straight = (homed | routed) & (length >= 24) & (c.at + 64 <= c.limit)
    straight |= direct & (c.at + 40 <= c.limit)
    straight &= (c.proto == IPV6) & (head[:, 0] >> 4 == 6)
    rows = np.flatnonzero(straight)
    at, direct = c.at.take(rows), direct.take(rows)
    c.ip[rows], c.six[rows] = at, True
    c.proto[rows] = np.where(direct, following.take(rows), NextHeader.MOBILITY)
    c.at[rows] = at + np.where(direct, 40, 64)
    c.shorten(rows, at + 40 + length.take(rows))
    for form, columns in ((homed, (c.home,)), (routed, (c.routed, c.final))):
        found = np.flatnonzero(form.take(rows))
        for column in columns:
            column[rows.take(found)] = at.take(found) + 48


def _enter(c: Cursor, rows: Ints, at: Ints, six: bool) -> None:
    """An IP header begins at `at`."""
    nested = c.ip[rows] >= 0
    inside = rows[nested]
    first = inside[c.tunnel[inside] < 0]
    c.tunnel[first] = c.ip[first]
    c.inner[inside] = at[nested]
    c.depth[inside] += 1
    c.ip[rows], c.six[rows] = at, six
    c.home[rows] = c.routed[rows] = c.final[rows] = -1


def _ipv6(data: Octets, c: Cursor, rows: Ints) -> None:
    rows = c.fitting(rows, 40)
    right = data[c.at[rows]] >> 4 == 6
    c.stop(rows[~right])
    rows = rows[right]
    at = c.at[rows]
    _enter(c, rows, at, six=True)
    length, following = gather.number(data, at + 4, 2), data[at + 6]
    # RFC 2675: a jumbogram has Payload Length 0 and says its length in a Hop-by-Hop option.
    jumbo = (length == 0) & (following == NextHeader.HOP_BY_HOP)
    c.shorten(rows, np.where(jumbo, c.end[rows], at + 40 + length))
    c.proto[rows] = following
    c.at[rows] = at + 40


def _ipv4(data: Octets, c: Cursor, rows: Ints) -> None:
    rows = c.fitting(rows, 20)
    at = c.at[rows]
    header = (data[at] & 15).astype(np.int64) * 4
    right = (data[at] >> 4 == 4) & (header >= 20) & (at + header <= c.limit[rows])
    c.stop(rows[~right])
    rows, at, header = rows[right], at[right], header[right]
    _enter(c, rows, at, six=False)
    length = gather.number(data, at + 2, 2)
    c.shorten(rows, np.where(length < header, c.end[rows], at + length))
    c.at[rows] = at + header
    c.proto[rows] = data[at + 9]
    # More fragments, or an offset (RFC 791 3.1).
    word = gather.number(data, at + 6, 2)
    _part(c, rows, word & 0x3FFF != 0, word & 0x1FFF == 0)


def _extension(data: Octets, c: Cursor, rows: Ints) -> tuple[Ints, Ints]:
    """Common part of the extension headers: rows moved on, and where their header began."""
    rows = c.fitting(rows, 8)
    at = c.at[rows]
    size = (data[at + 1].astype(np.int64) + 1) * 8
    fits = at + size <= c.limit[rows]
    c.stop(rows[~fits])
    rows, at, size = rows[fits], at[fits], size[fits]
    c.proto[rows] = data[at]
    c.at[rows] = at + size
    return rows, at


def _hop_by_hop(data: Octets, c: Cursor, rows: Ints) -> None:
    _extension(data, c, rows)


def _destination(data: Octets, c: Cursor, rows: Ints) -> None:
    """The Home Address option may stand only once (RFC 6275 6.3); of several the last counts."""
    rows, at = _extension(data, c, rows)
    at, stop = at + 2, c.at[rows]
    while len(rows):
        inside = at < stop
        rows, at, stop = rows[inside], at[inside], stop[inside]
        kind, length = data[at], data[at + 1].astype(np.int64)
        size = np.where(kind == 0, 1, 2 + length)
        fits = at + size <= stop
        found = fits & (kind == _HOME_ADDRESS_OPTION) & (length == 16)
        c.home[rows[found]] = at[found] + 2
        rows, at, stop = rows[fits], (at + size)[fits], stop[fits]


def _routing(data: Octets, c: Cursor, rows: Ints) -> None:
    """While segments are left, the last address is the packet's destination."""
    rows, at = _extension(data, c, rows)
    size, kind, left = data[at + 1].astype(np.int64), data[at + 2], data[at + 3]
    more = (left > 0) & (size >= 2)
    # Type 4 lists the last segment first (RFC 8754 2), the others last.
    last = at + 8 + np.where(kind == 4, 0, (size - 2) // 2 * 16)
    c.final[rows[more]] = last[more]
    type2 = more & (kind == 2) & (size == 2)
    c.routed[rows[type2]] = at[type2] + 8


def _fragment(data: Octets, c: Cursor, rows: Ints) -> None:
    rows = c.fitting(rows, 8)
    at = c.at[rows]
    c.proto[rows] = data[at]
    c.at[rows] = at + 8
    # An offset, or more fragments (RFC 8200 4.5).
    word = gather.number(data, at + 2, 2)
    _part(c, rows, word & 0xFFF9 != 0, word >> 3 == 0)


def _part(c: Cursor, rows: Ints, part: Flags, first: Flags) -> None:
    """Some of the rows are fragments, some of these the first ones."""
    c.aside[rows[part]] = True
    # The first part of a tunnelled packet shows whose it is; no other part and no message counts.
    shows = first & ((c.proto[rows] == IPV6) | (c.proto[rows] == IPV4))
    c.stop(rows[part & ~shows])


def _authentication(data: Octets, c: Cursor, rows: Ints) -> None:
    rows = c.fitting(rows, 12)
    at = c.at[rows]
    size = np.maximum((data[at + 1].astype(np.int64) + 2) * 4, 12)
    fits = at + size <= c.limit[rows]
    c.stop(rows[~fits])
    rows, at = rows[fits], at[fits]
    c.ah[rows] = True
    c.proto[rows] = data[at]
    c.at[rows] = at + size[fits]


def _gre(data: Octets, c: Cursor, rows: Ints) -> None:
    rows = c.fitting(rows, 4)
    at = c.at[rows]
    flags, kind = gather.number(data, at, 2), gather.number(data, at + 2, 2)
    size = 4 + 4 * ((flags >> 15 & 1) + (flags >> 13 & 1) + (flags >> 12 & 1))
    # RFC 2784 and 2890: version 0, and no source routing.
    fits = (flags & 0x4007 == 0) & (at + size <= c.limit[rows])
    proto = np.where(kind == 0x86DD, IPV6, np.where(kind == 0x0800, IPV4, STOPPED))
    c.proto[rows] = np.where(fits, proto, STOPPED)
    c.at[rows] = at + size
    c.set_aside(rows[fits & np.isin(kind, _GRE_ASIDE)])


def _udp(data: Octets, c: Cursor, rows: Ints) -> None:
    rows = c.fitting(rows, 8)
    at = c.at[rows]
    ports = gather.number(data, at, 4)
    source, destination = ports >> 16, ports & 0xFFFF
    tunnel = (source == DSMIPV6_PORT) | (destination == DSMIPV6_PORT)
    mobility = ~tunnel & ((source == PMIPV6_PORT) | (destination == PMIPV6_PORT))
    # RFC 5555 4.2: the octets behind the UDP header are an IPv6 or IPv4 packet, by its version.
    inner = np.where(data[at + 8] >> 4 == 4, IPV4, IPV6)
    c.proto[rows] = np.where(tunnel, inner, np.where(mobility, MOBILITY_IN_UDP, STOPPED))
    c.at[rows] = at + 8
    end = at + gather.number(data, at + 4, 2)
    fits = (end >= at + 8) & (end <= c.end[rows])
    c.shorten(rows[fits], end[fits])
    other = np.isin(source, SIGNALLING) | np.isin(destination, SIGNALLING)
    c.set_beside(rows[other & ~tunnel & ~mobility])


def _stream(data: Octets, c: Cursor, rows: Ints) -> None:
    """TCP and SCTP begin with ports. What users have in tunnels is not looked into."""
    rows = c.fitting(rows, 4)
    ports = gather.number(data, c.at[rows], 4)
    diameter = (ports >> 16 == DIAMETER_PORT) | (ports & 0xFFFF == DIAMETER_PORT)
    c.stop(rows)
    c.set_beside(rows[diameter & (c.depth[rows] == 0)])


_STEPS = {
    IPV6: _ipv6,
    IPV4: _ipv4,
    int(NextHeader.HOP_BY_HOP): _hop_by_hop,
    int(NextHeader.DESTINATION_OPTIONS): _destination,
    int(NextHeader.ROUTING): _routing,
    int(NextHeader.FRAGMENT): _fragment,
    int(NextHeader.AH): _authentication,
    int(NextHeader.GRE): _gre,
    int(NextHeader.UDP): _udp,
    int(NextHeader.TCP): _stream,
    int(NextHeader.SCTP): _stream,
}
