"""`decode` with and without keys: verdicts, what earlier frames tell, and that no key comes out."""

from __future__ import annotations

import base64
import json
import struct
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from dissectors.authentication.checks import Checks
from dissectors.profile import Profile
from dissectors.tree import decode
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.decode import as_json, as_text, decode_frame
from netmip6scope.keys import load_keys
from tests import wire
from tests.dissectors import secured
from tests.dissectors.test_authentication_return_routability import (
    COT,
    HOT,
    acknowledgement,
    update,
)

DATA = Path(__file__).parents[1] / "data" / "netmip6"
AR, HA, HOA = "2001:db8:1::2", "2001:db8::1", "2001:db8:2::3"
KEY = bytes.fromhex("d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a6b7c8d9ea")
ESP = f"""
[[esp]]
spi = 4096
destination = "{HA}"
encryption = "null"
algorithm = "hmac-sha1-96"
key = "{KEY.hex()}"
"""


def written(path: Path, frames: list[bytes]) -> str:
    path.write_bytes(wire.pcap(list(enumerate(frames)), 101))
    return str(path)


def walk(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *(inner for child in node["children"] for inner in walk(child))]


def verifications(text: str) -> list[str]:
    lines = map(str.strip, text.splitlines())
    return [line.split(" [")[0] for line in lines if line.startswith("Verification: ")]


def test_return_routability_needs_no_keys_but_the_frames_before(tmp_path: Path) -> None:
    other = wire.ipv6(AR, HA, 59, b"")
    capture = written(tmp_path / "rr.pcap", [HOT, other, COT, update(), acknowledgement(), HOT])
    assert verifications(decode_frame(capture, 4, "text")) == ["Verification: good"]
    assert verifications(decode_frame(capture, 5, "text")) == ["Verification: good"]
    late = written(tmp_path / "late.pcap", [HOT, update(), COT])
    assert verifications(decode_frame(late, 2, "text")) == [
        "Verification: unchecked: the Care-of Test with nonce index 9 was not seen"
    ]


def test_tests_that_esp_carries_are_seen_too(tmp_path: Path) -> None:
    """RFC 6275 10.4.6: the home agent tunnels the Home Test to the mobile node in ESP."""
    plain = secured.esp_plain(41, HOT)
    tunnelled = wire.ipv6(AR, HA, 50, secured.esp_null(4096, 1, plain, KEY))
    capture = written(tmp_path / "esp.pcap", [tunnelled, COT, update()])
    keys = tmp_path / "keys.toml"
    keys.write_text(ESP)
    found = decode_frame(capture, 3, "text", keys_path=str(keys))
    assert verifications(found) == ["Verification: good"]
    assert verifications(decode_frame(capture, 3, "text"))[0].startswith("Verification: unchecked")


@pytest.mark.parametrize("frame", range(11, 17))
def test_radius_exchange(frame: int) -> None:
    """Frames 11, 12, 15 and 16 of the capture are Access-Requests and their answers."""
    capture, keys = str(DATA / "01_slaac_handoff.pcap"), str(DATA / "01_slaac_handoff.keys.toml")
    found = verifications(decode_frame(capture, frame, "text", keys_path=keys))
    expected = {
        11: ["Verification: unchecked: a random number", "Verification: good"],
        12: ["Verification: good", "Verification: good"],
        15: ["Verification: unchecked: a random number", "Verification: good"],
        16: ["Verification: good", "Verification: good"],
    }
    assert found == expected.get(frame, [])


def test_json_of_what_was_decrypted_has_its_own_octets(tmp_path: Path) -> None:
    nai = b"alice@example.net"
    head = struct.pack("!BBBBHHHH", 59, 6, 5, 0, 0, 7, 0xC000, 150)
    head += wire.option(8, b"\x01" + nai) + b"\0" + struct.pack("!BBBI", 9, 17, 1, 256)
    mh = secured.summed(head + bytes(16), HOA, HA)
    inner = wire.ipv6(AR, HA, 60, wire.home_address_header(HOA, mh))
    keys = tmp_path / "keys.toml"
    keys.write_text(ESP)
    body = secured.esp_null(4096, 1, secured.esp_plain(41, inner), KEY)
    capture = written(tmp_path / "x.pcap", [wire.ipv6(AR, HA, 50, body)])
    whole = json.loads(decode_frame(capture, 1, "json", keys_path=str(keys)))
    parts = {part["filter"]: part for part in walk(whole["tree"])}
    assert bytes.fromhex(parts["mip6.mnid.identifier"]["hex"]) == nai
    assert parts["netmip6.verification"]["value"] == "unchecked"
    assert [part["value"] for part in walk(whole["tree"]) if part["name"] == "verification"] == [
        "good",
        "unchecked",
    ]


def keys_of(path: Path) -> list[bytes]:
    """All key octets of a key file."""
    entries = [entry for kind in tomllib.loads(path.read_text()).values() for entry in kind]
    keys = [bytes.fromhex(entry["key"]) for entry in entries if "key" in entry]
    return keys + [entry["secret"].encode() for entry in entries if "secret" in entry]


def tells(output: bytes, key: bytes) -> bool:
    forms = [key, key.hex().encode(), key.hex(":").encode(), key.hex(" ").encode()]
    forms += [base64.b64encode(key[at:])[:12] for at in range(3)]
    return any(form in output for form in forms)


@pytest.mark.parametrize("name", ["01_slaac_handoff", "05_ho_refused"])
def test_no_key_of_the_file_is_in_any_output(name: str) -> None:
    """Every frame, in both formats: RADIUS, AH and RFC 4285 are in these captures."""
    path = DATA / f"{name}.keys.toml"
    keys = keys_of(path)
    assert len(keys) >= 5
    checks, verdicts = Checks(load_keys(str(path))), 0
    for batch in CaptureFile(Source(str(DATA / f"{name}.pcap"))).batches():
        for row in range(len(batch)):
            octets = batch.frame(row)
            tree = decode(octets, 1, len(octets), Profile(), checks)
            text = "\n".join(as_text(tree))
            found = (text + json.dumps(as_json(tree, octets))).encode()
            assert not any(tells(found, key) for key in keys)
            verdicts += text.count("Verification: good")
    assert verdicts > 10


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_program_tells_no_key(tmp_path: Path, form: str) -> None:
    keys = tmp_path / "keys.toml"
    keys.write_text(ESP)
    plain = secured.esp_plain(41, HOT)
    frame = wire.ipv6(AR, HA, 50, secured.esp_null(4096, 1, plain, KEY))
    capture = written(tmp_path / "x.pcap", [frame])
    command = [sys.executable, "-m", "netmip6scope", "decode", capture, "--frame", "1", "--debug"]
    command += ["--keys", str(keys), "--format", form]
    ran = subprocess.run(command, capture_output=True, timeout=120, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert b"good" in ran.stdout
    assert not tells(ran.stdout, KEY)


def test_aes_is_loaded_only_when_it_is_needed(tmp_path: Path) -> None:
    keys = tmp_path / "keys.toml"
    keys.write_text(ESP)
    capture = written(tmp_path / "x.pcap", [update()])
    code = (
        "import sys\nfrom netmip6scope.cli.main import main\n"
        f"main(['decode', {capture!r}, '--frame', '1', '--keys', {str(keys)!r}])\n"
        "print('cryptography' in sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "False"
