"""What was seen last, up to a bound."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MOST = 1 << 16
"""Things remembered of one kind, so that memory does not grow with the capture."""


class Recent(Generic[K, V]):
    """The newest value of each of the `most` keys that were put last."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._values: dict[K, V] = {}

    def put(self, key: K, value: V) -> None:
        """Remember the value; the key that was put longest ago goes where there is no room."""
        self._values.pop(key, None)
        if len(self._values) >= self._most:
            del self._values[next(iter(self._values))]
        self._values[key] = value

    def get(self, key: K) -> V | None:
        """The newest value of the key, if it is still known."""
        return self._values.get(key)
