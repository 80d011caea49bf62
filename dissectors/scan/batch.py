"""What the scan lane hands on: signalling as columns, and the user plane in tunnels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dissectors.frames import Interface, Ints, PickedFrames
from dissectors.interning import Words
from dissectors.scan.addresses import AddressBook
from dissectors.scan.names import Names

__all__ = ["MessageBatch", "Names", "Scanned", "TunnelBatch"]


@dataclass(slots=True, eq=False, repr=False)
class MessageBatch:
    """Signalling messages in file order; every column is (n,) int64 and -1 where unknown.

    Addresses are numbers of the AddressBook. src, dst: of the IP header before the message; hoa:
    the Home Address option's or Type 2 Routing header's address, or that of a HO Response's
    context; coa: Alternate Care-of Address option; hoa4: from option 29 or 30, or the context; ha:
    of the context; mn_id: number of the identity; prefix: a RA's first prefix; flags: as on the
    wire; length: octets that the headers promise; detail: MH or ICMPv6 type, or the number of a
    `aside.row.Row`'s line where `kind` is that of a text (`kinds.FIRST_WORD`); inside: tunnels
    around; ah: 1 behind an Authentication Header, 2 if its ICV is wrong; malformed: offset in the
    message at which it cannot be parsed; cut: 1 where the snap length left some of it out;
    checksum: 1 right, 0 wrong, 2 left to the network card; auth: 1 and 0 of the authenticator in
    it, where keys were given; marks: bits of `Mark`; stamp_ns: a Binding Update's Mesg-ID, since
    1900 (RFC 4285 6); client: of a `Row`, the number of its client's octets among the identities.
    """

    frame: Ints
    time_ns: Ints
    interface: Ints
    kind: Ints
    src: Ints
    dst: Ints
    hoa: Ints
    coa: Ints
    hoa4: Ints
    ha: Ints
    mn_id: Ints
    prefix: Ints
    identifier: Ints
    seq: Ints
    status: Ints
    lifetime_s: Ints
    flags: Ints
    length: Ints
    detail: Ints
    hop_limit: Ints
    inside: Ints
    ah: Ints
    malformed: Ints
    cut: Ints
    checksum: Ints
    auth: Ints
    marks: Ints
    stamp_ns: Ints
    client: Ints

    @classmethod
    def blank(cls, n: int) -> MessageBatch:
        """`n` rows of nothing known."""
        return cls(*[np.full(n, -1) for _ in cls.__slots__])

    @classmethod
    def join(cls, parts: list[MessageBatch]) -> MessageBatch:
        """All rows, in order."""
        if len(parts) == 1:
            return parts[0]
        columns = ([getattr(part, name) for part in parts] for name in cls.__slots__)
        return cls(*map(np.concatenate, columns)) if parts else cls.blank(0)

    def __len__(self) -> int:
        return len(self.frame)


@dataclass(slots=True, eq=False, repr=False)
class TunnelBatch:
    """User packets in tunnels, in file order. All (n,) int64 but digest (uint64).

    flow: number in `Tunnels` of (tunnel ends, inner ends); length: the inner packet's, by its IP
    header; digest: of the inner packet's first 64 octets and length, equal for bi-cast copies.
    """

    frame: Ints
    time_ns: Ints
    flow: Ints
    length: Ints
    digest: Words

    @classmethod
    def join(cls, parts: list[TunnelBatch]) -> TunnelBatch:
        """All rows, by frame."""
        if len(parts) == 1:
            return parts[0]
        if not parts:
            none = np.zeros(0, np.int64)
            return cls(none, none, none, none, none.view(np.uint64))
        columns = [
            np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__
        ]
        if (columns[0][1:] < columns[0][:-1]).any():
            order = np.argsort(columns[0], kind="stable")
            columns = [column[order] for column in columns]
        frame, time_ns, flow, length, digest = columns
        return cls(frame, time_ns, flow, length, digest)

    def __len__(self) -> int:
        return len(self.frame)


@dataclass(slots=True, eq=False, repr=False)
class Scanned:
    """Frames of one file, scanned: a batch, or several in a row.

    aside: numbers of the frames that need the object lane, aside_frames: these frames; like those
    of a batch they are valid until the next is asked for. `interface` columns count in
    `interfaces`. file: the number of the batches' file. words: texts of kinds and summaries, where
    there are any.
    """

    messages: MessageBatch
    tunnels: TunnelBatch
    aside: Ints
    names: Names
    addresses: AddressBook
    interfaces: tuple[Interface, ...] = ()
    aside_frames: PickedFrames | None = None
    file: int = 0
    words: Names | None = None
