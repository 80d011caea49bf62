"""Numbers, sizes and times as a command line has them; what is none is said in one line."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

_SIZES = {"": 1, "B": 1, "kB": 1000, "MB": 1000**2, "GB": 1000**3}
_TIMES_S = {"": 1, "s": 1, "min": 60, "h": 3600, "d": 86400}
_MOST = 1 << 62
_LEAST_KEPT_S = 60
"""What comes before a session may wait so long for it."""


def number(text: str) -> int:
    """A number that counts something from 1 on."""
    return whole(text, 1, "a number, which count from 1")


def whole(text: str, least: int, what: str) -> int:
    """A whole number from `least` on; what: what it should have been."""
    if not (text.isascii() and text.isdigit() and least <= int(text) < _MOST):
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
    return int(text)


def seed(text: str) -> int:
    """A seed of dice."""
    if not (text.isascii() and text.isdigit() and int(text) < 1 << 63):
        raise argparse.ArgumentTypeError(f"{text!r} is not a seed: a whole number below 2**63")
    return int(text)


def size(text: str) -> int:
    """Octets."""
    return int(_amount(text, _SIZES, "a size such as 500kB, 100MB or 2GB"))


def duration_s(text: str) -> float:
    """Seconds."""
    return _amount(text, _TIMES_S, "a time such as 30s, 10min, 2h or 1d")


def keep_s(text: str) -> float:
    """How long something is kept, in seconds."""
    kept_s = duration_s(text)
    if kept_s < _LEAST_KEPT_S:
        raise argparse.ArgumentTypeError(f"{text!r} is less than a minute")
    return kept_s


def _amount(text: str, units: Mapping[str, int], what: str) -> float:
    digits = text.rstrip("".join(units))
    try:
        amount = float(digits) * units[text[len(digits) :]]
    except (ValueError, KeyError):
        amount = 0.0
    if not 0 < amount < _MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
    return amount
