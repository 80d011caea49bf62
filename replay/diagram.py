"""A machine's table as a Mermaid state diagram, for the docs."""

from __future__ import annotations

from enum import Enum
from typing import Any

from replay import (
    aaa,
    binding_cache,
    binding_client,
    context_serving,
    context_target,
    link_session,
    mobile_node,
    nas_port,
)
from replay.machine import Table

Machine = Table[Any, Any, Any]
MACHINES: tuple[tuple[Machine, Enum], ...] = (
    (link_session.TABLE, link_session.State.AWAY),
    (binding_client.TABLE, binding_client.State.IDLE),
    (context_target.TABLE, context_target.State.NONE),
    (context_serving.TABLE, context_serving.State.ABSENT),
    (binding_cache.TABLE, binding_cache.State.UNBOUND),
    (mobile_node.TABLE, mobile_node.State.DOWN),
    (nas_port.TABLE, nas_port.State.CLOSED),
    (aaa.TABLE, aaa.State.IDLE),
)
"""Every machine with the state that it begins in."""


_ABOUT = (
    "Made from the tables in `replay/` by `python -m replay.diagram > docs/states.md`; a test\n"
    "holds them equal. An arrow names the input, and after a slash what the node does. What\n"
    "changes nothing is left out; pairs of state and input without an arrow either change\n"
    "nothing or must not happen, and each table says which and why.\n"
)


def diagram(table: Machine, begin: Enum) -> str:
    """The machine's states and the inputs that lead from one to another.

    Inputs that change nothing are left out; several that lead the same way share an arrow.
    """
    arrows: dict[tuple[Enum, Enum], list[str]] = {}
    for (state, given), (target, action) in table.transitions.items():
        label = _label(given, action)
        if state is not target or _acts(action):
            arrows.setdefault((state, target), []).append(label)
    lines = ["stateDiagram-v2", f"    [*] --> {begin.name}"]
    lines += [f"    {state.name}: {state.value}" for state in table.states]
    for (state, target), labels in arrows.items():
        lines.append(f"    {state.name} --> {target.name}: {'<br/>'.join(labels)}")
    return "\n".join(lines) + "\n"


def page() -> str:
    """All machines, as the docs show them."""
    parts = ["# What the nodes do\n", _ABOUT]
    for table, begin in MACHINES:
        title = table.name[0].upper() + table.name[1:]
        parts.append(f"## {title}\n\n```mermaid\n{diagram(table, begin)}```\n")
    return "\n".join(parts)


def _acts(action: object) -> bool:
    return _name(action) not in ("ignore", "nothing")


def _label(given: Enum, action: object) -> str:
    return f"{given.value} / {_name(action)}" if _acts(action) else str(given.value)


def _name(action: object) -> str:
    """An action is a function, or one of an enum."""
    if isinstance(action, Enum):
        value = action.value
        return action.name.lower() if isinstance(value, int) else str(value)
    name: str = getattr(action, "__name__", "")
    return name.replace("_", " ")


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - what the module is run for
