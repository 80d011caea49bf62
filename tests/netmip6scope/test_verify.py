"""`verify`: what agrees, what does not, and what is known of Wireshark."""

from __future__ import annotations

import dataclasses
import json
import struct
from collections import Counter
from pathlib import Path

import pytest

import netmip6scope.wireshark.verify as module
from dissectors.node import Node, replace
from dissectors.profile import Profile
from dissectors.tree import decode
from netmip6scope.wireshark.verdict import Row, Verdict
from netmip6scope.wireshark.verify import verify
from tests import wire
from tests.conftest import find_public_captures
from tests.netmip6scope import shark
from tests.netmip6scope.shark import NAI, TAR

pytestmark = pytest.mark.tshark

DATA = Path(__file__).parents[1] / "data" / "netmip6"
CAPTURES = sorted(p for p in DATA.iterdir() if ".pcap" in p.name)
TRUTHS = {
    truth["captures"][0]: truth
    for truth in (json.loads(path.read_text()) for path in DATA.glob("*.truth.json"))
    if len(truth["captures"]) == 1  # at several points a message is seen more than once
}
HOA, HA = "2001:db8:5::9", "2001:db8:2::1"


def unknown(verdict: Verdict) -> list[Row]:
    return [row for row in verdict.rows if row.reason is None]


@pytest.mark.parametrize("path", CAPTURES, ids=lambda p: p.name)
def test_captures_agree(path: Path) -> None:
    verdict = verify([str(path)])
    assert unknown(verdict) == []
    assert verdict.errors == []
    # At the least the eight fields of an IPv6 header for each frame, bar ARP's.
    assert verdict.values > 8 * verdict.frames
    # Every BU and BA of these captures carries RFC 4285's option (README.md beside them).
    (short,) = (row for row in verdict.rows if row.field == "mip6.auth.auth_data")
    assert short.reason is not None
    assert "two octets" in short.reason
    if path.name in TRUTHS:
        messages = TRUTHS[path.name]["messages"]
        assert short.count == messages["bu"] + messages["ba"]


def test_truths_are_found() -> None:
    assert len(TRUTHS.keys() & {path.name for path in CAPTURES}) >= 10


def wrong(node: Node, filter: str, value: int) -> Node:
    """The tree with another value in every field of that name."""
    children = tuple(wrong(child, filter, value) for child in node.children)
    if node.filter == filter:
        return replace(node, value=value, text=str(value))
    return replace(node, children=children)


def test_a_wrong_value_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def misread(octets: bytes, link_type: int, wirelen: int, profile: Profile) -> Node:
        return wrong(decode(octets, link_type, wirelen, profile), "mip6.bu.seqnr", 8)

    monkeypatch.setattr(module, "decode", misread)
    packets = [wire.binding_update(TAR, HA, HOA, NAI, n, 600) for n in (7, 8, 9)]
    path = shark.write(tmp_path, packets)
    # IPv6 with 40 octets, Destination Options with 24, the Mobility Header's first 6.
    assert [dataclasses.replace(row, capture="") for row in unknown(verify([str(path)]))] == [
        Row("", 1, "mip6.bu.seqnr", "8", "7", 70, 1, None),
        Row("", 3, "mip6.bu.seqnr", "8", "9", 70, 1, None),
    ]


@pytest.mark.parametrize(
    ("lost", "ours", "theirs"),
    [("ipv6.hlim", None, "64"), ("mip6.bu.lifetime", None, "150 (600 seconds)")],
)
def test_a_field_that_we_lack_is_found(
    lost: str,
    ours: str | None,
    theirs: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    def without(node: Node) -> Node:
        kept = tuple(without(child) for child in node.children if child.filter != lost)
        return replace(node, children=kept)

    def blind(octets: bytes, link_type: int, wirelen: int, profile: Profile) -> Node:
        return without(decode(octets, link_type, wirelen, profile))

    monkeypatch.setattr(module, "decode", blind)
    path = shark.write(tmp_path, [wire.binding_update(TAR, HA, HOA, NAI, 1, 600)])
    assert [(row.field, row.ours, row.wireshark) for row in unknown(verify([str(path)]))] == [
        (lost, ours, theirs)
    ]


def test_a_field_that_wireshark_lacks_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def inventive(octets: bytes, link_type: int, wirelen: int, profile: Profile) -> Node:
        tree = decode(octets, link_type, wirelen, profile)
        more = Node("status", "Status", "mip6.ba.status", 1, "1", 50, 51)
        return replace(tree, children=(*tree.children, more))

    monkeypatch.setattr(module, "decode", inventive)
    path = shark.write(tmp_path, [wire.binding_update(TAR, HA, HOA, NAI, 1, 600)])
    (row,) = unknown(verify([str(path)]))
    assert (row.field, row.ours, row.wireshark, row.offset) == ("mip6.ba.status", "1", None, 50)


@pytest.mark.parametrize(
    ("status", "label"),
    [
        (143, "Mobile Network Prefix information unavailable"),
        (144, "Unknown"),
        (145, "Proxy Registration not supported by the LMA"),
        (146, "Proxy Registrations from this MAG not allowed"),
        (147, "No home address for this NAI"),
        (148, "Invalid Time Stamp Option"),
    ],
)
def test_wrong_labels_of_statuses_are_known(status: int, label: str, tmp_path: Path) -> None:
    packet = wire.binding_ack(HA, TAR, HOA, NAI, 1, 0, status=status)
    verdict = verify([str(shark.write(tmp_path, [packet]))])
    (row,) = (row for row in verdict.rows if row.field == "mip6.ba.status")
    assert row.reason is not None
    assert row.wireshark == f"{label} ({status})"
    assert unknown(verdict) == []


@pytest.mark.parametrize("status", [0, 1, 128, 135, 142, 149, 150, 174])
def test_right_labels_of_statuses_are_no_rows(status: int, tmp_path: Path) -> None:
    packet = wire.binding_ack(HA, TAR, HOA, NAI, 1, 0, status=status)
    verdict = verify([str(shark.write(tmp_path, [packet]))])
    assert [row for row in verdict.rows if row.field == "mip6.ba.status"] == []


def test_other_labels_of_facts_8_2_are_known(tmp_path: Path) -> None:
    options = [
        (wire.option(8, b"\x03" + b"262011234567890"), 1, 0),
        (wire.option(9, struct.pack("!BI", 2, 3) + bytes(20)), 4, 1),
    ]
    ack = [wire.ipv4_address_ack("192.0.2.1", status=130)]
    packets = [
        wire.ipv6(TAR, HA, 135, wire.mh(TAR, HA, 5, struct.pack("!HHH", 1, 0xC000, 1), options)),
        wire.ipv6(HA, TAR, 135, wire.mh(HA, TAR, 6, struct.pack("!BBHH", 0, 0, 1, 1), ack)),
    ]
    verdict = verify([str(shark.write(tmp_path, packets))])
    assert unknown(verdict) == []
    assert {row.field: row.wireshark for row in verdict.rows} == {
        "mip6.auth.auth_data": "0" * 36,
        "mip6.auth.subtype": "Unknown (2)",
        "mip6.ipv4aa.sts": "IEEE 802.3 (130)",
        "mip6.mnid.subtype": "Unknown (3)",
    }


def test_tunnels_are_compared_as_sequences(tmp_path: Path) -> None:
    inner = wire.binding_update(TAR, HA, HOA, NAI, 1, 600)
    packets = [
        wire.tunnel("2001:db8:9::1", "2001:db8:9::2", inner),
        wire.tunnel("2001:db8:8::1", "2001:db8:8::2", wire.tunnel("2001:db8:9::1", HA, inner)),
        wire.ipv4("192.0.2.1", "192.0.2.2", 41, inner),
        wire.tunnel("2001:db8:9::1", HA, wire.ipv4("192.0.2.1", "192.0.2.2", 41, inner)),
        wire.ipv6(HA, TAR, 58, wire.icmp6(HA, TAR, 1, 0, bytes(4) + inner)),
        wire.ipv6(HA, TAR, 58, wire.icmp6(HA, TAR, 2, 0, struct.pack("!I", 1280) + inner[:90])),
    ]
    verdict = verify([str(shark.write(tmp_path, packets))])
    assert unknown(verdict) == []
    # Eight fields of each IPv6 header: 2 + 3 + 1 + 2 + 2 + 2 headers.
    assert verdict.values > 8 * 12


def test_secrets_are_masked_in_what_wireshark_shows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def misnamed(octets: bytes, link_type: int, wirelen: int, profile: Profile) -> Node:
        tree = decode(octets, link_type, wirelen, profile)
        # Wireshark's icmpv6.data is all of the message, the key included.
        more = Node("data", "Data", "icmpv6.data", b"", "", 44, 45)
        return replace(tree, children=(*tree.children, more))

    monkeypatch.setattr(module, "decode", misnamed)
    packet = shark.ho_message(201, shark.everything())
    assert b"secretkey" in packet
    (row,) = unknown(verify([str(shark.write(tmp_path, [packet]))]))
    assert (row.field, row.wireshark) == ("icmpv6.data", "(masked)")


def test_a_secret_field_is_compared_by_its_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def shifted(node: Node) -> Node:
        children = tuple(shifted(child) for child in node.children)
        return replace(node, children=children, begin=node.begin + node.secret)

    def misplaced(octets: bytes, link_type: int, wirelen: int, profile: Profile) -> Node:
        return shifted(decode(octets, link_type, wirelen, profile))

    path = shark.write(tmp_path, [shark.ho_message(201, shark.everything())])
    assert unknown(verify([str(path)])) == []
    monkeypatch.setattr(module, "decode", misplaced)
    (row,) = unknown(verify([str(path)]))
    assert (row.field, row.ours, row.wireshark) == (
        "netmip6.context.security.key",
        "(masked)",
        "(masked)",
    )


def test_the_profile_numbers_the_messages(tmp_path: Path) -> None:
    body = struct.pack("!HH", 5, 0x8000) + wire.nd_mn_id(NAI)
    path = shark.write(tmp_path, [shark.ho_message(210, body)])
    profile = tmp_path / "profile.toml"
    profile.write_text("ho_request_type = 210\n")
    plain, chosen = verify([str(path)]), verify([str(path)], profile_path=str(profile))
    assert unknown(plain) == unknown(chosen) == []
    # Identifier, two flags, and an option's head, code, length, identifier and padding.
    assert chosen.values - plain.values == 9


PUBLIC: dict[tuple[str, int], str] = {
    ("ipv6-fragmented-dns.pcap", 6): "we show no header in a fragment, not even in the first",
}
"""(file, frame) -> why we show less."""


@pytest.mark.public
def test_public_captures_agree() -> None:
    directory = find_public_captures()
    assert directory is not None
    paths = sorted(map(str, directory.rglob("*.pcap*")))
    verdict = verify(paths)
    odd = Counter((Path(row.capture).name, row.frame) for row in unknown(verdict))
    assert odd.keys() == PUBLIC.keys()
    assert all(row.ours is None for row in unknown(verdict))
    assert verdict.errors == []
