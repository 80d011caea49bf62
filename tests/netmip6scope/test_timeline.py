"""Timeline against plain search."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from netmip6scope.correlate.timeline import Timeline

ROWS = st.lists(st.tuples(st.integers(0, 4), st.integers(-3, 6)), max_size=30)


@given(ROWS, ROWS)
def test_latest_and_next(rows: list[tuple[int, int]], moments: list[tuple[int, int]]) -> None:
    key, time = np.array(rows, np.int64).reshape(-1, 2).T
    asked_key, asked_time = np.array(moments, np.int64).reshape(-1, 2).T
    line = Timeline(key, time)
    before = line.latest(asked_key, asked_time, now=False).tolist()
    until = line.latest(asked_key, asked_time).tolist()
    after = line.next(asked_key, asked_time).tolist()
    for (k, t), b, u, a in zip(moments, before, until, after, strict=True):
        times = [rt for rk, rt in rows if rk == k]
        assert (rows[b] if b >= 0 else None) == max(((k, x) for x in times if x < t), default=None)
        assert (rows[u] if u >= 0 else None) == max(((k, x) for x in times if x <= t), default=None)
        assert (rows[a] if a >= 0 else None) == min(((k, x) for x in times if x > t), default=None)
