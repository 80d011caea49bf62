"""The Wireshark plugin against vectors written by hand from WIRE.md and the RFCs."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest

from dissectors.profile import Profile
from netmip6scope.wireshark.plugin import plugin_fields
from tests import wire
from tests.netmip6scope import shark
from tests.netmip6scope.shark import MAC, NAI, SAR, TAR

pytestmark = pytest.mark.tshark

AS_ROOT = "Running as user"
BODY = 40 + 4
"""Where a message's body begins: behind IPv6's header and ICMPv6's first four octets."""

# (name, value, offset in the body, octets), counted by hand along WIRE.md. Each option's Type and
# Length stand in HEADS.
EVERYTHING = [
    ("ho_response.identifier", 7, 0, 2),
    ("ho_response.status", 0, 2, 1),
    # 4: Mobile Node Identifier, 2 + 2 + 17 octets of identifier, 24 in all
    ("icmpv6.opt.mn.option_code", 1, 6, 1),
    ("icmpv6.opt.mn.length", 17, 7, 1),
    ("icmpv6.opt.mn.value", NAI.encode(), 8, 17),
    ("padding", 3, 25, 3),
    # 28: Prefix Information, 32
    ("icmpv6.opt.prefix.length", 64, 30, 1),
    ("icmpv6.opt.prefix.flag.l", 1, 31, 1),
    ("icmpv6.opt.prefix.flag.a", 1, 31, 1),
    ("icmpv6.opt.prefix.flag.r", 0, 31, 1),
    ("icmpv6.opt.prefix.valid_lifetime", 7200, 32, 4),
    ("icmpv6.opt.prefix.preferred_lifetime", 3600, 36, 4),
    ("icmpv6.opt.prefix", wire.ip6("2001:db8:5::"), 44, 16),
    # 60: link-layer address, 8
    ("icmpv6.opt.src_linkaddr", MAC, 62, 6),
    # 68: Link-Layer Address (RFC 5568), 2 + 1 + 6 and zeros to 16, which belong to the address
    ("icmpv6.opt.lla.option_code", 1, 70, 1),
    ("icmpv6.opt.lla.bytes", MAC + bytes(7), 71, 13),
    # 84: home address, 2 + 2 + 16 and 4 zeros
    ("context.subtype", 1, 86, 1),
    ("context.pad", 4, 87, 1),
    ("context.home_address.address", wire.ip6("2001:db8::5"), 88, 16),
    ("padding", 4, 104, 4),
    # 108: home agent, 24
    ("context.subtype", 2, 110, 1),
    ("context.pad", 4, 111, 1),
    ("context.home_agent.address", wire.ip6("2001:db8::1"), 112, 16),
    ("padding", 4, 128, 4),
    # 132: IPv4 home address, 2 + 2 + 8 and 4 zeros
    ("context.subtype", 3, 134, 1),
    ("context.pad", 4, 135, 1),
    ("context.ipv4_home_address.prefix_length", 32, 136, 1),
    ("context.ipv4_home_address.address", wire.ip4("192.0.2.1"), 140, 4),
    ("padding", 4, 144, 4),
    # 148: binding, 2 + 2 + 8 and 4 zeros; 150 units of 4 s
    ("context.subtype", 4, 150, 1),
    ("context.pad", 4, 151, 1),
    ("context.binding.sequence", 9, 152, 2),
    ("context.binding.lifetime", 600, 154, 2),
    ("context.binding.remaining", 590, 156, 4),
    ("padding", 4, 160, 4),
    # 164: security association, 2 + 2 + 8 + 10 and 2 zeros
    ("context.subtype", 5, 166, 1),
    ("context.pad", 2, 167, 1),
    ("context.security.spi", 256, 168, 4),
    ("context.security.algorithm", 1, 172, 1),
    ("context.security.key", None, 176, 10),
    ("padding", 2, 186, 2),
    # 188: MAP, 2 + 2 + 32 and 4 zeros
    ("context.subtype", 6, 190, 1),
    ("context.pad", 4, 191, 1),
    ("context.map.map", wire.ip6("2001:db8::7"), 192, 16),
    ("context.map.rcoa", wire.ip6("2001:db8::8"), 208, 16),
    ("padding", 4, 224, 4),
    # 228: link session, 2 + 2 + 4 + 4 and 4 zeros
    ("context.subtype", 7, 230, 1),
    ("context.pad", 4, 231, 1),
    ("context.link.access", 2, 232, 1),
    ("context.link.authentication", 3, 233, 1),
    ("context.link.session", b"duid", 236, 4),
    ("padding", 4, 240, 4),
    # 244: replay state, 2 + 2 + 8 and 4 zeros
    ("context.subtype", 8, 246, 1),
    ("context.pad", 4, 247, 1),
    ("context.replay.timestamp", 0xDA00000080000000, 248, 8),
    ("padding", 4, 256, 4),
    # 260: a context that nobody knows, 2 + 2 + 3 and 1 zero
    ("context.subtype", 99, 262, 1),
    ("context.pad", 1, 263, 1),
    ("context.value", b"abc", 264, 3),
    ("padding", 1, 267, 1),
    # 268: an option that nobody knows, 2 + 3 and 3 zeros
    ("option", 77, 268, 8),
    ("data", b"xyz\0\0\0", 270, 6),
]
HEADS = [
    *((4, 30, 3), (28, 3, 4), (60, 1, 1), (68, 19, 2), (84, 253, 3), (108, 253, 3)),
    *((132, 253, 2), (148, 253, 2), (164, 253, 3), (188, 253, 5), (228, 253, 2)),
    *((244, 253, 2), (260, 253, 1), (268, 77, 1)),
]
"""(offset in the body, Type, Length) of each option."""


def full(name: str) -> str:
    return name if name.startswith("icmpv6.") else f"netmip6.{name}"


def value_of(item: shark.Item, like: object) -> object:
    """The item's value, read as the expected one is."""
    if isinstance(like, bytes):
        return bytes.fromhex(item.value)
    return None if like is None else int(item.text, 0)


def test_every_option_is_shown_with_its_place(tmp_path: Path) -> None:
    path = shark.write(tmp_path, [shark.ho_message(201, shark.everything())])
    (found,) = shark.plugin_shows(path, tmp_path)
    heads = [(name, v, at, 1) for o, t, n in HEADS for name, v, at in head_fields(o, t, n)]
    wanted = sorted(EVERYTHING + heads, key=lambda row: (row[2], row[0]))
    values = [item for item in found.items if item.name in plugin_fields()]
    assert len(values) == len(wanted)
    values.sort(key=lambda item: (item.begin, item.name.removeprefix("netmip6.")))
    for item, (name, value, begin, size) in zip(values, wanted, strict=True):
        assert item.name == full(name)
        assert (item.begin, item.size) == (BODY + begin, size), name
        assert value_of(item, value) == value, name
    assert found.warnings == []


def head_fields(offset: int, kind: int, length: int) -> list[tuple[str, int, int]]:
    return [("option.type", kind, offset), ("option.length", length, offset + 1)]


def test_enums_units_and_times_are_words(tmp_path: Path) -> None:
    path = shark.write(tmp_path, [shark.ho_message(201, shark.everything())])
    (found,) = shark.plugin_shows(path, tmp_path)
    for line in (
        "Status Code: success (0)",
        "Option-Code: nai (1)",
        "Algorithm: hmac sha1 96 (1)",
        "Access: dhcpv6 (2)",
        "Authentication: eap (3)",
        "Granted lifetime: 600 s",
        # NTP counts from 1900, 2208988800 s before 1970; 0x80000000 is half a second.
        # `date -u -d @$((0xDA000000 - 2208988800))` says the rest.
        "Timestamp: 2015-11-25 09:38:08.500000 UTC",
        f"Identifier: {NAI}",
    ):
        assert line in found.lines


def test_request_flags_and_columns(tmp_path: Path) -> None:
    packets = [
        wire.ho_request(TAR, SAR, 9, NAI, flags) for flags in (0xC000, 0x8000, 0x4000, 0x0000)
    ]
    path = shark.write(tmp_path, packets)
    shown = shark.plugin_shows(path, tmp_path)
    flags = [
        tuple(found.of(f"netmip6.ho_request.{letter}_flag")[0].text for letter in "ch")
        for found in shown
    ]
    assert [tuple(int(bit in ("1", "True")) for bit in pair) for pair in flags] == [
        *((1, 1), (1, 0)),
        *((0, 1), (0, 0)),
    ]
    words = shark.tshark(path, tmp_path, "-T", "fields", "-e", "_ws.col.Info").stdout.decode()
    assert words.splitlines()[0] == (
        "HO Request: Identifier 9, Context request (C), Handoff request (H)"
    )
    assert words.splitlines()[3] == "HO Request: Identifier 9"


@pytest.mark.parametrize(
    ("message", "kind", "text"),
    [
        (wire.ho_request(TAR, SAR, 1, NAI, 0xC001), "reserved", "reserved bits are not zero"),
        (
            shark.ho_message(200, struct.pack("!HH", 1, 0xC000) + wire.nd_mn_id(NAI), 64),
            "hop_limit",
            "hop limit is 64, not 255",
        ),
        (
            shark.ho_message(200, struct.pack("!HH", 1, 0xC000) + wire.nd_option(1, MAC)),
            "identity",
            "the option with the mobile node's identity is missing",
        ),
        (wire.ho_response(SAR, TAR, 1, NAI, status=5), "value", "value 5 is reserved"),
        (
            shark.ho_message(201, struct.pack("!HBB", 1, 0, 0) + b"\x1e\x00"),
            "malformed",
            "neighbor discovery option 30 has length 0",
        ),
        (
            shark.ho_message(201, struct.pack("!HBB", 1, 0, 0) + b"\x1e\x02" + bytes(6)),
            "malformed",
            "neighbor discovery option 30 needs 16 octets, 8 are there",
        ),
        (
            shark.ho_message(201, struct.pack("!HBB", 1, 0, 0) + b"\x1e"),
            "malformed",
            "neighbor discovery option needs 2 octets, 1 is there",
        ),
        (
            shark.ho_message(201, struct.pack("!HBB", 1, 0, 0) + b"\x1e\x01\x01\x05" + bytes(4)),
            "malformed",
            "the inner length runs out of the option",
        ),
        (
            shark.ho_message(201, struct.pack("!HBB", 1, 0, 0) + b"\xfd\x01\x01\x05" + bytes(4)),
            "malformed",
            "the inner length runs out of the option",
        ),
        (
            shark.ho_message(
                201, struct.pack("!HBB", 1, 0, 0) + b"\xfd\x02\x04\x00" + bytes(8) + b"\0\0\0\1"
            ),
            "malformed",
            "4 octets stand behind the last field",
        ),
        (
            shark.ho_message(201, struct.pack("!HBB", 1, 0, 0) + b"\x1e\x01\x01\x02ab\0\1"),
            "reserved",
            "padding is not zero",
        ),
        (shark.ho_message(200, b"\0\1\xc0"), "malformed", "HO Request needs 4 octets, 3 are there"),
        (shark.ho_message(201, b"\0\1"), "malformed", "HO Response needs 3 octets, 2 are there"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else value,
)
def test_what_is_wrong_is_said(message: bytes, kind: str, text: str, tmp_path: Path) -> None:
    (found,) = shark.plugin_shows(shark.write(tmp_path, [message]), tmp_path)
    assert (kind, text) in found.warnings


@pytest.mark.parametrize(
    "message",
    [
        wire.ho_request(TAR, SAR, 1, NAI),
        wire.ho_response(SAR, TAR, 1, NAI, hoa="2001:db8::5", ha="2001:db8::1"),
        # The draft's figure of an HO Response ends after the Status Code (WIRE.md).
        shark.ho_message(201, b"\0\1\1"),
    ],
    ids=["request", "response", "bare response"],
)
def test_nothing_is_said_about_a_right_message(message: bytes, tmp_path: Path) -> None:
    (found,) = shark.plugin_shows(shark.write(tmp_path, [message]), tmp_path)
    assert found.warnings == []
    assert found.items


def test_what_the_snap_length_cut_off_is_not_malformed(tmp_path: Path) -> None:
    path = shark.write(tmp_path, [wire.ho_request(TAR, SAR, 1, NAI)], snaplen=60)
    (found,) = shark.plugin_shows(path, tmp_path)
    assert found.warnings == [("cut", "options: cut by the snap length")]


def authentication_header(payload: bytes, next_header: int = 58) -> bytes:
    """RFC 4302 2: 12 octets and an ICV of 12; Payload Len counts 4 octets, less two."""
    return struct.pack("!BBHII", next_header, 4, 0, 4096, 1) + bytes(12) + payload


def test_messages_are_found_wherever_icmpv6_is(tmp_path: Path) -> None:
    request = wire.ho_request(TAR, SAR, 9, NAI)
    error = wire.ipv6(SAR, TAR, 58, wire.icmp6(SAR, TAR, 1, 0, bytes(4) + request), 64)
    behind_ah = wire.ipv6(TAR, SAR, 51, authentication_header(request[40:]), 255)
    packets = [
        behind_ah,
        wire.tunnel("2001:db8:9::1", "2001:db8:9::2", request),
        wire.tunnel("2001:db8:9::1", "2001:db8:9::2", behind_ah),
        error,
        wire.ipv4("192.0.2.1", "192.0.2.2", 41, request),
    ]
    # Octets before the message: 40 of IPv6, 24 of AH, 8 of an ICMPv6 error, 20 of IPv4.
    begins = [40 + 24, 40 + 40, 40 + 40 + 24, 40 + 8 + 40, 20 + 40]
    for found, begin in zip(
        shark.plugin_shows(shark.write(tmp_path, packets), tmp_path), begins, strict=True
    ):
        (identifier,) = found.of("netmip6.ho_request.identifier")
        assert (identifier.begin, identifier.text) == (begin + 4, "9")
        assert found.warnings == []


def test_hop_limit_is_that_of_the_message_and_not_of_the_tunnel(tmp_path: Path) -> None:
    body = struct.pack("!HH", 1, 0xC000) + wire.nd_mn_id(NAI)
    outer = ("2001:db8:9::1", "2001:db8:9::2")
    packets = [wire.tunnel(*outer, shark.ho_message(200, body, limit)) for limit in (255, 254)]
    shown = shark.plugin_shows(shark.write(tmp_path, packets), tmp_path)
    assert [found.warnings for found in shown] == [
        [],
        [("hop_limit", "hop limit is 254, not 255")],
    ]


def fragments(packet: bytes, size: int) -> list[bytes]:
    """RFC 8200 4.5: Next Header, Reserved, Offset in units of 8 octets with M, Identification."""
    payload, found = packet[40:], []
    for at in range(0, len(payload), size):
        more = at + size < len(payload)
        head = struct.pack("!BBHI", packet[6], 0, at | more, 77)
        found.append(wire.ipv6(TAR, SAR, 44, head + payload[at : at + size], packet[7]))
    return found


@pytest.mark.parametrize(("limit", "warnings"), [(255, 0), (64, 1)])
def test_a_message_in_fragments_is_shown_once_it_is_whole(
    limit: int, warnings: int, tmp_path: Path
) -> None:
    packet = shark.ho_message(201, shark.everything(), limit)
    shown = shark.plugin_shows(shark.write(tmp_path, fragments(packet, 96)), tmp_path)
    *before, last = shown
    assert all(found.items == [] for found in before)
    assert len(last.of("netmip6.context")) == 9
    assert [kind for kind, _ in last.warnings] == ["hop_limit"] * warnings


def test_a_quoted_message_is_cut_and_not_malformed(tmp_path: Path) -> None:
    request = wire.ho_request(TAR, SAR, 9, NAI)
    error = wire.ipv6(SAR, TAR, 58, wire.icmp6(SAR, TAR, 1, 0, bytes(4) + request[:60]), 64)
    (found,) = shark.plugin_shows(shark.write(tmp_path, [error]), tmp_path)
    assert found.warnings == [("cut", "options: cut where the quoted packet ends")]


def test_type_numbers_are_preferences(tmp_path: Path) -> None:
    body = struct.pack("!HH", 5, 0x8000) + wire.nd_mn_id(NAI)
    path = shark.write(tmp_path, [shark.ho_message(210, body, code=3), shark.ho_message(200, body)])
    name = "netmip6.ho_request.identifier"
    chosen = ["-o", "netmip6.ho_request_type:210", "-o", "netmip6.ho_request_code:3"]
    by_preference = shark.plugin_shows(path, tmp_path, *chosen)
    by_profile = shark.plugin_shows(
        path, tmp_path, profile=Profile(ho_request_type=210, ho_request_code=3)
    )
    by_default = shark.plugin_shows(path, tmp_path)
    assert [len(found.of(name)) for found in by_preference] == [1, 0]
    assert [len(found.of(name)) for found in by_profile] == [1, 0]
    assert [len(found.of(name)) for found in by_default] == [0, 1]


def test_key_octets_are_masked(tmp_path: Path) -> None:
    path = shark.write(tmp_path, [shark.ho_message(201, shark.everything())])
    (found,) = shark.plugin_shows(path, tmp_path)
    (key,) = found.of("netmip6.context.security.key")
    assert (key.text, key.value) == ("", "")
    assert "Key: (masked)" in found.lines
    assert not any("secretkey" in line or b"secretkey".hex() in line for line in found.lines)


def test_a_hostile_identifier_is_escaped(tmp_path: Path) -> None:
    identifier = b"a\x1b[2J\\\xe2\x80\xae"
    option = wire.nd_option(30, bytes((1, len(identifier))) + identifier)
    message = shark.ho_message(200, struct.pack("!HH", 1, 0xC000) + option)
    (found,) = shark.plugin_shows(shark.write(tmp_path, [message]), tmp_path)
    assert "Identifier: a\\x1b[2J\\x5c\\xe2\\x80\\xae" in found.lines


def test_the_authenticator_is_whole(tmp_path: Path) -> None:
    update = wire.binding_update(TAR, SAR, "2001:db8::5", NAI, 1, 600)
    (found,) = shark.plugin_shows(shark.write(tmp_path, [update]), tmp_path)
    # tests/wire.py: SPI 256 and 12 octets 00 to 0b at the packet's end, behind Type and Length.
    end = len(update)
    assert found.items == [
        shark.Item("netmip6.auth.subtype", "1", "01", end - 17, 1),
        shark.Item("netmip6.auth.mobility_spi", "256", "00000100", end - 16, 4),
        shark.Item(
            "netmip6.auth.auth_data",
            "00:01:02:03:04:05:06:07:08:09:0a:0b",
            bytes(range(12)).hex(),
            end - 12,
            12,
        ),
    ]
    assert "Subtype: mn ha (1)" in found.lines


@pytest.mark.parametrize("length", range(6))
def test_a_short_authentication_option_is_no_error(length: int, tmp_path: Path) -> None:
    body = struct.pack("!HHH", 1, 0xC000, 150)
    options = [(wire.option(9, bytes(length)), 4, 1)]
    update = wire.ipv6(TAR, SAR, 135, wire.mh(TAR, SAR, 5, body, options))
    (found,) = shark.plugin_shows(shark.write(tmp_path, [update]), tmp_path)
    # Subtype and SPI have five octets.
    short = [("malformed", f"Authentication needs 5 octets, {length} are there")]
    assert [warning for warning in found.warnings if warning[0] == "malformed"] == (
        short if length < 5 else []
    )


def test_it_loads_without_a_word(netmip6: Path, tmp_path: Path) -> None:
    done = shark.tshark(netmip6 / "01_slaac_handoff.pcap", tmp_path, "-V")
    said = [line for line in done.stderr.decode().splitlines() if not line.startswith(AS_ROOT)]
    assert said == []


def test_it_may_be_loaded_twice(tmp_path: Path) -> None:
    path = shark.write(tmp_path, [wire.ho_request(TAR, SAR, 9, NAI)])
    (tmp_path / "again.lua").write_bytes(b"")
    shark.tshark(path, tmp_path)
    again = tmp_path / "again.lua"
    again.write_bytes((tmp_path / "plugin.lua").read_bytes())
    (found,) = shark.plugin_shows(path, tmp_path, "-X", f"lua_script:{again}")
    assert len(found.of("netmip6.ho_request.identifier")) == 1


def test_every_field_is_registered_under_its_name(tmp_path: Path) -> None:
    shark.tshark(shark.write(tmp_path, []), tmp_path)
    done = subprocess.run(
        ["tshark", "-G", "fields", "-X", f"lua_script:{tmp_path / 'plugin.lua'}"],
        capture_output=True,
        timeout=shark.LIMIT_S,
        check=True,
    )
    rows = [line.split("\t") for line in done.stdout.decode().splitlines()]
    names = {row[2] for row in rows if row[0] == "F"}
    assert plugin_fields() - names == set()
