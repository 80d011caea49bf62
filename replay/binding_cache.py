"""One binding cache entry: what a home agent or MAP holds of a mobile node (RFC 6275 10.3).

The entry outlives its binding: it remembers whose home address it is, and the timestamps that keep
old Binding Updates from coming back. Sequence numbers last as long as the binding.
A tunnel to an earlier care-of address stands until it is torn down or its time is over (draft 3.3
step 6); while the entry is bi-casting, downlink goes to the latest of them as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv6Address

from replay.events import Fact, Note
from replay.machine import Label, Table, never

MOST_CARE_OF = 8
"""Care-of addresses that an entry remembers."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Addresses, and by care-of address the last sequence number, timestamp and tunnel's end."""

    mn_id: bytes
    home: IPv6Address | None = None
    home4: IPv4Address | None = None
    care_of: IPv6Address | None = None
    expires_ns: int = 0
    copy_to: IPv6Address | None = None
    copy_until_ns: int = 0
    sequences: Mapping[IPv6Address, int] = field(default_factory=dict)
    timestamps: Mapping[IPv6Address, int] = field(default_factory=dict)
    tunnels: Mapping[IPv6Address, int] = field(default_factory=dict)


class State(Label):
    """Where an entry stands."""

    UNBOUND = "unbound"
    BOUND = "bound"
    BICASTING = "bi-casting"


class Input(Label):
    """What can happen to it."""

    UPDATE = "update from another care-of address"
    UPDATE_BICAST = "the same, and bi-casting is on"
    REFRESH = "update from the care-of address it has"
    RELEASE = "release of the care-of address it has"
    RELEASE_COPY = "release of the care-of address that gets copies"
    RELEASE_OTHER = "release of another care-of address"
    EXPIRED = "lifetime over"
    COPY_OVER = "time of bi-casting over"


@dataclass(frozen=True, slots=True)
class Given:
    """What comes with an input."""

    now_ns: int
    agent: IPv6Address
    care_of: IPv6Address | None = None
    sequence: int = 0
    timestamp: int = 0
    lifetime_ns: int = 0
    bicast_ns: int = 0


Outcome = tuple[Entry, tuple[Note, ...]]
Action = Callable[[Entry, Given], Outcome]


def classify(entry: Entry, care_of: IPv6Address, lifetime: int, bicast_ns: int) -> Input:
    """What an accepted Binding Update means to the entry."""
    if lifetime:
        if entry.care_of == care_of:
            return Input.REFRESH
        return Input.UPDATE_BICAST if bicast_ns else Input.UPDATE
    if entry.care_of == care_of:
        return Input.RELEASE
    return Input.RELEASE_COPY if entry.copy_to == care_of else Input.RELEASE_OTHER


def deadline_ns(state: State, entry: Entry) -> int | None:
    """When the entry needs attention next."""
    if state is State.UNBOUND:
        return None
    ends_ns = entry.expires_ns
    return min(ends_ns, entry.copy_until_ns) if state is State.BICASTING else ends_ns


def due(entry: Entry, now_ns: int) -> Input:
    """What a deadline that has come means."""
    return Input.EXPIRED if entry.expires_ns <= now_ns else Input.COPY_OVER


def create(entry: Entry, given: Given) -> Outcome:
    return _bound(entry, given), (_note(Fact.CACHE_CREATED, entry, given),)


def move(entry: Entry, given: Given) -> Outcome:
    assert entry.care_of is not None
    tunnels = _kept(entry.tunnels, entry.care_of, entry.expires_ns)
    moved = replace(_bound(entry, given), tunnels=tunnels, copy_to=None)
    return moved, (_note(Fact.CACHE_MOVED, entry, given),)


def move_with_copies(entry: Entry, given: Given) -> Outcome:
    moved, notes = move(entry, given)
    until_ns = given.now_ns + given.bicast_ns
    return replace(moved, copy_to=entry.care_of, copy_until_ns=until_ns), notes


def refresh(entry: Entry, given: Given) -> Outcome:
    return _bound(entry, given), (_note(Fact.CACHE_REFRESHED, entry, given),)


def remove(entry: Entry, given: Given) -> Outcome:
    ended = replace(_remembered(entry, given), sequences={})
    return _unbound(ended), (_note(Fact.CACHE_REMOVED, entry, given),)


def expire(entry: Entry, _: Given) -> Outcome:
    note = Note(Fact.CACHE_EXPIRED, entry.mn_id, entry.home or entry.home4, entry.care_of)
    return _unbound(replace(entry, sequences={})), (note,)


def end_copy(entry: Entry, given: Given) -> Outcome:
    note = Note(Fact.OLD_TUNNEL_ENDED, entry.mn_id, entry.home or entry.home4, entry.copy_to)
    ended = replace(entry, copy_to=None, copy_until_ns=0)
    return (_remembered(ended, given) if given.care_of is not None else ended), (note,)


def end_tunnel(entry: Entry, given: Given) -> Outcome:
    return _remembered(entry, given), (_note(Fact.OLD_TUNNEL_ENDED, entry, given),)


def _note(fact: Fact, entry: Entry, given: Given) -> Note:
    return Note(fact, entry.mn_id, entry.home or entry.home4, given.care_of)


def _unbound(entry: Entry) -> Entry:
    return replace(entry, care_of=None, expires_ns=0, copy_to=None, copy_until_ns=0, tunnels={})


def _bound(entry: Entry, given: Given) -> Entry:
    assert given.care_of is not None
    return replace(
        _remembered(entry, given),
        care_of=given.care_of,
        expires_ns=given.now_ns + given.lifetime_ns,
    )


def _remembered(entry: Entry, given: Given) -> Entry:
    """The entry with the update's numbers; its care-of address has no older tunnel any more."""
    assert given.care_of is not None
    return replace(
        entry,
        sequences=_kept(entry.sequences, given.care_of, given.sequence),
        timestamps=_kept(entry.timestamps, given.care_of, given.timestamp),
        tunnels={coa: ns for coa, ns in entry.tunnels.items() if coa != given.care_of},
    )


def _kept(
    known: Mapping[IPv6Address, int], care_of: IPv6Address, value: int
) -> dict[IPv6Address, int]:
    """The values with this one in them as the latest; the oldest goes when there are too many."""
    kept = {coa: old for coa, old in known.items() if coa != care_of}
    kept[care_of] = value
    if len(kept) > MOST_CARE_OF:
        del kept[next(iter(kept))]
    return kept


_S, _I = State, Input

TABLE: Table[State, Input, Action] = Table(
    "binding cache entry",
    State,
    Input,
    {
        (_S.UNBOUND, _I.UPDATE): (_S.BOUND, create),
        (_S.UNBOUND, _I.UPDATE_BICAST): (_S.BOUND, create),
        (_S.UNBOUND, _I.RELEASE_OTHER): (_S.UNBOUND, end_tunnel),
        (_S.BOUND, _I.UPDATE): (_S.BOUND, move),
        (_S.BOUND, _I.UPDATE_BICAST): (_S.BICASTING, move_with_copies),
        (_S.BOUND, _I.REFRESH): (_S.BOUND, refresh),
        (_S.BOUND, _I.RELEASE): (_S.UNBOUND, remove),
        (_S.BOUND, _I.RELEASE_OTHER): (_S.BOUND, end_tunnel),
        (_S.BOUND, _I.EXPIRED): (_S.UNBOUND, expire),
        (_S.BICASTING, _I.UPDATE): (_S.BOUND, move),
        (_S.BICASTING, _I.UPDATE_BICAST): (_S.BICASTING, move_with_copies),
        (_S.BICASTING, _I.REFRESH): (_S.BICASTING, refresh),
        (_S.BICASTING, _I.RELEASE): (_S.UNBOUND, remove),
        (_S.BICASTING, _I.RELEASE_COPY): (_S.BOUND, end_copy),
        (_S.BICASTING, _I.RELEASE_OTHER): (_S.BICASTING, end_tunnel),
        (_S.BICASTING, _I.EXPIRED): (_S.UNBOUND, expire),
        (_S.BICASTING, _I.COPY_OVER): (_S.BOUND, end_copy),
    },
    {
        **never("there is no care-of address", [_S.UNBOUND], [_I.REFRESH, _I.RELEASE]),
        **never("no copies are sent", [_S.UNBOUND, _S.BOUND], [_I.RELEASE_COPY, _I.COPY_OVER]),
        **never("nothing is bound", [_S.UNBOUND], [_I.EXPIRED]),
    },
)
