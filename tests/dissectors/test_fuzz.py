"""Damaged frames of all captures and vectors: no exception leaves the object lane."""

from __future__ import annotations

from pathlib import Path

import pytest

from dissectors.fragments import Fragments
from tests import wire
from tests.conftest import find_public_captures
from tests.dissectors.fuzzing import NODES_MORE, NODES_PER_OCTET, Seed, check, cost, fuzz
from tests.dissectors.test_tree import AR, HA, HOA, every_frame
from tests.netmip6scope.test_tshark_layers import MADE

FRAMES = 6000
PARTS = 4


def seeds(netmip6: Path) -> list[Seed]:
    found = [(frame, link_type) for make, link_type in MADE.values() for frame in make()]
    update = wire.binding_update(AR, HA, HOA, "a@b", 7, 600, hoa4="10.0.0.1")
    found += [
        (update, 101),
        (wire.binding_ack(HA, AR, HOA, "a@b", 7, 0, status=144, hoa4="10.0.0.1"), 101),
        (wire.ho_response(AR, HA, 9, "a@b", hoa=HOA, ha=HA, seq=4, hoa4="10.0.0.1"), 101),
        (wire.tunnel(AR, HA, wire.router_advertisement(AR, HOA, "2001:db8:9::")), 101),
        (wire.ipv6(HA, AR, 58, wire.icmp6(HA, AR, 1, 0, bytes(4) + update)), 101),
    ]
    public = find_public_captures()
    for directory in (netmip6, public):
        if directory is not None:
            frames = [(frame, link_type) for frame, link_type, _ in every_frame(directory)]
            # Most frames of a capture are user packets, which are all alike.
            found += frames[:: max(1, len(frames) // 400)]
    return found


@pytest.mark.parametrize("part", range(PARTS))
def test_damaged_frames(part: int, netmip6: Path) -> None:
    worst = fuzz(seeds(netmip6), FRAMES // PARTS, seed=part)
    assert worst.frames == FRAMES // PARTS


def option(number: int, body: bytes) -> bytes:
    return number.to_bytes(2, "big") + len(body).to_bytes(2, "big") + body


def udp6(port: int, payload: bytes) -> bytes:
    head = b"\0\0" + port.to_bytes(2, "big") + (8 + len(payload)).to_bytes(2, "big") + b"\0\0"
    return wire.ipv6(AR, HA, 17, head + payload)


def nested(number: int, depth: int, head: bytes = b"") -> bytes:
    inside = b""
    for _ in range(depth):
        inside = option(number, head + inside)
    return inside


COSTLY = {
    "empty DHCPv6 options": udp6(547, b"\1\0\0\0" + bytes(60_000)),
    "nested DHCPv6 containers": udp6(547, b"\1\0\0\0" + nested(50, 15_000)),
    "relays in relays": udp6(547, b"\x0c" + bytes(33) + nested(9, 1600, b"\x0c" + bytes(33))),
    "associations in associations": udp6(547, b"\1\0\0\0" + nested(3, 3700, bytes(12))),
    "empty RADIUS attributes": udp6(1812, b"\1\1\xff\xff" + bytes(16) + b"\1\2" * 30_000),
    "one-octet DHCPv4 padding": udp6(67, b"\1" + bytes(235) + b"\x63\x82\x53\x63" + bytes(60_000)),
    "grouped AVPs in each other": wire.ipv6(
        AR,
        HA,
        6,
        b"\x0f\x1c\x0f\x1c"
        + bytes(8)
        + b"\x50\x10"
        + bytes(6)
        + b"\x01\x00\xff\xec"
        + bytes(16)
        + b"".join(b"\0\0\x01\xe6\x40" + (60_000 - 8 * n).to_bytes(3, "big") for n in range(7_500)),
    ),
    "Pad1 in destination options": wire.ipv6(AR, HA, 60, b"\x3b\xff" + bytes(2046)),
    "mobility options of unsure length": wire.ipv6(
        AR, HA, 135, b"\x3b\xff\x05\0" + bytes(8) + b"\x07\0" * 1018
    ),
    "chains of mobility headers": wire.ipv6(
        AR, HA, 135, (b"\x87\x1f\x05\0" + bytes(8) + b"\x07\0" * 122) * 200
    ),
    "tunnels in tunnels": wire.ipv6(AR, HA, 41, (wire.ipv6(AR, HA, 41, b"")) * 1000),
    "SCTP chunks": wire.ipv6(AR, HA, 132, bytes(12) + b"\x03\0\0\4" * 15_000),
    "errors that quote errors": b"".join(
        wire.ipv6(AR, HA, 58, b"\1" + bytes(7))[:48] for _ in range(1000)
    ),
}


@pytest.mark.parametrize("name", COSTLY)
def test_frames_that_are_made_to_cost(name: str) -> None:
    frame = COSTLY[name]
    nodes, held = cost(check(frame, 101, len(frame), Fragments(), 0))
    assert nodes <= NODES_PER_OCTET * len(frame) + NODES_MORE
    assert held <= 40 * len(frame)
