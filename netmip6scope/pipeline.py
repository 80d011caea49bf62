"""From captures to tables: reads batches, scans them, correlates, and builds what is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Protocol

import numpy as np

from dissectors.frames import FrameBatch, Ints
from dissectors.lanes import Lanes
from dissectors.profile import Profile
from dissectors.scan.batch import Scanned
from netmip6scope.capture.inputs import Source, default_point, expand
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.capture.spool import is_read_once, readable_again
from netmip6scope.correlate import measure
from netmip6scope.correlate.capture_checks import CaptureChecks
from netmip6scope.correlate.clocks import REFERENCE, Clock
from netmip6scope.correlate.correlator import Correlation, Correlator
from netmip6scope.correlate.finding_rows import findings_table
from netmip6scope.correlate.messages import MessageRows
from netmip6scope.correlate.moved import Moved
from netmip6scope.correlate.rows import handoffs_table, sessions_table, user_plane_table
from netmip6scope.correlate.texts import Texts
from netmip6scope.errors import Interrupted, ScopeError
from netmip6scope.profile_file import load_profile
from netmip6scope.tables.columns import NULL, Table

if TYPE_CHECKING:
    from dissectors.authentication.keys import Keys
    from netmip6scope import points
    from netmip6scope.filter.select import Selection

_TIMES_FORGOTTEN = 8
"""While a session that is over is kept, others leave so many times."""
_WATCHED = 16 << 20
"""Octets of a buffer when frames are looked into: batches cannot be put together then."""


class Meter(Protocol):
    """What shows progress: gets the octets read so far."""

    total_octets: int | None

    def update(self, octets: int) -> None: ...


class Watcher(Protocol):
    """What looks on while captures are read."""

    def see(self, batch: FrameBatch, scanned: Scanned) -> None:
        """A batch and what is in it, its messages in the order of their table."""

    def keep(self, which: Ints) -> None:
        """Of several points: the messages so far are those of `which`, in its order."""

    def forget(self, numbers: Ints) -> None:
        """Only these messages stay; they count from 0 since the begin."""

    def fed(self, so_far: Callable[[], Result]) -> None:
        """One more batch was correlated; `so_far` gives the tables until now."""

    def idle(self) -> float | None:
        """There is nothing to read now; see `capture.reader.Idle`."""


@dataclass(frozen=True, slots=True)
class Files:
    """What was read: the captures, the number of each one's clock, and how the clocks differ."""

    sources: list[Source]
    clock_of: list[int]
    clocks: list[Clock]


@dataclass(slots=True)
class Result:
    """Tables of an analysis, with what was odd about the inputs and which of them failed.

    message_file: (messages,) the place in `files` of each row of the table of messages;
    message_number: what it is called in all results of one reading, ascending. begin_ns: the first
    message's time; left: how many sessions left memory.
    """

    tables: dict[str, Table]
    files: Files
    message_file: Ints
    message_number: Ints
    begin_ns: int = NULL
    left: int = 0
    warnings: list[str] = field(default_factory=list)
    errors: list[ScopeError] = field(default_factory=list)
    table: Table = field(init=False)

    def __post_init__(self) -> None:
        self.table = next(iter(self.tables.values()))


def analyse(
    captures: Sequence[str],
    want: str | Sequence[str],
    progress: Meter | None = None,
    profile_path: str | None = None,
    selection: Selection | None = None,
    keys_path: str | None = None,
) -> Result:
    """Read captures and build the tables in `want`.

    These are "messages", "sessions", "handoffs", "findings", "user-plane" (`correlate.rows`), "why"
    (`correlate.why_rows`) and "clocks" (`correlate.clock_rows`). A selection goes with one table,
    and leaves the rows that its filter holds for. With a key file authenticators are checked.
    """
    run = Run(load_profile(profile_path), progress, selection, keys=keys_in(keys_path))
    sources, clock_of = arranged(captures)
    if clock_of is None:
        return run.tables(sources, None, want)
    with readable_again(sources) as kept:
        return run.tables(kept, clock_of, want)


def keys_in(path: str | None) -> Keys | None:
    """The keys in a file, None without one. Raises InputError and UsageError."""
    if path is None:
        return None
    from netmip6scope.keys import load_keys

    return load_keys(path)


def arranged(captures: Sequence[str]) -> tuple[list[Source], list[int] | None]:
    """The captures as they are read, and the number of each one's clock.

    Without points that are named there is one clock, said by None. Raises InputError, UsageError.
    """
    sources = _in_time_order(expand(captures))
    return sources, _clocks(sources) if len(sources) > 1 else None


class Run:
    """One analysis: what reads, scans and correlates, and what was odd on the way."""

    def __init__(
        self,
        profile: Profile,
        progress: Meter | None,
        selection: Selection | None = None,
        watcher: Watcher | None = None,
        keys: Keys | None = None,
        keep_ns: int | None = None,
    ) -> None:
        """keep_ns: sessions that are over leave memory after this time, if there is a watcher."""
        self.scanner = Lanes(profile, keys)
        self.warnings: list[str] = []
        self.errors: list[ScopeError] = []
        self.frames = 0
        self.checks = CaptureChecks()
        self.clocks: list[tuple[str, Clock]] = []
        """Every other point's clock."""
        self._progress = progress
        self._profile = profile
        self._selection = selection
        self._watcher = watcher
        names, tunnels = self.scanner.names, self.scanner.tunnels
        words = self.scanner.words
        self._correlator = Correlator(profile, self.scanner.addresses, names, tunnels, words)
        self._keep_ns = keep_ns
        self._forget_ns = NULL
        """When sessions leave next, by the captures' clock."""

    def tables(
        self, sources: list[Source], clock_of: list[int] | None, want: str | Sequence[str]
    ) -> Result:
        """The tables of files by one clock, or else by the clocks with these numbers."""
        wanted = [want] if isinstance(want, str) else list(want)
        if clock_of is None:
            files = Files(sources, [0] * len(sources), [REFERENCE])
            found, messages = self._one_after_another(files, wanted)
        else:
            files, found, messages = self._together(sources, clock_of, wanted)
        if not self.frames and self.errors:
            raise self.errors[0]
        return self._result(files, found, messages, wanted)

    def _result(
        self, files: Files, found: Correlation, messages: MessageRows, wanted: list[str]
    ) -> Result:
        texts = Texts(self.scanner.addresses, self.scanner.names, self.scanner.words)
        about_captures = self.checks.findings(self.clocks)
        build: dict[str, Callable[[], Table]] = {
            "messages": lambda: messages.table(found, texts),
            "sessions": lambda: sessions_table(found, texts),
            "handoffs": lambda: handoffs_table(found, texts),
            "findings": lambda: findings_table(found, texts, messages.points(), *about_captures),
            "user-plane": lambda: user_plane_table(found, texts),
            "why": lambda: _why_told(found, texts, messages),
            "clocks": lambda: _clocks_told(files),
        }
        built = {name: build[name]() for name in wanted}
        if self._selection is not None:
            every = build["messages"]() if self._selection.needs_messages else None
            built = {name: self._selection.rows(table, every) for name, table in built.items()}
        of_messages = messages.column("file"), messages.column("number")
        left = self._correlator.left
        return Result(
            built, files, *of_messages, messages.begin_ns, left, self.warnings, self.errors
        )

    def _one_after_another(
        self, files: Files, wanted: list[str]
    ) -> tuple[Correlation, MessageRows]:
        """Files that follow each other in time, by one clock."""
        messages = MessageRows()
        keep = not {"messages", "findings", "why"}.isdisjoint(wanted)
        keep |= self._selection is not None and self._selection.needs_messages
        beside = keep or self._watcher is not None or "sessions" in wanted
        self.scanner.tells_beside = beside
        extras = _extras(wanted)

        def so_far() -> Result:
            self._forget(messages)
            found = self._correlator.so_far(self.checks.end_ns, **extras)
            return self._result(files, found, messages, wanted)

        # What reading held is let go before the rest begins.
        self._read(files.sources, messages if keep else None, so_far)
        return self._correlator.finish(self.checks.end_ns, **extras), messages

    def _forget(self, messages: MessageRows) -> None:
        """Let go of what is old, now and then."""
        end_ns = self.checks.end_ns
        if self._keep_ns is None or self._watcher is None or end_ns < self._forget_ns:
            return
        self._forget_ns = end_ns + self._keep_ns // _TIMES_FORGOTTEN
        correlator = self._correlator
        stay = correlator.forget(end_ns, end_ns - self._keep_ns, messages.column("time_ns"))
        messages.keep(stay)
        books = self.scanner.addresses, self.scanner.names
        used = chain(correlator.addresses(), messages.addresses())
        moved = Moved.of(*books, used, chain(correlator.identities(), messages.identities()))
        correlator.renumber(moved)
        messages.renumber(moved)
        self._watcher.forget(messages.column("number"))

    def _read(
        self, sources: list[Source], messages: MessageRows | None, so_far: Callable[[], Result]
    ) -> None:
        batches = self._checked(sources)
        if self._selection is None and self._watcher is None:
            stream = self.scanner.stream(batches)
        else:
            # Who looks into frames finds them until the next batch is read.
            stream = map(self._scan, batches)
        for scanned in stream:
            self._correlator.feed(scanned)
            if messages is not None:
                points = [i.point for i in scanned.interfaces]
                messages.add(scanned.messages, points, np.array([scanned.file]))
            if self._watcher is not None:
                self._watcher.fed(so_far)

    def _together(
        self, sources: list[Source], clock_of: list[int], wanted: list[str]
    ) -> tuple[Files, Correlation, MessageRows]:
        """Files that overlap in time: several points, each with its clock."""
        from netmip6scope import points

        files, seen = self.aligned(sources, clock_of)
        if self._selection is not None:
            self._selection.keep(seen.kept)
        if self._watcher is not None:
            self._watcher.keep(seen.kept)
        # The messages are known by now.
        self.scanner.tells_beside = False
        readers = self.readers(files.sources)
        for scanned in points.user_plane(readers, files.clock_of, self.scanner, seen):
            self._correlator.feed(scanned)
        found = self._correlator.finish(seen.end_ns, **_extras(wanted))
        measure.clock_errors(found, seen.clock, [c.error_ns for c in seen.clocks])
        messages = MessageRows()
        messages.add(seen.messages, seen.points, seen.file, seen.point)
        return files, found, messages

    def aligned(self, sources: list[Source], clock_of: list[int]) -> tuple[Files, points.Seen]:
        """Read the files of several points for their messages, which tell how the clocks differ."""
        from netmip6scope import points

        self.scanner.points_apart = True
        if self._selection is not None:
            self._selection.points_apart()
        order = sorted(range(len(sources)), key=lambda n: (clock_of[n], n))
        sources, clock_of = [sources[n] for n in order], [clock_of[n] for n in order]
        readers = [partial(self._checked, [source]) for source in sources]
        seen = points.signalling(readers, clock_of, self._scan)
        self._tell_clocks(seen, sources, clock_of)
        return Files(sources, clock_of, seen.clocks), seen

    def readers(self, sources: list[Source]) -> list[Callable[[], Iterator[FrameBatch]]]:
        """What reads each of the files, from its begin whenever it is called."""
        return [partial(self.batches, [source]) for source in sources]

    def _scan(self, batch: FrameBatch) -> Scanned:
        """A batch, scanned for its messages, about whose frames others may ask."""
        scanned = self.scanner.scan(batch)
        if self._watcher is not None:
            self._watcher.see(batch, scanned)
        if self._selection is not None:
            self._selection.see(scanned.messages, batch, self._profile, scanned)
        return scanned

    def _tell_clocks(self, seen: points.Seen, sources: list[Source], numbers: list[int]) -> None:
        for number, clock in enumerate(seen.clocks[1:], 1):
            source = sources[numbers.index(number)]
            self.clocks.append((source.point or default_point(source.path), clock))
            if clock.error_ns is None:
                path = source.path
                self.warnings.append(
                    f"{path}: nothing in common with the other points; its clock is taken as it is"
                )

    def _checked(self, sources: list[Source]) -> Iterator[FrameBatch]:
        for batch in self.batches(sources):
            self.checks.see(batch)
            yield batch

    def batches(self, sources: list[Source]) -> Iterator[FrameBatch]:
        """All frames of the files; one that fails is reported and the others go on."""
        files = [self._file(source, n) for n, source in enumerate(sources)]
        sizes = [f.size for f in files]
        if self._progress is not None and None not in sizes:
            self._progress.total_octets = sum(s or 0 for s in sizes)
        done = 0
        for file in files:
            try:
                for batch in file.batches():
                    self.frames += len(batch)
                    yield batch
                    if self._progress is not None:
                        self._progress.update(done + file.position)
            except ScopeError as error:
                self._tell(error)
                if isinstance(error, Interrupted):
                    break
            done += file.position
            early = any(note.cut for note in file.notes)
            point = file.source.point or default_point(file.source.path)
            self.checks.ended(file.source.path, point, file.dropped, early=early)
            notes = [f"{file.source.path}: {n.text} (at octet {n.offset})" for n in file.notes]
            self.warnings += [note for note in notes if note not in self.warnings]

    def _file(self, source: Source, number: int) -> CaptureFile:
        if self._watcher is None:
            return CaptureFile(source, number)
        return CaptureFile(source, number, block=_WATCHED, idle=self._watcher.idle)

    def _tell(self, error: ScopeError) -> None:
        """Once, also when a file is read again."""
        if str(error) not in map(str, self.errors):
            self.errors.append(error)


def _in_time_order(sources: list[Source]) -> list[Source]:
    """Files by the time of their first frame, so that the order given does not matter.

    Where a point is named, the order given is kept: the first is the reference.
    """
    if len(sources) == 1 or any(source.point is not None for source in sources):
        return sources
    return sorted(sources, key=lambda source: (_first_ns(source), source.path))


def _extras(wanted: list[str]) -> dict[str, bool]:
    """What a correlator fills only when it is asked for."""
    return {"user_plane": "user-plane" in wanted, "why": "why" in wanted}


def _why_told(found: Correlation, texts: Texts, messages: MessageRows) -> Table:
    from netmip6scope.correlate.why_rows import why_table

    return why_table(found, texts, messages.table(found, texts))


def _clocks_told(files: Files) -> Table:
    from netmip6scope.correlate.clock_rows import clocks_table

    return clocks_table(_points_of(files), files.clocks)


def _points_of(files: Files) -> list[str]:
    """The name of each clock's first file."""
    first = [files.sources[files.clock_of.index(n)] for n in range(len(files.clocks))]
    return [source.point or default_point(source.path) for source in first]


def _first_ns(source: Source) -> int:
    if is_read_once(source):
        return NULL
    try:
        batch = next(iter(CaptureFile(source, block=1 << 16).batches()), None)
    except ScopeError:
        return NULL  # said when it is read
    return NULL if batch is None else int(batch.time_ns[0])


def _clocks(sources: list[Source]) -> list[int] | None:
    """The number of each file's clock where points are named; None: all by one clock."""
    if all(source.point is None for source in sources):
        return None
    names: list[str] = []
    for source in sources:
        name = source.point or source.path
        if name not in names:
            names.append(name)
    return [names.index(source.point or source.path) for source in sources]
