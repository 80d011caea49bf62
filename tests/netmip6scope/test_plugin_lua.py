"""The plugin's text runs in Lua 5.2 and in Lua 5.4, where its numbers are of two kinds."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from dissectors.profile import Profile
from netmip6scope.wireshark.plugin import lua_text
from tests import wire
from tests.conftest import NO_LUA, tshark_is_required
from tests.netmip6scope import shark
from tests.netmip6scope.shark import NAI, SAR, TAR
from tests.netmip6scope.test_plugin_messages import mangled, truncated

API = Path(__file__).with_name("wireshark_api.lua")
VERSIONS = ("lua5.2", "lua5.4")


def run(version: str, directory: Path, packets: list[bytes]) -> str:
    if shutil.which(version) is None:
        if tshark_is_required():
            pytest.fail(NO_LUA, pytrace=False)
        pytest.skip(NO_LUA)
    plugin = directory / "plugin.lua"
    plugin.write_text(lua_text(Profile()))
    done = subprocess.run(
        [version, str(API), str(plugin), *(packet.hex() for packet in packets)],
        capture_output=True,
        timeout=shark.LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_message_is_taken_apart(version: str, tmp_path: Path) -> None:
    packet = shark.ho_message(200, struct.pack("!HH", 9, 0x8001) + wire.nd_mn_id("a@b"), 64)
    # 40 octets of IPv6, 4 of ICMPv6; then Identifier, flags and reserved bits, and an option of 8.
    assert run(version, tmp_path, [packet]).splitlines() == [
        f"netmip6\t40\t16\t{packet[40:].hex()}",
        f"netmip6.ho_request\t44\t12\t{packet[44:].hex()}",
        "netmip6.ho_request.identifier\t44\t2\t0009",
        "netmip6.ho_request.c_flag\t46\t1\t80",
        "netmip6.ho_request.h_flag\t46\t1\t80",
        "netmip6.ho_request.reserved\t46\t2\t8001",
        "netmip6.expert.reserved\treserved bits are not zero",
        f"\t48\t8\t{packet[48:].hex()}",
        "text\tMobile Node Identifier Option",
        "netmip6.option.type\t48\t1\t1e",
        "netmip6.option.length\t49\t1\t01",
        "icmpv6.opt.mn.option_code\t50\t1\t01",
        "icmpv6.opt.mn.length\t51\t1\t03",
        "text\t octets",
        "icmpv6.opt.mn.value\t52\t3\t614062",
        "text\tIdentifier: a@b",
        "netmip6.padding\t55\t1\t00",
        "text\t octets",
        "text\t: a@b",
        "netmip6.expert.hop_limit\thop limit is 64, not 255",
        "columns\tNetMIPv6\tHO Request: Identifier 9, Context request (C)",
    ]


def test_both_show_the_same(tmp_path: Path) -> None:
    packets = [
        shark.ho_message(201, shark.everything()),
        wire.ho_request(TAR, SAR, 1, NAI),
        *truncated(),
        # The stand-in finds ICMPv6 behind the first header only.
        *(packet for packet in mangled(200) if packet[6] == 58 and packet[40] >= 200),
    ]
    first, second = (run(version, tmp_path, packets) for version in VERSIONS)
    assert first == second
    assert first.count("columns\tNetMIPv6") == len(packets)


@pytest.mark.parametrize("version", ["luac5.2", "luac5.4"])
def test_it_compiles(version: str, tmp_path: Path) -> None:
    if shutil.which(version) is None:
        if tshark_is_required():
            pytest.fail(NO_LUA, pytrace=False)
        pytest.skip(NO_LUA)
    plugin = tmp_path / "plugin.lua"
    plugin.write_text(lua_text(Profile()))
    done = subprocess.run([version, "-p", str(plugin)], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
