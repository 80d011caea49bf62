"""One capture for each finding of CONTRACT 3, and a near twin that differs in the fault alone.

Everything is built by `tests.wire`; nothing of the packages under test is used. A case gets a story
and whether the fault is to be in it, and returns the captures if it writes them itself.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from tests import wire
from tests.dissectors import secured
from tests.netmip6scope import access
from tests.netmip6scope.story import (
    ALICE,
    AR1,
    AR2,
    AR3,
    BOB,
    CORRESPONDENT,
    DAVID4,
    HA,
    MS,
    SECOND,
    Story,
    ms,
    sec,
)

MAP = "2001:db8:5::1"
RCOA = "2001:db8:5::aa"
NONE = "::"
LOCAL = 0x8800  # A and M (RFC 4140 4.1)

Build = Callable[[Story, bool], "list[str] | None"]


@dataclass(frozen=True)
class Case:
    """A code, what is special about this capture, and how it is built.

    says: what the text names; frame: where it is, if that is one frame; also: codes that the fault
    brings along; instead: codes that only the twin has.
    """

    code: str
    about: str
    build: Build
    says: tuple[str, ...]
    frame: int | None
    count: int
    also: tuple[str, ...]
    instead: tuple[str, ...]
    profile: str | None
    keys: str | None
    twin_keys: str | None


CASES: list[Case] = []


def case(
    code: str,
    *says: str,
    frame: int | None = None,
    count: int = 1,
    also: tuple[str, ...] = (),
    instead: tuple[str, ...] = (),
    profile: str | None = None,
    keys: str | None = None,
    twin_keys: str | None = None,
) -> Callable[[Build], Build]:
    def add(build: Build) -> Build:
        about = build.__name__.replace("_", " ")
        CASES.append(
            Case(
                code,
                about,
                build,
                says,
                frame,
                count,
                also,
                instead,
                profile,
                keys,
                twin_keys or keys,
            )
        )
        return build

    return add


# Messages between access routers

NAMED = wire.nd_mn_id(ALICE.nai)
CONTEXT = wire.context(1, wire.ip6(ALICE.hoa or "")) + wire.context(2, wire.ip6(HA))


def ho(src: str, dst: str, kind: int, body: bytes, *, hops: int = 255, ah: bool = True) -> bytes:
    """An ICMPv6 message between routers, behind an Authentication Header."""
    message = wire.icmp6(src, dst, kind, 0, body)
    if not ah:
        return wire.ipv6(src, dst, 58, message, hops)
    return wire.ipv6(src, dst, 51, wire.authentication_header(58, message, 4096, 1), hops)


def request(flags: int = 0xC000, options: bytes = NAMED, **how: Any) -> bytes:
    """From AR2 to AR1, Identifier 9."""
    return ho(AR2, AR1, 200, struct.pack("!HH", 9, flags) + options, **how)


def response(
    status: int = 0, options: bytes = NAMED + CONTEXT, reserved: int = 0, identifier: int = 9
) -> bytes:
    """From AR1 to AR2."""
    return ho(AR1, AR2, 201, struct.pack("!HBB", identifier, status, reserved) + options)


def exchange(
    story: Story, asks: bytes | None = None, tells: bytes | None = None, *, binds: bool = True
) -> None:
    """Alice attaches at AR1 (frames 1 to 4) and goes to AR2 (5 to 8); nothing is wrong."""
    story.attach(ms(0), ALICE, AR1)
    story.packet(ms(1000), request() if asks is None else asks)
    story.packet(ms(1005), response() if tells is None else tells)
    if binds:
        story.bu(ms(1007), ALICE, AR2)
        story.ba(ms(1012), ALICE, AR2)


@case("HO-HOPLIMIT", AR2, "64", frame=5)
def request_from_beyond_the_link(story: Story, wrong: bool) -> None:
    exchange(story, request(hops=64 if wrong else 255))


@case("HO-NO-ID", AR1, AR2, frame=5)
def request_that_names_nobody(story: Story, wrong: bool) -> None:
    exchange(story, request(options=b"" if wrong else NAMED))


@case("HO-NO-AH", AR1, AR2, frame=5)
def request_without_ah(story: Story, wrong: bool) -> None:
    exchange(story, request(ah=not wrong))


@case("HO-NO-AH", AR1, AR2, "2 times", frame=5)
def request_without_ah_sent_again(story: Story, wrong: bool) -> None:
    """One cause: the message is the same."""
    story.packet(ms(1003), request(ah=not wrong))
    exchange(story, request(ah=not wrong))


AH_KEY = bytes(range(1, 21))
AH_KEYS = f"""
[[ah]]
spi = 4096
destination = "{AR1}"
algorithm = "hmac-sha1-96"
key = "{AH_KEY.hex()}"
"""


@case("HO-BAD-AH", AR1, AR2, frame=5, keys=AH_KEYS)
def icv_of_another_key(story: Story, wrong: bool) -> None:
    """RFC 4302 3.3.3: over the packet with hop limit and ICV zero; class and flow are zero here."""
    key = bytes(20) if wrong else AH_KEY
    message = wire.icmp6(AR2, AR1, 200, 0, struct.pack("!HH", 9, 0xC000) + NAMED)
    behind = wire.authentication_header(58, message, 4096, 1)
    covered = wire.ipv6(AR2, AR1, 51, behind, 0)
    icv = hmac.digest(key, covered, "sha1")[:12]
    exchange(story, wire.ipv6(AR2, AR1, 51, behind[:12] + icv + behind[24:], 255))


def security(key: bytes) -> bytes:
    return wire.context(5, struct.pack("!IB3x", 256, 1) + key)


@case("HO-CLEAR-KEY", AR1, AR2, frame=6)
def key_under_ah_alone(story: Story, wrong: bool) -> None:
    """The twin has the association's SPI without its key."""
    exchange(story, tells=response(options=NAMED + CONTEXT + security(bytes(20) * wrong)))


ESP_KEYS = """
[[esp]]
spi = 4096
destination = "{}"
encryption = "{}"
algorithm = "hmac-sha1-96"
key = "{}"
"""
CIPHER_KEY = bytes(range(3, 19))


def in_esp(next_header: int, payload: bytes, cipher_key: bytes = b"") -> bytes:
    """ESP with SPI 4096: AES-CBC with such a key (RFC 3602), else NULL (RFC 2410)."""
    plain = secured.esp_plain(next_header, payload, 16)
    if cipher_key:
        iv = bytes(range(16))
        encryptor = Cipher(AES(cipher_key), CBC(iv)).encryptor()
        plain = iv + encryptor.update(plain) + encryptor.finalize()
    return secured.esp_null(4096, 1, plain, AH_KEY)


@case(
    "HO-CLEAR-KEY",
    AR1,
    AR2,
    frame=6,
    keys=ESP_KEYS.format(AR2, "null", AH_KEY.hex()),
    twin_keys=ESP_KEYS.format(AR2, "aes-cbc", AH_KEY.hex())
    + f'encryption_key = "{CIPHER_KEY.hex()}"\n',
)
def key_in_esp_that_does_not_encrypt(story: Story, wrong: bool) -> None:
    """In the twin it does: whoever has the key file sees the response, and nobody else."""
    body = struct.pack("!HBB", 9, 0, 0) + NAMED + CONTEXT + security(bytes(20))
    message = wire.icmp6(AR1, AR2, 201, 0, body)
    carried = in_esp(58, message, b"" if wrong else CIPHER_KEY)
    exchange(story, tells=wire.ipv6(AR1, AR2, 50, carried, 255))


@case("HO-REFUSED", AR1, AR2, "3", "unable to locate context", frame=6)
def context_refused(story: Story, wrong: bool) -> None:
    exchange(story, tells=response(3, NAMED) if wrong else None, binds=not wrong)
    story.attach(sec(2), BOB, AR2)


@case("HO-REFUSED", "status 3", "2 times", frame=6)
def context_refused_again(story: Story, wrong: bool) -> None:
    """One finding of the attempt: the same request, and the same answer to it."""
    exchange(story, tells=response(3, NAMED) if wrong else None, binds=False)
    story.packet(ms(1010), request())
    story.packet(ms(1015), response(3, NAMED) if wrong else response())
    story.attach(sec(2), BOB, AR2)


@case("HO-RESERVED", AR1, AR2, "5", frame=6, instead=("HO-REFUSED",))
def status_beyond_the_last(story: Story, wrong: bool) -> None:
    exchange(story, tells=response(5 if wrong else 4, NAMED), binds=False)


@case("HO-RESERVED", AR1, AR2, frame=5)
def lowest_reserved_bit_of_a_request(story: Story, wrong: bool) -> None:
    exchange(story, request(0xC001 if wrong else 0xC000))


@case("HO-RESERVED", AR1, AR2, frame=5)
def highest_reserved_bit_of_a_request(story: Story, wrong: bool) -> None:
    exchange(story, request(0xE000 if wrong else 0xC000))


@case("HO-RESERVED", AR1, AR2, frame=6)
def reserved_octet_of_a_response(story: Story, wrong: bool) -> None:
    exchange(story, tells=response(reserved=1 if wrong else 0))


@case("HO-UNANSWERED", AR1, AR2, "requests sent: 2", frame=9)
def no_response(story: Story, wrong: bool) -> None:
    """The twin's capture ends before the 15 s that an answer may take."""
    story.attach(ms(0), ALICE, AR1)
    story.packet(ms(1000), request())
    story.packet(ms(2000), request())
    story.unrelated(sec(2) + (16 if wrong else 14) * SECOND)
    story.attach(sec(1) - 500 * MS, BOB, AR2)


@case("HO-UNASKED", AR1, AR2, "7", frame=9)
def response_nobody_asked_for(story: Story, wrong: bool) -> None:
    """The twin repeats the response that was asked for."""
    exchange(story)
    story.packet(ms(1500), response(identifier=7 if wrong else 9))


@case("HO-NO-CONTEXT", AR1, AR2, frame=6)
def success_without_context(story: Story, wrong: bool) -> None:
    exchange(story, tells=response(options=NAMED + (b"" if wrong else wire.context(200, b"own"))))


@case("HO-NO-CONTEXT", AR1, AR2, frame=6)
def context_asked_for(story: Story, wrong: bool) -> None:
    """C and H, or H alone."""
    exchange(story, request(0xC000 if wrong else 0x4000), response(options=NAMED))


@case("MALFORMED", AR1, AR2, "octet 32", frame=6)
def context_that_runs_out_of_its_option(story: Story, wrong: bool) -> None:
    """One cause: what the response brings is not known, so that nothing is said to be missing.

    The option (16 octets, behind 8 of the message and 24 of the identity) has room for 12 octets of
    a home address.
    """
    address = wire.ip6(ALICE.hoa or "")
    short = bytes([253, 2, 1, 0]) + address[:12]
    exchange(story, tells=response(options=NAMED + (short if wrong else wire.context(1, address))))


@case("HO-ROGUE", AR1, AR2, "no mobile node", frame=5)
def router_that_serves_nobody(story: Story, wrong: bool) -> None:
    exchange(story, tells=response(4, NAMED), binds=False)
    if not wrong:
        story.attach(sec(2), BOB, AR2)
    story.unrelated(sec(30))


@case("HO-ROGUE", AR1, AR2, "profile", frame=5, profile=f'access_routers = ["{AR1}"]')
def router_that_the_profile_does_not_name(story: Story, wrong: bool) -> None:
    """In the twin AR1 asks, which the profile names."""
    if wrong:
        exchange(story)
        return
    story.attach(ms(0), ALICE, AR2)
    story.packet(ms(1000), ho(AR1, AR2, 200, struct.pack("!HH", 9, 0xC000) + NAMED))
    story.packet(ms(1005), ho(AR2, AR1, 201, struct.pack("!HBB", 9, 0, 0) + NAMED + CONTEXT))
    story.bu(ms(1007), ALICE, AR1)
    story.ba(ms(1012), ALICE, AR1)


# Binding Updates


def update(
    coa: str,
    hoa: str,
    seq: int,
    *,
    src: str | None = None,
    hoa4: bytes = b"",
    auth: bool = True,
    ah: bool = False,
    ntp: int = 0xDA00000000000000,
    nai: str = ALICE.nai,
    lifetime_s: int = 600,
    flags: int = 0xC000,
    ha: str = HA,
) -> bytes:
    """A Binding Update with each of its parts at choice."""
    options = [wire.alternate_coa(coa), wire.mn_id(nai)]
    if hoa4:
        options.append((wire.option(29, hoa4), 4, 0))
    options.append(wire.mesg_id(ntp))
    if auth:
        options.append(wire.authentication(256, bytes(12)))
    message = wire.mh(hoa, ha, 5, struct.pack("!HHH", seq, flags, lifetime_s // 4), options)
    inner = wire.home_address_header(hoa, message)
    if ah:
        # The Home Address option stands in front of AH (RFC 6275 6.3).
        protected = wire.authentication_header(135, message, 4096, 1)
        return wire.ipv6(src or coa, ha, 60, wire.home_address_header(hoa, protected, 51))
    return wire.ipv6(src or coa, ha, 60, inner)


def attach(story: Story, asks: bytes, mn: Any = ALICE, **how: Any) -> None:
    """RS, the Binding Update, BA with sequence number 1 (frames 1 to 3)."""
    if mn.hoa is not None:
        story.rs(ms(0), mn)
    story.packet(ms(2), asks)
    story.ba(ms(8), mn, AR1, seq=1, **how)


@case("BU-NO-ID", AR1, HA, frame=2)
def update_that_names_nobody(story: Story, wrong: bool) -> None:
    story.rs(ms(0), ALICE)
    story.bu(ms(2), ALICE, AR1, set_up=True, nai=not wrong)
    story.ba(ms(8), ALICE, AR1)


@case("BU-NO-AUTH", AR1, HA, frame=2)
def update_that_nothing_protects(story: Story, wrong: bool) -> None:
    attach(story, update(AR1, NONE, 1, auth=not wrong))


@case("BU-NO-AUTH", AR1, HA, frame=2)
def update_under_ah(story: Story, wrong: bool) -> None:
    attach(story, update(AR1, NONE, 1, auth=False, ah=not wrong))


AUTH_KEY = bytes(range(1, 17))
AUTH_KEYS = f"""
[[mn_ha]]
mn_id = "{ALICE.nai}"
ha = "{HA}"
spi = 256
key = "{AUTH_KEY.hex()}"
"""


@case("BU-BAD-AUTH", AR1, HA, frame=2, keys=AUTH_KEYS)
def authenticator_of_another_key(story: Story, wrong: bool) -> None:
    """RFC 4285 5.1 and WIRE.md: HMAC_SHA1 over care-of, home, and the header up to the SPI."""
    key = bytes(16) if wrong else AUTH_KEY
    asks = update(AR1, NONE, 1)
    begin = 40 + 24
    place = asks.rindex(bytes([9, 17, 1, 0, 0, 1, 0])) + 7
    header = asks[begin : begin + 4] + bytes(2) + asks[begin + 6 : place]
    data = hmac.digest(key, wire.ip6(AR1) + wire.ip6(NONE) + header, "sha1")[:12]
    signed = header + data + asks[place + 12 :]
    cksum = wire.checksum6(wire.ip6(NONE), wire.ip6(HA), 135, signed)
    attach(story, with_checksum(asks[:begin] + signed, cksum))


@case("BU-NO-AUTH", AR1, HA, frame=2, keys=ESP_KEYS.format(HA, "null", AH_KEY.hex()))
def update_in_esp(story: Story, wrong: bool) -> None:
    """ESP behind the Home Address option, in transport mode (RFC 6275 6.3)."""
    bare = update(AR1, NONE, 1, auth=False)
    protected = wire.home_address_header(NONE, in_esp(135, bare[64:]), 50)
    attach(story, bare if wrong else wire.ipv6(AR1, HA, 60, protected))


@case("BU-REPLAY", AR1, "sequence number 7 after 8", frame=6)
def sequence_number_goes_back(story: Story, wrong: bool) -> None:
    """The twin goes on from 65535 to 7: modulo 2^16 that is forward (RFC 6275 9.5.1)."""
    attach(story, update(AR1, NONE, 1))
    for n, seq in enumerate((8 if wrong else 65535, 7)):
        story.bu(sec(1 + n), ALICE, AR1, seq=seq)
        story.ba(sec(1 + n) + MS, ALICE, AR1)


@case("BU-REPLAY", AR1, "1500 ms", frame=6)
def mesg_id_goes_back(story: Story, wrong: bool) -> None:
    """NTP seconds stand in the upper 32 bits (RFC 4285 6): 10 s, then 8.5 s, or 10.5 s."""
    attach(story, update(AR1, NONE, 1, ntp=1 << 32))
    assert ALICE.hoa is not None
    half = 1 << 31
    stamps = (10 << 32, (8 << 32 | half) if wrong else (10 << 32 | half))
    for n, ntp in enumerate(stamps):
        story.packet(sec(1 + n), update(AR1, ALICE.hoa, 2 + n, ntp=ntp))
        story.ba(sec(1 + n) + MS, ALICE, AR1, seq=2 + n)


@case("BU-REPLAY", AR1, "100000 ms", frame=6, instead=("BA-REJECTED",))
def mesg_id_goes_back_behind_an_accepted_one(story: Story, wrong: bool) -> None:
    """The twin's earlier one is refused (RFC 4285 6: 144), and the router mends its clock."""
    attach(story, update(AR1, NONE, 1, ntp=1 << 32))
    assert ALICE.hoa is not None
    for n, seconds in enumerate((110, 10)):
        story.packet(sec(1 + n), update(AR1, ALICE.hoa, 2 + n, ntp=seconds << 32))
        status = 0 if wrong or n else 144
        story.ba(sec(1 + n) + MS, ALICE, AR1, seq=2 + n, status=status)


@case("BU-UNANSWERED", AR1, HA, "102", frame=5)
def update_without_answer(story: Story, wrong: bool) -> None:
    """The twin's capture ends before the 15 s that an answer may take."""
    story.attach(ms(0), ALICE, AR1)
    story.bu(sec(1), ALICE, AR1)
    story.unrelated(sec(1) + (16 if wrong else 14) * SECOND)


@case("BU-UNANSWERED", AR1, HA, "102", frame=5)
def update_that_asks_for_an_answer(story: Story, wrong: bool) -> None:
    """A and H, or H alone (RFC 6275 6.1.7)."""
    story.attach(ms(0), ALICE, AR1)
    assert ALICE.hoa is not None
    story.packet(sec(1), update(AR1, ALICE.hoa, 102, flags=0xC000 if wrong else 0x4000))
    story.unrelated(sec(20))


@case("BU-REACTIVE", AR1, AR2, frame=5)
def registration_without_handoff_exchange(story: Story, wrong: bool) -> None:
    if not wrong:
        exchange(story)
        return
    story.attach(ms(0), ALICE, AR1)
    story.bu(ms(1007), ALICE, AR2)
    story.ba(ms(1012), ALICE, AR2)


@case("BU-STALE", AR1, AR2, frame=9)
def renewal_by_the_router_that_was_left(story: Story, wrong: bool) -> None:
    exchange(story)
    router = AR1 if wrong else AR2
    story.bu(sec(5), ALICE, router)
    story.ba(sec(5) + MS, ALICE, router)


@case("BU-COA", AR1, AR3, frame=2)
def update_from_elsewhere(story: Story, wrong: bool) -> None:
    attach(story, update(AR1, NONE, 1, src=AR3 if wrong else AR1))


ASKS4, ASKS4_PREFIX = bytes([32 << 2, 0, 0, 0, 0, 0]), bytes([32 << 2 | 2, 0, 0, 0, 0, 0])


@case("BU-IPV4", AR1, HA, "(P)", frame=1)
def ipv4_set_up_that_asks_for_a_prefix(story: Story, wrong: bool) -> None:
    asks = ASKS4_PREFIX if wrong else ASKS4
    attach(story, update(AR1, NONE, 1, hoa4=asks, nai=DAVID4.nai), DAVID4)


@case("BU-IPV4", AR1, HA, "2001:db8:100:a:0:ff:fe00:a", frame=1)
def ipv4_set_up_with_a_home_address(story: Story, wrong: bool) -> None:
    """The twin has all ones: WIRE.md takes both."""
    ones = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
    assert ALICE.hoa is not None
    asks = update(AR1, ALICE.hoa if wrong else ones, 1, hoa4=ASKS4, nai=DAVID4.nai)
    attach(story, asks, DAVID4)


@case("BU-IPV4", AR1, HA, "without IPv4 Home Address option", frame=1)
def ipv4_set_up_without_option(story: Story, wrong: bool) -> None:
    attach(story, update(AR1, NONE, 1, hoa4=b"" if wrong else ASKS4, nai=DAVID4.nai), DAVID4)


# Binding Acknowledgements


@case("BA-REJECTED", AR1, HA, "129", frame=3)
def update_refused(story: Story, wrong: bool) -> None:
    attach(story, update(AR1, NONE, 1), status=129 if wrong else 1)


@case("BA-HOA-CHANGED", "2001:db8:100:b:0:ff:fe00:b", "2001:db8:100:a:0:ff:fe00:a", frame=8)
def handoff_with_another_home_address(story: Story, wrong: bool) -> None:
    exchange(story, binds=False)
    story.bu(ms(1007), ALICE, AR2)
    hoa = BOB.hoa if wrong else ALICE.hoa
    story.packet(ms(1012), wire.binding_ack(HA, AR2, hoa, ALICE.nai, 101, 600))


@case("BA-NO-HOA", AR1, HA, frame=3)
def acceptance_without_home_address(story: Story, wrong: bool) -> None:
    attach(story, update(AR1, NONE, 1), hoa=not wrong)


@case("BA-SHORT", HA, "596 s", "600 s", frame=3)
def lifetime_below_what_was_asked(story: Story, wrong: bool) -> None:
    attach(story, update(AR1, NONE, 1), lifetime_s=596 if wrong else 600)


@case("BIND-EXPIRED", AR1, "2.000000 ms")
def traffic_after_the_binding(story: Story, wrong: bool) -> None:
    """40 s from the BA at 8 ms: until 40.008 s."""
    story.attach(ms(0), ALICE, AR1, lifetime_s=40)
    story.downlink(ms(40_010 if wrong else 40_006), ALICE, AR1)
    story.unrelated(sec(60))


@case("HOA-DUPLICATE", "2001:db8:100:a:0:ff:fe00:a", frame=7)
def home_address_given_twice(story: Story, wrong: bool) -> None:
    """The twin gives it after the first binding was ended."""
    story.attach(ms(0), ALICE, AR1)
    if not wrong:
        story.teardown(sec(1), ALICE, AR1)
    story.rs(sec(2), BOB)
    story.packet(sec(2) + MS, update(AR2, NONE, 1, nai=BOB.nai))
    story.packet(sec(2) + 6 * MS, wire.binding_ack(HA, AR2, ALICE.hoa, BOB.nai, 1, 600))


@case("ADDR-MISMATCH", "fe80::a1", "2001:db8:100:a:0:ff:fe00:a", frame=4)
def advertisement_of_another_prefix(story: Story, wrong: bool) -> None:
    attach(story, update(AR1, NONE, 1))
    prefix = BOB.prefix if wrong else ALICE.prefix
    packet = wire.router_advertisement("fe80::a1", ALICE.link_local, prefix)
    story.packet(ms(9), packet)


GIVEN4, OTHER4 = "192.0.2.4", "192.0.2.5"
MAC4 = bytes.fromhex("020000000004")


@case("ADDR-MISMATCH", access.ROUTER4, GIVEN4, frame=4)
def offer_of_another_address(story: Story, wrong: bool) -> None:
    story.frame(ms(0), access.dhcpv4(MAC4, 1, "0.0.0.0", up=True))
    story.attach(ms(2), DAVID4, AR1)
    given = OTHER4 if wrong else GIVEN4
    story.frame(ms(12), access.dhcpv4(MAC4, 2, given, up=False))


@case("ADDR-MISMATCH", access.ROUTER_LINK, "2001:db8:100:a:0:ff:fe00:a", frame=4)
def reply_with_another_address(story: Story, wrong: bool) -> None:
    story.frame(ms(0), access.dhcpv6(ALICE, 1, None, up=True))
    story.packet(ms(2), update(AR1, NONE, 1))
    story.ba(ms(8), ALICE, AR1, seq=1)
    story.frame(ms(12), access.dhcpv6(ALICE, 7, BOB.hoa if wrong else ALICE.hoa, up=False))


@case("ADDR-MISMATCH", AR1, GIVEN4, frame=4)
def nak_with_another_address(story: Story, wrong: bool) -> None:
    """Configure-Request, and Configure-Nak with the address to take (RFC 1332 3.3)."""
    story.frame(ms(0), access.ipcp(MAC4, 1, "0.0.0.0", up=True))
    story.attach(ms(2), DAVID4, AR1)
    story.frame(ms(12), access.ipcp(MAC4, 3, OTHER4 if wrong else GIVEN4, up=False))


@case("BU-IPV4", AR1, HA, "asks for an IPv4 address", frame=2)
def ipv4_node_that_the_router_asks_ipv6_for(story: Story, wrong: bool) -> None:
    """The mobile node speaks DHCPv4; the twin's is another one, before the set-up."""
    story.frame(ms(0), access.dhcpv4(MAC4, 1, "0.0.0.0", up=True))
    if not wrong:
        story.frame(ms(1), access.dhcpv4(MAC4, 2, OTHER4, up=False))
    story.packet(ms(2), update(AR1, NONE, 1))
    story.ba(ms(8), ALICE, AR1, seq=1)
    story.frame(ms(12), access.dhcpv4(MAC4, 2, OTHER4, up=False))


# The user plane


def moved(story: Story) -> None:
    """Alice's first uplink packet through AR2 comes at 1.1 s; 1 s later traffic is judged."""
    exchange(story)
    story.uplink(ms(1100), ALICE, AR2)


@case("TUN-BLACKHOLE", AR1, AR2)
def downlink_to_the_sar_alone(story: Story, wrong: bool) -> None:
    moved(story)
    story.downlink(ms(2101 if wrong else 2099), ALICE, AR1)


@case("TUN-NOT-TORN", AR1, AR2)
def downlink_to_both(story: Story, wrong: bool) -> None:
    moved(story)
    story.downlink(ms(2102), ALICE, AR2)
    story.downlink(ms(2101 if wrong else 2099), ALICE, AR1)


@case("TUN-UNBOUND", AR3, "no binding: 2", "2001:db8:100:a:0:ff:fe00:a")
def tunnel_to_a_router_without_binding(story: Story, wrong: bool) -> None:
    story.attach(ms(0), ALICE, AR1)
    for n in range(2):
        story.downlink(ms(100 + n), ALICE, AR3 if wrong else AR1)


@case("PING-PONG", AR1, AR2, "9988.000000 ms", frame=12)
def back_at_once(story: Story, wrong: bool) -> None:
    """From BA to BA; within 10 s is a few seconds."""
    exchange(story)
    again = ms(1012) + (9988 if wrong else 10_001) * MS
    identity = struct.pack("!HH", 10, 0xC000) + NAMED
    story.packet(again - 12 * MS, ho(AR1, AR2, 200, identity))
    answer = struct.pack("!HBB", 10, 0, 0) + NAMED + CONTEXT
    story.packet(again - 8 * MS, ho(AR2, AR1, 201, answer))
    story.bu(again - 5 * MS, ALICE, AR1)
    story.ba(again, ALICE, AR1)


# Net-HMIPv6


def in_domain(story: Story, rcoa: str = RCOA, lcoa: str = AR1, src: str = AR1) -> None:
    """Attach behind a MAP: BU and BA with the MAP (frames 2 and 3), then with the HA."""
    assert ALICE.hoa is not None
    story.rs(ms(0), ALICE)
    story.packet(ms(1), update(lcoa, NONE, 1, src=src, flags=LOCAL, ha=MAP))
    story.packet(ms(3), wire.binding_ack(MAP, lcoa, rcoa, ALICE.nai, 1, 600))
    story.packet(ms(4), update(rcoa, NONE, 1))
    story.packet(ms(8), wire.binding_ack(HA, rcoa, ALICE.hoa, ALICE.nai, 1, 600))


@case("MAP-PREFIX", AR1, MAP, frame=6)
def router_advertises_its_own_prefix(story: Story, wrong: bool) -> None:
    in_domain(story)
    prefix = "2001:db8:1::" if wrong else ALICE.prefix
    story.packet(ms(9), wire.router_advertisement("fe80::a1", ALICE.link_local, prefix))


@case("MAP-ADDR", MAP, "2001:db8:6::aa", frame=3)
def rcoa_of_another_prefix(story: Story, wrong: bool) -> None:
    in_domain(story, "2001:db8:6::aa" if wrong else RCOA)


@case("MAP-ADDR", AR1, "2001:db8:9::a1", frame=2, instead=("BU-COA",))
def lcoa_of_another_prefix(story: Story, wrong: bool) -> None:
    """The twin's is of the router's prefix, and not the router's address."""
    in_domain(story, lcoa="2001:db8:9::a1" if wrong else "2001:db8:1::cc")


@case("MN-SIGNALLED", HA, "2001:db8:100:a:0:ff:fe00:a", frame=4)
def update_by_the_mobile_node(story: Story, wrong: bool) -> None:
    """It registers its home address as care-of address; in the twin the router renews."""
    attach(story, update(AR1, NONE, 1))
    assert ALICE.hoa is not None
    story.packet(sec(1), update(ALICE.hoa if wrong else AR1, ALICE.hoa, 2, flags=0x4000))


@case("MN-SIGNALLED", HA, "2001:db8:100:a:0:ff:fe00:a", frame=4)
def return_routability_by_the_mobile_node(story: Story, wrong: bool) -> None:
    """Home Test Init (RFC 6275 6.1.3); in the twin a host elsewhere begins it."""
    attach(story, update(AR1, NONE, 1))
    assert ALICE.hoa is not None
    src = ALICE.hoa if wrong else CORRESPONDENT
    story.packet(sec(1), wire.ipv6(src, HA, 135, wire.mh(src, HA, 1, bytes(2 + 8), [])))


# Octets and captures


def with_checksum(packet: bytes, value: int) -> bytes:
    """A Binding Update as `update` makes it, with this checksum (RFC 6275 6.1.1)."""
    at = 40 + 24 + 4
    return packet[:at] + struct.pack("!H", value) + packet[at + 2 :]


@case("CKSUM", AR1, HA, frame=2)
def wrong_checksum(story: Story, wrong: bool) -> None:
    asks = update(AR1, NONE, 1)
    right = struct.unpack_from("!H", asks, 68)[0]
    attach(story, with_checksum(asks, right ^ 1 if wrong else right))


@case("CKSUM", AR1, HA, frame=2)
def checksum_left_to_the_network_card(story: Story, wrong: bool) -> None:
    """A host that leaves it to the card writes the pseudo-header's sum alone."""
    asks = update(AR1, NONE, 1)
    length = len(asks) - 64
    pseudo = wire.ip6(NONE) + wire.ip6(HA) + struct.pack("!I3xB", length, 135)
    attach(story, with_checksum(asks, wire.ones_sum(pseudo) ^ wrong))


def solicit(cksum: int | None) -> bytes:
    """DHCPv6 Solicit (RFC 3315 5.1, 6) over UDP, with this checksum or the right one."""
    src, dst = "fe80::a", "ff02::1:2"
    client = struct.pack("!HHHH", 1, 10, 3, 1) + b"\2\0\0\0\0\x0a"
    datagram = wire.udp(src, dst, 546, 547, bytes([1, 0, 0, 7]) + client + bytes(2))
    if cksum is not None:
        datagram = datagram[:6] + struct.pack("!H", cksum) + datagram[8:]
    return wire.ipv6(src, dst, 17, datagram)


@case("CKSUM", "fe80::a", "ff02::1:2", frame=1)
def wrong_udp_checksum(story: Story, wrong: bool) -> None:
    """In the twin it is the pseudo-header's sum alone (RFC 8200 8.1): left to the network card."""
    length = len(solicit(None)) - 40
    pseudo = wire.ip6("fe80::a") + wire.ip6("ff02::1:2") + struct.pack("!I3xB", length, 17)
    story.packet(ms(0), solicit(wire.ones_sum(pseudo) ^ wrong))


@case("MALFORMED", AR2, AR1, "octet 8", frame=5, instead=("CAP-CUT",))
def option_that_runs_out_of_its_message(story: Story, wrong: bool) -> list[str]:
    """The option is longer by 8 octets than the packet; or than what the snap length left."""
    option = NAMED[:1] + bytes([len(NAMED) // 8 + 1]) + NAMED[2:]
    exchange(story, request(options=option if wrong else NAMED + bytes([250, 1, 0, 0, 0, 0, 0, 0])))
    if wrong:
        return [story.write()]
    kept = [(at, o[:-8] if n == 4 else o) for n, (at, o) in enumerate(story.in_order())]
    whole = wire.pcap(kept)
    # The record's original length (its fourth word) is what was on the wire.
    at = 24 + sum(16 + len(o) for _, o in kept[:4])
    longer = struct.pack("<I", len(kept[4][1]) + 8)
    path = story.directory / "snapped.pcap"
    path.write_bytes(whole[: at + 12] + longer + whole[at + 16 :])
    return [str(path)]


@case("CAP-CUT", "cut: 1;", frame=2)
def snapped_frame(story: Story, wrong: bool) -> list[str]:
    attach(story, update(AR1, NONE, 1))
    longest = max(len(octets) for _, octets in story.frames)
    return [story.write(snaplen=longest - 1 if wrong else longest)]


@case("CAP-CUT", "ends inside a record")
def capture_that_ends_in_a_record_header(story: Story, wrong: bool) -> list[str]:
    attach(story, update(AR1, NONE, 1))
    path = story.directory / "cut.pcap"
    path.write_bytes(wire.pcap(story.in_order()) + bytes(7) * wrong)
    return [str(path)]


@case("CAP-ORDER", "2.000000 ms", "frames: 1", frame=3)
def time_that_goes_back(story: Story, wrong: bool) -> list[str]:
    for at in (ms(0), ms(5), ms(3) if wrong else ms(7)):
        story.unrelated(at)
    path = story.directory / "order.pcap"
    path.write_bytes(wire.pcap(story.frames))
    return [str(path)]


@case("CAP-CLOCK", "5000.000000 ms")
def clock_that_is_ahead(story: Story, wrong: bool) -> list[str]:
    """Both points see update and acknowledgement at the same times, but for the clock."""
    attach(story, update(AR1, NONE, 1))
    paths = []
    for name, ahead in (("one", 0), ("two", 5 * SECOND * wrong)):
        path = story.directory / f"{name}.pcap"
        path.write_bytes(wire.pcap([(at + ahead, octets) for at, octets in story.in_order()]))
        paths.append(f"{name}={path}")
    return paths


@case("CAP-CLOCK", "nothing ties the clock")
def clock_that_nothing_ties(story: Story, wrong: bool) -> list[str]:
    attach(story, update(AR1, NONE, 1))
    other = Story(story.directory)
    other.unrelated(ms(4))
    paths = [f"one={story.write('one.pcap')}"]
    frames = other.frames if wrong else story.in_order()
    (story.directory / "two.pcap").write_bytes(wire.pcap(frames))
    return [*paths, f"two={story.directory / 'two.pcap'}"]


def in_pcapng(story: Story, name: str, *behind: bytes, options: bytes = b"") -> list[str]:
    """The story's frames with these options each, and blocks behind them."""
    blocks = [
        block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)),
        block(1, struct.pack("<HHI", 1, 0, 0)),
    ]
    for at, octets in story.in_order():
        time = struct.pack("<II", at // 1000 >> 32, at // 1000 & 0xFFFFFFFF)
        size = struct.pack("<II", len(octets), len(octets))
        padded = octets + bytes(-len(octets) % 4)
        blocks.append(block(6, bytes(4) + time + size + padded + options))
    path = story.directory / name
    path.write_bytes(b"".join([*blocks, *behind]))
    return [str(path)]


@case("CAP-DROP", "12")
def packets_that_were_dropped(story: Story, wrong: bool) -> list[str]:
    """Interface Statistics count from the begin: 3 then 5 at the interface, 7 in the system."""
    story.unrelated(ms(0))
    later = statistics(5 * wrong, 7 * wrong)
    return in_pcapng(story, "dropped.pcapng", statistics(3 * wrong, 0), later)


@case("CAP-DROP", "while capturing: 4")
def packets_that_were_lost_in_front_of_others(story: Story, wrong: bool) -> list[str]:
    """epb_flags (2), epb_dropcount (4) of two packets, and the end of options."""
    story.unrelated(ms(0))
    story.unrelated(ms(1))
    options = struct.pack("<HHIHHQHH", 2, 4, 1, 4, 8, 2 * wrong, 0, 0)
    return in_pcapng(story, "lost.pcapng", options=options)


@case("CAP-DROP", "9223372036854775807")
def more_packets_than_can_be(story: Story, wrong: bool) -> list[str]:
    story.unrelated(ms(0))
    every = (1 << 64) - 1
    return in_pcapng(story, "hostile.pcapng", statistics(every * wrong, every * wrong))


def statistics(interface: int, system: int) -> bytes:
    """draft-ietf-opsawg-pcapng 4.6: isb_ifdrop (5) and isb_osdrop (7) of interface 0."""
    drops = struct.pack("<HHQHHQHH", 5, 8, interface, 7, 8, system, 0, 0)
    return block(5, struct.pack("<III", 0, 0, 0) + drops)


def block(kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length
