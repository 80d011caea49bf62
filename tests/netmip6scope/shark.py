"""Runs tshark with the plugin, and reads its PDML without the help of the packages under test."""

from __future__ import annotations

import os
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from dissectors.profile import Profile
from netmip6scope.wireshark.plugin import lua_text
from tests import wire

TAR, SAR = "2001:db8:3::4", "2001:db8:1::2"
NAI = "alice@example.net"
MAC = bytes.fromhex("020000000009")
LIMIT_S = 120
RAW_IP = 101


@dataclass(frozen=True)
class Item:
    """One line of Wireshark's tree."""

    name: str
    text: str
    value: str
    begin: int
    size: int


@dataclass(frozen=True)
class Shown:
    """What the plugin adds to a frame: fields in order, and warnings as (kind, text)."""

    items: list[Item]
    warnings: list[tuple[str, str]]
    lines: list[str]

    def of(self, name: str) -> list[Item]:
        return [item for item in self.items if item.name == name]


def ho_message(kind: int, body: bytes, hop_limit: int = 255, code: int = 0) -> bytes:
    return wire.ipv6(TAR, SAR, 58, wire.icmp6(TAR, SAR, kind, code, body), hop_limit)


def everything() -> bytes:
    """The body of an HO Response with every option of WIRE.md, each once, and two unknown ones."""
    return b"".join(
        (
            struct.pack("!HBB", 7, 0, 0),
            wire.nd_mn_id(NAI),
            wire.prefix_information("2001:db8:5::"),
            wire.nd_option(1, MAC),
            wire.nd_option(19, b"\x01" + MAC),
            wire.context(1, wire.ip6("2001:db8::5")),
            wire.context(2, wire.ip6("2001:db8::1")),
            wire.context(3, struct.pack("!BBH", 32, 0, 0) + wire.ip4("192.0.2.1")),
            wire.context(4, struct.pack("!HHI", 9, 150, 590)),
            wire.context(5, struct.pack("!IBxxx", 256, 1) + b"secretkey!"),
            wire.context(6, wire.ip6("2001:db8::7") + wire.ip6("2001:db8::8")),
            wire.context(7, struct.pack("!BBH", 2, 3, 0) + b"duid"),
            wire.context(8, struct.pack("!Q", 0xDA00000080000000)),
            wire.context(99, b"abc"),
            wire.nd_option(77, b"xyz"),
        )
    )


def write(directory: Path, packets: list[bytes], snaplen: int = 262144) -> Path:
    """A capture of IP packets."""
    path = directory / "packets.pcap"
    frames = [(10**18 + place, packet) for place, packet in enumerate(packets)]
    path.write_bytes(wire.pcap(frames, RAW_IP, snaplen=snaplen))
    return path


def tshark(
    path: Path, directory: Path, *options: str, profile: Profile | None = None
) -> subprocess.CompletedProcess[bytes]:
    """tshark with the plugin and none of this user's settings."""
    plugin = directory / "plugin.lua"
    plugin.write_text(lua_text(profile or Profile()))
    home = {"HOME": str(directory), "WIRESHARK_CONFIG_DIR": str(directory), "TZ": "UTC"}
    done = subprocess.run(
        ["tshark", "-n", "-X", f"lua_script:{plugin}", "-r", str(path), *options],
        env={**os.environ, **home},
        capture_output=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"lua error" not in (done.stdout + done.stderr).lower()
    return done


def plugin_shows(
    path: Path, directory: Path, *options: str, profile: Profile | None = None
) -> list[Shown]:
    """What the plugin adds to each frame of a capture."""
    done = tshark(path, directory, "-T", "pdml", "-J", "netmip6", *options, profile=profile)
    return [shown(packet) for packet in ET.fromstring(done.stdout).iter("packet")]


def shown(packet: ET.Element) -> Shown:
    items, warnings, lines = [], [], []
    for proto in packet.iter("proto"):
        if proto.get("name") != "netmip6":
            continue
        lines.append(proto.get("showname", ""))
        for field in proto.iter("field"):
            name = field.get("name", "")
            if name.startswith("netmip6.expert."):
                warnings.append((name.removeprefix("netmip6.expert."), field.get("showname", "")))
            elif not name.startswith("_ws."):
                items.append(item(field))
                lines.append(field.get("showname", ""))
    return Shown(items, warnings, lines)


def item(field: ET.Element) -> Item:
    words = (field.get(key, "") for key in ("name", "show", "value"))
    return Item(*words, int(field.get("pos", "0")), int(field.get("size", "0")))
