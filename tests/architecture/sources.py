"""The source files that the architecture tests read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def python_files(*packages: str) -> Iterator[tuple[str, str]]:
    """(path in the project, text) of every file of the packages; a package without files fails."""
    for package in packages:
        paths = sorted((PROJECT / package).rglob("*.py"))
        assert paths, f"{package} has no files"
        for path in paths:
            yield str(path.relative_to(PROJECT)), path.read_text(encoding="utf-8")


def parsed(*packages: str) -> Iterator[tuple[str, ast.Module]]:
    for name, text in python_files(*packages):
        yield name, ast.parse(text, name)
