"""Makes a trace smaller step by step; each step asks replays whether the verdict is the same.

What diverges of each mobile node is looked at by itself, since mobile nodes seldom need each other.
First packets as they were read go, in memory. The few frames that are left are then written as
captures and read again, as `replay` reads them, without one option of a message or another.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from itertools import chain

import numpy as np

from dissectors.frames import Ints
from netmip6scope.capture.inputs import Source
from netmip6scope.incident.reading import read_trace
from netmip6scope.shrink.ddmin import smallest
from netmip6scope.shrink.frames import Frame, picked, write_frames
from netmip6scope.shrink.levels import LEVELS, Label, apart, grouped, labelled
from netmip6scope.shrink.options import opened, without
from netmip6scope.shrink.replays import Replays
from netmip6scope.shrink.sameness import Told
from replay.trace import Observed, Step
from replay.user_data import UserData

_MOST_ROUNDS = 4
Place = tuple[int, int]
"""An option: number of its frame, and which of its message's options it is."""
Some = frozenset[Told]
Holds = Callable[[Sequence[Frame]], bool]


class Smaller:
    """`steps` are those of the whole trace, after its replay; `folder` is for captures to try."""

    def __init__(
        self,
        replays: Replays,
        signalling: Sequence[Observed],
        user_data: UserData,
        steps: Sequence[Step],
        source: Source,
        folder: str,
    ) -> None:
        self._replays = replays
        self._signalling = signalling
        self._numbers = np.array([seen.frame for seen in signalling], np.int64)
        self._user_data = user_data
        self._labels = labelled(signalling, user_data, steps)
        self._source = source
        self._path = os.path.join(folder, "tried.pcapng")

    def frames(self) -> tuple[list[Frame], int]:
        """Frames that the verdict needs, without the options that it does not need.

        Also how many frames there were.
        """
        wanted = self._replays.wanted
        ids = {each.mn_id for each in wanted}
        each_one = [frozenset(t for t in wanted if t.mn_id == mn_id) for mn_id in ids]
        each_one.sort(key=lambda some: min((each.frame, each.mn_id or b"") for each in some))
        needed = [self._needed(some) for some in each_one]
        frames, count = picked(self._source, set().union(*needed))
        slim = [
            self._slimmed([frame for frame in frames if frame.number in numbers], some)
            for numbers, some in zip(needed, each_one, strict=True)
        ]
        if len(each_one) == 1:
            return slim[0], count
        joined = _joined(frames, slim)
        if self._tried(wanted)(joined):
            return self._without_frames(joined, wanted, one_by_one=True), count
        frames, count = picked(self._source, self._needed(wanted))
        return self._slimmed(frames, wanted), count

    def _needed(self, some: Some) -> set[int]:
        """Numbers of frames that give some of the verdict, of which none can be left out."""
        core = np.array(sorted({each.frame for each in some}))
        blamed = {each.mn_id for each in some}

        def holds(groups: Sequence[Sequence[Label]]) -> bool:
            return self._replays.hold(*self._part(core, chain.from_iterable(groups)), some)

        rest = (label._replace(frames=np.setdiff1d(label.frames, core)) for label in self._labels)
        labels = [label for label in rest if len(label.frames)]
        own = [label for label in labels if label.mn_id in blamed]
        if holds([own]):
            labels = own
        for level in LEVELS:
            single = level is LEVELS[-1]
            kept = smallest(grouped(apart(labels) if single else labels, level), holds)
            labels = [label for group in kept for label in group]
        return set(core.tolist()).union(*(label.frames.tolist() for label in labels))

    def _part(self, core: Ints, labels: Iterable[Label]) -> tuple[list[Observed], UserData]:
        """Signalling and user data of these frames."""
        frames = np.concatenate([core, *(label.frames for label in labels)])
        user = self._user_data
        rows = np.isin(user.frame, frames)
        here = np.isin(self._numbers, frames)
        found = [self._signalling[place] for place in np.flatnonzero(here).tolist()]
        columns = user.frame[rows], user.time_ns[rows], user.flow[rows]
        return found, UserData(user.flows, *columns)

    def _slimmed(self, frames: Sequence[Frame], some: Some) -> list[Frame]:
        """Without options that nothing needs, and frames that nothing needs any more then."""
        kept = list(frames)
        for _ in range(_MOST_ROUNDS):
            slim = self._without_options(kept, self._tried(some))
            fewer = self._without_frames(slim, some)
            if fewer == kept:
                break
            kept = fewer
        return kept

    def _tried(self, some: Some) -> Holds:
        def holds(frames: Sequence[Frame]) -> bool:
            with open(self._path, "wb") as stream:
                write_frames(frames, stream)
            read = read_trace([self._path], self._replays.profile, self._replays.keys)
            return self._replays.hold(*read, some, lambda number: frames[number - 1].number)

        return holds

    def _without_options(self, frames: Sequence[Frame], holds: Holds) -> list[Frame]:
        keys, profile = self._replays.keys, self._replays.profile
        found = {frame.number: opened(frame, profile) for frame in frames}
        ours = {number: one for number, one in found.items() if one is not None}
        places = [(number, n) for number, one in ours.items() for n in range(len(one.options))]

        def slim(kept: Sequence[Place]) -> list[Frame] | None:
            left_out: dict[int, set[int]] = {}
            for number, n in set(places).difference(kept):
                left_out.setdefault(number, set()).add(n)
            made = []
            for frame in frames:
                less: Frame | None = frame
                if frame.number in left_out:
                    less = without(ours[frame.number], left_out[frame.number], keys, profile)
                if less is None:
                    return None
                made.append(less)
            return made

        def still_holds(kept: Sequence[Place]) -> bool:
            made = slim(kept)
            return made is not None and holds(made)

        made = slim(smallest(places, still_holds))
        assert made is not None
        return made

    def _without_frames(
        self, frames: Sequence[Frame], some: Some, *, one_by_one: bool = False
    ) -> list[Frame]:
        core = {each.frame for each in some}
        holds = self._tried(some)

        def chosen(numbers: Sequence[int]) -> list[Frame]:
            return [frame for frame in frames if frame.number in core or frame.number in numbers]

        rest = [frame.number for frame in frames if frame.number not in core]
        kept = smallest(rest, lambda numbers: holds(chosen(numbers)), one_by_one=one_by_one)
        return chosen(kept)


def _joined(frames: Sequence[Frame], slim: Sequence[Sequence[Frame]]) -> list[Frame]:
    """Every frame that is in one of the lists; as it was, where they do not agree about it."""
    made: dict[int, set[Frame]] = {}
    for frame in (frame for some in slim for frame in some):
        made.setdefault(frame.number, set()).add(frame)
    return [
        next(iter(made[frame.number])) if len(made[frame.number]) == 1 else frame
        for frame in frames
        if frame.number in made
    ]
