"""What is remembered from one run to the next: chosen columns, theme, format of times."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from netmip6scope.errors import OutputError
from netmip6scope.tables.output import replaced_file
from netmip6scope.tui.cells import TimeFormat

DEFAULT_THEME = "scope-dark"


@dataclass(slots=True)
class Settings:
    """columns: by table, their names in order; a table that is not there has the usual ones."""

    columns: dict[str, list[str]] = field(default_factory=dict)
    theme: str = DEFAULT_THEME
    times: str = TimeFormat.RELATIVE.name

    @property
    def time_format(self) -> TimeFormat:
        known = TimeFormat.__members__
        return known.get(self.times, TimeFormat.RELATIVE)


def settings_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Where they are kept (XDG Base Directory Specification)."""
    named = environment.get("XDG_CONFIG_HOME", "")
    base = Path(named) if named.startswith("/") else Path.home() / ".config"
    return base / "netmip6scope" / "interface.json"


def load(path: Path) -> Settings:
    """What is remembered; what cannot be read or is not as it should be counts as not there."""
    try:
        said = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return Settings()
    if not isinstance(said, dict):
        return Settings()
    columns = said.get("columns")
    kept = {}
    if isinstance(columns, dict):
        kept = {
            table: [name for name in names if isinstance(name, str)]
            for table, names in columns.items()
            if isinstance(names, list)
        }
    theme, times = said.get("theme"), said.get("times")
    return Settings(
        kept,
        theme if isinstance(theme, str) else DEFAULT_THEME,
        times if isinstance(times, str) else TimeFormat.RELATIVE.name,
    )


def save(settings: Settings, path: Path) -> None:
    """Keep them, all or nothing. Raises OutputError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path.parent}: {error.strerror or error}") from error
    with replaced_file(str(path)) as stream:
        stream.write(json.dumps(asdict(settings), indent=2).encode() + b"\n")
