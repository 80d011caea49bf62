"""Tables with a key file: wrong authenticators are findings, and what ESP carries is read."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from ipaddress import IPv6Address
from pathlib import Path

import pytest

from netmip6scope.cli.main import main
from netmip6scope.pipeline import analyse
from tests import wire
from tests.dissectors import secured
from tests.netmip6scope.test_aside_rows import cells, frames, is_signalling, texts

DATA = Path(__file__).parents[1] / "data" / "netmip6"
SINGLE = sorted(
    path for path in DATA.glob("*.truth.json") if len(json.loads(path.read_text())["captures"]) == 1
)
KEY = bytes.fromhex("d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a6b7c8d9ea")
SPI = 4096
OUTER = ("2001:db8:ffff::1", "2001:db8:ffff::2")


def codes(truth: Path, keys: str) -> Counter[str]:
    (capture,) = json.loads(truth.read_text())["captures"]
    table = analyse([str(DATA / capture)], "findings", keys_path=keys).table
    found: Counter[str] = Counter()
    for code, text in zip(texts(table, "code"), texts(table, "text"), strict=True):
        # A message that was sent again is counted.
        again = re.search(r"; (\d+) times$", text)
        found[code] += int(again[1]) if again else 1
    return found


def key_file(truth: Path) -> Path:
    return DATA / truth.name.replace(".truth.json", ".keys.toml")


def wrong(text: str, kind: str) -> str:
    """The key file with the first octet of every key of a kind changed."""
    entry = re.compile(rf'(\[\[{kind}\]\][^\[]*?\bkey = ")([0-9a-f]{{2}})')
    return entry.sub(lambda m: f"{m[1]}{int(m[2], 16) ^ 1:02x}", text)


@pytest.mark.parametrize("truth", SINGLE, ids=lambda path: path.name)
def test_right_keys_find_nothing(truth: Path) -> None:
    found = codes(truth, str(key_file(truth)))
    assert found["BU-BAD-AUTH"] == found["HO-BAD-AH"] == 0


@pytest.mark.parametrize("truth", SINGLE, ids=lambda path: path.name)
def test_every_update_is_wrong_under_a_wrong_key(truth: Path, tmp_path: Path) -> None:
    """All Binding Updates of these captures have RFC 4285's option (README.md beside them).

    The keys are an access router's each; where it registers from an RCoA none is known.
    """
    path = tmp_path / "keys.toml"
    text = key_file(truth).read_text()
    path.write_text(wrong(text, "mn_ha"))
    found = codes(truth, str(path))
    whole = json.loads(truth.read_text())
    messages = analyse([str(DATA / whole["captures"][0])], "messages").table
    sources = [
        src
        for src, kind in zip(texts(messages, "src"), texts(messages, "kind"), strict=True)
        if kind == "bu"
    ]
    assert len(sources) == whole["messages"]["bu"]
    known = [src for src in sources if f'ar = "{src}"' in text]
    assert found["BU-BAD-AUTH"] == len(known) >= 2
    assert len(known) == len(sources) or "hmipv6" in truth.name
    assert found["HO-BAD-AH"] == 0


@pytest.mark.parametrize("name", ["01_slaac_handoff", "05_ho_refused"])
def test_every_handoff_message_is_wrong_under_a_wrong_key(name: str, tmp_path: Path) -> None:
    """All of these have an Authentication Header: HO-NO-AH is none of their findings."""
    truth = DATA / f"{name}.truth.json"
    path = tmp_path / "keys.toml"
    path.write_text(wrong(key_file(truth).read_text(), "ah"))
    messages = json.loads(truth.read_text())["messages"]
    found = codes(truth, str(path))
    assert found["HO-BAD-AH"] == messages["ho-request"] + messages["ho-response"] > 0
    assert found["BU-BAD-AUTH"] == found["HO-NO-AH"] == 0


@pytest.mark.parametrize("command", ["messages", "sessions", "handoffs", "findings"])
def test_commands_take_keys_and_tell_none(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "keys.toml"
    text = wrong((DATA / "01_slaac_handoff.keys.toml").read_text(), "mn_ha")
    path.write_text(text)
    assert main([command, str(DATA / "01_slaac_handoff.pcap"), "--keys", str(path)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert ("BU-BAD-AUTH" in out) == (command != "messages")
    assert not any(key in out for key in re.findall(r'(?:key|secret) = "(.*)"', text))
    assert main([command, str(DATA / "01_slaac_handoff.pcap"), "--keys", "none.toml"]) == 2


def esp(next_header: int, payload: bytes) -> bytes:
    return secured.esp_null(SPI, 1, secured.esp_plain(next_header, payload), KEY)


def transport(packet: bytes) -> bytes:
    """ESP behind the headers that are for the network (RFC 4303 3.1.1)."""
    head = bytearray(packet[:40] if packet[6] == 135 else packet[:64])
    place = 6 if len(head) == 40 else 40
    following, head[place] = head[place], 50
    inside = esp(following, packet[len(head) :])
    head[4:6] = (len(head) - 40 + len(inside)).to_bytes(2)
    return bytes(head) + inside


def tunnel(packet: bytes) -> bytes:
    return wire.ipv6(*OUTER, 50, esp(41, packet))


HOW: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    "transport mode": (transport, bytes),
    "tunnel mode": (tunnel, lambda packet: wire.tunnel(*OUTER, packet)),
}
"""A packet in ESP, and the same without."""


@pytest.mark.parametrize("how", HOW)
def test_signalling_in_esp_tells_the_same(how: str, tmp_path: Path) -> None:
    secret, plain = HOW[how]
    captured: dict[str, list[tuple[int, bytes]]] = {"secret": [], "plain": []}
    destinations = set()
    for time_ns, frame in frames(DATA / "01_slaac_handoff.pcap"):
        link, packet = frame[:14], frame[14:]
        protected, bare = packet, packet
        if is_signalling(frame):
            protected, bare = secret(packet), plain(packet)
            destinations.add(IPv6Address(protected[24:40]))
        captured["secret"].append((time_ns, link + protected))
        captured["plain"].append((time_ns, link + bare))
    keys = tmp_path / "keys.toml"
    entry = f'[[esp]]\nspi = {SPI}\nencryption = "null"\nalgorithm = "hmac-sha1-96"\n'
    entry += f'key = "{KEY.hex()}"\n'
    keys.write_text("".join(f'{entry}destination = "{each}"\n' for each in sorted(destinations)))
    tables = {}
    for side, packets in captured.items():
        path = tmp_path / f"{side}.pcap"
        path.write_bytes(wire.pcap(packets, nano=True))
        given = str(keys) if side == "secret" else None
        wanted = ["sessions", "handoffs", "messages"]
        tables[side] = analyse([str(path)], wanted, keys_path=given).tables
    assert len(tables["plain"]["handoffs"]) > 0
    for name in ("messages", "sessions", "handoffs"):
        assert cells(tables["secret"][name]) == cells(tables["plain"][name])
    without = analyse([str(tmp_path / "secret.pcap")], "messages").table
    assert "bu" not in texts(without, "kind")
    # What extract writes are the frames of the same messages, in ESP as they came.
    steps = {}
    for side, more in (("plain", []), ("secret", ["--keys", str(keys)])):
        out = tmp_path / f"{side}.pcapng"
        assert main(["extract", str(tmp_path / f"{side}.pcap"), "-w", str(out), *more]) == 0
        steps[side] = [time_ns for time_ns, _ in frames(out)]
    assert steps["secret"] == steps["plain"]
    assert len(steps["plain"]) > 10
