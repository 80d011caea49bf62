"""A pytest plugin: every incident.toml is a test, where that is asked for.

`--netmip6-incidents`, or the ini option of that name, turns it on. A test has the name of its
incident's directory and the marker `netmip6_incident`; it fails unless the verdict is as expected.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

OPTION = "netmip6-incidents"
MARKER = "netmip6_incident"
_FILE = "incident.toml"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option and the ini option."""
    about = "collect NetMIPv6 incidents (incident.toml) as tests"
    group = parser.getgroup("netmip6scope")
    group.addoption(f"--{OPTION}", action="store_true", dest="netmip6_incidents", help=about)
    parser.addini(OPTION, about, type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """The marker."""
    config.addinivalue_line("markers", f"{MARKER}: the replay of a NetMIPv6 incident")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """An incident, if incidents are asked for."""
    config = parent.config
    wanted = config.getoption("netmip6_incidents") or config.getini(OPTION)
    if not wanted or file_path.name != _FILE:
        return None
    return IncidentFile.from_parent(parent, path=file_path)


class IncidentFile(pytest.File):
    """An incident.toml."""

    def collect(self) -> Iterator[pytest.Item]:
        """Its one test."""
        yield IncidentItem.from_parent(self, name=self.path.parent.name)


class Diverged(Exception):
    """A verdict that is not the one expected."""


class IncidentItem(pytest.Item):
    """The replay of an incident."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as pytest has it
        super().__init__(*args, **kwargs)
        self.add_marker(MARKER)

    def runtest(self) -> None:
        """Replay it. Raises Diverged, and ScopeError for what cannot be read."""
        from netmip6scope.incident.document import summary, told_differences
        from netmip6scope.incident.incident_file import read_incident
        from netmip6scope.incident.run import replay

        outcome = replay(read_incident(self.path.parent))
        if not outcome.as_expected:
            raise Diverged("\n".join([summary(outcome), *told_differences(outcome)]))

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: Any = None,  # noqa: ANN401 - as pytest has it
    ) -> Any:  # noqa: ANN401 - the same
        """The divergences alone; a traceback says nothing about an incident."""
        from netmip6scope.errors import ScopeError

        if isinstance(excinfo.value, Diverged | ScopeError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the incident is."""
        return self.path, None, f"incident {self.name}"
