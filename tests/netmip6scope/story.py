"""Captures told as stories: who sends what, when, and which rows come of it.

A test tells the story frame by frame and works out the cells it expects by arithmetic on the times
it gave. Frames are built by `tests.wire`, which knows nothing of the packages under test.

Times are integer nanoseconds since the epoch: `ms(12)` is 12 ms after the story's begin. Durations
in rows are nanoseconds too, so a cell is compared as `6 * MS`.
"""

from __future__ import annotations

import functools
import itertools
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from netmip6scope import pipeline
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.tables.columns import NULL, Coded, Kind, Table
from tests import wire

MS = 1_000_000
SECOND = 1_000 * MS
BEGIN = 1_700_000_000 * SECOND

HA = "2001:db8:f::1"
AR1 = "2001:db8:1::a1"
AR2 = "2001:db8:2::a2"
AR3 = "2001:db8:3::a3"
CORRESPONDENT = "2001:db8:c::99"
CORRESPONDENT4 = "198.51.100.99"

# What attach() and handoff() take, from their begin.
ATTACH_BU, ATTACH_BA, ATTACH_RA = 2 * MS, 8 * MS, 9 * MS
HO_RESPONSE, HANDOFF_BU, HANDOFF_BA = 5 * MS, 7 * MS, 12 * MS

# A batch of so many octets holds one frame, or a few small ones; how many batches there may be.
FEW = 256
BATCHES = 200

Row = dict[str, Any]


def ms(count: int, ns: int = 0) -> int:
    """The time `count` ms and `ns` ns after the begin."""
    return BEGIN + count * MS + ns


def sec(count: int, ns: int = 0) -> int:
    """The time `count` seconds and `ns` ns after the begin."""
    return BEGIN + count * SECOND + ns


@dataclass(frozen=True)
class Mobile:
    """A mobile node: its identity and the home addresses that the HA gives it."""

    nai: str
    hoa: str | None
    hoa4: str | None = None

    @property
    def interface_id(self) -> bytes:
        """Of its MAC address, for the HoA is its prefix and this (RFC 4291 appendix A)."""
        assert self.hoa is not None
        return wire.ip6(self.hoa)[8:]

    @property
    def mac(self) -> bytes:
        eui = self.interface_id
        return bytes([eui[0] ^ 2]) + eui[1:3] + eui[5:]

    @property
    def link_local(self) -> str:
        return _link_local(self.interface_id)

    @property
    def prefix(self) -> str:
        assert self.hoa is not None
        return _text(wire.ip6(self.hoa)[:8] + bytes(8))


ALICE = Mobile("alice@example.net", "2001:db8:100:a:0:ff:fe00:a")
BOB = Mobile("bob@example.org", "2001:db8:100:b:0:ff:fe00:b")
CAROL = Mobile("carol@example.com", "2001:db8:100:c:0:ff:fe00:c")
DAVID4 = Mobile("david@example.net", None, "192.0.2.4")


class Story:
    """The frames of one capture in the making, in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.frames: list[tuple[int, bytes]] = []
        self._numbers = itertools.count(1)
        self._seq: dict[tuple[str, str], int] = {}

    def frame(self, at: int, octets: bytes) -> None:
        """A frame as it is."""
        self.frames.append((at, octets))

    def packet(self, at: int, packet: bytes) -> None:
        """An IPv6 packet between routers."""
        self.frame(at, wire.eth(packet))

    # What the mobile node and its access router say to each other

    def rs(self, at: int, mn: Mobile) -> None:
        """Router Solicitation."""
        solicitation = wire.router_solicitation(mn.link_local, mn.mac)
        self.frame(at, wire.eth_between(bytes.fromhex("333300000002"), mn.mac, solicitation))

    def ra(self, at: int, mn: Mobile, ar: str) -> None:
        """Router Advertisement with the prefix of the HoA, to this mobile node."""
        router = _link_local(wire.ip6(ar)[8:])
        advertisement = wire.router_advertisement(router, mn.link_local, mn.prefix)
        self.frame(at, wire.eth_between(mn.mac, bytes.fromhex("0200000000a0"), advertisement))

    # Binding messages

    def bu(
        self,
        at: int,
        mn: Mobile,
        ar: str,
        *,
        set_up: bool = False,
        lifetime_s: int = 600,
        seq: int | None = None,
        nai: bool = True,
        ha: str = HA,
    ) -> None:
        """Binding Update; `set_up` asks for a home address, the next number unless `seq`."""
        key = (mn.nai, ar)
        self._seq[key] = self._seq.get(key, 100) + 1 if seq is None else seq
        hoa = "::" if set_up or mn.hoa is None else mn.hoa
        hoa4 = "0.0.0.0" if set_up and mn.hoa4 else mn.hoa4
        name = mn.nai if nai else None
        update = wire.binding_update(ar, ha, hoa, name, self._seq[key], lifetime_s, hoa4=hoa4)
        self.packet(at, update)

    def ba(
        self,
        at: int,
        mn: Mobile,
        ar: str,
        *,
        status: int = 0,
        lifetime_s: int = 600,
        seq: int | None = None,
        hoa: bool = True,
        nai: bool = True,
        ha: str = HA,
    ) -> None:
        """Binding Acknowledgement of the last update from `ar`, unless `seq` says of which."""
        number = self._seq[mn.nai, ar] if seq is None else seq
        home = mn.hoa if hoa else None
        hoa4 = mn.hoa4 if hoa else None
        name = mn.nai if nai else None
        ack = wire.binding_ack(ha, ar, home, name, number, lifetime_s, status=status, hoa4=hoa4)
        self.packet(at, ack)

    def teardown(self, at: int, mn: Mobile, ar: str, *, answer_after: int = 4 * MS) -> None:
        """De-registration by an access router, and its acknowledgement."""
        self.bu(at, mn, ar, lifetime_s=0)
        self.ba(at + answer_after, mn, ar, lifetime_s=0)

    # Between access routers

    def ho_request(self, at: int, mn: Mobile, tar: str, sar: str, identifier: int) -> None:
        """HO Request with C and H."""
        self.packet(at, wire.ho_request(tar, sar, identifier, mn.nai))

    def ho_response(
        self, at: int, mn: Mobile, sar: str, tar: str, identifier: int, status: int = 0
    ) -> None:
        """HO Response, with the context when it is a success."""
        context: dict[str, Any] = {}
        if status == 0:
            context = {"hoa": mn.hoa, "hoa4": mn.hoa4, "ha": HA, "seq": 7}
        response = wire.ho_response(sar, tar, identifier, mn.nai, status=status, **context)
        self.packet(at, response)

    # The user's packets

    def inner(
        self, mn: Mobile, *, up: bool, payload: bytes | None = None, ip4: bool = False
    ) -> bytes:
        """A packet to or from the mobile node, unlike every other unless `payload` is given."""
        octets = b"packet %d" % next(self._numbers) if payload is None else payload
        home = mn.hoa4 if ip4 or mn.hoa is None else mn.hoa
        there = CORRESPONDENT4 if home == mn.hoa4 else CORRESPONDENT
        assert home is not None
        src, dst = (home, there) if up else (there, home)
        if home == mn.hoa4:
            return wire.ipv4(src, dst, 17, struct.pack("!HHHH", 9, 9, 8 + len(octets), 0) + octets)
        return wire.ipv6(src, dst, 17, wire.udp(src, dst, 9, 9, octets))

    def downlink(self, at: int, mn: Mobile, ar: str, payload: bytes | None = None) -> bytes:
        """A packet for the mobile node in the tunnel from the HA to `ar`; returns it."""
        inner = self.inner(mn, up=False, payload=payload)
        self.packet(at, wire.tunnel(HA, ar, inner))
        return inner

    def uplink(self, at: int, mn: Mobile, ar: str, payload: bytes | None = None) -> bytes:
        """A packet from the mobile node in the tunnel from `ar` to the HA; returns it."""
        inner = self.inner(mn, up=True, payload=payload)
        self.packet(at, wire.tunnel(ar, HA, inner))
        return inner

    def unrelated(self, at: int) -> None:
        """Traffic of hosts that have nothing to do with mobility; also marks the capture's end."""
        src, dst = CORRESPONDENT, "2001:db8:c::77"
        self.packet(at, wire.ipv6(src, dst, 17, wire.udp(src, dst, 53, 53, b"not ours")))

    # What happens again and again

    def attach(self, at: int, mn: Mobile, ar: str, *, lifetime_s: int = 600) -> None:
        """Set-up: Router Solicitation, BU, BA, Router Advertisement (draft 3.1)."""
        if mn.hoa is not None:
            self.rs(at, mn)
        self.bu(at + ATTACH_BU, mn, ar, set_up=True, lifetime_s=lifetime_s)
        self.ba(at + ATTACH_BA, mn, ar, lifetime_s=lifetime_s)
        if mn.hoa is not None:
            self.ra(at + ATTACH_RA, mn, ar)

    def handoff(self, at: int, mn: Mobile, sar: str, tar: str, identifier: int = 1) -> None:
        """HO Request, HO Response, BU, BA (draft 3.3, steps 3 to 6)."""
        self.ho_request(at, mn, tar, sar, identifier)
        self.ho_response(at + HO_RESPONSE, mn, sar, tar, identifier)
        self.bu(at + HANDOFF_BU, mn, tar)
        self.ba(at + HANDOFF_BA, mn, tar)

    # The tables

    def in_order(self) -> list[tuple[int, bytes]]:
        """The frames as a capture has them: by time, else in the order told."""
        return sorted(self.frames, key=lambda frame: frame[0])

    def write(self, name: str = "story.pcap", **how: Any) -> str:
        """The capture; returns its path."""
        path = self.directory / name
        path.write_bytes(wire.pcap(self.in_order(), **how))
        return str(path)

    def rows(self, table: str, **how: Any) -> list[Row]:
        """The rows of a table, which must be the same with all frames at once and with few."""
        path = self.write(**how)
        rows = rows_of([path], table)
        block = max(FEW, Path(path).stat().st_size // BATCHES)
        with mock.patch.object(
            pipeline, "CaptureFile", functools.partial(CaptureFile, block=block)
        ):
            assert rows_of([path], table) == rows
        return rows

    def handoffs(self, **how: Any) -> list[Row]:
        return self.rows("handoffs", **how)

    def sessions(self, **how: Any) -> list[Row]:
        return self.rows("sessions", **how)

    def messages(self) -> list[Row]:
        return self.rows("messages")


def rows_of(captures: list[str], table: str, profile: str | None = None) -> list[Row]:
    """The rows of a table; the captures must be read to their end."""
    result = pipeline.analyse(captures, table, None, profile)
    assert not result.errors
    return rows_in(result.table)


def rows_in(table: Table) -> list[Row]:
    """Rows by column name; None where a cell is unknown."""
    columns = []
    for column in table.columns:
        raw = table.values[column.name]
        listed = raw.texts() if isinstance(raw, Coded) else raw.tolist()
        if column.kind is not Kind.TEXT:
            listed = [None if value == NULL else value for value in listed]
        columns.append(listed)
    names = [column.name for column in table.columns]
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]


def only(rows: list[Row]) -> Row:
    """The one row of a table."""
    assert len(rows) == 1, [(row["mn_id"], row.get("outcome")) for row in rows]
    return rows[0]


def check(row: Row, **cells: Any) -> None:
    """The row has these cells."""
    assert {name: row[name] for name in cells} == cells


def _text(octets: bytes) -> str:
    groups = [octets[i : i + 2].hex() for i in range(0, 16, 2)]
    return ":".join(groups)


def _link_local(interface_id: bytes) -> str:
    return _text(bytes.fromhex("fe80000000000000") + interface_id)
