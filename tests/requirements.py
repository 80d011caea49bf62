"""Which test holds which row of the draft's requirements: `pytest --requirements`.

Runs the tests that carry the mark `requirement`, prints every row with its tests, and fails where a
row has no test that passed or a mark names a row that is not there.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROWS = Path(__file__).parent / "data" / "requirements.md"
_ROW = re.compile(r"\| (R[0-9][^ ]*) \| (.*) \|")


def rows() -> dict[str, str]:
    """What each row asks for."""
    return dict(_ROW.findall(ROWS.read_text(encoding="utf-8")))


def marked(item: pytest.Item) -> set[str]:
    """The rows that a test holds."""
    return {row for mark in item.iter_markers("requirement") for row in mark.args}


class Requirements:
    """Chooses the tests and sums them up."""

    def __init__(self) -> None:
        self.held: dict[str, set[str]] = {row: set() for row in rows()}
        self.passed: set[str] = set()
        self.unknown: set[str] = set()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        config.hook.pytest_deselected(items=[item for item in items if not marked(item)])
        items[:] = [item for item in items if marked(item)]
        for item in items:
            self.unknown |= marked(item) - self.held.keys()
            for row in marked(item) & self.held.keys():
                self.held[row].add(item.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.passed.add(report.nodeid)

    @property
    def without_test(self) -> list[str]:
        return [row for row, tests in self.held.items() if not tests & self.passed]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.without_test or self.unknown:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for row, what in rows().items():
            tests = sorted({name.partition("[")[0] for name in self.held[row] & self.passed})
            terminalreporter.write_line(f"{row:<10} {what}")
            for name in tests or ["NO TEST"]:
                terminalreporter.write_line(f"{'':<10} - {name}")
        for row in sorted(self.unknown):
            terminalreporter.write_line(f"{row}: no such row", red=True)
        missing = self.without_test
        verdict = f"{len(self.held) - len(missing)} of {len(self.held)} rows have a test"
        terminalreporter.write_line(f"{verdict}: {' '.join(missing)}" if missing else verdict)
