"""What-ifs on recorded incidents, with effects that are worked out by hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any

import pytest

from dissectors.handoff import HoResponse
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from netmip6scope.cli.main import main
from replay.closed.changes import Changed, Changes, LinkChange
from replay.closed.journeys import peeled
from replay.packets import Packet, decode
from tests.netmip6scope.closing import DATA, SAMPLES, SIMULATED, frames_in, keys_of

FIGURE3 = str(SIMULATED / "figure3-handoff.pcapng")
HA, SAR, TAR = "2001:db8:f::1", "2001:db8:1::a1", "2001:db8:2::a2"
MS, UDP = 10**6, 17
IPV6, DHCPV6 = b"\x86\xdd", (b"\x02\x22", b"\x02\x23")
"""An EtherType; the UDP ports 546 and 547."""
Sent = list[tuple[int, Packet]]


def asked(tmp_path: Path, *options: str, capture: str = FIGURE3) -> tuple[dict[str, Any], Sent]:
    """The JSON of a what-if, and the signalling packets that it wrote with their times."""
    out, told = tmp_path / "out.pcapng", tmp_path / "out.json"
    assert main(["replay", capture, *options, "-w", str(out), "--json", str(told)]) == 0
    (found,) = json.loads(told.read_text(), parse_float=Decimal)
    return found, signalling(out)


def signalling(path: str | Path) -> Sent:
    found = []
    for time_ns, octets in frames_in(path):
        what = peeled(octets[14:]) if octets[12:14] == b"\x86\xdd" else None
        if what is not None and not what.tunnels and what.upper in (43, 51, 58, 60, 135):
            found.append((time_ns, decode(octets[14:])))
    return found


def of_kind(sent: Sent, kind: str, source: str) -> Sent:
    return [
        (time_ns, packet)
        for time_ns, packet in sent
        if type(packet.payload).__name__ == kind and str(packet.source) == source
    ]


def handoffs(found: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    (recorded,), (changed,) = found["recorded"], found["changed"]
    return recorded, changed


# Links


def test_a_slower_link_between_the_routers(tmp_path: Path) -> None:
    """The request is on its way for 40 ms, so is the response; the rest takes as long as before.

    The capture point sees packets where they are sent: the response 40 ms after the request.
    """
    recorded, changed = handoffs(asked(tmp_path, "--set", "link.sar-tar.delay=40ms")[0])
    assert changed["context_ms"] == 40
    assert changed["binding_ms"] == recorded["binding_ms"]
    assert changed["preparation_ms"] == 40 + 40 + recorded["binding_ms"]
    assert changed["ho_requests"] == changed["bus"] == 1


def test_links_can_be_named_by_addresses_and_one_way_is_both(tmp_path: Path) -> None:
    by_role = asked(tmp_path, "--set", "link.sar-tar.delay=40ms")[0]
    by_address = asked(tmp_path, "--set", f"link.{TAR}-{SAR}.delay=40000us")[0]
    assert by_role["changed"] == by_address["changed"]


def test_a_slower_link_delays_user_data_as_well(tmp_path: Path) -> None:
    """Between home agent and TAR 250 ms instead of some 5: uplink comes out so much later."""
    asked(tmp_path, "--set", "link.ha-tar.delay=250ms")
    times: dict[bytes, list[int]] = {}
    for time_ns, octets in frames_in(tmp_path / "out.pcapng"):
        what = peeled(octets[14:]) if octets[12:14] == b"\x86\xdd" else None
        if what is None or what.upper != UDP:
            continue
        if not what.tunnels or what.tunnels[0][0] == IPv6Address(TAR):
            times.setdefault(what.inner, []).append(time_ns)
    # Each uplink packet: from the mobile node, from the TAR in the tunnel, from the home agent.
    uplink = [each for each in times.values() if len(each) == 3]
    assert len(uplink) > 30
    assert {each[2] - each[1] for each in uplink} == {250 * MS}


def test_everything_is_lost(tmp_path: Path) -> None:
    """Nothing is answered. RFC 6275 12: a first update again after 1.5 s, then after 3 s; at 5 s it
    leaves the SAR. The target asks again after 0.5, 1 and 2 s, which is past the capture's end."""
    found, sent = asked(tmp_path, "--faults", "loss=100%")
    updates = [time_ns for time_ns, _ in of_kind(sent, "BindingUpdate", SAR)]
    assert [time_ns - updates[0] for time_ns in updates] == [0, 1500 * MS]
    requests = [time_ns for time_ns, _ in of_kind(sent, "HoRequest", TAR)]
    assert [time_ns - requests[0] for time_ns in requests] == [0, 500 * MS, 1500 * MS]
    assert of_kind(sent, "BindingAcknowledgement", HA) == []
    assert of_kind(sent, "HoResponse", SAR) == []
    assert handoffs(found)[1]["ho_requests"] == 3


def test_seeds_decide(tmp_path: Path) -> None:
    def written(*options: str) -> bytes:
        asked(tmp_path, *options)
        return (tmp_path / "out.pcapng").read_bytes()

    first = written("--faults", "loss=30%,jitter=5ms", "--seed", "4")
    assert written("--faults", "loss=30%,jitter=5ms", "--seed", "4") == first
    assert written("--faults", "loss=30%,jitter=5ms", "--seed", "5") != first
    assert written("--faults", "loss=0%") == Path(FIGURE3).read_bytes()


def test_no_packet_overtakes_another() -> None:
    way = IPv6Address(HA), IPv6Address(SAR)
    conduct = Changed(Changes(everywhere=LinkChange(jitter_ns=50 * MS)), ())
    arrivals = []
    for sent_ns in range(0, 1000 * MS, MS):
        took_ns = conduct.travel_ns(sent_ns, way, None, 5 * MS)
        assert took_ns is not None
        assert took_ns >= 5 * MS
        arrivals.append(sent_ns + took_ns)
    assert arrivals == sorted(arrivals)
    assert max(b - a for a, b in zip(range(0, 1000 * MS, MS), arrivals, strict=True)) > 40 * MS


# Messages


@pytest.mark.parametrize(
    ("drop", "router", "after_ns"),
    [
        # RFC 6275 12: InitialBindackTimeoutFirstReg; INITIAL_BINDACK_TIMEOUT with a binding.
        ("ba#1", SAR, 1500 * MS),
        ("ba#2", TAR, 1000 * MS),
        ("bu#1", SAR, 1500 * MS),
        ("bu#2@alice@example.net", TAR, 1000 * MS),
    ],
)
def test_an_update_that_is_not_answered_is_sent_again(
    drop: str, router: str, after_ns: int, tmp_path: Path
) -> None:
    """With a higher sequence number (RFC 6275 11.8), and is answered then."""
    _, sent = asked(tmp_path, "--drop", drop)
    (first_ns, first), (again_ns, again), *_ = of_kind(sent, "BindingUpdate", router)
    assert again_ns - first_ns == after_ns
    assert isinstance(first.payload, BindingUpdate)
    assert isinstance(again.payload, BindingUpdate)
    assert again.payload.sequence == first.payload.sequence + 1
    answers = [
        packet.payload.sequence
        for time_ns, packet in of_kind(sent, "BindingAcknowledgement", HA)
        if str(packet.destination) == router
        and time_ns >= first_ns
        and isinstance(packet.payload, BindingAcknowledgement)
    ]
    lost = [] if drop.startswith("bu") else [first.payload.sequence]
    assert answers[: len(lost) + 1] == [*lost, again.payload.sequence]


def test_an_attach_waits_for_its_second_update(tmp_path: Path) -> None:
    """The mobile node is told its prefix when the second acknowledgement has come."""
    _, sent = asked(tmp_path, "--drop", "ba#1")
    (told_ns, _), *_ = [each for each in sent if isinstance_named(each[1], "RouterAdvertisement")]
    second_ns = of_kind(sent, "BindingAcknowledgement", HA)[1][0]
    # From home agent to router it takes as long as the first time: 1.042364862 s - 1.037246519 s.
    assert told_ns - second_ns == 5_118_343


def isinstance_named(packet: Packet, name: str) -> bool:
    return type(packet.payload).__name__ == name


@pytest.mark.parametrize(
    "lost", ["bu#1", "bu#2", "bu#3", "ba#1", "ba#2", "ba#3", "ho-request#1", "ho-response#1"]
)
def test_a_single_loss_is_made_up_for(lost: str, tmp_path: Path) -> None:
    """Whatever is lost is sent again, once; every update has a higher number than the last one
    for its care-of address (RFC 6275 9.5.1), and what is acknowledged was accepted."""
    found, sent = asked(tmp_path, "--drop", lost)
    kind = {"bu": "BindingUpdate", "ba": "BindingUpdate"}.get(lost[:2], "HoRequest")
    expected = 4 if kind == "BindingUpdate" else 2
    assert len([1 for _, packet in sent if isinstance_named(packet, kind)]) == expected
    for router in (SAR, TAR):
        numbers = [
            p.payload.sequence
            for _, p in of_kind(sent, "BindingUpdate", router)
            if isinstance(p.payload, BindingUpdate)
        ]
        assert numbers == sorted(set(numbers))
    statuses = {
        p.payload.status
        for _, p in of_kind(sent, "BindingAcknowledgement", HA)
        if isinstance(p.payload, BindingAcknowledgement)
    }
    assert statuses == {0}
    assert handoffs(found)[1]["outcome"] == "complete"


def test_a_question_follows_its_answer(tmp_path: Path) -> None:
    """The offer comes 1.5 s later, so do the Request and its answer, as soon after as recorded:
    the first update is sent again after so long (RFC 6275 12)."""
    capture = SIMULATED / "access-dhcpv6.pcapng"
    asked(tmp_path, "--drop", "ba#1", capture=str(capture))
    recorded, changed = dhcp_times(capture), dhcp_times(tmp_path / "out.pcapng")
    assert len(recorded) == len(changed) == 4
    assert changed[0] == recorded[0]
    assert [b - a for a, b in zip(recorded[1:], changed[1:], strict=True)] == [1500 * MS] * 3


def dhcp_times(path: Path) -> list[int]:
    found = ((t, peeled(octets[14:])) for t, octets in frames_in(path) if octets[12:14] == IPV6)
    return [t for t, what in found if what is not None and what.inner[40:42] in DHCPV6]


def test_a_lost_response_is_asked_for_again(tmp_path: Path) -> None:
    """The same request after half a second, and the same response (draft 4.2)."""
    found, sent = asked(tmp_path, "--drop", "ho-response#1")
    recorded, changed = handoffs(found)
    (first_ns, first), (again_ns, again) = of_kind(sent, "HoRequest", TAR)
    assert again_ns - first_ns == 500 * MS
    assert first.payload == again.payload
    one, other = (packet for _, packet in of_kind(sent, "HoResponse", SAR))
    assert one.payload == other.payload
    assert changed["ho_requests"] == 2
    assert changed["preparation_ms"] == recorded["preparation_ms"] + 500


# Roles


def test_bicasting_turned_on(tmp_path: Path) -> None:
    """What the home agent tunnels between its BA to the TAR and its BA to the SAR's release goes
    both ways: counted in the recorded capture, where it goes to the TAR alone."""
    recorded = frames_in(FIGURE3)
    acks = [
        time_ns
        for time_ns, packet in signalling(FIGURE3)
        if isinstance(packet.payload, BindingAcknowledgement)
    ]
    copies = 0
    for time_ns, octets in recorded:
        what = peeled(octets[14:]) if octets[12:14] == b"\x86\xdd" else None
        down = (
            what is not None and [str(end) for end in what.tunnels[:1][0]] == [HA, TAR]
            if what is not None and what.tunnels
            else False
        )
        copies += bool(down) and acks[1] <= time_ns <= acks[2]
    assert copies == 3
    before, changed = handoffs(asked(tmp_path, "--set", "ha.bicast=true")[0])
    assert before["bicast_packets"] == 0
    assert changed["bicast_packets"] == copies
    assert changed["dl_gap_ms"] < 0 < before["dl_gap_ms"]


def test_another_lifetime_is_asked_for_and_granted(tmp_path: Path) -> None:
    _, sent = asked(tmp_path, "--set", "tar.lifetime_s=40")
    ((_, update),) = of_kind(sent, "BindingUpdate", TAR)
    answers = [
        p.payload
        for _, p in of_kind(sent, "BindingAcknowledgement", HA)
        if str(p.destination) == TAR
    ]
    assert isinstance(update.payload, BindingUpdate)
    # Units of 4 s (RFC 6275 6.1.7).
    assert update.payload.lifetime == 10
    assert [a.lifetime for a in answers if isinstance(a, BindingAcknowledgement)] == [10]


def test_a_mobile_node_that_is_not_served_has_no_context_to_give(tmp_path: Path) -> None:
    """RFC 6275 6.1.8: 129, and draft 4.2: 3, unable to locate the context. The target then tries
    without one, as the mobile node's data comes, and gets 129 as well."""
    found, sent = asked(tmp_path, "--set", 'ha.forbidden=["alice@example.net"]')
    changed = handoffs(found)[1]
    assert (changed["outcome"], changed["status"]) == ("binding-rejected", 129)
    (response,) = (packet.payload for _, packet in of_kind(sent, "HoResponse", SAR))
    assert isinstance(response, HoResponse)
    assert response.status == 3
    statuses = {
        p.payload.status
        for _, p in of_kind(sent, "BindingAcknowledgement", HA)
        if isinstance(p.payload, BindingAcknowledgement)
    }
    assert statuses == {129}


@pytest.mark.parametrize(
    "name",
    [
        "access-dhcpv6",
        "bicast",
        "loss-recovery",
        "net-hmipv6",
        "ping-pong",
        "reactive",
        "refresh",
        "wrong-target",
    ],
)
def test_a_change_that_changes_nothing(name: str, tmp_path: Path) -> None:
    """Every node decides all times itself then, and they come out as recorded."""
    capture, keys = str(SIMULATED / f"{name}.pcapng"), keys_of(name, tmp_path)
    found, _ = asked(tmp_path, "--keys", keys, "--set", "ha.full=false", capture=capture)
    assert found["recorded"] == found["changed"]


# What is said


def test_side_by_side(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SAMPLES.parent)
    sample = "sample_pcaps/simulated/figure3-handoff.pcapng"
    assert main(["replay", sample, "--set", "link.sar-tar.delay=40ms"]) == 0
    out = capsys.readouterr().out
    shown = "\n".join(f"    {line}".rstrip() for line in out.splitlines())
    assert shown in (SAMPLES.parent / "docs" / "replay.md").read_text()
    cells = {line.split()[-3]: line.split()[-2:] for line in out.splitlines() if "_ms" in line}
    assert cells["context_ms"] == ["5.413123", "40.000000"]


def test_several_incidents_and_changes(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    captures = [FIGURE3, str(SIMULATED / "ping-pong.pcapng")]
    options = ["--set", "ha.bicast=true", "--set", "ar.lifetime_s=400", "--drop", "ba#1"]
    assert main(["replay", *captures, *options, "--json", str(out)]) == 0
    told = json.loads(out.read_text())
    assert [each["incident"] for each in told] == captures
    assert told[0]["changes"] == ["ha.bicast=true", "ar.lifetime_s=400", "drop ba#1"]
    assert [len(each["changed"]) for each in told] == [1, 2]


def test_captures_of_others(tmp_path: Path) -> None:
    """The SAR's and the TAR's link alone is another: only handoffs with it are."""
    capture, keys = str(DATA / "01_slaac_handoff.pcap"), str(DATA / "01_slaac_handoff.keys.toml")
    options = ("--keys", keys, "--set", "link.sar-tar.delay=40ms")
    recorded, changed = handoffs(asked(tmp_path, *options, capture=capture)[0])
    assert changed["outcome"] == recorded["outcome"] == "complete"
    assert changed["context_ms"] == 40


def test_the_same_octets_everywhere(tmp_path: Path) -> None:
    found = set()
    for seed, zone in (("0", "UTC"), ("3", "Asia/Tokyo")):
        folder = tmp_path / seed
        folder.mkdir()
        path = os.pathsep.join([str(SAMPLES.parent), os.environ.get("PYTHONPATH", "")])
        command = [sys.executable, "-m", "netmip6scope", "replay", FIGURE3]
        done = subprocess.run(
            [*command, "--faults", "loss=20%", "-w", "out.pcapng", "--json", "-"],
            cwd=folder,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": path},
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found.add((done.stdout, (folder / "out.pcapng").read_bytes()))
    assert len(found) == 1


WRONG = {
    "no such node": (["--set", "aha.full=true"], f"there are ha, ar, sar, tar, {HA}, {SAR}, {TAR}"),
    "no such key": (["--set", "ha.bicst=true"], "it has bicast, pool,"),
    "not for its kind": (["--set", "sar.bicast=true"], "it has home_agent, map,"),
    "no such value": (["--set", "ha.bicast=2"], "expected true or false"),
    "no such agent": (["--set", "sar.home_agent=2001:db8::9"], f"there are {HA}"),
    "no dot": (["--set", "bicast=true"], "expected NODE.KEY=VALUE"),
    "no value": (["--set", "ha.bicast"], "expected NODE.KEY=VALUE"),
    "one end": (["--set", "link.sar.delay=1ms"], "expected a link as link.sar-tar"),
    "one node": (["--set", "link.ha-ha.delay=1ms"], "a link has two ends"),
    "no such end": (["--set", "link.sar-map.delay=1ms"], "there is no node map; there are ha"),
    "no such quality": (["--set", "link.sar-tar.speed=1"], "it has delay, jitter, loss"),
    "no unit": (["--set", "link.sar-tar.delay=40"], "expected a time"),
    "too long": (["--set", "link.sar-tar.delay=2000000s"], "expected a time"),
    "no number": (["--set", "link.sar-tar.delay=nanms"], "expected a time"),
    "no share": (["--faults", "loss=101%"], "expected a share"),
    "no such fault": (["--faults", "rain=1%"], "it has delay, jitter, loss"),
    "no such kind": (["--drop", "pbu#1"], "there are bu, ba, ho-request, ho-response"),
    "no number of it": (["--drop", "ba"], "expected ba#1"),
    "too few": (["--drop", "ba#4"], "the trace has 3 ba"),
    "no such mobile node": (["--drop", "ba#1@eve"], "there are alice@example.net"),
    "seed alone": (["--seed", "3"], "--seed goes with"),
    "with --accept": (["--set", "ha.full=true", "--accept"], "--accept"),
    "with --junit": (["--set", "ha.full=true", "--junit", "x.xml"], "--junit is for verdicts"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use_is_one_line_and_writes_nothing(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    options, said = WRONG[name]
    monkeypatch.chdir(tmp_path)
    assert main(["replay", FIGURE3, *options]) == 2
    assert main(["replay", FIGURE3, *options, "-w", "out.pcapng"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 2
    assert said in told.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.tshark
@pytest.mark.parametrize(
    "capture",
    [DATA / "20c_sll.pcap", DATA / "20e_raw.pcap", SIMULATED / "access-ipcp.pcapng"],
    ids=lambda path: path.stem,
)
def test_new_frames_are_whole_on_every_link(capture: Path, tmp_path: Path) -> None:
    """tshark finds nothing malformed and no wrong checksum in what no recorded frame shows."""
    out = tmp_path / "out.pcapng"
    changes = ["--set", "ha.bicast=true", "--set", "link.ar-ha.delay=300ms", "--drop", "bu#1"]
    assert main(["replay", str(capture), *changes, "-w", str(out)]) == 0
    assert frames_in(out) != frames_in(capture)
    wrong = "_ws.malformed || _ws.expert.severity >= 0x800000"
    checked = ["-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-Y", wrong]
    done = subprocess.run(
        ["tshark", "-r", str(out), *checked], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == ""
