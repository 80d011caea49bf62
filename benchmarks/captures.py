"""Makes the benchmark captures: *mixed*, *control*, a small one and *mixed* repeated.

Frames come from `tests/wire.py` as templates; numpy copies each template as often as needed and
fills in identities, addresses, sequence numbers, times and checksums. Every capture is the same
on every run.
"""

from __future__ import annotations

import struct
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests import wire

Rows = NDArray[np.uint8]
START_NS = 1_700_000_000 * 10**9
HA = "2001:db8:f000::1"
ARS = [f"2001:db8:{0xA0 + n:x}::1" for n in range(8)]
SERVERS = [f"2001:db8:5e00::{n + 1:x}" for n in range(20)]
MARK_NAI = "mn0000000@example.net"
MARK_HOA = "2001:db8:beef:1111:2222:3333:4444:5555"
MARK_COA = "2001:db8:c0a::7777"
MARK_SAR = "2001:db8:c0a::8888"
MARK_LL = "fe80::2222:3333:4444:5555"


@dataclass
class Frames:
    """Equal-length frames with their times: (n, length) octets and (n,) nanoseconds."""

    rows: Rows
    time_ns: NDArray[np.int64]


def tile(frame: bytes, count: int) -> Rows:
    return np.tile(np.frombuffer(frame, np.uint8), (count, 1))


def patch(rows: Rows, template: bytes, mark: bytes, values: Rows) -> None:
    """Put values (n, len(mark)) wherever mark stands in the template."""
    at = template.find(mark)
    while at >= 0:
        rows[:, at : at + len(mark)] = values
        at = template.find(mark, at + 1)


def octets(numbers: NDArray[np.int64], width: int) -> Rows:
    """Numbers as big-endian octets, (n, width)."""
    wide = numbers.astype(">u8").view(np.uint8).reshape(-1, 8)
    return wide[:, 8 - width :]


def addresses(texts: list[str]) -> Rows:
    return np.frombuffer(b"".join(wire.ip6(t) for t in texts), np.uint8).reshape(-1, 16)


def hoas(ids: NDArray[np.int64]) -> Rows:
    """One /64 per mobile node: 2001:db8:beef + id, interface identifier from the id."""
    out = tile(wire.ip6("2001:db8:beef:0:200:ff:fe00:0"), len(ids))
    out[:, 4:8] = octets(ids + 0x10000000, 4)
    out[:, 13:16] = octets(ids, 3)
    return out


def nais(ids: NDArray[np.int64]) -> Rows:
    out = tile(MARK_NAI.encode(), len(ids))
    for digit in range(7):
        out[:, 8 - digit] = ord("0") + ids // 10**digit % 10
    return out


def mend_checksum(rows: Rows, at: int, *, start: int, src: int, dst: int, kind: int) -> None:
    """Compute the checksum at `at` over rows[:, start:] and the pseudo-header's addresses."""
    rows[:, at : at + 2] = 0
    body = rows[:, start:].astype(np.uint32)
    length = body.shape[1]
    total = (body[:, 0::2] << 8).sum(axis=1) + body[:, 1::2].sum(axis=1) + length + kind
    for where in (src, dst):
        address = rows[:, where : where + 16].astype(np.uint32)
        total += (address[:, 0::2] << 8).sum(axis=1) + address[:, 1::2].sum(axis=1)
    for _ in range(2):
        total = (total & 0xFFFF) + (total >> 16)
    rows[:, at : at + 2] = octets((0xFFFF ^ total).astype(np.int64), 2)


def binding(
    template: bytes,
    *,
    update: bool,
    ids: NDArray[np.int64],
    coa: Rows,
    seq: NDArray[np.int64],
    hoa_known: bool = True,
) -> Rows:
    """BU or BA frames: the Mobility Header stands at 14 + 40 + 24."""
    rows = tile(template, len(ids))
    patch(rows, template, wire.ip6(MARK_COA), coa)
    if hoa_known:
        patch(rows, template, wire.ip6(MARK_HOA), hoas(ids))
    patch(rows, template, MARK_NAI.encode(), nais(ids))
    at = 78 + (6 if update else 8)
    rows[:, at : at + 2] = octets(seq, 2)
    # Pseudo-header: home address option's address and HA, or HA and routing header's address.
    src, dst = (62, 38) if update else (22, 62)
    mend_checksum(rows, 82, start=78, src=src, dst=dst, kind=135)
    return rows


def icmp(
    template: bytes,
    ids: NDArray[np.int64],
    tar: Rows,
    sar: Rows,
    identifier: NDArray[np.int64] | None,
) -> Rows:
    rows = tile(template, len(ids))
    hoa = hoas(ids)
    patch(rows, template, wire.ip6(MARK_HOA), hoa)
    patch(
        rows,
        template,
        wire.ip6(MARK_HOA)[:8] + bytes(8),
        np.hstack([hoa[:, :8], np.zeros_like(hoa[:, :8])]),
    )
    patch(rows, template, wire.ip6(MARK_LL)[8:], hoa[:, 8:])
    patch(rows, template, MARK_NAI.encode(), nais(ids))
    patch(rows, template, wire.ip6(MARK_COA), tar)
    patch(rows, template, wire.ip6(MARK_SAR), sar)
    if identifier is not None:
        rows[:, 58:60] = octets(identifier, 2)
    mend_checksum(rows, 56, start=54, src=22, dst=38, kind=58)
    return rows


def attaches(ids: NDArray[np.int64], at: NDArray[np.int64], ar: NDArray[np.int64]) -> list[Frames]:
    """RS, BU, BA, RA of each mobile node, beginning at `at`."""
    ars = addresses(ARS)[ar]
    ar_ll = "fe80::a"
    hoa_prefix = str(wire.ipaddress.IPv6Address(wire.ip6(MARK_HOA)[:8] + bytes(8)))
    rs = wire.eth(wire.router_solicitation(MARK_LL, b"\x02\0\0\0\0\1"))
    bu = wire.eth(wire.binding_update(MARK_COA, HA, "::", MARK_NAI, 0, 600))
    ba = wire.eth(wire.binding_ack(HA, MARK_COA, MARK_HOA, MARK_NAI, 0, 600))
    ra = wire.eth(wire.router_advertisement(ar_ll, MARK_LL, hoa_prefix))
    seq = ids * 7 % 50000
    return [
        Frames(icmp(rs, ids, ars, ars, None), at),
        Frames(
            binding(bu, update=True, ids=ids, coa=ars, seq=seq, hoa_known=False), at + 2_000_000
        ),
        Frames(binding(ba, update=False, ids=ids, coa=ars, seq=seq), at + 8_000_000),
        Frames(icmp(ra, ids, ars, ars, None), at + 11_000_000),
    ]


def handoffs(
    ids: NDArray[np.int64],
    at: NDArray[np.int64],
    sar: NDArray[np.int64],
    tar: NDArray[np.int64],
    ordinal: NDArray[np.int64],
) -> list[Frames]:
    """HO Request and Response, BU and BA by the TAR, tear-down BU and its BA by the SAR."""
    sars, tars = addresses(ARS)[sar], addresses(ARS)[tar]
    request = wire.eth(wire.ho_request(MARK_COA, MARK_SAR, 0, MARK_NAI))
    response = wire.eth(wire.ho_response(MARK_SAR, MARK_COA, 0, MARK_NAI, hoa=MARK_HOA, ha=HA))
    bu = wire.eth(wire.binding_update(MARK_COA, HA, MARK_HOA, MARK_NAI, 0, 600))
    ba = wire.eth(wire.binding_ack(HA, MARK_COA, MARK_HOA, MARK_NAI, 0, 600))
    down = wire.eth(wire.binding_update(MARK_COA, HA, MARK_HOA, MARK_NAI, 0, 0))
    down_ba = wire.eth(wire.binding_ack(HA, MARK_COA, MARK_HOA, MARK_NAI, 0, 0))
    identifier = (ids + ordinal * 77) % 65536
    seq = ids * 7 % 50000 + 1 + ordinal
    ms = 1_000_000
    return [
        Frames(icmp(request, ids, tars, sars, identifier), at),
        Frames(icmp(response, ids, tars, sars, identifier), at + 4 * ms),
        Frames(binding(bu, update=True, ids=ids, coa=tars, seq=seq), at + 8 * ms),
        Frames(binding(ba, update=False, ids=ids, coa=tars, seq=seq), at + 15 * ms),
        Frames(binding(down, update=True, ids=ids, coa=sars, seq=seq), at + 60 * ms),
        Frames(binding(down_ba, update=False, ids=ids, coa=sars, seq=seq), at + 66 * ms),
    ]


def write_pcap(path: Path, groups: list[Frames]) -> None:
    """One microsecond pcap file of all frames in time order."""
    time_ns = np.concatenate([g.time_ns for g in groups])
    group = np.concatenate([np.full(len(g.time_ns), n) for n, g in enumerate(groups)])
    row = np.concatenate([np.arange(len(g.time_ns)) for g in groups])
    order = np.argsort(time_ns, kind="stable")
    time_ns, group, row = time_ns[order] // 1000 * 1000, group[order], row[order]
    lengths = np.array([g.rows.shape[1] for g in groups])
    with path.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for begin in range(0, len(order), 50_000):
            part = slice(begin, begin + 50_000)
            out.write(_records(groups, lengths, time_ns[part], group[part], row[part]))


def _records(
    groups: list[Frames],
    lengths: NDArray[np.int64],
    time_ns: NDArray[np.int64],
    group: NDArray[np.int64],
    row: NDArray[np.int64],
) -> bytes:
    size = lengths[group]
    start = np.concatenate([[0], np.cumsum(size + 16)])
    block = np.zeros(start[-1], np.uint8)
    header = np.empty((len(row), 4), "<u4")
    header[:, 0] = time_ns // 10**9
    header[:, 1] = time_ns % 10**9 // 1000
    header[:, 2] = header[:, 3] = size
    block[start[:-1, None] + np.arange(16)] = header.view(np.uint8)
    for number, frames in enumerate(groups):
        mine = np.flatnonzero(group == number)
        if len(mine):
            block[start[mine][:, None] + 16 + np.arange(lengths[number])] = frames.rows[row[mine]]
    return block.tobytes()


def control(path: Path, mobile_nodes: int = 100_000) -> None:
    """Signalling alone: each mobile node attaches and hands off once, ten frames each."""
    ids = np.arange(mobile_nodes)
    attach_ns = START_NS + ids * 1_000_000
    handoff_ns = attach_ns + 20 * 10**9
    sar = ids % len(ARS)
    write_pcap(
        path,
        attaches(ids, attach_ns, sar)
        + handoffs(ids, handoff_ns, sar, (sar + 1) % len(ARS), ids * 0),
    )


def mixed(
    path: Path, frames: int = 1_500_000, mobile_nodes: int = 500, spacing_ns: int = 200_000
) -> None:
    """99 % tunnelled user traffic; the rest attaches and handoffs, several per mobile node."""
    rng = np.random.default_rng(6)
    signalling = frames // 100
    moves = max(1, (signalling - 4 * mobile_nodes) // 6)
    span_ns = frames * spacing_ns
    ids = np.arange(mobile_nodes)
    attach_ns = START_NS + rng.integers(0, 10**9, mobile_nodes)
    mover = np.arange(moves) % mobile_nodes
    ordinal = np.arange(moves) // mobile_nodes
    slot_ns = (span_ns - 2 * 10**9) // (int(ordinal.max()) + 1)
    move_ns = START_NS + 2 * 10**9 + ordinal * slot_ns + rng.integers(0, slot_ns - 10**8, moves)
    sar = (mover + ordinal) % len(ARS)
    groups = attaches(ids, attach_ns, ids % len(ARS))
    groups += handoffs(mover, move_ns, sar, (sar + 1) % len(ARS), ordinal)
    user = frames - sum(len(g.time_ns) for g in groups)
    groups += user_traffic(rng, user, mobile_nodes, span_ns, mover, move_ns)
    write_pcap(path, groups)


def user_traffic(
    rng: np.random.Generator,
    count: int,
    mobile_nodes: int,
    span_ns: int,
    mover: NDArray[np.int64],
    move_ns: NDArray[np.int64],
) -> list[Frames]:
    """UDP of 200 octets both ways, TCP segments down and their acknowledgements up."""
    time_ns = np.sort(rng.integers(START_NS + 2 * 10**9, START_NS + span_ns, count))
    node = rng.integers(0, mobile_nodes, count)
    shape = rng.choice(4, count, p=[0.18, 0.18, 0.42, 0.22])
    # The AR at a time is the first one plus the moves whose BA (15 ms after the start) came before.
    done = np.sort(mover * (1 << 40) + (move_ns + 15_000_000 - START_NS))
    moves_before = np.searchsorted(done, node * (1 << 40) + (time_ns - START_NS)) - np.searchsorted(
        done, node * (1 << 40)
    )
    ar = (node + moves_before) % len(ARS)
    segments = _running_count(node, shape == 2)
    out = []
    for number, (down, tcp, size) in enumerate(
        [(True, False, 160), (False, False, 160), (True, True, 1300), (False, True, 0)]
    ):
        mine = np.flatnonzero(shape == number)
        rows = _user_rows(down, tcp, size, node[mine], ar[mine], segments[mine], mine)
        out.append(Frames(rows, time_ns[mine]))
    return out


def _running_count(node: NDArray[np.int64], counts: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many counted rows of the same node stand before each row."""
    order = np.argsort(node, kind="stable")
    before = np.cumsum(counts[order]) - counts[order]
    first = np.searchsorted(node[order], node[order])
    out = np.empty(len(node), np.int64)
    out[order] = before - before[first]
    return out


def _user_rows(
    down: bool,
    tcp: bool,
    size: int,
    node: NDArray[np.int64],
    ar: NDArray[np.int64],
    segments: NDArray[np.int64],
    serial: NDArray[np.int64],
) -> Rows:
    hoa, peer, ars = hoas(node), addresses(SERVERS)[node % len(SERVERS)], addresses(ARS)[ar]
    ha = addresses([HA] * len(node))
    payload = bytes(range(256)) * 6
    if tcp:
        inner = struct.pack("!HHIIBBHHH", 443, 40000, 1, 1, 0x50, 0x10, 65000, 0, 0)
    else:
        inner = struct.pack("!HHHH", 5004, 5004, 8 + size, 0)
    template = wire.eth(
        wire.tunnel(
            HA, ARS[0], wire.ipv6(SERVERS[0], MARK_HOA, 6 if tcp else 17, inner + payload[:size])
        )
    )
    rows = tile(template, len(node))
    ends = (ha, ars, peer, hoa) if down else (ars, ha, hoa, peer)
    for at, value in zip((22, 38, 62, 78), ends, strict=True):
        rows[:, at : at + 16] = value
    if tcp:
        if not down:
            rows[:, 94:98] = rows[:, [96, 97, 94, 95]]
        moving = octets(1 + segments * size if down else 1 + segments * 1300, 4)
        rows[:, (98 if down else 102) : (102 if down else 106)] = moving
        mend_checksum(rows, 110, start=94, src=62, dst=78, kind=6)
    else:
        rows[:, 102:110] = octets(serial, 8)
        mend_checksum(rows, 100, start=94, src=62, dst=78, kind=17)
    return rows


def repeat(source: Path, path: Path, size: int) -> None:
    """The frames of a benchmark capture again and again, each time later, up to `size` octets."""
    data = source.read_bytes()
    starts = []
    at = 24
    while at < len(data):
        starts.append(at)
        at += 16 + int.from_bytes(data[at + 8 : at + 12], "little")
    where = np.array(starts)
    body = np.frombuffer(data, np.uint8).copy()
    seconds = body[where[:, None] + np.arange(4)].view("<u4").reshape(-1)
    step = int(seconds[-1] - seconds[0]) + 10
    with path.open("wb") as out:
        out.write(data[:24])
        for _ in range(max(1, size // len(data))):
            out.write(body[24:].tobytes())
            seconds = seconds + step
            body[where[:, None] + np.arange(4)] = (
                seconds.astype("<u4").view(np.uint8).reshape(-1, 4)
            )
