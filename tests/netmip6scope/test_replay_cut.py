"""A right capture that begins later or ends sooner blames nobody: what it cuts off is not shown."""

from __future__ import annotations

from operator import attrgetter

import pytest

from tests.netmip6scope.faulty import right_trace, verdict

FROM = [
    ("refresh", 354, "an update is sent again, by a back-off of which the first was not captured"),
    ("refresh", 469, "a lifetime is over within the back-off, and nothing is answered"),
    ("refresh", 482, "the same, later"),
    ("refresh", 506, "the lifetime that a home agent grants is not what the router asks for"),
    ("net-hmipv6", 23, "a router in a MAP's domain hands over what it registered before"),
    ("net-hmipv6", 95, "the same, after a handover inside the domain"),
    ("net-hmipv6", 254, "a router lets go of what it has registered at a MAP before"),
    ("net-hmipv6", 255, "a MAP answers, and nobody asks it"),
    ("context-refusals", 297, "who had the mobile node has said no to a router before it lets go"),
    ("context-refusals", 1093, "an answer to a request that names nobody"),
    ("reactive", 731, "an answer, and the mobile node was seen before in another exchange"),
    ("rogue-router", 33, "a stranger is refused before a neighbour is answered"),
]
UP_TO = [
    ("refresh", 479, "an update that was lost is not asked again any more"),
    ("loss-recovery", 708, "the same, after a handover"),
    ("aaa-decides", 39, "whether a home address is what AAA said, the answer would tell"),
    ("rogue-router", 241, "whether a request without AH is a stranger's, the answer would tell"),
    ("rogue-router", 276, "the stranger was refused, and nobody else has asked so far"),
]
# Nobody makes a mistake in these.
RIGHT = ["access-ipcp", "bicast", "figure2-ipv4-dhcpv4", "figure3-handoff", "loss-recovery"]
PARTS = 12


@pytest.mark.parametrize(("scenario", "frame", "reason"), FROM)
def test_what_came_before_is_not_shown(scenario: str, frame: int, reason: str) -> None:
    observed, keys = right_trace(scenario)
    rest = [seen for seen in observed if seen.frame >= frame]
    assert 0 < len(rest) < len(observed)
    wrong = {each.field for each in verdict(rest, keys).divergences}
    assert wrong <= MISTAKES.get(scenario, set()), reason


@pytest.mark.parametrize(("scenario", "frame", "reason"), UP_TO)
def test_what_comes_after_is_not_shown(scenario: str, frame: int, reason: str) -> None:
    observed, keys = right_trace(scenario)
    rest = [seen for seen in observed if seen.frame <= frame]
    assert 0 < len(rest) < len(observed)
    assert verdict(rest, keys).divergences == (), reason


# A router of that scenario names nobody in its request, by its set-up.
MISTAKES = {"context-refusals": {"mobile node identifier"}}


@pytest.mark.parametrize("scenario", RIGHT)
def test_a_capture_may_be_cut_anywhere(scenario: str) -> None:
    observed, keys = right_trace(scenario)
    ordered = sorted(observed, key=attrgetter("time_ns"))
    for part in range(1, PARTS):
        at = len(ordered) * part // PARTS
        assert verdict(ordered[at:], keys).divergences == ()
        assert verdict(ordered[:at], keys).divergences == ()
