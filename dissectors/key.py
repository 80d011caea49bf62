"""What names a layer: the number by which the one below says what follows."""

from __future__ import annotations

Key = tuple[str, int]
"""A space of numbers and a number in it: ("ip", 135), ("ether", 0x86dd), ("link", 1), …"""

VERSION: Key = ("version", 0)
"""IPv4 or IPv6, by the first four bits."""
