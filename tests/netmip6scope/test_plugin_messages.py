"""The Wireshark plugin against our own tree: same fields, values and places, whatever the octets.

Both come from the same declarations by different ways: Lua in Wireshark and the object lane. What
the declarations themselves should say is tested by vectors (test_plugin.py, tests/dissectors).
"""

from __future__ import annotations

import random
import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from dissectors.node import Node
from dissectors.profile import Profile
from dissectors.tree import decode
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.wireshark.copies import copy
from netmip6scope.wireshark.plugin import declared_name, plugin_fields
from tests import wire
from tests.netmip6scope import shark
from tests.netmip6scope.shark import NAI, SAR, TAR

pytestmark = pytest.mark.tshark

DATA = Path(__file__).parents[1] / "data" / "netmip6"
CAPTURES = sorted(p for p in DATA.iterdir() if ".pcap" in p.name)
MESSAGES = ("netmip6.ho_request", "netmip6.ho_response")
KEY = "netmip6.context.security.key"
MALFORMED = ("malformed", "cut", "reserved")
"""Warnings that stand for anomalies; the others are about what a message means."""


def messages_in(node: Node) -> Iterator[Node]:
    if node.filter in MESSAGES:
        yield node
    for child in node.children:
        yield from messages_in(child)


def values_in(node: Node) -> Iterator[Node]:
    value = node.value is not None or (node.secret and not node.children)
    if value and node.filter in plugin_fields():
        yield node
    for child in node.children:
        yield from values_in(child)


def anomalies_in(node: Node) -> Iterator[str]:
    yield from (anomaly.reason for anomaly in node.anomalies)
    for child in node.children:
        yield from anomalies_in(child)


def same_value(node: Node, item: shark.Item, frame: bytes) -> bool:
    if node.secret:
        # In a broken frame we mask more than the key, for nobody can tell where that ends.
        return item.text == "" or item.name != KEY
    if isinstance(node.value, int):
        words = {"True": 1, "False": 0}
        return int(node.value) == words.get(item.text, int(item.text, 0))
    return frame[node.begin : node.end].hex() == item.value


def compare(path: Path, directory: Path) -> tuple[int, int]:
    """Hold every frame's messages equal; how many messages and values there were."""
    copied = copy(Source(str(path)), str(directory))
    assert copied.failure is None
    shown = iter(shark.plugin_shows(Path(copied.path), directory))
    messages = values = 0
    for batch in CaptureFile(Source(copied.path)).batches():
        for row in range(len(batch)):
            frame = batch.frame(row)
            link_type = batch.interfaces[int(batch.interface[row])].link_type
            tree = decode(frame, link_type, int(batch.wirelen[row]), Profile())
            found = list(messages_in(tree))
            messages += len(found)
            values += same(found, next(shown), frame)
    assert next(shown, None) is None
    return messages, values


def same(messages: list[Node], shown: shark.Shown, frame: bytes) -> int:
    ours = [node for message in messages for node in values_in(message)]
    theirs = [item for item in shown.items if declared_name(item.name) in plugin_fields()]
    assert [(n.filter, n.begin, n.end - n.begin) for n in ours] == [
        (declared_name(i.name), i.begin, i.size) for i in theirs
    ]
    for node, item in zip(ours, theirs, strict=True):
        assert same_value(node, item, frame), (node, item)
    said = Counter(text for kind, text in shown.warnings if kind in MALFORMED)
    wanted = Counter(reason for message in messages for reason in anomalies_in(message))
    # The plugin may say more: see test_what_is_wrong_is_said.
    assert wanted <= said
    return len(ours)


@pytest.mark.parametrize("path", CAPTURES, ids=lambda p: p.name)
def test_captures(path: Path, tmp_path: Path) -> None:
    messages, values = compare(path, tmp_path)
    if "HA" not in path.name:  # the home agent sees no handoff signalling
        assert messages
        assert values > messages


def bodies() -> list[tuple[int, bytes]]:
    request = struct.pack("!HH", 1, 0xC000) + wire.nd_mn_id(NAI) + wire.nd_option(1, shark.MAC)
    return [(200, request), (201, shark.everything())]


def truncated() -> list[bytes]:
    return [shark.ho_message(k, body[:n]) for k, body in bodies() for n in range(len(body) + 1)]


def flipped() -> list[bytes]:
    """Every single bit of both messages."""
    packets = []
    for kind, body in bodies():
        for bit in range(8 * len(body)):
            octets = bytearray(body)
            octets[bit // 8] ^= 0x80 >> bit % 8
            packets.append(shark.ho_message(kind, bytes(octets)))
    return packets


def mangled(count: int) -> list[bytes]:
    """Seeded damage: octets that mean lengths and types, cut tails, wrong lengths, odd places."""
    choose = random.Random(4)
    packets = []
    for _ in range(count):
        kind, body = choose.choice(bodies())
        octets = bytearray(body)
        for _ in range(choose.randrange(1, 6)):
            octets[choose.randrange(len(octets))] = choose.choice((0, 1, 30, 253, 255))
        packet = shark.ho_message(kind, bytes(octets[: choose.randrange(len(octets)) or None]))
        place = choose.randrange(4)
        if place == 0:
            packet = wire.tunnel("2001:db8:9::1", "2001:db8:9::2", packet)
        elif place == 1:
            quote = bytes(4) + packet[: choose.randrange(len(packet))]
            packet = wire.ipv6(SAR, TAR, 58, wire.icmp6(SAR, TAR, 1, 0, quote))
        elif place == 2:
            packet = packet[:4] + struct.pack("!H", choose.randrange(400)) + packet[6:]
        packets.append(packet)
    return packets


@pytest.mark.parametrize(
    ("packets", "snaplen"),
    [
        pytest.param(truncated(), 262144, id="every truncation"),
        pytest.param(truncated(), 97, id="every truncation, snapped"),
        pytest.param(flipped(), 262144, id="every bit flip"),
        pytest.param(mangled(800), 262144, id="mangled"),
        pytest.param(mangled(800), 97, id="mangled and snapped"),
    ],
)
def test_hostile_messages(packets: list[bytes], snaplen: int, tmp_path: Path) -> None:
    # shark.tshark fails the test on a Lua error.
    messages, values = compare(shark.write(tmp_path, packets, snaplen), tmp_path)
    assert messages > len(packets) // 2
    assert values > 3 * messages
