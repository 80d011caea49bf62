"""`decode --wireshark`: Wireshark's own tree in our form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from netmip6scope.decode import decode_frame
from tests import wire
from tests.netmip6scope import shark
from tests.netmip6scope.shark import NAI, SAR, TAR

pytestmark = pytest.mark.tshark

TEXT = """\
Frame 2, link type 101, 1000000000.000000001 s
Frame: 60 octets [0:60]
  Raw packet data [0:60]
  Internet Protocol Version 6, Src: 2001:db8:3::4, Dst: 2001:db8:1::2 [0:40]
    Version: 6 [0:1]
    Traffic Class: 0x00 (DSCP: CS0, ECN: Not-ECT) [0:4]
      Differentiated Services Codepoint: Default (0) [0:4]
      Explicit Congestion Notification: Not ECN-Capable Transport (0) [0:4]
    Flow Label: 0x00000 [1:4]
    Payload Length: 20 [4:6]
    Next Header: UDP (17) [6:7]
    Hop Limit: 64 [7:8]
    Source Address: 2001:db8:3::4 [8:24]
    Destination Address: 2001:db8:1::2 [24:40]
  User Datagram Protocol, Src Port: 5000, Dst Port: 6000 [40:48]
    Source Port: 5000 [40:42]
    Destination Port: 6000 [42:44]
    Length: 20 [44:46]
"""


@pytest.fixture
def capture(tmp_path: Path) -> str:
    datagram = wire.udp(TAR, SAR, 5000, 6000, b"evil\x1b[2J\xff\0ab")
    packets = [
        wire.ho_request(TAR, SAR, 1, NAI),
        wire.ipv6(TAR, SAR, 17, datagram),
        shark.ho_message(201, shark.everything()),
    ]
    return str(shark.write(tmp_path, packets))


def find(node: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in walk(node) if each["filter"] == name)


def walk(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *(each for child in node["children"] for each in walk(child))]


def test_text(capture: str) -> None:
    out = decode_frame(capture, 2, "text", wireshark=True)
    assert out.startswith(TEXT)
    assert "\x1b" not in out


def test_json(capture: str) -> None:
    whole = json.loads(decode_frame(capture, 2, "json", wireshark=True))
    assert (whole["frame"], whole["link_type"], whole["time_ns"]) == (2, 101, 10**18 + 1)
    port = find(whole["tree"], "udp.srcport")
    assert (port["label"], port["value"], port["text"]) == ("Source Port", "5000", "5000")
    assert (port["begin"], port["end"], port["hex"]) == (40, 42, "1388")
    data = find(whole["tree"], "data.data")
    assert bytes.fromhex(data["hex"]) == b"evil\x1b[2J\xff\0ab"


def test_our_plugin_takes_part(capture: str) -> None:
    out = decode_frame(capture, 1, "text", wireshark=True)
    assert f"Mobile Node Identifier Option: {NAI}" in out


@pytest.mark.parametrize("form", ["text", "json"])
def test_keys_are_in_no_output(form: str, capture: str) -> None:
    out = decode_frame(capture, 3, form, wireshark=True)
    assert "secretkey" not in out
    assert b"secretkey".hex() not in out
    assert b"secretkey".hex(":") not in out
    # Wireshark's own ICMPv6 shows all of the message as data.
    assert "Data: (masked)" in out if form == "text" else '"icmpv6.data"' in out
    assert "(masked)" in out


@pytest.mark.parametrize("form", ["text", "json"])
def test_keys_in_broken_frames_are_in_no_output(form: str, tmp_path: Path) -> None:
    whole = shark.ho_message(201, shark.everything())
    at = whole.index(b"secretkey")
    # Cut inside the key by the snap length; with a length that makes the option none.
    wrong = whole[: at - 11] + b"\xff" + whole[at - 10 :]
    cut = shark.write(tmp_path, [whole], snaplen=at + 6)
    (tmp_path / "wrong").mkdir()
    for path in (cut, shark.write(tmp_path / "wrong", [wrong])):
        out = decode_frame(str(path), 1, form, wireshark=True)
        assert "HO Response" in out
        for octets in (b"secret", b"ecretk"):
            assert octets.decode() not in out
            assert octets.hex() not in out
            assert octets.hex(":") not in out


def test_every_place_is_inside_the_frame(netmip6: Path) -> None:
    for frame in (20, 284, 286):
        path = str(netmip6 / "01_slaac_handoff.pcap")
        tree = json.loads(decode_frame(path, frame, "json", wireshark=True))["tree"]
        nodes = walk(tree)
        assert len(nodes) > 40
        assert all(0 <= node["begin"] <= node["end"] <= tree["end"] for node in nodes)
