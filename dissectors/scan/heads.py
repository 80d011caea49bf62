"""Tells most frames apart by their first octets, from the network header on.

User traffic in one tunnel, and frames that nothing of ours can be in, need no further look.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from dissectors.frames import Flags, Ints, Octets
from dissectors.ipv6 import NextHeader
from dissectors.ports import DIAMETER_PORT, SIGNALLING
from dissectors.profile import Profile
from dissectors.scan.kinds import FMIP_TYPES, ICMP_KINDS
from dissectors.scan.link import IPV4, IPV6
from dissectors.scan.tunnels import ROW

_FULL = 40 + 40 + 4
"""Octets that tell a tunnelled packet: two IPv6 headers and ports."""
HEAD = 64
"""Octets that a frame's form is told by, and that hold most addresses of it."""
_SOME = 44
"""Octets that tell most others: an IPv6 header and ports, or an IPv4 header and more."""


def _flags(*numbers: int) -> Flags:
    out = np.zeros(256, np.bool_)
    out[list(numbers)] = True
    return out


# Inner protocols that end the peeling: ICMP, TCP, DCCP, SCTP.
_PLAIN_INNER = _flags(1, NextHeader.TCP, 33, NextHeader.SCTP)
_STREAMS = _flags(NextHeader.TCP, NextHeader.SCTP)
_IPV4_LEADS_ON = _flags(
    NextHeader.IPV4, NextHeader.UDP, NextHeader.IPV6, NextHeader.GRE, NextHeader.AH
)
_IPV6_LEADS_ON = _IPV4_LEADS_ON | _flags(
    NextHeader.HOP_BY_HOP,
    NextHeader.ROUTING,
    NextHeader.FRAGMENT,
    NextHeader.ICMPV6,
    NextHeader.DESTINATION_OPTIONS,
    NextHeader.MOBILITY_OLD,
    NextHeader.MOBILITY,
)
_KEPT = np.tri(ROW + 1, ROW, -1, np.uint8) * np.uint8(255)
"""Row n keeps the first n octets of a row."""


def candidates(data: Octets, at: Ints, proto: Ints, kept: Ints) -> Ints:
    """Rows of frames that may be `plain`; kept: octets that are there from the header on."""
    following = data.take(at + 6)
    return np.flatnonzero((following == NextHeader.IPV6) & (proto == IPV6) & (kept >= _FULL))


def plain(rows: Octets) -> Flags:
    """Of (n, ROW) candidates those that are one IPv6 packet in one IPv6 tunnel."""
    last = rows[:, 46]
    found: Flags = _PLAIN_INNER.take(last)
    udp = np.flatnonzero(last == NextHeader.UDP)
    found[udp] = ~_leads(_UDP, rows[udp, 80:84])
    found &= (rows[:, 0] >> 4 == 6) & (rows[:, 40] >> 4 == 6)
    # The inner packet must fill the outer one, else it is looked at step by step.
    pairs = rows.view(">u2")
    found &= pairs[:, 22].astype(np.int32) + 40 == pairs[:, 2]
    return found


def blank(rows: Octets, kept: Ints) -> None:
    """Zero what stands behind the inner packet or behind the snap length."""
    kept = np.minimum(kept, rows.view(">u2")[:, 2] + np.int64(40))
    short = np.flatnonzero(kept < ROW)
    rows[short] &= _KEPT.take(kept.take(short), 0)


def leads_on(rows: Octets, proto: Ints, kept: Ints, profile: Profile) -> Flags:
    """Of (n, HEAD) frames those that may lead to signalling, into a tunnel or to other frames."""
    following = rows[:, 6]
    signals = _signals(profile.ho_request_type, profile.ho_response_type)
    leads: Flags = _IPV6_LEADS_ON.take(following)
    leads &= (following != NextHeader.ICMPV6) | signals.take(rows[:, 40])
    udp = np.flatnonzero(following == NextHeader.UDP)
    leads[udp] = _leads(_UDP, rows[udp, 40:44])
    streams = np.flatnonzero(_STREAMS.take(following))
    leads[streams] = _leads(_STREAM, rows[streams, 40:44])
    other = np.flatnonzero(proto != IPV6)
    leads[other] = (proto[other] != IPV4) | _leads_on4(rows[other])
    # What is too short to tell is looked into.
    leads |= kept < _SOME
    return leads


@cache
def _signals(*handoff_types: int) -> Flags:
    return _flags(*ICMP_KINDS, *FMIP_TYPES, *handoff_types)


def _leads_on4(rows: Octets) -> Flags:
    following = rows[:, 9]
    leads: Flags = _IPV4_LEADS_ON.take(following)
    for ports, mine in (
        (_UDP, following == NextHeader.UDP),
        (_STREAM, _STREAMS.take(following)),
    ):
        # Behind options the ports stand elsewhere.
        found = np.flatnonzero(mine)
        leads[found] = (rows[found, 0] != 0x45) | _leads(ports, rows[found, 20:24])
    # Fragments are the object lane's.
    leads |= (rows[:, 6] & 0x3F != 0) | (rows[:, 7] != 0)
    return leads


def _ports(*numbers: int) -> Flags:
    out = np.zeros(1 << 16, np.bool_)
    out[list(numbers)] = True
    return out


_UDP = _ports(*SIGNALLING)
_STREAM = _ports(DIAMETER_PORT)


def _leads(ports: Flags, pairs: Octets) -> Flags:
    """Whether the source or the destination port, (n, 4) octets, is one of these."""
    numbers = np.ascontiguousarray(pairs).view(">u2")
    ours: Flags = ports.take(numbers)
    out: Flags = ours[:, 0] | ours[:, 1]
    return out
