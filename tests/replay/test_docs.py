"""docs/states.md is what the tables say."""

from __future__ import annotations

from pathlib import Path

from replay.diagram import MACHINES, diagram, page

STATES = Path(__file__).resolve().parents[2] / "docs" / "states.md"


def test_state_diagrams_are_those_of_the_tables() -> None:
    assert STATES.read_text(encoding="utf-8") == page()


def test_diagrams_show_every_state_and_every_change() -> None:
    for table, begin in MACHINES:
        text = diagram(table, begin)
        assert f"[*] --> {begin.name}" in text
        for state in table.states:
            assert f"    {state.name}: {state.value}\n" in text
        for (state, _), (target, _) in table.transitions.items():
            if state is not target:
                assert f"    {state.name} --> {target.name}: " in text
