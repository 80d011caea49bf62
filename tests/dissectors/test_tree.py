"""The object lane: what it shows, and that it never raises."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dissectors.profile import Profile
from dissectors.tree import Node, decode
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.errors import InputError
from tests import wire

PROFILE = Profile()
AR, HA, HOA, TAR = "2001:db8:1::2", "2001:db8::1", "2001:db8:2::3", "2001:db8:3::4"
LINK_TYPES = (0, 1, 9, 12, 50, 51, 101, 104, 105, 108, 113, 127, 166, 228, 229, 276, 9999)
MOST_CUTS = 12


def nodes(tree: Node) -> Iterator[Node]:
    yield tree
    for child in tree.children:
        yield from nodes(child)


def sound(tree: Node, size: int) -> None:
    """Places lie in the frame, or in the octets that were put together around them."""
    assert 0 <= tree.begin <= tree.end <= size
    inside = size if tree.octets is None else len(tree.octets)
    assert all(0 <= anomaly.offset <= size for anomaly in tree.anomalies), tree.label
    assert tree.text.isprintable()
    for child in tree.children:
        sound(child, inside)


def shown(frame: bytes, link_type: int = 101, wire_length: int = 0) -> Node:
    tree = decode(frame, link_type, wire_length or len(frame), PROFILE)
    sound(tree, len(frame))
    return tree


def reasons(tree: Node) -> list[str]:
    return [anomaly.reason for node in nodes(tree) for anomaly in node.anomalies]


def texts(tree: Node) -> dict[str, str]:
    return {node.filter: node.text for node in nodes(tree) if not node.children}


def names(tree: Node) -> list[str]:
    return [child.name for child in tree.children]


def test_binding_update_reads_well() -> None:
    frame = wire.eth(wire.binding_update(AR, HA, HOA, "a\nb@c", 7, 600, hoa4="0.0.0.0"))
    tree = shown(frame, 1)
    assert reasons(tree) == []
    assert names(tree) == ["eth", "ipv6", "dstopts", "mh"]
    found = texts(tree)
    assert found["mip6.bu.seqnr"] == "7"
    assert found["mip6.bu.lifetime"] == "600 s"
    assert found["mip6.bu.a_flag"] == "set"
    assert found["mip6.acoa.acoa"] == AR
    assert found["mip6.mnid.identifier"] == "a\\x0ab@c"
    assert found["ipv6.opt.mipv6.home_address"] == HOA
    assert found["mip6.mseg_id.timestamp"] == "2015-11-25 09:38:08.000000 UTC"
    sequence = next(node for node in nodes(tree) if node.filter == "mip6.bu.seqnr")
    assert frame[sequence.begin : sequence.end] == b"\0\x07"


def test_binding_acknowledgement_of_a_refusal() -> None:
    tree = shown(wire.binding_ack(HA, AR, HOA, "a@b", 7, 0, status=144, hoa4="10.0.0.1"))
    assert reasons(tree) == []
    assert texts(tree)["mip6.ba.status"] == "mipv6 id mismatch (144)"
    assert texts(tree)["ipv6.routing.mipv6.home_address"] == HOA
    assert texts(tree)["mip6.ipv4ha.ha"] == "10.0.0.1"


def test_handoff_messages() -> None:
    request = shown(wire.ho_request(TAR, AR, 9, "a@b"))
    assert reasons(request) == []
    assert texts(request)["netmip6.ho_request.c_flag"] == "set"
    response = shown(wire.ho_response(AR, TAR, 9, "a@b", hoa=HOA, ha=HA, seq=4, hoa4="10.0.0.1"))
    assert reasons(response) == []
    found = texts(response)
    assert found["netmip6.context.home_address.address"] == HOA
    assert found["netmip6.context.binding.lifetime"] == "600 s"
    assert found["icmpv6.opt.mn.value"] == "a@b"


def test_bare_response_is_no_anomaly() -> None:
    frame = wire.ipv6(AR, TAR, 58, wire.icmp6(AR, TAR, 201, 0, bytes.fromhex("000903")))
    tree = shown(frame)
    assert reasons(tree) == []
    assert texts(tree)["netmip6.ho_response.status"] == "unable to locate context (3)"


def test_keys_are_masked() -> None:
    body = bytes(4) + wire.context(5, struct.pack("!IBxxx", 256, 1) + b"secretkey!")
    tree = shown(wire.ipv6(AR, TAR, 58, wire.icmp6(AR, TAR, 201, 0, body)))
    (key,) = [node for node in nodes(tree) if node.secret]
    assert (key.value, key.text) == (None, "(masked)")
    assert all(not isinstance(n.value, bytes) or b"secret" not in n.value for n in nodes(tree))


@pytest.mark.parametrize("inner", ["six", "four", "gre", "ah", "udp"])
def test_tunnels_are_followed(inner: str) -> None:
    echo = wire.ipv6(HOA, HA, 58, wire.icmp6(HOA, HA, 128, 0, bytes(8)))
    four = wire.ipv4("10.0.0.1", "10.0.0.2", 17, struct.pack("!HHHH", 1, 2, 12, 0) + b"data")
    gre = struct.pack("!HHI", 0x2000, 0x86DD, 77) + echo
    ah = struct.pack("!BBHII", 41, 4, 0, 4096, 1) + bytes(12) + echo
    frame = {
        "six": wire.tunnel(AR, HA, echo),
        "four": wire.tunnel(AR, HA, four),
        "gre": wire.ipv6(AR, HA, 47, gre),
        "ah": wire.ipv6(AR, HA, 51, ah),
        "udp": wire.ipv4(
            "192.0.2.1", "192.0.2.2", 17, struct.pack("!HHHH", 4191, 4191, 8 + len(echo), 0) + echo
        ),
    }[inner]
    tree = shown(frame)
    assert reasons(tree) == []
    last = "udp" if inner == "four" else "icmpv6"
    assert last in names(tree)
    if inner == "gre":
        assert texts(tree)["gre.key"] == "77"


def test_nesting_is_bounded() -> None:
    packet = wire.ipv6(AR, HA, 59, b"")
    for _ in range(40):
        packet = wire.tunnel(AR, HA, packet)
    tree = decode(packet, 101, len(packet), Profile(nesting=3))
    assert names(tree).count("ipv6") == 4
    assert reasons(tree) == ["nested deeper than 3, not followed"]


def test_a_chain_of_headers_ends() -> None:
    headers = b"\x3c\x00\x01\x04\0\0\0\0" * 500
    tree = shown(wire.ipv6(AR, HA, 60, headers))
    assert reasons(tree) == ["more than 128 headers, not followed"]


def test_quoted_packet_is_a_subtree() -> None:
    lost = wire.binding_update(AR, HA, HOA, "a@b", 7, 600)
    quoted = lost[:90]
    frame = wire.ipv6(HA, AR, 58, wire.icmp6(HA, AR, 1, 0, bytes(4) + quoted))
    tree = shown(frame)
    quote = next(node for node in nodes(tree) if node.name == "quote")
    assert names(quote) == ["ipv6", "dstopts", "mh"]
    assert all("cut where the quoted packet ends" in reason for reason in reasons(tree))
    assert reasons(tree)


def test_the_packet_in_a_redirect_is_a_subtree() -> None:
    """RFC 2461 4.6.3: type 4, six octets reserved, then as much of the packet as fits."""
    lost = wire.binding_update(AR, HA, HOA, "a@b", 7, 600)
    option = wire.nd_option(4, bytes(6) + lost)
    body = bytes(4) + wire.ip6("fe80::1") + wire.ip6(HA) + option
    frame = wire.ipv6("fe80::1", AR, 58, wire.icmp6("fe80::1", AR, 137, 0, body), 255)
    tree = decode(frame, 101, len(frame), Profile())
    quote = next(node for node in nodes(tree) if node.name == "quote")
    assert names(quote)[:3] == ["ipv6", "dstopts", "mh"]
    assert frame[quote.begin : quote.end].startswith(lost)
    assert reasons(tree) == []


def test_octets_behind_a_context_are_odd() -> None:
    """A home address has 16 octets (WIRE.md, context 1); Pad counts none of the others."""
    value = wire.ip6(HOA) + bytes(4)
    body = struct.pack("!HBB", 7, 0, 0) + wire.context(1, value)
    frame = wire.ipv6(AR, HA, 58, wire.icmp6(AR, HA, 201, 0, body), 255)
    tree = decode(frame, 101, len(frame), Profile())
    # IPv6, then ICMPv6 and HO Response with 8 octets, the option's head with 4, and the address.
    assert [(a.reason, a.offset) for node in nodes(tree) for a in node.anomalies] == [
        ("4 octets stand behind the last field", 40 + 8 + 4 + 16)
    ]


def test_wrong_checksums_are_told() -> None:
    frame = bytearray(wire.binding_update(AR, HA, HOA, "a@b", 7, 600))
    frame[75] ^= 1
    tree = shown(bytes(frame))
    assert reasons(tree) == ["checksum is wrong"]
    echo = bytearray(wire.ipv6(AR, HA, 58, wire.icmp6(AR, HA, 128, 0, bytes(8))))
    echo[-1] ^= 1
    assert reasons(shown(bytes(echo))) == ["checksum is wrong"]


def test_what_the_snap_length_cut_is_not_malformed() -> None:
    frame = wire.eth(wire.binding_update(AR, HA, HOA, "a@b", 7, 600))
    for kept in range(len(frame)):
        tree = shown(frame[:kept], 1, len(frame))
        assert reasons(tree)
        assert all("cut by the snap length" in reason for reason in reasons(tree)), kept


def test_padding_behind_the_packet_is_a_trailer() -> None:
    frame = wire.eth(wire.ipv6(AR, HA, 59, b"")) + bytes(6)
    tree = shown(frame, 1)
    assert names(tree) == ["eth", "ipv6", "trailer"]
    assert reasons(tree) == []


def test_payload_length_beyond_the_frame_is_malformed() -> None:
    frame = wire.ipv6(AR, HA, 58, wire.icmp6(AR, HA, 128, 0, bytes(8)))[:-4]
    assert "payload length is 12, 8 octets are there" in reasons(shown(frame))


@pytest.mark.parametrize(
    ("link_type", "head"),
    [
        (0, "1e000000"),
        (0, "0000001c"),
        (108, "0000001c"),
        (9, "0057"),
        (9, "57"),
        (50, "ff030057"),
        (50, "0f00 86dd"),
        (51, "1100 0001 003a 0057"),
        (104, "8f00 86dd"),
        (166, "00030057"),
        (166, "010357"),
        (113, "0000 0001 0006 0211223344550000 86dd"),
        (276, "86dd 0000 00000001 0001 00 06 0211223344550000"),
        (12, ""),
        (101, ""),
        (229, ""),
        (1, "020000000001 020000000002 88a8 0001 8100 0002 86dd"),
        (1, "020000000001 020000000002 8864 1100 0001 003a 0057"),
    ],
)
def test_link_types(link_type: int, head: str) -> None:
    packet = wire.ipv6(AR, HA, 58, wire.icmp6(AR, HA, 128, 0, bytes(12)))
    tree = shown(bytes.fromhex(head) + packet, link_type)
    assert names(tree)[-2:] == ["ipv6", "icmpv6"]
    assert reasons(tree) == []


def test_neighbours_are_shown_by_their_tables() -> None:
    arp = bytes.fromhex("0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002")
    tree = shown(wire.eth(arp, 0x0806), 1)
    assert texts(tree)["netmip6.arp.op"] == "1"
    assert texts(tree)["netmip6.arp.spa"] == "0a000001"
    tcp = shown(wire.ipv6(AR, HA, 6, struct.pack("!HHIIHHHH", 1, 2, 3, 4, 0x5010, 5, 0, 0)))
    assert texts(tcp)["tcp.dstport"] == "2"


@given(st.binary(max_size=200), st.sampled_from(LINK_TYPES), st.integers(0, 300))
@settings(max_examples=500)
def test_any_octets_give_a_tree(frame: bytes, link_type: int, wire_length: int) -> None:
    shown(frame, link_type, wire_length)


SEEDS = (
    wire.binding_update(AR, HA, HOA, "a@b", 7, 600, hoa4="10.0.0.1"),
    wire.binding_ack(HA, AR, HOA, "a@b", 7, 0, status=144, hoa4="10.0.0.1"),
    wire.ho_response(AR, TAR, 9, "a@b", hoa=HOA, ha=HA, seq=4, hoa4="10.0.0.1"),
    wire.tunnel(AR, HA, wire.router_advertisement(AR, HOA, "2001:db8:9::")),
)


@given(st.sampled_from(SEEDS), st.data())
@settings(max_examples=500)
def test_damaged_packets_give_a_tree(packet: bytes, data: st.DataObject) -> None:
    damaged = bytearray(packet)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(packet) - 1))] = data.draw(st.integers(0, 255))
    shown(bytes(damaged))


def every_frame(directory: Path, name: str = "*.pcap*") -> Iterator[tuple[bytes, int, int]]:
    for path in sorted(directory.rglob(name)):
        try:
            for batch in CaptureFile(Source(str(path))).batches():
                for row in range(len(batch)):
                    link_type = batch.interfaces[int(batch.interface[row])].link_type
                    yield batch.frame(row), link_type, int(batch.wirelen[row])
        except InputError:
            continue


def cuts(frame: bytes) -> range:
    return range(0, len(frame), max(1, len(frame) // MOST_CUTS))


def test_frames_of_our_captures_have_no_anomaly(netmip6: Path) -> None:
    frames = 0
    for frame, link_type, wire_length in every_frame(netmip6):
        frames += 1
        tree = shown(frame, link_type, wire_length)
        if wire_length == len(frame):
            assert reasons(tree) == []
    assert frames > 100


def test_cut_frames_of_our_captures(netmip6: Path) -> None:
    for place, (frame, link_type, wire_length) in enumerate(every_frame(netmip6)):
        if place % 5:
            continue
        for kept in cuts(frame):
            tree = shown(frame[:kept], link_type, wire_length)
            assert all("cut by the snap length" in reason for reason in reasons(tree))
            shown(frame[:kept], link_type)


@pytest.mark.public
def test_public_frames_give_a_tree(public_captures: Path) -> None:
    frames = 0
    for frame, link_type, wire_length in every_frame(public_captures):
        frames += 1
        shown(frame, link_type, wire_length)
        for kept in cuts(frame):
            shown(frame[:kept], link_type, wire_length)
            shown(frame[:kept], link_type)
    assert frames > 50
