"""Findings that single messages show only beside all others (CONTRACT 3)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from dissectors.frames import Flags, Ints
from dissectors.handoff import Access
from dissectors.profile import Profile
from dissectors.scan.addresses import AddressBook
from dissectors.scan.kinds import MessageKind
from netmip6scope.correlate.alike import alike, among
from netmip6scope.correlate.codes import Code
from netmip6scope.correlate.event import LOCAL_UPDATE, REJECTED
from netmip6scope.correlate.model import Outcome
from netmip6scope.correlate.traffic_checks import Columns, rows
from netmip6scope.tables.columns import NULL

_BU, _BA = int(MessageKind.BU), int(MessageKind.BA)
_MS = 1_000_000
OF_TESTS = ("time_ns", "frame", "src", "dst")


def nodes(
    m: Columns,
    stamps: Columns,
    handoffs: Columns,
    sessions: Columns,
    addresses: AddressBook,
    profile: Profile,
    serving: Ints,
) -> Iterator[Columns]:
    """What routers and mobile nodes did wrong by all that they did.

    m: columns of the stories, rows in order of stories and time, with the `session` of each
    message; stamps: the Mesg-IDs of Binding Updates, `stamp_ns` by ascending `order`; serving: the
    routers that registered a mobile node.
    """
    updates = np.isin(m["kind"], (_BU, LOCAL_UPDATE))
    yield from _rogues(serving, handoffs, addresses, profile)
    own = np.flatnonzero((m["kind"] == _BU) & among(m["src"], _homes(sessions)))
    yield _about(Code.MN_SIGNALLED, m, own)
    yield from _behind_maps(m, addresses)
    yield from _without_ipv4(m, sessions)
    yield from _replayed(m, np.flatnonzero(updates), stamps)


def tests(m: Columns, sessions: Columns) -> Columns:
    """Return routability begun by a mobile node itself (draft 3.3-9: the network does it all).

    m: columns OF_TESTS and `order` of Home Test Inits and Care-of Test Inits.
    """
    return _about(Code.MN_SIGNALLED, m, np.flatnonzero(among(m["src"], _homes(sessions))))


def _homes(sessions: Columns) -> Ints:
    return np.concatenate([sessions["hoa"], sessions["hoa4"]])


def _rogues(
    serving: Ints, handoffs: Columns, addresses: AddressBook, profile: Profile
) -> Iterator[Columns]:
    """HO Requests of routers that serve nobody, and of those that the profile does not name."""
    asked = handoffs["ho_requests"] > 0
    known = asked
    if profile.access_routers:
        numbers = [addresses.add(router) for router in profile.access_routers]
        known = among(handoffs["tar"], np.array(numbers, np.int64))
    judged = asked & (handoffs["outcome"] != Outcome.INCOMPLETE)
    serves = among(handoffs["tar"], serving)
    for form, which in ((0, judged & known & ~serves), (1, asked & ~known)):
        rogue = np.flatnonzero(which)
        kept = {"tar_address": handoffs["tar"][rogue], "sar_address": handoffs["sar"][rogue]}
        yield rows(
            Code.HO_ROGUE,
            kept,
            form,
            time_ns=handoffs["ho_request_ns"][rogue],
            frame=handoffs["ho_request_frame"][rogue],
            session=handoffs["session"][rogue],
            handoff=rogue,
        )


def _about(code: Code, m: Columns, at: Ints, form: int = 0, **kept: Ints) -> Columns:
    """Findings about these messages."""
    ends = {"src_address": m["src"][at], "dst_address": m["dst"][at]}
    columns = {name: m[name][at].astype(np.int64) for name in ("order", "time_ns", "frame")}
    return rows(code, ends | kept, form, **columns)


def _behind_maps(m: Columns, addresses: AddressBook) -> Iterator[Columns]:
    """Addresses of a MAP domain: the RCoA is of the MAP's /64, the LCoA of the access router's."""
    local = np.flatnonzero(m["kind"] == LOCAL_UPDATE)
    if not len(local):
        return

    def outside(address: Ints, owner: Ints) -> Flags:
        differs: Flags = addresses.halves(address)[0] != addresses.halves(owner)[0]
        return differs

    acks = (m["kind"] == _BA) & (m["hoa"] >= 0) & (m["lifetime_s"] > 0)
    told = np.flatnonzero(acks & among(m["src"], m["dst"][local]))
    told = told[outside(m["hoa"][told], m["src"][told])]
    kept = {"value_address": m["hoa"][told], "owner_address": m["src"][told]}
    yield _about(Code.MAP_ADDR, m, told, 0, **kept)
    other = local[m["coa"][local] != m["src"][local]]
    far = outside(m["coa"][other], m["src"][other])
    kept = {"value_address": m["coa"][other[far]], "owner_address": m["src"][other[far]]}
    yield _about(Code.MAP_ADDR, m, other[far], 1, **kept)
    near = other[~far]
    yield _about(Code.BU_COA, m, near, coa_address=m["coa"][near])


def _without_ipv4(m: Columns, sessions: Columns) -> Iterator[Columns]:
    """IPv4 set-ups (draft 3.2-3) that ask for no IPv4 address.

    It is one if the home agent gives an IPv4 address alone, or if the mobile node asks for one.
    """
    given = (sessions["hoa4"] >= 0) & (sessions["hoa"] == NULL)
    of_four = given | np.isin(sessions["access"], (Access.DHCPV4, Access.IPCP))
    if not of_four.any():
        return
    updates = np.flatnonzero((m["kind"] == _BU) & (m["session"] >= 0) & (m["lifetime_s"] > 0))
    session, first = np.unique(m["session"][updates], return_index=True)
    at = updates[first]
    # What came before the capture began is not known to be a set-up.
    begun = sessions["first_bu_ns"][session] == m["time_ns"][at]
    at, session = at[begun & of_four[session]], session[begun & of_four[session]]
    bare = (m["names_hoa4"][at] == 0) & (m["hoa"][at] < 0)
    for form, which in ((2, given), (3, ~given)):
        yield _about(Code.BU_IPV4, m, at[bare & which[session]], form)


def _replayed(m: Columns, updates: Ints, stamps: Columns) -> Iterator[Columns]:
    """What goes back, by session, HoA and CoA: sequence numbers, modulo 2**16, and Mesg-IDs.

    What was refused changed nothing, so that nothing goes back behind it.
    """
    mine = updates[m["session"][updates] >= 0]
    # Few sessions have any step back at all; only they are looked at closely.
    session = m["session"][mine]
    steps = np.diff(m["seq"][mine]) & 0xFFFF >= 1 << 15
    steps |= np.diff(_stamps_of(m["order"][mine], stamps)) < 0
    mine = mine[among(session, session[1:][steps & (np.diff(session) == 0)])]
    if not len(mine):
        return
    key = alike(m["session"][mine], m["hoa"][mine], m["coa"][mine])
    order = np.argsort(key, kind="stable")
    mine, key = mine[order], key[order]
    taken = ~_refused(m, mine)
    stamp = _stamps_of(m["order"][mine], stamps)
    # Places of earlier rows ascend, and so the highest is the latest.
    last = _highest_before(key, np.where(taken, np.arange(len(mine)), -1))
    before = _highest_before(key, np.where(taken, stamp, -1))
    seq = m["seq"][mine].astype(np.int64)
    back = (last >= 0) & ((seq - seq[last]) & 0xFFFF >= 1 << 15)
    numbers = {"number": seq[back], "earlier": seq[last[back]]}
    yield _about(Code.BU_REPLAY, m, mine[back], 0, **numbers)
    late = (stamp >= 0) & (stamp < before) & ~back
    # Rounded up, so that less than a millisecond is not none.
    kept = {"number": -((stamp[late] - before[late]) // _MS)}
    yield _about(Code.BU_REPLAY, m, mine[late], 1, **kept)


def _refused(m: Columns, updates: Ints) -> Flags:
    """Which of these updates a Binding Acknowledgement with their number refuses."""
    acks = np.flatnonzero((m["kind"] == _BA) & (m["status"] >= REJECTED))
    told, asked = np.split(
        alike(
            *(
                np.concatenate([m[one][acks], m[other][updates]])
                for one, other in (("session", "session"), ("dst", "coa"), ("seq", "seq"))
            )
        ),
        [len(acks)],
    )
    return among(asked, told)


def _stamps_of(order: Ints, stamps: Columns) -> Ints:
    """The Mesg-ID of each of these messages, -1 for none."""
    known = stamps["order"]
    by_message = np.full(max(int(order.max(initial=-1)), int(known.max(initial=-1))) + 1, -1)
    by_message[known] = stamps["stamp_ns"]
    return by_message.take(order)


def _highest_before(key: Ints, values: Ints) -> Ints:
    """The highest value before each row among rows of the same key; -1 for the first of them."""
    out = np.full(len(key), -1, np.int64)
    edges = [0, *(np.flatnonzero(np.diff(key)) + 1).tolist(), len(key)]
    for begin, end in pairwise(edges):
        out[begin + 1 : end] = np.maximum.accumulate(values[begin : end - 1])
    return out
