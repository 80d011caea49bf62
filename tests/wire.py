"""Builds frames octet by octet from the RFCs' figures, for tests and benchmarks.

Nothing here imports the packages under test: a mistake in their declarations cannot hide in the
captures that check them. Offsets and lengths are written out with `struct` on purpose.
"""

from __future__ import annotations

import ipaddress
import struct


def ip6(text: str) -> bytes:
    return ipaddress.IPv6Address(text).packed


def ip4(text: str) -> bytes:
    return ipaddress.IPv4Address(text).packed


def ones_sum(data: bytes) -> int:
    """RFC 1071: the 16-bit one's complement sum of data."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def checksum6(src: bytes, dst: bytes, next_header: int, payload: bytes) -> int:
    """RFC 8200 8.1: checksum over the IPv6 pseudo-header and payload."""
    pseudo = src + dst + struct.pack("!I3xB", len(payload), next_header)
    return 0xFFFF ^ ones_sum(pseudo + payload)


def eth(payload: bytes, ethertype: int = 0x86DD, tags: tuple[tuple[int, int], ...] = ()) -> bytes:
    """Ethernet II; tags are (TPID, VLAN id) pairs, outermost first."""
    head = bytes.fromhex("020000000001020000000002")
    for tpid, vid in tags:
        head += struct.pack("!HH", tpid, vid)
    return head + struct.pack("!H", ethertype) + payload


def ipv6(src: str, dst: str, next_header: int, payload: bytes, hop_limit: int = 64) -> bytes:
    return (
        struct.pack("!IHBB", 6 << 28, len(payload), next_header, hop_limit)
        + ip6(src)
        + ip6(dst)
        + payload
    )


def ipv4(src: str, dst: str, protocol: int, payload: bytes) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0)
    head += ip4(src) + ip4(dst)
    cksum = 0xFFFF ^ ones_sum(head)
    return head[:10] + struct.pack("!H", cksum) + head[12:] + payload


def udp(src: str, dst: str, sport: int, dport: int, payload: bytes) -> bytes:
    """UDP over IPv6, checksum included."""
    head = struct.pack("!HHHH", sport, dport, 8 + len(payload), 0)
    cksum = checksum6(ip6(src), ip6(dst), 17, head + payload) or 0xFFFF
    return head[:6] + struct.pack("!H", cksum) + payload


def icmp6(src: str, dst: str, kind: int, code: int, body: bytes) -> bytes:
    message = struct.pack("!BBH", kind, code, 0) + body
    cksum = checksum6(ip6(src), ip6(dst), 58, message)
    return message[:2] + struct.pack("!H", cksum) + body


def option(kind: int, body: bytes) -> bytes:
    return struct.pack("!BB", kind, len(body)) + body


def pad(length: int) -> bytes:
    """Pad1 or PadN of this many octets (RFC 6275 6.2.2, 6.2.3)."""
    if length == 0:
        return b""
    return b"\0" if length == 1 else option(1, bytes(length - 2))


def aligned(head: bytes, options: list[tuple[bytes, int, int]]) -> bytes:
    """Mobility options behind head: each (octets, n, m) starts at an offset of x*n + m."""
    out = head
    for octets, n, m in options:
        out += pad((m - len(out)) % n) + octets
    return out + pad(-len(out) % 8)


def mh(src: str, dst: str, kind: int, body: bytes, options: list[tuple[bytes, int, int]]) -> bytes:
    """A Mobility Header (RFC 6275 6.1.1); src and dst are those of its pseudo-header."""
    whole = aligned(struct.pack("!BBBBH", 59, 0, kind, 0, 0) + body, options)
    whole = whole[:1] + bytes([len(whole) // 8 - 1]) + whole[2:]
    cksum = checksum6(ip6(src), ip6(dst), 135, whole)
    return whole[:4] + struct.pack("!H", cksum) + whole[6:]


def home_address_header(hoa: str, payload: bytes, next_header: int = 135) -> bytes:
    """Destination Options with PadN and the Home Address option (RFC 6275 6.3)."""
    return (
        struct.pack("!BB", next_header, 2) + option(1, bytes(2)) + option(201, ip6(hoa)) + payload
    )


def routing_type2(hoa: str, payload: bytes, next_header: int = 135) -> bytes:
    """Type 2 Routing header (RFC 6275 6.4)."""
    return struct.pack("!BBBBI", next_header, 2, 2, 1, 0) + ip6(hoa) + payload


def mn_id(nai: str) -> tuple[bytes, int, int]:
    return option(8, b"\x01" + nai.encode()), 1, 0


def mesg_id(ntp: int) -> tuple[bytes, int, int]:
    return option(10, struct.pack("!Q", ntp)), 8, 2


def authentication(spi: int, data: bytes) -> tuple[bytes, int, int]:
    return option(9, struct.pack("!BI", 1, spi) + data), 4, 1


def alternate_coa(coa: str) -> tuple[bytes, int, int]:
    return option(3, ip6(coa)), 8, 6


def ipv4_home_address(hoa4: str, length: int = 32) -> tuple[bytes, int, int]:
    """RFC 5555 3.1.1: prefix length in the upper six bits of the first octet."""
    return option(29, bytes([length << 2, 0]) + ip4(hoa4)), 4, 0


def ipv4_address_ack(hoa4: str, status: int = 0, length: int = 32) -> tuple[bytes, int, int]:
    return option(30, bytes([status, length << 2]) + ip4(hoa4)), 4, 0


def binding_update(
    coa: str,
    ha: str,
    hoa: str,
    nai: str | None,
    seq: int,
    lifetime_s: int,
    *,
    flags: int = 0xC000,
    hoa4: str | None = None,
    ntp: int = 0xDA00000000000000,
    auth: bool = True,
) -> bytes:
    """An IPv6 packet with a BU in the form of WIRE.md."""
    options = [alternate_coa(coa)]
    if nai is not None:
        options.append(mn_id(nai))
    if hoa4 is not None:
        options.append(ipv4_home_address(hoa4))
    options.append(mesg_id(ntp))
    if auth:
        options.append(authentication(256, bytes(range(12))))
    body = struct.pack("!HHH", seq, flags, lifetime_s // 4)
    message = mh(hoa, ha, 5, body, options)
    return ipv6(coa, ha, 60, home_address_header(hoa, message))


def binding_ack(
    ha: str,
    coa: str,
    hoa: str | None,
    nai: str | None,
    seq: int,
    lifetime_s: int,
    *,
    status: int = 0,
    hoa4: str | None = None,
    ntp: int = 0xDA00000000000000,
) -> bytes:
    """An IPv6 packet with a BA in the form of WIRE.md."""
    options = [] if nai is None else [mn_id(nai)]
    if hoa4 is not None:
        options.append(ipv4_address_ack(hoa4))
    options += [mesg_id(ntp), authentication(256, bytes(range(12)))]
    body = struct.pack("!BBHH", status, 0, seq, lifetime_s // 4)
    if hoa is None:
        return ipv6(ha, coa, 135, mh(ha, coa, 6, body, options))
    return ipv6(ha, coa, 43, routing_type2(hoa, mh(ha, hoa, 6, body, options)))


def nd_option(kind: int, body: bytes) -> bytes:
    """RFC 2461 4.6: length in units of 8 octets; body padded with zeros."""
    whole = struct.pack("!BB", kind, 0) + body
    whole += bytes(-len(whole) % 8)
    return whole[:1] + bytes([len(whole) // 8]) + whole[2:]


def nd_mn_id(nai: str) -> bytes:
    return nd_option(30, bytes([1, len(nai)]) + nai.encode())


def context(subtype: int, value: bytes) -> bytes:
    """WIRE.md: option 253 with Subtype and the count of trailing zero octets."""
    return nd_option(253, bytes([subtype, -(4 + len(value)) % 8]) + value)


def prefix_information(prefix: str, valid_s: int = 7200, preferred_s: int = 3600) -> bytes:
    return nd_option(3, struct.pack("!BBIII", 64, 0xC0, valid_s, preferred_s, 0) + ip6(prefix))


def ho_request(tar: str, sar: str, identifier: int, nai: str, flags: int = 0xC000) -> bytes:
    body = struct.pack("!HH", identifier, flags) + nd_mn_id(nai)
    return ipv6(tar, sar, 58, icmp6(tar, sar, 200, 0, body), 255)


def ho_response(
    sar: str,
    tar: str,
    identifier: int,
    nai: str,
    *,
    status: int = 0,
    hoa: str | None = None,
    ha: str | None = None,
    seq: int = 0,
    hoa4: str | None = None,
) -> bytes:
    body = struct.pack("!HBB", identifier, status, 0) + nd_mn_id(nai)
    if hoa is not None:
        body += context(1, ip6(hoa))
    if hoa4 is not None:
        body += context(3, struct.pack("!BBH", 32, 0, 0) + ip4(hoa4))
    if ha is not None:
        body += context(2, ip6(ha)) + context(4, struct.pack("!HHI", seq, 150, 590))
    return ipv6(sar, tar, 58, icmp6(sar, tar, 201, 0, body), 255)


def router_solicitation(src: str, mac: bytes) -> bytes:
    body = bytes(4) + nd_option(1, mac)
    return ipv6(src, "ff02::2", 58, icmp6(src, "ff02::2", 133, 0, body), 255)


def router_advertisement(src: str, dst: str, prefix: str) -> bytes:
    body = struct.pack("!BBHII", 64, 0, 1800, 0, 0) + prefix_information(prefix)
    return ipv6(src, dst, 58, icmp6(src, dst, 134, 0, body), 255)


def tunnel(outer_src: str, outer_dst: str, inner: bytes) -> bytes:
    """IPv6-in-IPv6 or IPv4-in-IPv6, by the inner packet's version."""
    return ipv6(outer_src, outer_dst, 41 if inner[0] >> 4 == 6 else 4, inner)


def pcap(
    frames: list[tuple[int, bytes]],
    link_type: int = 1,
    *,
    nano: bool = True,
    order: str = "<",
    snaplen: int = 262144,
) -> bytes:
    """A pcap file of (time_ns, frame) records."""
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, link_type)]
    for time_ns, frame in frames:
        sub = time_ns % 10**9 // (1 if nano else 1000)
        kept = frame[:snaplen]
        out.append(struct.pack(order + "IIII", time_ns // 10**9, sub, len(kept), len(frame)))
        out.append(kept)
    return b"".join(out)


def eth_between(dst_mac: bytes, src_mac: bytes, payload: bytes) -> bytes:
    """Ethernet II with an IPv6 packet between two stations."""
    return dst_mac + src_mac + struct.pack("!H", 0x86DD) + payload


def gre(outer_src: str, outer_dst: str, inner: bytes, key: int) -> bytes:
    """GRE with a key (RFC 2784, RFC 2890) over IPv6."""
    protocol = 0x86DD if inner[0] >> 4 == 6 else 0x0800
    return ipv6(outer_src, outer_dst, 47, struct.pack("!HHI", 0x2000, protocol, key) + inner)


def fragments(packet: bytes, size: int, identification: int) -> list[bytes]:
    """An IPv6 packet without extension headers in fragments of `size` octets (RFC 8200 4.5)."""
    assert size % 8 == 0
    head, next_header, payload = packet[:40], packet[6], packet[40:]
    out = []
    for offset in range(0, len(payload), size):
        piece = payload[offset : offset + size]
        more = offset + size < len(payload)
        fragment = struct.pack("!BBHI", next_header, 0, offset | more, identification) + piece
        out.append(head[:4] + struct.pack("!HB", len(fragment), 44) + head[7:] + fragment)
    return out


def destination_unreachable(src: str, dst: str, quoted: bytes) -> bytes:
    """ICMPv6 Destination Unreachable, no route (RFC 4443 3.1), with the packet it is about."""
    return ipv6(src, dst, 58, icmp6(src, dst, 1, 0, bytes(4) + quoted))


def bare_ho_request(tar: str, sar: str, identifier: int, flags: int = 0xC000) -> bytes:
    """A HO Request without options: the mobile node is not named."""
    body = struct.pack("!HH", identifier, flags)
    return ipv6(tar, sar, 58, icmp6(tar, sar, 200, 0, body), 255)


def bare_ho_response(sar: str, tar: str, identifier: int, status: int) -> bytes:
    """A HO Response as the draft's figure has it: it ends after the Status Code, at 7 octets."""
    body = struct.pack("!HB", identifier, status)
    return ipv6(sar, tar, 58, icmp6(sar, tar, 201, 0, body), 255)


def authentication_header(next_header: int, payload: bytes, spi: int, sequence: int) -> bytes:
    """AH with a 96-bit ICV of zeros (RFC 4302 2) in front of payload."""
    return struct.pack("!BBHII", next_header, 4, 0, spi, sequence) + bytes(12) + payload
