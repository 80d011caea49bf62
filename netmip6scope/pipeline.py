"""From captures to a table: reads batches, scans them, correlates, and builds what is asked for."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from dissectors.errors import BuildError
from dissectors.frames import FrameBatch
from dissectors.profile import Profile
from dissectors.scan.lane import Scanner
from netmip6scope.capture.inputs import Source, expand
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.correlate.correlator import Correlator
from netmip6scope.correlate.messages import MessageRows
from netmip6scope.correlate.rows import handoffs_table, sessions_table
from netmip6scope.correlate.texts import Texts
from netmip6scope.errors import InputError, ScopeError
from netmip6scope.tables.columns import NULL, Table


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
) -> Result:
    """Read captures and build the tables in `want` ("messages", "sessions", "handoffs")."""
    wanted = [want] if isinstance(want, str) else list(want)
    profile = load_profile(profile_path)
    scanner = Scanner(profile)
    correlator = Correlator(profile, scanner.addresses, scanner.names, scanner.tunnels)
    messages = MessageRows() if "messages" in wanted else None
    warnings: list[str] = []
    errors: list[ScopeError] = []
    end_ns = NULL
    for batch in _batches(_in_time_order(expand(captures)), progress, warnings, errors):
        end_ns = max(end_ns, int(batch.time_ns.max()))
        scanned = scanner.scan(batch)
        correlator.feed(scanned)
        if messages is not None:
            messages.add(scanned.messages, batch)
    found = correlator.finish(end_ns, joins=messages is not None)
    texts = Texts(scanner.addresses, scanner.names)
    built: dict[str, Table] = {}
    for name in wanted:
        if messages is not None and name == "messages":
            built[name] = messages.table(found, texts)
        else:
            built[name] = (handoffs_table if name == "handoffs" else sessions_table)(found, texts)
    return Result(built, warnings, errors)


def _in_time_order(sources: list[Source]) -> list[tuple[Source, ScopeError | None]]:
    """Files by the time of their first frame, so that the order given does not matter."""
    if len(sources) == 1:
        return [(sources[0], None)]
    keyed = []
    for source in sources:
        first, failure = NULL, None
        if source.path != "-":
            try:
                batch = next(iter(CaptureFile(source, block=1 << 16).batches()), None)
                first = NULL if batch is None else int(batch.time_ns[0])
            except ScopeError as error:
                failure = error
        keyed.append((first, source.path, source, failure))
    keyed.sort(key=lambda k: k[:2])
    return [(source, failure) for _, _, source, failure in keyed]


def _batches(
    sources: list[tuple[Source, ScopeError | None]],
    progress: Meter | None,
    warnings: list[str],
    errors: list[ScopeError],
) -> Iterator[FrameBatch]:
    """All frames of all files; a file that fails is reported and the others go on."""
    files = [CaptureFile(source, n) for n, (source, _) in enumerate(sources)]
    sizes = [f.size for f in files]
    if progress is not None and None not in sizes:
        progress.total_octets = sum(s or 0 for s in sizes)
    done = 0
    for file in files:
        try:
            for batch in file.batches():
                yield batch
                if progress is not None:
                    progress.update(done + file.position)
        except ScopeError as error:
            if len(files) == 1 and not file.position:
                raise
            errors.append(error)
        done += file.position
        warnings += [f"{file.source.path}: {n.text} (at octet {n.offset})" for n in file.notes]
