"""The progress line of shrinking: how many replays were made."""

from __future__ import annotations

from netmip6scope.tables.progress import Progress


class Replaying(Progress):
    """Shows how many parts of the trace have been replayed; use it in a ``with`` block."""

    _replays = 0

    def show(self, replays: int) -> None:
        """Say how many replays there were."""
        self._replays = replays
        self._show()

    def _text(self, since_s: float) -> str:
        if not self._replays:
            return f"reading, {since_s:.0f} s"
        return f"{self._replays} parts replayed, {since_s:.0f} s"
