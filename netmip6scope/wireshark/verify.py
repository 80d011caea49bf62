"""The `verify` command: our decode of every frame against Wireshark's, field by field."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing

from dissectors.node import MASK, Node
from dissectors.profile import Profile
from dissectors.tree import decode
from netmip6scope.capture.inputs import Source, expand
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.errors import ScopeError
from netmip6scope.pipeline import Meter
from netmip6scope.profile_file import load_profile
from netmip6scope.wireshark.compare import Names, Pair
from netmip6scope.wireshark.copies import Copy, copy
from netmip6scope.wireshark.dissection import Dissection, dissect
from netmip6scope.wireshark.known import Situation, reason_for
from netmip6scope.wireshark.masking import overlaps, secrets
from netmip6scope.wireshark.program import TEMPORARY, known_names
from netmip6scope.wireshark.verdict import Row, Verdict


def verify(
    captures: Sequence[str], progress: Meter | None = None, profile_path: str | None = None
) -> Verdict:
    """Compare every frame of the captures.

    What cannot be read or compared to its end is an error, and compared up to there. Raises
    MissingProgram without tshark, and what is wrong with a lone capture of which nothing was read.
    """
    profile = load_profile(profile_path)
    sources = expand(captures)
    names = Names(known_names())
    verdict = Verdict()
    steps = _Steps(progress, [CaptureFile(source).size for source in sources])
    for source in sources:
        with tempfile.TemporaryDirectory(prefix=TEMPORARY) as directory:
            copied = copy(source, directory)
            if copied.failure is not None and len(sources) == 1 and not copied.frames:
                raise copied.failure
            verdict.warnings += copied.notes
            verdict.errors += [copied.failure] if copied.failure else []
            comparison = _Comparison(source, names, verdict)
            with closing(_both(copied, directory, profile)) as frames:
                try:
                    for place, (tree, frame, dissection) in enumerate(frames, 1):
                        comparison.add(place, tree, frame, dissection)
                        steps.update(place, copied.frames)
                except ScopeError as error:
                    verdict.errors.append(ScopeError(f"{source.path}: {error}"))
        steps.next()
    return verdict


def _both(
    copied: Copy, directory: str, profile: Profile
) -> Generator[tuple[Node, bytes, Dissection]]:
    """Our tree, the octets and Wireshark's fields of each frame.

    Raises ScopeError where Wireshark does not read all of them.
    """
    if not copied.frames:
        return
    done = 0
    with closing(dissect(copied.path, directory, profile)) as theirs:
        for (tree, frame), dissection in zip(_ours(copied, profile), theirs, strict=False):
            done += 1
            yield tree, frame, dissection
    if done < copied.frames:
        raise ScopeError(f"Wireshark stopped after {done} of {copied.frames} frames")


def _ours(copied: Copy, profile: Profile) -> Iterator[tuple[Node, bytes]]:
    for batch in CaptureFile(Source(copied.path)).batches():
        for row in range(len(batch)):
            octets = batch.frame(row)
            link_type = batch.interfaces[int(batch.interface[row])].link_type
            yield decode(octets, link_type, int(batch.wirelen[row]), profile), octets


class _Comparison:
    """The rows of one capture."""

    def __init__(self, source: Source, names: Names, verdict: Verdict) -> None:
        self.source = source
        self.names = names
        self.verdict = verdict
        self.known: dict[tuple[str, str], Row] = {}

    def add(self, place: int, tree: Node, frame: bytes, dissection: Dissection) -> None:
        """Compare one frame."""
        self.verdict.frames += 1
        situation = Situation(tree, stopped=dissection.stopped)
        for pair in self.names.pairs(tree, dissection, frame):
            self.verdict.values += 1
            reason = reason_for(pair, situation)
            if reason is None and self.names.agree(pair):
                continue
            before = self.known.get((pair.name, reason or ""))
            if before is not None:
                before.count += 1
                continue
            row = self._row(place, pair, tree, reason)
            self.verdict.rows.append(row)
            if reason is not None:
                self.known[pair.name, reason] = row

    def _row(self, place: int, pair: Pair, tree: Node, reason: str | None) -> Row:
        ours, theirs = pair.ours, pair.theirs
        shown = None
        if theirs is not None:
            hidden = overlaps(secrets(tree), theirs.begin, theirs.begin + theirs.size)
            shown = MASK if hidden else theirs.label.partition(": ")[2] or theirs.text
        return Row(
            "standard input" if self.source.path == "-" else self.source.path,
            place,
            pair.name,
            None if ours is None else ours.text,
            shown,
            pair.offset,
            1,
            reason,
        )


class _Steps:
    """Tells the meter about captures by their sizes, each in step with its frames."""

    def __init__(self, meter: Meter | None, sizes: list[int | None]) -> None:
        self.meter = meter
        self.sizes = [size or 0 for size in sizes]
        self.done = 0
        if meter is not None and None not in sizes:
            meter.total_octets = sum(self.sizes)

    def update(self, frame: int, frames: int) -> None:
        """A frame of the capture was compared."""
        if self.meter is not None:
            self.meter.update(self.done + self.sizes[0] * frame // frames)

    def next(self) -> None:
        """A capture is done."""
        self.done += self.sizes.pop(0)
