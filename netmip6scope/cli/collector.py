"""Runs without Python's cycle collector."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collector() -> Iterator[None]:
    """Run without the cycle collector.

    A table or a replay is a short run that keeps nearly all it allocates until it ends: the
    collector would walk millions of live objects again and again and free next to nothing.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
