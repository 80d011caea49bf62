"""Access of every kind (draft 3.1 and 3.2): what goes over the link, and what comes of it."""

from __future__ import annotations

import hashlib
from ipaddress import IPv4Address, IPv6Address

import pytest

from dissectors.authentication.secret import Secret
from dissectors.codec import parse
from dissectors.dhcpv4_options import Dhcpv4Type
from dissectors.dhcpv6 import Dhcpv6Type
from dissectors.handoff import Access, LinkAuthentication
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from dissectors.mobility_options import Ipv4AddressAcknowledgement, Ipv4HomeAddress
from dissectors.ppp import IpcpConfigure, PppCode
from dissectors.radius import Radius, RadiusCode
from netmip6scope.simulation.run import load
from replay import credentials, dhcp
from replay.context import from_options
from replay.events import Fact, Why
from replay.frames import EapolFrame, label
from replay.network import Builder
from replay.packets import UNSPECIFIED, Datagram, Packet
from replay.radius import opened, request, response, value_of
from replay.scenario import Fault
from tests.replay.told import Told, changed, packet, payload, told, told_by

ALICE = b"alice@example.net"
HA, HOA = IPv6Address("2001:db8:f::1"), IPv6Address("2001:db8:100:1:0:ff:fe00:a01")
HOA4 = IPv4Address("192.0.2.1")
AR1, AR2 = IPv6Address("2001:db8:1::a1"), IPv6Address("2001:db8:2::a2")
DHCPV6, DHCPV4 = "access-dhcpv6", "figure2-ipv4-dhcpv4"
IPV6CP, IPCP, EAP = "access-ipv6cp", "access-ipcp", "access-slaac-eap"
EVERY = [EAP, DHCPV6, DHCPV4, IPV6CP, IPCP]


def on_link(run: Told) -> list[str]:
    """Frames that are no packets, in order."""
    frames = (one.send.packet for one in run.sends)
    return [label(frame) for frame in frames if not isinstance(frame, Packet)]


def radius(run: Told) -> list[Radius]:
    datagrams = [payload(one) for one in run.sends if one.send.why is Why.AAA]
    return [parse(Radius, datagram.data)[0] for datagram in datagrams]


def order(run: Told, *kinds: object) -> list[str]:
    """The steps of a set-up by name."""
    names = []
    for one in run.sends:
        body = payload(one)
        if isinstance(body, BindingUpdate | BindingAcknowledgement):
            names.append(type(body).__name__)
        elif isinstance(body, Datagram):
            six, four = dhcp.dhcpv6(body), dhcp.dhcpv4(body)
            if six is not None:
                names.append(Dhcpv6Type(six.msg_type).name)
            elif four is not None:
                names.append(Dhcpv4Type(dhcp.type4(four) or 0).name)
    return names


@pytest.mark.requirement("R3.1-1a", "R3.1-1b")
def test_eap_goes_between_mobile_node_and_aaa() -> None:
    run = told(EAP)
    frames = on_link(run)
    assert frames[0] == "EAP request"
    assert frames[-3:] == ["EAP request", "EAP response", "EAP success"]
    codes = [message.code for message in radius(run)]
    assert codes == [
        RadiusCode.ACCESS_REQUEST,
        RadiusCode.ACCESS_CHALLENGE,
        RadiusCode.ACCESS_REQUEST,
        RadiusCode.ACCESS_ACCEPT,
    ]
    assert value_of(radius(run)[0], "User-Name") == ALICE
    assert value_of(radius(run)[0], "NAS-IPv6-Address") == AR1
    # RFC 2865 5.24: what a challenge says stands in the next request, as it is.
    states = [value_of(message, "State") for message in radius(run)]
    assert states[1] == states[2] is not None
    assert states[0] is states[3] is None


@pytest.mark.requirement("R3.1-1a")
def test_ppp_is_lcp_then_chap_then_ipv6cp() -> None:
    frames = on_link(told(IPV6CP))
    steps = ["LCP configure request", "LCP configure ack", "CHAP challenge", "CHAP response"]
    steps += ["CHAP success", "IPV6CP configure request", "IPV6CP configure ack"]
    places = [frames.index(step) for step in steps]
    assert places == sorted(places)
    asked = radius(told(IPV6CP))[0]
    identifier, value = value_of(asked, "CHAP-Password")[0], value_of(asked, "CHAP-Password")[1:]
    # RFC 1994 4.1: MD5 of the identifier, the secret and the challenge.
    secret = told_password(IPV6CP)
    challenge = value_of(asked, "CHAP-Challenge")
    assert value == hashlib.md5(bytes((identifier,)) + secret + challenge).digest()


def told_password(name: str) -> bytes:
    scenario = load(name)
    return Builder(scenario).password(scenario.mobiles[0]).reveal()


@pytest.mark.requirement("R3.1-1a")
def test_ppp_is_lcp_then_pap_then_ipcp() -> None:
    frames = on_link(told(IPCP))
    steps = ["LCP configure request", "PAP authenticate request", "PAP authenticate ack"]
    steps += ["IPCP configure request", "IPCP configure nak", "IPCP configure ack"]
    places = [frames.index(step) for step in steps]
    assert places == sorted(places)


@pytest.mark.requirement("R3.1-1a", "R3.1-1b")
def test_ppp_is_lcp_then_eap_then_ipv6cp() -> None:
    """EAP is PPP's then (RFC 3748 2.4); AAA gets it as on other links."""
    run = told("access-ppp-eap")
    frames = on_link(run)
    steps = ["LCP configure request", "LCP configure ack", "EAP request", "EAP response"]
    steps += ["EAP success", "IPV6CP configure request", "IPV6CP configure ack"]
    places = [frames.index(step) for step in steps]
    assert places == sorted(places)
    assert not any(isinstance(sent.send.packet, EapolFrame) for sent in run.sends)
    assert len(radius(run)) == 4


@pytest.mark.requirement("R3.1-1b", "R3.1-3")
def test_aaa_assigns_home_agent_and_home_address() -> None:
    run = told("aaa-decides")
    updates = [packet(one) for one in run.of(BindingUpdate) if one.send.why is Why.ATTACH]
    by_node = {one.send.mn_id: packet(one) for one in run.of(BindingUpdate, why=Why.ATTACH)}
    ha2, home = IPv6Address("2001:db8:f2::1"), IPv6Address("2001:db8:200:7:0:ff:fe00:a01")
    assert by_node[ALICE].destination == by_node[b"bob@example.net"].destination == ha2
    assert by_node[ALICE].home_address == home
    assert by_node[b"bob@example.net"].home_address == UNSPECIFIED
    assert len(updates) == 2
    given = {packet(one).routed for one in run.of(BindingAcknowledgement)}
    assert home in given


@pytest.mark.requirement("R3.1-1b")
def test_aaa_refuses() -> None:
    run = told("aaa-decides")
    assert {note.mn_id for _, note in run.facts(Fact.KEPT_OUT)} == {
        b"carol@example.net",
        b"dora@example.net",
    }
    assert not [one for one in run.of(BindingUpdate) if one.send.mn_id.startswith((b"carol", b"d"))]


@pytest.mark.requirement("R3.1-2", "R3.1-5", "R6.1")
def test_dhcpv6() -> None:
    run = told(DHCPV6)
    assert order(run)[:6] == [
        "SOLICIT",
        "BindingUpdate",
        "BindingAcknowledgement",
        "ADVERTISE",
        "REQUEST",
        "REPLY",
    ]
    reply = next(
        six
        for one in run.sends
        if isinstance(payload(one), Datagram)
        and (six := dhcp.dhcpv6(payload(one))) is not None
        and six.msg_type == Dhcpv6Type.REPLY
    )
    assert dhcp.offered6(reply) == HOA


@pytest.mark.requirement("R3.1-2", "R3.1-5", "R6.1")
def test_ipv6cp_then_router_solicitation() -> None:
    run = told(IPV6CP)
    asked = [one for one in run.sends if one.send.why is Why.SOLICIT]
    assert [type(payload(one)).__name__ for one in asked] == ["PppFrame", "RouterSolicitation"]
    assert [note.address for _, note in run.facts(Fact.HAS_ADDRESS)] == [HOA]


@pytest.mark.requirement("R3.2-2", "R3.2-5")
def test_dhcpv4() -> None:
    run = told(DHCPV4)
    assert order(run)[:6] == [
        "DISCOVER",
        "BindingUpdate",
        "BindingAcknowledgement",
        "OFFER",
        "REQUEST",
        "ACK",
    ]
    assert [note.address for _, note in run.facts(Fact.HAS_ADDRESS)] == [HOA4]


@pytest.mark.requirement("R3.2-2", "R3.2-5")
def test_ipcp_nak_carries_the_home_address() -> None:
    run = told(IPCP)
    frames = [one.send.packet for one in run.sends if not isinstance(one.send.packet, Packet)]
    messages = [getattr(frame, "message", None) for frame in frames]
    own = [m for m in messages if isinstance(m, IpcpConfigure)][:4]
    told_addresses = [(m.code, m.options[0].address) for m in own]
    assert told_addresses[:3] == [
        (PppCode.CONFIGURE_REQUEST, IPv4Address(0)),
        (PppCode.CONFIGURE_NAK, HOA4),
        (PppCode.CONFIGURE_REQUEST, HOA4),
    ]


@pytest.mark.requirement("R3.2-3", "R3.2-4", "R6.2-4", "R6.3-2")
@pytest.mark.parametrize("name", [DHCPV4, IPCP])
def test_ipv4_binding(name: str) -> None:
    run = told(name)
    update, ack = run.of(BindingUpdate)[0], run.of(BindingAcknowledgement)[0]
    assert packet(update).home_address == UNSPECIFIED
    (asked,) = [o for o in payload(update).options if isinstance(o, Ipv4HomeAddress)]
    assert (asked.address, asked.prefix, asked.prefix_length) == (IPv4Address(0), False, 32)
    (told_,) = [o for o in payload(ack).options if isinstance(o, Ipv4AddressAcknowledgement)]
    assert (told_.status, told_.address) == (0, HOA4)
    assert packet(ack).routed is None


@pytest.mark.requirement("R3.2-6")
@pytest.mark.parametrize("name", [DHCPV4, IPCP])
def test_ipv4_goes_through_the_ipv6_tunnel(name: str) -> None:
    run = told(name)
    tunnels = [packet(one) for one in run.sends if one.send.why is Why.TUNNELLED]
    assert {type(one.source) for one in tunnels} == {IPv6Address}
    ends = {(one.source, one.destination) for one in tunnels}
    assert ends == {(AR1, HA), (HA, AR1), (AR2, HA), (HA, AR2)}
    inner = {payload.source for one in tunnels if isinstance(payload := one.payload, Packet)}
    assert inner == {HOA4, IPv4Address("198.51.100.99")}
    assert len(run.facts(Fact.RECEIVED, "alice")) > 80


@pytest.mark.requirement("R3.3-9", "R3.3-4")
@pytest.mark.parametrize("name", EVERY)
def test_handoff_keeps_the_address_without_a_word_of_the_mobile_node(name: str) -> None:
    run = told(name)
    spoken = {
        one.send.why
        for one in run.sends
        if one.sender == "alice" and run.since(one) > 3_000_000_000
    }
    assert spoken == {Why.USER}
    assert len(run.facts(Fact.HAS_ADDRESS)) == 1
    (response_,) = [one for one in run.sends if one.send.why is Why.HO_RESPONSE]
    context = from_options(payload(response_).options)
    assert context is not None
    mobile = load(name).mobiles[0]
    assert context.access is mobile.access
    assert context.authentication is mobile.authentication


@pytest.mark.parametrize("name", EVERY)
def test_nothing_forbidden_happens(name: str) -> None:
    assert told(name).violations == []


@pytest.mark.requirement("R7-2", "R3.1-1b")
def test_key_comes_from_aaa_and_goes_with_the_context() -> None:
    scenario = load(EAP)
    scenario = changed(scenario, mobiles=(changed(scenario.mobiles[0], key_from_aaa=True),))
    run = told_by(scenario)
    own = next(k for k in Builder(scenario).keys().mn_ha if k.mn_id == ALICE)
    updates = [payload(one) for one in run.of(BindingUpdate)]
    assert {update.options[-1].spi for update in updates} == {own.spi}
    assert len(run.facts(Fact.BOUND)) == 2  # at both routers, neither of which was told before
    carried = b"".join(payload(one).data for one in run.sends if one.send.why is Why.AAA)
    assert own.key.reveal() not in carried


def test_keys_are_hidden_as_rfc_2868_says() -> None:
    secret, authenticator, key = b"shared", bytes(range(16)), bytes(range(100, 116))
    value = credentials.hidden_key(key, secret, authenticator, 0x8001)
    # 3.5 written out: the first block is the length and 15 octets of the key.
    first = hashlib.md5(secret + authenticator + b"\x80\x01").digest()
    assert value[:2] == b"\x80\x01"
    assert value[2:18] == bytes(a ^ b for a, b in zip(b"\x10" + key[:15], first, strict=True))
    assert credentials.revealed_key(value, secret, authenticator) == key
    assert credentials.revealed_key(value, b"other", authenticator) != key
    assert credentials.revealed_key(b"\x80", secret, authenticator) is None


def test_a_mobile_node_that_is_not_let_in_gets_nothing() -> None:
    scenario = load(DHCPV6)
    refused = changed(scenario.mobiles[0], refused=True)
    run = told_by(changed(scenario, mobiles=(refused,)))
    assert not run.of(BindingUpdate)
    assert not run.facts(Fact.HAS_ADDRESS)


def test_aaa_that_is_silent_lets_nobody_in() -> None:
    scenario = load(EAP)
    stopped = (Fault(0, scenario.duration_ns, "aaa"),)
    run = told_by(changed(scenario, faults=stopped, moves=scenario.moves[:1]))
    requests = [one for one in run.sends if one.send.why is Why.AAA]
    # The same octets: a retransmission must not look like a new request (RFC 2865 2.5).
    assert len(requests) > 1
    assert len({payload(one).data for one in requests}) == 1
    assert not run.of(BindingUpdate)


# What is sealed


def test_pap_password_is_hidden_and_found_again() -> None:
    secret, authenticator = b"shared", bytes(range(16))
    for password in (b"", b"a", b"sixteen octets!!", b"seventeen octets!" * 3):
        value = credentials.hidden(password, secret, authenticator)
        assert len(value) % 16 == 0
        assert len(value) >= 16
        assert credentials.revealed(value, secret, authenticator) == password
    # RFC 2865 5.2 written out for one block.
    first = hashlib.md5(secret + authenticator).digest()
    expected = bytes(a ^ b for a, b in zip(b"abc".ljust(16, b"\0"), first, strict=True))
    assert credentials.hidden(b"abc", secret, authenticator) == expected


def test_radius_seals_hold_and_break() -> None:
    secret, authenticator = Secret(b"shared"), bytes(range(16))
    octets = request(7, authenticator, (), secret)
    asked = opened(octets, secret)
    assert asked is not None
    assert opened(octets, Secret(b"other")) is None
    answer = response(RadiusCode.ACCESS_ACCEPT, asked, (), secret)
    assert opened(answer, secret, authenticator) is not None
    assert opened(answer, secret, bytes(16)) is None
    for bit in range(len(answer) * 8):
        damaged = bytearray(answer)
        damaged[bit // 8] ^= 0x80 >> bit % 8
        assert opened(bytes(damaged), secret, authenticator) is None


def test_eap_md5_is_chaps_digest() -> None:
    asked = credentials.eap_challenge(9, b"challenge")
    answer = credentials.eap_response(asked, ALICE, b"secret")
    assert answer is not None
    expected = hashlib.md5(b"\x09secretchallenge").digest()
    assert credentials.eap_md5_value(answer) == expected


def test_every_access_and_authentication_has_a_scenario() -> None:
    mobiles = [mobile for name in EVERY for mobile in load(name).mobiles]
    assert {m.access for m in mobiles} == set(Access) - {Access.UNKNOWN}
    assert {m.authentication for m in mobiles} == set(LinkAuthentication) - {
        LinkAuthentication.NONE
    }
