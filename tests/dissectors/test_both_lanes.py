"""What the scan lane sets aside comes back as rows of the same batches, and counts once."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import numpy as np
import pytest

from dissectors.frames import FrameBatch, Interface
from dissectors.lanes import Lanes
from dissectors.profile import Profile
from dissectors.scan.batch import MessageBatch, Scanned
from dissectors.scan.kinds import kind_label
from tests import wire
from tests.dissectors.fuzzing import damaged
from tests.dissectors.seen import batch_of
from tests.dissectors.test_aside import udp6
from tests.dissectors.test_fuzz import seeds
from tests.dissectors.test_tree_access import pppoe
from tests.dissectors.test_vectors_radius import packet

AR, HA, HOA = "2001:db8:a::1", "2001:db8:f::1", "2001:db8:1::77"
ALICE, BOB = "alice@example.net", "bob@example.net"
BU = wire.binding_update(AR, HA, HOA, ALICE, 1, 600)
USER = wire.ipv6(HOA, "2001:db8:9::9", 17, wire.udp(HOA, "2001:db8:9::9", 5000, 6000, bytes(200)))
ETHERNET, RAW, PPP = 1, 101, 9
SNAP = bytes.fromhex("aaaa03 000000 86dd")


def fragments(packet: bytes, number: int, size: int = 48, header: int = 40) -> list[bytes]:
    """An IPv6 packet in fragments (RFC 8200 4.5); header: octets that each of them has."""
    first, rest = bytearray(packet[:header]), packet[header:]
    place = 6 if header == 40 else 40
    following, first[place] = first[place], 44
    found = []
    for at in range(0, len(rest), size):
        more = at + size < len(rest)
        part = struct.pack("!BBHI", following, 0, at | more, number) + rest[at : at + size]
        first[4:6] = struct.pack("!H", header - 40 + len(part))
        found.append(bytes(first) + part)
    return found


def four_fragments(packet: bytes, number: int, size: int = 48) -> list[bytes]:
    """An IPv4 packet in fragments (RFC 791 3.2)."""
    found = []
    for at in range(0, len(packet) - 20, size):
        part, more = packet[20 + at : 20 + at + size], at + size < len(packet) - 20
        word = at // 8 | more << 13
        head = packet[:2] + struct.pack("!HHH", 20 + len(part), number, word) + packet[8:20]
        found.append(head + part)
    return found


def scan(*frames: bytes, link_type: int = RAW, size: int = 0) -> tuple[list[Scanned], Lanes]:
    """The frames in batches of this size, or in one."""
    lanes = Lanes(Profile())
    found = []
    step = size or len(frames)
    for first in range(0, len(frames), step):
        batch = batch_of([(f, len(f)) for f in frames[first : first + step]], link_type)
        found.append(lanes.scan(numbered(batch, first + 1)))
    return found, lanes


def numbered(batch: FrameBatch, first: int) -> FrameBatch:
    columns = (batch.data, batch.start, batch.caplen, batch.wirelen, batch.time_ns, batch.interface)
    return FrameBatch(*columns, batch.interfaces, first)


def table(scanned: list[Scanned], lanes: Lanes) -> list[dict[str, object]]:
    """Messages of all batches, numbers of addresses, identities and kinds written out."""
    rows = []
    words = lanes.words.octets
    for m in (one.messages for one in scanned):
        for row in range(len(m)):
            cells: dict[str, object] = {n: int(getattr(m, n)[row]) for n in MessageBatch.__slots__}
            for name in ("src", "dst", "hoa", "coa", "hoa4", "ha", "prefix"):
                cells[name] = lanes.addresses.text(int(cells[name]))
            number = int(cells["mn_id"])
            cells["mn_id"] = lanes.names.octets[number] if number >= 0 else None
            cells["kind"] = kind_label(int(cells["kind"]), words)
            rows.append(cells)
    return rows


def without(row: dict[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in row.items() if name not in names}


def the_row(*frames: bytes, link_type: int = RAW) -> dict[str, object]:
    (row,) = table(*scan(*frames, link_type=link_type))
    return row


@pytest.mark.parametrize("size", [8, 24, 48, 80])
def test_a_message_in_fragments_is_that_message(size: int) -> None:
    """The row is the whole packet's, checksum and home address included, but for the frame."""
    whole = the_row(BU)
    parts = fragments(BU, 7, size)
    row = the_row(*parts)
    assert row["frame"] == len(parts)
    assert without(row, "frame") == without(whole, "frame")
    assert (row["checksum"], row["malformed"], row["hoa"]) == (1, -1, HOA)


def test_fragments_in_any_order() -> None:
    first, *rest = fragments(BU, 7, 24)
    row = the_row(*rest, first)
    assert row["frame"] == 1 + len(rest)
    assert without(row, "frame") == without(the_row(BU), "frame")


def test_headers_before_the_fragment_header_stay() -> None:
    """RFC 8200 4.5: Hop-by-Hop Options are in every fragment."""
    inside = BU[40:]
    packet = wire.ipv6(AR, HA, 0, struct.pack("!BBBBI", 60, 0, 1, 4, 0) + inside)
    parts = fragments(packet, 7, header=48)
    assert without(the_row(*parts), "frame") == without(the_row(packet), "frame")


def test_a_message_in_fragments_of_a_tunnel_packet() -> None:
    tunnelled = wire.tunnel("2001:db8:8::1", "2001:db8:8::2", BU)
    row = the_row(*fragments(tunnelled, 7))
    assert without(row, "frame") == without(the_row(tunnelled), "frame")
    assert row["inside"] == 1


def test_fragments_inside_of_a_tunnel() -> None:
    parts = [wire.tunnel("2001:db8:8::1", "2001:db8:8::2", part) for part in fragments(BU, 7)]
    row = the_row(*parts)
    assert row["inside"] == 1
    assert without(row, "frame", "inside") == without(the_row(BU), "frame", "inside")


def test_a_message_in_fragments_over_ipv4() -> None:
    packet = wire.ipv4("192.0.2.1", "192.0.2.2", 41, BU)
    assert without(the_row(*four_fragments(packet, 7)), "frame") == without(
        the_row(packet), "frame"
    )


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_rows_do_not_depend_on_batches(size: int) -> None:
    """Two messages in fragments that come in turn, and others between."""
    one, two = (fragments(wire.binding_update(AR, HA, HOA, n, 9, 4), i) for i, n in NUMBERED)
    mixed = [part for pair in zip(one, two, strict=True) for part in (*pair, BU, USER_TUNNEL)]
    radius = udp6(40000, 1812, packet("01 05 614062"))
    frames = [radius, *mixed, radius]
    whole = table(*scan(*frames))
    assert table(*scan(*frames, size=size)) == whole
    assert [row["frame"] for row in whole] == sorted(row["frame"] for row in whole)
    assert [row["mn_id"] for row in whole].count(BOB.encode()) == 1


NUMBERED = ((1, ALICE), (2, BOB))
USER_TUNNEL = wire.tunnel(AR, HA, USER)


def packets(scanned: list[Scanned]) -> int:
    return sum(len(one.tunnels) for one in scanned)


def test_a_tunnel_packet_in_fragments_counts_once() -> None:
    parts = fragments(USER_TUNNEL, 7, 120)
    assert packets(scan(USER_TUNNEL)[0]) == 1
    assert packets(scan(*parts)[0]) == 1
    four = four_fragments(wire.ipv4("192.0.2.1", "192.0.2.2", 41, USER), 7, 120)
    assert packets(scan(*four)[0]) == 1


def test_user_traffic_in_fragments_is_not_looked_into() -> None:
    """Its first fragment tells; all of it goes by."""
    parts = fragments(USER_TUNNEL, 7, 120)
    (scanned,), _ = scan(*parts, *fragments(BU, 8))
    assert min(scanned.aside) == len(parts) + 1
    (late,), _ = scan(*parts[1:], parts[0])
    assert late.aside.tolist() == [1, 2], "what they are is not known yet"


def test_an_identification_may_come_again() -> None:
    """What was user traffic's may be a message's a minute later."""
    row = the_row(*fragments(USER_TUNNEL, 7, 120), *fragments(wire.tunnel(AR, HA, BU), 7))
    assert row["kind"] == "bu"


def test_every_interface_sees_for_itself() -> None:
    """A packet that two of them saw in fragments was seen twice, as a whole one would be."""
    parts = [part for part in fragments(BU, 7) for _ in range(2)]
    batch = batch_of([(part, len(part)) for part in parts], RAW)
    both = (Interface(RAW, "point"), Interface(RAW, "point"))
    interface = np.arange(len(parts)) % 2
    columns = (batch.data, batch.start, batch.caplen, batch.wirelen, batch.time_ns, interface)
    lanes = Lanes(Profile())
    assert len(lanes.scan(FrameBatch(*columns, both)).messages) == 2


@pytest.mark.parametrize(
    ("frame", "link_type"),
    [
        (pppoe("0057" + BU.hex()), ETHERNET),
        (b"\xff\x03\x00\x57" + BU, PPP),
        (b"\x57" + BU, PPP),
        (wire.eth(SNAP + BU, len(SNAP + BU)), ETHERNET),
        (wire.eth(BU, tags=tuple((0x8100, n) for n in range(6))), ETHERNET),
    ],
    ids=["pppoe", "ppp with hdlc framing", "ppp, compressed", "snap", "six tags"],
)
def test_links_that_the_scan_lane_does_not_read(frame: bytes, link_type: int) -> None:
    row = the_row(frame, link_type=link_type)
    assert row == the_row(BU)


def test_user_traffic_on_such_a_link_counts() -> None:
    scanned, _ = scan(pppoe("0057" + USER_TUNNEL.hex()), link_type=ETHERNET)
    assert packets(scanned) == 1


def test_a_packet_behind_a_mobility_header() -> None:
    """RFC 4068 6.3.3: a Fast Neighbor Advertisement may carry the Fast Binding Update."""
    fbu = wire.ipv6(AR, HA, 135, wire.mh(AR, HA, 8, b"\0\7\xc0\0\0\5", []))
    fna = wire.ipv6(AR, HA, 135, b"\x29" + wire.mh(AR, HA, 10, bytes(2), [])[1:] + fbu)
    first, second = table(*scan(fna))
    assert (first["kind"], second["kind"]) == ("fmip-fna", "fmip-fbu")
    assert (second["seq"], second["lifetime_s"], second["frame"]) == (7, 20, 1)


def test_fast_handovers_in_mobility_headers() -> None:
    bodies = {9: b"\x80\0\0\7\0\5", 10: b"\0\0", 14: b"\0\7\x80\0", 15: b"\0\7\0\x80"}
    frames = [wire.ipv6(AR, HA, 135, wire.mh(AR, HA, n, body, [])) for n, body in bodies.items()]
    found = [(r["kind"], r["seq"], r["status"], r["lifetime_s"]) for r in table(*scan(*frames))]
    assert found == [
        # RFC 4068 6.3.2: seconds, not units of four.
        ("fmip-fback", 7, 128, 5),
        ("fmip-fna", -1, -1, -1),
        ("fmip-hi", 7, 0, -1),
        ("fmip-hack", 7, 128, -1),
    ]


def test_radius_in_fragments_and_in_a_tunnel() -> None:
    datagram = udp6(40000, 1812, packet("01 05 614062 4f fd" + "00" * 251))
    row = the_row(*fragments(datagram, 5, 160))
    assert (row["kind"], row["mn_id"], row["src"]) == (
        "radius-access-accept",
        b"a@b",
        "2001:db8:1::2",
    )
    tunnelled = wire.tunnel(AR, HA, udp6(40000, 1812, packet("01 05 614062")))
    scanned, lanes = scan(tunnelled)
    assert [row["kind"] for row in table(scanned, lanes)] == ["radius-access-accept"]
    assert packets(scanned) == 1, "it is user traffic all the same"


def test_identities_are_the_same_whoever_told() -> None:
    """A RADIUS server's and a home agent's node of one name are one."""
    radius = udp6(40000, 1812, packet(f"01 {2 + len(ALICE):02x} {ALICE.encode().hex()}"))
    (scanned,), _ = scan(radius, BU)
    assert len(set(scanned.messages.mn_id.tolist())) == 1


def test_rows_that_no_table_shows_are_not_decoded() -> None:
    """RADIUS, DHCP, Diameter, Fast Handover and EAP say nothing of sessions."""
    lanes = Lanes(Profile())
    lanes.tells_beside = False
    rtsolpr = wire.ipv6(AR, HA, 58, wire.icmp6(AR, HA, 154, 0, b"\2\0\0\7"))
    diameter = wire.ipv6(AR, HA, 6, struct.pack("!HH", 3868, 40000) + bytes(16))
    frames = [udp6(40000, 1812, packet("01 05 614062")), rtsolpr, diameter, *fragments(BU, 7)]
    scanned = lanes.scan(batch_of([(frame, len(frame)) for frame in frames], RAW))
    assert scanned.aside.tolist() == list(range(4, len(frames) + 1))
    assert [row["kind"] for row in table([scanned], lanes)] == ["bu"]
    eapol = wire.eth(bytes.fromhex("01000004 03010004"), 0x888E)
    assert lanes.scan(batch_of([(eapol, len(eapol))], ETHERNET)).aside.tolist() == []


def test_what_links_carry_beside_is_not_looked_into() -> None:
    arp, spanning_tree = (
        wire.eth(bytes(28), 0x0806),
        wire.eth(bytes.fromhex("424203") + bytes(35), 38),
    )
    lldp, discovery = wire.eth(bytes(40), 0x88CC), pppoe("0101 0000", 0x09, 0x8863)
    (scanned,), _ = scan(arp, spanning_tree, lldp, discovery, link_type=ETHERNET)
    assert scanned.aside.tolist() == []
    assert len(scanned.messages) == 0


@pytest.mark.parametrize("seed", range(2))
def test_damaged_frames_end_no_scan(seed: int, netmip6: Path) -> None:
    """Of all captures, vectors and fragments; rows stay in the order of their frames."""
    dice = random.Random(seed)
    whole = [*seeds(netmip6), *((part, RAW) for part in fragments(BU, 7, 24))]
    by_link: dict[int, list[tuple[bytes, int]]] = {}
    for _ in range(2000):
        frame, link_type, wire_length = damaged(dice, whole)
        by_link.setdefault(link_type, []).append((frame, wire_length))
    found = 0
    for link_type, frames in by_link.items():
        m = Lanes(Profile()).scan(batch_of(frames, link_type)).messages
        assert (m.frame[1:] >= m.frame[:-1]).all()
        found += len(m)
    assert found > 50
