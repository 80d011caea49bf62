"""From captures to a table: reads batches, scans them, correlates, and builds what is asked for."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from dissectors.errors import BuildError
from dissectors.frames import FrameBatch
from dissectors.lanes import Lanes
from dissectors.profile import Profile
from dissectors.scan.batch import Scanned
from netmip6scope import points
from netmip6scope.capture.inputs import Source, default_point, expand
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.correlate import measure
from netmip6scope.correlate.capture_checks import CaptureChecks
from netmip6scope.correlate.clocks import Clock
from netmip6scope.correlate.correlator import Correlation, Correlator
from netmip6scope.correlate.finding_rows import findings_table
from netmip6scope.correlate.messages import MessageRows
from netmip6scope.correlate.rows import handoffs_table, sessions_table
from netmip6scope.correlate.texts import Texts
from netmip6scope.errors import InputError, Interrupted, ScopeError, UsageError
from netmip6scope.tables.columns import NULL, Table

if TYPE_CHECKING:
    from netmip6scope.filter.select import Selection


class Meter(Protocol):
    """What shows progress: gets the octets read so far."""

    total_octets: int | None

    def update(self, octets: int) -> None: ...


@dataclass(slots=True)
class Result:
    """Tables of an analysis, with what was odd about the inputs and which of them failed."""

    tables: dict[str, Table]
    warnings: list[str] = field(default_factory=list)
    errors: list[ScopeError] = field(default_factory=list)
    table: Table = field(init=False)

    def __post_init__(self) -> None:
        self.table = next(iter(self.tables.values()))


def load_profile(path: str | None) -> Profile:
    """The profile in a TOML file; the defaults of WIRE.md without one."""
    if path is None:
        return Profile()
    try:
        return Profile.from_mapping(tomllib.loads(Path(path).read_text("utf-8")))
    except OSError as error:
        raise InputError(path, error.strerror or "cannot be read") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, BuildError) as error:
        raise InputError(path, f"no profile: {error}") from error


def analyse(
    captures: Sequence[str],
    want: str | Sequence[str],
    progress: Meter | None = None,
    profile_path: str | None = None,
    selection: Selection | None = None,
) -> Result:
    """Read captures and build the tables in `want` ("messages", "sessions", "handoffs").

    A selection goes with one table, and leaves the rows that its filter holds for.
    """
    wanted = [want] if isinstance(want, str) else list(want)
    run = _Run(load_profile(profile_path), progress, selection)
    sources = _in_time_order(expand(captures))
    if len(sources) > 1 and (clock_of := _clocks(sources)) is not None:
        found, messages = run.together(sources, clock_of)
    else:
        single = not {"messages", "findings"}.isdisjoint(wanted)
        single |= selection is not None and selection.needs_messages
        found, messages = run.one_after_another(sources, keep=single)
    if not run.frames and run.errors:
        raise run.errors[0]
    texts = Texts(run.scanner.addresses, run.scanner.names, run.scanner.words)
    built: dict[str, Table] = {}
    for name in wanted:
        if name == "messages":
            built[name] = messages.table(found, texts)
        elif name == "findings":
            about, where = run.checks.findings(run.clocks)
            built[name] = findings_table(found, texts, messages.points(), about, where)
        else:
            built[name] = (handoffs_table if name == "handoffs" else sessions_table)(found, texts)
        if selection is not None:
            every = messages.table(found, texts) if selection.needs_messages else None
            built[name] = selection.rows(built[name], every)
    return Result(built, run.warnings, run.errors)


class _Run:
    """One analysis: what reads, scans and correlates, and what was odd on the way."""

    def __init__(
        self, profile: Profile, progress: Meter | None, selection: Selection | None = None
    ) -> None:
        self.scanner = Lanes(profile)
        self.warnings: list[str] = []
        self.errors: list[ScopeError] = []
        self.frames = 0
        self.checks = CaptureChecks()
        self.clocks: list[tuple[str, Clock]] = []
        """Every other point's clock."""
        self._progress = progress
        self._profile = profile
        self._selection = selection
        names, tunnels = self.scanner.names, self.scanner.tunnels
        self._correlator = Correlator(profile, self.scanner.addresses, names, tunnels)

    def one_after_another(
        self, sources: list[Source], *, keep: bool
    ) -> tuple[Correlation, MessageRows]:
        """Files that follow each other in time, by one clock; keep: messages are asked for."""
        messages = MessageRows()
        # What reading held is let go before the rest begins.
        self._read(sources, messages if keep else None)
        return self._correlator.finish(self.checks.end_ns), messages

    def _read(self, sources: list[Source], messages: MessageRows | None) -> None:
        batches = self._checked(sources)
        if self._selection is None:
            stream = self.scanner.stream(batches)
        else:
            # A filter looks into frames, which are there until the next batch is read.
            stream = map(self._scan, batches)
        for scanned in stream:
            self._correlator.feed(scanned)
            if messages is not None:
                messages.add(scanned.messages, [i.point for i in scanned.interfaces])

    def together(
        self, sources: list[Source], clock_of: list[int]
    ) -> tuple[Correlation, MessageRows]:
        """Files that overlap in time: several points, each with its clock."""
        if any(source.path == "-" for source in sources):
            raise UsageError("several points are read twice: write standard input to a file first")
        order = sorted(range(len(sources)), key=lambda n: (clock_of[n], n))
        files = [partial(self._batches, [sources[n]]) for n in order]
        seen_files = [partial(self._checked, [sources[n]]) for n in order]
        numbers = [clock_of[n] for n in order]
        seen = points.signalling(seen_files, numbers, self._scan)
        if self._selection is not None:
            self._selection.keep(seen.kept)
        self._tell_clocks(seen, [sources[n] for n in order], numbers)
        self.errors.clear()
        self.warnings = [w for n, w in enumerate(self.warnings) if w not in self.warnings[:n]]
        told = list(self.warnings)
        for scanned in points.user_plane(files, numbers, self.scanner, seen):
            self._correlator.feed(scanned)
        self.warnings = told
        found = self._correlator.finish(seen.end_ns)
        measure.clock_errors(found, seen.clock, [c.error_ns for c in seen.clocks])
        messages = MessageRows()
        messages.add(seen.messages, seen.points, seen.point)
        return found, messages

    def _scan(self, batch: FrameBatch) -> Scanned:
        """A batch, scanned for its messages, which a filter may ask about their frames."""
        scanned = self.scanner.scan(batch)
        if self._selection is not None:
            self._selection.see(scanned, batch, self._profile)
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
        for batch in self._batches(sources):
            self.checks.see(batch)
            yield batch

    def _batches(self, sources: list[Source]) -> Iterator[FrameBatch]:
        """All frames of the files; one that fails is reported and the others go on."""
        files = [CaptureFile(source, n) for n, source in enumerate(sources)]
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
                self.errors.append(error)
                if isinstance(error, Interrupted):
                    break
            done += file.position
            self.warnings += [
                f"{file.source.path}: {n.text} (at octet {n.offset})" for n in file.notes
            ]


def _in_time_order(sources: list[Source]) -> list[Source]:
    """Files by the time of their first frame, so that the order given does not matter.

    Where a point is named, the order given is kept: the first is the reference.
    """
    if len(sources) == 1 or any(source.point is not None for source in sources):
        return sources
    return sorted(sources, key=lambda source: (_first_ns(source), source.path))


def _first_ns(source: Source) -> int:
    if source.path == "-":
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
