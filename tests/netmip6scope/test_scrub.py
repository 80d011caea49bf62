"""Captures without identities: the same tables up to names, right checksums, and nobody left."""

from __future__ import annotations

import re
import subprocess
from ipaddress import ip_address
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import netmip6scope as scope
from dissectors.profile import Profile
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.cli.main import main
from netmip6scope.scrub.frame import Scrubber
from netmip6scope.scrub.pseudonyms import Pseudonyms

KEY = bytes(range(32))
CAPTURES = (
    *("01_slaac_handoff.pcap", "02_dhcpv6_bicast.pcapng", "03_dhcpv4_handoff.pcap"),
    *("05_ho_refused.pcap", "06_retransmissions.pcap", "11_stale_binding.pcap"),
    *("16_net_hmipv6.pcap", "20c_sll.pcap", "20e_raw.pcap"),
)
NAMES = re.compile("^(mn_id|hoa|hoa4|ha|map|rcoa|sar|tar|src|dst|coa|ar_path)$")
NOBODY = {"", "::", "0.0.0.0", "255.255.255.255", "ff02::1", "ff02::2", "ff02::1:2"}
"""Addresses that are no one node's."""
NAMES_PUT = st.text("abcXYZ019.-_@", max_size=20).map(str.encode)


@pytest.fixture(scope="module")
def names() -> Pseudonyms:
    return Pseudonyms(KEY)


@pytest.fixture
def key(tmp_path: Path) -> str:
    path = tmp_path / "key"
    path.write_bytes(KEY)
    return str(path)


def scrubbed(capture: Path, key: str, tmp_path: Path) -> Path:
    out = tmp_path / f"{capture.name.partition('.')[0]}.pcapng"
    assert main(["scrub", str(capture), "-w", str(out), "--key-file", key]) == 0
    return out


def pairs(was: pd.DataFrame, now: pd.DataFrame) -> set[tuple[str, str]]:
    """What became what: cells of columns that name somebody, paths taken apart."""
    found = set()
    for column in filter(NAMES.match, was):
        for one, other in zip(was[column].fillna(""), now[column].fillna(""), strict=True):
            found |= set(zip(one.split(" > "), other.split(" > "), strict=True))
    return found


@pytest.mark.parametrize("name", CAPTURES)
def test_the_tables_are_the_same_up_to_names(
    netmip6: Path, tmp_path: Path, key: str, name: str
) -> None:
    was = scope.read(str(netmip6 / name))
    now = scope.read(str(scrubbed(netmip6 / name, key, tmp_path)))
    became: set[tuple[str, str]] = set()
    for table in ("messages", "sessions", "handoffs"):
        one, other = getattr(was, table), getattr(now, table)
        rest = [c for c in one if not NAMES.match(c) and c not in ("point", "summary")]
        assert len(one) > 0
        pd.testing.assert_frame_equal(one[rest], other[rest])
        became |= pairs(one, other)
    # Nobody got two names, and no two got one.
    assert len(became) == len({one for one, _ in became}) == len({other for _, other in became})
    changed = {one for one, other in became if one != other}
    assert {one for one, _ in became} - changed <= NOBODY


@pytest.mark.tshark
@pytest.mark.parametrize("name", CAPTURES)
def test_checksums_are_right_where_they_were(
    netmip6: Path, tmp_path: Path, key: str, name: str
) -> None:
    wrong = " || ".join(f"{p}.checksum.status == 0" for p in ("ip", "udp", "tcp", "icmp", "icmpv6"))
    assert tshark(netmip6 / name, wrong) == b""
    assert tshark(scrubbed(netmip6 / name, key, tmp_path), wrong) == b""


def tshark(path: Path, only: str) -> bytes:
    """The frames that a filter holds for, with all checksums verified."""
    checked = [f"-o{p}.check_checksum:TRUE" for p in ("ip", "udp", "tcp")]
    command = ["tshark", "-n", "-r", path, *checked, "-Y", only]
    return subprocess.run(command, check=True, capture_output=True, timeout=120).stdout


@pytest.mark.parametrize("name", CAPTURES)
def test_nothing_of_anybody_is_left(netmip6: Path, tmp_path: Path, key: str, name: str) -> None:
    was = scope.read(str(netmip6 / name))
    out = scrubbed(netmip6 / name, key, tmp_path).read_bytes()
    for nai in was.sessions["mn_id"].dropna():
        assert nai.encode() not in out
    for column in ("hoa", "hoa4", "ha"):
        for address in was.sessions[column].dropna():
            assert ip_address(address).packed not in out


def test_what_users_said_is_gone(netmip6: Path) -> None:
    scrubber = Scrubber(Pseudonyms(KEY), Profile())
    wire = next(iter(CaptureFile(Source(str(netmip6 / "01_slaac_handoff.pcap"))).batches()))
    seen = 0
    for row in range(len(wire)):
        octets = wire.frame(row)
        # A tunnelled packet: IPv6 in IPv6 behind Ethernet.
        if octets[12:14] == b"\x86\xdd" and octets[20] == 41 and len(octets) > 200:
            seen += 1
            assert scrubber.frame(octets, 1, len(octets))[-32:] == bytes(32)
    assert seen > 10


def test_another_key_gives_other_names(netmip6: Path, tmp_path: Path, key: str) -> None:
    first = scrubbed(netmip6 / "01_slaac_handoff.pcap", key, tmp_path).read_bytes()
    assert scrubbed(netmip6 / "01_slaac_handoff.pcap", key, tmp_path).read_bytes() == first
    Path(key).write_bytes(bytes(32))
    assert scrubbed(netmip6 / "01_slaac_handoff.pcap", key, tmp_path).read_bytes() != first


VERDICT = re.compile(r"Verification: (.*?) \[", re.MULTILINE)


def verdicts(capture: Path, keys: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Of every authenticator, in the order of the capture."""
    chosen = ["-Y", "netmip6.verification", "--keys", str(keys)]
    assert main(["decode", str(capture), *chosen]) == 0
    return VERDICT.findall(capsys.readouterr().out)


@pytest.mark.parametrize("name", ["02_dhcpv6_bicast.pcapng", "06_retransmissions.pcap"])
def test_authenticators_are_good_where_they_were(
    netmip6: Path, tmp_path: Path, key: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capture = netmip6 / name
    keys = netmip6 / f"{name.partition('.')[0]}.keys.toml"
    out, new_keys = tmp_path / "out.pcapng", tmp_path / "new.toml"
    command = ["scrub", str(capture), "-w", str(out), "--key-file", key, "--keys", str(keys)]
    assert main([*command, "--write-keys", str(new_keys)]) == 0
    was = verdicts(capture, keys, capsys)
    assert was.count("good") > 5
    assert verdicts(out, new_keys, capsys) == was
    # Under their old names the keys say nothing of it any more.
    assert "good" not in verdicts(out, keys, capsys)


def test_authenticators_that_were_bad_stay_so(
    netmip6: Path, tmp_path: Path, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capture = netmip6 / "02_dhcpv6_bicast.pcapng"
    keys = tmp_path / "keys.toml"
    right = (netmip6 / "02_dhcpv6_bicast.keys.toml").read_text()
    # Every key is another one: its first digit is turned.
    keys.write_text(re.sub(r'^key = "(.)', r'key = "0', right, flags=re.MULTILINE))
    out, new_keys = tmp_path / "out.pcapng", tmp_path / "new.toml"
    command = ["scrub", str(capture), "-w", str(out), "--key-file", key, "--keys", str(keys)]
    assert main([*command, "--write-keys", str(new_keys)]) == 0
    was = verdicts(capture, keys, capsys)
    assert was.count("bad") > 5
    assert verdicts(out, new_keys, capsys) == was


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_addresses_share_as_long_a_prefix_as_they_did(one: bytes, other: bytes) -> None:
    names = Pseudonyms(KEY)
    one, other = b"\x20\x01" + one[2:], b"\x20\x01" + one[2:5] + other[5:]

    def shared(a: bytes, b: bytes) -> int:
        """Leading bits of the first 64 that are equal."""
        differ = int.from_bytes(a[:8], "big") ^ int.from_bytes(b[:8], "big")
        return 64 - differ.bit_length()

    assert shared(names.six(one), names.six(other)) == shared(one, other)


@given(st.binary(min_size=6, max_size=6), st.binary(min_size=8, max_size=8))
def test_an_identifier_still_belongs_to_its_link_layer_address(mac: bytes, prefix: bytes) -> None:
    """RFC 4291 appendix A: FF-FE in the middle, the u bit turned; RFC 4291 2.7.1: the group."""
    names = Pseudonyms(KEY)
    mac = bytes([mac[0] & 0xFE | 0x04]) + mac[1:]

    def eui64(mac: bytes) -> bytes:
        return bytes([mac[0] ^ 2]) + mac[1:3] + b"\xff\xfe" + mac[3:]

    told = names.six(b"\x20\x01" + prefix[2:] + eui64(mac))
    assert told[8:] == eui64(names.link(mac))
    group = b"\xff\x02" + bytes(9) + b"\x01\xff" + mac[3:]
    assert names.six(group) == group[:13] + told[13:]
    assert names.link(b"\x33\x33\xff" + mac[3:]) == b"\x33\x33\xff" + told[13:]


@given(NAMES_PUT, NAMES_PUT)
def test_different_names_stay_different(one: bytes, other: bytes) -> None:
    names = Pseudonyms(KEY)
    told = names.text(one)
    assert (told == names.text(other)) == (one == other)
    shape = [(c.islower(), c.isupper(), c.isdigit()) for c in one.decode()]
    assert [(c.islower(), c.isupper(), c.isdigit()) for c in told.decode()] == shape


def test_a_realm_is_told_alike_behind_every_user(names: Pseudonyms) -> None:
    one, other = names.text(b"alice@example.net"), names.text(b"bob@example.net")
    assert one.partition(b"@")[2] == other.partition(b"@")[2]


@pytest.mark.parametrize(
    ("link_type", "octets"), [(1, b""), (1, b"\0" * 13), (101, b"\x60"), (113, b"\xff" * 40)]
)
def test_broken_frames_keep_their_length(link_type: int, octets: bytes) -> None:
    scrubber = Scrubber(Pseudonyms(KEY), Profile())
    assert len(scrubber.frame(octets, link_type, len(octets))) == len(octets)


def test_cut_and_damaged_frames_keep_their_length(netmip6: Path) -> None:
    scrubber = Scrubber(Pseudonyms(KEY), Profile())
    wire = next(iter(CaptureFile(Source(str(netmip6 / "03_dhcpv4_handoff.pcap"))).batches()))
    for row in range(0, len(wire), 9):
        octets = wire.frame(row)
        for end in range(0, len(octets), 7):
            damaged = octets[:end] + bytes([octets[end] ^ 0x11]) + octets[end + 1 :]
            assert len(scrubber.frame(octets[:end], 1, len(octets))) == end
            assert len(scrubber.frame(damaged, 1, len(octets))) == len(octets)


def test_keys_that_are_none(
    netmip6: Path, tmp_path: Path, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capture = str(netmip6 / "01_slaac_handoff.pcap")
    out = tmp_path / "out.pcapng"
    for path, words in ((str(tmp_path / "none"), "head -c 32"), (capture, "")):
        code = main(["scrub", capture, "-w", str(out), "--key-file", path])
        err = capsys.readouterr().err
        assert (code, words in err) == ((2, True) if words else (0, True))
    Path(key).write_bytes(b"short")
    out.unlink()
    assert main(["scrub", capture, "-w", str(out), "--key-file", key]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not out.exists()
