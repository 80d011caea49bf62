"""Filters asked of a whole table and of one row: what each row means, and that both agree."""

from __future__ import annotations

from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dissectors.aside.waiting import Waiting
from dissectors.frames import FrameBatch
from dissectors.lanes import Lanes
from dissectors.profile import Profile
from dissectors.scan.batch import Scanned
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.filter import columns, match
from netmip6scope.filter.catalogue import catalogue
from netmip6scope.filter.expression import Test as FieldTest
from netmip6scope.filter.expression import Value, each_test
from netmip6scope.filter.fields import Field, Type
from netmip6scope.filter.match import address, occurrences, verdict
from netmip6scope.filter.parse import parse
from netmip6scope.filter.protocols import protocol_fields
from netmip6scope.filter.select import Filter, Selection, frame_tree, taken
from netmip6scope.pipeline import analyse
from netmip6scope.tables.columns import NULL, Coded, Kind, Table
from netmip6scope.tables.schema import HANDOFFS, MESSAGES
from netmip6scope.tables.text import milliseconds, seconds, whole

DATA = Path(__file__).parents[1] / "data" / "netmip6"

KINDS = ["bu", "ba", None, "bu", "rs", None]
SEQS = [1, 2, NULL, 300, 0, 2]
ADDRESSES = ["2001:db8::1", "10.0.0.1", None, "2001:db8:1::", "::", "2001:db9::"]
NAMES = ["alice@a", "Bob@b", None, r"al\x07", "", "alice@a"]
TIMES = [0, 10**9, 1_500_000_000, -1, NULL, 2 * 10**9]


def objects(values: list[str | None]) -> np.ndarray[Any, Any]:
    out = np.empty(len(values), object)
    out[:] = values
    return out


def coded(values: list[str | None]) -> Coded:
    """With one text in the vocabulary that no row has."""
    vocabulary = ["unused", *dict.fromkeys(value for value in values if value is not None)]
    codes = [-1 if value is None else vocabulary.index(value) for value in values]
    return Coded(np.array(codes, np.int64), vocabulary)


def table(*, as_codes: bool) -> Table:
    texts: dict[str, list[str | None]] = {"kind": KINDS, "src": ADDRESSES, "mn_id": NAMES}
    numbers = {"seq": SEQS, "time": TIMES}
    values: dict[str, Any] = {}
    for column in MESSAGES:
        if column.kind is Kind.TEXT:
            listed = texts.get(column.name, [None] * len(KINDS))
            values[column.name] = coded(listed) if as_codes else objects(listed)
        else:
            values[column.name] = np.array(numbers.get(column.name, [NULL] * len(KINDS)), np.int64)
    return Table("messages", MESSAGES, values)


@pytest.mark.parametrize("as_codes", [True, False])
@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("kind", [0, 1, 3, 4]),
        ("not kind", [2, 5]),
        ('kind == "bu"', [0, 3]),
        ('kind != "bu"', [1, 4]),
        ('not kind == "bu"', [1, 2, 4, 5]),
        ('kind in {"bu", "rs"}', [0, 3, 4]),
        ('kind > "ba"', [0, 3, 4]),
        ('kind >= "b" and kind < "c"', [0, 1, 3]),
        ("coa", []),
        ("not coa", [0, 1, 2, 3, 4, 5]),
        ("seq", [0, 1, 3, 4, 5]),
        ("seq == 2", [1, 5]),
        ("seq != 2", [0, 3, 4]),
        ("seq < 2", [0, 4]),
        ("seq <= 2", [0, 1, 4, 5]),
        ("seq > 2", [3]),
        ("seq >= 0", [0, 1, 3, 4, 5]),
        ("seq in {0, 300}", [3, 4]),
        ("seq in {1..2, 300}", [0, 1, 3, 5]),
        ("seq in {7, 8, 9}", []),
        ("time < 0", [3]),
        ("time > 1", [2, 5]),
        ("time == 1.5", [2]),
        ("time in {0..1.000000000}", [0, 1]),
        ("src == 2001:db8::1", [0]),
        ("src == 2001:db8::/32", [0, 3]),
        ("src != 2001:db8::/32", [1, 4, 5]),
        ("src == 10.0.0.0/8", [1]),
        ("src < 2001:db8:0:1::", [0, 4]),
        ("src >= 2001:db8:1::", [3, 5]),
        ("src <= 10.0.0.1", [1]),
        ("src in {::/127, 2001:db9::..2001:dba::}", [4, 5]),
        ('mn_id contains "a"', [0, 3, 5]),
        ('mn_id contains ""', [0, 1, 3, 4, 5]),
        (r'mn_id == "al\x07"', [3]),
        ('mn_id matches "^[ab]"', [0, 1, 3, 5]),
        ('kind == "bu" and seq > 1 or kind == "rs"', [3, 4]),
        ("(kind or seq == 2) and not src == ::/0", [1]),
    ],
)
def test_rows(text: str, rows: list[int], as_codes: bool) -> None:
    chosen = Filter.parsed(text, "messages")
    found = Selection(chosen).rows(table(as_codes=as_codes))
    whole_table = table(as_codes=as_codes)
    for column in MESSAGES:
        assert listed(found, column.name) == [listed(whole_table, column.name)[n] for n in rows]


def listed(of: Table, name: str) -> list[Any]:
    values = of.values[name]
    return values.texts() if isinstance(values, Coded) else values.tolist()


def test_durations_and_numbers_of_handoffs() -> None:
    values: dict[str, Any] = {
        column.name: coded([None] * 4) if column.kind is Kind.TEXT else np.full(4, NULL, np.int64)
        for column in HANDOFFS
    }
    # 20.5 ms, a nanosecond more, an overlap of 2 ms, and unknown.
    values["dl_gap_ms"] = np.array([20_500_000, 20_500_001, -2_000_000, NULL], np.int64)
    handoffs = Table("handoffs", HANDOFFS, values)

    def gaps(text: str) -> list[int]:
        chosen = Selection(Filter.parsed(text, "handoffs"))
        return listed(chosen.rows(handoffs), "dl_gap_ms")

    assert gaps("dl_gap_ms > 20.5") == [20_500_001]
    assert gaps("dl_gap_ms >= 20.5") == [20_500_000, 20_500_001]
    assert gaps("dl_gap_ms == 20.500000") == [20_500_000]
    assert gaps("dl_gap_ms < 0") == [-2_000_000]
    assert gaps("dl_gap_ms == -2") == [-2_000_000]
    assert gaps("not dl_gap_ms") == [NULL]


def test_the_ends_of_int64() -> None:
    values = np.array([NULL, NULL + 1, (1 << 63) - 1], np.int64)
    numbers: dict[str, Any] = {
        column.name: coded([None] * 3) if column.kind is Kind.TEXT else values
        for column in MESSAGES
    }
    extremes = Table("messages", MESSAGES, numbers)

    def seqs(text: str) -> list[int]:
        return listed(Selection(Filter.parsed(text, "messages")).rows(extremes), "seq")

    most = (1 << 63) - 2
    assert seqs(f"seq > {most}") == [(1 << 63) - 1]
    assert seqs(f"seq < -{most}") == [NULL + 1]
    assert seqs(f"seq in {{-{most}..{most}}}") == []


def test_a_text_column_is_asked_through_its_distinct_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counted(test: FieldTest, values: list[Value]) -> bool:
        asked.extend(values)
        return match.holds(test, values)

    monkeypatch.setattr(columns, "holds", counted)
    for as_codes in (True, False):
        asked.clear()
        many = taken(table(as_codes=as_codes), np.tile(np.arange(len(KINDS)), 1000))
        chosen = Filter.parsed('kind == "bu"', "messages")
        assert len(Selection(chosen).rows(many)) == 2000
        assert len(asked) <= 4, "bu, ba, rs and the text that no row has"


def test_several_occurrences() -> None:
    """Any of them, as in Wireshark, but != asks for all; None is one without a value."""
    field = catalogue("messages").fields["ipv6.src"]
    two = [address("::1"), address("::2")]

    def holds(text: str, values: list[Value | None]) -> bool:
        return verdict(parse(text, catalogue("messages")), {field.name: values}) is True

    assert holds("ipv6.src == ::1", two)
    assert holds("ipv6.src == ::2", two)
    assert not holds("ipv6.src != ::1", two)
    assert holds("ipv6.src != ::3", two)
    assert holds("ipv6.src > ::1", two)
    assert holds("not ipv6.src == ::3", two)
    assert holds("ipv6.src in {::2..::9}", two)
    for text in ("ipv6.src == ::1", "ipv6.src != ::1", "ipv6.src > ::"):
        assert not holds(text, [])
        assert not holds(text, [None])
    assert holds("ipv6.src", [None])
    assert not holds("ipv6.src", [])


def test_what_is_not_known_is_left_open() -> None:
    def known(text: str, **values: list[Value]) -> bool | None:
        return verdict(parse(text, catalogue("messages")), values)

    assert known('kind == "bu" and seq == 1', kind=["ba"]) is False
    assert known('kind == "bu" and seq == 1', kind=["bu"]) is None
    assert known('kind == "bu" or seq == 1', kind=["bu"]) is True
    assert known('not (kind == "bu" or seq == 1)', kind=["bu"]) is False
    assert known("not seq == 1", kind=["bu"]) is None


@cache
def small() -> tuple[Table, FrameBatch, Scanned]:
    """A capture of one batch: its table of messages, its frames, and these scanned."""
    path = DATA / "11_stale_binding.pcap"
    batches = CaptureFile(Source(str(path))).batches()
    batch = next(iter(batches))
    return analyse([str(path)], "messages").table, batch, Lanes(Profile()).scan(batch)


@cache
def records() -> list[dict[str, list[Value | None]]]:
    """Every message by itself: the values of its row and of its frame's tree."""
    of_messages, batch, scanned = small()
    fields = list(protocol_fields().values())
    rows = []
    for row, frame in enumerate(scanned.messages.frame.tolist()):
        found = occurrences(
            frame_tree(batch, frame - batch.first_frame, Profile(), Waiting()), fields
        )
        for column in of_messages.columns:
            value = listed(of_messages, column.name)[row]
            unknown = value is None or value == NULL
            shown = catalogue("messages").fields[column.name].type is Type.ADDRESS
            found[column.name] = [] if unknown else [address(value) if shown else value]
        rows.append(found)
    return rows


def shown(field: Field, value: Value) -> str:
    """A value as it is written in a filter."""
    if field.type is Type.TIME:
        return seconds(value)
    if field.type is Type.DURATION:
        return milliseconds(value)
    if field.type is Type.OCTETS:
        return value.hex(":") or '""'
    if field.type is Type.TEXT:
        return '"' + value.replace('"', r"\"") + '"'
    if isinstance(value, tuple):
        packed = value[1].to_bytes(16 if value[0] == 6 else 4)
        return str(ip_address(packed))
    return whole(int(value))


@st.composite
def single(draw: st.DrawFn) -> str:
    """One test of a field that occurs, mostly with a value that occurs."""
    rows = records()
    row = draw(st.sampled_from(rows))
    name = draw(st.sampled_from([name for name, values in row.items() if values]))
    field = catalogue("messages").fields[name]
    values = [value for each in rows for value in each[name] if value is not None]
    if not values or field.type is Type.PRESENCE or draw(st.integers(0, 5)) == 0:
        return name
    value = shown(field, draw(st.sampled_from(values)))
    other = shown(field, draw(st.sampled_from(values)))
    forms = [f"{name} {relation} {value}" for relation in ("==", "!=", "<", "<=", ">", ">=")]
    forms.append(f"{name} in {{{value}, {other}}}")
    if field.type in (Type.TEXT, Type.OCTETS):
        forms += [f"{name} contains {value}", f'{name} matches "[a-f0-9]{{3}}"']
    if field.type in (Type.IPV6, Type.ADDRESS) and ":" in value:
        forms += [f"{name} == {value}/{draw(st.integers(0, 128))}"]
    return draw(st.sampled_from(forms))


FILTERS = st.recursive(
    single(),
    lambda inner: (
        inner.map(lambda one: f"not ({one})")
        | st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
            lambda parts: f"({parts[0]}) {parts[1]} ({parts[2]})"
        )
    ),
    max_leaves=5,
)


@settings(deadline=None)
@given(FILTERS)
def test_the_table_and_each_message_agree(text: str) -> None:
    of_messages, batch, scanned = small()
    selection = Selection(Filter.parsed(text, "messages"))
    selection.see(scanned.messages, batch, Profile(), scanned)
    found = selection.rows(of_messages)
    expression = parse(text, catalogue("messages"))
    one_by_one = [n for n, record in enumerate(records()) if verdict(expression, record)]
    frames = listed(of_messages, "frame")
    assert listed(found, "frame") == [frames[n] for n in one_by_one]


def test_frames_that_the_kind_settles_are_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    of_messages, batch, scanned = small()
    decoded: list[int] = []

    def counted(*told: Any) -> Any:
        decoded.append(told[1])
        return frame_tree(*told)

    monkeypatch.setattr("netmip6scope.filter.select.frame_tree", counted)
    selection = Selection(Filter.parsed('kind == "bu" and mip6.bu.seqnr > 5', "messages"))
    selection.see(scanned.messages, batch, Profile(), scanned)
    assert len(decoded) == listed(of_messages, "kind").count("bu") > 0
    kept = selection.rows(of_messages)
    both = zip(listed(of_messages, "seq"), listed(of_messages, "kind"), strict=True)
    assert listed(kept, "seq") == [seq for seq, kind in both if kind == "bu" and seq > 5]


def test_a_session_meets_a_test_if_one_of_its_messages_does() -> None:
    path = str(DATA / "05_ho_refused.pcap")
    every = analyse([path], ["messages", "sessions", "handoffs"]).tables
    kinds = listed(every["messages"], "kind")
    for name, key in (("sessions", "session"), ("handoffs", "handoff")):
        numbers = listed(every["messages"], key)
        for text, kind in (("mip6.mhtype == 6", "ba"), ("netmip6.ho_response", "ho-response")):
            selection = Selection(Filter.parsed(text, name))
            kept = analyse([path], name, selection=selection).table
            owners = {n for n, k in zip(numbers, kinds, strict=True) if k == kind and n != NULL}
            assert set(listed(kept, key)) == owners
            assert owners
            opposite = Selection(Filter.parsed(f"not {text}", name))
            others = set(listed(analyse([path], name, selection=opposite).table, key))
            assert others == set(listed(every[name], key)) - owners


def test_a_finding_meets_a_test_if_its_message_does() -> None:
    path = str(DATA / "05_ho_refused.pcap")
    every = analyse([path], ["messages", "findings"]).tables
    kinds = dict(
        zip(listed(every["messages"], "frame"), listed(every["messages"], "kind"), strict=True)
    )
    frames = listed(every["findings"], "frame")
    for text, kind in (("mip6.mhtype == 5", "bu"), ("netmip6.ho_response", "ho-response")):
        selection = Selection(Filter.parsed(text, "findings"))
        kept = analyse([path], "findings", selection=selection).table
        assert listed(kept, "frame") == [n for n in frames if kinds.get(n) == kind]
        assert 0 < len(kept) < len(frames)


def test_tests_are_listed_once() -> None:
    text = 'mip6.bu and (kind == "bu" or mip6.bu) and ipv6.src == ::1 and not ipv6.src == ::2'
    chosen = Filter.parsed(text, "messages")
    assert len(list(each_test(chosen.expression))) == 5
    assert [test.field.name for test in chosen.frame_tests] == ["mip6.bu", "ipv6.src", "ipv6.src"]
    assert [field.name for field in chosen.frame_fields] == ["mip6.bu", "ipv6.src"]
