"""The merge command: the captures of several points as one, by one clock, nothing twice.

Left out is only what is certain to be the same: a message that the tables count once, and a
tunnelled packet with the same ends, length and digest (see `points`). Messages that carry neither
a sequence number nor an identifier must agree in all their octets as well.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from dissectors.frames import FrameBatch
from netmip6scope import points
from netmip6scope.aligned import aligned_writer
from netmip6scope.capture.inputs import expand
from netmip6scope.capture.spool import readable_again
from netmip6scope.in_order import Frame, Picked, in_order
from netmip6scope.pipeline import Meter, Run, keys_in
from netmip6scope.profile_file import load_profile

_NO_MESSAGE, _FIRST, _AGAIN, _ALIKE = range(4)
_STATES = 4
"""A frame's mark is its message's length times this, plus one of the states above."""


def merge(
    captures: Sequence[str],
    path: str,
    progress: Meter | None = None,
    profile_path: str | None = None,
    keys_path: str | None = None,
) -> Run:
    """Write one capture to `path`; the run tells what was odd and what could not be read.

    Every file without the name of a point is a point of its own. Raises ScopeError.
    """
    run = Run(load_profile(profile_path), progress, keys=keys_in(keys_path))
    sources = expand(captures)
    names = [source.point or source.path for source in sources]
    clock_of = [list(dict.fromkeys(names)).index(name) for name in names]
    with readable_again(sources) as kept:
        files, seen = run.aligned(kept, clock_of)
        pick = _Picker(run, seen).pick
        readers = run.readers(files.sources)
        recent = _Recent(points.nearness_ns(files.clocks))
        with aligned_writer(path, files) as writer:
            for frame in in_order(readers, files.clock_of, files.clocks, pick):
                if not recent.has(frame):
                    writer.write(frame)
    return run


class _Picker:
    """Takes all frames, and marks those with messages."""

    def __init__(self, run: Run, seen: points.Seen) -> None:
        self._scanner = run.scanner
        self._file, self._frame = seen.file, seen.messages.frame

    def pick(self, file: int, batch: FrameBatch) -> Picked:
        """See `in_order.Pick`."""
        scanned = self._scanner.scan(batch)
        m = scanned.messages
        first = np.isin(m.frame, self._frame[self._file == file])
        numbered = (m.identifier >= 0) | (m.seq >= 0)
        state = np.where(first, _FIRST, np.where(numbered, _AGAIN, _ALIKE))
        mark = np.full(len(batch), _NO_MESSAGE)
        mark[m.frame - batch.first_frame] = m.length * _STATES + state
        return Picked(np.arange(len(batch)), mark, scanned.tunnels)


@dataclass(slots=True)
class _Recent:
    """Messages that were written a short time ago, by their octets."""

    near_ns: int
    _clocks: dict[bytes, dict[int, int]] = field(default_factory=dict)
    """By octets: when each clock's point had them last."""
    _order: deque[tuple[int, bytes]] = field(default_factory=deque)

    def has(self, frame: Frame) -> bool:
        """Whether the frame's message was written from another point; else it is remembered."""
        length, state = divmod(frame.mark, _STATES)
        if state in (_NO_MESSAGE, _AGAIN):
            return state == _AGAIN
        self._forget(frame.time_ns - self.near_ns)
        message = frame.octets[-length:]
        seen = self._clocks.setdefault(message, {})
        if state == _ALIKE and seen.keys() - {frame.clock}:
            return True
        seen[frame.clock] = frame.time_ns
        self._order.append((frame.time_ns, message))
        return False

    def _forget(self, before_ns: int) -> None:
        while self._order and self._order[0][0] < before_ns:
            _, message = self._order.popleft()
            seen = self._clocks.get(message, {})
            for clock in [clock for clock, time_ns in seen.items() if time_ns < before_ns]:
                del seen[clock]
            if not seen:
                self._clocks.pop(message, None)
