"""The user plane behind a MAP (draft 5): tunnels on both of its sides, and moves between MAPs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import wire
from tests.netmip6scope.faults import LOCAL, NONE, RCOA, update
from tests.netmip6scope.faults import MAP as MAP1
from tests.netmip6scope.story import (
    ALICE,
    AR1,
    AR2,
    HA,
    MS,
    Story,
    check,
    ms,
    only,
    rows_of,
)

MAP2, RCOA2 = "2001:db8:7::1", "2001:db8:7::aa"
INNER = 40 + 8 + len(b"packet 1")
"""Octets of a packet as Story makes it: IPv6, UDP and its text (RFC 8200 3, RFC 768)."""


def bind(story: Story, at: int, map_: str, rcoa: str, lcoa: str, seq: int, home: str) -> None:
    """BU and BA with the MAP, 2 ms, then with the home agent, 2 ms."""
    assert ALICE.hoa is not None
    story.packet(at, update(lcoa, NONE, seq, flags=LOCAL, ha=map_))
    story.packet(at + 2 * MS, wire.binding_ack(map_, lcoa, rcoa, ALICE.nai, seq, 600))
    story.packet(at + 3 * MS, update(rcoa, home, seq))
    story.packet(at + 5 * MS, wire.binding_ack(HA, rcoa, ALICE.hoa, ALICE.nai, seq, 600))


@pytest.fixture
def story(tmp_path: Path) -> Story:
    story = Story(tmp_path)
    story.rs(ms(0), ALICE)
    bind(story, ms(1), MAP1, RCOA, AR1, 1, NONE)
    return story


def downlink(story: Story, at: int, *, nested: bool) -> None:
    """Through both of the MAP's tunnels, 1 ms apart."""
    inner = story.inner(ALICE, up=False)
    far = wire.tunnel(HA, RCOA, inner)
    story.packet(at, far)
    story.packet(at + MS, wire.tunnel(MAP1, AR1, far if nested else inner))


def uplink(story: Story, at: int, *, nested: bool) -> None:
    inner = story.inner(ALICE, up=True)
    far = wire.tunnel(RCOA, HA, inner)
    story.packet(at, wire.tunnel(AR1, MAP1, far if nested else inner))
    story.packet(at + MS, far)


@pytest.mark.parametrize("nested", [False, True])
def test_a_packet_on_both_sides_of_the_map_counts_once(story: Story, nested: bool) -> None:
    for n in range(3):
        downlink(story, ms(20 + 10 * n), nested=nested)
    for n in range(2):
        uplink(story, ms(100 + 10 * n), nested=nested)
    check(
        only(story.sessions()),
        map=MAP1,
        rcoa=RCOA,
        dl_packets=3,
        dl_bytes=3 * INNER,
        ul_packets=2,
        ul_bytes=2 * INNER,
    )


@pytest.mark.parametrize("late", [False, True])
def test_earlier_regional_addresses_were_bound(story: Story, late: bool) -> None:
    """The home agent's tunnel went to the first RCoA; only one that it never had is odd."""
    story.downlink(ms(50), ALICE, RCOA)
    story.ho_request(ms(1000), ALICE, AR2, AR1, 5)
    story.ho_response(ms(1002), ALICE, AR1, AR2, 5)
    assert ALICE.hoa is not None
    bind(story, ms(1010), MAP2, RCOA2, AR2, 1, ALICE.hoa)
    story.downlink(ms(1020), ALICE, RCOA if late else RCOA2)
    capture = story.write()
    check(only(rows_of([capture], "handoffs")), kind="inter-map", outcome="complete", map=MAP2)
    assert "TUN-UNBOUND" not in {row["code"] for row in rows_of([capture], "findings")}
    story.downlink(ms(1030), ALICE, "2001:db8:7::bb")
    (odd,) = (r for r in rows_of([story.write()], "findings") if r["code"] == "TUN-UNBOUND")
    assert "2001:db8:7::bb" in odd["text"]
