"""Reads captures in a thread of its own, and hands on what is known until now.

Tables are built again and again while captures are read, each time after a pause that is long
beside what building took, so that the whole takes little longer than building them once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from dissectors.authentication.keys import Keys
from dissectors.frames import FrameBatch, Ints
from dissectors.profile import Profile
from dissectors.scan.batch import Scanned
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.spool import readable_again
from netmip6scope.errors import Interrupted, ScopeError
from netmip6scope.ladder.build import TABLES
from netmip6scope.pipeline import Result, Run
from netmip6scope.tui.frames import FrameStore
from netmip6scope.tui.parts import Parts

_LEAST_PAUSE_S = 0.2
_PAUSE_BY_COST = 8
"""How many times longer than it took to build the tables they are not built again."""
_PROGRESS_EVERY_S = 0.1
_ASK_AGAIN_S = 0.2
_MOST_WAY_S = 0.05
"""Most keys take as long."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Octets read; total: None where nobody knows."""

    octets: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """The tables until now, or of everything when `done`."""

    result: Result
    frames: int
    done: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing could be read."""

    error: ScopeError


News: TypeAlias = Progress | Loaded | Failed


class Loader:
    """One reading of captures; `post` is called from its thread."""

    def __init__(
        self,
        sources: list[Source],
        clock_of: list[int] | None,
        profile: Profile,
        post: Callable[[News], None],
        keys: Keys | None = None,
        keep_ns: int | None = None,
    ) -> None:
        """keep_ns: see `Run`."""
        self.store = FrameStore()
        self._parts = Parts(profile)
        self.total_octets: int | None = None
        self._sources = sources
        self._clock_of = clock_of
        self._post = post
        self._run = Run(profile, self, watcher=self, keys=keys, keep_ns=keep_ns)
        self._thread = threading.Thread(target=self._read, name="reader", daemon=True)
        self._stopped = threading.Event()
        self._running = threading.Event()
        self._running.set()
        self._waiting: Callable[[], Result] | None = None
        """Gives tables that are newer than the posted ones."""
        self._due_s = time.monotonic()
        self._progress_due_s = 0.0
        self._answered = threading.Event()
        self._answered.set()
        self._give_way_s = 0.0
        """Until then it has waited enough."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the reading soon; what was read is posted as done."""
        self._stopped.set()
        self._running.set()

    def close(self, limit_s: float) -> None:
        """End the reading, and let the frames go unless the thread waits for longer than this."""
        self.stop()
        if self._thread.is_alive():
            self._thread.join(limit_s)
        if not self._thread.is_alive():
            self.store.close()

    @property
    def paused(self) -> bool:
        return not self._running.is_set()

    def pause(self, paused: bool) -> None:
        """Hold the reading after the batch at hand, or let it go on."""
        if paused:
            self._running.clear()
        else:
            self._running.set()

    def give_way(self, *, asked: bool) -> None:
        """Somebody waits for an answer, or has it: two threads at once would make it late."""
        if asked:
            self._answered.clear()
        else:
            self._answered.set()

    def _let_answer(self) -> None:
        """Wait for an answer that is asked for, but less than half of the time."""
        begin_s = time.monotonic()
        if begin_s >= self._give_way_s and not self._answered.is_set():
            self._answered.wait(_MOST_WAY_S)
            now_s = time.monotonic()
            self._give_way_s = now_s + (now_s - begin_s)

    def _read(self) -> None:
        # Said if it ends by a mistake of ours, whose traceback the thread prints.
        end: News = Failed(ScopeError("the reading ended by a mistake in the program"))
        try:
            end = Loaded(self._tables(), self._run.frames, done=True)
        except ScopeError as error:
            end = Failed(error)
        finally:
            self._post(end)

    def _tables(self) -> Result:
        if self._clock_of is None:
            return self._run.tables(self._sources, None, TABLES)
        with readable_again(self._sources) as kept:
            return self._run.tables(kept, self._clock_of, TABLES)

    # What `pipeline.Meter` asks for

    def update(self, octets: int) -> None:
        """Post the progress now and then. Raises Interrupted after `stop`."""
        now_s = time.monotonic()
        if now_s >= self._progress_due_s:
            self._progress_due_s = now_s + _PROGRESS_EVERY_S
            self._post(Progress(octets, self.total_octets))
        self._running.wait()
        self._let_answer()
        self._end_if_stopped()

    # What `pipeline.Watcher` asks for

    def see(self, batch: FrameBatch, scanned: Scanned) -> None:
        messages = scanned.messages
        earlier = self._parts.of(batch, scanned.aside, messages.frame)
        self.store.add(batch, messages, earlier)

    def keep(self, which: Ints) -> None:
        self.store.keep(which)

    def forget(self, numbers: Ints) -> None:
        self.store.forget(numbers)

    def fed(self, so_far: Callable[[], Result]) -> None:
        self._waiting = so_far
        self._let_answer()
        if time.monotonic() >= self._due_s:
            self._build()

    def idle(self) -> float | None:
        """Nothing comes just now: show what came, and look now and then whether to stop."""
        self._end_if_stopped()
        if self._waiting is not None and time.monotonic() >= self._due_s:
            self._build()
        return _ASK_AGAIN_S

    def _build(self) -> None:
        assert self._waiting is not None
        begin_s = time.monotonic()
        result, self._waiting = self._waiting(), None
        end_s = time.monotonic()
        self._due_s = end_s + max(_LEAST_PAUSE_S, _PAUSE_BY_COST * (end_s - begin_s))
        self._post(Loaded(result, self._run.frames, done=False))

    def _end_if_stopped(self) -> None:
        if self._stopped.is_set():
            raise Interrupted
