"""Nothing in dissectors or replay reads a clock, the environment, the network or randomness."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.sources import parsed

BANNED = (
    "time",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
    "os.environ",
    "os.environb",
    "os.getenv",
    "os.urandom",
    "os.getrandom",
    "random",
    "numpy.random",
    "secrets",
    "uuid",
    "locale",
    "socket",
    "importlib",
)


def is_banned(dotted: str) -> bool:
    return any(dotted == name or dotted.startswith(f"{name}.") for name in BANNED)


def imports(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """(line, local name, what it stands for) of every absolute import, at any depth."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                local = name.asname or name.name.partition(".")[0]
                yield node.lineno, local, name.name if name.asname else local
                yield node.lineno, local, name.name
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            for name in node.names:
                yield node.lineno, name.asname or name.name, f"{node.module}.{name.name}"


def dotted_name(node: ast.expr, stands_for: dict[str, str]) -> str | None:
    """`dt.now` as `datetime.datetime.now`, where dt was imported as that; None for other things."""
    if isinstance(node, ast.Name):
        return stands_for.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = dotted_name(node.value, stands_for)
        return f"{owner}.{node.attr}" if owner else None
    return None


def impurities(tree: ast.Module) -> set[tuple[int, str]]:
    """(line, name) of each banned import and use."""
    found = list(imports(tree))
    stands_for: dict[str, str] = {}
    for _, local, dotted in found:
        stands_for.setdefault(local, dotted)
    uses = {(line, dotted) for line, _, dotted in found}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            uses.add((node.lineno, dotted_name(node, stands_for) or ""))
        elif isinstance(node, ast.Name) and node.id == "__import__":
            uses.add((node.lineno, "importlib"))
    return {(line, dotted) for line, dotted in uses if is_banned(dotted)}


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "from time import monotonic",
        "import random as dice",
        "def roll():\n    import secrets",
        "import os\nos.environ['HOME']",
        "import os as system\nsystem.urandom(4)",
        "import os.path\nos.getenv('HOME')",
        "from os import environ",
        "import datetime\ndatetime.datetime.now()",
        "from datetime import datetime as clock\nclock.now()",
        "from datetime import date\nday = date.today",
        "import numpy as np\nnp.random.default_rng()",
        "import locale, uuid",
        "from socket import inet_ntop",
        "__import__('time')",
    ],
)
def test_impurity_is_found(source: str) -> None:
    assert impurities(ast.parse(source))


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\ndatetime(2026, 1, 1)",
        "simulator.now()",
        "import os\nos.fspath('x')",
        "import timeit",
        "from .time import Deadline",
        "frame.time.random",
    ],
)
def test_pure_code_passes(source: str) -> None:
    assert not impurities(ast.parse(source))


def test_dissectors_and_replay_are_pure() -> None:
    found = [
        f"{path}:{line}: {dotted}"
        for path, tree in parsed("dissectors", "replay")
        for line, dotted in sorted(impurities(tree))
    ]
    assert found == []
