"""Keys that travel in HO Responses reach no output, whatever is done to the frame."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from ipaddress import IPv6Address

import pytest

from dissectors.authentication.algorithms import ENCRYPTIONS, INTEGRITIES
from dissectors.authentication.checks import Checks
from dissectors.authentication.keys import EspKey, Keys
from dissectors.authentication.secret import Secret
from dissectors.profile import Profile
from dissectors.tree import Node, decode
from netmip6scope.decode import as_json, as_text
from tests import wire
from tests.dissectors import secured

SAR, TAR, HA, HOA = "2001:db8:1::2", "2001:db8:3::4", "2001:db8::1", "2001:db8:100::1"
KEY = bytes.fromhex("c0ffee11d00dfeed8badf00dcafe5eed")
MAC_KEY, SPI = bytes(range(0xE0, 0xF4)), 4096
RUN = 3
"""So many octets of the key in a row are a leak."""


def context(key: bytes = KEY, pad: int | None = None) -> bytes:
    """WIRE.md, subtype 5: SPI, algorithm, key."""
    option = wire.context(5, struct.pack("!IBxxx", 256, 1) + key)
    return option if pad is None else option[:3] + bytes((pad,)) + option[4:]


def response(option: bytes) -> bytes:
    """ICMPv6 with contexts in front of the key and behind it."""
    body = struct.pack("!HBB", 7, 0, 0) + wire.nd_mn_id("a@b.c") + wire.context(1, wire.ip6(HOA))
    body += option + wire.context(2, wire.ip6(HA)) + wire.context(8, bytes(range(1, 9)))
    return wire.icmp6(SAR, TAR, 201, 0, body)


ICMPV6 = response(context())
PACKET = wire.ipv6(SAR, TAR, 58, ICMPV6, 255)


def shown(frame: bytes, length: int = 0, keys: Keys | None = None) -> tuple[Node, str]:
    """The tree, and both outputs together without what may stand between hex digits."""
    tree = decode(frame, 101, length or len(frame), Profile(), Checks(keys))
    out = "\n".join(as_text(tree)) + json.dumps(as_json(tree, frame))
    return tree, out.replace(":", "").replace(" ", "")


def leaks(out: str, key: bytes = KEY) -> bool:
    """Hex, base64 and printable octets, of any part of the key that is long enough."""
    for at in range(len(key) - RUN + 1):
        part = key[at : at + RUN]
        if part.hex() in out.lower() or part.decode("latin-1") in out:
            return True
    return any(base64.b64encode(key[at:]).decode()[:8] in out for at in range(3))


def nodes(tree: Node) -> Iterator[Node]:
    yield tree
    for child in tree.children:
        yield from nodes(child)


def test_a_leak_would_be_seen() -> None:
    out = shown(wire.ipv6(SAR, TAR, 58, wire.icmp6(SAR, TAR, 250, 0, KEY)))[1]
    assert leaks(out)
    assert leaks(base64.b64encode(b"x" + KEY).decode())
    assert leaks(KEY.decode("latin-1"))


def test_a_whole_response_shows_all_but_the_key() -> None:
    tree, out = shown(PACKET)
    assert not leaks(out)
    assert [node.name for node in nodes(tree) if node.secret] == ["key"]
    values = {node.filter: node.value for node in nodes(tree)}
    assert values["netmip6.context.home_address.address"] == HOA
    assert values["netmip6.context.security.spi"] == 256
    assert values["netmip6.context.home_agent.address"] == HA
    assert values["netmip6.context.replay.timestamp"] == 0x0102030405060708


def test_what_is_around_the_key_has_no_hex() -> None:
    whole = as_json(shown(PACKET)[0], PACKET)
    around = [whole]
    while around[-1]["children"]:
        inside = [c for c in around[-1]["children"] if c["hex"] is None]
        if not inside:
            break
        around += inside
    assert [part["name"] for part in around] == ["frame", "icmpv6", "message", "option", "key"]


def test_no_flip_of_a_bit_shows_the_key() -> None:
    for bit in range(len(PACKET) * 8):
        assert not leaks(shown(secured.flipped(PACKET, bit))[1]), bit


def test_no_cut_shows_the_key() -> None:
    """By the snap length, and of frames that end early."""
    for size in range(len(PACKET)):
        assert not leaks(shown(PACKET[:size], len(PACKET))[1]), size
        assert not leaks(shown(PACKET[:size])[1]), size


def test_no_payload_length_shows_the_key() -> None:
    """What it leaves out becomes a trailer."""
    for length in range(len(PACKET)):
        frame = PACKET[:4] + struct.pack("!H", length) + PACKET[6:]
        assert not leaks(shown(frame)[1]), length


@pytest.mark.parametrize("pad", range(1, 17))
def test_no_pad_count_shows_the_key(pad: int) -> None:
    option = context(KEY, pad)
    assert not leaks(shown(wire.ipv6(SAR, TAR, 58, response(option), 255))[1])


@pytest.mark.parametrize("length", range(12))
def test_no_option_length_shows_the_key(length: int) -> None:
    option = context()
    packet = wire.ipv6(SAR, TAR, 58, response(option[:1] + bytes((length,)) + option[2:]), 255)
    assert not leaks(shown(packet)[1])


@pytest.mark.parametrize("size", range(0, 120, 8))
def test_no_fragment_shows_the_key(size: int) -> None:
    for offset, part in ((0, ICMPV6[:size]), (size, ICMPV6[size:])):
        head = struct.pack("!BBHI", 58, 0, offset | (offset == 0), 1)
        out = shown(wire.ipv6(SAR, TAR, 44, head + part, 255))[1]
        assert not leaks(out)


@pytest.mark.parametrize("size", [64, 72])
def test_no_fragment_under_ah_shows_the_key(size: int) -> None:
    whole = secured.ah(58, SPI, 1, bytes(12)) + ICMPV6
    head = struct.pack("!BBHI", 51, 0, size, 1)
    assert not leaks(shown(wire.ipv6(SAR, TAR, 44, head + whole[size:], 255))[1])


def test_other_fragments_are_shown() -> None:
    head = struct.pack("!BBHI", 17, 0, 8, 1)
    assert leaks(shown(wire.ipv6(SAR, TAR, 44, head + KEY))[1])


@pytest.mark.parametrize(
    "frame",
    [
        wire.ipv6(SAR, TAR, 51, secured.ah(58, SPI, 1, bytes(12)) + ICMPV6, 255),
        wire.tunnel(SAR, TAR, PACKET),
        wire.ipv6(TAR, SAR, 58, wire.icmp6(TAR, SAR, 1, 0, bytes(4) + PACKET)),
        wire.ipv6(TAR, SAR, 58, wire.icmp6(TAR, SAR, 1, 0, bytes(4) + PACKET[:-30])),
        wire.ipv6(SAR, TAR, 58, wire.icmp6(SAR, TAR, 201, 1, ICMPV6[4:])),
        wire.ipv6(SAR, TAR, 17, wire.udp(SAR, TAR, 5000, 5001, PACKET)),
        wire.ipv6(SAR, TAR, 50, secured.esp_null(SPI, 1, secured.esp_plain(58, ICMPV6), MAC_KEY)),
    ],
    ids=["AH", "tunnel", "quoted", "quoted in part", "other code", "UDP", "ESP NULL"],
)
def test_no_way_of_carrying_shows_the_key(frame: bytes) -> None:
    for size in (len(frame), len(frame) - 20):
        assert not leaks(shown(frame[:size], len(frame))[1])


def test_what_esp_carried_is_masked_too() -> None:
    body = secured.esp_null(SPI, 1, secured.esp_plain(58, ICMPV6), MAC_KEY)
    frame = wire.ipv6(SAR, TAR, 50, body)
    mac = INTEGRITIES["hmac-sha1-96"]
    esp = EspKey(SPI, IPv6Address(TAR), ENCRYPTIONS["null"], integrity=mac, key=Secret(MAC_KEY))
    tree, out = shown(frame, 0, Keys(esp=[esp]))
    assert "netmip6.context.security.key" in {node.filter for node in nodes(tree)}
    assert not leaks(out)
    assert not leaks(out, MAC_KEY)
    for bit in range(len(frame) * 8):
        assert not leaks(shown(secured.flipped(frame, bit), 0, Keys(esp=[esp]))[1]), bit
