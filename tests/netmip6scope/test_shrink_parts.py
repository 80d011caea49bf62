"""The parts of shrinking: delta debugging, messages without options, the progress line."""

from __future__ import annotations

import dataclasses
import io
import random
import struct
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dissectors.authentication.keys import Keys
from dissectors.frames import Interface
from dissectors.profile import Profile
from dissectors.tree import decode as decode_tree
from netmip6scope.capture.inputs import Source
from netmip6scope.incident.incident_file import Incident, incident_from
from netmip6scope.incident.learned import incident_text
from netmip6scope.incident.run import Outcome
from netmip6scope.shrink.ddmin import smallest
from netmip6scope.shrink.frames import Frame, picked, write_frames
from netmip6scope.shrink.options import opened, without
from netmip6scope.shrink.progress import Replaying
from replay.packets import Packet, decode
from replay.roles import AgentRole, Roles, RouterRole
from replay.security import AhSecurity, MnHaSecurity, is_protected_with, is_signed_with
from replay.trace import traced
from replay.verdict import Verdict
from tests import wire
from tests.netmip6scope.faulty import right_trace
from tests.netmip6scope.simulated import captured, ready_run

SAR, TAR, HA, HOA = "2001:db8:1::2", "2001:db8:3::4", "2001:db8:f::1", "2001:db8:100::7"
NAI = "alice@example.net"
HOA4 = "192.0.2.9"
ETHERNET = 1


# Delta debugging


@given(st.integers(1, 60), st.sets(st.integers(0, 59)), st.booleans())
def test_what_is_needed_is_kept_and_nothing_else(
    count: int, needed: set[int], one_by_one: bool
) -> None:
    needed = {number for number in needed if number < count}
    found = smallest(range(count), lambda some: needed <= set(some), one_by_one=one_by_one)
    assert found == sorted(needed)


@given(st.integers(1, 12), st.randoms(use_true_random=False), st.booleans())
def test_no_single_part_can_be_left_out(count: int, dice: random.Random, one_by_one: bool) -> None:
    """Whatever holds: here any sets of parts, drawn by chance, beside all together."""
    told: dict[frozenset[int], bool] = {frozenset(range(count)): True}

    def holds(some: Sequence[int]) -> bool:
        return told.setdefault(frozenset(some), dice.random() < 0.4)

    found = smallest(range(count), holds, one_by_one=one_by_one)
    assert told[frozenset(found)]
    for part in found:
        assert not holds([other for other in found if other != part])


def test_few_of_many_take_few_questions() -> None:
    """Two of 4,096: halving takes some 12 steps for each, and each step asks at most 4 times."""
    asked = []

    def holds(some: Sequence[int]) -> bool:
        asked.append(len(some))
        return {1000, 3000} <= set(some)

    assert smallest(range(4096), holds) == [1000, 3000]
    assert len(asked) <= 2 * 12 * 4


# Options


def frame(packet: bytes, tags: tuple[tuple[int, int], ...] = ()) -> Frame:
    octets = wire.eth(packet, tags=tags)
    return Frame(1, 0, octets, len(octets), Interface(ETHERNET, "net"))


def less(one: Frame, *places: int) -> bytes:
    """The frame's octets without the options at these places."""
    found = opened(one, Profile())
    assert found is not None
    made = without(found, set(places), Keys(), Profile())
    assert made is not None
    assert made.wirelen == len(made.octets)
    return made.octets


def test_a_binding_update_without_options() -> None:
    """What is left is what a Binding Update is that never had them; they count from 0."""
    settings = TAR, HA, HOA
    whole = frame(wire.binding_update(*settings, NAI, 7, 600, hoa4=HOA4))
    unnamed = wire.binding_update(*settings, None, 7, 600, hoa4=HOA4)
    assert less(whole, 2) == wire.eth(wire.binding_update(*settings, NAI, 7, 600))
    assert less(whole, 1) == wire.eth(unnamed)
    bare = wire.binding_update(*settings, None, 7, 600, auth=False)
    assert less(whole, 1, 2, 4) == wire.eth(bare)
    assert less(whole) == whole.octets


def test_an_acknowledgement_in_a_tunnel_with_a_tag() -> None:
    """The lengths of both headers shrink, and the checksum is that of the inner ends."""
    tags = ((0x8100, 7),)
    inner = wire.binding_ack(HA, SAR, HOA, NAI, 7, 600, hoa4=HOA4)
    whole = frame(wire.tunnel("2001:db8:e1::1", SAR, inner), tags)
    fewer = wire.tunnel("2001:db8:e1::1", SAR, wire.binding_ack(HA, SAR, HOA, None, 7, 600))
    assert less(whole, 0, 1) == wire.eth(fewer, tags=tags)


def test_a_response_without_a_context() -> None:
    whole = frame(wire.ho_response(SAR, TAR, 9, NAI, hoa=HOA, hoa4=HOA4, ha=HA))
    # Identity, home address, IPv4 home address, home agent, binding.
    assert less(whole, 2) == wire.eth(wire.ho_response(SAR, TAR, 9, NAI, hoa=HOA, ha=HA))
    assert less(whole, 2, 3, 4) == wire.eth(wire.ho_response(SAR, TAR, 9, NAI, hoa=HOA))


def test_a_point_to_point_session_gets_its_length() -> None:
    """RFC 2516 4: version and type, code, session, length; then PPP's 0x0057 for IPv6."""

    def session(packet: bytes) -> bytes:
        body = struct.pack("!H", 0x0057) + packet
        return wire.eth(struct.pack("!BBHH", 0x11, 0, 5, len(body)) + body, 0x8864)

    octets = session(wire.router_advertisement("fe80::1", "fe80::2", HOA))
    whole = Frame(1, 0, octets, len(octets), Interface(ETHERNET, "net"))
    bare = struct.pack("!BBHII", 64, 0, 1800, 0, 0)
    packet = wire.ipv6(
        "fe80::1", "fe80::2", 58, wire.icmp6("fe80::1", "fe80::2", 134, 0, bare), 255
    )
    assert less(whole, 0) == session(packet)


def test_what_is_odd_is_left_alone() -> None:
    """A wrong checksum, reserved bits in padding, a cut frame, user data: nobody changes those."""
    right = frame(wire.binding_update(TAR, HA, HOA, NAI, 7, 600)).octets
    at = right.index(wire.ip6(HOA)) + 16 + 4
    broken = right[:at] + bytes([right[at] ^ 1]) + right[at + 1 :]
    interface = Interface(ETHERNET, "net")
    assert opened(Frame(1, 0, right, len(right), interface), Profile()) is not None
    assert opened(Frame(1, 0, broken, len(broken), interface), Profile()) is None
    assert opened(Frame(1, 0, right[:-8], len(right), interface), Profile()) is None
    inner = wire.ipv6(HOA, "2001:db8:c::9", 59, b"")
    assert opened(frame(wire.tunnel(SAR, HA, inner)), Profile()) is None


def packet_of(one: Frame) -> Packet:
    return decode(one.octets[14:])


def test_authenticators_are_right_again(tmp_path: Path) -> None:
    """By the nodes' own reckoning, which shares no code with the mending of frames."""
    (capture,) = captured(ready_run("figure3-handoff"), tmp_path)
    observed, keys = right_trace("figure3-handoff")
    frames, _ = picked(Source(capture), {seen.frame for seen in observed if seen.sealed})
    associations = [MnHaSecurity(one.spi, one.key) for one in keys.entries.mn_ha]
    protections = [AhSecurity(one.spi, one.key) for one in keys.entries.ah]
    checked = 0
    for one in frames:
        found = opened(one, Profile())
        assert found is not None
        for place, option in enumerate(found.options):
            if type(option).__name__ == "Authentication":
                continue
            made = without(found, {place}, keys, Profile())
            assert made is not None
            packet = packet_of(made)
            if packet.ah is not None:
                assert any(is_protected_with(packet, each, Profile()) for each in protections)
            else:
                assert any(is_signed_with(packet, each) for each in associations)
            assert anomalies(made) == []
            checked += 1
    # Six binding messages with three options or more beside the authenticator's, HO messages.
    assert checked > 6 * 2 + 2


def anomalies(one: Frame) -> list[str]:
    """Everything that is odd about a frame."""
    tree = decode_tree(one.octets, one.interface.link_type, one.wirelen, Profile())
    waiting, found = [tree], []
    while waiting:
        node = waiting.pop()
        waiting += node.children
        found += [anomaly.reason for anomaly in node.anomalies]
    return found


@pytest.mark.parametrize("cut", [0, 1, 7])
def test_frames_are_picked_and_written_as_they_were(tmp_path: Path, cut: int) -> None:
    interfaces = Interface(ETHERNET, "a"), Interface(101, "b")
    frames = [
        Frame(n, 10**18 + n, bytes([n]) * (20 + n), 20 + n + cut, interfaces[n % 2])
        for n in range(1, 9)
    ]
    path = tmp_path / "x.pcapng"
    with path.open("wb") as stream:
        write_frames(frames, stream)
    found, count = picked(Source(str(path)), {2, 5, 8})
    assert count == 8
    assert found == [frames[1], frames[4], frames[7]]


# Roles


@pytest.mark.parametrize("ahead_ns", [0, 1, -1, 999_999, -1_234_567, 30 * 10**9])
@pytest.mark.parametrize("plain", [False, True])
def test_roles_are_stated_as_they_are(ahead_ns: int, plain: bool) -> None:
    """What is usual is stated as well: a part of the trace would teach otherwise."""
    agent = AgentRole(
        IPv6Address(HA),
        pool=None if plain else IPv6Network("2001:db8:100::/48"),
        pool4=None if plain else IPv4Network("192.0.2.0/24"),
        longest_s=600,
        forbidden=frozenset() if plain else frozenset((b"eve", b"mallory")),
        known=None if plain else frozenset((b"alice",)),
        full=not plain,
        timestamps=plain,
        clock_ahead_ns=ahead_ns,
    )
    router = RouterRole(
        IPv6Address(SAR),
        agent.address,
        map=None if plain else IPv6Address("2001:db8:e1::1"),
        all_ones=not plain,
        forbidden=agent.forbidden,
        require_ah=not plain,
        clock_ahead_ns=ahead_ns,
    )
    roles = Roles((agent,), (router,), tolerance_ns=1_500_001)
    incident = Incident("x", ("x.pcapng",))
    outcome = Outcome(incident, roles, traced([]), Verdict((), ()), None)
    read = incident_from(incident_text(outcome, "incident.toml", usual=True), "x", Path())
    assert read.tolerance_ns == 1_500_001
    unsaid = {"local"} | {name for role in (agent, router) for name in _unset(role)}
    for role in (agent, router):
        given = {"address": role.address, **read.stated[role.address]}
        assert given == {k: v for k, v in _fields(role).items() if k not in unsaid}


def _fields(role: AgentRole | RouterRole) -> dict[str, object]:
    return {each.name: getattr(role, each.name) for each in dataclasses.fields(role)}


def _unset(role: AgentRole | RouterRole) -> list[str]:
    return [name for name, value in _fields(role).items() if value is None]


# Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_says_how_many_replays_there_were() -> None:
    now = [0.0]
    stream = Terminal()
    with Replaying(stream=stream, clock_s=lambda: now[0]) as progress:
        now[0] = 3.0
        progress.show(41)
        assert stream.getvalue().endswith("41 parts replayed, 3 s")
    assert stream.getvalue().endswith("\r\x1b[2K")
