"""The decode command's two formats."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from netmip6scope.decode import decode_frame
from netmip6scope.errors import UsageError
from tests import wire

TAR, SAR = "2001:db8:3::4", "2001:db8:1::2"

TEXT = """\
Frame 1, link type 101, 1.500000000 s
Frame: 64 octets [0:64]
  Raw IP [0:0]
  IPv6: 2001:db8:3::4 > 2001:db8:1::2 [0:40]
    Version: 6 [0:1]
    Traffic Class: 0 [0:2]
    Flow Label: 0 [1:4]
    Payload Length: 24 octets [4:6]
    Next Header: icmpv6 (58) [6:7]
    Hop Limit: 255 [7:8]
    Source Address: 2001:db8:3::4 [8:24]
    Destination Address: 2001:db8:1::2 [24:40]
  ICMPv6: HO Request [40:64]
    Type: HO Request (200) [40:41]
    Code: 0 [41:42]
    Checksum: 45306 [42:44]
    HO Request [44:64]
      Identifier: 9 [44:46]
      Context request (C): set [46:47]
      Handoff request (H): set [46:47]
      Mobile Node Identifier Option: evil\\x1b@b [48:64]
        Type: 30 [48:49]
        Length: 2 [49:50]
        Option-Code: nai (1) [50:51]
        MN-ID Length: 7 octets [51:52]
        Identifier: evil\\x1b@b [52:59]
        Padding: 5 octets [59:64]
"""


@pytest.fixture
def capture(tmp_path: Path) -> str:
    key = bytes(4) + wire.context(5, struct.pack("!IBxxx", 256, 1) + b"secretkey!")
    frames = [
        wire.ho_request(TAR, SAR, 9, "evil\x1b@b"),
        wire.ipv6(SAR, TAR, 58, wire.icmp6(SAR, TAR, 201, 0, key)),
        wire.binding_update(SAR, TAR, "::", "a@b", 1, 600),
    ]
    path = tmp_path / "x.pcap"
    times = [(1_500_000_000 + place, frame) for place, frame in enumerate(frames)]
    path.write_bytes(wire.pcap(times, 101, snaplen=100))
    return str(path)


def test_text(capture: str) -> None:
    assert decode_frame(capture, 1, "text") == TEXT


def test_json(capture: str) -> None:
    whole = json.loads(decode_frame(capture, 1, "json"))
    assert (whole["frame"], whole["time_ns"], whole["link_type"]) == (1, 1_500_000_000, 101)
    option = whole["tree"]["children"][2]["children"][3]["children"][3]
    identifier = option["children"][4]
    assert identifier["filter"] == "icmpv6.opt.mn.value"
    assert identifier["value"] == "evil\\x1b@b"
    assert bytes.fromhex(identifier["hex"]) == b"evil\x1b@b"


@pytest.mark.parametrize("form", ["text", "json"])
def test_keys_are_in_no_output(capture: str, form: str) -> None:
    out = decode_frame(capture, 2, form)
    assert "secretkey" not in out
    assert b"secretkey".hex() not in out
    assert "(masked)" in out


def test_cut_frames_say_so(capture: str) -> None:
    out = decode_frame(capture, 3, "text")
    assert "  ! cut by the snap length: 100 of 136 octets (at octet 100)" in out


@pytest.mark.parametrize("frame", [-1, 0, 4])
def test_a_frame_that_is_not_there(capture: str, frame: int) -> None:
    with pytest.raises(UsageError, match=f"there is no frame {frame}"):
        decode_frame(capture, frame, "text")


def test_several_captures_are_refused(capture: str) -> None:
    other = Path(capture).with_name("y.pcap")
    other.write_bytes(Path(capture).read_bytes())
    with pytest.raises(UsageError, match="means 2 captures"):
        decode_frame(str(other.parent), 1, "text")


def fragments(tmp_path: Path, between_s: int) -> str:
    """An echo request in two fragments, with another packet between them."""
    echo = wire.icmp6(TAR, SAR, 128, 0, bytes(60))
    halves = [
        wire.ipv6(TAR, SAR, 44, struct.pack("!BBHI", 58, 0, offset | more, 5) + part)
        for offset, more, part in ((0, 1, echo[:32]), (32, 0, echo[32:]))
    ]
    frames = [(10**9, halves[0]), (10**9 + 1, wire.ho_request(TAR, SAR, 9, "a@b"))]
    frames.append((10**9 + between_s * 10**9, halves[1]))
    path = tmp_path / "fragments.pcap"
    path.write_bytes(wire.pcap(frames, 101))
    return str(path)


def test_earlier_fragments_are_taken(tmp_path: Path) -> None:
    capture = fragments(tmp_path, 1)
    assert "ICMPv6" not in decode_frame(capture, 1, "text")
    out = decode_frame(capture, 3, "text")
    assert "  Packet of 2 fragments: 64 octets [48:80]\n    ICMPv6: Echo Request [0:64]\n" in out
    tree = json.loads(decode_frame(capture, 3, "json"))["tree"]
    message = tree["children"][-1]["children"][0]
    # Type and code of an echo request; places count in the packet that was put together.
    assert (message["begin"], message["hex"][:4]) == (0, "8000")


def test_fragments_a_minute_apart_are_not_put_together(tmp_path: Path) -> None:
    assert "Packet of" not in decode_frame(fragments(tmp_path, 61), 3, "text")
