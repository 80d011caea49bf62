"""In which line of a TOML file a key stands; `tomllib` gives values without places."""

from __future__ import annotations

import re

_TABLE = re.compile(r"\s*\[\[?\s*([A-Za-z0-9_-]+)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*["']?([A-Za-z0-9_-]+)["']?\s*=""")


class Lines:
    """Lines by table name, the table's place among those of its name, and key."""

    def __init__(self, text: str) -> None:
        self._keys: dict[tuple[str, int, str], int] = {}
        self._tables: dict[tuple[str, int], int] = {}
        counts: dict[str, int] = {}
        table, place = "", 0
        for number, line in enumerate(text.splitlines(), 1):
            header = _TABLE.match(line)
            if header is not None:
                table = header[1]
                place = counts.get(table, 0)
                counts[table] = place + 1
                self._tables[table, place] = number
                continue
            key = _KEY.match(line)
            if key is not None:
                self._keys.setdefault((table, place, key[1]), number)

    def of(self, table: str, place: int, key: str | None = None) -> int:
        """The key's line; that of its table where the key is not there; 1 where neither is."""
        at = self._tables.get((table, place), 1)
        return at if key is None else self._keys.get((table, place, key), at)
