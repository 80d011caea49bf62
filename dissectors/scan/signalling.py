"""Decodes the signalling of one batch to columns: Mobility Headers and ICMPv6.

Fixed fields are gathered by their declared offsets; option lists advance one step per option
position for all messages together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from dissectors import handoff, mobility, mobility_options, neighbor
from dissectors.frames import Ints, Octets
from dissectors.profile import Profile
from dissectors.scan import gather
from dissectors.scan.addresses import AddressBook
from dissectors.scan.batch import MessageBatch, Names
from dissectors.scan.kinds import ICMP_KINDS, MH_KINDS, MessageKind

_MH_FIXED = 6
_ICMP_FIXED = 4
_P_FLAG = 0x0200
_BA_P_FLAG = 0x20


def mobility_headers(
    data: Octets, m: MessageBatch, rows: Ints, addresses: AddressBook, names: Names
) -> None:
    """Fill the columns of messages that begin with a Mobility Header."""
    at = m.at[rows]
    whole = at + _MH_FIXED <= m.end[rows]
    m.malformed[rows[~whole]] = 0
    rows, at = rows[whole], at[whole]
    size = (data[at + 1].astype(np.int64) + 1) * 8
    m.length[rows] = size
    short = at + size > m.end[rows]
    m.malformed[rows[short]] = (m.end[rows] - at)[short]
    m.end[rows] = np.minimum(m.end[rows], at + size)
    kind = data[at + 2]
    m.detail[rows] = kind
    for number, known in MH_KINDS.items():
        m.kind[rows[kind == number]] = known
    # Where both stand: the option is the sender's home address, the Routing header the receiver's.
    own, other = m.home[rows], m.routed[rows]
    home = np.where((kind == 6) & (other >= 0) | (own < 0), other, own)
    there = home >= 0
    m.hoa[rows[there]] = addresses.six(data, home[there])
    _binding(data, m, rows[kind == 5], mobility.BindingUpdate, addresses, names)
    _binding(data, m, rows[kind == 6], mobility.BindingAcknowledgement, addresses, names)
    binding_error = rows[kind == 7]
    _fixed(data, m, binding_error, mobility.BindingError, {"status": m.status})
    updates, acks = rows[kind == 5], rows[kind == 6]
    m.kind[updates[(m.flags[updates] & _P_FLAG) != 0]] = MessageKind.PBU
    m.kind[acks[(m.flags[acks] & _BA_P_FLAG) != 0]] = MessageKind.PBA


Declared = type[mobility.BindingUpdate] | type[mobility.BindingAcknowledgement]


def _fixed(
    data: Octets,
    m: MessageBatch,
    rows: Ints,
    message: type,
    columns: dict[str, Ints],
    header: int = _MH_FIXED,
) -> Ints:
    """Gather declared fields into columns; rows whose fixed part fits are returned."""
    layout = message.layout  # type: ignore[attr-defined]
    fits = m.at[rows] + header + layout.fixed <= m.end[rows]
    m.malformed[rows[~fits]] = header
    rows = rows[fits]
    at = m.at[rows] + header
    for name, column in columns.items():
        spec = layout[name]
        column[rows] = gather.field(data, at, spec) * spec.scale
    return rows


def _binding(
    data: Octets,
    m: MessageBatch,
    rows: Ints,
    message: Declared,
    addresses: AddressBook,
    names: Names,
) -> None:
    layout = message.layout
    columns = {"sequence": m.seq, "lifetime": m.lifetime_s}
    if message is mobility.BindingAcknowledgement:
        columns["status"] = m.status
    rows = _fixed(data, m, rows, message, columns)
    flags = layout["key_management" if "status" in columns else "ack"]
    width = 1 if "status" in columns else 2
    m.flags[rows] = gather.number(data, m.at[rows] + _MH_FIXED + flags.begin, width)

    def alternate(mine: Ints, at: Ints) -> None:
        m.coa[mine] = addresses.six(data, at)

    def identity(mine: Ints, at: Ints, end: Ints) -> None:
        _identities(data, m, mine, at + 1, end, names)

    def home4(mine: Ints, at: Ints) -> None:
        spec = mobility_options.Ipv4HomeAddress.layout["address"]
        m.hoa4[mine] = addresses.four(data, at + spec.begin)

    for mine, at, length, kind in tlv_options(data, m, rows, _MH_FIXED + layout.fixed):
        pick = (kind == 3) & (length == 16)
        if pick.any():
            alternate(mine[pick], at[pick])
        pick = (kind == 8) & (length >= 1)
        if pick.any():
            identity(mine[pick], at[pick], (at + length)[pick])
        pick = ((kind == 29) | (kind == 30)) & (length == 6)
        if pick.any():
            home4(mine[pick], at[pick])


def tlv_options(
    data: Octets, m: MessageBatch, rows: Ints, skip: int
) -> Iterator[tuple[Ints, Ints, Ints, Ints]]:
    """Mobility options, one position at a time: rows, where the body begins, its length, type."""
    at = m.at[rows] + skip
    while len(rows):
        inside = at < m.end[rows]
        rows, at = rows[inside], at[inside]
        kind = data[at].astype(np.int64)
        pad1 = kind == 0
        head = pad1 | (at + 2 <= m.end[rows])
        size = data[np.where(head, at + 1, 0)].astype(np.int64)
        length = np.where(pad1 | ~head, -1, size)
        after = at + 2 + length
        right = head & (after <= m.end[rows])
        wrong = rows[~right]
        m.malformed[wrong] = (at - m.at[rows])[~right]
        real = right & ~pad1
        if real.any():
            yield rows[real], at[real] + 2, length[real], kind[real]
        rows, at = rows[right], np.where(pad1, at + 1, after)[right]


def nd_options(
    data: Octets, m: MessageBatch, rows: Ints, skip: int
) -> Iterator[tuple[Ints, Ints, Ints, Ints]]:
    """RFC 2461 options, one position at a time: rows, where each begins, its length, type."""
    at = m.at[rows] + skip
    while len(rows):
        inside = at < m.end[rows]
        rows, at = rows[inside], at[inside]
        head = at + 2 <= m.end[rows]
        length = np.where(head, data[np.where(head, at + 1, 0)].astype(np.int64) * 8, 0)
        right = (length > 0) & (at + length <= m.end[rows])
        m.malformed[rows[~right]] = (at - m.at[rows])[~right]
        rows, at, length = rows[right], at[right], length[right]
        if len(rows):
            yield rows, at, length, data[at].astype(np.int64)
        at = at + length


def _identities(
    data: Octets, m: MessageBatch, rows: Ints, at: Ints, end: Ints, names: Names
) -> None:
    """Number the identities between at and end; the first of a message counts."""
    if not len(rows):
        return
    size = end - at
    # All identities into one block of octets, so that slices of it are all that is left to do.
    first = np.cumsum(size) - size
    block = data[np.repeat(at - first, size) + np.arange(int(size.sum()))].tobytes()
    add = names.add
    numbers = [add(block[a : a + n]) for a, n in zip(first.tolist(), size.tolist(), strict=True)]
    m.mn_id[rows] = np.where(m.mn_id[rows] < 0, numbers, m.mn_id[rows])


def icmpv6(
    data: Octets,
    m: MessageBatch,
    rows: Ints,
    addresses: AddressBook,
    names: Names,
    profile: Profile,
) -> None:
    """Fill the columns of ICMPv6 messages; kinds that are no signalling stay -1."""
    fits = m.at[rows] + _ICMP_FIXED <= m.end[rows]
    rows = rows[fits]
    at = m.at[rows]
    m.length[rows] = m.end[rows] - at
    kind, code = data[at].astype(np.int64), data[at + 1]
    m.detail[rows] = kind
    for number, known in ICMP_KINDS.items():
        m.kind[rows[kind == number]] = known
    request = (kind == profile.ho_request_type) & (code == profile.ho_request_code)
    response = (kind == profile.ho_response_type) & (code == profile.ho_response_code)
    _ho_request(data, m, rows[request], names)
    _ho_response(data, m, rows[response], addresses, names)
    _router_advertisement(data, m, rows[m.kind[rows] == MessageKind.RA], addresses)


def _ho_request(data: Octets, m: MessageBatch, rows: Ints, names: Names) -> None:
    m.kind[rows] = MessageKind.HO_REQUEST
    layout = handoff.HoRequest.layout
    rows = _fixed(data, m, rows, handoff.HoRequest, {"identifier": m.identifier}, _ICMP_FIXED)
    m.flags[rows] = gather.number(data, m.at[rows] + _ICMP_FIXED + layout["context"].begin, 2)
    for mine, at, length, kind in nd_options(data, m, rows, _ICMP_FIXED + layout.fixed):
        _nd_identity(data, m, mine, at, length, kind, names)


def _ho_response(
    data: Octets, m: MessageBatch, rows: Ints, addresses: AddressBook, names: Names
) -> None:
    m.kind[rows] = MessageKind.HO_RESPONSE
    layout = handoff.HoResponse.layout
    # The draft's figure ends behind the status, at 7 octets; WIRE.md pads it to 8.
    bare = m.at[rows] + 7 == m.end[rows]
    for group, fixed in ((rows[bare], 3), (rows[~bare], layout.fixed)):
        fits = m.at[group] + _ICMP_FIXED + fixed <= m.end[group]
        m.malformed[group[~fits]] = _ICMP_FIXED
        mine = group[fits]
        for name, column in (("identifier", m.identifier), ("status", m.status)):
            column[mine] = gather.field(data, m.at[mine] + _ICMP_FIXED, layout[name])
    rows = rows[~bare]
    rows = rows[m.status[rows] >= 0]
    for mine, at, length, kind in nd_options(data, m, rows, _ICMP_FIXED + layout.fixed):
        _nd_identity(data, m, mine, at, length, kind, names)
        pick = (kind == 253) & (length >= 8)
        if pick.any():
            _contexts(data, m, mine[pick], at[pick], length[pick], addresses)


def _contexts(
    data: Octets, m: MessageBatch, rows: Ints, at: Ints, length: Ints, addresses: AddressBook
) -> None:
    """WIRE.md's context option: Type, Length, Subtype, Pad, value."""
    subtype, size = data[at + 2], length - 4 - data[at + 3]
    table: tuple[tuple[int, int, Ints, Callable[[Octets, Ints], Ints], int], ...] = (
        (1, 16, m.hoa, addresses.six, 0),
        (2, 16, m.ha, addresses.six, 0),
        (3, 8, m.hoa4, addresses.four, handoff.Ipv4HomeAddressContext.layout["address"].begin),
    )
    for number, least, column, intern, offset in table:
        pick = (subtype == number) & (size >= least)
        if pick.any():
            column[rows[pick]] = intern(data, at[pick] + 4 + offset)


def _nd_identity(
    data: Octets, m: MessageBatch, rows: Ints, at: Ints, length: Ints, kind: Ints, names: Names
) -> None:
    """Option 30: Option-Code, length of the identifier, identifier, padding (RFC 5271)."""
    pick = kind == 30
    if not pick.any():
        return
    rows, at, length = rows[pick], at[pick], length[pick]
    size = data[at + 3].astype(np.int64)
    right = 4 + size <= length
    m.malformed[rows[~right]] = (at - m.at[rows])[~right]
    _identities(data, m, rows[right], at[right] + 4, (at + 4 + size)[right], names)


def _router_advertisement(
    data: Octets, m: MessageBatch, rows: Ints, addresses: AddressBook
) -> None:
    layout = neighbor.RouterAdvertisement.layout
    rows = _fixed(data, m, rows, neighbor.RouterAdvertisement, {}, _ICMP_FIXED)
    spec = neighbor.PrefixInformation.layout["prefix"]
    for mine, at, length, kind in nd_options(data, m, rows, _ICMP_FIXED + layout.fixed):
        pick = (kind == 3) & (length == 32) & (m.prefix[mine] < 0)
        if pick.any():
            m.prefix[mine[pick]] = addresses.six(data, at[pick] + 2 + spec.begin)
