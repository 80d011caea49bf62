"""The extract command: the packets of one mobile node, each step with a comment that names it.

Captures are read twice: once for the ladder, which knows the steps, and once for their frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

import numpy as np

from dissectors.frames import FrameBatch
from dissectors.scan.batch import TunnelBatch
from netmip6scope.aligned import aligned_writer
from netmip6scope.capture.spool import readable_again
from netmip6scope.in_order import Picked, in_order
from netmip6scope.ladder.build import TABLES, build
from netmip6scope.ladder.choice import Choice, Chosen, choose
from netmip6scope.ladder.labels import said
from netmip6scope.ladder.model import Ladder, Role, Step
from netmip6scope.pipeline import Files, Meter, Result, Run, arranged, keys_in
from netmip6scope.profile_file import load_profile
from netmip6scope.tables.columns import Coded, Table

_EVER = 1 << 62


def extract(
    captures: Sequence[str],
    choice: Choice,
    path: str,
    progress: Meter | None = None,
    profile_path: str | None = None,
    keys_path: str | None = None,
    *,
    user_plane: bool = False,
) -> Run:
    """Write the frames to `path`; the run tells what was odd and what could not be read.

    user_plane: tunnelled packets as well. Times are the tables': where several points are named,
    aligned to the first one's clock. Raises ScopeError.
    """
    run = Run(load_profile(profile_path), progress, keys=keys_in(keys_path))
    sources, clock_of = arranged(captures)
    with readable_again(sources) as kept:
        result = run.tables(kept, clock_of, TABLES)
        files = result.files
        chosen = choose(result.tables, choice)
        ladder = build(result.tables, chosen)
        comments = _comments(ladder, result)
        spans = _spans(result.tables["sessions"], chosen, ladder) if user_plane else []
        pick = _Picker(run, files, comments, spans, ladder).pick
        with aligned_writer(path, files) as writer:
            readers = run.readers(files.sources)
            for frame in in_order(readers, files.clock_of, files.clocks, pick):
                writer.write(frame, comments.get((frame.file, frame.number), ""))
    return run


def _comments(ladder: Ladder, result: Result) -> dict[tuple[int, int], str]:
    """By file and frame: which step it is, between whom, and what is said."""
    messages = result.tables["messages"]
    frames = messages.numbers(messages.columns[0])
    steps = [entry for entry in ladder.entries if isinstance(entry, Step)]
    out: dict[tuple[int, int], str] = {}
    for number, step in enumerate(steps, 1):
        ends = " to ".join(ladder.parties[at].name for at in (step.source, step.target))
        words = ", ".join((said(step), *step.notes))
        place = int(result.message_file[step.row]), int(frames[step.row])
        out[place] = f"step {number} of {len(steps)}: {ends}: {words}"
    return out


@dataclass(frozen=True, slots=True)
class _Span:
    """When packets with this inner address count, both ends included."""

    home: str
    begin_ns: int
    end_ns: int


def _spans(sessions: Table, chosen: Chosen, ladder: Ladder) -> list[_Span]:
    """While the home addresses were the mobile node's, or during the handoff that is meant."""
    begin_ns, end_ns = (-_EVER, _EVER) if chosen.whole else _handoff_span(chosen, ladder)
    return [
        _Span(home, max(begin_ns, since), min(end_ns, until))
        for session in chosen.sessions
        for home in session.homes
        for since, until in [_held(sessions, home, session.start)]
    ]


def _handoff_span(chosen: Chosen, ladder: Ladder) -> tuple[int, int]:
    """From the first of its messages and last packets to the last of its first packets."""
    times = [entry.time_ns for entry in ladder.entries if isinstance(entry, Step)]
    for h in chosen.handoffs:
        moments = (h.last_dl_sar_time, h.first_dl_tar_time, h.last_ul_sar_time, h.first_ul_tar_time)
        times += [moment for moment in moments if moment is not None]
    return min(times), max(times)


def _held(sessions: Table, home: str, start_ns: int) -> tuple[int, int]:
    """Until the next session with the address; the first one has what came before as well."""
    starts = sessions.numbers(next(c for c in sessions.columns if c.name == "start"))
    holds = np.zeros(len(sessions), np.bool_)
    for name in ("hoa", "hoa4"):
        column = sessions.values[name]
        assert isinstance(column, Coded)
        if home in column.vocabulary:
            holds |= column.codes == column.vocabulary.index(home)
    times = starts[holds]
    since = start_ns if (times < start_ns).any() else -_EVER
    return since, int(times[times > start_ns].min(initial=_EVER)) - 1


class _Picker:
    """Takes the frames with comments, and tunnelled packets of home addresses."""

    def __init__(
        self,
        run: Run,
        files: Files,
        comments: Iterable[tuple[int, int]],
        spans: Sequence[_Span],
        ladder: Ladder,
    ) -> None:
        self._scanner = run.scanner
        self._clocks = [files.clocks[number] for number in files.clock_of]
        by_file: list[list[int]] = [[] for _ in self._clocks]
        for file, frame in comments:
            by_file[file].append(frame)
        self._frames = [np.array(frames, np.int64) for frames in by_file]
        book = run.scanner.addresses
        self._spans = [(book.add(ip_address(s.home)), s.begin_ns, s.end_ns) for s in spans]
        ends = [p.address for p in ladder.parties if p.role in (Role.MAP, Role.HA)]
        self._anchors = [book.add(ip_address(end)) for end in ends if end is not None]

    def pick(self, file: int, batch: FrameBatch) -> Picked:
        """See `in_order.Pick`."""
        frames = self._frames[file]
        first, behind = batch.first_frame, batch.first_frame + len(batch)
        steps = frames[(frames >= first) & (frames < behind)]
        tunnels = self._tunnels(file, batch)
        row = np.union1d(steps, tunnels.frame) - first
        return Picked(row, np.zeros(len(row), np.int64), tunnels)

    def _tunnels(self, file: int, batch: FrameBatch) -> TunnelBatch:
        """The packets that count, in the order of their frames."""
        if not self._spans:
            none = np.zeros(0, np.int64)
            return TunnelBatch(none, none, none, none, none.view(np.uint64))
        t = self._scanner.scan(batch).tunnels
        outer_src, outer_dst, src, dst = self._scanner.tunnels.ends[t.flow].T
        # What another mobile node sends to this one goes up in that one's tunnel first.
        up, down = ~np.isin(outer_src, self._anchors), ~np.isin(outer_dst, self._anchors)
        time_ns = self._clocks[file].aligned(t.time_ns)
        mine = np.zeros(len(t), np.bool_)
        for home, begin_ns, end_ns in self._spans:
            there = (time_ns >= begin_ns) & (time_ns <= end_ns)
            mine |= there & ((up & (src == home)) | (down & (dst == home)))
        return TunnelBatch(
            t.frame[mine], t.time_ns[mine], t.flow[mine], t.length[mine], t.digest[mine]
        )
