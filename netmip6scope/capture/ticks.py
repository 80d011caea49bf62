"""Timestamps of pcapng interfaces as nanoseconds, exact to the integer.

`if_tsresol` is a negative power of ten, or of two when its high bit is set. A time is
ticks * 10^9 // resolution, which needs more than 64 bits for many resolutions; the ways below
that stay inside 64 bits are taken where they are exact, Python integers elsewhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dissectors.frames import Ints

NS = 1_000_000_000
LOWEST, HIGHEST = -(1 << 63), (1 << 63) - 1
_FIVES = 5**9
_MAX_SHIFT = 43
"""5^9 has 21 bits: fractions of up to 43 bits times 5^9 stay inside 64."""


def resolution(tsresol: int) -> int:
    """Ticks of a second."""
    exponent = tsresol & 0x7F
    return 1 << exponent if tsresol & 0x80 else int(10**exponent)


def nanoseconds(ticks: NDArray[np.uint64], tsresol: int) -> Ints:
    """(n,) int64 times of (n,) ticks; what does not fit becomes the highest time there is."""
    per_second = resolution(tsresol)
    if int(ticks.max(initial=0)) * NS // per_second > HIGHEST:
        exact = [min(tick * NS // per_second, HIGHEST) for tick in ticks.tolist()]
        return np.array(exact, np.int64)
    exponent = tsresol & 0x7F
    if not tsresol & 0x80:
        return _decimal(ticks, exponent)
    if exponent <= _MAX_SHIFT:
        return _binary(ticks, exponent)
    return np.array([tick * NS >> exponent for tick in ticks.tolist()], np.int64)


def _decimal(ticks: NDArray[np.uint64], exponent: int) -> Ints:
    if exponent <= 9:
        return (ticks * np.uint64(10 ** (9 - exponent))).astype(np.int64)
    if exponent - 9 > 19:  # 10^20 is above every 64-bit tick
        return np.zeros(len(ticks), np.int64)
    return (ticks // np.uint64(10 ** (exponent - 9))).astype(np.int64)


def _binary(ticks: NDArray[np.uint64], exponent: int) -> Ints:
    seconds = ticks >> np.uint64(exponent)
    fraction = ticks & np.uint64((1 << exponent) - 1)
    part = (
        (fraction * np.uint64(_FIVES)) >> np.uint64(exponent - 9)
        if exponent >= 9
        else (fraction * np.uint64(NS)) >> np.uint64(exponent)
    )
    return (seconds * np.uint64(NS) + part).astype(np.int64)


def shifted(time_ns: Ints, offset_s: Ints) -> Ints:
    """Times moved by whole seconds (if_tsoffset), held inside 64 bits."""
    if not offset_s.any():
        return time_ns
    low, high = int(offset_s.min()) * NS, int(offset_s.max()) * NS
    lowest, highest = int(time_ns.min()) + low, int(time_ns.max()) + high
    if min(low, lowest) >= LOWEST and max(high, highest) <= HIGHEST:
        return time_ns + offset_s * NS
    pairs = zip(time_ns.tolist(), offset_s.tolist(), strict=True)
    exact = [max(LOWEST, min(time + offset * NS, HIGHEST)) for time, offset in pairs]
    return np.array(exact, np.int64)
