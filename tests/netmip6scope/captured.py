"""Capture files read block by block, without the reader of the package under test.

After draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng; for what tests write and are given.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

NS = 1_000_000_000


@dataclass(frozen=True)
class Frame:
    time_ns: int
    octets: bytes
    wirelen: int
    interface: int = 0
    comment: str | None = None


@dataclass(frozen=True)
class Interface:
    name: str | None
    link_type: int
    resolution: int
    comment: str | None


@dataclass(frozen=True)
class Capture:
    interfaces: list[Interface]
    frames: list[Frame]


def read(path: Path) -> Capture:
    octets = path.read_bytes()
    return _pcapng(octets) if octets[:4] == b"\n\r\r\n" else _pcap(octets)


def _pcap(octets: bytes) -> Capture:
    order = "<" if octets[:4] in (b"\x4d\x3c\xb2\xa1", b"\xd4\xc3\xb2\xa1") else ">"
    magic, link_type = struct.unpack_from(order + "I16xI", octets)
    unit = 1 if magic == 0xA1B23C4D else 1000
    frames, at = [], 24
    while at < len(octets):
        seconds, fraction, kept, wirelen = struct.unpack_from(order + "IIII", octets, at)
        time_ns = seconds * NS + fraction * unit
        frames.append(Frame(time_ns, octets[at + 16 : at + 16 + kept], wirelen))
        at += 16 + kept
    return Capture([Interface(None, link_type, 6, None)], frames)


def _pcapng(octets: bytes) -> Capture:
    assert octets[8:12] == b"\x4d\x3c\x2b\x1a", "little-endian files alone"
    capture, at = Capture([], []), 0
    while at < len(octets):
        kind, length = struct.unpack_from("<II", octets, at)
        assert length % 4 == 0
        assert struct.unpack_from("<I", octets, at + length - 4) == (length,)
        body = octets[at + 8 : at + length - 4]
        if kind == 1:
            options = _options(body[8:])
            (resolution,) = options.get(9, b"\x06")
            link_type = int.from_bytes(body[:2], "little")
            name, comment = _text(options, 2), _text(options, 1)
            capture.interfaces.append(Interface(name, link_type, resolution, comment))
        elif kind == 6:
            interface, high, low, kept, wirelen = struct.unpack_from("<IIIII", body)
            ticks = NS // 10 ** capture.interfaces[interface].resolution
            time_ns = (high << 32 | low) * ticks
            comment = _text(_options(body[20 + kept + -kept % 4 :]), 1)
            frame = Frame(time_ns, body[20 : 20 + kept], wirelen, interface, comment)
            capture.frames.append(frame)
        at += length
    return capture


def _text(options: dict[int, bytes], code: int) -> str | None:
    return options[code].decode() if code in options else None


def _options(octets: bytes) -> dict[int, bytes]:
    found, at = {}, 0
    while at < len(octets):
        code, length = struct.unpack_from("<HH", octets, at)
        found[code] = octets[at + 4 : at + 4 + length]
        at += 4 + length + -length % 4
    return found
