"""Files and functions stay short, and no handler catches everything."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.sources import parsed, python_files

PACKAGES = ("dissectors", "replay", "netmip6scope")
FILE_LINES = 700
FUNCTION_LINES = 70


def catches_everything(handler: ast.ExceptHandler) -> bool:
    """`except BaseException` may stand where it ends in a bare raise: that cleans up."""
    if handler.type is None:
        return True
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {node.attr if isinstance(node, ast.Attribute) else ast.unparse(node) for node in types}
    last = handler.body[-1]
    raised_again = isinstance(last, ast.Raise) and last.exc is None
    return "Exception" in names or ("BaseException" in names and not raised_again)


def test_files_are_short() -> None:
    lengths = {path: len(text.splitlines()) for path, text in python_files(*PACKAGES)}
    assert {path: lines for path, lines in lengths.items() if lines > FILE_LINES} == {}


def test_functions_are_short() -> None:
    long = [
        f"{path}:{node.lineno}: {node.name}"
        for path, tree in parsed(*PACKAGES)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES
    ]
    assert long == []


def test_no_handler_catches_everything() -> None:
    broad = [
        f"{path}:{node.lineno}"
        for path, tree in parsed(*PACKAGES)
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and catches_everything(node)
    ]
    assert broad == []


@pytest.mark.parametrize(
    ("handler", "broad"),
    [
        ("except: raise", True),
        ("except Exception: raise", True),
        ("except (OSError, BaseException) as error: pass", True),
        ("except BaseException as error: raise ValueError from error", True),
        ("except builtins.Exception: pass", True),
        ("except* Exception: pass", True),
        ("except BaseException: raise", False),
        ("except (OSError, ValueError): pass", False),
    ],
)
def test_broad_handlers_are_told_apart(handler: str, broad: bool) -> None:
    (statement,) = ast.parse(f"try:\n    pass\n{handler}").body
    assert isinstance(statement, ast.Try | ast.TryStar)
    assert catches_everything(statement.handlers[0]) is broad
