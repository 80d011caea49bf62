"""What replay reads of a capture: seals by octets as the tree has them, user data as columns."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from dissectors.authentication.checks import Checks
from dissectors.node import Node
from dissectors.profile import Profile
from dissectors.tree import decode
from netmip6scope.capture.inputs import expand
from netmip6scope.capture.reader import read_batches
from netmip6scope.cli.main import main
from netmip6scope.incident.reading import read_observed, read_trace
from netmip6scope.incident.sealed import NotFollowed, is_sealed_right
from netmip6scope.keys import load_keys
from replay.packets import Packet
from replay.trace import traced
from replay.user_data import Flow, UserData, thinned
from tests import wire
from tests.dissectors.test_both_lanes import fragments
from tests.netmip6scope.captured import read
from tests.netmip6scope.closing import SIMULATED, keys_of
from tests.netmip6scope.faulty import right_trace

DATA = Path(__file__).parent.parent / "data" / "netmip6"
ONE_FILE = sorted(
    path.name[: -len(".truth.json")]
    for path in DATA.glob("*.truth.json")
    if len(json.loads(path.read_text())["captures"]) == 1
)


BEHIND = (60, 43, 51)
"""First headers of Binding Updates, of their acknowledgements, and of what AH protects."""


def seals(tree: Node) -> list[str]:
    found = [str(tree.value)] if tree.name == "verification" else []
    return found + [each for child in tree.children for each in seals(child)]


@pytest.mark.parametrize("name", ["01_slaac_handoff", "05_ho_refused", "16_net_hmipv6"])
def test_seals_are_those_of_the_tree(name: str) -> None:
    truth = json.loads((DATA / f"{name}.truth.json").read_text())
    keys = load_keys(str(DATA / truth["keys"]))
    by_tree, by_octets = Checks(keys), Checks(keys)
    told = {"good": 0, "bad": 0}
    (source,) = expand([str(DATA / truth["captures"][0])])
    for batch in read_batches(source):
        for row in range(len(batch)):
            frame = batch.frame(row)
            link_type = batch.interfaces[int(batch.interface[row])].link_type
            tree = decode(frame, link_type, int(batch.wirelen[row]), Profile(), by_tree)
            begins = [node.begin for node in tree.children if node.name == "ipv6"]
            expected = (seals(tree) or ["none"])[0]
            try:
                right = is_sealed_right(frame[begins[0] :], by_octets) if begins else None
            except NotFollowed:
                assert not any(node.name in ("mh", "ah") for node in tree.children)
                continue
            assert right is {"good": True, "bad": False}.get(expected)
            told.update({expected: told.get(expected, 0) + 1})
    assert told["good"] >= truth["messages"]["bu"] + truth["messages"]["ba"] - told["bad"]


def test_a_cut_packet_is_not_followed() -> None:
    observed, keys = right_trace("figure3-handoff")
    from replay.packets import encode

    update = next(each for each in observed if type(each.packet.payload).__name__ == "HoRequest")
    octets = encode(update.packet)
    assert is_sealed_right(octets, Checks(keys)) is True
    for length in range(len(octets)):
        with pytest.raises(NotFollowed):
            is_sealed_right(octets[:length], Checks(keys))


@pytest.mark.parametrize("name", ONE_FILE)
def test_uplink_packets_are_as_many_as_the_truth_counts(name: str) -> None:
    truth = json.loads((DATA / f"{name}.truth.json").read_text())
    captures = [str(DATA / each.rpartition("=")[2]) for each in truth["captures"]]
    _, user = read_trace(captures, Profile(), load_keys(None))
    assert (user.time_ns[1:] >= user.time_ns[:-1]).all()
    found: Counter[str] = Counter()
    for flow, rows in user.by_flow():
        found[str(flow.inner_source)] += len(rows)
    told: Counter[str] = Counter()
    for session in truth["sessions"]:
        for home in (session["hoa"], session["hoa4"]):
            if home is not None:
                told[home] += session["ul_packets"]
    assert {home: found[home] for home in told} == dict(told)


def test_columns_and_packets_give_the_same_trace() -> None:
    name = "16_net_hmipv6"
    path = str(DATA / f"{name}.pcap")
    keys = load_keys(None)
    by_packets = traced(read_observed([path], Profile(), keys))
    by_columns = traced(*read_trace([path], Profile(), keys))
    assert len(by_columns.user_data) > 500
    assert by_packets.heard == by_columns.heard
    assert by_packets.end_ns == by_columns.end_ns
    assert len(by_packets.steps) == len(by_columns.steps)
    same = (by_packets.user_data, by_columns.user_data)
    assert {*same[0].flows} == {*same[1].flows}
    assert (same[0].frame == same[1].frame).all()


def test_messages_in_fragments_are_judged_like_whole_ones(tmp_path: Path) -> None:
    """Every Binding Update and Acknowledgement, HO Request and Response in two parts or more."""
    sample = SIMULATED / "figure3-handoff.pcapng"
    keys = keys_of("figure3-handoff", tmp_path)
    taken = {each.frame for each in read_trace([str(sample)], Profile(), load_keys(keys))[0]}
    frames, cut = [], 0
    for number, frame in enumerate(read(sample).frames, 1):
        parts = [frame.octets]
        if number in taken and frame.octets[12:14] == b"\x86\xdd" and frame.octets[20] in BEHIND:
            packets = fragments(frame.octets[14:], number, 32)
            parts = [frame.octets[:14] + packet for packet in packets]
            cut += len(parts) > 1
        frames += [(frame.time_ns, part) for part in parts]
    assert cut >= 8
    path = tmp_path / "parts.pcap"
    path.write_bytes(wire.pcap(frames))
    verdicts = []
    for capture in (sample, path):
        out = tmp_path / "out.json"
        assert main(["replay", str(capture), "--keys", keys, "--json", str(out)]) == 0
        (found,) = json.loads(out.read_text())
        verdicts.append([(n["node"], n["agreed"]) for n in found["verdict"]["nodes"]])
    assert verdicts[0] == verdicts[1]


def test_thinned_times_are_apart() -> None:
    times = np.array([0, 3, 9, 10, 11, 19, 20, 50])
    assert thinned(times, 10) == [0, 10, 20, 50]
    assert thinned(times[:0], 10) == []


def test_joined_user_data_keeps_its_flows() -> None:
    observed, _ = right_trace("figure3-handoff")
    packets = [each for each in observed if isinstance(each.packet.payload, Packet)][:4]
    flows = [
        Flow(
            p.packet.source,
            p.packet.destination,
            p.packet.payload.source,
            p.packet.payload.destination,
        )
        for p in packets
        if isinstance(p.packet.payload, Packet)
    ]
    rows = [(p.frame, p.time_ns, flow) for p, flow in zip(packets, flows, strict=True)]
    whole = UserData.of(rows)
    parts = UserData.of(rows[2:]).joined(UserData.of(rows[:2]))
    told = [
        [(int(f), each.flows[n]) for f, n in zip(each.frame, each.flow, strict=True)]
        for each in (whole, parts)
    ]
    assert told[0] == told[1]
