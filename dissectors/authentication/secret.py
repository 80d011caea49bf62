"""Key octets that are not printed by accident."""

from __future__ import annotations


class Secret:
    """Octets that `repr`, `str` and formatting show masked; whoever needs them says so."""

    __slots__ = ("_octets",)

    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    def reveal(self) -> bytes:
        """The octets, for the computation that needs them."""
        return self._octets

    def __repr__(self) -> str:
        return "Secret(masked)"


NO_KEY = Secret(b"")
