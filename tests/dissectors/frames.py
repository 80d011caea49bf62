"""Hypothesis strategies for frames: headers in any order, lengths right or wrong, and messages.

Octets are written by `tests.wire` and by hand; nothing of the packages under test is used.
"""

from __future__ import annotations

import struct

from hypothesis import strategies as st

from tests import wire

ADDRESSES = ("2001:db8::1", "2001:db8:1::2", "fe80::1", "::", "ff02::1", f"{'ffff:' * 7}ffff")
FOURS = ("10.0.0.1", "192.0.2.7", "0.0.0.0")
LINKS = (0, 1, 12, 101, 108, 113, 228, 229, 276)

addresses = st.sampled_from(ADDRESSES)
small = st.binary(max_size=24)
octet = st.integers(0, 255)

Part = tuple[int, bytes]
"""A protocol number and what it stands for."""


@st.composite
def tlv(draw: st.DrawFn, kinds: st.SearchStrategy[int], sizes: dict[int, int]) -> bytes:
    """An option, mostly with a body of the right size."""
    kind = draw(kinds)
    if kind == 0 and draw(st.booleans()):
        return b"\0"
    size = sizes.get(kind)
    body = draw(
        small
        if size is None or draw(st.integers(0, 9)) == 0
        else st.binary(min_size=size, max_size=size)
    )
    length = draw(octet) if draw(st.integers(0, 19)) == 0 else len(body)
    return bytes((kind, length)) + body


MOBILITY_SIZES = {3: 16, 9: 17, 10: 8, 29: 6, 30: 6, 7: 7, 21: 12, 2: 2}
mobility_options = st.lists(
    tlv(st.sampled_from([0, 1, 2, 3, 3, 5, 7, 8, 8, 9, 10, 21, 29, 30, 77]), MOBILITY_SIZES),
    max_size=6,
).map(b"".join)
MH_BODIES = {0: 2, 1: 10, 2: 10, 3: 18, 4: 18, 5: 6, 6: 6, 7: 18, 8: 6, 9: 6}


@st.composite
def mobility(draw: st.DrawFn) -> bytes:
    """A Mobility Header, padded to its unit or not."""
    kind = draw(st.sampled_from([*MH_BODIES, 5, 5, 5, 6, 6, 6, 14, 200]))
    size = MH_BODIES.get(kind, 4)
    whole = bytes((59, 0, kind, 0)) + draw(st.binary(min_size=2 + size, max_size=2 + size))
    whole += draw(mobility_options)
    if draw(st.integers(0, 9)):
        whole += wire.pad(-len(whole) % 8)
    units = len(whole) // 8 - 1 if draw(st.integers(0, 9)) else draw(octet)
    payload = 59 if draw(st.integers(0, 9)) else draw(st.sampled_from([0, 41, 58, 135]))
    return bytes((payload, max(units, 0) & 0xFF)) + whole[2:]


@st.composite
def nd_option(draw: st.DrawFn) -> bytes:
    kind = draw(st.sampled_from([1, 3, 3, 5, 30, 30, 253, 253, 253, 99]))
    body = {
        3: st.binary(min_size=30, max_size=30),
        30: st.builds(
            lambda code, name, more: bytes((code, (len(name) + more) & 0xFF)) + name,
            octet,
            small,
            st.sampled_from([0, 0, 0, 0, 1, 9]),
        ),
        253: st.builds(
            lambda subtype, pad, value: bytes((subtype, pad)) + value,
            st.sampled_from([1, 1, 2, 2, 3, 3, 4, 5, 9]),
            st.sampled_from([0, 0, 0, 4, 4, 7, 200]),
            st.sampled_from([8, 12, 16, 16, 20]).flatmap(
                lambda n: st.binary(min_size=n, max_size=n)
            ),
        ),
    }.get(kind, small)
    whole = wire.nd_option(kind, draw(body))
    units = draw(octet) if draw(st.integers(0, 19)) == 0 else whole[1]
    return whole[:1] + bytes([units]) + whole[2:]


ICMP_BODIES = {133: 4, 134: 12, 135: 20, 136: 20, 200: 4, 201: 4, 1: 4, 128: 4}


@st.composite
def icmpv6(draw: st.DrawFn) -> bytes:
    """An ICMPv6 message; its checksum is right when it stands between two known addresses."""
    kind = draw(st.sampled_from([*ICMP_BODIES, 200, 201, 201, 2, 3, 4, 144, 155]))
    size = ICMP_BODIES.get(kind, 4)
    body = draw(st.binary(min_size=size, max_size=size))
    if kind == 201 and draw(st.integers(0, 4)) == 0:
        body = body[:3]
    body += b"".join(draw(st.lists(nd_option(), max_size=5)))
    code = 0 if draw(st.integers(0, 9)) else draw(octet)
    return wire.icmp6(ADDRESSES[0], ADDRESSES[1], kind, code, body)


ip_options = st.lists(
    tlv(st.sampled_from([0, 1, 4, 5, 201, 201, 201]), {201: 16, 5: 2, 4: 1}), max_size=4
).map(b"".join)


def extended(following: int, inside: bytes, content: bytes, units: int | None) -> bytes:
    """An extension header of `content` with padding, in front of what is inside."""
    head = bytes((following & 0xFF, 0)) + content
    head += bytes(-len(head) % 8)
    count = len(head) // 8 - 1 if units is None else units
    return head[:1] + bytes([count & 0xFF]) + head[2:] + inside


@st.composite
def behind_extension(draw: st.DrawFn, part: Part) -> Part:
    following, inside = part
    kind = draw(st.sampled_from([0, 60, 60, 60, 43, 43, 44, 51]))
    units = draw(octet) if draw(st.integers(0, 19)) == 0 else None
    if kind in (0, 60):
        return kind, extended(following, inside, draw(ip_options), units)
    if kind == 43:
        routing = draw(st.sampled_from([0, 2, 2, 2, 4]))
        count = 1 if routing == 2 and draw(st.integers(0, 4)) else draw(st.integers(0, 3))
        left = draw(st.sampled_from([0, 1, 1, 1, 2]))
        hops = b"".join(wire.ip6(draw(addresses)) for _ in range(count))
        return kind, extended(following, inside, bytes((routing, left)) + bytes(4) + hops, units)
    if kind == 44:
        word = draw(st.sampled_from([0, 0, 0, 6, 1, 8, 0xFFF9]))
        return kind, struct.pack("!BBHI", following & 0xFF, 0, word, 1) + inside
    icv = draw(st.sampled_from([0, 4, 12, 16]))
    length = 1 + icv // 4 if units is None else units
    head = struct.pack("!BBHII", following & 0xFF, length & 0xFF, 0, 7, 1)
    return kind, head + bytes(range(icv)) + inside


@st.composite
def six(draw: st.DrawFn, part: Part) -> Part:
    following, inside = part
    packet = wire.ipv6(
        draw(addresses), draw(addresses), following & 0xFF, inside, draw(st.sampled_from([64, 255]))
    )
    odd = draw(st.integers(0, 19))
    if odd == 0:  # a length that does not fit, or none
        length = draw(st.sampled_from([0, 1, len(inside) // 2, len(inside) + 1, 65535]))
        packet = packet[:4] + struct.pack("!H", length) + packet[6:]
    if odd == 1:
        packet = bytes([draw(octet)]) + packet[1:]
    return 41, packet


@st.composite
def four(draw: st.DrawFn, part: Part) -> Part:
    following, inside = part
    options = bytes(4 * draw(st.sampled_from([0, 0, 0, 1, 10])))
    packet = wire.ipv4(
        draw(st.sampled_from(FOURS)),
        draw(st.sampled_from(FOURS)),
        following & 0xFF,
        options + inside,
    )
    first = 0x45 + len(options) // 4
    odd = draw(st.integers(0, 19))
    if odd == 0:
        length = draw(st.sampled_from([0, 19, 20, 21, 24, 65535]))
        packet = packet[:2] + struct.pack("!H", length) + packet[4:]
    if odd == 1:
        first = draw(octet)
    if odd == 2:
        fragment = draw(st.sampled_from([0x2000, 1, 0x4000, 0x8000]))
        packet = packet[:6] + struct.pack("!H", fragment) + packet[8:]
    return 4, bytes([first]) + packet[1:]


@st.composite
def tunnelled(draw: st.DrawFn, part: Part) -> Part:
    """An IP packet in a tunnel of some kind, or as it is."""
    kind, packet = part
    how = draw(st.sampled_from(["plain", "plain", "gre", "udp"]))
    if how == "gre":
        flags = draw(
            st.sampled_from([0, 0x8000, 0x2000, 0x1000, 0xB000, 0x4000, 1, 0x0800, 0xA000])
        )
        ethertype = {41: 0x86DD, 4: 0x0800}[kind] if draw(st.integers(0, 9)) else 0x8100
        parts = sum(bool(flags & bit) for bit in (0x8000, 0x2000, 0x1000))
        return 47, struct.pack("!HH", flags, ethertype) + bytes(4 * parts) + packet
    if how == "udp":
        ports = draw(st.sampled_from([(4191, 4191), (4191, 9), (9, 4191), (9, 53)]))
        length = 8 + len(packet)
        if draw(st.integers(0, 9)) == 0:
            length = draw(st.integers(0, 70))
        return 17, struct.pack("!HHHH", *ports, length, 0) + packet
    return part


@st.composite
def innermost(draw: st.DrawFn) -> Part:
    kind = draw(st.sampled_from(["mh", "mh", "mh", "icmp", "icmp", "tcp", "udp", "none", "pmip"]))
    if kind == "mh":
        return draw(st.sampled_from([135, 135, 135, 62])), draw(mobility())
    if kind == "icmp":
        return 58, draw(icmpv6())
    if kind == "pmip":
        message = draw(mobility())
        return 17, struct.pack("!HHHH", 5436, 5436, 8 + len(message), 0) + message
    if kind == "udp":
        return 17, struct.pack("!HHHH", 1000, 2000, 8, 0) + draw(small)
    return (6 if kind == "tcp" else 59), draw(st.binary(max_size=60))


@st.composite
def packets(draw: st.DrawFn, most_tunnels: int = 3) -> Part:
    """An IP packet, with packets inside packets."""
    part = draw(innermost())
    for level in range(draw(st.integers(0, most_tunnels)) + 1):
        if level:
            part = draw(tunnelled(part))
        for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2, 4]))):
            part = draw(behind_extension(part))
        carrier = four if part[0] in (4, 17, 41, 47) and draw(st.booleans()) else six
        part = draw(carrier(part))
    return part


def on_link(link_type: int, packet: bytes, kind: int, tags: tuple[int, ...] = ()) -> bytes:
    """A frame of this link type; kind is 41 or 4."""
    ethertype = 0x86DD if kind == 41 else 0x0800
    if link_type == 1:
        return wire.eth(packet, ethertype, tuple((tag, 5) for tag in tags))
    if link_type == 113:
        return struct.pack("!HHHQH", 0, 1, 6, 0, ethertype) + packet
    if link_type == 276:
        return struct.pack("!HHIHBBQ", ethertype, 0, 3, 1, 0, 6, 0) + packet
    if link_type == 0:
        return struct.pack("<I" if len(packet) % 2 else ">I", 30 if kind == 41 else 2) + packet
    if link_type == 108:
        return struct.pack("!I", 24 if kind == 41 else 2) + packet
    return packet


@st.composite
def frames(draw: st.DrawFn, link_type: int) -> tuple[bytes, int]:
    """A frame's captured octets and its length on the wire: whole, cut, snapped or corrupt."""
    kind, packet = draw(packets())
    tags = tuple(draw(st.lists(st.sampled_from([0x8100, 0x88A8, 0x9100]), max_size=2)))
    frame = on_link(link_type, packet, kind, tags)
    wirelen = len(frame)
    how = draw(st.integers(0, 9))
    if how < 3:
        frame = frame[: draw(st.integers(0, len(frame)))]
        wirelen = wirelen if how else len(frame)
    elif how < 6 and frame:
        at = draw(st.integers(0, len(frame) - 1))
        frame = frame[:at] + bytes([draw(octet)]) + frame[at + 1 :]
    elif how == 6:
        frame += draw(small)
        wirelen = len(frame)
    return frame, wirelen
