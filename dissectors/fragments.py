"""Puts fragmented datagrams together, frame by frame in the order of the capture.

RFC 8200 4.5 and RFC 791 3.2 say how. RFC 5722 refuses a packet whose fragments overlap, and all
that still comes of it; the same octets twice at the same place are a duplicate, which tunnels and
capture points make. A packet in one fragment (RFC 6946) needs nobody here.

Memory and time are bounded whatever comes: by octets held, by datagrams waiting, and by age on the
capture's own clock. What is dropped for that is counted.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

LARGEST = 65_535
"""RFC 8200 4.5: octets of a packet behind its IPv6 header, once it is put together."""

_UNIT = 8
_COST = 256
"""What a fragment costs beside its octets; a bound that small fragments cannot get around."""

DatagramKey = tuple[bytes | int, ...]
"""Whose fragment it is: the addresses of all IP headers up to it, and the identification."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may wait, and for how long (RFC 8200 4.5: 60 seconds)."""

    octets: int = 16 * 2**20
    datagrams: int = 4096
    age_ns: int = 60 * 10**9


@dataclass(frozen=True, slots=True)
class Fragment:
    """A part of a datagram: payload at `offset` octets; `following` is what the first one says."""

    offset: int
    more: bool
    following: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Whole:
    """A datagram that is complete, of `count` fragments."""

    following: int
    payload: bytes
    count: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a fragment, or its whole datagram, is not taken."""

    reason: str


@dataclass(slots=True)
class _Datagram:
    time_ns: int
    offsets: list[int] = field(default_factory=list)
    parts: list[bytes] = field(default_factory=list)
    total: int | None = None
    """Octets of the whole, once the last fragment is there."""
    have: int = 0
    following: int | None = None
    refused: str = ""

    @property
    def cost(self) -> int:
        return self.have + _COST * (len(self.parts) + 1)


class Fragments:
    """All datagrams that wait for more of their fragments."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.interface = 0
        """Where what is added was seen; each interface's fragments are their own."""
        self.dropped = 0
        """Datagrams given up for age or room."""
        self._waiting: dict[DatagramKey, _Datagram] = {}
        self._cost = 0
        self._now_ns = -(2**63)

    def __len__(self) -> int:
        return len(self._waiting)

    def addresses(self) -> set[bytes]:
        """Source and destination, as frames have them, of the outermost header of all that wait."""
        return {key[1] for key in self._waiting if isinstance(key[1], bytes)}

    def add(self, key: DatagramKey, part: Fragment, time_ns: int) -> Whole | Refused | None:
        """What a fragment leads to; None: its datagram waits for more.

        Refused: nothing of a datagram that breaks the rules is ever given.
        """
        key = (self.interface, *key)
        self._now_ns = max(self._now_ns, time_ns)
        self._forget_old()
        wrong = _unfit(part)
        if wrong:
            return Refused(wrong)
        datagram = self._waiting.get(key)
        if datagram is None:
            datagram = self._waiting[key] = _Datagram(self._now_ns)
            self._cost += datagram.cost
        if datagram.refused:
            return Refused(datagram.refused)
        before = datagram.cost
        wrong = _placed(datagram, part)
        if wrong:
            datagram.refused = f"{wrong}: none of its packet is taken"
            datagram.parts, datagram.offsets, datagram.have = [], [], 0
        self._cost += datagram.cost - before
        if wrong:
            return Refused(datagram.refused)
        if datagram.have == datagram.total and datagram.following is not None:
            self._forget(key)
            count = len(datagram.parts)
            return Whole(datagram.following, b"".join(datagram.parts), count)
        self._make_room(key)
        return None

    def _forget(self, key: DatagramKey) -> None:
        self._cost -= self._waiting.pop(key).cost

    def _forget_old(self) -> None:
        """The oldest stand first, since the clock here never goes back."""
        oldest_ns = self._now_ns - self.limits.age_ns
        while self._waiting:
            key = next(iter(self._waiting))
            if self._waiting[key].time_ns >= oldest_ns:
                return
            self._drop(key)

    def _make_room(self, newest: DatagramKey) -> None:
        limits = self.limits
        while len(self._waiting) > limits.datagrams or self._cost > limits.octets:
            key = next(iter(self._waiting))
            self._drop(key)
            if key == newest:
                return

    def _drop(self, key: DatagramKey) -> None:
        self._forget(key)
        self.dropped += 1


def _unfit(part: Fragment) -> str:
    """Why a fragment can be no part of any datagram; empty if it can."""
    size = len(part.payload)
    if not size:
        return "the fragment is empty"
    if part.more and size % _UNIT:
        return f"a fragment of {size} octets, no multiple of 8, is not the last one"
    if part.offset + size > LARGEST:
        return f"the fragment ends behind octet {LARGEST}"
    return ""


def _placed(datagram: _Datagram, part: Fragment) -> str:
    """Put the fragment among the others, or say why it does not fit them."""
    begin, end = part.offset, part.offset + len(part.payload)
    at = bisect_left(datagram.offsets, begin)
    if _is_duplicate(datagram, part, at):
        return ""
    behind = datagram.offsets[at] if at < len(datagram.offsets) else LARGEST
    before = datagram.offsets[at - 1] + len(datagram.parts[at - 1]) if at else 0
    if before > begin or end > behind:
        return "the fragment overlaps another one"
    total = datagram.total
    reaches = datagram.offsets[-1] + len(datagram.parts[-1]) if datagram.offsets else 0
    if not part.more and (total is not None or reaches > end):
        return "the fragment is not the only last one, or others reach beyond it"
    if part.more and total is not None and end >= total:
        return "the fragment stands behind the last one"
    datagram.offsets.insert(at, begin)
    datagram.parts.insert(at, part.payload)
    datagram.have += len(part.payload)
    if not part.more:
        datagram.total = end
    if not begin:
        datagram.following = part.following
    return ""


def _is_duplicate(datagram: _Datagram, part: Fragment, at: int) -> bool:
    if at == len(datagram.offsets) or datagram.offsets[at] != part.offset:
        return False
    last = datagram.total == part.offset + len(part.payload)
    return datagram.parts[at] == part.payload and last is not part.more
