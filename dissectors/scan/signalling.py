"""Decodes the bodies of many messages to columns: Mobility Headers and ICMPv6.

Fixed fields are gathered by their declared offsets; options come from `options`. An option that
cannot be parsed gives no column a value; of several of a kind the first does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dissectors import fast_handover, handoff, mobility, mobility_options, neighbor
from dissectors.frames import SLACK, Ints, Octets
from dissectors.ipv6 import NextHeader
from dissectors.layout import Kind, Layout, Message
from dissectors.profile import Profile
from dissectors.registries import (
    CONTEXTS,
    ICMPV6_MESSAGES,
    MOBILITY_MESSAGES,
    MOBILITY_OPTIONS,
    ND_OPTIONS,
)
from dissectors.scan import checksums, gather
from dissectors.scan.addresses import AddressBook
from dissectors.scan.batch import MessageBatch, Names
from dissectors.scan.kinds import ICMP_KINDS, MH_KINDS, MessageKind
from dissectors.scan.marks import Mark
from dissectors.scan.options import NO_OPTIONS, Options, Walker

_MH_FIXED, _ICMP_FIXED = 6, 4
_SECOND_NS = 1_000_000_000
_BU_P_FLAG, _BA_P_FLAG = 0x0200, 0x20
_LONG = SLACK
"""Octets of a message that is not copied: as many may be read behind any frame."""
_PROFILED: dict[MessageKind, type[Message]] = {
    MessageKind.HO_REQUEST: handoff.HoRequest,
    MessageKind.HO_RESPONSE: handoff.HoResponse,
}
"""Messages whose type numbers the profile tells."""

_FAST: dict[type[Message], tuple[tuple[str, str], ...]] = {
    fast_handover.FastBindingUpdate: (("seq", "sequence"), ("lifetime_s", "lifetime")),
    fast_handover.FastBindingAcknowledgment: (
        ("status", "status"),
        ("seq", "sequence"),
        ("lifetime_s", "lifetime"),
    ),
    fast_handover.HandoverInitiate: (("seq", "sequence"), ("status", "code")),
    fast_handover.HandoverAcknowledge: (("seq", "sequence"), ("status", "code")),
}
"""Columns of Fast Handover messages, and the fields that fill them."""

Wrong = tuple[Ints, Ints]
"""Rows of malformed messages, and where in data they cannot be parsed."""


class Books(NamedTuple):
    """Where addresses and identities get their numbers."""

    addresses: AddressBook
    names: Names


class Places(NamedTuple):
    """(n,) messages in data: rows in the batch, where each begins, ends, and is captured to."""

    data: Octets
    row: Ints
    at: Ints
    end: Ints
    limit: Ints

    def pick(self, rows: Ints) -> Places:
        """Some of them."""
        data, *columns = self
        return Places(data, *(column.take(rows) for column in columns))

    def close(self) -> list[Places]:
        """The same messages, those that are not long copied next to each other.

        Each is looked at many times; in the frames they would leave the cache in between.
        """
        length = self.limit - self.at
        short, long = np.flatnonzero(length <= _LONG), np.flatnonzero(length > _LONG)
        width = -(-int(length.take(short).max(initial=8)) // 8) * 8
        data = np.zeros(len(short) * width + SLACK, np.uint8)
        data[:-SLACK] = gather.rows(self.data, self.at.take(short), width).reshape(-1)
        row, at = self.row.take(short), np.arange(len(short)) * width
        moved = at - self.at.take(short)
        end, limit = self.end.take(short) + moved, self.limit.take(short) + moved
        return [Places(data, row, at, end, limit), *([self.pick(long)] if len(long) else [])]


def icmpv6_kinds(data: Octets, at: Ints, limit: Ints, profile: Profile) -> Ints:
    """The MessageKind of each ICMPv6 message; -1 for what is no signalling."""
    of_type = np.full(256, -1)
    of_type[list(ICMP_KINDS)] = list(ICMP_KINDS.values())
    number = gather.number(data, at, 2)
    kind: Ints = of_type.take(number >> 8)
    request = profile.ho_request_type << 8 | profile.ho_request_code
    response = profile.ho_response_type << 8 | profile.ho_response_code
    kind[number == request] = MessageKind.HO_REQUEST
    kind[number == response] = MessageKind.HO_RESPONSE
    kind[at + _ICMP_FIXED > limit] = -1
    return kind


class Bodies:
    """Decodes the messages of one batch into its columns.

    sums: the one's complement sum of each message, where `summed`: where all of it is there.
    """

    def __init__(self, m: MessageBatch, books: Books) -> None:
        self._m = m
        self._addresses, self._names = books
        self._begin = np.zeros(len(m), np.int64)
        self._mobility = Walker(MOBILITY_OPTIONS, 3, 8, 29, 30).walk
        self._updates = Walker(MOBILITY_OPTIONS, 3, 8, 9, 10, 29, 30).walk
        self._neighbor = Walker(ND_OPTIONS, 3, 30, 253).walk
        self.sums = np.zeros(len(m), np.uint64)
        self.summed = np.zeros(len(m), np.bool_)

    def mobility_headers(self, p: Places) -> Ints:
        """Messages that begin with a Mobility Header (RFC 6275 6.1.1).

        Rows behind whose header there is more, as Payload Proto says, are returned.
        """
        m, data = self._m, p.data
        m.kind[p.row] = MessageKind.OTHER_MH
        p = self._there(p, 0, _MH_FIXED)
        size = gather.number(data, p.at + 1, 1) * 8 + 8
        m.length[p.row] = size
        self._sum(p, size)
        follows = (data.take(p.at) != NextHeader.NO_NEXT_HEADER) & (p.at + size < p.limit)
        beyond = np.flatnonzero(p.at + size > p.end)
        m.malformed[p.row.take(beyond)] = (p.end - p.at).take(beyond)
        end = np.minimum(p.end, p.at + size)
        p = p._replace(end=end, limit=np.minimum(p.limit, end))
        m.cut[p.row] = p.end > p.limit
        kind = data.take(p.at + 2)
        m.detail[p.row] = kind
        for number in np.flatnonzero(np.bincount(kind)).tolist():
            mine = p.pick(np.flatnonzero(kind == number))
            m.kind[mine.row] = MH_KINDS.get(number, MessageKind.OTHER_MH)
            if number in MOBILITY_MESSAGES.types:
                self._mobility_message(mine, MOBILITY_MESSAGES.types[number])
        return p.row.take(np.flatnonzero(follows))

    def _mobility_message(self, p: Places, message: type[Message]) -> None:
        m, layout = self._m, message.layout
        p, options, wrong = self._parts(p, layout, _MH_FIXED)
        self._mark([wrong])
        named = options.of(8)
        _first(m.mn_id, named, self._names.intern(p.data, named.at + 1, named.size - 1))
        if message is mobility.BindingError:
            self._field(m.status, p, layout, "status")
        for column, name in _FAST.get(message, ()):
            self._field(getattr(m, column), p, layout, name)
        if message is fast_handover.FastBindingUpdate:
            alternate = options.of(3)
            _first(m.coa, alternate, self._addresses.six(p.data, alternate.at))
        if message is mobility.BindingUpdate:
            self._binding(p, layout, options)
            alternate = options.of(3)
            _first(m.coa, alternate, self._addresses.six(p.data, alternate.at))
            m.flags[p.row] = flags = self._number(p, layout, "ack", 2)
            m.kind[p.row[flags & _BU_P_FLAG != 0]] = MessageKind.PBU
            self._update_marks(p, options)
        if message is mobility.BindingAcknowledgement:
            self._binding(p, layout, options)
            self._field(m.status, p, layout, "status")
            m.flags[p.row] = flags = self._number(p, layout, "key_management", 1)
            m.kind[p.row[flags & _BA_P_FLAG != 0]] = MessageKind.PBA

    def _update_marks(self, p: Places, options: Options) -> None:
        m = self._m
        m.marks[p.row] = 0
        m.marks[options.of(9).row] = Mark.AUTHENTICATED
        home4 = options.of(29)
        m.marks[home4.row] |= Mark.IPV4_HOME
        prefix = mobility_options.Ipv4HomeAddress.layout["prefix"]
        asked = np.flatnonzero(gather.field(p.data, home4.at, prefix))
        m.marks[home4.row.take(asked)] |= Mark.IPV4_PREFIX
        stamps = options.of(10)
        seconds, fraction = (gather.number(p.data, stamps.at + n, 4) for n in (0, 4))
        _first(m.stamp_ns, stamps, seconds * _SECOND_NS + (fraction * _SECOND_NS >> 32))

    def _binding(self, p: Places, layout: Layout, options: Options) -> None:
        self._field(self._m.seq, p, layout, "sequence")
        self._field(self._m.lifetime_s, p, layout, "lifetime")
        home4 = options.of(29, 30)
        place = mobility_options.Ipv4HomeAddress.layout["address"].begin
        _first(self._m.hoa4, home4, self._addresses.four(p.data, home4.at + place))

    def icmpv6(self, p: Places) -> None:
        """ICMPv6 messages whose kinds stand in the batch (`icmpv6_kinds`)."""
        m, data = self._m, p.data
        kind = m.kind.take(p.row)
        m.length[p.row] = size = p.end - p.at
        m.detail[p.row] = data.take(p.at)
        self._sum(p, size)
        for one in np.flatnonzero(np.bincount(kind)).tolist():
            mine = p.pick(np.flatnonzero(kind == one))
            # Errors differ in type and have one form: four octets, then a packet.
            number = int(data[mine.at[0]])
            message = _PROFILED.get(MessageKind(one)) or ICMPV6_MESSAGES.types[number]
            self._icmpv6_message(mine, message)

    def _icmpv6_message(self, p: Places, message: type[Message]) -> None:
        m, layout = self._m, message.layout
        p, options, wrong = self._parts(p, layout, _ICMP_FIXED)
        named, unnamed = _identities(p.data, options)
        contexts, broken = _contexts(p.data, options)
        self._mark([wrong, unnamed, broken])
        if message is handoff.HoRequest or message is handoff.HoResponse:
            self._field(m.identifier, p, layout, "identifier")
            _first(m.mn_id, named, self._names.intern(p.data, named.at, named.size))
        if message is handoff.HoRequest:
            m.flags[p.row] = self._number(p, layout, "context", 2)
        if message is handoff.HoResponse:
            self._field(m.status, p, layout, "status")
            for subtype, column in ((1, m.hoa), (2, m.ha)):
                mine = contexts.of(subtype)
                _first(column, mine, self._addresses.six(p.data, mine.at))
            mine, place = contexts.of(3), handoff.Ipv4HomeAddressContext.layout["address"].begin
            _first(m.hoa4, mine, self._addresses.four(p.data, mine.at + place))
            self._response_marks(p, contexts)
        if message is neighbor.RouterAdvertisement:
            mine, place = options.of(3), neighbor.PrefixInformation.layout["prefix"].begin
            _first(m.prefix, mine, self._addresses.six(p.data, mine.at + place))

    def _response_marks(self, p: Places, contexts: Options) -> None:
        marks, reserved = self._m.marks, handoff.HoResponse.layout["reserved"].begin
        marks[p.row] = 0
        marks[contexts.row] = Mark.CONTEXT
        keyed = contexts.of(handoff.SecurityAssociationContext.layout.number)
        least = handoff.SecurityAssociationContext.layout.least
        marks[keyed.row.take(np.flatnonzero(keyed.size > least))] |= Mark.KEY
        # The draft's figure ends before Reserved.
        padded = p.pick(np.flatnonzero(p.at + _ICMP_FIXED + reserved < p.limit))
        used = np.flatnonzero(padded.data.take(padded.at + _ICMP_FIXED + reserved))
        marks[padded.row.take(used)] |= Mark.RESERVED

    def _parts(self, p: Places, layout: Layout, header: int) -> tuple[Places, Options, Wrong]:
        """Messages whose fixed part is there, their options, and where lists of these break."""
        p = self._there(p, header, header + layout.least)
        self._begin[p.row] = p.at
        tail = layout.tail
        if tail is None or tail.kind is not Kind.OPTIONS:
            return p, NO_OPTIONS, (NO_OPTIONS.row, NO_OPTIONS.at)
        walk = self._mobility if tail.registry is MOBILITY_OPTIONS else self._neighbor
        if layout is mobility.BindingUpdate.layout:
            walk = self._updates
        options, row, at = walk(p.data, p.at + header + layout.fixed, p.end, p.limit)
        return p, options._replace(row=p.row[options.row]), (p.row[row], at)

    def _sum(self, p: Places, size: Ints) -> None:
        """Add up the messages of these sizes that are there."""
        mine = np.flatnonzero(p.at + size <= p.limit)
        row = p.row.take(mine)
        self.summed[row] = True
        self.sums[row] = checksums.sums(p.data, p.at.take(mine), size.take(mine))

    def _there(self, p: Places, offset: int, size: int) -> Places:
        """Messages that have `size` octets; the others are cut, or malformed from `offset` on."""
        fits = p.at + size <= p.limit
        if fits.all():
            return p
        self._m.malformed[p.row[~fits & (p.limit == p.end)]] = offset
        return p.pick(np.flatnonzero(fits))

    def _mark(self, wrong: list[Wrong]) -> None:
        """Note where messages break first, unless that is known."""
        row = np.concatenate([row for row, _ in wrong])
        if not len(row):
            return
        offset = np.concatenate([at for _, at in wrong]) - self._begin[row]
        new = self._m.malformed[row] < 0
        order = np.argsort(-offset[new], kind="stable")
        self._m.malformed[row[new][order]] = offset[new][order]

    def _field(self, column: Ints, p: Places, layout: Layout, name: str) -> None:
        spec = layout[name]
        column[p.row] = gather.field(p.data, p.at + layout.origin, spec) * spec.scale

    def _number(self, p: Places, layout: Layout, first: str, octets: int) -> Ints:
        """The octets from that field on, as one number."""
        return gather.number(p.data, p.at + layout.origin + layout[first].begin, octets)


def _identities(data: Octets, options: Options) -> tuple[Options, Wrong]:
    """What option 30 holds: Option-Code, length of the identifier, identifier (RFC 5271 4)."""
    mine = options.of(30)
    size = gather.number(data, mine.at + 1, 1)
    fits = 2 + size <= mine.size
    named = Options(mine.row[fits], mine.at[fits] + 2, size[fits], mine.kind[fits])
    return named, (mine.row[~fits], mine.at[~fits] - 2)


def _contexts(data: Octets, options: Options) -> tuple[Options, Wrong]:
    """What WIRE.md's context options hold: Subtype, Pad, value. Their kind is the subtype."""
    mine = options.of(253)
    subtype = gather.number(data, mine.at, 1)
    size = mine.size - 2 - gather.number(data, mine.at + 1, 1)
    least = np.zeros(256, np.int64)
    for number, context in CONTEXTS.types.items():
        least[number] = context.layout.least
    fits = size >= least[subtype]
    held = Options(mine.row[fits], mine.at[fits] + 2, size[fits], subtype[fits])
    return held, (mine.row[~fits], mine.at[~fits] - 2)


def _first(column: Ints, options: Options, values: Ints) -> None:
    """Put values into the rows of their options; written backwards, the first one stays."""
    column[options.row[::-1]] = values[::-1]
