"""Return routability's authenticators (RFC 6275 5.2.5, 5.2.6, 6.2.7), computed here by hand."""

from __future__ import annotations

import hashlib
import hmac
import struct

import pytest

from dissectors.authentication.carrier import carrier_of
from dissectors.authentication.checks import Checks
from dissectors.authentication.recent import MOST, Recent
from dissectors.authentication.verdict import Checked, State
from tests import wire
from tests.dissectors import secured

CN, HOA, COA, ALTERNATE = "2001:db8::c", "2001:db8:2::3", "2001:db8:5::5", "2001:db8:6::6"
HOME_TOKEN, CARE_OF_TOKEN = bytes.fromhex("0123456789abcdef"), bytes.fromhex("fedcba9876543210")
HOME_INDEX, CARE_OF_INDEX = 5, 9
KBM = hashlib.sha1(HOME_TOKEN + CARE_OF_TOKEN).digest()
KBM_TO_DELETE = hashlib.sha1(HOME_TOKEN).digest()
SEQUENCE, LIFETIME = 77, 105


def probe(
    kind: int, address: str, index: int, token: bytes, source: str = CN, routed: str | None = None
) -> bytes:
    """Home Test (3) and Care-of Test (4): nonce index, init cookie, keygen token."""
    mh = secured.mh(kind, struct.pack("!HQ", index, 0xC00C1E) + token)
    if routed is not None:
        return wire.ipv6(source, routed, 43, wire.routing_type2(address, mh))
    return wire.ipv6(source, address, 135, mh)


HOT = probe(3, HOA, HOME_INDEX, HOME_TOKEN)
COT = probe(4, COA, CARE_OF_INDEX, CARE_OF_TOKEN)


def authorized(head: bytes, kbm: bytes, care_of: str) -> bytes:
    """The header (checksum zero) with its last option, Binding Authorization Data, of 12 octets."""
    whole = head + bytes((5, 12))
    whole = whole[:1] + bytes(((len(whole) + 12) // 8 - 1,)) + whole[2:]
    assert (len(whole) + 12) % 8 == 0
    return whole + secured.sha1_96(kbm, wire.ip6(care_of) + wire.ip6(CN) + whole)


def update(
    kbm: bytes = KBM,
    *,
    care_of: str = COA,
    lifetime: int = LIFETIME,
    home_option: bool = True,
    alternate: str | None = None,
    indices: tuple[int, int] | None = (HOME_INDEX, CARE_OF_INDEX),
) -> bytes:
    """A Binding Update from COA; care_of is the address that the authenticator is made with."""
    head = struct.pack("!BBBBHHHH", 59, 0, 5, 0, 0, SEQUENCE, 0x8000, lifetime)
    if indices is not None:
        head += wire.option(4, struct.pack("!HH", *indices))
    if alternate is not None:
        head += wire.pad((6 - len(head)) % 8) + wire.option(3, wire.ip6(alternate))
    head += wire.pad((2 - len(head)) % 8)
    mh = secured.summed(authorized(head, kbm, care_of), HOA, CN)
    if not home_option:
        return wire.ipv6(COA, CN, 135, mh)
    return wire.ipv6(COA, CN, 60, wire.home_address_header(HOA, mh))


def acknowledgement(
    kbm: bytes = KBM, *, care_of: str = COA, sequence: int = SEQUENCE, status: int = 0
) -> bytes:
    head = struct.pack("!BBBBHBBHH", 59, 0, 6, 0, 0, status, 0, sequence, LIFETIME)
    head += wire.pad((2 - len(head)) % 8)
    mh = secured.summed(authorized(head, kbm, care_of), CN, HOA)
    return wire.ipv6(CN, COA, 43, wire.routing_type2(HOA, mh))


def checked(packet: bytes, checks: Checks) -> list[Checked]:
    at = 64 if packet[6] in (43, 60) else 40
    return checks.mobility(packet, at, len(packet), carrier_of(packet, 0, at))


def last(*packets: bytes) -> str:
    """The verdict on the last of the packets, of one authenticator."""
    checks = Checks()
    for packet in packets[:-1]:
        checked(packet, checks)
    (found,) = checked(packets[-1], checks)
    return str(found.verdict)


def state(*packets: bytes) -> State:
    return State(last(*packets).partition(":")[0])


def test_binding_update_after_both_tests() -> None:
    assert last(HOT, COT, update()) == "good"
    assert last(COT, HOT, update()) == "good"
    assert last(HOT, COT, update(KBM_TO_DELETE)) == "bad"
    assert last(HOT, COT, update(care_of=HOA)) == "bad"


def test_a_vector_written_out() -> None:
    """12 octets of HMAC-SHA1 over care-of address, correspondent, and 36 octets of header."""
    data = bytes.fromhex(
        "3b0505000000"  # header: 48 octets, Binding Update, checksum zero
        "004d80000069"  # sequence number, A, lifetime
        "040400050009"  # nonce indices 5 and 9
        "010e" + 14 * "00" + "050c"  # PadN of 16, Binding Authorization Data
    )
    kbm = hashlib.sha1(bytes.fromhex("0123456789abcdeffedcba9876543210")).digest()
    found = hmac.new(kbm, wire.ip6(COA) + wire.ip6(CN) + data, hashlib.sha1).digest()[:12]
    packet = wire.ipv6(COA, CN, 60, wire.home_address_header(HOA, data + found))
    assert last(HOT, COT, packet) == "good"


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ((), "unchecked: the Home Test with nonce index 5 was not seen"),
        ((HOT,), "unchecked: the Care-of Test with nonce index 9 was not seen"),
        ((COT,), "unchecked: the Home Test with nonce index 5 was not seen"),
        ((probe(3, HOA, 6, HOME_TOKEN), COT), "unchecked: the Home Test with nonce index 5"),
        ((HOT, probe(4, COA, 5, CARE_OF_TOKEN)), "unchecked: the Care-of Test with nonce"),
        ((probe(3, COA, HOME_INDEX, HOME_TOKEN), COT), "unchecked: the Home Test with"),
        (
            (probe(3, HOA, HOME_INDEX, HOME_TOKEN, source=ALTERNATE), COT),
            "unchecked: the Home Test with nonce index 5 was not seen",
        ),
        ((HOT, probe(4, COA, CARE_OF_INDEX, HOME_TOKEN)), "bad"),
        ((probe(3, HOA, HOME_INDEX, CARE_OF_TOKEN), COT), "bad"),
        ((probe(3, HOA, HOME_INDEX, bytes(8)), HOT, COT), "good"),
        ((HOT[:-1], COT), "unchecked: the Home Test with nonce index 5 was not seen"),
        ((probe(3, HOA, HOME_INDEX, HOME_TOKEN, routed=COA), COT), "good"),
    ],
    ids=[
        "no test",
        "Home Test alone",
        "Care-of Test alone",
        "other home index",
        "other care-of index",
        "test of another address",
        "test by another correspondent",
        "other care-of token",
        "other home token",
        "the newest token counts",
        "cut test",
        "test by way of a routing header",
    ],
)
def test_which_tests_were_seen(seen: tuple[bytes, ...], reason: str) -> None:
    assert last(*seen, update()).startswith(reason)


def test_deletion_takes_the_home_token_and_the_home_address() -> None:
    """RFC 6275 5.2.5, 6.2.7: the care-of nonce index is ignored."""
    assert last(HOT, update(KBM_TO_DELETE, care_of=HOA, lifetime=0, indices=(5, 0))) == "good"
    assert last(HOT, COT, update(KBM, care_of=HOA, lifetime=0)) == "bad"
    assert last(HOT, update(KBM_TO_DELETE, care_of=COA, lifetime=0)) == "bad"


def test_alternate_care_of_address() -> None:
    """Its own Care-of Test is what counts (RFC 6275 5.2.6)."""
    other = probe(4, ALTERNATE, CARE_OF_INDEX, CARE_OF_TOKEN)
    packet = update(care_of=ALTERNATE, alternate=ALTERNATE)
    assert last(HOT, other, packet) == "good"
    assert last(HOT, COT, packet).startswith("unchecked: the Care-of Test")
    assert last(HOT, other, update(care_of=COA, alternate=ALTERNATE)) == "bad"


def test_at_home_there_is_no_home_address_option() -> None:
    tests = (probe(3, COA, HOME_INDEX, HOME_TOKEN), COT)
    assert last(*tests, update(home_option=False)) == "good"


def test_without_nonce_indices() -> None:
    assert last(HOT, COT, update(indices=None)) == "unchecked: no Nonce Indices option"


def test_acknowledgement_needs_the_good_update_that_it_answers() -> None:
    unseen = "unchecked: no Binding Update that it answers was seen with a good authenticator"
    assert last(HOT, COT, update(), acknowledgement()) == "good"
    assert last(HOT, COT, update(), acknowledgement(KBM_TO_DELETE)) == "bad"
    assert last(HOT, COT, update(), acknowledgement(care_of=HOA)) == "bad"
    assert last(HOT, COT, update(), acknowledgement(sequence=78)) == unseen
    assert last(HOT, COT, acknowledgement()) == unseen
    assert last(HOT, COT, update(bytes(20)), acknowledgement(bytes(20))) == unseen
    deletion = update(KBM_TO_DELETE, care_of=HOA, lifetime=0)
    assert last(HOT, deletion, acknowledgement(KBM_TO_DELETE, care_of=HOA)) == "good"
    moved = update(care_of=ALTERNATE, alternate=ALTERNATE)
    other = probe(4, ALTERNATE, CARE_OF_INDEX, CARE_OF_TOKEN)
    assert last(HOT, other, moved, acknowledgement(care_of=ALTERNATE)) == "good"


@pytest.mark.parametrize("packet", [update(), acknowledgement()], ids=["update", "acknowledgement"])
def test_every_flip_of_the_message_is_not_good_but_for_the_checksum(packet: bytes) -> None:
    seen = (HOT, COT, update())
    begin = len(packet) - 14
    for bit in range(64 * 8, len(packet) * 8):
        checks = Checks()
        for earlier in seen:
            checked(earlier, checks)
        found = [each.verdict.state for each in checked(secured.flipped(packet, bit), checks)]
        if 68 * 8 <= bit < 70 * 8:
            assert found == [State.GOOD], bit
        elif bit >= (begin + 2) * 8:
            assert found == [State.BAD], bit
        else:
            assert State.GOOD not in found, bit


def test_every_flip_of_an_address_is_not_good() -> None:
    packet = update()
    for bit in (*range(8 * 8, 40 * 8), *range(48 * 8, 64 * 8)):  # source, destination, option
        assert state(HOT, COT, secured.flipped(packet, bit)) is not State.GOOD
    for bit in (*range(4, 32), *range(56, 64)):  # traffic class, flow label, hop limit
        assert state(HOT, COT, secured.flipped(packet, bit)) is State.GOOD


def test_no_truncation_raises_or_is_good() -> None:
    packet = update()
    for size in range(64, len(packet)):
        checks = Checks()
        for seen in (HOT, COT):
            checked(seen, checks)
        assert all(c.verdict.state is not State.GOOD for c in checked(packet[:size], checks))


def test_memory_is_bounded_and_keeps_the_newest() -> None:
    seen: Recent[int, str] = Recent(3)
    for number in (1, 2, 3, 1, 4):
        seen.put(number, f"{number}")
    assert [seen.get(number) for number in (1, 2, 3, 4)] == ["1", None, "3", "4"]
    assert MOST == 65536
