"""RADIUS authenticators: the examples of RFC 2865 7, packets made by hand, and tshark."""

from __future__ import annotations

import hashlib
import hmac
import subprocess
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest

from dissectors.authentication.carrier import Carrier
from dissectors.authentication.checks import Checks
from dissectors.authentication.keys import Keys, RadiusKey
from dissectors.authentication.radius import check_radius
from dissectors.authentication.secret import Secret
from dissectors.authentication.verdict import State
from tests import wire
from tests.dissectors import secured

XYZZY = Secret(b"xyzzy5461")
"""The shared secret of RFC 2865 7."""
EXAMPLES = {
    "7.1": (
        "0f403f9473978057bd83d5cb98f4227a",
        "0200002686fe220e7624ba2a1005f6bf9b55e0b20606000000010f06000000000e06c0a80103",
    ),
    "7.2": (
        "2aee86f08d0d55969ca5978e0d3367a2",
        (
            "0201003815efbc7dab26cfa3dc34d9c03c8601a4060600000002070600000001"
            "0806fffffffe0a06000000020d06000000010c06000005dc"
        ),
    ),
    "7.3 challenge": (
        "f3a47a1f6a6d76710b947ab93041a039",
        (
            "0b02004e36f3c8764ae8c71157403c0c71ff9c4512304368616c6c656e6765203332373639343330"
            "2e2020456e74657220726573706f6e73652061742070726f6d70742e180a3332373639343330"
        ),
    ),
    "7.3 reject": ("b122556d428a13d0d6253807c457ecf0", "03030014a42f4fca45916c4e09c8340f9e746aa0"),
}
SECRET, ASKED = b"between server and NAS", bytes(range(16))
SERVER, NAS = "2001:db8::3", "2001:db8:1::2"


def states(packet: bytes, secret: Secret | None, request: bytes | None) -> list[State]:
    return [each.verdict.state for each in check_radius(packet, secret, request)]


@pytest.mark.parametrize("name", EXAMPLES)
def test_responses_of_rfc_2865_and_every_flip_of_them(name: str) -> None:
    asked, response = (bytes.fromhex(part) for part in EXAMPLES[name])
    (found,) = check_radius(response, XYZZY, asked)
    assert (found.begin, found.end, str(found.verdict)) == (4, 20, "good")
    for bit in range(len(response) * 8):
        found_states = states(secured.flipped(response, bit), XYZZY, asked)
        if bit < 8 or 16 <= bit < 32:  # another code, or a Length that does not fit
            assert State.GOOD not in found_states
        else:
            assert found_states == [State.BAD]
    for bit in range(len(asked) * 8):
        assert states(response, XYZZY, secured.flipped(asked, bit)) == [State.BAD]
    assert states(response, Secret(b"xyzzy5462"), asked) == [State.BAD]


def accounting_request() -> bytes:
    """RFC 2866 3: MD5 (Code | Identifier | Length | 16 zero octets | attributes | secret)."""
    attributes = secured.attribute(40, b"\0\0\0\x01") + secured.attribute(44, b"0000002A")
    zeroed = secured.radius(4, 9, bytes(16), attributes)
    return zeroed[:4] + hashlib.md5(zeroed + SECRET).digest() + zeroed[20:]


def test_accounting() -> None:
    request = accounting_request()
    assert states(request, Secret(SECRET), None) == [State.GOOD]
    for bit in range(4 * 8, len(request) * 8):
        assert states(secured.flipped(request, bit), Secret(SECRET), None) == [State.BAD]
    # RFC 2866 3: the response is computed as RFC 2865's are.
    head = secured.radius(5, 9, b"", b"")[:2] + b"\x00\x14"
    response = head + hashlib.md5(head + request[4:20] + SECRET).digest()
    assert states(response, Secret(SECRET), request[4:20]) == [State.GOOD]
    assert states(response, Secret(SECRET), bytes(16)) == [State.BAD]


def signed(code: int, authenticator: bytes, asked: bytes, more: bytes = b"") -> bytes:
    """A packet with a Message-Authenticator behind 24 octets (RFC 3579 3.2)."""
    before, after = secured.attribute(1, b"ab") + more, secured.attribute(4, bytes(4))
    zeroed = secured.radius(code, 7, asked, before + secured.attribute(80, bytes(16)) + after)
    mac = hmac.new(SECRET, zeroed, hashlib.md5).digest()
    filled = before + secured.attribute(80, mac) + after
    return secured.radius(code, 7, authenticator, filled)


def answered(code: int) -> bytes:
    """A response with Message-Authenticator, whose own authenticator covers that too."""
    packet = signed(code, bytes(16), ASKED)
    own = hashlib.md5(packet[:4] + ASKED + packet[20:] + SECRET).digest()
    return packet[:4] + own + packet[20:]


def test_message_authenticator_of_a_request() -> None:
    request = signed(1, ASKED, ASKED)
    own, message = check_radius(request, Secret(SECRET), None)
    assert str(own.verdict) == "unchecked: a random number"
    assert (message.begin, message.end, str(message.verdict)) == (26, 42, "good")
    for bit in range(4 * 8, len(request) * 8):
        found = check_radius(secured.flipped(request, bit), Secret(SECRET), None)
        assert all(each.verdict.state is not State.GOOD for each in found), bit
    assert states(request, Secret(b"other"), None) == [State.UNCHECKED, State.BAD]


@pytest.mark.parametrize("code", [2, 3, 11])
def test_message_authenticator_of_a_response(code: int) -> None:
    response = answered(code)
    assert states(response, Secret(SECRET), ASKED) == [State.GOOD, State.GOOD]
    assert states(response, Secret(SECRET), bytes(16)) == [State.BAD, State.BAD]
    for bit in range(20 * 8, len(response) * 8):
        found = states(secured.flipped(response, bit), Secret(SECRET), ASKED)
        assert State.GOOD not in found
    for bit in range(4 * 8, 20 * 8):  # the message's own is computed with the request's
        found = states(secured.flipped(response, bit), Secret(SECRET), ASKED)
        assert found == [State.BAD, State.GOOD]


@pytest.mark.parametrize(
    ("packet", "secret", "asked", "reason"),
    [
        (answered(2), None, ASKED, "no secret for this server"),
        (answered(2), Secret(SECRET), None, "the request that it answers was not seen"),
        (answered(2)[:-1], Secret(SECRET), ASKED, "Length does not fit the packet"),
        (answered(2)[:2] + b"\0\x13" + answered(2)[4:], Secret(SECRET), ASKED, "Length does not"),
    ],
    ids=["no secret", "no request", "cut", "Length below 20"],
)
def test_what_cannot_be_told(
    packet: bytes, secret: Secret | None, asked: bytes | None, reason: str
) -> None:
    found = check_radius(packet, secret, asked)
    assert found
    for each in found:
        assert str(each.verdict).startswith(f"unchecked: {reason}")


def test_octets_behind_length_are_padding() -> None:
    """RFC 2865 3: ignored on reception."""
    assert states(answered(2) + b"padding", Secret(SECRET), ASKED) == [State.GOOD, State.GOOD]


def test_no_truncation_is_good_and_none_raises() -> None:
    packet = answered(11)
    for size in range(len(packet)):
        assert State.GOOD not in states(packet[:size], Secret(SECRET), ASKED)


def test_requests_and_responses_are_paired() -> None:
    """By client, server, ports and Identifier; the newest request counts."""

    def datagram(packet: bytes, ports: str) -> bytes:
        return bytes.fromhex(ports) + bytes(4) + packet

    there = Carrier(IPv6Address(NAS), IPv6Address(SERVER))
    back = Carrier(IPv6Address(SERVER), IPv6Address(NAS))
    request = datagram(signed(1, ASKED, ASKED), "c3500714")
    response = datagram(answered(2), "0714c350")
    keys = Keys(radius=[RadiusKey(IPv6Address(SERVER), Secret(SECRET))])

    def found(*sent: tuple[bytes, Carrier]) -> list[State]:
        checks = Checks(keys)
        for octets, carrier in sent:
            last = checks.radius(octets, 8, len(octets), carrier)
        return [each.verdict.state for each in last]

    unchecked = [State.UNCHECKED, State.UNCHECKED]
    assert found((request, there)) == [State.UNCHECKED, State.GOOD]
    assert found((request, there), (response, back)) == [State.GOOD, State.GOOD]
    assert found((response, back)) == unchecked
    assert found((request, there), (datagram(answered(2), "0714c351"), back)) == unchecked
    other = Carrier(IPv6Address(SERVER), IPv6Address("2001:db8:1::3"))
    assert found((request, there), (response, other)) == unchecked
    later = datagram(signed(1, bytes(16), bytes(16)), "c3500714")
    assert found((request, there), (later, there), (response, back)) == [State.BAD, State.BAD]
    assert found((later, there), (request, there), (response, back)) == [State.GOOD, State.GOOD]
    four = Carrier(IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2"))
    assert found((request, four)) == unchecked


@pytest.mark.tshark
@pytest.mark.parametrize("code", [2, 3, 11])
def test_tshark_agrees(code: int, tmp_path: Path) -> None:
    """The right response and one with a flipped bit, with tshark's own check."""
    good = answered(code)
    bad = secured.flipped(good, len(good) * 8 - 1)
    frames = []
    for at, response in enumerate((good, bad)):
        sent = wire.udp(NAS, SERVER, 50000 + at, 1812, signed(1, ASKED, ASKED))
        back = wire.udp(SERVER, NAS, 1812, 50000 + at, response)
        frames += [
            (2 * at, wire.ipv6(NAS, SERVER, 17, sent)),
            (2 * at + 1, wire.ipv6(SERVER, NAS, 17, back)),
        ]
    path = tmp_path / "radius.pcap"
    path.write_bytes(wire.pcap(frames, 101))
    command = ["tshark", "-r", path, "-Y", f"radius.code == {code}", "-T", "fields"]
    command += ["-e", "radius.authenticator.valid", "-e", "radius.authenticator.invalid"]
    for option in (f"radius.shared_secret:{SECRET.decode()}", "radius.validate_authenticator:TRUE"):
        command += ["-o", option]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert ran.stdout == "1\t0\n0\t1\n"
    assert states(good, Secret(SECRET), ASKED)[0] is State.GOOD
    assert states(bad, Secret(SECRET), ASKED)[0] is State.BAD
