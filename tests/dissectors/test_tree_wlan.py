"""802.11 data frames, radiotap, LLC: vectors both ways, and frames in the object lane."""

from __future__ import annotations

import struct

import pytest

from dissectors import wlan
from dissectors.codec import build, parse
from dissectors.layout import Message
from tests import wire
from tests.dissectors.test_tree import AR, HA, names, reasons, shown, texts

AP, STA, OTHER, LAST = (bytes.fromhex(f"0200000000{n:02x}") for n in range(1, 5))
WLAN, RADIOTAP = 105, 127
PACKET = wire.ipv6(AR, HA, 58, wire.icmp6(AR, HA, 128, 0, bytes(8)))
SNAP = bytes.fromhex("aaaa03 000000 86dd")


def header(flags: int, *addresses: bytes, subtype: int = 0, kind: int = 2, seq: int = 0) -> bytes:
    """IEEE 802.11 9.2.4.1: version in the two lowest bits, then type and subtype."""
    head = struct.pack("<BBH", subtype << 4 | kind << 2, flags, 314)
    out = head + b"".join(addresses[:3]) + struct.pack("<H", seq)
    return out + b"".join(addresses[3:])


VECTORS: list[tuple[str, bytes, Message]] = [
    (
        "to the access point, sequence number 0x123, fragment 4",
        header(0x01, AP, STA, OTHER, seq=0x1234),
        wlan.WlanToDs(
            frame_type=2,
            to_ds=True,
            duration=314,
            bssid=AP,
            source=STA,
            destination=OTHER,
            sequence_low=3,
            fragment=4,
            sequence_high=0x12,
        ),
    ),
    (
        "from the access point, all flags",
        header(0xFE, STA, AP, OTHER, subtype=8),
        wlan.WlanFromDs(
            8,
            2,
            0,
            *[True] * 7,
            to_ds=False,
            duration=314,
            destination=STA,
            bssid=AP,
            source=OTHER,
        ),
    ),
    (
        "between stations",
        header(0, STA, OTHER, AP),
        wlan.WlanAdHoc(frame_type=2, duration=314, destination=STA, source=OTHER, bssid=AP),
    ),
    (
        "four addresses",
        header(3, AP, LAST, STA, OTHER),
        wlan.WlanFourAddresses(
            frame_type=2,
            from_ds=True,
            to_ds=True,
            duration=314,
            receiver=AP,
            transmitter=LAST,
            destination=STA,
            source=OTHER,
        ),
    ),
    ("a beacon", b"\x80\0\0\0", wlan.WlanControl(8, 0, 0, rest=b"\0\0")),
    ("QoS Control", b"\xb5\x07", wlan.QosControl(True, 1, True, 5, 7)),
    ("HT Control", b"\1\0\0\x80", wlan.HtControl(0x80000001)),
    ("Radiotap", b"\0\0\x09\0\2\0\0\0\x10", wlan.Radiotap(0, 0, 9, 2, b"\x10")),
    ("Radiotap flags", b"\x30", wlan.RadiotapFlags(padded=True, has_fcs=True)),
    ("LLC", b"\x42\x42\x03", wlan.Llc(0x42, 0x42, 3)),
    ("SNAP", SNAP, wlan.Snap(0xAA, 0xAA, 3, 0, 0x86DD)),
]


@pytest.mark.parametrize(("name", "octets", "message"), VECTORS, ids=[v[0] for v in VECTORS])
def test_vector_both_ways(name: str, octets: bytes, message: Message) -> None:
    assert build(message).hex(" ") == octets.hex(" ")
    assert parse(type(message), octets) == (message, ())


@pytest.mark.parametrize(
    ("head", "source", "destination"),
    [
        (header(0, STA, OTHER, AP), OTHER, STA),
        (header(1, AP, STA, OTHER), STA, OTHER),
        (header(2, STA, AP, OTHER), OTHER, STA),
        (header(3, AP, LAST, STA, OTHER), OTHER, STA),
    ],
)
def test_addresses_go_by_the_ds_bits(head: bytes, source: bytes, destination: bytes) -> None:
    tree = shown(head + SNAP + PACKET, WLAN)
    assert names(tree) == ["wlan", "llc", "ipv6", "icmpv6"]
    assert reasons(tree) == []
    assert texts(tree)["wlan.sa"] == source.hex(":")
    assert texts(tree)["wlan.da"] == destination.hex(":")


def test_qos_and_ht_control() -> None:
    qos = header(1, AP, STA, OTHER, subtype=8) + b"\x05\0" + SNAP + PACKET
    tree = shown(qos, WLAN)
    assert names(tree) == ["wlan", "llc", "ipv6", "icmpv6"]
    assert texts(tree)["wlan.qos.tid"] == "5"
    ht = header(0x81, AP, STA, OTHER, subtype=8) + b"\x05\0" + bytes(4) + SNAP + PACKET
    assert names(shown(ht, WLAN)) == ["wlan", "llc", "ipv6", "icmpv6"]
    assert reasons(shown(ht, WLAN)) == []


def test_radiotap_says_what_stands_behind() -> None:
    frame = header(1, AP, STA, OTHER, subtype=8) + b"\0\0"
    body = SNAP + PACKET
    # Fields: time (8 octets at 8), flags (at 16): 0x10 is a frame check sequence, 0x20 padding.
    for flags, between, behind in ((0, b"", b""), (0x10, b"", b"fcs!"), (0x20, b"\0\0", b"")):
        head = struct.pack("<BBHIQB", 0, 0, 17, 3, 1, flags)
        tree = shown(head + frame + between + body + behind, RADIOTAP)
        layers = ["radiotap", "wlan", "llc", "ipv6", "icmpv6"]
        assert names(tree) == layers + (["trailer"] if behind else [])
        assert reasons(tree) == []
    # A second word of present flags moves the fields by four octets; the time is aligned to eight.
    head = struct.pack("<BBHII4xQB", 0, 0, 25, 0x80000003, 0, 1, 0x10)
    assert names(shown(head + frame + body + b"fcs!", RADIOTAP))[-1] == "trailer"
    # Without the flags nothing is known of either.
    bare = struct.pack("<BBHI", 0, 0, 8, 0)
    assert names(shown(bare + frame + body, RADIOTAP)) == layers


@pytest.mark.parametrize(
    ("head", "text"),
    [
        (header(0x41, AP, STA, OTHER), "encrypted"),
        (header(0x05, AP, STA, OTHER), "fragment, which is not put together"),
        (header(0x01, AP, STA, OTHER, seq=3), "fragment, which is not put together"),
        (header(0x01, AP, STA, OTHER, subtype=8) + b"\x80\0", "A-MSDU, which is not split"),
        (header(0x01, AP, STA, OTHER, subtype=4), "no data"),
    ],
)
def test_what_is_not_followed(head: bytes, text: str) -> None:
    tree = shown(head + SNAP + PACKET, WLAN)
    assert names(tree)[0] == "wlan"
    assert tree.children[0].text == text
    assert "ipv6" not in names(tree)


def test_other_frames_are_shown_by_their_control_field() -> None:
    tree = shown(b"\x80\0\0\0" + bytes(30), WLAN)
    assert names(tree) == ["wlan"]
    assert texts(tree)["wlan.fc.subtype"] == "8"


def test_llc_without_an_ethertype_is_data() -> None:
    head = header(1, AP, STA, OTHER)
    assert names(shown(head + b"\x42\x42\x03" + bytes(8), WLAN)) == ["wlan", "llc", "data"]
    other = bytes.fromhex("aaaa03 00000c 2000")
    assert names(shown(head + other + bytes(8), WLAN)) == ["wlan", "llc", "data"]


def test_ethernet_with_a_length_carries_llc() -> None:
    body = SNAP + PACKET
    tree = shown(wire.eth(body, len(body)) + bytes(5), 1)
    assert names(tree) == ["eth", "llc", "ipv6", "icmpv6", "trailer"]
    assert reasons(tree) == []
    assert names(shown(wire.eth(body, 1501), 1)) == ["eth", "data"]
    cooked = bytes.fromhex("0000 0001 0006 0211223344550000 0004") + body
    assert names(shown(cooked, 113)) == ["sll", "llc", "ipv6", "icmpv6"]


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("0000 0700 00000000", "length is 7, 108 octets are there"),
        ("0000 ff00 00000000", "length is 255, 108 octets are there"),
    ],
)
def test_radiotap_that_does_not_fit(head: str, reason: str) -> None:
    frame = bytes.fromhex(head)
    frame += bytes(108 - len(frame))
    assert reasons(shown(frame, RADIOTAP)) == [reason]


def test_cut_frames_are_cut_and_not_malformed() -> None:
    head = struct.pack("<BBHIQB", 0, 0, 17, 3, 1, 0x10)
    frame = head + header(0x81, AP, STA, OTHER, subtype=8) + bytes(6) + SNAP + PACKET + b"fcs!"
    for kept in range(len(frame)):
        tree = shown(frame[:kept], RADIOTAP, len(frame))
        assert reasons(tree)
        assert all("cut by the snap length" in reason for reason in reasons(tree)), kept
