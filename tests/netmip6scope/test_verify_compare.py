"""How two values are compared, and what a known answer of Wireshark explains."""

from __future__ import annotations

import pytest

from dissectors.layout import Anomaly
from dissectors.node import Node, Value, replace
from netmip6scope.wireshark.compare import Names, Pair, declared_fields, number, time_of
from netmip6scope.wireshark.dissection import Dissection, Shown
from netmip6scope.wireshark.known import KNOWN, Situation, reason_for
from tests.architecture.sources import PROJECT

FRAME = bytes(range(32))


def node(name: str, value: Value, begin: int = 0, end: int = 1, text: str = "") -> Node:
    return Node("x", "X", name, value, text, begin, end)


def shown(
    name: str, text: str, octets: str = "", begin: int = 0, label: str = "", *, hidden: bool = False
) -> Shown:
    return Shown(name, text, label, octets, begin, 1, hidden)


@pytest.mark.parametrize(
    ("name", "value", "text", "octets"),
    [
        ("ipv6.nxt", 58, "58", "3a"),
        ("eth.type", 0x86DD, "0x86dd", "86dd"),
        ("ipv6.flow", 5, "0x000005", "5"),
        # We show seconds, Wireshark the units of 4 s on the wire (RFC 6275 6.1.7).
        ("mip6.bu.lifetime", 600, "150", "0096"),
        # Both show octets, the wire has words of 4.
        ("ip.hdr_len", 20, "20", "5"),
        ("mip6.bu.a_flag", True, "1", "1"),
        ("mip6.bu.a_flag", True, "True", "1"),
        ("mip6.bu.a_flag", False, "False", "0"),
        ("ipv6.src", "2001:db8::1", "2001:db8::1", ""),
        ("ipv6.src", "2001:db8::1", "2001:0db8:0000::1", ""),
        ("ip.src", "192.0.2.1", "192.0.2.1", "c0000201"),
        # A number that Wireshark shows as a word is compared by its bits.
        ("icmpv6.type", 200, "word", "c8"),
    ],
)
def test_equal_values(name: str, value: Value, text: str, octets: str) -> None:
    pair = Pair(name, node(name, value), shown(name, text, octets))
    assert Names(frozenset()).agree(pair)


@pytest.mark.parametrize(
    ("name", "value", "text", "octets"),
    [
        ("ipv6.nxt", 58, "59", "3b"),
        ("mip6.bu.lifetime", 600, "151", "0097"),
        ("mip6.bu.a_flag", True, "0", "0"),
        ("ipv6.src", "2001:db8::1", "2001:db8::2", ""),
        ("ipv6.src", "2001:db8::1", "word", ""),
        ("ipv6.nxt", 58, "word", ""),
    ],
)
def test_different_values(name: str, value: Value, text: str, octets: str) -> None:
    pair = Pair(name, node(name, value), shown(name, text, octets))
    assert not Names(frozenset()).agree(pair)


def test_places_are_compared_where_wireshark_shows_no_value() -> None:
    names, name = Names(frozenset()), "icmpv6.opt.redirected_packet"
    ours = node(name, b"x", 6, 8)
    for begin, size, agreed in ((6, 2, True), (6, 3, False), (5, 2, False)):
        theirs = Shown(name, "", "", "", begin, size)
        assert names.agree(Pair(name, ours, theirs, b"x")) is agreed


def test_octets_and_texts_are_compared_as_octets() -> None:
    names = Names(frozenset())
    name = "mip6.mnid.identifier"
    for value in (FRAME[4:7], "\\x04\\x05\\x06"):
        ours = node(name, value, 4, 7)
        assert names.agree(Pair(name, ours, shown(name, "?", "040506"), FRAME[4:7]))
        assert not names.agree(Pair(name, ours, shown(name, "?", "040507"), FRAME[4:7]))
        assert not names.agree(Pair(name, ours, shown(name, "?", "0405"), FRAME[4:7]))


@pytest.mark.parametrize(
    ("text", "time"),
    [
        # 1460591523 is what `date -u -d "2016-04-13 23:52:03" +%s` says.
        ("2016-04-13 23:52:03.408489 UTC", (1460591523, 408489)),
        ("Apr 13, 2016 23:52:03.408489000 UTC", (1460591523, 408489)),
        ("2016-04-13T23:52:03.408489000Z", (1460591523, 408489)),
        ("Jan  1, 1970 00:00:00.000000000 UTC", (0, 0)),
        # Wireshark prints a fraction of ten digits where it counts more than 10^9 nanoseconds.
        ("Apr 13, 2086 23:52:03.1754447333 UTC", (3669580323, 1754447)),
        ("-2208988800 s", (-2208988800, 0)),
        ("600 octets", None),
        ("Smarch 13, 2016 23:52:03.4 UTC", None),
    ],
)
def test_times(text: str, time: tuple[int, int] | None) -> None:
    assert time_of(text) == time


def test_times_are_compared_as_times() -> None:
    names, name = Names(frozenset()), "mip6.mseg_id.timestamp"
    ours = node(name, 0, text="2016-04-13 23:52:03.408489 UTC")
    right = shown(name, "Apr 13, 2016 23:52:03.408489000 UTC", "00")
    late = shown(name, "Apr 13, 2016 23:52:04.408489000 UTC", "00")
    assert names.agree(Pair(name, ours, right))
    assert not names.agree(Pair(name, ours, late))


def root(*children: Node) -> Node:
    return Node("frame", "Frame", "frame", None, "", 0, 32, children)


def pairs(names: Names, tree: Node, *fields: Shown) -> list[tuple[str, object, object]]:
    by_name: dict[str, list[Shown]] = {}
    for field in fields:
        by_name.setdefault(field.name, []).append(field)
    found = names.pairs(tree, Dissection(by_name, stopped=False), FRAME)
    return [(p.name, p.ours and p.ours.value, p.theirs and p.theirs.text) for p in found]


def test_occurrences_are_paired_in_order() -> None:
    tree = root(node("ipv6.hlim", 64, 7, 8), node("ipv6.hlim", 63, 47, 48))
    fields = [shown("ipv6.hlim", "64", begin=7), shown("ipv6.hlim", "63", begin=47)]
    names = Names(frozenset(("ipv6.hlim",)))
    assert pairs(names, tree, *fields) == [("ipv6.hlim", 64, "64"), ("ipv6.hlim", 63, "63")]
    assert pairs(names, tree, fields[0]) == [("ipv6.hlim", 64, "64"), ("ipv6.hlim", 63, None)]
    assert pairs(names, root(), *fields) == [("ipv6.hlim", None, "64"), ("ipv6.hlim", None, "63")]


def test_places_tell_which_occurrence_has_no_counterpart() -> None:
    names = Names(frozenset(("ipv6.hlim",)))
    places = [(7, 64), (47, 63), (87, 62)]
    tree = root(*(node("ipv6.hlim", value, at, at + 1) for at, value in places))
    fields = [shown("ipv6.hlim", str(value), begin=at) for at, value in places]
    for missing in range(3):
        kept = [field for place, field in enumerate(fields) if place != missing]
        assert [theirs for _, _, theirs in pairs(names, tree, *kept)] == [
            None if place == missing else str(value) for place, (_, value) in enumerate(places)
        ]
        some = root(*(child for place, child in enumerate(tree.children) if place != missing))
        assert [ours for _, ours, _ in pairs(names, some, *fields)] == [
            None if place == missing else value for place, (_, value) in enumerate(places)
        ]


def test_names_of_one_side_are_left_out() -> None:
    names = Names(frozenset(("ipv6.hlim", "http.host")))
    tree = root(node("ipv6.hlim", 64), node("netmip6.tcp.sport", 80))
    assert pairs(names, tree, shown("ipv6.hlim", "64"), shown("http.host", "x")) == [
        ("ipv6.hlim", 64, "64")
    ]


def test_a_name_that_is_not_declared_counts_once_it_was_seen() -> None:
    assert "icmpv6.type" not in declared_fields()
    names = Names(frozenset(("icmpv6.type",)))
    assert pairs(names, root(), shown("icmpv6.type", "1")) == []
    assert pairs(names, root(node("icmpv6.type", 1)), shown("icmpv6.type", "1"))
    assert pairs(names, root(), shown("icmpv6.type", "1")) == [("icmpv6.type", None, "1")]


def test_hidden_fields_count_at_our_places_only() -> None:
    names = Names(frozenset(("ip.version",)))
    hidden = shown("ip.version", "6", begin=0, hidden=True)
    assert pairs(names, root(), hidden) == []
    assert pairs(names, root(node("ip.version", 4, 20, 21)), hidden) == [("ip.version", 4, None)]
    assert pairs(names, root(node("ip.version", 6, 0, 1)), hidden) == [("ip.version", 6, "6")]


def test_names_of_the_plugin_count_inside_its_messages_only() -> None:
    names = Names(frozenset())
    padding = node("netmip6.padding", 2)
    message = Node("message", "", "netmip6.ho_request", None, "", 0, 32, (padding,))
    assert pairs(names, root(padding)) == []
    assert pairs(names, root(message)) == [("netmip6.padding", 2, None)]


def test_numbers() -> None:
    assert number(shown("x", "0x10", "20")) == 16
    assert number(shown("x", "", "20")) == 32
    assert number(shown("x", "")) is None


def explained(pair: Pair, *, stopped: bool = False, anomaly: str = "") -> bool:
    odd = (Anomaly(anomaly, 0),) if anomaly else ()
    tree = replace(root(), children=(replace(node("x", 1), anomalies=odd),))
    return reason_for(pair, Situation(tree, stopped)) is not None


def test_a_short_authenticator_is_explained_by_two_octets_only() -> None:
    name, octets = "mip6.auth.auth_data", bytes(range(12))
    ours = node(name, octets, 0, 12)
    assert explained(Pair(name, ours, shown(name, "", octets[:-2].hex()), octets))
    assert not explained(Pair(name, ours, shown(name, "", octets[:-3].hex()), octets))
    assert not explained(Pair(name, ours, shown(name, "", octets[1:-1].hex()), octets))
    assert not explained(Pair(name, ours, shown(name, "", octets.hex()), octets))
    assert not explained(Pair(name, ours, None, octets))
    assert explained(Pair(name, node(name, octets[:2]), None, octets[:2]))
    other = "mip6.bad.auth"
    assert not explained(Pair(other, ours, shown(other, "", octets[:-2].hex()), octets))


def test_a_message_read_too_early_is_explained_by_six_octets_only() -> None:
    name = "mip6.lri.sequence"
    ours = node(name, 7, 46, 48)
    assert explained(Pair(name, ours, shown(name, "15105", begin=40)))
    assert not explained(Pair(name, ours, shown(name, "15105", begin=46)))
    assert not explained(Pair(name, ours, shown(name, "15105", begin=41)))
    assert not explained(Pair(name, ours, None))


def test_a_short_identifier_is_explained_up_to_two_octets() -> None:
    name = "mip6.mnid.identifier"
    for octets, known in ((b"x", True), (b"xy", True), (b"xyz", False)):
        assert explained(Pair(name, node(name, "x"), None, octets)) is known
        there = Pair(name, node(name, "x"), shown(name, "z"), octets)
        assert not explained(there)


def test_what_is_no_ip_header_is_explained_by_its_version() -> None:
    missing = Pair("ipv6.hlim", node("ipv6.hlim", 1), None)
    assert explained(missing, anomaly="version is 7, not 6")
    assert not explained(missing, anomaly="checksum is wrong")


def test_a_late_timestamp_is_explained_by_seventy_years_only() -> None:
    name = "mip6.mseg_id.timestamp"
    ours = node(name, 0, text="2016-04-13 23:52:03.408489 UTC")
    # 70 years with 17 leap days: 25567 days.
    assert explained(Pair(name, ours, shown(name, "Apr 13, 2086 23:52:03.1754447333 UTC")))
    assert not explained(Pair(name, ours, shown(name, "Apr 13, 2087 23:52:03.1754447333 UTC")))
    assert not explained(Pair(name, ours, shown(name, "Apr 13, 2016 23:52:04.408489000 UTC")))


def test_a_label_is_explained_by_its_text_only() -> None:
    name = "mip6.ba.status"
    for label, reason in (
        ("Status: Invalid Time Stamp Option (148)", True),
        ("Status: CGA and signature verification failed (148)", False),
    ):
        assert explained(Pair(name, node(name, 148), shown(name, "148", label=label))) is reason


def test_what_stands_behind_a_stop_is_explained() -> None:
    missing = Pair("mip6.bu.seqnr", node("mip6.bu.seqnr", 1), None)
    wrong = Pair("mip6.bu.seqnr", node("mip6.bu.seqnr", 1), shown("mip6.bu.seqnr", "2"))
    more = Pair("mip6.bu.seqnr", None, shown("mip6.bu.seqnr", "2"))
    assert explained(missing, stopped=True)
    assert not explained(missing)
    assert not explained(wrong, stopped=True)
    assert not explained(more, stopped=True)


def test_every_known_answer_is_in_the_documentation() -> None:
    text = (PROJECT / "docs" / "wireshark.md").read_text("utf-8")
    section = text.partition("### Known answers of Wireshark")[2]
    assert len(KNOWN) > 5
    for known in KNOWN:
        assert known.reason.startswith("Wireshark")
        assert all(f"`{field}`" in section for field in known.fields)
