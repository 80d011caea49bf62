"""What a filter can name: everything that a tree shows, and nothing twice."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import IPv6Address, ip_address
from pathlib import Path

import pytest

from dissectors.authentication.checks import Checks
from dissectors.authentication.keys import EspKey, Keys
from dissectors.layout import Kind
from dissectors.node import Node
from dissectors.profile import Profile
from dissectors.tree import LAYERS, decode
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.errors import InputError
from netmip6scope.filter import protocols
from netmip6scope.filter.catalogue import FRAMES, catalogue, table_fields
from netmip6scope.filter.fields import Type
from netmip6scope.filter.match import node_value, occurrences
from netmip6scope.filter.protocols import protocol_fields
from netmip6scope.keys import load_keys
from netmip6scope.pipeline import analyse
from netmip6scope.tables.columns import Kind as ColumnKind
from netmip6scope.tables.schema import TABLES
from tests import wire
from tests.dissectors.test_authentication_esp import CBC_KEY, NULL, SENT
from tests.dissectors.test_authentication_esp import key as esp_key

DATA = Path(__file__).parents[1] / "data" / "netmip6"
CAPTURES = sorted(p for p in DATA.iterdir() if ".pcap" in p.name)
A, B = "2001:db8::a", "2001:db8::b"
LINKTYPE_PPP = 9

PYTHON = {
    Type.NUMBER: int,
    Type.FLAG: bool,
    Type.IPV6: tuple,
    Type.IPV4: tuple,
    Type.ADDRESS: tuple,
    Type.TEXT: str,
    Type.OCTETS: bytes,
}


def nodes(tree: Node) -> Iterator[Node]:
    yield tree
    for child in tree.children:
        yield from nodes(child)


def check(frame: bytes, link_type: int, checks: Checks | None = None) -> int:
    """Every node has a field, and a value of its type or none; how many nodes there were."""
    seen = 0
    for node in nodes(decode(frame, link_type, len(frame), Profile(), checks)):
        field = protocol_fields()[node.filter]
        value = node_value(field, node)
        assert value is None or isinstance(value, PYTHON[field.type]), node
        if field.type is Type.NUMBER and value is not None:
            assert 0 <= value < 1 << field.bits, node
        seen += 1
    return seen


def frames(path: Path) -> Iterator[tuple[bytes, int]]:
    try:
        for batch in CaptureFile(Source(str(path))).batches():
            for row in range(len(batch)):
                link_type = batch.interfaces[int(batch.interface[row])].link_type
                yield batch.frame(row), link_type
    except InputError:  # some of the public ones are broken on purpose; what came before counts
        return


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_every_node_of_a_capture_has_a_field(path: Path) -> None:
    assert sum(check(*frame) for frame in frames(path)) > 1000
    checks = Checks(load_keys(str(DATA / f"{path.name.split('.')[0]}.keys.toml")))
    assert sum(check(*frame, checks) for frame in frames(path)) > 1000


@pytest.mark.parametrize(("key", "esp"), [(esp_key(), NULL), (CBC_KEY, SENT)], ids=["null", "cbc"])
def test_every_node_of_opened_esp_has_a_field(key: EspKey, esp: bytes) -> None:
    frame = wire.eth(wire.ipv6(A, B, 50, esp))
    checks = Checks(Keys(esp=[replace(key, destination=IPv6Address(B))]))
    assert check(frame, 1, checks) > check(frame, 1)


def test_no_filter_can_ask_for_a_key() -> None:
    """Of a key in an HO Response it can only be asked whether it is there."""
    secret = bytes(range(0x40, 0x50))
    body = bytes(4) + wire.context(5, bytes((0, 0, 1, 0, 1, 0, 0, 0)) + secret)
    frame = wire.eth(wire.ipv6(A, B, 58, wire.icmp6(A, B, 201, 0, body), 255))
    assert secret in frame
    tree = decode(frame, 1, len(frame), Profile())
    found = occurrences(tree, list(protocol_fields().values()))
    assert found["netmip6.context.security.key"] == [None]
    assert found["netmip6.context.security.spi"] == [256]
    values = [value for some in found.values() for value in some]
    assert not any(secret in value for value in values if isinstance(value, bytes))
    assert not any(secret.decode() in value for value in values if isinstance(value, str))


@pytest.mark.public
def test_every_node_of_the_public_captures_has_a_field(public_captures: Path) -> None:
    paths = [path for path in public_captures.rglob("*") if ".pcap" in path.name]
    assert sum(check(*frame) for path in paths for frame in frames(path)) > 1000


def udp(port: int, octets: bytes) -> tuple[bytes, int]:
    return wire.eth(wire.ipv6(A, B, 17, wire.udp(A, B, port, port, octets))), 1


def eapol(kind: int, octets: bytes) -> tuple[bytes, int]:
    return wire.eth(bytes((1, kind)) + len(octets).to_bytes(2) + octets, 0x888E), 1


def segment(octets: bytes) -> tuple[bytes, int]:
    """TCP between Diameter's ports."""
    head = bytes.fromhex("0f1c 0f1c 00000000 00000000 5018 2000 0000 0000")
    return wire.eth(wire.ipv6(A, B, 6, head + octets)), 1


CARRIED: dict[str, Callable[[int, bytes], tuple[bytes, int]]] = {
    "link": lambda number, octets: (octets, number),
    "ether": lambda number, octets: (wire.eth(octets, number), 1),
    "ip": lambda number, octets: (wire.eth(wire.ipv6(A, B, number, octets)), 1),
    "udp": udp,
    "app": udp,
    "dhcpv4": lambda _, octets: udp(67, octets),
    "dhcpv6": lambda _, octets: udp(547, octets),
    "radius": lambda _, octets: udp(1812, octets),
    "diameter": lambda _, octets: segment(octets),
    "llc": lambda _, octets: (wire.eth(octets, len(octets)), 1),
    "ppp": lambda number, octets: (number.to_bytes(2) + octets, LINKTYPE_PPP),
    "eap": eapol,
    "eapol": eapol,
}
"""How to carry what the keys of each space stand for: a frame and its link type."""


@pytest.mark.parametrize("key", LAYERS, ids=str)
def test_every_node_of_every_layer_has_a_field(key: tuple[str, int]) -> None:
    dice = random.Random(4)
    contents = [bytes(400), b"\xff" * 400, b"\1" * 400, *(dice.randbytes(400) for _ in range(200))]
    assert sum(check(*CARRIED[key[0]](key[1], octets)) for octets in contents) > len(contents)


def test_every_kind_has_a_type() -> None:
    assert set(protocols._TYPES) == set(Kind) - {Kind.OPTIONS}


def test_a_field_says_where_it_is_defined() -> None:
    assert all(field.label and field.ref for field in protocol_fields().values())
    assert all(name == field.name for name, field in protocol_fields().items())
    shared = protocol_fields()["mip6.nemo.mnp.pfl"]
    assert shared.ref == "RFC 3963 4.3, RFC 5213 8.3"
    assert protocol_fields()["mip6.hi"].type is Type.NUMBER, "the option has its only field's name"
    assert dict(protocol_fields()["mip6.ba.status"].labels)["mipv6 id mismatch"] == 144


def test_either_end() -> None:
    fields = protocol_fields()
    assert fields["ipv6.addr"].sources == ("ipv6.src", "ipv6.dst")
    assert fields["ipv6.addr"].type is Type.IPV6
    assert fields["udp.port"].sources == ("udp.srcport", "udp.dstport")
    assert fields["mip6.ipv4coa.addr"].sources == ("mip6.ipv4coa.addr",)


def test_no_column_hides_a_field_but_frame() -> None:
    columns = {name for fields in table_fields().values() for name in fields}
    assert columns & protocol_fields().keys() == {"frame"}
    assert protocol_fields()["frame"].type is Type.PRESENCE, "every frame has a number as well"


def test_columns_of_addresses_are_those_that_hold_addresses() -> None:
    texts: dict[str, set[str]] = {}
    for path in CAPTURES:
        for table in analyse([str(path)], list(TABLES)).tables.values():
            for column in table.columns:
                if column.kind is ColumnKind.TEXT:
                    texts.setdefault(column.name, set()).update(filter(None, table.texts(column)))
    hold_addresses = {name for name, seen in texts.items() if seen and all(map(is_address, seen))}
    declared = {
        name
        for fields in table_fields().values()
        for name, field in fields.items()
        if field.type is Type.ADDRESS
    }
    never_seen = {name for name in declared if not texts[name]}
    assert hold_addresses == declared - never_seen
    assert never_seen <= {"map", "rcoa"}, "only Net-HMIPv6 has these"


def is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def test_completion() -> None:
    messages = catalogue("messages")
    assert messages.complete("mip6.bu.se") == ["mip6.bu.seqnr"]
    assert messages.complete("li") == ["lifetime_s"]
    assert messages.complete("nosuch") == []
    assert set(messages.complete("")) == messages.fields.keys()
    assert "outcome" not in messages.complete("o")
    assert "outcome" in catalogue("handoffs").complete("o")


def test_frames_have_three_columns() -> None:
    columns = [name for name, field in catalogue(FRAMES).fields.items() if field.is_column]
    assert sorted(columns) == ["frame", "point", "time"]


@pytest.mark.parametrize(
    ("table", "name", "said"),
    [
        ("messages", "mip6.bu.seqno", "unknown field mip6.bu.seqno; did you mean mip6.bu.seqnr"),
        ("messages", "kin", "unknown field kin; did you mean kind?"),
        ("messages", "xyzzy.q", "unknown field xyzzy.q"),
        ("messages", "outcome", "outcome is a column of handoffs, not of messages"),
        ("sessions", "kind", "kind is a column of messages and handoffs, not of sessions"),
        (FRAMES, "kind", "kind is a column of messages and handoffs, not of frames"),
    ],
)
def test_unknown_names(table: str, name: str, said: str) -> None:
    assert catalogue(table).unknown(name).startswith(said)
