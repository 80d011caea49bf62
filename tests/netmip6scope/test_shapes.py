"""Stories told by shape are the stories told one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmip6scope.correlate import shapes
from netmip6scope.correlate.event import Event
from netmip6scope.correlate.shapes import Probe, Told, tell
from netmip6scope.correlate.story import KINDS

PATIENCE_NS = 15
END_NS = 30

# Few values, so that populations of stories share shapes and differ in single comparisons.
CELLS: dict[str, st.SearchStrategy[int]] = {
    "kind": st.sampled_from(KINDS),
    "time_ns": st.integers(0, 30),
    "src": st.integers(1, 3),
    "dst": st.integers(1, 3),
    "coa": st.integers(1, 3),
    "hoa": st.sampled_from([-1, 10, 11]),
    "hoa4": st.sampled_from([-1, 21]),
    "ha": st.sampled_from([-1, 3]),
    "via": st.sampled_from([-1, -1, 2]),
    "identifier": st.integers(1, 2),
    "seq": st.integers(1, 2),
    "status": st.sampled_from([0, 0, 1, 128, 135]),
    "lifetime_s": st.sampled_from([0, 4, 600]),
    "flags": st.sampled_from([0, 0xC000]),
    "net": st.sampled_from([-1, 1, 2]),
    "home_net": st.sampled_from([-1, 1, 2]),
}
EVENT = st.fixed_dictionaries(CELLS)


@st.composite
def populations(draw: st.DrawFn) -> list[list[dict[str, int]]]:
    """Many stories: copies of a few, each with some cells changed."""
    kinds = draw(st.lists(st.lists(EVENT, min_size=1, max_size=8), min_size=1, max_size=3))
    stories = []
    for story in kinds:
        for _ in range(draw(st.integers(shapes.FEW, 2 * shapes.FEW))):
            copy = [dict(event) for event in story]
            for _ in range(draw(st.integers(0, 2))):
                event = draw(st.sampled_from(copy))
                name = draw(st.sampled_from([n for n in CELLS if n != "kind"]))
                event[name] = draw(CELLS[name])
            stories.append(sorted(copy, key=lambda e: e["time_ns"]))
    return stories


def columns(stories: list[list[dict[str, int]]]) -> tuple[dict[str, Any], Any]:
    events = [event for story in stories for event in story]
    table = {name: np.array([e[name] for e in events], np.int64) for name in CELLS}
    table["order"] = np.arange(len(events))
    table["frame"] = np.arange(len(events)) * 3 + 1
    return table, np.cumsum([0, *map(len, stories)])


def records(parts: dict[str, list[Any]], key: str) -> list[tuple[Any, ...]]:
    table = {name: np.concatenate(parts[name]).tolist() for name in sorted(parts)}
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    return sorted((row["story"], row[key], tuple(sorted(row.items()))) for row in rows)


def paths(told: Told) -> list[tuple[Any, ...]]:
    flat = np.concatenate(told.paths).tolist()
    story, place, count = (
        np.concatenate(told.sessions[n]).tolist() for n in ("story", "place", "path")
    )
    out = []
    for s, p, n in zip(story, place, count, strict=True):
        out.append((s, p, tuple(flat[:n])))
        flat = flat[n:]
    assert not flat
    return sorted(out)


@settings(max_examples=150)
@given(populations())
def test_shapes_tell_what_single_stories_tell(stories: list[list[dict[str, int]]]) -> None:
    table, starts = columns(stories)
    together = tell(table, starts, END_NS, PATIENCE_NS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shapes, "LONGEST", 0)
        alone = tell(table, starts, END_NS, PATIENCE_NS)
    assert records(together.sessions, "place") == records(alone.sessions, "place")
    assert records(together.handoffs, "place") == records(alone.handoffs, "place")
    assert together.event_session.tolist() == alone.event_session.tolist()
    assert together.event_handoff.tolist() == alone.event_handoff.tolist()
    assert paths(together) == paths(alone)


def test_groups_are_really_told_by_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the test above would compare single stories with themselves."""
    event = dict.fromkeys(CELLS, 1) | {"kind": KINDS[0], "lifetime_s": 600}
    table, starts = columns([[event]] * 50)
    probed = []
    monkeypatch.setattr(
        shapes._Teller,
        "_probe",
        lambda self, n, old=shapes._Teller._probe: probed.append(n) or old(self, n),
    )
    tell(table, starts, END_NS, PATIENCE_NS)
    assert probed == [0]


def test_probe_answers_and_writes_down() -> None:
    asked: dict[Any, bool] = {}
    a, b = Probe(5, ((1, "x", 0),), 0, asked), Probe(7, ((1, "x", 1),), 0, asked)
    assert b - a <= 2
    assert a * 2 + 4 == b * 2
    assert a > 3
    assert asked == {
        ("le", ((-1, "x", 0), (1, "x", 1)), -2): True,
        ("eq", ((2, "x", 0), (-2, "x", 1)), 4): True,
        ("le", ((1, "x", 0),), -3): False,
    }


def test_comparison_with_itself_is_no_question() -> None:
    asked: dict[Any, bool] = {}
    a = Probe(5, ((1, "x", 0),), 0, asked)
    assert a == a + 0
    assert not asked


@pytest.mark.parametrize("use", [bool, hash, int, str.__len__, lambda p: {}[p], lambda p: [1][p]])
def test_probe_refuses_other_uses(use: Any) -> None:
    with pytest.raises(TypeError):
        use(Probe(0, ((1, "x", 0),), 0, {}))


def test_event_columns_are_covered() -> None:
    assert set(CELLS) | {"order", "frame"} == set(Event._fields)
