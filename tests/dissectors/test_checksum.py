"""The checksum against frames that were built without the packages under test."""

from __future__ import annotations

from ipaddress import IPv6Address

from hypothesis import given
from hypothesis import strategies as st

from dissectors.checksum import is_right, ones_complement, pseudo_addresses, transport_checksum
from dissectors.codec import parse_mobility_header
from tests import wire

COA, HA, HOA = "2001:db8:1::2", "2001:db8::1", "2001:db8:2::3"
LEFT = 40


@given(st.binary(max_size=99), st.binary(max_size=40).map(lambda b: b * 2))
def test_sum_is_the_slow_one(data: bytes, before: bytes) -> None:
    assert ones_complement(data) == wire.ones_sum(data)
    assert ones_complement(data, ones_complement(before)) == wire.ones_sum(before + data)


def test_rfc_1071_example() -> None:
    assert ones_complement(bytes.fromhex("0001f203f4f5f6f7")) == 0xDDF2


def test_zero_and_all_ones() -> None:
    assert ones_complement(b"") == 0
    assert ones_complement(b"\xff\xff") == 0xFFFF
    assert ones_complement(b"\xff\xff\xff\xff") == 0xFFFF


def test_home_address_option_is_the_source() -> None:
    packet = wire.binding_update(COA, HA, HOA, "a@b", 1, 600)
    header = packet[LEFT + 24 :]
    assert is_right(IPv6Address(HOA), IPv6Address(HA), 135, header)
    assert not is_right(IPv6Address(COA), IPv6Address(HA), 135, header)
    src, dst = pseudo_addresses(IPv6Address(COA), IPv6Address(HA), IPv6Address(HOA))
    assert not parse_mobility_header(header, 0, len(header), src, dst).anomalies


def test_routing_header_is_the_destination() -> None:
    packet = wire.binding_ack(HA, COA, HOA, "a@b", 1, 600)
    header = packet[LEFT + 24 :]
    src, dst = pseudo_addresses(IPv6Address(HA), IPv6Address(COA), None, IPv6Address(HOA))
    assert is_right(src, dst, 135, header)
    odd = parse_mobility_header(header, 0, len(header), src, IPv6Address(COA)).anomalies
    assert [(anomaly.reason, anomaly.offset) for anomaly in odd] == [("checksum is wrong", 4)]


def test_icmpv6_and_udp() -> None:
    echo = wire.icmp6(COA, HA, 128, 0, bytes(5))
    assert is_right(IPv6Address(COA), IPv6Address(HA), 58, echo)
    datagram = wire.udp(COA, HA, 1, 2, b"odd")
    assert is_right(IPv6Address(COA), IPv6Address(HA), 17, datagram)
    blank = echo[:2] + b"\0\0" + echo[4:]
    value = transport_checksum(IPv6Address(COA), IPv6Address(HA), 58, blank)
    assert value == int.from_bytes(echo[2:4], "big")
