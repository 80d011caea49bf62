"""Findings about the captures themselves: what is cut or lost, time going back, clocks apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dissectors.frames import FrameBatch, Ints
from netmip6scope.correlate.catalogue import RULES
from netmip6scope.correlate.clocks import Clock
from netmip6scope.correlate.codes import Code
from netmip6scope.correlate.shapes import MOST_KEPT
from netmip6scope.tables.columns import NULL

_MOST = (1 << 63) - 1


@dataclass(slots=True)
class _Point:
    """What was odd at one capture point, and when and where it was first seen."""

    cut: int = 0
    first_cut: tuple[int, int] = (0, 0)
    """Time and frame."""
    back: int = 0
    back_ns: int = 0
    first_back: tuple[int, int] = (0, 0)
    latest_ns: int = NULL
    ends_early: set[str] = field(default_factory=set)
    """Files that end inside a record."""
    dropped: dict[str, int] = field(default_factory=dict)
    """By file: packets that were not captured, as it says."""


class CaptureChecks:
    """Sees every batch of frames."""

    def __init__(self) -> None:
        self.end_ns = NULL
        """The latest frame's time."""
        self._points: dict[str, _Point] = {}

    def see(self, batch: FrameBatch) -> None:
        """Count cut frames and steps back in time, by capture point."""
        self.end_ns = max(self.end_ns, int(batch.time_ns.max()))
        cuts = batch.caplen < batch.wirelen
        if len(batch.interfaces) == 1 and not cuts.any() and self._goes_on(batch):
            return
        for number, interface in enumerate(batch.interfaces):
            rows = np.flatnonzero(batch.interface == number)
            if not len(rows):
                continue
            point = self._of(interface.point)
            time_ns = batch.time_ns[rows]
            cut = rows[cuts[rows]]
            if len(cut) and not point.cut:
                point.first_cut = int(batch.time_ns[cut[0]]), batch.first_frame + int(cut[0])
            point.cut += len(cut)
            highest = np.maximum.accumulate(np.concatenate([[point.latest_ns], time_ns]))
            behind = np.flatnonzero(time_ns < highest[:-1])
            if len(behind):
                if not point.back:
                    row = int(rows[behind[0]])
                    point.first_back = int(batch.time_ns[row]), batch.first_frame + row
                point.back += len(behind)
                back_ns = int((highest[:-1] - time_ns)[behind].max())
                point.back_ns = max(point.back_ns, back_ns)
            point.latest_ns = int(highest[-1])

    def ended(self, path: str, point: str, dropped: Mapping[str, int], *, early: bool) -> None:
        """A file was read to its end; point: of what it ends inside of, if it ends early."""
        if early:
            self._of(point).ends_early.add(path)
        for name, count in dropped.items():
            self._of(name).dropped[path] = count

    def _of(self, point: str) -> _Point:
        return self._points.setdefault(point, _Point())

    def _goes_on(self, batch: FrameBatch) -> bool:
        """Whether time never goes back in a batch of one interface; its end is noted then."""
        point = self._of(batch.interfaces[0].point)
        time_ns = batch.time_ns
        if time_ns[0] < point.latest_ns or (time_ns[1:] < time_ns[:-1]).any():
            return False
        point.latest_ns = int(time_ns[-1])
        return True

    def findings(self, clocks: Sequence[tuple[str, Clock]]) -> tuple[dict[str, Ints], list[str]]:
        """Columns as `checks.check` gives them, and the point of each; clocks: by point."""
        rows = [*self._frames(), *_clocks(clocks)]
        columns: dict[str, list[int]] = {"code": [], "order": [], "time_ns": [], "frame": []}
        columns |= {f"kept{n}": [] for n in range(MOST_KEPT)}
        for code, time_ns, frame, kept, _ in rows:
            keeps = RULES[code].keeps
            values = [kept[name] for name in keeps] + [NULL] * (MOST_KEPT - len(keeps))
            for name, value in zip(columns, (code, -1, time_ns, frame, *values), strict=True):
                columns[name].append(int(value))
        arrays = {name: np.array(values, np.int64) for name, values in columns.items()}
        return arrays, [point for *_, point in rows]

    def _frames(self) -> Iterator[tuple[Code, int, int, dict[str, int], str]]:
        for name, point in sorted(self._points.items()):
            if point.cut:
                kept = {"form": 0, "count": point.cut}
                yield Code.CAP_CUT, *point.first_cut, kept, name
            elif point.ends_early:
                kept = {"form": 1, "count": len(point.ends_early)}
                yield Code.CAP_CUT, NULL, -1, kept, name
            if point.back:
                kept = {"back_ms": point.back_ns, "count": point.back}
                yield Code.CAP_ORDER, *point.first_back, kept, name
            if point.dropped:
                count = min(sum(point.dropped.values()), _MOST)
                yield Code.CAP_DROP, NULL, -1, {"count": count}, name


def _clocks(
    clocks: Sequence[tuple[str, Clock]],
) -> Iterator[tuple[Code, int, int, dict[str, int], str]]:
    for name, clock in clocks:
        offset_ns = int(clock.offset_ns[np.abs(clock.offset_ns).argmax()])
        error_ns = NULL if clock.error_ns is None else clock.error_ns
        if clock.error_ns is None or abs(offset_ns) > clock.error_ns:
            tied = clock.error_ns is not None
            kept = {"form": 0 if tied else 1, "offset_ms": offset_ns, "error_ms": error_ns}
            yield Code.CAP_CLOCK, NULL, -1, kept, name
