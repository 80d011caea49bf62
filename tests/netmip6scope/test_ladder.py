"""What a ladder holds: told frame by frame, expected by arithmetic on the times that were given."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from netmip6scope.errors import UsageError
from netmip6scope.ladder.build import SENT_AGAIN, TABLES, build
from netmip6scope.ladder.choice import Choice, Chosen, SessionRow, choose
from netmip6scope.ladder.model import Heading, Ladder, Remark, Role, Step, Traffic
from netmip6scope.ladder.parties import MOBILE, MessageRow, Node, Nodes, Way, columns
from netmip6scope.pipeline import analyse
from tests import wire
from tests.netmip6scope.story import (
    ALICE,
    AR1,
    AR2,
    AR3,
    BOB,
    DAVID4,
    HA,
    MS,
    Mobile,
    Story,
    ms,
)
from tests.netmip6scope.test_points import DATA, TRUTH, arguments


def ladder(captures: list[str], **choice: Any) -> Ladder:
    result = analyse(captures, TABLES)
    assert not result.errors
    return build(result.tables, choose(result.tables, Choice(**choice)))


def steps(drawn: Ladder) -> list[Step]:
    return [entry for entry in drawn.entries if isinstance(entry, Step)]


def traffic(drawn: Ladder) -> list[tuple[str, str, int, int, int, int]]:
    """Router, other end, down, up, first and last time."""
    names = [party.name for party in drawn.parties]
    return [
        (names[e.router], names[e.anchor], e.down, e.up, e.time_ns, e.until_ns)
        for e in drawn.entries
        if isinstance(e, Traffic)
    ]


def headings(drawn: Ladder) -> list[str]:
    return [entry.title for entry in drawn.entries if isinstance(entry, Heading)]


def arrows(drawn: Ladder) -> list[tuple[int, str, str]]:
    """Milliseconds after the begin, between which columns, and what."""
    names = [party.name for party in drawn.parties]
    return [
        ((s.time_ns - drawn.begin_ns) // MS, f"{names[s.source]} > {names[s.target]}", s.title)
        for s in steps(drawn)
    ]


def told(story: Story) -> Story:
    """An attach, traffic, a handoff while traffic goes on, a tear-down, and somebody else."""
    story.attach(ms(0), ALICE, AR1)
    story.attach(ms(3), BOB, AR1)
    for n in range(5):
        story.downlink(ms(100 + 10 * n), ALICE, AR1)
    for n in range(3):
        story.uplink(ms(200 + 10 * n), ALICE, AR1)
    story.downlink(ms(150), BOB, AR1)
    story.handoff(ms(1000), ALICE, AR1, AR2, identifier=77)
    story.downlink(ms(1010), ALICE, AR1)
    story.downlink(ms(1020), ALICE, AR2)
    story.uplink(ms(1030), ALICE, AR2)
    story.teardown(ms(1050), ALICE, AR1)
    story.downlink(ms(1060), ALICE, AR2)
    return story


def test_every_message_is_a_step_between_its_columns(story: Story) -> None:
    drawn = ladder([told(story).write()], mn=ALICE.nai)
    assert drawn.title == ALICE.nai
    assert drawn.begin_ns == ms(0)
    assert [(p.name, p.address) for p in drawn.parties] == [
        ("MN", None),
        ("AR1", AR1),
        ("AR2", AR2),
        ("HA", HA),
    ]
    assert arrows(drawn) == [
        (0, "MN > AR1", "Router Solicitation"),
        (2, "AR1 > HA", "BU"),
        (8, "HA > AR1", "BA"),
        (9, "AR1 > MN", "Router Advertisement"),
        (1000, "AR2 > AR1", "HO Request"),
        (1005, "AR1 > AR2", "HO Response"),
        (1007, "AR2 > HA", "BU"),
        (1012, "HA > AR2", "BA"),
        (1050, "AR1 > HA", "BU"),
        (1054, "HA > AR1", "BA"),
    ]
    gaps = [None, 2, 6, 1, 991, 5, 2, 5, 38, 4]
    assert [s.gap_ns for s in steps(drawn)] == [g if g is None else g * MS for g in gaps]


def test_fields_that_matter_are_said_and_unknown_ones_left_out(story: Story) -> None:
    drawn = ladder([told(story).write()], mn=ALICE.nai)
    hoa = "HoA …fe00:a"  # the last two groups
    assert str(ALICE.hoa).endswith(":fe00:a")
    assert [s.details for s in steps(drawn)] == [
        (),
        ("seq 101", "lifetime 600 s", "flags AH", "CoA AR1"),
        ("seq 101", "status 0 accepted", "lifetime 600 s", hoa),
        (),
        ("identifier 77", "flags CH"),
        ("identifier 77", "status 0 success", hoa),
        ("seq 101", "lifetime 600 s", "flags AH", "CoA AR2", hoa),
        ("seq 101", "status 0 accepted", "lifetime 600 s", hoa),
        ("seq 102", "lifetime 0 s", "flags AH", "CoA AR1", hoa),
        ("seq 102", "status 0 accepted", "lifetime 0 s", hoa),
    ]


def test_packets_are_counted_between_binding_messages(story: Story) -> None:
    drawn = ladder([told(story).write()], mn=ALICE.nai)
    assert traffic(drawn) == [
        ("AR1", "HA", 5, 3, ms(100), ms(220)),
        ("AR1", "HA", 1, 0, ms(1010), ms(1010)),
        ("AR2", "HA", 1, 1, ms(1020), ms(1030)),
        ("AR2", "HA", 1, 0, ms(1060), ms(1060)),
    ]


def test_entries_stand_in_time_order_under_their_headings(story: Story) -> None:
    drawn = ladder([told(story).write()], mn=ALICE.nai)
    times = [e.time_ns for e in drawn.entries if not isinstance(e, Heading)]
    assert times == sorted(times)
    at = {entry.title: n for n, entry in enumerate(drawn.entries) if isinstance(entry, Heading)}
    assert at["session 1, active"] == 0
    (handoff,) = [title for title in at if title.startswith("handoff")]
    assert handoff == "handoff 1: AR1 to AR2, inter-ar, complete"
    below = drawn.entries[at[handoff] + 1]
    assert isinstance(below, Step)
    assert below.title == "HO Request"
    heading = drawn.entries[at[handoff]]
    assert isinstance(heading, Heading)
    # HO Response 5 ms after its request; BA 5 ms after the BU, 12 ms after the request; first
    # packet through the TAR 10 ms (down) and 810 ms (up) after the last through the SAR.
    assert heading.facts == (
        "context 5.000000 ms",
        "binding 5.000000 ms",
        "preparation 12.000000 ms",
        "downlink gap 10.000000 ms",
        "uplink gap 810.000000 ms",
    )


def test_one_handoff_alone(story: Story) -> None:
    told(story).uplink(ms(1003), ALICE, AR1)
    story.handoff(ms(2000), ALICE, AR2, AR3, identifier=78)
    drawn = ladder([story.write()], mn=ALICE.nai, handoff=1)
    assert [what for _, _, what in arrows(drawn)] == [
        *("HO Request", "HO Response", "BU", "BA", "BU", "BA"),
    ]
    assert drawn.begin_ns == ms(1000)
    assert headings(drawn) == [
        "session 1, active",
        "handoff 1: AR1 to AR2, inter-ar, complete",
    ]
    # What the handoff cuts off is there, and what follows its last message.
    assert traffic(drawn) == [
        ("AR1", "HA", 5, 4, ms(100), ms(1003)),
        ("AR1", "HA", 1, 0, ms(1010), ms(1010)),
        ("AR2", "HA", 1, 1, ms(1020), ms(1030)),
        ("AR2", "HA", 1, 0, ms(1060), ms(1060)),
    ]


def test_the_router_that_is_asked_stands_before_the_one_that_asks(story: Story) -> None:
    story.ho_request(ms(0), ALICE, AR2, AR1, 5)
    drawn = ladder([story.write()], mn=ALICE.nai)
    assert [p.address for p in drawn.parties] == [AR1, AR2]
    assert arrows(drawn) == [(0, "AR2 > AR1", "HO Request")]


def test_sessions_of_one_node_follow_each_other(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.teardown(ms(100), ALICE, AR1)
    story.attach(ms(5000), ALICE, AR2)
    path = story.write()
    assert headings(ladder([path], mn=ALICE.nai)) == ["session 1, released", "session 2, active"]
    second = ladder([path], session=2)
    assert headings(second) == ["session 2, active"]
    assert [p.address for p in second.parties] == [None, AR2, HA]
    assert second.begin_ns == ms(5000)


def test_what_is_sent_again_is_remarked(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1)
    for n in range(3):
        story.ho_request(ms(1000 + 20 * n), ALICE, AR2, AR1, 5)
    story.ho_response(ms(1050), ALICE, AR1, AR2, 5)
    story.bu(ms(1060), ALICE, AR2, seq=9)
    story.bu(ms(1080), ALICE, AR2, seq=9)
    story.bu(ms(1090), ALICE, AR2, seq=10)
    story.ba(ms(1100), ALICE, AR2, seq=10)
    drawn = ladder([story.write()], mn=ALICE.nai)
    again = [(s.time_ns - drawn.begin_ns) // MS for s in steps(drawn) if SENT_AGAIN in s.notes]
    assert again == [1020, 1040, 1080]


def test_a_refusal_says_why(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.ho_request(ms(1000), ALICE, AR2, AR1, 5)
    story.ho_response(ms(1005), ALICE, AR1, AR2, 5, status=4)
    story.bu(ms(1010), ALICE, AR2)
    story.ba(ms(1015), ALICE, AR2, status=133)
    story.ba(ms(1016), ALICE, AR2, status=200)
    drawn = ladder([story.write()], mn=ALICE.nai)
    # Draft 4.2; RFC 6275 6.1.8, where 200 is not assigned.
    assert [s.details[1] for s in steps(drawn)[-4:] if "status" in s.details[1]] == [
        "status 4 administratively prohibited",
        "status 133 not home agent for this mobile node",
        "status 200 rejected",
    ]


def remarked(drawn: Ladder) -> list[tuple[str, list[str]]]:
    """What is remarked about each entry: the codes and severities of findings."""
    found = []
    for entry in drawn.entries:
        notes = entry.notes if isinstance(entry, Step) else ()
        notes = (entry.text,) if isinstance(entry, Remark) else notes
        codes = [note.partition(":")[0] for note in notes if note != SENT_AGAIN]
        if codes:
            found.append((entry.title if isinstance(entry, Step) else "", codes))
    return found


def test_findings_stand_below_the_steps_that_show_them() -> None:
    """The SAR's BU after the move is a step; downlink packets that go on to it are not."""
    path = str(DATA / "11_stale_binding.pcap")
    truth = json.loads((DATA / "11_stale_binding.truth.json").read_text())
    drawn = ladder([path], session=1)
    assert remarked(drawn) == [
        ("BU", ["BU-STALE (error)"]),
        ("", ["TUN-BLACKHOLE (error)"]),
    ]
    assert truth["findings"]["BU-STALE"] == 1
    assert "TUN-BLACKHOLE" not in truth["forbidden_findings"]
    # They are about the routers, which are columns here.
    notes = [note for s in steps(drawn) for note in s.notes]
    assert notes
    assert all("AR1" in note and "AR2" in note and "2001:" not in note for note in notes)
    assert remarked(ladder([path], session=2)) == []


def test_findings_of_one_handoff_alone() -> None:
    path = str(DATA / "05_ho_refused.pcap")
    assert remarked(ladder([path], handoff=3)) == [
        ("HO Response", ["HO-REFUSED (warning)"]),
        ("BU", ["BU-REACTIVE (note)"]),
    ]
    assert remarked(ladder([path], handoff=1)) == [("HO Response", ["HO-REFUSED (warning)"])]


def test_a_finding_stands_by_its_message_also_with_several_points(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.ho_request(ms(1000), ALICE, AR2, AR1, 5)
    story.ho_response(ms(1005), ALICE, AR1, AR2, 5, status=3)
    path = story.write()
    drawn = ladder([f"A={path}", f"B={path}"], mn=ALICE.nai)
    (codes,) = [codes for title, codes in remarked(drawn) if title == "HO Response"]
    assert "HO-REFUSED (warning)" in codes


def test_moves_under_maps_equal_truth() -> None:
    truth = json.loads((DATA / "16_net_hmipv6.truth.json").read_text())
    for session in truth["sessions"]:
        drawn = ladder([str(DATA / "16_net_hmipv6.pcap")], mn=session["mn_id"])
        routers = [p.address for p in drawn.parties if p.role is Role.AR]
        assert routers == session["ar_path"]
        maps = [p.address for p in drawn.parties if p.role is Role.MAP]
        assert maps[-1] == session["map"]
        assert [p.address for p in drawn.parties if p.role is Role.HA] == [session["ha"]]
        # The RCoA is nobody's column: the router that registered it speaks with the home agent.
        assert {p.role for p in drawn.parties} <= {Role.MN, Role.AR, Role.MAP, Role.HA, Role.AAA}
        copies = sum(
            h["bicast_packets"] for h in truth["handoffs"] if h["mn_id"] == session["mn_id"]
        )
        down, up = (sum(t[n] for t in traffic(drawn)) for n in (2, 3))
        assert (down, up) == (session["dl_packets"] + copies, session["ul_packets"])


def test_several_points_give_one_ladder_within_their_clock_error() -> None:
    truth = TRUTH["handoffs"][0]
    drawn = ladder(arguments([0, 1, 2]), mn=truth["mn_id"], handoff=1)
    bound_ns = int(Decimal(TRUTH["clock"]["max_error_ms"]) * MS)
    found = {s.title: s.time_ns for s in reversed(steps(drawn))}
    for title, name in (("HO Request", "ho_request_time"), ("HO Response", "ho_response_time")):
        assert abs(found[title] - truth[name]) <= bound_ns
    (heading,) = [e for e in drawn.entries if isinstance(e, Heading) and "handoff" in e.title]
    assert heading.facts[-1].startswith("clock error ")


class TestChoice:
    @pytest.fixture
    def path(self, story: Story) -> str:
        story.attach(ms(0), ALICE, AR1)
        story.attach(ms(20), BOB, AR1)
        story.attach(ms(40), DAVID4, AR2)
        story.handoff(ms(1000), BOB, AR1, AR2)
        return story.write()

    @pytest.mark.parametrize(
        ("mn", "found"),
        [
            (ALICE.nai, ALICE),
            ("2001:DB8:100:000a:0:ff:fe00:a", ALICE),
            ("192.0.2.4", DAVID4),
            ("bob", BOB),
            ("BOB@", BOB),
            ("example.org", BOB),
        ],
    )
    def test_a_mobile_node_is_named(self, path: str, mn: str, found: Mobile) -> None:
        assert ladder([path], mn=mn).title == found.nai

    @pytest.mark.parametrize(
        ("choice", "words"),
        [
            ({}, ["several", ALICE.nai, BOB.nai, "--mn", "--session", "--handoff"]),
            ({"mn": "example"}, ["several", ALICE.nai, BOB.nai, DAVID4.nai]),
            ({"mn": "allice@example.net"}, ["no mobile node", "near", ALICE.nai]),
            ({"mn": "2001:db8:100:a:0:ff:fe00:b"}, ["no mobile node", str(ALICE.hoa)]),
            ({"mn": "zzzz"}, ["no mobile node", "there are", BOB.nai]),
            ({"session": 9}, ["no session 9"]),
            ({"handoff": 9}, ["no handoff 9"]),
            ({"mn": "alice", "session": 2}, ["session 2 is not", "alice"]),
            ({"mn": "alice", "handoff": 1}, ["handoff 1 is not", "alice"]),
            ({"session": 1, "handoff": 1}, ["handoff 1 is not", "session 1"]),
        ],
    )
    def test_what_is_not_found_is_said_in_one_line(
        self, path: str, choice: dict[str, Any], words: list[str]
    ) -> None:
        with pytest.raises(UsageError) as raised:
            ladder([path], **choice)
        message = str(raised.value)
        assert "\n" not in message
        for word in words:
            assert word in message

    def test_a_home_address_of_two_nodes(self, story: Story) -> None:
        heir = Mobile("heir@example.net", ALICE.hoa)
        story.attach(ms(0), ALICE, AR1)
        story.attach(ms(5000), heir, AR1)
        path = story.write()
        assert ALICE.hoa is not None
        with pytest.raises(UsageError, match=r"several mobile nodes: alice.*heir"):
            ladder([path], mn=ALICE.hoa)
        assert ladder([path], mn=ALICE.hoa, session=2).title == heir.nai

    def test_captures_without_a_mobile_node(self, story: Story) -> None:
        story.unrelated(ms(0))
        with pytest.raises(UsageError, match="no mobile node"):
            ladder([story.write()], mn="alice")

    def test_a_hostile_name_stays_printable(self, story: Story) -> None:
        story.attach(ms(0), Mobile("x\x1b[2J\n\u202e@y", ALICE.hoa), AR1)
        assert ladder([story.write()], session=1).title == "x\\x1b[2J\\x0a\\u202e@y"


def row(kind: str, src: str | None, dst: str | None, **more: Any) -> MessageRow:
    """A message of session 1 at a time of 10."""
    blank = dict.fromkeys(MessageRow._fields)
    cells = {"frame": 1, "time": 10, "kind": kind, "src": src, "dst": dst, "session": 1, **more}
    return MessageRow(**{**blank, **cells})  # type: ignore[arg-type]


AAA = "2001:db8:f::aaa"
REGISTERS = row("bu", AR1, HA, lifetime_s=600, time=20)
SESSION = SessionRow(1, "alice", None, None, HA, None, None, None, 0, "active")


def ways(*messages: MessageRow) -> list[Way]:
    nodes = Nodes(Chosen("alice", [SESSION], [], None, True), messages)  # type: ignore[arg-type]
    return [nodes.way(m) for m in messages]


class TestWays:
    """Kinds of CONTRACT 2.1 that say by themselves who speaks."""

    @pytest.mark.parametrize(
        ("kind", "by"),
        [
            ("rs", "mobile"),
            ("ra", "router"),
            ("dhcp6-solicit", "mobile"),
            ("dhcp6-reply", "router"),
            ("dhcp4-discover", "mobile"),
            ("dhcp4-offer", "router"),
            ("eap-request", "router"),
            ("eap-response", "mobile"),
            ("ppp-chap-challenge", "router"),
            ("ppp-pap-authenticate-request", "mobile"),
            ("ppp-lcp-configure-request", "either"),
        ],
    )
    def test_on_the_access_link(self, kind: str, by: str) -> None:
        way, _ = ways(row(kind, None, None), REGISTERS)
        router = Node(Role.AR, AR1)
        assert (
            way
            == {
                "mobile": Way(MOBILE, router),
                "router": Way(router, MOBILE),
                "either": Way(router, MOBILE, directed=False),
            }[by]
        )

    @pytest.mark.parametrize(
        ("kind", "src", "dst"),
        [
            ("radius-access-request", AR1, AAA),
            ("radius-access-accept", AAA, AR1),
            ("diameter-aa-request", AR1, AAA),
            ("diameter-abort-session-request", AAA, AR1),
        ],
    )
    def test_with_the_aaa_server(self, kind: str, src: str, dst: str) -> None:
        way, _ = ways(row(kind, src, dst), REGISTERS)
        role = {AR1: Role.AR, AAA: Role.AAA}
        assert way == Way(Node(role[src], src), Node(role[dst], dst))

    def test_a_request_of_an_unknown_router_is_to_the_server(self) -> None:
        (way,) = ways(row("radius-access-request", AR2, AAA))
        assert way == Way(Node(Role.AR, AR2), Node(Role.AAA, AAA))

    def test_nodes_that_nothing_is_known_of_have_a_column_too(self) -> None:
        (way,) = ways(row("hoti", "2001:db8::1", "2001:db8::2"))
        parties = columns([*way[:2]])
        assert [p.name for p in parties.values()] == ["node1", "node2"]

    def test_columns_stand_by_role_and_appearance(self) -> None:
        nodes = [Node(Role.HA, HA), Node(Role.AR, AR2), MOBILE, Node(Role.AAA, AAA)]
        nodes += [Node(Role.AR, AR1), Node(Role.AR, AR2), Node(Role.MAP, "2001:db8::5")]
        names = {p.name: p.address for p in columns(nodes).values()}
        assert list(names.items()) == [
            ("MN", None),
            ("AR1", AR2),
            ("AR2", AR1),
            ("MAP", "2001:db8::5"),
            ("AAA", AAA),
            ("HA", HA),
        ]


def test_a_message_outside_of_sessions_is_the_nodes_all_the_same(story: Story) -> None:
    # A de-registration of a node that is not known yet opens no session (correlate.story). This one
    # comes from another address than it registers (CONTRACT 3, BU-COA).
    update = wire.binding_update(AR3, HA, "::", ALICE.nai, 1, 0)
    story.packet(ms(0), update[:8] + wire.ip6(AR2) + update[24:])
    story.attach(ms(1000), ALICE, AR1)
    path = story.write()
    drawn = ladder([path], mn=ALICE.nai)
    assert arrows(drawn)[0] == (0, "AR1 > HA", "BU")
    assert drawn.parties[1].address == AR2
    assert remarked(drawn) == [("BU", ["BU-COA (warning)"])]
    assert ladder([path], session=1).begin_ns == ms(1000)


def test_tunnels_of_ipv4_nodes_are_counted(story: Story) -> None:
    story.attach(ms(0), DAVID4, AR1)
    story.packet(ms(50), wire.tunnel(HA, AR1, story.inner(DAVID4, up=False)))
    assert traffic(ladder([story.write()], mn=DAVID4.nai)) == [("AR1", "HA", 1, 0, ms(50), ms(50))]
